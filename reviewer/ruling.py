"""Which policy rules a review, out of the files that have a say in it, and what their authors should be told.

Pure but for the operator's own default in config/. A policy that is not valid never loosens anything: the default rules
and the review blocks, unless the pull request at hand is the one that mends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from reviewer.judge import policy as policies
from reviewer.judge.policy import OrganizationPolicy, Policy, PolicyError, PolicyFile
from reviewer.model import NotExamined
from reviewer.settings import CONFIG_DIR

POLICY_PATH = ".github/plumbrule.yml"
ORGANIZATION_NAME = "plumbrule.yml of the organization's .github repository"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTexts:
    """The files as they were read; None for one that is not there. `changed` is the head's, when it is another."""

    name: str  # of the repository's file, for messages
    repository: str | None
    organization: str | None
    changed: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The policy that rules. `broken` names the policy files that cannot be read: reasons to block."""

    policy: Policy
    source: str
    problems: tuple[str, ...] = ()
    broken: tuple[NotExamined, ...] = ()


def read_ruling(texts: PolicyTexts, today: date) -> Ruling:
    """Return the policy that rules and all that is wrong with the files it came from; raises nothing for those."""
    default = policies.parse_policy((CONFIG_DIR / "policy.yml").read_text(), name="config/policy.yml", today=today)
    problems: list[str] = []
    broken: list[NotExamined] = []
    organization = _organization(texts, today, problems, broken)
    repository, readable = _repository(texts.repository, texts.name, today, problems)
    changed, mended = _repository(texts.changed, f"{POLICY_PATH} of this change", today, problems)
    if not readable and not (texts.changed is not None and mended):
        broken.append(_unreadable(texts.name))
    if not mended:
        broken.append(_unreadable(f"{POLICY_PATH} of this change"))
    policy = policies.combine(default, organization, repository)
    notices = [*policy.notices, *(policies.combine(default, organization, changed).notices if changed else ())]
    return Ruling(
        policy=policy,
        source=_source(texts, repository, organization),
        problems=tuple(dict.fromkeys([*problems, *notices])),
        broken=tuple(broken),
    )


def _organization(
    texts: PolicyTexts, today: date, problems: list[str], broken: list[NotExamined]
) -> OrganizationPolicy | None:
    if texts.organization is None:
        return None
    try:
        return policies.parse_organization(texts.organization, name=ORGANIZATION_NAME, today=today)
    except PolicyError as error:
        problems.extend(error.problems)
        broken.append(_unreadable(ORGANIZATION_NAME))
        return None


def _repository(text: str | None, name: str, today: date, problems: list[str]) -> tuple[PolicyFile | None, bool]:
    """Return the policy file, if it is there and valid, and whether nothing is wrong with it."""
    if text is None:
        return None, True
    try:
        return policies.parse_policy_file(text, name=name, today=today), True
    except PolicyError as error:
        problems.extend(error.problems)
        return None, False


def _unreadable(name: str) -> NotExamined:
    return NotExamined(
        what=name, why="the policy is not valid, so nobody can say what it allows; its errors are listed"
    )


def _source(texts: PolicyTexts, repository: PolicyFile | None, organization: OrganizationPolicy | None) -> str:
    layers = [texts.name] if repository else []
    layers += ["the organization's"] if organization else []
    return ", ".join([*layers, "built-in defaults"]) if layers else "built-in defaults"
