"""The summary of a review in markdown: understood in five seconds, complete when unfolded, never too long.

Owns the order and the wording of the sections, for the check run and for `plumbrule review --format markdown`. Must not
know how it is posted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from reviewer.model import Examination, Finding, NotExamined, Severity, Span, Waived
from reviewer.report.blocks import Issue, block_resource, instances, issues_of, place
from reviewer.report.comment import rule_link
from reviewer.report.links import Links
from reviewer.report.text import code, one_line, prose, sentence
from reviewer.report.tools import Tools

_MOST_IN_SIGHT = 10
NOTHING_TITLE = "Passed: no infrastructure in this change"
NOTHING = "No file of this change is one that Plumbrule reviews."
_MOST_ITEMS = 400  # more than fit
_POLICY_PROBLEMS = (
    "**The policy file of this pull request has mistakes.** This review used the one of the base branch; "
    "mend it before you merge:"
)
T = TypeVar("T")
LIMIT = 65_000  # GitHub: 65,535 characters; we also stay below it in bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the summary that may lose its last items when there is no room: it then says how many."""

    opening: str
    items: tuple[str, ...] = ()
    closing: str = ""
    unseen: int = 0  # how many items there are beyond `items`


def build_title(examination: Examination) -> str:
    """Return the verdict as plain text for one line."""
    verdict = examination.verdict
    blocking, failures = len(verdict.blocking), len(verdict.failures)
    if blocking:
        more = f"; {counted(failures, 'part')} not reviewed" if failures else ""
        return f"Blocked: {counted(blocking, 'finding')} of this change {_verb(blocking, 'need')} a decision{more}"
    if failures == 1:
        return f"Not reviewed: {one_line(verdict.failures[0].what, 120)}"
    if failures:
        return f"Not reviewed: {failures} parts of this change"
    return _passed(examination) if verdict.passed else "Blocked"


def _passed(examination: Examination) -> str:
    verdict, new = examination.verdict, len(live(examination, examination.comparison.introduced))
    missing = sum(part.blocking for part in _missing(examination))
    more = f"; {counted(missing, 'part')} not reviewed" if missing else ""
    if verdict.audit and verdict.would_block:
        return f"Passed, audit only: {counted(len(verdict.would_block), 'finding')} of this change would block{more}"
    if new:
        return f"Passed: {counted(new, 'new finding')}, {'it does not block' if new == 1 else 'none blocks'}{more}"
    if not (examination.files or examination.roots or examination.comparison.not_examined):
        return NOTHING_TITLE
    return f"Passed: nothing new in {_extent(examination)}{more}"


def _extent(examination: Examination) -> str:
    if examination.roots:
        return counted(len(examination.roots), "root")
    return counted(examination.files, "file")


def build_summary(examination: Examination, links: Links | None, tools: Tools, limit: int = LIMIT) -> str:
    """Return the whole summary; `links` of None names places without leading to them."""
    comparison, verdict = examination.comparison, examination.verdict
    tell = _Teller(links=links)
    blocking, would = frozenset(verdict.blocking), frozenset(verdict.would_block)
    stops = verdict.blocking or verdict.would_block
    others = [f for f in live(examination, comparison.introduced) if f not in blocking and f not in would]
    sections = (
        _lead(examination),
        _numbered(_listing("**What blocks**" if blocking else "**What would block**", issues_of(stops), tell.issue)),
        _listing(_failed(examination), verdict.failures, tell.missing),
        _listing(_POLICY_PROBLEMS, examination.policy_problems, tell.problem),
        _new(issues_of(others), tell, alone=not stops),
        _folded("{n} not reviewed", _missing(examination), tell.missing),
        _folded("{n} accepted by a waiver", verdict.waived, tell.waived),
        _folded("{n} muted by a comment in the code", comparison.muted, tell.muted),
        _folded("{n} fixed by this change", issues_of(comparison.fixed), tell.fixed),
        Section(opening=_footer(examination, tools)),
    )
    return fitted(tuple(s for s in sections if s.opening), limit)


