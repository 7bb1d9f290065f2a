"""A tree made from the tree of the text before is the tree of the text."""

from __future__ import annotations

import tree_sitter
import tree_sitter_hcl
from hypothesis import given
from hypothesis import strategies as st

from reviewer.fix.hcl_tree import MAX_KEPT, parse, replaced, syntax

TEXT = b"""\
resource "aws_s3_bucket" "logs" {
  bucket = "logs-${var.name}"
  policy = <<-EOT
    {"Version": "${local.version}"}

  EOT
  tags = {
    "a b" = upper("x") # why
  }
}

/* more */
locals {
  list = [1, 2, { a = "}" }]
}
"""
PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))
PIECES = (b"", b"\n", b"}", b"{", b'"', b"  new = true\n", b"x {\n}\n", b"<<EOT\n", b"EOT\n", b"${", b"# c\n", b"/*")


def dump(node: tree_sitter.Node) -> object:
    return node.type, node.start_byte, node.end_byte, node.start_point, node.end_point, [*map(dump, node.children)]


@given(
    st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 20), st.sampled_from(PIECES)), min_size=1, max_size=6)
)
def test_a_tree_after_edits_is_that_of_the_text_read_anew(edits: list[tuple[int, int, bytes]]) -> None:
    text = TEXT
    for start, length, new in edits:
        syntax(text)
        begin = min(start, len(text))
        after = replaced(text, begin, min(begin + length, len(text)), new)
        assert after == text[:begin] + new + text[begin + length :]
        text = after
        assert dump(syntax(text)) == dump(PARSER.parse(text).root_node)


def test_trees_of_long_texts_are_not_kept_for_ever() -> None:
    for number in range(5):
        long = TEXT + b"#" * (MAX_KEPT // 2) + str(number).encode() + b"\n"
        assert [block.type for block in parse(long).blocks] == ["resource", "locals"]
