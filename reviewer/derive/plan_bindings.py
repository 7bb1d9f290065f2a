"""Packages of provider bindings for CDK for Terraform become blocks as `terraform providers schema -json` gives them.

The compiled JavaScript says what may be set, of which exact type, and what is computed only; the TypeScript
declarations beside it say what must be there and what is a block. Neither says which simple attributes are computed
where they are not written: that comes from elsewhere (`plan_pulumi`, a real provider).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer.derive import schemas
from reviewer.fix.schema import BLOCKS, MANY

Block = dict[str, Any]

DATA = "data."
"""Stands before the type of a data source."""


def blocks(path: Path) -> Iterator[tuple[str, Block]]:
    """Yield (type, block) of every resource and, with `data.` before it, every data source of a package."""
    for texts in schemas.folders(path).values():
        script = "\n".join(text for name, text in texts if name.endswith(".js"))
        declared = "\n".join(text for name, text in texts if name.endswith(".d.ts"))
        type_ = re.search(r'^\w+\.tfResourceType = "(\w+)";', script, re.M)
        top = re.search(r"^class (\w+) extends cdktf\.Terraform(Resource|DataSource) \{", script, re.M)
        if type_ and top:
            before = DATA if top[2] == "DataSource" else ""
            yield before + type_[1], _Package(script).block(top[1], schemas.declared(declared))


def version(path: Path) -> str:
    """Return the version of the provider that a package is for, "" where it does not say."""
    folders = schemas.folders(path, (".d.ts",)).values()
    return next((found for texts in folders for _, text in texts if (found := schemas.version_of(text))), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """One thing that may be set: what the code that writes HCL says of it."""

    nesting: str  # simple, list, set, map, struct
    kind: str  # string, boolean, stringList, or the name of a class
    inner: str  # the name of the struct; "" for simple values
    whole: bool  # an object whose every attribute must be there: a plain type, no nested schema


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """One thing that the provider computes, where a comment says so."""

    optional: bool
    type: Any  # None: a class follows
    inner: str = ""
    nesting: str = "list"


class _Package:
    """The code of one resource or data source: its tables of what is written and its classes of what is read."""

    def __init__(self, script: str) -> None:
        self._tables = {name or "": _table(body) for name, body in _TABLES.findall(script)}
        self._classes = dict(_CLASSES.findall(script))

    def block(self, top: str, declared: Mapping[str, Any]) -> Block:
        """Return the block of the class `top`; `declared` is the compact form of what may be set."""
        return self._block(self._tables.get("", {}), self._reads(top), declared, ())

    def _block(
        self, written: Mapping[str, _Written], read: Mapping[str, _Read], declared: Mapping[str, Any], above: Any
    ) -> Block:
        attributes: Block = {}
        nested: Block = {}
        for name, one in written.items():
            said, inner = _word(declared.get(name, "any"))
            computed = name in read
            if one.inner and (said.rstrip("!") in BLOCKS and not said.startswith("either")):
                nested[name] = self._nested(one, said, inner, above) | ({"computed": True} if computed else {})
            else:
                attributes[name] = self._attribute(one, said, inner, above) | ({"computed": True} if computed else {})
        for name, got in read.items():
            if name not in written:
                attributes[name] = {"type": self._type(got, above), "computed": True}
        return {"attributes": dict(sorted(attributes.items())), "block_types": dict(sorted(nested.items()))}

    def _nested(self, one: _Written, said: str, declared: Mapping[str, Any], above: Any) -> Block:
        found: Block = {"nesting_mode": "single" if one.nesting == "struct" else one.nesting}
        found["block"] = self._inner(one.inner, declared, above)
        if said.endswith("!"):
            found["min_items"] = 1
        if one.nesting != "struct" and said.rstrip("!") != MANY:
            found["max_items"] = 1
        return found

    def _inner(self, name: str, declared: Mapping[str, Any], above: Any) -> Block:
        if name in above:  # a struct within itself: cut
            return {"attributes": {}, "block_types": {}}
        class_ = name[:1].upper() + name[1:] + "OutputReference"
        return self._block(self._tables.get(name, {}), self._reads(class_), declared, (*above, name))

    def _attribute(self, one: _Written, said: str, declared: Mapping[str, Any], above: Any) -> Block:
        found: Block = {"required": True} if said.endswith("!") else {"optional": True}
        if not one.inner:
            return found | {"type": _simple(one.nesting, one.kind)}
        nesting = {"struct": "single"}.get(one.nesting, one.nesting)
        inner = self._inner(one.inner, declared, above)
        if any(child.whole for child in self._tables.get(one.inner, {}).values()):
            return found | {"type": _wrapped(nesting, ["object", _types(inner)])}
        return found | {"nested_type": {"nesting_mode": nesting, "attributes": inner["attributes"]}}

    def _type(self, got: _Read, above: Any) -> Any:
        if not got.inner:
            return got.type
        if got.inner in above:
            return "dynamic"
        reads = self._reads(got.inner + "OutputReference")
        inner = {name: self._type(one, (*above, got.inner)) for name, one in sorted(reads.items())}
        return _wrapped(got.nesting, ["object", inner])

    def _reads(self, class_: str) -> dict[str, _Read]:
        body = self._classes.get(class_, "")
        return {match["name"]: _read(match) for match in _COMPUTED.finditer(body)}


_TABLES = re.compile(
    r"^(?:function (\w+)ToHclTerraform\(struct\)|    synthesizeHclAttributes\(\)) \{\n"
    r"(?:(?! *const attrs)[^\n]*\n)*? *const attrs = \{\n(.*?)^ {4,8}\};$",
    re.M | re.S,
)
_ENTRY = re.compile(
    r"^ +(?P<name>\w+): \{\n +value: (?P<value>.*),\n +isBlock: \w+,\n +type: \"(?P<type>\w+)\",\n"
    r" +storageClassType: \"(?P<kind>\w+)\"",
    re.M,
)
_STRUCT = re.compile(r"(?<!cdktf)(?<!\w)(\w+)ToHclTerraform\b")
_CLASSES = re.compile(r"^class (\w+) extends cdktf\.\w+ \{\n(.*?)^\}", re.M | re.S)
_COMPUTED = re.compile(
    r"// (?P<name>\w+) - computed: true, optional: (?P<optional>\w+), required: \w+\n +"
    r"(?:this\.\w+ = new (?:\w+_\d+\.)?(?P<class>[\w.]+)\(this, \"\w+\"(?:, (?P<set>\w+))?\)"
    r"|get \w+\(\) \{\n +return (?P<getter>.*);)?"
)
_GETTERS = {"String": "string", "Number": "number", "Boolean": "bool"}
_KINDS = {"string": "string", "number": "number", "boolean": "bool", "any": "dynamic"}


def _table(body: str) -> dict[str, _Written]:
    found = {}
    for entry in _ENTRY.finditer(body):
        inner = next((m[1] for m in _STRUCT.finditer(entry["value"]) if f"cdktf.{m[1]}To" not in entry["value"]), "")
        whole = "=== undefined ? null" in entry["value"]
        found[entry["name"]] = _Written(nesting=entry["type"], kind=entry["kind"], inner=inner, whole=whole)
    return found


def _word(declared: Any) -> tuple[str, Mapping[str, Any]]:
    return (declared, {}) if isinstance(declared, str) else (declared[0], declared[1])


def _simple(nesting: str, kind: str) -> Any:
    """`set` and `stringList` is ["set", "string"]; `list` and `stringListList` is ["list", ["list", "string"]]."""
    element = kind
    wraps = []
    while match := re.fullmatch(r"(\w+)(List|Set|Map)", element):
        element = match[1]
        wraps.append(match[2].lower())
    type_: Any = _KINDS.get(element, "dynamic")
    for wrap in reversed(wraps):
        type_ = [wrap, type_]
    return [nesting, type_[1]] if wraps and nesting in {"list", "set", "map"} else type_


def _wrapped(nesting: str, type_: Any) -> Any:
    return type_ if nesting == "single" else [nesting, type_]


def _types(block: Block) -> Block:
    """The types alone of a block's attributes."""
    return {name: attribute.get("type", "dynamic") for name, attribute in block["attributes"].items()}


