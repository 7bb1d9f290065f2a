"""What a provider allows in a resource: which attributes and blocks there are, and which of them must be there.

Owns the compact form of config/recipes/schemas/*.json. Pure: reads no file, knows no recipe and no finding.

One type is a mapping of names to kinds. The kind of an attribute is a word: `string`, `number`, `bool`, `list(string)`,
`map`, `any` and so on. That of a block is a list of a word and its own mapping: `block` for at most one,
`blocks` for many, `either` for lists of objects that may be written as blocks too. `!` after the word: must be there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reviewer import hcl
from reviewer.errors import PlumbruleError

ONE, MANY, EITHER = "block", "blocks", "either"
BLOCKS = (ONE, MANY, EITHER)
ANY = "any"

_META_ATTRIBUTES = frozenset({"count", "for_each", "provider", "depends_on"})
_META_BLOCKS = frozenset({"lifecycle", "provisioner", "connection"})


class BadSchema(PlumbruleError):
    """A file of schemas is not of the compact form. The message names the child."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One attribute or block that may stand in a resource or in another block."""

    kind: str
    required: bool = False
    written: Mapping[str, Any] = field(default_factory=dict)  # what may stand in a block, in the compact form

    @property
    def children(self) -> dict[str, Child]:
        """What may stand in it, when it is a block. Raises BadSchema."""
        return read_children(self.written)

    @property
    def is_block(self) -> bool:
        """Whether it may be written as a block, and `children` say what may stand in it."""
        return self.kind in BLOCKS

    @property
    def is_attribute(self) -> bool:
        """Whether it may be written as an attribute."""
        return self.kind not in {ONE, MANY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """Resource types and what may stand in them. `providers` says of which versions: {"aws": "6.25.0"}."""

    types: Mapping[str, Mapping[str, Any]]  # compact: of 1,700 types a review needs a handful
    providers: Mapping[str, str] = field(default_factory=dict)

    def children(self, type_: str) -> dict[str, Child] | None:
        """Return what may stand in a resource, None for types that are not known. Raises BadSchema."""
        return read_children(self.types[type_]) if type_ in self.types else None


def read_schema(*documents: Mapping[str, Any]) -> Schema:
    """Return what documents of the compact form say, all in one: {provider, version, types}."""
    types: dict[str, Mapping[str, Any]] = {}
    providers: dict[str, str] = {}
    for document in documents:
        providers[str(document.get("provider"))] = str(document.get("version"))
        types |= document.get("types") or {}
    return Schema(types=types, providers=providers)


def read_children(written: Any) -> dict[str, Child]:
    """Return what a mapping of the compact form says. Raises BadSchema."""
    if not isinstance(written, Mapping):
        raise BadSchema(f"{written!r}: expected a mapping of names to kinds")
    return {name: _child(name, kind) for name, kind in written.items()}


def _child(name: str, written: Any) -> Child:
    word, inner = written if isinstance(written, list) and len(written) == 2 else (written, {})
    if not isinstance(word, str) or (word.rstrip("!") in BLOCKS) != isinstance(written, list):
        raise BadSchema(f"{name}: expected a kind, or a list of {', '.join(BLOCKS)} and a mapping")
    return Child(kind=word.rstrip("!"), required=word.endswith("!"), written=inner)


def child(schema: Schema, type_: str, path: Iterable[str]) -> Child | None:
    """Return what stands at a path of names in a resource type, or None where the provider knows no such thing."""
    children = schema.children(type_) or {}
    found = None
    for name in path:
        found = children.get(name)
        if found is None:
            return None
        children = found.children
    return found


def problems(schema: Schema, type_: str, body: hcl.Body) -> tuple[str, ...]:
    """Return what the provider has against the body of a resource, in plain words; () for types that are not known.

    Told are unknown attributes and blocks, one written as the other, blocks that may stand once only, and what must be
    there and is not. Values are not looked at.
    """
    children = schema.children(type_)
    return tuple(_problems(children, body, type_, top=True)) if children is not None else ()


def _problems(children: Mapping[str, Child], body: hcl.Body, where: str, *, top: bool = False) -> Iterator[str]:
    blocks = [_named(block) for block in body.blocks if not (top and block.type in _META_BLOCKS)]
    attributes = [a.name for a in body.attributes if not (top and a.name in _META_ATTRIBUTES)]
    yield from _unknown(children, attributes, [name for name, _ in blocks], where)
    times = Counter(block.type for block in body.blocks)
    for name, known in children.items():
        if known.required and name not in attributes and all(name != there for there, _ in blocks):
            yield f"{where}: {name} must be there"
        if known.kind == ONE and times[name] > 1:
            yield f"{where}: {name} may stand there once only"
    for name, inner in blocks:
        if name in children and children[name].is_block:  # of `any` nothing is known
            yield from _problems(children[name].children, inner, f"{where}.{name}")


def _unknown(
    children: Mapping[str, Child], attributes: Iterable[str], blocks: Iterable[str], where: str
) -> Iterator[str]:
    for name in attributes:
        if name not in children:
            yield f"{where}: the provider knows no {name}"
        elif not children[name].is_attribute:
            yield f"{where}: {name} is a block, not an attribute"
    for name in blocks:
        if name not in children:
            yield f"{where}: the provider knows no {name}"
        elif not children[name].is_block and children[name].kind != ANY:
            yield f"{where}: {name} is an attribute, not a block"


def _named(block: hcl.Block) -> tuple[str, hcl.Body]:
    """The name and the body of a block; of `dynamic "x" { content {...} }` those of x."""
    if block.type != "dynamic" or not block.labels:
        return block.type, block.body
    content = block.body.blocks_of("content")
    return block.labels[0], content[0].body if content else hcl.Body()
