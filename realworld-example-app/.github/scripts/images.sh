#!/usr/bin/env bash
# The images of one commit, in the registries of both environments under the same digest, and as files for the scan.
# Tags there never move, so what a first run pushed a second one takes as it is.
set -euo pipefail
: "${TAG:?}" "${PROJECT:?}" "${STAGING:?}" "${PRODUCTION:?}" "${GITHUB_OUTPUT:?}" "${RUNNER_TEMP:?}"
readonly ARCHIVES="$RUNNER_TEMP/images" # in the folder that is built, one image would become a part of the next

# digest_of PROFILE REPOSITORY: what the tag stands for, or nothing.
digest_of() {
  local failed=0 errors="$RUNNER_TEMP/errors" # apart from the answer, because aws warns there of much else
  aws ecr describe-images --profile "$1" --repository-name "$2" --image-ids "imageTag=$TAG" \
    --query 'imageDetails[0].imageDigest' --output text 2>"$errors" || failed=1
  if ((failed)) && grep --quiet ImageNotFoundException "$errors"; then
    return 0
  fi
  cat "$errors" >&2
  return "$failed"
}

# copy SOURCE DESTINATION: the same bytes, and so the same digest.
copy() {
  docker buildx imagetools create --prefer-index=false --tag "$2" "$1"
}

# settle NAME REPOSITORY: build the target of that name, unless it is there.
settle() {
  local name="$1" staging="$PROJECT-staging/$2" production="$PROJECT-production/$2" found approved
  found="$(digest_of staging "$staging")"
  approved="$(digest_of production "$production")"
  if [[ -z $found && -z $approved ]]; then
    docker buildx build --target "$name" --platform "$platforms" --provenance mode=max --push \
      --tag "$STAGING/$staging:$TAG" --tag "$PRODUCTION/$production:$TAG" .
  elif [[ -z $approved ]]; then
    copy "$STAGING/$staging@$found" "$PRODUCTION/$production:$TAG"
  elif [[ -z $found ]]; then
    copy "$PRODUCTION/$production@$approved" "$STAGING/$staging:$TAG"
  fi
  found="$(digest_of staging "$staging")"
  approved="$(digest_of production "$production")"
  if [[ ! $found =~ ^sha256:[0-9a-f]{64}$ || $found != "$approved" ]]; then
    echo "::error::$name:$TAG is ${found:-nothing} in staging and ${approved:-nothing} in production"
    return 1
  fi
  docker pull --quiet "$STAGING/$staging@$found"
  docker save --output "$ARCHIVES/$name.tar" "$STAGING/$staging@$found"
  echo "$name=$found" >>"$GITHUB_OUTPUT"
  # Of what is there, which an earlier run may have built for other nodes. Attestations are of an unknown one.
  docker buildx imagetools inspect --raw "$STAGING/$staging@$found" | jq --raw-output '"architectures=" +
    ([.manifests[]?.platform.architecture | select(. != "unknown")] | unique | join(",") | if . == "" then "amd64" else . end)' \
    >>"$GITHUB_OUTPUT"
}

platforms=linux/amd64 # which is what is tried before and scanned after
for environment in staging production; do
  registry="$STAGING"
  [[ $environment == staging ]] || registry="$PRODUCTION"
  aws ecr get-login-password --profile "$environment" | docker login --username AWS --password-stdin "$registry"
  region="${registry#*.ecr.}"
  # The platform writes there what nodes it has.
  platforms+=" $(aws ecr list-tags-for-resource --profile "$environment" --output text --query "tags[?Key=='Platforms'].Value" \
    --resource-arn "arn:aws:ecr:${region%%.*}:${registry%%.*}:repository/$PROJECT-$environment/backend")"
done
platforms="$(xargs -n 1 <<<"$platforms" | sort --unique | paste --serial --delimiters=,)"
mkdir -p "$ARCHIVES"
settle backend backend
settle migrator backend-migrator
