"""What must hold of any edited file, whoever edited it: it parses no worse, loses no block, refers to what exists.

Only the top-level blocks that an edit touches are read again: a file has many, and many edits.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reviewer import hcl
from reviewer.fix.editing import CannotEdit, Files
from reviewer.fix.lines import hull, lines_of
from reviewer.fix.schema import Schema, problems
from reviewer.model import Risk

HCL = (".tf", ".tofu")
_REFERENCE = re.compile(
    r"(?<![\w.\-\"])(var|local|module|data\.[a-z][a-z0-9_]*|[a-z][a-z0-9]*_[a-z0-9_]+)\.([A-Za-z_][\w-]*)"
)

_OVERRIDES = re.compile(r"(?:^|[/_])override\.(?:tf|tofu)$")
"""Files whose blocks Terraform merges into blocks that are elsewhere; it refuses others."""


_INSTANCE = "[count."
_parsed = functools.lru_cache(maxsize=256)(hcl.parse)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What of a file an edit touched: whole top-level blocks, as they were and as they are now."""

    before: tuple[hcl.Block, ...]
    after: hcl.Body
    rest: tuple[hcl.Block, ...]  # of the file, untouched
    text: str  # as it is now


def check(files: Files, path: str, after: bytes) -> None:
    """Compare `after` with the file at `path`. Raises CannotEdit saying what the edit would break."""
    if not path.endswith(HCL):
        return
    part = _part(files[path], after)
    if len(part.after.errors) > len(_parsed(files[path]).errors):
        raise CannotEdit(f"With the fix, {path} could not be read any more.")
    if lost := _headers(part.before) - _headers(part.after.blocks):
        raise CannotEdit(f"The fix would lose {' '.join(next(iter(lost)))}.")
    if _OVERRIDES.search(path) and (new := _headers(part.after.blocks) - _headers(part.before)):
        raise CannotEdit(f"{path} only overrides other blocks: {' '.join(next(iter(new)))} cannot be added there.")
    if _INSTANCE in "".join(_dependencies(part.after.blocks)).replace("[each.", _INSTANCE):
        raise CannotEdit("The fix would depend on one instance, and `depends_on` takes whole resources only.")
    if dangling := _dangling(files, path, part):
        raise CannotEdit(f"The fix would refer to {dangling}, which does not exist.")


def check_schema(schema: Schema, before: bytes, after: bytes) -> None:
    """Hold the resources that differ against the provider's schema. Raises CannotEdit for a new problem."""
    part = _part(before, after)
    known = {_header(block): problems(schema, block.labels[0], block.body) for block in _resources(part.before)}
    for block in _resources(part.after.blocks):
        new = Counter(problems(schema, block.labels[0], block.body)) - Counter(known.get(_header(block), ()))
        if new:
            raise CannotEdit(f"The provider does not allow what would mend it: {next(iter(new))}.")


@functools.lru_cache(maxsize=4)
def _part(before: bytes, after: bytes) -> _Part:
    """Cut a file at the borders of the blocks that differ; all of it where it cannot be read otherwise."""
    old = _parsed(before)
    edit = hull("", before, after, Risk.SAFE)
    if edit is None:
        return _Part(before=(), after=hcl.Body(), rest=old.blocks, text="")
    first, last = edit.start_line, edit.end_line
    touched = tuple(block for block in old.blocks if block.start_line <= last and block.end_line >= first)
    top = min([first, *(block.start_line for block in touched)])
    bottom = max([last, *(block.end_line for block in touched)])
    lines = lines_of(before)
    text = "".join([*lines[top - 1 : first - 1], edit.replacement, *lines[last:bottom]])
    now = hcl.parse(text.encode("utf-8", "surrogateescape"))
    if now.errors:
        return _Part(before=old.blocks, after=_parsed(after), rest=(), text=text)
    rest = tuple(block for block in old.blocks if block.start_line > last or block.end_line < first)
    return _Part(before=touched, after=now, rest=rest, text=text)


def _dependencies(blocks: Iterable[hcl.Block]) -> Iterator[str]:
    for block in blocks:
        if found := block.body.attribute("depends_on"):
            yield found.text


def _resources(blocks: Iterable[hcl.Block]) -> tuple[hcl.Block, ...]:
    return tuple(block for block in blocks if block.type == "resource" and block.labels)


def _header(block: hcl.Block) -> tuple[str, ...]:
    return (block.type, *block.labels)


def _headers(blocks: Iterable[hcl.Block]) -> Counter[tuple[str, ...]]:
    return Counter(map(_header, blocks))


def _dangling(files: Files, path: str, part: _Part) -> str | None:
    """Return the first reference that only the edited file has and nothing in the directory declares."""
    new = _references(part.text) - _references_in(files[path])
    if not new:
        return None
    declared = {*_declared(part.after.blocks), *_declared(part.rest)}
    directory = posixpath.dirname(path)
    for other, text in files.items():
        if other != path and other.endswith(HCL) and posixpath.dirname(other) == directory:
            declared |= _declared_in(text)
    return min(new - declared, default=None)


def _references(text: str) -> set[str]:
    return {f"{kind}.{name}" for kind, name in _REFERENCE.findall(text)}


@functools.lru_cache(maxsize=256)
def _references_in(text: bytes) -> frozenset[str]:
    return frozenset(_references(text.decode("utf-8", "replace")))


@functools.lru_cache(maxsize=512)
def _declared_in(text: bytes) -> frozenset[str]:
    return frozenset(_declared(_parsed(text).blocks))


def _declared(blocks: Iterable[hcl.Block]) -> Iterator[str]:
    for block in blocks:
        match block.type, block.labels:
            case "variable", (name,):
                yield f"var.{name}"
            case "resource", (type_, name):
                yield f"{type_}.{name}"
            case "data", (type_, name):
                yield f"data.{type_}.{name}"
            case "module", (name,):
                yield f"module.{name}"
            case "locals", _:
                yield from (f"local.{attribute.name}" for attribute in block.body.attributes)
            case _:
                pass
