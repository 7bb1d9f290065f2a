from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from reviewer.judge.compare import compare
from reviewer.judge.policy import Mode, OnFailure, Policy
from reviewer.judge.verdict import decide
from reviewer.model import Comparison, Diff, NotExamined, Severity, Waived, Waiver
from tests.judge.builders import TODAY, finding, result

CRITICAL = finding(rule="CKV_C", severity=Severity.CRITICAL, path="z.tf")
HIGH = finding(rule="CKV_H", severity=Severity.HIGH)
MEDIUM = finding(rule="CKV_M", severity=Severity.MEDIUM)
LOW = finding(rule="CKV_L", severity=Severity.LOW)
ALL = Comparison(introduced=(LOW, MEDIUM, HIGH, CRITICAL))
FAILED = NotExamined(what="envs/huge", why="the scan ran out of time")
STATED = NotExamined(what="helm", why="helm is not installed", blocking=False)


def test_a_change_that_introduces_nothing_passes_whatever_stands():
    verdict = decide(Comparison(standing=(CRITICAL,), fixed=(HIGH,), muted=(CRITICAL,)), Policy(), TODAY)
    assert verdict.passed
    assert verdict.blocking == verdict.comment_on == ()


def test_what_is_at_or_above_the_threshold_blocks_most_severe_first():
    verdict = decide(ALL, Policy(), TODAY)
    assert not verdict.passed
    assert verdict.blocking == (CRITICAL, HIGH)
    assert verdict.comment_on == (CRITICAL, HIGH, MEDIUM)
    assert not verdict.audit


@pytest.mark.parametrize(
    ("block_at", "passed"), [(Severity.LOW, False), (Severity.MEDIUM, True), (Severity.CRITICAL, True), (None, True)]
)
def test_the_threshold_is_the_policys(block_at, passed):
    assert decide(Comparison(introduced=(LOW,)), Policy(block_at=block_at), TODAY).passed is passed


def test_commenting_can_be_switched_off_without_letting_anything_pass():
    verdict = decide(ALL, Policy(comment_at=None), TODAY)
    assert verdict.comment_on == ()
    assert not verdict.passed


def test_audit_tells_what_would_block_and_passes():
    verdict = decide(replace(ALL, not_examined=(FAILED,)), Policy(mode=Mode.AUDIT), TODAY)
    assert verdict.passed
    assert verdict.audit
    assert verdict.blocking == verdict.failures == ()
    assert verdict.would_block == (CRITICAL, HIGH)
    assert verdict.comment_on == (CRITICAL, HIGH, MEDIUM)


def test_what_was_not_looked_at_blocks_if_the_policy_says_so():
    comparison = Comparison(not_examined=(STATED, FAILED))
    blocked = decide(comparison, Policy(), TODAY)
    assert (blocked.passed, blocked.failures) == (False, (FAILED,))
    passed = decide(comparison, Policy(on_failure=OnFailure.PASS), TODAY)
    assert (passed.passed, passed.failures) == (True, ())
    assert decide(Comparison(not_examined=(STATED,)), Policy(), TODAY).passed


def waiver(**more) -> Waiver:
    return Waiver(**{"rule": "CKV_H", "reason": "because", "expires": TODAY, "path": "**", **more})


@pytest.mark.parametrize(
    ("accepted", "covers"),
    [
        (waiver(), True),
        (waiver(rule="CKV_*"), True),
        (waiver(rule="CKV_X"), False),
        (waiver(path="other/**"), False),
        (waiver(path=None, resource="aws_s3_bucket.*"), True),
        (waiver(path=None, resource="aws_s3_bucket.site"), False),
        (waiver(path="main.tf", resource="aws_s3_bucket.site"), False),
        (waiver(expires=TODAY - timedelta(days=1)), False),
    ],
)
def test_a_waived_finding_neither_blocks_nor_gets_a_comment(accepted, covers):
    verdict = decide(Comparison(introduced=(HIGH,)), Policy(waivers=(accepted,)), TODAY)
    assert verdict.passed is covers
    assert bool(verdict.comment_on) is not covers
    assert verdict.waived == ((Waived(finding=HIGH, waiver=accepted),) if covers else ())


def test_a_waiver_counts_on_its_last_day_and_not_on_the_next():
    policy = Policy(waivers=(waiver(expires=date(2027, 3, 31)),))
    assert decide(Comparison(introduced=(HIGH,)), policy, date(2027, 3, 31)).passed
    assert not decide(Comparison(introduced=(HIGH,)), policy, date(2027, 4, 1)).passed


def test_a_skip_that_the_change_adds_follows_the_severity_of_its_rule():
    comparison = compare(result(HIGH), result(replace(HIGH, skip_reason="x")), Diff())
    by_default = decide(comparison, Policy(), TODAY)
    assert by_default.passed
    assert [one.rule for one in by_default.comment_on] == ["PLB_SKIP_1"]
    assert not decide(comparison, Policy(rules={"PLB_SKIP_1": Severity.HIGH}), TODAY).passed
    assert decide(comparison, Policy(rules={"PLB_SKIP_1": "off"}), TODAY).comment_on == ()
