"""A plan in the terminal, in the manner of Terraform's own: `plumbrule plan`, and the last lines of a review.

Owns layout and colour. Nothing from the repository reaches the terminal but printable characters, secrets masked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewer.model import AttributeChange, PlanAction, RootPlan
from reviewer.report.plan_sections import action_word, origin_words, root_name
from reviewer.report.sections import counted
from reviewer.report.text import plain

_SIGNS = {
    PlanAction.CREATE: ("+", "32"),
    PlanAction.UPDATE: ("~", "33"),
    PlanAction.REPLACE: ("-/+", "31"),
    PlanAction.DELETE: ("-", "31"),
    PlanAction.FORGET: (".", "36"),
    PlanAction.READ: ("<=", "36"),
    PlanAction.NO_OP: ("→", "36"),
}
_LONGEST_NAME = 400
NOT_EXACT = "approximate: made without providers, so defaults and replacements are guesses"


def render_plans(plans: Sequence[RootPlan], *, color: bool) -> str:
    """Return every change of `plans` attribute by attribute, ending in a line break."""
    return "\n\n".join("\n".join(_plan(plan, color=color)) for plan in plans) + "\n" if plans else "No root to plan.\n"


def plan_lines(plans: Sequence[RootPlan], *, color: bool) -> tuple[str, ...]:
    """Return one line for each root in which something changes, or that could not be planned."""
    return tuple(_in_short(plan, color=color) for plan in plans if plan.changes or plan.not_planned)


def _plan(plan: RootPlan, *, color: bool) -> Iterator[str]:
    yield f"{plain(root_name(plan), 200)} ({origin_words(plan)})"
    if plan.not_planned:
        yield f"  not planned: {plain(plan.not_planned, 600)}"
        return
    for change in plan.changes:
        sign, style = _SIGNS[change.action]
        at = f"  {plain(str(change.span), 200)}" if change.span else ""
        yield _painted(f"  {sign:>3} {plain(change.address, _LONGEST_NAME)}", style, color=color) + at
        if change.previous_address:
            yield f"        moved from {plain(change.previous_address, _LONGEST_NAME)}"
        yield from (f"        {_attribute(attribute)}" for attribute in change.attributes)
    if plan.left_out:
        yield f"      and {plan.left_out} more"
    yield f"  {_total(plan)}"
    if plan.approximate:
        yield f"  {NOT_EXACT}"


def _attribute(attribute: AttributeChange) -> str:
    path, before, after = (plain(text, 100) for text in (attribute.path, attribute.before, attribute.after))
    if before and after:
        return f"{path}: {before} → {after}"
    return f"{path} = {after}" if after else f"{path}: {before} → nothing" if before else path


def _total(plan: RootPlan) -> str:
    counts = dict(plan.counts)
    replaced = counts.get(PlanAction.REPLACE, 0)
    add, destroy = (counts.get(action, 0) + replaced for action in (PlanAction.CREATE, PlanAction.DELETE))
    drift = f" {counted(plan.drifted, 'resource')} changed outside of Terraform." if plan.drifted else ""
    return f"Plan: {add} to add, {counts.get(PlanAction.UPDATE, 0)} to change, {destroy} to destroy.{drift}"


def _in_short(plan: RootPlan, *, color: bool) -> str:
    where = f"{plain(root_name(plan), 200)} ({origin_words(plan)})"
    if plan.not_planned:
        return f"{where}: not planned: {plain(plan.not_planned, 300)}"
    risky = [change for change in plan.changes if change.action in (PlanAction.REPLACE, PlanAction.DELETE)]
    told = ", ".join(f"{action_word(change)} {plain(change.address, 120)}" for change in risky[:3])
    more = f" and {len(risky) - 3} more" if len(risky) > 3 else ""
    return f"{where}: {_total(plan)}" + (f" {_painted(told + more, '31', color=color)}" if told else "")


def _painted(text: str, style: str, *, color: bool) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if color else text
