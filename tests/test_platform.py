"""The stacks fit together: what is read is published, nothing else crosses, and each area stands alone."""

import dataclasses
import json
import re

import pytest

import outputs
from catalogue import RESOURCES
from settings import load_settings
from tests.conftest import ENVIRONMENTS, ROOT, Platform, addresses, all_of

# A file of stacks/ with a class for its area is a stack.
STACKS = {
    path.stem
    for path in sorted(ROOT.glob("stacks/*.py"))
    if f"\nclass {path.stem.capitalize()}Stack(AreaStack):\n" in path.read_text()
}
READ = re.compile(r"terraform_remote_state\.(\w+)_state\.outputs\.(\w+)")
CONTRACTS = {
    name.removesuffix("Outputs").lower(): {field.name for field in dataclasses.fields(contract)}
    for name, contract in vars(outputs).items()
    if name.endswith("Outputs")
}
each_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)


PROVIDERS = {"aws": "5.100.0", "helm": "3.1.1", "kubernetes": "2.38.0"}


@each_environment
def test_each_area_is_a_stack_with_the_providers_of_its_side(platform: Platform, environment: str) -> None:
    templates = platform(environment)

    unbuilt = [f"main.py: build {area.capitalize()}Stack of stacks/{area}.py" for area in STACKS - templates.keys()]
    assert not unbuilt, "\n".join(unbuilt)
    assert templates.keys() == STACKS
    for area, template in templates.items():
        names = template["provider"].keys()
        assert names in ({"aws"}, {"helm", "kubernetes"}), area
        expected = {name: {"source": name, "version": PROVIDERS[name]} for name in names}
        assert template["terraform"]["required_providers"] == expected


def test_the_pipeline_applies_every_stack_in_the_cluster_where_it_reaches_it(platform: Platform) -> None:
    inside = {stack for stack, template in platform("local").items() if "aws" not in template["provider"]}

    path = ROOT / ".github" / "workflows" / "deploy.yml"
    named = re.findall(r'STACK="([^"]*)"', path.read_text())
    assert named
    assert [stacks for stacks in named if set(stacks.split()) != inside] == [], f"{path}: STACK has to name {inside}"


@each_environment
def test_each_stack_publishes_its_contract_exactly(platform: Platform, environment: str) -> None:
    for area, template in platform(environment).items():
        assert template["output"].keys() == CONTRACTS[area]
        assert all(output["description"] for output in template["output"].values())


@each_environment
def test_what_is_read_is_published_and_nothing_else_crosses(platform: Platform, environment: str) -> None:
    templates = platform(environment)

    for reader, template in templates.items():
        text = json.dumps(template)
        assert "cross-stack-output" not in text
        read = READ.findall(text)
        declared = template.get("data", {}).get("terraform_remote_state", {})
        assert {f"{area}_state" for area, _ in read} == declared.keys(), f"{reader} declares a state it does not read"
        for area, output in read:
            assert output in templates[area]["output"], f"{reader} reads {area}.{output}"
            assert declared[f"{area}_state"]["config"]["key"] == templates[area]["terraform"]["backend"]["s3"]["key"]


@each_environment
def test_no_secret_is_an_output(platform: Platform, environment: str) -> None:
    for template in platform(environment).values():
        for name, output in template["output"].items():
            assert not output.get("sensitive"), name
            # An ARN or the name of a parameter says where a secret is.
            assert name.endswith(("_arn", "_parameter")) or not re.search(r"password|token|private_key|secret", name)
            assert not re.search(r"\.(password|secret_string|random_password|private_key)\b", json.dumps(output))


@each_environment
def test_every_state_has_a_place_of_its_own_and_a_lock(platform: Platform, environment: str) -> None:
    settings = load_settings(environment)

    for area, template in platform(environment).items():
        assert template["terraform"]["backend"] == {
            "s3": {
                "bucket": f"realworld-tfstate-{settings.account}-{settings.region}",
                "encrypt": True,
                "key": f"{environment}/{area}.tfstate",
                "region": settings.region,
                "use_lockfile": True,
            }
        }
        assert template["terraform"]["required_version"] == ">= 1.11.0"


@each_environment
def test_the_wrong_account_stops_the_first_call(platform: Platform, environment: str) -> None:
    for area, template in platform(environment).items():
        if "aws" not in template["provider"]:
            continue
        [provider] = template["provider"]["aws"]
        assert provider["allowed_account_ids"] == [load_settings(environment).account]
        [tags] = provider["default_tags"]
        expected = {"project": "realworld", "environment": environment, "stack": area}
        if area == "state":  # the bucket is shared by the environments of an account
            del expected["environment"]
        assert tags["tags"] == expected


@each_environment
def test_destruction_is_one_setting(platform: Platform, environment: str) -> None:
    protected = not load_settings(environment).allow_destroy

    # Which resources these have to be is in tests/test_catalogue.py.
    found = [
        (kind, resource["lifecycle"]["prevent_destroy"])
        for template in platform(environment).values()
        for kind in template["resource"]
        for resource in all_of(template, kind)
        if "prevent_destroy" in resource.get("lifecycle", {})
    ]
    assert "aws_db_instance" in dict(found)
    assert [each for each in found if each[1] is not protected] == []


