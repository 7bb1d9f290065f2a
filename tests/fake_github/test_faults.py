"""What can be made to go wrong on the fake GitHub."""

import time

import pytest
import requests

from tests.fake_github.asking import Client


@pytest.fixture
def client(github):
    github.install("acme")
    repo = github.create_repo({"main.tf": "a\n"})
    github.open_pull_request(repo, {"main.tf": "b\n"})
    return Client(github, repo)


def test_a_request_fails_as_often_as_told(github, client):
    github.fail_next("GET", r"/pulls/1$", status=429, times=2, headers={"Retry-After": "3"})
    statuses = [client("GET", "/pulls/1") for _ in range(3)]
    assert [answer.status_code for answer in statuses] == [429, 429, 200]
    assert statuses[0].headers["Retry-After"] == "3"


def test_a_write_can_succeed_and_answer_badly(github, client):
    github.fail_next("POST", "/issues/1/comments", status=502, after=True)
    assert client("POST", "/issues/1/comments", {"body": "x"}).status_code == 502
    assert len(client("GET", "/issues/1/comments").json()) == 1
    assert len(github.writes) == 1


def test_a_refused_write_is_no_write(github, client):
    github.fail_next("POST", "/issues/1/comments", status=502)
    client("POST", "/issues/1/comments", {"body": "x"})
    client("POST", "/issues/1/comments", {"body": " "})
    assert github.writes == []


def test_an_answer_can_end_early_or_never_come(github, client):
    github.fail_next("GET", r"/pulls/1$", truncate=100)
    with pytest.raises(requests.RequestException):
        client("GET", "/pulls/1")
    github.fail_next("GET", r"/pulls/1$", drop=True)
    with pytest.raises(requests.ConnectionError):
        client("GET", "/pulls/1")


def test_an_answer_can_take_its_time(github, client):
    github.fail_next("GET", r"/pulls/1$", hang=0.2, status=200)
    began = time.monotonic()
    assert client("GET", "/pulls/1").status_code == 200
    assert time.monotonic() - began > 0.2


def test_flaky_means_that_the_first_look_at_each_path_fails(github, client):
    github.faults.flaky = True
    assert [client("GET", "/pulls/1").status_code for _ in range(3)] == [502, 200, 200]


def test_amnesiac_means_that_the_first_write_to_each_path_is_not_confirmed(github, client):
    github.faults.amnesiac = True
    assert [client("POST", "/issues/1/comments", {"body": "x"}).status_code for _ in range(2)] == [502, 201]
    assert len(client("GET", "/issues/1/comments").json()) == 2


def test_too_many_writes_in_a_minute_are_refused(github, client):
    github.limit_content(2)
    answers = [client("POST", "/issues/1/comments", {"body": "x"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 403]
    assert answers[2].headers["Retry-After"] == "60"
    assert "secondary rate limit" in answers[2].json()["message"]


def test_deleted_repositories_are_not_found(github, client):
    github.delete_repo(next(iter(github.state.repos.values())))
    assert client("GET", "/pulls/1").status_code == 404


def test_a_request_against_the_published_schema_is_noted(github, client):
    client("POST", "/issues/1/comments", {"text": "x"})
    assert "'body' is a required property" in github.breaches[0]
    github.wire.bad_requests.clear()


def test_rate_limit_headers_count_down(client):
    first, second = (int(client("GET", "/pulls/1").headers["X-RateLimit-Remaining"]) for _ in range(2))
    assert second == first - 1
