"""Inputs of what runs inside the cluster: the add-ons, and the application."""

import math
import re
from typing import Literal

from pydantic import Field, JsonValue, ValidationInfo, field_validator

from settings.values import HOST_NAME, Model

# A tag such as latest is another image tomorrow, and then a roll-back goes nowhere.
REPOSITORY = r"[a-z0-9.-]+(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+"
IMAGE = re.compile(rf"{REPOSITORY}(:(?!latest(@|$))\w[\w.-]{{0,127}}|(?=@))(@sha256:[0-9a-f]{{64}})?", re.ASCII)
IMAGE_SCHEMA: dict[str, JsonValue] = {"pattern": f"^{IMAGE.pattern}$"}
IMAGE_HINT = "an image with a tag other than latest or with a digest, such as <repository>@sha256:..."

SMALL_SIZES = {"micro": 1, "small": 2, "medium": 4, "large": 8}  # GiB
RESERVED_CONNECTIONS = 15  # three for superusers, RDS itself, the migration, and a person who looks


class AddonsSettings(Model):
    log_agent: Literal["alloy", "promtail"] = Field(
        default="alloy", description="alloy, or promtail whose support ended in March 2026"
    )


class RateLimitSettings(Model):
    # AWS WAF takes no limit below 10.
    requests: int = Field(
        default=3000, ge=10, le=2_000_000, description="requests of an address in five minutes, from 10"
    )
    passwords: int = Field(
        default=60, ge=10, le=2_000_000, description="log-ins and registrations of an address in five minutes, from 10"
    )


class AppSettings(Model):
    host: str | None = Field(
        default=None,
        pattern=HOST_NAME,
        description="where the API answers: the domain, or a name below it",
    )
    image: str | None = Field(default=None, description=IMAGE_HINT, json_schema_extra=IMAGE_SCHEMA)
    migrator_image: str | None = Field(default=None, description=IMAGE_HINT, json_schema_extra=IMAGE_SCHEMA)
    min_replicas: int = Field(default=2, ge=1, le=100, description="the fewest pods, 1 to 100")
    max_replicas: int = Field(default=6, ge=1, le=100, description="the most pods, at least min_replicas")
    rate_limit: RateLimitSettings | None = Field(
        default=None, description="limits of AWS WAF, such as {requests: 3000, passwords: 60}; leave it out for none"
    )
    connections_per_pod: int = Field(default=5, ge=1, le=100, description="database connections of a pod, 1 to 100")

    jwt_secret_generation: int = Field(
        default=1, ge=1, description="increment to rotate JWT_SECRET, which logs everybody out"
    )

    @field_validator("image", "migrator_image")
    @classmethod
    def _pinned(cls, image: str | None) -> str | None:
        if image is not None and not IMAGE.fullmatch(image):
            raise ValueError(f"names no fixed image: write {IMAGE_HINT}")
        return image

    @field_validator("max_replicas")
    @classmethod
    def _ordered(cls, max_replicas: int, info: ValidationInfo) -> int:
        least = info.data.get("min_replicas", 1)
        if max_replicas < least:
            raise ValueError(f"is less than min_replicas: write at least {least}")
        return max_replicas

    @property
    def most_pods(self) -> int:
        """Pods during a rollout, which adds a quarter before it takes any away."""
        return self.max_replicas + math.ceil(self.max_replicas / 4)


def max_connections(instance_class: str) -> int:
    """What RDS sets for PostgreSQL: LEAST(memory / 9531392, 5000). Unknown families count as those with little."""
    _, family, size = instance_class.split(".")
    multiple = re.fullmatch(r"(\d*)xlarge", size)
    gib = SMALL_SIZES.get(size) or 16 * int((multiple and multiple[1]) or 1)
    if family.startswith(("r", "x")):
        gib *= 2
    return min(gib * 2**30 // 9531392, 5000)
