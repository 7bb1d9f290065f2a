"""Two values of a plan that may be known in part, and where they differ.

Owns when two values are the same for a provider. Knows no resource.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reviewer.tfplan.model import Step

Path = tuple[Step, ...]


@dataclass(slots=True)
class Difference:
    """What was found between two values, collected while walking through them."""

    paths: list[Path] = field(default_factory=list)
    guesses: list[Path] = field(default_factory=list)  # of `paths`, those where the old side does not know its value


Side = tuple[Any, Any]
"""A value, and what of it is not known."""


def compare(before: Side, after: Side, path: Path, found: Difference) -> Any:
    """Collect where two values differ, and return what of `after` is not known and was not unknown before."""
    (old, old_unknown), (new, new_unknown) = before, after
    if old_unknown is True and new_unknown is True:
        return False
    if new_unknown is True or old_unknown is True:
        found.paths.append(path)
        if old_unknown is True:
            found.guesses.append(path)
        return new_unknown
    if isinstance(old, dict) and isinstance(new, dict):
        return _compare_objects(before, after, path, found)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            compare((old[at], mark_at(old_unknown, at)), (new[at], mark_at(new_unknown, at)), (*path, at), found)
            for at in range(len(new))
        ]
    if not _equal(old, new) or is_partly(old_unknown) != is_partly(new_unknown):
        found.paths.append(path)
    return new_unknown


def _compare_objects(before: Side, after: Side, path: Path, found: Difference) -> dict[str, Any]:
    (old, old_unknown), (new, new_unknown) = before, after
    unknown = {}
    for key in {**old, **_keys(old_unknown), **new, **_keys(new_unknown)}:
        sides = (old.get(key), mark_at(old_unknown, key)), (new.get(key), mark_at(new_unknown, key))
        mark = compare(*sides, (*path, key), found)
        if mark is not False and mark is not None:
            unknown[key] = mark
    return unknown


def _keys(mark: Any) -> Mapping[str, Any]:
    return mark if isinstance(mark, dict) else {}


def mark_at(marks: Any, step: Step | None) -> Any:
    """Return the mark of one member: true, false, or the marks of its own members."""
    if marks is True:
        return True
    if isinstance(marks, dict):
        return marks.get(step, False) if isinstance(step, str) else False
    if isinstance(marks, list) and isinstance(step, int):
        return marks[step] if step < len(marks) else False
    return False


def is_partly(mark: Any) -> bool:
    """Whether something in a tree of marks is true."""
    if isinstance(mark, dict | list):
        return any(map(is_partly, mark.values() if isinstance(mark, dict) else mark))
    return mark is True


def _equal(old: Any, new: Any) -> bool:
    """Whether two known values are the same for a provider: policies are, however they are written."""
    if old == new and isinstance(old, bool) == isinstance(new, bool):
        return True
    if isinstance(old, str) and isinstance(new, str) and old[:1] in "{[" and new[:1] in "{[":
        return bool(_json(old, old) == _json(new, new))
    return old in (None, [], {}) and new in (None, [], {})


def _json(text: str, otherwise: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return otherwise
