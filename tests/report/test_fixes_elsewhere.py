"""Fixes for machines and for the terminal: SARIF, JSON, text."""

# ruff: noqa: E501 (a snapshot is what a reader sees, its lines as long as they are)

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given
from inline_snapshot import snapshot

from reviewer.model import Risk
from reviewer.report.jsonable import build_json
from reviewer.report.patch import lines_of
from reviewer.report.sarif import build_sarif
from reviewer.report.terminal import columns, render_text
from tests.report.examinations import (
    BASTION,
    NO_DELETION_PROTECTION,
    PUBLIC_DATABASE,
    SSH_OPEN,
    STANDING,
    UNENCRYPTED_DATABASE,
    examination,
    finding,
)
from tests.report.fixing import DATABASE_FILE, IAM, IAM_GUIDANCE, mends, proposing, suggest
from tests.report.hostile import hostile

SCHEMA = jsonschema_rs.validator_for(json.loads(Path(__file__).with_name("sarif-2.1.0.schema.json").read_text()))
ADMINS = suggest("infra/bastion.tf", BASTION, 10, 10, "    cidr_blocks = var.admin_cidrs\n", risk=Risk.INPUT)
PRIVATE = suggest("infra/database.tf", DATABASE_FILE, 9, 9, "  publicly_accessible = false\n")
ENCRYPTED = suggest("infra/database.tf", DATABASE_FILE, 10, 10, "  storage_encrypted   = true\n", risk=Risk.REPLACE)
FIXES = (
    mends(ADMINS, SSH_OPEN, inputs=("admin_cidrs",)),
    mends(PRIVATE, PUBLIC_DATABASE),
    mends(ENCRYPTED, UNENCRYPTED_DATABASE, warnings=("Take a snapshot first",)),
)
FILES = (("infra/bastion.tf", tuple(BASTION.splitlines())), ("infra/database.tf", tuple(DATABASE_FILE.splitlines())))
FIXED = proposing(
    examination((SSH_OPEN, PUBLIC_DATABASE, UNENCRYPTED_DATABASE, IAM), standing=STANDING, excerpts=FILES),
    *FIXES,
    guidance=(IAM_GUIDANCE,),
)
SECRET = suggest("infra/bastion.tf", '  password = "hunter2!"\n', 1, 1, '  password = "hunter3!"\n')


def sarif_fixes(examined) -> dict[str, object]:
    (run,) = build_sarif(examined, ref="refs/pull/7/head")["runs"]
    return {result["ruleId"]: result["fixes"] for result in run["results"] if "fixes" in result}


def test_a_result_carries_its_fix():
    assert sarif_fixes(FIXED)["CKV_AWS_24"] == snapshot(
        [
            {
                "description": {"text": "Needs a decision. Without a value yet: admin_cidrs."},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": "infra/bastion.tf", "uriBaseId": "%SRCROOT%"},
                        "replacements": [
                            {
                                "deletedRegion": {"startLine": 10, "startColumn": 1, "endLine": 11, "endColumn": 1},
                                "insertedContent": {"text": "    cidr_blocks = var.admin_cidrs\n"},
                            }
                        ],
                    }
                ],
            }
        ]
    )
    assert sarif_fixes(FIXED).keys() == {"CKV_AWS_24", "CKV_AWS_17", "CKV_AWS_16"}


def test_a_fix_says_its_risk_and_warnings():
    (fix,) = sarif_fixes(FIXED)["CKV_AWS_16"]
    assert fix["description"]["text"] == snapshot(
        "Beware: what exists already is recreated or restarted. Take a snapshot first."
    )


def test_a_fix_carries_all_files_that_it_changes_or_is_left_out():
    call = suggest("main.tf", 'module "net" {\n}\n', 2, 2, "  admin_cidrs = var.admin_cidrs\n}\n", risk=Risk.INPUT)
    examined = examination((SSH_OPEN,))
    whole = proposing(examined, mends(ADMINS, SSH_OPEN, also=(call,)))
    (fix,) = sarif_fixes(whole)["CKV_AWS_24"]
    assert [change["artifactLocation"]["uri"] for change in fix["artifactChanges"]] == ["infra/bastion.tf", "main.tf"]
    SCHEMA.validate(build_sarif(whole, ref="refs/pull/7/head"))
    (told,) = build_json(whole)["findings"]
    assert [told["suggestion"]["path"], *(edit["path"] for edit in told["also"])] == ["infra/bastion.tf", "main.tf"]
    assert "in 2 files" in render_text(whole, color=False, width=100)
    halved = proposing(examined, mends(ADMINS, SSH_OPEN, also=(SECRET,)))
    assert not sarif_fixes(halved)
    (told,) = build_json(halved)["findings"]
    assert told["suggestion"] is None
    assert "also" not in told


