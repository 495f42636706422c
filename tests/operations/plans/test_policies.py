"""Whether a policy allows more than another one: only what does is named."""

import json
from typing import Any

import pytest

from operations.plans.policies import widened

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/*"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ci"}}
TLS = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": "*"}
OWN = {"StringEquals": {"aws:SourceAccount": "111122223333"}}
INSIDE = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (READ, READ | {"Action": ["s3:GetObject", "s3:PutObject"]}, ["s3:putobject on arn:aws:s3:::files/*"]),
        (READ, READ | {"Action": "s3:*"}, ["s3:* on arn:aws:s3:::files/*"]),
        (READ, READ | {"Resource": "*"}, ["s3:getobject on *"]),
        (READ | {"Action": "s3:Get?"}, READ | {"Action": "s3:Get*"}, ["s3:get* on arn:aws:s3:::files/*"]),
        (READ | {"Condition": OWN}, READ,
         ["s3:getobject on arn:aws:s3:::files/* without its condition aws:sourceaccount"]),
        (TRUST, TRUST | {"Principal": "*"}, ["sts:assumerole by everybody"]),
        (TRUST, TRUST | {"Principal": {"AWS": "*"}}, ["sts:assumerole by everybody"]),
        (TRUST, TRUST | {"Principal": {"AWS": "111122223333"}}, ["sts:assumerole by arn:aws:iam::111122223333:*"]),
        (READ, {"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::files/*"},
         ["all but iam:* on arn:aws:s3:::files/*"]),
        (TLS, READ | {"Principal": TRUST["Principal"]},
         ["s3:getobject on arn:aws:s3:::files/* by arn:aws:iam::111122223333:role/ci",
          "no longer denied: s3:* by everybody"]),
        (TLS, TLS | {"Condition": OWN}, ["no longer denied: s3:* by everybody"]),
        (READ | {"Condition": INSIDE}, READ | {"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}},
         ["s3:getobject on arn:aws:s3:::files/* without its condition aws:sourceip"]),
    ],
)  # fmt: skip
def test_what_is_allowed_besides_is_named(before: dict[str, Any], after: dict[str, Any], said: list[str]) -> None:
    assert widened(document(before), document(after)) == said


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (READ | {"Action": "S3:*"}, READ),
        (READ | {"Resource": "*"}, READ),
        (READ, READ | {"Condition": OWN}),
        (READ, READ | {"Sid": "Renamed", "Resource": ["arn:aws:s3:::files/*"]}),
        (TRUST | {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, TRUST),
        (READ | {"Condition": INSIDE}, READ | {"Condition": {"IpAddress": {"aws:SourceIp": ["10.1.0.0/16"]}}}),
        (TLS | {"Condition": OWN}, TLS),
    ],
)
def test_what_is_narrower_or_only_written_otherwise_is_not_named(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert widened(document(before), document(after)) == []


def test_two_statements_together_allow_what_one_of_them_did() -> None:
    both = READ | {"Action": ["s3:GetObject", "s3:PutObject"]}

    assert widened(document(READ, READ | {"Action": "s3:PutObject"}), document(both)) == []
    assert widened(None, document(READ)) == ["s3:getobject on arn:aws:s3:::files/*"]
    assert widened(document(READ), None) == []
