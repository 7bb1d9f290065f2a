"""Terraform's addresses taken apart, and what `moved` blocks make of them.

Owns the syntax of "Resource Address" (https://developer.hashicorp.com/terraform/cli/state/resource-addressing) and the
matching of move statements (https://developer.hashicorp.com/terraform/language/modules/develop/refactoring).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SEGMENT = re.compile(
    r"(module\.[^.\[\]]+|(?:data\.)?[^.\[\]]+\.[^.\[\]]+)(?:\[(\d+|\"(?:[^\"\\]|\\.)*\")\])?(?:\.|$)", re.S
)
_MAX_STEPS = 50  # statements that one address goes through
_MAX_SEGMENTS = 60


@dataclass(frozen=True, slots=True)
class Segment:
    """`module.a["k"]` or `aws_x.y[0]`: a name and the key of an instance as it is written, "" without one."""

    name: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.name}[{self.key}]" if self.key else self.name


Address = tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """One move statement."""

    source: Address
    target: Address


Moves = Mapping[tuple[str, ...], tuple[Move, ...]]
"""Statements by the names of their source."""


def parse(text: str) -> tuple[Address, str]:
    """Return the segments that `text` begins with, and what follows them: the attribute of a reference."""
    segments: list[Segment] = []
    at = 0
    while at < len(text) and len(segments) < _MAX_SEGMENTS and (found := _SEGMENT.match(text, at)):
        segments.append(Segment(found[1], found[2] or ""))
        at = found.end()
        if not found[1].startswith("module."):
            break
    return tuple(segments), text[at:]


def spell(address: Address, rest: str = "") -> str:
    """Return the text of an address; `parse` turned round."""
    return ".".join([*map(str, address), *([rest] if rest else [])])


def read_moves(moved: Iterable[tuple[str, str]]) -> Moves:
    """Return the statements of (from, to), without those that are no addresses or make a module of a resource."""
    found: dict[tuple[str, ...], list[Move]] = {}
    for source, target in moved:
        move = Move(parse(source)[0], parse(target)[0])
        if move.source and move.target and _is_module(move.source) == _is_module(move.target):
            found.setdefault(_names(move.source), []).append(move)
    return {names: tuple(moves) for names, moves in found.items()}


def follow(address: Address, moves: Moves) -> Address:
    """Return where `address` goes by `moves`, one after the other; itself when none is about it."""
    seen = {address}
    for _ in range(_MAX_STEPS):
        further = next((new for new in _steps(address, moves) if new not in seen), None)
        if further is None:
            break
        seen.add(further)
        address = further
    return address


def _steps(address: Address, moves: Moves) -> Iterable[Address]:
    names = _names(address)
    for length in range(len(names), 0, -1):
        for move in moves.get(names[:length], ()):
            if _matches(move, address):
                yield _moved(move, address)


def _matches(move: Move, address: Address) -> bool:
    """Whether `move` is about `address`. A statement in a module of several instances names none of them."""
    last = len(move.source) - 1
    around = all(
        not segment.key or segment.key == own.key for segment, own in zip(move.source[:last], address, strict=False)
    )
    if not around:
        return False
    if move.source[last].key or move.target[-1].key:
        return move.source[last].key == address[last].key
    return True


def _moved(move: Move, address: Address) -> Address:
    """Return `address` after `move`. Keys that the statement leaves open stay."""
    last = len(move.source) - 1
    keeps_key = not move.source[last].key and not move.target[-1].key
    around = tuple(
        Segment(segment.name, segment.key or _key_at(address, at, segment.name) if at < last else segment.key)
        for at, segment in enumerate(move.target[:-1])
    )
    end = Segment(move.target[-1].name, address[last].key if keeps_key else move.target[-1].key)
    return (*around, end, *address[last + 1 :])


def _key_at(address: Address, at: int, name: str) -> str:
    return address[at].key if at < len(address) and address[at].name == name else ""


def _names(address: Address) -> tuple[str, ...]:
    return tuple(segment.name for segment in address)


def _is_module(address: Address) -> bool:
    return address[-1].name.startswith("module.")
