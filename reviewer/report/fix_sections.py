"""What the summary says of fixes: a word for each finding, the diffs that no comment shows, the patch of the safe ones.

Owns these sections. Must not know how they are fitted into the summary.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from reviewer.model import Examination, Finding, Fixes, InlineComment, Suggestion
from reviewer.report.blocks import Block, Issue, blocks_of, place
from reviewer.report.offers import ONE_CLICK, Form, Proposals, is_exact, proposals, shown_as_diff
from reviewer.report.patch import bare_patch
from reviewer.report.proposal import offers_text
from reviewer.report.sections import Section, counted
from reviewer.report.text import code, exact_fence, prose, sentence

_MOST_DIFFS = 20
_LONGEST_DIFFS = 20_000
_LONGEST_PATCH = 12_000
_MOST_WARNINGS = 10
_TOO_LONG = "The patch is too long to be shown here."
_UNFIT = "the lines hold what looks like a secret, characters that do not show, or CRLF"
_WORDS = {Form.CLICK: "fix proposed", Form.DIFF: "fix is a diff", Form.WORDS: "fix by `plumbrule fix`"}


def fix_words(
    examination: Examination, findings: Iterable[Finding], comments: Sequence[InlineComment] | None
) -> Mapping[str, str]:
    """Return what to say of the fix of each of `findings` that has one, by fingerprint.

    One click is offered only in one of `comments`; without any (a document) every fix that could be is proposed.
    """
    proposed, told = proposals(examination), spoken_of(comments or ())
    words: dict[str, str] = {}
    for block in blocks_of(findings):
        for offer in proposed.offers(block.findings):
            form = offer.form
            if comments is None:
                form = Form.CLICK if offer.fix.suggestion.risk in ONE_CLICK else Form.DIFF
            for fingerprint in offer.fix.fingerprints:
                shown = min(form, Form.DIFF) if comments is not None and fingerprint not in told else form
                words.setdefault(fingerprint, _WORDS[shown])
    return words


def word_of(issue: Issue, words: Mapping[str, str]) -> str:
    """Return ` · fix proposed` or the like; "" for an issue without a fix."""
    told = next((words[f.fingerprint] for f in issue.findings if f.fingerprint in words), "")
    return f" · {told}" if told else ""


def spoken_of(comments: Iterable[InlineComment]) -> frozenset[str]:
    """Return the fingerprints that `comments` speak of."""
    return frozenset(fingerprint for comment in comments for fingerprint in comment.fingerprints)


def diffs_section(examination: Examination, comments: Sequence[InlineComment]) -> Section:
    """Return the fixes of findings that no comment speaks of, as diffs, folded."""
    told, proposed = spoken_of(comments), proposals(examination)
    untold = [f for f in examination.verdict.comment_on if f.fingerprint not in told]
    blocks = [block for block in blocks_of(untold) if proposed.any_fix(block.findings)]
    if not blocks:
        return Section(opening="")
    shown = _within([_diffs(block, proposed) for block in blocks[:_MOST_DIFFS]], _LONGEST_DIFFS)
    return Section(
        opening="<details><summary>Fixes that are not one click</summary>\n",
        items=tuple(shown),
        closing="</details>",
        unseen=len(blocks) - len(shown),
    )


def _diffs(block: Block, proposed: Proposals) -> str:
    offers = [shown_as_diff(offer) for offer in proposed.offers(block.findings)]
    first = block.issues[0].first
    more = f", and {len(block.issues) - 1} more" if len(block.issues) > 1 else ""
    name = f" · {code(block.name)}" if block.name else ""
    head = f"**{block.severity.word.capitalize()} · {prose(first.title, 200)}{more}**{name} · {code(place(first.span))}"
    return f"{head}\n\n{offers_text(offers, block.name)}\n"


def _within(items: Sequence[str], limit: int) -> list[str]:
    shown: list[str] = []
    for item in items:
        limit -= len(item)
        if limit < 0:
            break
        shown.append(item)
    return shown


def patch_section(examination: Examination, *, offer_apply: bool) -> Section:
    """Return all safe fixes as one patch without context, folded; words where it cannot be shown."""
    safe = examination.fixes.safe
    if not safe:
        return Section(opening="")
    patch = bare_patch(_whole(safe))
    short = len(patch) <= _LONGEST_PATCH
    title = "<details><summary>All safe fixes as a patch</summary>"
    how = _how(safe) if short else _TOO_LONG
    parts = (_told(examination, offer_apply=offer_apply), _warned(examination.fixes), how)
    told = "\n\n".join(filter(None, parts))
    items = (exact_fence(patch, "diff") + "\n",) if patch and short else ()
    return Section(opening=f"{title}\n\n{told}\n", items=items, closing="</details>")


def _told(examination: Examination, *, offer_apply: bool) -> str:
    base = f" --base {examination.base_sha[:7]}" if examination.base_sha else ""
    count = counted(len(examination.fixes.safe), "edit")
    button = "Press **Apply safe fixes** to commit them, or run" if offer_apply else "To apply them, run"
    return f"{count}, proved together. {button} `plumbrule fix .{base}`."


def _whole(safe: Collection[Suggestion]) -> list[Suggestion]:
    """Return the edits of files that can be shown as a whole: half of what belongs together mends nothing."""
    partly = {suggestion.path for suggestion in safe if not is_exact(suggestion)}
    return [suggestion for suggestion in safe if suggestion.path not in partly]


def _warned(fixes: Fixes) -> str:
    warnings = fixes.safe_warnings
    items = [f"- {sentence(prose(warning, 300))}" for warning in warnings[:_MOST_WARNINGS]]
    items += [f"- and {len(warnings) - len(items)} more"] if len(warnings) > len(items) else []
    return "What else they change:\n" + "\n".join(items) if items else ""


def _how(safe: Collection[Suggestion]) -> str:
    rest = len(safe) - len(_whole(safe))
    if rest == len(safe):
        return f"The patch is not shown here: {_UNFIT}."
    left = f" (without {rest} of them: {_UNFIT})" if rest else ""
    return f"As a patch that `git apply --unidiff-zero` takes{left}:"


def footnotes(fixes: Fixes) -> list[str]:
    """Return what the small print says of fixes that are not there."""
    told = []
    if fixes.unproved:
        one = fixes.unproved == 1
        verb = "its proof and is" if one else "their proof and are"
        told.append(f"{fixes.unproved} {'fix' if one else 'fixes'} failed {verb} not shown")
    if fixes.failures:
        count = counted(len(fixes.failures), "part")
        told.append(f"fixes could not be tried in {count}: {prose(fixes.failures[0], 150)}")
    return told
