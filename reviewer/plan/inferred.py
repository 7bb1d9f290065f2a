"""Schemas of resource types as far as their uses tell: for providers that nobody has described to us.

Owns the guess: what is written `x {` is a nested block and what is written `x =` an attribute of any type; what is read
elsewhere (`type.name.attribute`) is an attribute too. Everything is optional and computed. Pure.

In nested blocks of data sources no type is left open: Terraform crashes when it puts off the reading of such a one
(objchange.PlannedDataResourceObject, "ProposedNew only supports object-typed values").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reviewer.fix import hcl_tree
from reviewer.fix.hcl_tree import Block, Value
from reviewer.plan import references
from reviewer.plan.reading import MAX_NESTED, CannotPlan, Source
from reviewer.plan.references import Path
from reviewer.plan.requirements import BUILT_IN, configured, local_name, required, resources, source_of

_META = frozenset({"count", "for_each", "provider", "depends_on"})
_META_BLOCKS = frozenset({"lifecycle", "provisioner", "connection"})
_META_OF_PROVIDERS = frozenset({"alias", "version"})
_KINDS = {"resource": "resource_schemas", "data": "data_source_schemas"}
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_GIVE_LISTS = (
    "chunklist compact concat distinct flatten keys range reverse setintersection setproduct setsubtract setunion "
    "slice sort split tolist toset values"
)
_LISTS = frozenset(_GIVE_LISTS.split())
_MAPS = frozenset({"merge", "tomap", "zipmap"})


@dataclass(slots=True, kw_only=True)
class _Shape:
    """What is known of a block so far; it grows with every use."""

    attributes: dict[str, set[str]] = field(default_factory=dict)  # and how they are written: list, map, string
    read: set[Path] = field(default_factory=set)  # by others: attributes, where they are no blocks
    blocks: dict[str, _Shape] = field(default_factory=dict)


def inferred(modules: Iterable[tuple[Source, ...]]) -> dict[str, Any]:
    """Return the schemas by provider source, as `terraform providers schema -json` has them.

    Raises CannotPlan for blocks that are nested too deeply.
    """
    shapes: dict[tuple[str, str, str], _Shape] = {}
    for sources in modules:
        listed, read = required(sources), references.read(sources)
        for source, block in resources(sources):
            key = (source_of(local_name(block), listed), _KINDS[block.type], block.labels[0])
            shape = shapes.setdefault(key, _Shape(read={("id",)}))
            _grow(shape, source, block, _META | _META_BLOCKS)
            shape.read |= read.get(_address(block), set()) | {(name,) for name in _ignored(block)}
        for source, block in configured(sources):
            key = (source_of(block.labels[0], listed), "provider", "")
            _grow(shapes.setdefault(key, _Shape()), source, block, _META_OF_PROVIDERS)
    return _by_source(shapes)


def _address(block: Block) -> str:
    return ".".join((("data",) if block.type == "data" else ()) + block.labels)


def _grow(shape: _Shape, source: Source, block: Block, left_out: frozenset[str], depth: int = 0) -> None:
    if depth > MAX_NESTED:
        raise CannotPlan(f"`{source.path}` line {source.line(block.line)} is nested too deeply.")
    for attribute in block.attributes:
        if attribute.name not in left_out:
            shape.attributes.setdefault(attribute.name, set()).add(_written(attribute.value))
    for type_, inner in _nested(block):
        if type_ not in left_out:
            _grow(shape.blocks.setdefault(type_, _Shape()), source, inner, frozenset(), depth + 1)


def _written(value: Value) -> str:
    """How a value is written, "" where that does not tell its type."""
    called = hcl_tree.function(value)
    if value.kind == "tuple" or called in _LISTS or re.search(rb"\[\*\]|^\[", value.node.text or b""):
        return "list"
    if value.kind == "object" or called in _MAPS:
        return "map"
    return "string" if value.kind in ("string_lit", "quoted_template", "heredoc_template") else ""


def _nested(block: Block) -> Iterator[tuple[str, Block]]:
    """The blocks in a block; of `dynamic "x" { content {} }` that which it makes."""
    for inner in block.blocks:
        if inner.type == "dynamic" and inner.labels:
            yield from ((inner.labels[0], content) for content in inner.blocks_of("content"))
        else:
            yield inner.type, inner


def _ignored(block: Block) -> Iterator[str]:
    """What `ignore_changes` names must exist."""
    for lifecycle in block.blocks_of("lifecycle"):
        if (listed := lifecycle.attribute("ignore_changes")) and listed.value.kind == "tuple":
            for item in hcl_tree.elements(listed.value):
                if name := _NAME.match(hcl_tree.source_of(item).strip('"')):
                    yield name.group()


def _by_source(shapes: Mapping[tuple[str, str, str], _Shape]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (source, kind, type_), shape in shapes.items():
        if source == BUILT_IN:
            continue
        schemas = found.setdefault(source, {"provider": {}, "resource_schemas": {}, "data_source_schemas": {}})
        inner = _guessed if kind == _KINDS["data"] else _open
        schema = {"version": 0, "block": _block(shape, _open, inner)}
        if kind == "provider":
            schemas[kind] = schema
        else:
            schemas[kind][type_] = schema
    return found


Typing = Callable[[str, set[str]], Any]
"""From the name of an attribute, and how it is written, to its type."""


def _open(name: str, written: set[str]) -> Any:
    del name, written
    return "dynamic"


def _guessed(name: str, written: set[str]) -> Any:
    """A type to which what is written can be converted: a number is a string too, but a list is not."""
    for kind in ("list", "map"):
        if kind in written:
            return [kind, "string"]
    is_plural = name.endswith("s") and not name.endswith(("ss", "us", "is"))
    return ["list", "string"] if is_plural and "string" not in written else "string"


def _block(shape: _Shape, own: Typing, inner: Typing) -> dict[str, Any]:
    types = {name: own(name, written) for name, written in _attributes(shape).items()}
    types |= {name: _listed(shape.blocks[name], inner) for name in shape.attributes if name in shape.blocks}
    attributes = {name: {"type": types[name], "optional": True, "computed": True} for name in sorted(types)}
    nested = {
        name: {"nesting_mode": "list", "block": _block(block, inner, inner)}
        for name, block in sorted(shape.blocks.items())
        if name not in shape.attributes
    }
    return {"attributes": attributes, **({"block_types": nested} if nested else {})}


def _attributes(shape: _Shape) -> dict[str, set[str]]:
    """The attributes that are written or read. What is read of a block is handed on to it."""
    found = dict(shape.attributes)
    for name, *inner in shape.read:
        if name not in shape.blocks:
            found.setdefault(name, set())
        elif inner:
            shape.blocks[name].read.add(tuple(inner))
    return found


def _listed(shape: _Shape, typing: Typing) -> Any:
    """The type of what is written both ways: Terraform takes blocks for an attribute that is a list of objects."""
    members = {name: typing(name, written) for name, written in sorted(_attributes(shape).items())}
    members |= {name: _listed(block, typing) for name, block in sorted(shape.blocks.items())}
    return ["list", ["object", members]]
