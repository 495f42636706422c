#!/bin/bash
# The password of the admin, into memory only. Grafana reads it when its database is new.
set -euo pipefail
. /etc/monitoring/host.env

umask 0077
aws secretsmanager get-secret-value --region "$REGION" --secret-id "$GRAFANA_SECRET" \
  --query SecretString --output text >/run/monitoring/grafana/password
chown 472:472 /run/monitoring/grafana /run/monitoring/grafana/password
