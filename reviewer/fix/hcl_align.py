"""The columns that `terraform fmt` gives to `=` and to trailing comments, for the lines that an edit touches.

The rule is hclwrite's: consecutive lines whose first `=` opens no bracket make a chain, and share a column; so do
consecutive lines with a comment at their end. Everything else is left as it stands.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import tree_sitter

from reviewer.fix.hcl_tree import syntax

_WHOLE = frozenset({"string_lit", "quoted_template", "heredoc_template", "comment"})
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
    result = text[:start] + new + text[end:]
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
        text = text[:start] + b" " * spaces + text[end:]
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


@functools.lru_cache(maxsize=8)
def _lines(text: bytes) -> tuple[_Line, ...]:
    lines: list[_Line] = []
    tokens: list[tree_sitter.Node] = []
    last_row = -1
    for token in _tokens(syntax(text)):
        if tokens and token.start_point.row > last_row:
            lines.append(_line(text, tokens, last_row))
            tokens = []
        tokens.append(token)
        last_row = max(last_row, token.end_point.row)
    if tokens:
        lines.append(_line(text, tokens, last_row))
    return tuple(lines)


def _line(text: bytes, tokens: list[tree_sitter.Node], last_row: int) -> _Line:
    first, comment = tokens[0], None
    if len(tokens) > 1 and tokens[-1].type == "comment" and not (tokens[-1].text or b"").startswith(b"/*"):
        comment = tokens[-1].start_byte
        tokens = tokens[:-1]
    at = next((i for i, token in enumerate(tokens) if i and token.type == "="), None)
    if at is not None and sum(_bracket(token) for token in tokens[at:]) != 0:
        at = None
    return _Line(
        row=first.start_point.row,
        last_row=last_row,
        start=text.rfind(b"\n", 0, first.start_byte) + 1,
        lead_end=tokens[at - 1].end_byte if at else tokens[-1].end_byte,
        equals=tokens[at].start_byte if at else None,
        assign_end=tokens[-1].end_byte,
        comment=comment,
    )


def _bracket(token: tree_sitter.Node) -> int:
    return int(token.type in _OPENING) - int(token.type in _CLOSING)


def _tokens(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """The tokens of a text as far as columns depend on them; strings and heredocs are one token."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type in _WHOLE or not node.child_count:
            if node.end_byte > node.start_byte:
                yield node
        else:
            waiting.extend(reversed(node.children))


def _width(cell: bytes) -> int:
    characters = cell.decode("utf-8", "replace")
    return sum(not unicodedata.combining(character) for character in itertools.chain(characters))
