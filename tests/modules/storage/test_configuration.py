from imports.engine import TerraformStack
from modules.storage.configuration import Configuration
from tests.conftest import Template, all_of, only, synth

FILES = {"prometheus/prometheus.yml": "scrape: ${target} %{if}", "units/a.service": "[Unit]", "SHA256SUMS": "1 a"}


def template(stack: TerraformStack) -> Template:
    Configuration(stack, "configuration", bucket="acme-monitoring", files=FILES, protected=True)
    return synth(stack)


def test_each_file_is_an_object_under_its_path_in_the_bucket_of_ours(stack: TerraformStack) -> None:
    found = template(stack)

    assert {each["key"] for each in all_of(found, "aws_s3_object")} == FILES.keys()
    assert {each["bucket"] for each in all_of(found, "aws_s3_object")} == {
        f"${{aws_s3_bucket.{name}.id}}" for name in found["resource"]["aws_s3_bucket"]
    }
    assert only(found, "aws_s3_bucket")["bucket"] == "acme-monitoring"
    assert only(found, "aws_s3_bucket")["lifecycle"] == {"prevent_destroy": True}


def test_what_announces_the_others_is_uploaded_after_all_of_them(stack: TerraformStack) -> None:
    objects = template(stack)["resource"]["aws_s3_object"]
    others = {f"aws_s3_object.{name}" for name, each in objects.items() if each["key"] != "SHA256SUMS"}

    waits = {each["key"]: {on for on in each["depends_on"] if "versioning" not in on} for each in objects.values()}
    assert waits == {"prometheus/prometheus.yml": set(), "units/a.service": set(), "SHA256SUMS": others}
    assert len(others) == 2


def test_every_file_is_a_version_with_an_id(stack: TerraformStack) -> None:
    """Terraform only hides what was uploaded without a version, and the bucket is not empty then."""
    for each in all_of(template(stack), "aws_s3_object"):
        assert [on for on in each["depends_on"] if on.startswith("aws_s3_bucket_versioning.")], each["key"]


def test_terraform_expands_nothing_in_a_file(stack: TerraformStack) -> None:
    contents = {each["key"]: each["content"] for each in all_of(template(stack), "aws_s3_object")}

    assert contents["prometheus/prometheus.yml"] == "scrape: $${target} %%{if}"
