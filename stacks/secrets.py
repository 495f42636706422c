"""The secret that signs tokens, made by AWS and never seen by Terraform.

It outlives every cluster and every database: people stay logged in.
"""

from imports.engine import Construct
from modules.secrets.generated_secret import GeneratedSecret
from outputs import SecretsOutputs
from settings import Settings
from stacks.base import AreaStack


class SecretsStack(AreaStack):
    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "secrets", settings)

        jwt = GeneratedSecret(
            self,
            "jwt",
            name=f"{settings.names.prefix}/jwt-secret",
            description="Signs the tokens of the application; a new one logs everybody out",
            generation=settings.app.jwt_secret_generation,
            protected=not settings.allow_destroy,
        )

        self.publish(SecretsOutputs(jwt_secret_arn=jwt.arn))
