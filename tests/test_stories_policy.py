"""The policy of the base branch rules; what is wrong with one is told with file, line and key."""

import pytest

from tests.world import OPEN_SSH, PUBLIC_BUCKET, SAFE_BUCKET

PATH = ".github/plumbrule.yml"


@pytest.fixture
def under(world):
    """Reviews a change under a policy of the base branch."""

    def under(policy, files=None, **more):
        world.github.push(world.repo, {PATH: policy}, tell=False)
        return world.review(files or {"main.tf": PUBLIC_BUCKET}, **more)

    return under


def said(pull):
    return f"{pull.check_run.title}\n{pull.check_run.summary}\n{pull.check_run.text or ''}"


def test_audit_tells_and_passes(under):
    pull = under("mode: audit\n")
    assert pull.check_run.conclusion == "success"
    assert "CKV_AWS_20" in said(pull)


def test_block_at_and_comment_at(under):
    pull = under("block_at: critical\ncomment_at: critical\n", {"main.tf": PUBLIC_BUCKET, "ssh.tf": OPEN_SSH})
    assert [comment.path for comment in pull.comments] == ["main.tf"]
    assert pull.check_run.conclusion == "failure"


def test_a_rule_that_is_off_says_nothing(under):
    pull = under("rules:\n  CKV_AWS_20: off\n")
    assert (pull.check_run.conclusion, pull.comments) == ("success", [])


def test_a_rule_with_another_severity(under):
    pull = under("rules:\n  CKV_AWS_20: low\n")
    assert (pull.check_run.conclusion, pull.comments) == ("success", [])


def test_excluded_paths_are_not_reviewed(under):
    pull = under("paths:\n  exclude:\n    - legacy/**\n", {"legacy/main.tf": PUBLIC_BUCKET})
    assert (pull.check_run.conclusion, pull.comments) == ("success", [])


WAIVER = """waivers:
  - rule: CKV_AWS_20
    resource: aws_s3_bucket.logs
    reason: A public web site (OPS-1)
    expires: {expires}
"""


def test_a_waiver_accepts_and_the_summary_says_so(under):
    pull = under(WAIVER.format(expires="2099-01-01"))
    assert pull.check_run.conclusion == "success"
    assert "OPS-1" in said(pull)


def test_an_expired_waiver_counts_no_longer_and_is_named(under):
    pull = under(WAIVER.format(expires="2020-01-01"))
    assert pull.check_run.conclusion == "failure"
    assert f"{PATH}" in said(pull)
    assert "expired" in said(pull)


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("mode: [\n", ":"),
        ("modus: audit\n", "modus"),
        ("mode: loud\n", "enforce"),
        ("block_at: 7\n", "block_at"),
        ("- a\n- b\n", "mode"),
        ("waivers:\n  - rule: CKV_AWS_20\n    resource: x\n    expires: 2099-01-01\n", "reason"),
        ("waivers:\n  - rule: CKV_AWS_20\n    resource: x\n    reason: ''\n    expires: 2099-01-01\n", "reason"),
        ("waivers:\n  - rule: CKV_AWS_20\n    reason: long enough\n    expires: 2099-01-01\n", "resource"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", ""),
        ("mode: \x00\n", ""),
    ],
)
def test_a_broken_policy_blocks_and_is_explained(under, policy, told):
    pull = under(policy, {"main.tf": SAFE_BUCKET + "\n"})
    assert pull.check_run.conclusion == "failure"
    assert PATH in said(pull)
    assert told in said(pull)


def test_a_pull_request_cannot_loosen_its_own_policy(world):
    pull = world.review({PATH: "mode: audit\n", "main.tf": PUBLIC_BUCKET})
    assert pull.check_run.conclusion == "failure"


def test_a_pull_request_that_breaks_the_policy_is_told(world):
    pull = world.review({PATH: "mode: audit\nblok_at: high\n"})
    assert pull.check_run.conclusion == "failure"
    assert "blok_at" in said(pull)
    assert f"{PATH}" in said(pull)
    assert ":2" in said(pull)


def test_a_pull_request_may_mend_a_broken_policy(under):
    pull = under("mode: loud\n", {PATH: "mode: enforce\n"})
    assert pull.check_run.conclusion == "success"


def test_the_organization_gives_defaults(world):
    world.github.create_repo({"plumbrule.yml": "defaults:\n  mode: audit\n"}, name=".github")
    assert world.review({"main.tf": PUBLIC_BUCKET}).check_run.conclusion == "success"


def test_a_repository_cannot_loosen_what_the_organization_locks(world, under):
    organization = "defaults:\n  mode: enforce\n  block_at: high\nlocks: [mode, block_at]\n"
    world.github.create_repo({"plumbrule.yml": organization}, name=".github")
    pull = under("mode: audit\nblock_at: never\n")
    assert pull.check_run.conclusion == "failure"
    assert len(pull.comments) == 1


def test_a_broken_organization_policy_blocks_and_is_named(world):
    world.github.create_repo({"plumbrule.yml": "lokcs: [mode]\n"}, name=".github")
    pull = world.review({"main.tf": SAFE_BUCKET + "\n"})
    assert pull.check_run.conclusion == "failure"
    assert "lokcs" in said(pull)


SKIPPED = PUBLIC_BUCKET.replace("  bucket", "  # checkov:skip=CKV_AWS_20:It is a web site\n  bucket")


def test_an_added_skip_mutes_and_is_told(world):
    pull = world.review({"main.tf": SKIPPED})
    assert pull.check_run.conclusion == "success"
    assert "PLB_SKIP_1" in said(pull) + "".join(comment.body for comment in pull.comments)


def test_skips_that_are_not_honoured_mute_nothing(under):
    assert under("skips: ignore\n", {"main.tf": SKIPPED}).check_run.conclusion == "failure"
