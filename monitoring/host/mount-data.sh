#!/bin/bash
# Mounts the data volume, found by its identity. Formats it only when it carries no signature at all.
set -euo pipefail
. /etc/monitoring/host.env

mountpoint --quiet "$DATA" && exit 0

# The volume is attached after the instance has started.
device="/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${VOLUME_ID/-/}"
for _ in {1..60}; do
  [ -b "$device" ] && break
  sleep 5
done
[ -b "$device" ] || { echo "volume $VOLUME_ID is not attached" >&2; exit 1; }

signatures="$(wipefs --noheadings --output TYPE "$device")"
case "$signatures" in
  xfs) ;;
  "") mkfs.xfs -q -L monitoring "$device" ;;
  *) echo "volume $VOLUME_ID carries $signatures and no xfs: refusing to format it" >&2; exit 1 ;;
esac

mkdir -p "$DATA"
mount -t xfs -o noatime,nodev,nosuid,noexec "$device" "$DATA"

# The users of the images.
install -d -o 65534 -g 65534 -m 0750 "$DATA/prometheus" "$DATA/alertmanager"
install -d -o 472 -g 472 -m 0750 "$DATA/grafana"
install -d -o 10001 -g 10001 -m 0750 "$DATA/loki"
