"""Where a suggestion may stand, held against the diffs of a real git and the fake GitHub's rules."""

from __future__ import annotations

import pytest

from reviewer.judge.diff import parse_diff
from reviewer.model import Risk
from reviewer.report.comment import build_comments
from reviewer.report.offers import Form, offer_of, proposals
from tests.fake_github.asking import Client
from tests.report.examinations import examination, finding, span
from tests.report.fixing import lines, mends, proposing, suggest

BASE = "".join(f"line {n}\n" for n in range(1, 61))
HEAD = (
    BASE.replace("line 5\n", "five\n")
    .replace("line 9\n", "")
    .replace("line 12\nline 13\n", "twelve\nthirteen\nand more\n")
    .replace("line 30\n", "line 30\nnew\nnew too\n")
    .replace("line 60\n", "")
)
RANGES = [(first, last) for first in range(1, 61) for last in range(first, min(first + 12, 61))]


@pytest.fixture
def pull(github):
    github.install("acme")
    return github.open_pull_request(github.create_repo({"main.tf": BASE}), {"main.tf": HEAD})


@pytest.fixture
def changed(pull):
    """The pull request's diff as a review reads it."""
    return parse_diff(pull.repo.git.git("diff", pull.merge_base, pull.head_sha).decode())


@pytest.fixture
def hunks(pull):
    """The hunks as GitHub shows them."""
    (file,) = pull.repo.git.diff(pull.merge_base, pull.head_sha)
    return file.hunks


def proposed(changed, first, last):
    made = finding(resource=f"r.x{first}_{last}", span=span("main.tf", first), block=span("main.tf", first, last))
    fix = suggest("main.tf", HEAD, first, last, f"better {first}\n")
    return proposing(examination((made,)), mends(fix, made), diff=changed), fix


def may_suggest(hunks, first, last) -> bool:
    """GitHub's own rule: both ends in one hunk, and no deleted line between them."""
    for hunk in hunks:
        start, end = hunk.position_of("RIGHT", first), hunk.position_of("RIGHT", last)
        if start is not None and end is not None:
            return not any(line.startswith("-") for line in hunk.lines[start : end + 1])
    return False


def test_one_click_is_offered_exactly_where_github_takes_it(changed, hunks):
    offered = {}
    for first, last in RANGES:
        examined, fix = proposed(changed, first, last)
        form = offer_of(mends(fix), proposals(examined).hunks).form
        offered[first, last] = form is Form.CLICK
    assert offered == {(first, last): may_suggest(hunks, first, last) for first, last in RANGES}
    assert 20 < sum(offered.values()) < len(RANGES) / 2


def test_github_takes_every_comment_with_a_suggestion_on_the_lines_it_replaces(github, pull, changed, hunks):
    ranges = [(first, last) for first, last in RANGES if may_suggest(hunks, first, last)][::6]
    comments = [comment for first, last in ranges for comment in build_comments(proposed(changed, first, last)[0])]
    assert [(c.start_line or c.line, c.line) for c in comments] == ranges
    sent = [
        {"path": c.path, "line": c.line, "side": "RIGHT", "body": c.body}
        | ({"start_line": c.start_line, "start_side": "RIGHT"} if c.start_line else {})
        for c in comments
    ]
    client = Client(github, pull.repo, pull_requests="write", contents="read")
    answer = client("POST", "/pulls/1/reviews", {"event": "COMMENT", "body": "See below.", "comments": sent})
    assert answer.status_code == 200, answer.text
    assert [(c.start_line or c.line, c.line) for c in pull.comments] == ranges


@pytest.mark.parametrize("risk", [Risk.REPLACE, Risk.COST])
def test_what_replaces_or_costs_is_never_one_click(changed, risk):
    examined, _ = proposed(changed, 5, 5)
    fix = suggest("main.tf", HEAD, 5, 5, "better\n", risk=risk)
    assert lines(HEAD, 5, 5) == "five\n"
    assert offer_of(mends(fix), proposals(examined).hunks).form is Form.DIFF
