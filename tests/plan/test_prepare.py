"""A root becomes a private copy: what is in it, what is not, and what is to be known beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.plan.missing import STAND_IN
from reviewer.plan.prepare import CannotPlan, PlanSettings, Prepared, ProviderUse, prepare
from tests.plan.planning import needs_terraform, planned

RESOURCE = 'resource "terraform_data" "x" {\n}\n'


def prepared(files: dict[str, str], root: str = "") -> Prepared:
    return prepare({path: text.encode() for path, text in files.items()}, root, PlanSettings())


@pytest.mark.parametrize(
    "path",
    [
        "main.tftest.hcl",
        "tests/x.tftest.json",
        "x.tfmock.hcl",
        "x.tofutest.hcl",
        "terraform.tfstate",
        "terraform.tfstate.backup",
        "terraform.tfstate.d/prod/terraform.tfstate",
        ".terraform/modules/modules.json",
        "sub/.terraform/environment",
        ".terraform.lock.hcl",
        ".terraformrc",
        "terraform.rc",
        "prod.tfbackend",
        "out.tfplan",
        ".git/config",
        "../outside.txt",
        "a/../../outside.txt",
        "/etc/absolute.txt",
        "a//b.txt",
        "a\\b.txt",
        "a\0b.txt",
        "elsewhere/main.tf",
        ".hidden.tf",
        "main.tf~",
    ],
)
def test_what_terraform_must_not_find_is_not_in_the_copy(path: str) -> None:
    made = prepared({"main.tf": RESOURCE, "elsewhere.txt": "kept", path: "{}"})
    assert set(made.files) == {"main.tf", "elsewhere.txt"}


def test_templates_and_other_files_are_in_the_copy_as_they_are() -> None:
    text = 'terraform {\n  backend "s3" {}\n}\n'
    made = prepared({"r/main.tf": RESOURCE, "r/t.tpl": text, "shared/policy.json": text}, "r")
    assert made.files["r/t.tpl"] == made.files["shared/policy.json"] == text.encode()


@pytest.mark.parametrize(
    ("root", "files"), [("", {"README.md": ""}), ("r", {"main.tf": RESOURCE}), ("..", {"main.tf": ""})]
)
def test_a_root_without_configuration_cannot_be_planned(root: str, files: dict[str, str]) -> None:
    with pytest.raises(CannotPlan, match="There is no configuration in"):
        prepared(files, root)


@needs_terraform
def test_opentofus_files_stand_in_for_terraforms(tmp_path: Path) -> None:
    files = {
        "r/main.tf": 'resource "terraform_data" "terraform" {\n}\n',
        "r/main.tofu": 'resource "terraform_data" "tofu" {\n}\n',
        "r/x_override.tofu": 'resource "terraform_data" "tofu" {\n  input = "over"\n}\n',
        "r/y.tofu.json": '{"output": {"o": {"value": "${terraform_data.tofu.input}"}}}',
        "r/z.tf.json": '{"locals": {"z": 1}}',
    }
    made = prepared(files, "r")
    assert made.names == {
        "r/main.tf": "r/main.tofu",
        "r/x_override.tf": "r/x_override.tofu",
        "r/y.tf.json": "r/y.tofu.json",
    }
    document = planned(made, tmp_path)
    assert [c["address"] for c in document["resource_changes"]] == ["terraform_data.tofu"]
    assert document["planned_values"]["outputs"]["o"]["value"] == "over"


def test_every_provider_of_every_module_is_known_by_its_source() -> None:
    made = prepared(
        {
            "main.tf": 'module "m" {\n  source = "./m"\n}\nprovider "google" {\n}\nresource "aws_x" "y" {\n}\n'
            'data "terraform_remote_state" "s" {\n  backend = "s3"\n}\n' + RESOURCE,
            "m/main.tf": "terraform {\n  required_providers {\n"
            '    aws = { source = "acme/aws" }\n    unused = {}\n  }\n}\n'
            'resource "aws_x" "y" {\n}\ndata "null_x" "y" {\n  provider = aws\n}\n',
        }
    )
    assert set(made.providers) == {
        ProviderUse(local_name="aws", source="registry.terraform.io/hashicorp/aws"),
        ProviderUse(local_name="google", source="registry.terraform.io/hashicorp/google"),
        ProviderUse(local_name="aws", source="registry.terraform.io/acme/aws"),
        ProviderUse(local_name="unused", source="registry.terraform.io/hashicorp/unused"),
    }


def test_moved_blocks_are_known_where_the_instance_is_plain() -> None:
    moved = "moved {\n  from = a_b.old\n  to   = a_b.new\n}\n"
    made = prepared(
        {
            "main.tf": moved
            + 'module "one" {\n  source = "./m"\n}\nmodule "many" {\n  source = "./m"\n  count = 2\n}\n'
            + 'moved {\n  from = a_b.c\n  to   = a_b.c["x"]\n}\nmoved {\n  from = a_b.d\n}\n',
            "m/main.tf": moved,
        }
    )
    assert made.moved == (
        ("a_b.old", "a_b.new"),
        ("a_b.c", 'a_b.c["x"]'),
        ("module.one.a_b.old", "module.one.a_b.new"),
    )


def test_a_module_is_planned_as_a_root_with_the_configurations_that_it_expects() -> None:
    text = (
        "terraform {\n  required_providers {\n    aws = {\n"
        "      configuration_aliases = [aws.east, aws.west]\n    }\n  }\n}\n"
        'provider "aws" {\n  alias = "west"\n}\n'
    )
    made = prepared({"main.tf": text, "zz_plumbrule.tf": "locals {\n}\n"})
    assert made.files["_zz_plumbrule.tf"] == b'provider "aws" {\n  alias = "east"\n}\n'


@needs_terraform
def test_files_that_are_not_here_do_not_cost_the_plan(tmp_path: Path) -> None:
    text = (
        'resource "terraform_data" "x" {\n  input = [\n    filebase64sha256("build/lambda.zip"),\n'
        '    jsondecode(file("${path.module}/policy.json")), templatefile("${path.root}/../up.tpl", {}),\n  ]\n}\n'
    )
    made = prepared({"r/main.tf": text}, "r")
    added = {path for path, data in made.files.items() if data == STAND_IN}
    assert added == {"r/build/lambda.zip", "r/policy.json", "up.tpl"}
    assert {(told.what, told.span and told.span.start_line) for told in made.statements} == {
        ("r/build/lambda.zip", 3),
        ("r/policy.json", 4),
        ("up.tpl", 4),
    }
    planned(made, tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../x",
        "~/x",
        "main.tf",
        "terraform.tfstate",
        "x.auto.tfvars",
        ".terraform/environment",
        "d",
        "t.txt/x",
    ],
)
def test_nothing_is_made_up_outside_of_the_copy_or_in_the_way_of_terraform(path: str) -> None:
    made = prepared({"r/main.tf": f'locals {{\n  a = file("{path}")\n}}\n', "r/d/x.txt": "", "r/t.txt": ""}, "r")
    assert set(made.files) == {"r/main.tf", "r/d/x.txt", "r/t.txt"}


def test_thousands_of_blocks_are_prepared() -> None:
    text = "".join(f'resource "a_b" "c{n}" {{\n  d = a_b.c0.e\n}}\n' for n in range(3000))
    assert len(prepared({"main.tf": text}).files["main.tf"]) == len(text)
