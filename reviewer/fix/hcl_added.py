"""Whole blocks that a recipe adds beside one: written in its names, one for each instance, and only once."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reviewer.fix.editing import CannotEdit
from reviewer.fix.hcl_align import aligned
from reviewer.fix.hcl_choices import named
from reviewer.fix.hcl_draft import Draft, Top, tops
from reviewer.fix.hcl_overlay import contains
from reviewer.fix.hcl_tree import Block, parse, text_of

_INDEXED = {"count": ("count.index", "length({address})"), "for_each": ("each.key", "{address}")}


def added(draft: Draft, top: Top, template: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the blocks of `template` that the module does not have yet, as text.

    Raises CannotEdit when another block has the name of one of them.
    """
    repeated = next((name for name in _INDEXED if draft.block(top).attribute(name)), None)
    texts = _repeated(template, names, repeated) if repeated else named(template, names)
    blocks = parse(texts.encode()).blocks
    return tuple(aligned(text_of(block.node).encode()).decode() for block in blocks if not _exists(draft, top, block))


def _exists(draft: Draft, top: Top, wanted: Block) -> bool:
    for other, block in tops(draft.files, top.directory, wanted.type):
        if wanted.labels and other.labels == wanted.labels:
            if contains(block, wanted):
                return True
            raise CannotEdit(f"{other.name} stands at {other.path}:{block.line} already; change it there.")
    return not wanted.labels and any(
        contains(block, wanted) for _, block in tops(draft.files, top.directory, wanted.type)
    )


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
