"""Which review comments differ from what should stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.gh.comments import as_annotation, fits, plan_comments
from reviewer.gh.standing import StandingComment
from reviewer.model import Hunk, InlineComment, Level, Sha, Span
from reviewer.report.comment import mended
from reviewer.report.markers import comment_marker, is_mended

HEAD = Sha("a" * 40)
NEXT = Sha("b" * 40)


def wanted(key="k1", fingerprints=("f1",), text="**High · SSH is open**\n\nClose it.", line=3):
    key, fingerprints = key.encode().hex(), tuple(f.encode().hex() for f in fingerprints)
    body = f"{text}\n\n{comment_marker(key, fingerprints)}"
    return InlineComment(key=key, fingerprints=fingerprints, path="main.tf", line=line, body=body)


def standing(comment, number=1, body=None):
    return StandingComment(id=number, body=comment.body if body is None else body)


def present(*comments):
    return frozenset(f for comment in comments for f in comment.fingerprints)


def planned(desired, there, found=frozenset(), head=HEAD):
    return plan_comments(desired, there, found, head)


def apply(plan, there):
    """What stands after the plan was written."""
    edits = {edit.comment_id: edit.body for edit in plan.changed + plan.restored + plan.mended}
    kept = [StandingComment(id=c.id, body=edits.get(c.id, c.body)) for c in there]
    first = max([c.id for c in there], default=0) + 1
    return kept + [StandingComment(id=first + i, body=c.body) for i, c in enumerate(plan.new)]


def nothing(plan):
    return not (plan.new or plan.changed or plan.restored or plan.mended)


def test_a_comment_that_does_not_stand_is_new():
    assert planned([wanted()], []).new == (wanted(),)


def test_a_comment_that_stands_is_not_repeated():
    assert nothing(planned([wanted()], [standing(wanted())], present(wanted())))


def test_line_ends_that_github_changed_are_no_change():
    there = standing(wanted(), body=wanted().body.replace("\n", "\r\n") + "\r\n")
    assert nothing(planned([wanted()], [there], present(wanted())))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("see `main.tf:12`", "see `main.tf:15`"),
        (f"see https://h/o/r/blob/{HEAD}/main.tf#L3-L9", f"see https://h/o/r/blob/{NEXT}/main.tf#L4-L10"),
        ("since a1b2c3d", "since 9e8f7a6"),
    ],
)
def test_lines_and_commits_that_moved_are_no_change(before, after):
    there = standing(wanted(text=before))
    assert nothing(planned([wanted(text=after)], [there], present(wanted())))


def test_other_words_on_the_same_key_are_an_edit():
    other = wanted(text="**High · SSH and RDP are open**")
    (edit,) = planned([other], [standing(wanted(), 7)], present(other)).changed
    assert (edit.comment_id, edit.body) == (7, other.body)


def test_other_fingerprints_in_the_same_words_are_an_edit_so_that_the_marker_stays_current():
    other = wanted(fingerprints=("f1", "f2"))
    (edit,) = planned([other], [standing(wanted())], present(other)).changed
    assert edit.body == other.body


def test_a_comment_whose_findings_are_all_gone_is_mended_once():
    there = [standing(wanted())]
    plan = planned([], there)
    assert [edit.body for edit in plan.mended] == [mended(wanted().body, HEAD)]
    assert nothing(planned([], apply(plan, there), head=NEXT))


def test_a_comment_one_of_whose_findings_is_left_stays():
    both = wanted(fingerprints=("f1", "f2"))
    assert nothing(planned([], [standing(both)], frozenset(both.fingerprints[1:])))


def test_a_mended_comment_whose_finding_comes_back_is_restored():
    there = [standing(wanted(), body=mended(wanted().body, HEAD))]
    plan = planned([wanted()], there, present(wanted()), NEXT)
    assert [edit.body for edit in plan.restored] == [wanted().body]
    assert not plan.new
    assert not is_mended(apply(plan, there)[0].body)


def test_a_finding_that_another_comment_speaks_of_is_not_repeated_under_a_new_key():
    moved = wanted(key="k2")
    assert nothing(planned([moved], [standing(wanted())], present(moved)))


def test_a_finding_whose_only_comment_is_mended_is_spoken_of_under_its_new_key():
    moved = wanted(key="k2")
    there = [standing(wanted(), body=mended(wanted().body, HEAD))]
    assert planned([moved], there, present(moved)).new == (moved,)


def test_a_comment_without_our_marker_is_not_touched():
    there = [standing(wanted(), body="**High · SSH is open**")]
    assert not planned([], there).mended


def test_of_two_comments_with_one_key_the_newer_is_kept_current():
    there = [standing(wanted(), 1), standing(wanted(), 2)]
    other = wanted(text="other words")
    assert [edit.comment_id for edit in planned([other], there, present(other)).changed] == [2]


KEYS = st.sampled_from(["k1", "k2", "k3"])
FINGERPRINTS = st.lists(st.sampled_from(["f1", "f2", "f3", "f4"]), min_size=1, max_size=3, unique=True)
COMMENTS = st.lists(
    st.builds(wanted, key=KEYS, fingerprints=FINGERPRINTS.map(tuple), text=st.sampled_from(["one", "two"])),
    max_size=3,
    unique_by=lambda c: c.key,
)
PUSHES = st.lists(st.tuples(COMMENTS, st.sets(st.sampled_from(["f1", "f2", "f3", "f4"]))), max_size=4)


@given(PUSHES)
def test_after_any_pushes_planning_again_writes_nothing(pushes):
    there: list[StandingComment] = []
    for desired, others in pushes:
        found = present(*desired) | {f.encode().hex() for f in others}
        there = apply(planned(desired, there, found), there)
        assert nothing(planned(desired, there, found))


@given(PUSHES)
def test_after_any_pushes_every_finding_has_a_comment_and_no_live_comment_speaks_of_what_is_gone(pushes):
    there: list[StandingComment] = []
    for desired, _ in pushes:
        found = present(*desired)
        there = apply(planned(desired, there, found), there)
        live = [c.body for c in there if not is_mended(c.body)]
        for fingerprint in found:
            assert any(fingerprint in body for body in live)
        for body in live:
            assert any(fingerprint in body for fingerprint in found)


def test_a_comment_fits_when_all_its_lines_lie_in_one_hunk():
    hunks = [Hunk(path="main.tf", start_line=1, end_line=4), Hunk(path="main.tf", start_line=5, end_line=9)]
    assert fits(wanted(line=4), hunks)
    assert not fits(wanted(line=10), hunks)
    spanning = InlineComment(key="00", fingerprints=(), path="main.tf", start_line=4, line=5, body="")
    assert not fits(spanning, hunks)
    assert not fits(InlineComment(key="00", fingerprints=(), path="other.tf", line=4, body=""), hunks)


def test_an_unplaced_comment_becomes_an_annotation_without_markup_and_marker():
    told = as_annotation(wanted(line=8))
    assert told.span == Span(path="main.tf", start_line=8, end_line=8)
    assert (told.level, told.title, told.message) == (Level.WARNING, "High · SSH is open", "Close it.")
