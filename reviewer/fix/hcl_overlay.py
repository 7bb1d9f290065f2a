"""An overlay (HCL of what must stand in a block) merged into a block's text.

What an overlay wants of a value that is written elsewhere is not done here but told: `Merge.elsewhere`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reviewer.fix.editing import CannotEdit
from reviewer.fix.hcl_lists import opaque_parts
from reviewer.fix.hcl_splices import OBJECT, Chain, at, merged_object, objects_of, with_attribute, with_block
from reviewer.fix.hcl_tree import Attribute, Block, Value, elements, literal, parse, text_of
from reviewer.fix.hcl_values import Operation, Set, applied, is_done, is_settled, same

_ALL_ALIKE = frozenset({"container", "init_container"})

MAX_BLOCKS = 100
"""Nested blocks that one edit changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """An operation on a value that is no literal: where it stands (a line of the text), and its own expression."""

    name: str
    value: Value
    line: int
    operation: Operation
    required: bool = True  # False: a part of a list beside others, which need not be what offends


@dataclass(slots=True, kw_only=True)
class Merge:
    """How edits of one block go, and what comes of them besides its text."""

    path: str
    line: int  # of the block in its file
    by: Mapping[str, str] = field(default_factory=dict)
    inner: tuple[Chain, ...] = ()  # the nested blocks that offend; of a type that none is of: all
    used: list[str] = field(default_factory=list)  # HCL that was put in, or stood there as wanted
    fits: Callable[[Chain], bool] = lambda _: True  # whether the recipe's `when` holds for a nested block
    is_first: bool = True  # False: the block was edited since it was found wanting
    elsewhere: list[Elsewhere] = field(default_factory=list)
    done: int = 0  # places that an operation could be applied to

    def where(self, line: int) -> str:
        """Return a line of the text as a place in the file."""
        return f"{self.path}:{self.line + line - 1}"


def overlaid(text: bytes, chain: Chain, overlay: Block, merge: Merge) -> bytes:
    """Return `text` in which the body at `chain` says all that `overlay` says."""
    for item in overlay.items:
        if isinstance(item, Attribute):
            text = _set(text, chain, item, merge)
        else:
            text = _merged(text, chain, item, merge, only=len(overlay.blocks_of(item.type)) == 1)
    return text


def filled(text: bytes, chain: Chain, overlay: Block, merge: Merge) -> bytes:
    """Return `text` in which the body at `chain` has everything that `overlay` has, whatever its value is."""
    for item in overlay.items:
        if isinstance(item, Attribute):
            text = _filled(text, chain, item, merge)
        else:
            text = _merged(text, chain, item, merge, only=len(overlay.blocks_of(item.type)) == 1, fill=True)
    return text


def operated(text: bytes, chain: Chain, name: str, operation: Operation, merge: Merge) -> bytes:
    """Return `text` with an operation applied to an attribute that is there, or noted as one for elsewhere."""
    attribute = at(text, chain).attribute(name)
    if attribute is None:
        return text
    if isinstance(operation, Set) and (entries := _object(operation.new)) and _is_object(attribute):
        return overlaid(text, (*chain, (name, OBJECT)), objects_of(entries)[0], merge)
    if not is_settled(attribute.value, operation):
        merge.elsewhere.append(Elsewhere(name=name, value=attribute.value, line=attribute.line, operation=operation))
        return text
    after = applied(text, chain, name, operation)
    if after == text and not is_done(attribute.value, operation):
        alone = attribute.value.kind == "tuple" and len(elements(attribute.value)) == 1
        merge.elsewhere += (
            Elsewhere(
                name=name, value=part, line=attribute.line, operation=operation, required=alone and merge.is_first
            )
            for part in opaque_parts(attribute.value)
        )
        return text
    merge.done += 1
    if (now := at(after, chain).attribute(name)) is not None:
        merge.used.append(text_of(now.value.node))
    return after


def _object(new: str) -> Attribute | None:
    attribute = parse(f"x = {new}\n".encode()).attribute("x")
    return attribute if attribute and attribute.value.kind == "object" else None


def _is_object(attribute: Attribute) -> bool:
    return attribute.value.kind == "object" or bool(merged_object(attribute))


def contains(block: Block, wanted: Block) -> bool:
    """Tell whether a block says all that another one says."""
    for item in wanted.items:
        if isinstance(item, Attribute):
            attribute = block.attribute(item.name)
            if attribute is None or not same(attribute.value, text_of(item.value.node)):
                return False
        elif not any(contains(inner, item) for inner in block.blocks_of(item.type)):
            return False
    return True


def chosen_blocks(block: Block, chain: Chain, type_: str, merge: Merge) -> tuple[int, ...]:
    """Return which nested blocks of a type are meant. Raises CannotEdit where a `dynamic` block makes them."""
    if made := block.dynamic(type_):
        raise CannotEdit(
            f"`{type_}` blocks are made by the dynamic block at {merge.where(made.line)}; change it there."
        )
    every = tuple(range(len(block.blocks_of(type_))))
    depth = len(chain) + 1
    offending = {inner[:depth] for inner in merge.inner}
    meant = tuple(n for n in every if (*chain, (type_, n)) in offending) or every
    if len(meant) > MAX_BLOCKS:
        raise CannotEdit(f"There are more than {MAX_BLOCKS} `{type_}` blocks at {merge.where(block.line)}.")
    return meant


