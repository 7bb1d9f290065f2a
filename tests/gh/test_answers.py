"""What GitHub's statuses, headers and broken bodies mean."""

from __future__ import annotations

import json
import time

import pytest

from reviewer.errors import Gone, Rejected, Transient
from reviewer.gh.answers import Answer, Ask, Forbidden, Unprocessable, accepted, items, pick, pick_optional, short

ASK = Ask(verb="GET", path="/repos/acme/infra/pulls/7?per_page=100", needs="pull_requests: write")


def answer(status, message="", headers=None, **body):
    return Answer(status=status, headers=headers or {}, text=json.dumps({"message": message, **body}))


def raised(given):
    with pytest.raises((Transient, Rejected, Gone)) as caught:
        accepted(ASK, given)
    return caught.value


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_is_returned(status):
    assert accepted(ASK, answer(status)).status == status


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, Transient),
        (400, Rejected),
        (401, Transient),
        (403, Forbidden),
        (404, Gone),
        (405, Rejected),
        (408, Transient),
        (409, Transient),
        (410, Gone),
        (413, Rejected),
        (415, Rejected),
        (422, Unprocessable),
        (429, Transient),
        (451, Gone),
        (500, Transient),
        (502, Transient),
        (503, Transient),
        (504, Transient),
    ],
)
def test_each_status_has_its_error(status, kind):
    assert type(raised(answer(status))) is kind
    assert type(raised(Answer(status=status, headers={}, text="<html>"))) is kind


def test_a_missing_permission_is_named_as_github_names_it():
    given = answer(403, "Resource not accessible by integration", {"x-accepted-github-permissions": "checks=write"})
    assert "`checks: write`" in str(raised(given))
    assert "accepts it" in str(raised(given))


def test_a_missing_permission_is_named_without_githubs_header():
    assert "`pull_requests: write`" in str(raised(answer(403, "Resource not accessible by integration")))


def test_another_403_says_what_github_said():
    assert "IP allow list" in str(raised(answer(403, "the organization has an IP allow list enabled")))


@pytest.mark.parametrize(
    "message", ["This installation has been suspended", "Repository was archived so is read-only."]
)
def test_what_is_suspended_or_archived_is_gone(message):
    assert isinstance(raised(answer(403, message)), Gone)


def test_a_primary_limit_waits_for_its_reset():
    reset = int(time.time()) + 300
    error = raised(
        answer(403, "API rate limit exceeded", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)})
    )
    assert isinstance(error, Transient)
    assert error.retry_after == pytest.approx(300, abs=3)


def test_a_reset_in_the_past_or_in_ten_years_is_held_within_reason():
    past = raised(answer(429, "", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5"}))
    far = raised(answer(429, "", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999"}))
    assert past.retry_after == 1.0
    assert far.retry_after == 3660.0


@pytest.mark.parametrize("status", [403, 429])
def test_a_secondary_limit_waits_as_told_or_a_minute(status):
    message = "You have exceeded a secondary rate limit"
    assert raised(answer(status, message, {"retry-after": "17"})).retry_after == 17
    assert raised(answer(status, message)).retry_after == 60
    assert raised(answer(status, message, {"retry-after": "soon"})).retry_after == 60


def test_too_quickly_is_a_limit_although_it_is_a_422():
    error = raised(answer(422, "Validation Failed", errors=[{"message": "was submitted too quickly"}]))
    assert isinstance(error, Transient)
    assert error.retry_after == 60


def test_a_commit_that_github_does_not_know_yet_may_come():
    assert isinstance(raised(answer(422, "No commit found for SHA: abc")), Transient)


def test_a_503_waits_as_told():
    assert raised(answer(503, "", {"retry-after": "30"})).retry_after == 30


def test_the_message_holds_githubs_errors_and_no_query():
    error = raised(answer(422, "Unprocessable Entity", errors=["Line could not be resolved"]))
    assert str(error) == (
        "GitHub answered 422 to GET /repos/acme/infra/pulls/7: Unprocessable Entity: Line could not be resolved"
    )


@pytest.mark.parametrize("text", ['{"id": 1', "<html>", '"', "\x00"])
def test_a_body_that_is_not_json_may_be_whole_the_next_time(text):
    with pytest.raises(Transient):
        _ = Answer(status=200, headers={}, text=text).value


@pytest.mark.parametrize(
    "value", [None, [], {}, {"a": None}, {"a": {"b": None}}, {"a": {"b": "1"}}, {"a": {"b": True}}]
)
def test_half_an_answer_may_be_whole_the_next_time(value):
    with pytest.raises(Transient, match=r"a\.b"):
        pick(value, "a.b", int)


def test_what_is_null_or_left_out_may_be_optional_but_not_of_another_kind():
    assert pick_optional({"a": None}, "a.b", int) is None
    assert pick_optional({"a": {"b": 2}}, "a.b", int) == 2
    with pytest.raises(Transient):
        pick_optional({"a": {"b": "2"}}, "a.b", int)


def test_a_listing_follows_githubs_links():
    asked = []

    def send(ask):
        asked.append((ask.path, dict(ask.query)))
        more = {"link": '<https://h/x?page=1>; rel="prev", <https://h/x?page=2&cursor=v1_9>; rel="next"'}
        return Answer(status=200, headers=more if len(asked) == 1 else {}, text=json.dumps([len(asked)]))

    assert list(items(send, Ask(verb="GET", path="/x", query={"per_page": 100}))) == [1, 2]
    assert asked == [("/x", {"per_page": 100}), ("https://h/x?page=2&cursor=v1_9", {})]


def test_a_listing_that_leads_in_a_circle_ends():
    def send(_):
        return Answer(status=200, headers={"link": '<https://h/x?page=1>; rel="next"'}, text="[]")

    with pytest.raises(Transient, match="does not end"):
        list(items(send, Ask(verb="GET", path="/x")))


def test_a_listing_that_is_not_a_list_is_half_an_answer():
    def send(_):
        return Answer(status=200, headers={}, text='{"total_count": 3}')

    with pytest.raises(Transient):
        list(items(send, Ask(verb="GET", path="/x"), "check_runs"))
    with pytest.raises(Transient):
        list(items(send, Ask(verb="GET", path="/x")))


def test_a_shown_path_has_no_host_and_no_query():
    assert short("https://h:1/a/b?cursor=secret") == "/a/b"
