"""Everything that is known of one rule, whoever runs it, as a card: `plumbrule explain` and docs/rules/ show it.

Ours come from the rules themselves, with the examples that config/rule-examples.json holds; Checkov's from
config/checkov-rules.json, the severity table and the explanations; other scanners' from those tables. Both JSON files
are made by `python -m reviewer.derive.rule_pages`.
"""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reviewer.errors import Misconfigured, Rejected
from reviewer.rules import RULES
from reviewer.rules.card import Card, Sample
from reviewer.rules.plan import PLAN_RULES, PlanRule
from reviewer.rules.rule import Rule
from reviewer.scan import compliance, severities
from reviewer.scan.explanations import explanation
from reviewer.scan.foreign_config import read_scanners
from reviewer.settings import CONFIG_DIR

EXAMPLES_FILE = CONFIG_DIR / "rule-examples.json"
CHECKOV_FILE = CONFIG_DIR / "checkov-rules.json"
CHECKOV_SOURCES = "https://github.com/bridgecrewio/checkov/blob"

_WORDS = {
    "ansible": "Ansible",
    "argo_workflows": "Argo Workflows",
    "arm": "ARM",
    "azure_pipelines": "Azure Pipelines",
    "bicep": "Bicep",
    "bitbucket": "Bitbucket",
    "bitbucket_pipelines": "Bitbucket Pipelines",
    "circleci_pipelines": "CircleCI",
    "cloudformation": "CloudFormation",
    "dockerfile": "Dockerfiles",
    "github": "GitHub's settings",
    "github_actions": "GitHub Actions",
    "gitlab": "GitLab's settings",
    "gitlab_ci": "GitLab CI",
    "kubernetes": "Kubernetes",
    "openapi": "OpenAPI",
    "secrets": "any file",
    "serverless": "Serverless",
    "terraform": "Terraform",
}
HADOLINT = "hadolint"  # the only scanner whose rules are known without its name before them
_CLOSE = 0.75

Examples = Mapping[str, tuple[tuple[Sample, ...], tuple[Sample, ...]]]
"""Rule -> the files of a bad example and of a good one."""


def card(rule: str, framework: str = "") -> Card:
    """Return what there is to say of a rule, by its id in any case of letters, or `ID@framework`.

    Raises Rejected when nobody has such a rule, with those that look alike; Misconfigured when a table cannot be read.
    """
    wanted, _, named = rule.strip().partition("@")
    rule, framework = _spelled(wanted), named or framework
    if rule in RULES:
        return of_rule(RULES[rule], examples())
    if rule in PLAN_RULES:
        return of_plan_rule(PLAN_RULES[rule], examples())
    if rule in checkov_rules():
        return _of_checkov(rule, framework)
    if rule in _foreign():
        return _of_foreign(rule)
    raise Rejected(f"nobody has a rule {rule[:100]!r}.{_alike(rule)}")


def of_rule(rule: Rule, shown: Examples) -> Card:
    """Return the card of one of our rules on code, with the examples in `shown`."""
    return _of_ours(rule, _runs_on(rule), shown, supersedes=rule.supersedes)


def of_plan_rule(rule: PlanRule, shown: Examples) -> Card:
    """Return the card of one of our rules on plans."""
    return _of_ours(rule, "plans", shown)


def _of_ours(rule: Rule | PlanRule, runs_on: str, shown: Examples, supersedes: tuple[str, ...] = ()) -> Card:
    bad, good = shown.get(rule.id, ((), ()))
    return Card(
        id=rule.id,
        title=rule.title,
        severity=rule.severity.word,
        runs_on=runs_on,
        why=rule.why,
        remedy=rule.remedy,
        references=rule.references,
        controls=compliance.tags_of(rule.id),
        supersedes=supersedes,
        bad=bad,
        good=good,
    )


