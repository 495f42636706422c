"""python -m tests.diagrams: write docs/diagrams/*.svg."""

import shutil
import sys

from tests.diagrams.code import synthesized
from tests.diagrams.pictures import ENVIRONMENT, PICTURES, path, rendered

if not shutil.which("dot"):
    sys.exit("dot is not on PATH: install Graphviz, such as with apt-get install graphviz")
code = synthesized(ENVIRONMENT)
for name, picture in PICTURES.items():
    path(name).write_text(rendered(picture(code)), encoding="utf-8")
    print(path(name))
