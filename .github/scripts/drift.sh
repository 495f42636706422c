#!/usr/bin/env bash
# drift.sh FOLDER...: each holds the plan of one environment. An environment whose plan failed has no folder here, and
# its issue stays as it is.
set -euo pipefail
: "${GITHUB_REPOSITORY:?}" "${GITHUB_SERVER_URL:?}" "${GITHUB_RUN_ID:?}" "${GH_TOKEN:?}" "${RUNNER_TEMP:?}"
readonly RUN="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"

for folder in "$@"; do
  environment="$(jq --exit-status --raw-output .environment "$folder/plans.json")"
  changes="$(jq --raw-output .changes "$folder/plans.json")"
  title="$environment is not as main says"
  open="$(gh issue list --repo "$GITHUB_REPOSITORY" --state open --limit 500 --json number,title \
    --jq ".[] | select(.title == \"$title\") | .number" | head -n 1)"
  case "$changes" in
    true)
      body="$RUNNER_TEMP/issue.md"
      printf 'Somebody changed it by hand, or a deploy waits for its approval. This is what [the last plan](%s) says.\n\n' "$RUN" >"$body"
      head -c 60000 "$folder/report.md" >>"$body"
      if [[ -n $open ]]; then
        gh issue edit "$open" --repo "$GITHUB_REPOSITORY" --body-file "$body"
      else
        gh issue create --repo "$GITHUB_REPOSITORY" --title "$title" --body-file "$body"
      fi
      ;;
    false)
      if [[ -n $open ]]; then
        gh issue close "$open" --repo "$GITHUB_REPOSITORY" --comment "It is again: $RUN"
      fi
      ;;
    *)
      echo "::error::$folder/plans.json does not say whether there are changes"
      exit 1
      ;;
  esac
done
