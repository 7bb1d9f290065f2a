"""Locks on files, between threads and processes of one machine, that the kernel drops when their holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reviewer.process import Stop

_POLL_SECONDS = 0.05


@contextmanager
def exclusive(path: Path, stop: Stop) -> Iterator[None]:
    """Hold the lock at `path` alone; waiting for it calls `stop` often. Raises what `stop` raises."""
    fd = _open(path)
    try:
        while not _locked(fd, fcntl.LOCK_EX):
            stop()
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(fd)


def share(path: Path, stop: Stop) -> int:
    """Take the lock at `path` together with others; return the file descriptor that holds it until closed."""
    fd = _open(path)
    try:
        while not _locked(fd, fcntl.LOCK_SH):
            stop()
            time.sleep(_POLL_SECONDS)
    except BaseException:
        os.close(fd)
        raise
    return fd


@contextmanager
def alone(fd: int) -> Iterator[bool]:
    """Make the shared lock held by `fd` exclusive for a while; yields False when others share it."""
    got = _locked(fd, fcntl.LOCK_EX)
    try:
        yield got
    finally:
        fcntl.flock(fd, fcntl.LOCK_SH)


@contextmanager
def if_unused(path: Path) -> Iterator[bool]:
    """Hold the lock at `path` alone if nobody has it; yields False when somebody does."""
    fd = _open(path)
    try:
        yield _locked(fd, fcntl.LOCK_EX)
    finally:
        os.close(fd)


def _open(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _locked(fd: int, operation: int) -> bool:
    try:
        fcntl.flock(fd, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
