#!/usr/bin/env bash
# Fetch the registration token into a file that root reads and nobody else. With --check look at it, and write nothing.
# The token is in no argument and in no message.
set -euo pipefail
: "${TOKEN_PARAMETER:?}" "${TOKEN_FILE:?}" "${AWS_REGION:?}"
readonly LIFETIME=3600 # GitHub's

fail() {
  echo "$TOKEN_PARAMETER in $AWS_REGION: $1" >&2
  exit 1
}

found="$(aws ssm get-parameter --region "$AWS_REGION" --name "$TOKEN_PARAMETER" --with-decryption \
  --query '[Parameter.LastModifiedDate, Parameter.Value]' --output text)" ||
  fail "cannot be read: the line above says why"
read -r written token <<<"$found"

[[ $token != none ]] || fail "no token has been written yet: run the workflow runner-token"
[[ $token =~ ^[A-Za-z0-9_-]{16,}$ ]] || fail "what is in it is no registration token: run the workflow runner-token"
[[ $written == *[!0-9.]* ]] || written="@$written" # version 1 of the AWS CLI counts seconds
age=$(($(date +%s) - $(date --date "$written" +%s)))
((age < LIFETIME)) || fail "the token is $((age / 60)) minutes old and has expired: look why the workflow runner-token does not run"

if [[ ${1:-} != --check ]]; then
  umask 0377
  rm -f "$TOKEN_FILE"
  printf 'ACTIONS_RUNNER_INPUT_TOKEN=%s\n' "$token" >"$TOKEN_FILE"
fi
