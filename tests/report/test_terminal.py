"""The review in a terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from inline_snapshot import snapshot

from reviewer.report.terminal import columns, render_text
from tests.report.examinations import (
    CLEAN,
    OUT_OF_MEMORY,
    SSH_OPEN,
    SYNTAX_ERROR,
    TYPICAL,
    examination,
    finding,
    span,
)
from tests.report.hostile import hostile

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def test_a_typical_review():
    assert render_text(TYPICAL, color=False, width=100) == snapshot("""\
infra/database.tf:9  CRITICAL  The database is reachable from the internet  CKV_AWS_17  introduced
 ▸ 9 │ publicly_accessible = true
  `publicly_accessible = true` gives `aws_db_instance.orders` a public address.
  → Set `publicly_accessible = false` and reach it from inside the VPC.

infra/bastion.tf:10  HIGH  SSH is open to the whole internet  CKV_AWS_24  introduced
    8 │     to_port     = 22
    9 │     protocol    = "tcp"
 ▸ 10 │     cidr_blocks = ["0.0.0.0/0"]
  aws_security_group.bastion: `cidr_blocks` of this ingress rule allows port 22 from `0.0.0.0/0`.
  → Allow only the networks your administrators come from, or use Session Manager and no open port.

infra/database.tf:10  HIGH  The database stores its data unencrypted  CKV_AWS_16  introduced
 ▸ 10 │ storage_encrypted = false
  `storage_encrypted = false` on `aws_db_instance.orders`.
  → Set `storage_encrypted = true` now, while the database is new.

modules/bucket/main.tf:7  HIGH  The bucket may be made public  CKV_AWS_53  introduced
 ▸ 7 │ block_public_acls = !var.public
  module.bucket["assets"].aws_s3_bucket_public_access_block.this[0],
    module.bucket["site"].aws_s3_bucket_public_access_block.this[0], called in envs/prod/main.tf:12:
    `block_public_acls` is false, because the call passes `public = true`.
  → Leave out `public = true`, or serve the files through CloudFront.

infra/database.tf:1  MEDIUM  The database may be deleted by mistake  CKV_AWS_293  introduced
 ▸ 1 │ resource "aws_db_instance" "orders" {
  aws_db_instance.orders: `deletion_protection` is not set.
  → Set `deletion_protection = true`.

charts/web  not reviewed  helm is not installed on this server

blocked: 5 of 6 introduced block · 1 fixed · 3 standing · 1 waived · 1 muted · 0.8 s
""")


def test_a_clean_review_is_one_line():
    assert render_text(CLEAN, color=False, width=80) == "passed: nothing introduced · 3 standing · 0.8 s\n"


def test_what_was_not_reviewed_and_a_bad_policy_are_told():
    examined = examination(
        not_examined=(OUT_OF_MEMORY, SYNTAX_ERROR), policy_problems=(".github/plumbrule.yml:3: mode: bad",)
    )
    assert render_text(examined, color=False, width=80) == snapshot("""\
policy: .github/plumbrule.yml:3: mode: bad
envs/huge  NOT REVIEWED
  the scanner ran out of memory (limit 2048 MB). Raise `SCAN_MEMORY_MB` or
    exclude the path in the policy
infra/broken.tf:4  NOT REVIEWED  Line 4 does not parse: a block is not closed

blocked: nothing introduced · 2 not reviewed · 0 standing · 0.8 s
""")


def test_audit_mode_says_what_would_block():
    assert "1 would block (mode audit)" in render_text(examination((SSH_OPEN,), audit=True), color=False, width=80)


def test_colour_only_when_asked():
    assert "\x1b" not in render_text(TYPICAL, color=False, width=80)
    painted = render_text(TYPICAL, color=True, width=80)
    assert "\x1b[31mHIGH\x1b[0m" in painted
    assert ESCAPE.sub("", painted) == render_text(TYPICAL, color=False, width=80)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_lines_of_code_and_text_fit_the_width(width):
    lines = ("x" * 300, "宽" * 300, 'cidr_blocks = ["0.0.0.0/0"]')
    examined = examination(
        (replace(SSH_OPEN, span=span("a.tf", 1, 3), message="word " * 100),), excerpts=(("a.tf", lines),)
    )
    told = render_text(examined, color=False, width=width)
    assert all(columns(line) <= width for line in told.splitlines() if "introduced" not in line)


def test_a_long_span_is_cut():
    examined = examination((replace(SSH_OPEN, span=span("a.tf", 1, 50)),), excerpts=(("a.tf", ("x = 1",) * 60),))
    assert "… 42 more lines" in render_text(examined, color=False, width=80)


def test_a_span_beyond_the_file_shows_what_there_is():
    examined = examination((replace(SSH_OPEN, span=span("a.tf", 50, 60)),), excerpts=(("a.tf", ("x = 1",)),))
    assert "a.tf:50" in render_text(examined, color=False, width=80)


def test_secrets_in_the_excerpt_are_masked():
    key = (
        "-----BEGIN RSA PRIVATE KEY-----",
        "MIIEpAIBAAKCAQEA1234",
        "MIIEpAIBAAKCAQEA5678",
        "-----END RSA PRIVATE KEY-----",
    )
    lines = ('password = "hunter2!"', *key, "x = 1")
    examined = examination((replace(SSH_OPEN, span=span("a.tf", 3, 6)),), excerpts=(("a.tf", lines),))
    told = render_text(examined, color=False, width=80)
    assert "MIIE" not in told
    assert "hunter2" not in told
    assert " ▸ 6 │ x = 1" in told


@given(hostile, hostile, hostile)
def test_nothing_from_the_repository_drives_the_terminal(one, two, three):
    bad = finding(one, title=two, message=three, resource=one, remedy=two, evidence=three, span=span("a.tf", 1, 2))
    odd = replace(bad, span=span(one or "x", 1), fingerprint="aa")
    examined = examination((bad, odd), excerpts=(("a.tf", (one, two, three)),), policy_problems=(one,))
    told = render_text(examined, color=False, width=80)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff]", told)
