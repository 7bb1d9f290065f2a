"""Small changes to YAML and JSON, as splices: what is not named stays as it is, byte by byte.

Owns where a new line goes and what a removed one takes with it. Knows no rule and no framework.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reviewer.fix import yaml_style
from reviewer.fix.editing import CannotEdit
from reviewer.fix.splices import Splice
from reviewer.fix.yaml_nodes import Node, Pair
from reviewer.fix.yaml_style import Style

_ONLY_DASHES = re.compile(r"[ \t]*(?:-[ \t]+)*")
_COLON = re.compile(r"[ \t]*:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A text and how it is written."""

    text: str
    style: Style


def insert_pairs(page: Page, mapping: Node, new: Mapping[str, Any]) -> Iterator[Splice]:
    """Yield what adds entries after the last one of a mapping that has some, or to `{}`."""
    if mapping.flow or not mapping.pairs:
        yield from _insert_members(page, mapping, new)
        return
    lines = yaml_style.indented(yaml_style.mapping_lines(new, page.style), mapping.pairs[0].key.column)
    yield _lines_after(page, mapping.end, lines)


def append_items(page: Page, sequence: Node, items: Sequence[Any]) -> Iterator[Splice]:
    """Yield what adds items after the last one of a list that has some, or to `[]`."""
    page = replace(page, style=yaml_style.as_in(sequence, page.style))
    if sequence.flow or not sequence.items:
        yield from _insert_members(page, sequence, items)
        return
    lines = yaml_style.indented(yaml_style.sequence_lines(items, page.style), _dash_column(page.text, sequence, 0))
    yield _lines_after(page, sequence.end, lines)


def replace_value(page: Page, parent: Node, pair: Pair, value: Any) -> Iterator[Splice]:
    """Yield what makes `value` of the value of an entry, in the style of its surroundings."""
    text, old = page.text, pair.value
    if parent.flow:
        yield _replace_member(page, pair, value)
        return
    if old.kind == "scalar" and old.style in ("'", '"') and isinstance(value, str) and "\n" not in value:
        yield Splice(start=old.start, end=old.end, text=yaml_style.scalar(value, page.style, quote=old.style))
        return
    colon = _after_colon(text, pair)
    head, *rest = yaml_style.pair_lines("x", value, page.style)
    head = head.removeprefix("x:")
    if not rest and not old.is_empty and (old.kind == "scalar" or old.line == pair.key.line):
        yield Splice(start=old.start, end=old.end, text=head.removeprefix(" "))
        return
    yield Splice(start=colon, end=colon, text=head)
    if not old.is_empty:
        yield Splice(start=_line_end(text, colon) if old.line > pair.key.line else colon, end=old.end, text="")
    if rest:
        yield _lines_after(page, max(old.end, colon), yaml_style.indented(rest, pair.key.column))


def insert_after(page: Page, mapping: Node, key: str, new: Mapping[str, Any]) -> Iterator[Splice]:
    """Yield what adds entries after the entry `key`, with a blank line before where entries have one between them."""
    index = next(i for i, pair in enumerate(mapping.pairs) if pair.key.text == key)
    pair = mapping.pairs[index]
    if mapping.flow:
        between, members = _members_at(page, pair.key.start, new)
        yield Splice(start=pair.end, end=pair.end, text=between + between.join(members))
        return
    starts = [other.key.start for other in mapping.pairs]
    ends = [other.end for other in mapping.pairs]
    gaps = [page.text[end:start] for end, start in zip(ends, starts[1:], strict=False)]
    blank = [""] if any(re.search(r"\n[ \t]*\r?\n", gap) for gap in gaps[index : index + 1] or gaps[-1:]) else []
    column = pair.key.column
    for name, value in new.items():
        yield _lines_after(
            page, pair.end, blank + yaml_style.indented(yaml_style.pair_lines(name, value, page.style), column)
        )


def insert_beside(page: Page, mapping: Node, key: str, new: Mapping[str, Any]) -> Iterator[Splice]:
    """Yield what adds entries right before the entry `key`, also where that is the first one of an item of a list."""
    pair = next(pair for pair in mapping.pairs if pair.key.text == key)
    if mapping.flow:
        between, members = _members_at(page, pair.key.start, new)
        yield Splice(start=pair.key.start, end=pair.key.start, text="".join(member + between for member in members))
        return
    indent = page.style.newline + " " * pair.key.column
    lines = yaml_style.mapping_lines(new, page.style)
    yield Splice(start=pair.key.start, end=pair.key.start, text="".join(line + indent for line in lines))


