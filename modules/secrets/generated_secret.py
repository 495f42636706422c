"""A random value that AWS makes up: it goes straight into Secrets Manager, past every plan and every state."""

from imports.aws.secretsmanager_secret import SecretsmanagerSecret
from imports.aws.secretsmanager_secret_version import SecretsmanagerSecretVersion
from imports.engine import Construct, TerraformResourceLifecycle, TerraformStack

LENGTH = 64


class GeneratedSecret(Construct):
    """A secret of 64 letters and digits. To make a new one, raise generation: whoever reads it has to read it again."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, description: str, generation: int, protected: bool
    ) -> None:
        super().__init__(scope, id)

        secret = SecretsmanagerSecret(
            self,
            "secret",
            name=name,
            description=description,
            # A destroyed name stays taken for that long, so where all may go it goes at once.
            recovery_window_in_days=30 if protected else 0,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=protected),
        )
        # cdktf 0.21 has no construct for ephemeral resources, whose values Terraform never writes down.
        value = f"{id}_value"
        TerraformStack.of(self).add_override(
            f"ephemeral.aws_secretsmanager_random_password.{value}",
            {"password_length": LENGTH, "exclude_punctuation": True},
        )
        SecretsmanagerSecretVersion(
            self,
            "version",
            secret_id=secret.id,
            secret_string_wo=f"${{ephemeral.aws_secretsmanager_random_password.{value}.random_password}}",
            secret_string_wo_version=generation,
        )
        self.arn = secret.arn
