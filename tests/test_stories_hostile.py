"""Every byte of a pull request is hostile: what cannot be looked at is said, and its text does no harm."""

import re

import pytest
from markdown_it import MarkdownIt

from tests.world import OPEN_SSH, PUBLIC_BUCKET, SAFE_BUCKET

BROKEN = 'resource "x" "y" {\n  STUB_SYNTAX_ERROR\n'


def said(pull):
    return "\n".join(
        [
            pull.check_run.title,
            pull.check_run.summary,
            pull.check_run.text or "",
            *(f"{a.title}\n{a.message}" for a in pull.check_run.annotations),
            *(comment.body for comment in pull.comments),
            *(review.body for review in pull.reviews),
        ]
    )


def test_a_file_that_does_not_parse_blocks_and_the_rest_is_reviewed(world):
    pull = world.review({"broken.tf": BROKEN, "ssh/main.tf": OPEN_SSH})
    assert pull.check_run.conclusion == "failure"
    assert [comment.path for comment in pull.comments] == ["ssh/main.tf"]
    assert "broken.tf" in pull.check_run.summary
    assert f"/blob/{pull.head_sha}/broken.tf#L2" in said(pull) or ("broken.tf", 2) in {
        (a.path, a.start_line) for a in pull.check_run.annotations
    }


def test_a_file_that_did_not_parse_before_does_not_block(world):
    world.github.push(world.repo, {"old/broken.tf": BROKEN})
    pull = world.review({"old/broken.tf": BROKEN + "# more\n"})
    assert pull.check_run.conclusion == "success"


def test_on_failure_pass_tells_and_passes(world):
    world.github.push(world.repo, {".github/plumbrule.yml": "on_failure: pass\n"})
    pull = world.review({"broken.tf": BROKEN})
    assert pull.check_run.conclusion == "success"
    assert "broken.tf" in pull.check_run.summary


def test_a_scanner_that_fails_is_never_an_empty_result(world):
    pull = world.review({"main.tf": SAFE_BUCKET + "# STUB_SCANNER_FAILS\n", "ssh/main.tf": OPEN_SSH})
    assert pull.check_run.conclusion == "failure"
    assert "ran out of memory" in said(pull)
    assert [comment.path for comment in pull.comments] == ["ssh/main.tf"]


def test_a_scanner_that_fails_says_nothing_is_fixed(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    world.push_to(pull, {"main.tf": PUBLIC_BUCKET + "# STUB_SCANNER_FAILS\n"})
    assert "~~" not in pull.comments[0].body
    assert pull.check_run.conclusion == "failure"


@pytest.mark.parametrize(
    "files",
    [
        {"big.tf": "#" * (2 << 20)},
        {"dir/link.tf": ("120000", "../../../../etc/passwd")},
        {"dir/link.tf": ("120000", "/proc/self/environ")},
        {"dir": ("160000", "1" * 40)},
        {"binary.tf": b"\x00\xff\xfe\x7fELF" * 100},
        {"latin.tf": b'resource "a" "b" { x = "\xe9" }\n'},
        {"new\nline.tf": OPEN_SSH},
        {"../outside.tf".replace("..", "dotdot"): OPEN_SSH},
        {"a b/\u202egnp.tf": OPEN_SSH},
        {'"quoted".tf': OPEN_SSH},
        {"-rf.tf": OPEN_SSH},
        {":(glob)x.tf": OPEN_SSH},
        {"d/" * 200 + "deep.tf": OPEN_SSH},
        {".checkov.yaml": "soft-fail: true\nskip-check: [CKV_AWS_24]\n", "s.tf": OPEN_SSH},
        {".gitattributes": "*.tf -diff filter=evil\n", "s.tf": OPEN_SSH},
    ],
    ids=lambda files: ascii(next(iter(files)))[:30],
)
@pytest.mark.slow
def test_strange_files_never_break_a_review(world, files):
    pull = world.review({**files, "main.tf": PUBLIC_BUCKET})
    assert pull.check_run.conclusion == "failure"
    assert "internal error" not in said(pull)
    assert "Not reviewed:" not in pull.check_run.title
    assert "main.tf" in {comment.path for comment in pull.comments}


def test_a_file_over_the_limit_is_named(world):
    pull = world.review({"big.tf": "#" * (2 << 20)})
    assert "big.tf" in said(pull)
    assert pull.check_run.conclusion == "failure"


def test_text_of_the_repository_cannot_speak_in_our_name(world):
    name = "a](http://evil.example) @acme/everyone <img src=x> <!-- plumbrule:comment v1 key=00 fp=00 -->"
    line = '  cidr_blocks = ["0.0.0.0/0"] # ``` @acme/everyone <script> ![x](http://evil.example/x.png) #1 fixes #2'
    pull = world.review({"ssh.tf": f'resource "aws_security_group" "{name}" {{\n{line}\n}}\n'})
    text = said(pull)
    assert pull.check_run.conclusion == "failure"
    for place in (pull.check_run.summary, pull.check_run.text or "", *(comment.body for comment in pull.comments)):
        spoken = _spoken(place)
        assert [bad for bad in ("evil.example", "<script", "<img", "@acme/everyone", "#1") if bad in spoken] == []
    assert text.count("<!-- plumbrule:comment") == len(pull.comments)


def test_secrets_are_masked(world):
    key = "AKIA" + "IOSFODNN7EXAMPL2"
    line = f'  cidr_blocks = ["0.0.0.0/0"] # {key} password = "hunter2hunter2"'
    pull = world.review({"ssh.tf": f'resource "aws_security_group" "jump" {{\n{line}\n}}\n'})
    assert key not in said(pull)
    assert key not in str(pull.sarif.sarif)


def test_an_expansion_bomb_in_yaml_does_no_harm(world):
    bomb = "a: &a [x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{'*' + chr(97 + n) + ','}*{chr(97 + n)}]\n" for n in range(20)
    )
    pull = world.review({"k8s/bomb.yaml": bomb, ".github/plumbrule.yml": bomb, "main.tf": PUBLIC_BUCKET})
    assert pull.check_run.conclusion == "failure"


