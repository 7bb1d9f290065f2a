"""Checkov's records become findings: made by hand here, so that each oddity can be shown."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from checkov.common.checks_infra.registry import get_all_graph_checks_registries

from reviewer.model import ScanResult, Span
from reviewer.scan import messages, module_calls, records
from reviewer.scan.results import decode, encode
from reviewer.scan.tree import Tree

MAIN = """resource "aws_db_instance" "orders" {
  publicly_accessible = true # for now
  password            = "hunter2hunter2"
}

module "net" {
  source = "./net"
  open   = local.open
}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A root of OpenTofu, as it is scanned."""
    (tmp_path / "net").mkdir()
    (tmp_path / "main.tf").write_text(MAIN)
    (tmp_path / "net" / "main.tf").write_text('resource "aws_subnet" "a" {\n  open = var.open\n}\n')
    (tmp_path / "Dockerfile").write_text("FROM a\nRUN b\nRUN c\n")
    names = {"main.tf": "main.tofu", "net/main.tf": "net/main.tf", "Dockerfile": "Dockerfile"}
    return Tree(tmp_path, names, "")


def record(tree: Tree, path: str = "main.tf", **changes: Any) -> Any:
    """A record of a failed check."""
    values: dict[str, Any] = {
        "check_id": "CKV_AWS_17",
        "check_name": "Ensure all data stored in RDS is not publicly accessible",
        "check_result": {"result": SimpleNamespace(name="FAILED"), "evaluated_keys": ["publicly_accessible"]},
        "check_class": "checkov.terraform.checks.resource.aws.RDSPubliclyAccessible",
        "file_path": f"/{path}",
        "file_abs_path": str(tree.root / path),
        "file_line_range": [1, 4],
        "resource": "aws_db_instance.orders",
        "guideline": None,
        "caller_file_path": None,
        "caller_file_line_range": None,
    }
    return SimpleNamespace(**(values | changes))


def test_a_record_becomes_a_finding_with_real_names(tree: Tree) -> None:
    (finding,) = records.findings("terraform", [record(tree)], tree)
    assert finding.span == Span(path="main.tofu", start_line=2, end_line=2)
    assert finding.block == Span(path="main.tofu", start_line=1, end_line=4)
    assert finding.evidence == "publicly_accessible = true"
    assert finding.message == "`aws_db_instance.orders` has `publicly_accessible = true`."
    assert finding.guideline and finding.guideline.endswith(
        "/checkov/terraform/checks/resource/aws/RDSPubliclyAccessible.py"
    )
    assert finding.skip_reason is None


def test_half_a_character_does_no_harm(tree: Tree) -> None:
    found = records.findings("terraform", [record(tree, resource="aws_x.\ud800", check_name="Ensure \udfff")], tree)
    assert decode(encode(ScanResult(findings=found))).findings == found


def test_the_same_record_twice_is_one_finding(tree: Tree) -> None:
    assert len(records.findings("terraform", [record(tree), record(tree)], tree)) == 1


def test_a_record_about_another_file_is_left_out(tree: Tree) -> None:
    stray = record(tree, file_path="/../other/main.tf", file_abs_path="/elsewhere/main.tf")
    assert records.findings("terraform", [stray], tree) == ()


@pytest.mark.parametrize("lines", [[0, 0], [900, 950], [4, 1], [None, None], [-3, 10**9]])
def test_lines_outside_the_file_are_moved_inside(tree: Tree, lines: list[Any]) -> None:
    (finding,) = records.findings("terraform", [record(tree, file_line_range=lines)], tree)
    assert 1 <= finding.span.start_line <= finding.span.end_line <= len(MAIN.split("\n"))


def test_a_skipped_record_keeps_its_reason_even_an_empty_one(tree: Tree) -> None:
    for reason in ("because", ""):
        result = {"result": SimpleNamespace(name="SKIPPED"), "suppress_comment": reason}
        (finding,) = records.findings("terraform", [record(tree, check_result=result)], tree)
        assert finding.skip_reason == reason


def test_evidence_and_message_hold_no_secret(tree: Tree) -> None:
    result = {"result": SimpleNamespace(name="FAILED"), "evaluated_keys": ["password"]}
    (finding,) = records.findings("terraform", [record(tree, check_result=result)], tree)
    assert finding.span.start_line == 3
    assert "hunter2" not in repr(finding)


def test_a_data_source_has_its_whole_address(tree: Tree) -> None:
    (tree.root / "net" / "main.tf").write_text('data "aws_iam_policy_document" "all" {\n  open = "x"\n}\n')
    for said, address in (
        ("aws_iam_policy_document.all", "data.aws_iam_policy_document.all"),
        ('module.net["a"].aws_iam_policy_document.all[0]', 'module.net["a"].data.aws_iam_policy_document.all[0]'),
        ("module.net.data.aws_iam_policy_document.all", "module.net.data.aws_iam_policy_document.all"),
        ("not_aws_iam_policy_document.all", "not_aws_iam_policy_document.all"),
    ):
        (found,) = records.findings("terraform", [record(tree, "net/main.tf", resource=said)], tree)
        assert found.resource == address


@pytest.mark.slow
def test_what_a_check_of_connected_resources_names_is_not_called_missing_here(tree: Tree) -> None:
    for registry in get_all_graph_checks_registries():
        registry.load_checks()
    messages.looks_elsewhere.cache_clear()
    result = {"result": SimpleNamespace(name="FAILED"), "evaluated_keys": ["access_control_policy/grant"]}
    by_connection = record(tree, check_id="CKV_AWS_20", check_class="checkov.common.graph.x", check_result=result)
    (found,) = records.findings("terraform", [by_connection], tree)
    assert found.message == ""


def test_a_workflow_that_says_its_rights_is_told_so_at_their_line(tree: Tree) -> None:
    (tree.root / ".github" / "workflows").mkdir(parents=True)
    path = ".github/workflows/ci.yml"
    (tree.root / path).write_text("on: push\npermissions: write-all\n")
    tree.names[path] = path
    (found,) = records.findings("github_actions", [record(tree, path, resource="on(build)")], tree)
    assert (found.span.start_line, found.message) == (2, "It says `permissions: write-all`.")


def test_what_the_message_does_not_know_it_does_not_say(tree: Tree) -> None:
    result = {"result": SimpleNamespace(name="FAILED"), "evaluated_keys": ["account_kind"]}
    (found,) = records.findings("terraform", [record(tree, check_class="x.y", check_result=result)], tree)
    assert found.message == ""


def test_a_workflow_as_a_whole_is_called_by_its_file(tree: Tree) -> None:
    (tree.root / ".github" / "workflows").mkdir(parents=True)
    (tree.root / ".github" / "workflows" / "ci.yml").write_text("on: push\n")
    tree.names[".github/workflows/ci.yml"] = ".github/workflows/ci.yml"
    (found,) = records.findings(
        "github_actions", [record(tree, ".github/workflows/ci.yml", resource="on(build)")], tree
    )
    assert found.resource == "ci.yml"


def test_a_graph_check_without_a_caller_gets_it_from_its_address(tree: Tree) -> None:
    inner = record(tree, "net/main.tf", resource='module.net["a.b"].aws_subnet.a', file_line_range=[1, 3])
    inner.check_result["evaluated_keys"] = ["open"]
    (finding,) = records.findings("terraform", [inner], tree)
    assert finding.caller == Span(path="main.tofu", start_line=8, end_line=8)


def test_a_missing_instruction_of_a_dockerfile_is_its_first_line(tree: Tree) -> None:
    whole = record(tree, "Dockerfile", resource="/Dockerfile.", file_line_range=[1, 3])
    run = record(tree, "Dockerfile", resource="/Dockerfile.RUN", file_line_range=[2, 2])
    (missing, at_run) = records.findings("dockerfile", [whole, run], tree)
    assert (missing.span.start_line, missing.span.end_line, missing.resource) == (1, 1, "Dockerfile")
    assert (at_run.span.start_line, at_run.resource) == (2, "RUN")


def test_a_link_that_is_no_link_is_not_taken(tree: Tree) -> None:
    odd = record(tree, guideline="javascript:alert(1)", check_class="evil")
    (finding,) = records.findings("terraform", [odd], tree)
    assert finding.guideline is None or finding.guideline.startswith("https://")


@pytest.mark.parametrize(
    "address, modules",
    [
        ("aws_x.y", ()),
        ("module.a.aws_x.y", ("a",)),
        ('module.a["x"].module.b[0].aws_x.y["z"]', ("a", "b")),
        ('module.a["module.q."].aws_x.y', ("a",)),
        ('module.a["]"].module.b.aws_x.y', ("a", "b")),
        ("module.a.module.b", ("a", "b")),
        ("aws_x.module.y", ()),
    ],
)
def test_the_modules_of_an_address_are_read(address: str, modules: tuple[str, ...]) -> None:
    assert module_calls.modules_of(address) == modules


def test_modules_that_call_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('module "a" {\n  source = "./."\n  x = var.x\n}\n')
    circle = Tree(tmp_path, {"main.tf": "main.tf"}, "")
    assert module_calls.trace(circle, ("a",) * 50, ("x",)) is not None
