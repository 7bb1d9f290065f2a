"""Comments that mute a rule: the texts. That a change added one is found by comparing, which makes the finding."""

from __future__ import annotations

from reviewer.model import Severity
from reviewer.rules.rule import Directory, Hit, Rule


def _never(_directory: Directory) -> tuple[Hit, ...]:
    return ()


ADDED = Rule(
    id="PLB_SKIP_1",
    title="This change mutes a rule",
    severity=Severity.MEDIUM,
    why="A skip comment hides a finding from everybody from here on. Whoever approves this should know that they "
    "approve that too.",
    remedy="Mend what the rule found. If the risk is accepted, give the reason in the comment, or better ask for a "
    "waiver with an end in the policy.",
    references=("https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html",),
    check=_never,
    framework="",
)

RULES = (ADDED,)
