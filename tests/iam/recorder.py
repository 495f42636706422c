"""Writes down each request that the simulated AWS gets, and which command was running.

It is copied into the simulator of a test (see recorded_in), because the tests are not part of that copy.
"""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

REQUESTS, COMMAND = "requests.jsonl", "command"
SIGNED = re.compile(r"Credential=[^/]+/\d+/[\w-]+/([\w-]+)/aws4_request")


def recorded_in(project: Path) -> None:
    """Beside the project and not in it: bodies hold secrets, which a test looks for in every file of a project."""
    (project.parent / COMMAND).touch()
    (project / "simulator" / "recorder.py").write_text(Path(__file__).read_text())
    with (project / "simulator" / "server.py").open("a") as server:
        server.write("\n\nfrom simulator.recorder import recording\n\napplication = recording(application)\n")


def recording(application: Callable[..., Any]) -> Callable[..., Any]:
    folder = Path(__file__).parents[2]

    def recorded(*arguments: Any, **options: Any) -> Callable[..., Any]:
        aws = application(*arguments, **options)

        def answer(environ: dict[str, Any], start_response: Any) -> Any:
            if signed := SIGNED.search(environ.get("HTTP_AUTHORIZATION", "")):
                body = b""
                if signed[1] != "s3":  # objects are large, and some come in chunks
                    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                    environ["wsgi.input"] = io.BytesIO(body)
                entry = {
                    "command": (folder / COMMAND).read_text(),
                    "service": signed[1],
                    "method": environ["REQUEST_METHOD"],
                    "path": environ["PATH_INFO"],
                    "query": environ["QUERY_STRING"],
                    "target": environ.get("HTTP_X_AMZ_TARGET", ""),
                    "body": body.decode(errors="replace"),
                }
                with (folder / REQUESTS).open("a") as file:
                    file.write(f"{json.dumps(entry)}\n")
            return aws(environ, start_response)

        return answer

    return recorded
