"""Whether these credentials may do what a deploy begins with, as IAM tells without resources and conditions.

So what it denies may be allowed for the names of the platform, and stops nothing.
"""

import re
from collections.abc import Iterator

from catalogue import RESOURCES
from operations.checks import Check
from operations.preflight.question import Question

# What each service is asked for first.
BEGINS = """
    acm:RequestCertificate backup:CreateBackupVault cloudwatch:PutMetricAlarm dlm:CreateLifecyclePolicy ec2:CreateVpc
    ecr:CreateRepository eks:CreateCluster iam:CreateRole kms:CreateKey logs:CreateLogGroup rds:CreateDBInstance
    route53:CreateHostedZone s3:CreateBucket secretsmanager:CreateSecret sns:CreateTopic ssm:PutParameter
"""
SESSION = re.compile(r"arn:aws:sts::\d{12}:assumed-role/([^/]+)/.+")


def rights(question: Question) -> Iterator[Check]:
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
