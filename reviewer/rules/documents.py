"""Documents as the rules read them: maps, lists and texts with their lines, whatever syntax they were written in.

JSON and YAML are read here, HCL comes from `hcl`. What a value depends on (a variable, a function, an alias) is kept as
UNKNOWN: a rule that is not sure stays silent. Bad input never raises; depth and size are bounded. Knows no rule.
"""

from __future__ import annotations

import enum
import itertools
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from reviewer import hcl

MAX_DEPTH = 60
MAX_NODES = 1_000_000


class Kind(enum.Enum):
    """What a value is."""

    MAP = "map"
    LIST = "list"
    TEXT = "text"
    TEMPLATE = "template"  # a text with parts that are not known, written ${...}
    UNKNOWN = "unknown"  # any other expression; `text` has its source, `null` where nothing stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value at its lines. `entries` are those of a map, or of a list under empty names."""

    kind: Kind
    line: int
    end_line: int
    text: str = ""
    entries: tuple[tuple[str, Value], ...] = ()

    def get(self, *names: str) -> Value | None:
        """Return the entry of the first of `names` that is there."""
        found = dict(reversed(self.entries)) if self.kind is Kind.MAP else {}
        return next((found[name] for name in names if name in found), None)

    def items(self) -> tuple[Value, ...]:
        """Return the items of a list; anything else is a list of itself, as policy documents have it."""
        return tuple(item for _, item in self.entries) if self.kind is Kind.LIST else (self,)

    def walk(self) -> Iterator[Value]:
        """Yield this value and everything in it, outer ones first."""
        yield self
        for _, entry in self.entries:
            yield from entry.walk()

    def moved(self, lines: int, *, last: int = sys.maxsize) -> Value:
        """Return the same value `lines` further down, but not beyond line `last`."""
        return Value(
            kind=self.kind,
            line=min(self.line + lines, last),
            end_line=min(self.end_line + lines, last),
            text=self.text,
            entries=tuple((name, entry.moved(lines, last=last)) for name, entry in self.entries),
        )


_FOR = re.compile(r"^[\[{]\s*for\b")
_ENCODED = re.compile(r"^jsonencode\(\s*(?=[\[{])")
_EMPTY = re.compile(r"^(?:\[\s*\]|\{\s*\})$")


def from_hcl(attribute: hcl.Attribute) -> Value:
    """Return the value of an attribute. The argument of `jsonencode` counts as the value itself."""
    text = attribute.text.strip()
    kind = Kind.UNKNOWN
    entries: tuple[tuple[str, Value], ...] = ()
    opening = _ENCODED.sub("", text)
    if attribute.literal is not None:
        kind, text = Kind.TEXT, attribute.literal
    elif text.startswith('"'):
        kind, text = Kind.TEMPLATE, text[1:-1]
    elif text.startswith("<<"):
        kind = Kind.TEMPLATE
    elif opening[:1] in ("{", "[") and not _FOR.match(opening) and (attribute.members or _EMPTY.match(opening)):
        kind = Kind.MAP if opening[0] == "{" else Kind.LIST
        text, entries = "", tuple((_key(member.name, kind), from_hcl(member)) for member in attribute.members)
    return Value(kind=kind, line=attribute.start_line, end_line=attribute.end_line, text=text, entries=entries)


def _key(name: str, kind: Kind) -> str:
    return "" if kind is Kind.LIST else name.strip("()").strip('"')


def embedded_json(value: Value) -> Value | None:
    """Return the JSON document that a text holds, with lines of the file as far as they can be told; None without one.

    Heredocs keep their lines. Interpolation is allowed where JSON has a string.
    """
    text = value.text.lstrip()
    if value.kind is Kind.TEMPLATE and text.startswith("<<"):
        inner = text.split("\n", 1)[-1].rsplit("\n", 1)[0]
        return _template_json(inner, value)
    if value.kind is Kind.TEXT and text.startswith(("{", "[")):
        document = read_json(value.text.encode("utf-8", "replace"))
        if document is None:
            return None
        in_block = value.end_line - value.line > value.text.rstrip().count("\n")
        return document.moved(value.line if in_block else value.line - 1, last=value.end_line)
    return None


def _template_json(text: str, heredoc: Value) -> Value | None:
    """The parser of HCL reads JSON with interpolation, for JSON's objects are objects of HCL too."""
    attribute = hcl.parse(b"document = " + text.encode("utf-8", "replace").strip()).attribute("document")
    skipped = text.count("\n", 0, len(text) - len(text.lstrip()))
    return from_hcl(attribute).moved(heredoc.line + skipped, last=heredoc.end_line) if attribute else None


class _Unreadable(ValueError):
    """The document is not what it should be, too deep or too large."""


_TOKEN = re.compile(r'[ \t\r\n]*(?:([{}\[\],:])|("[^"\\]*(?:\\.[^"\\]*)*")|([^\s{}\[\],:"]+))', re.DOTALL)


def read_json(source: bytes) -> Value | None:
    """Return a JSON document, or None for anything that is not one."""
    try:
        text = source.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
        tokens = _tokens(text)
        document = _json_value(next(tokens, None), tokens, MAX_DEPTH)
        return document if next(tokens, None) is None else None
    except ValueError:
        return None


