"""A repository on this machine, read and never written to: what `plumbrule review` looks at.

Whatever has to be written (the index and the objects of a tree of the working copy) goes to a folder of our own.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path

from reviewer.errors import Rejected
from reviewer.model import Sha
from reviewer.process import ProgramFailed, Stop, never
from reviewer.scan.git import Git, first_line
from reviewer.scan.kinds import Kind, kind_of
from reviewer.scan.objects import REGULAR, SYMLINK, Clone, Entry


class LocalClone(Clone):
    """The repository that `path` (its top folder, or any below it) belongs to.

    Raises Rejected when there is none, unless a `plain_folder` will do: then its files are the working copy.
    """

    def __init__(self, path: Path, stop: Stop = never, *, plain_folder: bool = False) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="plumbrule-"))
        self.close = weakref.finalize(self, shutil.rmtree, self._scratch, ignore_errors=True)
        git_dir, self._top, objects = _locate(path, self._scratch / "git" if plain_folder else None)
        (self._scratch / "objects").mkdir()
        # Bare, so that no .gitattributes and no file of the working copy takes part in reading commits.
        git = Git(directory=git_dir, stop=stop).having(
            ("core.bare", "true"),
            GIT_OBJECT_DIRECTORY=str(self._scratch / "objects"),
            GIT_ALTERNATE_OBJECT_DIRECTORIES=_quoted(str(objects)),
            GIT_INDEX_FILE=str(self._scratch / "index"),
        )
        super().__init__(git)
        # Without the repository's own objects in sight: git would touch those that it finds there already.
        self._writing = git.having(GIT_ALTERNATE_OBJECT_DIRECTORIES="")
        self._plain = Git(directory=git_dir, stop=stop)

    @property
    def top(self) -> Path | None:
        """The top folder of the working copy; None for a bare repository."""
        return self._top

    def resolve(self, rev: str) -> Sha:
        """Return the commit that `rev` names. Raises Rejected naming `rev` when there is none."""
        done = self._plain.try_run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
        if done.returncode == 0:
            return Sha(done.stdout.decode().strip())
        if rev == "HEAD":
            raise Rejected("HEAD: this repository has no commit yet")
        raise Rejected(f"{rev!r}: there is no such commit, branch or tag in this repository")

    def merge_base(self, one: str, other: str) -> Sha:
        """Return the best common ancestor of two commits. Raises Rejected when they have none."""
        done = self._plain.try_run("merge-base", self.resolve(one), self.resolve(other))
        if done.returncode == 0:
            return Sha(done.stdout.decode().split()[0])
        hint = " (the clone is shallow: fetch more of its history)" if self._is_shallow() else ""
        raise Rejected(f"{one} and {other} have no commit in common{hint}")

    def worktree(self) -> str:
        """Return the id of a tree that holds the working copy as it is now.

        Infrastructure files are taken as they lie on disk, byte by byte, with no filter applied: the tracked ones, and
        the untracked ones that are not ignored. All other tracked files are taken as the index has them. Raises
        Rejected for a bare repository.
        """
        if self._top is None:
            raise Rejected("this repository is bare: it has no working copy to review, name a commit with --head")
        entries = {entry.path: entry for entry in self._tracked(self._top)}
        wanted = [path for path in (*entries, *self._untracked(self._top)) if kind_of(path) is not Kind.OTHER]
        kept = {path for path, entry in entries.items() if entry.size == _SKIP_WORKTREE}
        on_disk = {path: _mode(self._top / path) for path in wanted if path not in kept}
        for path, mode in on_disk.items():
            if mode is None:
                entries.pop(path, None)
            elif mode == SYMLINK:
                entries[path] = Entry(path, self._hash_text(os.fsencode((self._top / path).readlink())), SYMLINK)
        regular = [path for path, mode in on_disk.items() if mode in REGULAR]
        for path, oid in zip(regular, self._hash(self._top, regular), strict=True):
            entries[path] = Entry(path, oid, on_disk[path] or "100644")
        return self._write_tree(entries.values())

    def _tracked(self, top: Path) -> Iterator[Entry]:
        raw = self._in_worktree(top).run("ls-files", "-z", "-t", "--stage", "--full-name", ":/")
        for record in raw.decode("utf-8", "surrogateescape").split("\0"):
            if record:
                meta, _, path = record.partition("\t")
                tag, mode, oid, _ = meta.split(" ")
                yield Entry(path, oid, mode, _SKIP_WORKTREE if tag == "S" else None)

    def _untracked(self, top: Path) -> list[str]:
        raw = self._in_worktree(top).run("ls-files", "-z", "--others", "--exclude-standard", "--full-name", ":/")
        return [path for path in raw.decode("utf-8", "surrogateescape").split("\0") if path]

    def _hash(self, top: Path, paths: list[str]) -> list[str]:
        if not paths:
            return []
        lines = "".join(f"{_quoted(str(top / path))}\n" for path in paths).encode("utf-8", "surrogateescape")
        return self._writing.run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=lines).decode().split()

    def _hash_text(self, text: bytes) -> str:
        return self._writing.run("hash-object", "-w", "--stdin", stdin=text).decode().strip()

    def _write_tree(self, entries: Iterable[Entry]) -> str:
        (self._scratch / "index").unlink(missing_ok=True)
        lines = "".join(f"{entry.mode} {entry.oid}\t{entry.path}\0" for entry in entries)
        self._git.run("update-index", "-z", "--index-info", stdin=lines.encode("utf-8", "surrogateescape"))
        return self._writing.run("write-tree", "--missing-ok").decode().strip()

    def _in_worktree(self, top: Path) -> Git:
        return self._plain.having(("core.bare", "false"), GIT_WORK_TREE=str(top), GIT_LITERAL_PATHSPECS="0")

    def _is_shallow(self) -> bool:
        return self._plain.run("rev-parse", "--is-shallow-repository").strip() == b"true"


_SKIP_WORKTREE = -1
"""Stands where a size would: a sparse checkout left this file out of the working copy."""


def _locate(path: Path, empty: Path | None) -> tuple[Path, Path | None, Path]:
    """Return the git directory, the top folder of the working copy if there is one, and the folder of objects.

    Outside of any repository, an `empty` one is made where that is given, with `path` as its working copy.
    """
    start = path.resolve()
    if not start.is_dir():
        raise Rejected(f"{path}: there is no such folder")
    try:
        git = Git(directory=start, stop=never)
        done = git.discover("rev-parse", "--path-format=absolute", "--absolute-git-dir", "--git-path", "objects")
        if done.returncode and empty is not None:
            git.having(GIT_DIR=str(empty)).run("init", "--quiet", "--bare", "--template=")
            return empty, start, empty / "objects"
        if done.returncode:
            raise Rejected(f"{path}: not inside a git repository ({first_line(done.stderr)})")
        git_dir, objects = (Path(os.fsdecode(line)) for line in done.stdout.splitlines())
        shown = git.discover("rev-parse", "--path-format=absolute", "--show-toplevel")
    except ProgramFailed as error:
        raise Rejected(str(error)) from error
    top = Path(os.fsdecode(shown.stdout.removesuffix(b"\n"))) if shown.returncode == 0 else None
    return git_dir, top, objects


def _mode(path: Path) -> str | None:
    """Return git's mode of what lies at `path`; None when nothing does, or nothing that git keeps."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(mode):
        return SYMLINK
    if not stat.S_ISREG(mode):
        return None
    return "100755" if mode & stat.S_IXUSR else "100644"


def _quoted(path: str) -> str:
    """Return `path` as git reads it from a list: in C's quotes where it needs them."""
    if not any(char in path for char in '"\n\\:'):
        return path
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
