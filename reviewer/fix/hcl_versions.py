"""Whether a recipe's provider versions are ruled out by what a module, its root or the lock file says."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reviewer.fix.editing import Files
from reviewer.fix.hcl_draft import tops
from reviewer.fix.hcl_tree import Block, literal, parse

_LOCK = ".terraform.lock.hcl"
_ONE = re.compile(r"\s*(=|!=|>=|<=|~>|>|<)?\s*v?(\d{1,6}(?:\.\d{1,6}){0,3})[\w.+-]{0,40}\s*")
_TOP = (10**9,)

MAX_LENGTH = 60
"""Of one condition of a constraint."""

_Version = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """Versions from `low` to `high`; `low_in` and `high_in`: whether those are in it."""

    low: _Version = (0,)
    high: _Version = _TOP
    low_in: bool = True
    high_in: bool = True


def is_allowed(files: Files, directories: Iterable[str], wanted: str) -> bool:
    """Tell whether `wanted` ("aws >= 4.0") may be what runs: nothing in `directories` says otherwise."""
    provider, _, constraint = wanted.partition(" ")
    needed = [*_ranges(constraint)]
    for directory in dict.fromkeys(directories):
        if version := _locked(files, directory, provider):
            return _meet([*needed, *_ranges(version)])
        needed += [each for said in _constraints(files, directory, provider) for each in _ranges(said)]
    return _meet(needed)


def is_constraint(wanted: str) -> bool:
    """Tell whether a recipe's `provider` is well formed."""
    provider, _, constraint = wanted.partition(" ")
    parts = constraint.split(",")
    return bool(re.fullmatch(r"[\w-]+", provider)) and all(_ONE.fullmatch(part) for part in parts)


def _constraints(files: Files, directory: str, provider: str) -> Iterator[str]:
    for _, block in tops(files, directory, "terraform"):
        for required in block.blocks_of("required_providers"):
            attribute = required.attribute(provider)
            said = literal(attribute.value) if attribute else None
            yield from _texts(said.get("version") if isinstance(said, dict) else said)
    for top, block in tops(files, directory, "provider"):
        if top.labels == (provider,):
            yield from _texts(_literal_of(block, "version"))


def _locked(files: Files, directory: str, provider: str) -> str | None:
    source = files.get(posixpath.join(directory, _LOCK))
    for block in parse(source).blocks_of("provider") if source else ():
        if block.labels and block.labels[0].rpartition("/")[2] == provider:
            return next(_texts(_literal_of(block, "version")), None)
    return None


def _literal_of(block: Block, name: str) -> object:
    attribute = block.attribute(name)
    return literal(attribute.value) if attribute else None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value


def _ranges(constraint: str) -> Iterator[_Range]:
    """The ranges that a constraint is made of; what is not understood, and `!=`, rules nothing out."""
    for part in constraint.split(",")[:10]:
        match = _ONE.fullmatch(part) if len(part) < MAX_LENGTH else None
        if not match:
            continue
        version = tuple(map(int, match.group(2).split(".")))
        match match.group(1):
            case ">=":
                yield _Range(low=version)
            case ">":
                yield _Range(low=version, low_in=False)
            case "<=":
                yield _Range(high=version)
            case "<":
                yield _Range(high=version, high_in=False)
            case "~>":
                above = (*version[:-2], version[-2] + 1) if len(version) > 1 else _TOP
                yield _Range(low=version, high=above, high_in=False)
            case "=" | None:
                yield _Range(low=version, high=version)
            case _:
                pass


def _meet(ranges: Iterable[_Range]) -> bool:
    """Tell whether a version can be in all of them."""
    low, high = _padded((0,)), _padded(_TOP)
    low_in, high_in = True, True
    for each in ranges:
        bottom, top = _padded(each.low), _padded(each.high)
        if bottom > low or (bottom == low and not each.low_in):
            low, low_in = bottom, each.low_in
        if top < high or (top == high and not each.high_in):
            high, high_in = top, each.high_in
    return low < high or (low == high and low_in and high_in)


def _padded(version: _Version) -> _Version:
    return (*version, *(0,) * (4 - len(version)))
