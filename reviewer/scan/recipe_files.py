"""Where the recipes lie: config/recipes/FRAMEWORK/*.yml, those that were written before those that were derived.

Of two thousand rows a review needs a handful: a row is read when somebody asks for its rule.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml

from reviewer.fix.recipes import Recipes, read_recipes
from reviewer.rules import RULES
from reviewer.settings import CONFIG_DIR

FOLDER = CONFIG_DIR / "recipes"
DERIVED = "-derived.yml"

_ROW = re.compile(r"^  - rule: (\S+)", re.MULTILINE)
"""Where a row begins. Everything before the first is the head of a file: its choices."""

_Key = tuple[str, str]
"""Framework and rule."""

_T = TypeVar("_T")


class Loader(yaml.CSafeLoader):
    """YAML 1.2's booleans: `on` is a key of ours."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@functools.cache
def recipes() -> Recipes:
    """Return the table of recipes; its files are read once, its rows when they are asked for. Raises BadRecipes."""
    return read_files(FOLDER, {rule.id: rule.supersedes for rule in RULES.values()})


def read_files(folder: Path, superseded: Mapping[str, Collection[str]] = MappingProxyType({})) -> Recipes:
    """Return the table that the files below `folder` hold.

    A rule that speaks in place of others (`superseded`) is mended by its own rows, and after them by theirs.
    """
    files = [_File(path) for path in sorted(folder.glob("*/*.yml"), key=lambda p: (p.name.endswith(DERIVED), p))]
    rows: _Rows = {}
    for file in files:
        for number, rule in enumerate(file.rules):
            rows.setdefault((file.framework, rule), []).append((file, number))
    for key, inherited in _inherited(rows, superseded).items():
        rows[key] = rows.get(key, []) + inherited

    @functools.cache
    def read(key: _Key) -> Recipes:
        written = ((file, {**file.row(number), "rule": key[1]}) for file, number in rows[key])
        return read_recipes((file.name, file.framework, {"recipes": [row]}) for file, row in written)

    return Recipes(
        recipes=_Asked(rows, lambda key: read(key).recipes.get(key)),
        advice=_Asked(rows, lambda key: read(key).advice.get(key)),
        choices=read_recipes((file.name, file.framework, file.head()) for file in files).choices,
    )


def _inherited(rows: _Rows, superseded: Mapping[str, Collection[str]]) -> _Rows:
    found: _Rows = {}
    for rule, others in superseded.items():
        for (framework, other), of_it in rows.items():
            if other in others:
                found.setdefault((framework, rule), []).extend(of_it)
    return found


class _File:
    """A file of rows, cut where each begins: reading YAML is slow, looking for the start of a line is not."""

    def __init__(self, path: Path) -> None:
        self.name = f"{path.parent.name}/{path.name}"
        self.framework = path.parent.name
        self._text = path.read_text(encoding="utf-8")
        found = list(_ROW.finditer(self._text))
        self.rules = [match.group(1) for match in found]
        self._edges = [*(match.start() for match in found), len(self._text)]

    def head(self) -> dict[str, Any]:
        """Return what stands before the rows."""
        return _loaded(self._text[: self._edges[0]]) or {}

    def row(self, number: int) -> dict[str, Any]:
        """Return a row, read alone, or with the whole file where it repeats what another row says (`*name`)."""
        try:
            return dict(_loaded(self._text[self._edges[number] : self._edges[number + 1]])[0])
        except yaml.YAMLError:
            return dict(_loaded(self._text)["recipes"][number])


def _loaded(text: str) -> Any:
    return yaml.load(text, Loader=Loader)  # noqa: S506 (it is a safe loader)


_Rows = dict[_Key, list[tuple[_File, int]]]


class _Asked(Mapping[_Key, tuple[_T, ...]]):
    """A mapping whose values are made when they are asked for; a key without one is not in it."""

    def __init__(self, keys: Mapping[_Key, object], read: Callable[[_Key], tuple[_T, ...] | None]) -> None:
        self._keys, self._read = keys, read

    def __getitem__(self, key: _Key) -> tuple[_T, ...]:
        found = self._read(key) if key in self._keys else None
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[_Key]:
        return (key for key in self._keys if self._read(key) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)
