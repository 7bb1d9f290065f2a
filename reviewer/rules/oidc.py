"""Which of GitHub's repositories may become a cloud identity.

Judges the trust policies that `trust` reads. What depends on variables counts as right: the rule speaks only when it is
sure.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from reviewer.model import Severity, Span
from reviewer.rules.documents import Kind, Value
from reviewer.rules.rule import Directory, Hit, Rule
from reviewer.rules.statements import Condition
from reviewer.rules.trust import PROVIDER, Trust, read_trusts

_CLAIM = re.compile(r":(\w+)$")
_OWNERS = frozenset({"repo", "repository", "job_workflow_ref", "workflow_ref"})
_NAMES = frozenset({"repository_id", "repository_owner", "repository_owner_id", "enterprise", "enterprise_id"})
_PEOPLE = frozenset({"actor", "actor_id"})
_PINNING = _OWNERS | _NAMES | _PEOPLE


def check_subject(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every statement that lets GitHub's provider in and does not say which repositories."""
    for trust in read_trusts(directory):
        if not any(_keeps_strangers_out(condition) for condition in trust.conditions):
            yield _hit(trust)


def check_audience(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every statement that keeps strangers out and does not say for whom the token has to be."""
    for trust in read_trusts(directory):
        strangers_out = any(_keeps_strangers_out(condition) for condition in trust.conditions)
        if strangers_out and not any(_claim(condition) in ("aud", "") for condition in trust.conditions):
            message = f"{trust.resource} trusts GitHub's OIDC provider without a condition on the audience (aud)."
            yield _at(trust, trust.principal, message)


def check_repositories(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every subject that fits more than one repository of its owner."""
    for trust in read_trusts(directory):
        if any(_claim(condition) in ("repository", "repository_id", "") for condition in trust.conditions):
            continue
        for condition in trust.conditions:
            for item in condition.items if _claim(condition) == "sub" and _has_wildcards(condition) else ():
                if _fits_many(item):
                    message = f"{trust.resource} trusts {item.text[:80]!r}: more than one repository fits."
                    yield _at(trust, item if item.line >= trust.block.start_line else condition.values, message)


def _fits_many(value: Value) -> bool:
    """Whether a subject names its owner, and its repository by a pattern."""
    text = re.sub(r"\$\{[^}]*\}", "\0", value.text)
    match = re.match(r"^repo:([^/:*?]+)/([^:]*)", text)
    return value.kind in (Kind.TEXT, Kind.TEMPLATE) and match is not None and re.search(r"[*?]", match[2]) is not None


def _at(trust: Trust, place: Value, message: str) -> Hit:
    span = Span(path=trust.block.path, start_line=place.line, end_line=max(place.line, place.end_line))
    return Hit(span=span, block=trust.block, resource=trust.resource, message=message)


def _hit(trust: Trust) -> Hit:
    subject = next((condition for condition in trust.conditions if _claim(condition) == "sub"), None)
    place = trust.principal
    if subject:
        place = next((item for item in subject.items if _is_open("sub", item)), subject.values)
    return _at(trust, place, f"{trust.resource} trusts GitHub's OIDC provider {_how(subject, place)}")


def _how(subject: Condition | None, place: Value) -> str:
    if subject is None:
        return "without a condition on the subject (sub)."
    if _is_negative(subject):
        return "for every subject (sub) but some."
    said = f"for the subject {place.text[:80]!r}, which names no owner."
    if _has_wildcards(subject) or not re.search(r"[*?]", place.text):
        return said
    return f"{said} Compared as it is written ({subject.operator[:40]}) it fits nobody; as a pattern it fits everybody."


def _keeps_strangers_out(condition: Condition) -> bool:
    """Whether no stranger meets this condition, or nobody can tell."""
    claim = _claim(condition)
    if not claim:
        return True
    if (claim != "sub" and claim not in _PINNING) or _is_negative(condition):
        return False
    if claim == "sub":
        return not any(_is_open(claim, item) for item in condition.items)
    return not _has_wildcards(condition) or not any(_is_open(claim, item) for item in condition.items)


def _claim(condition: Condition) -> str:
    """The claim that a condition is about, such as `sub`; "" when its key is an expression that hides it."""
    match = _CLAIM.search(condition.key)
    return match[1].lower() if match else ""


def _operator(condition: Condition) -> str:
    return condition.operator.rpartition(":")[2].lower().removesuffix("ifexists")


def _is_negative(condition: Condition) -> bool:
    return "not" in _operator(condition) or _operator(condition) == "null"


def _has_wildcards(condition: Condition) -> bool:
    return _operator(condition) in ("stringlike", "arnlike", "arnequals")


def _is_open(claim: str, value: Value) -> bool:
    """Whether a stranger can have a token with such a claim. What is not known is not open.

    A subject such as "repo:*" counts even where it is compared as it is written and fits nobody: whoever finds that it
    does not work makes it a pattern.
    """
    text = re.sub(r"\$\{[^}]*\}", "\0", value.text)
    if value.kind not in (Kind.TEXT, Kind.TEMPLATE):
        return False
    if claim != "sub":
        return not _is_pinned(claim, text)
    parts = text.split(":")
    if any(_is_pinned(name, part) for name, part in itertools.pairwise(parts)) or not re.search("[:*?]", text):
        return False
    anybody = parts[0] in _OWNERS and len(parts) > 1 and parts[1][:1] in ("*", "?")
    return anybody or "\0" not in text


def _is_pinned(claim: str, text: str) -> bool:
    """Whether a claim's value names an owner, an id or a person without a wildcard."""
    name = text.partition("/")[0] if claim in _OWNERS else text
    return claim in _PINNING and bool(name) and not re.search(r"[*?]", name)


SUBJECT = Rule(
    id="PLB_OIDC_1",
    title="Any repository on GitHub may assume this role",
    severity=Severity.CRITICAL,
    why="GitHub's OIDC provider signs tokens for every repository on GitHub. Only the subject (sub) tells yours apart: "
    "without it, or with a wildcard for the owner, a workflow in a stranger's repository gets this identity.",
    remedy=f"Add a condition on {PROVIDER}:sub that names your organization and repository, such as "
    '"repo:my-org/my-repo:ref:refs/heads/main" or "repo:my-org/my-repo:environment:production".',
    supersedes=("CKV_AWS_358", "CKV_AWS_393"),
    references=(
        "https://docs.github.com/en/actions/security-for-github-actions/security-hardening-your-deployments/configuring-openid-connect-in-amazon-web-services",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html",
    ),
    check=check_subject,
)

_GITHUB = SUBJECT.references[0]

AUDIENCE = Rule(
    id="PLB_OIDC_2",
    title="Trust in GitHub's tokens does not say for whom they are",
    severity=Severity.LOW,
    why="A token that a workflow asked for to show it elsewhere can be shown here, too. The provider's client_id_list "
    "still holds, as long as it lists one audience.",
    remedy=f'Add a condition StringEquals on {PROVIDER}:aud with the value "sts.amazonaws.com".',
    references=(_GITHUB,),
    check=check_audience,
)

REPOSITORIES = Rule(
    id="PLB_OIDC_3",
    title="More than one repository may assume this role",
    severity=Severity.MEDIUM,
    why="Whoever may push to the least watched repository that fits, or may create one, gets this identity.",
    remedy='Name each repository: "repo:my-org/my-repo:environment:production".',
    references=(_GITHUB,),
    check=check_repositories,
)

RULES = (SUBJECT, AUDIENCE, REPOSITORIES)
