"""The edits of a recipe on YAML and JSON: set, default, by, include, remove and replace, below one value of a document.

Owns what these words mean. Which value they are meant for, and what a value that is not literal comes from, is said by
the modules of the frameworks (`kubernetes`, `cloudformation`, `github_actions`), through a `Target` and a `Reader`.

A path is made of keys with dots between; `a.b` reads `b` of every item where `a` is a list. `set` and `default` are
mappings that are merged key by key: `set` wins over what is there, `default` only fills gaps. A mapping over a list is
merged into each of its items. A list over a list replaces it, unless `by` names the key that tells its items apart:
`by: {env: name}` merges the items of the same name and adds the others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reviewer.fix import splices, yaml_nodes, yaml_splice, yaml_style
from reviewer.fix.editing import CannotEdit, Values
from reviewer.fix.splices import Splice
from reviewer.fix.yaml_nodes import Node, Pair, Text
from reviewer.fix.yaml_splice import Page

MAX_NESTED = 30
CHOICE = "choice."
KEYS = ("remove", "replace", "set", "default", "include")
"""The edits, in the order in which they are made."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The value that a recipe speaks of: below `node`, under the keys of `path`, which need not be there yet."""

    node: Node
    path: Path = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What stands for `choice.NAME`: the policy's value, or a reference to what the author has to give."""

    name: str
    value: Any
    open: bool  # no value yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Include:
    """In an overlay: items that a list must have."""

    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What a framework knows of values that are not literal."""

    is_foreign: Callable[[Node], bool]  # comes from somewhere else: an intrinsic function
    source: Callable[[Node], Node | None]  # the literal that it is known to be, and that can be changed
    change: Callable[[Node, Any], Iterable[Splice]]  # changes it where it comes from; raises CannotEdit


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One edit of a recipe, made ready."""

    page: Page
    aliased: frozenset[Node]
    reader: Reader
    by: Mapping[Path, str]
    wins: bool = True
    used: set[str] = field(default_factory=set)  # grows: open choices that the edit wrote


def check(edit: Mapping[str, Any]) -> None:
    """Raise ValueError when one of the edits is not well formed. Keys that are a framework's own are left to it."""
    for key in ("set", "default", "by", "include"):
        if not isinstance(edit.get(key, {}), Mapping):
            raise ValueError(f"{key}: expected a mapping")
    if _too_deep(edit, MAX_NESTED):
        raise ValueError("nested too deeply")
    if any(not isinstance(items, list) or not items for items in edit.get("include", {}).values()):
        raise ValueError("include: expected lists of items by path")
    if not all(isinstance(path, str) and path for path in _listed(edit, "remove")):
        raise ValueError("remove: expected a list of paths")
    for row in _listed(edit, "replace"):
        if not isinstance(row, Mapping) or not {"at", "old"} <= set(row) <= {"at", "old", "new"}:
            raise ValueError("replace: expected at, old and new")
        if not isinstance(row["at"], str) or not isinstance(row["old"], list):
            raise ValueError("replace: expected a path in at and a list in old")


def choices_of(value: Any) -> frozenset[str]:
    """Return the names of all choices in an edit."""
    if isinstance(value, str):
        return frozenset([value.removeprefix(CHOICE)]) if value.startswith(CHOICE) else frozenset()
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return frozenset().union(*(choices_of(member) for member in inner))


def chosen(value: Any, values: Values, reference: Callable[[str], Any]) -> Any:
    """Return an edit with every `choice.NAME` as Chosen: the policy's value, else what `reference(NAME)` returns."""
    if isinstance(value, str) and value.startswith(CHOICE):
        name = value.removeprefix(CHOICE)
        if name in values.chosen:
            return Chosen(name=name, value=_typed(values, name), open=False)
        return Chosen(name=name, value=reference(name), open=True)
    if isinstance(value, Mapping):
        return {key: chosen(member, values, reference) for key, member in value.items()}
    if isinstance(value, list):
        return [chosen(item, values, reference) for item in value]
    return value


def apply(
    path: str,
    data: bytes,
    find: Callable[[Text], Sequence[Target]],
    edit: Mapping[str, Any],
    reader: Callable[[Text, Page], Reader],
) -> tuple[bytes, frozenset[str]]:
    """Return the file with the edit made to all targets that `find` returns, and the open choices it wrote.

    Every word of the edit is one pass: the text is read again before the next one. Raises CannotEdit.
    """
    used: set[str] = set()
    for key in KEYS:
        if key not in edit:
            continue
        read = yaml_nodes.read(path, data)
        targets = find(read)
        if targets:
            page = page_of(path, read, targets[0].node)
            job = _Job(
                page=page,
                aliased=read.aliased,
                reader=reader(read, page),
                by=_by(edit, targets[0].path),
                wins=key == "set",
                used=used,
            )
            made = [splice for target in targets for splice in _one(job, target, key, edit[key])]
            data = read.encode(splices.apply(read.text, dict.fromkeys(made))) if made else data
    return data, frozenset(used)


