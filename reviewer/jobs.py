"""Durable reviews: stored before they are acknowledged, and run by whichever worker is alive.

The only import of DBOS. A review is carried by turns, one DBOS workflow each: a turn ends with the review, or queues
the next one with a delay, so that waiting keeps no worker busy. What a finished step gave is kept in our own table by
its name, so it outlives turns, workers and new versions of this code. Knows nothing of what a review does.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, EnqueueOptions

from reviewer import store as tables
from reviewer.heartbeat import BEAT_SECONDS, TTL_SECONDS, Heart, repeating, slot
from reviewer.model import ReviewRequest
from reviewer.settings import Settings
from reviewer.store import Connection, DatabaseAway, Engine, Store
from reviewer.turns import Duties, GiveUp, Steps, Stopping, Turn, Work, WorkerStopped

__all__ = ["GiveUp", "Queue", "Steps", "Work", "Worker", "WorkerStopped", "migrate", "run_worker"]

NAME = "plumbrule"
QUEUE = "reviews"
WORKFLOW = "review"
VERSION = "1"  # pinned: DBOS strands jobs of other versions. Changes only when old jobs cannot be run by new code

POLL_SECONDS = 0.1  # how long a job waits for a free worker to see it
GRACE_SECONDS = 20.0  # for a running step after SIGTERM; hosts kill after 30
NICENESS = 5  # GitHub waits ten seconds for the web's answer; a review may take a moment longer
REDELIVER_SECONDS = 600.0
TIDY_SECONDS = 3600.0
KEEP_DAYS = 14.0

log = structlog.get_logger()


def migrate(settings: Settings) -> None:
    """Create or update all tables. Safe to run again, and from several processes at once. Raises DatabaseAway."""
    engine = tables.open_engine(settings)
    try:
        tables.migrate(engine)  # first, because it puts a new SQLite file into WAL mode
        DBOS.migrate(settings.database_url)
    finally:
        engine.dispose()


class Queue:
    """The waiting reviews. Opens no connection before it is used."""

    def __init__(self, engine: Engine) -> None:
        self._client = DBOSClient(
            system_database_engine=engine,
            application_name=NAME,
            serializer=DBOSPortableJSONSerializer(),
            lazy=True,
            retry_connection_errors=False,
        )

    def enqueue(self, connection: Connection, request: ReviewRequest, turn: int = 1, delay: float = 0.0) -> str:
        """Queue a turn of a review within the caller's transaction, to start in `delay` seconds; return its id."""
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": _workflow_id(request.id, turn),
            "app_version": VERSION,
            "queue_partition_key": str(request.repository.installation_id),
        }
        if delay > 0:
            options["delay_seconds"] = delay
        self._client.enqueue_in_transaction(connection, options, request.id, turn)
        return options["workflow_id"]

    def open_to_workers(self, concurrency: int) -> None:
        """Let every worker run `concurrency` reviews at a time. Raises DatabaseAway.

        Installations are partitions: a worker with room draws an installation, not a review, so that one organization's
        thousand reviews have the same chance as another's single one.
        """
        with tables.mapped_errors():
            self._client.register_queue(
                QUEUE,
                worker_concurrency=concurrency,
                partition_worker_concurrency=concurrency,
                polling_interval_sec=POLL_SECONDS,
            )

    def tidy(self, days: float) -> None:
        """Forget turns that ended more than `days` ago."""
        before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * tables.DAY))
        while old := self._client.list_workflows(
            completed_before=before, limit=500, load_input=False, load_output=False
        ):
            self._client.delete_workflows([workflow.workflow_id for workflow in old])


