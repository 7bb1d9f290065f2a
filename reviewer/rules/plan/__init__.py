"""The rules of our own on plans: what a change does to what is there, a module a family.

Owns the list of rules. Knows the vocabulary and typed plans; imports no scanner, no policy, no GitHub.
"""

from __future__ import annotations

from reviewer.model import Finding
from reviewer.rules.plan import (
    blast,
    cost,
    data_loss,
    drift,
    exposure,
    grants,
    ingress,
    principals,
    privileges,
    protection,
    secrets,
)
from reviewer.rules.plan.rule import PlanHit, PlanRule, PlanThresholds, PlanView

__all__ = ["PLAN_RULES", "PlanHit", "PlanRule", "PlanThresholds", "PlanView", "run_plan_rules"]

_FAMILIES = (data_loss, privileges, principals, grants, ingress, exposure, protection, secrets, drift, blast, cost)

PLAN_RULES: dict[str, PlanRule] = {rule.id: rule for family in _FAMILIES for rule in family.RULES}
"""Every rule on plans by its id."""


def run_plan_rules(view: PlanView) -> tuple[Finding, ...]:
    """Return what the rules say of one plan, in the order of path, line, rule, resource and message."""
    findings = {rule.finding(hit, view) for rule in PLAN_RULES.values() for hit in rule.check(view)}
    return tuple(sorted(findings, key=lambda f: (f.span, f.rule, f.resource, f.message)))
