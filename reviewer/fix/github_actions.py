"""Recipes on workflows of GitHub Actions.

    at: workflow | job | step     what the edit speaks of; without it, what the finding is about
    set, default, by, include, remove, replace    as `documents` says
    instruction: {permissions: {contents: read}}  of the whole workflow; not offered where a job without permissions of
                                  its own visibly needs more, or where that cannot be seen
                 {variables: true}    text of strangers in `run` goes through a variable of the step, which no shell
                                  takes for code

`choice.NAME` needs a value of the policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.fix import documents, github_permissions, github_variables, splices, yaml_nodes, yaml_values
from reviewer.fix.documents import Target
from reviewer.fix.editing import CannotEdit, Edited, Files, Values
from reviewer.fix.recipes import Recipe
from reviewer.fix.yaml_merge import Reader
from reviewer.fix.yaml_nodes import Node, Text
from reviewer.fix.yaml_splice import Page
from reviewer.model import Finding

AT = ("workflow", "job", "step")
_KEYS = {*documents.KEYS, "by", "at", "instruction"}
_JOB = re.compile(r"jobs\((.*?)\)(\.steps)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowPlace:
    """A workflow, one of its jobs, or a step of a job."""

    path: str
    type: str  # one of AT
    job: str = ""
    step: int = -1  # its position among the steps of the job

    @property
    def name(self) -> str:
        """The job, or the file."""
        return self.job or self.path.rpartition("/")[2]

    @property
    def address(self) -> str:
        """The job as expressions refer to it, or the file."""
        return f"jobs.{self.job}" if self.job else self.path


def locate(files: Files, finding: Finding) -> WorkflowPlace:
    """Return the workflow, job or step of a finding. Raises CannotEdit."""
    path = finding.block.path
    root = _root(_read(files, path), path)
    named = _JOB.match(finding.resource)
    job = named[1] if named else ""
    if not job or not yaml_values.below(root, ("jobs", job)):
        return WorkflowPlace(path=path, type="workflow")
    steps = yaml_values.below(root, ("jobs", job, "steps"))
    before = [i for i, step in enumerate(steps[0].items) if step.line <= finding.block.start_line] if steps else []
    if named is None or not named[2] or not before:
        return WorkflowPlace(path=path, type="job", job=job)
    return WorkflowPlace(path=path, type="step", job=job, step=before[-1])


def matches(files: Files, place: WorkflowPlace, recipe: Recipe) -> bool:
    """Return whether the recipe's `when` holds."""
    return not recipe.when or documents.matches(_targets(_read(files, place.path), place, recipe), recipe.when)


def edit(files: Files, place: WorkflowPlace, recipe: Recipe, values: Values) -> Edited:
    """Return the workflow with the recipe applied. Raises CannotEdit."""
    data = files[place.path]
    wanted = documents.chosen(recipe.edit, values, _no_value)
    new, _ = documents.apply(place.path, data, lambda read: _targets(read, place, recipe), wanted, _reader)
    asked = recipe.edit.get("instruction", {})
    if "permissions" in asked:
        new = _with_permissions(place.path, new, asked["permissions"])
    if "variables" in asked:
        new = _with_variables(place, new, recipe)
    return Edited(files={place.path: new} if new != data else {})


def check(recipe: Recipe) -> None:
    """Raise ValueError when the edit is not one for workflows."""
    if unknown := sorted(set(recipe.edit) - _KEYS):
        raise ValueError(f"{unknown[0]}: not an edit of workflows")
    documents.check(recipe)
    if recipe.edit.get("at", "workflow") not in AT:
        raise ValueError(f"at: expected one of {', '.join(AT)}")
    asked = recipe.edit.get("instruction", {})
    if not isinstance(asked, Mapping) or not set(asked) <= {"permissions", "variables"}:
        raise ValueError("instruction: expected permissions or variables")
    if not isinstance(asked.get("permissions", {}), Mapping) or asked.get("variables", True) is not True:
        raise ValueError("instruction: expected a mapping for permissions, true for variables")


def _read(files: Files, path: str) -> Text:
    if path not in files:
        raise CannotEdit(f"`{path}` is not a file of the change.")
    return yaml_nodes.read(path, files[path])


def _root(read: Text, path: str) -> Node:
    root = next((document for document in read.documents if document.get("jobs") is not None), None)
    if root is None:
        raise CannotEdit(f"`{path}` has no jobs.")
    return root


def _targets(read: Text, place: WorkflowPlace, recipe: Recipe) -> Sequence[Target]:
    at = recipe.edit.get("at", place.type)
    root = _root(read, place.path)
    if at == "workflow":
        return [Target(node=root)]
    jobs = _own(root, "jobs")
    job = _own(jobs, place.job) if jobs is not None else None
    if job is None:
        raise CannotEdit(f"`{place.path}` has no job `{place.job[:60]}`.")
    if at == "job":
        return [Target(node=job)]
    steps = _own(job, "steps")
    found = [step for step in (steps.items if steps is not None else ()) if step.kind == "mapping"]
    if place.step >= 0 and steps is not None and place.step < len(steps.items):
        found = [step for step in (steps.items[place.step],) if step.kind == "mapping"]
    return [Target(node=step) for step in found]


def _own(node: Node, key: str) -> Node | None:
    """The value under a key. Raises CannotEdit when it stands elsewhere."""
    value = node.get(key)
    if value is not None and value.kind == "alias":
        line = yaml_values.followed(value).line
        raise CannotEdit(f"`{key}` on line {value.line} comes from the anchor `&{value.text[:60]}` on line {line}.")
    return value


def _with_permissions(path: str, data: bytes, wanted: Mapping[str, Any]) -> bytes:
    read = yaml_nodes.read(path, data)
    root = _root(read, path)
    made = list(github_permissions.reduced(documents.page_of(path, read, root), root, wanted))
    return read.encode(splices.apply(read.text, made))


def _with_variables(place: WorkflowPlace, data: bytes, recipe: Recipe) -> bytes:
    read = yaml_nodes.read(place.path, data)
    made = list(_variables(place, read, recipe))
    return read.encode(splices.apply(read.text, made))


def _variables(place: WorkflowPlace, read: Text, recipe: Recipe) -> Iterator[splices.Splice]:
    root = _root(read, place.path)
    page = documents.page_of(place.path, read, root)
    job = yaml_values.below(root, ("jobs", place.job))
    for target in _targets(read, place, recipe):
        if target.node in read.aliased or target.node.anchor:
            raise CannotEdit(f"The step on line {target.node.line} is used elsewhere too, by an alias.")
        yield from github_variables.passed(page, root, job[0] if job else root, target.node)


def _no_value(name: str) -> Any:
    raise CannotEdit(f"The policy has no value for `{name}` yet.")


def _reader(_read: Text, _page: Page) -> Reader:
    """A workflow says itself what it says."""
    return Reader(is_foreign=lambda _node: False, source=lambda _node: None, change=lambda _node, _value: ())
