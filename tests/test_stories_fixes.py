"""Stories of fixes: what is proposed on the pull request, and what the button does."""

from __future__ import annotations

import re

import pytest

from tests.fake_github.state import ALL_PERMISSIONS, CheckRun, PullRequest
from tests.world import OPEN_SSH, PUBLIC_BUCKET, SAFE_BUCKET, Modes, World

BUTTON = "apply-safe-fixes"
OTHER = 'resource "aws_ebs_volume" "data" {\r\n  encrypted = false\r\n}\r\n'


@pytest.fixture(autouse=True)
def contents_write(world: World) -> None:
    """What an organization grants that wants the button."""
    world.installation.permissions = {**ALL_PERMISSIONS, "contents": "write"}


def check_of(pull: PullRequest) -> CheckRun:
    return pull.check_runs[-1]


def press(world: World, pull: PullRequest, **more: str) -> str:
    """Press the button, let the worker finish, and return what stands on the check run then."""
    run = check_of(pull)
    world.github.press(world.repo, run, BUTTON, **more)
    world.work()
    return run.summary or ""


def head_text(world: World, pull: PullRequest, path: str = "main.tf") -> str:
    return world.repo.git.read(pull.head_sha, path)


def test_a_fix_is_a_suggestion_on_exactly_the_lines_that_it_replaces(world: World) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    (comment,) = pull.comments
    suggested = re.search(r"```suggestion\n(.*?)```", comment.body, re.DOTALL)
    assert suggested
    assert suggested[1] == '  acl    = "private"\n'
    assert (comment.start_line, comment.line) == (None, 3)


def test_one_click_commits_all_safe_fixes_and_the_new_head_is_reviewed(world: World) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET, "disk.tf": OTHER})
    reviewed = pull.head_sha
    world.github.press(world.repo, check_of(pull), BUTTON)
    world.work()
    world.wait_until(lambda: pull.check_runs)
    world.work()
    assert head_text(world, pull) == SAFE_BUCKET
    assert head_text(world, pull, "disk.tf") == OTHER.replace("false", "true")
    assert world.repo.git.parents(pull.head_sha) == [reviewed]
    assert "Asked for by ada on pull request #1." in world.repo.git.line("show", "-s", "--format=%B", pull.head_sha)
    assert check_of(pull).conclusion == "success"
    (first,) = [run for run in world.repo.check_runs_on(reviewed) if run.name == "Plumbrule"]
    assert (first.summary or "").startswith(f"**The safe fixes were applied** in {pull.head_sha}, asked for by ada.")


def test_who_may_not_push_gets_no_commit_and_is_told_why(world: World) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    head = pull.head_sha
    told = press(world, pull, who="mallory")
    assert told.startswith("**The safe fixes were not applied.** mallory may not push to this repository.")
    assert pull.head_sha == head


def test_a_head_that_moved_on_since_the_proof_is_left_alone(world: World) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    old_run = check_of(pull)
    world.push_to(pull, {"main.tf": PUBLIC_BUCKET + "\n"})
    head = pull.head_sha
    world.github.press(world.repo, old_run, BUTTON)
    world.work()
    assert "The branch went on since the fixes were proved" in (old_run.summary or "")
    assert pull.head_sha == head


def test_a_protected_branch_is_told_with_github_s_own_reason(world: World) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.repo.protected_branches.add(pull.head_ref)
    told = press(world, pull)
    assert f"GitHub does not let Plumbrule push to `{pull.head_ref}`" in told
    assert "Changes must be made through a pull request" in told


def test_a_fork_gets_suggestions_and_no_button(world: World) -> None:
    fork = world.github.fork(world.repo, "mallory")
    pull = world.review({"main.tf": PUBLIC_BUCKET}, fork=fork)
    assert "```suggestion" in pull.comments[0].body
    assert check_of(pull).actions == ()


def test_without_contents_write_there_is_no_button(world: World) -> None:
    world.installation.permissions = {**ALL_PERMISSIONS, "contents": "read"}
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    assert "```suggestion" in pull.comments[0].body
    assert check_of(pull).actions == ()


def test_contents_write_that_was_taken_back_meanwhile_is_said(world: World) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.installation.permissions = {**ALL_PERMISSIONS, "contents": "read"}
    assert "contents: write" in press(world, pull)


