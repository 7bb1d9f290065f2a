"""One thing is told once, however many scanners say it: config/equivalents.yml, by rule, place and resource.

Owns that table and the merging. Plumbrule and Checkov speak first, for they have the better texts; who else said so is
kept in `Finding.also`.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import yaml

from reviewer.errors import Misconfigured
from reviewer.model import Finding, ScanResult, Span
from reviewer.scan.foreign_config import HOUSE
from reviewer.settings import CONFIG_DIR

EQUIVALENTS_FILE = CONFIG_DIR / "equivalents.yml"
ANYWHERE = "in_one_file"
Equivalents = Mapping[str, tuple[tuple[str, ...], ...]]
"""Rule -> the rows that it stands in. A row that begins with ANYWHERE is for any two places of a file."""

_BARE = re.compile(r"^(?:[a-z][a-z0-9-]*\.)?(?:AVD-)?", re.ASCII)


def merged(result: ScanResult, table: Equivalents | None = None) -> ScanResult:
    """Return `result` with each thing said once: what other scanners repeat goes into `also` of who said it first."""
    if all(finding.scanner in HOUSE for finding in result.findings):
        return result
    rows = equivalents() if table is None else table
    by_path: defaultdict[str, list[int]] = defaultdict(list)
    for index, finding in enumerate(result.findings):
        by_path[finding.path].append(index)
    said: defaultdict[int, dict[str, None]] = defaultdict(dict)
    gone: set[int] = set()
    for indexes in by_path.values():
        _merge([(index, result.findings[index]) for index in indexes], rows, said, gone)
    kept = (
        replace(finding, also=tuple(said[index])) if index in said else finding
        for index, finding in enumerate(result.findings)
        if index not in gone
    )
    return replace(result, findings=tuple(_in_one_block(list(kept))))


def _merge(
    listed: list[tuple[int, Finding]], rows: Equivalents, said: dict[int, dict[str, None]], gone: set[int]
) -> None:
    """Take the findings of one file: each of another scanner looks for somebody who says the same before it."""
    listed.sort(key=lambda entry: (_rank(entry[1], rows), entry[1].span, entry[1].rule))
    heard: defaultdict[str, list[tuple[int, Finding]]] = defaultdict(list)
    told: set[tuple[str, str, str, Span]] = set()
    for index, finding in listed:
        identity = (finding.root, finding.scanner, finding.rule, finding.span)
        if finding.scanner not in HOUSE and identity in told:
            gone.add(index)  # from a log that was given, and from the tool itself
            continue
        told.add(identity)
        others = {(rule, row[0] == ANYWHERE) for row in rows.get(_bare(finding.rule), ()) for rule in row}
        if finding.scanner not in HOUSE:
            speakers = ((entry, anywhere) for rule, anywhere in sorted(others) for entry in heard[rule])
            speaker = next((other for (other, one), anywhere in speakers if _is_same(one, finding, anywhere)), None)
            if speaker is not None:
                name = f"{finding.scanner} {finding.rule.removeprefix(finding.scanner + '.')}"
                said.setdefault(speaker, {})[name] = None
                gone.add(index)
                continue
        heard[_bare(finding.rule)].append((index, finding))


def _rank(finding: Finding, rows: Equivalents) -> tuple[int, int]:
    """Ours, Checkov's, then the others in the order of their rows."""
    if finding.scanner in HOUSE:
        return 0, int(finding.scanner == "checkov")
    return 1, min((row.index(_bare(finding.rule)) for row in rows.get(_bare(finding.rule), ())), default=99)


def _is_same(speaker: Finding, finding: Finding, anywhere: bool) -> bool:
    """Whether two findings of one file and one meaning are about one place."""
    one, other = speaker.block, finding.block
    overlap = one.start_line <= other.end_line and other.start_line <= one.end_line
    return speaker.scanner != finding.scanner and (anywhere or overlap)


def _in_one_block(findings: list[Finding]) -> Iterable[Finding]:
    """What is said of one resource stands in one block, though scanners draw its lines a little differently."""
    blocks = {(f.path, f.resource): f.block for f in reversed(findings) if f.scanner in HOUSE}
    for finding in findings:
        block = blocks.get((finding.path, finding.resource))
        inside = block and block.start_line <= finding.span.start_line <= finding.span.end_line <= block.end_line
        yield replace(finding, block=block) if block and inside and finding.scanner not in HOUSE else finding


def _bare(rule: str) -> str:
    return _BARE.sub("", rule) if "AVD-" in rule or "." in rule else rule


@functools.cache
def equivalents() -> Equivalents:
    """Return the table that ships with Plumbrule, as the operator left it. Raises Misconfigured."""
    return read_equivalents(EQUIVALENTS_FILE)


def read_equivalents(path: Path) -> Equivalents:
    """Return the table of a file. Raises Misconfigured with every problem, each naming file and row."""
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Misconfigured((f"{path.name}: cannot be read: {' '.join(str(error).split())}",)) from error
    listed = content.get("equivalents") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise Misconfigured((f"{path.name}: expected the key equivalents, with a list of rows",))
    rows: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    problems = []
    for number, entry in enumerate(listed, 1):
        anywhere = isinstance(entry, dict) and set(entry) == {ANYWHERE}
        row = entry[ANYWHERE] if anywhere else entry
        if not isinstance(row, list) or len(row) < 2 or not all(isinstance(rule, str) for rule in row):
            problems.append(f"{path.name}: row {number}: expected two rules or more, such as [CKV_DOCKER_7, DL3007]")
            continue
        bare = tuple(dict.fromkeys(_bare(rule) for rule in row))
        for rule in bare:
            rows[rule].append((ANYWHERE, *bare) if anywhere else bare)
    if problems:
        raise Misconfigured(tuple(problems))
    return {rule: tuple(found) for rule, found in rows.items()}
