from __future__ import annotations

import hashlib
import hmac
import io
import itertools
import json
import os
import sqlite3
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import create_app
from reviewer.jobs import QUEUE
from reviewer.server.webhook import MAX_BODY_BYTES, is_signed
from tests.durable import SECRETS, A, C, settings_in
from tests.server import payloads

_numbers = itertools.count()


def sign(body, secret=SECRETS[0]):
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(client, payload, *, event="pull_request", **headers):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    given = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": f"delivery-{next(_numbers)}",
        "X-Hub-Signature-256": sign(body),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return client.post(
        "/webhook", data=body, headers={name: value for name, value in given.items() if value is not None}
    )


def waiting(behind):
    return sum(behind.store.queue_depths(QUEUE).values())


def test_a_delivery_is_stored_and_its_review_waits(client, behind):
    answer = post(client, payloads.pull_request(), X_GitHub_Delivery="72d3162e-cc78-11e3-81ab-4c9367dc0958")
    assert answer.status_code == 202
    assert answer.json == {
        "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "outcome": "enqueued",
        "reviews": ["rv:5#1:00000001"],
    }
    assert waiting(behind) == 1


def test_the_same_delivery_again_does_nothing(client, behind):
    first = post(client, payloads.pull_request(), X_GitHub_Delivery="one")
    again = post(client, payloads.pull_request(head=C), X_GitHub_Delivery="one")
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json["delivery"] == "one"
    assert waiting(behind) == 1


def test_the_same_delivery_at_the_same_time_is_one_review(client, behind):
    app, answers = client.application, []
    threads = [
        threading.Thread(
            target=lambda: answers.append(post(app.test_client(), payloads.pull_request(), X_GitHub_Delivery="x"))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {202}
    assert waiting(behind) == 1


def test_two_events_for_one_head_are_one_review(client, behind):
    post(client, payloads.pull_request("opened"))
    answer = post(client, payloads.pull_request("synchronize"))
    assert (answer.status_code, answer.json["outcome"]) == (202, "ignored")
    assert waiting(behind) == 1


def test_each_configured_secret_is_good(client):
    body = json.dumps(payloads.pull_request()).encode()
    for secret in SECRETS:
        assert post(client, body, X_Hub_Signature_256=sign(body, secret)).status_code == 202


BODY = json.dumps(payloads.pull_request()).encode()


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        sign(BODY)[:-1],
        sign(BODY) + "0",
        sign(BODY).upper(),
        sign(BODY).removeprefix("sha256="),
        "sha1=" + hmac.new(SECRETS[0].encode(), BODY, hashlib.sha1).hexdigest(),
        sign(BODY, "third-secret"),
        sign(BODY + b" "),
        "sha256=é" + "0" * 63,
    ],
)
def test_a_signature_that_is_missing_cut_or_wrong_is_refused(client, behind, signature):
    answer = post(client, BODY, X_Hub_Signature_256=signature)
    assert answer.status_code == 401
    assert answer.json == {"error": "the signature is missing or wrong"}
    assert waiting(behind) == 0


def test_nothing_is_parsed_before_the_signature(client):
    answer = post(client, b"{not json", X_Hub_Signature_256="sha256=00", X_GitHub_Event="?", X_GitHub_Delivery="?")
    assert answer.status_code == 401


@given(body=st.binary(), signature=st.text(), keys=st.lists(st.binary(min_size=1), min_size=1, max_size=3))
def test_only_the_digest_under_a_key_is_a_signature(body, signature, keys):
    assert not is_signed(body, signature, keys)
    assert is_signed(body, "sha256=" + hmac.new(keys[-1], body, hashlib.sha256).hexdigest(), keys)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 200_000, b"1" * 5000, b"nope"])
def test_a_body_that_is_not_json_is_a_bad_request(client, body):
    answer = post(client, body)
    assert answer.status_code == 400
    assert answer.json == {"error": "the body is not JSON"}


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null"])
def test_a_body_that_is_not_an_object_is_a_bad_request(client, body):
    assert post(client, body).json == {"error": "the payload is not an object"}


def test_a_known_event_with_a_missing_field_is_a_bad_request_that_names_it(client, behind):
    payload = payloads.pull_request()
    del payload["pull_request"]["head"]
    answer = post(client, payload)
    assert answer.status_code == 400
    assert "pull_request.head.sha" in answer.json["error"]
    assert behind.store.delivery_counts() == {}


