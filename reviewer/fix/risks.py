"""What edits ask for, one beside the other: who takes the larger one takes what is in it.

Pure; compares lines and knows no syntax.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reviewer.model import Risk, Suggestion

ORDER = tuple(Risk)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """What an edit writes and what it takes away, white space folded: alignment asks for nothing."""

    new: Counter[str]
    old: Counter[str]


def with_shared_risks(suggestions: Sequence[Suggestion]) -> tuple[Suggestion, ...]:
    """Return the edits, each at the most that it asks for, or that another one asks for all of which it does, too."""
    lines = [_lines(suggestion) for suggestion in suggestions]
    return tuple(
        replace(one, risk=max((one.risk, *_within(number, suggestions, lines)), key=ORDER.index))
        for number, one in enumerate(suggestions)
    )


def _within(number: int, suggestions: Sequence[Suggestion], lines: Sequence[_Lines]) -> Iterator[Risk]:
    """Yield what the edits ask for that are part of one."""
    one, its = suggestions[number], lines[number]
    for other, theirs in zip(suggestions, lines, strict=True):
        asks_more = ORDER.index(other.risk) > ORDER.index(one.risk)
        if asks_more and _meet(one, other) and theirs.new <= its.new and theirs.old <= its.old:
            yield other.risk


def _meet(one: Suggestion, other: Suggestion) -> bool:
    return one.path == other.path and one.start_line <= other.end_line and other.start_line <= one.end_line


def _lines(suggestion: Suggestion) -> _Lines:
    new, old = (
        Counter(" ".join(line.split()) for line in text.split("\n") if line.strip())
        for text in (suggestion.replacement, suggestion.original)
    )
    return _Lines(new=new - old, old=old - new)
