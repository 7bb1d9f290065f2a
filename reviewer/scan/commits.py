"""Two commits scanned as cheaply as it goes: choose the units, look in the cache, scan the rest in parallel.

Owns the order of things between a clone, the cache and the scanner. What cannot be scanned is said, never left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reviewer.model import NotExamined, ScanResult
from reviewer.process import Stop
from reviewer.scan import gaps
from reviewer.scan.charts import chart_of
from reviewer.scan.kinds import Kind, directory_of, in_generated, is_infrastructure, kind_of
from reviewer.scan.layout import Layout, lay_out, lay_out_with
from reviewer.scan.links import is_link
from reviewer.scan.objects import REGULAR, Change, Entry
from reviewer.scan.plan_units import affected_roots, plan_unit
from reviewer.scan.recent import RecentLayouts
from reviewer.scan.running import Bench, called, on_each, written
from reviewer.scan.scanner import ScanFailed
from reviewer.scan.sources import read_sources
from reviewer.scan.unit import ScanUnit, UnitId, UnitKind, UnitPlan

RECENT = RecentLayouts()


@dataclass(frozen=True, slots=True, kw_only=True)
class PairScan:
    """Two commits scanned as far as they can differ. With no `units`, no infrastructure was touched."""

    base: ScanResult
    head: ScanResult
    changed: tuple[str, ...]  # every path that differs, infrastructure or not
    units: int = 0  # of both commits, those that are equal counted once
    head_units: tuple[tuple[ScanUnit, ScanResult], ...] = ()  # what `head` was made of
    roots: tuple[RootPair, ...] = ()  # Terraform roots whose plan can differ


@dataclass(frozen=True, slots=True, kw_only=True)
class RootPair:
    """A Terraform root and how the commits that have it hang together."""

    root: str
    base: Layout | None = field(repr=False, compare=False)  # None: nothing was there
    head: Layout = field(repr=False, compare=False)

    def units(self, named: Iterable[str]) -> tuple[ScanUnit | None, ScanUnit | None]:
        """Return what it is planned from at base and at head, None where it is not there.

        `named` are paths of variable files.
        """
        named = tuple(named)
        before = plan_unit(self.base, self.root, named) if self.base else None
        return before, plan_unit(self.head, self.root, named)


def scan_pair(bench: Bench, base: str, head: str) -> PairScan:
    """Scan what a change from `base` to `head` (commits or trees) can affect, at both.

    Units that are the same at both are scanned once, units that were scanned before not at all. A unit whose scan fails
    becomes a `NotExamined`. Raises what the clone raises, and what `stop` raises.
    """
    changes = bench.clone.changes(base, head)
    changed = tuple(change.path for change in changes)
    layouts = _layouts(bench, head, changes)
    plans = _plan_pair(layouts, changed)
    roots = _roots(layouts, changed)
    passed_over = _passed_over(changed)
    if not any(plan.units or plan.not_examined for plan in plans):
        return PairScan(base=ScanResult(), head=ScanResult(not_examined=passed_over), changed=changed, roots=roots)
    results = _scan_all(bench, {unit.key(bench.version): unit for plan in plans for unit in plan.units})
    base_result, head_result = (_merged(plan, results, bench.version) for plan in plans)
    head_result = replace(head_result, not_examined=head_result.not_examined + passed_over)
    parts = tuple((unit, results[unit.key(bench.version)]) for unit in plans[1].units)
    return PairScan(
        base=base_result, head=head_result, changed=changed, units=len(results), head_units=parts, roots=roots
    )


def scan_everything(bench: Bench, treeish: str) -> PairScan:
    """Scan all infrastructure of one commit, which counts as base and as head.

    Raises what the clone raises, and what `stop` raises.
    """
    layout = _whole_layout(bench, treeish)
    plan = layout.plan(layout.ids())
    results = _scan_all(bench, {unit.key(bench.version): unit for unit in plan.units})
    whole = _merged(plan, results, bench.version)
    parts = tuple((unit, results[unit.key(bench.version)]) for unit in plan.units)
    roots = tuple(RootPair(root=root, base=layout, head=layout) for root in sorted(layout.graph.roots))
    return PairScan(base=whole, head=whole, changed=(), units=len(results), head_units=parts, roots=roots)


Layouts = tuple[Layout, Layout]
"""How base and head hang together."""


def _layouts(bench: Bench, head: str, changes: Sequence[Change]) -> Layouts | None:
    """Return the layouts of both sides of `changes`, None when these cannot affect any unit."""
    new = _layout_at(bench, head, changes) if changes else None
    if new is None:
        return None
    return lay_out_with(new, {change.path: change.old for change in changes}, new.sources), new


def _plan_pair(layouts: Layouts | None, changed: Collection[str]) -> tuple[UnitPlan, UnitPlan]:
    """Return the plans of base and head: the same units, as far as each has them.

    Base needs one thing more: a root that the change turned into a module of an affected root, where what stood before
    stood on its own.
    """
    if layouts is None:
        return UnitPlan(), UnitPlan()
    old, new = layouts
    ids = new.affected(changed) | old.affected(changed)
    return old.plan(ids | _turned_into_modules(ids, new, old)), new.plan(ids)


def _roots(layouts: Layouts | None, changed: Collection[str]) -> tuple[RootPair, ...]:
    if layouts is None:
        return ()
    old, new = layouts
    roots = affected_roots(new, changed) | affected_roots(old, changed)
    return tuple(RootPair(root=root, base=old, head=new) for root in sorted(roots))


def _layout_at(bench: Bench, head: str, changes: Sequence[Change]) -> Layout | None:
    """Return the layout of `head`, or None when `changes` cannot affect any unit of it.

    It is made from the last one of the same clone where there is one. Its sources cover both sides of `changes`.
    """
    clone, max_bytes = bench.clone, bench.limits.max_file_bytes
    identity = clone.identity
    recent = RECENT.get((identity, bench.scanner.tools)) if identity else None
    if recent:
        since = clone.changes(recent[0], head)
        moved = {change.path: change.new for change in since}
        nearby = [entry for change in (*since, *changes) for entry in (change.old, change.new) if entry]
        folders = {directory_of(change.path) for change in changes}
        likely = [entry for folder in folders for entry in recent[1].directories.get(folder, ())]
        sources = read_sources(clone, nearby, _wanted(changes, (*nearby, *likely)), max_bytes, recent[1].sources)
        layout = lay_out_with(recent[1], moved, sources)
    else:
        listing = clone.listing(head)
        entries = (*listing, *(change.old for change in changes if change.old))
        linked = any(is_link(side) for change in changes for side in (change.old, change.new) if side)
        if not linked and not _may_matter((change.path for change in changes), entries, bench.scanner.tools):
            return None
        sources = read_sources(clone, entries, _wanted(changes, entries), max_bytes)
        layout = lay_out(listing, sources, bench.scanner.tools)
    if identity:
        RECENT.put((identity, bench.scanner.tools), head, layout)
    return layout


def _may_matter(changed: Iterable[str], entries: Iterable[Entry], tools: Collection[str]) -> bool:
    """Tell whether a change can affect any unit: most pull requests of a monorepo cannot, and need no graph."""
    paths = list(changed)
    if any(is_infrastructure(path) or in_generated(path) for path in paths):
        return True
    entries = tuple(entries)
    if any(is_link(entry) and is_infrastructure(entry.path) for entry in entries):
        return True  # what such a link leads to can have any name
    kinds = {entry.path: kind_of(entry.path) for entry in entries}
    if UnitKind.KUSTOMIZE in tools and Kind.KUSTOMIZATION in kinds.values():
        return True
    charts = frozenset(directory_of(path) for path, kind in kinds.items() if kind is Kind.CHART)
    return any(chart_of(path, charts) is not None for path in paths)


def _wanted(changes: Iterable[Change], entries: Iterable[Entry]) -> list[str]:
    """Return the blobs of infrastructure in the folders that changed: what is going to be scanned in any case."""
    folders = {directory_of(change.path) for change in changes if is_infrastructure(change.path)}
    return [
        entry.oid
        for entry in entries
        if entry.mode in REGULAR and directory_of(entry.path) in folders and is_infrastructure(entry.path)
    ]


def _turned_into_modules(ids: Iterable[UnitId], new: Layout, old: Layout) -> frozenset[UnitId]:
    return frozenset((UnitKind.TERRAFORM, directory) for directory in new.reached_by(ids) & old.graph.roots)


def _passed_over(changed: Iterable[str]) -> tuple[NotExamined, ...]:
    """Return a note for each generated folder that the change touches, where it would have been infrastructure."""
    folders: dict[str, None] = {}
    for path in changed:
        if in_generated(path) and not is_infrastructure(path) and is_infrastructure(path.rpartition("/")[2]):
            parts = path.split("/")
            depth = next(index for index in range(len(parts)) if in_generated("/".join(parts[: index + 1]) + "/x"))
            folders["/".join(parts[: depth + 1])] = None
    return tuple(map(gaps.generated, folders))


def root_pairs(bench: Bench, base: str | None, head: str) -> tuple[RootPair, ...]:
    """Return every Terraform root of `head`, touched or not. Raises what the clone raises."""
    old = _whole_layout(bench, base) if base else None
    new = _whole_layout(bench, head)
    return tuple(RootPair(root=root, base=old, head=new) for root in sorted(new.graph.roots))


def _whole_layout(bench: Bench, treeish: str) -> Layout:
    listing = bench.clone.listing(treeish)
    sources = read_sources(bench.clone, listing, (), bench.limits.max_file_bytes)
    return lay_out(listing, sources, bench.scanner.tools)


def _scan_all(bench: Bench, units: Mapping[str, ScanUnit]) -> dict[str, ScanResult]:
    """Return the results of `units`, by the same keys: from the cache, or scanned now, several at a time."""
    results = {key: kept for key in units if (kept := bench.cache.get(key))}
    todo = {key: unit for key, unit in units.items() if key not in results}
    bench.progress(len(results), len(units))
    for key, result in on_each(bench, todo, lambda key, unit, stop: _scan(bench, key, unit, stop)):
        results[key] = result
        bench.progress(len(results), len(units))
    return results


def _scan(bench: Bench, key: str, unit: ScanUnit, stop: Stop) -> ScanResult:
    """Scan one unit in a folder of its own; keep the result unless another try could end otherwise."""
    try:
        with written(bench, unit, stop) as (tree, whole, left_out):
            result = bench.scanner.scan(whole, tree, stop, bench.requirements) if whole.files else ScanResult()
    except ScanFailed as failure:
        return ScanResult(not_examined=(NotExamined(what=called(unit), why=str(failure)),))
    kept = replace(result, not_examined=left_out + result.not_examined)
    if all(note.span or not note.blocking for note in result.not_examined):
        bench.cache.put(key, kept)
    return kept


def _merged(plan: UnitPlan, results: Mapping[str, ScanResult], version: str) -> ScanResult:
    """Return one result for all units of a commit; a file in several units counts once."""
    parts = [results[unit.key(version)] for unit in plan.units]
    notes = dict.fromkeys(plan.not_examined) | dict.fromkeys(note for part in parts for note in part.not_examined)
    return ScanResult(
        findings=tuple(finding for part in parts for finding in part.findings),
        not_examined=tuple(notes),
        files=len({file.path for unit in plan.units for file in unit.files}),
        roots=tuple(unit.directory for unit in plan.units if unit.kind is UnitKind.TERRAFORM),
        resources=sum(part.resources for part in parts),
    )
