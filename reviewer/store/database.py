"""Connections and transactions, on SQLite and PostgreSQL alike; whatever goes wrong is raised as `DatabaseAway`."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from reviewer.errors import Transient
from reviewer.settings import Settings
from reviewer.store.tables import METADATA, lease

__all__ = ["Connection", "Database", "DatabaseAway", "Engine", "mapped_errors", "migrate", "open_engine"]

MIGRATION_LOCK = 5_013_101  # any number of our own, for PostgreSQL's advisory lock
T = TypeVar("T")


class DatabaseAway(Transient):
    """The database cannot be reached, written or locked in time. Nothing of the transaction is stored."""


def open_engine(settings: Settings, *, wait_seconds: float = 30.0) -> Engine:
    """Return connections to the database of `settings`; none is opened yet.

    `wait_seconds` is how long a connection or a lock is waited for. SQLite runs in WAL mode with every commit on disk.
    """
    url, wait_ms = settings.database_url, int(wait_seconds * 1000)
    if not url.startswith("sqlite"):
        options = (
            f"-c lock_timeout={wait_ms} -c statement_timeout={wait_ms} -c idle_in_transaction_session_timeout=60000"
        )
        arguments = {
            "connect_timeout": max(2, int(wait_seconds / 2)),
            "options": options,
            "application_name": "plumbrule",
        }
        return sa.create_engine(
            url, pool_size=20, max_overflow=10, pool_timeout=wait_seconds, pool_pre_ping=True, connect_args=arguments
        )
    engine = sa.create_engine(url, pool_size=20, max_overflow=10, pool_timeout=wait_seconds)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = "IMMEDIATE"  # writers queue up at BEGIN instead of failing half-way
        connection.execute(f"PRAGMA busy_timeout={wait_ms}")
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def migrate(engine: Engine) -> None:
    """Create what is missing of our tables. Safe to run again, and from several processes at once."""
    with mapped_errors(), engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        METADATA.create_all(connection)


@contextlib.contextmanager
def mapped_errors() -> Iterator[None]:
    """Raise DatabaseAway for what the database, or the way to it, raises; a mistake of ours in a query stays one."""
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error, psycopg.Error) as error:
        cause = getattr(error, "orig", None) or error
        raise DatabaseAway(f"the database did not answer: {type(cause).__name__}") from error


@dataclass(slots=True, kw_only=True)
class _Ticket:
    """A job that waits for a transaction."""

    job: Callable[[Connection], Any]
    result: Any = None
    error: BaseException | None = None
    settled: bool = False

    def run(self, connection: Connection) -> None:
        try:
            with mapped_errors(), connection.begin_nested():
                self.result = self.job(connection)
        except Exception as error:  # noqa: BLE001 (raised again in the thread that brought the job)
            self.error = error


class Database:
    """What the parts of the store share: transactions, the clock, and the one table of the job engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sqlite = engine.dialect.name == "sqlite"
        self._tickets: deque[_Ticket] = deque()
        self._writing = threading.Lock()
        self._insert: Any = sqlite.insert if self._sqlite else postgresql.insert
        self._clock = (
            "(julianday('now') - 2440587.5) * 86400.0"
            if self._sqlite
            else "extract(epoch from clock_timestamp())::double precision"
        )
        self._now: sa.ColumnElement[float] = sa.literal_column(self._clock)
        self._workflow = sa.table(
            "workflow_status",
            *map(sa.column, ("workflow_uuid", "status", "executor_id", "queue_name", "created_at")),
            schema=None if self._sqlite else "dbos",
        )

    @property
    def engine(self) -> Engine:
        """The connections that this was made with, for the queue to share."""
        return self._engine

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give a connection whose writes are all on disk after the block, or none is. Raises DatabaseAway."""
        with mapped_errors(), self._engine.begin() as connection:
            yield connection

    def write(self, job: Callable[[Connection], T]) -> T:
        """Run `job` in a transaction and return what it gives, once that is on disk. Raises DatabaseAway.

        On SQLite, jobs that threads bring meanwhile share the next transaction, each behind its own savepoint: the wait
        for the disk is what limits a file with one writer.
        """
        if not self._sqlite:
            with self.transaction() as connection:
                return job(connection)
        ticket = _Ticket(job=job)
        self._tickets.append(ticket)
        with self._writing:
            if not ticket.settled:  # else it went with the transaction of the thread before
                self._settle([self._tickets.popleft() for _ in range(len(self._tickets))])
        if ticket.error:
            raise ticket.error
        return cast("T", ticket.result)

    def _settle(self, tickets: Sequence[_Ticket]) -> None:
        try:
            with self.transaction() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # a savepoint alone would begin no transaction
                if len(tickets) == 1:
                    tickets[0].result = tickets[0].job(connection)
                else:
                    for ticket in tickets:
                        ticket.run(connection)
        except BaseException as error:  # noqa: BLE001 (each thread raises it for its own job)
            for ticket in tickets:
                ticket.error = error
        finally:
            for ticket in tickets:
                ticket.settled = True

    def ping(self) -> None:
        """Raise DatabaseAway unless the database can be written and is migrated."""
        with self.transaction() as connection:
            connection.execute(sa.update(lease).where(lease.c.name == "").values(until_at=0.0))