def put_in(text: str, fix) -> str:
    """`text` edited as a reader of SARIF would: by lines and columns."""
    (replacement,) = fix["artifactChanges"][0]["replacements"]
    region, lines = replacement["deletedRegion"], lines_of(text)

    def offset(line: int, column: int) -> int:
        return sum(map(len, lines[: line - 1])) + column - 1

    start, end = offset(region["startLine"], region["startColumn"]), offset(region["endLine"], region["endColumn"])
    return text[:start] + replacement.get("insertedContent", {}).get("text", "") + text[end:]


@pytest.mark.parametrize(
    ("text", "first", "last", "replacement"),
    [
        ("a\nb\nc\n", 2, 2, "B\nx\n"),
        ("a\nb\nc\n", 2, 3, ""),
        ("a\nb", 2, 2, "B"),
        ("a\nb", 1, 2, "c\n"),
        ("a\r\nb\r\n", 2, 2, "B\r\n"),
    ],
)
def test_the_region_is_exactly_what_is_replaced(text, first, last, replacement):
    fix = suggest("infra/bastion.tf", text, first, last, replacement)
    original = "".join(lines_of(text)[first - 1 : last])
    (told,) = sarif_fixes(proposing(examination((SSH_OPEN,)), mends(replace(fix, original=original), SSH_OPEN)))[
        "CKV_AWS_24"
    ]
    lines = lines_of(text)
    assert put_in(text, told) == "".join([*lines[: first - 1], replacement, *lines[last:]])


def test_a_log_with_fixes_is_valid():
    empty = proposing(examination((SSH_OPEN,)), mends(replace(ADMINS, replacement=""), SSH_OPEN))
    for examined in (FIXED, empty):
        assert [error.message for error in SCHEMA.iter_errors(build_sarif(examined, ref="refs/pull/7/head"))] == []


@pytest.mark.slow
def test_fixes_beyond_a_sane_total_are_left_out():
    many = tuple(finding(resource=f"r.x{n}", fingerprint=f"{n:032x}") for n in range(120))
    long = replace(ADMINS, replacement="    x = 1\n" * 1900)
    examined = proposing(examination(many), *(mends(long, f) for f in many))
    (run,) = build_sarif(examined, ref="refs/pull/7/head")["runs"]
    assert sum("fixes" in result for result in run["results"]) == 51
    assert len(json.dumps(run)) < 2_000_000
    assert (
        sarif_fixes(proposing(examination((SSH_OPEN,)), mends(replace(long, replacement="x\n" * 20_000), SSH_OPEN)))
        == {}
    )


def test_a_secret_is_in_no_machines_fix():
    examined = proposing(examination((SSH_OPEN,)), mends(SECRET, SSH_OPEN))
    assert sarif_fixes(examined) == {}
    (told,) = build_json(examined)["findings"]
    assert told["suggestion"] is None


def test_the_json_has_the_suggestion_and_the_guidance():
    told = {f["rule"]: (f["suggestion"], f["guidance"]) for f in build_json(FIXED)["findings"]}
    assert told == snapshot(
        {
            "CKV_AWS_17": (
                {
                    "path": "infra/database.tf",
                    "start_line": 9,
                    "end_line": 9,
                    "replacement": "  publicly_accessible = false\n",
                    "risk": "safe",
                },
                None,
            ),
            "CKV_AWS_24": (
                {
                    "path": "infra/bastion.tf",
                    "start_line": 10,
                    "end_line": 10,
                    "replacement": "    cidr_blocks = var.admin_cidrs\n",
                    "risk": "input",
                },
                None,
            ),
            "CKV_AWS_16": (
                {
                    "path": "infra/database.tf",
                    "start_line": 10,
                    "end_line": 10,
                    "replacement": "  storage_encrypted   = true\n",
                    "risk": "replace",
                },
                None,
            ),
            "CKV_AWS_286": (
                None,
                "Which actions `aws_iam_policy.deploy` needs only you know. List them instead of `*`; start from what CloudTrail saw it use.",
            ),
            "CKV_AWS_144": (None, None),
        }
    )


