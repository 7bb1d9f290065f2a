"""Where two rules say the same of one block, one of them speaks."""

from __future__ import annotations

from reviewer.model import Finding, ScanResult, Severity, Span
from reviewer.rules.overlaps import without_overlaps


def finding(rule: str, start: int, end: int, path: str = "main.tf") -> Finding:
    span = Span(path=path, start_line=start, end_line=end)
    return Finding(
        rule=rule,
        title=rule,
        severity=Severity.MEDIUM,
        span=span,
        block=span,
        resource="module.vpc",
        message="",
        scanner="plumbrule" if rule.startswith("PLB") else "checkov",
    )


def test_a_superseded_rule_is_silent_where_ours_speaks_about_the_block() -> None:
    ours, echo = finding("PLB_MODULE_1", 3, 3), finding("CKV_TF_1", 2, 6)
    assert without_overlaps(ScanResult(findings=(ours, echo))).findings == (ours,)


def test_it_still_speaks_about_other_blocks_other_files_and_other_things() -> None:
    kept = (
        finding("PLB_MODULE_1", 3, 3),
        finding("CKV_TF_1", 8, 12),
        finding("CKV_TF_1", 2, 6, path="other.tf"),
        finding("CKV_AWS_24", 2, 6),
    )
    assert without_overlaps(ScanResult(findings=kept)).findings == kept


def test_without_a_finding_of_ours_nothing_is_dropped() -> None:
    kept = (finding("CKV_TF_1", 2, 6), finding("CKV_AWS_358", 2, 6))
    assert without_overlaps(ScanResult(findings=kept)).findings == kept
