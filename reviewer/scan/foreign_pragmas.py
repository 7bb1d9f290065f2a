"""What comments in the code mute of what other scanners say, and where their rules are described.

The scanners are told to take no notice of comments: what is muted must be known, for a skip that a change adds is a
finding. Sources: hadolint's README ("Inline ignores"), zizmor's documentation ("Ignoring results").
"""

from __future__ import annotations

import re

from reviewer.scan.foreign_places import Place
from reviewer.scan.tree import Tree

_HADOLINT = re.compile(r"^\s*#\s*hadolint\s+(global\s+)?ignore=([A-Z0-9, ]+)(?:#(.*))?")
_SHELLCHECK = re.compile(r"#\s*shellcheck\s+disable=([A-Z0-9, ]+)")
_ZIZMOR = re.compile(r"#\s*zizmor:\s*ignore\[([a-z0-9, -]+)\]([^#]*)")
_HADOLINT_RULE = re.compile(r"DL\d{4}")
_SHELLCHECK_RULE = re.compile(r"SC\d{4}")


def page(rule: str) -> str | None:
    """Return the page about a rule whose tool names none."""
    if _HADOLINT_RULE.fullmatch(rule):
        return f"https://github.com/hadolint/hadolint/wiki/{rule}"
    return f"https://www.shellcheck.net/wiki/{rule}" if _SHELLCHECK_RULE.fullmatch(rule) else None


def skip_reason(rule: str, place: Place, files: Tree) -> str | None:
    """Return the reason that a comment gives for muting a rule here ("" for none given); None without a comment."""
    name = rule.rpartition("/")[2]
    if rule.startswith("zizmor/"):
        return _on_its_lines(name, place, files)
    if _HADOLINT_RULE.fullmatch(rule) or _SHELLCHECK_RULE.fullmatch(rule):
        return _above(name, place, files)
    return None


def _on_its_lines(name: str, place: Place, files: Tree) -> str | None:
    for line in range(place.span.start_line, place.span.end_line + 1):
        found = _ZIZMOR.search(files.text(place.path, line, line))
        if found and name in _names(found[1]):
            return found[2].strip()
    return None


def _above(name: str, place: Place, files: Tree) -> str | None:
    """A comment right above the instruction, or one for the whole file before the first instruction."""
    lines = files.lines(place.path)
    first, line = place.block.start_line, place.block.start_line - 1
    while line >= 1 and lines[line - 1].lstrip().startswith("#"):
        found = _HADOLINT.match(lines[line - 1])
        if found and not found[1] and name in _names(found[2]):
            return (found[3] or "").strip()
        line -= 1
    for text in lines[:first]:
        found = _HADOLINT.match(text)
        if found and found[1] and name in _names(found[2]):
            return (found[3] or "").strip()
    told = [_SHELLCHECK.search(text) for text in lines[first - 1 : place.block.end_line]]
    return "" if any(said and name in _names(said[1]) for said in told) else None


def _names(listed: str) -> set[str]:
    return set(re.split(r"[\s,]+", listed.strip()))
