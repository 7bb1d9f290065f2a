"""Which accepted risk covers which finding. Knows no file format and no clock: the day is an argument."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from reviewer.judge.patterns import path_matches, rule_matches, text_matches
from reviewer.model import Finding, Waiver


def is_expired(waiver: Waiver, today: date) -> bool:
    """Whether `today` is after the last day on which the waiver counts."""
    return today > waiver.expires


def covers(waiver: Waiver, finding: Finding) -> bool:
    """Whether the rule, and the resource and the path where they are given, all describe `finding`."""
    return (
        rule_matches(waiver.rule, finding.rule)
        and (waiver.resource is None or text_matches(waiver.resource, finding.resource))
        and (waiver.path is None or path_matches(waiver.path, finding.path))
    )


def waiver_for(finding: Finding, waivers: Iterable[Waiver], today: date) -> Waiver | None:
    """Return the first waiver that covers `finding` on the day `today`, or None."""
    return next((waiver for waiver in waivers if not is_expired(waiver, today) and covers(waiver, finding)), None)
