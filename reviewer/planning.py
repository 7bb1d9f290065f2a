"""Roots planned at base and head, and what comes of the two: one plan with before and after, for each workspace.

Owns which roots are planned, with which values, and when two plans may be held against each other. Knows no verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reviewer.judge.effective import PlanPolicy
from reviewer.model import NotExamined, PlanOrigin
from reviewer.plan.planned import GivenPlan, PlannedRoot
from reviewer.plan.shipped import forces_replacement
from reviewer.process import Stop
from reviewer.scan.commits import RootPair
from reviewer.scan.running import Bench, on_each, written
from reviewer.scan.scanner import PlanRequest, ScanFailed
from reviewer.scan.unit import ScanUnit
from reviewer.tfplan.compare import against
from reviewer.tfplan.model import Place

MOST_ROOTS = 30
"""Roots and workspaces of one review that are planned; a change of a module that hundreds call is planned in some."""

DEFAULT_WORKSPACE = "default"
GIVEN_PLAN = ".plumbrule-plan.json"
NOT_HERE = "the base branch could not be planned: {reason}"
TOO_MANY = NotExamined(
    what="plans",
    why=f"The change touches more than {MOST_ROOTS} roots and workspaces; the others were reviewed without a plan.",
    blocking=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPair:
    """One root in one workspace at both commits. A plan of the user's has its own before; then `base` is only held
    against `head` for what Checkov finds."""

    root: str
    workspace: str
    base: PlannedRoot | None  # None: the root is new, or was not planned
    head: PlannedRoot
    is_new: bool = False
    origin: PlanOrigin = PlanOrigin.HERMETIC

    @property
    def not_planned(self) -> str:
        """Why the two cannot be held against each other, "" where they can."""
        if self.head.document is None:
            return self.head.not_planned
        if self.base is not None and self.base.document is None and self.origin is PlanOrigin.HERMETIC:
            return NOT_HERE.format(reason=self.base.not_planned)
        return ""

    @property
    def is_comparable(self) -> bool:
        """Whether what is found in the head's plan can be told from what stood before."""
        return self.is_new or (self.base is not None and self.base.document is not None)

    @property
    def document(self) -> dict[str, Any] | None:
        """The plan with before and after, in the form of `terraform show -json`."""
        if self.not_planned or self.head.document is None:
            return None
        if self.origin is not PlanOrigin.HERMETIC:
            return self.head.document
        before = self.base.document if self.base else None
        return against(before, self.head.document, self.head.moved, forces_replacement)

    @property
    def approximate(self) -> bool:
        """Whether defaults, data and replacements in it are guesses."""
        return self.origin is PlanOrigin.HERMETIC

    @property
    def places(self) -> Mapping[str, Place]:
        """Where the resources are written: at the head, and of those that are gone at the base."""
        return {**dict(self.base.places if self.base else ()), **dict(self.head.places)}


def plan_roots(
    bench: Bench, roots: Sequence[RootPair], policy: PlanPolicy, given: Sequence[GivenPlan] = ()
) -> tuple[tuple[PlannedPair, ...], tuple[NotExamined, ...]]:
    """Plan `roots` at base and head, and return the pairs with statements on what was left out.

    `given` are plans that somebody made with the real providers: they are preferred. Raises what the clone raises, and
    what `stop` raises.
    """
    by_place = {(one.root, one.workspace): one for one in given}
    wanted = tuple(_wanted(roots, policy, by_place))
    unused = tuple(_unused(one) for one in given if not any(w.head.given is one.document for w in wanted))
    if not bench.scanner.plans and not by_place:
        return (), (_no_plans(bench.scanner.no_plans),) if wanted and policy.run else ()
    jobs = {job.key: job for one in wanted[:MOST_ROOTS] for job in one.jobs(bench)}
    planned = _plan_all(bench, jobs)
    pairs = tuple(pair for one in wanted[:MOST_ROOTS] if (pair := one.pair(planned)) is not None)
    return pairs, (*unused, *((TOO_MANY,) if len(wanted) > MOST_ROOTS else ()))


