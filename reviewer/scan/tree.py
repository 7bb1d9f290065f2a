"""The files of one unit as they lie in a materialised tree, and their real names.

Owns the way from a path that the scanner says to a path of the repository, and reading each file once.
Code is parsed only where `contained` says so: in the contained child.
"""

from __future__ import annotations

import bisect
import functools
import os
from collections.abc import Mapping
from pathlib import Path

from reviewer import hcl
from reviewer.model import Span


class Tree:
    """`names` maps the path under `root`, as scanned, to the path in the repository (`main.tf` -> `main.tofu`)."""

    contained = True  # whether this runs where hostile bytes may be parsed

    def __init__(self, root: Path, names: Mapping[str, str], directory: str) -> None:
        self.root = Path(os.path.abspath(root))  # noqa: PTH100 (no links are followed)
        self.names = dict(names)
        self.directory = directory
        self.source = functools.lru_cache(maxsize=None)(self._read)
        self.lines = functools.lru_cache(maxsize=None)(self._lines)
        self.hcl = functools.lru_cache(maxsize=None)(self._parse)
        self._first_lines = functools.lru_cache(maxsize=None)(self._starts)

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths under the root, as scanned."""
        return tuple(self.names)

    def relative(self, path: str) -> str | None:
        """Return the path under the root of a path that Checkov gave; None if it is no file of the unit."""
        whole = os.path.normpath(path)
        for candidate in (os.path.relpath(whole, self.root), whole.lstrip("/")):
            if candidate in self.names:
                return candidate
        return None

    def _read(self, path: str) -> bytes:
        try:
            return (self.root / path).read_bytes()
        except OSError:
            return b""

    def _lines(self, path: str) -> tuple[str, ...]:
        return tuple(self.source(path).decode("utf-8", "replace").removeprefix("\ufeff").split("\n"))

    def _parse(self, path: str) -> hcl.Body:
        return hcl.parse(self.source(path))

    def _starts(self, path: str) -> tuple[int, ...]:
        return tuple(block.start_line for block in self.hcl(path).blocks)

    def block_at(self, path: str, line: int) -> hcl.Block | None:
        """Return the top-level block of a file of HCL that a line belongs to."""
        at = bisect.bisect_right(self._first_lines(path), line) - 1
        found = self.hcl(path).blocks[at] if at >= 0 else None
        return found if found and line <= found.end_line else None

    def originals(self) -> dict[str, bytes]:
        """Return the content of every file by its real name."""
        return {real: self.source(path) for path, real in self.names.items()}

    def span(self, path: str, start_line: int, end_line: int) -> Span:
        """Return lines of a file under its real name, moved inside the file when they are not."""
        most = max(1, len(self.lines(path)))
        start = min(max(1, start_line), most)
        return Span(path=self.names[path], start_line=start, end_line=min(max(start, end_line), most))

    def text(self, path: str, start_line: int, end_line: int) -> str:
        """Return the text of lines `start_line..end_line`."""
        return "\n".join(self.lines(path)[start_line - 1 : end_line])
