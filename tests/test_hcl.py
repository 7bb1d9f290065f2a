"""The syntax tree of HCL: shapes, lines, literals, and input that is no HCL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer import hcl

SAMPLE = b"""# comment
resource "aws_security_group" "bastion" {
  name = "bastion" // why
  ingress {
    cidr_blocks = ["10.0.0.0/8", "0.0.0.0/0"]
    from_port   = 22
  }
  dynamic "egress" {
    for_each = var.rules
    content {
      to_port = egress.value
    }
  }
  tags = { Name = "b", "quoted" = "c" }
  policy = jsonencode({
    Statement = [{
      Action = "*"
    }]
  })
}
"""


def test_blocks_have_type_labels_and_lines() -> None:
    (block,) = hcl.parse(SAMPLE).blocks
    assert (block.type, block.labels) == ("resource", ("aws_security_group", "bastion"))
    assert (block.start_line, block.end_line) == (2, 20)
    assert [inner.type for inner in block.body.blocks] == ["ingress", "dynamic"]


def test_attributes_have_text_lines_and_literals() -> None:
    body = hcl.parse(SAMPLE).blocks[0].body
    name = body.attribute("name")
    assert name
    assert (name.text, name.literal, name.start_line, name.end_line) == ('"bastion"', "bastion", 3, 3)
    cidrs = body.blocks_of("ingress")[0].body.attribute("cidr_blocks")
    assert cidrs
    assert [member.literal for member in cidrs.members] == ["10.0.0.0/8", "0.0.0.0/0"]
    assert cidrs.literal is None


def test_objects_have_members_also_inside_function_calls() -> None:
    body = hcl.parse(SAMPLE).blocks[0].body
    tags, policy = body.attribute("tags"), body.attribute("policy")
    assert tags and policy
    assert [(member.name, member.literal) for member in tags.members] == [("Name", "b"), ("quoted", "c")]
    statement = policy.members[0].members[0]
    assert (statement.name, statement.members[0].name, statement.members[0].start_line) == ("[0]", "Action", 17)


def test_labels_may_stand_without_quotes() -> None:
    (block,) = hcl.parse(b'resource azurerm_x "y" {\n}\n').blocks
    assert block.labels == ("azurerm_x", "y")


def test_an_absent_attribute_and_a_computed_one_have_no_literal() -> None:
    body = hcl.parse(b'a = "x-${var.y}"\nb = var.z\nc = 1\n')
    assert body.literal("nothing") is None
    assert [body.literal(name) for name in "abc"] == [None, None, None]


def test_walk_yields_blocks_at_any_depth() -> None:
    assert [block.type for block in hcl.parse(SAMPLE).walk()] == ["resource", "ingress", "dynamic", "content"]


@pytest.mark.parametrize(
    "written, meant",
    [
        (rb'"a\"b"', 'a"b'),
        (rb'"tab\tnew\nslash\\"', "tab\tnew\nslash\\"),
        (rb'"caf\u00e9"', "caf\u00e9"),
        (rb'"\U0001F600"', "\U0001f600"),
        (rb'"$${not} %%{a}"', "${not} %{a}"),
        (b'""', ""),
        ('"ünï"'.encode(), "ünï"),
    ],
)
def test_strings_are_decoded(written: bytes, meant: str) -> None:
    assert hcl.parse(b"a = " + written + b"\n").literal("a") == meant


def test_heredocs_are_literals_unless_they_interpolate() -> None:
    body = hcl.parse(b"a = <<E\n  x\ny\nE\nb = <<-E\n    x\n      y\n  E\nc = <<E\n${var.x}\nE\n")
    assert body.literal("a") == "  x\ny\n"
    assert body.literal("b") == "x\n  y\n"
    assert body.literal("c") is None


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_byte_order_marks_and_line_ends_change_no_line(prefix: bytes, end: bytes) -> None:
    body = hcl.parse(prefix + SAMPLE.replace(b"\n", end))
    assert body.errors == ()
    assert [(block.start_line, block.end_line) for block in body.walk()] == [(2, 20), (4, 7), (8, 13), (10, 12)]


def test_a_syntax_error_is_listed_with_its_line_and_the_rest_is_there() -> None:
    body = hcl.parse(b'a = 1\nb = = 2\nresource "x" "y" {\n  c = 3\n}\n')
    assert body.errors[0] == 2
    assert body.attribute("a")


@pytest.mark.parametrize(
    "source",
    [b"", b"\x00\xff\xfe", b"a {" * 3000, b"a = " + b"[" * 3000 + b"]" * 3000, b'"' * 999, b"a = <<E\n", b'a = "\xff"'],
)
def test_bad_input_never_raises(source: bytes) -> None:
    hcl.parse(source)


@given(st.binary(max_size=300))
def test_no_bytes_raise(source: bytes) -> None:
    hcl.parse(source)


@given(st.text(alphabet='abc {}[]()="\n\\${}<E-\t#/*', max_size=200))
def test_no_near_hcl_raises_and_lines_are_inside_the_text(source: str) -> None:
    body = hcl.parse(source.encode())
    lines = source.count("\n") + 1
    assert all(1 <= block.start_line <= block.end_line <= lines for block in body.walk())
