"""The operator's schemas of providers: what `terraform providers schema -json` prints, stored to be read type by type.

Owns the folder, one file a provider: a line about it, then a line for each type. Written from the command line only and
checked when it is; read in the contained child. Running a provider to learn its schema is for the operator alone.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer import process
from reviewer.errors import Rejected

Block = Mapping[str, Any]

RESOURCE, DATA, PROVIDER = "resource_schemas", "data_source_schemas", "provider"
"""What a block describes, by the key that `terraform providers schema -json` has it under."""

MAX_NESTING = 30
MAX_FILE_BYTES = 256 << 20
"""What `providers schema -json` may print; that of aws is about 13 MB."""
MAX_TYPES = 20_000
SECONDS = 600.0

_SOURCE = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}/[a-z0-9-]{1,64}/[a-z0-9-]{1,64}")
_SHORT_SOURCE = re.compile(r"([a-z0-9][a-z0-9.-]{0,99}/)?[a-z0-9-]{1,64}/[a-z0-9-]{1,64}")
_CONSTRAINT = re.compile(r"[0-9a-z.<>=~!, +-]{0,100}")
_TYPE = re.compile(r"[a-z0-9_-]{1,200}")
_SUFFIX = ".schema"
_KEPT = ("type", "required", "optional", "computed", "sensitive", "write_only")
_NESTINGS = ("single", "group", "list", "set", "map")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One provider in the folder."""

    source: str
    version: str  # "" when it is not known
    resources: int
    data_sources: int


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of schemas; None is an empty one."""

    folder: Path | None

    def block(self, source: str, kind: str, type_: str) -> Block | None:
        """Return the block of one type (see `known.Lookup`), None when it is not there."""
        wanted = f"\n{kind}\t{type_}\t".encode()
        text = self._text(source)
        at = text.find(wanted)
        if at < 0:
            return None
        end = text.find(b"\n", at + 1)
        found: Block = json.loads(text[at + len(wanted) : end if end >= 0 else len(text)])
        return found

    def files(self) -> tuple[Path, ...]:
        """Return the files that there are."""
        return tuple(sorted(self.folder.glob(f"*{_SUFFIX}"))) if self.folder and self.folder.is_dir() else ()

    def listed(self) -> tuple[Kept, ...]:
        """Return which providers there are, by source."""
        return tuple(kept for file in self.files() if (kept := _kept(file)))

    def add_from_file(self, path: Path, version: str = "") -> tuple[Kept, ...]:
        """Take what `terraform providers schema -json` printed into a file, in place of what is there of its providers.

        Raises Rejected naming the file, the key and what was expected.
        """
        try:
            size = path.stat().st_size
            if size > MAX_FILE_BYTES:
                raise Rejected(f"{path}: it has {size:,} bytes; expected at most {MAX_FILE_BYTES:,}")
            raw = path.read_bytes()
        except OSError as error:
            raise Rejected(f"{path}: it could not be read ({error.strerror})") from None
        return self.add(raw, str(path), version)

    def add(self, raw: bytes, name: str, version: str = "") -> tuple[Kept, ...]:
        """Take the bytes that `terraform providers schema -json` printed; `name` is for what is said of them."""
        assert self.folder is not None  # noqa: S101 (only a plan may have none)
        checked = dict(_providers(raw, name))
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for source, lines in checked.items():
            _write(self._path(source), _head(source, version), lines)
        return tuple(kept for source in sorted(checked) if (kept := _kept(self._path(source))))

    def add_from_terraform(self, program: Path, source: str, version: str = "") -> tuple[Kept, ...]:
        """Have Terraform install a provider from its registry and print its schema: this runs the provider's code.

        `source` is as in `required_providers`, `version` a constraint. Raises Rejected, with what Terraform said.
        """
        if not _SHORT_SOURCE.fullmatch(source) or not _CONSTRAINT.fullmatch(version):
            raise Rejected(
                f"{source} {version}: expected a provider such as hashicorp/aws and a version such as 6.47.0"
            )
        with tempfile.TemporaryDirectory(prefix="plumbrule-schema-") as folder:
            constraint = f'\n      version = "{version}"' if version else ""
            text = f'terraform {{\n  required_providers {{\n    p = {{\n      source = "{source}"{constraint}\n'
            Path(folder, "main.tf").write_text(text + "    }\n  }\n}\n")
            _run(program, Path(folder), "init", "-backend=false", "-input=false", "-no-color")
            raw = _run(program, Path(folder), "providers", "schema", "-json")
        return self.add(raw, source, version)

    def _path(self, source: str) -> Path:
        assert self.folder is not None  # noqa: S101 (asked before)
        return self.folder / (source.replace("/", "+") + _SUFFIX)

    def _text(self, source: str) -> bytes:
        if self.folder is None or not _SOURCE.fullmatch(source):
            return b""
        path = self._path(source)
        try:
            return _read(path, path.stat().st_mtime_ns)
        except OSError:
            return b""


@functools.lru_cache(maxsize=8)
def _read(path: Path, changed: int) -> bytes:
    """Read a file once, and again after it was `changed`: a plan asks for one type after the other."""
    del changed
    return path.read_bytes()


def _run(program: Path, folder: Path, *arguments: str) -> bytes:
    env = {"HOME": str(folder), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    try:
        done = process.run([str(program), *arguments], env=env, cwd=folder, timeout=SECONDS, max_output=MAX_FILE_BYTES)
    except process.ProgramFailed as failure:
        raise Rejected(str(failure)) from None
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).decode("utf-8", "replace").split())
        raise Rejected(f"{program.name} {arguments[0]} failed: {said[:500]}")
    return done.stdout


def _head(source: str, version: str) -> bytes:
    return json.dumps({"source": source, "version": version}).encode() + b"\n"


def _write(path: Path, head: bytes, lines: Mapping[tuple[str, str], bytes]) -> None:
    """Put a whole file there at once: a plan reads the old one or the new one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(head)
            for (kind, type_), block in sorted(lines.items()):
                file.write(f"{kind}\t{type_}\t".encode() + block + b"\n")
        Path(name).replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()


