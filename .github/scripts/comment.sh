#!/usr/bin/env bash
# comment.sh REPORT...: one comment on the pull request, which a later run writes again.
set -euo pipefail
: "${GITHUB_REPOSITORY:?}" "${NUMBER:?}" "${GH_TOKEN:?}" "${RUNNER_TEMP:?}"
readonly MARKER='<!-- plan -->' LIMIT=60000 # characters: GitHub takes 65,536

body="$RUNNER_TEMP/comment.md"
{
  echo "$MARKER"
  cat "$@"
} >"$body"
if (($(wc -m <"$body") > LIMIT)); then
  head -c "$LIMIT" "$body" >"$body.cut"
  printf '\n\nThis is not all of it: the rest is in the artifacts of the run.\n' >>"$body.cut"
  mv "$body.cut" "$body"
fi

own="$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments" \
  --jq ".[] | select(.user.type == \"Bot\" and (.body | startswith(\"$MARKER\"))) | .id" | head -n 1)"
if [[ -n $own ]]; then
  gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$own" --field "body=@$body"
else
  gh api --silent --method POST "repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments" --field "body=@$body"
fi
