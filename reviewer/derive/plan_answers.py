"""What follows from a real provider's answers: static defaults, blocks that it fills in, what recreates a resource.

Owns which made-up values are asked about. A provider that refuses them tells nothing, and nothing is concluded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.derive.plan_probe import Planned, Provider, empty
from reviewer.plan.provider_values import is_unknown

Block = Mapping[str, Any]

_SETTABLE = ("required", "optional")
_FIRST: Mapping[str, Any] = {"string": "example-a", "number": 1, "bool": True}
_SECOND: Mapping[str, Any] = {"string": "example-b", "number": 2, "bool": False}
MAX_DEPTH = 4
"""So deep are blocks written; some contain themselves."""

MAX_STEPS = 3
"""So many names has a path that is asked about; below, hardly anything recreates a resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one resource type was found to do. Paths are dotted names."""

    defaults: Mapping[str, Any]
    nothing: tuple[str, ...]  # what may be written, and stays null when it is not
    filled: frozenset[str]  # blocks that are known after apply when they are not written
    replaces: tuple[str, ...]


def answers(provider: Provider, type_: str) -> Answers:
    """Ask `provider` about a resource type."""
    block = provider.resources[type_]
    bare = bare_plan(provider, type_, block)
    defaults = dict(_defaults(block, bare)) if bare else {}
    for name, nested in block["block_types"].items():
        for blocks in (True, False):
            value = _blocks(nested, only_required=True, blocks=blocks)
            if planned := provider.plan(type_, written(block, only_required=True) | {name: value}):
                defaults |= {path: v for path, v in _defaults(block, planned) if path.startswith(f"{name}.")}
    return Answers(
        defaults=defaults,
        nothing=tuple(_nothing(block, bare)) if bare else (),
        filled=filled(block, bare),
        replaces=tuple(_replaces(provider, type_, block)),
    )


def bare_plan(provider: Provider, type_: str, block: Block) -> Planned | None:
    """Return a plan of a resource with as little as the provider takes: some want one of several things."""
    least = written(block, only_required=True)
    more = (name for name, one in block["attributes"].items() if one.get("optional") and one["type"] == "string")
    configs = [least, *(least | {name: _FIRST["string"]} for name in more)]
    return next((planned for config in configs if (planned := provider.plan(type_, config))), None)


def filled(block: Block, bare: Planned | None) -> frozenset[str]:
    """Return the blocks that are known after apply in `bare`, a plan of a resource in which they are not written."""
    return frozenset(name for name in block["block_types"] if bare and is_unknown(bare.value.get(name)))


def written(block: Block, *, only_required: bool, blocks: bool = False, depth: int = 0) -> dict[str, Any]:
    """Return a value of a block in which everything that may be written is, or only what must be.

    With `blocks`, every block is written, and in each only what must be.
    """
    found = empty(block)
    for name, attribute in block["attributes"].items():
        if attribute.get("required") or (attribute.get("optional") and not only_required and name != "id"):
            found[name] = _value(attribute["type"], _FIRST)
    for name, nested in block["block_types"].items():
        if nested.get("min_items") or ((blocks or not only_required) and name != "timeouts"):
            found[name] = _blocks(nested, only_required=only_required, blocks=blocks, depth=depth + 1)
    return found


def _blocks(nested: Block, *, only_required: bool, blocks: bool = False, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        return [] if nested["nesting_mode"] in {"list", "set"} else None
    one = written(nested["block"], only_required=only_required, blocks=blocks, depth=depth)
    return [one] if nested["nesting_mode"] in {"list", "set"} else one


def _value(type_: Any, scalars: Mapping[str, Any]) -> Any:
    if isinstance(type_, str):
        return scalars.get(type_)
    if type_[0] == "object":
        return {name: _value(inner, scalars) for name, inner in type_[1].items()}
    inner = _value(type_[1], scalars)
    return {"example": inner} if type_[0] == "map" else [inner]


def _nothing(block: Block, planned: Planned) -> Iterator[str]:
    for name, attribute in block["attributes"].items():
        if attribute.get("optional") and planned.value.get(name) is None:
            yield name


def _defaults(block: Block, planned: Planned) -> Iterator[tuple[str, Any]]:
    """What stands in the plan and was not written: only attributes that are never computed have a static default."""
    yield from _within(block, planned.value, "")


def _within(block: Block, value: Any, before: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    if not isinstance(value, dict):
        return
    for name, attribute in block["attributes"].items():
        plain = isinstance(attribute["type"], str) and isinstance(value.get(name), str | bool | int | float)
        if plain and attribute.get("optional") and value[name] != _FIRST["string"]:
            yield before + name, value[name]
    for name, nested in block["block_types"].items():
        yield from _within(nested["block"], value.get(name), f"{before}{name}.")


def _replaces(provider: Provider, type_: str, block: Block) -> Iterator[str]:
    """Change one thing at a time, in a resource that has everything and in one that has little."""
    wholes = [written(block, only_required=only) for only in (False, True)]
    for path in _paths(block):
        if any(_replaced(provider, type_, block, whole, path) for whole in wholes):
            yield ".".join(path)


def _replaced(provider: Provider, type_: str, block: Block, whole: Block, path: tuple[str, ...]) -> bool:
    before, after = (_changed(block, whole, path, scalars) for scalars in (_FIRST, _SECOND))
    created = provider.plan(type_, before) if before is not None and after is not None else None
    if created is None:
        return False
    state = _applied(block, created.value)
    same = provider.plan(type_, before, state)
    if same is None or same.replaces:
        return False
    changed = provider.plan(type_, after, state)
    return changed is not None and changed.replaces


def _applied(block: Block, planned: Mapping[str, Any]) -> dict[str, Any]:
    """The state that a plan would have left: what was known after apply is known."""
    found = dict(planned)
    for name, attribute in block["attributes"].items():
        if is_unknown(found.get(name)):
            found[name] = _value(attribute["type"], _FIRST)
    for name, nested in block["block_types"].items():
        if is_unknown(found.get(name)):
            found[name] = []
        elif isinstance(found.get(name), list):
            found[name] = [_applied(nested["block"], one) for one in found[name]]
    return found


def _paths(block: Block, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if len(before) >= MAX_STEPS:
        return
    for name, attribute in block["attributes"].items():
        if any(attribute.get(flag) for flag in _SETTABLE) and (*before, name) != ("id",):
            yield (*before, name)
    for name, nested in block["block_types"].items():
        if nested["nesting_mode"] in {"list", "set"}:
            yield from _paths(nested["block"], (*before, name))


def _changed(block: Block, value: Block, path: tuple[str, ...], scalars: Mapping[str, Any]) -> Any:
    """`value` with what stands at `path` made of `scalars`; None where the way does not lead there."""
    name, *rest = path
    if not rest:
        return dict(value) | {name: _value(block["attributes"][name]["type"], scalars)}
    inner = value.get(name)
    if not inner:
        return None
    changed = _changed(block["block_types"][name]["block"], inner[0], tuple(rest), scalars)
    return None if changed is None else dict(value) | {name: [changed]}
