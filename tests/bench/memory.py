"""The most memory that the processes of a worker had, read from /proc while something else runs."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Peak:
    """Bytes of resident memory: of the worker itself, and of the largest process below it."""

    worker: int = 0
    below: int = 0
    seen: int = field(default=0, repr=False)


@contextmanager
def watched(worker: int) -> Iterator[Peak]:
    """Yield a `Peak` that is kept current for process `worker` and all below it until the block ends."""
    peak, done = Peak(), threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            look(worker, peak)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def look(worker: int, peak: Peak) -> None:
    """Take one reading."""
    peak.worker = max(peak.worker, resident(worker))
    for process in below(worker):
        peak.below = max(peak.below, resident(process))
        peak.seen += 1


def below(process: int) -> list[int]:
    """Return the processes that `process` started, and those that they started."""
    found: list[int] = []
    waiting = [process]
    while waiting:
        with suppress(OSError):  # a process that has just ended started nobody
            for children in Path("/proc", str(waiting.pop()), "task").glob("*/children"):
                started = [int(word) for word in children.read_text().split()]
                found += started
                waiting += started
    return found


def resident(process: int) -> int:
    """Return the resident memory of `process` in bytes, 0 when it is gone."""
    try:
        return int(Path("/proc", str(process), "statm").read_text().split()[1]) * 4096
    except (OSError, IndexError):
        return 0
