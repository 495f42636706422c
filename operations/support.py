"""Until when the publishers support the versions in use: catalogue/support.yaml."""

import json
import re
import sys
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import yaml
from pydantic import BaseModel

from monitoring.bundle import PINS
from operations.checks import Check
from operations.machine.fetch import PINNED_TERRAFORM
from settings import Settings

ROOT = Path(__file__).parents[1]
DATA = ROOT / "catalogue" / "support.yaml"
AHEAD = timedelta(days=90)


class Held(BaseModel):
    until: date
    why: str


class Product(BaseModel):
    """ends: the last day of support by version, which is a prefix of those in use: "3.11" is that of 3.11.3. None where
    no day is announced.
    """

    source: str
    runbook: str
    ends: dict[str, date | None]
    held: dict[str, Held] = {}


class Support(BaseModel):
    """read: the day on which this was compared with its sources."""

    read: date
    products: dict[str, Product]


def load() -> Support:
    return Support.model_validate(yaml.safe_load(DATA.read_text(encoding="utf-8")))


def in_use(settings: Settings) -> dict[str, str]:
    """The version of each product in an environment, on its hosts, in its images and on this machine."""

    def found(file: str, pattern: str) -> str:
        return str(re.findall(pattern, (ROOT / file).read_text(encoding="utf-8"))[0])

    image = "realworld-example-app/Dockerfile"
    return {
        "Kubernetes": settings.eks.kubernetes_version,
        "PostgreSQL": settings.database.engine_version,
        "Amazon Linux": found("modules/hosts/amazon_linux.py", r'RELEASE = "([\d.]+)'),
        **{
            name: re.findall(r":v?([\d.]+)@", PINS["images"][name.lower()])[0]
            for name in ("Prometheus", "Loki", "Grafana")
        },
        "Node.js": found(image, r"/node:([\d.]+)-\w+-slim@"),
        "Debian": found(image, r"/node:[\d.]+-(\w+)-slim@"),
        "Python": ".".join(map(str, sys.version_info[:3])),
        "Ansible": version("ansible-core"),
        "Terraform": json.loads(PINNED_TERRAFORM.read_text(encoding="utf-8"))["version"],
        "CDKTF": version("cdktf"),
    }


def checks(settings: Settings, today: date) -> list[Check]:
    """All ends in one row, and a row for each that is past, or less than three months away."""
    support, lines, due = load(), [], []
    for name, used in in_use(settings).items():
        product = support.products[name]
        release = next((each for each in product.ends if used == each or used.startswith(f"{each}.")), None)
        if release is None:
            lines.append(f"{name} {used}: not known")
            continue
        end, held = product.ends[release], product.held.get(release)
        lines.append(f"{name} {release}: {end or 'no end announced'}")
        if end is None or end - AHEAD > today:
            continue
        found = f"the support of {release} {'has ended' if end < today else 'ends'} on {end}"
        remedy = f"Upgrade: {product.runbook}."
        if kept := held and held.until >= today:
            found, remedy = f"{found}, and it is kept: {held.why}", f"Decide again by {held.until}: {product.runbook}."
        due.append(Check(name, found, remedy, stops=end < today and not kept))
    return [Check("Supported until", "\n".join([*lines, f"as of {support.read}"])), *due]
