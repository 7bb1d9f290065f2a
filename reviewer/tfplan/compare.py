"""Two plans that create everything, held against each other: one plan with before and after, in Terraform's own form.

Owns what counts as a change when nothing is known of what is there. What neither side knows is equal, unless it is
written with other references; what a replacement needs to be known for comes from a table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.tfplan import addresses, references
from reviewer.tfplan.addresses import Address, Moves
from reviewer.tfplan.bounds import expect_list, expect_object
from reviewer.tfplan.difference import Difference, Path, compare
from reviewer.tfplan.model import without_indexes

Forces = Callable[[str, str], bool]
"""(resource type, attribute such as "ebs_block_device.encrypted") -> whether changing it replaces the resource."""

Document = Mapping[str, Any]


def against(
    base: Document | None, head: Document, moved: Iterable[tuple[str, str]], forces: Forces = lambda _type, _path: False
) -> dict[str, Any]:
    """Return `head` with `base` as what is there before: a document as `terraform show -json` prints it.

    `moved` are the (from, to) of the head's `moved` blocks. Without `base` everything is created. Nothing is changed in
    place; the result shares values with both. Raises PlanFormatError for what is no plan.
    """
    if base is None:
        return dict(head)
    after = references.expressions(head)
    known = _Known(
        before=references.expressions(base),
        after=after,
        modules=frozenset(addresses.spell(addresses.parse(address)[0][:-1]) for address in after),
        moves=addresses.read_moves(moved),
        forces=forces,
    )
    return {
        **head,
        "resource_changes": _resource_changes(base, head, known),
        "output_changes": _output_changes(base, head),
        "prior_state": _prior_state(base, head),
    }


@dataclass(frozen=True, slots=True)
class _Known:
    """What two plans are compared by."""

    before: Mapping[str, Document]  # config address -> its arguments at the base
    after: Mapping[str, Document]
    modules: frozenset[str]  # of the head: module.a.module.b
    moves: Moves
    forces: Forces


def _resource_changes(base: Document, head: Document, known: _Known) -> list[dict[str, Any]]:
    before, after = _managed(base), _managed(head)
    origins = _origins(before, after, known.moves)
    changes = []
    for entry in expect_list(head.get("resource_changes"), "resource_changes"):
        address = str(expect_object(entry, "resource_changes[]").get("address"))
        stays = address in origins and after.get(address) is entry  # else it is new, or a data source
        changes.append(_changed(before[origins[address]], after[address], known) if stays else entry)
    left = before.keys() - origins.values()
    gone = (entry for address, entry in before.items() if address in left)
    return changes + [_deleted(_at_head(entry, known.moves, {**before, **after}), known) for entry in gone]


def _managed(document: Document) -> dict[str, dict[str, Any]]:
    """Return the entries of what is there after a plan, by address."""
    entries = expect_list(document.get("resource_changes"), "resource_changes")
    return {
        entry["address"]: entry
        for entry in entries
        if isinstance(entry, dict)
        and entry.get("mode") == "managed"
        and isinstance(entry.get("address"), str)
        and _state(entry) is not None
    }


def _state(entry: Document) -> Any:
    return expect_object(entry.get("change"), "change").get("after")


def _origins(before: Mapping[str, Any], after: Mapping[str, Any], moves: Moves) -> dict[str, str]:
    """Return {address at the head: address at the base} of what is on both sides.

    What still stands at its address stays there, and keeps others from moving in, as in Terraform.
    """
    origins = {address: address for address in before if address in after}
    for address in before:
        if address not in origins:
            target = _target(address, moves, after)
            if target in after and target not in origins:
                origins[target] = address
    return origins


def _target(address: str, moves: Moves, after: Mapping[str, Any]) -> str:
    """Return where an address of the base went. `count` added or taken away moves the one and only to 0 and back."""
    parsed, rest = addresses.parse(address)
    if rest or not parsed:
        return address
    went = addresses.follow(parsed, moves)
    for candidate in (went, *_by_count(went)):
        if addresses.spell(candidate) in after:
            return addresses.spell(candidate)
    return addresses.spell(went)


def _by_count(address: Address) -> Iterable[Address]:
    last = address[-1]
    if last.key in ("", "0"):
        yield (*address[:-1], addresses.Segment(last.name, "" if last.key else "0"))


def _changed(before: Document, after: Document, known: _Known) -> dict[str, Any]:
    """Return the entry of `after` with what was there: no-op, update or replace."""
    old, new = before["change"], after["change"]
    difference = Difference()
    unknown = compare(
        (old["after"], old.get("after_unknown")), (new["after"], new.get("after_unknown")), (), difference
    )
    rewritten = [name for name in _still_unknown(old, new) if _is_rewritten(name, before, after, known)]
    difference.paths.extend((name,) for name in rewritten)
    unknown = {**(unknown if isinstance(unknown, dict) else {}), **dict.fromkeys(rewritten, True)}
    replacing = [path for path in difference.paths if _forces(after, path, difference, known)]
    change = {
        **new,
        "actions": ["delete", "create"] if replacing else ["update"] if difference.paths else ["no-op"],
        "before": old["after"],
        "before_sensitive": old.get("after_sensitive", False),
        "after_unknown": new.get("after_unknown", {}) if replacing else unknown if difference.paths else {},
        **({"replace_paths": [list(path) for path in replacing]} if replacing else {}),
    }
    entry = {**after, "change": change}
    if before["address"] != after["address"]:
        entry["previous_address"] = before["address"]
    return {**entry, "action_reason": "replace_because_cannot_update"} if replacing else entry


def _still_unknown(old: Document, new: Document) -> list[str]:
    """Return the attributes that neither side knows as a whole."""
    before, after = _object(old.get("after_unknown")), _object(new.get("after_unknown"))
    return [name for name, mark in after.items() if mark is True and before.get(name) is True]


def _is_rewritten(name: str, before: Document, after: Document, known: _Known) -> bool:
    """Whether an unknown attribute is written with references to other resources than before: another key, say."""
    old = _written(name, before["address"], known.before, known.moves)
    new = _written(name, after["address"], known.after, {})
    return bool(old) and bool(new) and old != new


def _written(name: str, address: str, arguments: Mapping[str, Document], moves: Moves) -> frozenset[str]:
    """Return what an argument refers to, by the names that it has at the head."""
    config = without_indexes(address)
    around = addresses.parse(config)[0][:-1]
    module = f"{addresses.spell(around)}." if around else ""
    names = references.longest(references.of_expression(arguments.get(config, {}).get(name)))
    found = set()
    for reference in names:
        if references.resource_of(reference) or reference.startswith("module."):
            parsed, rest = addresses.parse(module + reference)
            found.add(without_indexes(addresses.spell(addresses.follow(parsed, moves), rest)))
    return frozenset(found)


def _forces(entry: Document, path: Path, difference: Difference, known: _Known) -> bool:
    """Whether the change at `path` replaces the resource. What the base does not know may be what is there already."""
    names = [step for step in path if isinstance(step, str)]
    type_ = entry.get("type")
    if path in difference.guesses or not isinstance(type_, str):
        return False
    return any(known.forces(type_, ".".join(names[: length + 1])) for length in range(len(names)))


def _at_head(entry: Document, moves: Moves, taken: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry by the address that its instance would have at the head, as Terraform names what it deletes."""
    moved = addresses.follow(addresses.parse(entry["address"])[0], moves)
    address = addresses.spell(moved)
    if not moved or address in taken:
        return dict(entry)
    last, around = moved[-1], addresses.spell(moved[:-1])
    named = {
        "address": address,
        "previous_address": entry["address"],
        "module_address": around,
        "name": last.name.rpartition(".")[2],
        "index": _index(last.key),
    }
    return {key: value for key, value in {**entry, **named}.items() if value not in ("", None)}


