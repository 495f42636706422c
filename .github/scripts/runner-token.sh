#!/usr/bin/env bash
# Mint a token with which a runner registers in the organization, and write it where the runner looks for it.
# The token is in no argument, which other processes could see, and in no line of the log.
set -euo pipefail
: "${GITHUB_REPOSITORY_OWNER:?}" "${PARAMETER:?}" "${GH_TOKEN:?}"

token="$(gh api --method POST "orgs/$GITHUB_REPOSITORY_OWNER/actions/runners/registration-token" --jq .token)"
[[ -n $token && $token != null ]] || { echo "::error::GitHub gave no token" && exit 1; }
echo "::add-mask::$token"
TOKEN="$token" jq --null-input --arg name "$PARAMETER" \
  '{Name: $name, Value: env.TOKEN, Type: "SecureString", Overwrite: true}' |
  aws ssm put-parameter --cli-input-json file:///dev/stdin --query Version --output text
