"""A KMS key of our own, rotated every year, with an alias that people can read."""

from collections.abc import Sequence

from imports.aws.kms_alias import KmsAlias
from imports.aws.kms_key import KmsKey
from imports.engine import Construct, TerraformResourceLifecycle
from modules.identity.policy import Statement, document


class Key(Construct):
    """services are those which use the key in their own name, such as cloudwatch.amazonaws.com."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        description: str,
        account: str,
        protected: bool,
        services: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, id)

        itself = "in the policy of a key, * is the key itself"
        statements = [
            # Without the account's root nobody could ever change the key again.
            Statement(
                principals={"AWS": f"arn:aws:iam::{account}:root"}, actions=["kms:*"], resources=["*"], reason=itself
            )
        ]
        for service in services:
            statements.append(
                Statement(
                    principals={"Service": service},
                    actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                    resources=["*"],
                    conditions={"StringEquals": {"aws:SourceAccount": account}},
                    reason=itself,
                )
            )
        key = KmsKey(
            self,
            "key",
            description=description,
            enable_key_rotation=True,
            deletion_window_in_days=30 if protected else 7,
            policy=document(statements),
            lifecycle=TerraformResourceLifecycle(prevent_destroy=protected),
        )
        KmsAlias(self, "alias", name=f"alias/{name}", target_key_id=key.id)
        self.arn = key.arn
