"""make runner: a runner of GitHub Actions on the host of the stack runner, by Ansible over Session Manager."""

import hashlib
import os

from rich.console import Console

from operations import LOCAL, ROOT, OperationError, run
from operations.commands import doctor
from operations.commands.hosts import open_host

PLAYBOOKS = ROOT / "ansible"
PLAYBOOK = "runner.yml"
REQUIREMENTS = PLAYBOOKS / "requirements.yml"
COLLECTIONS = LOCAL / "collections"
STAMP = "installed"  # the digest of the requirements that lie there


def runner(environment: str, console: Console) -> None:
    """Become the ansible-playbook command that provisions the host. Raises OperationError."""
    program = doctor.on_path("Ansible", "ansible-playbook", "It comes with the Python packages: run make runner.")
    context, outputs = open_host(environment, "runner", command="make runner", programs=[program])
    settings = context.settings
    install_collections(console)
    # What ansible/inventory/ reads: there the rest of the variables is made of these.
    variables = {
        "AWS_REGION": settings.region,
        "RUNNER_BUCKET": outputs["runner_transfer_bucket_name"],
        "RUNNER_PREFIX": settings.names.prefix,
        "RUNNER_URL": settings.names.runner_url,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
    }
    console.print(f"Provisioning {outputs['runner_instance_id']} for {settings.names.runner_url}", markup=False)
    console.file.flush()
    os.chdir(PLAYBOOKS)
    # In the place of this process, so that Ctrl-C, the colours and the exit code are those of Ansible.
    os.execvpe("ansible-playbook", ["ansible-playbook", PLAYBOOK], context.environment | variables)


def install_collections(console: Console) -> None:
    """Those that the requirements pin, unless they are there. Raises OperationError with what ansible-galaxy says."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp = COLLECTIONS / STAMP
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
        return
    pinned = REQUIREMENTS.relative_to(ROOT)
    console.print(f"Installing the collections of {pinned}")
    console.file.flush()
    where = ["--requirements-file", str(REQUIREMENTS), "--collections-path", str(COLLECTIONS)]
    result = run("ansible-galaxy", "collection", "install", "--force", *where)
    if result.returncode != 0:
        said = result.stderr.strip() or result.stdout.strip()
        raise OperationError(f"the collections of {pinned} cannot be installed:\n{said}")
    COLLECTIONS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest, encoding="utf-8")
