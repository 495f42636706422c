"""GitHub Actions in AWS without a stored key: who a job says it is, and the role that this opens."""

from collections.abc import Sequence

from imports.aws.data_aws_iam_openid_connect_provider import DataAwsIamOpenidConnectProvider
from imports.aws.iam_openid_connect_provider import IamOpenidConnectProvider
from imports.engine import Construct, Postcondition, TerraformResourceLifecycle
from modules.identity.policy import Statement

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
MAIN = "refs/heads/main"


def oidc_provider(scope: Construct, *, account: str, create: bool) -> str:
    """The ARN of the provider that vouches for GitHub's jobs.

    An account has one for each issuer at most. One that exists is read, and not only named: of roles that trust a
    provider which is not there nobody would hear before the first job.
    """
    if create:
        return str(IamOpenidConnectProvider(scope, "github", url=f"https://{ISSUER}", client_id_list=[AUDIENCE]).arn)
    existing = DataAwsIamOpenidConnectProvider(
        scope,
        "github",
        arn=f"arn:aws:iam::{account}:oidc-provider/{ISSUER}",
        lifecycle=TerraformResourceLifecycle(
            postcondition=[
                Postcondition(
                    condition=f'${{contains(self.client_id_list, "{AUDIENCE}")}}',
                    error_message=f"The provider of {ISSUER} does not know the audience {AUDIENCE}: add it, or no job "
                    "can take a role.",
                )
            ]
        ),
    )
    return str(existing.arn)


def subjects(repository: str, *jobs: str) -> list[str]:
    """The subjects of jobs such as pull_request or environment:production, in every format that GitHub sends.

    A repository written with ids, owner@123/name@456, has them in the subjects that GitHub sends for repositories
    created or renamed since July 2026. The older format without ids stays valid for older ones.
    """
    classic = "/".join(part.split("@")[0] for part in repository.split("/"))
    return [f"repo:{form}:{job}" for form in dict.fromkeys([classic, repository]) for job in jobs]


def trusts_jobs(provider_arn: str, allowed: Sequence[str], *, ref: str = "") -> Statement:
    """A trust policy for exactly these subjects: a wildcard would let other branches, or forks, in.

    The subject of a job with an environment says nothing about its branch, which then is for the settings of GitHub
    alone to restrict. So it takes a ref as well, which is compared with a claim of its own.
    """
    if any("*" in subject or "?" in subject for subject in [*allowed, ref]):
        raise ValueError(f"{', '.join(allowed)}: a subject with a wildcard trusts jobs that nobody has named")
    if any(":environment:" in subject for subject in allowed) and not ref:
        raise ValueError(f"{', '.join(allowed)}: an environment is open to every branch: name the ref")
    claims: dict[str, str | list[str]] = {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": list(allowed)}
    if ref:
        claims[f"{ISSUER}:ref"] = ref
    return Statement(
        actions=["sts:AssumeRoleWithWebIdentity"],
        principals={"Federated": provider_arn},
        conditions={"StringEquals": claims},
    )
