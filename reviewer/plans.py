"""What plans add to two scans: findings that only they show, and an outline of what changes.

Owns which plan is judged by which rules and policies, and where its findings stand. Plans are made in `planning`; what
their findings come to is the policy's business.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reviewer.errors import Rejected
from reviewer.judge.effective import PlanPolicy
from reviewer.judge.plans import cause, cause_of_deletion, outline, unite
from reviewer.model import Diff, Finding, NotExamined, RootPlan, ScanResult, Source, Span
from reviewer.plan import rego_findings
from reviewer.plan.planned import GivenPlan
from reviewer.planning import PlannedPair, plan_roots
from reviewer.rules.plan import PlanThresholds, PlanView, run_plan_rules
from reviewer.rules.plan.rule import CHANGING, SharedModule
from reviewer.scan.commits import PairScan
from reviewer.scan.kinds import TERRAFORM_ENDINGS
from reviewer.scan.running import Bench
from reviewer.scan.scanner import ScanFailed
from reviewer.tfplan.bounds import PlanFormatError
from reviewer.tfplan.model import Place, Plan, without_indexes
from reviewer.tfplan.read import read

MOST_COST_BYTES = 8 << 20
DRIFT = "PLB_PLAN_DRIFT_1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFolder:
    """Rego policies and their data: paths below the folder -> bytes. `name` is how people call it."""

    name: str
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is asked of the plans of a review."""

    policy: PlanPolicy
    given: tuple[GivenPlan, ...] = ()  # made elsewhere with the real providers
    folders: tuple[PolicyFolder, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPlan:
    """One plan with before and after, and where what it speaks of is written."""

    pair: PlannedPair
    plan: Plan

    def outline(self, findings: Iterable[Finding]) -> RootPlan:
        """Return what it changes, the riskiest first by `findings`."""
        pair = self.pair
        return outline(self.plan, pair.places, findings, root=pair.root, workspace=pair.workspace, origin=pair.origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Two scans with what their plans show. `not_planned` are the roots without a plan, and why."""

    base: ScanResult
    head: ScanResult
    plans: tuple[JudgedPlan, ...] = ()
    not_planned: tuple[RootPlan, ...] = ()
    statements: tuple[NotExamined, ...] = ()

    def outlines(self, findings: Sequence[Finding]) -> tuple[RootPlan, ...]:
        """Return every plan in outline, and the roots that have none."""
        return (*(judged.outline(findings) for judged in self.plans), *self.not_planned)

    def at_cause(self, findings: Iterable[Finding], diff: Diff) -> Iterator[Finding]:
        """Yield `findings`, those that only a plan shows at the lines of `diff` that caused them."""
        places = {judged.pair.root: judged.pair.places for judged in self.plans}
        for finding in findings:
            place = places.get(finding.root, {}).get(without_indexes(finding.resource))
            if finding.source is Source.PLAN and place is not None:
                yield replace(finding, span=cause(finding, place, diff))
            else:
                yield finding


def add_plans(bench: Bench, pair: PairScan, wishes: Wishes, diff: Diff) -> Planned:
    """Plan the roots of `pair`, judge the plans, and return both scans with what was found.

    A root that cannot be planned is reviewed by its code alone, and says why. Raises what the clone raises, and what
    `stop` raises.
    """
    planned, statements = plan_roots(bench, pair.roots, wishes.policy, wishes.given)
    judged, not_planned = judged_plans(planned)
    base, head = pair.base, pair.head
    for one in judged:
        before = one.pair.base.findings if one.pair.base else ()
        base = unite(base, before, one.pair.base.statements if one.pair.base else ())
        # Without a plan of the base nobody can tell which of them stood there before; the rules about the change can.
        after = one.pair.head.findings if one.pair.is_comparable else ()
        head = unite(head, after, one.pair.head.statements)
    told: list[NotExamined] = []
    shared = tuple(_shared(pair, judged, diff))
    for one in judged:
        once = tuple(module for module in shared if one is judged[0])  # told with the first plan
        found = dict.fromkeys(
            _at_head(one, (*_found(one, wishes, once), *_by_policies(bench, one, wishes, told)), diff)
        )
        head = replace(head, findings=(*head.findings, *found))
        drift = (finding for finding in found if finding.rule == DRIFT)  # stood before this change
        base = replace(base, findings=(*base.findings, *drift))
    head = replace(head, not_examined=(*head.not_examined, *told))
    return Planned(base=base, head=head, plans=judged, not_planned=not_planned, statements=statements)


def judged_plans(planned: Iterable[PlannedPair]) -> tuple[tuple[JudgedPlan, ...], tuple[RootPlan, ...]]:
    """Return the plans as values, and the roots that there is none of, with the reason."""
    judged, without = [], []
    for pair in planned:
        why, document = pair.not_planned, None
        try:
            document = pair.document
            if document is not None:
                judged.append(JudgedPlan(pair=pair, plan=read(document, approximate=pair.approximate)))
                continue
        except PlanFormatError as error:
            why = str(error)
        without.append(RootPlan(root=pair.root, workspace=pair.workspace, origin=pair.origin, not_planned=why))
    return tuple(judged), tuple(without)


def _shared(pair: PairScan, judged: Sequence[JudgedPlan], diff: Diff) -> Iterator[SharedModule]:
    """Yield the modules that are written in, and through which alone the plans of several roots change."""
    changed = {
        hunk.path.rpartition("/")[0]: hunk for hunk in reversed(diff.hunks) if hunk.path.endswith(TERRAFORM_ENDINGS)
    }
    changing = {one.pair.root for one in judged if any(change.action in CHANGING for change in one.plan.changes)}
    for directory, hunk in sorted(changed.items()):
        roots = sorted(
            root.root
            for root in pair.roots
            if root.root in changing and root.root not in changed and directory in root.head.graph.closure(root.root)
        )
        if len(roots) > 1:
            line = min(hunk.added, default=hunk.start_line)
            place = Span(path=hunk.path, start_line=line, end_line=line)
            yield SharedModule(directory=directory, roots=tuple(roots), place=place)


def _found(judged: JudgedPlan, wishes: Wishes, shared: tuple[SharedModule, ...]) -> tuple[Finding, ...]:
    """Return what the rules on plans say."""
    pair = judged.pair
    view = PlanView(
        plan=judged.plan,
        anchor=_anchor(pair),
        root=pair.root,
        before_places=dict(pair.base.places) if pair.base else {},
        places=dict(pair.head.places),
        thresholds=PlanThresholds(
            max_destroys=wishes.policy.max_destroys, cost_increase_percent=wishes.policy.max_cost_increase
        ),
        infracost=_costs(pair, wishes.given),
        shared=shared,
    )
    return run_plan_rules(view)


def _at_head(judged: JudgedPlan, findings: Iterable[Finding], diff: Diff) -> Iterator[Finding]:
    """Yield `findings`, those about what is gone at the line of the head where it went."""
    pair = judged.pair
    before, after = dict(pair.base.places) if pair.base else {}, dict(pair.head.places)
    for finding in findings:
        address = without_indexes(finding.resource)
        if address in before and address not in after:
            line = cause_of_deletion(before[address], diff, pair.root)
            yield replace(finding, span=line, block=line)
        else:
            yield finding


def _anchor(pair: PlannedPair) -> Span:
    """Line 1 of the file that stands for the root: the first that holds one of its resources."""
    own = [place.block.path for place in pair.places.values() if place.block.path.rpartition("/")[0] == pair.root]
    path = min(own, default=f"{pair.root}/main.tf".lstrip("/"))
    return Span(path=path, start_line=1, end_line=1)


def _costs(pair: PlannedPair, given: Iterable[GivenPlan]) -> Mapping[str, Any] | None:
    """Return infracost's JSON that came with the plan of this root; None without one that reads."""
    for one in given:
        if (one.root, one.workspace) == (pair.root, pair.workspace) and one.infracost:
            try:
                costs = json.loads(one.infracost) if len(one.infracost) <= MOST_COST_BYTES else None
            except (ValueError, RecursionError):
                return None
            return costs if isinstance(costs, dict) else None
    return None


def _by_policies(bench: Bench, judged: JudgedPlan, wishes: Wishes, told: list[NotExamined]) -> Iterator[Finding]:
    """Put each folder of policies to a plan and yield what they say; what could not be used goes to `told`."""
    document = judged.pair.document
    for folder in wishes.folders if document is not None else ():
        try:
            said = bench.scanner.evaluate(folder.files, json.dumps(document).encode(), bench.stop)
        except (ScanFailed, Rejected) as failure:
            told.append(NotExamined(what=folder.name, why=str(failure)))
            continue
        places: Mapping[str, Place] = judged.pair.places
        root = rego_findings.Root(directory=judged.pair.root, first_file=_anchor(judged.pair).path, places=places)
        yield from rego_findings.findings(said.results, judged.plan, root)
        told.extend(rego_findings.not_examined(said, folder.name))
