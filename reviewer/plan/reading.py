"""The configuration files of a directory, as Terraform picks and orders them, read as syntax trees.

Owns which files count (OpenTofu's too), in which order they override each other, and how lines of what is read go back
to lines of the repository. Pure; it reads hostile bytes with C parsers, so it runs in the contained child.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reviewer import hcl
from reviewer.errors import PlumbruleError
from reviewer.fix import hcl_tree
from reviewer.fix.editing import CannotEdit
from reviewer.fix.hcl_tree import Block
from reviewer.fix.json_hcl import Translated, translate
from reviewer.model import Span

MAX_NESTED = 30
"""Blocks that are nested deeper are not read."""

_BOM = b"\xef\xbb\xbf"
_ODD = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
"""What no editor writes, and what two parsers may read differently."""

_BRACKET = re.compile(rb"[\[({]|[\])}]")
MAX_BRACKETS = 500
"""Expressions that are nested deeper exhaust the stack of Terraform's own parser. Brackets in texts count."""

_SUFFIXES = {".tf": ".tf", ".tofu": ".tf", ".tf.json": ".tf.json", ".tofu.json": ".tf.json"}


class CannotPlan(PlumbruleError):
    """This root cannot be planned. The message is one sentence for the author: file, line, and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One configuration file: `top` holds its blocks; of a file in JSON syntax, those of the HCL it stands for."""

    path: str  # in the repository
    copy: str  # in the copy that is planned: x.tofu becomes x.tf
    text: bytes  # of the HCL that `top` was read from
    top: Block
    translated: Translated | None = None  # of a file in JSON syntax

    def line(self, line: int) -> int:
        """Return the line of the repository's file for a line of `text`, both from 1."""
        return self.translated.line(line) if self.translated else line

    def span(self, start: int, end: int) -> Span:
        """Return lines of `text` as lines of the repository's file."""
        first = self.line(start)
        return Span(path=self.path, start_line=first, end_line=max(first, self.line(end)))


def suffix(path: str) -> str:
    """Return `.tf` or `.tf.json` for a file that Terraform or OpenTofu reads as configuration, else "".

    Names that begin with a dot or look like an editor's leavings are not read (configs.IsIgnoredFile).
    """
    name = posixpath.basename(path)
    if name.startswith(".") or name.endswith("~") or (name.startswith("#") and name.endswith("#")):
        return ""
    return next((kind for ending, kind in _SUFFIXES.items() if name.endswith(ending)), "")


def is_override(path: str) -> bool:
    """Tell whether Terraform merges a file over the others: `override.tf`, `*_override.tf`, and the same in JSON."""
    stem = posixpath.basename(path).removesuffix(".json").removesuffix(".tf").removesuffix(".tofu")
    return stem == "override" or stem.endswith("_override")


def configuration(files: Iterable[str], directory: str) -> dict[str, str]:
    """Return the configuration files of a directory: name in the copy -> name in the repository, in Terraform's order.

    Files are read by name, overrides behind all others. `x.tofu` stands in for `x.tf` where both are there.
    """
    chosen: dict[str, str] = {}
    for path in sorted(files):
        if posixpath.dirname(path) == directory and (kind := suffix(path)):
            ending = next(ending for ending in _SUFFIXES if path.endswith(ending) and _SUFFIXES[ending] == kind)
            copy = path.removesuffix(ending) + kind
            if copy not in chosen or ending.startswith(".tofu"):
                chosen[copy] = path
    return {copy: chosen[copy] for copy in sorted(chosen, key=lambda name: (is_override(name), name))}


def sources(files: Mapping[str, bytes], directory: str) -> tuple[Source, ...]:
    """Return the configuration of a directory in Terraform's order. Raises CannotPlan for what cannot be read."""
    return tuple(read(path, copy, files[path]) for copy, path in configuration(files, directory).items())


def read(path: str, copy: str, data: bytes) -> Source:
    """Return one file read. Raises CannotPlan, which names file and line."""
    if suffix(copy) == ".tf.json":
        try:
            translated = translate(path, data)
        except (CannotEdit, RecursionError) as problem:
            raise CannotPlan(f"`{path}` cannot be read as Terraform's JSON syntax. {problem}") from None
        if (at := _too_deep(translated.text)) is not None:
            line = translated.line(translated.text.count(b"\n", 0, at) + 1)
            raise CannotPlan(f"`{path}` line {line} is nested too deeply.")
        top = hcl_tree.parse(translated.text)
        return Source(path=path, copy=copy, text=translated.text, top=top, translated=translated)
    text = hcl_text(path, data)
    return Source(path=path, copy=copy, text=text, top=hcl_tree.parse(text))


def hcl_text(path: str, data: bytes) -> bytes:
    """Return a file of HCL without its byte order mark. Raises CannotPlan when it is not UTF-8 or not HCL."""
    text = data.removeprefix(_BOM)
    try:
        text.decode()
    except UnicodeDecodeError as problem:
        raise CannotPlan(f"{_where(path, text, problem.start)} is not UTF-8.") from None
    if odd := _ODD.search(text):
        raise CannotPlan(f"{_where(path, text, odd.start())} holds a control character.")
    if (at := _too_deep(text)) is not None:
        raise CannotPlan(f"{_where(path, text, at)} is nested too deeply.")
    if hcl_tree.syntax(text).has_error:
        line = min(hcl.parse(text).errors, default=1)
        raise CannotPlan(f"`{path}` line {line} cannot be read as HCL.")
    return text


def _too_deep(text: bytes) -> int | None:
    """Return where the brackets of a text are nested too deeply, or None."""
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth = depth + 1 if bracket.group() in b"[({" else max(0, depth - 1)
        if depth > MAX_BRACKETS:
            return bracket.start()
    return None


def _where(path: str, text: bytes, at: int) -> str:
    line = text.count(b"\n", 0, at) + 1
    return f"`{path}` line {line}"
