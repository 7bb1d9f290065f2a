"""Which artifacts of the repository's own workflow a review looked for and found: names and numbers, never the plan.

A review notes the name before it looks. So whoever hears later that a workflow ended knows whether that review can
still find the plan by itself (nothing noted), or has looked too early and must be made again.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reviewer.model import ReviewRequest, Sha, Subject
from reviewer.store.heads import Admission, Heads, decode
from reviewer.store.tables import head, sought


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What a review looked for: an artifact's name, and the id of the newest one that it knows of."""

    name: str
    artifact: int | None


class Plans(Heads):
    """Part of the store."""

    def note_plan(self, review_id: str, name: str, artifact: int | None) -> None:
        """Note what a review looks for, and what it found."""
        with self.transaction() as connection:
            self._note(connection, review_id, name, artifact)

    def sought_plans(self, request: ReviewRequest) -> tuple[Sought, ...]:
        """Return what the newest review of the pull request of `request` looked for at its head so far."""
        query = sa.select(sought).join(head, head.c.review_id == sought.c.review_id)
        here = (head.c.key == _review_key(request), head.c.head_sha == request.head_sha, head.c.open)
        with self.transaction() as connection:
            rows = connection.execute(query.where(*here).order_by(sought.c.name)).all()
        return tuple(Sought(name=row.name, artifact=row.artifact_id) for row in rows)

    def look_again(self, connection: Connection, repository_id: int, head_sha: Sha) -> tuple[Admission, ...]:
        """Start a look for the plan of each pull request that is open at `head_sha` and was looked for already."""
        looked = head.c.review_id.in_(sa.select(sought.c.review_id))
        query = sa.select(head.c.request).where(looked).order_by(head.c.key)
        here = (head.c.repository_id == repository_id, head.c.head_sha == head_sha, head.c.open)
        found = connection.execute(query.where(*here, head.c.subject == Subject.PULL_REQUEST.value)).scalars().all()
        return tuple(self.start(connection, dataclasses.replace(decode(row), subject=Subject.PLAN)) for row in found)

    def admit_for_plan(self, connection: Connection, request: ReviewRequest, name: str, artifact: int) -> Admission:
        """Start another review of the pull request of `request`, unless that knows of `artifact` already."""
        row = self._locked_head(connection, _review_key(request))
        if not row.open or row.head_sha != request.head_sha:
            return Admission(request=None, why="closed or gone on")
        here = (sought.c.review_id == row.review_id, sought.c.name == name)
        known = connection.execute(sa.select(sought).where(*here)).one_or_none()
        if known is None or (known.artifact_id or 0) >= artifact:
            return Admission(request=None, why="knows of it")
        admission = self._next(connection, row, decode(row.request), row.as_of)
        if admission.request:
            self._note(connection, admission.request.id, name, artifact)
        return admission

    def _note(self, connection: Connection, review_id: str, name: str, artifact: int | None) -> None:
        row = self._insert(sought).values(review_id=review_id, name=name, artifact_id=artifact)
        newer = sa.case(
            (sa.func.coalesce(row.excluded.artifact_id, 0) > sa.func.coalesce(sought.c.artifact_id, 0), artifact),
            else_=sought.c.artifact_id,
        )
        keys = ["review_id", "name"]
        connection.execute(row.on_conflict_do_update(index_elements=keys, set_={"artifact_id": newer}))


def _review_key(request: ReviewRequest) -> str:
    return dataclasses.replace(request, subject=Subject.PULL_REQUEST).key
