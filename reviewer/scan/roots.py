"""Directories that refer to each other: Terraform modules and their callers, kustomizations and their bases.

Owns what a root is and what lies in its closure. Pure: directories and references in, directories out.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Who refers to whom. Every directory is a key of `calls`; nobody calls itself."""

    calls: Mapping[str, frozenset[str]]
    callers: Mapping[str, frozenset[str]]
    roots: frozenset[str]

    def closure(self, root: str) -> frozenset[str]:
        """Return `root` and everything that it refers to, directly or not."""
        return reached((root,), self.calls)

    def roots_over(self, directories: Iterable[str]) -> frozenset[str]:
        """Return the roots whose closure holds any of `directories`."""
        return reached((d for d in directories if d in self.calls), self.callers) & self.roots


def relate(calls: Mapping[str, frozenset[str]], eligible: frozenset[str]) -> References:
    """Return the graph of `calls`; only `eligible` directories can be roots.

    A root is a directory that no other refers to. Where directories refer to each other in a circle that nobody outside
    refers to, the first of them by name is a root, so that each eligible directory is in some root's closure.
    """
    calls = {directory: targets - {directory} for directory, targets in calls.items()}
    callers: dict[str, set[str]] = {directory: set() for directory in calls}
    for directory, targets in calls.items():
        for target in targets:
            callers[target].add(directory)
    roots = {directory for directory in eligible if not callers[directory]}
    covered = set(reached(roots, calls))
    for directory in sorted(eligible):
        if directory not in covered:
            roots.add(directory)
            covered |= reached((directory,), calls)
    frozen = {directory: frozenset(names) for directory, names in callers.items()}
    return References(calls=calls, callers=frozen, roots=frozenset(roots))


def reached(starts: Iterable[str], edges: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return `starts` and everything that can be reached from them."""
    seen = set(starts)
    waiting = list(seen)
    while waiting:
        for target in edges[waiting.pop()]:
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return frozenset(seen)


def is_local(source: str) -> bool:
    """Tell whether Terraform takes a module source for a path."""
    return source in (".", "..") or source.startswith(("./", "../", ".\\", "..\\"))


def resolve(directory: str, source: str) -> str | None:
    """Return the directory that the local `source`, written in `directory`, means; None outside the repository."""
    path = posixpath.normpath(f"./{directory}/{source}".replace("\\", "/"))
    if path == "..":
        return None
    return None if path.startswith("../") else "" if path == "." else path
