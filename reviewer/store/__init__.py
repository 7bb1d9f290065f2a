"""What is remembered: the only import of SQLAlchemy, for SQLite and PostgreSQL alike.

Knows the one table of the job engine that tells who runs what, and nothing else of it. Times are seconds since 1970 by
the database's own clock, so that machines need not agree on theirs. In reading order: `tables`, `database`
(transactions), `heads` (what the web process writes), `plans`, `reviews` (what the worker writes), `workers`,
`numbers`.
"""

from __future__ import annotations

from reviewer.store.database import Connection, DatabaseAway, Engine, mapped_errors, migrate, open_engine
from reviewer.store.heads import Admission
from reviewer.store.numbers import DAY, SECONDS_BUCKETS
from reviewer.store.plans import Plans, Sought
from reviewer.store.reviews import Review, Reviews
from reviewer.store.workers import Workers

__all__ = [
    "DAY",
    "SECONDS_BUCKETS",
    "Admission",
    "Connection",
    "DatabaseAway",
    "Engine",
    "Review",
    "Sought",
    "Store",
    "mapped_errors",
    "migrate",
    "open_engine",
]


class Store(Plans, Reviews, Workers):
    """Everything that is written to or read from our tables."""
