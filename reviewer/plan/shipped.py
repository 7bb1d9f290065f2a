"""What we know of providers without having them: the tables in config/plan, read type by type.

Owns the compact form of those files. Knows no plan. A plan needs a handful of some two thousand types, so a file is cut
into lines once, and a line is parsed when its type is asked for. What an operator adds (`reviewer.plan.schemas`) goes
before these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviewer.fix.schema import MANY, Child, read_children
from reviewer.scan import schema_files

Block = dict[str, Any]


def shipped_block(provider: str, type_: str, *, data: bool = False) -> Block | None:
    """Return the block of a type in the form of `terraform providers schema -json`, or None for one that is not known.

    `provider` is its last name ("aws"); with `data`, `type_` is a data source.
    """
    schema = schema_files.schema()
    if data or not type_.startswith(f"{provider}_") or type_ not in schema.types:
        return None
    return _block(read_children(schema.types[type_]))


def defaults(type_: str) -> Mapping[str, Any]:
    """Return what the provider puts where nothing is written: {attribute: value}, as far as it is known."""
    del type_
    return {}


def sensitive(type_: str) -> frozenset[str]:
    """Return the paths of a resource type's attributes that the provider calls sensitive: "password", "a.b"."""
    del type_
    return frozenset()


def forces_replacement(type_: str, path: str) -> bool:
    """Return whether a change at `path` ("engine", "ebs_block_device.encrypted") destroys and creates the resource.

    False also where nothing is known.
    """
    del type_, path
    return False


def _block(children: Mapping[str, Child]) -> Block:
    attributes = {name: _attribute(child) for name, child in children.items() if child.is_attribute}
    blocks = {name: _nested(child) for name, child in children.items() if not child.is_attribute}
    return {"attributes": attributes, "block_types": blocks}


def _attribute(child: Child) -> Block:
    found: Block = {"required": True} if child.required else {"optional": True}
    return found | {"type": ["list", "dynamic"] if child.is_block else _type(child.kind)}


def _nested(child: Child) -> Block:
    found: Block = {"nesting_mode": "list", "block": _block(child.children)}
    return found | ({} if child.kind == MANY else {"max_items": 1}) | ({"min_items": 1} if child.required else {})


def _type(kind: str) -> Any:
    if kind.startswith("list("):
        return ["list", _type(kind[5:-1])]
    return {"any": "dynamic", "map": ["map", "string"]}.get(kind, kind)
