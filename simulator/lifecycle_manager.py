"""Data Lifecycle Manager, which moto lacks altogether.

Nothing here lives for a day: what a policy would have taken by then is there when it goes, and stays, as on AWS (Amazon
EBS User Guide, Delete Amazon Data Lifecycle Manager policies).
"""

import random
import string
from typing import Any

from flask import Flask, Response, jsonify, request
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from werkzeug.exceptions import NotFound

SERVICE = "dlm"  # as it stands in the signature of a request


def application(account: str = "123456789012", region: str = "us-east-1") -> Flask:
    app = Flask(__name__)
    app.url_map.strict_slashes = False  # the provider sends one at the end, boto3 does not
    policies: dict[str, dict[str, Any]] = {}

    def policy_of(arn_or_id: str) -> dict[str, Any]:
        try:
            return policies[arn_or_id.rpartition("/")[2]]
        except KeyError:
            raise NotFound from None

    @app.errorhandler(NotFound)
    def not_found(_error: NotFound) -> Response:
        answer = jsonify(Message="there is no such policy", ResourceType="POLICY")
        answer.status_code = 404
        answer.headers["x-amzn-errortype"] = "ResourceNotFoundException"
        return answer

    @app.post("/policies")
    def create() -> Response:
        sent = request.get_json()
        key = "policy-" + "".join(random.choices(string.hexdigits.lower(), k=17))
        now = utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")
        policies[key] = {
            "PolicyId": key,
            "PolicyArn": f"arn:aws:dlm:{region}:{account}:policy/{key}",
            "Description": sent["Description"],
            "State": sent["State"],
            "ExecutionRoleArn": sent["ExecutionRoleArn"],
            "PolicyDetails": {"PolicyType": "EBS_SNAPSHOT_MANAGEMENT"} | sent["PolicyDetails"],
            "Tags": sent.get("Tags") or {},
            "DateCreated": now,
            "DateModified": now,
        }
        return jsonify(PolicyId=key)

    @app.get("/policies")
    def every() -> Response:
        named = ("PolicyId", "Description", "State", "Tags")
        return jsonify(Policies=[{name: policy[name] for name in named} for policy in policies.values()])

    @app.get("/policies/<key>")
    def read(key: str) -> Response:
        return jsonify(Policy=policy_of(key))

    @app.patch("/policies/<key>")
    def update(key: str) -> Response:
        policy = policy_of(key)
        policy.update({name: value for name, value in request.get_json().items() if name in policy})
        return jsonify({})

    @app.delete("/policies/<key>")
    def delete(key: str) -> Response:
        take(policy_of(key))
        del policies[key]
        return jsonify({})

    def take(policy: dict[str, Any]) -> None:
        ec2, details = ec2_backends[account][region], policy["PolicyDetails"]
        for volume in list(ec2.volumes.values()) if policy["State"] == "ENABLED" else ():
            tags = {each["key"]: each["value"] for each in volume.get_tags()}
            if any(tags.get(each["Key"]) == each["Value"] for each in details.get("TargetTags", [])):
                snapshot = ec2.create_snapshot(volume.id, f"Created for policy: {policy['PolicyId']}")
                copied = tags if any(each.get("CopyTags") for each in details["Schedules"]) else {}
                snapshot.add_tags(copied | {"aws:dlm:lifecycle-policy-id": policy["PolicyId"]})

    @app.get("/tags/<path:arn>")
    def tags(arn: str) -> Response:
        return jsonify(Tags=policy_of(arn)["Tags"])

    @app.post("/tags/<path:arn>")
    def tag(arn: str) -> Response:
        policy_of(arn)["Tags"].update(request.get_json()["Tags"])
        return jsonify({})

    @app.delete("/tags/<path:arn>")
    def untag(arn: str) -> Response:
        for key in request.args.getlist("tagKeys"):
            policy_of(arn)["Tags"].pop(key, None)
        return jsonify({})

    return app
