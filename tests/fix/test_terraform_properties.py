"""Whatever a block looks like: edits parse, repeat without effect, keep what they do not touch, stay formatted."""

from __future__ import annotations

import difflib
import shutil
import subprocess
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer import hcl
from reviewer.fix import terraform
from reviewer.fix.editing import CannotEdit
from reviewer.fix.hcl_align import aligned, spliced
from reviewer.fix.recipes import Recipe
from tests.fix.hcl_stories import VALUES, finding, recipe

TERRAFORM = shutil.which("terraform")
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])

names = st.sampled_from(["a", "bb", "ccc", "name", "acl", "encrypted", "kms_key_id", "zone_id_list", "tags"])
block_names = st.sampled_from(["ingress", "logging", "options", "lifecycle"])
simple = st.sampled_from(
    [
        "1",
        "true",
        '"x"',
        '"true"',
        "null",
        "var.a",
        "[]",
        '["a", "b"]',
        "{ k = 1 }",
        '"${var.b}-x"',
        "-1.5",
        "max(1, 2)",
    ]
)
heredoc = st.just("<<-EOT\n    text # none\n      a = 1\n  EOT")
long_list = st.just('[\n    "a", # first\n    "b"\n  ]')
long_object = st.just('{\n    k    = "v"\n    long = "w" # inner\n  }')
comments = st.sampled_from(["", "", "", " # note", " // é", " /* c */"])


@st.composite
def attributes(draw: st.DrawFn) -> str:
    value = draw(st.one_of(simple, simple, simple, heredoc, long_list, long_object))
    comment = draw(comments) if "EOT" not in value else ""
    gap = draw(st.sampled_from([" ", " ", "  ", ""]))
    return f"  {draw(names)}{gap}={gap}{value}{comment}"


@st.composite
def nested(draw: st.DrawFn) -> str:
    type_ = draw(block_names)
    form = draw(st.sampled_from(["many", "one", "empty", "open"]))
    if form == "empty":
        return f"  {type_} {{}}"
    if form == "one":
        return f"  {type_} {{ a = 1 }}"
    if form == "open":
        return f"  {type_} {{ # why\n  }}"
    return f"  {type_} {{\n    a = 1\n    longer = 2\n  }}"


@st.composite
def bodies(draw: st.DrawFn) -> str:
    lines: list[str] = []
    seen: set[str] = set()
    for item in draw(st.lists(st.one_of(attributes(), attributes(), nested()), max_size=7)):
        name = item.split("=")[0].strip()
        if "{" in item.split("=")[0] or name not in seen:
            seen.add(name)
            lines.append(item)
        lines += draw(st.sampled_from([[], [], [""], ["  # a comment"]]))
    return "\n".join(lines)


@st.composite
def files(draw: st.DrawFn) -> str:
    before = draw(st.sampled_from(["", "# top\n", 'variable "a" {}\n\n', "locals {\n  x  = 1\n}\n"]))
    after = draw(st.sampled_from(["", "\n", '\nvariable "b" {}\n', '\n\n\noutput "o" {\n  value = 1\n}']))
    body = draw(bodies())
    inside = f"\n{body}\n" if body else draw(st.sampled_from(["", "\n"]))
    return f'{before}resource "aws_x" "y" {{{inside}}}\n{after}'


recipes = st.sampled_from(
    [
        recipe(set="encrypted = true\n"),
        recipe(set='acl = "private"\nlogging {\n  bucket = choice.bucket\n  longer_name = "b"\n}\n'),
        recipe(default='options {\n  tokens = "required"\n  inner {\n    a = 2\n  }\n}\n'),
        recipe(set="kms_key_id = choice.key\n", default="a = 2\nencrypted = true\n"),
        recipe(set='tags = {\n  owner = "me"\n}\n'),
        recipe(include={"zone_id_list": ["b", "c"], "logging.kinds": ["audit"]}),
        recipe(replace=[{"at": "zone_id_list", "old": ["a", "b"], "new": "choice.networks"}]),
        recipe(replace=[{"at": "ingress.a", "old": [1], "new": 2}]),
        recipe(remove=["bb", "ingress", "logging.a"]),
        recipe(add='resource "aws_z" "{{name}}" {\n  of = {{address}}.id\n  longer = 1\n}\n'),
        recipe(set="ccc = 5\n", add='resource "aws_z" "{{name}}" {\n  key = choice.key\n}\n'),
    ]
)


def _line(text: str) -> int:
    return text[: text.index('resource "aws_x"')].count("\n") + 1


