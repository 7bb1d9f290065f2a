"""Roots planned through the real scanner: what the plan says, where its findings stand, and why there is none."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from reviewer.model import Finding, Source, Span
from reviewer.plan import planned
from reviewer.plan.planned import PlannedRoot
from reviewer.plan.schemas import Store
from reviewer.process import never
from reviewer.scan.results import BadResult
from reviewer.scan.scanner import PlanRequest, PlanTools
from reviewer.settings import plan_program
from tests.hostile.scanning import AS_IT_IS, LIMITS, Bench, running_bench

PROGRAM = plan_program(os.environ)
needs_terraform = pytest.mark.skipif(
    PROGRAM is None, reason="no Terraform or OpenTofu on this machine (TERRAFORM_PATH, TOFU_PATH)"
)

OPERATORS = {
    "registry.terraform.io/acme/cloud": {
        "provider": {"block": {"attributes": {"region": {"type": "string", "optional": True}}}},
        "resource_schemas": {
            "cloud_box": {
                "block": {
                    "attributes": {
                        "size": {"type": "number", "optional": True},
                        "token": {"type": "string", "optional": True, "sensitive": True},
                        "key_wo": {"type": "string", "optional": True, "write_only": True},
                        "address": {"type": "string", "computed": True},
                        "ports": {
                            "nested_type": {
                                "nesting_mode": "list",
                                "attributes": {
                                    "number": {"type": "number", "required": True},
                                    "id": {"type": "string", "computed": True},
                                },
                            },
                            "optional": True,
                        },
                    }
                }
            }
        },
    }
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A scanner that plans, with an operator's schema of one provider."""
    folder = tmp_path_factory.mktemp("plans")
    document = {"format_version": "1.0", "provider_schemas": OPERATORS}
    Store(folder / "schemas").add(json.dumps(document).encode(), "schemas")
    tools = PlanTools(program=PROGRAM, schemas=folder / "schemas")
    with running_bench(folder, LIMITS, planning=tools) as bench:
        yield bench


def after(root: PlannedRoot) -> dict[str, Any]:
    """The planned attributes by address."""
    assert root.document is not None, root.not_planned
    return {entry["address"]: entry["change"]["after"] for entry in root.document["resource_changes"]}


def unknown(root: PlannedRoot, address: str) -> Mapping[str, Any]:
    assert root.document is not None
    (entry,) = [entry for entry in root.document["resource_changes"] if entry["address"] == address]
    found: Mapping[str, Any] = entry["change"]["after_unknown"]
    return found


def only(root: PlannedRoot, rule: str) -> Finding:
    (finding,) = [finding for finding in root.findings if finding.rule == rule]
    return finding


MODULES = {
    "envs/prod/main.tf": """module "net" {
  source   = "../../modules/net"
  for_each = toset(["a", "b"])
  name     = each.key
  open     = ["0.0.0.0/0"]
}
variable "zone" {
  type = string
}
data "aws_availability_zones" "all" {}
resource "aws_subnet" "s" {
  count             = length(data.aws_availability_zones.all.names)
  vpc_id            = "vpc-1"
  availability_zone = data.aws_availability_zones.all.names[count.index]
  tags = {
    zone = var.zone
  }
}
""",
    "envs/prod/terraform.tfvars": 'zone = "mine"\n',
    "modules/net/main.tf": """variable "name" {}
variable "open" {
  type = list(string)
}
resource "aws_security_group" "ssh" {
  name = "ssh-${var.name}"
  dynamic "ingress" {
    for_each = var.open
    content {
      from_port   = 22
      to_port     = 22
      protocol    = "tcp"
      cidr_blocks = [ingress.value]
    }
  }
}
output "id" {
  value = aws_security_group.ssh.id
}
""",
}


