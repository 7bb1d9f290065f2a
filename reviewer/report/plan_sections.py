"""What a change does to what is there, as the summary tells it: a line for each root, then resource by resource.

Owns the wording and the order; the plan itself is never shown. Must not know how plans are made: what is approximate is
called so wherever it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from reviewer.model import AttributeChange, Examination, PlanAction, PlannedChange, PlanOrigin, RootPlan, Span
from reviewer.report.plan_graph import build_graph
from reviewer.report.sections import Section, counted
from reviewer.report.text import code, prose, sentence

TellPlace = Callable[[Span], str]

_MOST_ROOTS = 10
_MOST_NAMES = 5
_MOST_ATTRIBUTES = 6
_MOST_VALUE = 80
_ORIGINS = {
    PlanOrigin.HERMETIC: "approximate plan",
    PlanOrigin.WORKFLOW: "plan of your workflow",
    PlanOrigin.GIVEN: "the plan that was given",
}
_TO = {
    PlanAction.CREATE: "to create",
    PlanAction.UPDATE: "to update",
    PlanAction.READ: "to read",
    PlanAction.FORGET: "to forget",
    PlanAction.REPLACE: "to replace",
    PlanAction.DELETE: "to destroy",
}
"""The actions in the order they are counted in."""

RISKY = (PlanAction.REPLACE, PlanAction.DELETE)
WORDS = {PlanAction.DELETE: "destroy", PlanAction.NO_OP: "move"}
"""What people call an action, where it is not its own name."""


def plan_sections(examination: Examination, place: TellPlace) -> tuple[Section, ...]:
    """Return the sections about the plans of `examination`: none where nothing changes. `place` tells where code is."""
    planned = [plan for plan in examination.plans if not plan.not_planned]
    changing = [plan for plan in planned if plan.changes]
    told = (
        _overview(changing),
        *(_table(plan, place, several=len(changing) > 1) for plan in changing),
        *(_graph(plan) for plan in changing),
        _not_planned([plan for plan in examination.plans if plan.not_planned]),
    )
    return tuple(section for section in told if section.opening)


def origin_words(plan: RootPlan) -> str:
    """Return how sure a plan is: `approximate plan`."""
    return _ORIGINS[plan.origin]


def root_name(plan: RootPlan) -> str:
    """Return root and workspace as people call them: `envs/prod`, `envs/prod (workspace eu)`."""
    where = plan.root or "."
    return where if plan.workspace == "default" else f"{where} (workspace {plan.workspace})"


def action_word(change: PlannedChange) -> str:
    """Return `create`, `destroy`, `move`."""
    return WORDS.get(change.action, change.action.value)


def _overview(plans: Sequence[RootPlan]) -> Section:
    if not plans:
        return Section(opening="")
    if len(plans) == 1:
        return Section(opening=f"**What changes** ({_called(plans[0])}): {_counts(plans[0])}")
    items = tuple(f"- {_called(plan)}: {_counts(plan)}" for plan in plans[:_MOST_ROOTS])
    return Section(opening="**What changes**\n", items=items, unseen=max(0, len(plans) - _MOST_ROOTS))


def _called(plan: RootPlan) -> str:
    return f"{origin_words(plan)}, {code(root_name(plan))}"


def _counts(plan: RootPlan) -> str:
    """Return `3 to create, 1 to update, **1 to replace: `aws_db_instance.orders`**`."""
    counts = dict(plan.counts)
    parts = []
    for action, words in _TO.items():
        if count := counts.get(action, 0):
            names = [change.address for change in plan.changes if change.action is action]
            risky = action in RISKY
            parts.append(f"**{count} {words}: {_names(names, count)}**" if risky and names else f"{count} {words}")
    moved = sum(bool(change.previous_address) for change in plan.changes)
    parts += [f"{moved} moved"] if moved else []
    drift = f"; {counted(plan.drifted, 'resource')} changed outside of Terraform before" if plan.drifted else ""
    return (", ".join(parts) or "nothing") + drift


def _names(names: Sequence[str], count: int) -> str:
    told = ", ".join(code(name, 120) for name in names[:_MOST_NAMES])
    return told + (f" and {count - _MOST_NAMES} more" if count > _MOST_NAMES else "")


def _table(plan: RootPlan, place: TellPlace, *, several: bool) -> Section:
    where = f" in {code(root_name(plan))}" if several else ""
    count = len(plan.changes) + plan.left_out
    lines = [
        f"<details><summary>{counted(count, 'resource')} in the {origin_words(plan)}{where}</summary>\n",
        "| | resource | what changes |",
        "|---|---|---|",
    ]
    items = tuple(_row(change, place) for change in plan.changes)
    return Section(opening="\n".join(lines), items=items, closing="\n</details>", unseen=plan.left_out)


def _row(change: PlannedChange, place: TellPlace) -> str:
    word = action_word(change)
    told = f"**{word}**" if change.action in RISKY or change.severity is not None else word
    at = f" · {place(change.span)}" if change.span else ""
    return f"| {told} | {_cell(code(change.address, 160))}{_cell(at)} | {_cell(_what(change))} |"


def _what(change: PlannedChange) -> str:
    parts = [f"moved from {code(change.previous_address, 160)}"] if change.previous_address else []
    parts += list(map(_attribute, change.attributes[:_MOST_ATTRIBUTES]))
    more = len(change.attributes) - _MOST_ATTRIBUTES
    parts += [f"{more} more"] if more > 0 else []
    return "; ".join(parts)


def _attribute(attribute: AttributeChange) -> str:
    path = code(attribute.path, _MOST_VALUE)
    before, after = (code(value, _MOST_VALUE) for value in (attribute.before, attribute.after))
    if before and after:
        return f"{path}: {before} → {after}"
    return f"{path}: {after}" if after else f"{path}: {before} → nothing" if before else path


def _cell(text: str) -> str:
    """A bar would end the cell, inside code too."""
    return text.replace("|", "\\|")


def _graph(plan: RootPlan) -> Section:
    graph = build_graph(plan)
    if not graph:
        return Section(opening="")
    opening = f"<details><summary>How they hang together, in {code(root_name(plan))}</summary>\n"
    return Section(opening=f"{opening}\n```mermaid\n{graph}\n```\n\n</details>")


def _not_planned(plans: Iterable[RootPlan]) -> Section:
    items = tuple(_reasons(plans))
    if not items:
        return Section(opening="")
    opening = f"<details><summary>{counted(len(items), 'root')} not planned, only the code was reviewed</summary>\n"
    return Section(opening=opening, items=items, closing="\n</details>")


def _reasons(plans: Iterable[RootPlan]) -> Iterator[str]:
    for plan in plans:
        yield f"- {code(root_name(plan))}: {sentence(prose(plan.not_planned, 400))}"
