"""Fixes and guidance in markdown: what stands in a comment, in the summary and in a document.

Owns the wording. Must not know which form is right (`offers`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from reviewer.model import Finding, Fix, Guidance, Risk, Span, Suggestion
from reviewer.report.blocks import place
from reviewer.report.offers import MOST_LINES, MOST_OFFERS, Form, Offer
from reviewer.report.patch import bare_diff, changes
from reviewer.report.text import code, exact_fence, fence, prose, sentence

_MOST_INPUTS = 10
_MOST_WARNINGS = 5
_MOST_RULES = 12
_SHORT_EXAMPLE = 8
_LONGEST_EXAMPLE = 3000
_NUMBERS = ("no line", "one line", "two lines", "three lines", "four lines", "five lines")


def offers_text(offers: Sequence[Offer], name: str) -> str:
    """Return what is offered for the block or resource `name`, the suggestion first; "" for nothing."""
    told = [_offer(offer, name) for offer in offers[:MOST_OFFERS]]
    if len(offers) > MOST_OFFERS:
        told.append(f"There are {len(offers) - MOST_OFFERS} more fixes: {_command(offers[-1].fix)} shows them.")
    return "\n\n".join(told)


def _offer(offer: Offer, name: str) -> str:
    fix, risk = offer.fix, _risk(offer.fix, name)
    beware = f"{risk} {_warnings(fix)}".strip() if risk else ""
    asked = f"{_inputs(fix)} {'' if risk else _warnings(fix, '**Before you apply it:** ')}".strip()
    if offer.form is Form.CLICK:
        parts = [exact_fence(fix.suggestion.replacement, "suggestion"), asked]
    elif offer.form is Form.DIFF:
        parts = [_opening(offer, beware), _diff(fix.suggestion), *_elsewhere(fix), asked]
    else:
        how = f" {_command(fix)} applies it." if not fix.also else ""
        why = f"A fix was proved, but it is not shown here: {offer.reason}.{how}"
        parts = [f"{beware} {why}".strip(), asked]
    return "\n\n".join(part for part in parts if part)


def _command(fix: Fix) -> str:
    """Return what to run for a fix: only safe ones are taken unasked."""
    return f"`plumbrule fix{asked_for([fix.suggestion.risk])}`"


def asked_for(risks: Collection[Risk]) -> str:
    """Return the options by which `plumbrule fix` takes fixes of `risks`, too: ` --also input`."""
    return "".join(f" --also {risk}" for risk in Risk if risk is not Risk.SAFE and risk in risks)


def _opening(offer: Offer, beware: str) -> str:
    """Say what the diff is for, and first what to beware of."""
    where = code(_where(offer.fix.suggestion))
    if beware:
        return f"{beware} The diff for {where}, not applied:"
    return f"The fix for {where}" + (f", not one click because {offer.reason}:" if offer.reason else ":")


def _elsewhere(fix: Fix) -> Iterator[str]:
    """Yield what has to change in other files, too."""
    for edit in fix.also:
        yield f"With it, for {code(_where(edit))}:"
        yield _diff(edit)


def _where(edit: Suggestion) -> str:
    """Return the place of the first line that changes."""
    first = next((change.line for change in changes(edit)), edit.start_line)
    return place(Span(path=edit.path, start_line=first, end_line=first))


def _risk(fix: Fix, name: str) -> str:
    """Return the sentence that a fix of this risk needs before anything else; "" for one that is safe or asks."""
    edit = f"The edit is {_size(fix)}"
    thing = code(name) or "this"
    if fix.suggestion.risk is Risk.REPLACE:
        return f"{edit}, but where {thing} exists already, applying it recreates, restarts or cuts off what is there."
    return f"{edit}, but there is more to pay for {thing} afterwards." if fix.suggestion.risk is Risk.COST else ""


def _size(fix: Fix) -> str:
    found = [change for edit in fix.edits for change in changes(edit)]
    count = sum(max(len(change.removed), len(change.added)) for change in found)
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count} lines"


def _diff(suggestion: Suggestion) -> str:
    diff = bare_diff(suggestion)
    lines, told = diff.count("\n"), fence(diff, "diff")
    long = max(lines, suggestion.end_line - suggestion.start_line + 1) > MOST_LINES
    return _folded(f"The diff, {lines} lines", told) if long else told


def _folded(summary: str, told: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{told}\n\n</details>"


def _inputs(fix: Fix) -> str:
    """Say what is left to decide."""
    if not fix.inputs:
        return ""
    names = [code(name, 100) for name in fix.inputs[:_MOST_INPUTS]]
    if len(fix.inputs) > len(names):
        names.append(f"{len(fix.inputs) - len(names)} more")
    noun, verb = ("a decision", "has") if len(fix.inputs) == 1 else ("decisions", "have")
    return f"Adds {noun} for you: {joined(names)} {verb} no value yet."


def _warnings(fix: Fix, opening: str = "") -> str:
    told = " ".join(sentence(prose(warning, 300)) for warning in fix.warnings[:_MOST_WARNINGS])
    return f"{opening}{told}" if told else ""


def joined(words: Sequence[str]) -> str:
    """Return `a, b and c`."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def proved_text(offers: Iterable[Offer], rules: Mapping[str, tuple[str, ...]]) -> str:
    """Say which rules pass after the changes that are offered; "" when none is.

    `rules` has the fingerprints that each rule, by the name to show, has in the block.
    """
    offers = tuple(offers)[:MOST_OFFERS]
    mended = {fingerprint for offer in offers for fingerprint in offer.fix.fingerprints}
    passing = [rule for rule, prints in rules.items() if not mended.isdisjoint(prints)]
    if not passing:
        return ""
    named = joined(passing) if len(passing) <= _MOST_RULES else f"{len(passing)} rules"
    change = "this change" if len(offers) == 1 else "these changes"
    verb = "passes" if len(passing) == 1 else "pass"
    return f"Proved: after {change} {named} {verb} and nothing new is found"


def examples_text(told: Sequence[tuple[Finding, Guidance]]) -> str:
    """Return the examples of at most two guidances: in sight when short, else folded."""
    shown = [(finding, g) for finding, g in told if g.example.strip()]
    several = len(told) > 1
    return "\n\n".join(_example(finding, g, named=several) for finding, g in shown[:2])


def _example(finding: Finding, guidance: Guidance, *, named: bool) -> str:
    text = guidance.example
    if len(text) > _LONGEST_EXAMPLE:
        return ""
    language = guidance.language if guidance.language in {"hcl", "yaml", "dockerfile", "json"} else ""
    told = fence(text, language)
    if text.strip("\n").count("\n") >= _SHORT_EXAMPLE:
        told = _folded("An example", told)
    return f"For {code(finding.rule, 80)}:\n\n{told}" if named else told
