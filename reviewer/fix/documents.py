"""The edits of a recipe on YAML and JSON: set, default, by, include, remove and replace, below one value of a document.

Owns what these words mean. Which value they are meant for, and what a value that is not literal comes from, is said by
the modules of the frameworks (`kubernetes`, `cloudformation`, `github_actions`), through a `Target` and a `Reader`.

A path is made of keys with dots between; `a.b` reads `b` of every item where `a` is a list. `set` and `default` are
mappings that are merged key by key: `set` wins over what is there, `default` only fills gaps. A mapping over a list is
merged into each of its items. A list over a list replaces it, unless `by` names the key that tells its items apart:
`by: {env: name}` merges the items of the same name and adds the others.

`describe` gives each rule of a firewall a text that says what its ports say (`port_names`).

A value of `when` may be `{contains: X}`: a list that has the item X. Where a path leads to several values, one of them
is enough, unless null is allowed: then no other values may be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.fix import port_names, splices, yaml_cut, yaml_merge, yaml_nodes, yaml_splice, yaml_style
from reviewer.fix.editing import CannotEdit, Values
from reviewer.fix.recipes import Recipe
from reviewer.fix.splices import Splice
from reviewer.fix.yaml_merge import Job, Path, Reader
from reviewer.fix.yaml_nodes import Node, Text
from reviewer.fix.yaml_splice import Page
from reviewer.fix.yaml_values import MAX_NESTED, Chosen, Include, below, is_gap, is_one_of, literal

CHOICE = "choice."
CONTAINS = "contains"
KEYS = ("remove", "replace", "set", "default", "include", "describe")
"""The edits, in the order in which they are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The value that a recipe speaks of: below `node`, under the keys of `path`, which need not be there yet."""

    node: Node
    path: Path = ()


def check(recipe: Recipe) -> None:
    """Raise ValueError when one of the edits is not well formed. Keys that are a framework's own are left to it."""
    edit = recipe.edit
    for value in (value for values in recipe.when.values() for value in values):
        if isinstance(value, Mapping) and set(value) != {CONTAINS}:
            raise ValueError(f"when: expected values, or {CONTAINS} and one")
    for key in ("set", "default", "by", "include"):
        if not isinstance(edit.get(key, {}), Mapping):
            raise ValueError(f"{key}: expected a mapping")
    if _too_deep(edit, MAX_NESTED):
        raise ValueError("nested too deeply")
    if "describe" in edit:
        port_names.check(edit["describe"])
    if any(not isinstance(items, list) or not items for items in edit.get("include", {}).values()):
        raise ValueError("include: expected lists of items by path")
    if not all(isinstance(path, str) and path for path in _listed(edit, "remove")):
        raise ValueError("remove: expected a list of paths")
    for row in _listed(edit, "replace"):
        if not isinstance(row, Mapping) or not {"at", "old"} <= set(row) <= {"at", "old", "new"}:
            raise ValueError("replace: expected at, old and new")
        if not isinstance(row["at"], str) or not isinstance(row["old"], list):
            raise ValueError("replace: expected a path in at and a list in old")


def chosen(value: Any, values: Values, reference: Callable[[str], Any]) -> Any:
    """Return an edit with every `choice.NAME` as Chosen: the policy's value, else what `reference(NAME)` returns."""
    if isinstance(value, str) and value.startswith(CHOICE):
        name = value.removeprefix(CHOICE)
        if name in values.chosen:
            return Chosen(name=name, value=_typed(values, name), open=False)
        return Chosen(name=name, value=reference(name), open=True, listed=_is_listed(values, name))
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
            job = Job(
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


def asks_contents(values: Sequence[Any]) -> bool:
    """Return whether values of `when` ask what a list contains."""
    return any(isinstance(value, Mapping) for value in values)


def _one(job: Job, target: Target, key: str, edit: Any) -> Iterator[Splice]:
    if key in ("set", "default"):
        yield from yaml_merge.merge(job, target.node, _under(target.path, edit), ())
    elif key == "include":
        for path, items in edit.items():
            overlay = _under((*target.path, *path.split(".")), Include(items=tuple(items)))
            yield from yaml_merge.merge(job, target.node, overlay, ())
    elif key == "remove":
        for path in edit:
            yield from yaml_cut.remove(job, target.node, (*target.path, *path.split(".")))
    elif key == "describe":
        yield from _described(job, target, edit)
    else:
        for row in edit:
            yield from yaml_cut.replace(job, target.node, (*target.path, *row["at"].split(".")), row)


def _described(job: Job, target: Target, edit: Mapping[str, Any]) -> Iterator[Splice]:
    for path, direction in edit["of"].items():
        way = (*target.path, *path.split(".")) if path else target.path
        for rule in (item for node in below(target.node, way) for item in (node.items or (node,))):
            if rule.get(edit["as"]) is not None:
                continue
            yaml_merge.own(job, rule, edit["as"])
            if rule.kind != "mapping":
                continue
            values = [rule.get(name) for name in edit["by"]]
            said = port_names.described(direction, *(literal(value) if value else None for value in values))
            if said is None:
                raise CannotEdit(f"What the rule on line {rule.line} is for cannot be told from its ports.")
            yield from yaml_splice.insert_pairs(job.page, rule, {edit["as"]: said})


def _has_one(target: Target, path: Path, values: tuple[Any, ...]) -> bool:
    found = below(target.node, (*target.path, *path))
    enough = all if None in values else any
    return enough(_is_one(node, values) for node in found) if found else None in values


def _is_one(node: Node, values: tuple[Any, ...]) -> bool:
    if is_one_of(node, values) or (is_gap(node) and None in values):
        return True
    wanted = [value[CONTAINS] for value in values if isinstance(value, Mapping)]
    return any(is_one_of(item, wanted) for item in node.items)


def templated(value: Any, names: Mapping[str, str]) -> Any:
    """Return an edit with `{{name}}` and the like in its texts and keys filled in."""
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace("{{" + name + "}}", text)
        return value
    if isinstance(value, Mapping):
        return {templated(key, names): templated(member, names) for key, member in value.items()}
    return [templated(item, names) for item in value] if isinstance(value, list) else value


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
    return [value] if _is_listed(values, name) else value


def _is_listed(values: Values, name: str) -> bool:
    choice = values.choices.get(name)
    return choice is not None and choice.type.startswith("list")


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
