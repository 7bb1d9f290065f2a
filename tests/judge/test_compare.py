from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.judge.compare import SKIP_RULE, compare, fingerprinted
from reviewer.model import Diff, NotExamined, Severity
from tests.judge.builders import FINDINGS, RESULTS, change, finding, hunk, moved, result, span

NOTHING = Diff()
BOUNDED = settings(max_examples=30, deadline=None)


def resources(findings):
    return [found.resource for found in findings]


def rules(findings):
    return [found.rule for found in findings]


# properties


@BOUNDED
@given(RESULTS)
def test_comparing_anything_with_itself_introduces_and_fixes_nothing(same):
    comparison = compare(same, same, NOTHING)
    assert comparison.introduced == comparison.fixed == comparison.not_examined == ()
    assert len(comparison.standing) + len(comparison.muted) == len(same.findings)


@BOUNDED
@given(RESULTS, st.sampled_from([("a.tf", "b.tf"), ("dev/a.tf", "prod/a.tf"), ("a.tf", "dev/a.tf")]))
def test_comparing_with_itself_introduces_nothing_whatever_the_diff_says(same, renamed):
    diff = change(hunk("a.tf", 1, 40), hunk("prod/a.tf", 1, 40), renamed=[renamed])
    assert compare(same, same, diff).introduced == ()


@BOUNDED
@given(RESULTS, RESULTS)
def test_what_one_direction_introduces_the_other_fixes(one, other):
    there, back = compare(one, other, NOTHING), compare(other, one, NOTHING)
    assert len(there.introduced) == len(back.fixed)
    assert len(there.fixed) == len(back.introduced)
    assert sorted(rules(there.introduced)) == sorted(rules(back.fixed))


@BOUNDED
@given(RESULTS, RESULTS)
def test_every_finding_of_head_is_introduced_standing_or_muted_once(base, head):
    comparison = compare(base, head, NOTHING)
    found = [*comparison.introduced, *comparison.standing, *comparison.muted]
    names = [one.fingerprint for one in found if one.rule != SKIP_RULE]
    assert sorted(names) == sorted(one.fingerprint for one in fingerprinted(head.findings))


@BOUNDED
@given(RESULTS, st.integers(1, 500), st.randoms(use_true_random=False))
def test_moving_lines_and_the_order_of_findings_introduce_nothing(base, lines, chance):
    head = [moved(found, lines) for found in base.findings]
    chance.shuffle(head)
    assert compare(base, result(*head), NOTHING).introduced == ()


@BOUNDED
@given(RESULTS, RESULTS, st.randoms(use_true_random=False))
def test_the_order_of_findings_does_not_change_what_is_introduced(base, head, chance):
    shuffled_base, shuffled_head = list(base.findings), list(head.findings)
    chance.shuffle(shuffled_base)
    chance.shuffle(shuffled_head)
    one = compare(base, head, NOTHING)
    other = compare(result(*shuffled_base), result(*shuffled_head), NOTHING)
    assert {found.fingerprint for found in one.introduced} == {found.fingerprint for found in other.introduced}


@BOUNDED
@given(RESULTS, RESULTS)
def test_a_rule_that_base_never_broke_is_always_introduced(base, head):
    head = result(*(replace(found, rule=f"NEW_{found.rule}", skip_reason=None) for found in head.findings))
    comparison = compare(base, head, NOTHING)
    assert len(comparison.introduced) == len(head.findings)
    assert comparison.standing == ()


@BOUNDED
@given(RESULTS, FINDINGS)
def test_one_finding_more_is_one_introduced(base, extra):
    extra = replace(extra, skip_reason=None)
    head = result(*base.findings, extra)
    assert rules(compare(base, head, NOTHING).introduced) == [extra.rule]


@BOUNDED
@given(st.lists(FINDINGS, max_size=20))
def test_fingerprints_are_unique_in_a_result_and_do_not_know_lines(found):
    names = [one.fingerprint for one in fingerprinted(found)]
    assert len(set(names)) == len(found)
    assert names == [one.fingerprint for one in fingerprinted([moved(one, 7) for one in found])]
    assert fingerprinted(fingerprinted(found)) == fingerprinted(found)


