#!/usr/bin/env bash
# What the new migrations of a pull request take away or lock, by file and line: with REVIEWED=true it is only said.
set -euo pipefail
: "${REVIEWED:?}" "${GITHUB_STEP_SUMMARY:?}" "${RUNNER_TEMP:?}"
readonly NEW="$RUNNER_TEMP/new" FOUND="$RUNNER_TEMP/found"

# What GitHub checks out is a merge, and its first parent the branch that it goes into.
git diff -z --name-only --diff-filter=d HEAD^1 -- 'src/prisma/migrations/*.sql' >"$NEW"
mapfile -d '' -t files <"$NEW"
if ((${#files[@]} == 0)); then
  echo "No new migrations"
  exit
fi

# squawk counts lines from 0. It ends with 1 for what it finds, and for errors of its own, which are not JSON: jq fails.
found="$("$RUNNER_TEMP/squawk/bin/squawk" --config .github/squawk.toml --reporter json "${files[@]}" || true)"
# Nobody asks for an index or a constraint by its name.
jq --slurp --raw-output '.[0][] | select(.message | test("^Renaming an? (index|constraint) ") | not)
  | [.file, .line + 1, .rule_name, .message] | @tsv' <<<"$found" >"$FOUND"
# It knows the structure, not the rows; and a comment must not silence it.
awk 'tolower($0) ~ /^[[:space:]]*(delete|do|lock|merge|truncate|update)([[:space:]]|$)|squawk-/ {
  print FILENAME "\t" FNR "\tby hand\t" $0 }' "${files[@]}" >>"$FOUND"
if [[ ! -s $FOUND ]]; then
  echo "Nothing is taken away or locked: ${files[*]}"
  exit
fi

level=error
[[ $REVIEWED != true ]] || level=warning
printf '### Taken away or locked by the migrations\n\n| where | rule | |\n| --- | --- | --- |\n' >>"$GITHUB_STEP_SUMMARY"
while IFS=$'\t' read -r file line rule message; do
  echo "::$level file=$file,line=$line,title=$rule::$message"
  echo "| \`$file:$line\` | $rule | $message |" >>"$GITHUB_STEP_SUMMARY"
done <"$FOUND"
if [[ $REVIEWED != true ]]; then
  echo "::error::The release before it serves while a migration runs. Expand first, take away one release later (runbook:" \
    "migrations); or, where that is done, set the label migration-reviewed"
  exit 1
fi
