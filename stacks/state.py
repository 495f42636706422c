"""The bucket of all states, of its own too: versioned, encrypted, TLS only, closed to the public."""

from imports.engine import Construct
from modules.storage.bucket import Bucket
from modules.storage.old_versions import old_versions
from outputs import StateOutputs
from settings import Settings
from stacks.base import AreaStack


class StateStack(AreaStack):
    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "state", settings)

        bucket = Bucket(self, "bucket", name=settings.names.state_bucket, protected=not settings.allow_destroy)
        # A state can be taken back for three months, and its last ten versions for ever.
        old_versions(self, bucket=bucket, days=90, kept=10)
        # The bucket has to be there before the backend can hold the state of the stack that owns it. So one API call
        # makes it, and Terraform adopts it: there never is a local state to migrate, or to lose half-way.
        self.add_override(
            "import", [{"to": f"aws_s3_bucket.{bucket.resource.friendly_unique_id}", "id": settings.names.state_bucket}]
        )

        self.publish(StateOutputs(state_bucket_name=bucket.name))

    def tags(self) -> dict[str, str]:
        """Without the environment: those of one account and region share the bucket."""
        return {"project": self.settings.project, "stack": self.area}
