"""Whether these credentials may do what a deploy begins with, and enter the cluster that it makes."""

import re
from collections.abc import Iterator

from botocore.exceptions import ClientError

from catalogue import RESOURCES
from operations.checks import Check
from operations.context import Context
from operations.preflight.question import IMPATIENT, Question

# What each service is asked for first.
BEGINS = """
    acm:RequestCertificate backup:CreateBackupVault cloudwatch:PutMetricAlarm dlm:CreateLifecyclePolicy ec2:CreateVpc
    ecr:CreateRepository eks:CreateCluster iam:CreateRole kms:CreateKey logs:CreateLogGroup rds:CreateDBInstance
    route53:CreateHostedZone s3:CreateBucket secretsmanager:CreateSecret sns:CreateTopic ssm:PutParameter
    wafv2:CreateWebACL
"""
SESSION = re.compile(r"arn:aws:sts::\d{12}:assumed-role/([^/]+)/.+")


def rights(question: Question) -> Iterator[Check]:
    """As IAM tells without resources and conditions: what it denies may be allowed for our names, and stops nothing."""
    kinds = {kind for template in question.templates.values() for kind in template.get("resource", {})}
    services = {RESOURCES[kind].service for kind in kinds & RESOURCES.keys()}
    actions = [action for action in BEGINS.split() if action.split(":")[0] in services]
    who = question.client("sts").get_caller_identity()["Arn"]
    if session := SESSION.fullmatch(who):
        who = question.client("iam").get_role(RoleName=session[1])["Role"]["Arn"]
    query, asking = "EvaluationResults[?EvalDecision!='allowed'].EvalActionName", {"ActionNames": actions}
    denied = question.pages("iam", "simulate_principal_policy", query, PolicySourceArn=who, **asking)
    if denied:
        remedy = "Log in with a role that may, unless its policy allows these for the names of the platform."
        yield Check("", f"denied: {', '.join(denied)}", remedy, "what a deploy begins with", stops=False)


def cluster_access(context: Context) -> Check:
    """EKS lets in the roles that have an access entry, and not even the one that has created the cluster besides."""
    settings, check = context.settings, "Cluster access"
    caller = context.client("sts", **IMPATIENT).get_caller_identity()["Arn"]
    session = SESSION.fullmatch(caller)
    if session is None:
        return Check(check, f"{caller} is not a role", "Log in with a role: only roles get access entries.")
    name = session[1]
    if name in {f"{settings.names.prefix}-deploy", *(arn.split("/")[-1] for arn in settings.eks.admin_role_arns)}:
        return Check(check, name)
    try:  # the ARN of a session lacks the path of its role
        arn = context.client("iam", **IMPATIENT).get_role(RoleName=name)["Role"]["Arn"]
    except ClientError:
        arn = f"arn:aws:iam::{settings.account}:role/{name}"
    remedy = f'Add "{arn}" to eks.admin_role_arns in environments/{settings.environment}.yaml.'
    return Check(check, f"{name} will not be let into the cluster", remedy)
