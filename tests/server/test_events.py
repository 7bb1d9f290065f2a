from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.model import Repository, ReviewRequest, Subject
from reviewer.server.events import (
    BadEvent,
    Closed,
    Forgotten,
    Ignored,
    Rerequested,
    ReviewWanted,
    RunEnded,
    parse_event,
)
from tests.durable import A, B, wish
from tests.server import payloads

AS_OF = 1767225610.0


@pytest.mark.parametrize("action", ["opened", "reopened", "synchronize", "ready_for_review"])
def test_a_pull_request_that_changed_is_to_be_reviewed(action):
    event = parse_event("pull_request", payloads.pull_request(action))
    assert event == ReviewWanted(request=wish(), as_of=AS_OF)


def test_a_draft_is_reviewed_as_one():
    event = parse_event("pull_request", payloads.pull_request(draft=True))
    assert event == ReviewWanted(request=wish(draft=True), as_of=AS_OF)


def test_an_edit_counts_only_if_the_base_changed():
    payload = payloads.pull_request("edited")
    assert isinstance(parse_event("pull_request", payload), Ignored)
    payload["changes"] = {"title": {"from": "x"}}
    assert isinstance(parse_event("pull_request", payload), Ignored)
    payload["changes"] = {"base": {"ref": {"from": "old"}}}
    assert isinstance(parse_event("pull_request", payload), ReviewWanted)


def test_an_edit_of_a_closed_pull_request_reviews_nothing():
    payload = payloads.pull_request("edited", state="closed") | {"changes": {"base": {}}}
    assert parse_event("pull_request", payload) == Closed(key="5#1", as_of=AS_OF)


def test_a_closed_pull_request_is_closed():
    assert parse_event("pull_request", payloads.pull_request("closed")) == Closed(key="5#1", as_of=AS_OF)


@pytest.mark.parametrize("action", ["labeled", "assigned", "converted_to_draft", "locked", "enqueued"])
def test_what_does_not_change_the_code_is_ignored(action):
    assert isinstance(parse_event("pull_request", payloads.pull_request(action)), Ignored)


@pytest.mark.parametrize("cause", ["pull_request", "push"])
def test_a_workflow_that_ended_may_have_left_a_plan_for_its_commit(cause):
    ended = parse_event("workflow_run", payloads.workflow_run(event=cause))
    assert ended == RunEnded(repository_id=5, head_sha=A)


@pytest.mark.parametrize(
    "more",
    [{"head_repository": 6}, {"head_repository": None}, {"event": "pull_request_target"}, {"action": "requested"}],
)
def test_a_workflow_of_a_fork_or_of_another_cause_is_ignored(more):
    assert isinstance(parse_event("workflow_run", payloads.workflow_run(**more)), Ignored)


def test_a_workflow_run_without_its_commit_is_not_understood():
    with pytest.raises(BadEvent, match=r"workflow_run\.head_sha"):
        parse_event("workflow_run", payloads.workflow_run(head="main"))


@pytest.mark.parametrize("name", ["check_run", "check_suite"])
def test_a_rerun_names_its_pull_requests(name):
    event = parse_event(name, payloads.check(name, pull_requests=(1, 2)))
    assert isinstance(event, Rerequested)
    assert (event.head_sha, event.keys) == (A, ("5#1", "5#2"))
    assert [(request.number, request.base_ref) for request in event.fallbacks] == [(1, "main"), (2, "main")]


def test_a_rerun_of_a_fork_is_known_by_our_own_name_for_the_review():
    event = parse_event("check_run", payloads.check("check_run", external_id="rv:5#7:00000003"))
    assert isinstance(event, Rerequested)
    assert event.keys == ("5#7",)
    assert event.fallbacks[0].head_ref == "refs/pull/7/head"


def test_a_rerun_in_the_merge_queue_is_known_by_our_own_name_for_the_review():
    event = parse_event("check_run", payloads.check("check_run", external_id="rv:5@refs/heads/q/x:00000001"))
    assert isinstance(event, Rerequested)
    assert (event.keys, event.fallbacks) == (("5@refs/heads/q/x",), ())


@pytest.mark.parametrize("external_id", ["rv:6#7:00000003", "rv:5#7", "", "7", "rv:5#7:00000003\n", None])
def test_a_name_that_is_not_of_a_review_of_this_repository_says_nothing(external_id):
    event = parse_event("check_run", payloads.check("check_run", external_id=external_id))
    assert isinstance(event, Rerequested)
    assert event.keys == ()


def test_a_rerun_leaves_pull_requests_into_other_repositories_alone():
    payload = payloads.check("check_suite", pull_requests=(1,))
    payload["check_suite"]["pull_requests"][0]["base"]["repo"]["id"] = 6
    event = parse_event("check_suite", payload)
    assert isinstance(event, Rerequested)
    assert event.keys == ()


@pytest.mark.parametrize(("name", "action"), [("check_run", "created"), ("check_suite", "completed")])
def test_other_news_of_checks_is_ignored(name, action):
    assert isinstance(parse_event(name, payloads.check(name) | {"action": action}), Ignored)


