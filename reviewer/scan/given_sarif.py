"""SARIF that somebody brings along: what other tools said of the head becomes part of a review.

Owns telling what of it the change brought about: a log speaks of the head alone, so that what lies on lines that the
change touches counts as introduced, and all else as standing. The log is as hostile as the code that it speaks of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from reviewer.model import Diff, Finding, NotExamined, ScanResult, Severity
from reviewer.scan.clone import Clone
from reviewer.scan.foreign_config import HOUSE, ForeignScanner
from reviewer.scan.foreign_sarif import MAX_SARIF, BadSarif, read_sarif
from reviewer.scan.objects import REGULAR
from reviewer.scan.severities import table
from reviewer.scan.tree import Tree

WITHOUT_PREFIX = frozenset({"hadolint"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenSarif:
    """A log, and how people call it."""

    name: str
    raw: bytes


class _Committed(Tree):
    """The files of a commit, read when they are asked for. `root` is where tools saw them, if that is known."""

    def __init__(self, clone: Clone, commit: str, root: Path | None) -> None:
        names = {entry.path: entry.path for entry in clone.listing(commit) if entry.mode in REGULAR}
        super().__init__(root or Path("/"), names, "")
        self._clone, self._commit = clone, commit

    def _read(self, path: str) -> bytes:
        return self._clone.file(self._commit, path) or b""


def read_given(logs: Iterable[GivenSarif], clone: Clone, commit: str, root: Path | None = None) -> ScanResult:
    """Return what logs say of the files of a commit; one that is no SARIF is said to be not looked at."""
    files = _Committed(clone, commit, root)
    whole = ScanResult()
    for log in logs:
        try:
            parts = [read_sarif(run, _scanner(tool), files) for tool, run in _runs(log.raw)]
        except BadSarif as error:
            parts = [ScanResult(not_examined=(NotExamined(what=log.name, why=f"It is not taken: {error}."),))]
        for part in parts:
            whole = replace(
                whole,
                findings=(*whole.findings, *map(_in_our_severity, part.findings)),
                not_examined=(*whole.not_examined, *part.not_examined),
            )
    return whole


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


def _runs(raw: bytes) -> Iterable[tuple[str, bytes]]:
    """The runs of a log one by one, each with the name of its tool. What is no log is left to who reads it."""
    try:
        log = json.loads(raw) if len(raw) <= MAX_SARIF else None
        runs = [(str(run["tool"]["driver"]["name"]), {**log, "runs": [run]}) for run in log["runs"]] if log else []
    except (ValueError, RecursionError, TypeError, KeyError):
        runs = []
    return [(tool, json.dumps(run).encode()) for tool, run in runs] or [("sarif", raw)]


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
