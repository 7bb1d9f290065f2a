"""Findings put together as people see them: an *issue* is one rule at one place, a *block* is one resource of the code.

Owns grouping, order and the names of things. Must not know in which form they are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviewer.model import Finding, Severity, Span, fingerprint

_INDEX = r"\[(?:\d+|\"(?:\\.|[^\"\\])*\")\]"
_MODULE_PREFIX = re.compile(rf"^(?:module\.[^.\[\]\s\"]+(?:{_INDEX})?\.)+(?=[^\s])")
SECRETS = "secrets"
"""The framework that looks at lines and knows no blocks."""
_LONGEST_PATH = 120
_LAST_INDEX = re.compile(rf"{_INDEX}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One rule at one place; several findings when the code stands for several resources. Never empty."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The finding that speaks for all of them."""
        return self.findings[0]

    @property
    def severity(self) -> Severity:
        """The worst of them."""
        return max(f.severity for f in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of code with all that was found in it, most severe first. Never empty."""

    key: str
    resource: str  # without module path and index
    issues: tuple[Issue, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding of every issue."""
        return tuple(f for issue in self.issues for f in issue.findings)

    @property
    def severity(self) -> Severity:
        """The worst of them."""
        return max(issue.severity for issue in self.issues)

    @property
    def name(self) -> str:
        """The full address if there is one, else what several addresses share."""
        blocks = [finding for finding in self.findings if finding.framework != SECRETS]
        names = instances(blocks or self.findings)
        return names[0] if len(names) == 1 else self.resource


def block_resource(resource: str) -> str:
    """Return the address as the block's own file spells it: no module path, no index."""
    return _LAST_INDEX.sub("", _MODULE_PREFIX.sub("", resource))


def any_index(resource: str) -> str:
    """Return the address with every index as `[*]`."""
    return re.sub(_INDEX, "[*]", resource)


def instances(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the addresses that `findings` are about, each once, in order."""
    return tuple(dict.fromkeys(f.resource for f in findings if f.resource))


def roots(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the Terraform roots that `findings` were seen from, each once."""
    return tuple(dict.fromkeys(f.root for f in findings if f.framework == "terraform" or f.root))


def place(span: Span) -> str:
    """Return `path:line`; of a very long path the end, for the line must be seen."""
    path = span.path if len(span.path) <= _LONGEST_PATH else "…" + span.path[-_LONGEST_PATH:]
    return f"{path}:{span.start_line}"


def order(finding: Finding) -> tuple[int, str, int, str, str, str]:
    """Sort key: most severe first, then as one reads the repository."""
    return -finding.severity, finding.path, finding.span.start_line, finding.rule, finding.resource, finding.root


def issues_of(findings: Iterable[Finding]) -> tuple[Issue, ...]:
    """Group `findings` by rule, place and block; most severe first."""
    groups: dict[tuple[str, Span, str], list[Finding]] = {}
    for finding in sorted(findings, key=order):
        groups.setdefault((finding.rule, finding.span, block_resource(finding.resource)), []).append(finding)
    return tuple(Issue(findings=tuple(group)) for group in groups.values())


def blocks_of(findings: Iterable[Finding]) -> tuple[Block, ...]:
    """Group `findings` by the block of code they are about; most severe first. Every key differs from the others."""
    ordered = sorted(findings, key=order)
    around = _blocks_with_more_than_secrets(ordered)
    groups: dict[tuple[Span, str], list[Finding]] = {}
    for finding in ordered:
        groups.setdefault(_home(finding, around.get(finding.path, ())), []).append(finding)
    keys = _keys(sorted(groups))
    return tuple(Block(key=keys[place], resource=place[1], issues=issues_of(group)) for place, group in groups.items())


Home = tuple[Span, str]
"""Block and resource."""


def _blocks_with_more_than_secrets(findings: Iterable[Finding]) -> dict[str, tuple[Home, ...]]:
    found: dict[str, dict[Home, None]] = {}
    for finding in findings:
        if finding.framework != SECRETS:
            found.setdefault(finding.path, {})[finding.block, block_resource(finding.resource)] = None
    return {path: tuple(homes) for path, homes in found.items()}


def _home(finding: Finding, around: Iterable[Home]) -> Home:
    """Return the block of a finding; of a secret, which knows only its line, the smallest one around it."""
    if finding.framework == SECRETS:
        line = finding.span.start_line
        holding = [home for home in around if home[0].start_line <= line <= home[0].end_line]
        if holding:
            return min(holding, key=lambda home: (home[0].end_line - home[0].start_line, home))
    return finding.block, block_resource(finding.resource)


def _keys(places: Sequence[tuple[Span, str]]) -> dict[tuple[Span, str], str]:
    """Name each block by path and resource, without lines, so that the name stays when code moves.

    Two blocks of one name in one file (YAML documents, broken code) are told apart by their order.
    """
    seen: dict[tuple[str, str], int] = {}
    keys = {}
    for span, resource in places:
        nth = seen[span.path, resource] = seen.get((span.path, resource), 0) + 1
        parts = (span.path, resource) if nth == 1 else (span.path, resource, str(nth))
        keys[span, resource] = fingerprint("comment", *parts)
    return keys
