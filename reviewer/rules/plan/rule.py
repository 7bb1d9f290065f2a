"""What a rule on a plan is: a text for people and one pure function over a plan and what stands beside it.

A rule speaks of the change, from before to after; what simply is so at the head is Checkov's to say. Knows no scanner,
no repository and no policy. Plans are hostile: a rule never raises, whatever the values are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reviewer.model import Finding, PlanAction, Severity, Source, Span
from reviewer.tfplan.model import Mode, Place, Plan, ResourceChange, without_indexes

CHANGING = frozenset({PlanAction.CREATE, PlanAction.UPDATE, PlanAction.REPLACE, PlanAction.DELETE})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanThresholds:
    """What a plan may do before a rule speaks: numbers of the policy."""

    max_destroys: int = 10
    cost_increase_percent: float | None = None  # None: no cost guard


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedModule:
    """A module that the change writes in, and the roots whose plan changes because of it alone."""

    directory: str
    roots: tuple[str, ...]  # more than one, in order
    place: Span  # the first line of it that the change wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """One plan and what rules may look at with it.

    Places are by config address (`module.a.aws_x.y`; also `output.NAME` and `check.NAME` where they are known).
    """

    plan: Plan
    anchor: Span  # where findings stand that no place is known for, such as line 1 of the root's first file
    root: str = ""
    before_places: Mapping[str, Place] = field(default_factory=dict)  # of the base
    places: Mapping[str, Place] = field(default_factory=dict)  # of the head
    thresholds: PlanThresholds = PlanThresholds()
    infracost: Mapping[str, Any] | None = None  # what `infracost diff --format json` wrote
    shared: tuple[SharedModule, ...] = ()  # those that are told with this plan

    def changing(self) -> Iterator[ResourceChange]:
        """Yield the managed resources that are created, updated, replaced or deleted."""
        return (c for c in self.plan.changes if c.mode is Mode.MANAGED and c.action in CHANGING)

    def place_of(self, change: ResourceChange) -> Place | None:
        """Return where it is written: at the head, or at the base if it is not there any more."""
        previous = without_indexes(change.previous_address) if change.previous_address else change.config_address
        return (
            self.places.get(change.config_address)
            or self.before_places.get(change.config_address)
            or self.before_places.get(previous)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHit:
    """One thing that a rule says. `change` is None when it is about the root, an output or a check."""

    change: ResourceChange | None = None
    message: str  # names the resource and the values, never a secret; one to three sentences
    attribute: str = ""  # of the resource: the line to show; "" for its block
    severity: Severity | None = None  # None: the rule's own
    name: str = ""  # without a change: `output.password`, `check.health`; "" for the root
    place: Span | None = None  # without a change: where it is written, if it is not known by its name


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRule:
    """One rule of ours on plans. Its good and bad examples are in tests/rules/plan/."""

    id: str
    title: str
    severity: Severity
    why: str
    remedy: str
    references: tuple[str, ...]  # links, the best one first
    check: Callable[[PlanView], Iterable[PlanHit]]

    def finding(self, hit: PlanHit, view: PlanView) -> Finding:
        """Return what the review says about one hit."""
        place = view.place_of(hit.change) if hit.change else view.places.get(without_indexes(hit.name))
        block = place.block if place else hit.place or view.anchor
        return Finding(
            rule=self.id,
            title=self.title,
            severity=hit.severity or self.severity,
            span=dict(place.attributes).get(hit.attribute, block) if place else block,
            block=block,
            resource=hit.change.address if hit.change else hit.name or view.root or "root",
            message=hit.message,
            scanner="plumbrule",
            root=view.root,
            framework="terraform",
            why=self.why,
            remedy=self.remedy,
            guideline=self.references[0] if self.references else None,
            caller=place.callers[0] if place and place.callers else None,
            source=Source.PLAN,
        )
