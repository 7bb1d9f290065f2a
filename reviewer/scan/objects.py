"""Reading a repository's objects, the same for a clone of GitHub's and for one on this machine.

Owns how git's listings and objects become values. Knows nothing of networks, locks or scanners.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from reviewer.scan.git import Git, GitFailed

REGULAR = frozenset({"100644", "100755", "100664"})
SYMLINK = "120000"
SUBMODULE = "160000"

ABSENT = frozenset({"0" * 40, "0" * 64})
MAX_BLOB = 16 << 20
MAX_DIFFED = 32 << 20
"""Bytes of all files that one diff shows, old and new: a push of a few kilobytes can stand for gigabytes."""
_ARGV_BYTES = 1 << 20


class Entry(NamedTuple):
    """A file of a tree. `path` is POSIX, from the repository's root; odd bytes in it are surrogates.

    A tuple, because a listing may have a hundred thousand of them.
    """

    path: str
    oid: str
    mode: str  # REGULAR, SYMLINK, SUBMODULE
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of one path between two trees; None on the side where there is no such file."""

    path: str
    old: Entry | None
    new: Entry | None


class Clone:
    """A repository whose trees are here and whose files can be had. Methods raise GitFailed and what `stop` raises."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._sizes: dict[str, int] = {}
        self._changes: dict[tuple[str, str], tuple[Change, ...]] = {}
        self._held: dict[str, bytes] = {}

    @property
    def sources_file(self) -> Path | None:
        """Where what is known of the repository's module calls may be kept; None for nowhere."""
        return None

    @property
    def identity(self) -> Hashable | None:
        """What stays the same as long as commits that were here still are; None when nothing is promised."""
        return None

    def listing(self, treeish: str) -> tuple[Entry, ...]:
        """Return every file of `treeish`, from trees alone."""
        raw = self._run("ls-tree", "-r", "-z", "--full-tree", treeish)
        return tuple(_entries(raw))

    def folder(self, treeish: str, path: str, max_bytes: int = 1 << 20) -> dict[str, bytes]:
        """Return the files below a folder of `treeish` by their paths in it; none where there is no such folder.

        Links and what is larger than `max_bytes` are left out, and so is what is beyond a thousand files.
        """
        raw = self._run("ls-tree", "-r", "-z", "--full-tree", treeish, "--", f"{path}/")
        entries = [entry for entry in _entries(raw) if entry.mode in REGULAR][:1000]
        self.load([entry.oid for entry in entries])
        contents = self.read((entry.oid for entry in entries), max_bytes)
        return {e.path.removeprefix(f"{path}/"): contents[e.oid] for e in entries if e.oid in contents}

    def changes(self, base: str, head: str) -> tuple[Change, ...]:
        """Return what differs between two commits or trees, from trees alone; a rename is two changes."""
        known = self._changes.get((base, head))
        if known is None:
            raw = self._run("diff-tree", "-r", "-z", "--raw", "--no-renames", base, head)
            known = self._changes[base, head] = tuple(_changes(raw))
        return known

    def load(self, oids: Iterable[str]) -> None:
        """Make the blobs `oids` readable where that is possible, with one request for all that are missing."""
        self._measure(oids)

    def sizes(self, oids: Iterable[str]) -> dict[str, int]:
        """Return the sizes in bytes of those blobs that are here."""
        wanted = set(oids)
        self._measure(wanted)
        return {oid: self._sizes[oid] for oid in wanted if oid in self._sizes}

    def read(self, oids: Iterable[str], max_bytes: int = MAX_BLOB) -> dict[str, bytes]:
        """Return the contents of those blobs that are here and have at most `max_bytes` each.

        The caller bounds their number: all of them are in memory at once.
        """
        sizes = self.sizes(oids)
        wanted = [oid for oid, size in sizes.items() if size <= max_bytes]
        found = {oid: self._held[oid] for oid in wanted if oid in self._held}
        rest = [oid for oid in wanted if oid not in found]
        return found | dict(_contents(self._batch("--batch", rest))) if rest else found

    @contextmanager
    def holding(self, oids: Iterable[str], max_bytes: int) -> Iterator[None]:
        """Keep those blobs in memory for a while if all of them have at most `max_bytes`: many reads become one."""
        sizes = self.sizes(oids)
        if sum(sizes.values()) <= max_bytes:
            self._held = self.read(sizes, max_bytes)
        try:
            yield
        finally:
            self._held = {}

    def file(self, treeish: str, path: str) -> bytes | None:
        """Return the file at `path` in `treeish`, or None when there is no regular file of that name."""
        entry = self.entry(treeish, path)
        if entry is None:
            return None
        self.load((entry.oid,))
        return self.read((entry.oid,)).get(entry.oid)

    def entry(self, treeish: str, path: str) -> Entry | None:
        """Return the entry of the regular file at `path`, from trees alone; None when there is none."""
        raw = self._run("ls-tree", "-z", "--full-tree", treeish, path)
        return next((entry for entry in _entries(raw) if entry.path == path and entry.mode in REGULAR), None)

    def diff(self, base: str, head: str, paths: Collection[str]) -> str:
        """Return the unified diff of `paths`, with three lines of context and renames followed, as GitHub shows it.

        Files over 1 MiB appear as binary, and of all together the smallest up to MAX_DIFFED are shown. Where more paths
        are given than fit into one command, renames are followed within each batch only.
        """
        wanted = frozenset(paths)
        touched = [change for change in self.changes(base, head) if change.path in wanted]
        if not touched:
            return ""
        touched += _moved_from(self.changes(base, head), touched)
        self.load(entry.oid for entry in _sides(touched) if entry.mode in REGULAR or entry.mode == SYMLINK)
        touched = self._smallest(touched)
        options = ("-r", "-p", "-M", "-U3", "--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none")
        batches = _batches(sorted(change.path for change in touched))
        texts = (self._run("diff-tree", *options, base, head, "--", *batch) for batch in batches)
        return b"".join(texts).decode("utf-8", "replace")

    def _smallest(self, changes: Iterable[Change]) -> list[Change]:
        """Return the changes of the smallest files, as many as have MAX_DIFFED together."""
        costs = {change: self._bytes_of(change) for change in changes}
        kept, total = [], 0
        for change in sorted(costs, key=lambda change: (costs[change], change.path)):
            total += costs[change]
            if total > MAX_DIFFED:
                break
            kept.append(change)
        return kept

    def _bytes_of(self, change: Change) -> int:
        sides = [entry.oid for entry in (change.old, change.new) if entry]
        return sum(self.sizes(sides).values())

    def _run(self, *args: str, stdin: bytes = b"") -> bytes:
        return self._git.run(*args, stdin=stdin)

    def _measure(self, oids: Iterable[str]) -> list[str]:
        """Learn the sizes of `oids`; return those that are not here."""
        unknown = [oid for oid in dict.fromkeys(oids) if oid not in self._sizes]
        if not unknown:
            return []
        missing = []
        for line in self._batch("--batch-check", unknown).splitlines():
            oid, _, rest = line.decode("ascii", "replace").partition(" ")
            if rest.startswith("blob "):
                self._sizes[oid] = int(rest[5:])
            else:
                missing.append(oid)
        return missing

    def _batch(self, option: str, oids: Sequence[str]) -> bytes:
        return self._run("cat-file", option, stdin="".join(f"{oid}\n" for oid in oids).encode())