def test_fingerprints_do_not_run_fields_together():
    one, other = fingerprinted([finding("b", path="a"), finding("", path="ab")])
    assert one.fingerprint != other.fingerprint


# refactorings introduce nothing

BUCKET = finding("aws_s3_bucket.logs", path="main.tf", line=3)
POLICY = finding("aws_s3_bucket.logs", path="main.tf", line=5, rule="CKV_AWS_70", evidence='actions = "*"')


def placed(found, path, *, root=None, line=None):
    line = line or found.span.start_line
    here = replace(found, span=span(path, line), block=span(path, max(1, line - 2), max(1, line - 2) + 9))
    return here if root is None else replace(here, root=root)


def named(found, resource, evidence=None):
    return replace(found, resource=resource, evidence=found.evidence if evidence is None else evidence)


REFACTORINGS = {
    "moved to another file": (
        [BUCKET],
        [placed(BUCKET, "buckets.tf", line=40)],
        change(hunk("buckets.tf", 30, 60)),
    ),
    "moved to another file and edited": (
        [BUCKET],
        [replace(placed(BUCKET, "buckets.tf"), evidence="acl = var.acl")],
        NOTHING,
    ),
    "the file was renamed": (
        [BUCKET, POLICY],
        [placed(BUCKET, "s3.tf"), placed(POLICY, "s3.tf")],
        change(renamed=[("main.tf", "s3.tf")], changed=["main.tf", "s3.tf"]),
    ),
    "the file was renamed and git did not see it": (
        [BUCKET, POLICY],
        [placed(BUCKET, "s3.tf"), placed(POLICY, "s3.tf")],
        change(hunk("s3.tf", 1, 30)),
    ),
    "the directory of a root was renamed": (
        [placed(BUCKET, "envs/dev/main.tf", root="envs/dev")],
        [placed(BUCKET, "live/dev/main.tf", root="live/dev")],
        change(renamed=[("envs/dev/main.tf", "live/dev/main.tf")]),
    ),
    "the directory of a root was renamed and git did not see it": (
        [placed(BUCKET, "envs/dev/main.tf", root="envs/dev")],
        [placed(BUCKET, "live/dev/main.tf", root="live/dev")],
        NOTHING,
    ),
    "the root moved down while a finding stays at the top": (
        [BUCKET, placed(finding("state", rule="PLB_STATE_1"), "terraform.tfstate")],
        [
            placed(BUCKET, "infra/main.tf", root="infra"),
            placed(finding("state", rule="PLB_STATE_1"), "terraform.tfstate"),
        ],
        change(renamed=[("main.tf", "infra/main.tf")]),
    ),
    "a module that the renamed root calls was not touched": (
        [placed(named(BUCKET, "module.m.aws_s3_bucket.this"), "modules/m/main.tf", root="dev")],
        [placed(named(BUCKET, "module.m.aws_s3_bucket.this"), "modules/m/main.tf", root="stage")],
        change(renamed=[("dev/main.tf", "stage/main.tf"), ("dev/x.tf", "stage/x.tf"), ("dev/y.tf", "other/y.tf")]),
    ),
    "reformatted": (
        [replace(BUCKET, evidence='acl="public-read"')],
        [placed(BUCKET, "main.tf", line=9)],
        NOTHING,
    ),
    "renamed in its place": (
        [BUCKET, POLICY],
        [named(BUCKET, "aws_s3_bucket.archive"), named(POLICY, "aws_s3_bucket.archive")],
        change(hunk("main.tf", 1, 5, added=[1])),
    ),
    "renamed where the finding is the first line": (
        [replace(BUCKET, evidence='resource "aws_s3_bucket" "logs" {')],
        [named(BUCKET, "aws_s3_bucket.s", 'resource "aws_s3_bucket"  "s" {')],
        change(hunk("main.tf", 1, 5, added=[1])),
    ),
    "renamed and reformatted": (
        [replace(BUCKET, evidence='acl="public-read"')],
        [named(BUCKET, "aws_s3_bucket.archive")],
        NOTHING,
    ),
    "moved and renamed": (
        [BUCKET, POLICY],
        [placed(named(one, "aws_s3_bucket.archive"), "archive.tf") for one in (BUCKET, POLICY)],
        change(hunk("archive.tf", 1, 20)),
    ),
    "put into a module": (
        [BUCKET],
        [replace(placed(named(BUCKET, "module.site.aws_s3_bucket.logs", "acl = var.acl"), "modules/site/main.tf"))],
        change(hunk("modules/site/main.tf", 1, 20), hunk("main.tf", 1, 4)),
    ),
    "the module call was renamed": (
        [replace(named(BUCKET, "module.a.aws_s3_bucket.this"), caller=span("root.tf", 1, 6))],
        [replace(named(BUCKET, "module.b.aws_s3_bucket.this"), caller=span("root.tf", 1, 6))],
        change(hunk("root.tf", 1, 4, added=[1])),
    ),
    "count became for_each": (
        [named(BUCKET, "aws_s3_bucket.logs[0]"), named(BUCKET, "aws_s3_bucket.logs[1]")],
        [named(BUCKET, 'aws_s3_bucket.logs["a"]'), named(BUCKET, 'aws_s3_bucket.logs["b.c"]')],
        change(hunk("main.tf", 1, 20)),
    ),
    "steps changed places": (
        [named(BUCKET, "jobs(build).steps[1](Fetch)")],
        [placed(named(BUCKET, "jobs(build).steps[2](Fetch)"), "main.tf", line=12)],
        change(hunk("main.tf", 1, 20)),
    ),
    "the call of a module got a for_each and was written anew": (
        [replace(named(BUCKET, "module.m[0].aws_s3_bucket.x"), caller=span("root.tf", 1, 4))],
        [replace(named(BUCKET, 'module.m["a"].aws_s3_bucket.x'), caller=span("root.tf", 1, 4))],
        change(hunk("root.tf", 1, 4)),
    ),
    "half of the renamed block was written": (
        [BUCKET],
        [named(BUCKET, "aws_s3_bucket.archive")],
        change(hunk("main.tf", 1, 10, added=range(1, 6))),
    ),
    "a skip was taken away": ([replace(BUCKET, skip_reason="later")], [BUCKET], NOTHING),
}


