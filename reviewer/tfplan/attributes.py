"""What a change does to a resource, attribute by attribute, as a person reads it: short, and without noise.

Owns which differences are worth a line. Policies are compared statement by statement (`reviewer.tfplan.shown` words
them), and lists without their order where that says nothing. What is sensitive was redacted before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.model import AttributeChange, PlanAction
from reviewer.tfplan.difference import is_partly, mark_at
from reviewer.tfplan.model import ResourceChange
from reviewer.tfplan.pairing import pairs
from reviewer.tfplan.secret_names import SENSITIVE
from reviewer.tfplan.shown import list_texts, parsed, same_items, statement_text, statements, text, two_texts

KNOWN_AFTER_APPLY = "(known after apply)"

_NOISE = frozenset(("tags_all", "timeouts", "labels_all", "terraform_labels", "effective_labels"))
_COMPUTED = frozenset(
    ("id", "arn", "etag", "version_id", "version", "last_modified", "last_updated", "qualified_arn", "self_link")
)
"""Attributes that providers set to unknown with any change."""
_ORDERED = re.compile(r"(?:^|[._])(?:commands?|args|arguments?|entry_?[pP]oint|inline|steps?|script|priority_?\w*)$")
_RISKY = re.compile(
    r"public|acl|polic|cidr|ingress|egress|encrypt|kms|principal|password|secret|versioning|logging|protect|destroy"
    r"|snapshot|backup|retention|role|privileged|port|tls|ssl|tokens|engine|instance|allocated|size|delete|force|member"
)


@dataclass(frozen=True, slots=True)
class _Sides:
    """One value before and after, with Terraform's marks."""

    before: Any
    after: Any
    unknown: Any = False
    hidden_before: Any = False
    hidden_after: Any = False

    def at(self, before: str | int | None, after: str | int | None) -> _Sides:
        """Return the sides of one member; None where a side has none."""
        return _Sides(
            before=_member(self.before, before),
            after=_member(self.after, after),
            unknown=mark_at(self.unknown, after),
            hidden_before=mark_at(self.hidden_before, before),
            hidden_after=mark_at(self.hidden_after, after),
        )


def differences(change: ResourceChange) -> tuple[AttributeChange, ...]:
    """Return what `change` does, what forces a replacement first, then what risks most. Nothing for a deletion."""
    if change.action not in (PlanAction.CREATE, PlanAction.UPDATE, PlanAction.REPLACE):
        return ()
    forcing = {path[0] for path in change.replace_paths if path}
    names = dict.fromkeys((*(change.before or ()), *(change.after or ()), *change.after_unknown))
    whole = _Sides(
        change.before or {},
        change.after or {},
        change.after_unknown,
        change.before_sensitive,
        change.after_sensitive,
    )
    found = [
        (name not in forcing, one)
        for name in names
        if name not in _NOISE
        for one in _changes(name, whole.at(name, name))
        if not _is_noise(change, name, one, forcing)
    ]
    found.sort(key=lambda item: (item[0], not _RISKY.search(item[1].path)))
    return tuple(one for _, one in found)


def _is_noise(change: ResourceChange, name: str, one: AttributeChange, forcing: Iterable[Any]) -> bool:
    """Whether a value is only not known yet, as whatever a provider computes is for a new resource."""
    if one.after != KNOWN_AFTER_APPLY or name in forcing:
        return False
    return change.action is not PlanAction.UPDATE or name in _COMPUTED


def _changes(path: str, sides: _Sides) -> Iterator[AttributeChange]:
    if sides.hidden_before is True or sides.hidden_after is True:
        yield from _hidden(path, sides)
    elif sides.unknown is True:
        yield AttributeChange(path=path, before=text(sides.before), after=KNOWN_AFTER_APPLY)
    elif not is_partly(sides.unknown) and _empty(sides.before) and _empty(sides.after):
        return
    else:
        yield from _known(path, sides)


