#!/bin/bash
# Brings the host to the size of its volume and to the configuration in the bucket, all of it or nothing, and starts what
# does not run.
set -euo pipefail
. /etc/monitoring/host.env

root=/etc/monitoring
current="$root/config"
installed=/etc/systemd/system

# A volume grows while it is mounted; what has its size already stays as it is.
xfs_growfs "$DATA" >/dev/null || echo "the file system on $DATA cannot be grown" >&2

sums="$(aws s3 cp --only-show-errors "s3://$CONFIG_BUCKET/SHA256SUMS" -)"
release="$(sha256sum <<<"$sums" | cut -c1-16)"

if [ "$(readlink "$current")" != "releases/$release" ]; then
  next="$root/releases/$release"
  rm -rf "$next"
  aws s3 sync --only-show-errors "s3://$CONFIG_BUCKET/" "$next/"
  # A deploy may be in the middle of its uploads: then the sums do not fit yet, and the next minute tries again.
  (cd "$next" && sha256sum --check --quiet --strict SHA256SUMS)
  chmod -R u=rwX,go=rX "$next"
  chmod 0755 "$next"/scripts/*

  restart=() reload=()
  for unit in "$next"/units/*; do
    name="${unit##*/}"
    folder="${name%.*}"
    if ! cmp --silent "$unit" "$installed/$name"; then
      install -m 0644 "$unit" "$installed/$name"
      restart+=("$name")
    elif [ -d "$next/$folder" ] && ! diff --recursive --brief "$next/$folder" "$current/$folder" >/dev/null; then
      reload+=("$name")
    fi
  done
  for unit in "$current"/units/*; do
    name="${unit##*/}"
    if [ -f "$unit" ] && [ ! -f "$next/units/$name" ]; then
      systemctl stop "$name"
      rm "$installed/$name"
    fi
  done

  ln -sfn "releases/$release" "$root/next"
  mv -T "$root/next" "$current"
  find "$root/releases" -mindepth 1 -maxdepth 1 ! -name "$release" -exec rm -rf {} +
  systemctl daemon-reload
  [ "${#restart[@]}" -eq 0 ] || systemctl try-restart "${restart[@]}"
  [ "${#reload[@]}" -eq 0 ] || systemctl try-reload-or-restart "${reload[@]}"
fi

systemctl enable --quiet monitoring.target
systemctl start --no-block monitoring.target