@pytest.mark.parametrize(("base", "head", "diff"), REFACTORINGS.values(), ids=list(REFACTORINGS))
def test_a_refactoring_introduces_nothing(base, head, diff):
    comparison = compare(result(*base), result(*head), diff)
    assert comparison.introduced == ()
    assert len(comparison.standing) == len(head)
    assert [found for found in comparison.fixed if found.rule != SKIP_RULE] == []


# what is new is introduced

DEV = placed(BUCKET, "dev/main.tf", root="dev")
DEV_POLICY = placed(POLICY, "dev/main.tf", root="dev")
PROD = placed(BUCKET, "prod/main.tf", root="prod")
IN_MODULE = placed(named(BUCKET, "module.a.aws_s3_bucket.this"), "modules/m/main.tf", root="")
NEWS = {
    "nothing was there": ([], [BUCKET], change(hunk("main.tf", 1, 20)), BUCKET),
    "a copy in another root": ([DEV], [DEV, PROD], NOTHING, PROD),
    "a copy in the same file": (
        [BUCKET],
        [BUCKET, placed(named(BUCKET, "aws_s3_bucket.more"), "main.tf", line=30)],
        change(hunk("main.tf", 28, 37)),
        named(BUCKET, "aws_s3_bucket.more"),
    ),
    "mended in dev, new in prod": ([DEV], [PROD], NOTHING, PROD, ["dev", "prod"]),
    "half mended in one file, new in another": (
        [BUCKET, POLICY],
        [POLICY, placed(BUCKET, "k8s.tf")],
        NOTHING,
        placed(BUCKET, "k8s.tf"),
    ),
    "mended here, and a new resource there": (
        [BUCKET],
        [placed(named(BUCKET, "aws_s3_bucket.fresh"), "fresh.tf")],
        change(hunk("fresh.tf", 1, 20)),
        named(BUCKET, "aws_s3_bucket.fresh"),
    ),
    "mended here, and a new resource below": (
        [BUCKET],
        [placed(named(BUCKET, "aws_s3_bucket.fresh"), "main.tf", line=30)],
        change(hunk("main.tf", 27, 40, added=range(28, 38))),
        named(BUCKET, "aws_s3_bucket.fresh"),
    ),
    "more than half of the block below was written": (
        [BUCKET],
        [named(BUCKET, "aws_s3_bucket.fresh")],
        change(hunk("main.tf", 1, 10, added=range(1, 7))),
        named(BUCKET, "aws_s3_bucket.fresh"),
    ),
    "one call of a module mended, another one new": (
        [replace(IN_MODULE, caller=span("main.tf", 1, 5))],
        [replace(named(IN_MODULE, "module.b.aws_s3_bucket.this"), caller=span("main.tf", 7, 11))],
        change(hunk("main.tf", 1, 11, added=[3, *range(6, 12)])),
        named(IN_MODULE, "module.b.aws_s3_bucket.this"),
    ),
    "one more instance": (
        [named(BUCKET, "aws_s3_bucket.logs[0]")],
        [named(BUCKET, "aws_s3_bucket.logs[0]"), named(BUCKET, "aws_s3_bucket.logs[1]")],
        NOTHING,
        named(BUCKET, "aws_s3_bucket.logs[1]"),
    ),
    "another rule at the same place": ([BUCKET], [replace(BUCKET, rule="CKV_AWS_21")], NOTHING, BUCKET),
    "a renamed resource that is worse in one thing": (
        [BUCKET],
        [named(BUCKET, "aws_s3_bucket.b"), named(POLICY, "aws_s3_bucket.b")],
        change(hunk("main.tf", 1, 5, added=[1])),
        named(POLICY, "aws_s3_bucket.b"),
    ),
    "on an unchanged line": ([], [BUCKET], change(hunk("variables.tf", 1, 3)), BUCKET),
}


