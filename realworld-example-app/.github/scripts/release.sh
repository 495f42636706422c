#!/usr/bin/env bash
# Release the images of a commit by their digests, ask the API from outside, and go back when it does not answer.
set -euo pipefail
: "${CLUSTER:?}" "${REGISTRY:?}" "${BACKEND:?}" "${MIGRATOR:?}"
: "${GITHUB_SHA:?}" "${GITHUB_OUTPUT:?}" "${GITHUB_STEP_SUMMARY:?}" "${RUNNER_TEMP:?}"
readonly RELEASE=realworld-backend NAMESPACE=realworld
# A first release waits for its load balancer, its name and its certificate: ten minutes are enough for these.
readonly TRIES="${SMOKE_TRIES:-60}" PAUSE="${SMOKE_PAUSE:-10}"
export KUBECONFIG="$RUNNER_TEMP/kubeconfig" HELM_NAMESPACE="$NAMESPACE"

# The API answers from the database three times in a row, so that it is not one pod of several that is well.
answers() {
  local left="$TRIES" good=0
  while ((good < 3)); do
    if curl --fail --silent --show-error --max-time 10 "$url/api/tags" | jq --exit-status '.tags | arrays' >/dev/null; then
      good=$((good + 1))
    else
      good=0
      left=$((left - 1))
      ((left > 0)) || return 1
      sleep "$PAUSE"
    fi
  done
}

summary() {
  {
    echo "### $1"
    echo
    echo "| | |"
    echo "| --- | --- |"
    echo "| cluster | $CLUSTER |"
    echo "| commit | $GITHUB_SHA |"
    echo "| backend | \`$BACKEND\` |"
    echo "| migrator | \`$MIGRATOR\` |"
    echo "| revision | ${before:-none} before, $(revision) now |"
    echo "| address | $url |"
  } >>"$GITHUB_STEP_SUMMARY"
}

# The revision that serves, or nothing.
revision() {
  helm list --filter "^$RELEASE\$" --deployed --output json | jq --raw-output '.[].revision'
}

aws eks update-kubeconfig --name "$CLUSTER"
kubectl --namespace "$NAMESPACE" get configmap release-values --output 'jsonpath={.data.values\.json}' \
  >"$RUNNER_TEMP/values.json"
url="$(jq --raw-output 'if .certificateArn == "" then "http" else "https" end + "://" + .host' "$RUNNER_TEMP/values.json")"
echo "url=$url" >>"$GITHUB_OUTPUT"
before="$(revision)"

# --atomic waits until the new pods are ready, and takes everything back when they are not in time.
if ! helm upgrade "$RELEASE" helm --install --atomic --timeout 15m --history-max 10 \
  --description "commit $GITHUB_SHA" --values "$RUNNER_TEMP/values.json" \
  --set-string "image=$REGISTRY/$CLUSTER/backend@$BACKEND" \
  --set-string "migration.image=$REGISTRY/$CLUSTER/backend-migrator@$MIGRATOR"; then
  echo "::error::helm took the release back: the migration failed, or the new pods were not ready in time"
  summary "Not released"
  exit 1
fi

if answers; then
  summary "Released"
  exit
fi
if [[ -n $before ]]; then
  echo "::error::$url/api/tags does not answer: going back to revision $before"
  helm rollback "$RELEASE" "$before" --wait --timeout 15m
  summary "Taken back to revision $before"
else
  echo "::error::$url/api/tags does not answer, and there is no revision before this one to go back to"
  summary "Released, but without an answer"
fi
exit 1
