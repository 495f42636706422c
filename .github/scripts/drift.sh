#!/usr/bin/env bash
# drift.sh FOLDER...: each holds what make drift found in one environment. One that could not be looked at has no folder
# here, and its issue stays as it is.
set -euo pipefail
: "${GITHUB_REPOSITORY:?}" "${GITHUB_SERVER_URL:?}" "${GITHUB_RUN_ID:?}" "${GH_TOKEN:?}" "${RUNNER_TEMP:?}"
readonly RUN="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"

for folder in "$@"; do
  environment="$(jq --exit-status --raw-output .environment "$folder/drift.json")"
  drift="$(jq --raw-output .drift "$folder/drift.json")"
  title="$environment is not as it was deployed"
  open="$(gh issue list --repo "$GITHUB_REPOSITORY" --state open --limit 500 --json number,title \
    --jq ".[] | select(.title == \"$title\") | .number" | head -n 1)"
  case "$drift" in
    true)
      body="$RUNNER_TEMP/issue.md"
      printf 'Something changed it outside of a deploy. This is what [the last look](%s) found.\n\n' "$RUN" >"$body"
      head -c 60000 "$folder/drift.md" >>"$body"
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
      echo "::error::$folder/drift.json does not say whether there is drift"
      exit 1
      ;;
  esac
done
