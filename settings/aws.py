"""Inputs of the AWS areas: one frozen pydantic model for each.

The description of a field says what to write there; the error messages print it.
"""

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from settings.values import (
    GRAVITON,
    HOST_NAME,
    LOG_RETENTION,
    ClosedNetwork,
    EachOnce,
    InstanceType,
    Model,
    PrivateNetwork,
    Repository,
    RetentionDays,
    RoleArn,
    X86InstanceType,
)

# None of these is among the services with an endpoint in each region (AWS PrivateLink guide); all of them are needed.
BEHIND_NAT = "GitHub for the runner, Route 53 for external-dns, and the registries of charts and of public images"
Subnets = dict[Literal["public", "private", "database"], dict[str, PrivateNetwork]]


class VpcSettings(Model):
    cidr: PrivateNetwork = Field(
        description="a private network from /16 to /20, such as 10.20.0.0/16",
        json_schema_extra={"allOf": [{"pattern": "/(1[6-9]|20)$"}]},
    )
    zones: EachOnce[Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-f]$")]] = Field(
        min_length=2, max_length=3, description="two or three availability zones, such as [us-east-1a, us-east-1b]"
    )
    nat: Literal["one", "per_zone"] = Field(description="one (cheaper) or per_zone (survives a zone)")
    nat_zone: str | None = Field(
        default=None, description="where the one NAT gateway is, one of vpc.zones; leave it out for the first letter"
    )
    interface_endpoints: frozenset[Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$", max_length=60)]] = (
        Field(
            default=frozenset(),
            description="AWS services to reach without NAT, such as [ecr.api, ecr.dkr, sts]",
            json_schema_extra={"not": {"contains": {"enum": ["s3", "interfaces"]}}},
        )
    )
    flow_log_retention_days: RetentionDays = Field(default=30, description=LOG_RETENTION)
    subnets: Subnets = Field(
        default={},
        description="by tier and zone, where a subnet was there before, such as public: {us-east-1a: 10.0.1.0/24}",
    )

    @field_validator("zones")
    @classmethod
    def _in_no_order(cls, zones: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(zones))

    @field_validator("nat", mode="before")
    @classmethod
    def _reaches_the_internet(cls, nat: object) -> object:
        if nat == "none":
            raise ValueError(f"cuts off what no endpoint in a VPC reaches: {BEHIND_NAT}. Write one or per_zone")
        return nat

    @field_validator("nat_zone")
    @classmethod
    def _has_the_gateway(cls, zone: str | None, info: ValidationInfo) -> str | None:
        if zone is not None and info.data.get("nat") == "per_zone":
            raise ValueError("has no meaning with nat: per_zone: leave it out, or write nat: one")
        zones = info.data.get("zones")
        if zones and zone is not None and zone not in zones:
            raise ValueError(f"is no zone of the VPC: write one of {', '.join(zones)}")
        return zone

    @field_validator("subnets")
    @classmethod
    def _are_in_the_vpc(cls, subnets: Subnets, info: ValidationInfo) -> Subnets:
        zones, vpc = info.data.get("zones"), info.data.get("cidr")
        for tier, networks in subnets.items():
            for zone, network in networks.items():
                if zones and zone not in zones:
                    raise ValueError(f"has {zone} in {tier}: write one of {', '.join(zones)}")
                if vpc and not network.subnet_of(vpc):
                    raise ValueError(f"has {network} in {tier}, which is outside of {vpc}: write a network inside")
        return subnets

    @field_validator("cidr")
    @classmethod
    def _holds_six_zones(cls, cidr: IPv4Network) -> IPv4Network:
        if not 16 <= cidr.prefixlen <= 20:
            size = "small for the subnets of its zones" if cidr.prefixlen > 20 else "large for a VPC"
            raise ValueError(f"is too {size}: write a network from /16 to /20")
        return cidr

    @field_validator("interface_endpoints")
    @classmethod
    def _are_services(cls, endpoints: frozenset[str]) -> frozenset[str]:
        if "s3" in endpoints:
            raise ValueError("names s3, which has a gateway endpoint at no cost: leave it out")
        if "interfaces" in endpoints:  # the id of their security group
            raise ValueError("names interfaces, which is no service of AWS: leave it out")
        return endpoints


class GithubSettings(Model):
    platform_repository: Repository = Field(description="owner/name, or owner@id/name@id, of this repository")
    application_repository: Repository = Field(description="owner/name, or owner@id/name@id, of the application")
    create_oidc_provider: bool = Field(
        default=True, description="true, or false where the account has GitHub's provider: there can be one"
    )


class IamSettings(Model):
    github: GithubSettings


REPOSITORY_NAME = r"^[a-z0-9]+([._/-][a-z0-9]+)*$"


class RegistrySettings(Model):
    repositories: EachOnce[Annotated[str, Field(pattern=REPOSITORY_NAME, max_length=200)]] = Field(
        default=("backend", "backend-migrator"), min_length=1, description="names of images, such as [backend]"
    )
    untagged_image_days: int = Field(default=14, ge=1, le=365, description="1 to 365 days until an untagged image goes")
    adopted: EachOnce[Annotated[str, Field(pattern=REPOSITORY_NAME, max_length=256)]] = Field(
        default=(), description="whole names of repositories that were there before, such as [realworld-backend]"
    )


