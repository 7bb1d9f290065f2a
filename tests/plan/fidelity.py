"""Holds a plan of ours against a real provider's, attribute by attribute, and names the class of every difference.

The classes are described in docs/plan-fidelity.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

EQUAL = "equal"
NEWER = "newer release"
UNLISTED = "unlisted"

_NOTHING: tuple[Any, ...] = (None, "", 0, False, [], {})


@dataclass(frozen=True)
class Difference:
    """One attribute of one resource, as the real provider plans it and as we do."""

    address: str
    path: str
    kind: str
    real: Any
    ours: Any


class _Unknown:
    def __repr__(self) -> str:
        return "(known after apply)"


UNKNOWN = _Unknown()
ABSENT = None


def compared(real: Mapping[str, Any], ours: Mapping[str, Any], newer: Any) -> Iterator[Difference]:
    """Yield every attribute of both plans, equal ones too. `newer(type, path)` tells what the older provider lacks."""
    theirs, own = _changes(real), _changes(ours)
    for address in sorted(theirs.keys() | own.keys()):
        if address not in theirs or address not in own:
            yield Difference(address, "", UNLISTED, address in theirs, address in own)
            continue
        a, b = theirs[address], own[address]
        if a["change"]["actions"] != b["change"]["actions"]:
            yield Difference(address, "actions", UNLISTED, a["change"]["actions"], b["change"]["actions"])
        for path, x, y in _leaves(_joined(a["change"]), _joined(b["change"])):
            yield Difference(address, path, _kind(x, y, newer=newer(a["type"], path)), x, y)


def _changes(plan: Mapping[str, Any]) -> dict[str, Any]:
    return {change["address"]: change for change in plan["resource_changes"] if change["mode"] == "managed"}


def _joined(change: Mapping[str, Any]) -> Any:
    """The new value with UNKNOWN where it is not known yet."""
    return _with_unknown(change["after"], change["after_unknown"])


def _with_unknown(value: Any, unknown: Any) -> Any:
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, dict):
        value = value or {}
        return {key: _with_unknown(value.get(key), unknown.get(key)) for key in sorted(value.keys() | unknown.keys())}
    if isinstance(unknown, list) and isinstance(value, list):
        return [_with_unknown(item, unknown[n] if n < len(unknown) else None) for n, item in enumerate(value)]
    return value


def _leaves(real: Any, ours: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(real, dict) and isinstance(ours, dict):
        for key in sorted(real.keys() | ours.keys()):
            yield from _leaves(real.get(key, ABSENT), ours.get(key, ABSENT), f"{path}.{key}" if path else key)
    elif isinstance(real, list) and isinstance(ours, list) and real and len(real) == len(ours):
        for x, y in zip(sorted(real, key=_order), sorted(ours, key=_order), strict=True):
            yield from _leaves(x, y, path)
    else:
        yield path, real, ours


def _order(value: Any) -> str:
    """What both sides know of an item, so that the same items stand beside each other."""
    written = value if not isinstance(value, dict) else {k: v for k, v in value.items() if v not in _NOTHING}
    return json.dumps(written, sort_keys=True, default=repr)


def _kind(real: Any, ours: Any, *, newer: bool) -> str:
    """The class of one pair; of two that differ in no known way, UNLISTED."""
    if real is ours or (real == ours and type(real) is type(ours)) or _same_text(real, ours):
        return EQUAL
    if newer:
        return NEWER
    if real in _NOTHING and ours in _NOTHING:
        return "empty or null"
    if real is UNKNOWN:
        return "filled in" if ours in _NOTHING else "known in part" if _holds_unknown(ours) else UNLISTED
    if ours is UNKNOWN:
        return "computed since"
    return _default(real, ours)


def _default(real: Any, ours: Any) -> str:
    if ours in _NOTHING:
        return "default not known"
    return "default since" if real in _NOTHING else UNLISTED


def _holds_unknown(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(_holds_unknown, value.values() if isinstance(value, dict) else value))
    return value is UNKNOWN


def _same_text(real: Any, ours: Any) -> bool:
    """Numbers as text, and the same policy: old releases wrote empty statement ids, and lists of one value."""
    if isinstance(real, str) and isinstance(ours, str):
        try:
            return bool(_policy(json.loads(real)) == _policy(json.loads(ours)))
        except ValueError:
            return False
    return type(real) is not type(ours) and not isinstance(real, bool | dict | list) and str(real) == str(ours)


def _policy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _policy(item) for key, item in value.items() if (key, item) != ("Sid", "")}
    if isinstance(value, list):
        return _policy(value[0]) if len(value) == 1 else [_policy(item) for item in value]
    return value
