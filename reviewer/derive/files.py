"""The files of recipes as the derivation sees them: what they decide already, and new rows written at their end.

What stands in a file is never written again: somebody may have reviewed it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

from reviewer.derive.rows import Derived, grouped
from reviewer.fix.recipes import ANY
from reviewer.scan.recipe_files import Loader

_HEAD = """\
# Rows that `plumbrule recipes derive` made from Checkov's own checks. A row counts once somebody looked at it and wrote
# `reviewed: true`: is the edit right, is the risk true, does the note say why? The command never changes rows that
# stand here; it adds those that are missing.
recipes:
"""


def decided(folder: Path) -> Callable[[str, str], bool]:
    """Return whether a row of the files in `folder` speaks of a rule on a type."""
    known: set[tuple[str, str]] = set()
    for path in sorted(folder.glob("*.yml")):
        for row in _rows(path):
            types = row.get("on")
            known |= {(str(row.get("rule")), type_) for type_ in ([types] if isinstance(types, str) else types or ())}

    def speaks(rule: str, type_: str) -> bool:
        return (rule, type_) in known or (rule, ANY) in known

    return speaks


def types_named(folder: Path) -> frozenset[str]:
    """Return the resource types that recipes in `folder` speak of, in `on` or in the HCL of an edit or an example."""
    found: set[str] = set()
    for path in folder.glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"\b(?:aws|azurerm|google)_[a-z0-9_]+", text))
    return frozenset(found)


def _rows(path: Path) -> list[dict[Any, Any]]:
    with path.open("rb") as stream:
        document = yaml.load(stream, Loader=Loader)  # noqa: S506 (a safe one, with fewer booleans)
    return list((document or {}).get("recipes") or ())


def appended(path: Path, rows: Iterable[Derived]) -> str:
    """Return the text of the file at `path` with rows added at its end."""
    before = path.read_text(encoding="utf-8") if path.is_file() else _HEAD
    return before + "".join(written(row, types) for row, types in grouped(rows))


def written(row: Derived, types: tuple[str, ...]) -> str:
    """Return one row as text."""
    out = io.StringIO()
    out.write(f"  - rule: {row.want.rule} # {row.want.title}\n")
    out.write(f"    on: [{', '.join(types)}]\n")
    for key, value in (("set", row.overlay), ("default", row.default)):
        if value:
            out.write(_literal(key, value))
    out.write("    risk: safe\n    from: derived\n    reviewed: false\n")
    out.write(f"    note: {_quoted(row.note)}\n")
    for key, value in (("bad", row.bad), ("fixed", row.fixed)):
        out.write(_literal(key, value))
    return out.getvalue()


def _literal(key: str, value: str) -> str:
    return f"    {key}: |\n" + "".join(f"      {line}".rstrip() + "\n" for line in value.splitlines())


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
