from __future__ import annotations

import json

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from reviewer.server.pages import SECURITY_HEADERS
from tests.durable import settings_in, wish


def metrics(client):
    answer = client.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.get_data(as_text=True))
    return {(s.name, *sorted(s.labels.values())): s.value for family in families for s in family.samples}


def test_it_says_that_it_is_alive_whatever_the_database(tmp_path):
    client = create_app(settings_in(tmp_path, DATABASE_URL="postgresql://u:p@127.0.0.1:1/x")).test_client()
    assert client.get("/healthz").json == {"status": "alive"}


def test_it_is_ready_when_a_worker_is_alive(client, behind):
    behind.store.heartbeat("worker-1")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready"})


def test_it_is_not_ready_before_a_worker_started(client):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "not ready", "reasons": ["no worker has started"]}


def test_it_is_not_ready_when_the_last_worker_died(client, behind, connection):
    behind.store.heartbeat("worker-1")
    connection.execute("UPDATE worker SET beat_at = beat_at - 31")
    connection.commit()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "no worker was alive in the last 31 seconds" in answer.json["reasons"]


def test_it_is_not_ready_without_its_database(tmp_path):
    client = create_app(settings_in(tmp_path)).test_client()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["reasons"] == ["the database did not answer: OperationalError"]
    assert client.get("/metrics").status_code == 503


def test_metrics_tell_of_deliveries_and_the_queue(client, behind):
    behind.want(wish(1))
    behind.want(wish(2))
    behind.want(wish(2))
    behind.store.heartbeat("worker-1")
    found = metrics(client)
    assert found["plumbrule_deliveries_total", "enqueued", "pull_request"] == 2
    assert found["plumbrule_deliveries_total", "ignored", "pull_request"] == 1
    assert found["plumbrule_queue_depth", "enqueued"] == 2
    assert found["plumbrule_queue_depth", "pending"] == 0
    assert 0 <= found["plumbrule_queue_oldest_seconds",] < 60
    assert 0 <= found["plumbrule_worker_heartbeat_age_seconds",] < 60


def test_metrics_tell_how_reviews_ended_and_how_long_they_took(client, behind):
    for number, outcome in ((1, "success"), (2, "success"), (3, "failure")):
        behind.want(wish(number))
        review = behind.store.begin(f"rv:5#{number}:00000001", 1)
        behind.store.finish(review.request, outcome)
        behind.store.finish(review.request, outcome)
    found = metrics(client)
    assert found["plumbrule_review_seconds_count", "success"] == 2
    assert found["plumbrule_review_seconds_bucket", "+Inf", "failure"] == 1
    assert found["plumbrule_review_seconds_bucket", "60", "failure"] == 1


def test_counts_never_go_down_when_old_deliveries_are_forgotten(client, behind):
    behind.want(wish(1))
    before = metrics(client)["plumbrule_deliveries_total", "enqueued", "pull_request"]
    behind.store.tidy(days=-1)
    behind.want(wish(2))
    assert metrics(client)["plumbrule_deliveries_total", "enqueued", "pull_request"] == before + 1


@pytest.mark.parametrize("path", ["/", "/nope", "/static/x", "/webhook/", "/healthz/x"])
def test_what_is_not_there_is_said_in_json(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert list(json.loads(answer.data)) == ["error"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/nope", "/webhook"])
def test_every_answer_has_the_security_headers_and_no_version(client, path):
    answer = client.get(path)
    assert SECURITY_HEADERS.items() <= dict(answer.headers).items()
    assert "Server" not in answer.headers


def test_an_error_of_ours_says_nothing(client, caplog):
    @client.application.get("/broken")
    def broken():
        raise RuntimeError("the password is hunter22")

    answer = client.get("/broken")
    assert answer.status_code == 500
    assert "hunter22" not in answer.get_data(as_text=True)
