"""Taking keys out of what is written, and replacing values that must not stand: `remove` and `replace` of a recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reviewer.fix import yaml_splice
from reviewer.fix.editing import CannotEdit
from reviewer.fix.splices import Splice
from reviewer.fix.yaml_merge import Job, Path, nothing_shared, own, writing
from reviewer.fix.yaml_nodes import Node, Pair
from reviewer.fix.yaml_values import Chosen, bare, below, equal, followed, is_one_of


def remove(job: Job, node: Node, path: Path) -> Iterator[Splice]:
    """Yield what takes the key at a path out, with the mappings that would be left empty. Raises CannotEdit."""
    for owner in _items(node):
        pairs = [(p, _is_no_more_than(p.value, path[1:])) for p in owner.pairs if p.key.text == path[0]]
        gone = [pair for pair, whole in pairs if whole]
        kept = [pair for pair, whole in pairs if not whole and below(pair.value, path[1:])]
        for pair in (*kept, *(gone if path[1:] else ())):
            own(job, pair.value, path[0])
        yield from _without(job, owner, gone)
        for pair in kept:
            yield from remove(job, pair.value, path[1:])


def _is_no_more_than(node: Node, path: Path) -> bool:
    """Whether a mapping holds what is at a path, and nothing else all the way down."""
    if not path:
        return True
    plain = node.kind == "mapping" and bool(node.pairs) and not node.tag
    return plain and all(p.key.text == path[0] and _is_no_more_than(p.value, path[1:]) for p in node.pairs)


def replace(job: Job, node: Node, path: Path, row: Mapping[str, Any]) -> Iterator[Splice]:
    """Yield what puts `new` of a row for the values at a path that are one of `old`. Raises CannotEdit."""
    elsewhere: list[Node] = []
    found = False
    for owner in (inner for part in below(node, path[:-1]) for inner in _items(part)):
        for pair in (pair for pair in owner.pairs if pair.key.text == path[-1]):
            value = followed(pair.value)
            if "new" in row and equal(value, row["new"]):
                found = True
            elif job.reader.is_foreign(value):
                elsewhere.append(value)
            elif value.kind == "sequence" or is_one_of(value, row["old"]):
                made = list((_replace_items if value.kind == "sequence" else _instead)(job, owner, pair, row))
                found = found or bool(made)
                yield from made
    sources = [(value, job.reader.source(value)) for value in elsewhere]
    wrong = [value for value, source in sources if source is not None and is_one_of(source, row["old"])]
    for value in wrong or (() if found else elsewhere):
        yield from job.reader.change(value, row.get("new"))


def _without(job: Job, owner: Node, pairs: Sequence[Pair]) -> Iterator[Splice]:
    if not pairs:
        return
    for pair in pairs:
        nothing_shared(job, pair.value)
    if len(pairs) == len(owner.pairs):
        raise CannotEdit(f"Nothing would be left of what line {owner.line} says.")
    yield from yaml_splice.remove_pairs(job.page, owner, pairs)


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if node.kind == "sequence" else (node,)


def _instead(job: Job, owner: Node, pair: Pair, row: Mapping[str, Any]) -> Iterator[Splice]:
    own(job, pair.value, pair.key.text)
    if "new" not in row:
        yield from _without(job, owner, [pair])
        return
    new = bare(row["new"])
    if _refers_to_list(row["new"]) or (isinstance(new, list) and len(new) != 1):
        raise CannotEdit(f"`{pair.key.text[:60]}` on line {pair.key.line} takes one value, and several may be chosen.")
    writing(job, row["new"])
    yield from yaml_splice.replace_value(job.page, owner, pair, new[0] if isinstance(new, list) else new)


def _replace_items(job: Job, owner: Node, pair: Pair, row: Mapping[str, Any]) -> Iterator[Splice]:
    items = followed(pair.value).items
    old = [i for i, item in enumerate(items) if is_one_of(item, row["old"])]
    if not old:
        return
    own(job, pair.value, pair.key.text)
    if len(old) < len(items):
        yield from yaml_splice.remove_items(job.page, pair.value, old)
    elif "new" not in row:
        yield from _without(job, owner, [pair])
    else:
        new = writing(job, row["new"])
        listed = new if isinstance(new, list) or _refers_to_list(row["new"]) else [new]
        yield from yaml_splice.replace_value(job.page, owner, pair, listed)


def _refers_to_list(new: Any) -> bool:
    """A reference to a parameter that is a list stands for the whole list."""
    return isinstance(new, Chosen) and new.open and new.listed