def page_of(path: str, read: Text, node: Node) -> Page:
    """Return the text with its style, taken from the document that a node is in."""
    document = next((d for d in reversed(read.documents) if d.start <= node.start), node)
    json = path.endswith(".json") or (document.flow and bool(document.pairs) and document.pairs[0].key.style == '"')
    return Page(text=read.text, style=yaml_style.of(read.text, document, json_=json))


def matches(targets: Sequence[Target], when: Mapping[str, tuple[Any, ...]]) -> bool:
    """Return whether one of the targets has, at every path of `when`, one of its values (None: nothing there)."""
    return any(holds(target, when) for target in targets)


def holds(target: Target, when: Mapping[str, tuple[Any, ...]]) -> bool:
    """Return whether a target has, at every path of `when`, one of its values."""
    return all(_has_one(target, tuple(path.split(".")), values) for path, values in when.items())


def equal(node: Node, value: Any) -> bool:
    """Return whether a value that is written equals a plain one. Aliases are followed."""
    node, value = followed(node), _bare(value)
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


def literal(node: Node) -> Any:
    """Return what a scalar is read as; None for anything else."""
    node = followed(node)
    if node.kind != "scalar" or node.tag:
        return None
    return yaml_style.plain_value(node.text) if not node.style else node.text


def followed(node: Node) -> Node:
    """Return what an alias stands for; anything else is returned as it is."""
    for _ in range(MAX_NESTED):
        if node.kind != "alias" or node.target is None:
            break
        node = node.target
    return node


def below(node: Node, path: Sequence[str]) -> list[Node]:
    """Return the values at a path below a node; of every item where a list is on the way."""
    found = [followed(node)]
    for key in path:
        found = [item for inner in found for item in (inner.items if inner.kind == "sequence" else (inner,))]
        found = [value for inner in found if (value := followed(inner).get(key)) is not None]
        found = list(dict.fromkeys(followed(value) for value in found))  # each once: aliases cannot multiply
    return found


def _one(job: _Job, target: Target, key: str, edit: Any) -> Iterator[Splice]:
    if key in ("set", "default"):
        yield from _merge(job, target.node, _under(target.path, edit), ())
    elif key == "include":
        for path, items in edit.items():
            overlay = _under((*target.path, *path.split(".")), Include(items=tuple(items)))
            yield from _merge(job, target.node, overlay, ())
    elif key == "remove":
        for path in edit:
            yield from _remove(job, target.node, (*target.path, *path.split(".")))
    else:
        for row in edit:
            yield from _replace(job, target.node, (*target.path, *row["at"].split(".")), row)


def _merge(job: _Job, mapping: Node, overlay: Mapping[str, Any], path: Path) -> Iterator[Splice]:
    missing = {}
    for key, value in overlay.items():
        pair = next((pair for pair in reversed(mapping.pairs) if pair.key.text == str(key)), None)
        if pair is not None:
            yield from _merge_pair(job, mapping, pair, value, (*path, str(key)))
        elif not _is_satisfied(job, _inherited(mapping, str(key)), value):
            missing[str(key)] = _written(job, value)
    if missing:
        yield from yaml_splice.insert_pairs(job.page, mapping, missing)


def _merge_pair(job: _Job, parent: Node, pair: Pair, value: Any, path: Path) -> Iterator[Splice]:
    old = pair.value
    if _is_satisfied(job, old, value):
        return
    if job.reader.is_foreign(old):
        yield from job.reader.change(old, _bare(value))
        return
    _own(job, old, pair.key.text)
    if isinstance(value, Include) and old.kind == "sequence" and old.items:
        yield from _include(job, old, value)
    elif isinstance(value, Mapping) and old.kind == "mapping" and old.pairs:
        yield from _merge(job, old, value, path)
    elif isinstance(value, Mapping) and old.kind == "sequence" and old.items:
        for item in old.items:
            yield from _merge_item(job, item, value, path)
    elif isinstance(value, list) and old.kind == "sequence" and old.items and path in job.by:
        yield from _merge_by(job, old, value, path)
    else:
        _nothing_shared(job, old)
        yield from yaml_splice.replace_value(job.page, parent, pair, _written(job, value))


