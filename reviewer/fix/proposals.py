"""From findings to edits: which recipe fits, what it makes of the file, and many of them on the same files.

Pure, on hostile bytes, so only in the contained child. Whether an edit mends the finding is found out by `scan.proof`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from reviewer.fix import sanity
from reviewer.fix.editing import CannotEdit, Edited, Files, Place, Values
from reviewer.fix.editors import EDITORS
from reviewer.fix.hcl_versions import is_allowed
from reviewer.fix.lines import hull
from reviewer.fix.recipes import Recipe, Recipes
from reviewer.fix.risks import with_shared_risks
from reviewer.fix.schema import Schema
from reviewer.model import Finding, Risk, Suggestion

NO_SCHEMA = Schema(types={})
ALREADY = "The code says already what would mend it."
TOO_MUCH = "There is too much to mend at once: this one was not tried."
SEVERAL_FILES = "What would mend it has to change in many files at once."
MOST_FILES = 6

MOST_TRIED = 400
"""Findings of one unit: of more, whoever reads them mends the first ones first."""

LONGEST = 200_000  # characters of an edit: a minified template is one line
LONGEST_IN_ALL = 10_000_000
LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One edit that may mend `findings`: several when one block of code stands for several resources."""

    findings: tuple[Finding, ...]
    place: Place
    recipe: Recipe
    suggestion: Suggestion  # what it makes of the file alone
    also: tuple[Suggestion, ...]  # what it makes of other files
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
    files: Files, findings: Iterable[Finding], known: Knowledge, is_late: Callable[[], bool] = lambda: False
) -> tuple[tuple[Proposal, ...], tuple[Refusal, ...]]:
    """Return an edit for each finding that there is one for; equal edits for one rule are one proposal.

    The first `MOST_TRIED` are tried; when `is_late`, and when the edits are long all together, the findings that are
    left have none either.
    """
    proposals: dict[tuple[str, Suggestion, tuple[Suggestion, ...]], Proposal] = {}
    refusals = []
    room = LONGEST_IN_ALL
    for number, finding in enumerate(findings):
        try:
            if number >= MOST_TRIED or room < 0 or is_late():
                raise CannotEdit(TOO_MUCH)
            proposal = attempt(files, finding, known)
        except CannotEdit as error:
            refusals.append(Refusal(finding=finding, why=str(error)[:LONGEST_REASON]))
            continue
        except RecursionError:
            refusals.append(Refusal(finding=finding, why=""))
            continue
        room -= sum(map(_length, (proposal.suggestion, *proposal.also)))
        key = (finding.rule, proposal.suggestion, proposal.also)
        if same := proposals.get(key):
            proposal = replace(same, findings=(*same.findings, finding))
        proposals[key] = proposal
    at_risk = with_shared_risks([proposal.suggestion for proposal in proposals.values()])
    made = tuple(replace(one, suggestion=edit) for one, edit in zip(proposals.values(), at_risk, strict=True))
    return made, tuple(refusals)


def attempt(files: Files, finding: Finding, known: Knowledge) -> Proposal:
    """Return what the first recipe that fits makes of `finding`. Raises CannotEdit: what hinders the first."""
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
                if _knows(known.schema, recipe):
                    _check_schema(known.schema, files, edited)
                return proposal
            except CannotEdit as error:
                problem = problem if str(problem) else error
    raise problem


def _proposal(files: Files, finding: Finding, place: Place, recipe: Recipe, edited: Edited) -> Proposal:
    paths = sorted(edited.files, key=lambda path: (path != finding.block.path, path))
    if not paths or len(paths) > MOST_FILES:
        raise CannotEdit(SEVERAL_FILES if paths else ALREADY)
    suggestion, *also = (_suggestion(files, path, edited, _risk(recipe, edited)) for path in paths)
    return Proposal(
        findings=(finding,),
        place=place,
        recipe=recipe,
        suggestion=suggestion,
        also=tuple(also),
        inputs=edited.inputs,
    )


def _suggestion(files: Files, path: str, edited: Edited, risk: Risk) -> Suggestion:
    after = edited.files[path]
    sanity.check(files, path, after)
    suggestion = hull(path, files[path], after, risk)
    if suggestion is None:
        raise CannotEdit(ALREADY)
    if not _is_text(suggestion.original + suggestion.replacement):
        raise CannotEdit(f"{path} is not UTF-8.")
    if _length(suggestion) > LONGEST:
        raise CannotEdit(f"The lines of {path} are too long to be edited.")
    return suggestion


def _knows(schema: Schema, recipe: Recipe) -> bool:
    """Whether the schema is of a version that the recipe is for."""
    version = schema.providers.get(recipe.provider.partition(" ")[0])
    return not version or is_allowed({}, (), f"{recipe.provider}, = {version}")


def _check_schema(schema: Schema, files: Files, edited: Edited) -> None:
    for path, after in edited.files.items():
        if path.endswith(sanity.HCL):
            sanity.check_schema(schema, files[path], after)


def _length(suggestion: Suggestion) -> int:
    return len(suggestion.original) + len(suggestion.replacement)


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
