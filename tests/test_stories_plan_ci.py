"""The repository's own workflow plans, too: what comes of its artifact, whenever it comes."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from tests.fake_github.workflows import PLAN_WORKFLOW
from tests.world import MAX_TRIES, OPEN_SSH, PUBLIC_BUCKET, SAFE_BUCKET, Modes

DOCUMENT = {"format_version": "1.2", "planned_values": {}, "resource_changes": []}


def zipped(document=None, name="tfplan.json", method=zipfile.ZIP_STORED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr(name, json.dumps(DOCUMENT) if document is None else document)
    return packed.getvalue()


@pytest.fixture
def world(world):
    """A world whose repository has a workflow that plans."""
    world.github.push(world.repo, {PLAN_WORKFLOW: "on: pull_request\n"})
    yield world
    world.try_at_most(MAX_TRIES)


def newest(pull):
    """The check run that GitHub shows."""
    assert {run.status for run in pull.check_runs} == {"completed"}
    return max(pull.check_runs, key=lambda run: run.id)


def generation(pull):
    """How often the pull request was reviewed, when the newest check run was made."""
    return int(newest(pull).external_id.rpartition(":")[2])


def downloads(world):
    """How many zips came whole."""
    return [line.status for line in world.github.storage.log].count(200)


def asked(world, path):
    return [r.path for r in world.github.requests if r.method == "GET" and r.path.endswith(path)]


def picture(pull):
    run = newest(pull)
    return run.conclusion, run.title, [(c.path, c.line, c.body) for c in pull.comments], len(pull.reviews)


def test_a_plan_that_is_there_when_the_review_starts_is_taken(world):
    pull = world.open_pull_request({"main.tf": PUBLIC_BUCKET}, tell=False)
    world.github.run_workflow(pull, {"tfplan": zipped()}, tell=False)
    world.github.make_ready(pull)
    world.work()
    assert downloads(world) == 1
    assert (generation(pull), newest(pull).conclusion) == (1, "failure")


def test_a_review_that_ran_before_the_plan_arrived_is_made_again_and_says_nothing_twice(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    before = picture(pull)
    world.github.run_workflow(pull, {"tfplan": zipped()})
    world.work()
    assert (generation(pull), picture(pull)) == (2, before)
    assert downloads(world) == 1


def test_workflows_that_leave_no_plan_start_no_review(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    writes = len(world.github.writes)
    world.github.run_workflow(pull, {"logs": b"x"}, path=".github/workflows/test.yml")
    world.github.run_workflow(pull)
    world.work()
    assert (generation(pull), len(world.github.writes)) == (1, writes)
    assert world.github.storage.log == []


def test_workflows_that_end_after_the_plan_was_taken_start_no_review(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.github.run_workflow(pull, {"tfplan": zipped()})
    world.work()
    for _ in range(3):
        world.github.run_workflow(pull, path=".github/workflows/test.yml")
        world.work()
    assert generation(pull) == 2


def test_a_newer_plan_of_the_same_head_is_taken(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    for expected in (2, 3):
        world.github.run_workflow(pull, {"tfplan": zipped()})
        world.work()
        assert generation(pull) == expected


def test_a_plan_of_a_commit_that_nobody_reviews_is_ignored(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.github.run_workflow(pull, {"tfplan": zipped()}, head_sha=pull.base_sha)
    world.work()
    assert generation(pull) == 1
    assert asked(world, "/artifacts") == []


def test_a_plan_of_a_head_that_went_on_is_ignored(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    run = world.github.run_workflow(pull, {"tfplan": zipped()}, status="in_progress")
    world.push_to(pull, {"ssh.tf": OPEN_SSH})
    world.github.complete_workflow(run)
    world.work()
    assert generation(pull) == 2
    assert world.github.storage.log == []


def test_a_plan_of_a_closed_pull_request_is_ignored(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.github.close(pull)
    writes = len(world.github.writes)
    world.github.run_workflow(pull, {"tfplan": zipped()})
    world.work()
    assert len(world.github.writes) == writes


def test_the_policy_of_the_base_branch_names_the_artifact(world):
    world.github.push(world.repo, {".github/plumbrule.yml": "version: 1\nplan:\n  artifact: real-plan\n"})
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.github.run_workflow(pull, {"tfplan": zipped()})
    world.work()
    assert generation(pull) == 1
    world.github.run_workflow(pull, {"real-plan": zipped()})
    world.work()
    assert (generation(pull), downloads(world)) == (2, 1)


def test_no_plan_is_looked_for_where_no_root_changes(world):
    pull = world.review({"README.md": "# Words\n"})
    world.github.run_workflow(pull, {"tfplan": zipped()})
    world.work()
    assert generation(pull) == 1
    assert asked(world, "/actions/runs") == []


def test_a_forks_plan_is_not_taken_and_the_review_says_so(world):
    fork = world.github.fork(world.repo, "stranger")
    pull = world.open_pull_request({"main.tf": SAFE_BUCKET + "\n"}, fork=fork, tell=False)
    world.github.run_workflow(pull, {"tfplan": zipped()})
    world.github.make_ready(pull)
    world.work()
    assert newest(pull).conclusion == "success"
    assert "comes from a fork" in newest(pull).summary
    world.github.run_workflow(pull, {"tfplan": zipped()})
    world.work()
    assert generation(pull) == 1
    assert world.github.storage.log == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zipped(b"\0" * (8 << 20), method=zipfile.ZIP_DEFLATED), "times larger"),
        (zipped(name="../../tfplan.json"), "leads outside"),
        (zipped(b'{"format_version": "9.0"}'), "expected 1.x"),
        (zipped()[:40], "no whole zip"),
    ],
    ids=["bomb", "traversal", "version", "truncated"],
)
def test_a_bad_artifact_is_told_in_one_sentence_and_blocks_nobody(world, content, words):
    pull = world.open_pull_request({"main.tf": SAFE_BUCKET + "\n"}, tell=False)
    world.github.run_workflow(pull, {"tfplan": content}, tell=False)
    world.github.make_ready(pull)
    world.work()
    assert newest(pull).conclusion == "success"
    assert words in newest(pull).summary


def test_an_installation_without_the_permission_is_reviewed_all_the_same(world):
    del world.installation.permissions["actions"]
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.github.run_workflow(pull, {"tfplan": zipped()})
    world.work()
    assert (generation(pull), newest(pull).conclusion) == (1, "failure")
    assert "actions: read" not in newest(pull).summary + (newest(pull).text or "")


def test_what_a_plan_holds_is_neither_stored_nor_logged(world):
    secret = "correct-horse-battery-staple"
    document = json.dumps({**DOCUMENT, "variables": {"password": {"value": secret}}})
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.github.run_workflow(pull, {"tfplan": zipped(document)})
    world.work()
    assert downloads(world) == 1
    kept = [path for path in world.house.settings.data_dir.rglob("*") if path.is_file()]
    assert [path.name for path in kept if secret.encode() in path.read_bytes()] == []
    assert secret not in str([request.body for request in world.github.writes])


@pytest.mark.parametrize("path", ["/actions/runs$", r"/runs/\d+/artifacts$", "/zip$"])
def test_trouble_that_passes_leaves_the_same_review(world, path):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.github.fail_next("GET", path, status=502)
    world.github.run_workflow(pull, {"tfplan": zipped()})
    world.work()
    assert (generation(pull), downloads(world)) == (2, 1)


def test_a_look_that_fails_for_good_leaves_the_review_as_it_stands(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    before = picture(pull)
    world.try_at_most(1)
    world.github.fail_next("GET", "/actions/runs$", status=502)
    world.github.run_workflow(pull, {"tfplan": zipped()})
    world.work()
    assert (generation(pull), picture(pull)) == (1, before)


def test_a_worker_that_dies_while_it_looks_starts_one_review(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    crash = world.house.crash
    kept, before = crash.modes, crash.deaths
    crash.modes = Modes(crash_after="look")
    world.github.run_workflow(pull, {"tfplan": zipped()})
    world.work()
    crash.modes = kept
    assert (crash.deaths, generation(pull)) == (before + 1, 2)


def test_a_plan_that_names_none_of_several_roots_is_told(world):
    world.github.push(world.repo, {"envs/dev/main.tf": SAFE_BUCKET})
    pull = world.open_pull_request({"envs/dev/main.tf": PUBLIC_BUCKET, "envs/prod/main.tf": SAFE_BUCKET}, tell=False)
    world.github.run_workflow(pull, {"tfplan": zipped(name="envs/none/tfplan.json")}, tell=False)
    world.github.make_ready(pull)
    world.work()
    assert "no Terraform root in that directory" in newest(pull).summary
