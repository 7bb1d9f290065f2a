"""The tables: deliveries, the newest generation of everything reviewed, reviews and their finished steps, workers."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()

delivery = sa.Table(
    "delivery",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("received_at", sa.Double, nullable=False, index=True),
)
head = sa.Table(
    "head",
    METADATA,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Column("subject", sa.Text),
    sa.Column("installation_id", sa.BigInteger, index=True),
    sa.Column("repository_id", sa.BigInteger, index=True),
    sa.Column("head_sha", sa.Text),
    sa.Column("review_id", sa.Text),
    sa.Column("workflow_id", sa.Text),
    sa.Column("request", sa.Text),
    sa.Column("as_of", sa.Double),
    sa.Column("changed_at", sa.Double),
)
review = sa.Table(
    "review",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("requested_at", sa.Double, nullable=False, index=True),
    sa.Column("turn", sa.BigInteger, nullable=False, default=1),
    sa.Column("starts", sa.BigInteger, nullable=False, default=0),
    sa.Column("tries", sa.BigInteger, nullable=False, default=0),
    sa.Column("failure", sa.Text),
    sa.Column("outcome", sa.Text),
    sa.Column("examination", sa.LargeBinary),
)
step = sa.Table(
    "step",
    METADATA,
    sa.Column("review_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("result", sa.Text, nullable=False),
)
sought = sa.Table(  # artifacts that a review looked for, by name, and the newest of each that it knows of, by number
    "sought_artifact",
    METADATA,
    sa.Column("review_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("artifact_id", sa.BigInteger),
)
worker = sa.Table(
    "worker",
    METADATA,
    sa.Column("executor_id", sa.Text, primary_key=True),
    sa.Column("beat_at", sa.Double, nullable=False),
)
lease = sa.Table(
    "lease",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("until_at", sa.Double, nullable=False),
)
tally = sa.Table(  # what is counted for ever, while its rows are not kept
    "tally",
    METADATA,
    sa.Column("metric", sa.Text, primary_key=True),
    sa.Column("first", sa.Text, primary_key=True),
    sa.Column("second", sa.Text, primary_key=True),
    sa.Column("total", sa.Double, nullable=False),
)
