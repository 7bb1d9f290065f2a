"""Who is let in after the change that was not before: trust policies of roles and policies of resources in AWS.

Owns which resources carry such policies. What a created one simply says, and Checkov says too, is left to Checkov.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import PlanAction, Severity
from reviewer.rules.plan.policies import Statement, Statements, accounts, lets_everybody_in, read_policy
from reviewer.rules.plan.rule import PlanHit, PlanRule, PlanView
from reviewer.rules.plan.values import is_unknown, listed, named, short
from reviewer.tfplan.model import ResourceChange

_RESOURCE_POLICIES = {
    "aws_s3_bucket_policy": "policy",
    "aws_s3_bucket": "policy",
    "aws_s3_access_point": "policy",
    "aws_s3control_access_point_policy": "policy",
    "aws_kms_key": "policy",
    "aws_kms_key_policy": "policy",
    "aws_kms_external_key": "policy",
    "aws_sqs_queue": "policy",
    "aws_sqs_queue_policy": "policy",
    "aws_sns_topic": "policy",
    "aws_sns_topic_policy": "policy",
    "aws_secretsmanager_secret": "policy",
    "aws_secretsmanager_secret_policy": "policy",
    "aws_ecr_repository_policy": "policy",
    "aws_efs_file_system_policy": "policy",
    "aws_backup_vault_policy": "policy",
    "aws_glacier_vault": "access_policy",
    "aws_opensearch_domain": "access_policies",
    "aws_opensearch_domain_policy": "access_policies",
    "aws_elasticsearch_domain": "access_policies",
    "aws_elasticsearch_domain_policy": "access_policies",
    "aws_cloudwatch_event_bus_policy": "policy",
    "aws_glue_resource_policy": "policy",
    "aws_dynamodb_resource_policy": "policy",
    "aws_kinesis_resource_policy": "policy",
    "aws_codeartifact_domain_permissions_policy": "policy_document",
    "aws_codeartifact_repository_permissions_policy": "policy_document",
    "aws_ses_identity_policy": "policy",
}
_SAID_BY_CHECKOV = frozenset(
    {"aws_s3_bucket", "aws_s3_bucket_policy"}  # CKV_AWS_70
    | {"aws_sqs_queue", "aws_sqs_queue_policy", "aws_sns_topic", "aws_sns_topic_policy"}  # CKV_AWS_168, CKV_AWS_169
    | {"aws_kms_key", "aws_ecr_repository_policy", "aws_glacier_vault"}  # CKV_AWS_33, CKV_AWS_32, CKV_AWS_167
)
"""Types that Checkov judges when they are created."""


def _compared(change: ResourceChange, attribute: str) -> tuple[Statements, Statements] | None:
    """The statements before and after a change of the attribute; None where one of them cannot be read."""
    if change.after is None or is_unknown(change, attribute) or not change.after.get(attribute):
        return None
    written = change.before.get(attribute) if change.before is not None else None
    if written == change.after[attribute] or (change.before is not None and attribute not in change.before):
        return None
    before, after = read_policy(written), read_policy(change.after[attribute])
    return (before, after) if before is not None and after is not None else None


def check_trust(view: PlanView) -> Iterator[PlanHit]:
    """Yield hits for roles that more principals may assume than before."""
    for change in view.changing():
        compared = _compared(change, "assume_role_policy") if change.type == "aws_iam_role" else None
        if compared is not None:
            for severity, words in _opened(change, *compared):
                yield PlanHit(
                    change=change,
                    attribute="assume_role_policy",
                    severity=severity,
                    message=f"{named(change)} {words}",
                )


def _opened(change: ResourceChange, before: Statements, after: Statements) -> Iterator[tuple[Severity, str]]:
    is_created = change.action is PlanAction.CREATE
    if _anybody(after) and not _anybody(before) and not is_created:  # created: CKV_AWS_60
        yield Severity.CRITICAL, "may now be assumed by any principal of any account."
    new = accounts(after) - accounts(before)
    if new and not is_created:
        yield Severity.MEDIUM, f"may now be assumed from another account: {listed(new)}."
    loosened = _loosened(before, after)
    if loosened:
        yield Severity.MEDIUM, f"may now be assumed by {listed(loosened)} without the conditions that it had."
    known = set(_open_providers(before))
    for provider in _open_providers(after):
        if provider not in known and not (is_created and _GITHUB in provider):  # created: PLB_OIDC_1
            yield (
                Severity.HIGH,
                f"trusts {short(provider)} for every subject, for no condition on sub says whose tokens.",
            )


def _anybody(statements: Statements) -> bool:
    return any(lets_everybody_in(statement) for statement in statements)


def _loosened(before: Statements, after: Statements) -> frozenset[str]:
    """Accounts and users that had conditions on every statement, and now have one without."""
    conditional = {name for s in before if s.allows and s.conditions for name in _people(s)}
    free = {name for s in before if s.allows and not s.conditions for name in _people(s)}
    return frozenset(
        name for s in after if s.allows and not s.conditions for name in _people(s) if name in conditional - free
    )


def _people(statement: Statement) -> Iterator[str]:
    return (name for kind, name in statement.principals if kind == "AWS" and name != "*")


_GITHUB = "token.actions.githubusercontent.com"
_OIDC = re.compile(r"oidc-provider/|^(?!arn:)(?!cognito-identity)[\w.-]+\.[a-z]{2,}(?:/\S*)?$", re.IGNORECASE)
_ANY_SUBJECT = re.compile(r"^(?:\*+|(?:repo|project_path|organization|system:serviceaccount):\*.*)$")


def _open_providers(statements: Statements) -> Iterator[str]:
    """OIDC providers that a statement trusts whatever the subject is."""
    for statement in statements:
        subjects = [condition for condition in statement.conditions if condition.key.endswith(":sub")]
        closed = any(
            "not" not in condition.operator
            and condition.values
            and not any(_ANY_SUBJECT.match(value) for value in condition.values)
            for condition in subjects
        )
        if statement.allows and not closed:
            yield from (
                name.rpartition("oidc-provider/")[2]
                for kind, name in statement.principals
                if kind == "Federated" and _OIDC.search(name)
            )


def check_resource_policies(view: PlanView) -> Iterator[PlanHit]:
    """Yield hits for resources whose own policy lets in everybody, or another account, and did not before."""
    for change in view.changing():
        attribute = _RESOURCE_POLICIES.get(change.type)
        compared = _compared(change, attribute) if attribute else None
        if attribute is not None and compared is not None:
            for severity, words in _let_in(change, *compared):
                yield PlanHit(change=change, attribute=attribute, severity=severity, message=f"{named(change)} {words}")
        yield from _open_function(change)


def _let_in(change: ResourceChange, before: Statements, after: Statements) -> Iterator[tuple[Severity, str]]:
    is_created = change.action is PlanAction.CREATE
    new = _public_actions(after) - _public_actions(before)
    if new and not (is_created and change.type in _SAID_BY_CHECKOV):
        severity = Severity.CRITICAL if any(_WRITES.search(action) for action in new) else Severity.HIGH
        yield severity, f"{'allows' if is_created else 'now allows'} everybody {listed(new)}."
    others = accounts(after) - accounts(before)
    if others and not is_created:
        yield Severity.MEDIUM, f"now lets in another account: {listed(others)}."


_WRITES = re.compile(
    r"^\*|:(?:\*|put|delete|create|update|write|restore|replicate|schedule|batchdelete)", re.IGNORECASE
)


def _public_actions(statements: Statements) -> frozenset[str]:
    return frozenset(
        action for statement in statements if lets_everybody_in(statement) for action in (statement.actions or ("*",))
    )


def _open_function(change: ResourceChange) -> Iterator[PlanHit]:
    """A permission on a function that was for somebody and is now for everybody (of a created one: CKV_AWS_301)."""
    before, after = change.before or {}, change.after or {}
    if change.type != "aws_lambda_permission" or change.action is PlanAction.CREATE or after.get("principal") != "*":
        return
    narrowed = any(after.get(name) for name in ("source_arn", "source_account", "principal_org_id"))
    if before.get("principal") not in (None, "*") and not narrowed:
        was = short(str(before["principal"]))
        yield PlanHit(
            change=change,
            attribute="principal",
            message=f"{named(change)} lets everybody call the function; until now it was {was}.",
        )


def check_denies(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit where a policy that stays has fewer statements that deny something."""
    for change in view.changing():
        attribute = _RESOURCE_POLICIES.get(change.type) or _IDENTITY_POLICIES.get(change.type)
        compared = _compared(change, attribute) if attribute else None
        if attribute is None or compared is None or change.action is PlanAction.CREATE:
            continue
        before, after = ([s for s in statements if not s.allows] for statements in compared)
        gone = [statement for statement in before if statement not in after]
        if len(after) < len(before) and gone:
            denied = listed(action for statement in gone for action in (statement.actions or ("everything but some",)))
            yield PlanHit(
                change=change, attribute=attribute, message=f"{named(change)} no longer denies {denied} to anybody."
            )


