"""Inline review comments: one for each block of code that this change made worse.

Owns what a comment says and where it stands. Must not know what stands on the pull request already (gh.publish does).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from reviewer.model import Examination, Finding, InlineComment, Source, Span, Verdict
from reviewer.report.blocks import SECRETS, Block, Issue, block_resource, blocks_of, instances, place, roots
from reviewer.report.compliance import in_footer
from reviewer.report.links import rule_url
from reviewer.report.markers import (
    FIX,
    comment_marker,
    is_mended,
    mended_marker,
    read_comment_marker,
    without_markers,
    without_suggestion,
)
from reviewer.report.offers import MOST_OFFERS, Form, Offer, Proposals, proposals
from reviewer.report.proposal import examples_text, offers_text, proved_text
from reviewer.report.text import code, prose, sentence
from reviewer.report.waiving import WAIVER, waiver_text

MOST_COMMENTS = 30
LONGEST_BODY = 60_000  # GitHub refuses more than 65,536 characters
_MOST_LINES = 20
_MOST_NAMES = 10
_MOST_ISSUES = 12
_MOST_NEWS = 4
_MOST_FINGERPRINTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """A block with what is offered for it and where its comment stands."""

    block: Block
    anchor: Span
    offers: tuple[Offer, ...]
    proposals: Proposals
    guessed: frozenset[str] = frozenset()  # roots whose plan is approximate
    standards: str = ""  # requirements that the findings speak to

    @property
    def suggests(self) -> bool:
        """Whether the comment holds a suggestion: it then stands on exactly the lines that this replaces."""
        return bool(self.offers) and self.offers[0].form is Form.CLICK

    def advice(self, issue: Issue) -> str:
        """Return what to do about `issue`, in prose: nothing when a fix for all of it is shown."""
        mended = {
            p for offer in self.offers[:MOST_OFFERS] if offer.form is not Form.WORDS for p in offer.fix.fingerprints
        }
        if all(f.fingerprint in mended for f in issue.findings):
            return ""
        guidance = self.proposals.guidance(issue.findings)
        return guidance.text if guidance else issue.first.remedy


def build_comments(examination: Examination) -> tuple[InlineComment, ...]:
    """Return the comments that should stand on the diff, most severe first, at most 30."""
    anchors, proposed = dict(examination.anchors), proposals(examination)
    guessed = frozenset(plan.root for plan in examination.plans if plan.approximate)
    placed = (_subject(block, anchors, proposed) for block in blocks_of(examination.verdict.comment_on))
    subjects = (
        replace(subject, guessed=guessed, standards=in_footer(examination, subject.block.findings))
        for subject in placed
        if subject is not None
    )
    comments = (_comment(subject, examination.verdict) for subject in subjects)
    return tuple(islice(comments, MOST_COMMENTS))


def _subject(block: Block, anchors: Mapping[str, Span], proposed: Proposals) -> _Subject | None:
    """Place a block: on the lines of its suggestion, else where its most severe finding with a place has it."""
    offers = proposed.offers(block.findings)
    if offers and offers[0].form is Form.CLICK:
        return _Subject(block=block, anchor=offers[0].fix.suggestion.span, offers=offers, proposals=proposed)
    anchor = next((anchors[f.fingerprint] for f in block.findings if f.fingerprint in anchors), None)
    return _Subject(block=block, anchor=anchor, offers=offers, proposals=proposed) if anchor else None


def _comment(subject: _Subject, verdict: Verdict) -> InlineComment:
    block, anchor = subject.block, subject.anchor
    fingerprints = tuple(dict.fromkeys(f.fingerprint for f in block.findings))[:_MOST_FINGERPRINTS]
    short = subject.suggests or anchor.end_line <= anchor.start_line + _MOST_LINES - 1
    several = short and anchor.start_line < anchor.end_line
    return InlineComment(
        key=block.key,
        fingerprints=fingerprints,
        path=anchor.path,
        line=anchor.end_line if several else anchor.start_line,
        start_line=anchor.start_line if several else None,
        body=f"{_text(subject, verdict)}\n\n{comment_marker(block.key, fingerprints)}",
    )


def body_elsewhere(comment: InlineComment) -> str:
    """Return the body for a comment that stands, and stays, on other lines than `comment` should.

    A suggestion replaces the lines that its comment stands on, so there it must not be one.
    """
    place_ = place(Span(path=comment.path, start_line=comment.start_line or comment.line, end_line=comment.line))
    count = comment.line - (comment.start_line or comment.line) + 1
    told = f"The fix puts this in the place of {count} line{'' if count == 1 else 's'} from {code(place_)} on:"
    return without_suggestion(comment.body, told)


def _text(subject: _Subject, verdict: Verdict) -> str:
    block = subject.block
    first = _first_line(block)
    fix = _fix(subject)
    if len(block.issues) == 1:
        told = _one(block.issues[0], subject.advice(block.issues[0]))
    else:
        told = _several(block.issues, subject)
    where = " ".join(part for part in (_source(subject), _where(block, subject)) if part)
    return _fitted(
        (first, *told, where, fix, _footer(subject, verdict), waiver_text(block.issues[:_MOST_ISSUES])),
        vital=(first, fix),
    )


def _fix(subject: _Subject) -> str:
    """Return the part of a comment with raw text in it: the offers, and the examples of guidance."""
    advised = [issue for issue in subject.block.issues[:_MOST_ISSUES] if subject.advice(issue)]
    found = [(issue.first, subject.proposals.guidance(issue.findings)) for issue in advised]
    examples = examples_text([(finding, guidance) for finding, guidance in found if guidance])
    told = "\n\n".join(part for part in (offers_text(subject.offers, subject.block.name), examples) if part)
    return f"{FIX}\n\n{told}" if told else ""


def _source(subject: _Subject) -> str:
    """Say where the finding is, when the comment stands elsewhere: on what its value comes from."""
    found, anchor = subject.block.issues[0].first.span, subject.anchor
    near = [subject.block.issues[0].first.block, found]
    if not subject.suggests or any(s.path == anchor.path and _touches(s, anchor) for s in near):
        return ""
    return f"Found in {code(place(found))}; what it comes from is here."


def _touches(one: Span, other: Span) -> bool:
    return one.start_line <= other.end_line + 1 and other.start_line <= one.end_line + 1


def _fitted(parts: Sequence[str], vital: Sequence[str]) -> str:
    """Join the `vital` parts and as many others as a comment may hold; what comes first matters most."""
    kept: list[str] = []
    room = LONGEST_BODY - sum(len(part) + 2 for part in vital)
    for part in parts:
        if part in vital or len(part) + 2 <= room:
            kept.append(part)
            room -= 0 if part in vital else len(part) + 2
    return "\n\n".join(part for part in kept if part)


def _first_line(block: Block) -> str:
    """Say in one line whether to stop: how bad, what, where."""
    more = f", and {len(block.issues) - 1} more" if len(block.issues) > 1 else ""
    name = f" ({code(block.name)})" if block.name else ""
    return f"**{block.severity.word.capitalize()} · {prose(block.issues[0].first.title, 200)}{more}**{name}"


def _one(issue: Issue, advice: str) -> list[str]:
    return [_told(issue.first, 1000), _advice(advice, 1000)]


def _told(finding: Finding, limit: int) -> str:
    """Return what is wrong and why it matters."""
    parts = (sentence(prose(_news(finding), limit)), sentence(prose(finding.why, limit)))
    return " ".join(part for part in parts if part)


def _several(issues: Sequence[Issue], subject: _Subject) -> list[str]:
    """Tell each idea once: rules with one reason and one remedy share an item."""
    ideas: dict[tuple[str, str], list[Issue]] = {}
    for issue in issues[:_MOST_ISSUES]:
        why, advice = issue.first.why, subject.advice(issue)
        ideas.setdefault((why, advice) if why else (issue.first.rule, issue.first.title), []).append(issue)
    advices = {subject.advice(issue) for issue in issues}
    shared = advices.pop() if len(advices) == 1 else None
    items = [
        _item(together, subject.advice(together[0]) if shared is None else "", is_first=n == 0)
        for n, together in enumerate(ideas.values())
    ]
    if len(issues) > _MOST_ISSUES:
        items.append(f"- {len(issues) - _MOST_ISSUES} more: see the Plumbrule check")
    return ["\n".join(items), _advice(shared or "", 1000)]


def _item(issues: Sequence[Issue], advice: str, *, is_first: bool) -> str:
    first = issues[0].first
    titles = dict.fromkeys(prose(issue.first.title, 200) for issue in issues)
    news = dict.fromkeys(sentence(prose(_news(issue.first), 500)) for issue in issues)
    told = " ".join(part for part in (*list(news)[:_MOST_NEWS], sentence(prose(first.why, 500))) if part)
    word = issues[0].severity.word.capitalize()
    # The first line of the comment has said the first title.
    lone = is_first and len(titles) == 1 and told
    lines = [f"- **{word}** · {told}"] if lone else [f"- **{word} · {'; '.join(titles)}**", told]
    lines.append(_advice(advice, 500))
    return "  \n  ".join(line for line in lines if line)


def issue_text(issue: Issue, proposed: Proposals) -> str:
    """Return one issue told by itself, for a document: heading, place, text, fix or guidance, rule."""
    finding, names = issue.first, instances(issue.findings)
    name = f" ({listed(names)})" if names else ""
    head = f"**{issue.severity.word.capitalize()} · {prose(finding.title, 200)}**{name}"
    where = f"<sub>{code(place(finding.span))} · {rule_link(finding)}</sub>"
    offer = proposed.offer(issue.findings)
    guidance = None if offer else proposed.guidance(issue.findings)
    advice = "" if offer else guidance.text if guidance else finding.remedy
    fix = offers_text([offer] if offer else [], names[0] if len(names) == 1 else block_resource(finding.resource))
    example = examples_text([(finding, guidance)] if guidance else [])
    return "\n\n".join(part for part in (head, *_one(issue, advice), fix, example, where) if part)


def _news(finding: Finding) -> str:
    """Return the message, unless it only says the title again."""
    same = finding.message.strip().rstrip(".").lower() == finding.title.strip().rstrip(".").lower()
    return "" if same else finding.message


def _advice(advice: str, limit: int) -> str:
    return f"**What to do:** {sentence(prose(advice, limit))}" if advice else ""


def _where(block: Block, subject: _Subject) -> str:
    """Name the instances, the module call and the roots, as far as the reader cannot see them from the line."""
    findings = block.findings
    told = []
    names = instances(finding for finding in findings if finding.framework != SECRETS)
    if len(names) > 1:
        told.append(f"This block stands for {len(names)} resources: {listed(names)}.")
    told += [_through(block, subject.anchor, caller, call) for caller, call in _calls(findings)[:3]]
    seen_from = roots(findings)
    if len(seen_from) > 1:
        told.append(f"Seen from the roots {listed(tuple(root or '.' for root in seen_from))}.")
    planned = [finding for finding in findings if finding.source is Source.PLAN]
    if planned:
        sure = not any(finding.root in subject.guessed for finding in planned)
        told.append("Seen in the plan." if sure else "Seen in the approximate plan.")
    return " ".join(told)


def _calls(findings: Sequence[Finding]) -> tuple[tuple[Span, str], ...]:
    return tuple(dict.fromkeys((f.caller, call_of(f)) for f in findings if f.caller is not None))


def _through(block: Block, anchor: Span, caller: Span, call: str) -> str:
    name = f"the call {code(call)}" if call else "the call"
    if anchor.path == caller.path and _covers(anchor, caller):
        return f"The code behind {name} is in {code(place(block.issues[0].first.span))}."
    return f"Reached through {name} in {code(place(caller))}."


def _covers(anchor: Span, span: Span) -> bool:
    return anchor.start_line <= span.start_line <= anchor.end_line


def call_of(finding: Finding) -> str:
    """Return the module call that a resource address goes through first: `module.x`; "" if it names none."""
    match = re.match(r"module\.[^.\[\]\s\"]+", finding.resource)
    return match[0] if match else ""


def listed(names: Sequence[str]) -> str:
    """Return up to ten names as code, and how many more there are."""
    shown = ", ".join(code(name) for name in names[:_MOST_NAMES])
    return shown + (f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else "")


def _footer(subject: _Subject, verdict: Verdict) -> str:
    findings = subject.block.findings
    rules: dict[str, tuple[str, ...]] = {}
    for finding in findings:
        link = rule_link(finding)
        rules[link] = (*rules.get(link, ()), finding.fingerprint)
    proved = proved_text(subject.offers, rules)
    others = ", ".join([rule for rule in rules if rule not in proved][:_MOST_ISSUES])
    parts = (proved, _stop(subject.block, verdict), others, subject.standards, _also(findings))
    return f"<sub>{' · '.join(part for part in parts if part)}</sub>"


def _also(findings: Sequence[Finding]) -> str:
    """Name the scanners that say the same."""
    said = dict.fromkeys(name for finding in findings for name in finding.also)
    return f"also said by {', '.join(code(name, 80) for name in list(said)[:_MOST_ISSUES])}" if said else ""


def _stop(block: Block, verdict: Verdict) -> str:
    findings = frozenset(block.findings)
    if findings & frozenset(verdict.blocking):
        return "Blocks this pull request"
    return "Would block, but the policy only audits" if findings & frozenset(verdict.would_block) else "Does not block"


def rule_link(finding: Finding) -> str:
    """Return the rule's name, leading to its page, or to its guideline if that stands on a host that we know."""
    url = rule_url(finding)
    return f"[{code(finding.rule, 80)}]({url})" if url else code(finding.rule, 80)


def mended(body: str, sha: str) -> str:
    """Return the comment `body` edited to say that its findings are gone at `sha`; unchanged if it says so already."""
    marker = read_comment_marker(body)
    if marker is None or is_mended(body):
        return body
    first, _, rest = without_markers(body.partition(FIX)[0]).partition("\n")
    told = f"~~{first.strip()}~~ · fixed in {sha[:7]}."
    rest = rest.partition(WAIVER)[0].partition("\n\n<sub>")[0]
    fold = f"<details><summary>What it said</summary>\n\n{rest.strip()}\n\n</details>" if rest.strip() else ""
    if len(fold) > LONGEST_BODY - len(told):
        fold = ""
    return "\n\n".join(part for part in (told, fold, mended_marker(sha), comment_marker(*marker)) if part)
