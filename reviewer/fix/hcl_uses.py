"""What depends on a variable or a local of a module, and whether all that is one thing that may be changed at once."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.fix.editing import Files
from reviewer.fix.hcl_draft import SUFFIXES, Top, tops
from reviewer.fix.hcl_tree import Block, Value, source_of

_REFERENCE = re.compile(r"(var|local)\.([A-Za-z_][\w-]*)")
_SAYING_NOTHING = frozenset({"enable", "enabled", "disable", "disabled", "is", "use", "allow", "on", "set", "create"})
MAX_DEPTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A value to be traced: the attribute that it is for, the expression, and where that stands (path:line)."""

    name: str
    value: Value
    place: str
    wanted: str = ""  # HCL of what it is to become; "" when only something in it is to change
    alike: frozenset[str] = frozenset()  # the attributes of the block that are to become the same


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """An attribute whose whole value is the reference: in which type of block, how deep in it, its name."""

    type: tuple[str, ...]
    way: tuple[str, ...]
    name: str


def reference_of(value: Value) -> tuple[str, str] | None:
    """Return the kind (var, local) and the name of what a value refers to and nothing else, or None."""
    text = source_of(value)
    if text.startswith('"${') and text.endswith('}"'):
        text = text[3:-2].strip()
    match = _REFERENCE.fullmatch(text)
    return (match.group(1), match.group(2)) if match else None


def is_one_thing(files: Files, directory: str, reference: tuple[str, str], sought: Sought) -> bool:
    """Tell whether a variable or local has one use, or uses that all want the same value as the one sought.

    Those are whole values in blocks of one type: of the attribute sought, of others that the same recipe sets to the
    same, or, for a flag, of attributes whose names share a telling word with it (block_public_acls,
    block_public_policy). What else such a flag changes is found out by the proof.
    """
    used = list(_uses(files, directory, reference))
    if len(used) <= 1:
        return True
    first = used[0]
    if not sought.wanted or first is None:
        return False
    if any(use is None or (use.type, use.way) != (first.type, first.way) for use in used):
        return False
    names = {use.name for use in used if use}
    words = [frozenset(name.split("_")) - _SAYING_NOTHING for name in names]
    is_flag = sought.wanted in ("true", "false")
    return len(names) == 1 or names <= {*sought.alike, sought.name} or (is_flag and bool(words[0].intersection(*words)))


def _uses(files: Files, directory: str, reference: tuple[str, str]) -> Iterator[_Use | None]:
    """Yield every use in a module, None for one in an expression; a variable's own block does not count."""
    pattern = re.compile(rb"(?<![\w.])" + re.escape(".".join(reference).encode()) + rb"(?![\w-])")
    for path, text in files.items():
        if not path.endswith(SUFFIXES) or posixpath.dirname(path) != directory:
            continue
        at = [match.start() for match in pattern.finditer(text)]
        if not at:
            continue
        blocks = list(tops({path: text}, directory))
        for position in at:
            here = next((found for found in blocks if found[1].start <= position < found[1].end), None)
            if here is None or not (here[0].type == "variable" and reference == ("var", *here[0].labels)):
                yield _use(here, position, reference) if here else None


def _use(found: tuple[Top, Block], position: int, reference: tuple[str, str]) -> _Use | None:
    top, block = found
    way: list[str] = []
    while len(way) < MAX_DEPTH:
        for attribute in block.attributes:
            if attribute.start <= position < attribute.end:
                type_ = (top.type, *top.labels[:1]) if top.type != "module" else (top.type, _source(found[1]))
                is_whole = reference_of(attribute.value) == reference
                return _Use(type=type_, way=tuple(way), name=attribute.name) if is_whole else None
        inner = next((each for each in block.blocks if each.start <= position < each.end), None)
        if inner is None:
            return None
        block = inner
        way.append(inner.type)
    return None


def _source(call: Block) -> str:
    attribute = call.attribute("source")
    return source_of(attribute.value) if attribute else ""
