"""Plans as the examples write them: one call a change, one a view."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.model import PlanAction, Severity, Span
from reviewer.rules.plan import PlanThresholds, PlanView
from reviewer.rules.plan.rule import SharedModule
from reviewer.tfplan.model import CheckResult, OutputChange, Place, Plan, ResourceChange

ANCHOR = Span(path="envs/prod/main.tf", start_line=1, end_line=1)
_ADDRESS = re.compile(
    r"^(?P<module>(?:module\.\w+(?:\[[^\]]*\])?\.)*)(?P<type>\w+)\.(?P<name>\w+)(?:\[(?P<index>.*)\])?$"
)


def change(address: str, before: Any = None, after: Any = None, **more: Any) -> ResourceChange:
    """A change of one resource; the action follows from what is there before and after unless it is given."""
    parts = _ADDRESS.match(address)
    assert parts, address
    index = None if parts["index"] is None else json.loads(parts["index"])
    action = PlanAction.UPDATE
    if before is None or after is None:
        action = PlanAction.DELETE if after is None else PlanAction.CREATE
    fields: dict[str, Any] = {"action": action} | more
    return ResourceChange(
        address=address,
        module=parts["module"].rstrip("."),
        type=parts["type"],
        name=parts["name"],
        index=index,
        before=before,
        after=after,
        **fields,
    )


def kept(address: str, values: Any, **more: Any) -> ResourceChange:
    """A resource that stays as it is."""
    return change(address, values, values, action=PlanAction.NO_OP, **more)


def replaced(address: str, before: Any, after: Any, *causes: str, **more: Any) -> ResourceChange:
    """A resource that is destroyed and created again because of some attributes."""
    paths = tuple((cause,) for cause in causes)
    return change(address, before, after, action=PlanAction.REPLACE, replace_paths=paths, **more)


def place(path: str = "main.tf", line: int = 10, *, prevent_destroy: bool = False, **attributes: int) -> Place:
    """A block of nine lines; `attributes` are lines by name."""
    spans = tuple((name, Span(path=path, start_line=at, end_line=at)) for name, at in attributes.items())
    block = Span(path=path, start_line=line, end_line=line + 8)
    return Place(block=block, attributes=spans, prevent_destroy=prevent_destroy)


def view(
    *changes: ResourceChange,
    places: Mapping[str, Place] | None = None,
    before_places: Mapping[str, Place] | None = None,
    outputs: tuple[OutputChange, ...] = (),
    checks: tuple[CheckResult, ...] = (),
    drift: tuple[ResourceChange, ...] = (),
    thresholds: PlanThresholds | None = None,
    infracost: Mapping[str, Any] | None = None,
    shared: tuple[SharedModule, ...] = (),
) -> PlanView:
    """What the rules look at."""
    plan = Plan(changes=changes, outputs=outputs, checks=checks, drift=drift)
    return PlanView(
        plan=plan,
        anchor=ANCHOR,
        root="envs/prod",
        places=places or {},
        before_places=before_places or {},
        thresholds=thresholds or PlanThresholds(),
        infracost=infracost,
        shared=shared,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One plan and what a rule says of it: nothing when `says` is empty."""

    rule: str
    title: str
    view: PlanView
    says: tuple[str, ...] = ()
    severity: Severity | None = None


def bad(
    rule: str, title: str, seen: PlanView | ResourceChange, *says: str, severity: Severity | None = None
) -> Example:
    """A plan that breaks the rule; the message says each of `says`."""
    seen = seen if isinstance(seen, PlanView) else view(seen)
    assert says
    return Example(rule=rule, title=title, view=seen, says=says, severity=severity)


def good(rule: str, title: str, seen: PlanView | ResourceChange) -> Example:
    """A plan that looks alike and breaks no rule."""
    return Example(rule=rule, title=title, view=seen if isinstance(seen, PlanView) else view(seen))


def policy(*statements: Mapping[str, Any]) -> str:
    """A policy document as plans hold it."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Any, resources: Any = None, **more: Any) -> dict[str, Any]:
    """A statement that allows something."""
    resource = {} if resources is None else {"Resource": resources}
    return {"Effect": "Allow", "Action": actions, **resource, **more}
