"""Items of list literals: taken out, put in. The list's own layout (one line or many, last comma) stays."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from reviewer.fix.hcl_align import spliced
from reviewer.fix.hcl_tree import Opaque, Value, elements, function, literal

_JOINING = frozenset({"concat", "toset", "tolist", "distinct", "compact", "flatten", "sort", "setunion"})
MAX_NESTING = 5


def lists_in(value: Value, depth: int = MAX_NESTING) -> Iterator[Value]:
    """Yield the list literals that a value is made of: itself, or the arguments of concat() and its like."""
    if value.kind == "tuple":
        yield value
    elif depth and function(value) in _JOINING:
        for argument in elements(value):
            yield from lists_in(argument, depth - 1)


def opaque_parts(value: Value, depth: int = MAX_NESTING) -> Iterator[Value]:
    """Yield what the lists in a value are made of besides literals: items and arguments that come from elsewhere."""
    for part in elements(value) if value.kind == "tuple" or function(value) in _JOINING else ():
        if depth and (part.kind == "tuple" or function(part) in _JOINING):
            yield from opaque_parts(part, depth - 1)
        elif isinstance(literal(part), Opaque):
            yield part


def without_items(text: bytes, list_: Value, indices: Collection[int]) -> bytes:
    """Return `text` without some of a list's items."""
    items = elements(list_)
    left = text
    for index in sorted(indices, reverse=True):  # from the last on: offsets before it stay true
        left = _without_item(left, items, index, last=all(n in indices for n in range(index + 1, len(items))))
    end = list_.end - len(text) + len(left)
    return spliced(text, list_.start, list_.end, left[list_.start : end])


def _without_item(text: bytes, items: Sequence[Value], index: int, *, last: bool) -> bytes:
    item = items[index]
    start, end = text.rfind(b"\n", 0, item.start) + 1, text.find(b"\n", item.end)
    tail = re.fullmatch(rb"[ \t]*+(,?)[ \t]*+((#|//).*)?", text[item.end : max(end, 0)])
    if end >= 0 and tail and not text[start : item.start].strip():
        text = text[:start] + text[end + 1 :]
        return text if tail.group(1) or not last else _without_comma(text, items, index)
    if last and index:
        return text[: items[index - 1].end] + text[item.end :]
    behind = re.match(rb"\s*,[ \t]*", text[item.end :])
    return text[: item.start] + text[item.end + (behind.end() if behind else 0) :]


def _without_comma(text: bytes, items: Sequence[Value], index: int) -> bytes:
    """The item before is the last one now; where the last one had no comma, it has none either."""
    if not index:
        return text
    end = items[index - 1].end
    comma = re.match(rb"\s*,", text[end:])
    return text[:end] + text[end + comma.end() :] if comma else text


def with_item(text: bytes, list_: Value, new: str) -> bytes:
    """Return `text` with an item more at the end of a list literal."""
    items = elements(list_)
    if not items:
        return spliced(text, list_.node.start_byte + 1, list_.node.end_byte - 1, new.encode())
    last = items[-1]
    comma = re.match(rb"\s*,", text[last.end : list_.end])
    behind = last.end + comma.end() if comma else last.end
    line_start = text.rfind(b"\n", 0, last.start) + 1
    if not text[line_start : last.start].strip():
        indent = text[line_start : last.start]
        line_end = text.find(b"\n", behind)
        if line_end < 0 or line_end > list_.node.end_byte:
            line_end = behind
        added = text[behind:line_end] + b"\n" + indent + new.encode() + (b"," if comma else b"")
        return spliced(text, last.end, line_end, b"," + added)
    return spliced(text, last.end, behind, f", {new}".encode() + (b"," if comma else b""))
