"""SARIF is valid, says what is at the head, and stays within GitHub's limits."""

# ruff: noqa: E501 (a snapshot is what a reader sees, its lines as long as they are)

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given
from inline_snapshot import snapshot

from reviewer.model import Severity
from reviewer.report.sarif import build_log, build_sarif, is_complete
from tests.report.examinations import (
    CLEAN,
    HEAD,
    MUTED,
    NO_HELM,
    OUT_OF_MEMORY,
    SSH_OPEN,
    STANDING,
    SYNTAX_ERROR,
    TYPICAL,
    WAIVED,
    bucket,
    examination,
    finding,
    span,
)
from tests.report.hostile import hostile

SCHEMA = jsonschema_rs.validator_for(json.loads(Path(__file__).with_name("sarif-2.1.0.schema.json").read_text()))
REF = "refs/pull/7/head"


def log_of(*findings, **changes):
    return build_log(findings, head_sha=HEAD, ref=REF, **changes)


def results(log):
    return log["runs"][0]["results"]


def rules(log):
    return log["runs"][0]["tool"]["driver"]["rules"]


@pytest.mark.parametrize(
    "log",
    [
        build_sarif(TYPICAL, ref=REF, repository_url="https://github.com/acme/infra"),
        build_sarif(TYPICAL, ref=""),
        build_sarif(CLEAN, ref="refs/heads/main"),
        log_of(),
        log_of(finding(guideline=None, resource="", message="", why="", remedy="", framework="", title="")),
    ],
)
def test_the_log_is_valid(log):
    assert [error.message for error in SCHEMA.iter_errors(log)] == []


def test_the_schema_refuses_what_is_no_sarif():
    assert not SCHEMA.is_valid({"version": "2.1.0", "runs": [{"results": []}]})


def test_one_result_and_its_rule():
    log = log_of(SSH_OPEN)
    assert results(log) == snapshot(
        [
            {
                "ruleId": "CKV_AWS_24",
                "ruleIndex": 0,
                "level": "error",
                "message": {
                    "text": "aws_security_group.bastion: SSH is open to the whole internet. `cidr_blocks` of this ingress rule allows port 22 from `0.0.0.0/0`."
                },
                "locations": [
                    {
                        "physicalLocation": {
                            "artifactLocation": {"uri": "infra/bastion.tf", "uriBaseId": "%SRCROOT%"},
                            "region": {"startLine": 10, "endLine": 10},
                        },
                        "logicalLocations": [{"fullyQualifiedName": "aws_security_group.bastion", "kind": "resource"}],
                    }
                ],
                "partialFingerprints": {"plumbrule/v1": "52e2a24717e229e5599422c315c9dbef"},
                "properties": {"severity": "high", "source": "code"},
            }
        ]
    )
    assert rules(log) == snapshot(
        [
            {
                "id": "CKV_AWS_24",
                "name": "SshIsOpenToTheWholeInternet",
                "shortDescription": {"text": "SSH is open to the whole internet"},
                "fullDescription": {
                    "text": "SSH is open to the whole internet. Anyone can reach the login of every instance in this group."
                },
                "help": {
                    "text": """\
SSH is open to the whole internet

Anyone can reach the login of every instance in this group.

What to do: Allow only the networks your administrators come from, or use Session Manager and no open port.

https://docs.prismacloud.io/networking/port-security\
""",
                    "markdown": """\
**SSH is open to the whole internet**

Anyone can reach the login of every instance in this group.

**What to do:** Allow only the networks your administrators come from, or use Session Manager and no open port.

[Guideline](https://docs.prismacloud.io/networking/port-security)\
""",
                },
                "defaultConfiguration": {"level": "error"},
                "properties": {
                    "security-severity": "8.0",
                    "precision": "high",
                    "tags": ["security", "iac", "terraform", "checkov"],
                },
                "helpUri": "https://docs.prismacloud.io/networking/port-security",
            }
        ]
    )


