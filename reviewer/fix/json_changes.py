"""What an edit changed in translated HCL, made as small changes to the JSON that it was translated from.

Owns the way back: values of HCL as JSON says them, and which members of which object differ. The result is translated
again and must say what the edited HCL says; what cannot be said in place is refused.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reviewer.fix import documents, splices, yaml_splice, yaml_style
from reviewer.fix.editing import CannotEdit
from reviewer.fix.hcl_tree import (
    Attribute,
    Block,
    Opaque,
    Value,
    elements,
    is_whole,
    literal,
    parse,
    source_of,
    text_of,
    unescaped,
)
from reviewer.fix.hcl_tree import items as items_of
from reviewer.fix.json_hcl import Translated, kind_of, translate
from reviewer.fix.splices import Splice
from reviewer.fix.yaml_nodes import Node, Pair
from reviewer.fix.yaml_splice import Page

MAX_NESTED = 30
MAX_BYTES = 60_000
"""Of a block that is edited: each value in it is read again."""

Where = tuple[str, ...]
Header = tuple[str, tuple[str, ...]]


def rewritten(path: str, before: Translated, after: bytes, near: Sequence[str]) -> bytes:
    """Return the JSON that says what `after`, an edit of the translated text, says.

    New blocks go beside the block whose type and labels are `near`. Raises CannotEdit.
    """
    old, new = parse(before.text).blocks, parse(after).blocks
    page = documents.page_of(path, before.read, before.read.documents[0])
    made: list[Splice] = []
    left = list(zip(old, before.bodies, strict=True))
    added = []
    for block in new:
        at = next((i for i, (one, _) in enumerate(left) if _header(one) == _header(block)), None)
        if at is None:
            added.append(block)
            continue
        one, body = left.pop(at)
        if one.node.text != block.node.text:
            if block.end - block.start > MAX_BYTES:
                raise CannotEdit(f"{'.'.join(block.labels)} is too long to be edited in JSON.")
            made += _body(page, body, (one, block), (block.type,))
    if left:
        raise CannotEdit(f"The fix would lose {' '.join(left[0][0].labels)}.")
    data = before.read.encode(splices.apply(before.read.text, made))
    for block in added:
        data = _with_block(path, data, block, near)
    if not _mean_the_same(translate(path, data).text, after):
        raise CannotEdit(f"What would mend it cannot be written into {path} in place.")
    return data


def _header(block: Block) -> Header:
    return block.type, block.labels


def _mean_the_same(one: bytes, other: bytes) -> bool:
    """Whether two files have the same blocks, in any order; those with the same text are not looked into."""
    first, second = parse(one).blocks, parse(other).blocks
    same = Counter(block.node.text for block in first) & Counter(block.node.text for block in second)
    return _meanings(first, same.copy()) == _meanings(second, same)


def _meanings(blocks: Iterable[Block], known: Counter[bytes | None]) -> list[str]:
    found = []
    for block in blocks:
        if known[block.node.text]:
            known[block.node.text] -= 1
            continue
        meaning = [block.type, block.labels, said(block, (block.type,))]
        found.append(json.dumps(meaning, sort_keys=True))
    return sorted(found)


def said(block: Block, where: Where) -> dict[str, Any]:
    """Return the body of a block as an object of JSON. Raises CannotEdit."""
    if len(where) > MAX_NESTED:
        raise CannotEdit("It is nested too deeply to be edited.")
    found: dict[str, Any] = {a.name: valued(a.value, kind_of(a.name, where)) for a in block.attributes}
    for type_ in dict.fromkeys(inner.type for inner in block.blocks):
        bodies = []
        for inner in block.blocks_of(type_):
            body: Any = said(inner, (*where, type_))
            for label in reversed(inner.labels):
                body = {label: body}
            bodies.append(body)
        found[type_] = bodies[0] if len(bodies) == 1 else bodies
    return found


def valued(value: Value, kind: str, depth: int = MAX_NESTED) -> Any:
    """Return a value of HCL as JSON has it: what is no literal becomes a text with `${...}`. Raises CannotEdit."""
    node = value.node
    if not depth:
        raise CannotEdit("It is nested too deeply to be edited.")
    if kind == "type":
        return source_of(value)
    if node.type == "tuple" and not isinstance(literal(value), Opaque):
        return [valued(item, kind, depth - 1) for item in elements(value)]
    if node.type == "object" and not isinstance(literal(value), Opaque):
        entries = [item for item in items_of(node) if isinstance(item, Attribute)]
        if not any(entry.name.startswith("(") for entry in entries):
            return {entry.name: valued(entry.value, kind, depth - 1) for entry in entries}
    if node.type == "string_lit":
        plain = unescaped(text_of(node)[1:-1])
        return plain if kind != "template" else plain.replace("${", "$${").replace("%{", "%%{")
    plain_value = literal(value)
    if is_whole(plain_value):
        return plain_value
    return source_of(value) if kind == "reference" else _template(text_of(node))


def _template(text: str) -> str:
    """An expression as a text; a template in quotes that has nothing to unescape is a text already."""
    if text.startswith("<<"):
        lines = text.split("\n")
        return "\n".join(lines[1:-1])
    if text.startswith('"') and "\\" not in text:
        return text[1:-1]
    return f"${{{text}}}"


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _pair(node: Node, name: str) -> Pair:
    pairs = [pair for pair in node.pairs if pair.key.text == name]
    if len(pairs) != 1:
        raise CannotEdit(f"`{name[:60]}` on line {node.line} is written in a way that is not edited.")
    return pairs[0]


def _body(page: Page, node: Node, change: tuple[Block, Block], where: Where) -> Iterator[Splice]:
    """What changes an object of JSON as a block, or an object of HCL, was changed."""
    before, after = change
    if len(where) > MAX_NESTED:
        raise CannotEdit("It is nested too deeply to be edited.")
    old, new = said(before, where), said(after, where)
    if _same(old, new):
        return
    gone = [_pair(node, name) for name in old if name not in new]
    missing = {name: value for name, value in new.items() if name not in old}
    if gone and len(gone) == len(node.pairs):
        indent = yaml_style.indent_at(page.text, node.start)
        yield Splice(start=node.start, end=node.end, text=yaml_style.flow_lines(new, page.style, indent))
        return
    for name in new:
        if name in old and not _same(old[name], new[name]):
            pair = _pair(node, name)
            blocks = before.blocks_of(name), after.blocks_of(name)
            if any(blocks):
                yield from _blocks(page, (node, pair), blocks, (*where, name))
            else:
                yield from _value(page, (node, pair), old[name], new[name])
    if gone:
        yield from yaml_splice.remove_pairs(page, node, gone)
    if missing:
        yield from yaml_splice.insert_pairs(page, node, missing)


def _value(page: Page, place: tuple[Node, Pair], old: Any, new: Any) -> Iterator[Splice]:
    parent, pair = place
    node = pair.value
    if isinstance(old, dict) and isinstance(new, dict) and node.kind == "mapping" and old and old.keys() <= new.keys():
        for name, value in old.items():
            if not _same(value, new[name]):
                yield from _value(page, (node, _pair(node, name)), value, new[name])
        if missing := {name: value for name, value in new.items() if name not in old}:
            yield from yaml_splice.insert_pairs(page, node, missing)
        return
    if isinstance(old, list) and isinstance(new, list) and node.kind == "sequence" and len(node.items) == len(old) > 0:
        if len(new) > len(old) and _same(old, new[: len(old)]):
            yield from yaml_splice.append_items(page, node, new[len(old) :])
            return
        gone = _missing(old, new)
        if new and gone:
            yield from yaml_splice.remove_items(page, node, gone)
            return
    yield from yaml_splice.replace_value(page, parent, pair, new)


def _missing(old: Sequence[Any], new: Sequence[Any]) -> list[int]:
    """The places of what was taken out of a list; none where more was done to it than that."""
    gone, waiting = [], list(new)
    for index, item in enumerate(old):
        if waiting and _same(item, waiting[0]):
            waiting.pop(0)
        else:
            gone.append(index)
    return [] if waiting else gone


def _blocks(
    page: Page, place: tuple[Node, Pair], change: tuple[Sequence[Block], Sequence[Block]], where: Where
) -> Iterator[Splice]:
    (parent, pair), (before, after) = place, change
    node = pair.value
    bodies = node.items if node.kind == "sequence" else (node,)
    if any(block.labels for block in (*before, *after)) or len(bodies) != len(before):
        raise CannotEdit(f"`{where[-1]}` on line {pair.key.line} is written in a way that is not edited.")
    old, new = ([said(block, where) for block in blocks] for blocks in change)
    if len(after) < len(before):
        gone = _missing(old, new)
        if not gone or not new:
            raise CannotEdit(f"`{where[-1]}` on line {pair.key.line} cannot be taken out in place.")
        yield from yaml_splice.remove_items(page, node, gone)
    elif len(after) > len(before) and node.kind != "sequence":
        yield from yaml_splice.replace_value(page, parent, pair, new)
    else:
        for body, one, other in zip(bodies, before, after, strict=False):
            yield from _body(page, body, (one, other), where)
        if len(after) > len(before):
            yield from yaml_splice.append_items(page, node, new[len(before) :])


def _with_block(path: str, data: bytes, block: Block, near: Sequence[str]) -> bytes:
    """The file with one more top-level block, beside one near it where that has a place for it."""
    read = translate(path, data).read
    page = documents.page_of(path, read, read.documents[0])
    keys = (block.type, *block.labels)
    node = read.documents[0]
    for depth, key in enumerate(keys):
        rest = said(block, (block.type,))
        for inner in reversed(keys[depth + 1 :]):
            rest = {inner: rest}
        if node.kind == "sequence":
            made = yaml_splice.append_items(page, node, [{key: rest}])
            break
        there = node.get(key)
        if there is None:
            made = _beside(page, node, {key: rest}, near[depth] if list(near[:depth]) == list(keys[:depth]) else "")
            break
        node = there
    else:
        raise CannotEdit(f"{'.'.join(block.labels)} is in {path} already.")
    return read.encode(splices.apply(read.text, made))


def _beside(page: Page, node: Node, new: Mapping[str, Any], near: str) -> Iterator[Splice]:
    if near and node.get(near) is not None:
        if "variable" in new:
            return yaml_splice.insert_beside(page, node, near, new)
        return yaml_splice.insert_after(page, node, near, new)
    return yaml_splice.insert_pairs(page, node, new)
