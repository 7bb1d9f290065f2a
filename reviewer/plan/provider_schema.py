"""Schemas on their way to Terraform: what is known of a type, joined with what the code writes of it. Pure.

Owns the choice between what is known and what is inferred, and the protobuf form. Knows no values.
A block has the form of `terraform providers schema -json` (JSON Output Format, "Providers Schema Representation").
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tf.gen import tfplugin_pb2

from reviewer.plan.schemas import MAX_NESTING

Block = Mapping[str, Any]

_NAME = re.compile(r"[a-z0-9_]+")  # what Terraform lets a schema call things; one other name spoils the whole provider
_NESTINGS = {"single": 1, "list": 2, "set": 3, "map": 4, "group": 5}
_WRITE_ONLY = b"\x58\x01"  # field 11 of Schema.Attribute, true: newer than the protobuf library's copy of the protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSchema:
    """What one provider is said to have, of the types that are used."""

    source: str  # registry.terraform.io/hashicorp/aws
    config: Block = field(default_factory=dict)  # the provider block itself
    resources: Mapping[str, Block] = field(default_factory=dict)
    data: Mapping[str, Block] = field(default_factory=dict)


def join(known: Block | None, inferred: Block, depth: int = 0) -> dict[str, Any]:
    """Return `known` with whatever `inferred` has beyond it: code may be newer than what we know of its provider.

    Nothing is required, nothing limited in number: whether the code is complete is for the real provider to say. Blocks
    that are inferred say so in `inferred`, those that the provider fills in when they are not written in `computed`.
    """
    if depth > MAX_NESTING:
        return {}
    known = known or {}
    blocks = {name: _nested(nested, depth) for name, nested in _members(known, "block_types")}
    attributes = {name: _attribute(attribute) for name, attribute in _members(known, "attributes")}
    for name, attribute in _members(inferred, "attributes"):
        if name not in attributes and name not in blocks:
            attributes[name] = _attribute(attribute)
    for name, nested in _members(inferred, "block_types"):
        if name in blocks:
            blocks[name] |= {"block": join(blocks[name]["block"], nested.get("block") or {}, depth + 1)}
        elif name not in attributes or not takes_blocks(attributes[name]):
            attributes.pop(name, None)
            blocks[name] = _nested(nested, depth) | {"inferred": True}
    for nested in blocks.values():
        if nested["nesting_mode"] == "set" and _holds_dynamic(nested["block"]):
            nested["nesting_mode"] = "list"  # Terraform refuses attributes of any type in a set
    return {"attributes": attributes, "block_types": blocks}


def takes_blocks(attribute: Mapping[str, Any]) -> bool:
    """Tell whether Terraform lets an attribute be written as blocks: a list or set of objects."""
    type_ = attribute.get("type")
    return (
        isinstance(type_, list)
        and type_[0] in ("list", "set")
        and isinstance(type_[1], list)
        and type_[1][0] == "object"
    )


def to_protobuf(block: Block) -> Any:
    """Return the Schema message of a block that `join` made."""
    return tfplugin_pb2.Schema(version=0, block=_block(block))


def _members(block: Block, key: str) -> list[tuple[str, Mapping[str, Any]]]:
    return [(name, value) for name, value in (block.get(key) or {}).items() if _NAME.fullmatch(name)]


def _attribute(attribute: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: attribute[key] for key in ("type", "nested_type", "sensitive", "write_only") if attribute.get(key)}
    if nested := found.get("nested_type"):
        members = {name: _attribute(inner) for name, inner in _members(nested, "attributes")}
        found["nested_type"] = {"nesting_mode": nested.get("nesting_mode", "single"), "attributes": members}
    elif "type" not in found or (_is_dynamic(found["type"]) and not takes_blocks(found)):
        found["type"] = "dynamic"
    computed = bool(attribute.get("computed"))
    settable = bool(attribute.get("optional") or attribute.get("required")) or not computed
    return found | ({"computed": True} if computed else {}) | ({"optional": True} if settable else {})


def _nested(nested: Mapping[str, Any], depth: int) -> dict[str, Any]:
    block, mode = join(nested.get("block"), {}, depth + 1), nested.get("nesting_mode")
    found = {"nesting_mode": mode if mode in _NESTINGS else "list", "block": block}
    return found | {key: True for key in ("computed", "inferred") if nested.get(key)}


def _is_dynamic(type_: Any) -> bool:
    """Tell whether a type leaves any part open: Terraform would want all elements of such a list alike."""
    if isinstance(type_, dict):
        return any(map(_is_dynamic, type_.values()))
    return any(map(_is_dynamic, type_)) if isinstance(type_, list) else type_ == "dynamic"


def _holds_dynamic(block: Block) -> bool:
    return any(value.get("type") == "dynamic" for value in block["attributes"].values()) or any(
        _holds_dynamic(nested["block"]) for nested in block["block_types"].values()
    )


def _block(block: Block) -> Any:
    return tfplugin_pb2.Schema.Block(
        attributes=[_attribute_message(name, value) for name, value in sorted(block["attributes"].items())],
        block_types=[
            tfplugin_pb2.Schema.NestedBlock(
                type_name=name, nesting=_NESTINGS[nested["nesting_mode"]], block=_block(nested["block"])
            )
            for name, nested in sorted(block["block_types"].items())
        ],
    )


def _attribute_message(name: str, attribute: Mapping[str, Any]) -> Any:
    message = tfplugin_pb2.Schema.Attribute(
        name=name,
        optional=bool(attribute.get("optional")),
        computed=bool(attribute.get("computed")),
        sensitive=bool(attribute.get("sensitive")),
    )
    if nested := attribute.get("nested_type"):
        members = [_attribute_message(inner, value) for inner, value in sorted(nested["attributes"].items())]
        message.nested_type.CopyFrom(
            tfplugin_pb2.Schema.Object(attributes=members, nesting=_NESTINGS[nested["nesting_mode"]])
        )
    else:
        message.type = json.dumps(attribute["type"]).encode()
    if attribute.get("write_only"):
        message = tfplugin_pb2.Schema.Attribute.FromString(message.SerializeToString() + _WRITE_ONLY)
    return message