def _merge_item(job: _Job, item: Node, value: Mapping[str, Any], path: Path) -> Iterator[Splice]:
    if _is_satisfied(job, item, value):
        return
    if job.reader.is_foreign(item):
        yield from job.reader.change(item, _bare(value))
        return
    _own(job, item, path[-1])
    if item.kind != "mapping" or not item.pairs:
        raise CannotEdit(f"An item of `{path[-1]}` on line {item.line} is not a mapping.")
    yield from _merge(job, item, value, path)


def _merge_by(job: _Job, old: Node, value: list[Any], path: Path) -> Iterator[Splice]:
    new, key = [], job.by[path]
    for entry in value:
        same = [item for item in old.items if (name := followed(item).get(key)) and equal(name, entry[key])]
        for item in same[:1]:
            yield from _merge_item(job, item, entry, path)
        if not same:
            new.append(_written(job, entry))
    if new:
        yield from yaml_splice.append_items(job.page, old, new)


def _include(job: _Job, old: Node, value: Include) -> Iterator[Splice]:
    new = [_written(job, item) for item in value.items if not any(equal(there, item) for there in old.items)]
    if new:
        yield from yaml_splice.append_items(job.page, old, new)


def _is_satisfied(job: _Job, node: Node | None, value: Any) -> bool:
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
    return not (job.wins or by_name or _is_gap(node))


def _is_gap(node: Node) -> bool:
    return node.kind == "scalar" and not node.tag and not node.style and literal(node) is None


def _own(job: _Job, node: Node, key: str) -> None:
    """Raise CannotEdit when a change here would be a change elsewhere too."""
    if node.kind == "alias":
        target = followed(node)
        raise CannotEdit(f"`{key}` on line {node.line} comes from the anchor `&{node.text}` on line {target.line}.")
    if node in job.aliased:
        raise CannotEdit(f"`{key}` on line {node.line} is used elsewhere too, by the alias `*{node.anchor}`.")
    if node.tag or node.anchor:
        mark = node.tag or f"&{node.anchor}"
        raise CannotEdit(f"`{key}` on line {node.line} is marked `{mark[:60]}`, which is not edited.")


def _nothing_shared(job: _Job, node: Node) -> None:
    """Raise CannotEdit when an alias elsewhere stands for a part of what is to go."""
    shared = next((inner for inner in yaml_nodes.nodes(node) if inner in job.aliased), None) if job.aliased else None
    if shared is not None:
        raise CannotEdit(f"What line {shared.line} says is used elsewhere too, by the alias `*{shared.anchor}`.")


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


def _remove(job: _Job, node: Node, path: Path) -> Iterator[Splice]:
    if len(path) == 1:
        for owner in _items(node):
            pairs = [pair for pair in owner.pairs if pair.key.text == path[0]]
            yield from _without(job, owner, pairs)
        return
    for owner in _items(node):
        for pair in owner.pairs:
            if pair.key.text != path[0]:
                continue
            inner = pair.value
            if inner.kind == "mapping" and len(path) == 2 and {p.key.text for p in inner.pairs} == {path[1]}:
                _own(job, inner, path[0])
                yield from _without(job, owner, [pair])
            elif below(inner, path[1:]):
                _own(job, inner, path[0])
                yield from _remove(job, inner, path[1:])


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if node.kind == "sequence" else (node,)


def _without(job: _Job, owner: Node, pairs: Sequence[Pair]) -> Iterator[Splice]:
    if not pairs:
        return
    for pair in pairs:
        _nothing_shared(job, pair.value)
    if len(pairs) == len(owner.pairs):
        raise CannotEdit(f"Nothing would be left of what line {owner.line} says.")
    yield from yaml_splice.remove_pairs(job.page, owner, pairs)


def _replace(job: _Job, node: Node, path: Path, row: Mapping[str, Any]) -> Iterator[Splice]:
    elsewhere: list[Node] = []
    found = False
    for owner in (inner for part in below(node, path[:-1]) for inner in _items(part)):
        for pair in (pair for pair in owner.pairs if pair.key.text == path[-1]):
            value = followed(pair.value)
            if "new" in row and equal(value, row["new"]):
                found = True
            elif job.reader.is_foreign(value):
                elsewhere.append(value)
            elif value.kind == "sequence" or _is_one_of(value, row["old"]):
                made = list((_replace_items if value.kind == "sequence" else _instead)(job, owner, pair, row))
                found = found or bool(made)
                yield from made
    for value in elsewhere:
        source = job.reader.source(value)
        if not found or (source is not None and _is_one_of(source, row["old"])):
            yield from job.reader.change(value, _bare(row.get("new")))


