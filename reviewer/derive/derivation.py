"""One run of the derivation: the checks of one provider, its schema, the rows that are not there yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer.derive import cloudformation, files, rows, schemas, wants
from reviewer.fix.schema import read_schema

CLOUDFORMATION = "cloudformation"
SCHEMAS = "schemas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """New rows, and (rule, type, why) of what none was derived for."""

    source: str
    rows: tuple[rows.Derived, ...]
    left: tuple[tuple[str, str, str], ...]
    schema: dict[str, Any] | None = None  # the extract, where it was read from elsewhere


def derive(source: str, schema_folder: Path | None, recipes: Path) -> Result:
    """Return what can be derived for a provider or for CloudFormation, and is not decided in `recipes` yet.

    Raises schemas.NoSchemas.
    """
    framework = CLOUDFORMATION if source == CLOUDFORMATION else "terraform"
    decided = files.decided(recipes / framework)
    asked = list(wants.cloudformation() if source == CLOUDFORMATION else wants.terraform())
    clear = [want for want in asked if isinstance(want, wants.Want)]
    unclear = [want for want in asked if isinstance(want, wants.Unclear)]
    extract = None
    if source == CLOUDFORMATION:
        kept, left = cloudformation.derive(clear, decided)
    else:
        types = wants.terraform_types() | files.types_named(recipes / "terraform")
        extract = schemas.read_folder(schema_folder or recipes / SCHEMAS, source, types)
        kept, left = rows.derive(clear, read_schema(extract), decided)
        unclear = [w for w in unclear if any(type_.startswith(f"{source}_") for type_ in w.types)]
    told = [(u.rule, t, u.why) for u in (*unclear, *left) for t in u.types if not decided(u.rule, t)]
    return Result(source=source, rows=tuple(kept), left=tuple(told), schema=extract if schema_folder else None)


def write(result: Result, into: Path) -> tuple[Path, ...]:
    """Add the rows to their file below `into`, and write the extract of the schema. Return the paths written."""
    framework = CLOUDFORMATION if result.source == CLOUDFORMATION else "terraform"
    path = into / framework / f"{result.source}-derived.yml"
    written = []
    if result.rows:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files.appended(path, result.rows), encoding="utf-8")
        written.append(path)
    if result.schema:
        extract = into / SCHEMAS / f"{result.source}.json"
        extract.parent.mkdir(parents=True, exist_ok=True)
        extract.write_text(schemas.compact_text(result.schema), encoding="utf-8")
        written.append(extract)
    return tuple(written)
