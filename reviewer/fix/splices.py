"""Changes to a text by position. A leaf: it knows no language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reviewer.fix.editing import CannotEdit


@dataclass(frozen=True, slots=True, kw_only=True)
class Splice:
    """Characters `start..end` become `text`."""

    start: int
    end: int
    text: str


def apply(text: str, splices: Iterable[Splice]) -> str:
    """Return the text with all splices made; those at one place in the order given. Raises CannotEdit on a clash."""
    parts, done = [], 0
    for splice in sorted(splices, key=lambda s: (s.start, s.end > s.start)):
        if splice.start < done:
            raise CannotEdit("Two changes meet in the same place.")
        parts += [text[done : splice.start], splice.text]
        done = splice.end
    return "".join([*parts, text[done:]])
