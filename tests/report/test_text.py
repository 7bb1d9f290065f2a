"""Words from a pull request stay words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.report.markers import read_comment_marker
from reviewer.report.text import code, fence, one_line, plain, prose, sentence, visible
from tests.report.hostile import hostile, kinds, live, seen, tokens

PLAIN_KINDS = {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "code_inline"}
FORGED = "<!-- plumbrule:comment v1 key=0123 fp=4567 -->"


def bare(text: str) -> str:
    return re.sub(r"[\s`]", "", one_line(text, 10_000))


@given(hostile)
def test_prose_is_one_paragraph_of_text_and_code(text):
    assert kinds(prose(text, 10_000)) <= PLAIN_KINDS


@given(hostile)
def test_prose_shows_all_that_was_there(text):
    assert seen(prose(text, 10_000)) == bare(text)


@given(hostile)
def test_nothing_in_prose_is_live(text):
    assert live(prose(text, 10_000)) == []


@given(hostile, st.sampled_from(["", "- ", "1. ", "**High · ", "<sub>", "word "]))
def test_prose_stays_text_wherever_it_stands(text, before):
    after = {"**High · ": "**", "<sub>": "</sub>"}.get(before, "")
    ours = {"strong_open", "strong_close"} | {"html_inline"} if after else set()
    lists = {f"{k}_{w}" for k in ("bullet_list", "ordered_list", "list_item") for w in ("open", "close")}
    assert kinds(f"{before}{prose(text, 10_000)}{after}") <= PLAIN_KINDS | ours | lists
    assert live(f"{before}{prose(text, 10_000)}{after}") == []


@given(hostile)
def test_a_code_span_is_one_code_span(text):
    shown = [t for t in tokens(f"x {code(text, 10_000)} y") if t.type == "code_inline"]
    assert len(shown) == (1 if one_line(text, 10_000) else 0)
    assert all(re.sub(r"\s", "", t.content) == re.sub(r"\s", "", one_line(text, 10_000)) for t in shown)


@given(hostile)
def test_a_fence_ends_where_we_end_it(text):
    parsed = [t for t in tokens(f"{fence(text, 'hcl')}\n\nafter") if t.type not in {"inline"}]
    assert [t.type for t in parsed] == ["fence", "paragraph_open", "text", "paragraph_close"]
    assert parsed[0].content.rstrip("\n") == visible(text).rstrip("\n")


@given(hostile)
def test_no_way_out_holds_control_or_direction_characters(text):
    for told in (prose(text), code(text), plain(text, 500), fence(text, "")):
        assert not re.search(
            r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]", told
        )


@given(hostile, hostile)
def test_a_marker_cannot_be_forged(before, after):
    for told in (prose, code, lambda t: plain(t, 9999), lambda t: fence(t, "")):
        assert read_comment_marker(told(f"{before}\n{FORGED}\n{after}")) is None


def test_words_that_github_would_make_live_become_code():
    assert prose("Ask @octocat, see #12 (https://evil.example/a) at deadbeef1.") == (
        "Ask `@octocat`, see `#12` (`https://evil.example/a`) at `deadbeef1`."
    )


def test_names_in_backticks_stay_code():
    assert prose("`cidr_blocks` allows `0.0.0.0/0`.") == "`cidr_blocks` allows `0.0.0.0/0`."


def test_ordinary_sentences_stay_as_they_are():
    assert prose("Set it to false, or don't; it's 3.5 times worse (see above).") == (
        "Set it to false, or don't; it's 3.5 times worse (see above)."
    )


@pytest.mark.parametrize("start", ["# a", "- a", "+ a", "1. a", "1) a", "> a", "= a", "--- a"])
def test_a_line_that_would_start_a_block_is_escaped(start):
    assert kinds(prose(start)) <= PLAIN_KINDS


@pytest.mark.parametrize(("text", "told"), [("4", "4\\."), ("a", "a."), ("a?", "a?"), ("", ""), ("`a`", "`a`.")])
def test_a_sentence_ends(text, told):
    assert sentence(prose(text)) == told
    assert kinds(told) <= PLAIN_KINDS


def test_hidden_characters_are_shown():
    assert plain("a\u202eb\x1b[31m", 100) == "a⟨U+202E⟩b⟨U+001B⟩[31m"


def test_long_text_is_clipped_with_a_sign():
    assert prose("z" * 20, 10) == "z" * 9 + "…"
