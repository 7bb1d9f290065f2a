"""A comment is known again, whoever edited it."""

from __future__ import annotations

from hypothesis import given

from reviewer.report.markers import (
    FIX,
    comment_marker,
    disarm,
    fences_in,
    has_suggestion,
    is_mended,
    mended_marker,
    read_comment_marker,
    read_review_marker,
    review_marker,
    without_markers,
    without_suggestion,
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


SUGGESTS = f"**High**\n\n{FIX}\n\n````suggestion\n```\nx:1\n````\n\n<sub>y</sub>\n\n```yaml\nz\n```\n"


def test_the_code_of_a_comment_is_read_byte_for_byte():
    assert fences_in(SUGGESTS) == ("````suggestion\n```\nx:1\n````", "```yaml\nz\n```")
    assert fences_in(SUGGESTS.replace("\n", "\r\n")) == fences_in(SUGGESTS)
    assert fences_in(SUGGESTS.replace("x:1", "x:2")) != fences_in(SUGGESTS)
    assert fences_in("```hcl\nx\n```") == ()


def test_a_suggestion_is_known_and_can_be_made_code():
    told = without_suggestion(SUGGESTS, "Instead:")
    assert (has_suggestion(SUGGESTS), has_suggestion(told)) == (True, False)
    assert f"{FIX}\n\nInstead:\n\n````\n```\nx:1\n````" in told
    assert without_suggestion(told, "Instead:") == told
    assert has_suggestion(SUGGESTS.replace("\n", "\r\n"))


@given(hostile)
def test_text_of_the_repository_is_no_suggestion(text):
    assert not has_suggestion(disarm(f"{text}\n{FIX}\n\n```suggestion\nx\n```"))
