"""`plumbrule review --format text`: every introduced finding with its lines, and a verdict on one line.

Owns layout and colour. Nothing from the repository reaches the terminal but printable characters.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reviewer.masking import mask_secrets
from reviewer.model import Examination, Finding, Risk, Severity, Source
from reviewer.report.blocks import SECRETS, Issue, instances, issues_of, place
from reviewer.report.offers import Form, Offer, Proposals, proposals
from reviewer.report.patch import changes
from reviewer.report.plan_text import plan_lines
from reviewer.report.proposal import asked_for
from reviewer.report.sections import counted
from reviewer.report.summary import live
from reviewer.report.text import plain, printable

_CONTEXT = 2
_MOST_LINES = 8
_NARROWEST = 40
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_RISKS = {
    Risk.SAFE: "",
    Risk.INPUT: "",
    Risk.REPLACE: " (recreates or restarts it)",
    Risk.COST: " (costs more)",
}
_STYLE = {
    Severity.CRITICAL: "1;31",
    Severity.HIGH: "31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "2",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    color: bool
    width: int

    def paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.color and text else text

    def cut(self, text: str) -> str:
        """Return as much of `text` as one line of the terminal shows."""
        if columns(text) <= self.width:
            return text
        kept = 0
        for n, character in enumerate(text):
            kept += columns(character)
            if kept > self.width - 1:
                return text[:n] + "…"
        return text


def render_text(examination: Examination, *, color: bool, width: int) -> str:
    """Return the review for a terminal of `width` columns, ending in a line break."""
    page = _Page(color=color, width=max(_NARROWEST, width))
    files = {path: _masked(lines) for path, lines in examination.excerpts}
    issues = issues_of(live(examination, examination.comparison.introduced))
    proposed = proposals(examination)
    blocks = ["\n".join(_issue(issue, files, proposed, page)) for issue in issues]
    notes = [*_policy_problems(examination, page), *_missing(examination, page)]
    blocks += ["\n".join(notes)] if notes else []
    planned = plan_lines(examination.plans, color=color)
    blocks += ["\n".join(planned)] if planned else []
    return "\n\n".join([*blocks, _fixes(examination, issues, proposed) + _tail(examination, page)]) + "\n"


def _masked(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Mask over the whole file: a private key does not fit on a line."""
    text = "\n".join(line.replace("\n", " ") for line in lines)
    return tuple(mask_secrets(text).split("\n"))


def _issue(issue: Issue, files: Mapping[str, tuple[str, ...]], proposed: Proposals, page: _Page) -> Iterator[str]:
    finding, offer = issue.first, proposed.offer(issue.findings)
    yield from _heading(issue, page)
    excerpt = list(_excerpt(finding, files, page))
    yield from excerpt
    if offer:
        yield from _fix(offer, finding, (_ESCAPE.sub("", line) for line in excerpt), page)
    told = ": ".join(part for part in (_about(issue), _news(finding)) if part)
    told += " (seen in the plan)" if finding.source is Source.PLAN else ""
    yield from _wrapped(plain(told, 900), page)
    guidance = proposed.guidance(issue.findings)
    advice = "" if offer else guidance.text if guidance else finding.remedy
    if advice:
        yield from _wrapped(f"→ {plain(advice, 600)}", page)


