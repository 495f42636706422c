#!/bin/bash
# A beat only while the whole chain works: the volume takes what is written, the alert that always fires has come from
# Prometheus to Alertmanager, and Loki and Grafana answer. CloudWatch raises the alarm when no beat comes.
set -euo pipefail
. /etc/monitoring/host.env

# On a full volume Loki still answers, and what Prometheus knew seems to be over. A new file each time, because an old one
# has its place; a megabyte, because the last kilobytes are of use to nobody.
mountpoint --quiet "$DATA"
probe="$DATA/.heartbeat"
trap 'rm --force "$probe"' EXIT
rm --force "$probe"
head --bytes=1M "$BASH" | dd of="$probe" conv=fsync status=none
stored="$(dd if="$probe" bs=1M iflag=direct status=none | sha256sum)"
[ "$stored" = "$(head --bytes=1M "$BASH" | sha256sum)" ]

# Alertmanager forgets an alert that Prometheus stops sending after five minutes.
curl --fail --silent --max-time 5 "http://127.0.0.1:9093/api/v2/alerts?filter=alertname%3DWatchdog" | grep --quiet '"Watchdog"'
curl --fail --silent --max-time 5 --output /dev/null http://127.0.0.1:3100/ready
curl --fail --silent --max-time 5 --output /dev/null http://127.0.0.1:3000/api/health

aws cloudwatch put-metric-data --region "$REGION" --namespace "$NAMESPACE" --metric-name Heartbeat --value 1
