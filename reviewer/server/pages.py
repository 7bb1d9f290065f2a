"""What operators and their machines look at: /healthz, /readyz, /metrics, and the form of every error.

All numbers are read from the database when they are asked for, so any number of web processes tell the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import structlog
from flask import Blueprint, Flask, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from werkzeug.exceptions import HTTPException, InternalServerError

from reviewer.jobs import QUEUE
from reviewer.store import SECONDS_BUCKETS, DatabaseAway, Store

MAX_HEARTBEAT_AGE = 30.0
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

log = structlog.get_logger()


def build_pages(store: Store) -> Blueprint:
    """Return the routes for operators."""
    blueprint = Blueprint("pages", __name__)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Numbers(store))

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="alive")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        reasons = why_not_ready(store)
        if reasons:
            return jsonify(status="not ready", reasons=reasons), 503
        return jsonify(status="ready"), 200

    @blueprint.get("/metrics")
    def metrics() -> tuple[Response, int]:
        try:
            return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST), 200
        except DatabaseAway as error:
            return jsonify(error=str(error)), 503

    return blueprint


def why_not_ready(store: Store) -> list[str]:
    """Return what keeps a delivery from becoming a review, one sentence each; empty when ready."""
    try:
        store.ping()
        age = store.heartbeat_age()
    except DatabaseAway as error:
        return [str(error)]
    if age is None:
        return ["no worker has started"]
    return [f"no worker was alive in the last {age:.0f} seconds"] if age > MAX_HEARTBEAT_AGE else []


def answer_in_json(app: Flask) -> None:
    """Make every error a JSON object with `error`, and give every answer the security headers."""

    @app.errorhandler(HTTPException)
    def expected(error: HTTPException) -> tuple[Response, int]:
        answer = jsonify(error=error.description or error.name)
        if allow := dict(error.get_headers()).get("Allow"):
            answer.headers["Allow"] = allow
        return answer, error.code or 500

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> tuple[Response, int]:
        log.error("request failed", exc_info=error)
        return expected(InternalServerError())

    @app.after_request
    def secure(answer: Response) -> Response:
        answer.headers.update(SECURITY_HEADERS)
        return answer


class _Numbers(Collector):
    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterable[Metric]:
        yield self._deliveries()
        yield from self._queue()
        yield from self._reviews()
        age = self._store.heartbeat_age()
        text = "Seconds since a worker was last alive; -1 if none ever was."
        yield GaugeMetricFamily("plumbrule_worker_heartbeat_age_seconds", text, value=-1.0 if age is None else age)

    def _deliveries(self) -> Metric:
        text = "Webhook deliveries that were stored."
        family = CounterMetricFamily("plumbrule_deliveries", text, labels=["event", "outcome"])
        for labels, count in sorted(self._store.delivery_counts().items()):
            family.add_metric(labels, count)
        return family

    def _queue(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("plumbrule_queue_depth", "Reviews that are not over.", labels=["status"])
        for status, count in self._store.queue_depths(QUEUE).items():
            family.add_metric([status.lower()], count)
        yield family
        text = "Seconds that the oldest review has waited for a worker."
        yield GaugeMetricFamily("plumbrule_queue_oldest_seconds", text, value=self._store.oldest_queued_age(QUEUE))

    def _reviews(self) -> Iterator[Metric]:
        text = "From the event to the end of its review."
        family = HistogramMetricFamily("plumbrule_review_seconds", text, labels=["conclusion"])
        for conclusion, (counts, seconds) in sorted(self._store.review_times().items()):
            buckets, total = [], 0.0
            for bound in (*map(str, SECONDS_BUCKETS), "+Inf"):
                total += counts.get(bound, 0.0)
                buckets.append((bound, total))
            family.add_metric([conclusion], buckets, sum_value=seconds)
        yield family
