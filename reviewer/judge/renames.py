"""What a change did to files and roots: where old ones went, and how much of a block it wrote. Pure arithmetic."""

from __future__ import annotations

import posixpath
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass

from reviewer.model import Diff, Finding, ScanResult, Span

MOVED_ROOT = "\0moved"
"""Stands for every Terraform root that is gone at head, and for every one that is new there."""

Root = tuple[str, str]
"""A framework and the root it was seen from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    """Names of base in the names of head."""

    paths: dict[str, str]
    directories: dict[str, str]
    gone_roots: frozenset[Root]
    new_roots: frozenset[Root]

    def path(self, finding: Finding) -> str:
        """Return the path that the file of a finding of base has at head."""
        return self.paths.get(finding.path, finding.path)

    def root(self, finding: Finding) -> str:
        """Return the root that a finding of base would have at head: its own, unless that went somewhere new."""
        if (finding.framework, finding.root) in self.gone_roots:
            return self.directories.get(finding.root, finding.root)
        new = posixpath.dirname(self.path(finding))
        in_root = posixpath.dirname(finding.path) == finding.root
        return new if in_root and (finding.framework, new) in self.new_roots else finding.root


def renames_between(base: ScanResult, head: ScanResult, diff: Diff) -> Renames:
    """Return where the files and roots of `base` went. A file with findings under its old name at head went nowhere."""
    still_there = {finding.path for finding in head.findings}
    paths = {old: new for old, new in diff.renamed if old not in still_there}
    before, after = _roots(base), _roots(head)
    return Renames(
        paths=paths,
        directories=_directories(paths),
        gone_roots=frozenset(before - after),
        new_roots=frozenset(after - before),
    )


def _roots(result: ScanResult) -> set[Root]:
    return {(finding.framework, finding.root) for finding in result.findings} | {
        ("terraform", root) for root in result.roots
    }


def _directories(paths: dict[str, str]) -> dict[str, str]:
    """Return where each directory went: to where most of its files did."""
    went: dict[str, Counter[str]] = defaultdict(Counter)
    for old, new in paths.items():
        went[posixpath.dirname(old)][posixpath.dirname(new)] += 1
    return {old: min(new, key=lambda name: (-new[name], name)) for old, new in went.items()}


class Written:
    """How much of a span the change wrote, from the added lines of its diff."""

    def __init__(self, diff: Diff) -> None:
        self.known = bool(diff.hunks or diff.changed)
        lines: dict[str, list[int]] = defaultdict(list)
        for hunk in diff.hunks:
            lines[hunk.path].extend(hunk.added)
        self._lines = {path: sorted(added) for path, added in lines.items()}

    def mostly(self, span: Span | None) -> bool:
        """Whether more than half of the lines of `span` were added. False without a span."""
        if span is None:
            return False
        lines = self._lines.get(span.path, [])
        added = bisect_right(lines, span.end_line) - bisect_left(lines, span.start_line)
        return 2 * added > span.end_line - span.start_line + 1