def _fix(offer: Offer, finding: Finding, excerpt: Iterable[str], page: _Page) -> Iterator[str]:
    """Yield the fix on one line below the excerpt's last, where its text begins."""
    last = "".join(list(excerpt)[-1:])
    bar = last.find("│")
    text = last[bar + 1 :]
    lead = " " * bar + "│" + " " * min(len(text) - len(text.lstrip()), page.width // 3) if bar >= 0 else " "
    suggestion = offer.fix.suggestion
    where = "" if suggestion.path == finding.path else f" in {plain(place(suggestion.span), 200)}"
    yield page.cut(f"{lead}╰─ fix{where}{_RISKS[suggestion.risk]}: {_edit(offer, finding)}")
    if offer.fix.inputs:
        yield from _wrapped(f"needs a value: {plain(', '.join(offer.fix.inputs), 300)}", page)
    for warning in offer.fix.warnings[:3]:
        yield from _wrapped(f"! {plain(warning, 300)}", page)


def _edit(offer: Offer, finding: Finding) -> str:
    """Return the edit itself when it is one line, else how long it is and how to see it."""
    if offer.fix.also:
        return f"in {len(offer.fix.edits)} files, see --format json"
    found = changes(offer.fix.suggestion)
    added = [line.strip() for change in found for line in change.added]
    if offer.form is not Form.WORDS and len(found) == 1 and len(added) <= 1:
        return plain(added[0], 200) if added and added[0] else f"without {counted(len(found[0].removed), 'line')}"
    also = asked_for([offer.fix.suggestion.risk])
    count = sum(max(len(change.removed), len(change.added)) for change in found)
    return f"{counted(count, 'line')}, see `plumbrule fix .{also} --dry-run --rule {plain(finding.rule, 80)}`"


def _fixes(examination: Examination, issues: Iterable[Issue], proposed: Proposals) -> str:
    fixes = tuple(fix for issue in issues if (fix := proposed.fix(issue.findings)))
    if not fixes:
        return ""
    risks = [fix.suggestion.risk for fix in fixes]
    safe = risks.count(Risk.SAFE)
    base = f" --base {examination.base_sha[:7]}" if examination.base_sha else ""
    count = f"{len(fixes)} {'fix' if len(fixes) == 1 else 'fixes'}"
    if safe == len(fixes):
        return f"{count}: plumbrule fix .{base}\n"
    return f"{count}, {safe or 'none'} safe: plumbrule fix .{base}   the others:{asked_for(risks)}\n"


def _about(issue: Issue) -> str:
    """Name the resources, unless the message does, and the module call."""
    names = instances(issue.findings)
    about = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    caller = issue.first.caller
    known = about in issue.first.message or issue.first.framework == SECRETS
    parts = ("" if known else about, f"called in {place(caller)}" if caller else "")
    return ", ".join(part for part in parts if part)


def _news(finding: Finding) -> str:
    return finding.message if finding.message.strip(". ") != finding.title.strip(". ") else ""


def _heading(issue: Issue, page: _Page) -> Iterator[str]:
    finding = issue.first
    where, word = plain(place(finding.span), 300), issue.severity.word.upper()
    title, rule = plain(finding.title, 300), plain(finding.rule, 80)
    painted = page.paint(word, _STYLE[issue.severity])
    if columns(f"{where}  {word}  {title}  {rule}  introduced") <= page.width:
        yield f"{page.paint(where, '1')}  {painted}  {title}  {page.paint(f'{rule}  introduced', '2')}"
        return
    yield f"{page.paint(where, '1')}  {painted}  {page.paint(f'{rule}  introduced', '2')}"
    yield from _wrapped(title, page)


def _wrapped(text: str, page: _Page) -> list[str]:
    return textwrap.wrap(text, page.width, initial_indent="  ", subsequent_indent="    ")


def _excerpt(finding: Finding, files: Mapping[str, tuple[str, ...]], page: _Page) -> Iterator[str]:
    """Yield the finding's lines, marked, and the two before them; its evidence when the file is not at hand."""
    span, lines = finding.span, files.get(finding.span.path, ())
    if not lines and finding.evidence:
        yield page.cut(f" ▸ {span.start_line} │ {plain(finding.evidence, 500)}")
    last = min(span.end_line, span.start_line + _MOST_LINES - 1, len(lines))
    digits = len(str(last))
    for number in range(max(1, span.start_line - _CONTEXT), last + 1):
        marked = number >= span.start_line
        text = page.cut(f" {'▸' if marked else ' '} {number:>{digits}} │ {printable(lines[number - 1])}".rstrip())
        yield text if marked else page.paint(text, "2")
    if last and span.end_line > last and last == span.start_line + _MOST_LINES - 1:
        yield page.paint(f"   {'':>{digits}} │ … {span.end_line - last} more lines", "2")


def _policy_problems(examination: Examination, page: _Page) -> list[str]:
    return [page.paint("policy: ", "33") + plain(problem, 1000) for problem in examination.policy_problems]


def _missing(examination: Examination, page: _Page) -> list[str]:
    failures = frozenset(examination.verdict.failures)
    told = []
    for part in examination.comparison.not_examined:
        word = page.paint("NOT REVIEWED", "31") if part in failures else page.paint("not reviewed", "33")
        where = plain(place(part.span) if part.span else part.what, 300)
        why = plain(part.why, 1000)
        if columns(f"{where}  NOT REVIEWED  {why}") <= page.width:
            told.append(f"{where}  {word}  {why}")
        else:
            told += [f"{where}  {word}", *_wrapped(why, page)]
    return told


def _tail(examination: Examination, page: _Page) -> str:
    comparison, verdict = examination.comparison, examination.verdict
    stops = len(verdict.blocking)
    rest = len(live(examination, comparison.introduced)) - stops
    parts = [f"{stops} of {stops + rest} introduced {'blocks' if stops == 1 else 'block'}"] if stops else []
    if not stops:
        parts.append(f"{rest} introduced" if rest else "nothing introduced")
    if verdict.audit and verdict.would_block:
        parts.append(f"{len(verdict.would_block)} would block (mode audit)")
    parts += [f"{len(verdict.failures)} not reviewed"] if verdict.failures else []
    parts += [f"{len(comparison.fixed)} fixed"] if comparison.fixed else []
    parts.append(f"{len(live(examination, comparison.standing))} standing")
    parts += [f"{len(verdict.waived)} waived"] if verdict.waived else []
    parts += [f"{len(comparison.muted)} muted"] if comparison.muted else []
    parts.append(f"{examination.seconds:.1f} s")
    word = page.paint("passed", "32") if verdict.passed else page.paint("blocked", "1;31")
    return f"{word}: {' · '.join(parts)}"


def columns(text: str) -> int:
    """Return how many columns a terminal needs for `text`: wide characters take two, combining ones none."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)
