#!/bin/bash
# A beat only while the whole chain works: the alert that always fires has come from Prometheus to Alertmanager, and
# Loki and Grafana answer. CloudWatch raises the alarm when no beat comes.
set -euo pipefail
. /etc/monitoring/host.env

# Alertmanager forgets an alert that Prometheus stops sending after five minutes.
curl --fail --silent --max-time 5 "http://127.0.0.1:9093/api/v2/alerts?filter=alertname%3DWatchdog" | grep --quiet '"Watchdog"'
curl --fail --silent --max-time 5 --output /dev/null http://127.0.0.1:3100/ready
curl --fail --silent --max-time 5 --output /dev/null http://127.0.0.1:3000/api/health

aws cloudwatch put-metric-data --region "$REGION" --namespace "$NAMESPACE" --metric-name Heartbeat --value 1