def is_sha(text: str) -> bool:
    """Tell whether `text` is a full object id."""
    return re.fullmatch(r"[0-9a-f]{40}", text) is not None


def _entries(raw: bytes) -> Iterator[Entry]:
    for record in raw.decode("utf-8", "surrogateescape").split("\0"):
        if record[6:12] == " blob ":
            yield Entry(record[53:], record[12:52], record[:6])
        elif record:
            meta, _, path = record.partition("\t")
            yield Entry(path, meta.rpartition(" ")[2], meta[:6])


def _changes(raw: bytes) -> Iterator[Change]:
    fields = iter(raw.decode("utf-8", "surrogateescape").split("\0"))
    for meta in fields:
        if not meta.startswith(":"):
            continue
        old_mode, new_mode, old_oid, new_oid, _ = meta[1:].split(" ", 4)
        path = next(fields)
        yield Change(path=path, old=_side(path, old_oid, old_mode), new=_side(path, new_oid, new_mode))


def _side(path: str, oid: str, mode: str) -> Entry | None:
    return None if oid in ABSENT else Entry(path, oid, mode)


def _sides(changes: Iterable[Change]) -> Iterator[Entry]:
    for change in changes:
        if change.old:
            yield change.old
        if change.new:
            yield change.new


def _moved_from(changes: Iterable[Change], touched: Iterable[Change]) -> list[Change]:
    """Return the deleted files whose content turns up, unchanged, under one of the touched names."""
    inside = {change.path for change in touched}
    added = {change.new.oid for change in touched if change.new and not change.old}
    return [c for c in changes if c.old and not c.new and c.old.oid in added and c.path not in inside]


def _contents(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Take the output of `git cat-file --batch` apart."""
    at = 0
    while at < len(raw):
        end = raw.index(b"\n", at)
        oid, _, rest = raw[at:end].decode("ascii", "replace").partition(" ")
        at = end + 1
        kind, _, size = rest.partition(" ")
        if kind == "missing":
            continue
        if kind != "blob" or not size.isdigit():
            raise GitFailed(f"git cat-file answered {rest[:40]!r} where a blob was asked for")
        yield oid, raw[at : at + int(size)]
        at += int(size) + 1


def _batches(paths: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    length = 0
    for path in paths:
        if length > _ARGV_BYTES:
            yield batch
            batch, length = [], 0
        batch.append(path)
        length += len(path.encode("utf-8", "surrogateescape")) + 16
    yield batch
