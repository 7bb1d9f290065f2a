"""Dotted paths into a block: what they lead to, whether `when` holds there, and operations on all of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reviewer.fix.editing import CannotEdit
from reviewer.fix.hcl_choices import written
from reviewer.fix.hcl_overlay import Merge, chosen_blocks, mended_blocks, operated
from reviewer.fix.hcl_splices import OBJECT, Chain, at, objects_of, with_attribute, with_block, without
from reviewer.fix.hcl_tree import Block, Literal, is_whole, literal, source_of
from reviewer.fix.hcl_values import Include, Operation, Replace, is_one_of

ANY = "*"
"""In `when`: whatever stands there. A number after the name of nested blocks: so many of them."""
_ENDS = ("from_port", "to_port")
_REACH = frozenset({"protocol", "direction", "action", "access", "rule_action", "egress"})


def holds(block: Block, chain: Chain, path: Sequence[str], wanted: Sequence[Any], merge: Merge) -> bool:
    name, rest = path[0], path[1:]
    attribute = block.attribute(name)
    if attribute is not None:
        objects = objects_of(attribute) if rest else ()
        if objects:
            inside = ((*chain, (name, OBJECT - n)) for n in range(len(objects)))
            return all(holds(each, here, rest, wanted, merge) for each, here in zip(objects, inside, strict=True))
        return not rest and (ANY in wanted or is_one_of(literal(attribute.value), wanted))
    inner = block.blocks_of(name)
    if block.dynamic(name):
        return False
    if not inner:
        return None in wanted
    if not rest:
        return len(inner) in wanted
    meant = chosen_blocks(block, chain, name, merge)
    return all(holds(inner[n], (*chain, (name, n)), rest, wanted, merge) for n in meant)


def everywhere(text: bytes, chain: Chain, path: Sequence[str], operation: Operation, merge: Merge) -> bytes:
    *way, name = path
    if isinstance(operation, Include):
        text = _made(text, chain, way)
    is_like = _is_as_open(name) if isinstance(operation, Replace) else _always
    for target in _targets(text, chain, way, merge, is_like):
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


def _targets(
    text: bytes, chain: Chain, way: Sequence[str], merge: Merge, is_like: Callable[[Block, Block], bool]
) -> tuple[Chain, ...]:
    """Return the chains of all bodies that a path of names leads to."""
    if not way:
        return (chain,)
    body, name = at(text, chain), way[0]
    attribute = body.attribute(name)
    if attribute is not None and (objects := objects_of(attribute)):
        inside = (_targets(text, (*chain, (name, OBJECT - n)), way[1:], merge, is_like) for n in range(len(objects)))
        return tuple(target for targets in inside for target in targets)
    if attribute is not None:
        place = merge.where(attribute.line)
        raise CannotEdit(f"`{name}` is written as an attribute ({place}), not as a block.")
    meant = mended_blocks(body, chain, name, merge, is_like)
    found = (_targets(text, (*chain, (name, n)), way[1:], merge, is_like) for n in meant)
    return tuple(target for targets in found for target in targets)


def _always(_one: Block, _other: Block) -> bool:
    return True


def _is_as_open(name: str) -> Callable[[Block, Block], bool]:
    """What offends in one rule of a firewall does in another for the same ports and protocol, or for more of them."""

    def is_like(one: Block, other: Block) -> bool:
        said, says = _reach(one, name), _reach(other, name)
        if says.get("protocol") in ("-1", -1, "all"):
            return True
        ports, other_ports = _ports(said), _ports(says)
        if ports and other_ports and other_ports[0] <= ports[0] and ports[1] <= other_ports[1]:
            says |= {end: said[end] for end in _ENDS}
        return said == says

    return is_like


def _reach(block: Block, besides: str) -> dict[str, Literal]:
    """What a rule says of the traffic that it is for."""
    told = [item for item in block.attributes if item.name != besides and ("port" in item.name or item.name in _REACH)]
    values = ((item, literal(item.value)) for item in told)
    return {item.name: value if is_whole(value) else source_of(item.value) for item, value in values}


def _ports(said: Mapping[str, Literal]) -> tuple[int, int] | None:
    start, end = (str(said.get(name)) for name in _ENDS)
    return (int(start), int(end)) if re.fullmatch("[0-9]{1,5} [0-9]{1,5}", f"{start} {end}") else None


def removed(text: bytes, chain: Chain, path: Sequence[str], merge: Merge) -> bytes:
    *way, name = path
    for target in reversed(_targets(text, chain, way, merge, _always)):
        attribute = at(text, target).attribute(name)
        if attribute is not None:
            text = without(text, attribute)
            continue
        for n in reversed(chosen_blocks(at(text, target), target, name, merge)):
            text = without(text, at(text, target).blocks_of(name)[n])
    return text
