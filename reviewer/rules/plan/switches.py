"""Attributes that are safe in one position: found where a change moves an existing thing out of it.

Rows say where the attribute is and which values are safe. Only what is known counts: a value that is known after the
apply has not moved. Knows no family of rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.model import PlanAction, Severity
from reviewer.rules.plan.rule import PlanHit, PlanView
from reviewer.rules.plan.values import flag, is_unknown, named, reach, shown
from reviewer.tfplan.model import ResourceChange

EXISTING = frozenset({PlanAction.UPDATE, PlanAction.REPLACE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One attribute. `types` may be `*` (any) or `azurerm_*`; `default` is what it is when nothing is written."""

    types: tuple[str, ...]
    path: tuple[str, ...]
    safe: tuple[bool | str, ...]
    default: bool | str | None = None
    severity: Severity | None = None
    effect: str = ""  # what follows, a sentence

    def position(self, values: Any) -> Any:
        """Return what it is set to, the default when it is not set; switches written as text as switches."""
        value = reach(values, *self.path)
        value = self.default if value is None else value
        as_flag = flag(value)
        return value if as_flag is None else as_flag

    def is_safe(self, value: Any) -> bool:
        """Whether that is one of the safe positions."""
        return isinstance(value, (bool, str)) and value in self.safe


def index(switches: Iterable[Switch]) -> Mapping[str, tuple[Switch, ...]]:
    """Return the rows by what the names of their types begin with, for `of_type`."""
    rows: defaultdict[str, list[Switch]] = defaultdict(list)
    for switch in switches:
        for type_ in switch.types:
            rows[type_].append(switch)
    return {type_: tuple(found) for type_, found in rows.items()}


def of_type(rows: Mapping[str, tuple[Switch, ...]], type_: str) -> tuple[Switch, ...]:
    """Return the rows about resources of a type: its own, then its provider's, then everybody's.

    Of two rows about one attribute the more precise one counts.
    """
    found: dict[tuple[str, ...], Switch] = {}
    for key in (type_, f"{type_.partition('_')[0]}_*", "*"):
        for switch in rows.get(key, ()):
            found.setdefault(switch.path, switch)
    return tuple(found.values())


def moved_out(view: PlanView, rows: Mapping[str, tuple[Switch, ...]]) -> Iterator[PlanHit]:
    """Yield a hit for each attribute of an existing thing that the change moves out of a safe position."""
    for change in view.changing():
        if change.action not in EXISTING or change.before is None or change.after is None:
            continue
        for switch in of_type(rows, change.type):
            before, after = switch.position(change.before), switch.position(change.after)
            if switch.is_safe(before) and not switch.is_safe(after) and _is_meant(change, switch, after):
                yield PlanHit(
                    change=change,
                    attribute=switch.path[0],
                    severity=switch.severity,
                    message=_message(change, switch, before, after),
                )


def _is_meant(change: ResourceChange, switch: Switch, after: Any) -> bool:
    """Whether `after` is known and is a position at all."""
    return isinstance(after, (bool, str)) and not is_unknown(change, *switch.path)


def _message(change: ResourceChange, switch: Switch, before: Any, after: Any) -> str:
    words = f"{'.'.join(switch.path)} of {named(change)} goes from {shown(before)} to {shown(after)}."
    return f"{words} {switch.effect}" if switch.effect else words
