"""A small graph of what a plan changes, in Mermaid's language.

Owns the drawing. Every label is text from the repository: in it only letters, digits and a few marks stand as they are,
all else as Mermaid's entity codes, so that nothing in it can end a label, link, style or run.
"""

from __future__ import annotations

import re

from reviewer.model import PlanAction, PlannedChange, RootPlan
from reviewer.report.text import one_line

FEWEST, MOST = 2, 25
"""With fewer nodes there is nothing to see, with more nobody can."""

_LONGEST_LABEL = 70
_OTHER = re.compile(r"[^A-Za-z0-9_. /:,()-]")
_WORDS = {
    PlanAction.CREATE: "create",
    PlanAction.UPDATE: "update",
    PlanAction.REPLACE: "REPLACE",
    PlanAction.DELETE: "DESTROY",
    PlanAction.FORGET: "forget",
    PlanAction.READ: "read",
    PlanAction.NO_OP: "move",
}
_LOST = "stroke-width:3px,stroke-dasharray:6 3"
_FOUND = "stroke-width:3px"


def build_graph(plan: RootPlan) -> str:
    """Return the graph of the changes of `plan`, "" where there are too few or too many.

    What is destroyed or replaced, and what a finding is about, is said in words in its label, and has a thick border.
    """
    if plan.left_out or not FEWEST <= len(plan.changes) <= MOST or not plan.edges:
        return ""
    names = {change.address: f"n{number}" for number, change in enumerate(plan.changes, 1)}
    lines = ["flowchart LR"]
    lines += [f'  {names[change.address]}["{_label(change)}"]{_class(change)}' for change in plan.changes]
    lines += [
        f"  {names[one]} --> {names[other]}"
        for one, other in dict.fromkeys(plan.edges)
        if one in names and other in names and one != other
    ]
    return "\n".join([*lines, f"  classDef lost {_LOST}", f"  classDef found {_FOUND}"])


def _label(change: PlannedChange) -> str:
    told = f"{_WORDS[change.action]}: " + _escaped(one_line(change.address, _LONGEST_LABEL))
    return f"{told}<br/>{change.severity.word} finding" if change.severity else told


def _escaped(text: str) -> str:
    return _OTHER.sub(lambda match: f"#{ord(match[0])};", text)


def _class(change: PlannedChange) -> str:
    if change.action in (PlanAction.REPLACE, PlanAction.DELETE):
        return ":::lost"
    return ":::found" if change.severity else ""
