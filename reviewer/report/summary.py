"""The summary of a review in markdown: understood in five seconds, complete when unfolded, never too long.

Owns the order and the wording of the sections, for the check run and for `plumbrule review --format markdown`. Must not
know how it is posted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewer.model import Examination, Finding, InlineComment, NotExamined, Severity, Span, Waived
from reviewer.report.blocks import Issue, block_resource, instances, issues_of, place
from reviewer.report.comment import rule_link
from reviewer.report.compliance import compliance_section, in_list
from reviewer.report.fix_sections import diffs_section, fix_words, footnotes, patch_section, word_of
from reviewer.report.links import Links
from reviewer.report.plan_sections import plan_sections
from reviewer.report.sections import Section, counted, fitted, folded, listing
from reviewer.report.text import code, one_line, prose, sentence
from reviewer.report.tools import Tools

_MOST_IN_SIGHT = 10
NOTHING_TITLE = "Passed: no infrastructure in this change"
NOTHING = "No file of this change is one that Plumbrule reviews."
_POLICY_PROBLEMS = (
    "**The policy file of this pull request has mistakes.** This review used the one of the base branch; "
    "mend it before you merge:"
)
LIMIT = 65_000  # GitHub: 65,535 characters; we also stay below it in bytes


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


def build_summary(
    examination: Examination,
    links: Links | None,
    tools: Tools,
    *,
    comments: Sequence[InlineComment] | None = None,
    offer_apply: bool = False,
    limit: int = LIMIT,
) -> str:
    """Return the whole summary; `links` of None names places without leading to them.

    `comments` are those that stand on the diff; None for a document, which shows every fix itself.
    """
    comparison, verdict = examination.comparison, examination.verdict
    introduced, standing = (live(examination, found) for found in (comparison.introduced, comparison.standing))
    tell = _Teller(links=links, fixes=fix_words(examination, introduced, comments), examination=examination)
    blocking, would = frozenset(verdict.blocking), frozenset(verdict.would_block)
    stops = verdict.blocking or verdict.would_block
    others = [f for f in introduced if f not in blocking and f not in would]
    sections = (
        _lead(examination),
        _numbered(listing("**What blocks**" if blocking else "**What would block**", issues_of(stops), tell.issue)),
        listing(_failed(examination), verdict.failures, tell.missing),
        listing(_POLICY_PROBLEMS, examination.policy_problems, tell.problem),
        *plan_sections(examination, tell.place),
        _new(issues_of(others), tell, alone=not stops),
        diffs_section(examination, comments) if comments is not None else Section(opening=""),
        patch_section(examination, offer_apply=offer_apply) if comments is not None else Section(opening=""),
        compliance_section(examination, introduced, standing),
        folded("{n} not reviewed", _missing(examination), tell.missing),
        folded("{n} accepted by a waiver", verdict.waived, tell.waived),
        folded("{n} muted by a comment in the code", comparison.muted, tell.muted),
        folded("{n} fixed by this change", issues_of(comparison.fixed), tell.fixed),
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
    fixes: Mapping[str, str]  # what to say of a finding's fix, by fingerprint
    examination: Examination

    def place(self, span: Span) -> str:
        url = self.links.blob(span) if self.links else None
        return f"[{code(place(span))}]({url})" if url else code(place(span))

    def issue(self, issue: Issue) -> str:
        first = issue.first
        called = f" · called in {self.place(first.caller)}" if first.caller else ""
        standards = in_list(self.examination, issue.findings)
        where = f"{self.place(first.span)}{called}"
        return f"- {_name(issue)} · {where} · {rule_link(first)}{standards}{word_of(issue, self.fixes)}"

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


def _numbered(section: Section) -> Section:
    return replace(section, items=tuple(f"{n}. {item[2:]}" for n, item in enumerate(section.items, 1)))


def _new(issues: Sequence[Issue], tell: _Teller, *, alone: bool) -> Section:
    """What is new and does not block: in sight when it is all that there is to say, and short."""
    if alone and len(issues) <= _MOST_IN_SIGHT:
        return listing("**New, not blocking**", issues, tell.issue)
    return folded("{n} new, not blocking" if alone else "{n} more, not blocking", issues, tell.issue)


def _failed(examination: Examination) -> str:
    again = any(part.span is None for part in examination.verdict.failures)
    clean = not live(examination, examination.comparison.introduced)
    return (
        "**Not reviewed**, which blocks because the policy says so (`on_failure: block`)."
        + (" The rest was reviewed: nothing new." if clean else "")
        + (" Press **Re-run** to try again." if again else "")
    )


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
    parts += footnotes(examination.fixes)
    base = f", base {code(examination.base_sha[:7])}" if examination.base_sha else ""
    parts.append(f"head {code(examination.head_sha[:7])}{base}")
    return f"<sub>{' · '.join(parts)}</sub>"


def _verb(n: int, verb: str) -> str:
    return f"{verb}s" if n == 1 else verb
