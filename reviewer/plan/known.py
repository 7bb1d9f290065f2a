"""What is known of the resource types of a root, type by type: the operator's schemas, then ours, then the code's own.

Pure but for the reading of tables. Knows no values and no Terraform.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reviewer.plan.prepare import Prepared
from reviewer.plan.provider_schema import Block, ProviderSchema, join
from reviewer.plan.schemas import DATA, PROVIDER, RESOURCE
from reviewer.plan.shipped import shipped_block

Lookup = Callable[[str, str, str], Block | None]
"""The operator's schemas: a provider's source, RESOURCE, DATA or PROVIDER, a type ("" for a provider) -> its block."""

_OFFICIAL = ("registry.terraform.io/hashicorp/", "registry.opentofu.org/hashicorp/")
"""Whose providers our own tables describe; another's of the same name is another provider."""


def nothing(source: str, kind: str, type_: str) -> Block | None:
    """A `Lookup` without anything in it."""
    del source, kind, type_
    return None


def provider_schemas(prepared: Prepared, operator: Lookup) -> tuple[ProviderSchema, ...]:
    """Return the schemas of all providers that a root uses, with the types that it uses."""
    sources = dict.fromkeys([use.source for use in prepared.providers])
    return tuple(_schema(source, prepared.inferred.get(source) or {}, operator) for source in sources)


def _schema(source: str, inferred: Mapping[str, Any], operator: Lookup) -> ProviderSchema:
    config = (inferred.get("provider") or {}).get("block") or {}
    return ProviderSchema(
        source=source,
        config=join(operator(source, PROVIDER, ""), config),
        resources=dict(_blocks(source, RESOURCE, inferred.get(RESOURCE) or {}, operator)),
        data=dict(_blocks(source, DATA, inferred.get(DATA) or {}, operator)),
    )


def _blocks(
    source: str, kind: str, inferred: Mapping[str, Any], operator: Lookup
) -> Iterable[tuple[str, dict[str, Any]]]:
    for type_, written in inferred.items():
        ours = _ours(source, type_, data=kind == DATA)
        known = operator(source, kind, type_)
        known = ours if known is None else _filled_in(known, ours)
        if kind == DATA and known is not None:
            known = _answered(known, written.get("block") or {})
        yield type_, join(known, written.get("block") or {})


def _answered(known: Block, written: Block) -> dict[str, Any]:
    """Say that a data source gives whatever the code reads of it: tables may only know that it can be asked for."""
    attributes = {
        name: {**attribute, "computed": True} if name in (written.get("attributes") or {}) else attribute
        for name, attribute in (known.get("attributes") or {}).items()
    }
    return {**known, "attributes": attributes}


def _filled_in(known: Block, ours: Block | None) -> dict[str, Any]:
    """Say of the operator's blocks which the provider fills in: what Terraform prints of a schema leaves that out."""
    blocks = dict(known.get("block_types") or {})
    for name, nested in ((ours or {}).get("block_types") or {}).items():
        if nested.get("computed") and name in blocks:
            blocks[name] = {"computed": True} | blocks[name]
    return {**known, "block_types": blocks}


def _ours(source: str, type_: str, *, data: bool) -> Block | None:
    prefix = next((prefix for prefix in _OFFICIAL if source.startswith(prefix)), None)
    return shipped_block(source.removeprefix(prefix), type_, data=data) if prefix else None
