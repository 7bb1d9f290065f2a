"""Head against base: what the change introduced, what it fixed, what stands, what a skip mutes.

Owns the fingerprints, which have no line numbers, and the findings about skips that a change adds. Knows no policy: the
results come in as the policy sees them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from reviewer.judge.matching import pair
from reviewer.judge.unexamined import lies_in, news, parts_of, place_of, places_with
from reviewer.model import Comparison, Diff, Finding, NotExamined, ScanResult, Severity, fingerprint

SKIP_RULE = "PLB_SKIP_1"
SKIP_SEVERITY = Severity.MEDIUM
SKIP_TITLE = "A check is muted in the code"
SKIP_WHY = (
    "A skip comment switches a check off for everybody who reads this code later. Whoever reviews the change should"
    " agree with the reason, because the finding itself is not shown any more."
)
SKIP_REMEDY = (
    "Remove the comment and mend what it mutes. If the risk is accepted, say why in the comment, or ask for a waiver in"
    " the policy: a waiver has an end."
)

MAX_REASON = 300
"""Characters of a skip's reason that its finding quotes."""


def fingerprinted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return `findings` in their order, each with a fingerprint that no other of them has.

    It names rule, root, path and resource, and for several that share these their ordinal by line. Moving lines changes
    none.
    """
    listed = tuple(findings)
    names: dict[int, str] = {}
    ordinals: Counter[tuple[str, str, str, str]] = Counter()
    for index in sorted(range(len(listed)), key=lambda index: _line_order(listed[index])):
        finding = listed[index]
        place = (finding.rule, finding.root, finding.path, finding.resource)
        names[index] = fingerprint(*place, str(ordinals[place]))
        ordinals[place] += 1
    return tuple(replace(finding, fingerprint=names[index]) for index, finding in enumerate(listed))


def _line_order(finding: Finding) -> tuple[int, int, str, str]:
    return (finding.span.start_line, finding.span.end_line, finding.evidence, finding.message)


def compare(base: ScanResult, head: ScanResult, diff: Diff) -> Comparison:
    """Return what `head` has that `base` has not, and the reverse. Findings keep the order of their results.

    Every finding of head is introduced, standing or muted. A skip that only head has is introduced as a PLB_SKIP_1, one
    that only base has is fixed as one. What was not looked at in head is never fixed.
    """
    base = replace(base, findings=fingerprinted(base.findings))
    head = replace(head, findings=fingerprinted(head.findings))
    same = pair(base, head, diff).same
    before = {after.fingerprint: before for before, after in same}
    after = {before.fingerprint: after for before, after in same}
    introduced = _without_partner(head.findings, before)
    unknown = parts_of(_newly_unknown(base, head))
    return Comparison(
        introduced=introduced,
        standing=tuple(finding for finding in head.findings if finding.fingerprint in before and not is_muted(finding)),
        fixed=tuple(finding for finding in _without_partner(base.findings, after) if not lies_in(unknown, finding)),
        muted=tuple(finding for finding in head.findings if is_muted(finding)),
        not_examined=news(base.not_examined, head.not_examined, diff) + _unknown_before(base, head, introduced),
    )


def is_muted(finding: Finding | None) -> bool:
    """Whether a skip in the code mutes it."""
    return finding is not None and finding.skip_reason is not None


def _without_partner(findings: Iterable[Finding], partners: Mapping[str, Finding]) -> tuple[Finding, ...]:
    """Return what one side has and the other has not: findings, then skips. `partners` are the other side's."""
    listed = tuple(findings)
    alone = [finding for finding in listed if not is_muted(finding) and finding.fingerprint not in partners]
    skips = [
        skip_finding(finding)
        for finding in listed
        if is_muted(finding) and not is_muted(partners.get(finding.fingerprint))
    ]
    return tuple(alone + skips)


def skip_finding(muted: Finding) -> Finding:
    """Return the PLB_SKIP_1 that says that `muted` is muted: at its place, fingerprinted by its fingerprint."""
    reason = " ".join((muted.skip_reason or "").split())[:MAX_REASON]
    given = f"the reason given is: {reason}" if reason else "no reason is given"
    return replace(
        muted,
        rule=SKIP_RULE,
        title=f"{SKIP_TITLE}: {muted.rule}",
        severity=SKIP_SEVERITY,
        message=f"{muted.rule} ({muted.title}) is muted on {muted.resource}; {given}.",
        scanner="plumbrule",
        why=SKIP_WHY,
        remedy=SKIP_REMEDY,
        guideline=None,
        skip_reason=None,
        fingerprint=fingerprint(SKIP_RULE, muted.fingerprint),
    )


def _newly_unknown(base: ScanResult, head: ScanResult) -> Iterable[NotExamined]:
    """Yield what nothing can be called fixed in: what failed at head, and statements that base did not have."""
    before = set(base.not_examined)
    return (entry for entry in head.not_examined if entry.blocking or entry not in before)


def _unknown_before(base: ScanResult, head: ScanResult, introduced: tuple[Finding, ...]) -> tuple[NotExamined, ...]:
    """Return statements on parts that were not looked at in base alone: what is found there seems introduced."""
    still, places = set(head.not_examined), places_with(introduced)
    return tuple(
        NotExamined(
            what=entry.what,
            why=f"Not looked at before this change, so that all findings in it count as introduced: {entry.why}",
            blocking=False,
        )
        for entry in base.not_examined
        if entry.blocking and entry not in still and place_of(entry) in places
    )