def insert_before(page: Page, mapping: Node, key: str, new: Mapping[str, Any]) -> Iterator[Splice]:
    """Yield what adds entries before the entry `key`, and a blank line after them."""
    start = next(pair.key.start for pair in mapping.pairs if pair.key.text == key)
    newline, indent = page.style.newline, yaml_style.indent_at(page.text, start)
    if mapping.flow:
        between, members = _members_at(page, start, new)
        yield Splice(start=start, end=start, text="".join(member + between for member in members))
        return
    lines = yaml_style.mapping_lines(new, page.style)
    yield Splice(start=start, end=start, text="".join(line + newline + indent for line in [*lines, ""]))


def _members_at(page: Page, start: int, new: Mapping[str, Any]) -> tuple[str, list[str]]:
    """What stands between members beside the one at `start`, and the new ones, on lines of their own where it is."""
    if page.text[page.text.rfind("\n", 0, start) + 1 : start].strip():
        return ", ", [yaml_style.flow({key: value}, page.style)[1:-1] for key, value in new.items()]
    indent = yaml_style.indent_at(page.text, start)
    return f",{page.style.newline}{indent}", list(_members(page, new, indent))


def replace_item(page: Page, sequence: Node, index: int, value: Any) -> Iterator[Splice]:
    """Yield what makes `value` of an item of a list."""
    item = sequence.items[index]
    if sequence.flow:
        quote = item.style if item.style in ("'", '"') and isinstance(value, str) else ""
        text = yaml_style.scalar(value, page.style, quote=quote) if quote else yaml_style.flow(value, page.style)
        yield Splice(start=item.start, end=item.end, text=text)
        return
    if item.style in ("'", '"') and isinstance(value, str):
        yield Splice(start=item.start, end=item.end, text=yaml_style.scalar(value, page.style, quote=item.style))
        return
    column = _dash_column(page.text, sequence, index)
    lines = yaml_style.indented(yaml_style.item_lines(value, page.style), column)
    dash = _dash(page.text, sequence, index)
    yield Splice(start=dash, end=item.end, text=page.style.newline.join(lines).lstrip(" "))


def remove_pairs(page: Page, mapping: Node, pairs: Sequence[Pair]) -> Iterator[Splice]:
    """Yield what takes some entries, not all, out of a mapping, with the lines that are theirs alone."""
    gone = {id(pair) for pair in pairs}
    spans = tuple((pair.key.start, pair.end) for pair in mapping.pairs)
    which = [i for i, pair in enumerate(mapping.pairs) if id(pair) in gone]
    yield from _remove(page, spans, which, flow=mapping.flow)


def remove_items(page: Page, sequence: Node, which: Sequence[int]) -> Iterator[Splice]:
    """Yield what takes some items, not all, out of a list."""
    starts = [item.start if sequence.flow else _dash(page.text, sequence, i) for i, item in enumerate(sequence.items)]
    spans = tuple((start, max(item.end, start + 1)) for start, item in zip(starts, sequence.items, strict=True))
    yield from _remove(page, spans, which, flow=sequence.flow)


def _remove(page: Page, spans: Sequence[tuple[int, int]], which: Sequence[int], *, flow: bool) -> Iterator[Splice]:
    gone = frozenset(which)
    kept_before = -1  # the last one that stays so far
    last_kept = max((i for i in range(len(spans)) if i not in gone), default=-1)
    for i, (start, end) in enumerate(spans):
        if i not in gone:
            kept_before = i
        elif flow and i < last_kept:
            yield Splice(start=start, end=spans[i + 1][0], text="")
        elif flow:
            yield Splice(start=spans[kept_before][1], end=spans[-1][1], text="")
            return
        else:
            yield _without_lines(page.text, start, end, spans[i + 1][0] if i + 1 < len(spans) else None)


def _without_lines(text: str, start: int, end: int, following: int | None) -> Splice:
    """Whole lines where the entry has them for itself; else up to the entry that follows, which takes its place."""
    line_start, line_end = text.rfind("\n", 0, start) + 1, _line_end(text, end)
    if not text[line_start:start].strip(" \t"):
        after = _next_line(text, line_end)
        if after == len(text) and not text.endswith("\n"):
            line_start = _line_end(text, max(line_start - 1, 0)) if line_start else 0
        return Splice(start=line_start, end=after, text="")
    if not _ONLY_DASHES.fullmatch(text, line_start, start) or following is None:
        raise CannotEdit(f"Line {text.count(chr(10), 0, start) + 1} is written in a way that is not edited.")
    return Splice(start=start, end=following, text="")


