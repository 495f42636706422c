"""What is asked of the simulated AWS, one line for each call that differs: `iam CreateRole RoleName=x`.

tests/e2e/conftest.py puts this into the copy of the project that lives there: no user of the simulator needs it.
"""

import json
import re
import urllib.parse
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")
# On which of our own things a call works, where policies name them one by one.
KEPT = ("RoleName", "InstanceProfileName", "PolicyName", "PolicyArn", "PermissionsBoundary", "OpenIDConnectProviderArn")


def recording(application: Any, file: Path) -> Any:
    seen: set[str] = set()

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if found := SIGNED_FOR.search(environ.get("HTTP_AUTHORIZATION", "")):
            line = f"{found[1]} {_call(environ)}"
            if line not in seen:
                seen.add(line)
                with file.open("a", encoding="utf-8") as output:
                    output.write(f"{line}\n")
        result: Iterable[bytes] = application(environ, start_response)
        return result

    return answer


def _call(environ: dict[str, Any]) -> str:
    """The operation and what is kept of its parameters, or method, host, path and query of a REST service."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return str(target.rpartition(".")[2])
    if "x-www-form-urlencoded" in environ.get("CONTENT_TYPE", ""):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        form = dict(urllib.parse.parse_qsl(body.decode()))
        return " ".join([form["Action"], *(f"{name}={form[name]}" for name in KEPT if name in form)])
    query = sorted(urllib.parse.parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    return json.dumps([environ["REQUEST_METHOD"], environ["HTTP_HOST"], environ["PATH_INFO"], query])
