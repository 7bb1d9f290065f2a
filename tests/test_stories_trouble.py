"""GitHub in trouble: whatever one call answers, the review ends well or says on the pull request why it did not."""

import re
import time

import pytest

from tests.world import MAX_TRIES, PUBLIC_BUCKET, SAFE_BUCKET

MEDIUM = 'resource "aws_db_instance" "orders" {\n  encrypted = false\n}\n'
CALLS = {
    "token": ("POST", r"/access_tokens$"),
    "pull request": ("GET", r"/pulls/\d+$"),
    "check runs": ("GET", r"/commits/\w+/check-runs$"),
    "new check run": ("POST", r"/check-runs$"),
    "merge base": ("GET", r"/compare/"),
    "git refs": ("GET", r"/info/refs$"),
    "git objects": ("POST", r"/git-upload-pack$"),
    "organization policy": ("GET", r"/contents/"),
    "comments": ("GET", r"/pulls/\d+/comments$"),
    "reviews": ("GET", r"/pulls/\d+/reviews$"),
    "new review": ("POST", r"/pulls/\d+/reviews$"),
    "check run": ("PATCH", r"/check-runs/\d+$"),
    "sarif": ("POST", r"/code-scanning/sarifs$"),
}
PASSING = {
    "500": {"status": 500},
    "502": {"status": 502, "body": "<html>Bad Gateway</html>"},
    "503": {"status": 503, "headers": {"Retry-After": "0"}},
    "429": {"status": 429, "headers": {"Retry-After": "0"}},
    "secondary limit": {
        "status": 403,
        "headers": {"Retry-After": "0"},
        "body": {"message": "You have exceeded a secondary rate limit."},
    },
    "done but not told": {"status": 502, "after": True},
    "half an answer": {"truncate": 20},
    "no answer": {"drop": True},
    "not JSON": {"status": 200, "body": "<html>hello</html>"},
}


@pytest.fixture
def world(world):
    """A world whose organization has a policy repository, so that its calls happen too."""
    world.github.create_repo({"plumbrule.yml": "locks: []\n"}, name=".github")
    yield world
    world.try_at_most(MAX_TRIES)


@pytest.mark.slow
@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_trouble_that_passes_leaves_the_same_review(world, fault):
    for call, (method, path) in CALLS.items():
        if fault.get("status") != 403 or not call.startswith("git "):  # git's host limits with 429 alone
            world.github.fail_next(method, path, **fault)
    pull = world.review({"main.tf": PUBLIC_BUCKET, "db.tf": MEDIUM})
    assert pull.check_run.title == "Blocked: 1 finding of this change needs a decision"
    assert [comment.path for comment in pull.comments] == ["main.tf", "db.tf"]
    assert len(pull.reviews) == 1
    assert len(world.repo.sarif_uploads) in {1, 2}


@pytest.mark.parametrize("status", [404, *(pytest.param(status, marks=pytest.mark.slow) for status in (401, 403, 422))])
@pytest.mark.parametrize("call", CALLS)
def test_an_answer_that_refuses_is_told(world, call, status):
    method, path = CALLS[call]
    world.try_at_most(2)
    world.github.fail_next(method, path, status=status, times=8, body={"message": "No"})
    world.unfinished_checks_are_fine = call in {"token", "check runs", "check run"}
    pull = world.review({"db.tf": MEDIUM})
    if call in {"token", "check runs", "new check run", "check run"}:
        return  # nothing can be told without these; the work ended, and the log has it
    if call == "pull request" and status == 404:
        assert pull.check_runs == []  # as good as deleted
        return
    assert pull.check_run.status == "completed"
    if pull.check_run.conclusion == "success":
        told = [*pull.comments, *pull.check_run.annotations]
        assert [thing.path for thing in told] == ["db.tf"], "passed without telling what was found"
    else:
        assert pull.check_run.title.startswith("Not reviewed")
        assert "rv:" in pull.check_run.summary + (pull.check_run.text or "")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.slow
def test_trouble_that_does_not_pass_ends_with_an_explanation(world, call):
    method, path = CALLS[call]
    world.try_at_most(2)
    world.github.fail_next(method, path, status=503, times=8)
    pull = world.review({"db.tf": MEDIUM})
    assert pull.check_run.status == "completed"
    if call != "sarif":
        assert (pull.check_run.conclusion, pull.check_run.title[:12]) == ("failure", "Not reviewed")


def test_retry_after_is_honoured(world):
    world.github.fail_next("GET", r"/pulls/\d+$", status=429, headers={"Retry-After": "2"})
    pull = world.review({"main.tf": SAFE_BUCKET + "\n"})
    asked = [request.at for request in world.github.requests if re.search(r"/pulls/\d+$", request.path)]
    assert asked[1] - asked[0] >= 2
    assert pull.check_run.conclusion == "success"


def test_an_exhausted_rate_limit_is_waited_out(world):
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 3)}
    body = {"message": "API rate limit exceeded for installation ID 1."}
    world.github.fail_next("GET", r"/compare/", status=403, headers=headers, body=body)
    pull = world.review({"main.tf": SAFE_BUCKET + "\n"})
    asked = [request.at for request in world.github.requests if "/compare/" in request.path]
    assert asked[1] - asked[0] >= 1
    assert pull.check_run.conclusion == "success"


def test_an_expired_token_is_replaced(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.github.expire_tokens()
    world.push_to(pull, {"main.tf": SAFE_BUCKET + "\n"})
    assert pull.check_run.conclusion == "success"


@pytest.mark.parametrize("missing", ["checks", "pull_requests", "contents", "security_events"])
def test_a_missing_permission_is_named(world, missing):
    del world.installation.permissions[missing]
    pull = world.review({"db.tf": MEDIUM})
    if missing == "checks":
        assert pull.check_runs == []
        assert "checks: write" in world.house.log_file.read_text()
    elif missing == "security_events":
        assert (pull.check_run.conclusion, len(pull.comments)) == ("success", 1)
    else:
        assert pull.check_run.conclusion == "failure"
        assert f"{missing}: " in pull.check_run.summary


def test_a_repository_without_code_scanning_is_reviewed_all_the_same(world):
    world.repo.code_scanning = False
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    assert (pull.check_run.conclusion, len(pull.comments), world.repo.sarif_uploads) == ("failure", 1, [])


def test_a_review_that_github_refuses_whole_becomes_annotations(world):
    world.github.fail_next("POST", "/reviews$", status=422, times=2, body={"errors": ["Line could not be resolved"]})
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    assert (pull.check_run.conclusion, pull.comments) == ("failure", [])
    assert [(a.path, a.start_line) for a in pull.check_run.annotations] == [("main.tf", 3)]


@pytest.mark.slow
def test_a_call_that_hangs_is_given_up_and_tried_again(world):
    world.github.fail_next("GET", r"/compare/", hang=40, status=500)
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    assert pull.check_run.conclusion == "failure"
    assert len(pull.comments) == 1