def _index(key: str) -> Any:
    try:
        return json.loads(key) if key else None
    except ValueError:  # an escape of HCL that JSON has not
        return key


def _deleted(entry: Document, known: _Known) -> dict[str, Any]:
    change = entry["change"]
    return {
        **entry,
        "change": {
            "actions": ["delete"],
            "before": change["after"],
            "after": None,
            "after_unknown": {},
            "before_sensitive": change.get("after_sensitive", False),
            "after_sensitive": False,
        },
        "action_reason": _reason(entry, known),
    }


def _reason(entry: Document, known: _Known) -> str:
    around, index = addresses.parse(without_indexes(entry["address"]))[0][:-1], entry.get("index")
    if around and addresses.spell(around) not in known.modules:
        return "delete_because_no_module"
    if without_indexes(entry["address"]) not in known.after:
        return "delete_because_no_resource_config"
    if index is None:
        return "delete_because_no_module" if around else "delete_because_wrong_repetition"
    return "delete_because_count_index" if isinstance(index, int) else "delete_because_each_key"


def _output_changes(base: Document, head: Document) -> dict[str, Any]:
    before = expect_object(base.get("output_changes"), "output_changes")
    after = expect_object(head.get("output_changes"), "output_changes")
    gone = {name: _output(change, None) for name, change in before.items() if name not in after}
    return {name: _output(before.get(name), change) for name, change in after.items()} | gone


def _output(before: Any, after: Any) -> dict[str, Any]:
    old, new = expect_object(before, "output_changes"), expect_object(after, "output_changes")
    if before is None:
        return dict(new)
    found = Difference()
    sides = (old.get("after"), old.get("after_unknown")), (new.get("after"), new.get("after_unknown"))
    unknown = compare(*sides, (), found) if after is not None else False
    return {
        "actions": ["delete"] if after is None else ["update"] if found.paths else ["no-op"],
        "before": old.get("after"),
        "after": new.get("after"),
        "after_unknown": unknown if found.paths else False,
        "before_sensitive": old.get("after_sensitive", False),
        "after_sensitive": new.get("after_sensitive", False),
    }


def _prior_state(base: Document, head: Document) -> dict[str, Any]:
    """Return what is there before: what the base leaves, and the data that were read for the head."""
    prior = expect_object(head.get("prior_state"), "prior_state")
    planned = expect_object(base.get("planned_values"), "planned_values")
    read = expect_object(prior.get("values"), "prior_state.values")
    return {
        "format_version": prior.get("format_version", "1.0"),
        "terraform_version": head.get("terraform_version"),
        "values": {
            "outputs": planned.get("outputs", {}),
            "root_module": _with_data(planned.get("root_module"), read.get("root_module")),
        },
    }


def _with_data(planned: Any, read: Any) -> dict[str, Any]:
    """Return the tree of modules of `planned` with the data sources of `read`, module by module."""
    module, other = expect_object(planned, "root_module"), expect_object(read, "root_module")
    data = [one for one in _objects(other.get("resources")) if one.get("mode") == "data"]
    children = {one.get("address"): one for one in _objects(module.get("child_modules"))}
    others = {one.get("address"): one for one in _objects(other.get("child_modules"))}
    both = [
        _with_data(children.get(address, {"address": address}), others.get(address))
        for address in {**children, **others}
    ]
    resources = [*_objects(module.get("resources")), *data]
    return {
        **({"address": module["address"]} if "address" in module else {}),
        **({"resources": resources} if resources else {}),
        **({"child_modules": both} if both else {}),
    }


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> Sequence[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
