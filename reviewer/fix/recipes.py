"""The table of recipes in config/recipes/: which edit mends which rule on which kind of thing, or why none does.

Owns the form of a row. Knows nothing of syntax trees: what `edit` holds is the editor's business (fix.terraform,
fix.documents, fix.dockerfile), and it checks it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reviewer.errors import PlumbruleError
from reviewer.model import Risk

ANY = "*"
"""In `on`: every type."""

ORIGINS = ("derived", "written")
CHOICE_TYPES = ("string", "number", "list(string)")
EDITS = ("set", "default", "by", "replace", "include", "remove", "describe", "add", "at", "instruction")
"""The keys of a row that make up its edit."""

_TEXTS = ("note", "warn", "bad", "fixed")


class BadRecipes(PlumbruleError):
    """A file of recipes is not what it must be. The message names the file, the row and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value that only the organization can know. `choice.NAME` in a recipe stands for it."""

    name: str
    type: str  # string, number or list(string)
    description: str  # of the variable that stands for it where the policy gives no value
    sensitive: bool = False  # a secret: it belongs in no log


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One row: how `rule` is mended on things of one of `types`."""

    rule: str
    types: tuple[str, ...]  # resource types, kinds; ANY for all
    framework: str  # terraform, kubernetes, cloudformation, dockerfile, github_actions
    edit: Mapping[str, Any]  # keys of EDITS
    risk: Risk
    origin: str  # derived or written
    when: Mapping[str, tuple[Any, ...]] = field(
        default_factory=dict
    )  # attribute: values that it may have, None: absent
    provider: str = ""  # the provider versions that know it: "aws >= 4.0"
    warn: str = ""  # what else changes, for the author of the change
    note: str = ""  # the review's
    bad: str = ""
    fixed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One row without an edit: what to do about `rule` on `types`, and why no edit is right."""

    rule: str
    types: tuple[str, ...]
    framework: str
    text: str  # {{name}}, {{type}} and {{address}} stand for the reader's own
    origin: str
    example: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipes:
    """All rows, in the order of preference, by framework and rule."""

    recipes: Mapping[tuple[str, str], tuple[Recipe, ...]]
    advice: Mapping[tuple[str, str], tuple[Advice, ...]]
    choices: Mapping[str, Choice]

    def of(self, framework: str, rule: str, type_: str) -> tuple[Recipe, ...]:
        """Return the recipes for a rule on a type, the preferred one first."""
        rows = self.recipes.get((framework, rule), ())
        return tuple(row for row in rows if type_ in row.types or ANY in row.types)

    def advice_on(self, framework: str, rule: str, type_: str) -> Advice | None:
        """Return what to say about a rule on a type where no recipe fits, or None."""
        rows = self.advice.get((framework, rule), ())
        exact = (row for row in rows if type_ in row.types)
        return next(exact, None) or next((row for row in rows if ANY in row.types), None)


def read_recipes(files: Iterable[tuple[str, str, Mapping[str, Any]]]) -> Recipes:
    """Return the table that `files` hold: (name for messages, framework, document), the preferred file first.

    Rows that were derived and not reviewed yet are left out. Raises BadRecipes.
    """
    recipes: dict[tuple[str, str], list[Recipe]] = {}
    advice: dict[tuple[str, str], list[Advice]] = {}
    choices: dict[str, Choice] = {}
    for name, framework, document in files:
        choices |= {choice.name: choice for choice in _choices(name, document)}
        for row in document.get("recipes") or ():
            if row.get("reviewed", True):
                read = _row(name, framework, row)
                if isinstance(read, Recipe):
                    recipes.setdefault((framework, read.rule), []).append(read)
                else:
                    advice.setdefault((framework, read.rule), []).append(read)
    return Recipes(
        recipes={key: tuple(rows) for key, rows in recipes.items()},
        advice={key: tuple(rows) for key, rows in advice.items()},
        choices=choices,
    )


def _choices(name: str, document: Mapping[str, Any]) -> Iterable[Choice]:
    for choice, told in (document.get("choices") or {}).items():
        if told.get("type") not in CHOICE_TYPES or not told.get("description"):
            raise BadRecipes(f"{name}: choices.{choice}: expected type ({', '.join(CHOICE_TYPES)}) and description")
        secret = bool(told.get("sensitive", False))
        yield Choice(name=choice, type=told["type"], description=told["description"], sensitive=secret)


def _row(name: str, framework: str, row: Mapping[str, Any]) -> Recipe | Advice:
    where = f"{name}: {row.get('rule', 'a row without a rule')}"
    rule, types, origin = row.get("rule"), row.get("on"), row.get("from")
    types = (types,) if isinstance(types, str) else tuple(types or ())
    if not rule or not types or origin not in ORIGINS:
        raise BadRecipes(f"{where}: expected rule, on (a type or a list of them) and from ({' or '.join(ORIGINS)})")
    edit = {key: row[key] for key in EDITS if key in row}
    known = {"rule", "on", "from", "reviewed", "risk", "when", "provider", "guidance", "example", *_TEXTS, *edit}
    if unknown := sorted(set(row) - known):
        raise BadRecipes(f"{where}: {unknown[0]} is not a key of a row")
    if bool(edit) == ("guidance" in row):
        raise BadRecipes(f"{where}: expected either an edit ({', '.join(EDITS)}) or guidance")
    if not edit:
        return Advice(
            rule=rule,
            types=types,
            framework=framework,
            text=row["guidance"],
            origin=origin,
            example=row.get("example", ""),
            note=row.get("note", ""),
        )
    when = {key: tuple(v if isinstance(v, list) else [v]) for key, v in (row.get("when") or {}).items()}
    try:
        risk = Risk(str(row.get("risk")))
    except ValueError:
        raise BadRecipes(f"{where}: risk: expected one of {', '.join(Risk)}") from None
    texts = {key: row.get(key, "") for key in _TEXTS}
    return Recipe(
        rule=rule,
        types=types,
        framework=framework,
        edit=edit,
        risk=risk,
        origin=origin,
        when=when,
        provider=row.get("provider", ""),
        **texts,
    )