def test_a_finding_that_no_safe_fix_mends_has_no_button(world: World) -> None:
    pull = world.review({"main.tf": SAFE_BUCKET + OPEN_SSH})
    assert check_of(pull).actions == ()


def test_a_closed_pull_request_is_left_alone(world: World) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    run, head = check_of(pull), pull.head_sha
    world.github.close(pull)
    world.github.press(world.repo, run, BUTTON)
    world.work()
    assert "The pull request is closed" in (run.summary or "")
    assert world.repo.git.resolve(pull.head_ref) == head


def test_a_policy_that_wants_no_fixes_gets_none(world: World) -> None:
    world.github.push(world.repo, {".github/plumbrule.yml": "fixes:\n  suggest: off\n"})
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    assert "```suggestion" not in pull.comments[0].body
    assert world.scanner.fixed == []


def test_pressing_twice_commits_once(world: World) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    run, reviewed = check_of(pull), pull.head_sha
    world.github.press(world.repo, run, BUTTON)
    world.github.press(world.repo, run, BUTTON)
    world.wait_until(lambda: pull.head_sha != reviewed)
    world.work()
    assert world.repo.git.parents(pull.head_sha) == [reviewed]


def test_a_choice_that_no_fix_uses_is_told_to_the_author_of_the_policy(world: World) -> None:
    policy = "fixes:\n  choices:\n    kms_key_arm: arn\n    kms_key_arn: [a, b]\n"
    world.github.push(world.repo, {".github/plumbrule.yml": policy})
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    told = (check_of(pull).summary or "").replace("`", "")
    assert "no fix uses a value of this name; did you mean kms_key_arn?" in told
    assert "it is a list; expected one text" in told


def press_until_committed(world: World, pull: PullRequest, run: CheckRun) -> None:
    """Press the button and wait for the commit and for the review of it."""
    reviewed = str(run.head_sha)
    world.github.press(world.repo, run, BUTTON)
    world.work()
    world.wait_until(lambda: pull.head_sha != reviewed)
    world.wait_until(lambda: pull.check_runs)
    world.work()


def test_somebody_who_writes_our_words_into_a_commit_does_not_make_it_ours(world: World) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    run, trailer = check_of(pull), f"Plumbrule-Review: {check_of(pull).external_id}"
    forged = PUBLIC_BUCKET + "# and more\n"
    told = f"Apply the safe fixes\n\n{trailer}\n"
    world.github.push(world.repo, {"main.tf": forged}, branch=pull.head_ref, message=told)
    world.work()
    head = pull.head_sha
    world.github.press(world.repo, run, BUTTON)
    world.work()
    assert (run.summary or "").startswith("**The safe fixes were not applied.** The branch went on")
    assert pull.head_sha == head


def test_a_commit_that_was_made_and_not_noted_down_is_found_again_and_told(world: World) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    run, reviewed = check_of(pull), pull.head_sha
    world.github.fail_next("PATCH", "/git/refs/heads/", status=502, after=True)
    press_until_committed(world, pull, run)
    assert world.repo.git.parents(pull.head_sha) == [reviewed]
    assert (run.summary or "").startswith(f"**The safe fixes were applied** in {pull.head_sha}, asked for by ada.")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", r"/pulls/1$"),
        ("GET", "/collaborators/"),
        ("POST", "/access_tokens"),
        ("GET", "/git/commits/"),
        ("POST", "/git/blobs"),
        ("POST", "/git/trees"),
        ("POST", "/git/commits$"),
        ("PATCH", "/git/refs/heads/"),
        ("PATCH", "/check-runs/"),
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_a_request_that_fails_is_made_again_and_there_is_one_commit(
    world: World, verb: str, path: str, *, after: bool
) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    run, reviewed = check_of(pull), pull.head_sha
    world.github.fail_next(verb, path, status=502, after=after)
    press_until_committed(world, pull, run)
    assert world.repo.git.parents(pull.head_sha) == [reviewed]
    assert head_text(world, pull) == SAFE_BUCKET
    assert (run.summary or "").startswith(f"**The safe fixes were applied** in {pull.head_sha}, asked for by ada.")
    assert (run.summary or "").count("The safe fixes were") == 1


