"""Secrets Manager: the name of a secret that is scheduled for deletion stays taken, until that is over.

moto says that such a secret exists. AWS: docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html,
InvalidRequestException; its words are in hashicorp/terraform-provider-aws 8219.
"""

from typing import Any

from moto.secretsmanager.exceptions import InvalidRequestException
from moto.secretsmanager.models import SecretsManagerBackend

TAKEN = "You can't create this secret because a secret with this name is already scheduled for deletion."


def apply() -> None:
    create = SecretsManagerBackend.create_secret

    def create_secret(self: Any, name: str, **arguments: Any) -> Any:
        if (existing := self.secrets.get(name)) and existing.is_deleted():
            raise InvalidRequestException(TAKEN)
        return create(self, name, **arguments)

    SecretsManagerBackend.create_secret = create_secret  # type: ignore[method-assign, assignment]
