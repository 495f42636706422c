#!/usr/bin/env bash
# Release the images of a commit by their digests, ask the API from outside, and roll back when it does not answer.
# However it ends, the summary says where things stand, and of a failure why.
set -euo pipefail
: "${CLUSTER:?}" "${REGISTRY:?}" "${BACKEND:?}" "${MIGRATOR:?}" "${ARCHITECTURES:?}"
: "${GITHUB_SHA:?}" "${GITHUB_RUN_NUMBER:?}" "${GITHUB_RUN_ATTEMPT:?}"
: "${GITHUB_OUTPUT:?}" "${GITHUB_STEP_SUMMARY:?}" "${RUNNER_TEMP:?}"
readonly RELEASE=realworld-backend NAMESPACE=realworld WAIT=900
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
    failed "$1, and there is no revision before this one to roll back to"
  elif helm rollback "$RELEASE" "$before" --wait --timeout "${WAIT}s" 2>&1 | tee --append "$SAID"; then
    failed "$1: taken back to revision $before"
  else
    failed "$1, and could not be taken back to revision $before: see what serves, and roll back by hand"
  fi
}

# pending: the state of what nobody has ended yet, and since when it is.
pending() {
  helm list --all --filter "^$RELEASE\$" --time-format 2006-01-02T15:04:05Z07:00 --output json |
    jq --raw-output '.[] | select(.status | startswith("pending") or . == "uninstalling") | "\(.status) \(.updated)"'
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

aws eks update-kubeconfig --name "${CLUSTER_NAME:-$CLUSTER}" # one that was there before has a name of its own
kubectl --namespace "$NAMESPACE" get configmap release-values --output 'jsonpath={.data.values\.json}' \
  >"$RUNNER_TEMP/values.json"
url="$(jq --raw-output 'if .certificateArn == "" then "http" else "https" end + "://" + .host' "$RUNNER_TEMP/values.json")"
echo "url=$url" >>"$GITHUB_OUTPUT"

# Helm refuses a release that a lost runner has left behind. GitHub lets no two runs be here, but it gives up a runner that
# it does not hear of, and whose helm is at work until the limits end it: that of the migration, and that of the pods.
outcome="Not released: somebody else is at work on the release"
while read -r left since <<<"$(pending)" && [[ -n $left ]] && (($(date +%s) < $(date --date "$since" +%s) + 2 * WAIT)); do
  echo "$left since $since: waiting until that has ended, or nobody can be at work on it"
  sleep "$PAUSE"
done
before="$(revision)"
# The runs of a group begin in any order. To run one again is how somebody rolls back.
newest=""
if helm status "$RELEASE" --output json >"$RUNNER_TEMP/status.json" 2>/dev/null; then
  newest="$(jq --raw-output '.info.description | capture(" of run (?<n>\\d+)$").n' "$RUNNER_TEMP/status.json")"
fi
if ((GITHUB_RUN_ATTEMPT == 1 && GITHUB_RUN_NUMBER < ${newest:-0})); then
  failed "Not released: run $newest has released a newer commit. To release this one all the same, run the job again"
  exit 1
fi
if [[ -n $left ]]; then
  outcome="Not released: what an earlier run left behind is $left, and cannot be taken back"
  echo "::warning::an earlier run was lost in the middle, and left a release that is $left: taking it back"
  if [[ -n $before ]]; then
    helm rollback "$RELEASE" "$before" --wait --timeout "${WAIT}s"
    before="$(revision)"
  else
    helm uninstall "$RELEASE" --wait --timeout "${WAIT}s"
  fi
fi

# A run that is cancelled gets SIGINT, and 10 seconds later its end. Helm needs to be told, and leaves nothing pending then.
outcome="Broken off while helm was at work: the next run takes it back"
# Not --atomic, which takes the pods away before anybody has read what they say.
helm upgrade "$RELEASE" helm --install --wait --timeout "${WAIT}s" --history-max 10 \
  --description "commit $GITHUB_SHA of run $GITHUB_RUN_NUMBER" --values "$RUNNER_TEMP/values.json" \
  --set "architectures={$ARCHITECTURES}" --set-string "image=$REGISTRY/$CLUSTER/backend@$BACKEND" \
  --set-string "migration.image=$REGISTRY/$CLUSTER/backend-migrator@$MIGRATOR" &>"$SAID" &
helm=$! ended=0
trap 'outcome="Cancelled while helm was at work: the next run releases over it"; kill "$helm"' INT TERM
wait "$helm" || wait "$helm" || ended=$? # the first one ends when a signal comes
trap - INT TERM
cat "$SAID"
[[ $outcome != Cancelled* ]] || exit 1
if ((ended != 0)); then
  evidence 2>&1 | tee --append "$SAID" || echo "::warning::not all of the cause could be asked for"
  why="$(cause)"
  if [[ $why == somebody* ]]; then # and rolls back as well, or does not
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
