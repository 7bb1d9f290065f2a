"""What identities in AWS may do after the change that they could not before.

Owns which grants are dangerous. Only what the change adds counts; a policy that is created is compared with nothing.
What a created policy simply allows, and Checkov says in the same words, is left to Checkov.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reviewer.model import PlanAction, Severity
from reviewer.rules.plan.policies import Grant, Statements, added_grants, matches, read_policy
from reviewer.rules.plan.rule import PlanHit, PlanRule, PlanView
from reviewer.rules.plan.values import blocks, is_unknown, listed, named, reach, text, texts
from reviewer.tfplan.model import ResourceChange

_POLICIES = {
    "aws_iam_policy": "policy",
    "aws_iam_role_policy": "policy",
    "aws_iam_user_policy": "policy",
    "aws_iam_group_policy": "policy",
    "aws_iam_role": "inline_policy",
    "aws_ssoadmin_permission_set_inline_policy": "inline_policy",
}
"""Where identity policies are written: type -> attribute, or block with a `policy` in it."""


def _compared(change: ResourceChange) -> tuple[Statements, Statements, bool] | None:
    """The statements before and after, and whether those before are known; None when nothing can be said."""
    attribute = _POLICIES.get(change.type)
    if attribute is None or change.after is None or is_unknown(change, attribute):
        return None
    after = _statements(change.after, attribute)
    if not after or change.after.get(attribute) == (change.before or {}).get(attribute):
        return None
    before = _statements(change.before, attribute) if change.before is not None else ()
    is_known = change.before is None or (before is not None and attribute in change.before)
    return before or (), after, is_known


def _statements(values: object, attribute: str) -> Statements | None:
    """All statements of a resource; None when one of its policies cannot be read."""
    written = [block.get("policy") for block in blocks(values, attribute)] or [reach(values, attribute)]
    read = [read_policy(policy) for policy in written if policy != []]
    if any(statements is None for statements in read):
        return None
    return tuple(statement for statements in read for statement in statements or ())


Judge = Callable[[Grant, bool], Severity | None]
"""How bad it is that a grant is added; the flag says whether its policy is created. None: not at all."""


def _judged(view: PlanView, judge: Judge, ending: str) -> Iterator[PlanHit]:
    """Yield one hit for each policy with the grants that are added and bad, the worst severity of them."""
    for change in view.changing():
        compared = _compared(change)
        if compared is None:
            continue
        before, after, is_known = compared
        is_created = change.action is PlanAction.CREATE
        found = [(grant, judge(grant, is_created)) for grant in added_grants(before, after)]
        bad = [(grant, severity) for grant, severity in found if severity is not None]
        if bad:
            names = listed(grant.action for grant, _ in bad)
            doubt = "" if is_known else " What it allowed before is not known."
            yield PlanHit(
                change=change,
                attribute=_POLICIES[change.type],
                severity=max(severity for _, severity in bad),
                message=f"{named(change)} {'allows' if is_created else 'now also allows'} {names} {ending}.{doubt}",
            )


def _milder(severity: Severity, grant: Grant) -> Severity:
    """A condition takes one step off."""
    return Severity(severity - 1) if grant.is_conditional and severity > Severity.LOW else severity


_ALL = frozenset({"*", "*:*"})
_POWERFUL = frozenset(
    {
        "iam",
        "sts",
        "organizations",
        "account",
        "sso",
        "sso-admin",
        "kms",
        "secretsmanager",
        "ssm",
        "s3",
        "ec2",
        "lambda",
    }
    | {"cloudformation", "dynamodb", "rds", "ecs", "eks", "codebuild", "glue", "sagemaker", "cloudtrail"}
)
_ESCALATIONS = (
    *("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:AttachRolePolicy", "iam:AttachUserPolicy"),
    *("iam:AttachGroupPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy", "iam:PutGroupPolicy", "iam:CreateAccessKey"),
    *("iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:AddUserToGroup", "iam:UpdateAssumeRolePolicy"),
    *("iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary", "sts:AssumeRole"),
)
"""What lets its holder take more rights than it was given."""


def _wildcard(grant: Grant, is_created: bool) -> Severity | None:
    if grant.action in _ALL or grant.action.lower() == "iam:*":
        said = is_created and grant.is_wide  # by CKV_AWS_62, CKV_AWS_63, CKV2_AWS_40
        worst = Severity.CRITICAL if grant.is_wide and grant.action in _ALL else Severity.HIGH
        return None if said else _milder(worst, grant)
    if grant.action.startswith("* but "):
        return _milder(Severity.HIGH, grant) if grant.is_wide else Severity.MEDIUM
    if grant.is_wide and any(matches(grant.action, escalation) for escalation in _ESCALATIONS):
        return _milder(Severity.HIGH, grant)
    return _whole_service(grant, is_created) if grant.action.endswith(":*") else None


def _whole_service(grant: Grant, is_created: bool) -> Severity | None:
    if not grant.is_wide:
        return None if is_created else Severity.LOW
    is_powerful = grant.action.partition(":")[0].lower() in _POWERFUL
    return _milder(Severity.HIGH if is_powerful else Severity.MEDIUM, grant)


def check_actions(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit for each policy that gains wildcard actions, or actions that lead to more rights."""
    return _judged(view, _wildcard, "to whoever holds it")


