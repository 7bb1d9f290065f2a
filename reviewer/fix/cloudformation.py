"""Recipes on CloudFormation templates, YAML and JSON: resources by their logical id, parameters, intrinsic functions.

    at: properties    the resource's Properties (this is the default)
        resource      the resource itself: DeletionPolicy, DependsOn
    set, default, by, include, remove, replace    as `documents` says
    add:              a mapping of logical ids to resources, put after the resource; {{name}} is its logical id, also
                      in all other texts of an edit

Intrinsic functions are written in full in a recipe (`{Ref: X}`, `{"Fn::Sub": "..."}`); the file gets them as it has its
own: short tags or in full. `choice.NAME` becomes a parameter of that name, in Pascal case, unless the policy has a
value. Where a parameter is referred to already, its default is what changes: to the value of the policy, or it goes.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.fix import cloudformation_parameters as parameters
from reviewer.fix import documents, splices, yaml_nodes, yaml_splice, yaml_values
from reviewer.fix.documents import Target
from reviewer.fix.editing import CannotEdit, Edited, Files, Values
from reviewer.fix.recipes import Choice, Recipe
from reviewer.fix.yaml_merge import Reader
from reviewer.fix.yaml_nodes import BOM, Node, Text
from reviewer.fix.yaml_splice import Page
from reviewer.fix.yaml_style import Tagged
from reviewer.model import Finding

AT = ("properties", "resource")
_KEYS = {*documents.KEYS, "by", "at", "add"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcePlace:
    """A resource of a template, by its logical id."""

    path: str
    type: str  # AWS::S3::Bucket
    name: str

    @property
    def address(self) -> str:
        """The name that `Ref` takes."""
        return self.name


def locate(files: Files, finding: Finding) -> ResourcePlace:
    """Return the resource of a finding. Raises CannotEdit."""
    path = finding.block.path
    template = _template(_read(files, path), path)
    for name in (finding.resource.rpartition(".")[2], finding.resource.partition(".")[2]):
        found = yaml_values.below(template, ("Resources", name))
        if found and (type_ := found[0].get("Type")) is not None:
            return ResourcePlace(path=path, type=type_.text, name=name)
    raise CannotEdit(f"`{path}` has no resource that is called as this one; it may come from a macro or a loop.")


def matches(files: Files, place: ResourcePlace, recipe: Recipe) -> bool:
    """Return whether the recipe's `when` holds at the resource."""
    return not recipe.when or documents.matches(_targets(_read(files, place.path), place, recipe), recipe.when)


def edit(files: Files, place: ResourcePlace, recipe: Recipe, values: Values) -> Edited:
    """Return the template with the recipe applied to the resource. Raises CannotEdit."""
    data = files[place.path]
    read = _read(files, place.path)
    short = _has_short_tags(place.path, read)
    names = {"name": place.name, "type": place.type, "address": place.address}
    wanted = documents.templated(recipe.edit, names)
    wanted = _shortened(wanted) if short else wanted
    wanted = documents.chosen(
        wanted,
        values,
        lambda name: Tagged(tag="!Ref", value=parameters.pascal(name)) if short else {"Ref": parameters.pascal(name)},
    )
    new, used = documents.apply(place.path, data, lambda now: _targets(now, place, recipe), wanted, _reader)
    if "add" in wanted:
        new, more = _add(place, new, wanted["add"])
        used |= more
    now = read if _keeps_top(read, new, place.path) else yaml_nodes.read(place.path, new)
    before, after = (parameters.defaulted(_template(text, place.path)) for text in (read, now))
    inputs = ({parameters.pascal(name) for name in used} - after) | (before - after)
    new = _with_parameters(place.path, now, new, [values.choices.get(name) or _unknown(name) for name in sorted(used)])
    return Edited(files={place.path: new} if new != data else {}, inputs=tuple(sorted(inputs)))


def check(recipe: Recipe) -> None:
    """Raise ValueError when the edit is not one for templates."""
    if unknown := sorted(set(recipe.edit) - _KEYS):
        raise ValueError(f"{unknown[0]}: not an edit of CloudFormation templates")
    documents.check(recipe)
    if recipe.edit.get("at", "properties") not in AT:
        raise ValueError(f"at: expected one of {', '.join(AT)}")
    added = recipe.edit.get("add", {})
    if not isinstance(added, Mapping) or not all(isinstance(r, Mapping) and "Type" in r for r in added.values()):
        raise ValueError("add: expected resources with a Type, by logical id")