@pytest.mark.parametrize("case", NEWS.values(), ids=list(NEWS))
def test_what_base_lacks_is_introduced(case):
    base, head, diff, expected, *roots = case
    all_roots = roots[0] if roots else ()
    comparison = compare(result(*base, roots=all_roots), result(*head, roots=all_roots), diff)
    assert [(one.root, one.resource) for one in comparison.introduced] == [(expected.root, expected.resource)]


def test_what_is_gone_is_fixed_and_carries_a_fingerprint():
    comparison = compare(result(BUCKET, POLICY), result(POLICY), NOTHING)
    assert rules(comparison.fixed) == ["CKV_AWS_20"]
    assert comparison.fixed[0].fingerprint == fingerprinted([BUCKET])[0].fingerprint


def test_a_longer_block_with_the_same_findings_is_another_resource():
    base = [replace(one, block=span("main.tf", 1, 9)) for one in (BUCKET, POLICY)]
    head = [
        replace(named(placed(one, "x.tf"), "aws_s3_bucket.x"), block=span("x.tf", 1, 30)) for one in (BUCKET, POLICY)
    ]
    assert len(compare(result(*base), result(*head), change(hunk("x.tf", 1, 30))).introduced) == 2


def evidences(findings):
    return [found.evidence for found in findings]


def test_of_two_findings_at_one_place_the_one_that_is_gone_is_the_fixed_one():
    one, other = replace(moved(BUCKET, 0), evidence="one"), replace(moved(BUCKET, 1), evidence="other")
    assert evidences(compare(result(one, other), result(other), NOTHING).fixed) == ["one"]
    assert evidences(compare(result(one, other), result(placed(other, "b.tf")), NOTHING).fixed) == ["one"]