def live(examination: Examination, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return `findings` without those that a waiver accepts."""
    waived = frozenset(w.finding for w in examination.verdict.waived)
    return tuple(f for f in findings if f not in waived)


def _missing(examination: Examination) -> tuple[NotExamined, ...]:
    """What was not examined and does not block."""
    failures = frozenset(examination.verdict.failures)
    return tuple(n for n in examination.comparison.not_examined if n not in failures)


def _lead(examination: Examination) -> Section:
    comparison = examination.comparison
    introduced = live(examination, comparison.introduced)
    standing = live(examination, comparison.standing)
    told = []
    if introduced or comparison.fixed:
        told.append(_table(introduced, comparison.fixed, standing))
    elif standing:
        told.append(f"{counted(len(standing), 'finding')} stood here before this change.")
    elif build_title(examination) == NOTHING_TITLE:
        told.append(NOTHING)
    if examination.verdict.audit and examination.verdict.would_block:
        told.append("The policy is in mode `audit`: it tells and does not block.")
    return Section(opening="\n\n".join(told))


def _table(introduced: Sequence[Finding], fixed: Sequence[Finding], standing: Sequence[Finding]) -> str:
    lines = ["| | introduced | fixed | standing |", "|---|---|---|---|"]
    for severity in reversed(Severity):
        counts = [sum(f.severity is severity for f in findings) for findings in (introduced, fixed, standing)]
        if any(counts):
            new = f"**{counts[0]}**" if counts[0] else "0"
            lines.append(f"| {severity.word.capitalize()} | {new} | {counts[1]} | {counts[2]} |")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Teller:
    """Turns values into lines of markdown, with links where there are any."""

    links: Links | None

    def place(self, span: Span) -> str:
        url = self.links.blob(span) if self.links else None
        return f"[{code(place(span))}]({url})" if url else code(place(span))

    def issue(self, issue: Issue) -> str:
        first = issue.first
        called = f" · called in {self.place(first.caller)}" if first.caller else ""
        return f"- {_name(issue)} · {self.place(first.span)}{called} · {rule_link(first)}"

    def fixed(self, issue: Issue) -> str:
        return f"- {_name(issue)} · {code(place(issue.first.span))} · {rule_link(issue.first)}"

    def missing(self, part: NotExamined) -> str:
        where = self.place(part.span) if part.span else code(part.what)
        return f"- {where}: {sentence(prose(part.why))}"

    def problem(self, problem: str) -> str:
        return f"- {prose(problem)}"

    def waived(self, waived: Waived) -> str:
        waiver = waived.waiver
        by = f" · by {prose(waiver.approved_by, 100)}" if waiver.approved_by else ""
        told = self.issue(Issue(findings=(waived.finding,)))
        return f"{told} · until {waiver.expires.isoformat()}{by}: {sentence(prose(waiver.reason, 300))}"

    def muted(self, finding: Finding) -> str:
        reason = sentence(prose(finding.skip_reason or "no reason given", 300))
        return f"{self.issue(Issue(findings=(finding,)))}: {reason}"


def _name(issue: Issue) -> str:
    """Return severity, title and resource."""
    names = instances(issue.findings)
    told = f"{issue.severity.word.capitalize()} · {prose(issue.first.title, 200)}"
    if not names:
        return told
    several = f"{code(block_resource(names[0]))} in {len(names)} instances"
    return f"{told} · {code(names[0]) if len(names) == 1 else several}"


def _listing(heading: str, things: Sequence[T], tell: Callable[[T], str]) -> Section:
    if not things:
        return Section(opening="")
    shown = tuple(tell(thing) for thing in things[:_MOST_ITEMS])
    return Section(opening=f"{heading}\n", items=shown, unseen=len(things) - len(shown))


def _numbered(section: Section) -> Section:
    return replace(section, items=tuple(f"{n}. {item[2:]}" for n, item in enumerate(section.items, 1)))


def _new(issues: Sequence[Issue], tell: _Teller, *, alone: bool) -> Section:
    """What is new and does not block: in sight when it is all that there is to say, and short."""
    if alone and len(issues) <= _MOST_IN_SIGHT:
        return _listing("**New, not blocking**", issues, tell.issue)
    return _folded("{n} new, not blocking" if alone else "{n} more, not blocking", issues, tell.issue)


def _failed(examination: Examination) -> str:
    again = any(part.span is None for part in examination.verdict.failures)
    clean = not live(examination, examination.comparison.introduced)
    return (
        "**Not reviewed**, which blocks because the policy says so (`on_failure: block`)."
        + (" The rest was reviewed: nothing new." if clean else "")
        + (" Press **Re-run** to try again." if again else "")
    )


def _folded(heading: str, things: Sequence[T], tell: Callable[[T], str]) -> Section:
    count = sum(len(thing.findings) if isinstance(thing, Issue) else 1 for thing in things)
    title = f"<details><summary>{heading.replace('{n}', str(count))}</summary>"
    section = _listing(title, things, tell)
    return replace(section, closing="\n</details>") if section.opening else section


def _footer(examination: Examination, tools: Tools) -> str:
    looked = [counted(examination.files, "file")]
    if examination.roots:
        looked.append(counted(len(examination.roots), "root"))
    looked.append(counted(examination.resources, "resource"))
    parts = [f"{', '.join(looked)} in {examination.seconds:.1f} s"]
    if examination.policy_source:
        digest = f"{code(examination.policy_digest, 8)} of " if examination.policy_digest else ""
        parts.append(f"policy {digest}{prose(examination.policy_source, 200)}")
    parts += [tools.told] if tools.told else []
    base = f", base {code(examination.base_sha[:7])}" if examination.base_sha else ""
    parts.append(f"head {code(examination.head_sha[:7])}{base}")
    return f"<sub>{' · '.join(parts)}</sub>"


def counted(n: int, noun: str) -> str:
    """Return `1 root`, `2 roots`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _verb(n: int, verb: str) -> str:
    return f"{verb}s" if n == 1 else verb


def fitted(sections: Sequence[Section], limit: int) -> str:
    """Join `sections` with as many items as `limit` bytes hold; each that loses some says how many."""
    frame = sum(_size(s.opening) + _size(s.closing) + 80 for s in sections)
    room = limit - frame
    told = []
    for section in sections:
        kept: list[str] = []
        for item in section.items:
            room -= _size(item) + 1
            if room < 0:
                break
            kept.append(item)
        lost = len(section.items) - len(kept) + section.unseen
        if lost:
            room = 0
            kept.append(f"\n{lost} more left out here: there is no room for them.")
        told.append("\n".join(part for part in (section.opening, *kept, section.closing) if part))
    return "\n\n".join(told)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
