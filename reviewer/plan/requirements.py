"""The providers that modules use, by the names they give them.

Owns Terraform's rules for which provider a block belongs to (required_providers, `provider`, the first word of a type).
Pure. The built-in provider is Terraform's own and no use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reviewer.fix import hcl_tree
from reviewer.fix.hcl_tree import Attribute, Block
from reviewer.plan.reading import Source

HOST = "registry.terraform.io"
BUILT_IN = "terraform.io/builtin/terraform"

_USING = ("resource", "data")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderUse:
    """A provider that some module of the root uses, under the name that this module gives it."""

    local_name: str
    source: str  # registry.terraform.io/hashicorp/aws


def required(sources: Iterable[Source]) -> dict[str, str]:
    """Return the full source of every provider that a module lists in `required_providers`, by local name."""
    found: dict[str, str] = {}
    for block in _required_blocks(sources):
        for attribute in block.attributes:
            entry = hcl_tree.literal(attribute.value)
            source = entry.get("source") if isinstance(entry, dict) else None
            found[attribute.name] = full_source(source if isinstance(source, str) else attribute.name)
    return found


def _required_blocks(sources: Iterable[Source]) -> Iterator[Block]:
    for source in sources:
        for terraform in source.top.blocks_of("terraform"):
            yield from terraform.blocks_of("required_providers")


def full_source(source: str) -> str:
    """`aws`, `hashicorp/aws`, `host/hashicorp/aws` -> `registry.terraform.io/hashicorp/aws` (addrs.Provider)."""
    parts = source.lower().split("/")
    if parts == ["terraform"]:
        return BUILT_IN
    return "/".join([*(HOST, "hashicorp")[: max(0, 3 - len(parts))], *parts])


def local_name(block: Block) -> str:
    """Return the local name of the provider of a resource or data block."""
    written = block.attribute("provider") if b"provider" in (block.node.text or b"") else None
    if written:
        return re.split(r"[.\[]", hcl_tree.source_of(written.value).strip('"'))[0]
    return block.labels[0].partition("_")[0]


def source_of(name: str, listed: Mapping[str, str]) -> str:
    """Return the full source of a local name, given what the module lists."""
    return listed.get(name) or full_source(name)


def resources(sources: Iterable[Source]) -> Iterator[tuple[Source, Block]]:
    """Yield every resource and data block of a module, those in `check` blocks too."""
    for source in sources:
        for block in source.top.blocks:
            inner = block.blocks_of("data") if block.type == "check" else (block,)
            yield from ((source, found) for found in inner if found.type in _USING and len(found.labels) == 2)


def configured(sources: Iterable[Source]) -> Iterator[tuple[Source, Block]]:
    """Yield every provider block of a module."""
    for source in sources:
        yield from ((source, block) for block in source.top.blocks_of("provider") if block.labels)


def uses(sources: tuple[Source, ...]) -> Iterator[ProviderUse]:
    """Yield the providers of one module: listed, configured, and implied by the types of its blocks."""
    listed = required(sources)
    names = {local_name(block) for _, block in resources(sources)}
    names |= {block.labels[0] for _, block in configured(sources)}
    for name in sorted(names | set(listed)):
        if (source := source_of(name, listed)) != BUILT_IN:
            yield ProviderUse(local_name=name, source=source)


def missing_aliases(sources: tuple[Source, ...]) -> tuple[tuple[str, str], ...]:
    """Return (local name, alias) of the configurations that a module expects from its caller.

    A root has no caller: without them Terraform refuses to plan a module as a root.
    """
    wanted = []
    for block in _required_blocks(sources):
        for attribute in block.attributes:
            if attribute.value.kind == "object":
                entries = [e for e in hcl_tree.items(attribute.value.node) if isinstance(e, Attribute)]
                texts = [hcl_tree.source_of(entry.value) for entry in entries if entry.name == "configuration_aliases"]
                wanted += re.findall(r"([A-Za-z_][\w-]*)\.([A-Za-z_][\w-]*)", " ".join(texts))
    aliases = {(b.labels[0], hcl_tree.literal(a.value)) for _, b in configured(sources) if (a := b.attribute("alias"))}
    return tuple(pair for pair in dict.fromkeys(wanted) if pair not in aliases)
