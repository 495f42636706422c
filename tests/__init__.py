"""What a shell has set for work on a platform reaches no test: it would deploy to that cluster, or ask that account."""

import os
import re

from operations.engine.variables import foreign

OF_A_SHELL = re.compile(
    r"(AWS|GH|GITHUB|KUBE)_\w+|KUBECONFIG|TF_VAR_kubeconfig|PG[A-Z]+"
    r"|CONFIRM|DETAILED_EXITCODE|DETAILS|ENVIRONMENT|HOST|PLANS|PORT|SIMULATOR_PORT|STACK|YES"
    r"|NODE_ENV|(?i:npm_config_(omit|include|only|production))"  # npm would leave something out
    r"|COLUMNS|FORCE_COLOR|LINES|TTY_\w+"  # a terminal of other colours or width
)

for name in [*foreign(os.environ), *filter(OF_A_SHELL.fullmatch, os.environ)]:
    os.environ.pop(name, None)
