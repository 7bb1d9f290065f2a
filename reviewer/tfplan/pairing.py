"""Which block of a list became which: equal ones first, then those with one name, then the most alike. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

MAX_COMPARED = 40
"""Blocks on a side that are compared with each of the other; of more, those that are left are paired in order."""

_NAMES = ("Sid", "name", "Name", "key", "id", "rule_number", "priority", "role", "device_name")
_ALIKE = 0.34  # of the members are equal

Pair = tuple[int | None, int | None]


def pairs(before: Sequence[Any], after: Sequence[Any]) -> list[Pair]:
    """Return (position before, position after), None without a partner: as `after` has them, then the others."""
    left, right = list(range(len(before))), list(range(len(after)))
    found: list[Pair] = []
    for key in (_text, _name):
        left, right = _match(before, after, (left, right), key, found)
    left, right = _match_alike(before, after, (left, right), found)
    found.extend((None, at) for at in right)
    found.extend((at, None) for at in left)
    return sorted(found, key=lambda pair: (pair[1] is None, pair[1] or 0, pair[0] or 0))


Left = tuple[list[int], list[int]]


def _match(
    before: Sequence[Any], after: Sequence[Any], left: Left, key: Callable[[Any], str | None], found: list[Pair]
) -> Left:
    """Pair what has equal keys, first with first, and return what is left of both sides."""
    waiting: dict[str | None, list[int]] = defaultdict(list)
    for at in reversed(left[0]):
        waiting[key(before[at])].append(at)
    waiting.pop(None, None)
    others = []
    for at in left[1]:
        partners = waiting.get(key(after[at]))
        if partners:
            found.append((partners.pop(), at))
        else:
            others.append(at)
    taken = {pair[0] for pair in found}
    return [at for at in left[0] if at not in taken], others


def _match_alike(before: Sequence[Any], after: Sequence[Any], left: Left, found: list[Pair]) -> Left:
    if max(map(len, left), default=0) > MAX_COMPARED:
        count = min(map(len, left))
        found.extend(zip(left[0][:count], left[1][:count], strict=True))
        return left[0][count:], left[1][count:]
    old, new = set(left[0]), set(left[1])
    likeness = sorted(((-_alike(before[a], after[b]), a, b) for a in old for b in new), key=lambda one: one)
    for score, a, b in likeness:
        if -score >= _ALIKE and a in old and b in new:
            found.append((a, b))
            old.remove(a)
            new.remove(b)
    return sorted(old), sorted(new)


def _alike(old: Any, new: Any) -> float:
    """Return the share of members that are equal; unknown and empty ones say nothing."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return 0.0
    keys = [key for key in {**old, **new} if old.get(key) not in (None, [], "") or new.get(key) not in (None, [], "")]
    return sum(old.get(key) == new.get(key) for key in keys) / len(keys) if keys else 1.0


def _text(value: Any) -> str | None:
    return json.dumps(value, sort_keys=True)


def _name(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    return next((f"{key} {value[key]}" for key in _NAMES if isinstance(value.get(key), str | int)), None)
