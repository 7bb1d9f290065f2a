"""Policy documents of AWS as statements, and what one of them allows that another does not.

Reads the JSON text that a plan holds (IAM JSON policy elements reference). What cannot be read is None: a rule that is
not sure stays silent. Knows no resource type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reviewer.rules.plan.values import texts

MAX_POLICY = 100_000
"""Characters of one policy; AWS itself takes at most 20,480."""

MAX_PATTERNS = 200
"""Wildcards of one policy that are held against what another adds; beyond them more counts as added, never less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition of a statement."""

    operator: str  # lower case, such as stringequals
    key: str  # lower case, such as aws:sourceaccount
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. Of each pair (`actions` and `not_actions`, ...) one is empty."""

    allows: bool
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: tuple[tuple[str, str], ...] = ()  # (AWS, arn), (Federated, url), (Service, host), (AWS, *)
    not_principals: bool = False
    conditions: tuple[Condition, ...] = ()


Statements = tuple[Statement, ...]


def read_policy(value: Any) -> Statements | None:
    """Return the statements of a policy written as JSON; none for an absent one, None for one that cannot be read."""
    if value is None or value == "":
        return ()
    document = value
    if isinstance(value, str):
        try:
            document = json.loads(value) if len(value) <= MAX_POLICY else None
        except (ValueError, RecursionError):
            return None
    listed = document.get("Statement") if isinstance(document, Mapping) else None
    listed = [listed] if isinstance(listed, Mapping) else listed
    if not isinstance(listed, list) or not all(isinstance(item, Mapping) for item in listed):
        return None
    return tuple(_statement(item) for item in listed)


def _statement(item: Mapping[str, Any]) -> Statement:
    return Statement(
        allows=item.get("Effect") == "Allow",
        actions=texts(item.get("Action")),
        not_actions=texts(item.get("NotAction")),
        resources=texts(item.get("Resource")),
        not_resources=texts(item.get("NotResource")),
        principals=_principals(item.get("Principal")),
        not_principals="NotPrincipal" in item,
        conditions=_conditions(item.get("Condition")),
    )


def _principals(value: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(value, Mapping):
        return tuple((str(kind), name) for kind, names in value.items() for name in texts(names))
    return tuple(("AWS", name) for name in texts(value))


def _conditions(value: Any) -> tuple[Condition, ...]:
    if not isinstance(value, Mapping):
        return ()
    return tuple(
        Condition(operator=str(operator).lower(), key=str(key).lower(), values=texts(values))
        for operator, tests in value.items()
        if isinstance(tests, Mapping)
        for key, values in tests.items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One action that a statement allows on what it names."""

    action: str  # iam:PassRole, s3:*; "* but iam:*, ..." of a NotAction
    is_wide: bool  # on every resource
    is_conditional: bool


def grants(statements: Statements) -> tuple[Grant, ...]:
    """Return what identity statements allow, each once."""
    found: dict[Grant, None] = {}
    for statement in statements:
        if statement.allows:
            exceptions = ", ".join(sorted(statement.not_actions))
            for action in (*statement.actions, *([f"* but {exceptions}"] if exceptions else [])):
                wide, conditional = is_wide(statement), bool(statement.conditions)
                found[Grant(action=action, is_wide=wide, is_conditional=conditional)] = None
    return tuple(found)


def added_grants(before: Statements, after: Statements) -> tuple[Grant, ...]:
    """Return the grants of `after` that no grant of `before` covers."""
    old = grants(before)
    known = frozenset(old)
    patterns = sorted(old, key=lambda grant: "*" not in grant.action)[:MAX_PATTERNS]
    return tuple(
        grant for grant in grants(after) if grant not in known and not any(_covers(o, grant) for o in patterns)
    )


def _covers(old: Grant, new: Grant) -> bool:
    if (new.is_wide and not old.is_wide) or (old.is_conditional and not new.is_conditional):
        return False
    # Of two grants on named resources the resources are not compared: which ones is no question of breadth.
    return matches(old.action, new.action)


_ANY_RESOURCE = re.compile(
    r"^(?:\*+|arn:[^:]*:s3:::\*(?:/\*)?|arn:[^:]*:[^:]*:[^:]*:(?:\*|\d{12}):(?:\*|[a-z-]+[:/]\*)|arn:[^:]*:\*(?::.*)?)$",
    re.IGNORECASE,
)


def is_wide(statement: Statement) -> bool:
    """Whether it is about every resource, or every one of a kind in an account (`arn:aws:iam::111122223333:role/*`)."""
    return bool(statement.not_resources) or any(_ANY_RESOURCE.match(name) for name in statement.resources)


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern with `*` and `?` fits a text, whatever the case; a text that is a pattern counts as letters."""
    return _compiled(pattern.lower()[:256]).fullmatch(text.lower()[:256]) is not None


@lru_cache(maxsize=2048)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Each part is found at its first place and never given back, so that hostile patterns stay linear.
    first, *rest = (re.escape(part).replace(r"\?", ".") for part in re.sub(r"\*+", "*", pattern).split("*"))
    if not rest:
        return re.compile(first, re.DOTALL)
    *middle, last = rest
    return re.compile(first + "".join(f"(?>.*?{part})" for part in middle if part) + f".*{last}", re.DOTALL)


_NARROWING = re.compile(
    r"^(?:aws:(?:source(?:account|arn|owner|orgid|orgpaths|vpce|vpc|ip)|principal(?:account|arn|orgid|orgpaths)"
    r"|userid|username|vpcsourceip|viaawsservice|calledvia\w*)|kms:(?:calleraccount|viaservice|grantisforawsresource)"
    r"|s3:dataaccesspointaccount|sns:endpoint|lambda:functionurlauthtype|\S+:(?:sub|amr))$"
)


def lets_everybody_in(statement: Statement) -> bool:
    """Whether it allows something to any principal at all, and no condition says who."""
    anybody = ("AWS", "*") in statement.principals or statement.not_principals
    return statement.allows and anybody and not any(narrows(condition) for condition in statement.conditions)


def narrows(condition: Condition) -> bool:
    """Whether a condition keeps strangers out: about who or where from, positive, and no bare wildcard."""
    operator = condition.operator.rpartition(":")[2]
    if "not" in operator or operator == "null" or operator.endswith("ifexists"):
        return False
    if not _NARROWING.match(condition.key) or not condition.values:
        return False
    return not any(value.strip("*?") in ("", "0.0.0.0/0", "::/0") for value in condition.values)


_ACCOUNT = re.compile(r"^(?:arn:[\w-]*:(?:iam|sts)::)?(\d{12})(?=:|$)")


def accounts(statements: Iterable[Statement]) -> frozenset[str]:
    """Return the account numbers of the principals that are let in."""
    found = (
        _ACCOUNT.match(name)
        for statement in statements
        if statement.allows
        for kind, name in statement.principals
        if kind == "AWS"
    )
    return frozenset(match[1] for match in found if match)