def test_the_terminal_shows_each_fix_below_its_line():
    assert render_text(FIXED, color=False, width=100) == snapshot("""\
infra/database.tf:9  CRITICAL  The database is reachable from the internet  CKV_AWS_17  introduced
   7 │   username = "orders"
   8 │
 ▸ 9 │   publicly_accessible = true
     │   ╰─ fix: publicly_accessible = false
  `publicly_accessible = true` gives `aws_db_instance.orders` a public address.

infra/bastion.tf:10  HIGH  SSH is open to the whole internet  CKV_AWS_24  introduced
    8 │     to_port     = 22
    9 │     protocol    = "tcp"
 ▸ 10 │     cidr_blocks = ["0.0.0.0/0"]
      │     ╰─ fix: cidr_blocks = var.admin_cidrs
  needs a value: admin_cidrs
  aws_security_group.bastion: `cidr_blocks` of this ingress rule allows port 22 from `0.0.0.0/0`.

infra/database.tf:10  HIGH  The database stores its data unencrypted  CKV_AWS_16  introduced
    8 │
    9 │   publicly_accessible = true
 ▸ 10 │   storage_encrypted   = false
      │   ╰─ fix (recreates or restarts it): storage_encrypted = true
  ! Take a snapshot first
  `storage_encrypted = false` on `aws_db_instance.orders`.

infra/iam.tf:7  HIGH  The policy may be used to gain more rights  CKV_AWS_286  introduced
 ▸ 7 │ cidr_blocks = ["0.0.0.0/0"]
  aws_iam_policy.deploy: `Action = "*"` on `Resource = "*"`.
  → Which actions `aws_iam_policy.deploy` needs only you know. List them instead of `*`; start from
    what CloudTrail saw it use.

3 fixes, 1 safe: plumbrule fix . --base 9e8f7a6   the others: --also input --also replace
blocked: 4 of 4 introduced block · 3 standing · 0.8 s
""")


def test_the_terminal_counts_a_long_fix_and_says_how_to_see_it():
    long = suggest("infra/bastion.tf", BASTION, 10, 10, "    cidr_blocks = []\n    self = true\n")
    told = render_text(
        proposing(examination((SSH_OPEN,), excerpts=FILES), mends(long, SSH_OPEN)), color=False, width=100
    )
    assert "      │     ╰─ fix: 2 lines, see `plumbrule fix . --dry-run --rule CKV_AWS_24`" in told
    assert "1 fix: plumbrule fix . --base 9e8f7a6\n" in told


def test_the_terminal_says_that_lines_go_and_where_a_fix_is():
    variables = 'variable "open" {\n  default = true\n}\n'
    gone = suggest("infra/variables.tf", variables, 2, 2, "")
    told = render_text(
        proposing(examination((NO_DELETION_PROTECTION,)), mends(gone, NO_DELETION_PROTECTION)), color=False, width=100
    )
    assert "╰─ fix in infra/variables.tf:2: without 1 line" in told


def test_no_secret_reaches_the_terminal():
    told = render_text(
        proposing(examination((SSH_OPEN,), excerpts=FILES), mends(SECRET, SSH_OPEN)), color=False, width=100
    )
    assert "hunter" not in told
    assert "1 line, see `plumbrule fix" in told


@pytest.mark.parametrize("width", [40, 60, 100])
def test_a_fix_fits_the_width(width):
    wide = replace(ADMINS, replacement=f"    cidr_blocks = [{'x' * 300}]\n")
    told = render_text(
        proposing(examination((SSH_OPEN,), excerpts=FILES), mends(wide, SSH_OPEN)), color=True, width=width
    )
    assert all(columns(line) <= width for line in told.splitlines() if "╰─" in line)


@given(hostile, hostile, hostile)
def test_whatever_a_fix_says_machines_and_terminals_are_safe(one, two, three):
    fix = suggest(one or "x", BASTION, 10, 10, f"{two}\n{three}\n")
    examined = proposing(
        examination((SSH_OPEN, IAM), excerpts=FILES),
        mends(fix, SSH_OPEN, inputs=(one, two), warnings=(three,)),
        guidance=(replace(IAM_GUIDANCE, text=one),),
    )
    log = build_sarif(examined, ref="refs/pull/7/head")
    assert SCHEMA.is_valid(json.loads(json.dumps(log)))
    json.dumps(build_json(examined))
    told = render_text(examined, color=False, width=80)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff]", told)
