"""Files in Terraform's JSON syntax, scanned as the native HCL that they stand for, beside the other files of a unit.

Owns the way there (a translated copy under a name of its own) and back (real names and lines of the JSON). A file that
cannot be translated stays as it is, and is said not to have been read. Runs in the contained child.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from reviewer.fix.editing import CannotEdit
from reviewer.fix.json_hcl import SUFFIXES, Translated, translate
from reviewer.model import ScanResult, Span
from reviewer.scan.tree import Tree

MOST_BYTES = 4_000_000
"""Of all files of a unit that are translated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """A unit without JSON syntax."""

    tree: Tree
    translated: Mapping[str, Translated] = field(default_factory=dict)  # by real path
    unreadable: frozenset[str] = frozenset()  # real paths of what could not be translated

    def back(self, result: ScanResult) -> ScanResult:
        """Return a result with all lines as they are in the real files."""
        if not self.translated:
            return result
        findings = (
            replace(f, span=self._real(f.span), block=self._real(f.block), caller=f.caller and self._real(f.caller))
            for f in result.findings
        )
        told = (replace(entry, span=entry.span and self._real(entry.span)) for entry in result.not_examined)
        return replace(result, findings=tuple(findings), not_examined=tuple(told))

    def _real(self, span: Span) -> Span:
        file = self.translated.get(span.path)
        if file is None:
            return span
        start = file.line(span.start_line)
        return replace(span, start_line=start, end_line=max(start, file.line(span.end_line)))


@contextmanager
def native(files: Tree) -> Iterator[Native]:
    """Yield the unit as it is, or a translated copy that goes away with the block."""
    if not any(_is_json(real) for real in files.names.values()):
        yield Native(tree=files)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield translated_in(_copied(files, Path(folder)))


def translated_in(files: Tree) -> Native:
    """Translate under the root of a tree that may be written to; the JSON stays beside it, for Checkov to pass over."""
    names = dict(files.names)
    translated: dict[str, Translated] = {}
    unreadable = set()
    room = MOST_BYTES
    for scan_as, real in files.names.items():
        if not _is_json(real):
            continue
        source = files.source(scan_as)
        room -= len(source)
        try:
            if room < 0:
                raise CannotEdit("There is too much to translate.")
            translated[real] = translate(real, source)
        except (CannotEdit, RecursionError):
            unreadable.add(real)
            continue
        del names[scan_as]
        name = _free(scan_as, names)
        names[name] = real
        (files.root / name).write_bytes(translated[real].text)
    tree = Tree(files.root, names, files.directory) if translated else files
    return Native(tree=tree, translated=translated, unreadable=frozenset(unreadable))


def _is_json(real: str) -> bool:
    return real.endswith(SUFFIXES)


def _free(scan_as: str, taken: Iterable[str]) -> str:
    name = scan_as
    while name in taken or not name.endswith(".tf"):
        name += ".tf"
    return name


def _copied(tree: Tree, folder: Path) -> Tree:
    for scan_as in tree.paths:
        path = folder / scan_as
        path.parent.mkdir(parents=True, exist_ok=True)
        if (tree.root / scan_as).is_file():
            shutil.copyfile(tree.root / scan_as, path)
    return Tree(folder, tree.names, tree.directory)
