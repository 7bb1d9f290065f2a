"""Merging a mapping of plain values into one that is written: what `set`, `default` and `include` of a recipe do.

Owns the questions of whether a value is satisfied already, and whether it may be changed where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reviewer.fix import yaml_nodes, yaml_splice
from reviewer.fix.editing import CannotEdit
from reviewer.fix.splices import Splice
from reviewer.fix.yaml_nodes import Node, Pair
from reviewer.fix.yaml_splice import Page
from reviewer.fix.yaml_values import Include, concrete, equal, followed, is_gap

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What a framework knows of values that are not literal."""

    is_foreign: Callable[[Node], bool]  # comes from somewhere else: an intrinsic function
    source: Callable[[Node], Node | None]  # the literal that it is known to be, and that can be changed
    change: Callable[[Node, Any], Iterable[Splice]]  # to a value or a Chosen, where it comes from; raises CannotEdit


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One edit of a recipe, made ready."""

    page: Page
    aliased: frozenset[Node]
    reader: Reader
    by: Mapping[Path, str]
    wins: bool = True
    used: set[str] = field(default_factory=set)  # grows: open choices that the edit wrote


def merge(job: Job, mapping: Node, overlay: Mapping[str, Any], path: Path) -> Iterator[Splice]:
    """Yield what merges `overlay` into a mapping at `path` below the target. Raises CannotEdit."""
    missing = {}
    for key, value in overlay.items():
        pair = next((pair for pair in reversed(mapping.pairs) if pair.key.text == str(key)), None)
        if pair is not None:
            yield from _merge_pair(job, mapping, pair, value, (*path, str(key)))
        elif not _is_satisfied(job, _inherited(mapping, str(key)), value):
            missing[str(key)] = writing(job, value)
    if missing:
        yield from yaml_splice.insert_pairs(job.page, mapping, missing)


def own(job: Job, node: Node, key: str) -> None:
    """Raise CannotEdit when a change here would be a change elsewhere too."""
    if node.kind == "alias":
        target = followed(node)
        raise CannotEdit(
            f"`{key}` on line {node.line} comes from the anchor `&{node.text[:60]}` on line {target.line}."
        )
    if node in job.aliased:
        raise CannotEdit(f"`{key}` on line {node.line} is used elsewhere too, by the alias `*{node.anchor[:60]}`.")
    if node.tag or node.anchor:
        mark = node.tag or f"&{node.anchor[:60]}"
        raise CannotEdit(f"`{key}` on line {node.line} is marked `{mark[:60]}`, which is not edited.")


def nothing_shared(job: Job, node: Node) -> None:
    """Raise CannotEdit when an alias elsewhere stands for a part of what is to go."""
    shared = next((inner for inner in yaml_nodes.nodes(node) if inner in job.aliased), None) if job.aliased else None
    if shared is not None:
        raise CannotEdit(f"What line {shared.line} says is used elsewhere too, by the alias `*{shared.anchor[:60]}`.")


def writing(job: Job, value: Any) -> Any:
    """Return a value as it is to be written, and note the open choices that it holds."""
    return concrete(value, job.used)


def _merge_pair(job: Job, parent: Node, pair: Pair, value: Any, path: Path) -> Iterator[Splice]:
    old = pair.value
    if _is_satisfied(job, old, value):
        return
    if job.reader.is_foreign(old):
        yield from job.reader.change(old, value)
        return
    own(job, old, pair.key.text)
    if isinstance(value, Include) and old.kind == "sequence" and old.items:
        yield from _include(job, old, value)
    elif isinstance(value, Mapping) and old.kind == "mapping" and old.pairs:
        yield from merge(job, old, value, path)
    elif isinstance(value, Mapping) and old.kind == "sequence" and old.items:
        for item in old.items:
            yield from _merge_item(job, item, value, path)
    elif isinstance(value, list) and old.kind == "sequence" and old.items and path in job.by:
        yield from _merge_by(job, old, value, path)
    else:
        nothing_shared(job, old)
        yield from yaml_splice.replace_value(job.page, parent, pair, writing(job, value))


def _merge_item(job: Job, item: Node, value: Mapping[str, Any], path: Path) -> Iterator[Splice]:
    if _is_satisfied(job, item, value):
        return
    if job.reader.is_foreign(item):
        yield from job.reader.change(item, value)
        return
    own(job, item, path[-1])
    if item.kind != "mapping" or not item.pairs:
        raise CannotEdit(f"An item of `{path[-1]}` on line {item.line} is not a mapping.")
    yield from merge(job, item, value, path)


def _merge_by(job: Job, old: Node, value: list[Any], path: Path) -> Iterator[Splice]:
    new, key = [], job.by[path]
    for entry in value:
        same = [item for item in old.items if (name := followed(item).get(key)) and equal(name, entry[key])]
        for item in same[:1]:
            yield from _merge_item(job, item, entry, path)
        if not same:
            new.append(writing(job, entry))
    if new:
        yield from yaml_splice.append_items(job.page, old, new)


def _include(job: Job, old: Node, value: Include) -> Iterator[Splice]:
    new = [writing(job, item) for item in value.items if not any(equal(there, item) for there in old.items)]
    if new:
        yield from yaml_splice.append_items(job.page, old, new)


def _is_satisfied(job: Job, node: Node | None, value: Any) -> bool:
    """Whether a value needs no change. What is written but empty counts as a gap."""
    if node is None:
        return False
    node = followed(node)
    if isinstance(value, Include):
        return node.kind == "sequence" and all(any(equal(there, item) for there in node.items) for item in value.items)
    if isinstance(value, Mapping) and value and node.kind != "scalar" and not job.reader.is_foreign(node):
        if node.kind == "sequence":
            return bool(node.items) and all(_is_satisfied(job, item, value) for item in node.items)
        return all(_is_satisfied(job, node.get(str(key)), inner) for key, inner in value.items())
    if equal(node, value):
        return True
    by_name = bool(job.by) and isinstance(value, list) and node.kind == "sequence"
    return not (job.wins or by_name or is_gap(node))


def _inherited(mapping: Node, key: str) -> Node | None:
    """What merge keys (`<<`) bring in under a key. Raises CannotEdit where a mapping of ours would hide it."""
    for pair in mapping.pairs:
        if pair.key.text != "<<":
            continue
        sources = (pair.value, *followed(pair.value).items)
        for source in sources:
            found = followed(source).get(key)
            if found is not None and found.kind == "scalar":
                return None  # a key of its own wins over it
            if found is not None:
                raise CannotEdit(f"`{key}` comes from the anchor on line {followed(source).line}.")
    return None
