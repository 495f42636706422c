#!/bin/bash
# The password of the admin, into memory only. Grafana reads it when its database is new.
set -euo pipefail
. /etc/monitoring/host.env

# Not a RuntimeDirectory of the unit: systemd would give the file back to root before Grafana starts.
folder=/run/monitoring/grafana
install -d -o 472 -g 472 -m 0700 "$folder"
umask 0077
if password="$(aws secretsmanager get-secret-value --region "$REGION" --secret-id "$GRAFANA_SECRET" \
  --query SecretString --output text)"; then
  printf %s "$password" >"$folder/password"
elif [ ! -s "$folder/password" ]; then
  # Without AWS only an old database can be served. It has its password, and takes no other from this file.
  [ -f "$DATA/grafana/grafana.db" ]
  head --bytes=32 /dev/urandom | base64 >"$folder/password"
fi
chown 472:472 "$folder/password"
