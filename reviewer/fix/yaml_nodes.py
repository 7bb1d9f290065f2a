"""Bytes of YAML (and JSON, which is YAML too) become a tree in which every value knows its characters.

Owns reading with exact positions. Knows nothing of what the documents mean, and changes nothing. The parser is libyaml,
the one that the scanner reads with: it says "no" to what the scanner would not read, and it is read as a stream, so
that depth and size are bounded here, before anything is built. Aliases stay aliases: a small file stays small.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from reviewer.fix.editing import CannotEdit

MAX_BYTES = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 50
MAX_ALIASES = 1000
BOM = "\ufeff"
_ODD_BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
_PROPERTY = re.compile(r"[&!][^\s,\[\]{}]*(?:[ \t]+|[ \t]*(?:#[^\n]*)?\r?\n[ \t]*|(?=[,\]}])|$)")
_STANDARD_TAG = "tag:yaml.org,2002:"

Kind = Literal["mapping", "sequence", "scalar", "alias"]


@dataclass(slots=True, kw_only=True, eq=False)
class Node:
    """A value: characters `start..end` of the text, its tag and anchor included; `body` is where these end.

    Nobody changes one. It is not frozen, for a file has thousands, and a frozen one takes ten times as long to make.
    """

    kind: Kind
    start: int
    body: int
    end: int  # after its last character: no blank line, comment or line end is part of a block
    line: int  # of `start`, from 1
    column: int  # of `start`, from 0
    flow: bool = False  # a collection in brackets
    style: str = ""  # of a scalar: "" for plain, else ' " | >
    tag: str = ""
    anchor: str = ""
    text: str = ""  # of a scalar, decoded; of an alias the name of its anchor
    pairs: tuple[Pair, ...] = ()
    items: tuple[Node, ...] = ()
    target: Node | None = None  # of an alias

    def get(self, key: str) -> Node | None:
        """Return the value under `key`, or None. Of two the last counts, as for every reader."""
        return next((pair.value for pair in reversed(self.pairs) if pair.key.text == key), None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written here: `key:` and no more."""
        return self.kind == "scalar" and self.start == self.end


@dataclass(slots=True, kw_only=True, eq=False)
class Pair:
    """`key: value`. Not frozen, as Node is not."""

    key: Node
    value: Node

    @property
    def end(self) -> int:
        """After the last character of the pair, without the colon of an empty value."""
        return max(self.key.end, self.value.end)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Text:
    """A file that was read. Positions in `documents` are positions in `text`, which has no byte order mark."""

    text: str
    bom: bool
    documents: tuple[Node, ...]
    aliased: frozenset[Node]  # nodes that an alias somewhere stands for

    def encode(self, text: str) -> bytes:
        """Return another text as bytes of this file."""
        return ((BOM if self.bom else "") + text).encode()


def read(path: str, data: bytes) -> Text:
    """Return the file as a tree. Raises CannotEdit for what is not YAML, and for what is too large or too deep."""
    if len(data) > MAX_BYTES:
        raise CannotEdit(f"`{path}` is too large to be edited.")
    return _read(path, data)


