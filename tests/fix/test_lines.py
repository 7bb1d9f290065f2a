from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.fix.lines import apply, hull, pieces
from reviewer.model import Risk, Suggestion

LINES = st.lists(st.sampled_from(["a", "b", "  c = 1", "}", "", "d\r", "\u2028e"]), max_size=12)
TEXTS = st.builds(lambda lines, end: ("\n".join(lines) + end).encode(), LINES, st.sampled_from(["", "\n"]))


def suggestion(start: int, end: int, replacement: str, original: str) -> Suggestion:
    return Suggestion(
        path="main.tf", start_line=start, end_line=end, replacement=replacement, original=original, risk=Risk.SAFE
    )


def test_the_changed_lines_are_the_suggestion() -> None:
    before, after = b"a\nb\nc\nd\n", b"a\nB\nc\nD\nd\n"
    assert hull("main.tf", before, after, Risk.SAFE) == suggestion(2, 3, "B\nc\nD\n", "b\nc\n")
    assert pieces("main.tf", before, after, Risk.SAFE) == (
        suggestion(2, 2, "B\n", "b\n"),
        suggestion(3, 3, "c\nD\n", "c\n"),
    )


def test_an_insertion_takes_the_line_before_it_along_for_a_suggestion_has_at_least_one() -> None:
    assert hull("main.tf", b"a\nb\n", b"a\nnew\nb\n", Risk.SAFE) == suggestion(1, 1, "a\nnew\n", "a\n")
    assert hull("main.tf", b"a\nb\n", b"new\na\nb\n", Risk.SAFE) == suggestion(1, 1, "new\na\n", "a\n")


def test_lines_that_go_away_leave_an_empty_replacement() -> None:
    assert hull("main.tf", b"a\nb\nc\n", b"a\nc\n", Risk.SAFE) == suggestion(2, 2, "", "b\n")


def test_a_file_that_is_the_same_has_no_suggestion() -> None:
    assert hull("main.tf", b"a\n", b"a\n", Risk.SAFE) is None
    assert pieces("main.tf", b"a\n", b"a\n", Risk.SAFE) == ()


def test_a_file_that_is_another_by_now_is_not_touched() -> None:
    with pytest.raises(ValueError, match=r"main\.tf:2 is not what the fix was made for"):
        apply(b"a\nchanged\n", [suggestion(2, 2, "B\n", "b\n")])


@given(TEXTS, TEXTS)
def test_taking_the_suggestion_gives_the_new_file(before: bytes, after: bytes) -> None:
    whole = hull("main.tf", before, after, Risk.SAFE)
    assert (before if whole is None else apply(before, [whole])) == after


@given(TEXTS, TEXTS)
def test_taking_all_pieces_gives_the_new_file_and_no_two_overlap(before: bytes, after: bytes) -> None:
    parts = pieces("main.tf", before, after, Risk.SAFE)
    assert apply(before, parts) == after
    assert all(one.end_line < other.start_line for one, other in itertools.pairwise(parts))
    assert all(1 <= part.start_line <= part.end_line for part in parts)


def test_bytes_that_are_no_text_survive() -> None:
    before, after = b"a\n\xff\xfe\n", b"b\n\xff\xfe\n"
    (part,) = pieces("main.tf", before, after, Risk.SAFE)
    assert apply(before, [part]) == after