def _runs_on(rule: Rule) -> str:
    """Say in which code it looks: a rule about a concept in every form that is held against concepts."""
    if rule.concept is None:
        return _WORDS.get(rule.framework, rule.framework or "any file")
    return "resources of Terraform, plans, CloudFormation and Kubernetes"


def _of_checkov(rule: str, framework: str) -> Card:
    about = checkov_rules()[rule]
    if framework and framework not in about:
        raise Rejected(f"{rule} is no rule for {framework[:40]!r}; expected {', '.join(about)}")
    chosen = framework or ("terraform" if "terraform" in about else next(iter(about)))
    wording, source = about[chosen]
    texts = explanation(rule, chosen, wording)
    apart = [name for name in about if f"{rule}@{name}" in severities.table().rules]
    return Card(
        id=rule,
        title=texts.title,
        severity=severities.severity_of(rule, chosen).word,
        runs_on=", ".join(_WORDS.get(name, name) for name in sorted(about) if name == chosen or name not in apart),
        scanner="Checkov",
        wording=wording if wording != texts.title else "",
        why=texts.why,
        remedy=texts.remedy,
        references=(f"{CHECKOV_SOURCES}/{checkov_version()}/checkov/{source}",) if source else (),
        controls=compliance.tags_of(rule),
        elsewhere=tuple(f"{rule}@{name}" for name in apart if name != chosen),
    )


def _of_foreign(rule: str) -> Card:
    scanner = rule.partition(".")[0] if "." in rule else HADOLINT
    framework = next((one.framework for one in read_scanners() if one.name == scanner), "")
    concept = severities.table().rules[rule]
    texts = explanation(rule, framework, concept.name.replace("-", " ").capitalize())
    return Card(
        id=rule,
        title=texts.title,
        severity=concept.severity.word,
        runs_on=_WORDS.get(framework, "switched off in config/scanners.yml"),
        scanner=scanner,
        why=texts.why,
        remedy=texts.remedy,
        controls=compliance.tags_of(rule),
    )


@functools.cache
def _foreign() -> frozenset[str]:
    """The rules of other scanners that the severity table names."""
    named = frozenset(rule for rule in severities.table().rules if "@" not in rule)
    return named - checkov_rules().keys() - RULES.keys() - PLAN_RULES.keys()


def known() -> tuple[str, ...]:
    """Return every rule that `card` knows."""
    return (*RULES, *PLAN_RULES, *checkov_rules(), *sorted(_foreign()))


def _spelled(rule: str) -> str:
    """Return the name as it is known, where only the case of letters or `-` for `_` differs; else as it is."""
    if rule in known():
        return rule
    folded = rule.upper().replace("-", "_")
    return next((name for name in known() if name.upper().replace("-", "_") == folded), rule)


def _alike(rule: str) -> str:
    close = difflib.get_close_matches(rule.upper(), known(), n=3, cutoff=_CLOSE)
    return f" Did you mean {' or '.join(close)}?" if close else " docs/rules.md lists ours."


@functools.cache
def examples() -> Examples:
    """Return the examples that ship with the package. Raises Misconfigured when they cannot be read."""
    return {rule: (_samples(kinds["bad"]), _samples(kinds["good"])) for rule, kinds in _read(EXAMPLES_FILE).items()}


def _samples(files: Iterable[Mapping[str, Any]]) -> tuple[Sample, ...]:
    return tuple(Sample(path=file["path"], lines=tuple(file["lines"])) for file in files)


def checkov_rules() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Return Checkov's rules: by framework the wording of each, and its source ("" for none)."""
    rules: Mapping[str, Mapping[str, tuple[str, str]]] = _checkov()["rules"]
    return rules


def checkov_version() -> str:
    """Return the version of Checkov that the list is of."""
    return str(_checkov()["version"])


@functools.cache
def _checkov() -> dict[str, Any]:
    return _read(CHECKOV_FILE)


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Misconfigured((f"{path.name}: cannot be read: {' '.join(str(error).split())}",)) from error
    return content