def nodes(root: Node) -> Iterator[Node]:
    """Yield every value below `root` (itself included, keys left out), in the order of the text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.items or tuple(pair.value for pair in node.pairs)))


@functools.lru_cache(maxsize=8)
def _read(path: str, data: bytes) -> Text:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise CannotEdit(f"`{path}` is not UTF-8.") from None
    bom = text.startswith(BOM)
    text = text.removeprefix(BOM)
    if odd := _ODD_BREAKS.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        raise CannotEdit(f"`{path}` has a line end on line {line} that is neither LF nor CRLF.")
    try:
        documents, aliased = _Composer(path, text).compose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" on line {mark.line + 1}" if mark else ""
        raise CannotEdit(f"`{path}` does not parse{where}.") from None
    return Text(text=text, bom=bom, documents=documents, aliased=aliased)


@dataclass(slots=True, kw_only=True)
class _Open:
    """A collection whose end was not read yet. Events are Any: the stubs say that they may have no marks."""

    event: Any
    children: list[Node] = field(default_factory=list)


class _Composer:
    """One pass over the events of a text. A class, for what is open and what has a name grow event by event."""

    def __init__(self, path: str, text: str) -> None:
        self._path, self._text = path, text
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._documents: list[Node] = []
        self._aliased: set[Node] = set()
        self._aliases = 0

    def compose(self) -> tuple[tuple[Node, ...], frozenset[Node]]:
        """Return the root of each document, and what aliases stand for. Raises CannotEdit and yaml.YAMLError."""
        parser = yaml.CSafeLoader(self._text)
        for count, event in enumerate(iter(parser.get_event, None)):
            if count > MAX_NODES or len(self._open) > MAX_DEPTH or self._aliases > MAX_ALIASES:
                raise CannotEdit(f"`{self._path}` is nested too deeply or has too many values to be edited.")
            if isinstance(event, yaml.ScalarEvent):
                self._add(self._scalar(event))
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open.append(_Open(event=event))
            elif isinstance(event, yaml.CollectionEndEvent):
                self._add(self._collection(self._open.pop(), event))
            elif isinstance(event, yaml.AliasEvent):
                self._add(self._alias(event))
            elif isinstance(event, yaml.DocumentStartEvent):
                self._anchors = {}
        return tuple(self._documents), frozenset(self._aliased)

    def _add(self, node: Node) -> None:
        if node.anchor:
            self._anchors[node.anchor] = node
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._documents.append(node)

    def _collection(self, opened: _Open, event: Any) -> Node:
        start, children = opened.event, opened.children
        mapping = isinstance(start, yaml.MappingStartEvent)
        body = self._after_properties(start.start_mark.index, has=bool(start.anchor or start.tag))
        pairs = zip(children[::2], children[1::2], strict=True) if mapping else ()
        end = event.end_mark.index if start.flow_style else _end(children, mapping=mapping, start=body)
        return Node(
            kind="mapping" if mapping else "sequence",
            start=start.start_mark.index,
            body=body,
            end=end,
            line=start.start_mark.line + 1,
            column=start.start_mark.column,
            flow=bool(start.flow_style),
            tag=_tag(start.tag),
            anchor=start.anchor or "",
            pairs=tuple(Pair(key=key, value=value) for key, value in pairs),
            items=() if mapping else tuple(children),
        )

    def _scalar(self, event: Any) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        style = event.style or ""
        body = self._after_properties(start, has=bool(event.anchor or event.tag), until=end)
        if style in ("|", ">"):
            end = self._block_end(body, end)
        return Node(
            kind="scalar",
            start=start,
            body=body,
            end=end,
            line=event.start_mark.line + 1,
            column=event.start_mark.column,
            style=style,
            tag=_tag(event.tag),
            anchor=event.anchor or "",
            text=event.value,
        )

    def _block_end(self, body: int, end: int) -> int:
        """After the last character of a block scalar; blank lines count where `+` keeps them."""
        header = self._text[body:end].partition("\n")[0]
        raw = self._text[body:end]
        kept = raw[: -2 if raw.endswith("\r\n") else -1] if raw.endswith("\n") else raw
        return body + len(kept if "+" in header.partition("#")[0] else raw.rstrip())

    def _alias(self, event: Any) -> Node:
        self._aliases += 1
        target = self._anchors.get(event.anchor)
        if target is not None:
            self._aliased.add(target)
        return Node(
            kind="alias",
            start=event.start_mark.index,
            body=event.start_mark.index,
            end=event.end_mark.index,
            line=event.start_mark.line + 1,
            column=event.start_mark.column,
            text=event.anchor,
            target=target,
        )

    def _after_properties(self, start: int, *, has: bool, until: int | None = None) -> int:
        """The position after `&anchor` and `!tag`."""
        for _ in range(2 if has else 0):
            found = _PROPERTY.match(self._text, start, len(self._text) if until is None else until)
            start = found.end() if found else start
        return start


def _end(children: list[Node], *, mapping: bool, start: int) -> int:
    """The end of a block collection: of its last value, or of the colon or dash when that is empty."""
    return max(children[-1].end, children[-2].end if mapping else 0) if children else start


def _tag(tag: str | None) -> str:
    """The tag as it matters: tags of plain YAML say nothing, `!` alone neither."""
    return "" if tag is None or tag == "!" or tag.startswith(_STANDARD_TAG) else tag
