"""What a rule of our own is: a text for people and one function over the files of one directory.

Knows no scanner, no repository and no policy. The bytes it is given are hostile: checks run only in the contained scan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reviewer import hcl
from reviewer.masking import MASK, mask_secrets
from reviewer.model import Finding, Severity, Span

if TYPE_CHECKING:
    from reviewer.rules.resource import View

MAX_EVIDENCE = 200
"""Characters of source that a finding carries along."""

_EMPTY = hcl.Body()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an organization decides for itself. Folders are shell-style patterns; without any, the rule is silent."""

    production: tuple[str, ...] = ()  # folders of roots that production runs on: they need a remote backend
    encrypted_state: tuple[str, ...] = ()  # folders of OpenTofu roots whose state has to be encrypted by OpenTofu
    required_tags: tuple[str, ...] = ()
    module_hosts: tuple[str, ...] = ()  # hosts that modules may come from; empty: any that has a name
    provider_namespaces: tuple[str, ...] = ()  # namespaces that providers may come from, beside those that are known

    def covers(self, patterns: tuple[str, ...], directory: str) -> bool:
        """Whether one of `patterns` means `directory`: itself, or a folder above it."""
        return any(
            fnmatchcase(directory, pattern.rstrip("/"))
            or fnmatchcase(directory, f"{pattern.removesuffix('/**').rstrip('/')}/*")
            or fnmatchcase(directory, pattern.removesuffix("/**"))
            for pattern in patterns
        )


NO_REQUIREMENTS = Settings()
"""Of an organization that decided nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The files directly in one directory of the repository: path from the repository's root -> bytes."""

    path: str
    files: Mapping[str, bytes]
    settings: Settings = NO_REQUIREMENTS
    kept: dict[str, object] = field(default_factory=dict, repr=False, compare=False)  # what readers read once for all
    _parsed: dict[str, hcl.Body] = field(default_factory=dict, repr=False, compare=False)

    def hcl(self, path: str) -> hcl.Body:
        """Return the syntax tree of one file of the directory (parsed once); an empty body if it is not there."""
        if path not in self.files:
            return _EMPTY
        if path not in self._parsed:
            self._parsed[path] = hcl.parse(self.files[path])
        return self._parsed[path]

    def named(self, *endings: str) -> tuple[str, ...]:
        """Return the paths that end in one of `endings`, in any case of letters, in order."""
        return tuple(path for path in sorted(self.files) if path.lower().endswith(endings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One place where a rule is broken: `span` is the offending line or lines, `block` what they belong to."""

    span: Span
    block: Span
    resource: str  # address such as module.vpc or aws_iam_role.deploy, or a name within the file
    message: str  # what is wrong here, one or two sentences
    framework: str = ""  # where it is another than the rule's


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of ours. Its good and bad examples are files under tests/rules/ID/."""

    id: str
    title: str
    severity: Severity
    why: str
    remedy: str
    references: tuple[str, ...]  # links, the best one first
    check: Callable[[Directory], Iterable[Hit]]
    concept: Callable[[View], Iterable[Hit]] | None = None  # the same on resources of any form: of a plan, too
    framework: str = "terraform"
    supersedes: tuple[str, ...] = ()  # Checkov's rules that say the same of the same block, and less well
    hides: bool = False  # the offending line holds a secret: it is never repeated

    def finding(self, hit: Hit, directory: Directory) -> Finding:
        """Return what the review says about one hit."""
        return Finding(
            rule=self.id,
            title=self.title,
            severity=self.severity,
            span=hit.span,
            block=hit.block,
            resource=hit.resource,
            message=hit.message,
            scanner="plumbrule",
            framework=hit.framework or self.framework,
            evidence=self._shown(_evidence(directory.files.get(hit.span.path, b""), hit.span)),
            why=self.why,
            remedy=self.remedy,
            guideline=self.references[0] if self.references else None,
        )

    def _shown(self, text: str) -> str:
        """What may be shown of a line: of one that holds a secret, no more than the name before it."""
        if not self.hides:
            return text
        name = _NAME.match(text)
        return f"{mask_secrets(name[0])} {MASK}" if name else MASK


_NAME = re.compile(r"""["']?[\w.-]{1,60}["']?\s?[:=]""")


def _evidence(source: bytes, span: Span) -> str:
    """The text of `span` on one line, white space folded."""
    lines = source.split(b"\n", span.end_line)[span.start_line - 1 : span.end_line]
    text = b" ".join(line[:MAX_EVIDENCE] for line in lines[:5]).decode("utf-8", "replace")
    return re.sub(r"\s+", " ", text).strip()[:MAX_EVIDENCE]
