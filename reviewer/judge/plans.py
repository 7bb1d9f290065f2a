"""What a plan adds to a review: an outline of what changes, findings that only it shows, the lines that cause them.

Owns how findings of code and plan are told to be one, and which changes come first. Pure; knows no planner.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reviewer.judge.diff import by_path
from reviewer.model import (
    Diff,
    Finding,
    Hunk,
    NotExamined,
    PlanAction,
    PlannedChange,
    PlanOrigin,
    RootPlan,
    ScanResult,
    Severity,
    Source,
    Span,
)
from reviewer.rules.plan.holdings import HOLDINGS
from reviewer.tfplan import addresses
from reviewer.tfplan.addresses import Address
from reviewer.tfplan.attributes import differences
from reviewer.tfplan.model import Mode, Place, Plan, ResourceChange, without_indexes

MAX_CHANGES = 50
"""Changes of one root that are told one by one."""
MAX_ATTRIBUTES = 12
"""Attributes of one change that are told."""
MAX_EDGES = 200
OURS = "plumbrule"
"""The scanner that our own rules are."""

_DESTROYING = (PlanAction.DELETE, PlanAction.REPLACE)
_QUIET = (PlanAction.READ, PlanAction.NO_OP)


def outline(
    plan: Plan,
    places: Mapping[str, Place],
    findings: Iterable[Finding],
    *,
    root: str,
    workspace: str = "default",
    origin: PlanOrigin = PlanOrigin.HERMETIC,
) -> RootPlan:
    """Return what `plan` changes in `root`, the riskiest first: at most MAX_CHANGES, with the counts of all.

    `places` are by config address, `findings` all that was found; those of other roots and muted ones say nothing here.
    What is only moved comes last.
    """
    severities = _severities(finding for finding in findings if finding.root == root)
    told = [change for change in plan.changes if _is_told(change)]
    told.sort(key=lambda change: _risk(change, _severity(change, severities)))
    kept = told[:MAX_CHANGES]
    counts = Counter(change.action for change in told if change.action not in _QUIET)
    return RootPlan(
        root=root,
        workspace=workspace,
        origin=origin,
        changes=tuple(_planned(change, places, _severity(change, severities)) for change in kept),
        counts=tuple((action, counts[action]) for action in PlanAction if counts[action]),
        left_out=len(told) - len(kept),
        edges=_edges(kept, plan.references),
        drifted=sum(change.mode is Mode.MANAGED and change.action not in _QUIET for change in plan.drift),
    )


def _is_told(change: ResourceChange) -> bool:
    if change.mode is not Mode.MANAGED:
        return False
    return change.action not in _QUIET or bool(change.previous_address)


Severities = Mapping[str, Sequence[tuple[Address, Severity]]]
"""By config address: the address that a finding is about, and how bad it is."""


def _severities(findings: Iterable[Finding]) -> Severities:
    found: dict[str, list[tuple[Address, Severity]]] = defaultdict(list)
    for finding in findings:
        if finding.skip_reason is None:
            about = addresses.parse(finding.resource)[0]
            found[without_indexes(finding.resource)].append((about, finding.severity))
    return found


def _severity(change: ResourceChange, severities: Severities) -> Severity | None:
    parsed = addresses.parse(change.address)[0]
    about = severities.get(change.config_address, ())
    return max((severity for address, severity in about if _covers(address, parsed)), default=None)


def _covers(wide: Address, narrow: Address) -> bool:
    """Whether `wide` is `narrow`, or leaves keys open that `narrow` has: a block of code stands for its instances."""
    if len(wide) != len(narrow):
        return False
    return all(one.name == other.name and one.key in ("", other.key) for one, other in zip(wide, narrow, strict=True))


def _risk(change: ResourceChange, severity: Severity | None) -> tuple[int, bool, bool, bool]:
    destroys = change.action in _DESTROYING
    return (-(severity or 0), not (destroys and change.type in HOLDINGS), not destroys, change.action in _QUIET)


def _planned(change: ResourceChange, places: Mapping[str, Place], severity: Severity | None) -> PlannedChange:
    place = places.get(change.config_address)
    return PlannedChange(
        address=change.address,
        action=change.action,
        attributes=differences(change)[:MAX_ATTRIBUTES],
        span=place.block if place else None,
        previous_address=change.previous_address,
        severity=severity,
    )


def _edges(kept: Iterable[ResourceChange], references: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return (address, address that it refers to) among `kept`; of instances those with the same keys, if there are."""
    instances: dict[str, list[ResourceChange]] = defaultdict(list)
    for change in kept:
        instances[change.config_address].append(change)
    edges = [
        (change.address, target.address)
        for source, referred in references
        if source in instances and referred in instances
        for change in instances[source]
        for target in _partners(change, instances[referred])
    ]
    return tuple(dict.fromkeys(edges))[:MAX_EDGES]