def test_production_differs_from_staging_in_addresses_only_for_reasons(platform: Platform) -> None:
    reasons = {
        "a third zone": r"_us-east-1c_",
        "a NAT gateway in each zone": r"_public_us-east-1b_nat_",
        "interface endpoints": r"\.endpoints_(interfaces|from_vpc|ecrapi|ecrdkr|sts)_",
        "a backup vault": r"\.backup_vault_",
        "limits of AWS WAF": r"^aws_wafv2_web_acl\.",
    }
    staging, production = platform("staging"), platform("production")

    unexplained, used = [], set()
    for area in STACKS:
        for address in set(addresses(staging[area])) ^ set(addresses(production[area])):
            found = {reason for reason, pattern in reasons.items() if re.search(pattern, address)}
            used |= found
            if not found:
                unexplained.append(f"{area}: {address}")
    assert unexplained == []
    assert used == reasons.keys()


@each_environment
def test_add_ons_start_in_the_order_in_which_they_can(platform: Platform, environment: str) -> None:
    eks = platform(environment)["eks"]["resource"]
    addons = {addon["addon_name"]: addon for addon in eks["aws_eks_addon"].values()}
    address = {addon["addon_name"]: f"aws_eks_addon.{name}" for name, addon in eks["aws_eks_addon"].items()}
    nodes = {f"aws_eks_node_group.{name}" for name in eks["aws_eks_node_group"]}

    before = {"eks-pod-identity-agent", "kube-proxy", "vpc-cni"}
    after = {"aws-ebs-csi-driver", "coredns", "metrics-server"}
    assert addons.keys() == before | after
    assert addons["vpc-cni"]["depends_on"] == [address["eks-pod-identity-agent"]]
    assert json.loads(addons["vpc-cni"]["configuration_values"]) == {"enableNetworkPolicy": "true"}
    for group in eks["aws_eks_node_group"].values():
        assert set(group["depends_on"]) == {address[name] for name in before}
    for name in after:
        assert set(addons[name]["depends_on"]) == nodes


@each_environment
def test_old_versions_in_a_bucket_end(platform: Platform, environment: str) -> None:
    for template in platform(environment).values():
        versioned = {each["bucket"] for each in all_of(template, "aws_s3_bucket_versioning")}
        assert {each["bucket"] for each in all_of(template, "aws_s3_bucket_lifecycle_configuration")} == versioned


@each_environment
def test_two_of_what_is_created_before_it_is_destroyed_can_exist(platform: Platform, environment: str) -> None:
    """AWS refuses a second one of the same name: InvalidGroup.Duplicate, DBParameterGroupAlreadyExists."""
    for area, template in platform(environment).items():
        for kind, named in template.get("resource", {}).items():
            for name, resource in named.items():
                if resource.get("lifecycle", {}).get("create_before_destroy"):
                    assert not {"name", "node_group_name"} & resource.keys(), f"{area}: {kind}.{name}"


@each_environment
def test_a_security_group_is_replaced_while_it_is_used(platform: Platform, environment: str) -> None:
    """AWS deletes none that a network interface has: the new one has to be there first."""
    for area, template in platform(environment).items():
        for group in all_of(template, "aws_security_group"):
            assert group["lifecycle"] == {"create_before_destroy": True}, (area, group["tags"])


def test_a_host_is_in_the_subnet_of_its_zone_whatever_else_the_vpc_has(platform: Platform) -> None:
    settings = load_settings("local")
    for area, zone in {"monitoring": settings.monitoring.zone, "runner": settings.names.runner_zone}.items():
        subnets = re.findall(r'"subnet_id": "\$\{([^}]*)\}"', json.dumps(platform("local")[area]))
        assert subnets == [f'data.terraform_remote_state.vpc_state.outputs.private_subnets[\\"{zone}\\"]'], area


@each_environment
def test_the_database_hears_the_nodes_and_the_host_that_people_go_through(platform: Platform, environment: str) -> None:
    """A network would admit whatever has an address in it. Of the pods of a node, policies of the cluster choose."""
    group = "${data.terraform_remote_state.vpc_state.outputs.database_security_group_id}"
    templates = platform(environment)
    admitted = {}
    for area, template in templates.items():
        for rule in all_of(template, "aws_vpc_security_group_ingress_rule"):
            if rule["security_group_id"] == group or rule["from_port"] == 5432:
                assert (rule["security_group_id"], rule["to_port"], rule["ip_protocol"]) == (group, 5432, "tcp")
                admitted[area] = rule["referenced_security_group_id"]

    [cluster], [host] = (
        [f"${{{kind}.{name}" for name in templates[area]["resource"][kind]]
        for area, kind in {"eks": "aws_eks_cluster", "monitoring": "aws_security_group"}.items()
    )
    assert admitted == {
        "eks": f"{cluster}.vpc_config[0].cluster_security_group_id}}",
        "monitoring": f"{host}.id}}",
    }
    [instance] = all_of(templates["database"], "aws_db_instance")
    assert instance["vpc_security_group_ids"] == [group]
    # It can be reached by nothing of the cluster, and outlives it.
    assert "eks_state" not in templates["database"]["data"]["terraform_remote_state"]


def test_few_stacks_are_planned_without_a_look_at_aws(platform: Platform) -> None:
    """A stack with one value that no plan may read is not refreshed at all: what has drifted in it stays unseen."""
    secret = {kind for kind, each in RESOURCES.items() if each.secret}
    stacks = {name for name, template in platform("local").items() if secret & template.get("resource", {}).keys()}
    assert stacks == {"monitoring", "runner", "secrets"}
