"""A folder of its own for each process that scans; what dead ones left behind goes away when the next one starts."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reviewer.process import never
from reviewer.scan.lock import exclusive


@contextmanager
def own_folder(directory: Path) -> Iterator[Path]:
    """Give a new folder below `directory`, locked until the process ends; remove those that nobody holds any more."""
    with exclusive(directory / ".lock", never):  # else another process might take the new folder for a dead one's
        _remove_abandoned(directory)
        folder = Path(tempfile.mkdtemp(dir=directory, prefix="worker-"))
        held = _hold(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if held is not None:
            os.close(held)


def _remove_abandoned(directory: Path) -> None:
    for folder in directory.iterdir():
        if folder.is_dir() and not folder.is_symlink() and (held := _hold(folder)) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(held)


def _hold(folder: Path) -> int | None:
    """Lock `folder`; return the descriptor that holds it until it is closed, None when another process does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