def _partners(change: ResourceChange, targets: Sequence[ResourceChange]) -> Sequence[ResourceChange]:
    own = addresses.parse(change.address)[0]
    near = [target for target in targets if _same_modules(own, addresses.parse(target.address)[0])]
    with_same_key = [target for target in near if change.index is not None and target.index == change.index]
    return with_same_key or near


def _same_modules(one: Address, other: Address) -> bool:
    """Whether two addresses go through the same instances of the modules that they share."""
    for left, right in zip(one[:-1], other[:-1], strict=False):
        if left.name != right.name:
            return True
        if left.key != right.key:
            return False
    return True


def unite(code: ScanResult, planned: Iterable[Finding], statements: Iterable[NotExamined] = ()) -> ScanResult:
    """Return `code` with what only the plan shows: findings of source PLAN, each instance its own.

    A finding of the plan that the code shows as well (same rule, root and file, and the resource or the block that
    stands for it) is that of the code, which fixes are proved for; our own rules on code know blocks and no modules.
    Uniting again adds nothing.
    """
    shown: dict[tuple[str, str, str, str], list[Address]] = defaultdict(list)
    for finding in code.findings:
        if finding.source is Source.CODE:
            shown[_identity(finding)].append(addresses.parse(finding.resource)[0])
    blocks = {(f.rule, f.block) for f in code.findings if f.source is Source.CODE and f.scanner == OURS}
    added = dict.fromkeys(
        replace(finding, source=Source.PLAN)
        for finding in planned
        if not any(_covers(address, addresses.parse(finding.resource)[0]) for address in shown[_identity(finding)])
        and (finding.rule, finding.block) not in blocks
    )
    there = frozenset(code.findings)
    return replace(
        code,
        findings=(*code.findings, *(finding for finding in added if finding not in there)),
        not_examined=tuple(dict.fromkeys((*code.not_examined, *statements))),
    )


def _identity(finding: Finding) -> tuple[str, str, str, str]:
    return finding.rule, finding.root, finding.path, without_indexes(finding.resource)


def cause(finding: Finding, place: Place, diff: Diff) -> Span:
    """Return the lines of the diff that caused a plan's finding on the resource at `place`; its block where none did.

    What the change wrote goes before what only stands beside it: the attribute, the arguments of the module calls (the
    innermost first), the variable's default or the line of a variable file that the value comes from, the block. Only
    for a comment's place: what the finding is called must not depend on a diff.
    """
    hunks = by_path(diff)
    attribute = finding.span if finding.span != place.block else None
    values = (*reversed(place.callers), *_origins_of(finding, place))
    wanted = (attribute, *values, place.block) if attribute else (place.block, *values)
    for span in wanted:
        touched = _touched(hunks.get(span.path, ()), span) if span else None
        if touched:
            return touched
    standing = (span for span in wanted if span and _is_shown(hunks.get(span.path, ()), span))
    return next(standing, place.block)


def _origins_of(finding: Finding, place: Place) -> Iterable[Span]:
    """Yield where the values of the attribute come from; of all attributes where it is not known which one it is."""
    names = {name for name, span in place.attributes if span == finding.span}
    return (span for name, span in place.origins if not names or name in names or not name)


def _touched(hunks: Iterable[Hunk], span: Span) -> Span | None:
    """Return the first to the last line of `span` in one hunk that was added, or that deleted lines stand before."""
    for hunk in hunks:
        lines = hunk.added | {min(line, hunk.end_line) for line in hunk.deleted_before}
        inside = [line for line in lines if span.start_line <= line <= span.end_line]
        if inside:
            return Span(path=span.path, start_line=min(inside), end_line=max(inside))
    return None


def _is_shown(hunks: Iterable[Hunk], span: Span) -> bool:
    return any(hunk.start_line <= span.start_line and span.end_line <= hunk.end_line for hunk in hunks)


def cause_of_deletion(place: Place, diff: Diff, root: str) -> Span:
    """Return the line of the head for a resource that is gone from it; `place` is where it was at the base.

    It is the line that deleted lines stand before: nearest to where the block was, else to a module call that led to
    it, else the first hunk of the file. A file that is gone stands for the first hunk in the root.
    """
    hunks, renamed = by_path(diff), dict(diff.renamed)
    written = [
        replace(span, path=renamed.get(span.path, span.path)) for span in (place.block, *reversed(place.callers))
    ]
    for span in written:
        lines = [
            (abs(line - span.start_line), min(line, hunk.end_line))
            for hunk in hunks.get(span.path, ())
            for line in hunk.deleted_before
        ]
        if lines:
            return _line(span.path, min(lines)[1])
    for path in (*(span.path for span in written), *_of_root(hunks, root)):
        if path in hunks:
            return _line(path, hunks[path][0].start_line)
    return _line(written[0].path, 1)


def _of_root(paths: Iterable[str], root: str) -> Iterable[str]:
    return (path for path in paths if path.rpartition("/")[0] == root)


def _line(path: str, line: int) -> Span:
    return Span(path=path, start_line=line, end_line=line)
