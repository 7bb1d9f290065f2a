"""Which plan of the repository's own workflow a review looked for and found: a name and a number, never the plan.

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
    """What a review looked for: the artifact's name, and the id of the newest one that it knows of."""

    name: str
    artifact: int | None


class Plans(Heads):
    """Part of the store."""

    def note_plan(self, review_id: str, name: str, artifact: int | None) -> None:
        """Note what a review looks for, and what it found."""
        with self.transaction() as connection:
            self._note(connection, review_id, name, artifact)

    def sought_plan(self, request: ReviewRequest) -> Sought | None:
        """Return what the newest review of the pull request of `request` looked for at its head, if it did yet."""
        query = sa.select(sought).join(head, head.c.review_id == sought.c.review_id)
        here = (head.c.key == _review_key(request), head.c.head_sha == request.head_sha, head.c.open)
        with self.transaction() as connection:
            row = connection.execute(query.where(*here)).one_or_none()
        return None if row is None else Sought(name=row.name, artifact=row.artifact_id)

    def look_again(self, connection: Connection, repository_id: int, head_sha: Sha) -> tuple[Admission, ...]:
        """Start a look for the plan of each pull request that is open at `head_sha` and was looked for already."""
        query = sa.select(head.c.request).join(sought, head.c.review_id == sought.c.review_id).order_by(head.c.key)
        here = (head.c.repository_id == repository_id, head.c.head_sha == head_sha, head.c.open)
        found = connection.execute(query.where(*here, head.c.subject == Subject.PULL_REQUEST.value)).scalars().all()
        return tuple(self.start(connection, dataclasses.replace(decode(row), subject=Subject.PLAN)) for row in found)

    def admit_for_plan(self, connection: Connection, request: ReviewRequest, artifact: int) -> Admission:
        """Start another review of the pull request of `request`, unless that knows of `artifact` already."""
        row = self._locked_head(connection, _review_key(request))
        if not row.open or row.head_sha != request.head_sha:
            return Admission(request=None, why="closed or gone on")
        known = connection.execute(sa.select(sought).where(sought.c.review_id == row.review_id)).one_or_none()
        if known is None or (known.artifact_id or 0) >= artifact:
            return Admission(request=None, why="knows of it")
        admission = self._next(connection, row, decode(row.request), row.as_of)
        if admission.request:
            self._note(connection, admission.request.id, known.name, artifact)
        return admission

    def _note(self, connection: Connection, review_id: str, name: str, artifact: int | None) -> None:
        row = self._insert(sought).values(review_id=review_id, name=name, artifact_id=artifact)
        newer = sa.case(
            (sa.func.coalesce(row.excluded.artifact_id, 0) > sa.func.coalesce(sought.c.artifact_id, 0), artifact),
            else_=sought.c.artifact_id,
        )
        values = {"name": name, "artifact_id": newer}
        connection.execute(row.on_conflict_do_update(index_elements=["review_id"], set_=values))


def _review_key(request: ReviewRequest) -> str:
    return dataclasses.replace(request, subject=Subject.PULL_REQUEST).key
