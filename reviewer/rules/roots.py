"""What a directory of Terraform says of itself: its backends, whether it is a root or a module, its versions.

Reads blocks and knows no rule. What is given on the command line (`-backend-config`) is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.model import Span
from reviewer.rules.documents import Kind, Value
from reviewer.rules.resource import plain
from reviewer.rules.rule import Directory, Hit
from reviewer.rules.terraform import Block, read_blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Where a root keeps its state: `backend "s3" {...}`, or `cloud` for HCP Terraform."""

    type: str
    value: Value
    path: str

    @property
    def span(self) -> Span:
        """Its lines."""
        return Span(path=self.path, start_line=self.value.line, end_line=max(self.value.line, self.value.end_line))

    def hit(self, message: str, at: Value | None = None) -> Hit:
        """Return a hit on this backend, on the lines of `at` (None: its first line)."""
        return hit(self.path, self.value, f"backend.{self.type}", message, at)


def hit(path: str, block: Value, resource: str, message: str, at: Value | None = None) -> Hit:
    """Return a hit on the lines of `at`, or on the first line of `block`."""
    line, end = (at.line, max(at.line, at.end_line)) if at else (block.line, block.line)
    return Hit(
        span=Span(path=path, start_line=line, end_line=end),
        block=Span(path=path, start_line=block.line, end_line=max(block.line, block.end_line)),
        resource=resource,
        message=message,
    )


def settings_of(directory: Directory, name: str) -> Iterator[tuple[Block, Value]]:
    """Yield what `terraform { name {...} }` holds, block by block, with the block around it."""
    for block in read_blocks(directory):
        value = block.value.get(name) if block.type == "terraform" else None
        yield from ((block, item) for item in value.items()) if value else ()


def read_backends(directory: Directory) -> tuple[Backend, ...]:
    """Return the backends that a directory names."""
    found = [
        Backend(type=type_, value=settings, path=block.path)
        for block, item in settings_of(directory, "backend")
        for type_, named in item.entries
        for settings in named.items()
    ]
    found += [Backend(type="cloud", value=item, path=block.path) for block, item in settings_of(directory, "cloud")]
    return tuple(found)


def is_root(directory: Directory) -> bool:
    """Whether Terraform is surely run in this directory: it names a backend, or configures a provider."""
    return bool(read_backends(directory)) or any(block.type == "provider" for block in read_blocks(directory))


def is_partial(backend: Backend) -> bool:
    """Whether the rest of a backend is given on the command line: what it names does not suffice."""
    needed = {"s3": ("bucket", "key"), "http": ("address",), "oss": ("bucket",)}.get(backend.type, ())
    return any(backend.value.get(name) is None for name in needed)


def is_generated(directory: Directory) -> bool:
    """Whether Terragrunt writes the backend of this directory."""
    return any(path.rpartition("/")[2].startswith("terragrunt.hcl") for path in directory.files)


_BOUND = re.compile(r"(>=|<=|~>|!=|=|>|<)?\s*v?(\d+(?:\.\d+)*)")
Version = tuple[int, ...]


def bounds(constraint: str) -> tuple[Version, Version | None]:
    """Return the lowest version that a constraint lets in, and the lowest that it does not any more (None: no end).

    Terraform: version constraints. `~> 4.2` is below 5, `~> 4.2.1` below 4.3.
    """
    low: Version = (0,)
    high: Version | None = None
    for sign, written in _BOUND.findall(constraint[:200]):
        version = tuple(int(part[:9]) for part in written.split(".")[:4])
        end: Version | None = None
        if sign in ("", "="):
            low, end = max(low, version), (*version, 0)
        elif sign == "~>":
            low, end = max(low, version), (*version[:-2], version[-2] + 1) if len(version) > 1 else None
        elif sign in (">=", ">"):
            low = max(low, version)
        elif sign in ("<", "<="):
            end = version if sign == "<" else (*version, 0)
        if end is not None:
            high = end if high is None else min(high, end)
    return low, high


def required_version(directory: Directory) -> str:
    """Return what `required_version` says; "" where nothing does."""
    found = (plain(item) for _, item in settings_of(directory, "required_version"))
    return next((text for text in found if text), "")


def providers_of(directory: Directory) -> Iterator[tuple[Block, str, Value]]:
    """Yield the entries of `required_providers`: (block, local name, a map or the text of a constraint)."""
    for block, item in settings_of(directory, "required_providers"):
        for name, value in item.entries if item.kind is Kind.MAP else ():
            yield block, name, value
