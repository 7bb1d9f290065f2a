"""What a provider's own code works out while it plans, where code depends on it and no schema tells. Pure.

One entry a resource type, for what is often given to `for_each`: unknown there, the root could not be planned at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reviewer.plan.provider_schema import Block
from reviewer.plan.provider_values import UNKNOWN

Values = Mapping[str, Any]


def worked_out(type_: str, block: Block, written: Values, planned: Values) -> dict[str, Any]:
    """Return the `planned` values of a resource with what its provider knows already from those that are `written`."""
    work = _WORK.get(type_)
    return {**planned, **(work(block, written) if work else {})}


def _validations(block: Block, written: Values) -> Values:
    """A certificate is validated once for each of its names (aws_acm_certificate, "domain_validation_options")."""
    type_ = block["attributes"].get("domain_validation_options", {}).get("type")
    others = written.get("subject_alternative_names") or []
    names = [written.get("domain_name"), *(others if isinstance(others, list) else [None])]
    of_objects = isinstance(type_, list) and isinstance(type_[1], list) and type_[1][0] == "object"
    if written.get("validation_method") != "DNS" or not of_objects or not all(isinstance(n, str) for n in names):
        return {}
    members = type_[1][1]
    unique = dict.fromkeys(name.removesuffix(".") for name in names)
    return {
        "domain_validation_options": [
            {member: name if member == "domain_name" else UNKNOWN for member in members} for name in unique
        ]
    }


_WORK: Mapping[str, Callable[[Block, Values], Values]] = {"aws_acm_certificate": _validations}
