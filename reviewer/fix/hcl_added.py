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
from reviewer.fix.hcl_tree import Attribute, Block, is_whole, literal, parse, source_of, text_of
from reviewer.fix.hcl_values import Set, is_settled, same

_IDENTITY = frozenset({"id", "name", "prefix", "target_bucket", "target_prefix", "priority", "type", "service"})
"""Attributes that are never another value for the same thing."""

_ONE_EACH = frozenset(
    {
        "aws_default_security_group",
        "aws_flow_log",
        "aws_networkfirewall_logging_configuration",
        "aws_route53_query_log",
        "azurerm_backup_protected_vm",
    }
)
"""Companions of which a thing has one, though they are not named after it as aws_s3_bucket_versioning is."""

_INDICES = {"count": "count.index", "for_each": "each.key"}


def added(draft: Draft, top: Top, template: str, names: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[Merge, ...]]:
    """Return the blocks of `template` that the module does not have yet, as text.

    One that is there already for the same thing is edited instead; what that leaves for elsewhere is in the merges.
    Raises CannotEdit where that is not possible, or another block has the name of one of them.
    """
    block = draft.block(top)
    repeated = next((attribute for name in _INDICES if (attribute := block.attribute(name))), None)
    texts = _repeated(template, names, repeated) if repeated else named(template, names)
    blocks = parse(texts.encode()).blocks
    merges: list[Merge] = []
    new = [block for block in blocks if not _stands(draft, top, block, names["address"], merges)]
    return tuple(aligned(text_of(block.node).encode()).decode() for block in new), tuple(merges)


def _stands(draft: Draft, top: Top, wanted: Block, address: str, merges: list[Merge]) -> bool:
    """Tell whether the module has a block that says what `wanted` says; one for the same thing is made to say it."""
    there = tuple(tops(draft.files, top.directory, wanted.type))
    if not wanted.labels:
        return any(contains(block, wanted) for _, block in there)
    alike = [(other, block) for other, block in there if other.labels[:1] == wanted.labels[:1]]
    for other, block in alike:
        if _is_companion(draft, top, block, wanted, address):
            overlay = _without_references(wanted, block)
            if not contains(block, overlay):
                if other.type != "resource" or not _is_alike(block, overlay):
                    raise _taken(other, block.line)
                merges.append(_brought_up(draft, other, overlay))
            return True
    for other, block in alike:
        if other.labels == wanted.labels:
            if not contains(block, wanted):
                raise _taken(other, block.line)
            return True
    return False


def _brought_up(draft: Draft, other: Top, overlay: Block) -> Merge:
    """Make a block that is there say what one to be added would say: nobody wants two for one thing."""
    merge = Merge(path=other.path, line=draft.block(other).line)
    draft.rewrite(other, lambda text: overlaid(text, ((other.type, 0),), overlay, merge))
    return merge


def _taken(other: Top, line: int) -> CannotEdit:
    return CannotEdit(f"{other.name} stands at {other.path}:{line} already; change it there.")


def _is_companion(draft: Draft, top: Top, block: Block, wanted: Block, address: str) -> bool:
    """Tell whether a block is for the thing that one to be added would be for."""
    type_ = wanted.labels[0]
    if not (type_.startswith(f"{top.labels[0]}_") or type_ in _ONE_EACH):
        return False
    if _refers(block, address):
        return True
    own = draft.block(top)
    for attribute in wanted.attributes:
        standing, original = block.attribute(attribute.name), own.attribute(attribute.name)
        if standing is None or not _names(text_of(attribute.value.node), address):
            continue
        if original is not None and source_of(original.value) == source_of(standing.value):
            return True  # the same name, given to both
        if _names(_local(draft, top, source_of(standing.value)), address):
            return True
    return False


def _local(draft: Draft, top: Top, reference: str) -> str:
    """Return what a local stands for, as text."""
    name = reference.removeprefix("local.")
    found = (block.attribute(name) for _, block in tops(draft.files, top.directory, "locals"))
    return next((text_of(each.value.node) for each in found if each), "") if name != reference else ""


def _refers(block: Block, address: str) -> bool:
    return any(_names(text_of(attribute.value.node), address) for attribute in block.attributes)


def _names(text: str, address: str) -> bool:
    return bool(re.search(r"(?<![\w.])" + re.escape(address) + r"(?![\w-])", text))


def _without_references(wanted: Block, standing: Block) -> Block:
    """A block without what the standing one says in its own way: references, and how often it is repeated."""
    text = text_of(wanted.node).encode()
    for attribute in reversed(wanted.attributes):
        is_own = attribute.name in _INDICES or not is_whole(literal(attribute.value))
        if is_own and standing.attribute(attribute.name):
            item = parse(text).blocks[0].attribute(attribute.name)
            text = without(text, item) if item else text
    return parse(text).blocks[0]


def _is_alike(standing: Block, wanted: Block) -> bool:
    """Tell whether merging changes literals only, here or elsewhere, and none that says which thing it is."""
    for item in wanted.items:
        if isinstance(item, Attribute):
            attribute = standing.attribute(item.name)
            if item.name in _INDICES:
                return False  # it is for one instance only
            if attribute is None or same(attribute.value, text_of(item.value.node)):
                continue
            if item.name in _IDENTITY or not is_whole(literal(item.value)):
                return False
            if is_settled(attribute.value, Set(new=text_of(item.value.node))) and not is_whole(
                literal(attribute.value)
            ):
                return False
        else:
            inner = standing.blocks_of(item.type)
            if len(inner) > 1 or len(wanted.blocks_of(item.type)) > 1 or standing.dynamic(item.type):
                return False
            if inner and not _is_alike(inner[0], item):
                return False
    return True


def _repeated(template: str, names: Mapping[str, str], by: Attribute) -> str:
    """The blocks of `template` for a block with `count` or `for_each`: those that refer to it are repeated like it.

    They repeat its own expression: over `length(aws_x.y)` or `aws_x.y` they would be the same to Terraform, but a
    scanner that has no plan sees only the first instance then.
    """
    index, expression = _INDICES[by.name], text_of(by.value.node).replace("\r\n", "\n")
    own = f"{names['address']}[{index}]"
    pieces = {}
    for block in parse(named(template, {**names, "address": "PLACE.HOLDER"}).encode()).blocks:
        pieces[(block.type, *block.labels)] = text_of(block.node)
    counted: set[tuple[str, ...]] = set()
    while more := {header for header, text in pieces.items() if header not in counted and _depends(text, counted)}:
        counted |= more
    return "\n\n".join(
        _indexed(text, counted - {header}, index, own, f"{by.name} = {expression}") if header in counted else text
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
