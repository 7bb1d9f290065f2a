"""Attribute values of a plan as rules read them: any JSON at all, looked at without raising.

Owns how a value is found, judged unknown and shown to people. Knows no resource type and no rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reviewer.tfplan.model import ResourceChange

MAX_SHOWN = 80
"""Characters of a value that a message carries along."""

MAX_ITEMS = 1000
"""Items of one list that a rule looks at."""


def reach(value: Any, *path: str) -> Any:
    """Return what stands at `path`, None when nothing does. Of nested blocks (lists of maps) the first is entered."""
    for step in path:
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def blocks(value: Any, *path: str) -> list[Mapping[str, Any]]:
    """Return the nested blocks at `path`: the maps of a list, or a single one."""
    found = reach(value, *path)
    listed = found if isinstance(found, list) else [found]
    return [item for item in listed[:MAX_ITEMS] if isinstance(item, Mapping)]


def texts(value: Any) -> tuple[str, ...]:
    """Return the strings of a list, or the one string that stands for it."""
    listed = value if isinstance(value, list) else [value]
    return tuple(item for item in listed[:MAX_ITEMS] if isinstance(item, str))


def text(value: Any) -> str:
    """Return a string as it is, anything else as ""."""
    return value if isinstance(value, str) else ""


def flag(value: Any) -> bool | None:
    """Return a switch, also one written as text; None for anything else."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def number(value: Any) -> float | None:
    """Return a finite number, also one written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value) if len(str(value)[:40]) < 40 else math.nan
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def is_empty(value: Any) -> bool:
    """Whether nothing is there: null, "", an empty list or map."""
    return value is None or (isinstance(value, (str, list, Mapping)) and not value)


def is_unknown(change: ResourceChange, *path: str) -> bool:
    """Whether what stands at `path`, or anything in it, is known only after the apply."""
    marks: Any = change.after_unknown
    for step in path:
        if marks is True:
            return True
        if isinstance(marks, list):
            marks = marks[0] if marks else None
        marks = marks.get(step) if isinstance(marks, Mapping) else None
    return _any_true(marks)


def _any_true(marks: Any) -> bool:
    waiting = [marks]
    while waiting:
        mark = waiting.pop()
        if mark is True:
            return True
        if isinstance(mark, Mapping):
            waiting.extend(mark.values())
        elif isinstance(mark, list):
            waiting.extend(mark)
    return False


def leaves(value: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield every plain value in `value` with its path; no recursion, for depth is hostile."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while waiting:
        path, found = waiting.pop()
        if isinstance(found, Mapping):
            waiting.extend(((*path, str(key)), item) for key, item in reversed(list(found.items())))
        elif isinstance(found, list):
            waiting.extend(((*path, index), item) for index, item in reversed(list(enumerate(found))))
        else:
            yield path, found


def shown(value: Any) -> str:
    """Return a value as a message says it: on one line, short; lists and maps only by their size."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, Mapping)):
        return f"{len(value)} of them" if value else "none"
    if isinstance(value, (int, float)):
        return str(int(value)) if abs(value) < 1e15 and value == int(value) else f"{number(value)}"
    return short(str(value)) or '""'


def short(words: str, limit: int = MAX_SHOWN) -> str:
    """Return `words` on one line, cut at `limit` characters."""
    folded = " ".join(words[: 4 * limit].split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def listed(words: Iterable[str], most: int = 4) -> str:
    """Return `a, b and c`, each once, at most `most` of them by name; sets in the order of the alphabet."""
    ordered = sorted(words) if isinstance(words, (set, frozenset)) else words
    names = list(dict.fromkeys(short(word) for word in ordered))
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def named(change: ResourceChange) -> str:
    """Return the address as a message says it."""
    return short(change.address, 160)
