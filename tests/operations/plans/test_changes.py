"""Old and new value of attributes: all that Terraform shows, and nothing that it masks."""

from collections.abc import Callable

import pytest

from operations.plans import changes
from tests.operations.plans.conftest import Environment

# As Terraform 1.11 prints it.
SHOWN = """
Note: Objects have changed outside of Terraform

  # aws_vpc.drifted has changed
  ~ resource "aws_vpc" "drifted" {
        id = "vpc-0"
    }

Terraform will perform the following actions:

  # aws_vpc.a will be updated in-place
  # (moved from aws_vpc.b)
  ~ resource "aws_vpc" "a" {
        id   = "vpc-1"
      ~ text = <<-EOT
            # aws_vpc.fake will be created
          - old
          + new
        EOT

      ~ timeouts {
          ~ create = "1m" -> "2m"
        }
    }

  # aws_kms_key.c must be replaced
-/+ resource "aws_kms_key" "c" {
      ~ id = "k" -> (known after apply)
    }

Plan: 1 to add, 1 to change, 1 to destroy.
"""


def test_the_lines_of_each_resource_are_found_by_its_address() -> None:
    found = changes.attributes(SHOWN)

    assert found.keys() == {"aws_vpc.a", "aws_kms_key.c"}
    assert found["aws_kms_key.c"] == ['~ id = "k" -> (known after apply)']
    assert found["aws_vpc.a"][0] == '  id   = "vpc-1"'
    assert found["aws_vpc.a"][-2:] == ['    ~ create = "1m" -> "2m"', "  }"]


@pytest.mark.slow
def test_terraform_masks_and_so_do_page_report_and_log(environment: Callable[..., Environment]) -> None:
    secret, canaries = '${sensitive("VALUE")}', ("canary-1", "canary-2")
    planned = environment(one={"a": {"triggers_replace": secret.replace("VALUE", canaries[0])}})
    planned.plan(details=True)
    planned.deploy()

    def change(template: dict[str, dict[str, dict[str, dict[str, object]]]]) -> None:
        template["resource"]["terraform_data"]["a"].update(triggers_replace=secret.replace("VALUE", canaries[1]))
        template["resource"]["terraform_data"]["new"] = {"input": "value"}

    planned.change("one", change)
    planned.plan()

    masked = "~ triggers_replace = (sensitive value) # forces replacement"
    assert f"    {masked}\n" in planned.printed
    assert f"  {masked}" in planned.report
    assert "create  one: terraform_data.new\n" in planned.printed
    assert 'input  = "value"' not in planned.printed, "of what is created the address says enough"
    planned.plan(details=True)
    assert '+ input  = "value"' in planned.printed
    logs = planned.folder.parent / ".local" / "logs"
    texts = [planned.printed, *planned.report, *(path.read_text() for path in logs.glob("*/*.log"))]
    assert not [text for text in texts for canary in canaries if canary in text]
