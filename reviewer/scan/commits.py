"""Two commits scanned as cheaply as it goes: choose the units, look in the cache, scan the rest in parallel.

Owns the order of things between a clone, the cache and the scanner. What cannot be scanned is said, never left out.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from reviewer.errors import PlumbruleError
from reviewer.model import NotExamined, ScanResult
from reviewer.process import POLL_SECONDS, Stop, never
from reviewer.scan import gaps
from reviewer.scan.cache import ScanCache
from reviewer.scan.charts import chart_of
from reviewer.scan.kinds import Kind, directory_of, in_generated, is_infrastructure, kind_of
from reviewer.scan.layout import Layout, lay_out, lay_out_with
from reviewer.scan.links import is_link
from reviewer.scan.materialise import FOLDER_MODE, materialise
from reviewer.scan.objects import REGULAR, Change, Clone, Entry
from reviewer.scan.recent import RecentLayouts
from reviewer.scan.scanner import ScanFailed, ScansUnits
from reviewer.scan.sources import read_sources
from reviewer.scan.unit import ScanUnit, UnitId, UnitKind, UnitPlan

if TYPE_CHECKING:
    from reviewer.settings import ScanLimits

MAX_HELD = 32 << 20
"""Files of a review up to so many bytes are read at once and kept in memory while they are scanned."""
RECENT = RecentLayouts()
OUT_OF_TIME = (
    "The whole review took longer than it may (REVIEW_TIMEOUT_SECONDS). Press Re-run: it goes on where it stopped."
)

Progress = Callable[[int, int], None]
"""Called with how many of how many scans are done."""


def no_progress(done: int, total: int) -> None:
    """A `Progress` that tells nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairScan:
    """Two commits scanned as far as they can differ. With no `units`, no infrastructure was touched."""

    base: ScanResult
    head: ScanResult
    changed: tuple[str, ...]  # every path that differs, infrastructure or not
    units: int = 0  # of both commits, those that are equal counted once


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What scans are made with."""

    clone: Clone
    scanner: ScansUnits
    cache: ScanCache
    limits: ScanLimits
    stop: Stop
    progress: Progress
    begun: float = field(default_factory=time.monotonic)

    @property
    def version(self) -> str:
        """What a result depends on besides the unit."""
        return f"{self.scanner.version} {self.limits.max_file_bytes} {self.limits.max_tree_bytes}"


def scan_pair(  # noqa: PLR0913, PLR0917 (the parts of a review meet here)
    clone: Clone,
    base: str,
    head: str,
    scanner: ScansUnits,
    cache: ScanCache,
    limits: ScanLimits,
    stop: Stop = never,
    progress: Progress = no_progress,
) -> PairScan:
    """Scan what a change from `base` to `head` (commits or trees) can affect, at both.

    Units that are the same at both are scanned once, units that were scanned before not at all. A unit whose scan fails
    becomes a `NotExamined`. Raises what the clone raises, and what `stop` raises.
    """
    bench = Bench(clone=clone, scanner=scanner, cache=cache, limits=limits, stop=stop, progress=progress)
    changes = clone.changes(base, head)
    changed = tuple(change.path for change in changes)
    plans = _plan_pair(bench, head, changes)
    passed_over = _passed_over(changed)
    if not any(plan.units or plan.not_examined for plan in plans):
        return PairScan(base=ScanResult(), head=ScanResult(not_examined=passed_over), changed=changed)
    results = _scan_all(bench, {unit.key(bench.version): unit for plan in plans for unit in plan.units})
    base_result, head_result = (_merged(plan, results, bench.version) for plan in plans)
    head_result = replace(head_result, not_examined=head_result.not_examined + passed_over)
    return PairScan(base=base_result, head=head_result, changed=changed, units=len(results))


def scan_everything(  # noqa: PLR0913, PLR0917 (the parts of a review meet here)
    clone: Clone,
    treeish: str,
    scanner: ScansUnits,
    cache: ScanCache,
    limits: ScanLimits,
    stop: Stop = never,
    progress: Progress = no_progress,
) -> ScanResult:
    """Scan all infrastructure of one commit. Raises what the clone raises, and what `stop` raises."""
    bench = Bench(clone=clone, scanner=scanner, cache=cache, limits=limits, stop=stop, progress=progress)
    listing = clone.listing(treeish)
    sources = read_sources(clone, listing, (), limits.max_file_bytes)
    layout = lay_out(listing, sources, scanner.tools)
    plan = layout.plan(layout.ids())
    results = _scan_all(bench, {unit.key(bench.version): unit for unit in plan.units})
    return _merged(plan, results, bench.version)


def _plan_pair(bench: Bench, head: str, changes: Sequence[Change]) -> tuple[UnitPlan, UnitPlan]:
    """Return the plans of base and head: the same units, as far as each has them.

    Base needs one thing more: a root that the change turned into a module of an affected root, where what stood before
    stood on its own.
    """
    if not changes:
        return UnitPlan(), UnitPlan()
    changed = [change.path for change in changes]
    new = _layout_at(bench, head, changes)
    if new is None:
        return UnitPlan(), UnitPlan()
    old = lay_out_with(new, {change.path: change.old for change in changes}, new.sources)
    ids = new.affected(changed) | old.affected(changed)
    return old.plan(ids | _turned_into_modules(ids, new, old)), new.plan(ids)


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


def _scan_all(bench: Bench, units: Mapping[str, ScanUnit]) -> dict[str, ScanResult]:
    """Return the results of `units`, by the same keys: from the cache, or scanned now, several at a time."""
    results = {key: kept for key in units if (kept := bench.cache.get(key))}
    todo = {key: unit for key, unit in units.items() if key not in results}
    bench.progress(len(results), len(units))
    if not todo:
        return results
    halted = threading.Event()
    files = dict.fromkeys(file.oid for unit in todo.values() for file in unit.files)
    bench.clone.load(files)
    workers = ThreadPoolExecutor(max(1, bench.scanner.concurrency), thread_name_prefix="scan")
    with bench.clone.holding(files, MAX_HELD), workers as pool:
        running = {pool.submit(_scan, bench, key, unit, halted): key for key, unit in todo.items()}
        try:
            for future in _as_they_end(running, bench.stop):
                results[running[future]] = future.result()
                bench.progress(len(results), len(units))
        except BaseException:
            halted.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return results


def _as_they_end(futures: Collection[Future[ScanResult]], stop: Stop) -> Iterator[Future[ScanResult]]:
    """Yield futures as they are done, calling `stop` meanwhile."""
    done: SimpleQueue[Future[ScanResult]] = SimpleQueue()
    for future in futures:
        future.add_done_callback(done.put)
    for _ in futures:
        while True:
            stop()
            try:
                ended = done.get(timeout=POLL_SECONDS)
            except Empty:
                continue
            yield ended
            break


class _Halted(PlumbruleError):
    """Another scan of the same review failed for good, or the review was stopped: this one is not wanted any more."""


def _scan(bench: Bench, key: str, unit: ScanUnit, halted: threading.Event) -> ScanResult:
    """Scan one unit in a folder of its own; keep the result unless another try could end otherwise."""

    def stop() -> None:
        if halted.is_set():
            raise _Halted
        if time.monotonic() > bench.begun + bench.limits.review_seconds:
            raise ScanFailed(OUT_OF_TIME)

    tree = Path(tempfile.mkdtemp(dir=bench.scanner.trees))
    try:
        stop()
        tree.chmod(FOLDER_MODE)
        left_out = materialise(bench.clone, unit, tree, bench.limits)
        written = tuple(file for file in unit.files if (tree / file.scan_as).is_file())
        result = bench.scanner.scan(replace(unit, files=written), tree, stop) if written else ScanResult()
    except ScanFailed as failure:
        return ScanResult(not_examined=(NotExamined(what=_called(unit), why=str(failure)),))
    finally:
        shutil.rmtree(tree, ignore_errors=True)
    whole = replace(result, not_examined=left_out + result.not_examined)
    if all(note.span or not note.blocking for note in result.not_examined):
        bench.cache.put(key, whole)
    return whole


def _called(unit: ScanUnit) -> str:
    where = gaps.shown(unit.directory) or "the repository's root"
    return where if unit.kind is UnitKind.DIRECTORY else f"{where} ({unit.kind})"


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
