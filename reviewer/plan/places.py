"""Where the resources, outputs and checks of a root are written, by the addresses that a plan calls them by.

Owns the way from a config address (`module.a.aws_x.y`, without indexes) to lines of the repository, and to the module
calls that lead there. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from reviewer.fix import hcl_tree
from reviewer.fix.hcl_tree import Attribute, Block
from reviewer.model import Span
from reviewer.plan import modules
from reviewer.plan.modules import Call, Tree
from reviewer.plan.prepare import NO_REMOTE_MODULES
from reviewer.plan.reading import Source, is_override
from reviewer.plan.requirements import resources
from reviewer.tfplan.model import Place

_VARIABLE = re.compile(rb"\bvar\.([A-Za-z_][\w-]*)")


def places(
    files: Mapping[str, bytes], root: str, remote_modules: Mapping[str, str] = NO_REMOTE_MODULES
) -> tuple[tuple[str, Place], ...]:
    """Return the place of every resource, managed and data, of the root and its modules, by config address.

    Outputs and checks have one too, as `output.NAME` and `check.NAME`. Takes what `prepare` takes. Modules that are not
    in `files` have no places. Raises CannotPlan as `prepare` does.
    """
    tree = modules.tree(files, root, remote_modules)
    return tuple(_places(tree))


def _places(tree: Tree) -> Iterator[tuple[str, Place]]:
    local = {directory: tuple(_written(module.sources)) for directory, module in tree.modules.items()}
    for way, directory in tree.instances:
        prefix = "".join(f"module.{call.name}." for call in way)
        for address, place, variables in local[directory]:
            yield prefix + address, _called(place, way, variables)


Written = tuple[str, Place, frozenset[str]]
"""Address in its module, place without callers, variables that the block reads."""


def _written(sources: Iterable[Source]) -> Iterator[Written]:
    """Every resource, output and check of a module; what override files say of one is added to it."""
    found: dict[str, list[tuple[Source, Block]]] = {}
    listed = tuple(sources)
    for source, block in (*resources(listed), *_others(listed)):
        address = ".".join(((block.type,) if block.type in ("data", "output", "check") else ()) + block.labels)
        found.setdefault(address, []).append((source, block))
    for address, parts in found.items():
        # Two blocks of one name outside of override files are the author's error, and no plan will be made.
        source, block = next(((s, b) for s, b in parts if not is_override(s.copy)), parts[0])
        items = {item: span for s, b in parts for item, span in _items(s, b)}
        place = Place(
            block=source.span(block.line, block.end_line),
            attributes=tuple(items.items()),
            prevent_destroy=_prevents_destroy(parts),
        )
        yield address, place, _variables(b"".join(s.text[b.start : b.end] for s, b in parts))


def _others(sources: Iterable[Source]) -> Iterator[tuple[Source, Block]]:
    for source in sources:
        found = (*source.top.blocks_of("output"), *source.top.blocks_of("check"))
        yield from ((source, block) for block in found if len(block.labels) == 1)


def _items(source: Source, block: Block) -> Iterator[tuple[str, Span]]:
    """The attributes and nested blocks of a block; of several blocks of one type the first, `dynamic` ones too."""
    seen = set()
    for item in block.items:
        name = item.name if isinstance(item, Attribute) else _made(item)
        if name not in seen:
            seen.add(name)
            yield name, _span(source, item)


def _made(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def _span(source: Source, item: Attribute | Block) -> Span:
    if isinstance(item, Block):
        return source.span(item.line, item.end_line)
    return source.span(item.line, item.line + source.text.count(b"\n", item.start, item.end))


def _prevents_destroy(parts: Iterable[tuple[Source, Block]]) -> bool:
    """Whether the last word on `prevent_destroy` is true: override files have it."""
    said = False
    for _, block in parts:
        for lifecycle in block.blocks_of("lifecycle"):
            if written := lifecycle.attribute("prevent_destroy"):
                said = hcl_tree.literal(written.value) is True
    return said


def _variables(text: bytes) -> frozenset[str]:
    return frozenset(name.decode() for name in _VARIABLE.findall(text))


def _called(place: Place, way: tuple[Call, ...], variables: frozenset[str]) -> Place:
    """The place with its callers: of each the one argument that reaches the resource, or the whole call."""
    if not way:
        return place
    spans: list[Span] = []
    loops: list[Span] = []
    for call in reversed(way):
        source, block = next((p for p in call.blocks if not is_override(p[0].copy)), call.blocks[0])
        passed = [a for a in block.attributes if a.name in variables]
        spans.append(_span(source, passed[0] if len(passed) == 1 else block))
        texts = b" ".join(source.text[a.start : a.end] for a in passed)
        loop = block.attribute("for_each") if b"each." in texts else None
        loops += [_span(source, loop)] if loop else []
        variables = _variables(texts)
    return Place(
        block=place.block,
        attributes=place.attributes,
        callers=tuple(reversed(spans)),
        origins=(*place.origins, *(("", loop) for loop in loops)),
        prevent_destroy=place.prevent_destroy,
    )