@pytest.mark.slow
@needs_terraform
def test_variables_modules_counts_and_data_are_unfolded(bench: Bench) -> None:
    root = bench.plan(MODULES, "envs/prod")
    found = after(root)
    assert sorted(found) == [
        "aws_subnet.s[0]",
        "aws_subnet.s[1]",
        "aws_subnet.s[2]",
        'module.net["a"].aws_security_group.ssh',
        'module.net["b"].aws_security_group.ssh',
    ]
    assert found["aws_subnet.s[2]"]["availability_zone"] == "us-east-1c"
    assert found["aws_subnet.s[0]"]["tags"] == {"zone": "mine"}
    assert found['module.net["a"].aws_security_group.ssh']["ingress"][0]["cidr_blocks"] == ["0.0.0.0/0"]
    assert unknown(root, "aws_subnet.s[0]")["id"] is True
    assert (root.root, root.workspace, root.approximate, root.not_planned) == ("envs/prod", "default", True, "")
    assert "module.net.aws_security_group.ssh" in dict(root.places)


@pytest.mark.slow
@needs_terraform
def test_what_only_the_plan_shows_is_found_where_it_is_written_for_each_instance(bench: Bench) -> None:
    root = bench.plan(MODULES, "envs/prod")
    found = {finding.resource: finding for finding in root.findings if finding.rule == "CKV_AWS_24"}
    assert set(found) == {'module.net["a"].aws_security_group.ssh', 'module.net["b"].aws_security_group.ssh'}
    one = found['module.net["a"].aws_security_group.ssh']
    assert one.block == Span(path="modules/net/main.tf", start_line=5, end_line=16)
    assert one.path == "modules/net/main.tf"
    assert (one.source, one.scanner, one.framework, one.root) == (Source.PLAN, "checkov", "terraform", "envs/prod")
    assert one.caller and one.caller.path == "envs/prod/main.tf"
    assert one.why and one.severity > 1
    assert bench.scan(MODULES, directory="envs/prod").findings


POLICY = """data "aws_iam_policy_document" "all" {
  statement {
    actions   = ["*"]
    resources = ["*"]
  }
}
resource "aws_iam_policy" "admin" {
  name   = "admin"
  policy = data.aws_iam_policy_document.all.json
}
resource "aws_iam_policy" "quiet" {
  #checkov:skip=CKV_AWS_62:break glass
  name   = "quiet"
  policy = data.aws_iam_policy_document.all.json
}
"""