def _insert_members(page: Page, node: Node, new: Mapping[str, Any] | Sequence[Any]) -> Iterator[Splice]:
    """Into brackets: on lines of their own where the members that are there have lines of their own."""
    text, style = page.text, page.style
    members = [pair.key for pair in node.pairs] or list(node.items)
    if not members:
        value = yaml_style.flow_lines(new, style, yaml_style.indent_at(text, node.start)) if style.json else ""
        yield Splice(start=node.body, end=node.end, text=value or yaml_style.flow(new, style))
        return
    end = max(pair.end for pair in node.pairs) if node.pairs else node.items[-1].end
    comma = "" if re.match(r"[ \t\r\n]*,", text[end : node.end]) else ","
    if members[0].line == node.line or text[members[0].start - members[0].column : members[0].start].strip():
        written = yaml_style.flow(new, style)[1:-1]
        yield Splice(start=end, end=end, text=f", {written}")
        return
    indent = yaml_style.indent_at(text, members[0].start)
    written = f",{style.newline}{indent}".join(_members(page, new, indent))
    yield Splice(start=end, end=end, text=comma)
    after = _line_end(text, end)
    yield Splice(
        start=after if after < node.end - 1 else end,
        end=after if after < node.end - 1 else end,
        text=f"{style.newline}{indent}{written}",
    )


def _members(page: Page, new: Mapping[str, Any] | Sequence[Any], indent: str) -> Iterator[str]:
    if isinstance(new, Mapping):
        for key, value in new.items():
            yield f"{yaml_style.key_text(key, page.style)}: {_nested(page, value, indent)}"
    else:
        for item in new:
            yield _nested(page, item, indent)


def _nested(page: Page, value: Any, indent: str) -> str:
    return yaml_style.flow_lines(value, page.style, indent) if page.style.json else yaml_style.flow(value, page.style)


def _replace_member(page: Page, pair: Pair, value: Any) -> Splice:
    old, text = pair.value, page.text
    if old.style in ("'", '"') and isinstance(value, str):
        written = yaml_style.scalar(value, page.style, quote=old.style)
    else:
        written = _nested(page, value, yaml_style.indent_at(text, pair.key.start))
    if old.is_empty:
        written = f" {written}" if text[old.start - 1] == ":" else f": {written}"
    return Splice(start=old.start, end=old.end, text=written)


def _after_colon(text: str, pair: Pair) -> int:
    """The position after the colon of an entry of a block."""
    found = _COLON.match(text, pair.key.end)
    if not found:
        raise CannotEdit(f"The key on line {pair.key.line} is written in a way that is not edited.")
    return found.end()


def _dash(text: str, sequence: Node, index: int) -> int:
    """The position of the dash of an item of a block."""
    least = sequence.items[index - 1].end if index else sequence.body
    item, column = sequence.items[index], _column_of_dashes(sequence)
    line = text.rfind("\n", 0, item.start) + 1
    for _ in range(20):
        if line + column >= least and text[line + column : line + column + 1] == "-":
            return line + column
        line = text.rfind("\n", 0, max(line - 1, 0)) + 1
    raise CannotEdit(f"The list on line {sequence.line} is written in a way that is not edited.")


def _dash_column(text: str, sequence: Node, index: int) -> int:
    dash = _dash(text, sequence, index)
    return dash - (text.rfind("\n", 0, dash) + 1)


def _column_of_dashes(sequence: Node) -> int:
    if sequence.tag or sequence.anchor:
        raise CannotEdit(f"The list on line {sequence.line} is written in a way that is not edited.")
    return sequence.column


def _lines_after(page: Page, position: int, lines: Sequence[str]) -> Splice:
    """New lines after the line of a position."""
    end = _line_end(page.text, position)
    return Splice(start=end, end=end, text="".join(page.style.newline + line for line in lines))


def _line_end(text: str, position: int) -> int:
    """The end of the line of a position, before its line break."""
    end = text.find("\n", position)
    if end < 0:
        return len(text)
    return end - 1 if end > position and text[end - 1] == "\r" else end


def _next_line(text: str, line_end: int) -> int:
    """The start of the line after the one that ends at `line_end`."""
    end = text.find("\n", line_end)
    return len(text) if end < 0 else end + 1