def test_a_diff_that_renames_a_file_which_is_still_there_is_not_believed():
    same = result(BUCKET, placed(BUCKET, "copy.tf"))
    assert compare(same, same, change(renamed=[("main.tf", "copy.tf")])).introduced == ()


# skips


def test_of_an_open_and_a_muted_twin_the_open_one_is_fixed_and_no_skip_is_new():
    muted = replace(BUCKET, skip_reason="x")
    comparison = compare(result(BUCKET, muted), result(muted), NOTHING)
    assert comparison.introduced == ()
    assert rules(comparison.fixed) == ["CKV_AWS_20"]


def test_a_skip_that_the_change_adds_is_introduced_as_a_finding_of_its_own():
    head = result(replace(BUCKET, skip_reason="public  on\npurpose"))
    comparison = compare(result(BUCKET), head, NOTHING)
    (skip,) = comparison.introduced
    assert (skip.rule, skip.severity, skip.scanner) == (SKIP_RULE, Severity.MEDIUM, "plumbrule")
    assert (skip.span, skip.block, skip.resource) == (BUCKET.span, BUCKET.block, BUCKET.resource)
    assert skip.skip_reason is None
    assert skip.fingerprint not in {found.fingerprint for found in comparison.muted}
    assert "CKV_AWS_20" in skip.message
    assert "aws_s3_bucket.logs" in skip.message
    assert "public on purpose" in skip.message
    assert comparison.fixed == ()
    assert rules(comparison.muted) == ["CKV_AWS_20"]


def test_a_skip_without_a_reason_says_so():
    (skip,) = compare(result(BUCKET), result(replace(BUCKET, skip_reason="")), NOTHING).introduced
    assert "no reason is given" in skip.message


def test_a_new_resource_with_a_skip_introduces_the_skip():
    comparison = compare(result(), result(replace(BUCKET, skip_reason="x")), NOTHING)
    assert rules(comparison.introduced) == [SKIP_RULE]


def test_several_skips_on_one_resource_keep_their_fingerprints_when_one_goes():
    one, other = replace(BUCKET, skip_reason="x"), replace(POLICY, skip_reason="x")
    both = compare(result(), result(one, other), NOTHING).introduced
    (left,) = compare(result(), result(other), NOTHING).introduced
    assert len({skip.fingerprint for skip in both}) == 2
    assert left.fingerprint in {skip.fingerprint for skip in both}


def test_a_skip_that_stood_before_is_not_reported_again_even_when_its_file_is_renamed():
    base, head = replace(BUCKET, skip_reason="x"), replace(placed(BUCKET, "s3.tf"), skip_reason="another reason")
    comparison = compare(result(base), result(head), change(renamed=[("main.tf", "s3.tf")]))
    assert comparison.introduced == comparison.fixed == ()


def test_muted_and_open_twins_stay_what_they_are():
    twins = result(BUCKET, replace(BUCKET, skip_reason="x"), BUCKET)
    comparison = compare(twins, twins, NOTHING)
    assert comparison.introduced == comparison.fixed == ()
    assert (len(comparison.standing), len(comparison.muted)) == (2, 1)


def test_a_skip_that_is_taken_away_is_fixed_as_a_skip():
    comparison = compare(result(replace(BUCKET, skip_reason="x")), result(), NOTHING)
    assert rules(comparison.fixed) == [SKIP_RULE]


# what was not looked at

BROKEN = NotExamined(what="main.tf", why="line 3 does not parse", span=span("main.tf", 3))
TOO_LONG = NotExamined(what="envs/huge", why="the scan ran out of time")
NO_HELM = NotExamined(what="charts/web (helm)", why="helm is not installed", blocking=False)


@pytest.mark.parametrize(
    "entry",
    [
        BROKEN,
        NotExamined(what="main.tf", why="too large"),
        NotExamined(what=".", why="ran out of time"),
        NotExamined(what=". (terraform)", why="stopped"),
        NotExamined(what="terraform", why="stopped"),
        NotExamined(what=". (terraform)", why="complained", blocking=False),
    ],
)
def test_what_was_not_looked_at_is_not_fixed(entry):
    comparison = compare(result(BUCKET, replace(POLICY, skip_reason="x")), result(not_examined=[entry]), NOTHING)
    assert comparison.fixed == ()
    assert comparison.not_examined == (entry,)


