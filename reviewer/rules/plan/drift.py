"""What the plan says besides the change: things that changed outside of Terraform, and checks that fail.

Tells them apart from what the pull request does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reviewer.model import PlanAction, Severity
from reviewer.rules.plan.holdings import HOLDINGS
from reviewer.rules.plan.rule import PlanHit, PlanRule, PlanView
from reviewer.rules.plan.values import listed, named, short
from reviewer.tfplan.model import ResourceChange

_NOT_YOURS = "changed outside of Terraform, not by this pull request"
_WATCHED = ("security_group", "iam_", "policy", "firewall", "public_access", "role_assignment", "kms_", "acl")


def check_drift(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit for each resource that is not any more as Terraform left it."""
    for change in view.plan.drift:
        if change.action is PlanAction.NO_OP:
            continue
        guards = change.type in HOLDINGS or any(word in change.type for word in _WATCHED)
        yield PlanHit(
            change=change,
            severity=Severity.LOW if guards else Severity.INFO,
            message=f"{named(change)} {_how(change)}; it {_NOT_YOURS}.",
        )


def _how(change: ResourceChange) -> str:
    if change.action is PlanAction.DELETE or change.after is None:
        return "is gone"
    names = _changed(change.before or {}, change.after)
    return f"differs in {listed(names)}" if names else "differs"


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name for name in after if after[name] != before.get(name) and name != "tags_all"]


def check_conditions(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit for each `check` block, or condition of a resource or output, that fails.

    In an approximate plan they look at data that was made up, and say nothing.
    """
    for result in () if view.plan.approximate else view.plan.checks:
        if result.status in ("fail", "error"):
            problems = "; ".join(short(problem, 200) for problem in result.problems[:3])
            verb = "fails" if result.status == "fail" else "cannot be evaluated"
            yield PlanHit(
                name=result.address,
                message=f"{short(result.address, 160)} {verb}{f' and says: {problems}' if problems else '.'}",
            )


RULES = (
    PlanRule(
        id="PLB_PLAN_DRIFT_1",
        title="Changed outside of Terraform",
        severity=Severity.INFO,
        why="Somebody changed it by hand or with another tool. The next apply undoes that, or keeps what nobody saw.",
        remedy="Find out who changed it and why, and write it down in the code, or let the apply undo it knowingly.",
        references=("https://developer.hashicorp.com/terraform/tutorials/state/resource-drift",),
        check=check_drift,
    ),
    PlanRule(
        id="PLB_PLAN_CHECK_1",
        title="A check of yours fails in this plan",
        severity=Severity.MEDIUM,
        why="A check block only warns: the apply goes on, whatever it says.",
        remedy="Mend what the check is about, or the check. If it must never fail, make it a precondition.",
        references=("https://developer.hashicorp.com/terraform/language/checks",),
        check=check_conditions,
    ),
)
