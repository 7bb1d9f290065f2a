"""The repository's own workflow runs other tools, too: what they said of the head, in an artifact of SARIF."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from tests.fake_github.workflows import PLAN_WORKFLOW
from tests.world import MAX_TRIES, SAFE_BUCKET

POLICY = ".github/plumbrule.yml"
CHANGED = SAFE_BUCKET + 'locals {\n  owner = "somebody"\n}\n'
LINE = SAFE_BUCKET.count("\n") + 2


def log(*places, rule="TRV-1"):
    """A log of Trivy that finds something high at each (path, line)."""
    results = [
        {
            "ruleId": rule,
            "level": "error",
            "message": {"text": "Somebody owns it"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}],
        }
        for uri, line in places
    ]
    run = {"tool": {"driver": {"name": "Trivy"}}, "results": results}
    return json.dumps({"version": "2.1.0", "runs": [run]})


def zipped(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


@pytest.fixture
def world(world):
    """A world whose repository has a workflow, and a policy that takes its SARIF."""
    world.github.push(world.repo, {PLAN_WORKFLOW: "on: pull_request\n", "main.tf": SAFE_BUCKET})
    world.github.push(world.repo, {POLICY: "version: 1\nsarif: [trivy]\n"})
    yield world
    world.try_at_most(MAX_TRIES)


def newest(pull):
    """The check run that GitHub shows."""
    assert {run.status for run in pull.check_runs} == {"completed"}
    return max(pull.check_runs, key=lambda run: run.id)


def generation(pull):
    """How often the pull request was reviewed, when the newest check run was made."""
    return int(newest(pull).external_id.rpartition(":")[2])


def reviewed(world, artifacts, **more):
    """A pull request whose workflow was faster than we are."""
    pull = world.open_pull_request({"main.tf": CHANGED}, tell=False, **more)
    world.github.run_workflow(pull, artifacts, tell=False)
    world.github.make_ready(pull)
    world.work()
    return pull


def told(pull):
    run = newest(pull)
    return f"{run.title}\n{run.summary}\n{run.text}"


@pytest.mark.parametrize("uri", ["main.tf", "file:///home/runner/" + "work/{0}/{0}/main.tf"])
def test_what_a_tool_says_of_a_changed_line_becomes_a_comment(world, uri):
    logs = zipped(out__sarif=log((uri.format(world.repo.name), LINE)), report__json='{"Results": []}')
    pull = reviewed(world, {"trivy": logs})
    (comment,) = pull.comments
    assert (comment.path, comment.line) == ("main.tf", LINE)
    assert "trivy.TRV-1" in comment.body
    assert newest(pull).conclusion == "failure"


def test_what_it_says_of_other_lines_stands_and_blocks_nobody(world):
    pull = reviewed(world, {"trivy": zipped(out__json=log(("main.tf", 1)))})
    assert (pull.comments, newest(pull).conclusion) == ([], "success")
    assert "1 finding stood here before this change" in told(pull)


def test_without_a_name_in_the_policy_nothing_is_asked_and_nothing_taken(world):
    world.github.push(world.repo, {POLICY: "version: 1\nplan:\n  run: on\n"})
    pull = reviewed(world, {"trivy": zipped(out__sarif=log(("main.tf", LINE)))})
    assert (pull.comments, world.github.storage.log) == ([], [])
    assert "name=trivy" not in str([r.query for r in world.github.requests])


def test_a_review_that_ran_before_the_artifact_arrived_is_made_again_once(world):
    pull = world.review({"main.tf": CHANGED})
    assert (pull.comments, generation(pull)) == ([], 1)
    world.github.run_workflow(pull, {"trivy": zipped(out__sarif=log(("main.tf", LINE)))})
    world.work()
    assert (generation(pull), newest(pull).conclusion, len(pull.comments)) == (2, "failure", 1)
    world.github.run_workflow(pull, path=".github/workflows/test.yml")
    world.work()
    assert generation(pull) == 2


def test_a_forks_artifact_is_not_taken_and_the_review_says_so(world):
    fork = world.github.fork(world.repo, "stranger")
    pull = reviewed(world, {"trivy": zipped(out__sarif=log(("main.tf", LINE)))}, fork=fork)
    assert (pull.comments, newest(pull).conclusion) == ([], "success")
    assert "The SARIF of the repository's own workflow was not taken: it comes from a fork" in told(pull)
    assert world.github.storage.log == []


def test_a_workflow_that_the_pull_request_changes_is_not_believed(world):
    pull = world.open_pull_request({"main.tf": CHANGED, PLAN_WORKFLOW: "on: push\n"}, tell=False)
    world.github.run_workflow(pull, {"trivy": zipped(out__sarif=log(("main.tf", LINE)))}, tell=False)
    world.github.make_ready(pull)
    world.work()
    assert "this pull request changes the workflow that made it" in told(pull)
    assert not [comment for comment in pull.comments if "TRV-1" in comment.body]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zipped(out__sarif="{"), "what it printed is not JSON"),
        (zipped(out__sarif='{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}}]}'), "has no results"),
        (zipped(out__sarif="," * 2_000_001), "more than 2,000,000 values"),
        (zipped(report__json='{"Results": []}'), "There is no SARIF in it"),
        (zipped(**{"../out__sarif": log()}), "leads outside"),
        (zipped(out__sarif=log())[:40], "no whole zip"),
        (zipped(out__sarif=log(("../../etc/passwd", 1))), "no file here"),
    ],
    ids=["json", "run", "values", "none", "traversal", "truncated", "outside"],
)
def test_broken_sarif_is_told_and_blocks_nobody(world, content, words):
    pull = reviewed(world, {"trivy": content})
    assert (pull.comments, newest(pull).conclusion) == ([], "success")
    assert words in told(pull), told(pull)
