"""What we know of providers without having them: the tables in config/plan, read type by type.

Owns reading their compact form (`reviewer.derive.plan_tables` writes it and says what it is). Knows no plan. A plan
needs a handful of some five thousand types, so a file is cut into lines once, and a line is parsed when its type is
asked for. What an operator adds (`reviewer.plan.schemas`) goes before these tables.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reviewer.settings import CONFIG_DIR

FOLDER = CONFIG_DIR / "plan"

Block = dict[str, Any]

_FLAGS = {"r": "required", "o": "optional", "c": "computed", "s": "sensitive", "w": "write_only"}


def shipped_block(provider: str, type_: str, *, data: bool = False) -> Block | None:
    """Return the block of a type in the form of `terraform providers schema -json`, or None for one that is not known.

    `provider` is its last name ("aws"); with `data`, `type_` is a data source. Beyond that form, a nested block says
    `computed` where the provider fills it in when it is not written.
    """
    name = f"data.{type_}" if data else type_
    line = _lines(provider).get(name)
    return _expanded(json.loads(line)) if line else None


def defaults(type_: str) -> Mapping[str, Any]:
    """Return what the provider puts where nothing is written, by path: {"enabled": True, "root.encrypted": False}.

    Within a block it holds for every block that is written. What is not known is not in it. Of releases that differ:
    one whose schema says that the attribute is computed, or of another type, has no such default.
    """
    found: Mapping[str, Any] = _table("defaults").get(type_, {})
    return found


@functools.lru_cache(maxsize=512)
def sensitive(type_: str) -> frozenset[str]:
    """Return the paths of a resource type's attributes that the provider calls sensitive: "password", "a.b"."""
    block = shipped_block(type_.partition("_")[0], type_)
    return frozenset(_sensitive(block)) if block else frozenset()


def forces_replacement(type_: str, path: str) -> bool:
    """Return whether a change at `path` ("engine", "ebs_block_device.encrypted") destroys and creates the resource.

    Indexes are left out of the path. False also where nothing is known: then only a real plan can tell.
    """
    steps = path.split(".")
    known = _replaces().get(type_, frozenset())
    return any(".".join(steps[:length]) in known for length in range(1, len(steps) + 1))


@functools.lru_cache(maxsize=8)
def _lines(provider: str) -> Mapping[str, str]:
    """The lines of a provider's table by type, not parsed. The first and the last line are no types."""
    path = FOLDER / f"{provider}.json"
    if not provider.isidentifier() or not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()[1:-1]
    cut = (line.removesuffix(",").partition(":") for line in lines)
    return {name.strip('"'): kinds for name, _, kinds in cut}


@functools.cache
def _table(name: str) -> Mapping[str, Any]:
    path: Path = FOLDER / f"{name}.json"
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))["types"] if path.is_file() else {}
    return found


@functools.cache
def _replaces() -> Mapping[str, frozenset[str]]:
    return {type_: frozenset(paths) for type_, paths in _table("replaces").items()}


def _expanded(written: Mapping[str, Any]) -> Block:
    attributes: Block = {}
    blocks: Block = {}
    for name, kind in written.items():
        if isinstance(kind, list) and kind[0].startswith("="):
            blocks[name] = _nested(kind[0], kind[1])
        else:
            attributes[name] = _attribute(kind)
    return {"attributes": attributes, "block_types": blocks}


def _attribute(kind: Any) -> Block:
    head, inner = (kind, None) if isinstance(kind, str) else kind
    flags, *words = head.split()
    found: Block = {_FLAGS[letter]: True for letter in flags}
    if inner is None:
        return found | {"type": _type(words)}
    if isinstance(inner, dict):
        members = {name: _attribute(one) for name, one in inner.items()}
        return found | {"nested_type": {"nesting_mode": words[0].removeprefix("="), "attributes": members}}
    return found | {"type": inner}


def _type(words: list[str]) -> Any:
    if words and words[0] in {"list", "set", "map"}:
        return [words[0], _type(words[1:])]
    return words[0] if words else "string"


def _nested(head: str, inner: Mapping[str, Any]) -> Block:
    mode, *words = head.split()
    found: Block = {"nesting_mode": mode.removeprefix("="), "block": _expanded(inner)}
    for word in words:
        least, dots, most = word.partition("..")
        if not dots:
            found["computed"] = True
        found |= {"min_items": int(least)} if dots and least else {}
        found |= {"max_items": int(most)} if dots and most else {}
    return found


def _sensitive(block: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, attribute in block.get("attributes", {}).items():
        if attribute.get("sensitive"):
            yield before + name
        yield from _sensitive(attribute.get("nested_type") or {}, f"{before}{name}.")
    for name, nested in block.get("block_types", {}).items():
        yield from _sensitive(nested["block"], f"{before}{name}.")
