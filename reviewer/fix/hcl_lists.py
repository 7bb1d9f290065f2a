"""Items of list literals: taken out, put in. The list's own layout (one line or many, last comma) stays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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


def without_item(text: bytes, items: Sequence[Value], index: int) -> bytes:
    """Return `text` without one of a list's items."""
    item = items[index]
    line_start, line_end = text.rfind(b"\n", 0, item.start) + 1, text.find(b"\n", item.end)
    alone = re.fullmatch(rb"[ \t]*", text[line_start : item.start])
    tail = re.fullmatch(rb"[ \t]*(,?)[ \t]*((#|//).*)?", text[item.end : max(line_end, 0)])
    if alone and tail and line_end >= 0:
        if index == len(items) - 1 and index and not tail.group(1):
            comma = re.match(rb"\s*,", text[items[index - 1].end :])
            if comma:
                cut = items[index - 1].end
                text = text[:line_start] + text[line_end + 1 :]
                return spliced(text, cut, cut + comma.end(), b"")
        return spliced(text, line_start, line_end + 1, b"")
    if index + 1 < len(items):
        return spliced(text, item.start, items[index + 1].start, b"")
    start = items[index - 1].end if index else item.start
    return spliced(text, start, item.end, b"")


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