def test_a_result_names_the_module_call():
    (result,) = results(log_of(bucket("site")))
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "envs/prod/main.tf"


@pytest.mark.parametrize(
    ("severity", "level", "score"),
    [
        (Severity.CRITICAL, "error", "9.5"),
        (Severity.HIGH, "error", "8.0"),
        (Severity.MEDIUM, "warning", "5.5"),
        (Severity.LOW, "note", "3.0"),
        (Severity.INFO, "note", "0.5"),
    ],
)
def test_severity_is_level_and_score(severity, level, score):
    log = log_of(finding(severity=severity))
    assert results(log)[0]["level"] == level
    assert rules(log)[0]["properties"]["security-severity"] == score


def test_a_rule_of_several_findings_is_described_once_by_the_worst():
    log = log_of(finding(severity=Severity.LOW, resource="a.b"), finding(severity=Severity.CRITICAL, resource="c.d"))
    (rule,) = rules(log)
    assert rule["properties"]["security-severity"] == "9.5"
    assert [r["ruleIndex"] for r in results(log)] == [0, 0]


def test_an_upload_leaves_out_what_is_muted_or_waived():
    assert {r["ruleId"] for r in results(build_sarif(TYPICAL, ref=REF))}.isdisjoint({MUTED.rule, WAIVED.finding.rule})


def test_a_local_log_says_what_is_muted_or_waived_and_why():
    told = {r["ruleId"]: r.get("suppressions") for r in results(build_sarif(TYPICAL, ref=""))}
    assert told[MUTED.rule] == [{"kind": "inSource", "status": "accepted", "justification": "holds nothing, see #12"}]
    assert told[WAIVED.finding.rule] == [
        {"kind": "external", "status": "accepted", "justification": "Public redirect to HTTPS (until 2027-03-01)"}
    ]
    assert told[SSH_OPEN.rule] is None


def test_what_is_fixed_is_not_at_the_head():
    log = build_sarif(TYPICAL, ref=REF)
    assert len(results(log)) == 6 + len(STANDING)


@pytest.mark.slow
def test_a_log_of_too_many_results_keeps_the_worst_and_says_so():
    many = [finding(resource=f"r.x{n}", fingerprint=f"{n:032x}", severity=Severity.LOW) for n in range(25_010)]
    log = log_of(*many, SSH_OPEN)
    assert len(results(log)) == 25_000
    assert results(log)[0]["level"] == "error"
    (notification,) = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("11 less severe results were left out")
    assert SCHEMA.is_valid(log)


def test_a_finding_is_known_again_by_its_fingerprint():
    assert results(log_of(SSH_OPEN))[0]["partialFingerprints"] == {"plumbrule/v1": SSH_OPEN.fingerprint}


def test_a_path_is_a_uri():
    (result,) = results(log_of(replace(SSH_OPEN, span=span("a b/ü#1.tf", 3))))
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/%C3%BC%231.tf"


@given(hostile, hostile, hostile)
def test_whatever_the_repository_says_the_log_is_valid_and_holds_no_link(one, two, three):
    bad = finding(
        one,
        title=two,
        message=three,
        resource=one,
        why=two,
        remedy=three,
        guideline=one,
        framework=two,
        skip_reason=one,
    )
    log = log_of(
        replace(bad, span=span(three or "x", 1)), waived=(replace(WAIVED, waiver=replace(WAIVED.waiver, reason=two)),)
    )
    assert [error.message for error in SCHEMA.iter_errors(json.loads(json.dumps(log)))] == []
    assert "](" not in results(log)[0]["message"]["text"]


def test_an_incomplete_examination_is_not_to_be_uploaded():
    assert is_complete(TYPICAL)
    assert is_complete(examination(not_examined=(NO_HELM,)))
    assert not is_complete(examination(not_examined=(OUT_OF_MEMORY,)))
    assert not is_complete(examination(not_examined=(SYNTAX_ERROR,)))
