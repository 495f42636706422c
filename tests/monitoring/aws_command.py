#!/usr/bin/env python3
"""Stands in for the aws command: the same call through boto3, which checks names and types of parameters as it does."""

import json
import sys
from datetime import datetime

import boto3
from botocore.exceptions import BotoCoreError, ClientError

service, operation, _, region, _, output, _, parameters = sys.argv[1:]
assert output == "json"
try:
    answer = getattr(boto3.client(service, region_name=region), operation.replace("-", "_"))(**json.loads(parameters))
except (BotoCoreError, ClientError) as error:
    sys.exit(str(error))
print(json.dumps(answer, default=lambda value: value.isoformat() if isinstance(value, datetime) else str(value)))
