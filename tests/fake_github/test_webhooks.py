"""Webhooks of the fake GitHub: signed, really posted, recorded, and delivered again under the same GUID."""

import hashlib
import hmac
import json
import threading
import time

import pytest
from flask import Flask, request
from werkzeug.serving import make_server

from tests.fake_github.asking import as_app
from tests.fake_github.server import QuietHandler


@pytest.fixture
def heard(github):
    """The requests that a receiver heard; it answers 202 unless `heard.status` says otherwise."""

    class Heard(list):
        status = 202

    heard = Heard()
    app = Flask("receiver")

    @app.post("/webhook")
    def webhook():
        heard.append((dict(request.headers), request.get_data()))
        return "", heard.status

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    github.webhook_url = f"http://127.0.0.1:{server.server_port}/webhook"
    yield heard
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def repo(github):
    github.install("acme")
    return github.create_repo({"main.tf": "a\n"})


def test_a_delivery_is_signed_over_its_bytes(github, heard, repo):
    github.open_pull_request(repo, {"main.tf": "b\n"})
    headers, body = heard[-1]
    wanted = hmac.new(github.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] == f"sha256={wanted}"
    assert headers["X-Github-Event"] == "pull_request"
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert json.loads(body)["installation"]["id"] == github.state.installation_of(repo).id


def test_failed_deliveries_are_listed_and_delivered_again(github, heard, repo):
    heard.status = 503
    github.push(repo, {"main.tf": "b\n"}, branch="change")
    (lost,) = as_app(github, "GET", "/app/hook/deliveries", params={"per_page": 100}).json()
    assert (lost["status_code"], lost["redelivery"]) == (503, False)
    heard.status = 202
    assert as_app(github, "POST", f"/app/hook/deliveries/{lost['id']}/attempts").status_code == 202
    deadline = time.monotonic() + 5
    while len(heard) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert heard[0][1] == heard[1][1]
    assert heard[0][0]["X-Github-Delivery"] == heard[1][0]["X-Github-Delivery"]
    while (again := as_app(github, "GET", "/app/hook/deliveries").json()[0])["status"] != "OK":
        assert time.monotonic() < deadline
    assert (again["guid"], again["redelivery"]) == (lost["guid"], True)
    shown = as_app(github, "GET", f"/app/hook/deliveries/{lost['id']}").json()
    assert shown["request"]["payload"]["ref"] == "refs/heads/change"


def test_a_receiver_that_is_away_leaves_a_failed_delivery(github, repo):
    github.webhook_url = "http://127.0.0.1:9/webhook"
    github.open_pull_request(repo, {"main.tf": "b\n"})
    assert (github.state.deliveries[-1].status_code, github.state.deliveries[-1].status) == (
        0,
        "failed to connect to host",
    )


def test_every_deed_tells_what_the_published_schemas_say(github, heard, repo):
    pull = github.open_pull_request(repo, {"main.tf": "b\n"}, draft=True)
    github.make_ready(pull)
    github.make_draft(pull)
    github.push_to(pull, {"main.tf": "c\n"})
    github.force_push_to(pull, {"main.tf": "d\n"})
    github.push(repo, {"x": "y"}, branch="release")
    github.retarget(pull, "release")
    github.retitle(pull, "Better")
    github.close(pull)
    github.reopen(pull)
    github.queue_merge(pull)
    github.rerun_all(repo, pull.head_sha)
    github.merge(pull)
    other = github.open_pull_request(repo, {"z.tf": "b\n"}, branch="short-lived")
    github.delete_branch(repo, "short-lived")
    installation = github.state.installation_of(repo)
    github.deliver("ping", github.payloads.ping())
    github.uninstall(installation)
    assert other.state == "closed"
    told = [(headers["X-Github-Event"], json.loads(body).get("action")) for headers, body in heard]
    assert [f"{event}.{action}" if action else event for event, action in told] == [
        "push",
        "pull_request.opened",
        "pull_request.ready_for_review",
        "pull_request.converted_to_draft",
        "push",
        "pull_request.synchronize",
        "push",
        "pull_request.synchronize",
        "push",
        "pull_request.edited",
        "pull_request.edited",
        "pull_request.closed",
        "pull_request.reopened",
        "merge_group.checks_requested",
        "check_suite.rerequested",
        "pull_request.closed",
        "push",
        "push",
        "pull_request.opened",
        "push",
        "pull_request.closed",
        "ping",
        "installation.deleted",
    ]
