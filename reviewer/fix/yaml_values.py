"""What values of YAML say, compared with plain ones: literals, aliases, paths, the marks that a recipe leaves in them.

Changes nothing. Aliases are followed, each value once, so that aliases of aliases cannot multiply.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.fix import yaml_style
from reviewer.fix.yaml_nodes import Node

MAX_NESTED = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What stands for `choice.NAME`: the policy's value, or a reference to what the author has to give."""

    name: str
    value: Any
    open: bool  # no value yet
    listed: bool = False  # stands for several values


@dataclass(frozen=True, slots=True, kw_only=True)
class Include:
    """In an overlay: items that a list must have."""

    items: tuple[Any, ...]


def written(value: Any) -> tuple[Any, frozenset[str]]:
    """Return a value as it is to be written, and the open choices that it holds."""
    used: set[str] = set()
    return concrete(value, used), frozenset(used)


def concrete(value: Any, used: set[str]) -> Any:
    """Return a value as it is to be written; the open choices that it holds are added to `used`."""
    if isinstance(value, Chosen):
        if value.open:
            used.add(value.name)
        return value.value
    if isinstance(value, Include):
        return [concrete(item, used) for item in value.items]
    if isinstance(value, Mapping):
        return {key: concrete(member, used) for key, member in value.items()}
    if isinstance(value, list):
        return [concrete(item, used) for item in value]
    return value


def bare(value: Any) -> Any:
    """Return what stands for a choice; anything else as it is."""
    return value.value if isinstance(value, Chosen) else value


def followed(node: Node) -> Node:
    """Return what an alias stands for; anything else is returned as it is."""
    for _ in range(MAX_NESTED):
        if node.kind != "alias" or node.target is None:
            break
        node = node.target
    return node


def literal(node: Node) -> Any:
    """Return what a scalar is read as; None for anything else."""
    node = followed(node)
    if node.kind != "scalar" or node.tag:
        return None
    return yaml_style.plain_value(node.text) if not node.style else node.text


def equal(node: Node, value: Any) -> bool:
    """Return whether a value that is written equals a plain one. Aliases are followed."""
    node, value = followed(node), bare(value)
    if isinstance(value, Mapping):
        return (
            node.kind == "mapping"
            and {pair.key.text for pair in node.pairs} == {str(key) for key in value}
            and all(equal(inner, value[key]) for key in value if (inner := node.get(str(key))) is not None)
        )
    if isinstance(value, list | tuple):
        return node.kind == "sequence" and len(node.items) == len(value) and all(map(equal, node.items, value))
    if isinstance(value, yaml_style.Tagged):
        return node.tag == value.tag and equal(dataclasses.replace(node, tag=""), value.value)
    return node.kind == "scalar" and not node.tag and _same(literal(node), value)


def is_one_of(node: Node, values: Sequence[Any]) -> bool:
    """Return whether a value that is written equals one of some plain ones."""
    return any(equal(node, value) for value in values)


def below(node: Node, path: Sequence[str]) -> list[Node]:
    """Return the values at a path below a node; of every item where a list is on the way."""
    found = [followed(node)]
    for key in path:
        found = [item for inner in found for item in (inner.items if inner.kind == "sequence" else (inner,))]
        found = [value for inner in found if (value := followed(inner).get(key)) is not None]
        found = list(dict.fromkeys(followed(value) for value in found))  # each once: aliases cannot multiply
    return found


def is_gap(node: Node) -> bool:
    """Return whether nothing counts as written here: an empty value, null."""
    return node.kind == "scalar" and not node.tag and not node.style and literal(node) is None


def _same(there: Any, value: Any) -> bool:
    """Equal and of the same type, but for booleans in quotes."""
    if isinstance(value, bool) and isinstance(there, str):
        return there.lower() == str(value).lower()
    return bool(there == value) and isinstance(there, bool) == isinstance(value, bool)
