"""Annotations of the check run: what deserves a place in the code and could not have a comment there.

Owns which and how they read. GitHub shows them as they are: no markdown here. Must not know about batches of fifty.
"""

from __future__ import annotations

from collections.abc import Iterable

from reviewer.model import Annotation, Examination, Finding, InlineComment, Level, NotExamined, Severity, Span
from reviewer.report.blocks import Issue, instances, issues_of, place
from reviewer.report.offers import Proposals, proposals
from reviewer.report.text import plain

MOST_ANNOTATIONS = 200
_LONGEST_TITLE = 255
_LONGEST_MESSAGE = 4000  # GitHub takes 64 KB; nobody reads that
_MOST_NAMES = 10


def build_annotations(examination: Examination, comments: Iterable[InlineComment]) -> tuple[Annotation, ...]:
    """Return at most 200 annotations: syntax errors and the like, then findings to tell that no comment tells."""
    told = frozenset(fingerprint for comment in comments for fingerprint in comment.fingerprints)
    untold = [f for f in examination.verdict.comment_on if f.fingerprint not in told]
    blocking = frozenset(examination.verdict.blocking)
    failures = frozenset(examination.verdict.failures)
    missing = [(n, n.span) for n in examination.comparison.not_examined if n.span is not None]
    first = [_missing(part, span, failures) for part, span in missing[: MOST_ANNOTATIONS // 2]]
    issues, proposed = issues_of(untold)[: MOST_ANNOTATIONS - len(first)], proposals(examination)
    return (*first, *(_annotation(issue, blocking, _advice(issue, proposed)) for issue in issues))


def _advice(issue: Issue, proposed: Proposals) -> str:
    if proposed.any_fix(issue.findings):
        return "A proved fix is in the summary of this check."
    guidance = proposed.guidance(issue.findings)
    remedy = guidance.text if guidance else issue.first.remedy
    return f"What to do: {plain(remedy, 1000)}" if remedy else ""


def _missing(part: NotExamined, span: Span, failures: frozenset[NotExamined]) -> Annotation:
    return Annotation(
        span=span,
        level=Level.FAILURE if part in failures else Level.WARNING,
        title=plain(f"Not reviewed: {part.what}", _LONGEST_TITLE),
        message=plain(part.why, _LONGEST_MESSAGE) or "This could not be read.",
    )


def _annotation(issue: Issue, blocking: frozenset[Finding], advice: str) -> Annotation:
    finding, names = issue.first, instances(issue.findings)
    name = f" ({names[0]})" if len(names) == 1 else f" ({len(names)} resources)" if names else ""
    return Annotation(
        span=finding.span,
        level=_level(issue, blocking),
        title=plain(f"{issue.severity.word.capitalize()} · {finding.title}{name}", _LONGEST_TITLE),
        message=_message(finding, names, advice),
    )


def _level(issue: Issue, blocking: frozenset[Finding]) -> Level:
    if blocking & frozenset(issue.findings):
        return Level.FAILURE
    return Level.WARNING if issue.severity >= Severity.MEDIUM else Level.NOTICE


def _message(finding: Finding, names: tuple[str, ...], advice: str) -> str:
    lines = [plain(finding.message or finding.title, 1000), plain(finding.why, 1000), advice]
    if len(names) > 1:
        shown = ", ".join(plain(name, 150) for name in names[:_MOST_NAMES])
        lines.append(
            f"Resources: {shown}" + (f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else "")
        )
    if finding.caller is not None:
        lines.append(f"Called in {plain(place(finding.caller), 300)}")
    lines.append(f"Rule: {plain(finding.rule, 80)}")
    return "\n".join(line for line in lines if line)
