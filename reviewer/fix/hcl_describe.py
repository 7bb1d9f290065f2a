"""`describe` of a recipe on HCL: each rule of a firewall gets a text that says what its ports say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reviewer.fix.editing import CannotEdit
from reviewer.fix.hcl_overlay import MAX_BLOCKS, Merge
from reviewer.fix.hcl_splices import OBJECT, Chain, at, objects_of, with_attribute
from reviewer.fix.hcl_tree import OPAQUE, Block, Literal, literal, quoted
from reviewer.fix.port_names import described


def with_descriptions(text: bytes, chain: Chain, edit: Mapping[str, Any], merge: Merge) -> bytes:
    """Return `text` in which each rule has a description. Raises CannotEdit where one is not known from the code."""
    for path, direction in edit["of"].items():
        for rule in _rules(text, chain, path, merge):
            body = at(text, rule)
            if body.attribute(edit["as"]) is not None:
                continue
            said = described(direction, *_values(body, edit["by"]))
            if said is None:
                place = merge.where(body.line)
                raise CannotEdit(f"What the rule at {place} is for cannot be told from its ports.")
            text = with_attribute(text, rule, edit["as"], quoted(said))
    return text


def _rules(text: bytes, chain: Chain, name: str, merge: Merge) -> Iterator[Chain]:
    """Chains of the nested blocks, or objects of a list, that are rules; "" is the block itself."""
    if not name:
        yield chain
        return
    body = at(text, chain)
    if made := body.dynamic(name):
        raise CannotEdit(f"The rules at {merge.where(made.line)} are made by a `dynamic` block.")
    attribute = body.attribute(name)
    objects = objects_of(attribute) if attribute else ()
    if attribute and not objects:
        raise CannotEdit(f"`{name}` ({merge.where(attribute.line)}) is not written out.")
    blocks = body.blocks_of(name)
    if max(len(objects), len(blocks)) > MAX_BLOCKS:
        raise CannotEdit(f"There are too many `{name}` blocks to be edited.")
    yield from ((*chain, (name, OBJECT - n)) for n in range(len(objects)))
    yield from ((*chain, (name, n)) for n in range(len(blocks)))


def _values(body: Block, names: Sequence[str]) -> list[Literal]:
    found = (body.attribute(name) for name in names)
    return [literal(attribute.value) if attribute else OPAQUE for attribute in found]
