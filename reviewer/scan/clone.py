"""Clones of GitHub's repositories: bare, partial, one commit deep, fetched bit by bit.

A clone holds the trees of the commits that reviews asked for, and those of their files that a review read: a repository
of gigabytes costs kilobytes. Nothing in it is precious; one that is worn out, damaged or long unused is thrown away and
fetched anew when wanted. Owns what lies under DATA_DIR/clones. Knows nothing of what the files mean.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import weakref
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from typing import Self

from reviewer.errors import Rejected, Transient
from reviewer.model import Sha
from reviewer.process import ProgramFailed, Stop
from reviewer.scan.git import FETCH_SECONDS, Damaged, Git, fetch_failure, network_config
from reviewer.scan.local import LocalClone
from reviewer.scan.lock import alone, exclusive, if_unused, share
from reviewer.scan.objects import Change, Clone, Entry, is_sha

__all__ = ["Change", "Clone", "Entry", "GitHubClone", "LocalClone", "prune_clones"]

MAX_PACKS = 120
"""Every fetch leaves a pack (a review two or three), and each makes git slower: a clone with more is fetched anew."""
_BLOBS_A_REQUEST = 10_000
_DAMAGED = "damaged"
_FETCH = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--filter=blob:none")


class GitHubClone(Clone):
    """A partial clone in `directory` of the repository at `url`, which `token()` opens.

    Until it is closed (or forgotten), nobody throws the clone away. Methods raise Gone when the repository or what is
    asked for is no longer there, Rejected when the App may not read it, Transient when trying again may help.
    """

    def __init__(self, directory: Path, url: str, token: Callable[[], str] | None, stop: Stop) -> None:
        super().__init__(Git(directory=directory, stop=stop))
        self._directory = directory
        self._url = url
        self._token = token
        self._stop = stop
        self._network: Git | None = None
        self._in_use = share(_beside(directory, "use"), stop)
        self.close = weakref.finalize(self, os.close, self._in_use)

    @property
    def sources_file(self) -> Path | None:
        """What is known of module calls lies beside the clone, and outlives it."""
        return _beside(self._directory, "sources")

    @property
    def identity(self) -> Hashable | None:
        """The folder, and when this clone in it was made."""
        try:
            made = (self._directory / "HEAD").stat()
        except OSError:
            return None
        return str(self._directory), made.st_ino, made.st_mtime_ns

    def fetch(self, refs_or_shas: Sequence[str]) -> dict[str, Sha]:
        """Fetch commits with their trees; return the commit of each full ref name or commit id asked for.

        Commits that are here already are not asked for again. Raises Gone, Rejected, Transient.
        """
        for name in refs_or_shas:
            if not is_sha(name) and not re.fullmatch(r"refs/[^\0-\x20\x7f:*?^~\[\\]+", name):
                raise Rejected(f"{name!r} is neither a full ref name nor a commit id")
        with exclusive(_beside(self._directory, "fetch"), self._stop):
            self._prepare()
            try:
                return self._fetch(refs_or_shas)
            except Damaged:
                self._start_anew()
                return self._fetch(refs_or_shas)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def load(self, oids: Iterable[str]) -> None:
        """Fetch those of the blobs `oids` that are not here, in one request."""
        missing = self._measure(oids)
        for start in range(0, len(missing), _BLOBS_A_REQUEST):
            batch = missing[start : start + _BLOBS_A_REQUEST]
            self._request("--stdin", "origin", lines=batch, negotiate=False)
            self._measure(batch)

    def _fetch(self, names: Sequence[str]) -> dict[str, Sha]:
        absent = self._absent([name for name in names if is_sha(name)])
        wanted = [name for name in names if not is_sha(name) or name in absent]
        if wanted:
            # The refs only tell the next fetch what is here already; two or three of them do, for trees change little.
            kept = {name: f"refs/kept/{position}" for position, name in enumerate(names)}
            lines = [f"+{name}:{kept[name]}" for name in dict.fromkeys(wanted)]
            self._request("--depth=1", "--stdin", "origin", lines=lines, negotiate=True)
        return {name: Sha(name) if is_sha(name) else self._kept(kept[name]) for name in names}

    def _absent(self, shas: Sequence[str]) -> frozenset[str]:
        if not shas:
            return frozenset()
        said = self._git.run("cat-file", "--batch-check", stdin="".join(f"{sha}\n" for sha in shas).encode())
        there = {line.split(" ")[0] for line in said.decode("ascii", "replace").splitlines() if " commit " in line}
        return frozenset(shas) - there

    def _kept(self, ref: str) -> Sha:
        return Sha(self._git.run("rev-parse", "--verify", f"{ref}^{{commit}}").decode().strip())

    def _request(self, *args: str, lines: Sequence[str], negotiate: bool) -> None:
        stdin = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
        git = self._connected() if negotiate else self._connected().having(("fetch.negotiationAlgorithm", "noop"))
        try:
            done = git.try_run(*_FETCH, *args, stdin=stdin, timeout=FETCH_SECONDS)
        except ProgramFailed as error:
            raise Transient(str(error)) from error
        if done.returncode:
            raise fetch_failure(done.stderr)

    def _connected(self) -> Git:
        if self._network is None:
            token = self._token() if self._token else None
            self._network = self._git.having(*network_config(self._url, token))
        return self._network

    def _run(self, *args: str, stdin: bytes = b"") -> bytes:
        try:
            return super()._run(*args, stdin=stdin)
        except Damaged as error:
            with contextlib.suppress(OSError):
                (self._directory / _DAMAGED).touch()
            raise Transient(f"the clone is damaged and will be fetched anew: {error}") from error

    def _prepare(self) -> None:
        worn_out = _packs(self._directory) > MAX_PACKS
        if worn_out or (self._directory / _DAMAGED).exists():
            self._start_anew()
        elif not (self._directory / "HEAD").exists():
            self._create()
        os.utime(self._directory)

    def _start_anew(self) -> None:
        with alone(self._in_use) as nobody_else:
            if nobody_else:
                self._create()
            elif (self._directory / _DAMAGED).exists():
                raise Transient("the clone is damaged, and another review still reads it")
        self._sizes.clear()

    def _create(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)
        fresh = self._directory.with_name(f"{self._directory.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True, mode=0o700)
        self._git.having(GIT_DIR=str(fresh)).run("init", "--quiet", "--bare", "--template=")
        fresh.rename(self._directory)


def prune_clones(directory: Path, max_bytes: int) -> int:
    """Throw away the clones in `directory` that were fetched longest ago until the rest take at most `max_bytes`.

    Clones that a review uses right now stay. Returns how many bytes the rest takes.
    """
    clones = sorted(directory.glob("*.git"), key=lambda path: path.stat().st_mtime)
    sizes = {clone: _bytes_in(clone) for clone in clones}
    total = sum(sizes.values())
    for clone in clones:
        if total <= max_bytes:
            break
        with if_unused(_beside(clone, "fetch")) as unfetched, if_unused(_beside(clone, "use")) as unused:
            if unfetched and unused:
                shutil.rmtree(clone, ignore_errors=True)
                _beside(clone, "sources").unlink(missing_ok=True)
                total -= sizes[clone]
    return total


def _beside(clone: Path, name: str) -> Path:
    return clone.with_name(f"{clone.name}-{name}")


def _packs(clone: Path) -> int:
    return sum(1 for _ in (clone / "objects" / "pack").glob("*.pack"))


def _bytes_in(directory: Path) -> int:
    total = 0
    for root, _, names in os.walk(directory):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # a fetch renames what it has written
                total += Path(root, name).lstat().st_size
    return total