_Token = tuple[str, int]


def _tokens(text: str) -> Iterator[_Token]:
    position, line, end = 0, 1, len(text.rstrip())
    for _ in range(4 * MAX_NODES):
        if position >= end:
            return
        match = _TOKEN.match(text, position)
        if match is None:
            raise _Unreadable
        group = match.lastindex or 1
        line += text.count("\n", position, match.start(group))
        yield match.group(group), line
        line += text.count("\n", match.start(group), match.end())
        position = match.end()
    raise _Unreadable


def _json_value(token: _Token | None, tokens: Iterator[_Token], depth: int) -> Value:
    if token is None or depth <= 0:
        raise _Unreadable
    word, line = token
    if word in ("{", "["):
        return _json_collection(word, line, tokens, depth)
    if word in ("}", "]", ",", ":"):
        raise _Unreadable
    if word == "null":
        return Value(kind=Kind.UNKNOWN, line=line, end_line=line, text="null")
    text = json.loads(word) if word.startswith('"') else word
    return Value(kind=Kind.TEXT, line=line, end_line=line, text=text)


def _json_collection(opening: str, line: int, tokens: Iterator[_Token], depth: int) -> Value:
    closing = "}" if opening == "{" else "]"
    entries: list[tuple[str, Value]] = []
    token = next(tokens, None)
    while token and token[0] != closing:
        if entries:
            token = next(tokens, None) if token[0] == "," else None
        name = ""
        if opening == "{":
            name = _json_name(token, tokens)
            token = next(tokens, None)
        entries.append((name, _json_value(token, tokens, depth - 1)))
        token = next(tokens, None)
    if token is None:
        raise _Unreadable
    kind = Kind.MAP if opening == "{" else Kind.LIST
    return Value(kind=kind, line=line, end_line=token[1], entries=tuple(entries))


def _json_name(token: _Token | None, tokens: Iterator[_Token]) -> str:
    if token is None or not token[0].startswith('"') or next(tokens, ("", 0))[0] != ":":
        raise _Unreadable
    return str(json.loads(token[0]))


def read_yaml(source: bytes) -> tuple[Value, ...]:
    """Return the documents of a YAML file up to its first error. Aliases are UNKNOWN: nothing is ever expanded.

    CloudFormation's short forms become their long ones: `!Ref x` is `{Ref: x}`, `!Sub x` is `{Fn::Sub: x}`.
    """
    documents: list[Value] = []
    events: Iterator[yaml.Event] = itertools.islice(yaml.parse(source, Loader=yaml.CSafeLoader), MAX_NODES)
    try:
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                documents.append(_yaml_value(event, events, MAX_DEPTH))
    except (yaml.YAMLError, ValueError):
        pass
    return tuple(documents)


_NULL = ("", "~", "null", "Null", "NULL")


def _yaml_value(event: yaml.Event | None, events: Iterator[yaml.Event], depth: int) -> Value:
    if event is None or event.start_mark is None or event.end_mark is None or depth <= 0:
        raise _Unreadable
    line, end_line = event.start_mark.line + 1, event.end_mark.line + 1
    if isinstance(event, yaml.ScalarEvent):
        is_null = event.implicit[0] and event.value in _NULL
        kind, text = (Kind.UNKNOWN, "null") if is_null else (Kind.TEXT, event.value)
        value = Value(kind=kind, line=line, end_line=end_line, text=text)
    elif isinstance(event, yaml.SequenceStartEvent):
        value = _yaml_sequence(line, events, depth)
    elif isinstance(event, yaml.MappingStartEvent):
        value = _yaml_mapping(line, events, depth)
    else:
        return Value(kind=Kind.UNKNOWN, line=line, end_line=end_line)
    return _tagged(value, event.tag)


def _yaml_sequence(line: int, events: Iterator[yaml.Event], depth: int) -> Value:
    items = []
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            break
        items.append(("", _yaml_value(event, events, depth - 1)))
    return Value(kind=Kind.LIST, line=line, end_line=_last(line, items), entries=tuple(items))


def _yaml_mapping(line: int, events: Iterator[yaml.Event], depth: int) -> Value:
    entries: list[tuple[str, Value]] = []
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        name = _yaml_value(event, events, depth - 1)
        value = _yaml_value(next(events, None), events, depth - 1)
        entries.append((name.text, _from_line(value, name.line)))
    return Value(kind=Kind.MAP, line=line, end_line=_last(line, entries), entries=tuple(entries))


def _from_line(value: Value, line: int) -> Value:
    """A value of a map begins where its name stands."""
    return Value(kind=value.kind, line=line, end_line=value.end_line, text=value.text, entries=value.entries)


def _last(line: int, entries: list[tuple[str, Value]]) -> int:
    return max((value.end_line for _, value in entries), default=line)


def _tagged(value: Value, tag: str | None) -> Value:
    if not tag or not re.match(r"^![A-Za-z]", tag):
        return value
    name = "Ref" if tag == "!Ref" else f"Fn::{tag[1:]}"
    return Value(kind=Kind.MAP, line=value.line, end_line=value.end_line, entries=((name, value),))
