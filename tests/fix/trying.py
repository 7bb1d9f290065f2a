"""What is wrong with a row: its `bad` and `fixed` go through Checkov and through the editor, its example is parsed.

Imports editors late, one framework at a time: the tool over it starts hundreds of times a day.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import yaml

from reviewer import hcl
from reviewer.derive import trial
from reviewer.fix import sanity
from reviewer.fix.editing import CannotEdit, Values
from reviewer.fix.recipes import Advice, Choice, Recipe
from reviewer.model import Finding
from reviewer.rules import RULES, Directory, run_rules
from reviewer.scan import records
from tests.fix.rows import Row
from tests.fix.samples import WITHOUT_VARIABLES, samples

SHOWN = 40
FEW = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A row and what is wrong with it."""

    row: Row
    problems: tuple[str, ...]


def tried(rows: Sequence[Row], choices: Mapping[str, Choice], *, edit: bool) -> Iterator[Tried]:
    """Try all rows of one framework: Checkov runs once for all of them, the editor when `edit` is true."""
    results = checkov_results(rows)
    for number, row in enumerate(rows):
        if row.advice:
            yield Tried(row=row, problems=tuple(advice_problems(row.advice)))
        elif row.recipe:
            bad, fixed = results[f"{number} bad"], results[f"{number} fixed"]
            problems = [*checkov_problems(row.recipe, bad, fixed)]
            if edit:
                problems += editor_problems(row.recipe, bad, choices)
            yield Tried(row=row, problems=tuple(problems))


def checkov_results(rows: Sequence[Row]) -> dict[str, trial.Result]:
    """Return what Checkov says of the examples of rows of one framework: `0 bad`, `0 fixed`, `1 bad` and so on.

    Those of checks on the graph are run apart, and all of them when there are few.
    """
    framework = rows[0].framework if rows else ""
    together: dict[str, str] = {}
    apart: dict[str, str] = {}
    for number, row in enumerate(rows):
        if row.recipe:
            chosen = apart if len(rows) <= FEW or row.recipe.rule.startswith("CKV2") else together
            chosen |= {f"{number} bad": row.recipe.bad, f"{number} fixed": row.recipe.fixed}
    found = trial.results(framework, together) if together else {}
    return found | (trial.results(framework, apart, apart=True) if apart else {})


def checkov_problems(recipe: Recipe, bad: trial.Result, fixed: trial.Result) -> Iterator[str]:
    """Yield what Checkov has against the examples of a recipe."""
    for name, text in (("bad", recipe.bad), ("fixed", recipe.fixed)):
        if not text.strip():
            yield f"no `{name}` example"
            return
    if bad.unreadable or fixed.unreadable:
        yield "Checkov cannot parse " + ("bad" if bad.unreadable else "fixed")
        return
    if recipe.framework == "terraform":
        for name, text in (("bad", recipe.bad), ("fixed", recipe.fixed)):
            yield from (f"{name}: line {line} does not parse" for line in hcl.parse(text.encode()).errors)
    bad, fixed = with_ours(recipe, bad), with_ours(recipe, fixed)
    mine = sorted(key for key in bad.failed if key[0] == recipe.rule)
    if not mine:
        says = "passes" if any(rule == recipe.rule for rule, _ in bad.passed) else "does not look at"
        yield f"bad: Checkov {says} it"
    for rule, resource in mine:
        if (rule, resource) in fixed.failed:
            yield f"fixed: Checkov still fails {resource}"
        elif not passes(recipe, resource, fixed):
            yield f"fixed: {resource} does not fail any more, but does not pass either"
    new = sorted(fixed.failed - bad.failed)
    if new:
        yield "fixed: new findings: " + ", ".join(" ".join(key) for key in new)


def with_ours(recipe: Recipe, result: trial.Result) -> trial.Result:
    """Return what Checkov said, and for a recipe for a rule of ours what our rules say of the example."""
    if recipe.rule not in RULES:
        return result
    return replace(result, failed=result.failed | {(f.rule, f.resource) for f in of_ours(result)})


def of_ours(result: trial.Result) -> tuple[Finding, ...]:
    """Return what our rules find in an example."""
    return run_rules(Directory(path="", files=result.tree.originals()))


