"""Parts of a long text that must fit: each may lose its last items, and then says how many.

Owns the fitting. Must not know what the sections say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from reviewer.report.blocks import Issue

_MOST_ITEMS = 400  # more than fit
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the summary that may lose its last items when there is no room: it then says how many."""

    opening: str
    items: tuple[str, ...] = ()
    closing: str = ""
    unseen: int = 0  # how many items there are beyond `items`


def listing(heading: str, things: Sequence[T], tell: Callable[[T], str]) -> Section:
    if not things:
        return Section(opening="")
    shown = tuple(tell(thing) for thing in things[:_MOST_ITEMS])
    return Section(opening=f"{heading}\n", items=shown, unseen=len(things) - len(shown))


def folded(heading: str, things: Sequence[T], tell: Callable[[T], str]) -> Section:
    count = sum(len(thing.findings) if isinstance(thing, Issue) else 1 for thing in things)
    title = f"<details><summary>{heading.replace('{n}', str(count))}</summary>"
    section = listing(title, things, tell)
    return replace(section, closing="\n</details>") if section.opening else section


def counted(n: int, noun: str) -> str:
    """Return `1 root`, `2 roots`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def fitted(sections: Sequence[Section], limit: int) -> str:
    """Join `sections` with as many items as `limit` bytes hold; each that loses some says how many."""
    frame = sum(_size(s.opening) + _size(s.closing) + 80 for s in sections)
    room = limit - frame
    told = []
    for section in sections:
        kept: list[str] = []
        for item in section.items:
            room -= _size(item) + 1
            if room < 0:
                break
            kept.append(item)
        lost = len(section.items) - len(kept) + section.unseen
        if lost:
            room = 0
            kept.append(f"\n{lost} more left out here: there is no room for them.")
        told.append("\n".join(part for part in (section.opening, *kept, section.closing) if part))
    return "\n\n".join(told)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
