"""Being alive: a name that only one process has, a heartbeat in the database, and care for those whose beat stopped.

Knows nothing of the job engine: taking over is handed in as a function.
"""

from __future__ import annotations

import contextlib
import fcntl
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from reviewer.store import DatabaseAway, Store

BEAT_SECONDS = 2.0
TTL_SECONDS = 12.0
MAX_SLOTS = 256

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Heart:
    """One worker's heartbeat, which also finds the workers that have none any more."""

    store: Store
    executor_id: str
    ttl: float  # seconds without a beat after which a worker counts as dead
    take_over: Callable[[Sequence[str]], None]  # makes their jobs run again; safe to call twice
    steady_since: float | None = None

    def beat(self) -> None:
        """Beat once, and take over from the dead.

        Only a worker that has itself been beating for `ttl` judges others: after the database was away, everyone's
        beat is old and nobody is dead.
        """
        now = time.monotonic()
        try:
            self.store.heartbeat(self.executor_id)
            self.steady_since = self.steady_since or now
            if now - self.steady_since >= self.ttl and (dead := self.store.dead_executors(self.ttl)):
                log.warning("taking over from dead workers", dead=dead)
                self.take_over(dead)
        except DatabaseAway as error:
            self.steady_since = None
            log.warning("no heartbeat", error=str(error))


@contextlib.contextmanager
def slot(directory: Path) -> Iterator[str]:
    """Give a name that no other process has as long as the block runs, and that the next process gets again.

    A worker that is started again under its old name goes on with its own jobs at once, without waiting for `ttl`.
    The kernel gives the lock up when the process dies, however it dies.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in range(MAX_SLOTS):
        with (directory / f"{number}.lock").open("a+", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            file.seek(0)
            if not (name := file.read().strip()):
                name = f"worker-{secrets.token_hex(6)}"
                file.write(name)
                file.flush()
            yield name
            return
    raise RuntimeError(f"{MAX_SLOTS} workers run here already")


@contextlib.contextmanager
def repeating(run: Callable[[], None], seconds: float, name: str) -> Iterator[None]:
    """Call `run` in a thread at once and every `seconds` until the block ends. What it raises is logged."""
    stop = threading.Event()

    def loop() -> None:
        while True:
            try:
                run()
            except Exception:
                log.exception("background work failed", of=name)
            if stop.wait(seconds):
                return

    thread = threading.Thread(target=loop, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=10)
