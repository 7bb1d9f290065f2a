"""Values for the variables that a root demands and nobody gave: neutral ones, of their type.

Owns which variables need one, and what it is. Pure. A value is made so that the plan gets as far as it can: one of
those that a `validation` or a lookup in a map names, else a shape that the functions around it accept, else a text that
is unmistakably ours. Nothing concluded from such a value says anything about the author's code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.fix import hcl_tree
from reviewer.fix.hcl_tree import Attribute, Block, Value
from reviewer.plan.reading import CannotPlan, Source, hcl_text

NEUTRAL = "plumbrule-neutral"
"""What stands for a text that nobody gave. A bucket, a host, a label may be called so."""
MAX_DEPTH = 20
MAX_ITEMS = 50

_SHAPES = (
    (re.compile(r"cidr"), "10.0.0.0/16"),
    (re.compile(r"(?:^|_)ip(?:_address)?$"), "10.0.0.1"),
    (re.compile(r"(?:^|_)region$"), "us-east-1"),
    (re.compile(r"(?:^|_)account_id$"), "123456789012"),
)
"""By the name of a variable or attribute."""

_TAKEN_BY = {
    **dict.fromkeys(("cidrsubnet", "cidrsubnets", "cidrhost", "cidrnetmask"), "10.0.0.0/16"),
    **dict.fromkeys(("jsondecode", "yamldecode"), "{}"),
    **dict.fromkeys(("tonumber", "parseint"), "1"),
    **dict.fromkeys(("base64decode", "base64gunzip", "csvdecode"), ""),
    "tobool": "false",
    "timeadd": "2030-01-01T00:00:00Z",
    "formatdate": "2030-01-01T00:00:00Z",
}
"""By the function that the variable is given to."""

_MAPS = ("keys", "values", "lookup", "merge", "zipmap")
_LISTS = ("concat", "element", "flatten", "distinct", "sort", "slice", "toset", "tolist", "one", "compact")
_NUMBERS = ("abs", "ceil", "floor", "max", "min", "range", "pow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable of a module, its override files merged in."""

    name: str
    type: Value | None = None
    has_default: bool = False
    conditions: tuple[str, ...] = ()  # of its validations, as they are written


def declared(sources: Iterable[Source]) -> dict[str, Variable]:
    """Return the variables by name."""
    found: dict[str, Variable] = {}
    for source in sources:
        for block in source.top.blocks_of("variable"):
            if block.labels:
                found[block.labels[0]] = _merged(found.get(block.labels[0]), block)
    return found


def _merged(before: Variable | None, block: Block) -> Variable:
    written, default = block.attribute("type"), block.attribute("default")
    checks = [check.attribute("condition") for check in block.blocks_of("validation")]
    conditions = tuple(hcl_tree.source_of(check.value) for check in checks if check)
    return Variable(
        name=block.labels[0],
        type=written.value if written else before.type if before else None,
        has_default=default is not None or bool(before and before.has_default),
        conditions=(before.conditions if before else ()) + conditions,
    )


def neutral_values(sources: tuple[Source, ...], given: Iterable[str]) -> dict[str, Any]:
    """Return a value for every variable without a default whose name is not among `given`."""
    uses, objects, taken = _uses(sources), _named_objects(sources), frozenset(given)
    wanted = (v for v in declared(sources).values() if not v.has_default and v.name not in taken)
    return {variable.name: _value(variable, uses.get(variable.name, ()), objects) for variable in wanted}


def names_in(path: str, data: bytes) -> frozenset[str]:
    """Return the variables that a `.tfvars` or `.tfvars.json` file sets. Raises CannotPlan when it cannot be read."""
    if not path.endswith(".json"):
        return frozenset(item.name for item in hcl_tree.parse(hcl_text(path, data)).attributes)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise CannotPlan(f"`{path}` is not JSON.") from None
    if not isinstance(document, dict):
        raise CannotPlan(f"`{path}`: expected an object with the values of variables.")
    return frozenset(document)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """One place where a variable is read."""

    function: str = ""  # of which it is the whole first argument
    within: str = ""  # the map that it is a key of: local.sizes[var.env]
    items: int = 0  # how many there must be of a list for what is read of it
    is_map: bool = False
    is_list: bool = False
    is_number: bool = False
    is_bool: bool = False


_READ = re.compile(r"\bvar\.([A-Za-z_][\w-]*)")
_FUNCTION = re.compile(r"(?<![\w.])([a-z]\w{0,30})\(\s{0,30}$")
_WITHIN = re.compile(r"(?<![\w.])((?:local|var)\.\w{1,60})(?:\[\s?|,\s?)$")
_LOOPED = re.compile(r"(?:\bfor_each\s{0,30}=|\bin)\s{0,30}$")
_COUNTED = re.compile(r"\bcount\s{0,30}=\s{0,30}$")
_DECIDES = re.compile(r"(?:!|&&|\|\|)\s?$")
_JOINED = re.compile(r"\bjoin\([^()]*,\s{0,30}$")
_ITEM = re.compile(r"\[(\d{1,3})\]|\.(\d{1,3})\b")


