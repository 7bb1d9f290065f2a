"""How much of what exists one plan takes down, against the number that the policy allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reviewer.model import PlanAction, Severity
from reviewer.rules.plan.rule import PlanHit, PlanRule, PlanView
from reviewer.rules.plan.values import listed


def check_radius(view: PlanView) -> Iterator[PlanHit]:
    """Yield one hit when the plan deletes and replaces more than the policy allows."""
    down = [c for c in view.changing() if c.action in (PlanAction.DELETE, PlanAction.REPLACE)]
    allowed = view.thresholds.max_destroys
    if len(down) <= allowed:
        return
    deleted = sum(change.action is PlanAction.DELETE for change in down)
    types = [f"{count} of {type_}" for type_, count in Counter(change.type for change in down).most_common()]
    yield PlanHit(
        message=f"In {view.root or 'this root'} {deleted} resources are deleted and {len(down) - deleted} replaced, "
        f"and the policy allows {allowed} (plan.max_destroys): {listed(types)}.",
    )


def check_shared(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit for each module through which the change reaches several roots at once."""
    for module in view.shared:
        roots = listed([root or "the repository's root" for root in module.roots])
        yield PlanHit(
            name=module.directory,
            place=module.place,
            message=f"{module.directory or 'This directory'} is used by {len(module.roots)} roots, and this change of "
            f"it alone changes what they make: {roots}.",
        )


RULES = (
    PlanRule(
        id="PLB_PLAN_BLAST_1",
        title="The change takes down more than the policy allows",
        severity=Severity.HIGH,
        why="Plans that destroy much are rarely what their author had in mind: a renamed key of for_each, a moved "
        "module, another region.",
        remedy="Add moved blocks for what was only renamed, split the change, or raise plan.max_destroys for it.",
        references=("https://developer.hashicorp.com/terraform/language/modules/develop/refactoring",),
        check=check_radius,
    ),
    PlanRule(
        id="PLB_PLAN_BLAST_2",
        title="A change of a shared module reaches several environments at once",
        severity=Severity.LOW,
        why="Who merges it changes all of them with the next apply, production included, wherever it was tried.",
        remedy="Give the module a version (a tag in its source) and let each environment take it when it is ready, or "
        "apply the roots one after the other and look at each.",
        references=("https://developer.hashicorp.com/terraform/language/modules/sources",),
        check=check_shared,
    ),
)