@pytest.mark.slow
@needs_terraform
def test_a_policy_that_a_data_source_renders_is_judged_and_a_skip_in_the_code_counts(bench: Bench) -> None:
    root = bench.plan({"main.tf": POLICY})
    found = {finding.resource: finding.skip_reason for finding in root.findings if finding.rule == "CKV_AWS_62"}
    assert found == {"aws_iam_policy.admin": None, "aws_iam_policy.quiet": "break glass"}
    written = json.loads(after(root)["aws_iam_policy.admin"]["policy"])
    assert written["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]


OPERATED = """terraform {
  required_providers {
    cloud = {
      source  = "acme/cloud"
      version = "~> 9.0"
    }
  }
}
provider "cloud" {
  region = "moon"
}
resource "cloud_box" "b" {
  size   = "3"
  token  = "a-plain-word-that-nobody-would-guess"
  key_wo = "never-in-a-plan"
  ports  = [{ number = 80 }]
  novel  = "newer than the schema"
}
resource "cloud_ball" "unheard_of" {
  box  = cloud_box.b.address
  size = cloud_box.b.size
}
"""


@pytest.mark.slow
@needs_terraform
def test_schemas_of_the_operator_give_types_marks_and_what_is_computed(bench: Bench) -> None:
    root = bench.plan({"main.tf": OPERATED})
    box = after(root)["cloud_box.b"]
    assert box["size"] == 3
    assert box["ports"] == [{"number": 80}]
    assert box["novel"] == "newer than the schema"
    assert box["key_wo"] is None
    assert unknown(root, "cloud_box.b")["address"] is True
    assert after(root)["cloud_ball.unheard_of"]["size"] == 3
    assert unknown(root, "cloud_ball.unheard_of")["box"] is True
    for secret in ("a-plain-word", "never-in-a-plan"):
        assert secret not in json.dumps(root.document)


@pytest.mark.slow
@needs_terraform
def test_several_providers_with_aliases_are_planned_at_once(bench: Bench) -> None:
    text = """terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm" }
    google  = { source = "hashicorp/google" }
  }
}
provider "azurerm" {
  features {}
}
provider "google" {
  project = "p"
}
provider "google" {
  alias   = "eu"
  project = "p"
  region  = "europe-west1"
}
resource "azurerm_storage_account" "a" {
  name                     = "a"
  account_tier             = "Standard"
  account_replication_type = "LRS"
  https_traffic_only_enabled = false
}
resource "google_storage_bucket" "b" {
  provider = google.eu
  name     = "b"
  location = "EU"
  versioning {
    enabled = true
  }
}
resource "random_pet" "p" {
  length = 2
}
resource "null_resource" "n" {
  triggers = {
    pet = random_pet.p.id
  }
}
"""
    root = bench.plan({"main.tf": text})
    assert set(after(root)) == {
        "azurerm_storage_account.a",
        "google_storage_bucket.b",
        "null_resource.n",
        "random_pet.p",
    }
    assert after(root)["google_storage_bucket.b"]["versioning"][0]["enabled"] is True
    assert {finding.resource for finding in root.findings} >= {"azurerm_storage_account.a", "google_storage_bucket.b"}


@pytest.mark.slow
@needs_terraform
def test_a_workspace_and_files_of_variables_are_the_ones_that_the_policy_names(bench: Bench) -> None:
    text = 'variable "size" {}\nresource "aws_sqs_queue" "q" {\n  name = "${terraform.workspace}-${var.size}"\n}\n'
    files = {"main.tf": text, "vars/eu.tfvars": 'size = "big"\n', "terraform.tfvars": 'size = "small"\n'}
    root = bench.plan(files, wanted=PlanRequest(workspace="eu", var_files=("vars/eu.tfvars",)))
    assert (root.workspace, after(root)["aws_sqs_queue.q"]["name"]) == ("eu", "eu-big")


@pytest.mark.slow
@needs_terraform
def test_a_module_from_the_operators_cache_is_unfolded_and_one_that_is_not_here_is_told(bench: Bench) -> None:
    text = 'module "q" {\n  source  = "acme/queue/aws"\n  version = "1.2.3"\n  name    = "x"\n}\n'
    module = 'variable "name" {}\nresource "aws_sqs_queue" "this" {\n  name = var.name\n}\n'
    wanted = PlanRequest(remote_modules={"acme/queue/aws@1.2.3": "cache/queue"})
    root = bench.plan({"main.tf": text, "cache/queue/main.tf": module}, wanted=wanted)
    assert after(root)["module.q.aws_sqs_queue.this"]["name"] == "x"
    stub = bench.plan({"main.tf": text + 'resource "aws_sqs_queue" "own" {\n  name = "y"\n}\n'})
    assert "aws_sqs_queue.own" in after(stub)
    assert any("acme/queue/aws" in entry.why and not entry.blocking for entry in stub.statements)


@pytest.mark.slow
@needs_terraform
def test_files_of_opentofu_are_planned_under_their_own_names(bench: Bench) -> None:
    unit, tree = bench.unit({"main.tf": "# in the way\n"})
    (tree / "main.tofu").write_text('resource "aws_sqs_queue" "q" {\n  name = "q"\n}\n')
    file = dataclasses.replace(unit.files[0], path="main.tofu", scan_as="main.tofu")
    root = bench.scanner.plan(dataclasses.replace(unit, files=(file,)), tree, AS_IT_IS, never)
    assert after(root)["aws_sqs_queue.q"]["name"] == "q"
    assert {finding.path for finding in root.findings} == {"main.tofu"}


REFUSED = {
    "unknown for_each": (
        'resource "random_pet" "p" {}\nresource "aws_sqs_queue" "q" {\n  for_each = toset([random_pet.p.id])\n}\n',
        "Terraform stopped at `main.tf` line 3: invalid for_each argument.",
    ),
    "unknown count": (
        'resource "random_pet" "p" {}\nresource "aws_sqs_queue" "q" {\n  count = length(random_pet.p.id)\n}\n',
        "Terraform stopped at `main.tf` line 3: invalid count argument.",
    ),
    "undeclared": (
        'resource "aws_sqs_queue" "q" {\n  name = var.nothing\n}\n',
        "Terraform stopped at `main.tf` line 2: reference to undeclared input variable.",
    ),
    "cycle": (
        'resource "aws_sqs_queue" "a" {\n  name = aws_sqs_queue.b.name\n}\n'
        'resource "aws_sqs_queue" "b" {\n  name = aws_sqs_queue.a.name\n}\n',
        "Terraform stopped: resources depend on each other in a circle.",
    ),
}


@pytest.mark.slow
@needs_terraform
@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_root_that_cannot_be_planned_says_why_in_terraforms_kinds_and_our_words(
    bench: Bench, text: str, reason: str
) -> None:
    root = bench.plan({"main.tf": text})
    assert (root.document, root.not_planned) == (None, reason)


def many(resources: int) -> str:
    return "".join(
        f'resource "aws_s3_bucket" "b{n}" {{\n  bucket = "b{n}"\n}}\n'
        f'resource "aws_security_group" "g{n}" {{\n  ingress {{\n    from_port   = 22\n    to_port     = 22\n'
        '    protocol    = "tcp"\n    cidr_blocks = ["10.0.0.0/8"]\n  }\n}\n'
        for n in range(resources // 2)
    )


@pytest.mark.slow
@needs_terraform
def test_hundreds_of_resources_are_planned_in_seconds(bench: Bench) -> None:
    started = time.monotonic()
    root = bench.plan({"main.tf": many(500)})
    assert len(after(root)) == 500
    assert time.monotonic() - started < 45  # 6 s on a machine that does nothing else; here it is for runaways


# Plans that were made elsewhere

GIVEN = {
    "format_version": "1.2",
    "terraform_version": "1.9.0",
    "planned_values": {
        "root_module": {
            "resources": [
                {
                    "address": "aws_db_instance.d",
                    "mode": "managed",
                    "type": "aws_db_instance",
                    "name": "d",
                    "provider_name": "registry.terraform.io/hashicorp/aws",
                    "values": {"publicly_accessible": True, "password": "hunter2-in-the-plan"},
                    "sensitive_values": {"password": True},
                }
            ]
        }
    },
    "resource_changes": [
        {
            "address": "aws_db_instance.d",
            "mode": "managed",
            "type": "aws_db_instance",
            "name": "d",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {
                "actions": ["update"],
                "before": {"publicly_accessible": False, "password": "hunter2-in-the-plan"},
                "after": {"publicly_accessible": True, "password": "hunter2-in-the-plan"},
                "after_unknown": {},
                "before_sensitive": {"password": True},
                "after_sensitive": {"password": True},
            },
        }
    ],
    "configuration": {"root_module": {}},
}
DATABASE = '# a database\nresource "aws_db_instance" "d" {\n  publicly_accessible = true\n}\n'


def given(bench: Bench, document: bytes, path: str = "plan.json") -> PlannedRoot:
    unit, tree = bench.unit({"main.tf": DATABASE})
    (tree / "plan.json").write_bytes(document)
    return bench.scanner.plan(unit, tree, PlanRequest(given=path), never)


@pytest.mark.slow
def test_a_plan_that_was_given_is_redacted_scanned_and_put_where_the_code_is(bench: Bench) -> None:
    root = given(bench, json.dumps(GIVEN).encode())
    finding = only(root, "CKV_AWS_17")
    assert finding.span == Span(path="main.tf", start_line=3, end_line=3)
    assert finding.source is Source.PLAN
    assert not root.approximate
    assert root.document is not None
    assert root.document["resource_changes"][0]["change"]["actions"] == ["update"]
    assert "hunter2" not in json.dumps(root.document)


BAD_PLANS = {
    "no JSON": b"{",
    "no object": b"[]",
    "another format": json.dumps(GIVEN | {"format_version": "2.0"}).encode(),
    "deep": b'{"format_version": "1.2", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "changes": json.dumps(GIVEN | {"resource_changes": "none"}).encode(),
}


@pytest.mark.slow
@pytest.mark.parametrize("document", BAD_PLANS.values(), ids=BAD_PLANS.keys())
def test_what_is_no_plan_is_refused_with_a_reason(bench: Bench, document: bytes) -> None:
    root = given(bench, document)
    assert root.document is None
    assert root.not_planned.endswith(".")
    assert "crash" not in root.not_planned


@pytest.mark.slow
@pytest.mark.parametrize("path", ["nowhere.json", "../other/plan.json", "/etc/passwd"])
def test_a_given_plan_is_looked_for_in_the_tree_only(bench: Bench, path: str) -> None:
    assert given(bench, b"{}", path).document is None


@pytest.mark.slow
def test_without_a_sandbox_there_is_no_plan_and_it_is_said(tmp_path: Path) -> None:
    with running_bench(tmp_path, LIMITS, "none", 1, PlanTools(program=Path("/bin/true"))) as bench:
        assert bench.scanner.plans == ""
        assert "cannot contain Terraform" in bench.scanner.no_plans
        root = bench.plan({"main.tf": DATABASE})
    assert root.not_planned == f"No plan was made: {bench.scanner.no_plans}."


@pytest.mark.slow
@pytest.mark.parametrize("program", [None, "/bin/true", "/nowhere/terraform"])
def test_without_terraform_there_is_no_plan_and_it_is_said(tmp_path: Path, program: str | None) -> None:
    tools = PlanTools(program=Path(program) if program else None)
    with running_bench(tmp_path, LIMITS, "auto", 1, tools) as bench:
        assert bench.scanner.plans == ""
        assert "TERRAFORM_PATH" in bench.scanner.no_plans or "did not say its version" in bench.scanner.no_plans
        assert bench.plan({"main.tf": DATABASE}).document is None


# The form between the sandbox and the worker

ROOT = PlannedRoot(root="envs/prod", document={"format_version": "1.2"}, moved=(("a.b", "a.c"),))


def test_a_plan_comes_back_as_it_went() -> None:
    assert planned.decode(planned.encode(ROOT)) == ROOT
    refused = PlannedRoot(root="", not_planned="No.")
    assert planned.decode(planned.encode(refused)) == refused


BROKEN: dict[str, Any] = {
    "another root": {"root": "../up"},
    "no document and no reason": {"document": None},
    "document and reason": {"not_planned": "No."},
    "unknown key": {"extra": 1},
    "places": {"places": [["a.b", {"block": {"path": "/etc/passwd", "start_line": 1, "end_line": 1}}]]},
    "moves": {"moved": [["a"]]},
    "half a character": {"document": {"a": "\ud800"}},
    "no number": {"document": {"a": float("nan")}},
    "nested": {"document": json.loads('{"a":' * 300 + "1" + "}" * 300)},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN.keys())
def test_whatever_else_comes_is_refused(change: dict[str, Any]) -> None:
    raw = json.loads(planned.encode(ROOT)) | change
    with pytest.raises(BadResult):
        planned.decode(json.dumps(raw).encode())
    with pytest.raises(BadResult):
        planned.decode(b"{")