def _pass_role(grant: Grant, _is_created: bool) -> Severity | None:
    passes = grant.is_wide and grant.action not in _ALL and matches(grant.action, "iam:PassRole")
    # iam:* is what the rule on wildcards says
    return _milder(Severity.HIGH, grant) if passes and grant.action.lower() != "iam:*" else None


def check_pass_role(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit for each policy that gains `iam:PassRole` on every role."""
    return _judged(view, _pass_role, "on every role")


_READING = ("get", "list", "describe", "head", "batchget", "lookup", "view", "search", "check", "test", "simulate")
_DATA_READS = (
    *("s3:GetObject", "secretsmanager:GetSecretValue", "ssm:GetParameter", "ssm:GetParameters", "kms:Decrypt"),
    *("ssm:GetParametersByPath", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:BatchGetItem"),
    *("sqs:ReceiveMessage", "kinesis:GetRecords", "ecr:GetDownloadUrlForLayer", "lambda:GetFunction"),
)
_UNSCOPED = frozenset(
    {"ecr:getauthorizationtoken", "cloudwatch:putmetricdata", "xray:puttracesegments", "xray:puttelemetryrecords"}
    | {"sts:getcalleridentity", "logs:createloggroup", "logs:createlogstream", "logs:putlogevents"}
    | {"ec2:createnetworkinterface", "ec2:deletenetworkinterface", "ec2:assignprivateipaddresses"}
    | {"ssmmessages:createcontrolchannel", "ssmmessages:createdatachannel", "ssmmessages:opencontrolchannel"}
    | {"ssmmessages:opendatachannel", "ssm:updateinstanceinformation", "ec2messages:acknowledgemessage"}
)
"""What AWS knows no resource for, or everybody writes with `*`."""


def _every_resource(grant: Grant, is_created: bool) -> Severity | None:
    action = grant.action.lower()
    verb = action.partition(":")[2]
    if is_created or not grant.is_wide or not verb or verb == "*" or action in _UNSCOPED:
        return None  # of a created policy CKV_AWS_355 says it
    if any(matches(action, name) for name in (*_ESCALATIONS, "iam:PassRole")):
        return None  # said by the other two
    if verb.startswith(_READING) and not any(matches(action, name) for name in _DATA_READS):
        return None
    return _milder(Severity.MEDIUM, grant)


def check_resources(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit for each existing policy whose writing or data-reading actions now reach every resource."""
    return _judged(view, _every_resource, "on every resource")


_ATTACHMENTS = {
    "aws_iam_role_policy_attachment": "policy_arn",
    "aws_iam_user_policy_attachment": "policy_arn",
    "aws_iam_group_policy_attachment": "policy_arn",
    "aws_iam_policy_attachment": "policy_arn",
    "aws_iam_role": "managed_policy_arns",
    "aws_iam_role_policy_attachments_exclusive": "policy_arns",
    "aws_ssoadmin_managed_policy_attachment": "managed_policy_arn",
}
_BROAD = {
    "AdministratorAccess": Severity.CRITICAL,
    "IAMFullAccess": Severity.HIGH,
    "PowerUserAccess": Severity.HIGH,
    "SystemAdministrator": Severity.HIGH,
    "AWSOrganizationsFullAccess": Severity.HIGH,
}
_SAID_BY_CHECKOV = frozenset({"AdministratorAccess", "IAMFullAccess"})  # CKV_AWS_274, CKV2_AWS_56


def check_attachments(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit where a broad managed policy is attached, or a policy to more principals than before."""
    for change in view.changing():
        attribute = _ATTACHMENTS.get(change.type)
        if attribute is not None and change.after is not None:
            yield from _broad(change, attribute)
        if change.type == "aws_iam_policy_attachment" and change.before is not None and change.after is not None:
            yield from _more_holders(change)


def _broad(change: ResourceChange, attribute: str) -> Iterator[PlanHit]:
    before = frozenset(texts(reach(change.before, attribute)))
    for arn in texts(reach(change.after, attribute)):
        name = arn.rpartition("/")[2]
        is_managed = arn.startswith("arn:") and ":iam::aws:policy/" in arn
        severity = _BROAD.get(name, Severity.MEDIUM if name.endswith("FullAccess") else None)
        said = change.action is PlanAction.CREATE and name in _SAID_BY_CHECKOV
        if is_managed and severity and arn not in before and not said:
            holders = [text(reach(change.after, key)) for key in ("role", "user", "group")]
            to = f" to {listed(filter(None, holders))}" if any(holders) else ""
            yield PlanHit(
                change=change,
                attribute=attribute,
                severity=severity,
                message=f"{named(change)} attaches {name}{to}; before this change it did not.",
            )


def _more_holders(change: ResourceChange) -> Iterator[PlanHit]:
    for attribute in ("groups", "roles", "users"):
        new = set(texts(reach(change.after, attribute))) - set(texts(reach(change.before, attribute)))
        if new and not is_unknown(change, attribute):
            arn = text(reach(change.after, "policy_arn")) or "its policy"
            yield PlanHit(
                change=change,
                attribute=attribute,
                severity=Severity.MEDIUM,
                message=f"{named(change)} attaches {arn} to more {attribute}: {listed(new)}.",
            )


_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"
_LEAST = "Name the actions and the resources that are needed; IAM Access Analyzer can derive them from use."

RULES = (
    PlanRule(
        id="PLB_PLAN_IAM_1",
        title="A policy gains wildcard or administrative actions",
        severity=Severity.HIGH,
        why="Whoever gets hold of one of its holders (a leaked key, a flaw in a program, a merged workflow) gets all "
        "of this, and with actions of IAM everything else as well.",
        remedy=_LEAST,
        references=(
            _IAM,
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html",
        ),
        check=check_actions,
    ),
    PlanRule(
        id="PLB_PLAN_IAM_2",
        title="A policy may pass every role",
        severity=Severity.HIGH,
        why="iam:PassRole on * hands any role of the account, the administrator's included, to a machine, function or "
        "container that the holder starts: it is a way to all rights.",
        remedy="Name the roles that are passed in Resource, and the service in a condition on iam:PassedToService.",
        references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",),
        check=check_pass_role,
    ),
    PlanRule(
        id="PLB_PLAN_IAM_3",
        title="A policy now reaches every resource",
        severity=Severity.MEDIUM,
        why="Until now the policy named what it is about. On * it also reaches what other teams keep in the account.",
        remedy=_LEAST,
        references=(
            _IAM,
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html",
        ),
        check=check_resources,
    ),
    PlanRule(
        id="PLB_PLAN_IAM_6",
        title="A broad policy is attached",
        severity=Severity.HIGH,
        why="Managed policies of AWS such as PowerUserAccess cover whole services, and grow when AWS adds to them; a "
        "policy that is attached to more principals is in more hands.",
        remedy="Attach a policy of your own with the actions that are needed, to the one role that needs it.",
        references=(
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html",
            _IAM,
        ),
        check=check_attachments,
    ),
)
