"""Rows tried on more than their own example: with values of the policy, on the other types that they name."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reviewer.derive import trial
from reviewer.fix.editing import CannotEdit, Values
from reviewer.fix.recipes import ANY, Choice, Recipe
from tests.fix.rows import Row
from tests.fix.samples import samples
from tests.fix.trying import Tried, checkov_problems, findings

_HEAD = re.compile(r'^resource "?(\w+)"?', re.MULTILINE)


def tried_with_policy(rows: Sequence[Row], choices: Mapping[str, Choice]) -> Iterator[Tried]:
    """Try the rows that ask for a choice as if the policy had made it: then nothing may be left to ask for."""
    asking = [row for row in rows if row.recipe and "choice." in str(row.recipe.edit)]
    yield from _tried([(row, row.recipe) for row in asking if row.recipe], choices)


def tried_on_each_type(rows: Sequence[Row], choices: Mapping[str, Choice]) -> Iterator[Tried]:
    """Try Terraform rows on the types that their own example is not about, in the same example."""
    yield from _tried([other for row in rows if row.recipe for other in _on_other_types(row, row.recipe)], choices)


def _on_other_types(row: Row, recipe: Recipe) -> Iterator[tuple[Row, Recipe]]:
    own = next((head for head in _HEAD.findall(recipe.bad) if head in recipe.types), None)
    for type_ in recipe.types if own else ():
        if type_ not in {own, ANY}:
            bad = re.sub(rf"\b{own}\b", type_, recipe.bad)
            yield replace(row, name=f"{row.name} as {type_}"), replace(recipe, bad=bad)


def _tried(rows: Sequence[tuple[Row, Recipe]], choices: Mapping[str, Choice]) -> Iterator[Tried]:
    if not rows:
        return
    framework = rows[0][0].framework
    bad = trial.results(framework, {str(n): recipe.bad for n, (_, recipe) in enumerate(rows)}, apart=True)
    values = Values(choices=choices, chosen=samples(choices))
    after: dict[str, str] = {}
    problems: dict[str, str] = {}
    for number, (_, recipe) in enumerate(rows):
        try:
            after[str(number)] = with_values(recipe, bad[str(number)], values)
        except CannotEdit as error:
            problems[str(number)] = f"editor: {error}"
    fixed = trial.results(framework, after, apart=True)
    for number, (row, recipe) in enumerate(rows):
        key = str(number)
        if key in problems:
            yield Tried(row=row, problems=(problems[key],))
        else:
            made = replace(recipe, fixed=after[key])
            yield Tried(row=row, problems=tuple(checkov_problems(made, bad[key], fixed[key])))


def with_values(recipe: Recipe, bad: trial.Result, values: Values) -> str:
    """Return what the editor makes of `bad` with values from the policy. Raises CannotEdit."""
    editor = importlib.import_module(f"reviewer.fix.{recipe.framework}")
    now = bad.tree.originals()
    for place in [editor.locate(now, finding) for finding in findings(recipe, bad)]:
        made = editor.edit(now, place, recipe, values)
        if made.inputs:
            raise CannotEdit(f"asks for {', '.join(made.inputs)} though the policy has a value")
        now |= made.files
    return next(iter(now.values())).decode()
