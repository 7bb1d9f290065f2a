"""Bytes of HCL become a typed syntax tree with lines. A leaf: it knows no Terraform, no finding, no file.

The parser is C (tree-sitter): on bytes of a pull request it runs only inside the contained scan, and in tests.
Lines are 1-based and inclusive. Bad input never raises: what could not be read is listed in `Body.errors`.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter
import tree_sitter_hcl

MAX_DEPTH = 60
"""Blocks, lists and objects that are nested deeper are not looked into."""

MAX_ERRORS = 20

_BOM = b"\xef\xbb\xbf"
_WRAPPERS = frozenset({"expression", "collection_value", "literal_value", "template_expr"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """`name = value` in a body, or an entry of an object; an item of a list has its index in brackets as name: `[0]`.

    `text` is the value as it is written. `literal` is the decoded string when the value is a plain string without
    interpolation. `members` are the entries of an object or list value, also when it is the argument of a function
    call such as `jsonencode({...})`.
    """

    name: str
    text: str
    start_line: int
    end_line: int
    literal: str | None = None
    members: tuple[Attribute, ...] = ()

    def member(self, name: str) -> Attribute | None:
        """Return the first entry called `name`, or None."""
        return next((entry for entry in self.members if entry.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`type "label" ... { body }`."""

    type: str
    labels: tuple[str, ...]
    body: Body
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What stands in a file or between the braces of a block. `errors`: lines, of a file only."""

    blocks: tuple[Block, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    errors: tuple[int, ...] = ()

    def attribute(self, name: str) -> Attribute | None:
        """Return the first attribute called `name`, or None."""
        return next((attribute for attribute in self.attributes if attribute.name == name), None)

    def blocks_of(self, type_: str) -> tuple[Block, ...]:
        """Return the blocks of one type, in the order of the file."""
        return tuple(block for block in self.blocks if block.type == type_)

    def literal(self, name: str) -> str | None:
        """Return the plain string that attribute `name` is, or None when it is absent or anything else."""
        attribute = self.attribute(name)
        return attribute.literal if attribute else None

    def walk(self) -> Iterator[Block]:
        """Yield every block at any depth, outer ones first."""
        for block in self.blocks:
            yield block
            yield from block.body.walk()


def parse(source: bytes) -> Body:
    """Parse one file of HCL (`.tf`, `.tofu`, `.tfvars`, `.hcl`) in any encoding of line ends, with or without a BOM."""
    source = source.removeprefix(_BOM)
    root = _parser().parse(source).root_node
    errors = tuple(sorted(set(_errors(root))))
    top = next((child for child in root.named_children if child.type == "body"), None)
    if top is None:
        return Body(errors=errors)
    body = _body(top, MAX_DEPTH)
    return Body(blocks=body.blocks, attributes=body.attributes, errors=errors)


@functools.cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))


def _body(node: tree_sitter.Node, depth: int) -> Body:
    if depth <= 0:
        return Body()
    blocks, attributes = [], []
    for child in node.named_children:
        if child.type == "block":
            blocks.append(_block(child, depth - 1))
        elif child.type == "attribute" and len(parts := _parts(child)) == 2:
            attributes.append(_attribute(_text(parts[0]), child, parts[1], depth - 1))
    return Body(blocks=tuple(blocks), attributes=tuple(attributes))


def _block(node: tree_sitter.Node, depth: int) -> Block:
    names = [child for child in node.named_children if child.type in ("identifier", "string_lit")]
    body = next((child for child in node.named_children if child.type == "body"), None)
    return Block(
        type=_text(names[0]) if names else "",
        labels=tuple(_label(name) for name in names[1:]),
        body=_body(body, depth) if body else Body(),
        start_line=node.start_point.row + 1,
        end_line=_last_line(node),
    )


def _attribute(name: str, whole: tree_sitter.Node, value: tree_sitter.Node, depth: int) -> Attribute:
    value = _unwrap(value)
    return Attribute(
        name=name,
        text=_text(value),
        start_line=whole.start_point.row + 1,
        end_line=_last_line(whole),
        literal=_literal(value),
        members=tuple(_members(value, depth)),
    )


def _members(value: tree_sitter.Node, depth: int) -> Iterator[Attribute]:
    if depth <= 0:
        return
    if value.type == "function_call":
        arguments = next((child for child in value.named_children if child.type == "function_arguments"), None)
        first = _parts(arguments)[:1] if arguments else []
        if first:
            yield from _members(_unwrap(first[0]), depth - 1)
    elif value.type == "tuple":
        items = [child for child in value.named_children if child.type == "expression"]
        for index, item in enumerate(items):
            yield _attribute(f"[{index}]", item, item, depth - 1)
    elif value.type == "object":
        for child in value.named_children:
            if child.type == "object_elem" and len(parts := _parts(child)) == 2:
                yield _attribute(_label(_unwrap(parts[0])), child, parts[1], depth - 1)


def _parts(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    """The name and the value of an attribute or object entry, without comments."""
    return [child for child in node.named_children if child.type in ("identifier", "expression")]


def _unwrap(node: tree_sitter.Node) -> tree_sitter.Node:
    while node.type in _WRAPPERS and len(named := _without_comments(node)) == 1:
        node = named[0]
    return node


def _without_comments(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [child for child in node.named_children if child.type != "comment"]


def _label(node: tree_sitter.Node) -> str:
    literal = _literal(node)
    return _text(node) if literal is None else literal


def _literal(node: tree_sitter.Node) -> str | None:
    if node.type == "string_lit":
        return _unescape(_text(node)[1:-1])
    if node.type == "heredoc_template":
        return _heredoc(node)
    return None


def _heredoc(node: tree_sitter.Node) -> str | None:
    if any(child.type in ("template_interpolation", "template_directive") for child in node.named_children):
        return None
    lines = _text(node).splitlines()
    inner = lines[1:-1]
    if lines and lines[0].startswith("<<-"):
        margin = min((len(line) - len(line.lstrip()) for line in inner if line.strip()), default=0)
        inner = [line[margin:] for line in inner]
    return "".join(f"{line}\n" for line in inner)


_ESCAPE = re.compile(r'\\(?:[nrt"\\]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|\$\$\{|%%\{')


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: _decoded(match.group()), text)


def _decoded(escape: str) -> str:
    if escape[0] != "\\":
        return escape[1:]
    if escape[1] != "U":
        return str(json.loads(f'"{escape}"'))
    code = int(escape[2:], 16)
    return chr(code) if code <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"


def _last_line(node: tree_sitter.Node) -> int:
    end = node.end_point
    return end.row if end.column == 0 and end.row > node.start_point.row else end.row + 1


def _text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _errors(root: tree_sitter.Node) -> Iterator[int]:
    """Lines of the first unreadable places, found without recursion: a tree may be as deep as the file is long."""
    waiting, found = [root], 0
    while waiting and found < MAX_ERRORS:
        node = waiting.pop()
        if node.is_missing or node.type == "ERROR":
            found += 1
            yield node.start_point.row + 1
        elif node.has_error:
            waiting.extend(reversed(node.children))
