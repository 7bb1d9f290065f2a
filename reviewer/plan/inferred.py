"""Schemas of resource types as far as their uses tell: for providers that nobody has described to us.

Owns the guess: what is written `x {` is a nested block and what is written `x =` an attribute of any type; what is read
elsewhere (`type.name.attribute`) is an attribute too. Everything is optional and computed. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reviewer.fix import hcl_tree
from reviewer.fix.hcl_tree import Block
from reviewer.plan import references
from reviewer.plan.reading import MAX_NESTED, CannotPlan, Source
from reviewer.plan.requirements import BUILT_IN, local_name, required, resources, source_of

_META = frozenset({"count", "for_each", "provider", "depends_on"})
_META_BLOCKS = frozenset({"lifecycle", "provisioner", "connection"})
_KINDS = {"resource": "resource_schemas", "data": "data_source_schemas"}
_NAME = re.compile(r"[A-Za-z_][\w-]*")


@dataclass(slots=True, kw_only=True)
class _Shape:
    """What is known of a block so far; it grows with every use."""

    attributes: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)  # by others: attributes, where they are no blocks
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
            shape = shapes.setdefault(key, _Shape(read={"id"}))
            _grow(shape, source, block, 0)
            shape.read |= read.get(_address(block), set()) | set(_ignored(block))
        for source, block in _configurations(sources):
            _grow(shapes.setdefault((source_of(block.labels[0], listed), "provider", ""), _Shape()), source, block, 0)
    return _by_source(shapes)


def _configurations(sources: tuple[Source, ...]) -> Iterator[tuple[Source, Block]]:
    """The `provider` blocks of a module: what stands in them is of the provider's own schema."""
    for source in sources:
        yield from ((source, block) for block in source.top.blocks_of("provider") if block.labels)


def _address(block: Block) -> str:
    return ".".join((("data",) if block.type == "data" else ()) + block.labels)


def _grow(shape: _Shape, source: Source, block: Block, depth: int) -> None:
    if depth > MAX_NESTED:
        raise CannotPlan(f"`{source.path}` line {source.line(block.line)} is nested too deeply.")
    shape.attributes |= {a.name for a in block.attributes if depth or a.name not in _META}
    for type_, inner in _nested(block):
        if depth or type_ not in _META_BLOCKS:
            _grow(shape.blocks.setdefault(type_, _Shape()), source, inner, depth + 1)


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
        if source != BUILT_IN:
            schemas = found.setdefault(source, {"resource_schemas": {}, "data_source_schemas": {}})
            written = {"version": 0, "block": _block(shape)}
            schemas |= {kind: written} if kind == "provider" else {kind: schemas[kind] | {type_: written}}
    return found


def _block(shape: _Shape) -> dict[str, Any]:
    both = set(shape.blocks) & shape.attributes
    single = (shape.attributes | shape.read) - set(shape.blocks)
    attributes = {name: _attribute("dynamic") for name in sorted(single)}
    attributes |= {name: _attribute(_listed(shape.blocks[name])) for name in sorted(both)}
    nested = {
        name: {"nesting_mode": "list", "block": _block(inner)}
        for name, inner in sorted(shape.blocks.items())
        if name not in both
    }
    return {"attributes": attributes, **({"block_types": nested} if nested else {})}


def _attribute(type_: Any) -> dict[str, Any]:
    return {"type": type_, "optional": True, "computed": True}


def _listed(shape: _Shape) -> Any:
    """The type of what is written both ways: Terraform takes blocks for an attribute that is a list of objects."""
    members: dict[str, Any] = dict.fromkeys(sorted(shape.attributes), "dynamic")
    members |= {name: _listed(inner) for name, inner in sorted(shape.blocks.items())}
    return ["list", ["object", members]]
