"""One turn of a review: run its steps, and decide what a failure means: later, never, or tell the pull request.

Knows the store, and nothing of the engine that calls a turn: queueing the next one is handed in as a function.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import structlog

from reviewer.errors import Gone, PlumbruleError, Rejected, Superseded, Transient
from reviewer.model import ReviewRequest
from reviewer.store import Connection, DatabaseAway, Store

STOP_SECONDS = 0.5  # how often at most a running review looks whether it is still wanted
MAX_WAIT_SECONDS = 600.0  # between two tries, unless GitHub asks for more
MAX_RETRY_AFTER_SECONDS = 7200.0  # GitHub's limits are by the hour; more than two is a mistake
IN_PLACE_SECONDS = 1.0  # shorter waits are not worth another turn
MAX_STARTS = 5  # deaths of a worker within one step, before the review is given up
GIVE_UP_TRIES = 200  # telling the pull request is tried for more than a day

log = structlog.get_logger()
T = TypeVar("T")


class WorkerStopped(BaseException):
    """This worker ends: drop everything as if it had died. Whoever comes next goes on from the last finished step."""


class Steps(Protocol):
    """How a review runs its steps, and hears that a newer head, a closed pull request or another worker ends it."""

    def stop(self) -> None:
        """Raise Superseded if the review is pointless by now. For long work: looks at most twice a second."""

    def still_current(self) -> None:
        """Raise Superseded if the review is pointless, DatabaseAway if unknown. For the moment before a write."""

    def __call__(self, name: str, run: Callable[[], T]) -> T:
        """Return what `run()` gives, or gave before the worker died: the step called `name` finishes once.

        The result must be JSON-able, and comes back as JSON has it (lists for tuples). `run` is called again if the
        worker dies within it, so it must be safe to run again.
        """


Work = Callable[[ReviewRequest, Steps], None]
"""The review. It may raise Transient (tried again), Superseded and Gone (ends quietly); anything else is given up."""

GiveUp = Callable[[ReviewRequest, Exception], None]
"""Tells the pull request that its review failed. The error is a Rejected, a Transient whose tries are used up, another
PlumbruleError, or, for what nobody expected, a RuntimeError whose message says no more than where the operator finds
it. May raise Transient to be tried again."""

PutOff = Callable[[Connection, ReviewRequest, int, float], str]
"""Queues turn number `int` of a review to start in `float` seconds, within a transaction; returns its workflow id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """What a worker was told to do, and how patiently."""

    work: Work
    give_up: GiveUp
    put_off: PutOff
    after_step: Callable[[str], None]
    retry_wait: float
    max_tries: int


@dataclass(slots=True, kw_only=True)
class Stopping:
    """Tells the turns of a worker that it ends: between steps at once, within a step after `deadline`."""

    asked: threading.Event = field(default_factory=threading.Event)
    deadline: float = 0.0

    def between_steps(self) -> None:
        """Raise WorkerStopped if the worker was asked to end."""
        if self.asked.is_set():
            raise WorkerStopped

    def within_step(self) -> None:
        """Raise WorkerStopped if the worker was asked to end and its grace is over."""
        if self.asked.is_set() and time.monotonic() > self.deadline:
            raise WorkerStopped

    def wait(self, seconds: float) -> None:
        """Wait. Raises WorkerStopped as soon as the worker is asked to end."""
        if self.asked.wait(seconds):
            raise WorkerStopped


def wait_before_try(number: int, first_wait: float, retry_after: float | None) -> float:
    """Return how many seconds to wait after try `number` (from 1) failed: doubling, jittered, or as long as asked."""
    backoff = min(first_wait * 2.0 ** min(number - 1, 30), MAX_WAIT_SECONDS)
    asked = min(retry_after or 0.0, MAX_RETRY_AFTER_SECONDS)
    return max(backoff * random.uniform(0.5, 1.0), asked)  # noqa: S311 (no secret)


