"""Plans for the tests, in the form of `terraform show -json`."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parent / "recorded"


def recorded(name: str) -> dict[str, Any]:
    """A plan that the real terraform made: see record.py."""
    return json.loads((RECORDED / f"{name}.json").read_text())


def entry(address: str, *, before=None, after=None, actions=None, mode="managed", **change) -> dict[str, Any]:
    """One entry of resource_changes; the parts of the address are taken from it."""
    index = re.search(r'\[(?:(\d+)|"((?:[^"\\]|\\.)*)")\]$', address)
    bare = address[: index.start()] if index else address
    type_, _, name = bare.rpartition(".")
    type_ = type_.rpartition(".")[2]
    found = {
        "address": address,
        "mode": mode,
        "type": type_,
        "name": name,
        "provider_name": f"registry.terraform.io/hashicorp/{type_.partition('_')[0]}",
        "change": {
            "actions": actions or _actions(before, after),
            "before": before,
            "after": after,
            "after_unknown": {},
            "before_sensitive": {} if before else False,
            "after_sensitive": {} if after else False,
            **change,
        },
    }
    if "module." in bare:
        found["module_address"] = bare[: -len(f".{type_}.{name}")].removesuffix(".data")
    if index:
        found["index"] = int(index[1]) if index[1] else json.loads(f'"{index[2]}"')
    return found


def _actions(before, after) -> list[str]:
    if before is None:
        return ["create"]
    if after is None:
        return ["delete"]
    return ["no-op"] if before == after else ["update"]


def plan(*entries: dict[str, Any], configuration=None, **more) -> dict[str, Any]:
    """A plan with these changes; planned_values hold what they leave."""
    return copy.deepcopy(
        {
            "format_version": "1.2",
            "terraform_version": "1.11.4",
            "planned_values": {"root_module": planned_values(entries)},
            "resource_changes": list(entries),
            "configuration": configuration or {"root_module": {}},
            **more,
        }
    )


def planned_values(entries) -> dict[str, Any]:
    kept = [one for one in entries if one["change"]["after"] is not None and one["mode"] == "managed"]
    root = [_resource(one) for one in kept if "module_address" not in one]
    modules: dict[str, list] = {}
    for one in kept:
        if "module_address" in one:
            modules.setdefault(one["module_address"], []).append(_resource(one))
    children = [{"address": address, "resources": found} for address, found in modules.items()]
    return {"resources": root, **({"child_modules": children} if children else {})}


def _resource(one: dict[str, Any]) -> dict[str, Any]:
    return {
        **{key: value for key, value in one.items() if key not in ("change", "module_address")},
        "values": one["change"]["after"],
        "sensitive_values": one["change"]["after_sensitive"] or {},
    }
