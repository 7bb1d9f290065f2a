"""From an event to what is stored: the delivery, the newest generation and the job, in one transaction.

Knows nothing of HTTP and nothing of GitHub's payloads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from reviewer.jobs import Queue
from reviewer.server.events import Closed, Event, FixesWanted, Forgotten, Ignored, Rerequested, ReviewWanted, RunEnded
from reviewer.store import Admission, Connection, Store

DUPLICATE = "stored before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a delivery: enqueued (`reviews`), closed, forgotten or ignored (`why`), or stored before."""

    outcome: str
    reviews: tuple[str, ...] = ()
    why: str = ""


def take_in(store: Store, queue: Queue, delivery_id: str, name: str, event: Event) -> Taken:
    """Store a delivery and all that follows from it, or nothing. The same delivery again does nothing.

    Raises DatabaseAway, after which it is as if it had never come.
    """

    def job(connection: Connection) -> Taken:
        if not store.record_delivery(connection, delivery_id, name, "enqueued"):
            return Taken(outcome=DUPLICATE)
        taken = _follow(store, queue, connection, event)
        if taken.outcome != "enqueued":
            store.set_outcome(connection, delivery_id, taken.outcome)
        return taken

    return store.write(job)


def _follow(  # noqa: PLR0911 (one return an event)
    store: Store, queue: Queue, connection: Connection, event: Event
) -> Taken:
    match event:
        case ReviewWanted():
            admission = store.admit(connection, event.request, as_of=event.as_of)
            return _enqueue(queue, connection, (admission,))
        case FixesWanted():
            return _enqueue(queue, connection, (store.start(connection, event.request),))
        case Rerequested():
            return _enqueue(queue, connection, _again(store, connection, event))
        case RunEnded():
            return _enqueue(queue, connection, store.look_again(connection, event.repository_id, event.head_sha))
        case Closed():
            store.close(connection, event.key, as_of=event.as_of)
            return Taken(outcome="closed")
        case Forgotten():
            store.forget(connection, event.installation_id, event.repository_ids)
            return Taken(outcome="forgotten")
        case Ignored():
            return Taken(outcome="ignored", why=event.why)
        case _:
            assert_never(event)


def _again(store: Store, connection: Connection, event: Rerequested) -> tuple[Admission, ...]:
    fallbacks = {request.key: request for request in event.fallbacks}
    keys = {*event.keys, *store.keys_of(connection, event.repository_id, event.head_sha)}
    return tuple(store.admit_again(connection, key, fallbacks.get(key)) for key in sorted(keys))


def _enqueue(queue: Queue, connection: Connection, admissions: tuple[Admission, ...]) -> Taken:
    requests = [admission.request for admission in admissions if admission.request]
    if not requests:
        return Taken(outcome="ignored", why=", ".join(sorted({a.why for a in admissions})) or "nothing known to review")
    return Taken(outcome="enqueued", reviews=tuple(queue.enqueue(connection, request) for request in requests))
