"""Dotted paths into a block: what they lead to, whether `when` holds there, and operations on all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reviewer.fix.editing import CannotEdit
from reviewer.fix.hcl_choices import written
from reviewer.fix.hcl_overlay import Merge, chosen_blocks, operated
from reviewer.fix.hcl_splices import OBJECT, Chain, at, objects_of, with_attribute, with_block, without
from reviewer.fix.hcl_tree import Block, literal
from reviewer.fix.hcl_values import Include, Operation, is_one_of


def holds(block: Block, chain: Chain, path: Sequence[str], wanted: Sequence[Any], merge: Merge) -> bool:
    name, rest = path[0], path[1:]
    attribute = block.attribute(name)
    if attribute is not None:
        objects = objects_of(attribute) if rest else ()
        if objects:
            inside = ((*chain, (name, OBJECT - n)) for n in range(len(objects)))
            return all(holds(each, here, rest, wanted, merge) for each, here in zip(objects, inside, strict=True))
        return not rest and is_one_of(literal(attribute.value), wanted)
    inner = block.blocks_of(name)
    if block.dynamic(name):
        return False
    if not inner:
        return None in wanted
    if not rest:
        return False
    meant = chosen_blocks(block, chain, name, merge)
    return all(holds(inner[n], (*chain, (name, n)), rest, wanted, merge) for n in meant)


def everywhere(text: bytes, chain: Chain, path: Sequence[str], operation: Operation, merge: Merge) -> bytes:
    *way, name = path
    if isinstance(operation, Include):
        text = _made(text, chain, way)
    for target in _targets(text, chain, way, merge):
        body = at(text, target)
        if isinstance(operation, Include) and body.attribute(name) is None and not body.dynamic(name):
            items = written(list(operation.items), operation.values)
            merge.used.append(items)
            text = with_attribute(text, target, name, items)
        else:
            text = operated(text, target, name, operation, merge)
    return text


def _made(text: bytes, chain: Chain, way: Sequence[str]) -> bytes:
    """The blocks on the way to a list that must have something are made where there are none."""
    for name in way:
        body = at(text, chain)
        if body.attribute(name) or body.dynamic(name) or body.blocks_of(name):
            break
        text = with_block(text, chain, f"{name} {{\n}}")
        chain = (*chain, (name, 0))
    return text


def _targets(text: bytes, chain: Chain, way: Sequence[str], merge: Merge) -> tuple[Chain, ...]:
    """Return the chains of all bodies that a path of names leads to."""
    if not way:
        return (chain,)
    body, name = at(text, chain), way[0]
    attribute = body.attribute(name)
    if attribute is not None and (objects := objects_of(attribute)):
        inside = (_targets(text, (*chain, (name, OBJECT - n)), way[1:], merge) for n in range(len(objects)))
        return tuple(target for targets in inside for target in targets)
    if attribute is not None:
        place = merge.where(attribute.line)
        raise CannotEdit(f"`{name}` is written as an attribute ({place}), not as a block.")
    found = (_targets(text, (*chain, (name, n)), way[1:], merge) for n in chosen_blocks(body, chain, name, merge))
    return tuple(target for targets in found for target in targets)


def removed(text: bytes, chain: Chain, path: Sequence[str], merge: Merge) -> bytes:
    *way, name = path
    for target in reversed(_targets(text, chain, way, merge)):
        attribute = at(text, target).attribute(name)
        if attribute is not None:
            text = without(text, attribute)
            continue
        for n in reversed(chosen_blocks(at(text, target), target, name, merge)):
            text = without(text, at(text, target).blocks_of(name)[n])
    return text
