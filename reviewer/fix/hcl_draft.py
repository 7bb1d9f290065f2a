"""Files while they are edited: top-level blocks are found by their headers, and one's text is rewritten at a time.

Here the forms that files come in are dealt with (CRLF, BOM, no last newline), so that nothing else needs to know them.
"""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reviewer.fix.editing import CannotEdit, Files
from reviewer.fix.hcl_tree import Block, first_error, is_broken, parse, replaced

MAX_BYTES = 400_000
"""Of a block: an edit reads it many times."""

SUFFIXES = (".tf", ".tofu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """A top-level block by its header, and how many of the same header stand before it; type "": the whole file."""

    path: str
    type: str
    labels: tuple[str, ...] = ()
    nth: int = 0

    @property
    def directory(self) -> str:
        """The directory of the module that it belongs to."""
        return posixpath.dirname(self.path)

    @property
    def name(self) -> str:
        """How it is spoken of: aws_s3_bucket.logs, module.net, variable.size."""
        parts = self.labels if self.type == "resource" else (self.type, *self.labels)
        return ".".join(parts) or self.path


class Draft:
    """The files of a scan unit, some of them changed."""

    def __init__(self, files: Files) -> None:
        self._original = files
        self.files: dict[str, bytes] = dict(files)

    @property
    def changed(self) -> dict[str, bytes]:
        """The files that are not what they were."""
        return {path: text for path, text in self.files.items() if text != self._original[path]}

    def block(self, top: Top) -> Block:
        """Return a block with offsets and lines in its file. Raises CannotEdit when it is gone, or the file broken."""
        found = find(self.files, top)
        check_readable(top.path, self.files[top.path])
        if found.end - found.start > MAX_BYTES:
            raise CannotEdit(f"{top.name} ({top.path}:{found.line}) is too long to be edited.")
        return found

    def rewrite(self, top: Top, change: Callable[[bytes], bytes]) -> None:
        """Replace the text of a block by what `change` makes of it. Raises CannotEdit when that cannot be read."""
        block = self.block(top)
        source = self.files[top.path]
        before = source[block.start : block.end]
        crlf = _is_crlf(source)
        text = before.replace(b"\r\n", b"\n") if crlf else before
        after = change(text)
        if after == text:
            return
        if is_broken(after):
            raise CannotEdit(f"{top.name} could not be read any more with this edit.")
        after = after.replace(b"\n", b"\r\n") if crlf else after
        self.files[top.path] = replaced(source, block.start, block.end, after)

    def insert_after(self, top: Top, blocks: str) -> None:
        """Put whole blocks behind one, with a blank line between."""
        block = self.block(top)
        source = self.files[top.path]
        newline = b"\r\n" if _is_crlf(source) else b"\n"
        end = source.find(b"\n", block.end)
        end = len(source) if end < 0 else end - (source[end - 1 : end] == b"\r" and newline == b"\r\n")
        new = (b"\n\n" + blocks.strip("\n").encode()).replace(b"\n", newline)
        rest = source[end:]
        if rest.strip(b"\r\n") and not rest.startswith(newline * 2):
            new += newline
        self.files[top.path] = replaced(source, end, end, new)


def check_readable(path: str, source: bytes) -> None:
    """Raise CannotEdit for a file that cannot be read somewhere.

    Terraform reads nothing of such a file, and where a block seems to end there depends on what is put behind it.
    """
    if (line := first_error(source)) is not None:
        raise CannotEdit(f"{path} cannot be read around line {line}.")


def find(files: Files, top: Top) -> Block:
    """Return a top-level block. Raises CannotEdit when there is none (any more)."""
    if top.path not in files:
        raise CannotEdit(f"{top.path} is not there any more.")
    if not top.type:
        return parse(files[top.path])
    found = _tops(top.path, files[top.path]).get(top)
    if found is None:
        raise CannotEdit(f"{top.name} is not in {top.path} any more.")
    return found


def tops(files: Files, directory: str, type_: str = "") -> Iterator[tuple[Top, Block]]:
    """Yield the top-level blocks of a module, of one type or all."""
    for path in _paths(tuple(files), directory):
        for top, block in _tops(path, files[path]).items():
            if type_ in ("", block.type):
                yield top, block


@functools.lru_cache(maxsize=8)
def _paths(paths: tuple[str, ...], directory: str) -> tuple[str, ...]:
    return tuple(sorted(path for path in paths if path.endswith(SUFFIXES) and posixpath.dirname(path) == directory))


@functools.lru_cache(maxsize=128)
def _tops(path: str, source: bytes) -> dict[Top, Block]:
    """The top-level blocks of a file, in its order."""
    seen: dict[tuple[str, tuple[str, ...]], int] = {}
    found: dict[Top, Block] = {}
    for block in parse(source).blocks:
        header = (block.type, block.labels)
        nth = seen[header] = seen.get(header, -1) + 1
        found[Top(path=path, type=block.type, labels=block.labels, nth=nth)] = block
    return found


def _is_crlf(source: bytes) -> bool:
    return b"\r\n" in source and source.count(b"\n") == source.count(b"\r\n")
