"""A bare git repository on disk, and the few things that the fake does with it through real git.

Knows nothing of GitHub's objects.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

ENVIRONMENT = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}
HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
ZERO = "0" * 40
IDENTITY = ("-c", "user.name=A Person", "-c", "user.email=person@example.com")

Content = str | bytes | None | tuple[str, str | bytes]
"""A file's content; None deletes it; `(mode, content)` writes a symlink (120000), a submodule (160000) or a script."""


class GitFailed(Exception):
    """git said no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HunkText:
    """One hunk of a diff: its lines as git prints them, header first."""

    old_start: int
    new_start: int
    lines: tuple[str, ...]

    def position_of(self, side: str, line: int) -> int | None:
        """Return the index in `lines` at which `line` of `side` (LEFT or RIGHT) stands, or None."""
        old, new = self.old_start, self.new_start
        for index, text in enumerate(self.lines[1:], start=1):
            mark = text[:1]
            if mark == "\\":
                continue
            if (side == "RIGHT" and mark in "+ " and new == line) or (side == "LEFT" and mark in "- " and old == line):
                return index
            old += mark in "- "
            new += mark in "+ "
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDiff:
    """What happened to one file. `path` is the new name (the old one for a deletion)."""

    path: str
    old_path: str
    status: str  # added, removed, modified, renamed
    blob: str
    hunks: tuple[HunkText, ...]

    @property
    def patch(self) -> str:
        """The hunks as text."""
        return "\n".join(line for hunk in self.hunks for line in hunk.lines)

    def count(self, mark: str) -> int:
        """Return how many lines begin with `mark` (+ or -)."""
        return sum(line.startswith(mark) for hunk in self.hunks for line in hunk.lines[1:])


class BareRepository:
    """Real git at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path) -> BareRepository:
        """Make an empty repository that serves partial clones and any commit by its id, as GitHub does."""
        path.mkdir(parents=True)
        repository = cls(path)
        repository.git("init", "--bare", "--quiet", "--initial-branch=main", "--template=", ".")
        with (path / "config").open("a") as config:
            config.write("[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n[gc]\n\tauto = 0\n")
        return repository

    def git(self, *args: str, stdin: bytes = b"", more: Mapping[str, str] = MappingProxyType({})) -> bytes:
        """Run git here and return what it printed. Raises GitFailed with what it complained about."""
        done = subprocess.run(
            ["git", *IDENTITY, *args],
            cwd=self.path,
            env={**ENVIRONMENT, **more},
            input=stdin,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise GitFailed(f"git {args[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def line(self, *args: str) -> str:
        """Run git and return its one line of output."""
        return self.git(*args).decode().strip()

    def resolve(self, revision: str) -> str | None:
        """Return the commit that `revision` (a short branch name, a full ref or an id) names, or None."""
        names = (f"refs/heads/{revision}", revision) if not revision.startswith("refs/") else (revision,)
        for name in names:
            try:
                return self.line("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
            except GitFailed:
                continue
        return None

    def merge_base(self, base: str, head: str) -> str:
        """Return the best common ancestor. Raises GitFailed when there is none."""
        return self.line("merge-base", base, head)

    def commit(
        self, ref: str, files: Mapping[str, Content], *, parents: Sequence[str], message: str, clear: bool = False
    ) -> str:
        """Write a commit on `parents[0]` with `files` changed (`clear`: nothing else is kept), set `ref` to it."""
        stream = b"".join(
            [
                b"feature done\n",
                b"commit refs/fake/new\ncommitter A Person <person@example.com> 1790000000 +0000\n",
                _data(message.encode()),
                *([f"from {parents[0]}\n".encode()] if parents else []),
                *[f"merge {parent}\n".encode() for parent in parents[1:]],
                *([b"deleteall\n"] if clear else []),
                *[_change(path, content) for path, content in files.items()],
                b"done\n",
            ]
        )
        self.git("fast-import", "--quiet", "--force", stdin=stream)
        sha = self.line("rev-parse", "refs/fake/new")
        self.git("update-ref", "--stdin", stdin=f"update {ref} {sha}\ndelete refs/fake/new\n".encode())
        return sha

    def tree_of(self, entries: bytes) -> str:
        """Write the tree of all `entries` (of `git update-index -z --index-info`) and return its id."""
        index = {"GIT_INDEX_FILE": str(self.path / "fake-index")}
        for args, stdin in ((("read-tree", "--empty"), b""), (("update-index", "-z", "--index-info"), entries)):
            self.git(*args, stdin=stdin, more=index)
        return self.git("write-tree", more=index).decode().strip()

    def set_ref(self, ref: str, sha: str) -> None:
        """Point `ref` at `sha`."""
        self.git("update-ref", ref, sha)

    def delete_ref(self, ref: str) -> None:
        """Remove `ref`."""
        self.git("update-ref", "-d", ref)

    def fetch_from(self, other: BareRepository, source: str, ref: str) -> None:
        """Bring `source` of `other` here as `ref`."""
        self.git("fetch", "--quiet", "--no-tags", str(other.path), f"+{source}:{ref}")

    def parents(self, sha: str) -> list[str]:
        """Return the ids of the parents of `sha`."""
        return self.line("rev-list", "--parents", "-n1", sha).split()[1:]

    def entry(self, sha: str, path: str) -> tuple[str, str] | None:
        """Return (mode, object id) of `path` at `sha`, or None."""
        printed = self.git("ls-tree", "-z", sha, "--", path.rstrip("/")).decode(errors="surrogateescape")
        if not printed:
            return None
        mode, _kind, oid = printed.split("\t")[0].split()
        return mode, oid

    def blob(self, oid: str) -> bytes:
        """Return the content of a blob."""
        return self.git("cat-file", "blob", oid)

    def read(self, revision: str, path: str) -> str:
        """Return the text of a file."""
        return self.git("cat-file", "blob", f"{revision}:{path}").decode()

    def diff(self, base: str, head: str, *, context: int = 3) -> list[FileDiff]:
        """Return what changed from `base` to `head`, renames detected, as GitHub shows it."""
        printed = self.git(
            "diff", "-M", f"--unified={context}", "--patch-with-raw", "--full-index", "-z", "--no-color", base, head
        ).decode(errors="replace")
        raw, _, patches = printed.partition("\0\0")
        if not raw:
            return []
        bodies = re.split(r"^diff --git [^\n]*\n", patches, flags=re.MULTILINE)[1:]
        return [_file_diff(entry, body) for entry, body in zip(_raw_entries(raw), bodies, strict=True)]


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _change(path: str, content: Content) -> bytes:
    quoted = '"' + "".join(_quoted(byte) for byte in path.encode("utf-8", "surrogateescape")) + '"'
    if content is None:
        return f"D {quoted}\n".encode()
    mode, body = content if isinstance(content, tuple) else ("100644", content)
    raw = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
    if mode == "160000":
        return f"M 160000 {raw.decode()} {quoted}\n".encode()
    return f"M {mode} inline {quoted}\n".encode() + _data(raw)


def _quoted(byte: int) -> str:
    return chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\' else f"\\{byte:03o}"


def _raw_entries(raw: str) -> list[tuple[str, str, str, str]]:
    fields = raw.split("\0")
    entries = []
    while fields:
        _, _, old_oid, new_oid, letter = fields.pop(0).lstrip(":").split()
        old = fields.pop(0)
        new = fields.pop(0) if letter[0] in "RC" else old
        entries.append((letter[0], old, new, old_oid if letter == "D" else new_oid))
    return entries


def _file_diff(entry: tuple[str, str, str, str], body: str) -> FileDiff:
    letter, old, new, oid = entry
    status = {"A": "added", "D": "removed", "R": "renamed", "C": "copied"}.get(letter, "modified")
    return FileDiff(path=new, old_path=old, status=status, blob=oid, hunks=tuple(_hunks(body)))


def _hunks(body: str) -> list[HunkText]:
    hunks: list[HunkText] = []
    lines: list[str] = []
    for line in body.split("\n"):
        if HUNK.match(line):
            lines = [line]
            hunks.append(_hunk(lines))
        elif lines and line[:1] in {"+", "-", " ", "\\"}:
            lines.append(line)
            hunks[-1] = _hunk(lines)
    return hunks


def _hunk(lines: list[str]) -> HunkText:
    found = HUNK.match(lines[0])
    assert found
    return HunkText(old_start=int(found[1]), new_start=int(found[3]), lines=tuple(lines))