@pytest.mark.parametrize("entry", [NO_HELM, NotExamined(what=". (helm)", why="x"), NotExamined(what="main", why="x")])
def test_what_was_looked_at_elsewhere_is_fixed_as_ever(entry):
    assert compare(result(BUCKET), result(not_examined=[entry]), NOTHING).fixed


def test_a_statement_that_stood_before_keeps_nothing_from_being_fixed():
    stated = NotExamined(what=". (terraform)", why="one check could not be applied", blocking=False)
    assert compare(result(BUCKET, not_examined=[stated]), result(not_examined=[stated]), NOTHING).fixed


def test_a_finding_without_a_framework_lies_in_the_part_of_any():
    plain = replace(BUCKET, framework="")
    entry = NotExamined(what=". (secrets)", why="x")
    assert compare(result(plain), result(not_examined=[entry]), NOTHING).fixed == ()


def test_a_finding_below_a_root_that_failed_is_not_fixed():
    deep = placed(BUCKET, "modules/a/main.tf", root="envs/huge")
    assert compare(result(deep), result(not_examined=[TOO_LONG]), NOTHING).fixed == ()


def test_nothing_moves_out_of_a_part_that_was_not_looked_at():
    head = result(placed(BUCKET, "other.tf"), not_examined=[BROKEN])
    assert len(compare(result(BUCKET), head, NOTHING).introduced) == 1


def test_what_could_not_be_looked_at_before_either_is_no_news():
    base, head = result(not_examined=[BROKEN, TOO_LONG]), result(not_examined=[TOO_LONG, BROKEN, NO_HELM])
    assert compare(base, head, NOTHING).not_examined == (NO_HELM,)


def test_what_could_not_be_looked_at_before_is_recognised_under_its_new_name():
    head = NotExamined(what="s3.tf", why=BROKEN.why, span=span("s3.tf", 3))
    diff = change(renamed=[("main.tf", "s3.tf")], changed=["other.tf"])
    assert compare(result(not_examined=[BROKEN]), result(not_examined=[head]), diff).not_examined == ()


def test_a_part_that_no_scan_manages_is_told_again_when_the_change_writes_in_it():
    both = result(not_examined=[TOO_LONG, BROKEN])
    diff = change(changed=["envs/huge/a.tf", "main.tf"])
    assert compare(both, both, diff).not_examined == (TOO_LONG, replace(BROKEN, blocking=False))


def test_findings_of_a_part_that_base_could_not_look_at_are_introduced_and_the_review_says_why():
    base = result(not_examined=[BROKEN, TOO_LONG, NO_HELM])
    comparison = compare(base, result(BUCKET), NOTHING)
    assert len(comparison.introduced) == 1
    (told,) = comparison.not_examined
    assert (told.what, told.blocking) == ("main.tf", False)
    assert BROKEN.why in told.why


def test_an_address_made_of_brackets_costs_no_more_than_its_length():
    hostile = [finding("[" * 4000 + str(n), path=f"{n}.tf") for n in range(100)]
    started = time.perf_counter()
    assert compare(result(*hostile), result(*hostile), NOTHING).introduced == ()
    assert time.perf_counter() - started < 3


def test_thousands_of_findings_are_compared_in_a_second_or_so():
    chance = random.Random(1)
    base = [finding(f"aws_x.r{n}", path=f"d{n % 50}/f{n % 7}.tf", line=chance.randrange(999)) for n in range(2_000)]
    head = [named(one, f"{one.resource}x") for one in base]
    started = time.perf_counter()
    comparison = compare(result(*base), result(*head), change(hunk("d1/f1.tf", 1, 5000)))
    assert len(comparison.introduced) + len(comparison.standing) == 2_000
    assert time.perf_counter() - started < 6
