"""The rules about concepts, held against a plan: variables resolved, modules unfolded, every instance by itself.

Owns how a planned resource becomes one of `rules.resource`. What is not known before apply, and what was redacted, is
UNKNOWN, so that the rules stay silent about it. Pure; runs in the contained child.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reviewer.model import Finding, PlanAction, Source, Span
from reviewer.rules import RULES
from reviewer.rules.documents import Kind, Value
from reviewer.rules.resource import Form, Resource, View, with_manifests
from reviewer.rules.rule import Directory
from reviewer.tfplan.model import Mode, Place, Plan, ResourceChange, without_indexes

REDACTED = "(sensitive value)"
MAX_DEPTH = 30


def run_concepts(plan: Plan, places: Mapping[str, Place], code: Directory) -> tuple[Finding, ...]:
    """Return what the rules about concepts find in the resources as `plan` leaves them.

    `places` are by config address, `code` is the root: its path, and the files of its modules.
    """
    view = plan_view(plan, places)
    callers = {address: place.callers[0] for address, place in places.items() if place.callers}
    found = {
        replace(
            rule.finding(hit, code),
            source=Source.PLAN,
            root=code.path,
            caller=callers.get(without_indexes(hit.resource)),
        )
        for rule in RULES.values()
        if rule.concept is not None
        for hit in rule.concept(view)
    }
    return tuple(sorted(found, key=lambda finding: (finding.span, finding.rule, finding.resource, finding.message)))


def plan_view(plan: Plan, places: Mapping[str, Place]) -> View:
    """Return the resources as `plan` leaves them, those that are written in a known place."""
    resources = tuple(
        _resource(change, place)
        for change in plan.changes
        if change.after is not None
        and change.action is not PlanAction.DELETE
        and (place := places.get(change.config_address)) is not None
    )
    return View(resources=tuple(with_manifests(resources)), known=_references(plan, resources))


def _resource(change: ResourceChange, place: Place) -> Resource:
    lines = dict(place.attributes)
    after, unknown = change.after or {}, change.after_unknown
    entries = (
        (name, _value(after.get(name), unknown.get(name), lines.get(name, place.block), MAX_DEPTH))
        for name in dict.fromkeys((*after, *unknown))
    )
    block = place.block
    return Resource(
        form=Form.TERRAFORM,
        type=change.type,
        address=change.address,
        path=block.path,
        value=Value(
            kind=Kind.MAP,
            line=block.start_line,
            end_line=block.end_line,
            entries=tuple((name, value) for name, value in entries if value is not None),
        ),
        data=change.mode is Mode.DATA,
        block=block,
    )


def _value(known: Any, unknown: Any, span: Span, depth: int) -> Value | None:
    """Return a value of a plan; None for null. `unknown` has its shape, and is true where it is not known."""
    made = Value(kind=Kind.UNKNOWN, line=span.start_line, end_line=span.end_line)
    if unknown is True or depth <= 0 or known == REDACTED:
        return made
    if isinstance(known, dict):
        marks = unknown if isinstance(unknown, dict) else {}
        named = ((name, _value(known.get(name), marks.get(name), span, depth - 1)) for name in {**known, **marks})
        return replace(made, kind=Kind.MAP, entries=tuple((name, value) for name, value in named if value is not None))
    if isinstance(known, list):
        return replace(made, kind=Kind.LIST, entries=tuple(_items(known, unknown, span, depth)))
    if known is None:
        return None
    text = str(known).lower() if isinstance(known, bool) else str(known)
    return replace(made, kind=Kind.TEXT, text=text)


def _items(known: list[Any], unknown: Any, span: Span, depth: int) -> Iterator[tuple[str, Value]]:
    marks = unknown if isinstance(unknown, list) else []
    for index, item in enumerate(known):
        value = _value(item, marks[index] if index < len(marks) else None, span, depth - 1)
        if value is not None:
            yield "", value


def _references(plan: Plan, resources: tuple[Resource, ...]) -> Mapping[str, frozenset[str]]:
    """Return which instances each instance refers to: all those of the blocks that its block refers to."""
    instances: dict[str, list[str]] = defaultdict(list)
    for resource in resources:
        instances[without_indexes(resource.address)].append(resource.address)
    found: dict[str, set[str]] = defaultdict(set)
    for source, target in plan.references:
        for address in instances.get(source, ()):
            found[address].update(instances.get(target, ()))
    return {address: frozenset(targets) for address, targets in found.items()}
