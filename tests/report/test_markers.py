"""A comment is known again, whoever edited it."""

from __future__ import annotations

from hypothesis import given

from reviewer.report.markers import (
    comment_marker,
    disarm,
    is_mended,
    mended_marker,
    read_comment_marker,
    read_review_marker,
    review_marker,
    without_markers,
)
from tests.report.hostile import hostile

KEY, FIRST, SECOND = "a" * 32, "b" * 32, "c" * 32


def test_a_marker_reads_as_it_was_written():
    assert read_comment_marker(comment_marker(KEY, (FIRST, SECOND))) == (KEY, (FIRST, SECOND))
    assert read_comment_marker(comment_marker(KEY, ())) == (KEY, ())


@given(hostile, hostile)
def test_a_marker_reads_whatever_stands_around_it(before, after):
    body = f"{disarm(before)}\n{comment_marker(KEY, (FIRST,))}\n{disarm(after)}"
    assert read_comment_marker(body) == (KEY, (FIRST,))


def test_a_marker_survives_the_line_ends_that_browsers_send():
    assert read_comment_marker(f"text\r\n{comment_marker(KEY, (FIRST,))}\r\n") == (KEY, (FIRST,))


def test_of_two_markers_the_last_counts():
    body = f"{comment_marker(FIRST, ())}\n{comment_marker(KEY, (SECOND,))}"
    assert read_comment_marker(body) == (KEY, (SECOND,))


def test_a_body_without_a_marker_is_nobodys():
    assert read_comment_marker("a comment of a person") is None
    assert read_comment_marker("said `<!-- plumbrule:comment v1 key=aa fp=bb -->` once") is None
    assert read_review_marker("a review of a person") is None


def test_a_review_is_known_by_its_head():
    assert read_review_marker(f"two comments\n\n{review_marker('d' * 40)}") == "d" * 40


def test_without_markers_only_the_text_is_left():
    body = "\n\n".join(["text", mended_marker("d" * 40), comment_marker(KEY, (FIRST,))])
    assert is_mended(body)
    assert without_markers(body) == "text"
