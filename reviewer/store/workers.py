"""Who is alive, and who does the chores that only one may do."""

from __future__ import annotations

import sqlalchemy as sa

from reviewer.store.database import Database
from reviewer.store.tables import lease, worker


class Workers(Database):
    """Part of the store."""

    def heartbeat(self, executor_id: str) -> None:
        """Say that `executor_id` is alive."""
        row = self._insert(worker).values(executor_id=executor_id, beat_at=self._now)
        with self.transaction() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["executor_id"], set_={"beat_at": self._now}))

    def leave(self, executor_id: str) -> None:
        """Say that `executor_id` is gone: others may take over what it left."""
        with self.transaction() as connection:
            connection.execute(sa.delete(worker).where(worker.c.executor_id == executor_id))

    def heartbeat_age(self) -> float | None:
        """Return seconds since any worker was alive; None if none ever was."""
        with self.transaction() as connection:
            age = connection.execute(sa.select(self._now - sa.func.max(worker.c.beat_at))).scalar()
        return None if age is None else max(0.0, float(age))

    def others_alive(self, executor_id: str, within: float) -> bool:
        """Whether another worker was alive in the last `within` seconds."""
        others = (worker.c.executor_id != executor_id, worker.c.beat_at >= self._now - within)
        with self.transaction() as connection:
            return connection.execute(sa.select(sa.literal(1)).select_from(worker).where(*others)).first() is not None

    def dead_executors(self, within: float) -> tuple[str, ...]:
        """Return who holds running jobs and has not been alive in the last `within` seconds."""
        workflow = self._workflow.c
        alive = sa.select(worker.c.executor_id).where(worker.c.beat_at >= self._now - within)
        query = sa.select(workflow.executor_id).distinct().where(workflow.status == "PENDING")
        with self.transaction() as connection:
            return tuple(connection.execute(query.where(workflow.executor_id.notin_(alive))).scalars())

    def take_lease(self, name: str, seconds: float) -> bool:
        """Whether the caller may do the chore `name` now; nobody else may for `seconds`."""
        until = self._now + seconds
        taken = self._insert(lease).values(name=name, until_at=until)
        taken = taken.on_conflict_do_update(
            index_elements=["name"], set_={"until_at": until}, where=lease.c.until_at <= self._now
        )
        with self.transaction() as connection:
            return connection.execute(taken.returning(lease.c.name)).first() is not None

    def drop_lease(self, name: str, *, after: float = 0.0) -> None:
        """Let anyone do the chore `name` again, `after` some seconds."""
        with self.transaction() as connection:
            connection.execute(sa.update(lease).where(lease.c.name == name).values(until_at=self._now + after))
