"""When the plans of two commits may be held against each other."""

from reviewer.model import PlanOrigin
from reviewer.plan.planned import PlannedRoot
from reviewer.planning import PlannedPair

PLAN = PlannedRoot(root="a", document={"format_version": "1.2"})
FAILED = PlannedRoot(root="a", not_planned="It does not parse.")


def pair(base: PlannedRoot | None, origin: PlanOrigin = PlanOrigin.WORKFLOW, *, is_new: bool = False) -> PlannedPair:
    return PlannedPair(root="a", workspace="default", base=base, head=PLAN, origin=origin, is_new=is_new)


def test_what_stood_before_is_not_called_introduced_where_the_base_was_not_planned():
    assert not pair(None).is_comparable
    assert not pair(FAILED).is_comparable
    assert pair(PLAN).is_comparable
    assert pair(None, is_new=True).is_comparable


def test_a_real_plan_has_its_own_before_and_an_approximate_one_needs_the_bases():
    assert pair(FAILED).not_planned == ""
    assert "the base branch could not be planned: It does not parse." in pair(FAILED, PlanOrigin.HERMETIC).not_planned
