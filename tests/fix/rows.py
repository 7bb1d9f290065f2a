"""The rows of files of recipes as tests look at them: all of them, those that nobody reviewed yet too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from reviewer.fix.recipes import Advice, Choice, Recipe, read_recipes
from reviewer.scan.recipe_files import FOLDER, Loader


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row, and what it is called in messages."""

    name: str  # aws.yml 3 CKV_AWS_79 aws_instance
    framework: str
    read: Recipe | Advice
    reviewed: bool = True

    @property
    def recipe(self) -> Recipe | None:
        """The recipe that the row is, None for advice."""
        return self.read if isinstance(self.read, Recipe) else None

    @property
    def advice(self) -> Advice | None:
        """The advice that the row is, None for a recipe."""
        return self.read if isinstance(self.read, Advice) else None


def files() -> tuple[Path, ...]:
    """Return every file of recipes."""
    return tuple(sorted(FOLDER.glob("*/*.yml")))


def rows(path: Path, framework: str) -> Iterator[Row]:
    """Yield the rows of one file. Raises BadRecipes."""
    for number, raw in enumerate(_document(path).get("recipes") or (), 1):
        row = raw | {"reviewed": True}
        table = read_recipes([(f"{path.name}: row {number}", framework, {"recipes": [row]})])
        found: list[Recipe | Advice] = [read for reads in table.recipes.values() for read in reads]
        found += [read for reads in table.advice.values() for read in reads]
        for read in found:
            name = f"{path.name} {number} {read.rule} {' '.join(read.types[:2])}"
            yield Row(name=name, framework=framework, read=read, reviewed=raw.get("reviewed", True))


def choices(path: Path) -> Mapping[str, Choice]:
    """Return the choices of one file and of every file in config/recipes."""
    found: dict[str, Choice] = {}
    for file in dict.fromkeys((*files(), path)):
        try:
            document = _document(file)
        except (OSError, yaml.YAMLError):
            continue  # another file that somebody is writing just now
        for name, told in (document.get("choices") or {}).items():
            found[name] = Choice(
                name=name,
                type=told.get("type", ""),
                description=told.get("description", ""),
                sensitive=told.get("sensitive", False),
            )
    return found


def _document(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        return yaml.load(stream, Loader=Loader) or {}
