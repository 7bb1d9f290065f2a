"""The Terraform and OpenTofu files of a directory as blocks, whether they are written in HCL or in JSON.

Knows where a value of the same directory comes from (`local.x`) and nothing of the rules that ask.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reviewer import hcl
from reviewer.model import Span
from reviewer.rules.documents import Kind, Value, from_hcl, read_json
from reviewer.rules.rule import Directory

_HCL = (".tf", ".tofu")
_JSON = (".tf.json", ".tofu.json")
_LABELS = {"resource": 2, "data": 2, "module": 1, "provider": 1, "variable": 1, "output": 1}
MAX_HOPS = 5

Locals = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One top-level block; `value` is a map in which nested blocks are lists of maps."""

    path: str
    type: str
    labels: tuple[str, ...]
    value: Value

    @property
    def address(self) -> str:
        """What Terraform calls it: `aws_iam_role.x`, `data.aws_iam_policy_document.x`, `module.x`, `locals`."""
        return ".".join(self.labels if self.type == "resource" else (self.type, *self.labels))

    @property
    def span(self) -> Span:
        """Its lines."""
        return Span(path=self.path, start_line=self.value.line, end_line=max(self.value.line, self.value.end_line))


def read_blocks(directory: Directory) -> tuple[Block, ...]:
    """Return the top-level blocks of a directory in the order of its files; read once, however many rules ask.

    A nested block with labels (`backend "s3" {}`) is a map with its label in it, as JSON syntax has it.
    """
    kept = directory.kept.get("blocks")
    if not isinstance(kept, tuple):
        kept = directory.kept["blocks"] = tuple(_read_blocks(directory))
    return kept


def _read_blocks(directory: Directory) -> list[Block]:
    blocks: list[Block] = []
    for path in directory.named(*_HCL):
        for lines_before, block in _hcl_blocks(directory, path):
            value = _body(block.body, block.start_line, block.end_line).moved(lines_before)
            blocks.append(Block(path=path, type=block.type, labels=block.labels, value=value))
    for path in directory.named(*_JSON):
        document = read_json(directory.files[path])
        if document is not None:
            blocks.extend(_json_blocks(path, document))
    return blocks


_OPENING = re.compile(rb"^(?:resource|data|module|locals|variable|output|provider|terraform)\b[^\n=]*\{", re.MULTILINE)


def _hcl_blocks(directory: Directory, path: str) -> Iterator[tuple[int, hcl.Block]]:
    """The blocks of a file, each with the number of lines that stand before what it was read from.

    A file with an error is read block by block, so that one broken block does not hide the others.
    """
    body = directory.hcl(path)
    if not body.errors:
        yield from ((0, block) for block in body.blocks)
        return
    source = directory.files[path]
    starts = [match.start() for match in _OPENING.finditer(source)]
    lines_before, counted = 0, 0
    for start, end in itertools.pairwise([*starts, len(source)]):
        lines_before, counted = lines_before + source.count(b"\n", counted, start), start
        yield from ((lines_before, block) for block in hcl.parse(source[start:end]).blocks[:1])


def read_locals(blocks: Iterable[Block]) -> Locals:
    """Return what `local.NAME` stands for."""
    return {name: value for block in blocks if block.type == "locals" for name, value in block.value.entries}


_LOCAL = re.compile(r"^(?:\$\{\s*)?local\.([\w-]+)(?:\.([\w-]+))?(?:\s*\})?$")


def resolve(value: Value, locals_: Locals) -> Value:
    """Follow `local.x` (and `local.x.y`) to its value. What depends on anything else comes back as it is."""
    for _ in range(MAX_HOPS):
        match = _LOCAL.match(value.text) if value.kind in (Kind.UNKNOWN, Kind.TEMPLATE, Kind.TEXT) else None
        found = locals_.get(match[1]) if match else None
        if found is not None and match and match[2]:
            found = found.get(match[2])
        if found is None:
            return value
        value = found
    return value


def _body(body: hcl.Body, line: int, end_line: int) -> Value:
    entries = [(attribute.name, from_hcl(attribute)) for attribute in body.attributes]
    nested: dict[str, list[tuple[str, Value]]] = {}
    for block in body.blocks:
        name, value = _nested(block)
        nested.setdefault(name, []).append(("", value))
    for name, values in nested.items():
        first, last = values[0][1].line, values[-1][1].end_line
        entries.append((name, Value(kind=Kind.LIST, line=first, end_line=last, entries=tuple(values))))
    return Value(kind=Kind.MAP, line=line, end_line=end_line, entries=tuple(entries))


def _nested(block: hcl.Block) -> tuple[str, Value]:
    """A nested block; of a dynamic one the content of a statement is read, anything else is not known."""
    if block.type != "dynamic" or not block.labels:
        value = _body(block.body, block.start_line, block.end_line)
        for label in reversed(block.labels):
            value = Value(kind=Kind.MAP, line=value.line, end_line=value.end_line, entries=((label, value),))
        return block.type, value
    content = block.body.blocks_of("content")
    if block.labels[0] == "statement" and content:
        return "statement", _body(content[0].body, block.start_line, block.end_line)
    unknown = Value(kind=Kind.UNKNOWN, line=block.start_line, end_line=block.end_line)
    return block.labels[0], unknown


def _json_blocks(path: str, document: Value) -> Iterator[Block]:
    for top in document.items():
        for type_, value in top.entries:
            yield from _labelled(path, type_, (), value)


def _labelled(path: str, type_: str, labels: tuple[str, ...], value: Value) -> Iterator[Block]:
    missing = _LABELS.get(type_, 0) - len(labels)
    for item in value.items():
        if missing <= 0:
            yield Block(path=path, type=type_, labels=labels, value=_with_dynamic(item))
            continue
        for label, entry in item.entries:
            yield from _labelled(path, type_, (*labels, label), entry)


def _with_dynamic(value: Value) -> Value:
    """In JSON a dynamic block is an entry `dynamic`: what it makes is not known."""
    entries = list(value.entries)
    for place, (name, entry) in enumerate(value.entries):
        if name == "dynamic":
            made = [made for item in entry.items() for made in item.entries]
            entries += [(label, Value(kind=Kind.UNKNOWN, line=e.line, end_line=e.end_line)) for label, e in made]
        elif name == "statement":
            statements = tuple(("", _with_dynamic(item)) for item in entry.items())
            rebuilt = Value(kind=Kind.LIST, line=entry.line, end_line=entry.end_line, entries=statements)
            entries[place] = (name, rebuilt)
    return Value(kind=value.kind, line=value.line, end_line=value.end_line, text=value.text, entries=tuple(entries))
