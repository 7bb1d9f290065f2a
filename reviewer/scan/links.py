"""Symbolic links inside a repository: under which names they make files appear, and which of them lead nowhere.

A link is read as the text it is and walked through the listing: the file system takes no part, so that nothing outside
the commit can be reached. What a link names is written for the scanner as a file of its own. Pure.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reviewer.scan.kinds import Kind, directory_of, kind_of
from reviewer.scan.objects import REGULAR, SYMLINK, Entry

MAX_HOPS = 40
"""As many links as Linux follows on the way to one file."""
MAX_ALIASES, MAX_VISITS = 20_000, 200_000
"""Files of infrastructure under further names, and files and directories looked at to find them: for a whole commit."""
MAX_DEPTH = 200
MAX_TARGET = 4096

OUTSIDE = "It is a symbolic link that leads out of the repository: what it stands for is not reviewed."
NOWHERE = "It is a symbolic link to something that is not in the repository: there is nothing to review."
TOO_MANY = "The repository's symbolic links stand for more files than one review scans: this one was not followed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The links of a commit, followed."""

    aliases: Mapping[str, Entry] = field(default_factory=dict)  # path through a link -> the file, under that path
    real: Mapping[str, str] = field(default_factory=dict)  # path through a link -> path of the file
    touched_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # file or link -> paths through links
    lost: Mapping[str, str] = field(default_factory=dict)  # link -> why it was not followed

    def path(self, entry: Entry) -> str:
        """Return where the file of `entry` lies."""
        return self.real.get(entry.path, entry.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    files: Mapping[str, Entry]
    targets: Mapping[str, str]  # link -> its text
    below: Mapping[str, tuple[str, ...]]  # directory -> the names in it that lead to files, sorted


def follow(files: Mapping[str, Entry], targets: Mapping[str, str]) -> Links:
    """Return what the links among `files` (by path) stand for; `targets` has the text of each link, by path.

    Only infrastructure appears under further names, as many as MAX_ALIASES. A link to a directory that holds the link
    itself is followed once.
    """
    if not targets:
        return Links()
    tree = _Tree(files=files, targets=targets, below=_below(files))
    aliases: dict[str, Entry] = {}
    real: dict[str, str] = {}
    lost: dict[str, str] = {}
    touched_by: dict[str, list[str]] = defaultdict(list)
    visits = itertools.count()
    for link in sorted(targets):
        end, passed = _walked(tree, link)
        if end is None:
            lost[link] = NOWHERE if _stays_inside(link, targets[link]) else OUTSIDE
            continue
        for path, found, by in _stands_for(tree, link, end, frozenset(), passed):
            if len(aliases) >= MAX_ALIASES or next(visits) >= MAX_VISITS:
                lost[link] = TOO_MANY
                break
            if found is None or kind_of(path) is Kind.OTHER:
                continue
            aliases[path] = files[found]._replace(path=path)
            real[path] = found
            for name in (found, *by):
                touched_by[name].append(path)
    return Links(
        aliases=aliases, real=real, lost=lost, touched_by={path: tuple(names) for path, names in touched_by.items()}
    )


def _below(files: Mapping[str, Entry]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in files:
        while path:
            directory, _, name = path.rpartition("/")
            if name in found[directory]:
                break
            found[directory].add(name)
            path = directory  # noqa: PLW2901 (upwards, until the way is known)
    return {directory: tuple(sorted(names)) for directory, names in found.items()}


def _walked(tree: _Tree, path: str) -> tuple[str | None, frozenset[str]]:
    """Return the file or directory that `path` means, or None, and the links that were followed on the way."""
    done: list[str] = []
    waiting = path.split("/")[::-1]
    passed: list[str] = []
    while waiting:
        name = waiting.pop()
        if name in ("", "."):
            continue
        if name == "..":
            if not done:
                return None, frozenset(passed)
            done.pop()
            continue
        here = "/".join([*done, name])
        target = tree.targets.get(here)
        if target is None:
            done.append(name)
            continue
        passed.append(here)
        if len(passed) > MAX_HOPS or target.startswith("/") or len(target) > MAX_TARGET:
            return None, frozenset(passed)
        waiting += target.split("/")[::-1]
    end = "/".join(done)
    entry = tree.files.get(end)
    there = end in tree.below or (entry is not None and entry.mode in REGULAR)
    return end if there else None, frozenset(passed)


def _stands_for(
    tree: _Tree, name: str, end: str, inside: frozenset[str], by: frozenset[str]
) -> Iterator[tuple[str, str | None, frozenset[str]]]:
    """Yield (path under `name`, real path, links it goes through) of each file at `end`; no real path for directories.

    `inside` are the real directories around it: none is entered a second time.
    """
    is_directory = end in tree.below
    yield name, None if is_directory else end, by
    if not is_directory or end in inside or len(inside) >= MAX_DEPTH or f"{name}/".startswith(f"{end}/" if end else ""):
        return
    for child in tree.below[end]:
        found, passed = _walked(tree, f"{end}/{child}" if end else child)
        if found is not None:
            yield from _stands_for(tree, f"{name}/{child}", found, inside | {end}, by | passed)


def _stays_inside(link: str, target: str) -> bool:
    depth = len(directory_of(link).split("/")) if directory_of(link) else 0
    for part in target.split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return False
    return not target.startswith("/")


def is_link(entry: Entry) -> bool:
    """Tell whether git keeps a symbolic link at this path."""
    return entry.mode == SYMLINK