def _edited(text: bytes, which: Recipe) -> bytes:
    """Return the edited file; the same file where no edit is right."""
    place = terraform.locate({"main.tf": text}, finding("main.tf", _line(text.decode())))
    try:
        return terraform.edit({"main.tf": text}, place, which, VALUES).files.get("main.tf", text)
    except CannotEdit:
        return text


@MANY
@given(files(), recipes)
def test_an_edit_parses_and_a_second_one_changes_nothing(text: str, which: Recipe) -> None:
    before = text.encode()
    after = _edited(before, which)
    assert not hcl.parse(after).errors
    assert _edited(after, which) == after


@MANY
@given(files(), recipes)
def test_an_edit_changes_nothing_outside_its_block(text: str, which: Recipe) -> None:
    before = text.encode()
    after = _edited(before, which)
    start = before.index(b'resource "aws_x"')
    block = hcl.parse(before).blocks_of("resource")[0]
    end = len(b"".join(before.splitlines(keepends=True)[: block.end_line]).rstrip(b"\n"))
    assert after.startswith(before[:start])
    assert after.endswith(before[end:])


@MANY
@given(files(), recipes)
def test_an_edit_keeps_every_comment_that_it_does_not_remove_the_thing_of(text: str, which: Recipe) -> None:
    before = text.encode()
    after = _edited(before, which)
    if not {"remove", "include", "replace"} & set(which.edit):
        for comment in (b"# note", b"# a comment", b"# why"):
            assert after.count(comment) == before.count(comment)


@MANY
@given(files(), recipes, st.sampled_from(["crlf", "bom", "both"]))
def test_line_ends_and_a_byte_order_mark_make_no_difference(text: str, which: Recipe, form: str) -> None:
    def formed(plain: bytes) -> bytes:
        result = plain.replace(b"\n", b"\r\n") if form != "bom" else plain
        return b"\xef\xbb\xbf" + result if form != "crlf" else result

    before = text.encode()
    assert _edited(formed(before), which) == formed(_edited(before, which))


@MANY
@given(files(), recipes)
def test_a_file_without_a_last_newline_gets_none(text: str, which: Recipe) -> None:
    before = text.rstrip("\n").encode()
    assert not _edited(before, which).endswith(b"\n")


@MANY
@given(st.data(), files(), recipes)
def test_hostile_bytes_raise_nothing_but_a_refusal(data: st.DataObject, text: str, which: Recipe) -> None:
    broken = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(broken)))
        junk = data.draw(
            st.sampled_from([b"", b"{", b"}", b'"', b"<<E", b"\0", b"\xff", b"\r", b"/*", b"${", b"[", b"=", b"#"])
        )
        broken[at : at + data.draw(st.integers(0, 3))] = junk
    source = {"main.tf": bytes(broken)}
    for line in range(1, 6):
        try:
            place = terraform.locate(source, finding("main.tf", line, span=(line + 1, line + 2)))
            terraform.matches(source, place, which)
            after = terraform.edit(source, place, which, VALUES).files
        except CannotEdit:
            continue
        assert all(len(hcl.parse(each).errors) <= len(hcl.parse(source["main.tf"]).errors) for each in after.values())


@MANY
@given(files())
def test_replacing_a_byte_range_by_itself_changes_nothing(text: str) -> None:
    source = text.encode()
    for attribute in hcl.parse(source).blocks_of("resource")[0].body.attributes:
        at = source.index(attribute.text.encode())
        assert spliced(source, at, at + len(attribute.text.encode()), attribute.text.encode()) in (
            source,
            aligned(source),
        )


def _formatted(text: bytes) -> bytes:
    assert TERRAFORM
    done = subprocess.run([TERRAFORM, "fmt", "-"], input=text, capture_output=True, check=False)
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not TERRAFORM, reason="terraform is not installed")
@FEW
@given(files(), recipes)
def test_what_terraform_fmt_left_alone_it_leaves_alone_after_an_edit(text: str, which: Recipe) -> None:
    before = _formatted(text.encode())
    after = _edited(before, which)
    wanted = _formatted(after)
    assert after == wanted, "".join(
        difflib.unified_diff(after.decode().splitlines(True), wanted.decode().splitlines(True))
    )


@pytest.mark.slow
@pytest.mark.skipif(not TERRAFORM, reason="terraform is not installed")
@FEW
@given(files())
def test_columns_are_those_of_terraform_fmt(text: str) -> None:
    wanted = _formatted(text.encode())
    ragged = _jumbled(wanted, lambda line: line.replace(b"  = ", b" = ").replace(b"  # note", b" # note"))
    if _formatted(ragged) == wanted:
        assert aligned(ragged) == wanted


def _jumbled(text: bytes, change: Callable[[bytes], bytes]) -> bytes:
    return b"\n".join(change(line) for line in text.split(b"\n"))