def _read(files: Files, path: str) -> Text:
    if path not in files:
        raise CannotEdit(f"`{path}` is not a file of the change.")
    return yaml_nodes.read(path, files[path])


def _template(read: Text, path: str) -> Node:
    template = next((node for node in read.documents if node.get("Resources") is not None), None)
    if template is None:
        raise CannotEdit(f"`{path}` has no resources.")
    return template


def _targets(read: Text, place: ResourcePlace, recipe: Recipe) -> Sequence[Target]:
    resources = _template(read, place.path).get("Resources")
    resource = resources.get(place.name) if resources is not None else None
    if resource is None or resource.kind != "mapping":
        raise CannotEdit(f"`{place.name[:60]}` is not written as a mapping in `{place.path}`.")
    return [Target(node=resource, path=("Properties",) if recipe.edit.get("at") != "resource" else ())]


@functools.lru_cache(maxsize=8)
def _has_short_tags(path: str, read: Text) -> bool:
    """Whether intrinsic functions are to be written as tags: in YAML, unless the file has only full ones."""
    template = _template(read, path)
    if template.flow:
        return False
    sample = list(itertools.islice(yaml_nodes.nodes(template), yaml_nodes.MAX_NODES))
    return any(node.tag for node in sample) or not any(parameters.function(node) for node in sample)


def _reader(read: Text, page: Page) -> Reader:
    return Reader(
        is_foreign=lambda node: bool(parameters.function(node)),
        source=lambda node: parameters.default(read, node),
        change=lambda node, value: parameters.change(read, page, node, value),
    )


def _shortened(value: Any) -> Any:
    """Intrinsic functions as short tags, where a tag can stand."""
    if isinstance(value, Mapping):
        inner = {key: _shortened(member) for key, member in value.items()}
        key, only = next(iter(inner.items()), ("", None))
        if len(inner) != 1 or not isinstance(key, str) or not (key == "Ref" or key.startswith("Fn::")):
            return inner
        if key == "Fn::GetAtt" and isinstance(only, list):
            only = ".".join(map(str, only))
        tag = f"!{key.removeprefix('Fn::')}"
        return inner if isinstance(only, Mapping | Tagged) else Tagged(tag=tag, value=only)
    return [_shortened(item) for item in value] if isinstance(value, list) else value


def _add(place: ResourcePlace, data: bytes, added: Mapping[str, Any]) -> tuple[bytes, frozenset[str]]:
    read = yaml_nodes.read(place.path, data)
    resources = _template(read, place.path).get("Resources")
    if resources is None or resources.kind != "mapping" or not resources.pairs:
        raise CannotEdit(f"`{place.path}` has no resources.")
    new = {}
    for name, resource in added.items():
        there = resources.get(name)
        type_ = there.get("Type") if there is not None else None
        if there is None:
            new[name] = resource
        elif type_ is None or type_.text != resource["Type"]:
            raise CannotEdit(f"`{name[:60]}` is the name of another resource on line {there.line}.")
    if not new:
        return data, frozenset()
    page = documents.page_of(place.path, read, resources)
    plain, used = yaml_values.written(new)
    made = yaml_splice.insert_after(page, resources, place.name, plain)
    return read.encode(splices.apply(read.text, made)), used


def _keeps_top(read: Text, new: bytes, path: str) -> bool:
    """Whether all that stands before the resources, and the parameters among it, is in `new` as it was."""
    template = _template(read, path)
    top = next(pair.key.start for pair in template.pairs if pair.key.text == "Resources")
    below = template.get("Parameters")
    return (below is None or below.end < top) and new.startswith(read.encode(read.text[:top]))


def _with_parameters(path: str, now: Text, data: bytes, choices: Sequence[Choice]) -> bytes:
    """Add what stands for `choices`; `now` is `data`, or has the same top."""
    template = _template(now, path)
    made = list(parameters.add(documents.page_of(path, now, template), template, choices)) if choices else []
    return now.encode(splices.apply(data.decode().removeprefix(BOM), made)) if made else data


def _unknown(name: str) -> Choice:
    raise CannotEdit(f"There is no choice `{name}`.")
