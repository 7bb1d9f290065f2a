"""Which resource refers to which, from the `configuration` of a plan.

Terraform lists the references of each argument ("aws_kms_key.a.arn", "aws_kms_key.a"). They are followed through the
inputs and outputs of modules and through data sources; locals are not in a plan, so what goes through one is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from reviewer.tfplan.model import without_indexes

MAX_REFERENCES = 20_000
"""Pairs that are told of one plan."""
MOST_BEHIND = 1_000
"""Steps that are taken behind one name."""
MAX_NAME = 500
_MAX_MODULES = 60  # deep; more is refused by `bounds` anyway

_NAME = r"[\w-]+"
_RESOURCE = re.compile(rf"(?:data\.)?{_NAME}\.{_NAME}")
_DATA = re.compile(r"(?:module\.[^.]+\.)*data\.")
_NOT_RESOURCES = frozenset(("var", "local", "module", "each", "count", "self", "path", "terraform", "provider"))

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Module:
    """One module of the configuration: where it is, what it holds, and the call in its parent."""

    prefix: str  # module.a.
    content: Mapping[str, Any]
    parent: _Module | None = None
    inputs: Mapping[str, Any] | None = None  # the arguments of its call


def references(document: Mapping[str, Any]) -> tuple[Pair, ...]:
    """Return (config address, config address that it refers to) of managed resources, each pair once, in order.

    A data source on the way is followed. What is not as Terraform writes it refers to nothing.
    """
    modules = {module.prefix: module for module in _modules(_Module("", _object(_root(document))))}
    behind: Behind = {}
    direct = {
        address: targets for module in modules.values() for address, targets in _resources(module, modules, behind)
    }
    pairs: dict[Pair, None] = {}
    for address in direct:
        if not _DATA.match(address):
            pairs.update(dict.fromkeys((address, target) for target in _managed(address, direct)))
        if len(pairs) > MAX_REFERENCES:
            break
    return tuple(sorted(pairs))[:MAX_REFERENCES]


def expressions(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the arguments of every resource of the configuration, by its config address."""
    found = {}
    for module in _modules(_Module("", _object(_root(document)))):
        for resource in map(_object, _list(module.content.get("resources"))):
            if isinstance(resource.get("address"), str):
                found[module.prefix + resource["address"]] = _object(resource.get("expressions"))
    return found


def of_expression(value: Any) -> Iterator[str]:
    """Yield every reference in an argument of the configuration: nested blocks are lists of objects."""
    if isinstance(value, list):
        for item in value:
            yield from of_expression(item)
    elif isinstance(value, dict):
        listed = value.get("references")
        if isinstance(listed, list):
            yield from (reference for reference in listed if isinstance(reference, str))
        for key, nested in value.items():
            if key not in ("references", "constant_value"):
                yield from of_expression(nested)


def longest(names: Iterable[str]) -> tuple[str, ...]:
    """Return `names` without indexes and what only begins another: Terraform lists `module.m` beside `module.m.arn`."""
    kept = dict.fromkeys(without_indexes(name[:MAX_NAME]) for name in names)
    beginnings = {name[: at.start()] for name in kept for at in re.finditer(r"\.", name)}
    return tuple(name for name in kept if name not in beginnings or resource_of(name))


def resource_of(reference: str) -> str:
    """Return the resource that a reference names ("data.aws_ami.x", "aws_kms_key.a"), "" when it names none."""
    found = _RESOURCE.match(reference)
    return found.group() if found and reference.partition(".")[0] not in _NOT_RESOURCES else ""


def _root(document: Mapping[str, Any]) -> Any:
    return _object(document.get("configuration")).get("root_module")


def _modules(module: _Module, depth: int = 0) -> Iterator[_Module]:
    yield module
    if depth >= _MAX_MODULES:
        return
    for name, call in _object(module.content.get("module_calls")).items():
        content, inputs = _object(_object(call).get("module")), _object(_object(call).get("expressions"))
        yield from _modules(_Module(f"{module.prefix}module.{name}.", content, module, inputs), depth + 1)


Behind = dict[tuple[str, str], tuple[str, ...]]
"""What was found behind a name in a module: many resources refer to the same variable."""


def _resources(
    module: _Module, modules: Mapping[str, _Module], behind: Behind
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for resource in _list(module.content.get("resources")):
        address = _object(resource).get("address")
        if isinstance(address, str):
            found: dict[str, None] = {}
            for name in longest(_names(resource)):
                key = (module.prefix, name)
                if key not in behind:
                    behind[key] = tuple(islice(_targets(module, name, modules), MOST_BEHIND))
                found.update(dict.fromkeys(behind[key]))
            yield module.prefix + address, tuple(found)


def _names(resource: Mapping[str, Any]) -> Iterator[str]:
    for key in ("expressions", "for_each_expression", "count_expression"):
        yield from of_expression(resource.get(key))
    yield from (name for name in _list(resource.get("depends_on")) if isinstance(name, str))


def _targets(module: _Module, name: str, modules: Mapping[str, _Module]) -> Iterator[str]:
    """Yield the config addresses of the resources behind `name`, which is written in `module`."""
    todo, seen = [(module, name)], {(module.prefix, name)}
    for _ in range(MOST_BEHIND):
        if not todo:
            return
        place, name = todo.pop()
        resource = resource_of(name)
        if resource:
            yield place.prefix + resource
            continue
        for inner, names in _behind(place, name, modules):
            further = [(inner, one) for one in longest(names) if (inner.prefix, one) not in seen]
            seen.update((inner.prefix, one) for _, one in further)
            todo.extend(further)


def _behind(place: _Module, name: str, modules: Mapping[str, _Module]) -> Iterator[tuple[_Module, Iterator[str]]]:
    """Yield where a variable or a module's output gets its value from: a module, and names in it."""
    head, _, rest = name.partition(".")
    called, _, output = rest.partition(".")
    if head == "var" and place.parent is not None:
        yield place.parent, of_expression(_object(place.inputs).get(called))
    elif head == "module" and (inner := modules.get(f"{place.prefix}module.{called}.")):
        outputs = _object(inner.content.get("outputs"))
        wanted = output.partition(".")[0]
        for found in outputs.values() if not wanted else [outputs.get(wanted)]:
            yield inner, of_expression(_object(found).get("expression"))


def _managed(address: str, direct: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the managed resources that `address` refers to, through data sources where they stand between."""
    todo, seen = list(direct[address]), {address}
    while todo and len(seen) < MOST_BEHIND:
        target = todo.pop()
        if target in seen:
            continue
        seen.add(target)
        if not _DATA.match(target):
            yield target
        else:
            todo.extend(direct.get(target, ()))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
