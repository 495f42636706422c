"""make psql as people call it, with a stand-in of Session Manager that forwards a port as it does."""

import contextlib
import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
from pathlib import Path

from tests.operations.conftest import Staging
from tests.project import Result

# aws calls the plugin and ignores Ctrl-C meanwhile; the plugin ends at Ctrl-C and at nothing else.
AWS = """#!/bin/sh
printf '%s\\n' "$@" >"$0.arguments"; env >"$0.environment"
trap '' INT
session-manager-plugin "$@"
"""
PLUGIN = """#!{python}
import asyncio, os, signal, sys
port = {restored} if any("-drill-" in each for each in sys.argv) else {port}
me = os.path.abspath(__file__)
async def forward(reader, writer):
    there = await asyncio.open_connection("127.0.0.1", port)
    async def pump(source, target):
        while data := await source.read(65536):
            target.write(data)
        target.close()
    await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))
async def main():
    server = await asyncio.start_server(forward, "127.0.0.1", 0)
    print("Port %d opened for sessionId ana-0123." % server.sockets[0].getsockname()[1], flush=True)
    print("Waiting for connections...", flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, ended.set)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open(me + ".pid", "w").write(str(os.getpid()))
    await ended.wait()
    open(me + ".ended", "w").write("in order")
    os._exit(0)
asyncio.run(main())
"""
# The certificates of RDS are fetched from here instead.
COMMAND = """
import sys
from operations.commands import psql
psql.AUTHORITIES = sys.argv.pop()
from operations.__main__ import main
sys.exit(main())
"""


def session_manager(staging: Staging, port: int, restored: int = 0) -> None:
    """Let sessions lead to this port of this machine, and those to what a drill has restored to the other."""
    (staging.bin / "aws").write_text(AWS)
    (staging.bin / "session-manager-plugin").write_text(
        PLUGIN.format(python=sys.executable, port=port, restored=restored)
    )


def command(staging: Staging, authorities: str) -> tuple[list[str], dict[str, str]]:
    path = f"{staging.bin}:/usr/bin:/bin"  # psql of Debian is a script of Perl
    inherited = {"ENVIRONMENT": "staging", "PATH": path, "HOME": str(staging.bin), **staging.context.variables}
    return [sys.executable, "-c", COMMAND, "psql", authorities], inherited


def ask(staging: Staging, query: str, authorities: str, **variables: str) -> tuple[Result, str]:
    """What psql answers, and what is said beside it."""
    words, inherited = command(staging, authorities)
    said = subprocess.run(
        words,
        cwd=staging.project.path,
        env=os.environ | inherited | variables,
        input=query,
        capture_output=True,
        text=True,
        check=False,
    )
    return Result(said.returncode, said.stdout, 0), said.stderr


def alive(staging: Staging) -> bool:
    pid = int((staging.bin / "session-manager-plugin.pid").read_text())
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return False


class Terminal:
    """The command in a terminal of its own, as people have it."""

    def __init__(self, staging: Staging, authorities: str) -> None:
        words, inherited = command(staging, authorities)
        self.hand, there = pty.openpty()
        self.process = subprocess.Popen(
            words,
            cwd=staging.project.path,
            env=os.environ | inherited | {"PAGER": "cat"},
            stdin=there,
            stdout=there,
            stderr=there,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C becomes a signal
        )
        os.close(there)

    def types(self, keys: str) -> None:
        os.write(self.hand, keys.encode())

    def shows(self, text: str) -> bool:
        """Whether that comes within a minute. What is typed is shown as well."""
        shown = ""
        while text not in shown and select.select([self.hand], [], [], 60)[0]:
            try:
                shown += os.read(self.hand, 1024).decode(errors="replace")
            except OSError:  # the other side has ended
                return False
        return text in shown
