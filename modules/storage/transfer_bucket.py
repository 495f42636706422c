"""A bucket through which files pass to a host: nothing stays in it for longer than two days."""

from imports.aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from imports.engine import Construct
from modules.storage.bucket import Bucket

DAYS = 1  # as a file, and then as an old version of one: S3 knows no less


class TransferBucket(Construct):
    def __init__(self, scope: Construct, id: str, *, name: str, protected: bool) -> None:
        super().__init__(scope, id)

        bucket = Bucket(self, "bucket", name=name, protected=protected, force_destroy=not protected)
        everything = [S3BucketLifecycleConfigurationRuleFilter(prefix="")]
        S3BucketLifecycleConfiguration(
            self,
            "expiration",
            bucket=bucket.name,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="files",
                    status="Enabled",
                    filter=everything,
                    expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=DAYS)],
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=DAYS)
                    ],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=DAYS)
                    ],
                ),
                # What a deletion leaves; S3 refuses this in a rule that counts days.
                S3BucketLifecycleConfigurationRule(
                    id="markers",
                    status="Enabled",
                    filter=everything,
                    expiration=[S3BucketLifecycleConfigurationRuleExpiration(expired_object_delete_marker=True)],
                ),
            ],
            depends_on=[bucket.versioning],
        )
        self.name = bucket.name
