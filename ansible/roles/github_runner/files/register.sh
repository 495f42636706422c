#!/usr/bin/env bash
# Register for one job. The token comes in ACTIONS_RUNNER_INPUT_TOKEN, which the runner takes out of its environment.
set -euo pipefail

cd "$1"
./config.sh --unattended --ephemeral --disableupdate --replace --work _work "${@:2}" || {
  echo "GitHub did not register the runner: the lines above say why. 404 or 401 mean an expired token or a wrong URL." >&2
  exit 1
}
