"""A private, versioned, encrypted S3 bucket that answers TLS only."""

from imports.aws.s3_bucket import S3Bucket
from imports.aws.s3_bucket_ownership_controls import S3BucketOwnershipControls, S3BucketOwnershipControlsRule
from imports.aws.s3_bucket_policy import S3BucketPolicy
from imports.aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from imports.aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from imports.aws.s3_bucket_versioning import S3BucketVersioningA, S3BucketVersioningVersioningConfiguration
from imports.engine import Construct, TerraformResourceLifecycle
from modules.identity.policy import Statement, document


class Bucket(Construct):
    """force_destroy is for a bucket whose content nobody misses."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, protected: bool, force_destroy: bool | None = None
    ) -> None:
        super().__init__(scope, id)

        bucket = S3Bucket(
            self,
            "bucket",
            bucket=name,
            force_destroy=force_destroy,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=protected),
        )
        self.versioning = S3BucketVersioningA(
            self,
            "versioning",
            bucket=bucket.id,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
        )
        S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            bucket=bucket.id,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=(
                        S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                            sse_algorithm="AES256"
                        )
                    )
                )
            ],
        )
        S3BucketOwnershipControls(
            self,
            "ownership",
            bucket=bucket.id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        private = S3BucketPublicAccessBlock(
            self,
            "public_access_block",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        S3BucketPolicy(
            self,
            "policy",
            bucket=bucket.id,
            policy=document(
                [
                    Statement(
                        effect="Deny",
                        principals={"AWS": "*"},
                        actions=["s3:*"],
                        resources=[bucket.arn, f"{bucket.arn}/*"],
                        conditions={"Bool": {"aws:SecureTransport": "false"}},
                        reason="whoever asks for whatever, nothing goes over the wire in clear",
                    )
                ]
            ),
            depends_on=[private],  # S3 refuses two changes of one bucket at the same moment
        )
        self.name = bucket.id
        self.resource = bucket
