"""What Checkov's own checks want of an attribute, as far as their classes and definitions say it in so many words.

Owns reading the checks. Knows no schema and no recipe. Where a check allows several values, or any, nothing is chosen:
that is left to a person.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.derive import trial

ANY = "CKV_ANY"
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_INDEX = re.compile(r"\[?\d+\]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """`rule` passes on a thing of one of `types` when what stands at `path` is `value`."""

    rule: str
    title: str
    types: tuple[str, ...]
    path: tuple[str, ...]
    value: Any  # bool, int or str; a list of them
    wrong: Any = None  # a value that the check is known to fail; None: not known
    source: str  # the module of the class, the file of the definition
    said: str  # how it says so: "expected True at metadata_options/[0]/http_tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """A check that names an attribute, and why no value follows from it."""

    rule: str
    types: tuple[str, ...]
    why: str


def terraform() -> Iterator[Want | Unclear]:
    """Yield what the checks on Terraform resources want."""
    trial.load("terraform")
    registry = importlib.import_module("checkov.terraform.checks.resource.registry").resource_registry
    base = "checkov.terraform.checks.resource.base_resource"
    yield from _of_classes(registry, base)
    yield from _of_graph()


def cloudformation() -> Iterator[Want | Unclear]:
    """Yield what the checks on CloudFormation resources want. Paths begin below Properties."""
    trial.load("cloudformation")
    registry = importlib.import_module("checkov.cloudformation.checks.resource.registry").cfn_registry
    base = "checkov.cloudformation.checks.resource.base_resource"
    yield from _of_classes(registry, base)


def terraform_types() -> frozenset[str]:
    """Return every resource type that a check on Terraform names."""
    found = {type_ for want in terraform() for type_ in want.types}
    registry = importlib.import_module("checkov.terraform.checks.resource.registry").resource_registry
    return frozenset(found | set(registry.checks) | {t for check in _graph_checks() for t in _types(check)})


def _of_classes(registry: Any, base: str) -> Iterator[Want | Unclear]:
    positive = importlib.import_module(f"{base}_value_check").BaseResourceValueCheck
    negative = importlib.import_module(f"{base}_negative_value_check").BaseResourceNegativeValueCheck
    checks: dict[int, tuple[Any, list[str]]] = {}
    for known in (registry.checks, registry.wildcard_checks):
        for type_, listed in known.items():
            for check in listed:
                checks.setdefault(id(check), (check, []))[1].append(type_)
    for check, types in sorted(checks.values(), key=lambda item: (str(item[0].id), item[1])):
        if isinstance(check, positive):
            yield _want(check, types, _expected(check), "expected")
        elif isinstance(check, negative):
            yield _want(check, types, _allowed(check), "anything is right but")


def _expected(check: Any) -> tuple[Any, Any, Any]:
    """The one value to set, a wrong one and what the class says; a reason in place of the value where there is none."""
    values = check.get_expected_values()
    return _one_of(values), None, values


def _one_of(values: Any) -> Any:
    values = values if isinstance(values, list) else [values]
    if ANY in values:
        return _Reason("any value is right")
    if any(value is True for value in values):
        return True
    if len({str(value).lower() for value in values}) == 1:  # spellings of one value: "azure", "Azure"
        return values[0]
    return _Reason(f"several values are right: {', '.join(map(str, values))}"[:200])


def _allowed(check: Any) -> tuple[Any, Any, Any]:
    values = check.get_forbidden_values()
    listed = values if isinstance(values, list) else [values]
    if listed and all(str(value).lower() in {"true", "false"} for value in listed):
        wrong = str(listed[0]).lower() == "true"
        return not wrong, wrong, values
    if ANY in listed:
        return _Reason("the attribute must not be there"), None, values
    return _Reason(f"known are only wrong values: {', '.join(map(str, listed))}"[:200]), None, values


class _Reason(str):
    """Why there is no value."""

    __slots__ = ()


def _want(check: Any, types: Iterable[str], found: tuple[Any, Any, Any], word: str) -> Want | Unclear:
    value, wrong, values = found
    ordered = tuple(sorted(types))
    key = str(check.get_inspected_key())
    path = [part for part in key.split("/") if not _INDEX.fullmatch(part)]
    if path[:1] == ["Properties"]:
        if path != key.split("/"):
            return Unclear(rule=check.id, types=ordered, why=f"{key}: an item of a list")
        path = path[1:]
    if isinstance(value, _Reason):
        return Unclear(rule=check.id, types=ordered, why=f"{key}: {value}")
    if not path or not all(_NAME.fullmatch(part) for part in path):
        return Unclear(rule=check.id, types=ordered, why=f"{key}: no plain path")
    return Want(
        rule=str(check.id),
        title=str(check.name),
        types=ordered,
        path=tuple(path),
        value=value,
        wrong=wrong,
        source=type(check).__module__ + (" (with a scan of its own)" if _has_own_scan(check) else ""),
        said=f"{word} {values} at {key}",
    )


def _has_own_scan(check: Any) -> bool:
    method = inspect.getmodule(type(check).scan_resource_conf)
    return method is not None and ".base_resource" not in method.__name__


def _graph_checks() -> list[Any]:
    registry = importlib.import_module("checkov.common.checks_infra.registry").get_graph_checks_registry("terraform")
    registry.load_checks()
    return sorted(registry.checks, key=lambda check: str(check.id))


def _types(check: Any) -> set[str]:
    return {type_ for type_ in check.resource_types or () if isinstance(type_, str) and _NAME.fullmatch(type_)}


def _of_graph() -> Iterator[Want | Unclear]:
    for check in _graph_checks():
        conditions = list(_conditions(check))
        types = tuple(sorted({t for c in conditions for t in c.resource_types or ()}))
        if not conditions or any(str(c.type).rpartition(".")[2].lower() != "attribute" for c in conditions):
            continue  # it joins resources: no attribute alone mends it
        attributes = {str(c.attribute) for c in conditions}
        wanted = [v for c in conditions if (v := _value(c)) is not None]
        source = str(check.check_path).rpartition("/checkov/")[2]
        if len(attributes) != 1 or len({str(v).lower() for v in wanted}) != 1:
            yield Unclear(rule=check.id, types=types, why=f"{', '.join(sorted(attributes))}: no one value follows")
            continue
        path = attributes.pop().split(".")
        if all(_NAME.fullmatch(part) for part in path):
            yield Want(
                rule=str(check.id),
                title=str(check.name),
                types=types,
                path=tuple(path),
                value=wanted[0],
                source=f"checkov/{source}",
                said=" and ".join(f"{str(c.operator).lower()} {c.attribute_value}" for c in conditions),
            )


def _conditions(check: Any) -> Iterator[Any]:
    waiting = [check]
    while waiting:
        condition = waiting.pop(0)
        if condition.sub_checks:
            waiting = [*condition.sub_checks, *waiting]
        else:
            yield condition


def _value(condition: Any) -> Any:
    """The value that a condition on an attribute asks for, None when it asks for none."""
    operator, value = str(condition.operator).lower(), condition.attribute_value
    as_bool: Mapping[str, bool] = {"true": True, "false": False}
    read = as_bool.get(str(value).lower(), value)
    if operator in {"equals", "equals_ignore_case", "jsonpath_equals"}:
        return read
    if operator in {"not_equals", "not_equals_ignore_case"} and isinstance(read, bool):
        return not read
    if operator == "within" and isinstance(value, list) and len({str(v).lower() for v in value}) == 1:
        return value[0]
    return None
