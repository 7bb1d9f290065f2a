"""`plumbrule review --format json`: the contract that scripts rely on.

Owns the keys. Values are as the repository has them (JSON needs no neutralising), with secrets masked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reviewer.masking import mask_secrets
from reviewer.model import Examination, Finding, PlannedChange, RootPlan, Status, Suggestion
from reviewer.report.blocks import order
from reviewer.report.compliance import tags_of
from reviewer.report.offers import Proposals, holds_secret, proposals


def build_json(examination: Examination) -> dict[str, Any]:
    """Return `verdict`, `not_examined` and `findings`, most severe first within each status.

    Beyond the contract `plans` hold what is planned, and a finding says whether it is `blocking` and `waived`, has the
    `guidance` for it, in `compliance` the requirements of standards that it speaks to if there are any, and in `also`
    the edits of other files that belong to its suggestion. A suggestion whose lines hold a secret is left out: masked
    it would be wrong.
    """
    comparison, verdict = examination.comparison, examination.verdict
    blocking = frozenset(verdict.blocking)
    waived = frozenset(w.finding for w in verdict.waived)
    proposed = proposals(examination)
    groups = (
        (Status.INTRODUCED, comparison.introduced),
        (Status.STANDING, comparison.standing),
        (Status.FIXED, comparison.fixed),
    )
    return {
        "plans": list(map(_plan, examination.plans)),
        "verdict": "passed" if verdict.passed else "blocked",
        "not_examined": [{"what": n.what, "why": mask_secrets(n.why)} for n in comparison.not_examined],
        "findings": [
            {
                **_finding(f, status),
                **_fix(f, proposed),
                "blocking": f in blocking,
                "waived": f in waived,
                **_compliance(examination, f),
            }
            for status, findings in groups
            for f in _sorted(findings)
        ],
    }


def _plan(plan: RootPlan) -> dict[str, Any]:
    return {
        "root": plan.root,
        "workspace": plan.workspace,
        "origin": plan.origin.value,
        "approximate": plan.approximate,
        "not_planned": mask_secrets(plan.not_planned) or None,
        "counts": {action.value: count for action, count in plan.counts},
        "changes": [_change(change) for change in plan.changes],
        "left_out": plan.left_out,
        "drifted": plan.drifted,
    }


def _change(change: PlannedChange) -> dict[str, Any]:
    return {
        "address": change.address,
        "action": change.action.value,
        "path": change.span.path if change.span else None,
        "start_line": change.span.start_line if change.span else None,
        "previous_address": change.previous_address or None,
        "severity": change.severity.word if change.severity else None,
        "attributes": [
            {"path": one.path, "before": mask_secrets(one.before), "after": mask_secrets(one.after)}
            for one in change.attributes
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
    }


def _compliance(examination: Examination, finding: Finding) -> dict[str, Any]:
    tags = tags_of(examination, (finding,))
    return {"compliance": list(tags)} if tags else {}


def _fix(finding: Finding, proposed: Proposals) -> dict[str, Any]:
    fix, guidance = proposed.fix((finding,)), proposed.guidance((finding,))
    edits = [] if fix is None or any(map(holds_secret, fix.edits)) else list(map(_suggestion, fix.edits))
    return {
        "suggestion": edits[0] if edits else None,
        **({"also": edits[1:]} if edits[1:] else {}),
        "guidance": mask_secrets(guidance.text) if guidance else None,
    }


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "path": suggestion.path,
        "start_line": suggestion.start_line,
        "end_line": suggestion.end_line,
        "replacement": suggestion.replacement,
        "risk": suggestion.risk.value,
    }