def _instead(job: _Job, owner: Node, pair: Pair, row: Mapping[str, Any]) -> Iterator[Splice]:
    _own(job, pair.value, pair.key.text)
    if "new" not in row:
        yield from _without(job, owner, [pair])
        return
    new = _bare(row["new"])
    if isinstance(new, list) and len(new) != 1:
        raise CannotEdit(f"`{pair.key.text}` on line {pair.key.line} takes one value, and several were chosen.")
    _written(job, row["new"])
    yield from yaml_splice.replace_value(job.page, owner, pair, new[0] if isinstance(new, list) else new)


def _replace_items(job: _Job, owner: Node, pair: Pair, row: Mapping[str, Any]) -> Iterator[Splice]:
    items = followed(pair.value).items
    old = [i for i, item in enumerate(items) if _is_one_of(item, row["old"])]
    if not old:
        return
    _own(job, pair.value, pair.key.text)
    if len(old) < len(items):
        yield from yaml_splice.remove_items(job.page, pair.value, old)
    elif "new" not in row:
        yield from _without(job, owner, [pair])
    else:
        new = _written(job, row["new"])
        listed = new if isinstance(new, list) or _refers_to_list(row["new"]) else [new]
        yield from yaml_splice.replace_value(job.page, owner, pair, listed)


def _refers_to_list(new: Any) -> bool:
    """A reference to a parameter that is a list stands for the whole list."""
    return isinstance(new, Chosen) and new.open and isinstance(new.value, Mapping | yaml_style.Tagged)


def _is_one_of(node: Node, values: Sequence[Any]) -> bool:
    return any(equal(node, value) for value in values)


def _has_one(target: Target, path: Path, values: tuple[Any, ...]) -> bool:
    found = below(target.node, (*target.path, *path))
    if not found:
        return None in values
    return any(_is_one_of(node, values) or (_is_gap(node) and None in values) for node in found)


def _same(there: Any, value: Any) -> bool:
    """Equal and of the same type, but for booleans in quotes."""
    if isinstance(value, bool) and isinstance(there, str):
        return there.lower() == str(value).lower()
    return bool(there == value) and isinstance(there, bool) == isinstance(value, bool)


def written(value: Any) -> tuple[Any, frozenset[str]]:
    """Return a value as it is to be written, and the open choices that it holds."""
    used: set[str] = set()
    return _concrete(value, used), frozenset(used)


def _written(job: _Job, value: Any) -> Any:
    return _concrete(value, job.used)


def _concrete(value: Any, used: set[str]) -> Any:
    if isinstance(value, Chosen):
        if value.open:
            used.add(value.name)
        return value.value
    if isinstance(value, Include):
        return [_concrete(item, used) for item in value.items]
    if isinstance(value, Mapping):
        return {key: _concrete(member, used) for key, member in value.items()}
    if isinstance(value, list):
        return [_concrete(item, used) for item in value]
    return value


def _bare(value: Any) -> Any:
    return value.value if isinstance(value, Chosen) else value


def _under(path: Sequence[str], value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _by(edit: Mapping[str, Any], prefix: Path) -> Mapping[Path, str]:
    return {(*prefix, *path.split(".")): key for path, key in edit.get("by", {}).items()}


def _typed(values: Values, name: str) -> Any:
    value = values.chosen[name]
    if not isinstance(value, str):
        return list(value)
    choice = values.choices.get(name)
    if choice is not None and choice.type == "number":
        return yaml_style.plain_value(value)
    return [value] if choice is not None and choice.type.startswith("list") else value


def _listed(edit: Mapping[str, Any], key: str) -> list[Any]:
    value = edit.get(key, [])
    if not isinstance(value, list):
        raise ValueError(f"{key}: expected a list")
    return value


def _too_deep(value: Any, depth: int) -> bool:
    if depth < 0:
        return True
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(_too_deep(member, depth - 1) for member in inner)


def templated(value: Any, names: Mapping[str, str]) -> Any:
    """Return an edit with `{{name}}` and the like in its texts and keys filled in."""
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace("{{" + name + "}}", text)
        return value
    if isinstance(value, Mapping):
        return {templated(key, names): templated(member, names) for key, member in value.items()}
    return [templated(item, names) for item in value] if isinstance(value, list) else value
