"""The settings of an environment as a whole, and the rules between its areas.

The description of a field says what to write there; the error messages print it.
"""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from settings.aws import (
    DnsSettings,
    EksSettings,
    IamSettings,
    RegistrySettings,
    RunnerSettings,
    VpcSettings,
)
from settings.cluster import RESERVED_CONNECTIONS, AddonsSettings, AppSettings, max_connections
from settings.database import DatabaseSettings
from settings.monitoring import MonitoringSettings
from settings.names import Names
from settings.values import Model, Region, invalid

Host = MonitoringSettings | RunnerSettings
# Names that start so belong to others: SSM's and S3's own (PutParameter, bucket naming rules), ids of security groups.
TAKEN = ("aws", "ssm", "sthree-", "amzn-s3-demo-", "sg-")
# A role realworld-prod-rds-monitoring would be of prod and of prod-rds; prod has a secret realworld-prod-monitoring/x.
ENDS_AS_OTHERS = ("-monitoring", "-rds")
ADOPTING = ("iam", "vpc", "registry", "dns", "eks", "database")  # as main.py has them in order
ImportId = Annotated[str, Field(pattern=r'^[^\s"$%\\]+$', description="an id, as make adopt prints it")]
ENVIRONMENT_NAME = r"^[a-z][a-z0-9-]{0,14}[a-z0-9]$"


class Settings(Model):
    environment: str = Field(pattern=ENVIRONMENT_NAME, description="2 to 16 of a-z, 0-9 and - as the name of the file")
    project: str = Field(
        pattern=r"^[a-z][a-z0-9-]{1,14}[a-z0-9]$",
        description="3 to 16 of a-z, 0-9 and -",
        json_schema_extra={"not": {"pattern": f"--|^({'|'.join(TAKEN)})"}},
    )
    account: str = Field(pattern=r"^\d{12}$", description='the 12 digits of the AWS account, in quotes: "111122223333"')
    region: Region = Field(description="an AWS region, such as us-east-1")
    allow_destroy: bool = Field(default=False, description="true only where everything may be destroyed")
    adopt: dict[
        Annotated[str, Field(pattern=f"^({'|'.join(ADOPTING)})$")],
        dict[Annotated[str, Field(pattern=r"^aws_\w+\.[\w-]+$")], ImportId],
    ] = Field(default={}, description="what make adopt prints: by stack, the id of what takes each address")
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

    @field_validator("environment", "project")
    @classmethod
    def _starts_names(cls, name: str, info: ValidationInfo) -> str:
        if "--" in name:
            raise ValueError("has two hyphens beside each other, which RDS takes in no name: write one")
        if info.field_name == "environment" and f"-{name}".endswith(ENDS_AS_OTHERS):
            words = " or ".join(each.removeprefix("-") for each in ENDS_AS_OTHERS)
            raise ValueError(f"ends in {words}, as names of another environment do: write another name for the file")
        if info.field_name == "project" and f"{name}-".startswith(TAKEN):
            raise ValueError(f"starts as AWS lets no name start: write another than {', '.join(TAKEN)}")
        return name

    @field_validator("vpc")
    @classmethod
    def _zones_in_region(cls, vpc: VpcSettings, info: ValidationInfo) -> VpcSettings:
        region = info.data.get("region")
        if region and any(zone[:-1] != region for zone in vpc.zones):
            raise invalid("zones", vpc.zones, f"are not in {region}: write zones such as {region}a")
        return vpc

    @field_validator("eks")
    @classmethod
    def _services_outside_vpc(cls, eks: EksSettings, info: ValidationInfo) -> EksSettings:
        vpc = info.data.get("vpc")
        if vpc and eks.service_cidr.overlaps(vpc.cidr):
            overlap = f"overlaps vpc.cidr {vpc.cidr}: write a private network outside it"
            raise invalid("service_cidr", eks.service_cidr, overlap)
        return eks

    @field_validator("monitoring", "runner")
    @classmethod
    def _in_a_zone_of_the_vpc(cls, host: Host, info: ValidationInfo) -> Host:
        vpc = info.data.get("vpc")
        if vpc and host.zone is not None and host.zone not in vpc.zones:
            raise invalid("zone", host.zone, f"is no zone of the VPC: write one of {', '.join(vpc.zones)}")
        return host

    @field_validator("app")
    @classmethod
    def _fits_domain_and_database(cls, app: AppSettings, info: ValidationInfo) -> AppSettings:
        dns, database = info.data.get("dns"), info.data.get("database")
        if dns and app.host and not f".{app.host}".endswith(f".{dns.domain}"):
            raise invalid("host", app.host, f"is not inside the zone: write {dns.domain}, or a name below it")
        if (app.image is None) != (app.migrator_image is None):
            alone = "comes without the other image: write image and migrator_image, or neither"
            raise invalid("image", app.image, alone)
        most = max_connections(database.instance_class) - RESERVED_CONNECTIONS if database else 0
        if database and app.most_pods * app.connections_per_pod > most:
            more = (
                f"takes more connections than {database.instance_class} has: write at most {most} in a rollout, "
                "which is max_replicas and a quarter, times connections_per_pod"
            )
            raise invalid("max_replicas", app.max_replicas, more)
        return app

    @property
    def names(self) -> Names:
        return Names(self)