def test_a_merge_group_is_reviewed_against_its_base():
    assert parse_event("merge_group", payloads.merge_group()) == ReviewWanted(
        request=ReviewRequest(
            subject=Subject.MERGE_GROUP,
            repository=Repository(id=5, full_name="acme/infra", installation_id=9),
            head_sha=A,
            base_sha=B,
            base_ref="main",
            head_ref=f"refs/heads/gh-readonly-queue/main/pr-1-{B}",
        )
    )


def test_a_merge_group_that_is_gone_is_closed():
    key = f"5@refs/heads/gh-readonly-queue/main/pr-1-{B}"
    assert parse_event("merge_group", payloads.merge_group("destroyed")) == Closed(key=key)


def test_a_push_to_the_default_branch_is_reviewed():
    event = parse_event("push", payloads.push())
    assert isinstance(event, ReviewWanted)
    assert (event.request.subject, event.request.key) == (Subject.DEFAULT_BRANCH, "5@refs/heads/main")
    assert (event.request.head_sha, event.request.base_sha, event.as_of) == (A, None, 1767225600.0)


@pytest.mark.parametrize(
    "payload", [payloads.push("refs/heads/other"), payloads.push("refs/tags/main"), payloads.push(deleted=True)]
)
def test_other_pushes_are_ignored(payload):
    assert isinstance(parse_event("push", payload), Ignored)


@pytest.mark.parametrize("action", ["deleted", "suspend"])
def test_an_installation_that_ends_is_forgotten(action):
    payload = {"action": action, "installation": {"id": 9}}
    assert parse_event("installation", payload) == Forgotten(installation_id=9)


def test_repositories_that_are_taken_away_are_forgotten():
    payload = {"action": "removed", "installation": {"id": 9}, "repositories_removed": [{"id": 5}, {"id": 6}]}
    assert parse_event("installation_repositories", payload) == Forgotten(installation_id=9, repository_ids=(5, 6))


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("ping", {"zen": "Design for failure."}),
        ("installation", {"action": "created"}),
        ("installation", {"action": "unsuspend"}),
        ("installation_repositories", {"action": "added"}),
        ("star", {"action": "created"}),
        ("issue_comment", {}),
    ],
)
def test_everything_else_is_ignored(name, payload):
    assert isinstance(parse_event(name, payload), Ignored)


@pytest.mark.parametrize(
    ("name", "payload", "path"),
    [
        ("pull_request", payloads.pull_request(), "pull_request.head.sha"),
        ("pull_request", payloads.pull_request(), "pull_request.base.ref"),
        ("pull_request", payloads.pull_request(), "pull_request.number"),
        ("pull_request", payloads.pull_request("closed"), "installation.id"),
        ("check_run", payloads.check("check_run"), "check_run.head_sha"),
        ("merge_group", payloads.merge_group(), "merge_group.base_ref"),
        ("push", payloads.push(), "repository.id"),
        ("push", payloads.push(), "after"),
        ("installation", {"action": "deleted", "installation": {"id": 9}}, "installation.id"),
    ],
)
@pytest.mark.parametrize("value", [None, "", "-x y\n", 0, -1, 1.5, True, [], {}, 2**60])
def test_a_known_event_that_lacks_a_field_names_it(name, payload, path, value):
    payload = copy.deepcopy(payload)
    *way, last = path.split(".")
    place = payload
    for step in way:
        place = place[step]
    place[last] = value
    with pytest.raises(BadEvent, match=f"^{path}: expected "):
        parse_event(name, payload)


def test_a_name_that_no_repository_has_is_refused():
    payload = payloads.pull_request()
    payload["repository"] = payload["repository"] | {"full_name": "acme/infra/../../x"}
    with pytest.raises(BadEvent, match=r"repository\.full_name"):
        parse_event("pull_request", payload)


NAMES = st.sampled_from(
    ["pull_request", "check_run", "check_suite", "merge_group", "push", "installation", "installation_repositories"]
)
ACTIONS = st.sampled_from(["opened", "edited", "closed", "rerequested", "checks_requested", "deleted", "removed"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(A) | st.just(1)
KEYS = st.sampled_from(
    [
        *("action", "pull_request", "check_run", "check_suite", "merge_group", "repository", "installation", "changes"),
        *("id", "number", "head", "base", "sha", "ref", "repo", "full_name", "default_branch", "head_sha", "base_sha"),
        *("head_ref", "base_ref", "pull_requests", "external_id", "updated_at"),
    ]
)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(), inner))


@given(name=NAMES, payload=st.dictionaries(KEYS, JSON) | JSON, action=ACTIONS)
def test_no_json_makes_it_raise_anything_else(name, payload, action):
    if isinstance(payload, dict):
        payload["action"] = action
    try:
        parse_event(name, payload)
    except BadEvent as error:
        assert len(str(error)) < 100


@given(payload=st.sampled_from([("pull_request", payloads.pull_request()), ("push", payloads.push())]), data=st.data())
def test_no_change_to_a_real_payload_makes_it_raise_anything_else(payload, data):
    name, body = payload[0], copy.deepcopy(payload[1])
    place = body
    while True:
        key = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    try:
        event = parse_event(name, body)
    except BadEvent:
        return
    if isinstance(event, ReviewWanted):
        assert event.request.repository.full_name.isascii()
        assert event.request.base_ref.isprintable()
