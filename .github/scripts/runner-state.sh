#!/usr/bin/env bash
# What GitHub alone knows, for AWS: how many runners are online, for how many seconds there has been a newer release of the
# runner than ours, and for how many the issue about drift has been open. None is 0. Each is asked with the token that may.
set -euo pipefail
: "${DRIFT:?}" "${GITHUB_REPOSITORY:?}" "${GITHUB_REPOSITORY_OWNER:?}" "${GH_TOKEN:?}" "${ISSUES_TOKEN:?}" "${PREFIX:?}"

since() { if [[ -n $1 ]]; then echo $(($(date +%s) - $(date --date "$1" +%s))); else echo 0; fi; }

online="$(gh api --paginate "orgs/$GITHUB_REPOSITORY_OWNER/actions/runners" |
  jq --arg prefix "$PREFIX" '.runners[] | select(.status == "online" and any(.labels[]; .name == $prefix)) | .id' | wc --lines)"
ours="$(sed --quiet 's/^github_runner_version: "\(.*\)"$/v\1/p' ansible/roles/github_runner/defaults/main.yml)"
newer="$(gh api 'repos/actions/runner/releases?per_page=100' | jq --raw-output --arg ours "$ours" \
  'map(select(.prerelease | not)) | sort_by(.published_at) | .[((map(.tag_name) | index($ours)) // -1) + 1:]
    | first.published_at // empty')"
drift="$(GH_TOKEN="$ISSUES_TOKEN" gh issue list --repo "$GITHUB_REPOSITORY" --state open --limit 500 --json createdAt,title |
  jq --raw-output --arg title "$DRIFT" 'map(select(.title == $title)) | first.createdAt // empty')"
aws cloudwatch put-metric-data --namespace "$PREFIX/github" --metric-data \
  "MetricName=RunnersOnline,Value=$online" \
  "MetricName=RunnerReleaseAge,Value=$(since "$newer")" \
  "MetricName=DriftIssueAge,Value=$(since "$drift")"