def mended_blocks(
    block: Block, chain: Chain, type_: str, merge: Merge, is_like: Callable[[Block, Block], bool]
) -> tuple[int, ...]:
    """Return which nested blocks of a type are to be edited: those that are meant, and others like one of them.

    Of several blocks with one fault a scanner names the first; when that is mended, it names the next.
    """
    meant = chosen_blocks(block, chain, type_, merge)
    every = block.blocks_of(type_)
    left = [n for n in range(min(len(every), MAX_BLOCKS)) if n not in meant]
    more = (n for n in left if any(is_like(every[m], every[n]) for m in meant) and merge.fits((*chain, (type_, n))))
    return tuple(sorted({*meant, *more}))


def _is_shaped_like(wanted: Block) -> Callable[[Block, Block], bool]:
    """A block is mended like another one where it has what that has of what is wanted: no volume becomes an EFS one."""
    inner = {each.type for each in wanted.blocks}

    def is_like(one: Block, other: Block) -> bool:
        return wanted.type in _ALL_ALIKE or all(other.blocks_of(type_) for type_ in inner if one.blocks_of(type_))

    return is_like


def _set(text: bytes, chain: Chain, wanted: Attribute, merge: Merge) -> bytes:
    block = at(text, chain)
    _no_block(block, wanted.name, merge)
    existing = block.attribute(wanted.name)
    if existing is None:
        return _added(text, chain, wanted, merge)
    return operated(text, chain, wanted.name, Set(new=_written(wanted)), merge)


def _filled(text: bytes, chain: Chain, wanted: Attribute, merge: Merge) -> bytes:
    block = at(text, chain)
    _no_block(block, wanted.name, merge)
    existing = block.attribute(wanted.name)
    if existing is None:
        return _added(text, chain, wanted, merge)
    if wanted.value.kind == "object" and _is_object(existing):
        return filled(text, (*chain, (wanted.name, OBJECT)), objects_of(wanted)[0], merge)
    if literal(existing.value) is None or same(existing.value, _written(wanted)):
        return operated(text, chain, wanted.name, Set(new=_written(wanted)), merge)
    return text


def _added(text: bytes, chain: Chain, wanted: Attribute, merge: Merge) -> bytes:
    new = _written(wanted)
    merge.used.append(new)
    merge.done += 1
    return with_attribute(text, chain, wanted.name, new)


def _merged(text: bytes, chain: Chain, wanted: Block, merge: Merge, *, only: bool, fill: bool = False) -> bytes:
    block = at(text, chain)
    if attribute := block.attribute(wanted.type):
        raise CannotEdit(f"`{wanted.type}` is written as an attribute ({merge.where(attribute.line)}), not as a block.")
    meant = mended_blocks(block, chain, wanted.type, merge, _is_shaped_like(wanted))
    existing = block.blocks_of(wanted.type)
    if wanted.labels:
        meant = tuple(n for n in meant if existing[n].labels == wanted.labels)
    key = wanted.attribute(merge.by.get(wanted.type, ""))
    if key is not None:
        meant = tuple(n for n in range(len(existing)) if _has(existing[n], key))
    elif not only:
        meant = tuple(n for n in range(len(existing)) if contains(existing[n], wanted))
    if not meant:
        new = _dedented(wanted)
        merge.used.append(new)
        merge.done += 1
        return with_block(text, chain, new)
    for n in meant:
        text = (filled if fill else overlaid)(text, (*chain, (wanted.type, n)), wanted, merge)
    return text


def _has(block: Block, key: Attribute) -> bool:
    attribute = block.attribute(key.name)
    return attribute is not None and literal(attribute.value) == literal(key.value)


def _no_block(block: Block, name: str, merge: Merge) -> None:
    made = block.dynamic(name) or next(iter(block.blocks_of(name)), None)
    if made:
        raise CannotEdit(f"`{name}` is written as a block ({merge.where(made.line)}), not as an attribute.")


def _written(wanted: Attribute) -> str:
    return _outdented(text_of(wanted.value.node), wanted.value)


def _dedented(wanted: Block) -> str:
    return _strip(text_of(wanted.node), wanted.node.start_point.column)


def _outdented(text: str, value: Value) -> str:
    lines = text.split("\n")
    margin = len(lines[-1]) - len(lines[-1].lstrip(" ")) if len(lines) > 1 else 0
    if value.kind == "heredoc_template":
        margin = min((len(line) - len(line.lstrip(" ")) for line in lines[1:] if line.strip()), default=0)
    return _strip(text, margin)


def _strip(text: str, margin: int) -> str:
    first, *rest = text.split("\n")
    return "\n".join([first, *(line[min(margin, len(line) - len(line.lstrip(" "))) :] for line in rest)])