def _kept(path: Path) -> Kept | None:
    try:
        text = path.read_bytes()
        head = json.loads(text.partition(b"\n")[0])
        source, version = str(head["source"]), str(head["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    resources, data = (text.count(f"\n{kind}\t".encode()) for kind in (RESOURCE, DATA))
    return Kept(source=source, version=version, resources=resources, data_sources=data)


def _providers(raw: bytes, name: str) -> Iterator[tuple[str, dict[tuple[str, str], bytes]]]:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        raise Rejected(f"{name}: expected JSON, as `terraform providers schema -json` prints it") from None
    version = document.get("format_version") if isinstance(document, dict) else None
    if not isinstance(version, str) or not version.startswith("1."):
        raise Rejected(f"{name}: format_version: expected 1.x, as `terraform providers schema -json` prints it")
    schemas = document.get("provider_schemas")
    if not isinstance(schemas, dict) or not schemas:
        raise Rejected(f"{name}: provider_schemas: expected an object with at least one provider")
    for source, schema in schemas.items():
        if not _SOURCE.fullmatch(source) or not isinstance(schema, dict):
            raise Rejected(
                f"{name}: provider_schemas: {source[:80]!r}: expected an address such as HOST/NAMESPACE/NAME"
            )
        yield source, dict(_types(schema, f"{name}: {source}"))


def _types(schema: Mapping[str, Any], where: str) -> Iterator[tuple[tuple[str, str], bytes]]:
    types = [(PROVIDER, "", schema.get("provider") or {"block": {}})]
    for kind in (RESOURCE, DATA):
        found = schema.get(kind) or {}
        if not isinstance(found, dict) or len(found) > MAX_TYPES:
            raise Rejected(f"{where}: {kind}: expected an object of at most {MAX_TYPES:,} types")
        types += [(kind, type_, value) for type_, value in found.items()]
    for kind, type_, value in types:
        if (type_ and not _TYPE.fullmatch(type_)) or not isinstance(value, dict):
            raise Rejected(f"{where}: {kind}: {type_[:80]!r}: expected a type with its schema")
        block = _block(value.get("block"), f"{where}: {type_ or kind}", 0)
        yield (kind, type_), json.dumps(block, separators=(",", ":"), sort_keys=True).encode()


def _block(block: Any, where: str, depth: int) -> dict[str, Any]:
    """Return what a plan needs of a block, checked: no descriptions."""
    if not isinstance(block, dict) or depth > MAX_NESTING:
        raise Rejected(f"{where}: block: expected an object, nested at most {MAX_NESTING} times")
    found: dict[str, Any] = {}
    for name, attribute in _object(block, "attributes", where).items():
        found.setdefault("attributes", {})[name] = _attribute(attribute, f"{where}.{name}", depth)
    for name, nested in _object(block, "block_types", where).items():
        mode = nested.get("nesting_mode") if isinstance(nested, dict) else None
        if mode not in _NESTINGS:
            raise Rejected(f"{where}.{name}: nesting_mode: expected one of {', '.join(_NESTINGS)}")
        inner = _block(nested.get("block") or {}, f"{where}.{name}", depth + 1)
        filled_in = {"computed": nested["computed"]} if isinstance(nested.get("computed"), bool) else {}
        found.setdefault("block_types", {})[name] = {"nesting_mode": mode, "block": inner, **filled_in}
    return found


def _attribute(attribute: Any, where: str, depth: int) -> dict[str, Any]:
    if not isinstance(attribute, dict) or depth > MAX_NESTING:
        raise Rejected(f"{where}: expected an object, nested at most {MAX_NESTING} times")
    found = {key: attribute[key] for key in _KEPT if attribute.get(key)}
    if nested := attribute.get("nested_type"):
        if not isinstance(nested, dict) or nested.get("nesting_mode") not in _NESTINGS:
            raise Rejected(f"{where}: nested_type: expected an object with a nesting_mode")
        members = _object(nested, "attributes", where)
        found["nested_type"] = {
            "nesting_mode": nested["nesting_mode"],
            "attributes": {name: _attribute(inner, f"{where}.{name}", depth + 1) for name, inner in members.items()},
        }
    elif not _is_type(found.get("type"), 0):
        raise Rejected(f'{where}: type: expected a type such as "string" or ["list", "string"]')
    return found


def _is_type(value: Any, depth: int) -> bool:
    """Tell whether a value is a type in JSON, as cty writes them."""
    if isinstance(value, str):
        return value in ("string", "number", "bool", "dynamic")
    if not isinstance(value, list) or len(value) < 2 or depth > MAX_NESTING:
        return False
    word, inner = value[0], value[1]
    if word in ("list", "set", "map"):
        return _is_type(inner, depth + 1)
    if word == "tuple":
        return isinstance(inner, list) and all(_is_type(item, depth + 1) for item in inner)
    members = inner.values() if word == "object" and isinstance(inner, dict) else None
    return members is not None and all(_is_type(item, depth + 1) for item in members)


def _object(value: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    found = value.get(key) or {}
    if not isinstance(found, dict):
        raise Rejected(f"{where}: {key}: expected an object")
    return found
