"""Whole blocks that a recipe adds beside one: written in its names, one for each instance, and only once."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reviewer.fix.editing import CannotEdit
from reviewer.fix.hcl_align import aligned
from reviewer.fix.hcl_choices import named
from reviewer.fix.hcl_draft import Draft, Top, tops
from reviewer.fix.hcl_overlay import Merge, contains, overlaid
from reviewer.fix.hcl_splices import without
from reviewer.fix.hcl_tree import Attribute, Block, is_whole, literal, parse, text_of
from reviewer.fix.hcl_values import same

_IDENTITY = frozenset({"id", "name", "prefix", "target_bucket", "target_prefix", "priority", "type"})
"""Attributes that are never another value for the same thing."""

_INDEXED = {"count": ("count.index", "length({address})"), "for_each": ("each.key", "{address}")}


def added(draft: Draft, top: Top, template: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the blocks of `template` that the module does not have yet, as text.

    One that is there already for the same thing is edited instead. Raises CannotEdit where that is not possible, or
    another block has the name of one of them.
    """
    repeated = next((name for name in _INDEXED if draft.block(top).attribute(name)), None)
    texts = _repeated(template, names, repeated) if repeated else named(template, names)
    blocks = parse(texts.encode()).blocks
    new = (block for block in blocks if not _stands(draft, top, block, names["address"]))
    return tuple(aligned(text_of(block.node).encode()).decode() for block in new)


def _stands(draft: Draft, top: Top, wanted: Block, address: str) -> bool:
    """Tell whether the module has a block that says what `wanted` says; one for the same thing is made to say it."""
    for other, block in tuple(tops(draft.files, top.directory, wanted.type)):
        if not wanted.labels and contains(block, wanted):
            return True
        if not wanted.labels or other.labels[:1] != wanted.labels[:1]:
            continue
        is_for_same = _refers(block, address)
        if other.labels == wanted.labels or (is_for_same and wanted.labels[0].startswith(f"{top.labels[0]}_")):
            overlay = _without_references(wanted, block) if is_for_same else wanted
            if not contains(block, overlay):
                _bring_up(draft, other, overlay, is_alike=is_for_same and _is_alike(block, overlay))
            return True
    return False


def _bring_up(draft: Draft, other: Top, overlay: Block, *, is_alike: bool) -> None:
    """Make a block that is there say what one to be added would say: nobody wants two for one thing."""
    line = draft.block(other).line
    merge = Merge(path=other.path, line=line)
    if is_alike and other.type == "resource":
        draft.rewrite(other, lambda text: overlaid(text, ((other.type, 0),), overlay, merge))
    if not is_alike or merge.elsewhere or other.type != "resource":
        raise CannotEdit(f"{other.name} stands at {other.path}:{line} already; change it there.")


def _refers(block: Block, address: str) -> bool:
    reference = re.compile(r"(?<![\w.])" + re.escape(address) + r"(?![\w-])")
    return any(reference.search(text_of(attribute.value.node)) for attribute in block.attributes)


def _without_references(wanted: Block, standing: Block) -> Block:
    """A block without the references that the standing one makes in its own way (`.bucket` instead of `.id`)."""
    text = text_of(wanted.node).encode()
    for attribute in reversed(wanted.attributes):
        if not is_whole(literal(attribute.value)) and standing.attribute(attribute.name):
            item = parse(text).blocks[0].attribute(attribute.name)
            text = without(text, item) if item else text
    return parse(text).blocks[0]


def _is_alike(standing: Block, wanted: Block) -> bool:
    """Tell whether merging changes literals only, and none that says which thing it is."""
    for item in wanted.items:
        if isinstance(item, Attribute):
            attribute = standing.attribute(item.name)
            if attribute is None or same(attribute.value, text_of(item.value.node)):
                continue
            if item.name in _IDENTITY or not (is_whole(literal(attribute.value)) and is_whole(literal(item.value))):
                return False
        else:
            inner = standing.blocks_of(item.type)
            if len(inner) > 1 or len(wanted.blocks_of(item.type)) > 1 or standing.dynamic(item.type):
                return False
            if inner and not _is_alike(inner[0], item):
                return False
    return True


def _repeated(template: str, names: Mapping[str, str], by: str) -> str:
    """The blocks of `template` for a block with `count` or `for_each`: those that refer to it are repeated like it."""
    index, many = _INDEXED[by]
    own = "each.value" if by == "for_each" else f"{names['address']}[{index}]"
    pieces = {}
    for block in parse(named(template, {**names, "address": "PLACE.HOLDER"}).encode()).blocks:
        pieces[(block.type, *block.labels)] = text_of(block.node)
    counted: set[tuple[str, ...]] = set()
    while more := {header for header, text in pieces.items() if header not in counted and _depends(text, counted)}:
        counted |= more
    address = names["address"]
    return "\n\n".join(
        _indexed(text, counted - {header}, index, own, f"{by} = {many.format(address=address)}")
        if header in counted
        else text
        for header, text in pieces.items()
    )


def _indexed(text: str, others: set[tuple[str, ...]], index: str, own: str, meta: str) -> str:
    for other in others:
        text = _reference(other).sub(lambda match: f"{match.group()}[{index}]", text)
    head, brace, body = text.replace("PLACE.HOLDER", own).partition("{")
    return f"{head}{brace}\n  {meta}\n{body}"


def _depends(text: str, counted: set[tuple[str, ...]]) -> bool:
    return "PLACE.HOLDER" in text or any(_reference(header).search(text) for header in counted)


def _reference(header: tuple[str, ...]) -> re.Pattern[str]:
    names = header[1:] if header[0] == "resource" else header
    return re.compile(r"(?<![\w.])" + re.escape(".".join(names)) + r"(?![\w\[-])")
