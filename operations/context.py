"""One environment as a command sees it: its settings, and the variables that its programs run with."""

import os
import re
import shlex
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from operations import LOCAL, OperationError
from operations.engine.mirror import cli_environment
from operations.engine.variables import foreign, inherited
from operations.machine.fetch import with_fetched
from settings import Settings, SettingsError, load_settings
from simulator.process import Simulator, SimulatorError, Unresponsive, clean_environment, find, start

EMBEDDED = "local"  # the environment whose AWS is the simulator
GIVEN = "TF_VAR_kubeconfig"  # has the kubeconfig that people have named
EXPORTED = "PLATFORM_EXPORTED"  # in a shell, the names of the variables that it has from `make env`
# Most of what Terraform does is to read the provider's schema into memory. With fewer collections a plan of one stack
# takes 5.9 seconds of CPU instead of 8.3, and 730 MB instead of 520 (Terraform 1.11, provider 5.100).
FEWER_COLLECTIONS = {"GOGC": "400"}


class SimulatorUnresponsive(OperationError):
    """The simulator of `local` is there and does not answer, so that nothing can be done with what it holds."""


@dataclass(frozen=True)
class Context:
    """variables are those that differ from this process's, and are what `make env` prints."""

    settings: Settings
    simulator: Simulator | None
    variables: dict[str, str]

    @cached_property
    def environment(self) -> dict[str, str]:
        """All variables for Terraform and main.py. No real credentials are among them when AWS is simulated."""
        base = FEWER_COLLECTIONS | inherited(os.environ)
        return (clean_environment(base) if self.simulator else base) | self.variables

    @cached_property
    def _session(self) -> Any:
        import boto3
        import botocore.session

        overrides = {}
        if self.simulator:  # no variable, file or profile of people's own can be in its way
            known = botocore.session.Session.SESSION_VARIABLES
            overrides = {name: (None, None, default, convert) for name, (_, _, default, convert) in known.items()}
            for name in ("config_file", "credentials_file"):
                overrides[name] = (None, None, os.devnull, None)
        return boto3.Session(botocore_session=botocore.session.Session(session_vars=overrides))

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of the environment's AWS. The options are those of botocore's Config."""
        from botocore.config import Config

        direct: dict[str, Any] = {"proxies": {}} if self.simulator else {}
        settings: dict[str, Any] = {"region_name": self.settings.region, "config": Config(**direct, **options)}
        if self.simulator:
            settings |= {
                "endpoint_url": self.simulator.endpoint,
                "aws_access_key_id": self.variables["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": self.variables["AWS_SECRET_ACCESS_KEY"],
            }
        return self._session.client(service, **settings)


def open_context(environment: str, *, starts: bool = False) -> Context:
    """The environment of that name; `local` needs its simulator, which a deploy starts.

    Raises OperationError for wrong settings, and when there is no simulator to be found or started;
    SimulatorUnresponsive when there is one.
    """
    settings = settings_of(environment)
    variables = {
        "ENVIRONMENT": environment,
        "PLATFORM": settings.names.prefix,
        "PLATFORM_CLUSTER": settings.names.cluster,
        "PLATFORM_DATABASE": settings.names.database,
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
        # The archived cdktf command would otherwise ask registries for versions and checksums at every run.
        "DISABLE_VERSION_CHECK": "1",
        "CDKTF_SKIP_PROVIDER_LOCK": "true",
        **cli_environment(os.environ),
        **with_fetched(os.environ),
    }
    simulator = None
    if environment == EMBEDDED:
        simulator = local_simulator(starts)
        if simulator is None:
            raise OperationError("the simulated AWS of the environment local does not run: start it with make deploy")
        variables |= simulator.environment(settings.region)
        if kubeconfig := os.environ.get("KUBECONFIG"):  # the simulated EKS is no cluster that anything runs on
            variables[GIVEN] = kubeconfig
    return Context(settings, simulator, variables)


def settings_of(environment: str) -> Settings:
    """Raises OperationError with every validation error of the file."""
    try:
        return load_settings(environment)
    except SettingsError as error:
        raise OperationError(str(error)) from None


def place(settings: Settings) -> str:
    """Where an environment is, as every command says first."""
    simulated = " of the simulated AWS" if settings.environment == EMBEDDED else ""
    return f"account {settings.account}{simulated}, region {settings.region}"


def local_simulator(starts: bool) -> Simulator | None:
    try:
        return start(LOCAL, port_of("SIMULATOR_PORT")) if starts else find(LOCAL)
    except Unresponsive as error:
        raise SimulatorUnresponsive(str(error)) from None
    except SimulatorError as error:
        raise OperationError(str(error)) from None


def port_of(variable: str) -> int | None:
    """The port that a variable of this process names, if any. Raises OperationError for what is none."""
    port = os.environ.get(variable)
    if port is not None and not (port.isdigit() and 0 < int(port) < 65536):
        raise OperationError(f"{variable}={port} is not a port: write a number from 1 to 65535, or leave it out")
    return int(port) if port else None


def exports(context: Context) -> str:
    """The variables as a shell reads them: `eval "$(make -s env)"`."""
    # Of these, a shell keeps what it had before: ours does no harm in it.
    ours = context.variables.keys() - {"NO_PROXY", "no_proxy"}
    given = context.variables | {EXPORTED: " ".join(sorted(ours))}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(given.items())]
    former = re.findall(r"\w+", os.environ.get(EXPORTED, ""))
    unset = [name for name in dict.fromkeys([*foreign(os.environ), *former]) if name not in context.variables]
    if context.simulator:  # what would send the aws command to the real one
        unset += ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"]
    return "\n".join([*lines, *([f"unset {' '.join(unset)}"] if unset else [])])


def in_shell(environment: str, *commands: str) -> str:
    """One line that runs these commands in turn with the variables of an environment, in any shell as it stands."""
    variables = f'eval "$(make -s env ENVIRONMENT={environment})"'
    return f"({' && '.join([variables, *commands])})"
