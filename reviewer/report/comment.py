"""Inline review comments: one for each block of code that this change made worse.

Owns what a comment says and where it stands. Must not know what stands on the pull request already (gh.publish does).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import islice

from reviewer.model import Examination, Finding, InlineComment, Source, Span, Verdict
from reviewer.report.blocks import SECRETS, Block, Issue, any_index, block_resource, blocks_of, instances, place, roots
from reviewer.report.links import guideline_url
from reviewer.report.markers import comment_marker, is_mended, mended_marker, read_comment_marker, without_markers
from reviewer.report.text import code, fence, one_line, prose, sentence

MOST_COMMENTS = 30
LONGEST_BODY = 60_000  # GitHub refuses more than 65,536 characters
_MOST_LINES = 20
_MOST_NAMES = 10
_MOST_ISSUES = 12
_MOST_NEWS = 4
_MOST_FINGERPRINTS = 500
_WAIVER = "<details><summary>Accept this risk instead</summary>"


def build_comments(examination: Examination) -> tuple[InlineComment, ...]:
    """Return the comments that should stand on the diff, most severe first, at most 30."""
    anchors = dict(examination.anchors)
    placed = ((block, _anchor(block, anchors)) for block in blocks_of(examination.verdict.comment_on))
    comments = (_comment(block, anchor, examination.verdict) for block, anchor in placed if anchor is not None)
    return tuple(islice(comments, MOST_COMMENTS))


def _anchor(block: Block, anchors: Mapping[str, Span]) -> Span | None:
    """Return the place of the most severe finding that has one."""
    return next((anchors[f.fingerprint] for f in block.findings if f.fingerprint in anchors), None)


def _comment(block: Block, anchor: Span, verdict: Verdict) -> InlineComment:
    fingerprints = tuple(dict.fromkeys(f.fingerprint for f in block.findings))[:_MOST_FINGERPRINTS]
    several = anchor.start_line < anchor.end_line <= anchor.start_line + _MOST_LINES - 1
    return InlineComment(
        key=block.key,
        fingerprints=fingerprints,
        path=anchor.path,
        line=anchor.end_line if several else anchor.start_line,
        start_line=anchor.start_line if several else None,
        body=f"{_text(block, anchor, verdict)}\n\n{comment_marker(block.key, fingerprints)}",
    )


def _text(block: Block, anchor: Span, verdict: Verdict) -> str:
    parts = [_first_line(block)]
    if len(block.issues) == 1:
        parts += _one(block.issues[0])
    else:
        parts += _several(block.issues)
    parts += [_where(block, anchor), _footer(block, verdict), _waiver(block)]
    return _fitted(tuple(part for part in parts if part))


def _fitted(parts: Sequence[str]) -> str:
    """Join as many `parts` as a comment may hold; what comes first matters most."""
    kept: list[str] = []
    for part in parts:
        if sum(len(k) + 2 for k in kept) + len(part) <= LONGEST_BODY:
            kept.append(part)
    return "\n\n".join(kept)


def _first_line(block: Block) -> str:
    """Say in one line whether to stop: how bad, what, where."""
    more = f", and {len(block.issues) - 1} more" if len(block.issues) > 1 else ""
    name = f" ({code(block.name)})" if block.name else ""
    return f"**{block.severity.word.capitalize()} · {prose(block.issues[0].first.title, 200)}{more}**{name}"


def _one(issue: Issue) -> list[str]:
    return [_told(issue.first, 1000), _advice(issue.first, 1000)]


def _told(finding: Finding, limit: int) -> str:
    """Return what is wrong and why it matters."""
    parts = (sentence(prose(_news(finding), limit)), sentence(prose(finding.why, limit)))
    return " ".join(part for part in parts if part)


def _several(issues: Sequence[Issue]) -> list[str]:
    """Tell each idea once: rules with one reason and one remedy share an item."""
    ideas: dict[tuple[str, str], list[Issue]] = {}
    for issue in issues[:_MOST_ISSUES]:
        idea = (issue.first.why, issue.first.remedy) if issue.first.why else (issue.first.rule, issue.first.title)
        ideas.setdefault(idea, []).append(issue)
    shared = len({issue.first.remedy for issue in issues}) == 1
    items = [_item(together, is_first=n == 0, advised=not shared) for n, together in enumerate(ideas.values())]
    if len(issues) > _MOST_ISSUES:
        items.append(f"- {len(issues) - _MOST_ISSUES} more: see the Plumbrule check")
    return ["\n".join(items), _advice(issues[0].first, 1000) if shared else ""]


def _item(issues: Sequence[Issue], *, is_first: bool, advised: bool) -> str:
    first = issues[0].first
    titles = dict.fromkeys(prose(issue.first.title, 200) for issue in issues)
    news = dict.fromkeys(sentence(prose(_news(issue.first), 500)) for issue in issues)
    told = " ".join(part for part in (*list(news)[:_MOST_NEWS], sentence(prose(first.why, 500))) if part)
    word = issues[0].severity.word.capitalize()
    # The first line of the comment has said the first title.
    lone = is_first and len(titles) == 1 and told
    lines = [f"- **{word}** · {told}"] if lone else [f"- **{word} · {'; '.join(titles)}**", told]
    lines += [_advice(first, 500)] if advised else []
    return "  \n  ".join(line for line in lines if line)


def issue_text(issue: Issue) -> str:
    """Return one issue told by itself, for a document: heading, place, text, rule."""
    finding, names = issue.first, instances(issue.findings)
    name = f" ({listed(names)})" if names else ""
    head = f"**{issue.severity.word.capitalize()} · {prose(finding.title, 200)}**{name}"
    where = f"<sub>{code(place(finding.span))} · {rule_link(finding)}</sub>"
    return "\n\n".join(part for part in (head, *_one(issue), where) if part)


def _news(finding: Finding) -> str:
    """Return the message, unless it only says the title again."""
    same = finding.message.strip().rstrip(".").lower() == finding.title.strip().rstrip(".").lower()
    return "" if same else finding.message


def _advice(finding: Finding, limit: int) -> str:
    return f"**What to do:** {sentence(prose(finding.remedy, limit))}" if finding.remedy else ""


def _where(block: Block, anchor: Span) -> str:
    """Name the instances, the module call and the roots, as far as the reader cannot see them from the line."""
    findings = block.findings
    told = []
    names = instances(finding for finding in findings if finding.framework != SECRETS)
    if len(names) > 1:
        told.append(f"This block stands for {len(names)} resources: {listed(names)}.")
    told += [_through(block, anchor, caller, call) for caller, call in _calls(findings)[:3]]
    seen_from = roots(findings)
    if len(seen_from) > 1:
        told.append(f"Seen from the roots {listed(tuple(root or '.' for root in seen_from))}.")
    if any(f.source is Source.PLAN for f in findings):
        told.append("Seen in the plan.")
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


def _footer(block: Block, verdict: Verdict) -> str:
    rules = {f.rule: rule_link(f) for f in block.findings}
    return f"<sub>{_stop(block, verdict)} · {', '.join(list(rules.values())[:_MOST_ISSUES])}</sub>"


def _stop(block: Block, verdict: Verdict) -> str:
    findings = frozenset(block.findings)
    if findings & frozenset(verdict.blocking):
        return "Blocks this pull request"
    return "Would block, but the policy only audits" if findings & frozenset(verdict.would_block) else "Does not block"


def rule_link(finding: Finding) -> str:
    """Return the rule's name, leading to its guideline if that stands on a host that we know."""
    url = guideline_url(finding.guideline)
    return f"[{code(finding.rule, 80)}]({url})" if url else code(finding.rule, 80)