_IDENTITY_POLICIES = {
    "aws_iam_policy": "policy",
    "aws_iam_role_policy": "policy",
    "aws_iam_user_policy": "policy",
    "aws_iam_group_policy": "policy",
    "aws_organizations_policy": "content",
}

RULES = (
    PlanRule(
        id="PLB_PLAN_IAM_4",
        title="More may assume this role than before",
        severity=Severity.HIGH,
        why="The trust policy is the lock of a role: who is let in gets everything that is attached to it.",
        remedy="Name the roles that need it instead of accounts or everybody; for providers of tokens add a condition "
        "on the subject, for other companies one on sts:ExternalId.",
        references=(
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
        ),
        check=check_trust,
    ),
    PlanRule(
        id="PLB_PLAN_IAM_5",
        title="A resource's own policy lets in more than before",
        severity=Severity.HIGH,
        why="A policy on a bucket, key, queue or secret lets callers in from outside of the account, whatever their "
        "own account says.",
        remedy="Name the accounts or roles in Principal; where it has to be everybody of a kind, add a condition on "
        "aws:PrincipalOrgID, aws:SourceArn or aws:SourceAccount.",
        references=(
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
        ),
        check=check_resource_policies,
    ),
    PlanRule(
        id="PLB_PLAN_IAM_7",
        title="A statement that denies is taken away",
        severity=Severity.MEDIUM,
        why="A deny wins over every allow. Without it everything that it held back works again, also what other "
        "policies allow.",
        remedy="Keep the statement; if it was in the way, narrow it to what has to be allowed.",
        references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",),
        check=check_denies,
    ),
)
