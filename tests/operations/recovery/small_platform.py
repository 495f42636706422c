"""One of each type that has to be found or imported in its own way, and is created within seconds."""

from typing import Any

TAGS = {"project": "realworld", "environment": "local", "stack": "small"}
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}]}'
)
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}'
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ZONES = ("a", "b")


def named(name: str) -> dict[str, Any]:
    return {"tags": {"Name": name}}


def subnets() -> dict[str, Any]:
    return {
        zone: {
            "vpc_id": "${aws_vpc.main.id}",
            "cidr_block": f"10.0.{number}.0/24",
            "availability_zone": f"us-east-1{zone}",
            **named(zone),
        }
        for number, zone in enumerate(ZONES)
    }


RESOURCES: dict[str, dict[str, Any]] = {
    "aws_vpc": {"main": {"cidr_block": "10.0.0.0/16", **named("small")}},
    "aws_default_security_group": {"default": {"vpc_id": "${aws_vpc.main.id}"}},
    "aws_subnet": subnets(),
    "aws_internet_gateway": {"way": {"vpc_id": "${aws_vpc.main.id}", **named("small")}},
    "aws_route_table": {zone: {"vpc_id": "${aws_vpc.main.id}", **named(zone)} for zone in ZONES},
    "aws_route": {
        "out": {
            "route_table_id": "${aws_route_table.a.id}",
            "destination_cidr_block": "0.0.0.0/0",
            "gateway_id": "${aws_internet_gateway.way.id}",
        }
    },
    "aws_route_table_association": {
        zone: {"subnet_id": f"${{aws_subnet.{zone}.id}}", "route_table_id": f"${{aws_route_table.{zone}.id}}"}
        for zone in ZONES
    },
    "aws_eip": {"address": {"domain": "vpc", **named("small")}},
    "aws_vpc_endpoint": {"s3": {"vpc_id": "${aws_vpc.main.id}", "service_name": "com.amazonaws.us-east-1.s3"}},
    "aws_security_group": {"group": {"name": "small", "description": "small", "vpc_id": "${aws_vpc.main.id}"}},
    "aws_vpc_security_group_ingress_rule": {
        name: {
            "security_group_id": "${aws_security_group.group.id}",
            "description": f"Port {port}",
            "cidr_ipv4": "10.0.0.0/16",
            "ip_protocol": "tcp",
            "from_port": port,
            "to_port": port,
        }
        for name, port in (("http", 80), ("https", 443))
    },
    "aws_vpc_security_group_egress_rule": {
        "all": {
            "security_group_id": "${aws_security_group.group.id}",
            "description": "All",
            "cidr_ipv4": "0.0.0.0/0",
            "ip_protocol": "-1",
        }
    },
    "aws_network_interface": {
        "interface": {"subnet_id": "${aws_subnet.a.id}", "description": "small", **named("small")},
    },
    "aws_ebs_volume": {"data": {"availability_zone": "us-east-1a", "size": 8, **named("small")}},
    "aws_kms_key": {name: {"description": name, "deletion_window_in_days": 7} for name in ("one", "two")},
    "aws_kms_alias": {"one": {"name": "alias/small", "target_key_id": "${aws_kms_key.one.key_id}"}},
    "aws_iam_role": {"role": {"name": "small", "assume_role_policy": TRUST % "backup.amazonaws.com"}},
    "aws_iam_role_policy": {"own": {"name": "own", "role": "${aws_iam_role.role.name}", "policy": POLICY}},
    "aws_iam_role_policy_attachment": {"read": {"role": "${aws_iam_role.role.name}", "policy_arn": READ_ONLY}},
    "aws_iam_instance_profile": {"profile": {"name": "small", "role": "${aws_iam_role.role.name}"}},
    "aws_iam_openid_connect_provider": {
        "github": {
            "url": "https://small.example",
            "client_id_list": ["sts.amazonaws.com"],
            "thumbprint_list": ["a" * 40],
        }
    },
    "aws_s3_bucket": {"bucket": {"bucket": "small-bucket"}},
    "aws_s3_bucket_versioning": {
        "versions": {"bucket": "${aws_s3_bucket.bucket.id}", "versioning_configuration": {"status": "Enabled"}}
    },
    "aws_s3_object": {"file": {"bucket": "${aws_s3_bucket.bucket.id}", "key": "folder/file", "content": "text"}},
    "aws_ecr_repository": {"images": {"name": "small/images"}},
    "aws_secretsmanager_secret": {"secret": {"name": "small/secret", "recovery_window_in_days": 0}},
    "aws_ssm_parameter": {"parameter": {"name": "/small/parameter", "type": "String", "value": "text"}},
    "aws_sns_topic": {"topic": {"name": "small"}},
    "aws_acm_certificate": {"certificate": {"domain_name": "small.example", "validation_method": "DNS"}},
    "aws_db_subnet_group": {"group": {"name": "small", "subnet_ids": [f"${{aws_subnet.{zone}.id}}" for zone in ZONES]}},
    "aws_db_parameter_group": {"group": {"name_prefix": "small-", "family": "postgres16"}},
    "aws_backup_vault": {"vault": {"name": "small"}},
    "aws_backup_plan": {
        "plan": {
            "name": "small",
            "rule": {
                "rule_name": "daily",
                "target_vault_name": "${aws_backup_vault.vault.name}",
                "schedule": "cron(0 5 * * ? *)",
            },
        }
    },
    "aws_backup_selection": {
        "selection": {
            "name": "small",
            "plan_id": "${aws_backup_plan.plan.id}",
            "iam_role_arn": "${aws_iam_role.role.arn}",
            "resources": ["${aws_kms_key.one.arn}"],
        }
    },
    "aws_wafv2_web_acl": {
        "limits": {
            "name": "small",
            "scope": "REGIONAL",
            "default_action": {"allow": {}},
            "visibility_config": {
                "metric_name": "small",
                "cloudwatch_metrics_enabled": False,
                "sampled_requests_enabled": False,
            },
        }
    },
    "aws_cloudwatch_metric_alarm": {
        "alarm": {
            "alarm_name": "small",
            "namespace": "AWS/EC2",
            "metric_name": "CPUUtilization",
            "comparison_operator": "GreaterThanThreshold",
            "evaluation_periods": 1,
            "period": 60,
            "statistic": "Average",
            "threshold": 90,
        }
    },
}


def template(backend: dict[str, Any]) -> dict[str, Any]:
    return {
        "terraform": {
            "backend": backend,
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}},
        },
        "provider": {"aws": [{"region": "us-east-1", "default_tags": [{"tags": TAGS}]}]},
        "resource": RESOURCES,
    }
