"""Schemas of Terraform providers become the compact form of reviewer.fix.schema.

Reads two things: the output of `terraform providers schema -json`, and packages of provider bindings for CDK for
Terraform, whose TypeScript declarations say what may be set, of which type, and whether it must be.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from reviewer.errors import PlumbruleError
from reviewer.fix.schema import EITHER, MANY, ONE

PROVIDERS = ("aws", "azurerm", "google")

Compact = dict[str, Any]


class NoSchemas(PlumbruleError):
    """A folder holds no schema of a provider, or a file is none. The message says which and what was expected."""


def read_folder(folder: Path, provider: str, types: Iterable[str]) -> Compact:
    """Return the compact form of a provider's `types` from `folder`: PROVIDER.json, or a package named after it.

    Raises NoSchemas.
    """
    wanted = frozenset(type_ for type_ in types if type_.startswith(f"{provider}_"))
    output = folder / f"{provider}.json"
    if output.is_file():
        document: Compact = json.loads(output.read_text(encoding="utf-8"))
        if "types" not in document:
            return from_output(document, provider, wanted)
        return document | {"types": {name: of for name, of in document["types"].items() if name in wanted}}
    packages = sorted(folder.glob(f"*provider_{provider}-*.whl")) + sorted(folder.glob(f"*provider-{provider}@*.tgz"))
    if not packages:
        raise NoSchemas(f"{folder}: expected {provider}.json or a package *provider_{provider}-*.whl")
    return from_package(packages[-1], provider, wanted)


def compact_text(schema: Compact) -> str:
    """Return the text of a file of the compact form: one type a line, in order."""
    types = schema["types"]
    head = {key: value for key, value in schema.items() if key != "types"}
    lines = [f"{json.dumps(name)}:{json.dumps(types[name], separators=(',', ':'))}" for name in sorted(types)]
    return json.dumps(head)[:-1] + ', "types": {\n' + ",\n".join(lines) + "\n}}\n"


def from_output(document: Mapping[str, Any], provider: str, types: frozenset[str]) -> Compact:
    """Return the compact form of what `terraform providers schema -json` printed. Raises NoSchemas."""
    for address, told in (document.get("provider_schemas") or {}).items():
        if address.rpartition("/")[2] == provider:
            known = told.get("resource_schemas") or {}
            found = {name: _block_children(known[name]["block"]) for name in sorted(known) if name in types}
            version = str(told.get("version", ""))  # Terraform does not say it; whoever saved the file may
            source = "terraform providers schema -json"
            return {"provider": provider, "version": version, "source": source, "types": found}
    raise NoSchemas(f"expected provider_schemas with an address that ends in /{provider}")


def _block_children(block: Mapping[str, Any]) -> Compact:
    found: Compact = {}
    for name, attribute in (block.get("attributes") or {}).items():
        if attribute.get("required") or attribute.get("optional"):
            found[name] = _attribute(attribute)
    for name, nested in (block.get("block_types") or {}).items():
        single = nested.get("nesting_mode") in {"single", "group"} or nested.get("max_items") == 1
        mark = "!" if nested.get("min_items", 0) > 0 else ""
        found[name] = [(ONE if single else MANY) + mark, _block_children(nested["block"])]
    return dict(sorted(found.items()))


def _attribute(attribute: Mapping[str, Any]) -> Any:
    mark = "!" if attribute.get("required") else ""
    type_: Any = attribute.get("type")
    listed = isinstance(type_, list) and type_[0] in {"list", "set"} and isinstance(type_[1], list)
    if listed and type_[1][0] == "object":
        return [EITHER + mark, {name: _kind(inner) for name, inner in sorted(type_[1][1].items())}]
    return _kind(type_) + mark


def _kind(type_: Any) -> str:
    if isinstance(type_, str):
        return {"dynamic": "any"}.get(type_, type_)
    if isinstance(type_, list) and type_[0] == "map":
        return "map"
    if isinstance(type_, list) and type_[0] in {"list", "set"} and isinstance(type_[1], str):
        return f"list({_kind(type_[1])})"
    return "any"


def from_package(path: Path, provider: str, types: frozenset[str]) -> Compact:
    """Return the compact form of what a package of bindings declares. Raises NoSchemas."""
    found, version = {}, ""
    for folder, files in folders(path, (".d.ts",)).items():
        text = "" if folder.startswith(f"data-{provider}-") else "\n".join(text for _, text in files)
        type_ = re.search(r'static readonly tfResourceType = "(\w+)"', text)
        if type_ and type_[1] in types:
            found[type_[1]] = declared(text)
            version = version or version_of(text)
    if not found:
        raise NoSchemas(f"{path}: expected declarations of {provider}'s resource types")
    return {"provider": provider, "version": version, "source": source_of(path), "types": found}


def source_of(path: Path) -> str:
    """What the package calls itself, with its licence."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            for name in wheel.namelist():
                if name.endswith(".dist-info/METADATA"):
                    said = dict(re.findall(r"^(Name|Version|License): (.+)$", wheel.read(name).decode("utf-8"), re.M))
                    return " ".join(said.get(key, "") for key in ("Name", "Version", "License")).strip()
    return path.name


