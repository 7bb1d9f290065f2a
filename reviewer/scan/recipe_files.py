"""Where the recipes lie: config/recipes/FRAMEWORK/*.yml, those that were written before those that were derived."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from reviewer.fix.recipes import Recipes, read_recipes
from reviewer.settings import CONFIG_DIR

FOLDER = CONFIG_DIR / "recipes"
DERIVED = "-derived.yml"


class Loader(yaml.CSafeLoader):
    """YAML 1.2's booleans: `on` is a key of ours."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@functools.cache
def recipes() -> Recipes:
    """Return the table of recipes, read once. Raises BadRecipes."""
    return read_recipes(_documents(FOLDER))


def _documents(folder: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    files = sorted(folder.glob("*/*.yml"), key=lambda path: (path.name.endswith(DERIVED), path))
    for path in files:
        with path.open("rb") as stream:
            document = yaml.load(stream, Loader=Loader)  # noqa: S506 (it is a safe loader)
        yield path.relative_to(folder).as_posix(), path.parent.name, document or {}
