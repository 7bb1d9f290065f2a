"""What the policy makes of a comparison: passed or blocked, and what deserves a comment. Decides, and does nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from reviewer.judge.effective import Mode, OnFailure, Policy, apply_rules
from reviewer.judge.waivers import waiver_for
from reviewer.model import Comparison, Finding, NotExamined, Severity, Verdict, Waived


def decide(comparison: Comparison, policy: Policy, today: date) -> Verdict:
    """Return the verdict on `comparison` on the day `today` (in UTC).

    Only what was introduced can block or be commented on, and only while no waiver covers it. In mode audit nothing
    blocks: `would_block` says what would have. Findings come most severe first, then by place.
    """
    open_findings, waived = _sorted_out(apply_rules(policy, comparison).introduced, policy, today)
    serious = _at_or_above(policy.block_at, open_findings)
    enforced = policy.mode is Mode.ENFORCE
    failures = _failures(comparison, policy) if enforced else ()
    return Verdict(
        passed=not (enforced and serious) and not failures,
        blocking=serious if enforced else (),
        comment_on=_at_or_above(policy.comment_at, open_findings),
        waived=waived,
        failures=failures,
        audit=not enforced,
        would_block=() if enforced else serious,
    )


def _sorted_out(
    findings: Iterable[Finding], policy: Policy, today: date
) -> tuple[tuple[Finding, ...], tuple[Waived, ...]]:
    """Return the findings that no waiver covers, and those that one does."""
    left, waived = [], []
    for finding in sorted(findings, key=_rank):
        waiver = waiver_for(finding, policy.waivers, today)
        if waiver is None:
            left.append(finding)
        else:
            waived.append(Waived(finding=finding, waiver=waiver))
    return tuple(left), tuple(waived)


def _rank(finding: Finding) -> tuple[int, str, int, str, str]:
    return (-finding.severity, finding.path, finding.span.start_line, finding.rule, finding.resource)


def _at_or_above(threshold: Severity | None, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    if threshold is None:
        return ()
    return tuple(finding for finding in findings if finding.severity >= threshold)


def _failures(comparison: Comparison, policy: Policy) -> tuple[NotExamined, ...]:
    if policy.on_failure is OnFailure.PASS:
        return ()
    return tuple(entry for entry in comparison.not_examined if entry.blocking)
