"""Bytes of HCL with the byte range of everything in them: items of bodies, values, what a literal stands for.

Knows the syntax and nothing of Terraform. Bad input never raises: ask `is_broken`. Nothing here recurses deeper than
MAX_DEPTH, however deep the file is.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass

import tree_sitter
import tree_sitter_hcl

MAX_DEPTH = 30
MAX_DIGITS = 30
MAX_KEPT = 2_000_000
"""Bytes of texts whose trees are kept."""

_WRAPPERS = frozenset({"expression", "collection_value", "literal_value", "template_expr"})
_ITEM_PARENTS = frozenset({"config_file", "block", "body", "object"})


class Opaque:
    """What a value stands for when it is no literal."""

    def __repr__(self) -> str:
        return "OPAQUE"


OPAQUE = Opaque()

Literal = str | int | float | bool | None | list["Literal"] | dict[str, "Literal"] | Opaque
"""What a value stands for; OPAQUE also inside lists and objects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """An expression: `node` without the wrappers around it, and the bytes it takes."""

    start: int
    end: int
    node: tree_sitter.Node

    @property
    def kind(self) -> str:
        """The grammar's name for it: string_lit, tuple, object, function_call, conditional, expression..."""
        return self.node.type


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """`name = value` of a body or an object."""

    name: str
    start: int
    end: int
    line: int  # 1-based, in the text that was parsed
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`type "label" { items }`; also a whole file (type ""), whose items are the top level."""

    type: str
    labels: tuple[str, ...]
    start: int
    end: int
    opened: int  # just behind the opening brace
    closed: int  # the closing brace
    line: int
    end_line: int
    node: tree_sitter.Node

    @property
    def items(self) -> tuple[Attribute | Block, ...]:
        """Attributes and blocks in the order of the text."""
        return items(self.node)

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The attributes among the items."""
        return tuple(item for item in self.items if isinstance(item, Attribute))

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks among the items."""
        return tuple(item for item in self.items if isinstance(item, Block))

    def attribute(self, name: str) -> Attribute | None:
        """Return the first attribute called `name`, or None."""
        return next((item for item in self.attributes if item.name == name), None)

    def blocks_of(self, type_: str) -> tuple[Block, ...]:
        """Return the blocks of one type."""
        return tuple(block for block in self.blocks if block.type == type_)

    def dynamic(self, type_: str) -> Block | None:
        """Return the `dynamic` block that makes blocks of a type, or None."""
        return next((block for block in self.blocks_of("dynamic") if block.labels[:1] == (type_,)), None)


@functools.cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))


_trees: dict[bytes, tree_sitter.Tree] = {}
"""The syntax trees of texts, the oldest first: one is edited many times, and each of its forms is read many times."""

_bytes_kept = [0]
"""How long these texts are all together."""


def syntax(text: bytes) -> tree_sitter.Node:
    """Return the root of the syntax tree."""
    tree = _trees.get(text)
    return (tree or _kept(text, _parser().parse(text))).root_node


def replaced(text: bytes, start: int, end: int, new: bytes) -> bytes:
    """Return `text` with `start:end` replaced. Its tree is made from that of `text`: that costs next to nothing."""
    result = text[:start] + new + text[end:]
    before = _trees.get(text)
    if before is not None and result not in _trees and not before.root_node.has_error:
        tree = before.copy()
        at = text.count(b"\n", 0, start), start - text.rfind(b"\n", 0, start) - 1
        tree.edit(start, end, start + len(new), at, _moved(at, text[start:end]), _moved(at, new))
        tree = _parser().parse(result, tree)
        if not tree.root_node.has_error:
            _kept(result, tree)
    return result


def _moved(point: tuple[int, int], by: bytes) -> tuple[int, int]:
    """Return the row and column behind a text that begins at `point`."""
    row, column = point
    lines = by.count(b"\n")
    return row + lines, len(by) - by.rfind(b"\n") - 1 if lines else column + len(by)


def _kept(text: bytes, tree: tree_sitter.Tree) -> tree_sitter.Tree:
    """Keep a tree, and of all the newest: as many as their texts are not too long all together."""
    _trees[text] = tree
    _bytes_kept[0] += len(text)
    while _bytes_kept[0] > MAX_KEPT and len(_trees) > 1:
        oldest = next(iter(_trees))
        del _trees[oldest]
        _bytes_kept[0] -= len(oldest)
    return tree


def parse(text: bytes) -> Block:
    """Return a file as the block that its top level is."""
    root = syntax(text)
    return Block(type="", labels=(), start=0, end=len(text), opened=0, closed=len(text), line=1, end_line=1, node=root)


def is_broken(text: bytes) -> bool:
    """Tell whether a part of a text could not be read."""
    return syntax(text).has_error


def first_error(text: bytes) -> int | None:
    """Return the line of the first place of a text that could not be read, or None."""
    waiting = [syntax(text)]
    while waiting:
        node = waiting.pop()
        if node.is_missing or node.type == "ERROR":
            return node.start_point.row + 1
        if node.has_error:
            waiting.extend(reversed(node.children))
    return None


@functools.lru_cache(maxsize=256)
def items(node: tree_sitter.Node) -> tuple[Attribute | Block, ...]:
    """Return the items of a file, a block, a body or an object."""
    found: list[Attribute | Block] = []
    for child in node.named_children:
        if child.type == "body" and node.type in _ITEM_PARENTS:
            found.extend(items(child))
        elif child.type == "block":
            found.append(_block(child))
        elif child.type in ("attribute", "object_elem") and (attribute := _attribute(child)):
            found.append(attribute)
    return tuple(found)


def elements(value: Value) -> tuple[Value, ...]:
    """Return the items of a list, or the arguments of a function call."""
    node = value.node
    if node.type == "function_call":
        node = next((child for child in node.named_children if child.type == "function_arguments"), node)
    return tuple(valued(child) for child in node.named_children if child.type == "expression")


def function(value: Value) -> str:
    """Return the name of the function that a value calls, or ""."""
    if value.kind != "function_call" or not value.node.named_children:
        return ""
    return text_of(value.node.named_children[0])


def valued(node: tree_sitter.Node) -> Value:
    """Return an expression as a value."""
    start, end = node.start_byte, node.end_byte
    while node.type in _WRAPPERS and len(named := _without_comments(node)) == 1:
        node = named[0]
    return Value(start=start, end=end, node=node)


def literal(value: Value, depth: int = MAX_DEPTH) -> Literal:
    """Return what a value stands for; OPAQUE when that is not known from its text alone."""
    node = value.node
    if node.type == "string_lit":
        return unescaped(text_of(node)[1:-1])
    if node.type in ("bool_lit", "null_lit"):
        return {"true": True, "false": False}.get(text_of(node))
    if node.type in ("numeric_lit", "operation"):
        return _number(text_of(node))
    if node.type == "tuple" and depth and not _has_for(node):
        return [literal(item, depth - 1) for item in elements(value)]
    if node.type == "object" and depth and not _has_for(node):
        return {item.name: literal(item.value, depth - 1) for item in items(node) if isinstance(item, Attribute)}
    return OPAQUE


def is_whole(what: Literal) -> bool:
    """Tell whether a literal holds nothing opaque."""
    if isinstance(what, list):
        return all(is_whole(item) for item in what)
    if isinstance(what, dict):
        return all(is_whole(item) for item in what.values())
    return not isinstance(what, Opaque)


def text_of(node: tree_sitter.Node) -> str:
    """Return the text of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def source_of(value: Value) -> str:
    """Return the text of a value with white space folded: what tells two expressions apart."""
    return re.sub(r"\s+", " ", text_of(value.node))


