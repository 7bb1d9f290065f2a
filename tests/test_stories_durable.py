"""Reviews outlive workers, pushes, closed pull requests and lost webhooks."""

import contextlib
import time

import pytest

from reviewer.compose import redeliver
from reviewer.errors import Transient
from tests.world import OPEN_SSH, PUBLIC_BUCKET, SAFE_BUCKET, Modes

WAITS = "# STUB_SCANNER_WAITS\n"


def unique(world):
    """A line that no other story has, so that no scan is found in the cache."""
    return f"# {world.repo.full_name}\n"


@pytest.fixture
def slow_review(world):
    """A pull request whose review is in the middle of its scan."""
    pull = world.open_pull_request({"main.tf": PUBLIC_BUCKET + WAITS + unique(world)})
    world.wait_until(lambda: world.scanner.waiting)
    return pull


@pytest.fixture
def crash(world):
    """Lets the worker die as told, once."""
    crash = world.house.crash
    kept, before = crash.modes, crash.deaths
    yield lambda **mode: setattr(crash, "modes", Modes(**mode))
    crash.modes = kept
    assert crash.deaths == before + 1


@pytest.mark.parametrize("when", ["crash_after", "crash_inside"])
@pytest.mark.parametrize("step", ["announce", "examine", "publish", "upload"])
def test_a_worker_that_dies_leaves_no_trace(world, crash, when, step):
    if (when, step) in {("crash_inside", "announce"), ("crash_inside", "upload")}:
        world.house.crash.deaths += 1
        pytest.skip("this step asks only once whether it is wanted")
    crash(**{when: step})
    pull = world.review({"main.tf": PUBLIC_BUCKET + unique(world), "ssh.tf": OPEN_SSH})
    assert pull.check_run.conclusion == "failure"
    assert [comment.path for comment in pull.comments] == ["main.tf", "ssh.tf"]
    assert len(pull.reviews) == 1


def test_a_newer_head_ends_the_older_review_within_two_seconds(world, slow_review):
    old_head, began = slow_review.head_sha, time.monotonic()
    world.github.push_to(slow_review, {"main.tf": SAFE_BUCKET, "ssh.tf": OPEN_SSH})
    world.wait_until(lambda: slow_review.check_runs and slow_review.check_run.status == "completed")
    assert time.monotonic() - began < 5  # 2 s, and room for a busy machine
    world.scanner.let_go = True
    world.work()
    assert [comment.path for comment in slow_review.comments] == ["ssh.tf"]
    (old,) = world.repo.check_runs_on(old_head)
    assert old.conclusion in {None, "cancelled"}


def test_a_force_push_ends_the_older_review(world, slow_review):
    old_head = slow_review.head_sha
    world.github.force_push_to(slow_review, {"ssh.tf": OPEN_SSH})
    world.work()
    assert [comment.path for comment in slow_review.comments] == ["ssh.tf"]
    assert {comment.original_commit_sha for comment in slow_review.comments} == {slow_review.head_sha}
    assert [run.conclusion for run in world.repo.check_runs_on(old_head)] in ([None], ["cancelled"])


def test_a_closed_pull_request_is_left_alone(world, slow_review):
    world.github.close(slow_review)
    world.work()
    assert (slow_review.comments, slow_review.check_run.conclusion) in (([], None), ([], "cancelled"))


def test_a_reopened_pull_request_is_reviewed_again(world, slow_review):
    world.github.close(slow_review)
    world.work()
    world.scanner.let_go = True
    world.github.reopen(slow_review)
    world.work()
    assert (slow_review.check_runs[-1].conclusion, len(slow_review.comments)) == ("failure", 1)


def test_a_deleted_branch_ends_quietly(world, slow_review):
    world.github.delete_branch(world.repo, slow_review.head_ref)
    world.work()
    assert slow_review.comments == []


def test_a_deleted_repository_ends_quietly(world, slow_review):
    world.github.delete_repo(world.repo)
    world.scanner.let_go = True
    world.work()
    assert slow_review.comments == []
    world.unfinished_checks_are_fine = True


def test_a_revoked_installation_ends_quietly(world, slow_review):
    world.github.uninstall(world.installation)
    world.scanner.let_go = True
    world.work()
    assert slow_review.comments == []
    world.unfinished_checks_are_fine = True


def test_many_pushes_at_once_end_in_one_review_of_the_last(world):
    pull = world.open_pull_request({"main.tf": PUBLIC_BUCKET})
    for number in range(5):
        world.github.push_to(pull, {"ssh.tf": OPEN_SSH.replace("jump", f"jump_{number}")})
    world.work()
    assert pull.check_run.conclusion == "failure"
    told = [comment.body for comment in pull.comments if "~~" not in comment.body]
    assert sum("jump_4" in body for body in told) == 1
    assert not any("jump_3" in body for body in told)


def fetch_lost_webhooks(world):
    """What a worker does at its start and every ten minutes; sooner after trouble."""
    for _ in range(10):
        with contextlib.suppress(Transient):
            return redeliver(world.house.services.github)
    raise AssertionError("GitHub never answered")


def test_webhooks_that_were_lost_are_fetched(world):
    address, world.github.webhook_url = world.github.webhook_url, "http://127.0.0.1:9/webhook"
    pull = world.open_pull_request({"main.tf": PUBLIC_BUCKET})
    world.github.webhook_url = address
    world.work()
    assert pull.check_runs == []
    fetch_lost_webhooks(world)
    world.wait_until(lambda: pull.check_runs)
    world.work()
    assert pull.check_run.conclusion == "failure"
    before = len(world.github.state.deliveries)
    fetch_lost_webhooks(world)
    assert len(world.github.state.deliveries) == before


def test_one_organizations_storm_does_not_starve_another(world):
    storm = [world.open_pull_request({f"d{n}/main.tf": PUBLIC_BUCKET}) for n in range(12)]
    world.github.install("globex")
    quiet = world.github.create_repo({"main.tf": SAFE_BUCKET}, owner="globex")
    pull = world.github.open_pull_request(quiet, {"main.tf": PUBLIC_BUCKET})
    world.wait_until(lambda: pull.check_runs and pull.check_run.status == "completed", timeout=60)
    waiting = sum(not other.check_runs or other.check_run.status != "completed" for other in storm)
    world.work()
    assert waiting > 0, "the storm was over before the other organization had its turn"


def test_a_scan_of_the_default_branch_uploads_everything(world):
    world.github.push(world.repo, {"ssh.tf": OPEN_SSH, "main.tf": PUBLIC_BUCKET})
    world.work()
    upload = world.repo.sarif_uploads[-1]
    assert (upload.ref, upload.errors) == ("refs/heads/main", ())
    rules = {result["ruleId"] for run in upload.sarif["runs"] for result in run["results"]}
    assert rules == {"CKV_AWS_20", "CKV_AWS_24"}
    assert world.repo.check_runs == []


def test_sarif_of_a_pull_request_stands_for_its_head(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    assert (pull.sarif.ref, pull.sarif.commit_sha) == ("refs/pull/1/head", pull.head_sha)
    (result,) = [result for run in pull.sarif.sarif["runs"] for result in run["results"]]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 3
    assert result["partialFingerprints"]
