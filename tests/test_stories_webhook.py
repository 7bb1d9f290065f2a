"""What the front door takes and what it refuses: nothing is believed before its signature."""

import http.client
import json
import uuid
from urllib.parse import urlsplit

import pytest

from tests.fake_github.webhooks import encode, sign
from tests.world import PUBLIC_BUCKET


@pytest.fixture
def post(world):
    """Posts to the webhook, well by default."""

    def post(body=b'{"zen": "x"}', *, event="ping", method="POST", path="/webhook", **headers):
        good = {
            "Content-Type": "application/json",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-Hub-Signature-256": sign(world.github.webhook_secret, body),
        }
        sent = {**good, **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection = http.client.HTTPConnection(urlsplit(world.house.url).netloc, timeout=20)
        connection.request(method, path, body, {name: value for name, value in sent.items() if value is not None})
        with connection.getresponse() as answer:
            text = answer.read().decode()
            connection.close()
            return answer.status, json.loads(text) if text.startswith("{") else text, dict(answer.headers)

    return post


@pytest.mark.parametrize(
    "signature",
    [None, "", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "nonsense", "sha256=" + "é" * 64],
)
def test_a_wrong_or_missing_signature_is_401(post, signature):
    assert post(X_Hub_Signature_256=signature and signature.encode())[0] == 401


def test_a_truncated_signature_is_401(world, post):
    right = sign(world.github.webhook_secret, b"{}")
    assert post(b"{}", X_Hub_Signature_256=right[:-1])[0] == 401
    assert post(b"{}", X_Hub_Signature_256=right)[0] == 202


def test_a_signature_of_other_bytes_is_401(world, post):
    assert post(b'{"a": 1}', X_Hub_Signature_256=sign(world.github.webhook_secret, b'{"a": 2}'))[0] == 401


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[1, 2", b"[" * 100_000])
def test_what_is_not_json_is_400(post, body):
    assert post(body)[0] == 400


@pytest.mark.parametrize("body", [b"[]", b"null", b"3", b'"text"'])
def test_json_that_is_no_object_is_400(post, body):
    assert post(body, event="pull_request")[0] == 400


def test_the_signature_comes_before_the_parsing(post):
    assert post(b"{", X_Hub_Signature_256="sha256=" + "0" * 64)[0] == 401


def test_other_methods_and_types_are_refused(post):
    assert post(method="GET")[0] == 405
    assert post(method="PUT")[0] == 405
    assert post(Content_Type="application/x-www-form-urlencoded")[0] == 415
    assert post(path="/nowhere")[0] == 404


def test_a_body_over_25_megabytes_is_413(post):
    assert post(b" " * ((25 << 20) + 1))[0] == 413


@pytest.mark.parametrize(
    "missing",
    ["repository", "installation", "pull_request", "number", "pull_request.head", "pull_request.head.sha",
     "pull_request.base.sha", "pull_request.base.ref", "repository.id", "repository.full_name", "installation.id"],
)  # fmt: skip
@pytest.mark.slow
def test_a_known_event_with_a_missing_field_never_breaks_the_server(world, post, missing):
    pull = world.open_pull_request({"main.tf": PUBLIC_BUCKET})
    world.work()
    payload = world.github.payloads.pull_request(pull, "opened")
    *path, last = missing.split(".")
    target = payload
    for name in path:
        target = target[name]
    del target[last]
    status, answer, _ = post(encode(payload), event="pull_request")
    assert status in ({202} if missing == "number" else {400})
    assert status == 202 or last in answer["error"]


@pytest.mark.parametrize("value", [None, True, -1, "1", [], {}, 10**40, 1.5])
def test_a_known_event_with_a_field_of_the_wrong_kind_is_400(world, post, value):
    payload = world.github.payloads.pull_request(world.open_pull_request({"main.tf": PUBLIC_BUCKET}), "opened")
    world.work()
    payload["installation"]["id"] = value
    assert post(encode(payload), event="pull_request")[0] == 400


def test_unknown_events_are_taken_and_ignored(world, post):
    status, answer, _ = post(b'{"action": "created"}', event="star")
    assert (status, answer["outcome"]) == (202, "ignored")
    assert answer["delivery"]


def test_a_ping_is_answered(post):
    assert post()[0] == 202


def test_the_same_delivery_again_does_nothing(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    before = len(world.github.requests)
    for delivery in list(world.github.state.deliveries):
        assert world.github.redeliver(delivery).status_code == 202
    world.work()
    assert len(world.github.requests) == before
    assert len(pull.check_runs) == 1


def test_the_same_event_under_two_ids_is_one_review(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    payload = world.github.payloads.pull_request(pull, "opened")
    world.github.deliver("pull_request", payload)
    world.work()
    assert len(pull.check_runs) == 1
    assert len(pull.comments) == 1


@pytest.mark.parametrize("action", ["labeled", "assigned", "locked", "auto_merge_enabled", "something_new"])
def test_other_actions_of_pull_requests_are_ignored(world, action):
    pull = world.open_pull_request({"main.tf": PUBLIC_BUCKET}, tell=False)
    delivery = world.github.deliver("pull_request", world.github.payloads.pull_request(pull, action))
    world.work()
    assert (delivery.status_code, pull.check_runs) == (202, [])


def test_pushes_to_other_branches_and_tags_are_ignored(world):
    world.github.push(world.repo, {"main.tf": PUBLIC_BUCKET}, branch="feature")
    world.work()
    assert world.github.requests == []


def test_health_readiness_and_metrics(post):
    assert post(method="GET", path="/healthz")[0] == 200
    assert post(method="GET", path="/readyz")[0] == 200
    status, text, headers = post(method="GET", path="/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    assert "plumbrule" in text
