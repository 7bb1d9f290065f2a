"""Proofs with the real Checkov: what holds is kept, what does not is taken out, and the rest is proved again."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from reviewer.fix.editing import Values
from reviewer.fix.proposals import Knowledge, Proposal, propose
from reviewer.fix.recipes import read_recipes
from reviewer.model import Finding
from reviewer.scan import checkov_runners, records
from reviewer.scan.proof import Scene, identity_of, prove
from reviewer.scan.tree import Tree

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # Checkov's own warnings are not ours

BUCKET = """\
resource "aws_ebs_volume" "data" {
  availability_zone = "eu-central-1a"
  size              = 10
}

resource "aws_sqs_queue" "jobs" {
  name = "jobs"
}
"""
ENCRYPTED = {"rule": "CKV_AWS_3", "on": "aws_ebs_volume", "set": "encrypted = true\n", "risk": "replace"}
QUEUE = {"rule": "CKV_AWS_27", "on": "aws_sqs_queue", "set": "sqs_managed_sse_enabled = true\n", "risk": "safe"}


@pytest.fixture(scope="module", autouse=True)
def checkov() -> None:
    checkov_runners.load()


def scanned(tree: Tree) -> tuple[Finding, ...]:
    outcome = checkov_runners.run("terraform", tree.root, ())
    return records.findings("terraform", outcome.records, tree)


def tried(tmp_path: Path, text: str, *rows: dict[str, Any]) -> tuple[dict[str, bool], int]:
    """Return which rules had their fix proved and which failed, and how many scans that took."""
    (tmp_path / "main.tf").write_text(text)
    tree = Tree(tmp_path, {"main.tf": "main.tf"}, "")
    found = scanned(tree)
    rules = [row["rule"] for row in rows]
    wanted = sorted((f for f in found if f.rule in rules), key=lambda f: rules.index(f.rule))
    recipes = read_recipes([("x.yml", "terraform", {"recipes": [row | {"from": "written"} for row in rows]})])
    scene = Scene(
        kind="terraform",
        tree=tree,
        files=tree.originals(),
        known=Counter(map(identity_of, found)),
        values=Values(choices={}),
        deadline=time.monotonic() + 60,
    )
    proposals, refusals = propose(scene.files, wanted, Knowledge(recipes=recipes, values=scene.values))
    assert not refusals
    proof = prove(scene, proposals)

    def of(parts: tuple[Proposal, ...]) -> set[str]:
        return {proposal.recipe.rule for proposal in parts}

    return dict.fromkeys(of(proof.failed), False) | dict.fromkeys(of(proof.proved), True), proof.scans


def test_fixes_that_hold_are_proved_in_one_scan_together(tmp_path: Path) -> None:
    assert tried(tmp_path, BUCKET, ENCRYPTED, QUEUE) == ({"CKV_AWS_3": True, "CKV_AWS_27": True}, 1)


def test_an_edit_that_does_not_make_the_check_pass_is_taken_out_and_the_rest_proved_again(tmp_path: Path) -> None:
    useless = QUEUE | {"set": "visibility_timeout_seconds = 30\n"}
    assert tried(tmp_path, BUCKET, ENCRYPTED, useless) == ({"CKV_AWS_3": True, "CKV_AWS_27": False}, 2)


def test_an_edit_that_makes_the_finding_only_vanish_is_not_proved(tmp_path: Path) -> None:
    held, _ = tried(tmp_path, BUCKET, QUEUE | {"set": "count = 0\n"})
    assert held == {"CKV_AWS_27": False}


def test_an_edit_that_brings_something_new_is_not_proved(tmp_path: Path) -> None:
    open_bucket = QUEUE | {
        "add": 'resource "aws_security_group" "jobs" {\n  description = ""\n  ingress {\n    from_port = 22\n'
        '    to_port = 22\n    protocol = "tcp"\n    cidr_blocks = ["0.0.0.0/0"]\n  }\n}\n'
    }
    held, _ = tried(tmp_path, BUCKET, ENCRYPTED, open_bucket)
    assert held == {"CKV_AWS_3": True, "CKV_AWS_27": False}


def test_of_two_recipes_that_want_one_attribute_only_one_stands(tmp_path: Path) -> None:
    key = 'encrypted = false\nkms_key_id = "arn:aws:kms:eu-central-1:111122223333:key/1"\n'
    other = {"rule": "CKV_AWS_189", "on": "aws_ebs_volume", "set": key, "risk": "safe"}
    assert tried(tmp_path, BUCKET, ENCRYPTED, other, QUEUE)[0] == {
        "CKV_AWS_3": False,
        "CKV_AWS_189": True,
        "CKV_AWS_27": True,
    }


def test_a_secret_that_an_edit_writes_down_is_something_new(tmp_path: Path) -> None:
    secret = QUEUE | {"set": 'sqs_managed_sse_enabled = true\ntags = {\n  key = "AKIAIOSFODNN7EXAMPLQ"\n}\n'}
    held, _ = tried(tmp_path, BUCKET, ENCRYPTED, secret)
    assert held == {"CKV_AWS_3": True, "CKV_AWS_27": False}


def test_a_secret_that_stood_there_and_is_only_aligned_anew_is_nothing_new(tmp_path: Path) -> None:
    text = BUCKET.replace('name = "jobs"', 'name = "AKIAIOSFODNN7EXAMPLQ"')
    assert tried(tmp_path, text, QUEUE) == ({"CKV_AWS_27": True}, 1)
    assert "AKIAIOSFODNN7EXAMPLQ" in (tmp_path / "main.tf").read_text()
