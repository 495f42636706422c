"""How long S3 keeps what was overwritten in a versioned bucket."""

from imports.aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from imports.engine import Construct
from modules.storage.bucket import Bucket


def old_versions(scope: Construct, *, bucket: Bucket, days: int, kept: int) -> None:
    """Old versions go after these days, but for the last ones: so many are kept for ever."""
    S3BucketLifecycleConfiguration(
        scope,
        "old_versions",
        bucket=bucket.name,
        rule=[
            S3BucketLifecycleConfigurationRule(
                id="old-versions",
                status="Enabled",
                filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                noncurrent_version_expiration=[
                    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                        noncurrent_days=days, newer_noncurrent_versions=kept
                    )
                ],
                abort_incomplete_multipart_upload=[
                    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)
                ],
            )
        ],
        depends_on=[bucket.versioning],
    )
