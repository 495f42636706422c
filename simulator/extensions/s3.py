"""S3: lifecycle rules, bucket policies and old versions as our buckets need them.

- moto drops NewerNoncurrentVersions: the provider waits three minutes for the rule that it wrote, and fails.
- moto ignores the conditions of a bucket policy: "deny whatever is not TLS" denies everything.
- moto deletes all versions of a key in a bucket that has ceased to be versioned, and fails where a deletion left a
  marker. Terraform ends the versions before it empties the bucket, and then tries for a quarter of an hour.
"""

import fnmatch
import re
from typing import Any

from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

# Loopback speaks plain HTTP; what comes in counts as TLS, as it would be on the way to AWS.
REQUEST = {"aws:securetransport": "true"}


def apply() -> None:
    set_lifecycle, get_lifecycle = FakeBucket.set_lifecycle, S3Response.get_bucket_lifecycle
    is_action_permitted, delete = IAMPolicyStatement.is_action_permitted, S3Backend.delete_object

    def remember(self: Any, rules: list[dict[str, Any]]) -> None:
        set_lifecycle(self, rules)
        for given, rule in zip(rules, self.rules, strict=True):
            expiration = given.get("NoncurrentVersionExpiration") or {}
            rule.newer_noncurrent_versions = expiration.get("NewerNoncurrentVersions")

    def show(self: Any) -> Any:
        status, headers, body = get_lifecycle(self)
        text = body.decode() if isinstance(body, bytes) else body
        for rule in self.backend.get_bucket_lifecycle(self.bucket_name) or []:
            if rule.newer_noncurrent_versions:
                head = rf"(<ID>{re.escape(rule.id)}</ID>(?:(?!</Rule>).)*?<NoncurrentVersionExpiration>)"
                count = f"<NewerNoncurrentVersions>{rule.newer_noncurrent_versions}</NewerNoncurrentVersions>"
                text = re.sub(head, rf"\g<1>{count}", text, count=1, flags=re.DOTALL)
        return status, headers, text

    def permitted(self: Any, action: str, *args: Any, **arguments: Any) -> Any:
        if not conditions_hold(self._statement.get("Condition", {})):
            return PermissionResult.NEUTRAL
        return is_action_permitted(self, action, *args, **arguments)

    def delete_object(
        self: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
    ) -> Any:
        bucket = self.get_bucket(bucket_name)
        status = bucket.versioning_status
        if version_id and status == "Suspended":
            bucket.versioning_status = "Enabled"
        try:
            return delete(self, bucket_name, key_name, version_id, bypass)
        finally:
            bucket.versioning_status = status

    S3Backend.delete_object = delete_object  # type: ignore[method-assign]
    FakeBucket.set_lifecycle = remember  # type: ignore[method-assign]
    S3Response.get_bucket_lifecycle = show  # type: ignore[method-assign]
    IAMPolicyStatement.is_action_permitted = permitted  # type: ignore[method-assign]


def conditions_hold(conditions: dict[str, dict[str, Any]]) -> bool:
    """Whether a statement with these conditions applies to a request. What is not known of a request never holds."""
    for operator, keys in conditions.items():
        for key, wanted in keys.items():
            have = REQUEST.get(key.lower())
            patterns = [str(each).lower() for each in (wanted if isinstance(wanted, list) else [wanted])]
            if have is None or operator not in ("Bool", "StringEquals", "StringLike"):
                return False
            if not any(fnmatch.fnmatchcase(have, pattern) for pattern in patterns):
                return False
    return True
