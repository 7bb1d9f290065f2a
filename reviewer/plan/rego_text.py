"""The text of a Rego policy before any parser sees it, and edits of it. Pure: knows tokens, not grammar.

The engine's parser takes twice the time for each level of `[` and `{`: what is nested deeper is refused first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MAX_NESTING = 12
"""Twelve levels of `[` or `{` take the parser a fifth of a second, twenty a minute."""
MAX_CALLS = 100
"""Levels of brackets altogether: they cost stack, not time."""

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*|[\[\]{}()]|\n')
_CLOSES = {"]": "[", "}": "{", ")": "("}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Edit:
    """Bytes `start..end` of a text become `new`. Of those that insert at one place, the smaller `rank` comes first."""

    start: int
    end: int
    rank: int = 0
    new: str


def nested_too_deeply(text: str) -> int | None:
    """Return the first line at which brackets are nested deeper than the parser can take, or None."""
    line, opened = 1, {"[": 0, "{": 0, "(": 0}
    for token in _TOKEN.finditer(text):
        found = token[0]
        if found in opened:
            opened[found] += 1
            if opened["["] + opened["{"] > MAX_NESTING or sum(opened.values()) > MAX_CALLS:
                return line
        elif found in _CLOSES:
            opened[_CLOSES[found]] = max(0, opened[_CLOSES[found]] - 1)
        line += found.count("\n")
    return None


def edited(text: bytes, edits: Iterable[Edit]) -> str:
    """Return `text` with edits that do not overlap."""
    parts, at = [], 0
    for edit in sorted(edits):
        parts += [text[at : edit.start], edit.new.encode()]
        at = max(at, edit.end)
    return b"".join([*parts, text[at:]]).decode()
