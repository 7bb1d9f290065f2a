"""A pull request is reviewed: from the webhook to what stands on it."""

import re
from dataclasses import replace

import pytest

from tests.world import OPEN_SSH, PUBLIC_BUCKET, SAFE_BUCKET

UNENCRYPTED = 'resource "aws_db_instance" "orders" {\n  encrypted  = false\n  monitoring = false\n}\n'


def visible(text):
    """What a reader sees: no hidden markers."""
    return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)


def test_a_public_bucket_blocks_and_is_commented_on_its_line(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    assert (pull.check_run.status, pull.check_run.conclusion) == ("completed", "failure")
    assert pull.check_run.name == "Plumbrule"
    (comment,) = pull.comments
    assert (comment.path, comment.side, comment.line, comment.start_line) == ("main.tf", "RIGHT", 3, None)
    assert "CKV_AWS_20" in visible(comment.body)
    assert "aws_s3_bucket.logs" in visible(comment.body)
    assert "<!--" in comment.body
    assert pull.conversation == []


def test_the_summary_is_understood_in_five_seconds(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET, "ssh.tf": OPEN_SSH, "db.tf": UNENCRYPTED})
    assert pull.check_run.title == "Blocked: 2 findings of this change need a decision"
    summary = pull.check_run.summary
    assert "| Critical | **1** | 0 | 0 |" in summary
    assert f"{world.github.url}/{world.repo.full_name}/blob/{pull.head_sha}/main.tf#L3" in summary
    blocks, rest = summary.split("not blocking")
    assert ("CKV_AWS_20" in blocks, "CKV_AWS_24" in blocks, "CKV_AWS_16" in blocks) == (True, True, False)
    assert ("CKV_AWS_16" in rest, "CKV_AWS_126" in rest) == (True, True)


def test_the_check_is_in_progress_while_the_review_runs(world):
    pull = world.open_pull_request({"main.tf": PUBLIC_BUCKET + "# STUB_SCANNER_WAITS for the first time\n"})
    world.wait_until(lambda: world.scanner.waiting)
    assert (pull.check_run.status, pull.check_run.conclusion) == ("in_progress", None)
    assert pull.comments == []
    world.scanner.let_go = True
    world.work()
    assert pull.check_run.conclusion == "failure"


def test_a_change_without_infrastructure_passes_and_says_so(world):
    pull = world.review({"README.md": "# Better words\n", "src/app.py": "print()\n"})
    assert pull.check_run.conclusion == "success"
    assert "no infrastructure" in f"{pull.check_run.title} {pull.check_run.summary}".lower()
    assert (pull.reviews, world.scanner.scans) == ([], [])


def test_what_stood_before_neither_blocks_nor_is_commented(world):
    world.github.push(world.repo, {"main.tf": PUBLIC_BUCKET, "ssh.tf": OPEN_SSH})
    pull = world.review({"main.tf": "# a comment above\n\n" + PUBLIC_BUCKET, "ssh.tf": None})
    assert (pull.check_run.conclusion, pull.comments) == ("success", [])
    assert "| Critical | 0 | 0 | 1 |" in pull.check_run.summary
    assert "| High | 0 | 1 | 0 |" in pull.check_run.summary


def test_moving_a_file_introduces_nothing(world):
    world.github.push(world.repo, {"main.tf": PUBLIC_BUCKET})
    pull = world.review({"main.tf": None, "storage/buckets.tf": PUBLIC_BUCKET})
    assert (pull.check_run.conclusion, pull.comments) == ("success", [])


def test_low_findings_do_not_comment(world):
    pull = world.review({"main.tf": SAFE_BUCKET + '\nresource "x" "y" {\n  monitoring = false\n}\n'})
    assert (pull.check_run.conclusion, pull.comments) == ("success", [])
    assert "CKV_AWS_126" in pull.check_run.summary