def passes(recipe: Recipe, resource: str, fixed: trial.Result) -> bool:
    """Tell whether the rule passes for a resource. Of ours it is enough that they say nothing any more.

    Of a Dockerfile Checkov says only which instruction fails (ADD): when it is gone there is nothing to pass.
    """
    if recipe.rule in RULES:
        return (recipe.rule, resource) not in fixed.failed
    if recipe.framework == "dockerfile":
        return bool(fixed.passed) and all(rule != recipe.rule for rule, _ in fixed.failed)
    return (recipe.rule, resource) in fixed.passed


def editor_problems(recipe: Recipe, bad: trial.Result, choices: Mapping[str, Choice]) -> Iterator[str]:
    """Yield what is wrong with what the editor makes of `bad`, and of what came of it."""
    editor = importlib.import_module(f"reviewer.fix.{recipe.framework}")
    try:
        editor.check(recipe)
    except ValueError as error:
        yield f"editor refuses the recipe: {error}"
        return
    found = findings(recipe, bad)
    before = bad.tree.originals()
    values = values_for(recipe, choices)
    path = next(iter(before))
    try:
        if not all(editor.matches(before, editor.locate(before, finding), recipe) for finding in found):
            raise CannotEdit("`when` does not hold on bad")
        after = edited(editor, recipe, found, before, values)
        again = edited(editor, recipe, found, after, values)
        sanity.check(before, path, after[path])
    except CannotEdit as error:
        yield f"editor: {error}"
        return
    if after[path].decode() != recipe.fixed:
        yield "editor(bad) is not fixed:\n" + difference(recipe.fixed, after[path].decode())
    elif again != after:
        yield "editor(fixed) changes it again:\n" + difference(recipe.fixed, again[path].decode())


def findings(recipe: Recipe, bad: trial.Result) -> list[Finding]:
    """Return what is found in `bad` by the recipe's rule."""
    if recipe.rule in RULES:
        return [f for f in of_ours(bad) if f.rule == recipe.rule]
    return [f for f in records.findings(recipe.framework, bad.records, bad.tree) if f.rule == recipe.rule]


def values_for(recipe: Recipe, choices: Mapping[str, Choice]) -> Values:
    """Return what a recipe is tried with: no value is chosen, unless a file of its framework cannot ask for one."""
    return Values(choices=choices, chosen=samples(choices) if recipe.framework in WITHOUT_VARIABLES else {})


def edited(
    editor: ModuleType | Any,
    recipe: Recipe,
    found: Sequence[Finding],
    files: Mapping[str, bytes],
    values: Values,
) -> dict[str, bytes]:
    """Return `files` with the recipe applied to each finding. Raises CannotEdit."""
    now = dict(files)
    for place in [editor.locate(files, finding) for finding in found]:
        now |= editor.edit(now, place, recipe, values).files
    return now


def difference(wanted: str, got: str) -> str:
    """Return a diff that can be read in a terminal: - what `fixed` says, + what the editor makes."""
    import difflib  # late: only for what is wrong

    lines = difflib.unified_diff(wanted.splitlines(), got.splitlines(), "fixed", "editor", lineterm="", n=1)
    return "\n".join(f"      {line}" for line in list(lines)[2 : SHOWN + 2])


def advice_problems(advice: Advice) -> Iterator[str]:
    """Yield what is wrong with a row of advice."""
    text = filled(advice.text, advice) + filled(advice.example, advice)
    if "{{" in text.replace("${{", ""):
        yield "guidance: only {{name}}, {{type}} and {{address}} are filled in"
    example = filled(advice.example, advice)
    if not example.strip():
        return
    if advice.framework == "terraform":
        body = hcl.parse(example.encode())
        yield from (f"example: line {line} does not parse" for line in body.errors)
        if not body.errors and not body.blocks and not body.attributes:
            yield "example: nothing in it"
    elif advice.framework != "dockerfile":
        try:
            list(yaml.parse(example, Loader=yaml.CSafeLoader))
        except yaml.YAMLError as error:
            yield f"example: {' '.join(str(error).split())}"


def filled(text: str, advice: Advice) -> str:
    """Return a text of advice as a reader would get it."""
    type_ = advice.types[0] if advice.types[0] != "*" else "aws_example"
    for name, value in (("name", "example"), ("type", type_), ("address", f"{type_}.example")):
        text = text.replace("{{" + name + "}}", value)
    return text
