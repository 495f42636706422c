"""What can be wrong in the settings of the add-ons and of the application."""

from pathlib import Path
from typing import Any

import pytest

from settings.cluster import AppSettings, max_connections
from tests.settings.test_messages import validation_errors

IMAGE = "444455556666.dkr.ecr.us-east-1.amazonaws.com/realworld-production/backend"
IMAGE_HINT = "names no fixed image: write an image with a tag other than latest or with a digest"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"addons": {"log_agent": "fluentd"}},
            'addons.log_agent = "fluentd" is not valid: write alloy, or promtail whose support ended in March 2026',
        ),
        (
            {"app": {"host": "api.example.com"}},
            'app.host = "api.example.com" is not inside the zone: write realworld-inc.link, or a name below it',
        ),
        (
            {"app": {"host": "notrealworld-inc.link"}},
            'app.host = "notrealworld-inc.link" is not inside the zone: write realworld-inc.link, or a name below it',
        ),
        ({"app": {"host": "API_1"}}, 'app.host = "API_1" is not valid: write where the API answers: the domain'),
        ({"app": {"image": IMAGE, "migrator_image": f"{IMAGE}:1"}}, IMAGE_HINT),
        ({"app": {"image": f"{IMAGE}:latest", "migrator_image": f"{IMAGE}:1"}}, IMAGE_HINT),
        ({"app": {"image": f"{IMAGE}:1", "migrator_image": f"{IMAGE}@sha256:abc"}}, IMAGE_HINT),
        ({"app": {"image": f"{IMAGE}:1"}}, "comes without the other image: write image and migrator_image, or neither"),
        (
            {"app": {"min_replicas": 4, "max_replicas": 3}},
            "app.max_replicas = 3 is less than min_replicas: write at least 4",
        ),
        ({"app": {"min_replicas": 0}}, "app.min_replicas = 0 is not valid: write the fewest pods, 1 to 100"),
        (
            {"app": {"max_replicas": 30}, "database": {"instance_class": "db.t4g.micro"}},
            "app.max_replicas = 30 takes more connections than db.t4g.micro has: write at most 97 in a rollout",
        ),
    ],
)
def test_an_error_about_what_runs_in_the_cluster(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    [found] = validation_errors(tmp_path, **change)

    assert message in found


@pytest.mark.parametrize("image", [f"{IMAGE}:1.2.3", f"{IMAGE}@sha256:{'a' * 64}", f"{IMAGE}:v1@sha256:{'a' * 64}"])
def test_an_image_is_fixed_by_its_tag_or_its_digest(image: str) -> None:
    assert AppSettings(image=image).image == image


@pytest.mark.parametrize(
    ("instance_class", "connections"),
    [
        ("db.t4g.micro", 112),
        ("db.t4g.medium", 450),
        ("db.m7g.large", 901),
        ("db.r7g.large", 1802),
        ("db.m7g.xlarge", 1802),
        ("db.m7g.16xlarge", 5000),
    ],
)
def test_rds_takes_connections_for_its_memory(instance_class: str, connections: int) -> None:
    assert max_connections(instance_class) == connections