def test_findings_of_one_block_share_a_comment(world):
    both = 'resource "aws_db_instance" "orders" {\n  encrypted = false\n  cidr = "0.0.0.0/0"\n}\n'
    pull = world.review({"db.tf": both})
    (comment,) = pull.comments
    assert ("CKV_AWS_16" in comment.body, "CKV_AWS_24" in comment.body) == (True, True)


def test_at_most_thirty_comments_and_the_rest_in_the_summary(world):
    many = "\n".join(OPEN_SSH.replace("jump", f"jump_{n}") for n in range(40))
    pull = world.review({"many.tf": many})
    assert len(pull.comments) == 30
    said = pull.check_run.summary + (pull.check_run.text or "") + str([a.message for a in pull.check_run.annotations])
    assert all(f"jump_{n}" in said or any(f"jump_{n}`" in c.body for c in pull.comments) for n in range(40))
    assert len(world.github.requests) < 60


def test_annotations_are_sent_in_batches(world):
    many = "\n".join(OPEN_SSH.replace("jump", f"jump_{n}") for n in range(160))
    pull = world.review({"many.tf": many})
    assert pull.check_run.conclusion == "failure"
    assert len({a.start_line for a in pull.check_run.annotations}) == len(pull.check_run.annotations) >= 130
    assert len(pull.check_run.summary) <= 65535


def test_a_finding_that_the_diff_does_not_show_is_annotated_and_linked(world):
    bucket = 'resource "aws_s3_bucket" "logs" {\n  acl = var.acl\n}\n'
    variable = 'variable "acl" {\n  default = "private"\n}\n'
    world.github.push(world.repo, {"main.tf": bucket, "variables.tf": variable})
    pull = world.review({"variables.tf": variable.replace("private", "public-read")})
    assert (pull.check_run.conclusion, pull.comments) == ("failure", [])
    (annotation,) = pull.check_run.annotations
    assert (annotation.path, annotation.start_line, annotation.annotation_level) == ("main.tf", 2, "failure")
    assert f"/blob/{pull.head_sha}/main.tf#L2" in pull.check_run.summary


def test_the_next_push_repeats_nothing(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.push_to(pull, {"README.md": "# More\n", "ssh.tf": OPEN_SSH})
    assert [comment.path for comment in pull.comments] == ["main.tf", "ssh.tf"]
    assert pull.check_run.conclusion == "failure"
    assert len([review for review in pull.reviews if review.state == "COMMENTED"]) == 2
    world.push_to(pull, {"README.md": "# Even more\n"})
    assert len(pull.comments) == 2
    assert len(pull.reviews) == 2


def test_a_mended_finding_has_its_comment_say_so_once(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET, "ssh.tf": OPEN_SSH})
    first = {comment.path: comment.body for comment in pull.comments}
    world.push_to(pull, {"main.tf": SAFE_BUCKET})
    bodies = {comment.path: comment.body for comment in pull.comments}
    assert bodies["ssh.tf"] == first["ssh.tf"]
    assert "~~" in bodies["main.tf"]
    assert f"fixed in {pull.head_sha[:7]}" in bodies["main.tf"]
    world.push_to(pull, {"README.md": "x\n"})
    assert {comment.path: comment.body for comment in pull.comments} == bodies


