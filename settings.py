"""Every input of the platform: read once from environments/<name>.yaml, then frozen.

The description of a field says what to write there; the error messages print it.
"""

import re
from pathlib import Path

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from areas import (
    DatabaseSettings,
    DnsSettings,
    EksSettings,
    IamSettings,
    RegistrySettings,
    RunnerSettings,
    VpcSettings,
)
from fields import Model, Region
from loader import lines
from mistakes import mistakes_of, read_mapping, shown
from observability import MonitoringSettings
from workloads import RESERVED_CONNECTIONS, AddonsSettings, AppSettings, max_connections

Host = MonitoringSettings | RunnerSettings
ENVIRONMENTS = Path(__file__).parent / "environments"
ENVIRONMENT_NAME = r"^[a-z][a-z0-9-]{0,14}[a-z0-9]$"


class SettingsError(Exception):
    """The file of an environment cannot be used; str() names every mistake in it and what to write instead."""


class Settings(Model):
    environment: str = Field(pattern=ENVIRONMENT_NAME, description="2 to 16 of a-z, 0-9 and - as the name of the file")
    project: str = Field(pattern=r"^[a-z][a-z0-9-]{1,14}[a-z0-9]$", description="3 to 16 of a-z, 0-9 and -")
    account: str = Field(pattern=r"^\d{12}$", description='the 12 digits of the AWS account, in quotes: "111122223333"')
    region: Region = Field(description="an AWS region, such as us-east-1")
    allow_destroy: bool = Field(default=False, description="true only where everything may be destroyed")
    vpc: VpcSettings
    iam: IamSettings
    registry: RegistrySettings = RegistrySettings()
    dns: DnsSettings
    eks: EksSettings
    database: DatabaseSettings
    monitoring: MonitoringSettings
    runner: RunnerSettings = RunnerSettings()
    addons: AddonsSettings = AddonsSettings()
    app: AppSettings = AppSettings()

    @field_validator("vpc")
    @classmethod
    def _zones_in_region(cls, vpc: VpcSettings, info: ValidationInfo) -> VpcSettings:
        region = info.data.get("region")
        strangers = [zone for zone in vpc.zones if region and zone[:-1] != region]
        if strangers:
            raise PydanticCustomError(
                "mistake",
                "are not in {region}: write zones such as {region}a",
                {"field": "zones", "value": vpc.zones, "region": region},
            )
        return vpc

    @field_validator("eks")
    @classmethod
    def _services_outside_vpc(cls, eks: EksSettings, info: ValidationInfo) -> EksSettings:
        vpc = info.data.get("vpc")
        if vpc and eks.service_cidr.overlaps(vpc.cidr):
            raise PydanticCustomError(
                "mistake",
                "overlaps vpc.cidr {cidr}: write a private network outside it",
                {"field": "service_cidr", "value": eks.service_cidr, "cidr": str(vpc.cidr)},
            )
        return eks

    @field_validator("monitoring", "runner")
    @classmethod
    def _in_a_zone_of_the_vpc(cls, host: Host, info: ValidationInfo) -> Host:
        vpc = info.data.get("vpc")
        if vpc and host.zone is not None and host.zone not in vpc.zones:
            raise PydanticCustomError(
                "mistake",
                "is no zone of the VPC: write one of {zones}",
                {"field": "zone", "value": host.zone, "zones": ", ".join(vpc.zones)},
            )
        return host

    @field_validator("app")
    @classmethod
    def _fits_domain_and_database(cls, app: AppSettings, info: ValidationInfo) -> AppSettings:
        dns, database = info.data.get("dns"), info.data.get("database")
        if dns and app.host and not f".{app.host}".endswith(f".{dns.domain}"):
            raise PydanticCustomError(
                "mistake",
                "is not inside the zone: write {domain}, or a name below it",
                {"field": "host", "value": app.host, "domain": dns.domain},
            )
        if (app.image is None) != (app.migrator_image is None):
            raise PydanticCustomError(
                "mistake",
                "comes without the other image: write image and migrator_image, or neither",
                {"field": "image", "value": app.image},
            )
        if database:
            most = max_connections(database.instance_class) - RESERVED_CONNECTIONS
            if app.most_pods * app.connections_per_pod > most:
                raise PydanticCustomError(
                    "mistake",
                    "takes more connections than {instance_class} has: write at most {most} in a rollout, "
                    "which is max_replicas and a quarter, times connections_per_pod",
                    {
                        "field": "max_replicas",
                        "value": app.max_replicas,
                        "instance_class": database.instance_class,
                        "most": most,
                    },
                )
        return app

    @property
    def host(self) -> str:
        """Where the API answers."""
        return self.app.host or self.dns.domain

    @property
    def api_url(self) -> str:
        """Plain HTTP before the domain is delegated: there is no certificate to show."""
        return f"{'https' if self.dns.delegated else 'http'}://{self.host}"

    @property
    def internal_domain(self) -> str:
        """The private zone of what is scraped and pushed to inside the VPC: it outlives every cluster."""
        return f"{self.prefix}.internal"

    @property
    def monitoring_bucket(self) -> str:
        """Where the monitoring host gets its configuration."""
        return f"{self.prefix}-monitoring-{self.account}"

    @property
    def monitoring_namespace(self) -> str:
        """Of the metrics in CloudWatch that the monitoring host sends."""
        return f"{self.prefix}/monitoring"

    @property
    def alert_topic_arn(self) -> str:
        """Where Alertmanager and CloudWatch send alerts about everything but the database."""
        return f"arn:aws:sns:{self.region}:{self.account}:{self.prefix}-monitoring"

    @property
    def grafana_secret(self) -> str:
        """Outside of <prefix>/, which the pods of External Secrets may read."""
        return f"{self.prefix}-monitoring/grafana"

    @property
    def runner_zone(self) -> str:
        return self.runner.zone or self.vpc.zones[0]

    @property
    def runner_url(self) -> str:
        """Whose jobs the runner takes. An id that the settings have behind the name is no part of the address."""
        owner = self.iam.github.application_repository.split("/")[0].split("@")[0]
        return self.runner.github_url or f"https://github.com/{owner}"

    @property
    def runner_bucket(self) -> str:
        """Through which Ansible sends files to the runner."""
        return f"{self.prefix}-runner-{self.account}"

    @property
    def runner_token_parameter(self) -> str:
        """In SSM: what the next runner registers with."""
        return f"/{self.prefix}/runner/registration-token"

    @property
    def prefix(self) -> str:
        """The start of every physical name, such as realworld-staging."""
        return f"{self.project}-{self.environment}"

    @property
    def state_bucket(self) -> str:
        return f"{self.project}-tfstate-{self.account}-{self.region}"

    def state_key(self, stack: str) -> str:
        return f"{self.environment}/{stack}.tfstate"


