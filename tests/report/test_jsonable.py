"""The JSON that scripts rely on."""

from __future__ import annotations

import json
from dataclasses import replace

from inline_snapshot import snapshot

from reviewer.report.jsonable import build_json
from tests.report.examinations import CLEAN, FIXED, NO_HELM, SSH_OPEN, STANDING, WAIVED, examination


def test_the_json_is_the_contract():
    told = build_json(examination((SSH_OPEN,), not_examined=(NO_HELM,)))
    assert told == snapshot(
        {
            "plans": [],
            "verdict": "blocked",
            "not_examined": [{"what": "charts/web", "why": "helm is not installed on this server"}],
            "findings": [
                {
                    "rule": "CKV_AWS_24",
                    "title": "SSH is open to the whole internet",
                    "severity": "high",
                    "status": "introduced",
                    "path": "infra/bastion.tf",
                    "start_line": 10,
                    "end_line": 10,
                    "resource": "aws_security_group.bastion",
                    "message": "`cidr_blocks` of this ingress rule allows port 22 from `0.0.0.0/0`.",
                    "fingerprint": "52e2a24717e229e5599422c315c9dbef",
                    "source": "code",
                    "suggestion": None,
                    "guidance": None,
                    "blocking": True,
                    "waived": False,
                }
            ],
        }
    )


def test_every_finding_has_its_status_and_whether_it_counts():
    told = build_json(examination((SSH_OPEN,), standing=STANDING[:1], fixed=(FIXED,), waived=(WAIVED,)))
    assert [(f["rule"], f["status"], f["blocking"], f["waived"]) for f in told["findings"]] == [
        ("CKV_AWS_24", "introduced", True, False),
        ("CKV_AWS_260", "introduced", False, True),
        ("CKV_AWS_144", "standing", False, False),
        ("CKV_AWS_20", "fixed", False, False),
    ]


def test_a_clean_review_is_passed_without_findings_of_its_own():
    told = build_json(CLEAN)
    assert told["verdict"] == "passed"
    assert {f["status"] for f in told["findings"]} == {"standing"}


def test_the_json_can_be_written_whatever_the_paths_are_and_holds_no_secret():
    odd = replace(SSH_OPEN, span=replace(SSH_OPEN.span, path="caf\udce9.tf"), message='password = "hunter2!"')
    told = json.dumps(build_json(examination((odd,))))
    assert "hunter2" not in told
