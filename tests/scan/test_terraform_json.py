"""Files in Terraform's JSON syntax are scanned with the native ones beside them, and findings are in the real files."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reviewer.fix.editing import Values
from reviewer.fix.proposals import Knowledge, propose
from reviewer.fix.recipes import read_recipes
from reviewer.model import Finding, ScanResult, Severity, Span
from reviewer.scan import checkov_runners, records, terraform_json
from reviewer.scan.proof import Scene, identity_of, prove
from reviewer.scan.tree import Tree
from tests.hostile.scanning import LIMITS, Bench, running_bench

BUCKET = """{
  "variable": {
    "acl": {"default": "public-read"}
  },
  "resource": {
    "aws_s3_bucket": {
      "site": {
        "bucket": "site",
        "acl": "${var.acl}"
      }
    },
    "aws_security_group": {
      "open": {
        "//": "checkov:skip=CKV2_AWS_5: attached elsewhere",
        "description": "x",
        "ingress": [
          {
            "description": "ssh",
            "from_port": 22,
            "to_port": 22,
            "protocol": "tcp",
            "cidr_blocks": ["0.0.0.0/0"]
          }
        ]
      }
    }
  }
}
"""


def tree_of(folder: Path, files: dict[str, str]) -> Tree:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Tree(folder, {name: name for name in files}, "")


def test_a_unit_without_json_is_scanned_where_it_lies(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"main.tf": ""})
    with terraform_json.native(tree) as unit:
        assert unit.tree is tree


def test_a_translated_file_keeps_its_real_name_and_the_tree_stays_as_it_was(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"a/main.tf.json": BUCKET, "a/main.tf.json.tf": "", "b.tf": ""})
    with terraform_json.native(tree) as unit:
        assert unit.tree.names == {
            "a/main.tf.json.tf": "a/main.tf.json.tf",
            "b.tf": "b.tf",
            "a/main.tf.json.tf.tf": "a/main.tf.json",
        }
        assert [block.labels for block in unit.tree.hcl("a/main.tf.json.tf.tf").blocks][1] == ("aws_s3_bucket", "site")
        assert unit.tree.root != tree.root
    assert sorted(path.name for path in tmp_path.rglob("*.tf*")) == ["b.tf", "main.tf.json", "main.tf.json.tf"]


def test_what_cannot_be_translated_stays_and_is_named(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"main.tf.json": "[", "other.tf.json": "{}"})
    with terraform_json.native(tree) as unit:
        assert unit.unreadable == {"main.tf.json"}
        assert unit.tree.names["main.tf.json"] == "main.tf.json"


def test_lines_come_back_as_those_of_the_json(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"main.tf.json": BUCKET})
    with terraform_json.native(tree) as unit:
        block = unit.tree.hcl("main.tf.json.tf").blocks[1]
        span = Span(path="main.tf.json", start_line=block.start_line, end_line=block.end_line)
        found = Finding(
            rule="X",
            title="",
            severity=Severity.LOW,
            span=span,
            block=span,
            resource="aws_s3_bucket.site",
            message="",
            scanner="checkov",
            caller=span,
        )
        (back,) = unit.back(ScanResult(findings=(found,))).findings
    real = Span(path="main.tf.json", start_line=7, end_line=10)
    assert (back.span, back.block, back.caller) == (real, real, real)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A warm scanner with roomy limits."""
    with running_bench(tmp_path_factory.mktemp("json"), LIMITS) as bench:
        yield bench


def only(result: ScanResult, rule: str, path: str = "main.tf.json") -> Finding:
    (finding,) = [finding for finding in result.findings if finding.rule == rule and finding.path == path]
    return finding


@pytest.mark.slow
def test_a_finding_has_the_place_and_the_address_that_it_has_in_the_json(bench: Bench) -> None:
    result = bench.scan({"main.tf.json": BUCKET})
    public, ssh = only(result, "CKV_AWS_20"), only(result, "CKV_AWS_24")
    assert (public.resource, ssh.resource) == ("aws_s3_bucket.site", "aws_security_group.open")
    assert public.span == Span(path="main.tf.json", start_line=9, end_line=9)
    assert public.block == Span(path="main.tf.json", start_line=7, end_line=10)
    assert ssh.span == Span(path="main.tf.json", start_line=22, end_line=22)
    assert ssh.block == Span(path="main.tf.json", start_line=13, end_line=25)
    assert (result.not_examined, result.resources, result.files) == ((), 2, 1)


