#!/bin/bash
# The password of the admin, into memory only. Grafana reads it when its database is new.
set -euo pipefail
. /etc/monitoring/host.env

# Not a RuntimeDirectory of the unit: systemd would give the file back to root before Grafana starts.
folder=/run/monitoring/grafana
install -d -o 472 -g 472 -m 0700 "$folder"
umask 0077
aws secretsmanager get-secret-value --region "$REGION" --secret-id "$GRAFANA_SECRET" \
  --query SecretString --output text >"$folder/password"
chown 472:472 "$folder/password"
