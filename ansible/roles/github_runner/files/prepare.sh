#!/usr/bin/env bash
# Each job finds the runner as it was installed: nothing that a job before it wrote is left, in no folder at all.
# The files are hard links to those of the release, which belong to root, so that this costs no time and no space.
set -euo pipefail
readonly root="$1" user="$2" version_file="$3"

instance="$root/instance"
version="$(readlink "$root/current")"
rm -rf --one-file-system "$instance"
cp --archive --link "$root/$version" "$instance"
install --directory --owner "$user" --group "$user" --mode 0700 "$instance/home"
chown "$user:$user" "$instance"
chmod 0700 "$instance"
echo "$version" >"$version_file"
