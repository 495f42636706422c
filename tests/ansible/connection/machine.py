"""Ansible's way into a machine of tests/machine.py: each command enters the namespaces of its init."""

import subprocess
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure  # type: ignore[import-untyped]
from ansible.plugins.connection import ConnectionBase  # type: ignore[import-untyped]

DOCUMENTATION = """
name: machine
short_description: enter a machine of tests/machine.py
description: [Runs each command with nsenter, as root.]
author: [RealWorld platform]
options:
  init:
    description: Process id of its init, outside.
    type: int
    required: true
    vars:
      - name: ansible_machine_init
"""
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Connection(ConnectionBase):  # type: ignore[misc]
    transport = "machine"
    has_pipelining = True

    def _connect(self) -> "Connection":
        return self

    def close(self) -> None:
        pass

    def exec_command(
        self,
        cmd: str,
        in_data: bytes | None = None,
        sudoable: bool = True,  # noqa: ARG002
    ) -> tuple[int, bytes, bytes]:
        enter = ["nsenter", f"--target={self.get_option('init')}", "--all", "/usr/bin/env", "--ignore-environment"]
        done = subprocess.run(
            [*enter, PATH, "HOME=/root", "/bin/sh", "-c", cmd], input=in_data or b"", capture_output=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    def put_file(self, in_path: str, out_path: str) -> None:
        self._transfer(f"cat >'{out_path}'", Path(in_path).read_bytes())

    def fetch_file(self, in_path: str, out_path: str) -> None:
        Path(out_path).write_bytes(self._transfer(f"cat <'{in_path}'", b""))

    def _transfer(self, command: str, content: bytes) -> bytes:
        code, out, err = self.exec_command(command, content)
        if code:
            raise AnsibleConnectionFailure(err.decode())
        return out
