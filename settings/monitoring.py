"""Inputs of the monitoring host, and the objectives that it watches over."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from settings.values import ClosedNetwork, EachOnce, Email, Model, X86InstanceType, invalid

# Where the histogram of OpenTelemetry has a boundary. Between two of them no quantity is known.
LATENCY_BOUNDARIES = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
ONE_OF_THEM = f"one of {', '.join(map(str, LATENCY_BOUNDARIES))}"


class SloSettings(Model):
    """One objective: that share of the events is good, over that window."""

    indicator: Literal["availability", "latency", "edge", "probe"] = Field(
        description="availability or latency of the pods, edge: answers of the load balancer, or probe: /api/tags"
    )
    objective: float = Field(ge=50, lt=100, description="a percentage from 50 to less than 100, such as 99.5")
    window_days: int = Field(default=30, ge=7, le=90, description="7 to 90 days")
    threshold_seconds: float | None = Field(
        default=None,
        description=f"for latency, {ONE_OF_THEM}; else leave it out",
        json_schema_extra={"enum": [*LATENCY_BOUNDARIES, None]},
    )

    @field_validator("threshold_seconds")
    @classmethod
    def _known_boundary(cls, threshold: float | None) -> float | None:
        if threshold is not None and threshold not in LATENCY_BOUNDARIES:
            raise ValueError(f"is not measured: write {ONE_OF_THEM}")
        return threshold


class MonitoringSettings(Model):
    zone: str = Field(description="the zone of the host and of its volume for good, one of vpc.zones")
    instance_type: X86InstanceType = Field(
        default="t3.large", description="an EC2 instance type with x86_64, such as t3.large"
    )
    volume_gb: int = Field(default=100, ge=20, le=16384, description="the data volume in GiB, 20 to 16384")
    metrics_retention_days: int = Field(default=45, ge=7, le=400, description="7 to 400 days that Prometheus keeps")
    log_retention_days: int = Field(default=30, ge=1, le=400, description="1 to 400 days that Loki keeps")
    snapshot_retention_days: int = Field(default=14, ge=1, le=365, description="1 to 365 daily snapshots of the volume")
    allowed_cidrs: EachOnce[ClosedNetwork] = Field(
        default=(),
        description="networks that may reach Grafana once you connect them with the VPC, such as [10.8.0.0/16]; none: "
        "by Session Manager only",
    )
    alert_emails: EachOnce[Email] = Field(default=(), description="e-mail addresses that alerts go to")
    grafana_password_generation: int = Field(
        default=1, ge=1, description="increment to rotate the password: see docs/runbooks/monitoring-host.md"
    )
    slos: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,30}$")], SloSettings] = Field(
        default={
            "api-availability": SloSettings(indicator="availability", objective=99.5),
            "api-latency": SloSettings(indicator="latency", objective=99, threshold_seconds=0.5),
            "edge-availability": SloSettings(indicator="edge", objective=99.5),
            "tags-probe": SloSettings(indicator="probe", objective=99),
        },
        min_length=1,
        description="at least one objective: a name of lowercase letters, and its settings",
    )

    @field_validator("slos")
    @classmethod
    def _measurable(cls, slos: dict[str, SloSettings], info: ValidationInfo) -> dict[str, SloSettings]:
        retention = info.data.get("metrics_retention_days")
        for name, slo in slos.items():
            if retention and slo.window_days > retention:
                much = f"is longer than metrics_retention_days: write at most {retention}, or keep metrics longer"
                raise invalid(f"{name}.window_days", slo.window_days, much)
            if (slo.indicator == "latency") != (slo.threshold_seconds is not None):
                other = "belongs to the indicator latency alone: write a threshold there, and leave it out elsewhere"
                raise invalid(f"{name}.threshold_seconds", slo.threshold_seconds, other)
        return slos