def _hidden(path: str, sides: _Sides) -> Iterator[AttributeChange]:
    before = "" if sides.before is None else SENSITIVE
    after = KNOWN_AFTER_APPLY if sides.unknown is True else "" if sides.after is None else SENSITIVE
    if sides.before != sides.after or sides.unknown is True:
        yield AttributeChange(path=path, before=before, after=after)


def _known(path: str, sides: _Sides) -> Iterator[AttributeChange]:
    before, after = _opened(sides.before), _opened(sides.after)
    if isinstance(before, dict) or isinstance(after, dict):
        yield from _objects(path, _Sides(before, after, sides.unknown, sides.hidden_before, sides.hidden_after))
    elif _has_objects(before) or _has_objects(after):
        yield from _blocks(path, _Sides(before, after, sides.unknown, sides.hidden_before, sides.hidden_after))
    elif _is_list(before) and _is_list(after):
        yield from _list(path, sides, before, after)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        was, is_ = two_texts(sides.before, sides.after)
        yield AttributeChange(path=path, before=was, after=is_)


def _objects(path: str, sides: _Sides) -> Iterator[AttributeChange]:
    before, after = _map(sides.before), _map(sides.after)
    if statements(before) is not None or statements(after) is not None:
        yield from _policies(path, before, after)
    elif sides.before is None and not is_partly(sides.unknown):
        yield AttributeChange(path=path, before="", after=text(after))
    elif sides.after is None and not is_partly(sides.unknown):
        yield AttributeChange(path=path, before=text(before), after="")
    else:
        for name in dict.fromkeys((*before, *after, *_map(sides.unknown))):
            yield from _changes(f"{path}.{name}", sides.at(name, name))


def _policies(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[AttributeChange]:
    old, new = statements(before) or [], statements(after) or []
    for left, right in pairs(old, new):
        place = _statement_name(
            new[right] if right is not None else old[left or 0], right if right is not None else left
        )
        was = "" if left is None else statement_text(old[left])
        is_ = "" if right is None else statement_text(new[right])
        if left is not None and right is not None and was == is_:  # they differ in what the words leave out
            was, is_ = two_texts(old[left], new[right])
        if was != is_:
            yield AttributeChange(path=f"{path}.Statement[{place}]", before=was, after=is_)
    rest = {key: None for key in (*before, *after) if key not in ("Statement", "Version", "Id")}
    for name in rest:
        yield from _changes(f"{path}.{name}", _Sides(before.get(name), after.get(name)))


def _statement_name(statement: Any, at: int | None) -> str:
    sid = statement.get("Sid") if isinstance(statement, dict) else None
    return sid[:40] if isinstance(sid, str) and sid else str(at)


def _blocks(path: str, sides: _Sides) -> Iterator[AttributeChange]:
    before, after = _items(sides.before), _items(sides.after)
    for left, right in pairs(before, after):
        place = f"{path}[{right if right is not None else left}]"
        item = sides.at(left, right)
        yield from _changes(place if len(before) > 1 or len(after) > 1 else path, item)


def _list(path: str, sides: _Sides, before: Any, after: Any) -> Iterator[AttributeChange]:
    old, new = _items(before), _items(after)
    ordered = bool(_ORDERED.search(path))
    was, is_ = list_texts(old, new, ordered=ordered)
    if is_partly(sides.unknown):
        yield AttributeChange(path=path, before="" if before is None else was, after=KNOWN_AFTER_APPLY)
    elif old != new and (ordered or not same_items(old, new)):
        yield AttributeChange(path=path, before="" if before is None else was, after="" if after is None else is_)


def _member(value: Any, step: str | int | None) -> Any:
    if isinstance(value, Mapping) and isinstance(step, str):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _opened(value: Any) -> Any:
    """Return `value`, or what it says if it is JSON in a string."""
    inner = parsed(value) if isinstance(value, str) else None
    return value if inner is None else inner


def _has_objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _is_list(value: Any) -> bool:
    return value is None or isinstance(value, list)


def _empty(value: Any) -> bool:
    return value is None or value in ([], {}) or (value == "" and isinstance(value, str))


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
