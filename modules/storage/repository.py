"""An ECR repository whose tags never move and whose deployed images never expire."""

import json
from collections.abc import Mapping

from imports.aws.ecr_lifecycle_policy import EcrLifecyclePolicy
from imports.aws.ecr_repository import (
    EcrRepository,
    EcrRepositoryEncryptionConfiguration,
    EcrRepositoryImageScanningConfiguration,
)
from imports.engine import Construct, TerraformResourceLifecycle


class Repository(Construct):
    """tags: what pipelines ask the repository for, beside the tags of everything."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        key_arn: str,
        untagged_image_days: int,
        protected: bool,
        adopted: bool = False,
        tags: Mapping[str, str],
    ) -> None:
        super().__init__(scope, id)

        repository = EcrRepository(
            self,
            "repository",
            name=name,
            tags=dict(tags),
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=EcrRepositoryImageScanningConfiguration(scan_on_push=True),
            encryption_configuration=[EcrRepositoryEncryptionConfiguration(encryption_type="KMS", kms_key=key_arn)],
            force_delete=not protected,
            lifecycle=TerraformResourceLifecycle(
                prevent_destroy=protected,
                # Fixed at creation: ours would replace the repository, and its images would be gone.
                ignore_changes=["encryption_configuration"] if adopted else None,
            ),
        )
        # Every image that a pipeline deploys has a tag, and only images without one expire. A limit on the number
        # of images would sooner or later delete the digest that production runs, and with it every restart of a pod.
        EcrLifecyclePolicy(
            self,
            "lifecycle_policy",
            repository=repository.name,
            policy=json.dumps(
                {
                    "rules": [
                        {
                            "rulePriority": 1,
                            "description": "Untagged images are leftovers of builds",
                            "selection": {
                                "tagStatus": "untagged",
                                "countType": "sinceImagePushed",
                                "countUnit": "days",
                                "countNumber": untagged_image_days,
                            },
                            "action": {"type": "expire"},
                        }
                    ]
                }
            ),
        )
        self.url = repository.repository_url