def _waiver(block: Block) -> str:
    """Return a ready entry for the policy file, folded. Reason and expiry are the reader's to fill in."""
    entries = [_entry(issue) for issue in block.issues[:_MOST_ISSUES]]
    return (
        f"{_WAIVER}\n\n"
        "Add to `.github/plumbrule.yml` on the base branch, with a reason and a date:\n\n"
        + fence("waivers:\n" + "\n".join(entries), "yaml")
        + "\n\n</details>"
    )


def _entry(issue: Issue) -> str:
    names = instances(issue.findings)
    lines = [f"  - rule: {_yaml(issue.first.rule)}"]
    if names:
        lines.append(f"    resource: {_yaml(_pattern(names))}")
    lines += [f"    path: {_yaml(issue.first.path)}", '    reason: ""', "    expires: YYYY-MM-DD"]
    return "\n".join(lines)


def _pattern(names: Sequence[str]) -> str:
    """Return one address, or a pattern for several that differ in their indexes or module paths.

    In the policy file only `*` and `?` are wild; brackets are themselves.
    """
    if len(names) == 1:
        return names[0]
    patterns = {any_index(name) for name in names}
    return patterns.pop() if len(patterns) == 1 else f"*{block_resource(names[0])}*"


def _yaml(text: str) -> str:
    text = one_line(text, 300)
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./-]*", text):
        return text
    return json.dumps(text, ensure_ascii=False) if "'" in text else f"'{text}'"


def mended(body: str, sha: str) -> str:
    """Return the comment `body` edited to say that its findings are gone at `sha`; unchanged if it says so already."""
    marker = read_comment_marker(body)
    if marker is None or is_mended(body):
        return body
    first, _, rest = without_markers(body).partition("\n")
    told = f"~~{first.strip()}~~ · fixed in {sha[:7]}."
    rest = rest.partition(_WAIVER)[0].partition("\n\n<sub>")[0]
    fold = f"<details><summary>What it said</summary>\n\n{rest.strip()}\n\n</details>" if rest.strip() else ""
    if len(fold) > LONGEST_BODY - len(told):
        fold = ""
    return "\n\n".join(part for part in (told, fold, mended_marker(sha), comment_marker(*marker)) if part)
