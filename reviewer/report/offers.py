"""Which fix belongs to which findings, and in what form it may be shown: one click, a diff, or words only.

Owns that decision: GitHub's rules for suggestions, and that no secret and nothing hidden is printed. Must not know how
an offer is worded (`proposal`).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from reviewer.masking import mask_secrets
from reviewer.model import Examination, Finding, Fix, Guidance, Hunk, Risk, Suggestion
from reviewer.report.patch import bare_diff, changes, lines_of
from reviewer.report.text import is_bare

MOST_LINES = 40  # of a suggestion, and of a diff in sight
LONGEST_SHOWN = 8_000
MOST_OFFERS = 3  # that a comment shows
ONE_CLICK = frozenset({Risk.SAFE, Risk.INPUT})

CONFIDENTIAL = "the lines hold what looks like a secret"
HIDDEN = "the lines hold characters that do not show"
TOO_LONG = "it is too long"
SEVERAL = "it changes several files"

_BEFORE = ('name: "password"\n', 'variable "password" {\n')
"""Lines that make what follows them a secret."""
_YAML = (".yml", ".yaml")
_ENDS_SCALAR = re.compile(
    r"[ \t]+(?![-#\]}\s])[^:]*$"
)  # neither a key nor an item: the rest of a text of several lines


class Form(enum.IntEnum):
    """How a fix is shown, the least first."""

    WORDS = 1
    DIFF = 2
    CLICK = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A fix and the form that it may be shown in; `reason` says why it is not more than that ("": its risk)."""

    fix: Fix
    form: Form
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """What is proposed in one examination, by fingerprint."""

    single: Mapping[str, Fix]
    together: Mapping[str, tuple[Fix, ...]]
    advice: Mapping[str, Guidance]
    hunks: Mapping[str, tuple[Hunk, ...]]

    def offers(self, findings: Sequence[Finding]) -> tuple[Offer, ...]:
        """Return what is offered for the findings of a block: at most one in one click, and that one first."""
        prints = tuple(dict.fromkeys(f.fingerprint for f in findings))
        found = dict.fromkeys(fix for p in prints for fix in self.together.get(p, ()))
        mended = {p for fix in found for p in fix.fingerprints}
        found |= dict.fromkeys(self.single[p] for p in prints if p in self.single and p not in mended)
        return _at_most_one_click(sorted((offer_of(fix, self.hunks) for fix in found), key=lambda o: -o.form))

    def any_fix(self, findings: Iterable[Finding]) -> bool:
        """Whether anything is offered for `findings`."""
        return any(f.fingerprint in self.single or f.fingerprint in self.together for f in findings)

    def offer(self, findings: Sequence[Finding]) -> Offer | None:
        """Return what is offered for one issue by itself, never in one click: for places without a diff."""
        fix = self.fix(findings)
        return shown_as_diff(offer_of(fix, self.hunks)) if fix else None

    def fix(self, findings: Iterable[Finding]) -> Fix | None:
        """Return the fix of one issue by itself."""
        return next((self.single[f.fingerprint] for f in findings if f.fingerprint in self.single), None)

    def guidance(self, findings: Iterable[Finding]) -> Guidance | None:
        """Return what to do about an issue that no edit is right for."""
        return next((self.advice[f.fingerprint] for f in findings if f.fingerprint in self.advice), None)


def proposals(examination: Examination) -> Proposals:
    """Return what `examination` proposes, for looking up."""
    fixes = examination.fixes
    together: dict[str, tuple[Fix, ...]] = {}
    for fix in fixes.together:
        for fingerprint in fix.fingerprints:
            together[fingerprint] = (*together.get(fingerprint, ()), fix)
    hunks: dict[str, tuple[Hunk, ...]] = {}
    for hunk in examination.diff.hunks:
        hunks[hunk.path] = (*hunks.get(hunk.path, ()), hunk)
    return Proposals(
        single={fingerprint: fix for fix in fixes.single for fingerprint in fix.fingerprints},
        together=together,
        advice={guidance.fingerprint: guidance for guidance in fixes.guidance},
        hunks=hunks,
    )