@pytest.mark.slow
@pytest.mark.parametrize("branch", ["a/b#c%2fd", "`@everyone`<img/src=x>y", "ünï-çode", "x'\"$(id)&y", "-f"])
def test_a_branch_of_any_name_is_committed_to_and_told_of_without_harm(world: World, branch: str) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET}, branch=branch)
    run = check_of(pull)
    world.repo.protected_branches.add(pull.head_ref)
    world.github.press(world.repo, run, BUTTON)
    world.work()
    first = (run.summary or "").partition("\n")[0]
    assert first.startswith("**The safe fixes were not applied.** ")
    outside = re.sub(r"(`+).*?\1", "", first)
    assert "@everyone" not in outside
    assert "<img" not in outside
    world.repo.protected_branches.clear()
    press_until_committed(world, pull, run)
    assert head_text(world, pull) == SAFE_BUCKET


def test_a_branch_of_the_same_name_in_the_base_is_not_committed_to_for_a_fork(world: World) -> None:
    ours = world.review({"main.tf": PUBLIC_BUCKET}, branch="topic")
    fork = world.github.fork(world.repo, "mallory")
    theirs = world.review({"main.tf": PUBLIC_BUCKET + "\n"}, fork=fork, branch="topic")
    run, head = check_of(theirs), ours.head_sha
    run.actions = check_of(ours).actions  # as if somebody could make the button appear
    world.github.press(world.repo, run, BUTTON)
    world.work()
    assert "The branch is in a fork" in (run.summary or "")
    assert ours.head_sha == head


def test_a_branch_that_is_gone_is_told(world: World) -> None:
    if world.house.modes.crash_after == "commit":
        pytest.skip("the second try finds it there")
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    run = check_of(pull)
    world.github.fail_next("PATCH", "/git/refs/heads/", status=404)
    world.github.press(world.repo, run, BUTTON)
    world.work()
    assert "is gone" in (run.summary or "")


@pytest.mark.parametrize("permission", ["read", "none"])
def test_less_than_the_right_to_push_is_not_enough(world: World, permission: str) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.repo.permissions["grace"] = permission
    head = pull.head_sha
    assert "grace may not push to this repository" in press(world, pull, who="grace")
    assert pull.head_sha == head


def test_an_examination_that_is_not_kept_any_more_is_told(world: World) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    run, head = check_of(pull), pull.head_sha
    run.external_id = run.external_id.rpartition(":")[0] + ":12345678"
    world.github.press(world.repo, run, BUTTON)
    world.work()
    assert "What was proved is no longer known here" in (run.summary or "")
    assert pull.head_sha == head


def test_a_check_run_of_another_repository_is_none_of_our_business(world: World) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    run, head, before = check_of(pull), pull.head_sha, check_of(pull).summary
    run.external_id = re.sub(r"rv:\d+", "rv:1", run.external_id)
    world.github.press(world.repo, run, BUTTON)
    world.work()
    assert (pull.head_sha, run.summary) == (head, before)


@pytest.mark.parametrize("step", ["commit", "answer"])
def test_a_worker_that_dies_with_the_commit_made_makes_no_other_one_and_still_answers(world: World, step: str) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    run, reviewed, crash = check_of(pull), pull.head_sha, world.house.crash
    usual, crash.modes = crash.modes, Modes(crash_after=step)
    press_until_committed(world, pull, run)
    crash.modes = usual
    assert crash.deaths
    assert world.repo.git.parents(pull.head_sha) == [reviewed]
    assert (run.summary or "").startswith(f"**The safe fixes were applied** in {pull.head_sha}, asked for by ada.")
    assert (run.summary or "").count("The safe fixes were") == 1


def test_two_people_who_press_at_once_make_one_commit(world: World) -> None:
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.repo.permissions["grace"] = "write"
    run, reviewed = check_of(pull), pull.head_sha
    world.github.press(world.repo, run, BUTTON, who="grace")
    press_until_committed(world, pull, run)
    assert world.repo.git.parents(pull.head_sha) == [reviewed]


def test_a_pull_request_that_was_retargeted_is_committed_to_its_own_branch(world: World) -> None:
    world.github.push(world.repo, {"other.tf": SAFE_BUCKET}, branch="release")
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    run, reviewed = check_of(pull), pull.head_sha
    world.github.retarget(pull, "release", tell=False)
    press_until_committed(world, pull, run)
    assert world.repo.git.parents(pull.head_sha) == [reviewed]
    assert head_text(world, pull) == SAFE_BUCKET
