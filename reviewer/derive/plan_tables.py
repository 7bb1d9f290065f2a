"""The tables in config/plan, made of what several sources know of a provider. Pure: what is read is given.

Owns the compact form, which `reviewer.plan.shipped` reads: one type a line. A mapping of names to
- "o list number": an attribute and its type; letters say r(equired), o(ptional), c(omputed), s(ensitive),
  w(rite-only); what ends in no type is of strings: "r", "o list";
- ["c", ["list", ["object", ...]]]: the same with a type in Terraform's own JSON form;
- ["o =list", {...}]: an attribute with attributes of its own;
- ["=list 1..1", {...}]: a block, and how many there may be; with c where the provider fills it in by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reviewer.derive.plan_bindings import DATA
from reviewer.derive.plan_pulumi import PULUMIS, Told, plain

Block = dict[str, Any]

_FLAGS = {"required": "r", "optional": "o", "computed": "c", "sensitive": "s", "write_only": "w"}


def compact(block: Block) -> dict[str, Any]:
    """Return the compact form of a block as `terraform providers schema -json` gives it."""
    found = {name: _attribute(attribute) for name, attribute in block.get("attributes", {}).items()}
    for name, nested in block.get("block_types", {}).items():
        found[name] = [_head(nested), compact(nested["block"])]
    return dict(sorted(found.items()))


def _attribute(attribute: Mapping[str, Any]) -> Any:
    flags = "".join(letter for flag, letter in _FLAGS.items() if attribute.get(flag))
    if nested := attribute.get("nested_type"):
        inner = {name: _attribute(one) for name, one in sorted(nested["attributes"].items())}
        return [f"{flags} ={nested['nesting_mode']}", inner]
    words = _words(attribute["type"])
    return [flags, attribute["type"]] if words is None else " ".join([flags, *words])


def _words(type_: Any) -> list[str] | None:
    """["list"] for ["list", "string"], ["list", "number"] for that; None where an object is in it."""
    if isinstance(type_, str):
        return [] if type_ == "string" else [type_]
    inner = _words(type_[1]) if type_[0] != "object" else None
    return None if inner is None else [type_[0], *inner]


def _head(nested: Mapping[str, Any]) -> str:
    least, most = nested.get("min_items"), nested.get("max_items")
    words = [f"={nested['nesting_mode']}"]
    if least or most:
        words.append(f"{least or ''}..{most or ''}")
    return " ".join(words + ["c"] * bool(nested.get("computed")))


def text(head: Mapping[str, str], types: Mapping[str, Any]) -> str:
    """Return the text of a table: what it is of, then one type a line, in order."""
    lines = [f"{json.dumps(name)}:{json.dumps(types[name], separators=(',', ':'))}" for name in sorted(types)]
    return json.dumps(dict(head))[:-1] + ', "types": {\n' + ",\n".join(lines) + "\n}}\n"


def with_computed(block: Block, told: Told | None) -> None:
    """Mark in `block` what is computed where it is not written, and what is sensitive, as Pulumi's package tells."""
    attributes = block["attributes"]
    for name in ("id", "tags_all"):
        if attributes.get(name, {}).get("optional"):
            attributes[name]["computed"] = True  # by every provider made with the SDK
    for name, attribute in attributes.items():
        if told and plain(name) in told.always and attribute.get("optional") and not _is_described(told, name):
            attribute["computed"] = True
        if (told and plain(name) in told.secret) or name.endswith("_wo"):
            attribute["sensitive"] = True
        if name.endswith("_wo") and attribute.get("optional"):
            attribute["write_only"] = True
            attribute.pop("computed", None)
    for name, nested in block["block_types"].items():
        if told and plain(name) in told.always and not nested.get("min_items"):
            nested["computed"] = True


def _is_described(told: Told, name: str) -> bool:
    """Whether the package gives it a text of its own, in the place of the provider's "Managed by Terraform"."""
    return told.defaults.get(plain(name), "") == PULUMIS


def with_asked(block: Block, asked: Mapping[str, Any], before: str = "") -> None:
    """Mark in `block` what an older release of the provider itself said. Goes into blocks."""
    for name, attribute in block["attributes"].items():
        if before + name in asked.get("computed", ()) and attribute.get("optional"):
            attribute["computed"] = True
        if before + name in asked.get("sensitive", ()):
            attribute["sensitive"] = True
    for name, nested in block["block_types"].items():
        if not before and name in asked.get("filled", ()):
            nested["computed"] = True
        with_asked(nested["block"], asked, f"{before}{name}.")


def with_sensitive_data(blocks: Mapping[str, Block]) -> None:
    """Mark in data sources what is sensitive in the resource of the same name."""
    for type_, block in blocks.items():
        resource = blocks.get(type_.removeprefix(DATA), block) if type_.startswith(DATA) else block
        for name, attribute in block["attributes"].items():
            if resource["attributes"].get(name, {}).get("sensitive"):
                attribute["sensitive"] = True


def replacing(block: Block, told: Told) -> Iterator[str]:
    """Yield the attributes and blocks of which the documentation says that a change creates the resource anew."""
    for name in (*block["attributes"], *block["block_types"]):
        if plain(name) in told.recreates and name not in {"id", "tags", "tags_all"}:
            yield name


def given_defaults(known: Mapping[str, Mapping[str, Any]], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults that a real provider gave, of what may still be written. `known` is by path.

    Some are computed by now, or of another type. Whoever plans goes by the schema of the release in use.
    """
    return {path: value for path, value in asked.get("defaults", {}).items() if may_default(known.get(path))}


def may_default(attribute: Mapping[str, Any] | None) -> bool:
    """Tell whether an attribute may have a default: it may be written, and is kept."""
    return bool(attribute and attribute.get("optional") and not attribute.get("write_only"))


def documented_defaults(block: Block, told: Told) -> dict[str, Any]:
    """Return the defaults that the documentation names, where the plan must have them.

    An attribute that is not computed and not written stays null until the end unless the provider's code has a default.
    The cloud's own default would differ from null and be a change for ever; so what is documented is in the code. That
    holds for values other than false, 0 and "", which the SDK takes for null.
    """
    found = {}
    for name, attribute in block["attributes"].items():
        said = told.defaults.get(plain(name))
        if said and may_default(attribute) and not attribute.get("computed"):
            value = _literal(said.replace(PULUMIS, "Managed by Terraform"), attribute.get("type"))
            if value:
                found[name] = value
    return found


def _literal(said: str, type_: Any) -> Any:
    if type_ == "bool":
        return {"true": True}.get(said.lower())
    if type_ == "number":
        return int(said) if said.isdigit() else None
    return said if type_ == "string" and said not in {"null", "nil", "none", "empty"} else None


def resources(blocks: Iterable[tuple[str, Block]]) -> dict[str, Block]:
    """Return the blocks of resources alone."""
    return {type_: block for type_, block in blocks if not type_.startswith(DATA)}
