"""One image of a commit, in two registries, however often it runs."""

import subprocess

import pytest

from tests.delivery.conftest import APPLICATION, NEW, A, B, Machine

# A registry is a file for each repository with what its tag stands for; a build or a copy writes these files.
AWS = """
case "$*" in
  *get-login-password*) echo password ;;
  *list-tags-for-resource*:ecr:us-east-1:2:repository/realworld-production/backend) echo "$NODES" ;;
  *list-tags-for-resource*:ecr:us-east-1:1:repository/realworld-staging/backend) echo ;;
  *describe-images*)
    [[ $* =~ --repository-name\\ ([^ ]+) ]]
    if [[ -e "$RUNNER_TEMP/${BASH_REMATCH[1]//\\//_}" ]]; then cat "$RUNNER_TEMP/${BASH_REMATCH[1]//\\//_}"
    else echo "${MISSING:-An error occurred (ImageNotFoundException)}" >&2; exit 254; fi ;;
esac
"""
DOCKER = """
put() { repository="${1#*/}"; echo "$2" >"$RUNNER_TEMP/$(tr / _ <<<"${repository%:*}")"; }
case "$*" in
  login*) cat >/dev/null ;;
  "buildx build"*) while (($#)); do [[ $1 != --tag ]] || put "$2" "$BUILT"; shift; done ;;
  "buildx imagetools create"*)
    [[ $* =~ --tag\\ ([^ ]+)\\ .*@([^ ]+) ]]
    put "${BASH_REMATCH[1]}" "${COPIED:-${BASH_REMATCH[2]}}" ;;
  "buildx imagetools inspect"*) echo "$INDEX" ;;
  save*) touch "$3" ;;
esac
"""
IMAGES = {
    "TAG": "0123",
    "PROJECT": "realworld",
    "STAGING": "1.dkr.ecr.us-east-1.amazonaws.com",
    "PRODUCTION": "2.dkr.ecr.us-east-1.amazonaws.com",
    "BUILT": NEW,
    "NODES": "linux/amd64",
    "INDEX": '{"manifests": [{"platform": {"architecture": "amd64"}}, {"platform": {"architecture": "unknown"}}]}',
}


def images(
    machine: Machine, *, there: dict[str, str] | None = None, aws: str = AWS, **variables: str
) -> subprocess.CompletedProcess[str]:
    machine.answers = {"aws": aws, "docker": DOCKER}
    for repository, digest in (there or {}).items():
        (machine.folder / repository.replace("/", "_")).write_text(f"{digest}\n")
    return machine.run(APPLICATION / "images.sh", **IMAGES | variables)


ALL = {
    "realworld-staging/backend": A,
    "realworld-production/backend": A,
    "realworld-staging/backend-migrator": B,
    "realworld-production/backend-migrator": B,
}


def test_new_images_are_built_once_and_pushed_to_both_registries(machine: Machine) -> None:
    result = images(machine)

    assert result.returncode == 0, result.stderr
    backend, migrator = machine.notes("docker buildx build")
    assert "--target backend --platform linux/amd64 " in backend
    assert "--tag 1.dkr.ecr.us-east-1.amazonaws.com/realworld-staging/backend:0123 " in backend
    assert "--tag 2.dkr.ecr.us-east-1.amazonaws.com/realworld-production/backend:0123 " in backend
    assert "--target migrator" in migrator
    assert "/realworld-staging/backend-migrator:0123 " in migrator
    assert machine.text("output") == f"backend={NEW}\narchitectures=amd64\nmigrator={NEW}\narchitectures=amd64\n"
    assert {path.name for path in (machine.folder / "images").iterdir()} == {"backend.tar", "migrator.tar"}
    assert list((machine.folder / "checkout").iterdir()) == [], "it would be a part of the next image"


def test_images_are_built_for_the_nodes_of_both_environments(machine: Machine) -> None:
    index = '{"manifests": [{"platform": {"architecture": "arm64"}}, {"platform": {"architecture": "amd64"}}]}'
    result = images(machine, NODES="linux/arm64 linux/amd64", INDEX=index)

    assert result.returncode == 0, result.stderr
    assert len(machine.notes("docker buildx build", " --platform linux/amd64,linux/arm64 ")) == 2
    assert "architectures=amd64,arm64\n" in machine.text("output")


def test_an_image_of_one_manifest_is_for_the_nodes_that_all_images_are_for(machine: Machine) -> None:
    assert images(machine, there=ALL, INDEX='{"layers": []}').returncode == 0
    assert "architectures=amd64\n" in machine.text("output")


def test_a_second_run_of_a_commit_builds_and_pushes_nothing(machine: Machine) -> None:
    result = images(machine, there=ALL)

    assert result.returncode == 0, result.stderr
    assert machine.notes("docker buildx build") == machine.notes("docker buildx imagetools create") == []
    assert machine.text("output") == f"backend={A}\narchitectures=amd64\nmigrator={B}\narchitectures=amd64\n"
    # What is scanned is what is in the registry.
    assert len(machine.notes("docker pull", f"/realworld-staging/backend@{A}")) == 1


@pytest.mark.parametrize("missing", ["staging", "production"])
def test_an_image_that_one_registry_lacks_is_copied_and_not_built(machine: Machine, missing: str) -> None:
    there = {name: digest for name, digest in ALL.items() if name != f"realworld-{missing}/backend"}
    result = images(machine, there=there)

    assert result.returncode == 0, result.stderr
    assert machine.notes("docker buildx build") == []
    [copied] = machine.notes("docker buildx imagetools create --prefer-index=false")
    assert f"/realworld-{missing}/backend:0123 " in copied
    assert copied.endswith(f"/backend@{A}")
    assert machine.text("output") == f"backend={A}\narchitectures=amd64\nmigrator={B}\narchitectures=amd64\n"


def test_two_images_under_one_tag_are_refused(machine: Machine) -> None:
    result = images(machine, there=ALL | {"realworld-production/backend": B})

    assert result.returncode == 1
    assert f"backend:0123 is {A} in staging and {B} in production" in result.stdout
    assert machine.text("output") == ""


def test_a_copy_that_is_another_image_is_refused(machine: Machine) -> None:
    there = {name: digest for name, digest in ALL.items() if name != "realworld-production/backend"}

    assert images(machine, there=there, COPIED=B).returncode == 1


def test_a_warning_of_aws_is_no_part_of_a_digest(machine: Machine) -> None:
    noisy = AWS.replace('cat "$RUNNER_TEMP/', 'echo "warning: Python 3.8 is old" >&2; cat "$RUNNER_TEMP/')
    result = images(machine, there=ALL, aws=noisy)

    assert result.returncode == 0, result.stdout
    assert machine.text("output") == f"backend={A}\narchitectures=amd64\nmigrator={B}\narchitectures=amd64\n"
    assert "Python 3.8 is old" in result.stderr


def test_a_registry_that_does_not_answer_is_not_taken_for_an_empty_one(machine: Machine) -> None:
    result = images(machine, MISSING="An error occurred (AccessDeniedException)")

    assert result.returncode != 0
    assert "AccessDeniedException" in result.stderr
    assert machine.notes("docker buildx build") == []