def test_an_unknown_event_is_stored_and_ignored(client, behind):
    answer = post(client, {"action": "created", "anything": ["goes"]}, event="sponsorship")
    assert (answer.status_code, answer.json["outcome"]) == (202, "ignored")
    assert behind.store.delivery_counts() == {("sponsorship", "ignored"): 1}


@pytest.mark.parametrize("header", ["X_GitHub_Event", "X_GitHub_Delivery"])
@pytest.mark.parametrize("value", [None, "", "a b", "é", "x" * 200])
def test_a_delivery_without_its_headers_is_a_bad_request(client, header, value):
    answer = post(client, payloads.pull_request(), **{header: value})
    assert answer.status_code == 400
    assert header.replace("_", "-") in answer.json["error"]


def test_a_body_over_the_limit_is_too_large(client):
    assert post(client, b" " * (MAX_BODY_BYTES + 1), X_Hub_Signature_256="sha256=00").status_code == 413


def test_a_body_over_the_limit_that_does_not_say_so_is_too_large(client):
    answer = client.post(
        "/webhook",
        input_stream=io.BytesIO(b" " * (MAX_BODY_BYTES + 1)),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413


def test_a_body_of_the_limit_is_heard(client):
    payload = payloads.pull_request()
    payload["filler"] = " " * (MAX_BODY_BYTES - len(json.dumps(payload | {"filler": ""})))
    body = json.dumps(payload).encode()
    assert len(body) == MAX_BODY_BYTES
    assert post(client, body).status_code == 202


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_other_methods_are_refused(client, method):
    answer = getattr(client, method)("/webhook")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert "error" in answer.json


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", None])
def test_another_content_type_is_refused_with_advice(client, kind):
    answer = post(client, b"payload=%7B%7D", Content_Type=kind)
    assert answer.status_code == 415
    assert "application/json" in answer.json["error"]


def test_a_database_that_is_not_there_makes_github_come_again(tmp_path):
    client = create_app(settings_in(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/no/such/folder/x.db")).test_client()
    answer = post(client, payloads.pull_request())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "error" in answer.json


def test_a_database_that_is_not_migrated_makes_github_come_again(tmp_path):
    assert post(create_app(settings_in(tmp_path)).test_client(), payloads.pull_request()).status_code == 503


def test_a_postgres_that_is_away_makes_github_come_again(tmp_path):
    client = create_app(settings_in(tmp_path, DATABASE_URL="postgresql://u:p@127.0.0.1:1/x")).test_client()
    assert post(client, payloads.pull_request()).status_code == 503


def test_a_database_that_cannot_be_written_makes_github_come_again(client, behind):
    database = behind.settings.data_dir / "plumbrule.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TRIGGER broken BEFORE INSERT ON review BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    connection.close()
    assert post(client, payloads.pull_request(), X_GitHub_Delivery="kept").status_code == 503
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TRIGGER broken")
    connection.close()
    assert post(client, payloads.pull_request(), X_GitHub_Delivery="kept").json["outcome"] == "enqueued"


@pytest.mark.slow
def test_a_database_that_stays_locked_makes_github_come_again(client, behind):
    lock = sqlite3.connect(behind.settings.data_dir / "plumbrule.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        assert post(client, payloads.pull_request()).status_code == 503
    finally:
        lock.close()
    assert post(client, payloads.pull_request()).status_code == 202


def test_one_bad_delivery_takes_no_other_down_with_it(client, behind):
    """They may share a transaction: the broken one must be the only one that is not stored."""
    connection = sqlite3.connect(behind.settings.data_dir / "plumbrule.db")
    connection.execute(
        "CREATE TRIGGER broken BEFORE INSERT ON delivery WHEN new.id = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    connection.commit()
    connection.close()
    app, answers = client.application, {}

    def deliver(number):
        name = "bad" if number == 5 else f"good-{number}"
        payload = payloads.pull_request(number=number + 1)
        answers[name] = post(app.test_client(), payload, X_GitHub_Delivery=name).status_code

    threads = [threading.Thread(target=deliver, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.pop("bad") == 503
    assert set(answers.values()) == {202}
    assert waiting(behind) == 11


def test_a_closed_pull_request_waits_no_more(client, behind):
    post(client, payloads.pull_request())
    assert post(client, payloads.pull_request("closed")).json["outcome"] == "closed"
    assert waiting(behind) == 0


def test_a_newer_head_takes_the_place_of_the_older(client, behind):
    post(client, payloads.pull_request())
    answer = post(client, payloads.pull_request("synchronize", head=C))
    assert answer.json["reviews"] == ["rv:5#1:00000002"]
    assert waiting(behind) == 1


def test_a_rerun_reviews_the_same_head_again(client, behind):
    post(client, payloads.pull_request(head=C))
    answer = post(client, payloads.check("check_run", external_id="rv:5#1:00000001"), event="check_run")
    assert answer.json["reviews"] == ["rv:5#1:00000002"]
    review = behind.store.begin("rv:5#1:00000002", 1)
    assert review.request.head_sha == C  # the newest head, whichever commit the button was pressed on


def test_a_rerun_of_a_forks_suite_is_found_by_its_head(client):
    post(client, payloads.pull_request(head=C))
    answer = post(client, payloads.check("check_suite", head=C), event="check_suite")
    assert answer.json["reviews"] == ["rv:5#1:00000002"]


def test_a_rerun_of_what_was_never_heard_of_is_reviewed_as_github_tells_it(client, behind):
    answer = post(client, payloads.check("check_run", pull_requests=(4,)), event="check_run")
    assert answer.json["reviews"] == ["rv:5#4:00000001"]
    assert behind.store.begin("rv:5#4:00000001", 1).request.head_sha == A


def test_a_rerun_of_a_suite_that_nobody_knows_is_ignored(client):
    answer = post(client, payloads.check("check_suite"), event="check_suite")
    assert (answer.status_code, answer.json["outcome"]) == (202, "ignored")


def test_a_rerun_of_a_closed_pull_request_is_ignored(client, behind):
    post(client, payloads.pull_request())
    post(client, payloads.pull_request("closed"))
    assert post(client, payloads.check("check_run", pull_requests=(1,)), event="check_run").json["outcome"] == "ignored"
    assert waiting(behind) == 0


def test_an_older_event_that_comes_late_supersedes_nothing(client, behind):
    post(client, payloads.pull_request("synchronize", head=C, updated_at="2026-01-01T00:01:00Z"))
    late = post(client, payloads.pull_request("opened", head=A, updated_at="2026-01-01T00:00:00Z"))
    assert late.json["outcome"] == "ignored"
    assert behind.store.begin("rv:5#1:00000001", 1).request.head_sha == C


def test_a_reopened_pull_request_is_reviewed_again(client, behind):
    for action in ("opened", "closed", "reopened"):
        post(client, payloads.pull_request(action))
    assert waiting(behind) == 1


def test_ready_for_review_is_another_review(client):
    post(client, payloads.pull_request(draft=True))
    assert post(client, payloads.pull_request("ready_for_review")).json["reviews"] == ["rv:5#1:00000002"]


def test_an_installation_that_ends_takes_its_reviews_along(client, behind):
    post(client, payloads.pull_request())
    post(client, payloads.pull_request(number=2) | {"installation": {"id": 10}})
    post(client, {"action": "deleted", "installation": {"id": 9}}, event="installation")
    assert waiting(behind) == 1


def test_repositories_that_are_taken_away_take_their_reviews_along(client, behind):
    post(client, payloads.pull_request())
    gone = {"action": "removed", "installation": {"id": 9}, "repositories_removed": [{"id": 6}]}
    post(client, gone, event="installation_repositories")
    assert waiting(behind) == 1
    gone["repositories_removed"] = [{"id": 5}]
    post(client, gone, event="installation_repositories")
    assert waiting(behind) == 0


def test_answers_say_nothing_of_the_payload(client):
    marker = "hunter" + os.urandom(4).hex()
    payload = payloads.pull_request(head=marker)
    for answer in (
        post(client, payload),
        post(client, marker.encode()),
        post(client, payload, X_Hub_Signature_256="sha256=00"),
        post(client, payload, X_GitHub_Event=f"{marker}!"),
    ):
        assert 400 <= answer.status_code < 500
        assert marker not in answer.get_data(as_text=True)
