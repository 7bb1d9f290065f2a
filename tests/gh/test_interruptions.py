"""Killed, refused, superseded at any point: run again, the pull request looks as if nothing had happened."""

from __future__ import annotations

import re

import pytest

from reviewer.errors import Gone, Rejected, Superseded, Transient
from reviewer.gh.publish import announce, publish
from tests.gh.scenes import (
    Crash,
    Crashing,
    before_everything,
    comment,
    current,
    full,
    picture,
    publication,
    publish_everything,
)

EVERY_WRITE = 13
CALLS = [  # in the order of a review, so that each fault stops it one call later than the one before
    ("POST", "/app/installations/[0-9]+/access_tokens$"),
    ("GET", "/commits/[0-9a-f]+/check-runs$"),
    ("POST", "/check-runs$"),
    ("PATCH", "/check-runs/[0-9]+$"),
    ("GET", "/pulls/[0-9]+/comments$"),
    ("GET", "/app$"),
    ("GET", "/pulls/[0-9]+/reviews$"),
    ("DELETE", "/pulls/[0-9]+/reviews/[0-9]+$"),
    ("POST", "/pulls/[0-9]+/reviews$"),
    ("GET", "/pulls/[0-9]+/files$"),
    ("POST", "/graphql$"),
    ("PATCH", "/pulls/comments/[0-9]+$"),
    ("POST", "/code-scanning/sarifs$"),
]
LIMITED = {"Retry-After": "7"}
PASSING = {
    "401": {"status": 401},
    "409": {"status": 409},
    "403 secondary limit": {"status": 403, "headers": LIMITED, "body": {"message": "secondary rate limit"}},
    "429": {"status": 429, "headers": LIMITED},
    "500": {"status": 500},
    "502": {"status": 502, "body": "<html>"},
    "503": {"status": 503, "headers": LIMITED},
    "no answer": {"drop": True},
    "half an answer": {"status": 200, "truncate": 12},
    "an empty object": {"status": 200, "body": {}},
    "not JSON": {"status": 200, "body": "<html>all is well</html>"},
}
FOR_GOOD = (400, 403, 404, 405, 410, 413, 422, 451)
GONE = (404, 410, 451)
SURVIVED = (
    {("DELETE", "/pulls/[0-9]+/reviews/[0-9]+$", status) for status in GONE}
    | {("PATCH", "/pulls/comments/[0-9]+$", status) for status in GONE}
    | {("POST", "/code-scanning/sarifs$", status) for status in FOR_GOOD}
    | {("POST", "/pulls/[0-9]+/reviews$", 422), ("POST", "/graphql$", 403)}
)


@pytest.fixture(scope="module")
def uninterrupted():
    """Pictures of runs that nothing interrupted, by what they are of."""
    return {}


@pytest.fixture
def wanted(scene, uninterrupted):
    """The picture that a run without interruption leaves; the scene stands before that run."""
    before_everything(scene)
    if not uninterrupted:
        publish_everything(scene)
        uninterrupted["everything"] = picture(scene.pull)
        scene.begin()
        before_everything(scene)
    return uninterrupted["everything"]


def test_a_run_without_interruption_takes_every_kind_of_write(scene):
    before_everything(scene)
    publish_everything(scene)
    assert len(scene.fake.writes) == EVERY_WRITE
    assert [run.conclusion for run in scene.pull.check_runs] == ["cancelled", "failure"]
    assert len(scene.pull.check_runs[-1].annotations) == 121
    assert sorted((c.original_line, c.resolved) for c in scene.pull.comments) == [
        (11, False),
        (12, True),
        (13, False),
        (13, False),
    ]
    assert {(method, path) for method, path in CALLS} == {call_of(request) for request in scene.fake.requests}


def call_of(request):
    return next(((m, p) for m, p in CALLS if m == request.method and re.search(p, request.path)), request.path)


