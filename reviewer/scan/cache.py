"""Scan results and plans kept on disk by what went into them, so that the base side of a review is nearly always free.

Owns DATA_DIR/cache. An entry that does not read is a miss and is removed; the ones used longest ago make room for new
ones. Several processes may share the folder: entries appear whole or not at all.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from reviewer.model import ScanResult
from reviewer.plan import planned
from reviewer.plan.planned import PlannedRoot
from reviewer.scan.results import BadResult, decode, encode

SWEEP_PART = 16
"""The folder is measured each time this part of its limit was written."""
T = TypeVar("T")
_KEY = re.compile(r"[0-9a-f]{32,64}")


class ScanCache:
    """Results by key in `directory`, at most about `max_bytes` of them. Safe to use from several threads."""

    def __init__(self, directory: Path, max_bytes: int) -> None:
        self._directory = directory
        self._max_bytes = max_bytes
        self._unmeasured = max_bytes  # written since the folder was measured last; at first, who knows
        self._lock = threading.Lock()
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    def get(self, key: str) -> ScanResult | None:
        """Return the result kept under `key`, or None."""
        return self._get(key, decode)

    def put(self, key: str, result: ScanResult) -> None:
        """Keep `result` under `key`. A disk that is full or read-only makes the cache useless, not the review."""
        self._put(key, encode(result))

    def get_plan(self, key: str) -> PlannedRoot | None:
        """Return the plan kept under `key`, or None."""
        return self._get(key, planned.decode)

    def put_plan(self, key: str, plan: PlannedRoot) -> None:
        """Keep `plan` under `key`, as `put` does. Keys of plans and of results must differ."""
        self._put(key, planned.encode(plan))

    def _get(self, key: str, read: Callable[[bytes], T]) -> T | None:
        path = self._path(key)
        try:
            result = read(path.read_bytes())
        except FileNotFoundError:
            return None
        except (BadResult, OSError):
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return result

    def _put(self, key: str, raw: bytes) -> None:
        if len(raw) > self._max_bytes // 4:
            return
        path = self._path(key)
        with contextlib.suppress(OSError):
            path.parent.mkdir(exist_ok=True, mode=0o700)
            descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(raw)
                Path(fresh).replace(path)
            except OSError:
                Path(fresh).unlink(missing_ok=True)
            self._make_room(len(raw))

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is not a key of the cache")
        return self._directory / key[:2] / key[2:]

    def _make_room(self, written: int) -> None:
        with self._lock:
            self._unmeasured += written
            if self._unmeasured < self._max_bytes // SWEEP_PART:
                return
            self._unmeasured = 0
            self._sweep()

    def _sweep(self) -> None:
        """Remove the entries used longest ago until the rest fits."""
        entries = []
        for folder in self._directory.iterdir():
            for path in folder.iterdir() if folder.is_dir() else ():
                with contextlib.suppress(FileNotFoundError):
                    status = path.stat()
                    entries.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self._max_bytes:
                return
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            total -= size
