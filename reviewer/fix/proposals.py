"""From findings to edits: which recipe fits, what it makes of the file, and many of them on the same files.

Pure, on hostile bytes, so only in the contained child. Whether an edit mends the finding is found out by `scan.proof`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reviewer.fix import sanity
from reviewer.fix.editing import CannotEdit, Edited, Files, Place, Values
from reviewer.fix.editors import EDITORS
from reviewer.fix.lines import hull
from reviewer.fix.recipes import Recipe, Recipes
from reviewer.fix.schema import Schema
from reviewer.model import Finding, Risk, Suggestion

NO_SCHEMA = Schema(types={})
ALREADY = "The code says already what would mend it."
SEVERAL_FILES = "What would mend it has to change in several files at once."


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One edit that may mend `findings`: several when one block of code stands for several resources."""

    findings: tuple[Finding, ...]
    place: Place
    recipe: Recipe
    suggestion: Suggestion  # what it makes of the file alone
    inputs: tuple[str, ...]

    @property
    def risk(self) -> Risk:
        """What taking it asks for."""
        return self.suggestion.risk


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why there is no edit for a finding, as a sentence for the author; "" when there is just no recipe."""

    finding: Finding
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What proposals are made from: the recipes, the values of the policy, and what providers allow."""

    recipes: Recipes
    values: Values
    schema: Schema = NO_SCHEMA


def propose(
    files: Files, findings: Iterable[Finding], known: Knowledge
) -> tuple[tuple[Proposal, ...], tuple[Refusal, ...]]:
    """Return an edit for each finding that there is one for; equal edits for one rule are one proposal."""
    proposals: dict[tuple[str, Suggestion], Proposal] = {}
    refusals = []
    for finding in findings:
        try:
            proposal = attempt(files, finding, known)
        except CannotEdit as error:
            refusals.append(Refusal(finding=finding, why=str(error)))
            continue
        key = (finding.rule, proposal.suggestion)
        if same := proposals.get(key):
            proposal = replace(same, findings=(*same.findings, finding))
        proposals[key] = proposal
    return tuple(proposals.values()), tuple(refusals)


def attempt(files: Files, finding: Finding, known: Knowledge) -> Proposal:
    """Return what the first recipe that fits makes of `finding`. Raises CannotEdit."""
    editor = EDITORS.get(finding.framework)
    if editor is None or not known.recipes.recipes.get((finding.framework, finding.rule)):
        raise CannotEdit("")
    place: Place = editor.locate(files, finding)
    problem = CannotEdit("")
    for recipe in known.recipes.of(finding.framework, finding.rule, place.type):
        if editor.matches(files, place, recipe):
            try:
                edited = editor.edit(files, place, recipe, known.values)
                proposal = _proposal(files, finding, place, recipe, edited)
                _check_schema(known.schema, files, edited, proposal.suggestion)
                return proposal
            except CannotEdit as error:
                problem = error
    raise problem


def _proposal(files: Files, finding: Finding, place: Place, recipe: Recipe, edited: Edited) -> Proposal:
    if len(edited.files) != 1:
        raise CannotEdit(SEVERAL_FILES if edited.files else ALREADY)
    ((path, after),) = edited.files.items()
    sanity.check(files, path, after)
    suggestion = hull(path, files[path], after, _risk(recipe, edited))
    if suggestion is None:
        raise CannotEdit(ALREADY)
    if not _is_text(suggestion.original + suggestion.replacement):
        raise CannotEdit(f"{path} is not UTF-8.")
    return Proposal(findings=(finding,), place=place, recipe=recipe, suggestion=suggestion, inputs=edited.inputs)


def _check_schema(schema: Schema, files: Files, edited: Edited, suggestion: Suggestion) -> None:
    if suggestion.path.endswith(sanity.HCL):
        end = suggestion.start_line + suggestion.replacement.count("\n")
        before, after = files[suggestion.path], edited.files[suggestion.path]
        sanity.check_schema(schema, before, after, range(suggestion.start_line, end + 1))


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _risk(recipe: Recipe, edited: Edited) -> Risk:
    """A value that the policy gives is no input any more; one that is missing makes a safe edit ask for it."""
    if recipe.risk in (Risk.SAFE, Risk.INPUT):
        return Risk.INPUT if edited.inputs else Risk.SAFE
    return recipe.risk


def apply_all(
    files: Files, proposals: Sequence[Proposal], values: Values
) -> tuple[dict[str, bytes], tuple[Proposal, ...]]:
    """Return the files that `proposals` change when taken one after the other, and those that could not be taken."""
    current, conflicting = dict(files), []
    for proposal in proposals:
        editor = EDITORS[proposal.recipe.framework]
        try:
            current |= editor.edit(current, proposal.place, proposal.recipe, values).files
        except CannotEdit:
            conflicting.append(proposal)
    return {path: text for path, text in current.items() if text != files[path]}, tuple(conflicting)
