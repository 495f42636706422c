import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from imports.engine import App
from operations.cluster.kubernetes import resolved
from settings import Settings, load_settings
from stacks.iam import IamStack
from stacks.vpc import VpcStack
from tests.charts import example, release_values, render
from tests.conftest import ENVIRONMENTS, ROOT, Platform, Template, changed
from tests.reachability import build
from tests.reachability.documented import backend
from tests.reachability.endpoints import Inside, address
from tests.reachability.flows import Setting
from tests.reachability.network import Network
from tests.reachability.references import References

EVERY = [(environment, nat) for environment in ENVIRONMENTS for nat in ("one", "per_zone")]


@dataclass
class Case:
    """One environment with one value of vpc.nat."""

    references: References
    inside: Inside
    setting: Setting
    network: Network


Cases = Callable[[str, str], Case]


@pytest.fixture(scope="session")
def case(platform: Platform, _helm: None, tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """Each is synthesized and rendered once."""
    found: dict[tuple[str, str], Case] = {}

    def of(environment: str, nat: str) -> Case:
        if (environment, nat) not in found:
            settings, stacks = load_settings(environment), platform(environment)
            if nat != settings.vpc.nat:
                # The others know nothing of it but outputs, which are read by their names.
                settings = changed(settings, vpc={"nat": nat})
                stacks = stacks | {"vpc": vpc(settings, tmp_path_factory.mktemp("vpc"))}
            references = References(stacks)
            inside = rendered(platform, environment, references)
            built = build.network(references, inside)
            found[environment, nat] = Case(references, inside, Setting(settings, references), built)
        return found[environment, nat]

    return of


def vpc(settings: Settings, folder: Path) -> Template:
    app = App(outdir=str(folder))
    VpcStack(app, settings, iam=IamStack(app, settings))
    app.synth()
    template: Template = json.loads((folder / "stacks/vpc/cdk.tf.json").read_text())
    return template


def rendered(platform: Platform, environment: str, references: References) -> Inside:
    host = str(address(references, build.subnets(references), "monitoring"))

    def output(_stack: str, name: str) -> str:
        return host if name == "monitoring_private_ip" else example(name)

    [release] = [each for each in references.all("helm_release") if each.body["name"] == "application-namespace"]
    [text] = release.body["values"]
    values = json.loads(resolved(text, output))
    objects = render(ROOT / "charts" / "application-namespace", "application-namespace", values)
    policies = [each for each in objects if each["kind"] in ("NetworkPolicy", "ClusterNetworkPolicy")]
    chart = render(ROOT / "realworld-example-app" / "helm", "realworld-backend", release_values(platform, environment))
    return Inside(backend(chart), policies)
