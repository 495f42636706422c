#!/usr/bin/env bash
# Release the images of a commit by their digests, ask the API from outside, and go back when it does not answer.
# However it ends, the summary says where things stand, and of a failure why.
set -euo pipefail
: "${CLUSTER:?}" "${REGISTRY:?}" "${BACKEND:?}" "${MIGRATOR:?}" "${ARCHITECTURES:?}"
: "${GITHUB_SHA:?}" "${GITHUB_OUTPUT:?}" "${GITHUB_STEP_SUMMARY:?}" "${RUNNER_TEMP:?}"
readonly RELEASE=realworld-backend NAMESPACE=realworld WAIT="${RELEASE_WAIT:-15m}"
# A first release waits for its load balancer, its name and its certificate: ten minutes are enough for these.
readonly TRIES="${SMOKE_TRIES:-60}" PAUSE="${SMOKE_PAUSE:-10}" SAID="$RUNNER_TEMP/said"
export KUBECONFIG="$RUNNER_TEMP/kubeconfig" HELM_NAMESPACE="$NAMESPACE"
outcome="Not released: broken off before helm began" before="" url="" began="$(date --utc +%FT%TZ)"
: >"$SAID"

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

# shellcheck disable=SC2317 # the trap calls it
summary() {
  {
    echo "### $outcome"
    echo
    echo "| | |"
    echo "| --- | --- |"
    echo "| cluster | $CLUSTER |"
    echo "| commit | $GITHUB_SHA |"
    echo "| backend | \`$BACKEND\` |"
    echo "| migrator | \`$MIGRATOR\` |"
    echo "| revision | ${before:-none} before, $(revision) now |"
    echo "| address | $url |"
    [[ ! -s $SAID ]] || printf '\n%s\n%s\n%s\n' '~~~' "$(tail --bytes 20000 "$SAID")" '~~~'
  } >>"$GITHUB_STEP_SUMMARY"
}
trap summary EXIT

# failed WHAT
failed() {
  outcome="$1"
  echo "::error::$1"
}

# The revision that serves, or nothing.
revision() {
  helm list --filter "^$RELEASE\$" --deployed --output json | jq --raw-output '.[].revision'
}

# back WHY: to the revision that served before this run.
back() {
  if [[ -z $before ]]; then
    failed "$1, and there is no revision before this one to go back to"
  elif helm rollback "$RELEASE" "$before" --wait --timeout "$WAIT" 2>&1 | tee --append "$SAID"; then
    failed "$1: taken back to revision $before"
  else
    failed "$1, and could not be taken back to revision $before: see what serves, and go back by hand"
  fi
}

# What Kubernetes warned of since this run began, and the last lines of the new pods that are not ready.
evidence() {
  kubectl --namespace "$NAMESPACE" get events --field-selector type=Warning --output json | jq --raw-output --arg since "$began" \
    '[.items[] | .at = (.lastTimestamp // .eventTime // .metadata.creationTimestamp) | select(.at >= $since)]
    | sort_by(.at) | .[-15:][] | "\(.involvedObject.kind) \(.involvedObject.name): \(.message)"'
  kubectl --namespace "$NAMESPACE" get pods --output json | jq --raw-output --arg since "$began" '.items[]
    | select(.metadata.creationTimestamp >= $since and .status.phase != "Succeeded")
    | select(all(.status.conditions[]?; .type != "Ready" or .status != "True")) | .metadata.name' | head -4 |
    while read -r pod; do
      echo "--- $pod"
      kubectl --namespace "$NAMESPACE" logs "$pod" --tail 20 || echo "has no log"
    done
}

# Why helm failed. What kept a pod from starting comes first: helm says of it only that it took too long.
cause() {
  case "$(cat "$SAID")" in
    *"another operation"*) echo "somebody else is at work on the release" ;;
    *"exceeded quota"*) echo "the quota of the namespace is used up" ;;
    *ErrImagePull* | *ImagePullBackOff* | *"Failed to pull image"*) echo "an image was not found" ;;
    *P3009*) echo "a migration of an earlier release failed, and blocks all after it (runbook: migrations)" ;;
    *"hooks failed"*) echo "the migration failed (runbook: migrations)" ;;
    *"timed out waiting"* | *"deadline exceeded"*) echo "the new pods were not ready in time" ;;
    *) echo "helm failed" ;;
  esac
}

aws eks update-kubeconfig --name "$CLUSTER"
kubectl --namespace "$NAMESPACE" get configmap release-values --output 'jsonpath={.data.values\.json}' \
  >"$RUNNER_TEMP/values.json"
url="$(jq --raw-output 'if .certificateArn == "" then "http" else "https" end + "://" + .host' "$RUNNER_TEMP/values.json")"
echo "url=$url" >>"$GITHUB_OUTPUT"
before="$(revision)"

# Helm refuses a release that a lost runner has left behind. The workflow lets no two runs of an environment be here.
left="$(helm list --all --filter "^$RELEASE\$" --output json |
  jq --raw-output '.[].status | select(startswith("pending") or . == "uninstalling")')"
if [[ -n $left ]]; then
  outcome="Not released: what an earlier run left behind is $left, and cannot be taken back"
  echo "::warning::an earlier run was lost in the middle, and left a release that is $left: taking it back"
  if [[ -n $before ]]; then
    helm rollback "$RELEASE" "$before" --wait --timeout "$WAIT"
    before="$(revision)"
  else
    helm uninstall "$RELEASE" --wait --timeout "$WAIT"
  fi
fi

# Not --atomic, which takes the pods away before anybody has read what they say.
outcome="Broken off while helm was at work: the next run takes it back"
if ! helm upgrade "$RELEASE" helm --install --wait --timeout "$WAIT" --history-max 10 \
  --description "commit $GITHUB_SHA" --values "$RUNNER_TEMP/values.json" \
  --set "architectures={$ARCHITECTURES}" --set-string "image=$REGISTRY/$CLUSTER/backend@$BACKEND" \
  --set-string "migration.image=$REGISTRY/$CLUSTER/backend-migrator@$MIGRATOR" 2>&1 | tee "$SAID"; then
  evidence 2>&1 | tee --append "$SAID" || echo "::warning::not all of the cause could be asked for"
  why="$(cause)"
  if [[ $why == somebody* ]]; then # and goes back as well, or does not
    failed "Not released: $why"
  else
    back "Not released: $why"
  fi
  exit 1
fi

outcome="Broken off while the API was asked: it is released"
if answers; then
  outcome="Released"
  : >"$SAID"
  exit
fi
evidence 2>&1 | tee --append "$SAID" || echo "::warning::not all of the cause could be asked for"
back "$url/api/tags does not answer"
exit 1