def offer_of(fix: Fix, hunks: Mapping[str, tuple[Hunk, ...]]) -> Offer:
    """Return `fix` in the best form that it may be shown in, on a diff of `hunks`."""
    suggestion = fix.suggestion
    not_at_all = next(filter(None, (_unfit(edit)[0] for edit in fix.edits)), "")
    if not_at_all:
        return Offer(fix=fix, form=Form.WORDS, reason=not_at_all)
    if suggestion.risk not in ONE_CLICK:
        return Offer(fix=fix, form=Form.DIFF)
    not_exactly = SEVERAL if fix.also else _unfit(suggestion)[1]
    reason = not_exactly or _not_on_the_diff(suggestion, hunks.get(suggestion.path, ()))
    return Offer(fix=fix, form=Form.DIFF if reason else Form.CLICK, reason=reason)


@lru_cache(maxsize=512)
def _unfit(suggestion: Suggestion) -> tuple[str, str]:
    """Return why its text may not be shown at all, and why not exactly, in one click; "" for what it may."""
    return _not_at_all(suggestion), _not_exactly(suggestion)


def _not_at_all(suggestion: Suggestion) -> str:
    """Look at the changed lines alone: nothing else of a suggestion is in its diff."""
    changed = [line for change in changes(suggestion) for line in (*change.removed, *change.added)]
    if not all(map(is_bare, changed)):
        return HIDDEN
    if not _secret_lines(suggestion).isdisjoint(changed):
        return CONFIDENTIAL
    return TOO_LONG if sum(map(len, changed)) > LONGEST_SHOWN else ""


def is_exact(suggestion: Suggestion) -> bool:
    """Whether the changed lines may be shown byte for byte, for copying."""
    text = bare_diff(suggestion)
    return not _unfit(suggestion)[0] and "\r" not in text and is_bare(suggestion.path) and "\n" not in suggestion.path


def holds_secret(suggestion: Suggestion) -> bool:
    """Whether the lines that it writes, changed or taken along, may not be shown for a secret in them."""
    return not _secret_lines(suggestion).isdisjoint(lines_of(suggestion.replacement))


def _secret_lines(suggestion: Suggestion) -> frozenset[str]:
    """Return the lines that masking changes. It sees the whole text: a secret may be known by the line before it."""
    found: set[str] = set()
    for text in (suggestion.original, suggestion.replacement):
        masked = lines_of(mask_secrets(text))
        found.update(line for n, line in enumerate(lines_of(text)) if masked[n : n + 1] != [line])
    return frozenset(found | _cut_off(suggestion))


def _cut_off(suggestion: Suggestion) -> set[str]:
    """Return the lines that are taken along, and may be secret for what stands before them in the file."""
    lines = lines_of(suggestion.replacement)
    along = set(lines_of(suggestion.original)).intersection(lines)
    found = set(lines[:1]) if suggestion.path.endswith(_YAML) and _ENDS_SCALAR.match("".join(lines[:1])) else set()
    for before in _BEFORE:
        masked = lines_of(mask_secrets(before + suggestion.replacement))[1:]
        found.update(line for n, line in enumerate(lines) if masked[n : n + 1] != [line])
    return found & along


def _not_exactly(suggestion: Suggestion) -> str:
    text = suggestion.original + suggestion.replacement
    if not is_bare(text):
        return HIDDEN
    if _secret_lines(suggestion):
        return CONFIDENTIAL
    if "\r" in text:
        return "the lines end in CRLF, which a suggestion may not keep"
    if suggestion.end_line - suggestion.start_line >= MOST_LINES or len(suggestion.replacement) > LONGEST_SHOWN:
        return TOO_LONG
    if suggestion.replacement and not suggestion.replacement.strip():
        return "GitHub takes no suggestion of an empty line"
    return ""


def _not_on_the_diff(suggestion: Suggestion, hunks: Iterable[Hunk]) -> str:
    first, last = suggestion.start_line, suggestion.end_line
    for hunk in hunks:
        if hunk.start_line <= first <= last <= hunk.end_line:
            if any(first < line <= last for line in hunk.deleted_before):
                return "GitHub takes no suggestion over deleted lines"
            return ""
    return "not all of its lines are in the diff of this pull request"


def _at_most_one_click(offers: Sequence[Offer]) -> tuple[Offer, ...]:
    more = (
        replace(offer, form=Form.DIFF, reason="a comment holds one suggestion") if offer.form is Form.CLICK else offer
        for offer in offers[1:]
    )
    return (*offers[:1], *more)


def shown_as_diff(offer: Offer) -> Offer:
    """Return `offer` for a place where nobody expects one click."""
    return offer if offer.form is Form.WORDS else replace(offer, form=Form.DIFF, reason="")