@dataclass(kw_only=True)
class Worker:
    """Claims reviews and runs them until it is stopped. One at a time in a process, because DBOS is one in a process.

    `work`, `give_up`, `after_step` and `retry_wait` may be changed at any time; turns that start later see it.
    """

    settings: Settings
    engine: Engine
    work: Work
    give_up: GiveUp
    redeliver: Callable[[], None] = lambda: None  # by one worker of all, at start and every ten minutes
    after_step: Callable[[str], None] = lambda _: None  # before the result is stored: the worst moment to die
    retry_wait: float = 2.0  # seconds before the second try; doubles from there
    ttl: float = TTL_SECONDS  # seconds without a heartbeat after which others take over
    executor_id: str = field(default="", init=False)
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, init=False, repr=False)
    _stopping: Stopping = field(default_factory=Stopping, init=False, repr=False)
    _busy: set[int] = field(default_factory=set, init=False, repr=False)

    def __post_init__(self) -> None:
        self.store, self.queue = Store(self.engine), Queue(self.engine)

    def start(self) -> None:
        """Claim a name, go on with what that name left behind, and take reviews. Raises DatabaseAway."""
        global _worker  # noqa: PLW0603 (DBOS calls a function of the module)
        self._stopping = Stopping()
        with contextlib.ExitStack() as stack:
            self.executor_id = stack.enter_context(slot(self.settings.data_dir / "workers"))
            self.store.heartbeat(self.executor_id)
            if not self.store.others_alive(self.executor_id, self.ttl):
                self.store.drop_lease("redeliver")
            self.queue.open_to_workers(self.settings.worker_concurrency)
            _worker = self
            stack.callback(DBOS.destroy)
            _launch(self.engine, self.executor_id)
            heart = Heart(store=self.store, executor_id=self.executor_id, ttl=self.ttl, take_over=_take_over)
            stack.enter_context(repeating(heart.beat, BEAT_SECONDS, "heartbeat"))
            stack.enter_context(repeating(self._chores, 5.0, "chores"))
            self._stack = stack.pop_all()
        log.info("worker started", executor=self.executor_id, concurrency=self.settings.worker_concurrency)

    def drain(self, timeout: float) -> None:
        """Wait until no review is waiting, put off or running. Raises TimeoutError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while any((depths := self.store.queue_depths(QUEUE)).values()) or self._busy:
            if time.monotonic() > deadline:
                raise TimeoutError(f"reviews are left after {timeout} s: {depths}")
            time.sleep(0.02)

    def stop(self, grace: float = GRACE_SECONDS) -> bool:
        """Let running steps end for up to `grace` seconds, and leave the rest to whoever comes next.

        Return whether everything here has ended.
        """
        self._stopping.deadline = time.monotonic() + grace
        self._stopping.asked.set()
        while self._busy and time.monotonic() < self._stopping.deadline + 2.0:
            time.sleep(0.02)
        self._stack.close()
        with contextlib.suppress(DatabaseAway):
            self.store.leave(self.executor_id)
        log.info("worker stopped", executor=self.executor_id, left_running=len(self._busy))
        return not self._busy

    def perform(self, review_id: str, turn: int) -> str:
        """Run one turn of a review and return what became of it. Raises WorkerStopped."""
        me = threading.get_ident()
        self._busy.add(me)
        try:
            with structlog.contextvars.bound_contextvars(review=review_id, turn=turn):
                outcome = self._turn(_workflow_id(review_id, turn)).run(review_id, turn)
                log.info("review", outcome=outcome)
                return outcome
        finally:
            self._busy.discard(me)

    def _turn(self, workflow_id: str) -> Turn:
        duties = Duties(
            work=self.work,
            give_up=self.give_up,
            put_off=self.queue.enqueue,
            after_step=self.after_step,
            retry_wait=self.retry_wait,
            max_tries=self.settings.max_tries,
        )
        return Turn(
            store=self.store,
            duties=duties,
            stopping=self._stopping,
            workflow_id=workflow_id,
            executor_id=self.executor_id,
        )

    def _chores(self) -> None:
        with contextlib.suppress(DatabaseAway):  # the heartbeat says so already
            if self.store.take_lease("redeliver", REDELIVER_SECONDS):
                try:
                    self.redeliver()
                except Exception:
                    log.exception("redelivery failed")
                    self.store.drop_lease("redeliver", after=REDELIVER_SECONDS / 10)
            if self.store.take_lease("tidy", TIDY_SECONDS):
                self.store.tidy(KEEP_DAYS)
                self.queue.tidy(KEEP_DAYS)


_worker: Worker | None = None


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=100_000)  # deaths are counted by step in `turns`
def _review(review_id: str, turn: int) -> str:
    if _worker is None:
        raise WorkerStopped
    return _worker.perform(review_id, turn)


def run_worker(
    settings: Settings, engine: Engine, work: Work, give_up: GiveUp, redeliver: Callable[[], None] = lambda: None
) -> None:
    """Be a worker until SIGTERM or SIGINT. Waits for a database that is away at the start."""
    os.nice(NICENESS)
    serve_until_told(Worker(settings=settings, engine=engine, work=work, give_up=give_up, redeliver=redeliver))


def serve_until_told(worker: Worker) -> None:
    """Run `worker` until SIGTERM or SIGINT."""
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    while not asked.is_set():
        try:
            worker.start()
        except DatabaseAway as error:
            log.warning("waiting for the database (is it migrated?)", error=str(error))
            asked.wait(2.0)
        else:
            asked.wait()
            if not worker.stop():
                # A thread that hears no stop would keep the interpreter; its review goes on elsewhere.
                sys.stderr.flush()
                os._exit(0)


def _workflow_id(review_id: str, turn: int) -> str:
    return review_id if turn == 1 else f"{review_id}~{turn}"


def _launch(engine: Engine, executor_id: str) -> None:
    config: DBOSConfig = {
        "name": NAME,
        "system_database_engine": engine,
        "executor_id": executor_id,
        "application_version": VERSION,
        "serializer": DBOSPortableJSONSerializer(),
        "run_migrations": False,
        "log_level": "WARNING",
    }
    logging.getLogger("dbos").addFilter(_is_news)
    DBOS(config=config)
    DBOS.launch()


def _take_over(dead: Sequence[str]) -> None:
    DBOS._recover_pending_workflows(list(dead))


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of DBOS says more than that a review was superseded or its worker stopped, which is daily life."""
    kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
    text = record.getMessage()
    quiet = ("was cancelled", "no longer owned by this execution", "outcome was not recorded", "WorkerStopped")
    return kind not in {"DBOSAwaitedWorkflowCancelledError", "WorkerStopped"} and not any(q in text for q in quiet)
