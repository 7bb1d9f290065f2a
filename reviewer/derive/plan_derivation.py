"""One run of `plumbrule plan-tables`: what packages declare and a provider answered becomes the files in config/plan.

`ask` keeps a real provider's answers in asked-PROVIDER.json; `derive` joins them with the packages, which are newer.
Where a type or attribute is gone from the newer release, so is what was answered of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from reviewer.derive import plan_answers, plan_bindings, plan_probe, plan_pulumi, plan_tables, schemas

Block = dict[str, Any]

REVIEWED = "reviewed.yml"
"""What people know, in the folder of the tables: see there."""

_PULUMI = {"aws": "aws", "azurerm": "azure", "google": "gcp"}
_HEAD_ASKED = "what a real provider answered to `plumbrule plan-tables ask`: see docs/plan-fidelity.md"


def ask(binary: Path, only: Iterable[str], into: Path, say: Callable[[str], None]) -> Path:
    """Ask the provider `binary`, write its answers below `into` and return the file. Raises plan_probe.NoProvider."""
    named = re.fullmatch(r"terraform-provider-(\w+)_v(\d[\w.]*?)(?:_x\d)?", binary.name)
    if not named:
        raise plan_probe.NoProvider(f"{binary.name}: expected a file named terraform-provider-NAME_vVERSION")
    path = into / f"asked-{named[1]}.json"
    with plan_probe.running(binary) as provider:
        provider.configure(plan_probe.OFFLINE)
        types = sorted(only or provider.resources)
        found = dict(read_types(path)) if only else {}
        for number, type_ in enumerate(types):
            found[type_] = _told(plan_answers.answers(provider, type_), provider.resources[type_])
            if number % 50 == 49:
                say(f"{number + 1} of {len(types)} types")
    head = {"provider": named[1], "version": named[2], "source": _HEAD_ASKED}
    path.write_text(plan_tables.text(head, {t: told for t, told in found.items() if told}), encoding="utf-8")
    return path


def _told(answers: plan_answers.Answers, block: Block) -> dict[str, Any]:
    """What is kept of a type: the answers, and what its schema calls sensitive, or computed where it may be written."""
    flat = list(_flat(block))
    told = {
        "defaults": answers.defaults,
        "null": answers.nothing,
        "replaces": answers.replaces,
        "filled": sorted(answers.filled),
        "computed": [path for path, one in flat if one.get("optional") and one.get("computed")],
        "sensitive": [path for path, one in flat if one.get("sensitive")],
    }
    return {key: value for key, value in told.items() if value}


def _flat(block: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each attribute of a block and its blocks, with the way to it: ("root.encrypted", {...})."""
    for name, attribute in block.get("attributes", {}).items():
        yield before + name, attribute
        for inner, one in (attribute.get("nested_type") or {}).get("attributes", {}).items():
            yield f"{before}{name}.{inner}", one
    for name, nested in block.get("block_types", {}).items():
        yield from _flat(nested["block"], f"{before}{name}.")


def derive(provider: str, packages: Path, into: Path) -> Iterator[str]:
    """Write the tables of `provider` below `into`; yield what was done. Raises schemas.NoSchemas."""
    bindings = _package(packages, f"*provider_{provider}-*.whl")
    blocks = dict(plan_bindings.blocks(bindings))
    own = plan_tables.resources(blocks.items())
    pulumi = _package(packages, f"pulumi_{_PULUMI[provider]}-*.whl")
    told = plan_pulumi.matched(plan_pulumi.told(pulumi), own)
    asked = read_types(into / f"asked-{provider}.json")
    for type_, block in own.items():
        plan_tables.with_computed(block, told.get(type_))
        plan_tables.with_asked(block, asked.get(type_, {}))
    plan_tables.with_sensitive_data(blocks)
    into.mkdir(parents=True, exist_ok=True)
    sources = [schemas.source_of(bindings), schemas.source_of(pulumi)]
    head = {"provider": provider, "version": plan_bindings.version(bindings), "source": ", ".join(sources)}
    compact = {type_: plan_tables.compact(block) for type_, block in blocks.items()}
    (into / f"{provider}.json").write_text(plan_tables.text(head, compact), encoding="utf-8")
    yield f"{len(own)} resource types, {len(blocks) - len(own)} data sources; {len(told)} found in {pulumi.name}"
    replaces = _replaces(own, told, asked, _reviewed(into / REVIEWED))
    for name, found in (("defaults", _defaults(own, told, asked)), ("replaces", replaces)):
        _merge(into / f"{name}.json", provider, found)
        yield f"{name} of {sum(map(len, found.values()))} attributes in {len(found)} types"


def _reviewed(path: Path) -> Mapping[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    types: Mapping[str, Any] = found.get("types", {})
    return types


def _package(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise schemas.NoSchemas(f"{folder}: expected a package {pattern}")
    return found[-1]


def read_types(path: Path) -> Mapping[str, Any]:
    """Return the types of a file of tables, none where there is no file."""
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))["types"] if path.is_file() else {}
    return found


def _defaults(
    own: Mapping[str, Block], told: Mapping[str, plan_pulumi.Told], asked: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Documented defaults, and over them those that a real provider gave."""
    found = {}
    for type_, block in own.items():
        documented = plan_tables.documented_defaults(block, told[type_]) if type_ in told else {}
        given = plan_tables.given_defaults(dict(_flat(block)), asked.get(type_, {}))
        nothing = asked.get(type_, {}).get("null", ())
        found[type_] = {path: v for path, v in sorted((documented | given).items()) if path not in nothing}
    return {type_: values for type_, values in found.items() if values}


def _replaces(
    own: Mapping[str, Block],
    told: Mapping[str, plan_pulumi.Told],
    asked: Mapping[str, Any],
    reviewed: Mapping[str, Any],
) -> dict[str, list[str]]:
    """What is documented, what a real provider answered, and over both what people reviewed. Paths that exist alone."""
    found = {}
    for type_, block in own.items():
        documented = set(plan_tables.replacing(block, told[type_])) if type_ in told else set()
        people = reviewed.get(type_, {})
        all_ = documented | set(asked.get(type_, {}).get("replaces", ())) | set(people.get("replaces", ()))
        known = {path for path, one in _flat(block) if one.get("optional") or one.get("required")}
        known |= {path.rpartition(".")[0] for path in known} | set(block["block_types"])
        found[type_] = sorted((all_ & known) - set(people.get("updates", ())))
    return {type_: paths for type_, paths in found.items() if paths}


def _merge(path: Path, provider: str, found: Mapping[str, Any]) -> None:
    """Put what was found of one provider in the place of what the file says of it."""
    others = {t: told for t, told in read_types(path).items() if not t.startswith(f"{provider}_")}
    head = {"source": "made by `plumbrule plan-tables derive`: see docs/plan-fidelity.md"}
    path.write_text(plan_tables.text(head, others | dict(found)), encoding="utf-8")
