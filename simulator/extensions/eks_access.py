"""EKS access entries and their policies, and the tags of all that the extensions add. moto lacks them: 404."""

import uuid
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks.models import EKSBackend

from simulator.extensions.eks_common import arn, cluster_of, in_use, install, invalid, not_found, things

ARNS = {"addons": "addonArn", "entries": "accessEntryArn", "associations": "associationArn"}


def apply() -> None:
    install(
        create_access_entry,
        describe_access_entry,
        update_access_entry,
        delete_access_entry,
        list_access_entries,
        associate_access_policy,
        disassociate_access_policy,
        list_associated_access_policies,
    )
    for action in (tag_resource, untag_resource, list_tags_for_resource):
        setattr(EKSBackend, action.__name__, action)


def list_tags_for_resource(self: Any, resource_arn: str) -> dict[str, str]:
    tags: dict[str, str]
    for cluster in self.clusters.values():
        for each in (cluster, *cluster.nodegroups.values()):
            if each.arn == resource_arn:
                tags = each.tags
                return tags
        for kind, key in ARNS.items():
            for thing in things(cluster, kind).values():
                if thing[key] == resource_arn:
                    tags = thing["tags"]
                    return tags
    raise KeyError(resource_arn)


def tag_resource(self: Any, resource_arn: str, tags: dict[str, str]) -> None:
    list_tags_for_resource(self, resource_arn).update(tags)


def untag_resource(self: Any, resource_arn: str, tag_keys: list[str] | str) -> None:
    for key in tag_keys if isinstance(tag_keys, list) else [tag_keys]:
        list_tags_for_resource(self, resource_arn).pop(key, None)


def _entry(response: Any, cluster: Any) -> dict[str, Any]:
    principal = response._get_param("principalArn")
    if principal not in things(cluster, "entries"):
        raise not_found(cluster, f"The specified principalArn could not be found: {principal}")
    entry: dict[str, Any] = things(cluster, "entries")[principal]
    return entry


def create_access_entry(self: Any) -> ActionResult:
    cluster, principal = cluster_of(self), self._get_param("principalArn")
    if cluster.access_config["authenticationMode"] == "CONFIG_MAP":
        raise invalid(cluster, "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP]")
    if principal in things(cluster, "entries"):
        raise in_use(cluster, "The specified access entry resource is already in use on this cluster.")
    name = principal.split("/")[-1]
    things(cluster, "entries")[principal] = {
        "clusterName": cluster.name,
        "principalArn": principal,
        "kubernetesGroups": self._get_param("kubernetesGroups") or [],
        "accessEntryArn": arn(self, f"access-entry/{cluster.name}/role/{self.current_account}/{name}/{uuid.uuid4()}"),
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
        "tags": self._get_param("tags") or {},
        "username": self._get_param("username")
        or f"arn:aws:sts::{self.current_account}:assumed-role/{name}/{{{{SessionName}}}}",
        "type": self._get_param("type") or "STANDARD",
    }
    return ActionResult({"accessEntry": _entry(self, cluster)})


def describe_access_entry(self: Any) -> ActionResult:
    return ActionResult({"accessEntry": _entry(self, cluster_of(self))})


def update_access_entry(self: Any) -> ActionResult:
    entry = _entry(self, cluster_of(self))
    for key in ("kubernetesGroups", "username"):
        if (value := self._get_param(key)) is not None:
            entry[key] = value
    return ActionResult({"accessEntry": entry})


def delete_access_entry(self: Any) -> ActionResult:
    cluster = cluster_of(self)
    principal = _entry(self, cluster)["principalArn"]
    del things(cluster, "entries")[principal]
    things(cluster, "policies").pop(principal, None)
    return ActionResult({})


def list_access_entries(self: Any) -> ActionResult:
    return ActionResult({"accessEntries": list(things(cluster_of(self), "entries"))})


def associate_access_policy(self: Any) -> ActionResult:
    cluster = cluster_of(self)
    principal = _entry(self, cluster)["principalArn"]
    policy = {
        "policyArn": self._get_param("policyArn"),
        "accessScope": self._get_param("accessScope"),
        "associatedAt": utcnow(),
        "modifiedAt": utcnow(),
    }
    things(cluster, "policies").setdefault(principal, {})[policy["policyArn"]] = policy
    return ActionResult({"clusterName": cluster.name, "principalArn": principal, "associatedAccessPolicy": policy})


def disassociate_access_policy(self: Any) -> ActionResult:
    cluster = cluster_of(self)
    things(cluster, "policies").get(self._get_param("principalArn"), {}).pop(self._get_param("policyArn"), None)
    return ActionResult({})


def list_associated_access_policies(self: Any) -> ActionResult:
    cluster = cluster_of(self)
    principal = _entry(self, cluster)["principalArn"]
    policies = list(things(cluster, "policies").get(principal, {}).values())
    return ActionResult({"clusterName": cluster.name, "principalArn": principal, "associatedAccessPolicies": policies})
