"""`plumbrule review --format json`: the contract that scripts rely on.

Owns the keys. Values are as the repository has them (JSON needs no neutralising), with secrets masked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reviewer.model import Examination, Finding, Status
from reviewer.report.blocks import order
from reviewer.report.masking import mask_secrets


def build_json(examination: Examination) -> dict[str, Any]:
    """Return `verdict`, `not_examined` and `findings`, most severe first within each status.

    Beyond the contract a finding says whether it is `blocking` and `waived`.
    """
    comparison, verdict = examination.comparison, examination.verdict
    blocking = frozenset(verdict.blocking)
    waived = frozenset(w.finding for w in verdict.waived)
    groups = (
        (Status.INTRODUCED, comparison.introduced),
        (Status.STANDING, comparison.standing),
        (Status.FIXED, comparison.fixed),
    )
    return {
        "verdict": "passed" if verdict.passed else "blocked",
        "not_examined": [{"what": n.what, "why": mask_secrets(n.why)} for n in comparison.not_examined],
        "findings": [
            {**_finding(f, status), "blocking": f in blocking, "waived": f in waived}
            for status, findings in groups
            for f in _sorted(findings)
        ],
    }


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=order)


def _finding(finding: Finding, status: Status) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "title": mask_secrets(finding.title),
        "severity": finding.severity.word,
        "status": status.value,
        "path": finding.span.path,
        "start_line": finding.span.start_line,
        "end_line": finding.span.end_line,
        "resource": finding.resource,
        "message": mask_secrets(finding.message),
        "fingerprint": finding.fingerprint,
        "source": finding.source.value,
        "suggestion": None,
    }