def load_settings(environment: str, directory: Path = ENVIRONMENTS) -> Settings:
    """The settings of one environment.

    Raises SettingsError with one message for all mistakes: no such file, broken YAML, wrong or unknown fields.
    """
    known = ", ".join(sorted(found.stem for found in directory.glob("*.yaml")))
    # stacks/ is where cdktf writes, and the commands write into a folder of the environment's name beside it.
    if not re.fullmatch(ENVIRONMENT_NAME, environment) or environment == "stacks":
        raise SettingsError(
            f"ENVIRONMENT={shown(environment)} is no name of an environment: "
            f"write 2 to 16 of a-z, 0-9 and -, and one that there is: {known}"
        )
    path = directory / f"{environment}.yaml"
    name = f"{directory.name}/{path.name}"
    try:
        values = read_mapping(path)
    except FileNotFoundError:
        raise SettingsError(f"{name} does not exist: set ENVIRONMENT to one of {known}, or write the file") from None
    except ValueError as error:
        raise SettingsError(f"{name} {error}") from None
    try:
        return Settings.model_validate(values | {"environment": environment})
    except ValidationError as error:
        mistakes = mistakes_of(error, Settings, lines(path))
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise SettingsError("\n".join([f"{name} has {count}:", *mistakes])) from None
