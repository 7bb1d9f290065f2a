"""Findings and recipes as tests of the editors of documents write them: short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import yaml

from reviewer.fix.editing import Edited, Values
from reviewer.fix.recipes import Choice, Recipe
from reviewer.model import Finding, Risk, Severity, Span


def finding(framework: str, path: str, resource: str, lines: tuple[int, int] = (1, 1), rule: str = "R_1") -> Finding:
    """Return a finding on some lines of a file."""
    span = Span(path=path, start_line=lines[0], end_line=lines[1])
    return Finding(
        rule=rule,
        title="",
        severity=Severity.LOW,
        span=span,
        block=span,
        resource=resource,
        message="",
        scanner="checkov",
        framework=framework,
    )


def recipe(
    edit: str | Mapping[str, Any], when: Mapping[str, tuple[Any, ...]] | None = None, rule: str = "R_1"
) -> Recipe:
    """Return a recipe for everything; its edit may be YAML."""
    made = yaml.safe_load(edit) if isinstance(edit, str) else edit
    return Recipe(rule=rule, types=("*",), framework="", edit=made, risk=Risk.SAFE, origin="written", when=when or {})


def values(chosen: Mapping[str, str | Sequence[str]] | None = None, **types: str) -> Values:
    """Return choices by name and type, and what the policy chose."""
    choices = {name: Choice(name=name, type=type_, description=f"What {name} is.") for name, type_ in types.items()}
    return Values(choices=choices, chosen=chosen or {})


def edited(editor: ModuleType, text: str, found: Finding, row: Recipe, given: Values | None = None) -> str:
    """Return a file after an edit, having made sure that a second one changes nothing. Raises CannotEdit."""
    return outcome(editor, text, found, row, given).files.get(found.path, text.encode()).decode()


def outcome(editor: ModuleType, text: str, found: Finding, row: Recipe, given: Values | None = None) -> Edited:
    """Return what an edit of one file makes. Raises CannotEdit."""
    editor.check(row)
    files = {found.path: text.encode()}
    place = editor.locate(files, found)
    assert editor.matches(files, place, row)
    made: Edited = editor.edit(files, place, row, given or values())
    again = editor.edit(files | dict(made.files), place, row, given or values())
    assert not again.files, again.files
    return made
