"""Deliveries and heads: what the web process writes, in one transaction with the job.

A head is the newest generation of what can be reviewed; it says which review may publish. The statements of every
delivery are prepared once, because building them would take longer than running them.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reviewer.model import Repository, ReviewRequest, Sha, Subject
from reviewer.store.database import Database
from reviewer.store.tables import head

_IDS = ("installation_id", "repository_id", "head_sha", "review_id", "workflow_id")
_SET = ("generation", "open", "subject", *_IDS, "request", "as_of")
_ADVANCE = f"UPDATE head SET {', '.join(f'{c} = :{c}' for c in _SET)}, changed_at = {{now}} WHERE key = :key"  # noqa: S608
_RECORD = """
    INSERT INTO delivery (id, event, outcome, received_at) VALUES (:id, :event, :outcome, {now}) ON CONFLICT DO NOTHING
"""
_HEAD = "SELECT * FROM head WHERE key = :key {lock}"
_NEW_HEAD = "INSERT INTO head (key, generation, open) VALUES (:key, 0, false) ON CONFLICT DO NOTHING"
_NEW_REVIEW = """
    INSERT INTO review (id, key, request, requested_at, turn, starts, tries)
    VALUES (:id, :key, :request, {now}, 1, 0, 0)
"""
# What the engine's own cancel does, but within our transaction: a newer head and the end of the older one are one fact,
# and one wait for the disk.
_CANCEL = """
    UPDATE {workflows} SET status = 'CANCELLED', queue_name = NULL, owner_xid = NULL, started_at_epoch_ms = NULL,
    updated_at = {now_ms}, completed_at = {now_ms}
    WHERE workflow_uuid = :workflow_id AND status IN ('ENQUEUED', 'PENDING', 'DELAYED')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What became of a wish for a review: a `request` with its generation, or why there is none."""

    request: ReviewRequest | None
    why: str = ""


class Heads(Database):
    """Part of the store."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        terms = {
            "now": self._clock,
            "now_ms": f"CAST({self._clock} * 1000 AS BIGINT)",
            "lock": "" if self._sqlite else "FOR UPDATE",
            "workflows": "workflow_status" if self._sqlite else "dbos.workflow_status",
        }
        statements = (_RECORD, _HEAD, _NEW_HEAD, _ADVANCE, _NEW_REVIEW, _CANCEL)
        self._sql = {statement: sa.text(statement.format(**terms)) for statement in statements}

    def record_delivery(self, connection: Connection, delivery_id: str, event: str, outcome: str) -> bool:
        """Store a delivery; False if it was stored before."""
        row = {"id": delivery_id, "event": event, "outcome": outcome}
        return bool(connection.execute(self._sql[_RECORD], row).rowcount)

    def set_outcome(self, connection: Connection, delivery_id: str, outcome: str) -> None:
        """Note what a delivery led to."""
        row = {"id": delivery_id, "outcome": outcome}
        connection.execute(sa.text("UPDATE delivery SET outcome = :outcome WHERE id = :id"), row)

    def admit(self, connection: Connection, wanted: ReviewRequest, *, as_of: float | None) -> Admission:
        """Make `wanted` the newest generation of its key, unless it is that already or older than what is known.

        `as_of` is when GitHub says that the event's state was true, in seconds since 1970, if it says so.
        """
        row = self._locked_head(connection, wanted.key)
        if as_of is not None and row.as_of is not None and as_of < row.as_of:
            return Admission(request=None, why="older than what is known")
        if row.open and dataclasses.replace(wanted, generation=row.generation) == decode(row.request):
            return Admission(request=None, why="already under review")
        return self._next(connection, row, wanted, row.as_of if as_of is None else as_of)

    def admit_again(self, connection: Connection, key: str, fallback: ReviewRequest | None) -> Admission:
        """Start another generation of `key` as it is known, or else of `fallback`."""
        row = self._locked_head(connection, key)
        if row.request and not row.open:
            return Admission(request=None, why="closed")
        if not (wanted := decode(row.request) if row.request else fallback):
            return Admission(request=None, why="nothing known to review")
        return self._next(connection, row, wanted, row.as_of)

    def start(self, connection: Connection, wanted: ReviewRequest) -> Admission:
        """Make `wanted` the newest generation of its key, whatever went before."""
        return self._next(connection, self._locked_head(connection, wanted.key), wanted, None)

    def keys_of(self, connection: Connection, repository_id: int, head_sha: Sha) -> tuple[str, ...]:
        """Return the keys that are open at `head_sha`, and are to be reviewed."""
        here = [head.c.repository_id == repository_id, head.c.head_sha == head_sha, head.c.open]
        here.append(head.c.subject.not_in((Subject.FIXES.value, Subject.PLAN.value)))
        return tuple(connection.execute(sa.select(head.c.key).where(*here)).scalars())

    def close(self, connection: Connection, key: str, *, as_of: float | None) -> bool:
        """Make every review of `key` stale; whether there was one. An older `as_of` than is known does nothing."""
        row = self._locked_head(connection, key)
        if as_of is not None and row.as_of is not None and as_of < row.as_of:
            return False
        values = {"open": False, "generation": row.generation + 1, "changed_at": self._now}
        connection.execute(sa.update(head).where(head.c.key == key).values(**values, as_of=as_of or row.as_of))
        self._cancel(connection, row.workflow_id)
        return bool(row.open)

    def forget(self, connection: Connection, installation_id: int, repository_ids: Sequence[int] | None) -> int:
        """Close all of an installation, or its `repository_ids`; return how many there were."""
        here = [head.c.installation_id == installation_id, head.c.open]
        if repository_ids is not None:
            here.append(head.c.repository_id.in_(repository_ids))
        closed = sa.update(head).where(*here).values(open=False, generation=head.c.generation + 1)
        found = connection.execute(closed.returning(head.c.workflow_id)).scalars().all()
        for workflow_id in sorted(filter(None, found)):
            self._cancel(connection, workflow_id)
        return len(found)

    def assign(self, connection: Connection, request: ReviewRequest, workflow_id: str) -> None:
        """Note which workflow carries `request` now, if it is still the newest."""
        mine = (head.c.key == request.key, head.c.review_id == request.id)
        connection.execute(sa.update(head).where(*mine).values(workflow_id=workflow_id))

    def is_current(self, request: ReviewRequest) -> bool:
        """Whether `request` is the newest generation of its key, and its key is open."""
        newest = (head.c.key == request.key, head.c.generation == request.generation, head.c.open)
        with self.transaction() as connection:
            return connection.execute(sa.select(sa.literal(1)).select_from(head).where(*newest)).first() is not None

    def is_mine(self, request: ReviewRequest, workflow_id: str, executor_id: str) -> bool:
        """Whether `request` is current and `executor_id` runs it: nobody cancelled it or took it over."""
        workflow = self._workflow.c
        newest = (head.c.key == request.key, head.c.generation == request.generation, head.c.open)
        running = (workflow.workflow_uuid == workflow_id, workflow.status == "PENDING")
        query = sa.select(sa.literal(1)).select_from(head.join(self._workflow, sa.true())).where(*newest, *running)
        with self.transaction() as connection:
            return connection.execute(query.where(workflow.executor_id == executor_id)).first() is not None

    def _locked_head(self, connection: Connection, key: str) -> sa.Row[Any]:
        if (row := connection.execute(self._sql[_HEAD], {"key": key}).one_or_none()) is None:
            connection.execute(self._sql[_NEW_HEAD], {"key": key})
            row = connection.execute(self._sql[_HEAD], {"key": key}).one()
        return row

    def _next(self, connection: Connection, row: sa.Row[Any], wanted: ReviewRequest, as_of: float | None) -> Admission:
        request = dataclasses.replace(wanted, generation=row.generation + 1)
        values = {
            "key": request.key,
            "generation": request.generation,
            "open": True,
            "subject": request.subject.value,
            "installation_id": request.repository.installation_id,
            "repository_id": request.repository.id,
            "head_sha": request.head_sha,
            "review_id": request.id,
            "workflow_id": request.id,  # of its first turn
            "request": encode(request),
            "as_of": as_of,
        }
        connection.execute(self._sql[_ADVANCE], values)
        review = {"id": request.id, "key": request.key, "request": values["request"]}
        connection.execute(self._sql[_NEW_REVIEW], review)
        self._cancel(connection, row.workflow_id)
        return Admission(request=request)

    def _cancel(self, connection: Connection, workflow_id: str | None) -> None:
        if workflow_id:
            connection.execute(self._sql[_CANCEL], {"workflow_id": workflow_id})


def encode(request: ReviewRequest) -> str:
    """Return `request` as JSON."""
    return json.dumps(dataclasses.asdict(request))


def decode(text: str) -> ReviewRequest:
    """Return the request that `encode` made a text of."""
    values = json.loads(text)
    values["repository"] = Repository(**values["repository"])
    values["subject"] = Subject(values["subject"])
    return ReviewRequest(**values)