@pytest.mark.parametrize("at", range(1, EVERY_WRITE + 1))
def test_killed_after_any_write_and_run_again_the_pull_request_looks_the_same(scene, wanted, at):
    with pytest.raises(Crash):
        publish_everything(scene, Crashing(scene.client, at))
    scene.fresh_github()
    publish_everything(scene)
    assert picture(scene.pull) == wanted


@pytest.mark.slow
@pytest.mark.parametrize("fault", PASSING)
def test_what_may_pass_is_transient_at_every_call_and_the_next_try_goes_on_from_there(scene, wanted, fault):
    for method, path in CALLS:
        scene.fake.fail_next(method, path, **PASSING[fault])
        if fault == "an empty object" and method == "DELETE":
            continue  # an answer that is not read
        with pytest.raises(Transient) as caught:
            publish_everything(scene)
        assert caught.value.retry_after == (7 if PASSING[fault].get("headers") else None)
    publish_everything(scene)
    assert picture(scene.pull) == wanted


def test_a_write_that_was_carried_out_although_its_answer_was_lost_is_not_written_twice(scene, wanted):
    for method, path in CALLS:
        if method != "GET":
            scene.fake.fail_next(method, path, status=502, after=True)
            with pytest.raises(Transient):
                publish_everything(scene)
    publish_everything(scene)
    assert picture(scene.pull) == wanted


@pytest.mark.slow
@pytest.mark.parametrize("status", FOR_GOOD)
def test_what_a_person_must_mend_is_said_at_every_call_and_once_mended_all_is_well(scene, wanted, status):
    for method, path in CALLS:
        if (method, path, status) not in SURVIVED:
            scene.fake.fail_next(method, path, status=status, body={"message": "No."})
            with pytest.raises((Rejected, Gone)):
                publish_everything(scene)
    scene.fresh_github()
    publish_everything(scene)
    assert picture(scene.pull) == wanted


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path", "status"), sorted(SURVIVED))
def test_what_is_only_a_pity_does_not_stop_the_review(scene, method, path, status):
    before_everything(scene)
    scene.fake.fail_next(method, path, status=status, body={"message": "No."})
    publish_everything(scene)
    assert scene.pull.check_runs[-1].conclusion == "failure"


def test_a_time_out_is_transient(scene, monkeypatch):
    scene.fake.fail_next("GET", "/check-runs$", hang=3, status=200)
    scene.github._connection(scene.installation.id)._requester._Requester__timeout = 0.2
    with pytest.raises(Transient, match="in time"):
        full(scene)


# --- a newer review while the older one runs


class Clock:
    """Says that a review is current, until a newer one begins at its `at`-th question."""

    def __init__(self, at, newer):
        self.left, self.newer = at, newer

    def __call__(self):
        self.left -= 1
        if self.left == 0:
            self.newer()
            raise Superseded("a newer head was pushed")


@pytest.mark.parametrize("at", range(1, 9))
def test_a_review_superseded_before_any_write_writes_nothing_more(scene, at):
    before_everything(scene)
    with pytest.raises(Superseded):
        publish_everything(scene, still_current=Clock(at, scene.fake.wire.log.clear))
    assert scene.fake.writes == []


@pytest.mark.parametrize("at", range(1, 9))
def test_two_reviews_of_one_head_leave_one_review_one_comment_a_key_and_the_newer_conclusion(scene, at):
    before_everything(scene)
    newer = scene.request(5)
    said = publication(comment("a", 11, text="is wide open"), comment("c", 13), comment("d", 13), comment("f", 12))

    def newer_one():
        announce(scene.client, newer, "Reviewing", "Wait.")
        publish(scene.client, newer, said, current)

    with pytest.raises(Superseded):
        publish_everything(scene, still_current=Clock(at, newer_one))
    assert len([review for review in scene.pull.reviews if scene.pull.head_sha in review.body]) == 1
    bodies = [c.body for c in scene.pull.comments]
    assert len(bodies) == len(set(bodies))
    assert [run.external_id for run in scene.pull.check_runs if run.conclusion == "failure"] == [newer.id]
    before = len(scene.fake.writes)
    publish(scene.client, newer, said, current)
    assert len(scene.fake.writes) == before
