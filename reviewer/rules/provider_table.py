"""The table of Terraform's providers, config/providers.yml, which operators may change; read when this is imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

from reviewer.errors import Misconfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecated:
    """Versions of a provider that get no fixes; `below` is "" for all of them."""

    below: str
    instead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderTable:
    """What is known of providers."""

    namespaces: frozenset[str]
    official: frozenset[str]
    deprecated: Mapping[str, Deprecated]  # NAMESPACE/NAME ->


def read_table(source: bytes) -> ProviderTable:
    """Return the table that `source` holds; Misconfigured says what is wrong with it."""
    try:
        written = yaml.safe_load(source)
        rows = {row["source"].lower(): row for row in written["deprecated"]}
        return ProviderTable(
            namespaces=frozenset(_words(written["namespaces"])),
            official=frozenset(_words(written["official"])),
            deprecated={
                name: Deprecated(below=str(row.get("below", "")), instead=str(row["instead"]))
                for name, row in rows.items()
            },
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        expected = "expected the lists namespaces, official and deprecated"
        raise Misconfigured((f"config/providers.yml: {expected} ({error!r}).",)) from error


def _words(entries: Iterable[Any]) -> Iterable[str]:
    for entry in entries:
        yield from (str(word).lower() for word in (entry if isinstance(entry, list) else [entry]))


TABLE = read_table(resources.files("config").joinpath("providers.yml").read_bytes())