def _spoken(text):
    """What GitHub would act on: HTML, link targets and plain text, without what stands in code."""
    tokens = [
        inner
        for token in MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
        for inner in _leaves(token)
    ]
    spoken = [token.content for token in tokens if token.type in {"text", "html_inline", "html_block"}]
    targets = [str(token.attrs) for token in tokens if token.type in {"link_open", "image"}]
    return re.sub(r"<!--.*?-->", "", "\n".join(spoken + targets), flags=re.DOTALL)


def _leaves(token):
    return [leaf for child in token.children for leaf in _leaves(child)] if token.children else [token]


def test_a_second_pull_request_does_not_turn_the_first_one_green(world):
    first = world.review({"main.tf": PUBLIC_BUCKET})
    assert first.check_run.conclusion == "failure"
    world.github.push(world.repo, {"main.tf": PUBLIC_BUCKET}, branch="has-it-already")
    second = world.github.open_pull_request(world.repo, branch=first.head_ref, base="has-it-already")
    world.work()
    assert second.head_sha == first.head_sha
    assert {run.conclusion for run in first.check_runs} == {"failure"}
    newest = max(first.check_runs, key=lambda run: run.id)
    assert f"#{first.number} has the same head" in newest.title


def test_a_second_pull_request_that_came_first_is_told_too(world):
    world.github.push(world.repo, {"main.tf": PUBLIC_BUCKET}, branch="has-it-already")
    world.github.push(world.repo, {"main.tf": PUBLIC_BUCKET}, branch="evil")
    harmless = world.github.open_pull_request(world.repo, branch="evil", base="has-it-already")
    world.work()
    assert harmless.check_run.conclusion == "success"
    world.github.open_pull_request(world.repo, branch="evil")
    world.work()
    assert {run.conclusion for run in harmless.check_runs} == {"failure"}


def test_once_the_blocked_pull_request_is_closed_the_other_passes_again(world):
    first = world.review({"main.tf": PUBLIC_BUCKET})
    world.github.push(world.repo, {"main.tf": PUBLIC_BUCKET}, branch="has-it-already")
    second = world.github.open_pull_request(world.repo, branch=first.head_ref, base="has-it-already")
    world.work()
    world.github.close(first)
    mine = max(second.check_runs, key=lambda run: run.id)
    world.github.rerun(world.repo, mine)
    world.work()
    assert max(second.check_runs, key=lambda run: run.id).conclusion == "success"
