"""Work on many units at once: each gets its files in a folder of its own, and all end when one must or the time is up.

Knows nothing of what the work is: a scan, or a fix.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar

from reviewer.errors import PlumbruleError
from reviewer.model import NotExamined
from reviewer.process import POLL_SECONDS, Stop
from reviewer.rules.rule import NO_REQUIREMENTS
from reviewer.rules.rule import Settings as RuleSettings
from reviewer.scan import gaps
from reviewer.scan.cache import ScanCache
from reviewer.scan.materialise import FOLDER_MODE, materialise
from reviewer.scan.objects import Clone
from reviewer.scan.scanner import ScanFailed, ScansUnits
from reviewer.scan.unit import ScanUnit, UnitKind
from reviewer.settings import ScanLimits

MAX_HELD = 32 << 20
"""Files of a review up to so many bytes are read at once and kept in memory while they are scanned."""

OUT_OF_TIME = (
    "The whole review took longer than it may (REVIEW_TIMEOUT_SECONDS). Press Re-run: it goes on where it stopped."
)

Progress = Callable[[int, int], None]
"""Called with how many of how many pieces of work are done."""

K = TypeVar("K")
R = TypeVar("R")


def no_progress(done: int, total: int) -> None:
    """A `Progress` that tells nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What scans are made with."""

    clone: Clone
    scanner: ScansUnits
    cache: ScanCache
    limits: ScanLimits
    stop: Stop
    progress: Progress = no_progress
    requirements: RuleSettings = NO_REQUIREMENTS  # of the policy, for the rules of our own
    begun: float = field(default_factory=time.monotonic)

    @property
    def version(self) -> str:
        """What a result depends on besides the unit."""
        asked = "" if self.requirements == NO_REQUIREMENTS else f" {self.requirements}"
        return f"{self.scanner.version} {self.limits.max_file_bytes} {self.limits.max_tree_bytes}{asked}"


class _Halted(PlumbruleError):
    """Another piece of work failed for good, or the review was stopped: this one is not wanted any more."""


def on_each(bench: Bench, units: Mapping[K, ScanUnit], work: Callable[[K, ScanUnit, Stop], R]) -> Iterator[tuple[K, R]]:
    """Do `work` on each unit, several at a time, and yield what came of it as it is done.

    The `Stop` that work gets raises when the time of the review is over (ScanFailed), or nobody wants it any more.
    """
    if not units:
        return
    halted = threading.Event()
    files = dict.fromkeys(file.oid for unit in units.values() for file in unit.files)
    bench.clone.load(files)
    workers = ThreadPoolExecutor(max(1, bench.scanner.concurrency), thread_name_prefix="scan")
    with bench.clone.holding(files, MAX_HELD), workers as pool:
        stop = _stopping(bench, halted)
        running = {pool.submit(work, key, unit, stop): key for key, unit in units.items()}
        try:
            for future in _as_they_end(running, bench.stop):
                yield running[future], future.result()
        except BaseException:
            halted.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _stopping(bench: Bench, halted: threading.Event) -> Stop:
    def stop() -> None:
        if halted.is_set():
            raise _Halted
        if time.monotonic() > bench.begun + bench.limits.review_seconds:
            raise ScanFailed(OUT_OF_TIME)

    return stop


def _as_they_end(futures: Collection[Future[R]], stop: Stop) -> Iterator[Future[R]]:
    """Yield futures as they are done, calling `stop` meanwhile."""
    done: SimpleQueue[Future[R]] = SimpleQueue()
    for future in futures:
        future.add_done_callback(done.put)
    for _ in futures:
        while True:
            stop()
            try:
                ended = done.get(timeout=POLL_SECONDS)
            except Empty:
                continue
            yield ended
            break


@contextmanager
def written(bench: Bench, unit: ScanUnit, stop: Stop) -> Iterator[tuple[Path, ScanUnit, tuple[NotExamined, ...]]]:
    """Give a folder with the files of `unit`, the unit as far as it could be written, and what could not be."""
    tree = Path(tempfile.mkdtemp(dir=bench.scanner.trees))
    try:
        stop()
        tree.chmod(FOLDER_MODE)
        left_out = materialise(bench.clone, unit, tree, bench.limits)
        there = tuple(file for file in unit.files if (tree / file.scan_as).is_file())
        yield tree, replace(unit, files=there), left_out
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def called(unit: ScanUnit) -> str:
    """Return how people call a unit."""
    where = gaps.shown(unit.directory) or "the repository's root"
    return where if unit.kind is UnitKind.DIRECTORY else f"{where} ({unit.kind})"