class DnsSettings(Model):
    domain: str = Field(pattern=HOST_NAME, description="the domain, such as realworld-inc.link")
    create_zone: bool = Field(description="true to create the hosted zone, false to use the one that exists")
    delegated: bool = Field(
        description="false until the registrar points to the zone's name servers: no certificate is awaited before"
    )

    @field_validator("delegated")
    @classmethod
    def _existing_zones_answer(cls, delegated: bool, info: ValidationInfo) -> bool:
        if info.data.get("create_zone") is False and not delegated:
            raise ValueError("cannot be false for a zone that exists: write delegated: true, or create_zone: true")
        return delegated


class NodeGroupSettings(Model):
    instance_types: EachOnce[InstanceType] = Field(min_length=1, description="EC2 instance types, such as [t3.large]")
    architecture: Literal["x86_64", "arm64"] = Field(
        default="x86_64", validate_default=True, description="x86_64 or arm64"
    )
    capacity_type: Literal["ON_DEMAND", "SPOT"] = Field(default="ON_DEMAND", description="ON_DEMAND or SPOT")
    min_size: int = Field(ge=1, le=450, description="the fewest nodes, 1 to 450")
    max_size: int = Field(ge=1, le=450, description="the most nodes, at least min_size")
    disk_gb: int = Field(default=50, ge=20, le=16384, description="the root volume of a node in GiB, 20 to 16384")

    @field_validator("architecture")
    @classmethod
    def _of_its_types(cls, architecture: str, info: ValidationInfo) -> str:
        for each in info.data.get("instance_types", ()):
            if (other := "arm64" if GRAVITON.match(each) else "x86_64") != architecture:
                raise ValueError(f"is not that of {each}: write {other}, or other instance_types")
        return architecture

    @field_validator("max_size")
    @classmethod
    def _ordered(cls, max_size: int, info: ValidationInfo) -> int:
        if max_size < info.data.get("min_size", 0):
            raise ValueError(f"is less than min_size: write at least {info.data['min_size']}")
        return max_size


ADDONS = ("aws-ebs-csi-driver", "coredns", "eks-pod-identity-agent", "kube-proxy", "metrics-server", "vpc-cni")


class EksSettings(Model):
    name: str | None = Field(
        default=None, pattern=r"^[\w-]{1,100}$", description="of a cluster that exists; leave it out for a new one"
    )
    kubernetes_version: Literal["1.34", "1.35", "1.36"] = Field(
        default="1.35", description='a version in standard support, in quotes: "1.34", "1.35" or "1.36"'
    )
    service_cidr: PrivateNetwork = Field(
        default=IPv4Network("172.20.0.0/16"),
        description="a private network outside the VPC, /12 to /24",
        json_schema_extra={"allOf": [{"pattern": "/(1[2-9]|2[0-4])$"}]},
    )
    public_access_cidrs: EachOnce[ClosedNetwork] = Field(
        default=(), description="networks that may reach the API endpoint, such as [203.0.113.0/24]; none: private only"
    )
    admin_role_arns: EachOnce[RoleArn] = Field(
        default=(), description="IAM roles of cluster administrators, such as arn:aws:iam::111122223333:role/admin"
    )
    log_retention_days: RetentionDays = Field(default=90, description=LOG_RETENTION)
    node_groups: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")], NodeGroupSettings] = Field(
        min_length=1, description="at least one node group: a name of lowercase letters, and its settings"
    )
    node_release: str | None = Field(
        default=None,
        pattern=r"^\d+\.\d+\.\d+-\d{8}$",
        description="the release of the node image to hold, such as 1.35.2-20260915; none: the newest at each deploy",
    )
    addon_versions: dict[
        Annotated[str, Field(pattern=f"^({'|'.join(ADDONS)})$")],
        Annotated[str, Field(pattern=r"^v\d+\.\d+\.\d+-eksbuild\.\d+$")],
    ] = Field(default={}, description="versions of EKS add-ons to hold, such as vpc-cni: v1.20.1-eksbuild.1")

    @field_validator("service_cidr")
    @classmethod
    def _fits_eks(cls, cidr: IPv4Network) -> IPv4Network:
        if not 12 <= cidr.prefixlen <= 24:
            raise ValueError("has a size that EKS refuses: write a network from /12 to /24")
        return cidr

    @field_validator("node_release")
    @classmethod
    def _of_this_version(cls, release: str | None, info: ValidationInfo) -> str | None:
        version = info.data.get("kubernetes_version")
        if release and version and not release.startswith(f"{version}."):
            raise ValueError(f"is an image for another Kubernetes: write a release of {version}, or none")
        return release

    @property
    def architectures(self) -> list[str]:
        """Of the nodes, in the words of Kubernetes and of images."""
        return sorted({"amd64" if each.architecture == "x86_64" else "arm64" for each in self.node_groups.values()})


class RunnerSettings(Model):
    zone: str | None = Field(default=None, description="one of vpc.zones; leave it out for the first letter")
    instance_type: X86InstanceType = Field(
        default="t3.large", description="an EC2 instance type with x86_64, such as t3.large"
    )
    volume_gb: int = Field(default=50, ge=20, le=16384, description="the disk of the host in GiB, 20 to 16384")
    github_url: Annotated[str, Field(pattern=r"^https://github\.com/[A-Za-z0-9-]+(/[A-Za-z0-9._-]+)?$")] | None = Field(
        default=None,
        description="whose jobs it runs, https://github.com/<organization> or https://github.com/<owner>/<repository>; "
        "leave it out for the organization of iam.github.application_repository",
    )
