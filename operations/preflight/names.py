"""Names that are taken by what no state of ours has: AWS would refuse to create them."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from catalogue import ASKED, RESOURCES
from catalogue.adoption import NATURAL_IDS
from operations.checks import Check
from operations.context import in_shell
from operations.preflight.question import Question
from operations.recovery.lookup import Configuration, import_id

# The argument that is unique, where what is made again would not be found by it.
NAMED = {
    "aws_cloudwatch_log_group": "name",
    "aws_s3_bucket": "bucket",
    "aws_secretsmanager_secret": "name",
    "aws_wafv2_web_acl": "name",
}
GITHUB = "aws_iam_openid_connect_provider"


def taken(question: Question) -> Iterator[Check]:
    """By the listings of the catalogue, which have names or ARNs that end with them."""
    settings = question.context.settings
    for kind in sorted(NATURAL_IDS.keys() | NAMED.keys()):
        about, new = RESOURCES.get(kind), list(question.resources(kind, new=True))
        if not (new and about and about.listing):
            continue
        there = question.pages(about.service, *about.listing, **ASKED.get(about.listing[0], {}))
        for stack, address, arguments in new:
            known = Configuration(question.templates[stack], {}, settings.account, settings.region)
            name = arguments.get(NAMED.get(kind, "")) or import_id(known, address) or ""
            if "${" in name or not any(each == name or each.endswith((f"/{name}", f":{name}")) for each in there):
                continue
            remedy = f"Remove it, or write another project into environments/{settings.environment}.yaml."
            if kind == GITHUB:
                remedy = (
                    f"Write create_oidc_provider: false below iam.github of environments/{settings.environment}.yaml."
                )
            yield Check("", f"{kind} {name} exists, and {stack} has not made it", remedy, "a name that is free")


def buckets(question: Question) -> Iterator[Check]:
    """Their names are unique among all accounts: AWS answers 403 for those of others."""
    wanted = {each["bucket"] for each in question.arguments("aws_s3_bucket")}
    client = question.client("s3")
    for name in sorted(wanted.difference(each["Name"] for each in client.list_buckets()["Buckets"])) if wanted else ():
        try:
            client.head_bucket(Bucket=name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "403":
                remedy = f"Write another project into environments/{question.context.settings.environment}.yaml."
                yield Check("", f"{name} is of another account", remedy, "a name that is free")


def secrets(question: Question) -> Iterator[Check]:
    """A deleted secret keeps its name until the end of its recovery window."""
    wanted = {each["name"] for each in question.arguments("aws_secretsmanager_secret", new=True)}
    query, more = "SecretList[?DeletedDate].Name", {"IncludePlannedDeletion": True}
    for name in wanted.intersection(question.pages("secretsmanager", "list_secrets", query, **more) if wanted else ()):
        command = f"aws secretsmanager delete-secret --force-delete-without-recovery --secret-id {name}"
        remedy = f"If nobody needs its value: {in_shell(question.context.settings.environment, command)}"
        yield Check("", f"{name} was deleted and can still be restored", remedy, "a name that is free")
