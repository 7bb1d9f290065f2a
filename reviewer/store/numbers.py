"""What operators look at, and the tidying that keeps it small: counts outlive the rows that were counted."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reviewer.model import Subject
from reviewer.store.database import Database
from reviewer.store.tables import delivery, head, review, sought, step, tally, worker

DAY = 86400.0
WAITING = ("ENQUEUED", "PENDING", "DELAYED")
_SHORT_LIVED = (Subject.MERGE_GROUP.value, Subject.FIXES.value, Subject.PLAN.value)
SECONDS_BUCKETS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)


class Numbers(Database):
    """Part of the store."""

    def queue_depths(self, queue: str) -> dict[str, int]:
        """Return the number of jobs in `queue` by the engine's status, for those that are not over."""
        workflow = self._workflow.c
        waiting = (workflow.queue_name == queue, workflow.status.in_(WAITING))
        query = sa.select(workflow.status, sa.func.count()).where(*waiting).group_by(workflow.status)
        with self.transaction() as connection:
            found = {row[0]: int(row[1]) for row in connection.execute(query)}
        return {status: found.get(status, 0) for status in WAITING}

    def oldest_queued_age(self, queue: str) -> float:
        """Return seconds since the oldest job that still waits for a worker was queued; 0 if none waits."""
        workflow = self._workflow.c
        waiting = (workflow.queue_name == queue, workflow.status == "ENQUEUED")
        query = sa.select(self._now - sa.func.min(workflow.created_at) / 1000.0).where(*waiting)
        with self.transaction() as connection:
            return max(0.0, float(connection.execute(query).scalar() or 0.0))

    def delivery_counts(self) -> Mapping[tuple[str, str], float]:
        """Return how many deliveries there ever were by (event, outcome)."""
        query = sa.select(delivery.c.event, delivery.c.outcome, sa.func.count()).group_by(
            delivery.c.event, delivery.c.outcome
        )
        counts = {(event, outcome): total for event, outcome, total in self._totals("delivery")}
        with self.transaction() as connection:
            for event, outcome, count in connection.execute(query):
                counts[event, outcome] = counts.get((event, outcome), 0) + count
        return counts

    def review_times(self) -> dict[str, tuple[dict[str, float], float]]:
        """Return for every outcome of a review (count by upper bound of seconds from event to end, sum of seconds)."""
        times: dict[str, tuple[dict[str, float], float]] = {}
        for outcome, _, seconds in self._totals("review_seconds"):
            times[outcome] = ({}, seconds)
        for outcome, bound, count in self._totals("review_bucket"):
            times[outcome][0][bound] = count
        return times

    def tidy(self, days: float) -> None:
        """Forget deliveries, finished reviews, closed heads and lost workers older than `days`; their counts stay."""
        with self.transaction() as connection:
            limit = float(connection.execute(sa.select(self._now)).scalar_one()) - days * DAY
            old = delivery.c.received_at < limit
            columns = (delivery.c.event, delivery.c.outcome)
            for event, outcome, count in connection.execute(
                sa.select(*columns, sa.func.count()).where(old).group_by(*columns)
            ).all():
                self._count(connection, "delivery", event, outcome, count)
            connection.execute(sa.delete(delivery).where(old))
            gone = sa.and_(head.c.changed_at < limit, sa.or_(~head.c.open, head.c.subject.in_(_SHORT_LIVED)))
            connection.execute(sa.delete(head).where(gone))
            newest = sa.select(head.c.review_id).where(head.c.review_id.is_not(None))
            connection.execute(sa.delete(review).where(review.c.requested_at < limit, review.c.id.notin_(newest)))
            for table in (step, sought):
                connection.execute(sa.delete(table).where(table.c.review_id.notin_(sa.select(review.c.id))))
            connection.execute(sa.delete(worker).where(worker.c.beat_at < limit))

    def _totals(self, metric: str) -> list[tuple[str, str, float]]:
        query = sa.select(tally.c.first, tally.c.second, tally.c.total).where(tally.c.metric == metric)
        with self.transaction() as connection:
            return [(first, second, total) for first, second, total in connection.execute(query)]

    def _count(self, connection: Connection, metric: str, first: str, second: str, more: float) -> None:
        row = self._insert(tally).values(metric=metric, first=first, second=second, total=more)
        connection.execute(
            row.on_conflict_do_update(
                index_elements=["metric", "first", "second"], set_={"total": tally.c.total + row.excluded.total}
            )
        )
