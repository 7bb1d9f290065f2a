"""What must hold of any edited file, whoever edited it: it parses no worse, loses no block, refers to what exists."""

from __future__ import annotations

import functools
import posixpath
import re
from collections import Counter
from collections.abc import Iterator

from reviewer import hcl
from reviewer.fix.editing import CannotEdit, Files
from reviewer.fix.schema import Schema, problems

HCL = (".tf", ".tofu")
_REFERENCE = re.compile(
    r"(?<![\w.\-\"])(var|local|module|data\.[a-z][a-z0-9_]*|[a-z][a-z0-9]*_[a-z0-9_]+)\.([A-Za-z_][\w-]*)"
)


_parsed = functools.lru_cache(maxsize=256)(hcl.parse)


def check(files: Files, path: str, after: bytes) -> None:
    """Compare `after` with the file at `path`. Raises CannotEdit saying what the edit would break."""
    if not path.endswith(HCL):
        return
    old, new = _parsed(files[path]), _parsed(after)
    if len(new.errors) > len(old.errors):
        raise CannotEdit(f"With the fix, {path} could not be read any more.")
    if lost := _headers(old) - _headers(new):
        raise CannotEdit(f"The fix would lose {' '.join(next(iter(lost)))}.")
    if dangling := _dangling(files, path, after):
        raise CannotEdit(f"The fix would refer to {dangling}, which does not exist.")


def check_schema(schema: Schema, before: bytes, after: bytes, lines: range) -> None:
    """Hold the resources in `lines` of `after` against the provider's schema. Raises CannotEdit for a new problem."""
    known = {_header(block): problems(schema, block.labels[0], block.body) for block in _resources(before)}
    for block in _resources(after):
        if block.start_line < lines.stop and block.end_line >= lines.start:
            new = Counter(problems(schema, block.labels[0], block.body)) - Counter(known.get(_header(block), ()))
            if new:
                raise CannotEdit(f"The provider does not allow what would mend it: {next(iter(new))}.")


def _resources(text: bytes) -> tuple[hcl.Block, ...]:
    return tuple(block for block in _parsed(text).blocks if block.type == "resource" and block.labels)


def _header(block: hcl.Block) -> tuple[str, ...]:
    return (block.type, *block.labels)


def _headers(body: hcl.Body) -> Counter[tuple[str, ...]]:
    return Counter(map(_header, body.blocks))


def _dangling(files: Files, path: str, after: bytes) -> str | None:
    """Return the first reference that only `after` has and nothing in the directory declares."""
    new = _references(after) - _references(files[path])
    if not new:
        return None
    directory = posixpath.dirname(path)
    declared: set[str] = set()
    for other, text in files.items():
        if other.endswith(HCL) and posixpath.dirname(other) == directory:
            declared.update(_declared(_parsed(after if other == path else text)))
    return min(new - declared, default=None)


def _references(text: bytes) -> set[str]:
    return {f"{kind}.{name}" for kind, name in _REFERENCE.findall(text.decode("utf-8", "replace"))}


def _declared(body: hcl.Body) -> Iterator[str]:
    for block in body.blocks:
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
