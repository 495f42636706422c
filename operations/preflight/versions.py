"""What AWS has moved to a newer version by itself. Nothing goes back, so no plan must say so.

EKS does that when the standard support of a version ends, RDS when it withdraws a minor version.
"""

from collections.abc import Iterator

import jmespath
from botocore.exceptions import ClientError
from pydantic import ValidationError

from operations.checks import Check
from operations.preflight.question import Question

ABSENT = ("ResourceNotFoundException", "DBInstanceNotFound", "DBInstanceNotFoundFault")
# The operation that tells, its argument and the one of the resource, what it answers; the setting.
MOVED = {
    "aws_eks_cluster": ("eks", "describe_cluster", "name", "name", "cluster.version", "eks.kubernetes_version"),
    "aws_db_instance": (
        *("rds", "describe_db_instances", "DBInstanceIdentifier", "identifier"),
        *("DBInstances[0].EngineVersion", "database.engine_version"),
    ),
}


def moved_on(question: Question) -> Iterator[Check]:
    settings = question.context.settings
    for kind, (service, operation, argument, name, query, setting) in MOVED.items():
        for each in question.arguments(kind):
            written = str(each.get("version") or each["engine_version"])
            try:
                about = getattr(question.client(service), operation)(**{argument: each[name]})
            except ClientError as error:
                if error.response["Error"]["Code"] in ABSENT:
                    continue
                raise
            running = str(jmespath.search(query, about))
            # A major version alone stands for all of its minor ones.
            version = ".".join(running.split(".")[: written.count(".") + 1])
            if [*map(int, version.split("."))] <= [*map(int, written.split("."))]:
                continue
            area, field = setting.split(".")
            known: dict[str, object] = settings.model_dump(mode="json")
            try:
                type(settings).model_validate(known | {area: {**known[area], field: version}})  # type: ignore[dict-item]
                remedy = f'Write {setting}: "{version}" into environments/{settings.environment}.yaml.'
            except ValidationError:
                remedy = f'Update the platform to a release that knows {setting}: "{version}", and write that.'
            found = f"AWS has moved {each[name]} to {running}: nothing goes back to {written}"
            yield Check("", found, remedy, f"{setting} of {version}")
