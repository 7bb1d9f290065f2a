"""The columns that `terraform fmt` gives to `=` and to trailing comments, for the lines that an edit touches.

The rule is hclwrite's: consecutive lines whose first `=` opens no bracket make a chain, and share a column; so do
consecutive lines with a comment at their end. Everything else is left as it stands.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import tree_sitter

from reviewer.fix.hcl_tree import replaced, syntax

_WHOLE = frozenset({"string_lit", "quoted_template", "heredoc_template", "comment"})
_COMMENT = re.compile(rb"#|//|/\*")
_OPENING = frozenset({"{", "[", "(", "${", "%{"})
_CLOSING = frozenset({"}", "]", ")"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """The cells of a line. `row` counts from 0; a heredoc belongs to the line that it begins on."""

    row: int
    last_row: int
    start: int  # of the text's line, with its indentation
    lead_end: int
    equals: int | None  # where the assigned cell begins, if there is one
    assign_end: int
    comment: int | None


_Edit = tuple[int, int, int]
"""From, to (offsets of white space), and how many spaces should be there."""


def spliced(text: bytes, start: int, end: int, new: bytes) -> bytes:
    """Return `text` with `start:end` replaced; lines that were aligned with the replaced ones are so afterwards."""
    first = text.count(b"\n", 0, start)
    last = first + text.count(b"\n", start, end)
    result = replaced(text, start, end, new)
    if any(_misplaced(text, first - 1, last + 1)):
        return result
    return aligned(result, first - 1, first + new.count(b"\n") + 1)


def aligned(text: bytes, first: int = 0, last: int | None = None) -> bytes:
    """Return `text` with the chains that touch the rows `first` to `last` (all, by default) aligned."""
    if last is None:
        last = text.count(b"\n")
    text = _moved(text, _assign_edits(text, _lines(text), first, last))
    return _moved(text, _comment_edits(text, _lines(text), first, last))


def _moved(text: bytes, edits: Iterable[_Edit]) -> bytes:
    for start, end, spaces in sorted(edits, reverse=True):
        text = replaced(text, start, end, b" " * spaces)
    return text


def _misplaced(text: bytes, first: int, last: int) -> Iterator[_Edit]:
    lines = _lines(text)
    yield from _assign_edits(text, lines, first, last)
    yield from _comment_edits(text, lines, first, last)


def _assign_edits(text: bytes, lines: Sequence[_Line], first: int, last: int) -> Iterator[_Edit]:
    cells = [(line, line.lead_end, line.equals) for line in lines if line.equals is not None]
    return _edits(text, ((line, end, cell) for line, end, cell in cells if cell is not None), first, last)


def _comment_edits(text: bytes, lines: Sequence[_Line], first: int, last: int) -> Iterator[_Edit]:
    cells = [(line, line.assign_end, line.comment) for line in lines]
    return _edits(text, ((line, end, cell) for line, end, cell in cells if cell is not None), first, last)


def _edits(text: bytes, cells: Iterable[tuple[_Line, int, int]], first: int, last: int) -> Iterator[_Edit]:
    for chain in _chains(cells):
        if chain[-1][0].last_row < first or chain[0][0].row > last:
            continue
        widths = [_width(text[line.start : end]) for line, end, _ in chain]
        for (_, end, cell), width in zip(chain, widths, strict=True):
            spaces = max(widths) - width + 1
            if text[end:cell] != b" " * spaces:
                yield end, cell, spaces


def _chains(cells: Iterable[tuple[_Line, int, int]]) -> Iterator[list[tuple[_Line, int, int]]]:
    chain: list[tuple[_Line, int, int]] = []
    for cell in cells:
        if chain and cell[0].row != chain[-1][0].last_row + 1:
            yield chain
            chain = []
        chain.append(cell)
    if chain:
        yield chain


@functools.lru_cache(maxsize=32)
def _lines(text: bytes) -> tuple[_Line, ...]:
    lines: list[_Line] = []
    tokens: list[_Token] = []
    last_row = -1
    for token in _tokens(syntax(text)):
        if tokens and token.row > last_row:
            lines.append(_line(text, tokens, last_row))
            tokens = []
        tokens.append(token)
        last_row = max(last_row, token.last_row)
    if tokens:
        lines.append(_line(text, tokens, last_row))
    return tuple(lines)


def _line(text: bytes, tokens: list[_Token], last_row: int) -> _Line:
    first, comment = tokens[0], None
    if len(tokens) > 1 and tokens[-1].type == "comment" and not text.startswith(b"/*", tokens[-1].start):
        comment = tokens.pop().start
    at, open_ = None, 0
    for n, token in enumerate(tokens):
        if at is None and n and token.type == "=":
            at = n
        if at is not None:
            open_ += (token.type in _OPENING) - (token.type in _CLOSING)
    if open_:
        at = None
    return _Line(
        row=first.row,
        last_row=last_row,
        start=text.rfind(b"\n", 0, first.start) + 1,
        lead_end=tokens[at - 1].end if at else tokens[-1].end,
        equals=tokens[at].start if at else None,
        assign_end=tokens[-1].end,
        comment=comment,
    )


class _Token(NamedTuple):
    """What columns depend on of a node; there are many, and asking a node costs more."""

    type: str
    start: int
    end: int
    row: int
    last_row: int


def _tokens(root: tree_sitter.Node) -> Iterator[_Token]:
    """The tokens of a text as far as columns depend on them; strings, heredocs and values on one line are one token."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        children = () if node.type in _WHOLE or _is_short(node) else node.children
        if children:
            waiting.extend(reversed(children))
        elif node.end_byte > node.start_byte:
            yield _Token(node.type, node.start_byte, node.end_byte, node.start_point.row, node.end_point.row)


def _is_short(node: tree_sitter.Node) -> bool:
    """Tell whether a node is a value on one line, whose brackets all close and that ends in no comment."""
    if node.type != "expression" or node.start_point.row != node.end_point.row or node.has_error:
        return False
    return not _COMMENT.search(node.text or b"")


def _width(cell: bytes) -> int:
    characters = cell.decode("utf-8", "replace")
    return sum(not unicodedata.combining(character) for character in itertools.chain(characters))
