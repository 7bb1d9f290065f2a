"""How much a policy gives: a score of least privilege, and the ways to more rights than it says.

Pure arithmetic over statements. The ways are those that are publicly known (Rhino Security Labs: AWS IAM privilege
escalation methods).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reviewer.rules.grants import is_wide, names
from reviewer.rules.plan.policies import matches
from reviewer.rules.resource import plain
from reviewer.rules.statements import Statement

_READING = re.compile(r"^[\w-]+:(?:Get|List|Describe|View|Read|Search|Lookup|BatchGet)\w*\*?$", re.IGNORECASE)
_POINTS_OF_ALL, _POINTS_OF_SERVICE, _POINTS_OF_GROUP, _POINTS_OF_ONE = 100.0, 30.0, 10.0, 2.0


def score(statements: Iterable[Statement]) -> tuple[int, tuple[str, ...]]:
    """Return 0 (everything on everything) to 100 (single actions on single resources), and what widens it most first.

    Every allowed action costs: `*` 100 points, a service 30, a group of actions (`s3:Put*`) 10, one action 2; reading
    ones a quarter. On named resources a quarter of that, on patterns half; a condition halves it, and single actions on
    named resources are free.
    """
    costs: dict[str, float] = {}
    for statement in statements:
        for action in names(statement.actions):
            costs[action] = max(costs.get(action, 0), _cost(action, statement))
        for action in names(statement.not_actions):
            costs[f"everything but {action}"] = 60 * _width(statement)
    widest = sorted((action for action in costs if costs[action] > 0), key=lambda action: (-costs[action], action))
    return max(0, round(100 - sum(costs.values()))), tuple(widest)


def _cost(action: str, statement: Statement) -> float:
    points = _POINTS_OF_ONE
    if action in ("*", "*:*"):
        points = _POINTS_OF_ALL
    elif action.endswith(":*"):
        points = _POINTS_OF_SERVICE
    elif "*" in action:
        points = _POINTS_OF_GROUP
    width = _width(statement)
    if points == _POINTS_OF_ONE and width < 1:
        return 0
    return points * width * (0.25 if _READING.match(action) else 1)


def _width(statement: Statement) -> float:
    resources = names(statement.resources)
    width = 0.25
    if "*" in resources or statement.not_resources:
        width = 1
    elif any("*" in resource for resource in resources):
        width = 0.5
    return width if statement.conditions == () else width / 2


def scored(statements: Iterable[Statement]) -> str:
    """Return the score in words, with the actions that widen the policy most."""
    points, widest = score(statements)
    more = f" and {len(widest) - 3} more" if len(widest) > 3 else ""
    return f"Least privilege: {points} of 100; widened by {', '.join(widest[:3])}{more}."


_ALONE = {
    "iam:CreatePolicyVersion": "write a new version of a policy that it holds",
    "iam:SetDefaultPolicyVersion": "go back to an older, wider version of a policy",
    "iam:AttachUserPolicy": "attach any policy to a user",
    "iam:AttachGroupPolicy": "attach any policy to a group",
    "iam:AttachRolePolicy": "attach any policy to a role",
    "iam:PutUserPolicy": "write any policy into a user",
    "iam:PutGroupPolicy": "write any policy into a group",
    "iam:PutRolePolicy": "write any policy into a role",
    "iam:AddUserToGroup": "put itself into a stronger group",
    "iam:UpdateAssumeRolePolicy": "let itself assume any role",
    "iam:CreateAccessKey": "make keys of any user",
    "iam:CreateLoginProfile": "give any user a password",
    "iam:UpdateLoginProfile": "change the password of any user",
}
_PASSING = {
    ("lambda:CreateFunction", "lambda:InvokeFunction"): "run code of its own as any role that Lambda may have",
    ("lambda:CreateFunction", "lambda:CreateEventSourceMapping"): "run code of its own as any role that Lambda may "
    "have",
    ("lambda:CreateFunction",): "make a function that has any role",
    ("ec2:RunInstances",): "start a machine that has any role",
    ("ecs:RunTask", "ecs:RegisterTaskDefinition"): "run a container that has any role",
    ("glue:CreateDevEndpoint",): "open an endpoint that has any role",
    ("glue:CreateJob", "glue:StartJobRun"): "run a job that has any role",
    ("cloudformation:CreateStack",): "create anything as any role that CloudFormation may have",
    ("datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"): "run commands as any role",
    ("codebuild:CreateProject", "codebuild:StartBuild"): "run a build that has any role",
    ("sagemaker:CreateNotebookInstance",): "open a notebook that has any role",
}
PASS_ROLE = "iam:PassRole"  # noqa: S105


def escalations(statements: tuple[Statement, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the ways to more rights that a policy opens on every resource: the actions, and what they let one do."""
    wide = tuple(action for s in statements if is_wide(s) for action in names(s.actions))
    if any(action in ("*", "*:*") for action in wide):
        return
    for action, words in _ALONE.items():
        if _allows(wide, action):
            yield (action,), words
    if not _allows(wide, PASS_ROLE):
        return
    anywhere = tuple(action for s in statements if s.conditions == () for action in names(s.actions))
    told: set[str] = set()
    for actions, words in _PASSING.items():
        if all(_allows(anywhere, action) for action in actions) and actions[0] not in told:
            told.add(actions[0])
            yield (PASS_ROLE, *actions), words


def _allows(patterns: Iterable[str], action: str) -> bool:
    return any(matches(pattern, action) for pattern in patterns)


def allowed(statements: Iterable[Statement], wanted: Iterable[str]) -> tuple[str, ...]:
    """Return those of the wanted actions that are allowed on every resource, and not by a whole service."""
    patterns = [a for s in statements if is_wide(s) for a in names(s.actions) if a != "*" and not a.endswith(":*")]
    return tuple(action for action in wanted if _allows(patterns, action))


def account_of(text: str) -> str | None:
    """Return the account that a principal stands for as a whole; None for anything narrower."""
    match = re.fullmatch(r"(?:arn:aws[\w-]*:iam::)?(\d{12})(?::root)?", text)
    return match[1] if match else None


def trusted_accounts(statement: Statement) -> Iterator[str]:
    """Yield the accounts that a statement of a trust policy lets in whole, under no condition."""
    if statement.conditions == ():
        for value in statement.principals_of("AWS"):
            account = account_of(plain(value) or "")
            if account:
                yield account