def _read(match: re.Match[str]) -> _Read:
    optional = match["optional"] == "true"
    class_, getter = match["class"] or "", match["getter"] or ""
    if simple := re.fullmatch(r"cdktf\.(Any|String|Number|Boolean)Map(List)?", class_):
        map_ = ["map", {"Any": "dynamic"}.get(simple[1], _GETTERS.get(simple[1]))]
        return _Read(optional=optional, type=["list", map_] if simple[2] else map_)
    if nested := re.fullmatch(r"(\w+?)(List|Map|OutputReference)", class_):
        nesting = {"Map": "map", "OutputReference": "single"}.get(
            nested[2], "set" if match["set"] == "true" else "list"
        )
        return _Read(optional=optional, type=None, inner=nested[1], nesting=nesting)
    return _Read(optional=optional, type=_got(getter))


def _got(getter: str) -> Any:
    """`cdktf.Fn.tolist(this.getListAttribute('x'))` is a set of strings."""
    found = re.search(r"this\.get(String|Number|Boolean)?(List|Map)?(?:Attribute|OfAttribute)?\(", getter)
    if found is None or not (found[1] or found[2]):
        return "dynamic"
    element = _GETTERS.get(found[1] or "String")
    if found[2] == "Map":
        return ["map", element]
    return ["set" if "tolist(" in getter else "list", element] if found[2] else element
