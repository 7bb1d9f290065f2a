"""Values as Terraform sends them to providers, and what a provider would plan to make of them. Pure.

Owns the MessagePack form of cty values (unknown values are extensions, values of any type are pairs of type and value)
and the rules by which a planned value follows from a schema. Knows no provider and no network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgpack

from reviewer.plan.provider_schema import Block

UNKNOWN = msgpack.ExtType(0, b"\x00")
_EMPTY = {"string": "", "number": 0, "bool": False}


def decode(raw: bytes) -> Any:
    """Return a value that Terraform sent. Raises ValueError."""
    if not raw:
        return None
    return msgpack.unpackb(raw, raw=False, strict_map_key=False, unicode_errors="surrogateescape")


def encode(value: Any) -> bytes:
    """Return a value as Terraform reads it."""
    return bytes(msgpack.packb(value, use_bin_type=True, unicode_errors="surrogateescape"))


def is_unknown(value: Any) -> bool:
    """Tell whether a value is not known yet as a whole."""
    return isinstance(value, msgpack.ExtType)


def plain(value: Any) -> Any:
    """Return a value without the types that stand beside those parts of it that may be of any type."""
    if isinstance(value, list):
        return plain(value[1]) if _is_pair(value) else [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def _is_pair(value: list[Any]) -> bool:
    return len(value) == 2 and isinstance(value[0], bytes)


def typed(value: Any, type_: Any) -> Any:
    """Return a known value for an attribute of `type_`, with its own type beside it where any is allowed."""
    return [json.dumps(_type_of(value)).encode(), value] if type_ == "dynamic" and value is not None else value


def planned(block: Block, proposed: Mapping[str, Any], defaults: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return what a provider plans to create of `proposed`, the configuration merged with nothing before it.

    Computed values and blocks that are not written are unknown, others not written have their default. `defaults` are
    by path: "a.b". Write-only values are left out, as the protocol demands.
    """
    found = dict(proposed)
    for name, attribute in block["attributes"].items():
        found[name] = _attribute(attribute, found.get(name), defaults, f"{path}{name}")
    for name, nested in block["block_types"].items():
        inner = nested["block"]
        if nested.get("computed") and found.get(name) in (None, []):
            found[name] = UNKNOWN
            continue
        found[name] = _each(found.get(name), nested, lambda v, b=inner, n=name: planned(b, v, defaults, f"{path}{n}."))
    return found


def _attribute(attribute: Mapping[str, Any], value: Any, defaults: Mapping[str, Any], path: str) -> Any:
    if attribute.get("write_only"):
        return None
    if value is None:
        return UNKNOWN if attribute.get("computed") else _as_type(defaults.get(path), attribute.get("type"))
    if nested := attribute.get("nested_type"):
        return _each(
            value,
            nested,
            lambda inner: {
                name: _attribute(member, inner.get(name), defaults, f"{path}.{name}")
                for name, member in nested["attributes"].items()
            },
        )
    return _filled(value, attribute["type"])


def _as_type(default: Any, type_: Any) -> Any:
    """Return a default as a value of `type_`, None where it is none: releases change the types of attributes."""
    if type_ == "string" and isinstance(default, int | float) and not isinstance(default, bool):
        return json.dumps(default)
    fits = {"string": str, "number": int | float, "bool": bool}.get(type_) if isinstance(type_, str) else None
    if type_ == "dynamic":
        return typed(default, type_)
    return default if fits and isinstance(default, fits) and isinstance(default, bool) == (type_ == "bool") else None


def _each(value: Any, nested: Mapping[str, Any], change: Any) -> Any:
    """Change every object in a nested value, however it nests. Blocks that hold attributes of any type are pairs."""
    if value is None or is_unknown(value):
        return value
    if isinstance(value, list) and _is_pair(value):
        return [value[0], _each(value[1], nested, change)]
    if nested["nesting_mode"] in ("list", "set"):
        return [change(item) if isinstance(item, dict) else item for item in value]
    if nested["nesting_mode"] == "map":
        return {key: change(item) if isinstance(item, dict) else item for key, item in value.items()}
    return change(value)


def _filled(value: Any, type_: Any) -> Any:
    """Put zero values where an object that may be written as a block leaves something out: what the SDK does."""
    if not (isinstance(type_, list) and type_[0] in ("list", "set") and isinstance(value, list)):
        return value
    inner = type_[1]
    if not (isinstance(inner, list) and inner[0] == "object"):
        return value
    return [_zero_filled(item, inner[1]) if isinstance(item, dict) else item for item in value]


def _zero_filled(item: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _zero(type_) if item.get(name) is None else item[name] for name, type_ in members.items()}


def _zero(type_: Any) -> Any:
    if isinstance(type_, list):
        return {} if type_[0] == "map" else [] if type_[0] in ("list", "set") else None
    return _EMPTY.get(type_)


def _type_of(value: Any) -> Any:
    """The cty type of a plain value (JSON form of cty types)."""
    if value is None:
        return "dynamic"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, dict):
        return ["object", {key: _type_of(item) for key, item in value.items()}]
    if isinstance(value, list):
        return ["tuple", [_type_of(item) for item in value]]
    return "string"
