"""The repositories of the application's images: immutable tags, scans, KMS, a lifecycle that keeps what is deployed."""

from imports.engine import Construct
from modules.secrets.key import Key
from modules.storage.repository import Repository
from outputs import RegistryOutputs
from settings import Settings
from stacks.base import AreaStack


class RegistryStack(AreaStack):
    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "registry", settings)
        protected = not settings.allow_destroy

        key = Key(
            self,
            "key",
            name=f"{settings.names.prefix}-registry",
            description="Images in ECR",
            account=settings.account,
            protected=protected,
        )
        ours, theirs = Construct(self, "repositories"), Construct(self, "adopted")
        named = [(ours, name, f"{settings.names.prefix}/{name}") for name in settings.registry.repositories]
        named += [(theirs, name, name) for name in settings.registry.adopted]
        urls = [
            Repository(
                folder,
                name,
                name=whole,
                key_arn=key.arn,
                untagged_image_days=settings.registry.untagged_image_days,
                protected=protected,
                adopted=folder is theirs,
                # images.sh reads what it has to build for; ECR takes no comma in a tag.
                tags={"Platforms": " ".join(f"linux/{each}" for each in settings.eks.architectures)},
            ).url
            for folder, name, whole in named
        ]

        self.publish(RegistryOutputs(repository_urls=urls))
