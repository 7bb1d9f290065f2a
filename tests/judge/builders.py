"""Findings and results for the tests of `judge`, and hypothesis strategies that make them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from reviewer.model import Diff, Finding, Hunk, ScanResult, Severity, Span

TODAY = date(2026, 11, 21)


def span(path: str, start: int, end: int | None = None) -> Span:
    return Span(path=path, start_line=start, end_line=end or start)


def finding(
    resource: str = "aws_s3_bucket.logs",
    *,
    path: str = "main.tf",
    line: int = 3,
    rule: str = "CKV_AWS_20",
    length: int = 10,
    **more,
) -> Finding:
    values = {
        "rule": rule,
        "title": f"title of {rule}",
        "severity": Severity.HIGH,
        "span": span(path, line),
        "block": span(path, max(1, line - 2), max(1, line - 2) + length - 1),
        "resource": resource,
        "message": f"{resource} is wrong",
        "scanner": "checkov",
        "framework": "terraform",
        "evidence": 'acl = "public-read"',
    }
    return Finding(**{**values, **more})


def result(*findings: Finding, not_examined=(), roots=()) -> ScanResult:
    return ScanResult(findings=findings, not_examined=tuple(not_examined), roots=tuple(roots))


def hunk(path: str, start: int, end: int, *, added=None) -> Hunk:
    return Hunk(
        path=path,
        start_line=start,
        end_line=end,
        added=frozenset(range(start, end + 1) if added is None else added),
    )


def change(*hunks: Hunk, renamed=(), changed=()) -> Diff:
    return Diff(hunks=hunks, renamed=tuple(renamed), changed=tuple(changed) or tuple({h.path for h in hunks}))


FINDINGS = st.builds(
    lambda rule, root, file, resource, line, evidence, skip: finding(
        resource,
        path=f"{root}/{file}".lstrip("/"),
        line=line,
        rule=rule,
        root=root,
        evidence=evidence,
        skip_reason=skip,
    ),
    st.sampled_from(["CKV_1", "CKV_2", "PLB_1"]),
    st.sampled_from(["", "dev", "prod"]),
    st.sampled_from(["a.tf", "b.tf"]),
    st.sampled_from(["aws_x.a", "aws_x.b", "aws_y.a", "module.m.aws_x.a[0]", "module.m.aws_x.a[1]", "hash"]),
    st.integers(1, 30),
    st.sampled_from(["", "one", "two", 'resource "aws_x" "a"']),
    st.sampled_from([None, None, None, "", "agreed"]),
)
RESULTS = st.lists(FINDINGS, max_size=14).map(lambda findings: result(*findings))


def moved(found: Finding, lines: int) -> Finding:
    def down(place: Span) -> Span:
        return replace(place, start_line=place.start_line + lines, end_line=place.end_line + lines)

    return replace(found, span=down(found.span), block=down(found.block))
