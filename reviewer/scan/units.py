"""What a change makes worth scanning, chosen from listings and references alone. Pure: reads no file, runs nothing."""

from __future__ import annotations

from collections.abc import Iterable

from reviewer.scan.layout import Sources, lay_out, needs_reading, scan_name
from reviewer.scan.modules import module_sources, references
from reviewer.scan.objects import Entry
from reviewer.scan.unit import ScanUnit, UnitFile, UnitKind, UnitPlan

__all__ = [
    "ScanUnit",
    "UnitFile",
    "UnitKind",
    "UnitPlan",
    "module_sources",
    "needs_reading",
    "plan_units",
    "references",
    "scan_name",
]


def plan_units(
    listing: Iterable[Entry], module_sources: Sources, changed: frozenset[str] | None, *, tools: frozenset[str]
) -> UnitPlan:
    """Return the units of a commit that a change of the paths `changed` can affect; None for all of them.

    `module_sources` has what `references` found in the files that `needs_reading` names, by object id. A path of
    `changed` that is not in `listing` was deleted: units that would have held it are affected.
    """
    layout = lay_out(listing, module_sources, tools)
    return layout.plan(layout.ids() if changed is None else layout.affected(changed))
