"""What the AWS Load Balancer Controller may do: the policy that its version asks for, no action more or less.

Source: docs/install/iam_policy.json of kubernetes-sigs/aws-load-balancer-controller, v3.5.0 (80 actions). A test
compares every action, resource and condition with a digest of that file.
"""

from modules.identity.policy import Statement

VERSION = "3.5.0"

TAG = "elbv2.k8s.aws/cluster"
# "Null" asks whether a tag is missing: "false" means that it is there.
REQUESTED_WITH_TAG = {f"aws:RequestTag/{TAG}": "false"}
OWN_RESOURCE = {f"aws:ResourceTag/{TAG}": "false"}
OWN_RESOURCE_KEEPS_TAG = {f"aws:RequestTag/{TAG}": "true"} | OWN_RESOURCE

SECURITY_GROUPS = ["arn:aws:ec2:*:*:security-group/*"]
TARGET_GROUPS = ["arn:aws:elasticloadbalancing:*:*:targetgroup/*/*"]
BALANCERS_AND_TARGET_GROUPS = [
    *TARGET_GROUPS,
    "arn:aws:elasticloadbalancing:*:*:loadbalancer/net/*/*",
    "arn:aws:elasticloadbalancing:*:*:loadbalancer/app/*/*",
]
LISTENERS_AND_RULES = [
    "arn:aws:elasticloadbalancing:*:*:listener/net/*/*/*",
    "arn:aws:elasticloadbalancing:*:*:listener/app/*/*/*",
    "arn:aws:elasticloadbalancing:*:*:listener-rule/net/*/*/*",
    "arn:aws:elasticloadbalancing:*:*:listener-rule/app/*/*/*",
]
UPSTREAM = "upstream asks for it so: what the controller touches has no name before it exists"


def _actions(service: str, names: str) -> list[str]:
    return [f"{service}:{name}" for name in names.split()]


STATEMENTS = [
    Statement(
        actions=["iam:CreateServiceLinkedRole"],
        resources=["*"],
        conditions={"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
        reason=UPSTREAM,
    ),
    Statement(
        actions=[
            *_actions(
                "ec2",
                "DescribeAccountAttributes DescribeAddresses DescribeAvailabilityZones DescribeCoipPools "
                "DescribeInstances DescribeInternetGateways DescribeIpamPools DescribeNetworkInterfaces "
                "DescribeRouteTables DescribeSecurityGroups DescribeSubnets DescribeTags DescribeVpcPeeringConnections "
                "DescribeVpcs GetCoipPoolUsage GetSecurityGroupsForVpc",
            ),
            *_actions(
                "elasticloadbalancing",
                "DescribeCapacityReservation DescribeListenerAttributes DescribeListenerCertificates DescribeListeners "
                "DescribeLoadBalancerAttributes DescribeLoadBalancers DescribeRules DescribeSSLPolicies DescribeTags "
                "DescribeTargetGroupAttributes DescribeTargetGroups DescribeTargetHealth DescribeTrustStores",
            ),
        ],
        resources=["*"],
        reason="describing knows no resources",
    ),
    Statement(
        actions=[
            "cognito-idp:DescribeUserPoolClient",
            *_actions("acm", "DescribeCertificate ListCertificates"),
            *_actions("iam", "GetServerCertificate ListServerCertificates"),
            *_actions("waf-regional", "AssociateWebACL DisassociateWebACL GetWebACL GetWebACLForResource"),
            *_actions("wafv2", "AssociateWebACL DisassociateWebACL GetWebACL GetWebACLForResource"),
            *_actions("shield", "CreateProtection DeleteProtection DescribeProtection GetSubscriptionState"),
        ],
        resources=["*"],
        reason=UPSTREAM,
    ),
    Statement(
        actions=_actions("ec2", "AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress"),
        resources=["*"],
        reason=UPSTREAM,
    ),
    Statement(actions=["ec2:CreateSecurityGroup"], resources=["*"], reason=UPSTREAM),
    Statement(
        actions=["ec2:CreateTags"],
        resources=SECURITY_GROUPS,
        conditions={"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup"}, "Null": REQUESTED_WITH_TAG},
    ),
    Statement(
        actions=_actions("ec2", "CreateTags DeleteTags"),
        resources=SECURITY_GROUPS,
        conditions={"Null": OWN_RESOURCE_KEEPS_TAG},
    ),
    Statement(
        actions=_actions("ec2", "AuthorizeSecurityGroupIngress DeleteSecurityGroup RevokeSecurityGroupIngress"),
        resources=["*"],
        conditions={"Null": OWN_RESOURCE},
        reason=UPSTREAM,
    ),
    Statement(
        actions=_actions("elasticloadbalancing", "CreateLoadBalancer CreateTargetGroup"),
        resources=["*"],
        conditions={"Null": REQUESTED_WITH_TAG},
        reason=UPSTREAM,
    ),
    Statement(
        actions=_actions("elasticloadbalancing", "CreateListener CreateRule DeleteListener DeleteRule"),
        resources=["*"],
        reason=UPSTREAM,
    ),
    Statement(
        actions=_actions("elasticloadbalancing", "AddTags RemoveTags"),
        resources=BALANCERS_AND_TARGET_GROUPS,
        conditions={"Null": OWN_RESOURCE_KEEPS_TAG},
    ),
    Statement(actions=_actions("elasticloadbalancing", "AddTags RemoveTags"), resources=LISTENERS_AND_RULES),
    Statement(
        actions=_actions(
            "elasticloadbalancing",
            "DeleteLoadBalancer DeleteTargetGroup ModifyCapacityReservation ModifyIpPools ModifyListenerAttributes "
            "ModifyLoadBalancerAttributes ModifyTargetGroup ModifyTargetGroupAttributes SetIpAddressType "
            "SetSecurityGroups SetSubnets",
        ),
        resources=["*"],
        conditions={"Null": OWN_RESOURCE},
        reason=UPSTREAM,
    ),
    Statement(
        actions=["elasticloadbalancing:AddTags"],
        resources=BALANCERS_AND_TARGET_GROUPS,
        conditions={
            "StringEquals": {"elasticloadbalancing:CreateAction": ["CreateTargetGroup", "CreateLoadBalancer"]},
            "Null": REQUESTED_WITH_TAG,
        },
    ),
    Statement(actions=_actions("elasticloadbalancing", "DeregisterTargets RegisterTargets"), resources=TARGET_GROUPS),
    Statement(
        actions=_actions(
            "elasticloadbalancing",
            "AddListenerCertificates ModifyListener ModifyRule RemoveListenerCertificates SetRulePriorities SetWebAcl",
        ),
        resources=["*"],
        reason=UPSTREAM,
    ),
]