def test_a_finding_that_comes_back_is_told_again_in_its_old_place(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.push_to(pull, {"main.tf": SAFE_BUCKET + "# keep the diff\n"})
    world.push_to(pull, {"main.tf": PUBLIC_BUCKET + "# keep the diff\n"})
    told = [comment for comment in pull.comments if "~~" not in comment.body]
    assert len(told) == 1
    assert pull.check_run.conclusion == "failure"


def test_the_thread_of_a_mended_comment_is_resolved_where_the_app_may(world):
    world.installation.permissions["contents"] = "write"
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.push_to(pull, {"main.tf": SAFE_BUCKET + "\n"})
    assert [comment.resolved for comment in pull.comments] == [True]


def test_comments_of_people_are_left_alone(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    marker = re.search(r"<!--.*-->", pull.comments[0].body).group()
    copied = world.github.review_comment(pull, "main.tf", 3, f"I agree.\n\n{marker}")
    world.push_to(pull, {"main.tf": SAFE_BUCKET + "\n"})
    assert copied.body == f"I agree.\n\n{marker}"


def test_a_draft_is_reviewed_quietly_until_it_is_ready(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET}, draft=True)
    assert (pull.check_run.conclusion, pull.reviews) == ("failure", [])
    world.github.make_ready(pull)
    world.work()
    assert (len(pull.comments), pull.check_runs[-1].conclusion) == (1, "failure")


def test_a_fork_is_reviewed_through_the_base_repository(world):
    fork = world.github.fork(world.repo, "mallory")
    pull = world.review({"main.tf": PUBLIC_BUCKET}, fork=fork)
    assert (pull.check_run.conclusion, len(pull.comments)) == ("failure", 1)
    assert not [r for r in world.github.requests if "mallory" in r.path]


def test_the_base_is_the_merge_base(world):
    pull = world.open_pull_request({"ssh.tf": OPEN_SSH}, tell=False)
    world.github.push(world.repo, {"main.tf": PUBLIC_BUCKET})
    world.github.push_to(pull, {"README.md": "x\n"})
    world.work()
    assert [comment.path for comment in pull.comments] == ["ssh.tf"]
    assert "CKV_AWS_20" not in pull.check_run.summary


def test_a_new_base_branch_is_another_review(world):
    world.github.push(world.repo, {"ssh.tf": OPEN_SSH}, branch="release")
    pull = world.review({"ssh.tf": OPEN_SSH})
    assert pull.check_run.conclusion == "failure"
    world.github.retarget(pull, "release")
    world.work()
    assert pull.check_runs[-1].conclusion == "success"


def test_a_new_title_is_not(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    before = len(world.github.requests)
    world.github.retitle(pull, "Another title")
    world.work()
    assert len(world.github.requests) == before


@pytest.mark.parametrize("click", ["one", "all"])
def test_rerun_reviews_again(world, click):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    if click == "one":
        world.github.rerun(world.repo, pull.check_run)
    else:
        world.github.rerun_all(world.repo, pull.head_sha)
    world.work()
    assert {run.status for run in pull.check_runs} == {"completed"}
    assert pull.check_runs[-1].conclusion == "failure"
    assert len(pull.comments) == 1


def test_rerun_works_for_a_fork(world):
    fork = world.github.fork(world.repo, "mallory")
    pull = world.review({"main.tf": PUBLIC_BUCKET}, fork=fork)
    world.github.rerun(world.repo, pull.check_run)
    world.work()
    assert pull.check_runs[-1].conclusion == "failure"


def test_a_merge_group_gets_its_check(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    head = world.github.queue_merge(pull)
    world.work()
    assert world.repo.check_run_on(head).conclusion == "failure"
    assert len(pull.comments) == 1


def test_a_check_stays_within_github_limits_whatever_the_size(world):
    many = "\n".join(OPEN_SSH.replace("jump", f"jump_{n}_{'x' * 120}") for n in range(400))
    pull = world.review({"many.tf": many})
    assert pull.check_run.conclusion == "failure"


def test_a_dry_run_reviews_and_writes_nothing(world):
    services = world.house.services
    world.house.services = replace(services, settings=replace(services.settings, dry_run=True))
    world.house.restart()
    try:
        pull = world.review({"main.tf": PUBLIC_BUCKET})
        assert (pull.check_runs, pull.comments, pull.repo.sarif_uploads) == ([], [], [])
        noted = world.house.log_file.read_text()
        assert all(write in noted for write in ("create_check_run", "create_review", "upload_analysis"))
    finally:
        world.house.services = services
        world.house.restart()
