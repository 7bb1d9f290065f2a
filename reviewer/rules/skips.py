"""Comments that mute a rule: the texts. That a change added one is found by comparing, which makes the finding."""

from __future__ import annotations

from reviewer.model import Severity
from reviewer.rules.rule import Directory, Hit, Rule


def _never(_directory: Directory) -> tuple[Hit, ...]:
    return ()


ADDED = Rule(
    id="PLB_SKIP_1",
    title="A check is muted in the code",
    severity=Severity.MEDIUM,
    why="A skip comment switches a check off for everybody who reads this code later. Whoever reviews the change "
    "should agree with the reason, because the finding itself is not shown any more.",
    remedy="Remove the comment and mend what it mutes. If the risk is accepted, say why in the comment, or ask for a "
    "waiver in the policy: a waiver has an end.",
    references=("https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html",),
    check=_never,
    framework="",
)

RULES = (ADDED,)
