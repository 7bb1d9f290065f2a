"""SARIF that somebody brings along: what other tools said of the head becomes part of a review.

Owns telling what of it the change brought about: a log speaks of the head alone, so that what lies on lines that the
change touches counts as introduced, and all else as standing. The log is as hostile as the code that it speaks of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from reviewer.model import Diff, Finding, NotExamined, ScanResult, Severity
from reviewer.scan.clone import Clone
from reviewer.scan.foreign_config import HOUSE, ForeignScanner
from reviewer.scan.foreign_sarif import MAX_SARIF, MOST_RESULTS, BadSarif, read_sarif
from reviewer.scan.objects import REGULAR
from reviewer.scan.severities import table
from reviewer.scan.tree import Tree

WITHOUT_PREFIX = frozenset({"hadolint"})
MOST_RUNS = 100
"""Of one log."""
MOST_TOLD = 50
"""Statements: each place outside the tree that a log names is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenSarif:
    """A log, and how people call it."""

    name: str
    raw: bytes


class _Committed(Tree):
    """The files of a commit, read when they are asked for. `root` is where tools saw them, if that is known."""

    contained = False

    def __init__(self, clone: Clone, commit: str, root: Path | None) -> None:
        names = {entry.path: entry.path for entry in clone.listing(commit) if entry.mode in REGULAR}
        super().__init__(root or Path("/"), names, "")
        self._clone, self._commit = clone, commit

    def _read(self, path: str) -> bytes:
        return self._clone.file(self._commit, path) or b""


def read_given(logs: Iterable[GivenSarif], clone: Clone, commit: str, root: Path | None = None) -> ScanResult:
    """Return what logs say of the files of a commit; one that is no SARIF is said to be not looked at.

    More than MOST_RESULTS findings, or MOST_TOLD statements, are cut, and that is said.
    """
    files = _Committed(clone, commit, root)
    findings: list[Finding] = []
    told: list[NotExamined] = []
    for log in logs:
        for part in _parts(log, files):
            findings += map(_in_our_severity, part.findings)
            told += part.not_examined
    if len(findings) > MOST_RESULTS:
        why = f"They hold more than the {MOST_RESULTS:,} things that can be reported; the rest is unknown."
        told.insert(0, NotExamined(what="SARIF of other tools", why=why))
    if len(told) > MOST_TOLD:
        why = f"There are {len(told) - MOST_TOLD + 1:,} more things to say of what was not taken."
        told[MOST_TOLD - 1 :] = [NotExamined(what="SARIF of other tools", why=why, blocking=False)]
    return ScanResult(findings=tuple(findings[:MOST_RESULTS]), not_examined=tuple(told))


def is_sarif(raw: bytes) -> bool:
    """Tell whether JSON looks like a SARIF log, and not like anything else that a tool may print."""
    try:
        log = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return isinstance(log, dict) and str(log.get("version", "")).startswith("2.1") and isinstance(log.get("runs"), list)


def _parts(log: GivenSarif, files: _Committed) -> Iterator[ScanResult]:
    runs = _runs(log.raw)
    try:
        for tool, run in runs[:MOST_RUNS]:
            yield read_sarif(run, _scanner(tool), files)
    except BadSarif as error:
        yield ScanResult(not_examined=(NotExamined(what=log.name, why=f"It is not taken: {error}."),))
    if len(runs) > MOST_RUNS:
        why = f"It has more than {MOST_RUNS} runs; the others were not read."
        yield ScanResult(not_examined=(NotExamined(what=log.name, why=why),))


def add_given(
    base: ScanResult, head: ScanResult, given: ScanResult, change: Diff | None
) -> tuple[ScanResult, ScanResult]:
    """Return both scans with what was given; without a `change` all of it stands."""
    former = {new: old for old, new in (change.renamed if change else ())}
    standing = [
        _at(finding, former) for finding in given.findings if change is None or not _is_touched(finding, change)
    ]
    return (
        replace(base, findings=(*base.findings, *standing)),
        replace(
            head,
            findings=(*head.findings, *given.findings),
            not_examined=(*head.not_examined, *given.not_examined),
        ),
    )


def _runs(raw: bytes) -> list[tuple[str, bytes]]:
    """The runs of a log one by one, each with the name of its tool. What is no log is left to who reads it."""
    try:
        log = json.loads(raw) if len(raw) <= MAX_SARIF else None
        runs = [(str(run["tool"]["driver"]["name"]), _alone(log, run)) for run in log["runs"]] if log else []
    except (ValueError, RecursionError, TypeError, KeyError):
        runs = []
    return [(tool, json.dumps(run).encode()) for tool, run in runs] or [("sarif", raw)]


def _alone(log: dict[str, object], run: object) -> dict[str, object]:
    """One run as a log. Of what stands around it only the version comes along: else many runs would be a bomb."""
    return {"version": str(log.get("version", ""))[:10], "runs": [run]}


def _scanner(tool: str) -> ForeignScanner:
    name = re.sub(r"[^a-z0-9]+", "-", tool.lower()).strip("-")[:30] or "sarif"
    name = f"{name}-sarif" if name in HOUSE else name
    return ForeignScanner(
        name=name,
        program="",
        arguments=(),
        units=(),
        paths=(),
        framework="",
        prefix=name not in WITHOUT_PREFIX,
        good=(),
        unreadable_codes=(),
        unreadable_rules=(),
        at_most=Severity.CRITICAL,
        reads=(),
        timeout_seconds=1,
    )


def _in_our_severity(finding: Finding) -> Finding:
    concept = table().concept(finding.rule)
    if concept is None:
        return finding
    return replace(finding, severity=concept.severity, why=concept.why, remedy=concept.remedy)


def _is_touched(finding: Finding, change: Diff) -> bool:
    lines = range(finding.block.start_line, finding.block.end_line + 1)
    hunks = (hunk for hunk in change.hunks if hunk.path == finding.path)
    return any(line in hunk.added or line in hunk.deleted_before for hunk in hunks for line in lines)


def _at(finding: Finding, former: dict[str, str]) -> Finding:
    old = former.get(finding.path, finding.path)
    return replace(finding, span=replace(finding.span, path=old), block=replace(finding.block, path=old))
