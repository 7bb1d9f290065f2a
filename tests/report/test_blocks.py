"""Findings are told by block, under names that stay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer.model import Severity
from reviewer.report.blocks import block_resource, blocks_of, issues_of, place
from tests.report.examinations import (
    NO_DELETION_PROTECTION,
    PUBLIC_DATABASE,
    SSH_OPEN,
    UNENCRYPTED_DATABASE,
    bucket,
    finding,
    span,
)


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("aws_s3_bucket.this", "aws_s3_bucket.this"),
        ("aws_s3_bucket.this[0]", "aws_s3_bucket.this"),
        ('module.a["x.y"].module.b[1].aws_s3_bucket.this["k]"]', "aws_s3_bucket.this"),
        ("module.a.data.aws_iam_policy_document.x", "data.aws_iam_policy_document.x"),
        ("module.vpc", "module.vpc"),
        ("module.a.module.b", "module.b"),
        ('module.b["\\"."].x.y', "x.y"),
        ("Deployment.default.web", "Deployment.default.web"),
        ("jobs.build.steps[2]", "jobs.build.steps"),
        ("", ""),
    ],
)
def test_a_block_is_called_as_its_own_file_calls_it(address, block):
    assert block_resource(address) == block


def test_what_is_wrong_with_one_block_is_told_together_and_the_worst_first():
    blocks = blocks_of((NO_DELETION_PROTECTION, SSH_OPEN, UNENCRYPTED_DATABASE, PUBLIC_DATABASE))
    assert [[issue.first.rule for issue in block.issues] for block in blocks] == [
        ["CKV_AWS_17", "CKV_AWS_16", "CKV_AWS_293"],
        ["CKV_AWS_24"],
    ]


def test_instances_of_one_block_are_one_issue():
    (issue,) = issues_of((bucket("site"), bucket("assets")))
    assert len(issue.findings) == 2


def test_the_key_of_a_block_stays_when_the_code_moves():
    moved = replace(SSH_OPEN, span=span(SSH_OPEN.path, 110), block=span(SSH_OPEN.path, 101, 112))
    assert blocks_of((SSH_OPEN,))[0].key == blocks_of((moved,))[0].key


def test_the_key_of_a_block_stays_when_more_is_found_in_it():
    worse = replace(SSH_OPEN, rule="CKV_AWS_25", severity=Severity.CRITICAL, fingerprint="ff")
    assert blocks_of((SSH_OPEN,))[0].key == blocks_of((SSH_OPEN, worse))[0].key


def test_two_blocks_of_one_name_have_two_keys():
    first = finding(resource="Secret.x", block=span("a.yml", 1, 3), span=span("a.yml", 1))
    second = finding(resource="Secret.x", block=span("a.yml", 9, 12), span=span("a.yml", 9))
    keys = [block.key for block in blocks_of((second, first))]
    assert len(set(keys)) == 2
    assert blocks_of((first,))[0].key in keys


def test_a_long_path_keeps_its_end_and_the_line():
    assert place(span("x" * 500 + "/main.tf", 12)).endswith("/main.tf:12")


def test_a_secret_is_told_with_the_smallest_block_around_it():
    around = finding("CKV_AWS_46", block=span("a.tf", 1, 30), span=span("a.tf", 1), resource="aws_instance.web")
    inner = finding("CKV_AWS_8", block=span("a.tf", 10, 20), span=span("a.tf", 10), resource="aws_instance.small")
    secret = finding(
        "CKV_SECRET_2", framework="secrets", block=span("a.tf", 12), span=span("a.tf", 12), resource="AWS Access Key 1"
    )
    blocks = {block.resource: block for block in blocks_of([around, inner, secret])}
    assert {issue.first.rule for issue in blocks["aws_instance.small"].issues} == {"CKV_AWS_8", "CKV_SECRET_2"}
    assert blocks["aws_instance.small"].name == "aws_instance.small"
    assert len(blocks) == 2


def test_a_secret_outside_every_block_is_told_by_itself():
    secret = finding("CKV_SECRET_2", framework="secrets", block=span("a.tf", 40), span=span("a.tf", 40), resource="K 1")
    assert {block.resource for block in blocks_of([SSH_OPEN, secret])} == {SSH_OPEN.resource, "K 1"}