_HEADER = re.compile(rb'([A-Za-z_][\w-]*)((?:[ \t]+(?:[A-Za-z_][\w-]*|"[\w.-]*"))*)[ \t]*\{')
"""How nearly every block begins: its names can be told without looking at the tree."""


def _block(node: tree_sitter.Node) -> Block:
    header = None if node.has_error else _HEADER.match(node.text or b"")
    return _usual_block(node, header) if header else _unusual_block(node)


def _usual_block(node: tree_sitter.Node, header: re.Match[bytes]) -> Block:
    start, end = node.start_byte, node.end_byte
    return Block(
        type=header[1].decode(),
        labels=tuple(label.strip('"') for label in header[2].decode().split()),
        start=start,
        end=end,
        opened=start + header.end(),
        closed=end - 1,
        line=node.start_point.row + 1,
        end_line=node.end_point.row + 1,
        node=node,
    )


def _unusual_block(node: tree_sitter.Node) -> Block:
    names = [child for child in node.named_children if child.type in ("identifier", "string_lit")]
    opened = next((child.end_byte for child in node.named_children if child.type == "block_start"), node.end_byte)
    closed = next((child.start_byte for child in node.named_children if child.type == "block_end"), node.end_byte)
    return Block(
        type=text_of(names[0]) if names else "",
        labels=tuple(_key(name) for name in names[1:]),
        start=node.start_byte,
        end=node.end_byte,
        opened=opened,
        closed=closed,
        line=node.start_point.row + 1,
        end_line=node.end_point.row + 1,
        node=node,
    )


def _attribute(node: tree_sitter.Node) -> Attribute | None:
    parts = [child for child in node.named_children if child.type in ("identifier", "expression")]
    if len(parts) != 2:
        return None
    name = _key(valued(parts[0]).node) if not text_of(parts[0]).startswith("(") else text_of(parts[0])
    line = node.start_point.row + 1
    return Attribute(name=name, start=node.start_byte, end=node.end_byte, line=line, value=valued(parts[1]))


def _key(node: tree_sitter.Node) -> str:
    text = text_of(node)
    return unescaped(text[1:-1]) if node.type == "string_lit" else text


def _without_comments(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [child for child in node.named_children if child.type != "comment"]


def _has_for(node: tree_sitter.Node) -> bool:
    return any(child.type in ("for_tuple_expr", "for_object_expr") for child in node.named_children)


def _number(text: str) -> Literal:
    if len(text) > MAX_DIGITS or not re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d{1,2})?", text):
        return OPAQUE
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPE = re.compile(r'\\(?:[nrt"\\]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|\$\$\{|%%\{')


def unescaped(text: str) -> str:
    """Return what the inside of a quoted string stands for."""
    return _ESCAPE.sub(lambda match: _decoded(match.group()), text)


def quoted(text: str) -> str:
    """Return a string as HCL writes it."""
    escaped = "".join(_ESCAPES.get(c) or (c if c >= " " else f"\\u{ord(c):04x}") for c in text)
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'


def _decoded(escape: str) -> str:
    if escape[0] != "\\":
        return escape[1:]
    if escape[1] != "U":
        return str(json.loads(f'"{escape}"'))
    code = int(escape[2:], 16)
    return chr(code) if code <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"
