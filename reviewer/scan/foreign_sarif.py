"""SARIF 2.1.0 of another scanner becomes findings: what it says, at places that there are, in our shapes.

Owns the reading of it, which is hostile: a tool repeats what a pull request holds. What names no file of the unit, and
what is no SARIF, is said to be not looked at. Pure. The severity set here is the tool's word; the worker has the last.
Source: SARIF 2.1.0, sections 3.27 (result), 3.49 (reportingDescriptor), 3.30 (region).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from reviewer.model import Finding, NotExamined, ScanResult, Severity
from reviewer.scan import evidence, foreign_pragmas, messages
from reviewer.scan.foreign_config import ForeignScanner
from reviewer.scan.foreign_places import Place, place_of
from reviewer.scan.tree import Tree

MAX_SARIF = 32 << 20
MOST_RESULTS = 5000
MAX_TITLE, MAX_MESSAGE, MAX_LINK = 200, 1500, 500

_LEVELS = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW, "none": Severity.INFO}
_SCORES = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
"""GitHub's bounds of `security-severity`."""
_NOT_IN_RULES = re.compile(r"[^A-Za-z0-9_.-]+")
_OURS = re.compile(r"(?:CKV|PLB_|BC_|SKIP)", re.IGNORECASE)


class BadSarif(ValueError):
    """These bytes are no SARIF log. The message says in a few words what is the matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Described:
    """What a tool says of one of its rules."""

    title: str = ""
    link: str | None = None
    severity: Severity | None = None


def read_sarif(raw: bytes, scanner: ForeignScanner, files: Tree) -> ScanResult:
    """Return what a log says about the files of a unit. Raises BadSarif when it is none."""
    findings: dict[Finding, None] = {}
    told: dict[NotExamined, None] = {}
    for result, described in _results(raw):
        entry = _entry(result, described, scanner, files)
        if isinstance(entry, Finding):
            findings[entry] = None
        elif entry:
            told[entry] = None
        if len(findings) > MOST_RESULTS:
            why = (
                f"{scanner.name} found more than the {MOST_RESULTS:,} things that can be reported; the rest is unknown."
            )
            told[NotExamined(what=f"{files.directory or '.'} ({scanner.name})", why=why)] = None
            break
    ordered = sorted(findings, key=lambda f: (f.span, f.rule, f.message))
    return ScanResult(findings=tuple(ordered[:MOST_RESULTS]), not_examined=tuple(told))


def rule_id(text: str, scanner: ForeignScanner) -> str:
    """Return the name of a rule as a policy can write it: `zizmor.artipacked`, `DL3007`. It is never one of ours."""
    name = _NOT_IN_RULES.sub(".", text.strip()).strip(".")[:60] or "unnamed"
    if (scanner.prefix or _OURS.match(name)) and not name.startswith(f"{scanner.name}."):
        name = f"{scanner.name}.{name}"
    return name


def _results(raw: bytes) -> Iterator[tuple[Mapping[str, Any], Mapping[str, _Described]]]:
    if len(raw) > MAX_SARIF:
        raise BadSarif(f"it printed {len(raw):,} bytes, more than the {MAX_SARIF:,} that are read")
    if not raw.strip():
        raise BadSarif("it printed nothing")
    try:
        log = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadSarif("what it printed is not JSON") from None
    runs = _list(_map(log).get("runs"))
    if not isinstance(log, dict) or not str(log.get("version", "")).startswith("2.1") or not runs:
        raise BadSarif("what it printed is not SARIF 2.1.0")
    for run in map(_map, runs):
        if not isinstance(run.get("results"), list):
            raise BadSarif("a run in its SARIF has no results")
        described = dict(_rules(run))
        yield from ((_map(result), described) for result in run["results"])


def _rules(run: Mapping[str, Any]) -> Iterator[tuple[str, _Described]]:
    tool = _map(run.get("tool"))
    for component in (_map(tool.get("driver")), *map(_map, _list(tool.get("extensions")))):
        for index, rule in enumerate(map(_map, _list(component.get("rules")))):
            configured = _map(rule.get("defaultConfiguration")).get("level")
            texts = (_map(rule.get(key)).get("text") for key in ("shortDescription", "help", "fullDescription"))
            described = _Described(
                title=next((text for text in texts if isinstance(text, str) and 0 < len(text) <= MAX_TITLE), ""),
                link=_link(rule.get("helpUri")),
                severity=_score(rule) or _LEVELS.get(str(configured)),
            )
            yield str(rule.get("id", "")), described
            yield f"#{index}", described


def _score(of: Mapping[str, Any]) -> Severity | None:
    try:
        score = float(_map(of.get("properties")).get("security-severity", ""))
    except (TypeError, ValueError):
        return None
    return next((severity for least, severity in _SCORES if score >= least), Severity.INFO)


def _entry(
    result: Mapping[str, Any], described: Mapping[str, _Described], scanner: ForeignScanner, files: Tree
) -> Finding | NotExamined | None:
    if result.get("kind", "fail") not in ("fail", "review", "open") or _list(result.get("suppressions")):
        return None
    reference = _map(result.get("rule"))
    written = str(result.get("ruleId") or reference.get("id") or "")
    index = f"#{result.get('ruleIndex', reference.get('index'))}"
    about = described.get(written) or described.get(index) or _Described()
    where = _map(_map(next(iter(_list(result.get("locations"))), None)).get("physicalLocation"))
    path = _path(_map(where.get("artifactLocation")).get("uri"), files)
    if path is None:
        name = rule_id(written, scanner)
        why = f"{scanner.name} speaks of a place that is no file here ({name}): nothing is made of it."
        return NotExamined(what=f"{files.directory or '.'} ({scanner.name})", why=why, blocking=False)
    place = place_of(path, *_lines(_map(where.get("region"))), files)
    message = _clip(_map(result.get("message")).get("text"), MAX_MESSAGE)
    if written in scanner.unreadable_rules:
        why = f"{scanner.name} cannot read this file: {message.rstrip('.') or 'it did not say why'}."
        return NotExamined(what=f"{place.span.path} ({scanner.name})", why=why, span=place.span, blocking=False)
    said = _score(result) or _LEVELS.get(str(result.get("level"))) or about.severity or Severity.MEDIUM
    finding = _finding(written, about, message, place, scanner, files)
    return replace(finding, severity=min(said, scanner.at_most))


def _finding(
    written: str, about: _Described, message: str, place: Place, scanner: ForeignScanner, files: Tree
) -> Finding:
    shown = evidence.fold(files.text(place.path, place.span.start_line, place.span.end_line))
    title = _clip(about.title or message, MAX_TITLE).rstrip(".") or rule_id(written, scanner)
    return Finding(
        rule=rule_id(written, scanner),
        title=title[:1].upper() + title[1:],
        severity=Severity.MEDIUM,
        span=place.span,
        block=place.block,
        resource=place.resource,
        message=message if about.title else messages.about_instruction(shown),
        scanner=scanner.name,
        root=files.directory if scanner.framework == "terraform" else "",
        framework=scanner.framework,
        evidence=shown,
        guideline=about.link or foreign_pragmas.page(written),
        skip_reason=foreign_pragmas.skip_reason(written, place, files),
    )


def _path(uri: object, files: Tree) -> str | None:
    """The path under the root that a URI names; None when it names no file of the unit."""
    if not isinstance(uri, str) or not uri or len(uri) > 4096 or "\0" in uri:
        return None
    bare = uri.removeprefix("file://")
    for text in (bare, unquote(bare)):
        whole = PurePosixPath(text)
        if ".." in whole.parts:
            continue
        if found := files.relative(str(whole) if whole.is_absolute() else str(files.root / whole)):
            return found
    return None


def _lines(region: Mapping[str, Any]) -> tuple[int, int]:
    start = region.get("startLine")
    first = start if isinstance(start, int) and not isinstance(start, bool) else 1
    end = region.get("endLine", first)
    last = end if isinstance(end, int) and not isinstance(end, bool) else first
    if last > first and region.get("endColumn") == 1:
        last -= 1  # it ends before the first character of that line
    return first, last


def _link(url: object) -> str | None:
    return (
        url if isinstance(url, str) and url.startswith("https://") and len(url) <= MAX_LINK and url.isascii() else None
    )


def _clip(text: object, most: int) -> str:
    if not isinstance(text, str):
        return ""
    folded = " ".join(evidence.mask(text[: 4 * most]).encode("utf-8", "replace").decode().split())
    return folded if len(folded) <= most else folded[: most - 1] + "…"


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
