"""How bad a rule of the scanner is, by our own table: config/severities/, read once.

Checkov ships no severities without a vendor's key. The table goes by concept (an open administration port, an
unencrypted database), so that the same idea weighs the same in every cloud and framework; docs/severities.md has the
reasoning.
Knows nothing of findings, scans and policies.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from reviewer.errors import Misconfigured
from reviewer.model import Severity
from reviewer.settings import CONFIG_DIR

TABLE_DIR = CONFIG_DIR / "severities"
DEFAULTS_FILE = "defaults.yml"
_CONCEPT_KEYS = frozenset({"severity", "why", "remedy", "rules"})
_DEFAULT_KEYS = frozenset({"frameworks", "categories", "otherwise"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One idea, whatever the cloud: its severity, why it matters and what to do."""

    name: str
    severity: Severity
    why: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The whole table. Keys of `rules` are ids, or `ID@framework` where one id means two things."""

    rules: Mapping[str, Concept]
    frameworks: Mapping[str, Severity]
    categories: Mapping[str, Severity]
    otherwise: Severity

    def concept(self, rule: str, framework: str = "") -> Concept | None:
        """Return the concept that `rule` belongs to in `framework`, or None for a rule that the table does not name."""
        return self.rules.get(f"{rule}@{framework}") or self.rules.get(rule)

    def severity(self, rule: str, framework: str, category: str = "") -> Severity:
        """Return the severity of `rule`; of one that the table does not name, by its framework or category."""
        if concept := self.concept(rule, framework):
            return concept.severity
        fallback = self.categories.get(category.upper(), self.otherwise)
        return self.frameworks.get(framework, fallback)


def severity_of(rule: str, framework: str, category: str = "") -> Severity:
    """Return the severity of one of Checkov's rules.

    `framework` and `category` are Checkov's words (`terraform`, `ENCRYPTION`); the category counts only for rules that
    are newer than the table. Raises Misconfigured when the table cannot be read.
    """
    return table().severity(rule, framework, category)


@functools.cache
def table() -> Table:
    """Return the table that ships with Plumbrule, as the operator left it. Raises Misconfigured with all problems."""
    return read_table(TABLE_DIR)


def read_table(directory: Path) -> Table:
    """Read a table from `directory`. Raises Misconfigured with every problem, each naming its file and key."""
    problems: list[str] = []
    rules: dict[str, Concept] = {}
    for path in sorted(directory.glob("*.yml")):
        if path.name != DEFAULTS_FILE:
            _read_concepts(path, rules, problems)
    defaults = _read_mapping(directory / DEFAULTS_FILE, "", _DEFAULT_KEYS, problems)
    found = Table(
        rules=rules,
        frameworks=_severities(defaults.get("frameworks"), "frameworks", problems),
        categories=_severities(defaults.get("categories"), "categories", problems),
        otherwise=_severity(defaults.get("otherwise"), f"{DEFAULTS_FILE}: otherwise", problems),
    )
    if problems:
        raise Misconfigured(tuple(problems))
    return found


def table_digest() -> str:
    """Return 16 hexadecimal digits that change with any byte of the table or of the explanations."""
    digest = hashlib.sha256()
    for path in (*sorted(TABLE_DIR.glob("*.yml")), CONFIG_DIR / "explanations.yml"):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _read_concepts(path: Path, rules: dict[str, Concept], problems: list[str]) -> None:
    concepts = _read_mapping(path, "concepts", None, problems)
    for name, entry in concepts.items():
        where = f"{path.name}: {name}"
        if not isinstance(entry, dict) or set(entry) != _CONCEPT_KEYS or not isinstance(entry["rules"], list):
            problems.append(f"{where}: expected the keys {', '.join(sorted(_CONCEPT_KEYS))}, with a list of rules")
            continue
        concept = Concept(
            name=str(name),
            severity=_severity(entry["severity"], where, problems),
            why=str(entry["why"]),
            remedy=str(entry["remedy"]),
        )
        for rule in map(str, entry["rules"]):
            if rule in rules:
                problems.append(f"{where}: {rule} is already in {rules[rule].name}; expected each rule once")
            rules[rule] = concept


def _read_mapping(path: Path, key: str, keys: frozenset[str] | None, problems: list[str]) -> dict[Any, Any]:
    """The mapping in a file, or under `key` of it; `keys` are all that it may have."""
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problems.append(f"{path.name}: cannot be read: {' '.join(str(error).split())}")
        return {}
    if key and isinstance(content, dict) and set(content) == {key}:
        content = content[key]
    elif key:
        problems.append(f"{path.name}: expected the one key {key}")
        return {}
    if not isinstance(content, dict) or (keys is not None and set(content) != keys):
        problems.append(f"{path.name}: expected {'the keys ' + ', '.join(sorted(keys)) if keys else 'a mapping'}")
        return {}
    return content


def _severities(content: Any, where: str, problems: list[str]) -> dict[str, Severity]:
    if not isinstance(content, dict):
        return {}
    return dict(_named_severities(content, where, problems))


def _named_severities(content: dict[Any, Any], where: str, problems: list[str]) -> Iterator[tuple[str, Severity]]:
    for name, word in content.items():
        yield str(name), _severity(word, f"{DEFAULTS_FILE}: {where}: {name}", problems)


def _severity(word: Any, where: str, problems: list[str]) -> Severity:
    try:
        return Severity.parse(str(word))
    except ValueError as error:
        problems.append(f"{where}: severity: {error}")
        return Severity.MEDIUM
