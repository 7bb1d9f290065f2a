"""From two versions of a file to lines that a person can take over: suggestions. Pure; knows no syntax."""

from __future__ import annotations

import difflib
import functools
from collections import Counter
from collections.abc import Sequence

from reviewer.model import Risk, Suggestion

MOST_LINES = 20_000
"""Of a longer file only one suggestion is made, whatever lies between its changes."""

MOST_COMPARED = 2_000_000


def hull(path: str, before: bytes, after: bytes, risk: Risk) -> Suggestion | None:
    """Return the one suggestion that turns `before` into `after`, None when they are equal.

    It holds all changed lines and what lies between them; at least one line of `before` is in it, unless that is empty.
    """
    old, new = lines_of(before), lines_of(after)
    same = min(len(old), len(new))
    start = next((n for n in range(same) if old[n] != new[n]), same)
    if start == len(old) == len(new):
        return None
    most = same - start
    end = next((n for n in range(most) if old[-1 - n] != new[-1 - n]), most)
    first, last, new_first, new_last = _with_a_line(len(old), start, len(old) - end, start, len(new) - end)
    return _suggestion(path, risk, old[first:last], new[new_first:new_last], first)


def pieces(path: str, before: bytes, after: bytes, risk: Risk) -> tuple[Suggestion, ...]:
    """Return suggestions that together turn `before` into `after`: in order, without overlap, as small as can be."""
    old, new = lines_of(before), lines_of(after)
    if max(len(old), len(new)) > MOST_LINES:
        whole = hull(path, before, after, risk)
        return (whole,) if whole else ()
    ranges: list[_Range] = []
    for tag, *edges in difflib.SequenceMatcher(a=old, b=new, autojunk=_is_costly(old, new)).get_opcodes():
        if tag != "equal":
            start, end, new_start, new_end = _with_a_line(len(old), *edges)
            if ranges and ranges[-1][1] > start:  # an insertion at the top took this line along
                start, _, new_start, _ = ranges.pop()
            ranges.append((start, end, new_start, new_end))
    return tuple(_suggestion(path, risk, old[a:b], new[c:d], a) for a, b, c, d in ranges)


def _is_costly(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether lines are repeated so often that comparing each with each would take minutes."""
    counted = Counter(new)
    return sum(counted[line] for line in old) > MOST_COMPARED


_Range = tuple[int, int, int, int]
"""Start and end of old lines and of new ones."""


def _with_a_line(lines: int, start: int, end: int, new_start: int, new_end: int) -> _Range:
    """A pure insertion takes the equal line before it along, or the one after it at the start of the file."""
    if start == end and start > 0:
        return start - 1, end, new_start - 1, new_end
    if start == end and lines:
        return start, end + 1, new_start, new_end + 1
    return start, end, new_start, new_end


def _suggestion(path: str, risk: Risk, old: Sequence[str], new: Sequence[str], start: int) -> Suggestion:
    return Suggestion(
        path=path,
        start_line=start + 1,
        end_line=start + max(1, len(old)),
        replacement="".join(new),
        original="".join(old),
        risk=risk,
    )


def apply(text: bytes, suggestions: Sequence[Suggestion]) -> bytes:
    """Return `text` with `suggestions` taken, which must not overlap. Raises ValueError when a line was another."""
    lines = list(lines_of(text))
    for suggestion in sorted(suggestions, key=lambda s: s.start_line, reverse=True):
        start, end = suggestion.start_line - 1, suggestion.end_line
        if "".join(lines[start:end]) != suggestion.original:
            raise ValueError(f"{suggestion.path}:{suggestion.start_line} is not what the fix was made for")
        lines[start:end] = [suggestion.replacement]
    return "".join(lines).encode("utf-8", "surrogateescape")


@functools.lru_cache(maxsize=4)
def lines_of(text: bytes) -> tuple[str, ...]:
    """Return lines with their ends; only "\\n" ends a line, as for git and GitHub."""
    decoded = text.decode("utf-8", "surrogateescape")
    parts = decoded.split("\n")
    whole = tuple(f"{part}\n" for part in parts[:-1])
    return (*whole, parts[-1]) if parts[-1] else whole