def _uses(sources: Iterable[Source]) -> dict[str, tuple[_Use, ...]]:
    """Return every place where a variable is read, by variable. Comments count: they do no harm."""
    found: dict[str, list[_Use]] = {}
    for source in sources:
        text = source.text.decode("utf-8", "replace")
        for match in _READ.finditer(text):
            use = _use(text[max(0, match.start() - 80) : match.start()], text[match.end() : match.end() + 8])
            found.setdefault(match.group(1), []).append(use)
    return {name: tuple(uses) for name, uses in found.items()}


def _use(before: str, after: str) -> _Use:
    function, within, item = _FUNCTION.search(before), _WITHIN.search(before), _ITEM.match(after)
    called = function.group(1) if function and after[:1] not in ("[", ".") else ""
    number = int(item.group(1) or item.group(2)) + 1 if item else int(called == "element")
    return _Use(
        function=called,
        within=within.group(1) if within else "",
        items=min(number, MAX_ITEMS),
        is_map=called in _MAPS or bool(_LOOPED.search(before)) or bool(re.match(r"\.[A-Za-z_]|\[\"", after)),
        is_list=called in _LISTS or bool(number) or after.startswith("[*]") or bool(_JOINED.search(before)),
        is_number=called in _NUMBERS or bool(_COUNTED.search(before)),
        is_bool=bool(_DECIDES.search(before) or re.match(r"\s?(?:\?|&&|\|\|)", after)),
    )


def _named_objects(sources: Iterable[Source]) -> dict[str, tuple[str, ...]]:
    """The keys of objects that are written down: `local.NAME`, and defaults of variables as `var.NAME`."""
    found: dict[str, tuple[str, ...]] = {}
    for source in sources:
        for block in source.top.blocks_of("locals"):
            found |= {f"local.{attribute.name}": _keys(attribute) for attribute in block.attributes}
        for block in source.top.blocks_of("variable"):
            if block.labels and (default := block.attribute("default")):
                found[f"var.{block.labels[0]}"] = _keys(default)
    return {name: keys for name, keys in found.items() if keys}


def _keys(attribute: Attribute) -> tuple[str, ...]:
    if attribute.value.kind != "object":
        return ()
    return tuple(item.name for item in hcl_tree.items(attribute.value.node) if isinstance(item, Attribute))


def _value(variable: Variable, uses: tuple[_Use, ...], objects: Mapping[str, tuple[str, ...]]) -> Any:
    items = max((use.items for use in uses), default=0)
    word = hcl_tree.source_of(variable.type).strip('"') if variable.type else "any"
    used_as = _untyped(uses, items) if word == "any" else None
    if used_as is not None:
        return used_as
    if variable.type is None or word in ("any", "string"):
        return _text(variable, uses, objects)
    return _typed(variable.type, variable.name, items, MAX_DEPTH)


def _untyped(uses: tuple[_Use, ...], items: int) -> Any:
    """A value without a type, by what is done with it; None for a text."""
    if any(use.is_list for use in uses):
        return [NEUTRAL] * items
    if any(use.is_map for use in uses):
        return {}
    if any(use.is_number for use in uses):
        return 1
    return False if any(use.is_bool for use in uses) else None


def _text(variable: Variable, uses: tuple[_Use, ...], objects: Mapping[str, tuple[str, ...]]) -> str:
    keys = (objects[use.within][0] for use in uses if use.within in objects)
    taken = (_TAKEN_BY[use.function] for use in uses if use.function in _TAKEN_BY)
    return next((text for texts in (_enumerated(variable), keys, taken) for text in texts), _shaped(variable.name))


def _enumerated(variable: Variable) -> Iterator[str]:
    """The texts that a validation allows: `contains(["a", "b"], var.x)`, `var.x == "a" || ...`."""
    name = re.escape(variable.name)
    for condition in variable.conditions:
        listed = re.search(rf"^contains\(\s*\[\s*\"((?:[^\"\\$%]){{1,200}})\"[^\]]*\],\s*var\.{name}\s*\)", condition)
        equal = re.search(rf"^var\.{name} == \"((?:[^\"\\$%]){{1,200}})\"", condition)
        yield from (match.group(1) for match in (listed, equal) if match)


def _shaped(name: str) -> str:
    return next((text for form, text in _SHAPES if form.search(name.lower())), NEUTRAL)


def _typed(type_: Value, name: str, items: int, depth: int) -> Any:
    """A value of a type constraint. What is no type at all gives null, and Terraform says what is wrong with it."""
    if depth <= 0:
        return None
    word = hcl_tree.source_of(type_).strip('"')
    kind, inner = hcl_tree.function(type_), hcl_tree.elements(type_)
    if word in ("list", "set") or kind in ("list", "set"):
        of = inner[0] if kind and inner else None
        return [_typed(of, name, 0, depth - 1) if of else NEUTRAL for _ in range(items)]
    if word == "map" or kind == "map":
        return {}
    if kind == "tuple" and inner:
        return [_typed(item, name, 0, depth - 1) for item in hcl_tree.elements(inner[0])]
    if kind == "object" and inner:
        members = [item for item in hcl_tree.items(inner[0].node) if isinstance(item, Attribute)]
        wanted = (item for item in members if hcl_tree.function(item.value) != "optional")
        return {item.name: _typed(item.value, item.name, 0, depth - 1) for item in wanted}
    return {"string": _shaped(name), "number": 1, "bool": False}.get(word)
