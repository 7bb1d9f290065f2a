"""Which requirements of which standards a rule speaks to: config/compliance/, a file a standard, read once.

A tag is evidence for people who answer for a standard, never a verdict about it. Knows nothing of findings and scans.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from reviewer.errors import Misconfigured
from reviewer.model import Finding
from reviewer.scan import severities
from reviewer.settings import CONFIG_DIR

TABLE_DIR = CONFIG_DIR / "compliance"
THEMES_FILE = "themes.yml"
_KEYS = frozenset({"standard", "word", "edition", "source", "controls"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """One standard as people name it."""

    name: str  # CIS AWS
    word: str  # what a policy asks for it with: cis
    edition: str
    source: str  # where it can be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All standards, and the tags of each rule ("CIS AWS 5.2") in their order."""

    standards: tuple[Standard, ...]
    tags: Mapping[str, tuple[str, ...]]

    @property
    def words(self) -> tuple[str, ...]:
        """What a policy may ask for, each once."""
        return tuple(dict.fromkeys(standard.word for standard in self.standards))


def tags_of(rule: str, asked: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the tags of a rule, of the standards that are `asked` for by their words; of all when none is."""
    found = table()
    names = tuple(f"{one.name} " for one in found.standards if one.word in asked or not asked)
    return tuple(tag for tag in found.tags.get(rule, ()) if tag.startswith(names))


def tags_of_findings(findings: Iterable[Finding], asked: Sequence[str] = ()) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (rule, tags) of every rule among `findings` that has any, in the order of the rules' names."""
    rules = sorted({finding.rule for finding in findings})
    return tuple((rule, tags) for rule in rules if (tags := tags_of(rule, asked)))


@functools.cache
def table() -> Table:
    """Return the table that ships with Plumbrule, as the operator left it. Raises Misconfigured with all problems."""
    return read_table(TABLE_DIR, severities.table())


def read_table(directory: Path, concepts: severities.Table) -> Table:
    """Read a table from `directory`. Raises Misconfigured with every problem, each naming its file and key."""
    problems: list[str] = []
    rules = _by_concept(concepts)
    themes = _read_themes(directory / THEMES_FILE, rules, problems)
    standards, tags = [], defaultdict[str, list[str]](list)
    for path in sorted(directory.glob("*.yml")):
        if path.name == THEMES_FILE or (content := _read_standard(path, problems)) is None:
            continue
        standard = Standard(**{key: content[key] for key in ("word", "edition", "source")}, name=content["standard"])
        standards.append(standard)
        for number, members in content["controls"].items():
            for rule in _resolved(members, themes, f"{path.name}: {number}", problems):
                tags[rule].append(f"{standard.name} {number}")
    if problems:
        raise Misconfigured(tuple(problems))
    return Table(standards=tuple(standards), tags={rule: tuple(dict.fromkeys(found)) for rule, found in tags.items()})


def _by_concept(concepts: severities.Table) -> Mapping[str, list[str]]:
    """The rules of each concept. An id that means two things is left out: tags go by the id alone."""
    found = defaultdict[str, list[str]](list)
    for rule, concept in concepts.rules.items():
        if "@" not in rule:
            found[concept.name].append(rule)
    return found


def _read_themes(path: Path, concepts: Mapping[str, list[str]], problems: list[str]) -> dict[str, list[str]]:
    content = _read(path, problems)
    return {
        str(theme): _resolved(members, concepts, f"{path.name}: {theme}", problems)
        for theme, members in content.items()
    }


def _read_standard(path: Path, problems: list[str]) -> dict[str, Any] | None:
    content = _read(path, problems)
    controls = content.get("controls")
    texts = _KEYS - {"controls"}
    if set(content) == _KEYS and isinstance(controls, dict) and all(isinstance(content[key], str) for key in texts):
        return content
    problems.append(f"{path.name}: expected the keys {', '.join(sorted(_KEYS))}: texts, and a mapping of controls")
    return None


def _read(path: Path, problems: list[str]) -> dict[Any, Any]:
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problems.append(f"{path.name}: cannot be read: {' '.join(str(error).split())}")
        return {}
    if isinstance(content, dict):
        return content
    problems.append(f"{path.name}: expected a mapping")
    return {}


def _resolved(members: Any, groups: Mapping[str, list[str]], where: str, problems: list[str]) -> list[str]:
    """Return the rules that `members` are: names in capitals are rules, others groups of them."""
    if not isinstance(members, list) or not all(isinstance(member, str) for member in members):
        problems.append(f"{where}: expected a list of names")
        return []
    found: list[str] = []
    for member in members:
        if member.isupper():
            found.append(member)
        elif member in groups:
            found += groups[member]
        else:
            problems.append(f"{where}: nothing is called {member!r}; expected a rule, or one of {', '.join(groups)}")
    return found
