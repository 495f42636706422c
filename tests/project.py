"""A copy of the project in which a test may deploy, change files and destroy, far from what a developer runs."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.iam.recorder import COMMAND

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".local", ".*_cache", "__pycache__", "cdktf.out", "node_modules", "gen", "*.pyi"
)
BUCKET = "realworld-tfstate-123456789012-us-east-1"
ROW = re.compile(r"^(\w+) +(\d+) +(\d+) +(\d+)(?: |$)", re.MULTILINE)


@dataclass(frozen=True)
class Result:
    code: int
    output: str
    seconds: float
    head: str = ""  # the line with which every command says where it works

    @property
    def rows(self) -> dict[str, tuple[int, ...]]:
        """The numbers of the table at the end, by stack."""
        return {stack: tuple(map(int, numbers)) for stack, *numbers in ROW.findall(self.output)}


@dataclass(frozen=True)
class Project:
    path: Path

    def start(self, command: list[str], **variables: str) -> subprocess.Popen[str]:
        # Pipelines keep their plans as files, and only then a plan takes no lock.
        of_pipelines = command[1:3] == ["-m", "operations"] and (command[-1] != "plan" or "PLANS" in variables)
        self._calls_are_of(command[-1] if of_pipelines else "test")
        return subprocess.Popen(
            command,
            cwd=self.path,
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str, **variables: str) -> Result:
        began = time.monotonic()
        with self.start(list(command), **variables) as process:
            output, _ = process.communicate()
        return Result(process.returncode, output, time.monotonic() - began)

    def make(self, target: str, **variables: str) -> Result:
        """What `make <target>` does once everything is installed."""
        result = self.run(sys.executable, "-m", "operations", target, **variables)
        head, _, output = result.output.partition("\n")
        return replace(result, output=output, head=head) if head.startswith(f"make {target}: ") else result

    def variables(self) -> dict[str, str]:
        """What `eval "$(make -s env)"` sets."""
        exports = re.findall(r"^export (\w+)='?(.*?)'?$", self.make("env").output, re.MULTILINE)
        return {"AWS_CA_BUNDLE": "", **dict(exports)}

    def _calls_are_of(self, command: str) -> None:
        if (file := self.path.parent / COMMAND).exists():
            file.write_text(command)

    def client(self, service: str) -> Any:
        import boto3

        variables = self.variables()
        self._calls_are_of("test")
        return boto3.client(
            service,
            region_name=variables["AWS_REGION"],
            endpoint_url=variables["AWS_ENDPOINT_URL"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        )

    def objects(self) -> dict[str, bytes]:
        """Every version of every object in the state bucket, by key and version."""
        s3, bucket = self.client("s3"), BUCKET
        return {
            f"{each['Key']}?{each['VersionId']}": s3.get_object(
                Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"]
            )["Body"].read()
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
            for each in page.get("Versions", [])
        }

    def ids(self) -> dict[str, str]:
        """The id of every managed resource, by stack and address."""
        s3, bucket = self.client("s3"), BUCKET
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
        return {
            f"{key} {resource['type']}.{resource['name']}": instance["attributes"]["id"]
            for key in keys
            for resource in json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["resources"]
            if resource["mode"] == "managed"
            for instance in resource["instances"]
        }

    def held_locks(self) -> list[str]:
        found = self.client("s3").list_objects_v2(Bucket=BUCKET)
        return [each["Key"] for each in found.get("Contents", []) if each["Key"].endswith(".tflock")]

    def processes(self) -> list[str]:
        """The command lines of all running programs that mention this copy."""
        found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        return [line for line in found.splitlines() if str(self.path) in line]

    def interrupt(self, process: subprocess.Popen[str], after: str) -> str:
        """Send Ctrl-C's signal once this is printed, and return the rest of the output."""
        assert process.stdout is not None
        for line in process.stdout:
            if after in line:
                process.send_signal(signal.SIGINT)
                break
        return process.communicate()[0]


def copy_of_project(path: Path) -> Project:
    shutil.copytree(ROOT, path, ignore=NOT_COPIED)
    shutil.rmtree(path / "tests")
    for name in (".venv", "node_modules"):  # cdktf.json and the cdktf command name them
        (path / name).symlink_to(ROOT / name)
    return Project(path)
