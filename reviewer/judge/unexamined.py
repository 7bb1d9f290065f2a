"""What a review did not look at, as parts of the repository: which findings lie in them, and which are news.

Knows the two forms of `NotExamined.what`: a path (or root, framework, tool), and a directory followed by "(framework)".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from reviewer.model import Diff, Finding, NotExamined

_OF_FRAMEWORK = re.compile(r"(?P<place>.*) \((?P<framework>[a-z0-9_]+)\)", re.DOTALL)

Parts = dict[str, frozenset[str]]
"""Framework ("" for all of them) -> paths and directories."""


def place_of(entry: NotExamined) -> tuple[str, str]:
    """Return the path or directory (the repository's own is "") and the framework ("" for all) of `entry`."""
    if entry.span is not None:
        return entry.span.path, ""
    match = _OF_FRAMEWORK.fullmatch(entry.what)
    place, framework = (match["place"], match["framework"]) if match else (entry.what, "")
    return "" if place == "." else place.rstrip("/"), framework


def parts_of(entries: Iterable[NotExamined]) -> Parts:
    """Return the parts that `entries` speak of, for `lies_in`."""
    parts: dict[str, set[str]] = {}
    for entry in entries:
        place, framework = place_of(entry)
        parts.setdefault(framework, set()).add(place)
    return {framework: frozenset(places) for framework, places in parts.items()}


def lies_in(parts: Parts, finding: Finding) -> bool:
    """Whether the finding's file, its root, or a directory above either is one of `parts`, or its framework is."""
    if not parts:
        return False
    places = _places(finding)
    frameworks = ("", finding.framework) if finding.framework else parts
    return any(not places.isdisjoint(parts.get(framework, ())) for framework in frameworks)


def places_with(findings: Iterable[Finding]) -> frozenset[tuple[str, str]]:
    """Return what `place_of` says of the entries in whose part at least one of `findings` lies."""
    return frozenset(
        (place, framework)
        for finding in findings
        for place in _places(finding)
        for framework in ("", finding.framework)
    )


def _places(finding: Finding) -> set[str]:
    return {*_up(finding.path), finding.root, *_up(finding.root), finding.framework}


def news(base: tuple[NotExamined, ...], head: tuple[NotExamined, ...], diff: Diff) -> tuple[NotExamined, ...]:
    """Return the entries of `head` that the change answers for.

    What was not looked at on either side is no news, unless the change wrote in it: then a part that no scan managed
    stays as it is (nobody has looked at what was written); code that did not parse before is told but blocks nothing.
    """
    renamed = dict(diff.renamed)
    before = {(_renamed(entry, renamed), entry.why) for entry in base}
    written = {place for path in diff.changed for place in ("", *_up(path))}
    told = []
    for entry in head:
        if (_renamed(entry, {}), entry.why) not in before:
            told.append(entry)
        elif entry.blocking and place_of(entry)[0] in written:
            told.append(entry if entry.span is None else replace(entry, blocking=False))
    return tuple(told)


def _renamed(entry: NotExamined, renamed: dict[str, str]) -> tuple[str, str]:
    place, framework = place_of(entry)
    return renamed.get(place, place), framework


def _up(path: str) -> Iterable[str]:
    """Yield `path` and every directory above it but the repository's own."""
    while path:
        yield path
        path = path.rpartition("/")[0]
