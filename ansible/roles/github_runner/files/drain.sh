#!/usr/bin/env bash
# systemd stops the runner when this has ended. A runner with a job ends by itself after it, and is waited for.
set -euo pipefail

# A runner that has ended has no job either.
if [[ -n ${MAINPID:-} ]] && pgrep --uid "$1" --exact Runner.Worker >/dev/null; then
  echo "Waiting for the job that runs"
  while kill -0 "$MAINPID" 2>/dev/null; do sleep 1; done
fi
