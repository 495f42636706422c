"""The bucket of all states, of its own too: versioned, encrypted, TLS only, closed to the public."""

from imports.aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from imports.engine import Construct
from modules.storage.bucket import Bucket
from outputs import StateOutputs
from settings import Settings
from stacks.base import AreaStack


class StateStack(AreaStack):
    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "state", settings)

        bucket = Bucket(self, "bucket", name=settings.names.state_bucket, protected=not settings.allow_destroy)
        S3BucketLifecycleConfiguration(
            self,
            "old_versions",
            bucket=bucket.name,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="old-versions",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    # A state can be taken back for three months, and its last ten versions for ever.
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=90, newer_noncurrent_versions=10
                        )
                    ],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)
                    ],
                )
            ],
            depends_on=[bucket.versioning],
        )
        # The bucket has to be there before the backend can hold the state of the stack that owns it. So one API call
        # makes it, and Terraform adopts it: there never is a local state to migrate, or to lose half-way.
        self.add_override(
            "import", [{"to": f"aws_s3_bucket.{bucket.resource.friendly_unique_id}", "id": settings.names.state_bucket}]
        )

        self.publish(StateOutputs(state_bucket_name=bucket.name))

    def tags(self) -> dict[str, str]:
        """Without the environment: those of one account and region share the bucket."""
        return {"project": self.settings.project, "stack": self.area}
