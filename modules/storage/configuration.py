"""The configuration of a host: one object for each file, so that a plan shows what changes in a dashboard."""

from collections.abc import Mapping, Sequence

from imports.aws.s3_object import S3Object
from imports.engine import Construct
from imports.literal import literal
from modules.storage.bucket import Bucket
from modules.storage.old_versions import old_versions


class Configuration(Construct):
    """files is path to content; the last one is uploaded after all others, because its sums announce them."""

    def __init__(self, scope: Construct, id: str, *, bucket: str, files: Mapping[str, str], protected: bool) -> None:
        super().__init__(scope, id)

        store = Bucket(self, "bucket", name=bucket, protected=protected)
        old_versions(self, bucket=store, days=30, kept=2)  # git has them all
        objects = Construct(self, "files")

        def upload(path: str, after: Sequence[S3Object]) -> S3Object:
            return S3Object(
                objects,
                path,
                bucket=store.name,
                key=path,
                content=literal(files[path]),
                depends_on=[store.versioning, *after],  # Terraform hides what has no version, and deletes the others
            )

        *paths, last = files
        upload(last, [upload(path, []) for path in paths])
