"""The policy that rules a review, and what it makes of a scan: rules off, other severities, paths, skips.

Owns the values and their use. Must not know how a policy is written down or where it came from.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from reviewer.judge.patterns import any_covers, any_path_matches, literal_length, rule_matches
from reviewer.judge.unexamined import place_of
from reviewer.model import Comparison, Finding, NotExamined, ScanResult, Severity, Waiver
from reviewer.rules.rule import NO_REQUIREMENTS, Settings

OFF: Literal["off"] = "off"

Setting = Literal["off"] | Severity


class Mode(enum.StrEnum):
    """Whether the verdict can block."""

    AUDIT = "audit"
    ENFORCE = "enforce"


class OnFailure(enum.StrEnum):
    """What it means that a part could not be looked at."""

    BLOCK = "block"
    PASS = "pass"  # noqa: S105 (not a password)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPolicy:
    """What is planned, with which values, and what a plan may do. Roots are directories, "" the repository's own."""

    run: bool = True
    workspaces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by root; of others the default one
    var_files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by root, paths from the repository's root
    artifact: str = "tfplan"  # name of the workflow artifact that holds real plans
    policies: str = ".github/plumbrule"  # folder of Rego policies on the base branch
    max_destroys: int = 10  # of one root
    max_cost_increase: int | None = None  # percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What rules a review. The defaults are those of config/policy.yml.

    `rules` maps rule patterns to a setting, the most specific pattern counts; `floors` likewise to the least severity
    that a repository asks for where its organization locked `rules`.
    """

    mode: Mode = Mode.ENFORCE
    block_at: Severity | None = Severity.HIGH  # None: never
    comment_at: Severity | None = Severity.MEDIUM  # None: never
    on_failure: OnFailure = OnFailure.BLOCK
    honor_skips: bool = True
    include: tuple[str, ...] = ()  # of nothing: everything
    exclude: tuple[str, ...] = ()
    rules: Mapping[str, Setting] = field(default_factory=dict)
    floors: Mapping[str, Setting] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    suggest_fixes: bool = True
    choices: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)  # values that fixes may use, by name
    plan: PlanPolicy = PlanPolicy()
    requirements: Settings = NO_REQUIREMENTS  # what the rules of our own go by
    compliance: tuple[str, ...] = ()  # standards whose requirements are told: cis, pci, soc2, hipaa, nist
    sarif: tuple[str, ...] = ()  # names of workflow artifacts with what other tools said
    locks: tuple[str, ...] = ()  # keys that the organization locked
    notices: tuple[str, ...] = ()  # "file:line: key: ...": what does not stop the review and its author should know


def setting_for(rules: Mapping[str, Setting], rule: str) -> Setting | None:
    """Return what the most specific pattern of `rules` that names `rule` says, or None when none does."""
    matching = [pattern for pattern in rules if rule_matches(pattern, rule)]
    if not matching:
        return None
    return rules[max(matching, key=lambda pattern: (literal_length(pattern), -len(pattern), pattern))]


def apply(policy: Policy, result: ScanResult) -> ScanResult:
    """Return `result` as the policy sees it. Doing it twice changes nothing.

    Findings of rules that are off or outside its paths are dropped, severities overridden, skips laid bare unless they
    are honoured. What was not examined stays unless it is excluded.
    """
    in_scope = (finding for finding in result.findings if _in_scope(policy, finding))
    findings = _ruled(policy, in_scope)
    if not policy.honor_skips:
        findings = tuple(replace(finding, skip_reason=None) for finding in findings)
    kept = tuple(entry for entry in result.not_examined if not _out_of_scope(policy, entry))
    return replace(result, findings=findings, not_examined=kept)


def apply_rules(policy: Policy, comparison: Comparison) -> Comparison:
    """Return `comparison` with the policy's rules applied to what comparing added (PLB_SKIP_1); twice is once."""
    return replace(
        comparison,
        introduced=_ruled(policy, comparison.introduced),
        standing=_ruled(policy, comparison.standing),
        fixed=_ruled(policy, comparison.fixed),
        muted=_ruled(policy, comparison.muted),
    )


def digest(policy: Policy) -> str:
    """Return the first 8 hexadecimal digits of SHA-256 over what the policy asks for (its notices left out)."""
    asked = dataclasses.asdict(replace(policy, notices=()))
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:8]


def _ruled(policy: Policy, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    settings: dict[tuple[str, Severity], Setting] = {}
    ruled = []
    for finding in findings:
        asked = (finding.rule, finding.severity)
        if asked not in settings:
            settings[asked] = _setting(policy, finding)
        setting = settings[asked]
        if isinstance(setting, Severity):
            ruled.append(finding if setting is finding.severity else replace(finding, severity=setting))
    return tuple(ruled)


def _setting(policy: Policy, finding: Finding) -> Setting:
    """Return off or the severity of `finding`. A floor raises, and brings back what is off."""
    setting = setting_for(policy.rules, finding.rule)
    floor = setting_for(policy.floors, finding.rule)
    if setting == OFF:
        return OFF if floor is None else floor
    severity = finding.severity if setting is None else setting
    return max(severity, floor) if isinstance(floor, Severity) else severity


def _in_scope(policy: Policy, finding: Finding) -> bool:
    """Whether the finding's file or its Terraform root is included, and neither is excluded."""
    included = not policy.include or _described(policy.include, finding)
    return included and not (_described(policy.exclude, finding) and not _called_from_outside(policy.exclude, finding))


def _called_from_outside(patterns: tuple[str, ...], finding: Finding) -> bool:
    """Whether code that no pattern covers calls the module that it lies in: an excluded folder hides no live code."""
    if finding.caller is None or (finding.root and any_covers(patterns, finding.root)):
        return False
    return not any_path_matches(patterns, finding.caller.path)


def _described(patterns: tuple[str, ...], finding: Finding) -> bool:
    by_root = bool(finding.root) and any_covers(patterns, finding.root)
    return by_root or any_path_matches(patterns, finding.path)


def _out_of_scope(policy: Policy, entry: NotExamined) -> bool:
    """Whether the policy never wanted that part. A part is judged by `include` only where it is surely one file."""
    if entry.span is None:
        return any_covers(policy.exclude, place_of(entry)[0])
    path = entry.span.path
    return any_path_matches(policy.exclude, path) or not (
        not policy.include or any_path_matches(policy.include, path) or any_covers(policy.include, entry.what)
    )
