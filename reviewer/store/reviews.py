"""Reviews under way and their finished steps: what the worker writes."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reviewer.model import ReviewRequest
from reviewer.store.heads import decode
from reviewer.store.numbers import SECONDS_BUCKETS, Numbers
from reviewer.store.tables import review as reviews
from reviewer.store.tables import step

_UNDER_WAY = ("request", "turn", "starts", "tries", "failure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A review under way, as the worker left it."""

    request: ReviewRequest
    turn: int  # counts up every time that the review is put off to a later time
    starts: int  # times it was begun since it last got anywhere: a worker may have died of it
    tries: int  # times in a row that its current step failed for a passing reason
    failure: tuple[str, str] | None  # (kind, message) once it was given up


class Reviews(Numbers):
    """Part of the store."""

    def begin(self, review_id: str, turn: int) -> Review | None:
        """Count another start of a review and return it; None if it is over or has gone on to a later turn."""
        mine = (reviews.c.id == review_id, reviews.c.turn == turn, reviews.c.outcome.is_(None))
        begun = sa.update(reviews).where(*mine).values(starts=reviews.c.starts + 1)
        with self.transaction() as connection:
            row = connection.execute(begun.returning(*(reviews.c[name] for name in _UNDER_WAY))).one_or_none()
        if row is None:
            return None
        failure = tuple(json.loads(row.failure)) if row.failure else None
        return Review(request=decode(row.request), turn=row.turn, starts=row.starts, tries=row.tries, failure=failure)

    def unbegin(self, review_id: str) -> None:
        """Take a start back: the worker stopped in good order."""
        with self.transaction() as connection:
            connection.execute(sa.update(reviews).where(reviews.c.id == review_id).values(starts=0))

    def put_off(self, connection: Connection, review: Review, *, tries: int) -> int:
        """Note that a review failed `tries` times in a row so far, and return the number of its next turn."""
        values = {"turn": review.turn + 1, "tries": tries, "starts": 0}
        connection.execute(sa.update(reviews).where(reviews.c.id == review.request.id).values(values))
        return review.turn + 1

    def fail(self, review: Review, kind: str, message: str) -> Review:
        """Note that a review was given up and why; its tries count from 0 again, for telling so."""
        failure = (kind, message)
        values = {"failure": json.dumps(failure), "tries": 0}
        with self.transaction() as connection:
            connection.execute(sa.update(reviews).where(reviews.c.id == review.request.id).values(values))
        return dataclasses.replace(review, failure=failure, tries=0)

    def finish(self, request: ReviewRequest, outcome: str) -> None:
        """Close a review and count it as `outcome`. The second time does nothing."""
        mine = (reviews.c.id == request.id, reviews.c.outcome.is_(None))
        closed = sa.update(reviews).where(*mine).values(outcome=outcome).returning(self._now - reviews.c.requested_at)
        with self.transaction() as connection:
            if (row := connection.execute(closed).one_or_none()) is None:
                return
            seconds = max(0.0, float(row[0]))
            connection.execute(sa.delete(step).where(step.c.review_id == request.id))
            bucket = next((str(bound) for bound in SECONDS_BUCKETS if seconds <= bound), "+Inf")
            self._count(connection, "review_bucket", outcome, bucket, 1)
            self._count(connection, "review_seconds", outcome, "", seconds)

    def step_result(self, review_id: str, name: str) -> tuple[Any] | None:
        """Return the result of a finished step in a tuple of one, or None if it is not finished."""
        query = sa.select(step.c.result).where(step.c.review_id == review_id, step.c.name == name)
        with self.transaction() as connection:
            text = connection.execute(query).scalar()
        return None if text is None else (json.loads(text),)

    def finish_step(self, review_id: str, name: str, result: Any) -> tuple[Any]:
        """Store the result of a step; return what `step_result` will. Raises TypeError, ValueError if not JSON."""
        text = json.dumps(result, allow_nan=False)
        row = {"review_id": review_id, "name": name, "result": text}
        with self.transaction() as connection:
            connection.execute(self._insert(step).values(row).on_conflict_do_nothing())
            connection.execute(sa.update(reviews).where(reviews.c.id == review_id).values(starts=1, tries=0))
        return (json.loads(text),)

    def put_examination(self, review_id: str, examination: bytes) -> None:
        """Keep what a review learned, until the review is forgotten."""
        with self.transaction() as connection:
            connection.execute(sa.update(reviews).where(reviews.c.id == review_id).values(examination=examination))

    def get_examination(self, review_id: str) -> bytes | None:
        """Return what `put_examination` kept, if anything."""
        with self.transaction() as connection:
            kept = connection.execute(sa.select(reviews.c.examination).where(reviews.c.id == review_id)).scalar()
        return None if kept is None else bytes(kept)
