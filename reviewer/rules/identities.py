"""Who may become an identity of AWS: trust policies of roles, and the second factor of people.

GitHub's OIDC provider has a module of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.grants import everybody, read_policies
from reviewer.rules.privilege import trusted_accounts
from reviewer.rules.resource import Resource, View, mentioned, on_resources, plain
from reviewer.rules.rule import Hit, Rule
from reviewer.rules.statements import substituted


def open_trust(view: View) -> Iterator[Hit]:
    """Yield a hit for each role that any AWS account may assume."""
    for policy in read_policies(view):
        for statement in policy.allowing if policy.is_trust else ():
            place = everybody(statement)
            if place is not None:
                message = f"{policy.resource.address} lets any principal of any AWS account assume the role."
                yield policy.resource.hit(message, place)


OPEN_TRUST = Rule(
    id="PLB_IAM_6",
    title="Any AWS account may assume this role",
    severity=Severity.CRITICAL,
    why="Everybody can open an AWS account and take the role's rights from there.",
    remedy="Name the roles or accounts that may assume it. For a whole organization add a condition on "
    "aws:PrincipalOrgID.",
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",),
    supersedes=("CKV_AWS_60", "CKV_AWS_283"),
    check=on_resources(open_trust),
    concept=open_trust,
)


def unconditional_trust(view: View) -> Iterator[Hit]:
    """Yield a hit for each role that another account as a whole may assume under no condition."""
    for policy in read_policies(view):
        for statement in policy.allowing if policy.is_trust else ():
            accounts = tuple(trusted_accounts(statement))
            if accounts:
                place = statement.principals_of("AWS")[0]
                message = f"{policy.resource.address} trusts account {', '.join(accounts[:3])} under no condition."
                yield policy.resource.hit(message, place)


UNCONDITIONAL_TRUST = Rule(
    id="PLB_IAM_7",
    title="A whole account may assume this role under no condition",
    severity=Severity.LOW,
    why="If the account is a service provider's, another customer of it can have your role used (the confused "
    "deputy). If it is your own, each of its administrators has this role, too.",
    remedy="Add a condition on sts:ExternalId for an account that is not yours, on aws:MultiFactorAuthPresent for "
    "people, or name the role that needs it.",
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",),
    supersedes=("CKV_AWS_61",),
    check=on_resources(unconditional_trust),
    concept=unconditional_trust,
)

_HOLDERS = (
    *("AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::User", "AWS::SSO::PermissionSet"),
    *("AWS::Serverless::Function", "AWS::Serverless::StateMachine"),
)
_STRONGEST = ("AdministratorAccess", "IAMFullAccess")


def administrators(view: View) -> Iterator[Hit]:
    """Yield a hit for each identity of CloudFormation with AWS's own policy for administrators (CKV_AWS_274)."""
    for holder in view.of(*_HOLDERS):
        for path in ("ManagedPolicyArns", "ManagedPolicies", "Policies"):
            for value in (item for written in holder.all(path) for item in written.items()):
                text = plain(substituted(value)) or ""
                if text.rpartition("/")[2] in _STRONGEST and "${AWS::AccountId}" not in text:
                    yield holder.hit(f"{holder.address} holds {text.rpartition('/')[2]}.", value)


ADMINISTRATORS = Rule(
    id="PLB_IAM_11",
    title="An identity holds AWS's policy for administrators",
    severity=Severity.HIGH,
    why="Whoever takes over the identity has the whole account: with IAMFullAccess it takes one step more.",
    remedy="Attach a policy that names what the identity does. People get administrator rights for a time, through IAM "
    "Identity Center.",
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",),
    check=on_resources(administrators),
    concept=administrators,
)

_ATTACHED = ("aws_iam_group_policy", "aws_iam_group_policy_attachment", "aws_iam_policy_attachment")


def group_without_mfa(view: View) -> Iterator[Hit]:
    """Yield a hit for each group of people whose policies are all here, and none asks for a second factor."""
    groups = view.of("aws_iam_group")
    if not groups or any("multifactorauth" in text.lower() for text in _texts(view)):
        return
    for group in groups:
        attached = [resource for resource in view.of(*_ATTACHED) if _is_for(view, resource, group)]
        if all(_is_told(view, resource) for resource in attached):
            yield group.hit(f"No policy of {group.address} asks its members for a second factor (MFA).")


def _texts(view: View) -> Iterator[str]:
    """All texts of what may be policies in Terraform, keys of conditions among them."""
    for resource in view.resources:
        if resource.type.startswith("aws_iam_"):
            for value in resource.value.walk():
                yield value.text
                yield from (name for name, _ in value.entries)


def _is_for(view: View, resource: Resource, group: Resource) -> bool:
    """Whether a policy is the group's, or may be."""
    name = resource.value.get("group", "groups")
    told = name is not None and any(map(plain, name.items()))
    return view.refers(resource, group) or not (told or any(mentioned(resource)))


def _is_told(view: View, resource: Resource) -> bool:
    """Whether what an attachment attaches, or a policy says, stands here or is AWS's own."""
    value = resource.value.get("policy_arn", "policy")
    if value is None:
        return True
    text = plain(value)
    if text is not None:
        return text.startswith(("arn:aws:iam::aws:policy/", "{"))
    is_written = value.get("Statement") is not None or "Statement" in value.text
    return is_written or any(view.refers(resource, policy) for policy in view.of("aws_iam_policy"))


GROUP = Rule(
    id="PLB_IAM_9",
    title="A group of people is not asked for a second factor",
    severity=Severity.LOW,
    why="A password or key of one member, phished or leaked, is enough to act as the group.",
    remedy="Attach a policy that denies everything but setting up MFA where aws:MultiFactorAuthPresent is false, or "
    "let people in through IAM Identity Center.",
    references=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage.html",
    ),
    check=on_resources(group_without_mfa),
    concept=group_without_mfa,
)

RULES = (OPEN_TRUST, UNCONDITIONAL_TRUST, ADMINISTRATORS, GROUP)