def folders(path: Path, suffixes: tuple[str, ...] = (".js", ".d.ts")) -> dict[str, list[tuple[str, str]]]:
    """Return the files of a package by the folder of their resource or data source: {"eks-cluster": [(name, text)]}."""
    found: dict[str, list[tuple[str, str]]] = {}
    content = path.read_bytes()
    if path.suffix == ".whl":
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            inner = next(name for name in wheel.namelist() if name.endswith(".tgz"))
            content = wheel.read(inner)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r|gz") as archive:
        for member in archive:  # lib/eks-cluster/index-structs/structs0.d.ts
            parts = member.name.split("/")
            if member.name.endswith(suffixes) and len(parts) > 3:
                stream = archive.extractfile(member)
                text = stream.read().decode("utf-8") if stream else ""
                found.setdefault(parts[2], []).append((member.name, text))
    return found


def version_of(text: str) -> str:
    """Return the version of the provider that declarations link to, "" where none does."""
    found = re.search(r"/providers/\w+/[\w-]+/(\d+(?:\.\d+)+)/docs/", text)
    return found[1] if found else ""


_INTERFACE = re.compile(r"^export interface (\w+)(?: extends [\w.]+)? \{\n(.*?)^\}", re.M | re.S)
_FIELD = re.compile(r"/\*\*(?P<said>(?:[^*]|\*(?!/))*)\*/\s+readonly (?P<name>\w+)(?P<optional>\??): (?P<type>[^\n]*)")


def declared(text: str) -> Compact:
    """Return the compact form of what the declarations of one resource or data source let be set."""
    interfaces = dict(_INTERFACE.findall(text))
    top = next(
        match[1] for match in re.finditer(r"^export interface (\w+) extends cdktf\.TerraformMetaArguments", text, re.M)
    )

    def children(interface: str, above: tuple[str, ...] = ()) -> Compact:
        fields = (_field(match, lambda inner: children(inner, (*above, interface))) for match in fields_of(interface))
        return {} if interface in above else dict(sorted(fields))

    def fields_of(interface: str) -> Iterator[re.Match[str]]:
        return _FIELD.finditer(interfaces.get(interface, ""))

    return children(top)


def _field(match: re.Match[str], children: Callable[[str], Compact]) -> tuple[str, Any]:
    """One field: its name in Terraform from the link to its documentation, a block where the comment calls it one."""
    said, mark = match["said"], "" if match["optional"] else "!"
    linked = re.search(r"#([a-z0-9_]+) \w+#", said)
    name = linked[1] if linked else re.sub(r"(?<!^)([A-Z])", r"_\1", match["name"]).lower()
    kind = match["type"].removesuffix(";").removesuffix(" | cdktf.IResolvable").strip()
    interface = kind.removesuffix("[]")
    if not re.fullmatch(r"[A-Z]\w*", interface):
        return name, ("map" if kind.startswith("{") else _SIMPLE.get(kind, "any")) + mark
    if not re.search(rf"^\s*\* {name} block\s*$", said, re.M):
        return name, [EITHER + mark, children(interface)]
    return name, [(MANY if kind.endswith("[]") else ONE) + mark, children(interface)]


_SIMPLE = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "string[]": "list(string)",
    "number[]": "list(number)",
    "any": "any",
}
