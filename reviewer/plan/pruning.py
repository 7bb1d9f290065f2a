"""Takes out of a plan what only our provider puts there: inferred blocks that are not written, as empty lists. Pure.

A real provider leaves many unknown, so that a policy which asks whether there is such a block finds none; others stay
empty lists, which a policy may count. Of a block that the code alone tells of, nobody knows which it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reviewer.plan.provider_schema import Block, ProviderSchema

_CHANGE = ("before", "after", "after_unknown", "before_sensitive", "after_sensitive")
_VALUES = ("values", "sensitive_values")


def without_empty_blocks(document: Mapping[str, Any], schemas: Iterable[ProviderSchema]) -> dict[str, Any]:
    """Return the plan `document` without inferred blocks that are empty lists, in planned values and in changes."""
    known = {schema.source: schema for schema in schemas}
    found = dict(document)
    if planned := document.get("planned_values"):
        found["planned_values"] = planned | {"root_module": _module(planned.get("root_module") or {}, known)}
    for key in ("resource_changes", "resource_drift"):
        if changes := document.get(key):
            found[key] = [entry | {"change": _values(entry["change"], _CHANGE, entry, known)} for entry in changes]
    return found


def _module(module: Mapping[str, Any], known: Mapping[str, ProviderSchema]) -> dict[str, Any]:
    found = dict(module)
    if resources := module.get("resources"):
        found["resources"] = [_values(entry, _VALUES, entry, known) for entry in resources]
    if children := module.get("child_modules"):
        found["child_modules"] = [_module(child, known) for child in children]
    return found


def _values(
    holder: Mapping[str, Any], keys: Iterable[str], entry: Mapping[str, Any], known: Mapping[str, ProviderSchema]
) -> dict[str, Any]:
    schema = known.get(str(entry.get("provider_name")).replace("registry.opentofu.org/", "registry.terraform.io/"))
    types = (schema.data if entry.get("mode") == "data" else schema.resources) if schema else {}
    block = types.get(str(entry.get("type")))
    found = dict(holder)
    for key in keys:
        if block is not None and isinstance(holder.get(key), dict):
            found[key] = _pruned(holder[key], block)
    return found


def _pruned(value: Mapping[str, Any], block: Block) -> dict[str, Any]:
    nested = block["block_types"]
    return {
        key: _inside(item, nested[key]["block"]) if key in nested else item
        for key, item in value.items()
        if not (key in nested and item == [] and nested[key].get("inferred"))
    }


def _inside(value: Any, block: Block) -> Any:
    if isinstance(value, list):
        return [_inside(item, block) for item in value]
    return _pruned(value, block) if isinstance(value, dict) else value
