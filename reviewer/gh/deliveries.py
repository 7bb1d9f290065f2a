"""Webhooks that GitHub could not deliver: it tries each once, and we ask for the lost ones again.

Reads the App's delivery log. Knows nothing of what the webhooks say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

import structlog

from reviewer.errors import Gone
from reviewer.gh import standing
from reviewer.gh.answers import Ask, Send, items
from reviewer.gh.standing import Delivery

log = structlog.get_logger()

MOST_READ = 5_000
MOST_REDELIVERED = 200
MOST_ATTEMPTS = 5
"""A delivery that failed so often is refused for a reason."""


def failed_deliveries(send_as_app: Send, since: datetime) -> tuple[Delivery, ...]:
    """Return the latest attempt of each webhook since `since` of which none succeeded, oldest first, at most 200.

    Raises Transient, Rejected.
    """
    attempts: defaultdict[str, list[Delivery]] = defaultdict(list)
    for attempt in _log_since(send_as_app, since):
        attempts[attempt.guid].append(attempt)
    lost = [
        max(tried, key=lambda attempt: attempt.delivered_at)
        for tried in attempts.values()
        if len(tried) < MOST_ATTEMPTS and not any(attempt.succeeded for attempt in tried)
    ]
    return tuple(sorted(lost, key=lambda attempt: attempt.delivered_at)[:MOST_REDELIVERED])


def redeliver(send_as_app: Send, delivery_id: int) -> None:
    """Ask GitHub to deliver a webhook again; one that GitHub has forgotten is no error. Raises Transient, Rejected."""
    try:
        send_as_app(Ask(verb="POST", path=f"/app/hook/deliveries/{delivery_id}/attempts"))
    except Gone as error:
        log.info("github.delivery_forgotten", delivery=delivery_id, why=str(error))


def _log_since(send_as_app: Send, since: datetime) -> Iterator[Delivery]:
    """Yield attempts, newest first as GitHub lists them, until they are older than `since`."""
    ask = Ask(verb="GET", path="/app/hook/deliveries", query={"per_page": 100})
    for read, value in enumerate(items(send_as_app, ask)):
        attempt = standing.delivery(value)
        if attempt.delivered_at < since or read >= MOST_READ:
            return
        yield attempt