class Turn:
    """One turn: `run()` it once."""

    def __init__(self, *, store: Store, duties: Duties, stopping: Stopping, workflow_id: str, executor_id: str) -> None:
        self._store, self._duties, self._stopping = store, duties, stopping
        self._workflow_id, self._executor_id = workflow_id, executor_id
        self._looked_at = 0.0

    def run(self, review_id: str, turn: int) -> str:
        """Do the work and return what became of it, for the log. Raises WorkerStopped."""
        self._stopping.between_steps()
        review = self._insist(lambda: self._store.begin(review_id, turn))
        if review is None:
            return "over"
        self._review, self._tries = review, review.tries
        if review.starts > MAX_STARTS and not review.failure:
            log.error("review kills its workers", starts=review.starts)
            self._fail("internal", f"the worker died {MAX_STARTS} times at the same step")
        try:
            while (outcome := self._attempt()) is None:
                pass
        except WorkerStopped:
            with contextlib.suppress(DatabaseAway):
                self._store.unbegin(review_id)
            raise
        return outcome

    # What `Steps` promises.

    def __call__(self, name: str, run: Callable[[], T]) -> T:
        """See `Steps`."""
        request = self._review.request
        if (kept := self._store.step_result(request.id, name)) is not None:
            return kept[0]  # type: ignore[no-any-return]
        self._stopping.between_steps()
        self.still_current()
        began = time.monotonic()
        result = run()
        self._duties.after_step(name)
        kept = self._store.finish_step(request.id, name, result)
        self._tries = 0
        log.info("step", step=name, seconds=round(time.monotonic() - began, 3))
        return kept[0]  # type: ignore[no-any-return]

    def stop(self) -> None:
        """See `Steps`."""
        if time.monotonic() - self._looked_at < STOP_SECONDS:
            return
        self._stopping.within_step()
        with contextlib.suppress(DatabaseAway):  # reading on does no harm, and a write looks again
            self.still_current()

    def still_current(self) -> None:
        """See `Steps`. Raises DatabaseAway if it cannot be known."""
        self._looked_at = time.monotonic()
        if not self._store.is_mine(self._review.request, self._workflow_id, self._executor_id):
            raise Superseded(f"{self._review.request} is not wanted any more")

    # What a failure means.

    def _attempt(self) -> str | None:
        """Return the outcome, or None to go round again."""
        try:
            self.still_current()
            return self._do()
        except Superseded:
            if self._insist(lambda: self._store.is_current(self._review.request)):
                return "taken over"  # another worker has it now, and will finish it
            return self._finish("superseded")
        except Gone as gone:
            log.info("review has nobody to tell", why=str(gone))
            return self._finish("gone")
        except Transient as error:
            return self._again(error)
        except Exception as error:  # noqa: BLE001 (the boundary between a review and its worker)
            return self._broken(error)

    def _do(self) -> str:
        request, failure = self._review.request, self._review.failure
        if failure:
            self._duties.give_up(request, _error(*failure))
            return self._finish("failed")
        self._duties.work(request, self)
        return self._finish("finished")

    def _again(self, error: Transient) -> str | None:
        self._tries += 1
        limit = GIVE_UP_TRIES if self._review.failure else self._duties.max_tries
        if self._tries >= limit:
            log.error("review used up its tries", tries=self._tries, error=str(error))
            if self._review.failure:
                return self._finish("lost")
            self._fail("transient", str(error))
            return None
        wait = wait_before_try(self._tries, self._duties.retry_wait, error.retry_after)
        log.warning("review is tried again", tries=self._tries, wait=round(wait, 1), error=str(error))
        if wait <= IN_PLACE_SECONDS:
            self._stopping.wait(wait)
            return None
        self._insist(lambda: self._put_off(wait))
        return "put off"

    def _put_off(self, wait: float) -> None:
        request = self._review.request
        with self._store.transaction() as connection:
            turn = self._store.put_off(connection, self._review, tries=self._tries)
            workflow_id = self._duties.put_off(connection, request, turn, wait)
            self._store.assign(connection, request, workflow_id)

    def _broken(self, error: Exception) -> str | None:
        if self._review.failure:
            log.exception("review could not be given up")
            return self._finish("lost")
        if isinstance(error, PlumbruleError):
            log.warning("review cannot go on", kind=type(error).__name__, why=str(error))
            self._fail("rejected" if isinstance(error, Rejected) else "stated", str(error))
        else:
            log.exception("review failed")
            self._fail("internal", f"internal error; the log has it under {self._review.request.id}")
        return None

    def _fail(self, kind: str, message: str) -> None:
        self._review = self._insist(lambda: self._store.fail(self._review, kind, message))
        self._tries = 0

    def _finish(self, outcome: str) -> str:
        self._insist(lambda: self._store.finish(self._review.request, outcome))
        return outcome

    def _insist(self, ask: Callable[[], T]) -> T:
        """Ask the database until it answers: what is known here must not be lost. Raises WorkerStopped."""
        while True:
            try:
                return ask()
            except DatabaseAway as error:
                log.warning("waiting for the database", error=str(error))
                self._stopping.wait(1.0)


def _error(kind: str, message: str) -> Exception:
    match kind:
        case "transient":
            return Transient(message)
        case "rejected":
            return Rejected(message)
        case "stated":
            return PlumbruleError(message)
        case _:
            return RuntimeError(message)