@pytest.mark.slow
def test_a_comment_mutes_as_in_native_files(bench: Bench) -> None:
    assert only(bench.scan({"main.tf.json": BUCKET}), "CKV2_AWS_5").skip_reason == "attached elsewhere"


@pytest.mark.slow
def test_a_file_on_one_line_is_scanned_too(bench: Bench) -> None:
    result = bench.scan({"main.tf.json": json.dumps(json.loads(BUCKET))})
    assert only(result, "CKV_AWS_24").span == Span(path="main.tf.json", start_line=1, end_line=1)


@pytest.mark.slow
def test_resources_of_both_syntaxes_belong_together(bench: Bench) -> None:
    versions = {"aws_s3_bucket_versioning": {"v": {"bucket": "${aws_s3_bucket.b.id}"}}}
    versions["aws_s3_bucket_versioning"]["v"]["versioning_configuration"] = {"status": "Enabled"}  # type: ignore[assignment]
    bucket = 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n'
    alone = bench.scan({"main.tf": bucket})
    together = bench.scan({"main.tf": bucket, "more.tf.json": json.dumps({"resource": versions})})
    assert "CKV_AWS_21" in {finding.rule for finding in alone.findings}
    assert "CKV_AWS_21" not in {finding.rule for finding in together.findings}


@pytest.mark.slow
def test_a_module_is_called_from_json_and_written_in_it(bench: Bench) -> None:
    call = '{"module": {\n  "m": {\n    "source": "./m",\n    "acl": "public-read"\n  }\n}}'
    module = '{"variable": {"acl": {}},\n "resource": {"aws_s3_bucket": {\n  "b": {"acl": "${var.acl}"}}}}'
    found = only(bench.scan({"main.tf.json": call, "m/main.tf.json": module}), "CKV_AWS_20", "m/main.tf.json")
    assert found.resource == "module.m.aws_s3_bucket.b"
    assert found.caller == Span(path="main.tf.json", start_line=4, end_line=4)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["[", '{"resource": {"aws_s3_bucket": {"b": {"acl": "${"}}}}', "\0", "[" * 5000])
def test_a_file_that_cannot_be_read_is_said_not_to_have_been(bench: Bench, text: str) -> None:
    result = bench.scan({"main.tf.json": text, "other.tf": 'resource "aws_sqs_queue" "q" {}\n'})
    (entry,) = result.not_examined
    assert (entry.what, entry.blocking) == ("main.tf.json", True)
    assert "nothing in it was looked at" in entry.why
    assert result.resources == 1


QUEUE: dict[str, Any] = {
    "rule": "CKV_AWS_27",
    "on": "aws_sqs_queue",
    "set": "sqs_managed_sse_enabled = true\n",
    "risk": "safe",
    "from": "written",
}


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("change", "proved"), [({}, True), ({"set": "visibility_timeout_seconds = 30\n"}, False)])
def test_a_fix_of_json_is_proved_like_any_other(tmp_path: Path, change: dict[str, Any], proved: bool) -> None:
    text = (
        '{\n  "resource": {\n    "aws_sqs_queue": {\n      "jobs": {\n        "name": "jobs"\n      }\n    }\n  }\n}\n'
    )
    checkov_runners.load()
    tree = tree_of(tmp_path, {"main.tf.json": text})
    with terraform_json.native(tree) as unit:
        outcome = checkov_runners.run("terraform", unit.tree.root, ())
        found = records.findings("terraform", outcome.records, unit.tree)
        found = unit.back(ScanResult(findings=found)).findings
    scene = Scene(
        kind="terraform",
        tree=tree,
        files=tree.originals(),
        known=Counter(map(identity_of, found)),
        values=Values(choices={}),
        deadline=time.monotonic() + 60,
    )
    recipes = read_recipes([("x.yml", "terraform", {"recipes": [QUEUE | change]})])
    proposals, refusals = propose(scene.files, found, Knowledge(recipes=recipes, values=scene.values))
    assert [refusal.why for refusal in refusals if refusal.why] == []
    (proposal,) = proposals
    assert proposal.suggestion.path == "main.tf.json"
    if proved:
        assert '"sqs_managed_sse_enabled": true\n' in proposal.suggestion.replacement
    assert bool(prove(scene, proposals).proved) is proved
