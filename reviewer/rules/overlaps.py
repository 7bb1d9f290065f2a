"""One thing is said once: where a rule of ours speaks, Checkov's rules that say the same of the block fall silent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from reviewer.model import Finding, ScanResult, Span
from reviewer.rules import RULES

Spoken = Mapping[tuple[str, str], list[Span]]


def without_overlaps(result: ScanResult) -> ScanResult:
    """Return `result` without the findings whose rule one of ours supersedes (`Rule.supersedes`) on the same lines."""
    spoken: defaultdict[tuple[str, str], list[Span]] = defaultdict(list)
    for finding in result.findings:
        for rule in RULES[finding.rule].supersedes if finding.rule in RULES else ():
            spoken[rule, finding.path].append(finding.block)
    if not spoken:
        return result
    return replace(result, findings=tuple(f for f in result.findings if not _is_spoken(f, spoken)))


def _is_spoken(finding: Finding, spoken: Spoken) -> bool:
    blocks = spoken.get((finding.rule, finding.path), ())
    return any(
        block.start_line <= finding.block.end_line and finding.block.start_line <= block.end_line for block in blocks
    )