def _no_plans(why: str) -> NotExamined:
    return NotExamined(what="plans", why=f"No plan was made, the code alone was reviewed: {why}.", blocking=False)


def _unused(given: GivenPlan) -> NotExamined:
    where = f"{given.root or '.'}" + (f" ({given.workspace})" if given.workspace != DEFAULT_WORKSPACE else "")
    why = "The plan that was made elsewhere was not used: this change does not touch such a root or workspace."
    return NotExamined(what=where, why=why, blocking=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One root to be planned at one commit."""

    key: str
    unit: ScanUnit
    request: PlanRequest
    given: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    root: str
    base: _Job | None
    head: _Job
    origin: PlanOrigin
    is_new: bool  # there was no such root at the base

    def jobs(self, bench: Bench) -> Iterator[_Job]:
        """Yield what is to be planned; where there is no program, only what was given."""
        yield from (job for job in (self.base, self.head) if job and (bench.scanner.plans or job.given))

    def pair(self, planned: Mapping[str, PlannedRoot]) -> PlannedPair | None:
        """Return both sides, None where the head was not planned at all."""
        head = planned.get(self.head.key)
        if head is None:
            return None
        base = planned.get(self.base.key) if self.base else None
        return PlannedPair(
            root=self.root,
            workspace=self.head.request.workspace,
            base=base,
            head=head,
            origin=self.origin,
            is_new=self.is_new,
        )


def _wanted(
    roots: Iterable[RootPair], policy: PlanPolicy, given: Mapping[tuple[str, str], GivenPlan]
) -> Iterator[_Wanted]:
    for pair in roots:
        named = policy.var_files.get(pair.root, ())
        base, head = pair.units(named)
        if head is None or (base is not None and base.files == head.files):
            continue
        there = {file.path for file in head.files}
        for workspace in policy.workspaces.get(pair.root, (DEFAULT_WORKSPACE,)):
            request = PlanRequest(workspace=workspace, var_files=tuple(path for path in named if path in there))
            real = given.get((pair.root, workspace))
            if real is None and not policy.run:
                continue
            yield _Wanted(
                root=pair.root,
                base=_job(base, request) if base is not None and policy.run else None,
                head=_job(head, request, real),
                origin=real.origin if real else PlanOrigin.HERMETIC,
                is_new=base is None,
            )


def _job(unit: ScanUnit, request: PlanRequest, given: GivenPlan | None = None) -> _Job:
    if given is None:
        return _Job(key=unit.key(f"plan {request}"), unit=unit, request=request)
    request = replace(request, given=GIVEN_PLAN)
    return _Job(key=unit.key(f"given {request}"), unit=unit, request=request, given=given.document)


def _plan_all(bench: Bench, jobs: Mapping[str, _Job]) -> dict[str, PlannedRoot]:
    """Return the plans by the keys of `jobs`: from the cache, or made now; given ones are not kept."""
    version = f"{bench.version} {bench.scanner.plans}"
    kept = {key: job.unit.key(f"plan {version} {job.request}") for key, job in jobs.items() if not job.given}
    planned = {key: plan for key, name in kept.items() if (plan := bench.cache.get_plan(name))}
    todo = {key: job.unit for key, job in jobs.items() if key not in planned}
    for key, plan in on_each(bench, todo, lambda key, unit, stop: _plan(bench, unit, jobs[key], stop)):
        planned[key] = plan
        if key in kept and plan.document is not None:
            bench.cache.put_plan(kept[key], plan)
    return planned


def _plan(bench: Bench, unit: ScanUnit, job: _Job, stop: Stop) -> PlannedRoot:
    """Plan one root in a folder of its own."""
    try:
        with written(bench, unit, stop) as (tree, whole, _):
            if job.given:
                (tree / GIVEN_PLAN).write_bytes(job.given)
            return bench.scanner.plan(whole, tree, job.request, stop)
    except ScanFailed as failure:
        return PlannedRoot(root=unit.directory, workspace=job.request.workspace, not_planned=str(failure))
