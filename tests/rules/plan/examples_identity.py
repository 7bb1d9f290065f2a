"""Privileges that grow: policies, trust, assignments."""

from __future__ import annotations

from reviewer.model import Severity
from tests.rules.plan.builders import allow, bad, change, good, policy, replaced, view

BUCKET = "arn:aws:s3:::orders/*"
NARROW = allow(["s3:GetObject"], BUCKET)
READ_ANY = {"Version": "2012-10-17"}


def _policy(before, after, type_="aws_iam_policy"):
    old = None if before is None else {"policy": before}
    return change(f"{type_}.deploy", old, {"policy": after})


def _trust(before, after):
    old = None if before is None else {"assume_role_policy": before}
    return change("aws_iam_role.deploy", old, {"assume_role_policy": after})


def _assume(principal, **more):
    return policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more})


def _oidc(provider, condition):
    arn = f"arn:aws:iam::111122223333:oidc-provider/{provider}"
    action = "sts:AssumeRoleWithWebIdentity"
    return policy({"Effect": "Allow", "Action": action, "Principal": {"Federated": arn}, "Condition": condition})


GITLAB_SUB = {"StringLike": {"gitlab.example:sub": "project_path:org/repo:*"}}
ROOT_A, ROOT_B = "arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"
ORG_ONLY = {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}

ACTIONS = (
    bad(
        "PLB_PLAN_IAM_1",
        "everything on everything",
        _policy(policy(NARROW), policy(NARROW, allow("*", "*"))),
        "aws_iam_policy.deploy now also allows *",
        severity=Severity.CRITICAL,
    ),
    bad(
        "PLB_PLAN_IAM_1",
        "a whole service in a created policy",
        _policy(None, policy(allow("s3:*", "*"))),
        "allows s3:* to whoever holds it",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_IAM_1",
        "a way to more rights, in an inline policy of a role",
        change(
            "aws_iam_role.deploy",
            {"inline_policy": [{"name": "a", "policy": policy(NARROW)}]},
            {"inline_policy": [{"name": "a", "policy": policy(NARROW, allow("iam:CreatePolicyVersion", "*"))}]},
        ),
        "iam:CreatePolicyVersion",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_IAM_1",
        "everything but",
        _policy(policy(NARROW), policy({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"})),
        "* but iam:*",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_IAM_1",
        "the condition goes",
        _policy(policy(allow("ec2:*", "*", Condition=ORG_ONLY)), policy(allow("ec2:*", "*"))),
        "now also allows ec2:*",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_IAM_1",
        "nothing is known of before",
        _policy("(known after apply)", policy(allow("*", "*"))),
        "What it allowed before is not known.",
    ),
    good(
        "PLB_PLAN_IAM_1", "a wildcard that was there", _policy(policy(allow("*", "*")), policy(allow("*", "*"), NARROW))
    ),
    good(
        "PLB_PLAN_IAM_1", "what a wildcard covered", _policy(policy(allow("s3:*", "*")), policy(allow("s3:Put*", "*")))
    ),
    good("PLB_PLAN_IAM_1", "created as Checkov says", _policy(None, policy(allow("*", "*")))),
    good("PLB_PLAN_IAM_1", "named actions", _policy(policy(NARROW), policy(NARROW, allow("s3:PutObject", BUCKET)))),
    good(
        "PLB_PLAN_IAM_1",
        "not known yet",
        change("aws_iam_policy.a", {"policy": policy(NARROW)}, {}, after_unknown={"policy": True}),
    ),
    good(
        "PLB_PLAN_IAM_1",
        "a deny",
        _policy(policy(NARROW), policy(NARROW, {"Effect": "Deny", "Action": "*", "Resource": "*"})),
    ),
    bad(
        "PLB_PLAN_IAM_2",
        "added",
        _policy(policy(NARROW), policy(NARROW, allow("iam:PassRole", "*"))),
        "now also allows iam:PassRole on every role",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_IAM_2",
        "in a created policy, by a pattern",
        _policy(None, policy(allow("iam:Pass*", "arn:aws:iam::*:role/*")), "aws_iam_role_policy"),
        "allows iam:Pass* on every role",
    ),
    bad(
        "PLB_PLAN_IAM_2",
        "with a condition it is less bad",
        _policy(None, policy(allow("iam:PassRole", "*", Condition={"StringEquals": {"iam:PassedToService": "x"}}))),
        "iam:PassRole",
        severity=Severity.MEDIUM,
    ),
    good(
        "PLB_PLAN_IAM_2", "one role", _policy(None, policy(allow("iam:PassRole", "arn:aws:iam::111111111111:role/a")))
    ),
    good(
        "PLB_PLAN_IAM_2",
        "there before",
        _policy(policy(allow("iam:PassRole", "*")), policy(allow("iam:PassRole", "*"), NARROW)),
    ),
    bad(
        "PLB_PLAN_IAM_3",
        "reading all data",
        _policy(policy(NARROW), policy(allow(["s3:GetObject"], "*"))),
        "now also allows s3:GetObject on every resource",
        severity=Severity.MEDIUM,
    ),
    bad(
        "PLB_PLAN_IAM_3",
        "writing everywhere",
        _policy(policy(NARROW), policy(NARROW, allow(["sqs:SendMessage", "ec2:DescribeInstances"], "*"))),
        "sqs:SendMessage on every resource",
    ),
    good("PLB_PLAN_IAM_3", "describing", _policy(policy(NARROW), policy(NARROW, allow("ec2:Describe*", "*")))),
    good(
        "PLB_PLAN_IAM_3",
        "what knows no resource",
        _policy(policy(NARROW), policy(NARROW, allow("ecr:GetAuthorizationToken", "*"))),
    ),
    good("PLB_PLAN_IAM_3", "created, as Checkov says", _policy(None, policy(allow("sqs:SendMessage", "*")))),
    bad(
        "PLB_PLAN_IAM_6",
        "an exchanged policy",
        replaced(
            "aws_iam_role_policy_attachment.a",
            {"policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess", "role": "ci"},
            {"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess", "role": "ci"},
            "policy_arn",
        ),
        "attaches AdministratorAccess to ci",
        severity=Severity.CRITICAL,
    ),
    bad(
        "PLB_PLAN_IAM_6",
        "a created attachment that Checkov is silent about",
        change("aws_iam_group_policy_attachment.a", None, {"policy_arn": "arn:aws:iam::aws:policy/PowerUserAccess"}),
        "attaches PowerUserAccess",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_IAM_6",
        "to a group as well",
        change(
            "aws_iam_policy_attachment.a",
            {"policy_arn": "arn:aws:iam::111111111111:policy/deploy", "roles": ["ci"], "groups": []},
            {"policy_arn": "arn:aws:iam::111111111111:policy/deploy", "roles": ["ci"], "groups": ["developers"]},
        ),
        "more groups: developers",
        severity=Severity.MEDIUM,
    ),
    good(
        "PLB_PLAN_IAM_6",
        "a policy of one's own",
        change("aws_iam_role_policy_attachment.a", None, {"policy_arn": "arn:aws:iam::111111111111:policy/FullAccess"}),
    ),
    good(
        "PLB_PLAN_IAM_6",
        "created, as Checkov says",
        change("aws_iam_role_policy_attachment.a", None, {"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ),
)

PRINCIPALS = (
    bad(
        "PLB_PLAN_IAM_4",
        "everybody",
        _trust(_assume({"AWS": ROOT_A}), _assume({"AWS": "*"})),
        "may now be assumed by any principal of any account",
        severity=Severity.CRITICAL,
    ),
    bad(
        "PLB_PLAN_IAM_4",
        "another account",
        _trust(_assume({"AWS": ROOT_A}), _assume({"AWS": [ROOT_A, ROOT_B]})),
        "another account: 222222222222",
        severity=Severity.MEDIUM,
    ),
    bad(
        "PLB_PLAN_IAM_4",
        "without the external id",
        _trust(_assume({"AWS": ROOT_A}, Condition={"StringEquals": {"sts:ExternalId": "x"}}), _assume({"AWS": ROOT_A})),
        "without the conditions that it had",
    ),
    bad(
        "PLB_PLAN_IAM_4",
        "tokens for every subject",
        _trust(None, _oidc("gitlab.example", {"StringEquals": {"gitlab.example:aud": "x"}})),
        "trusts gitlab.example for every subject",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_IAM_4",
        "the subject becomes a wildcard",
        _trust(
            _oidc("gitlab.example", GITLAB_SUB), _oidc("gitlab.example", {"StringLike": {"gitlab.example:sub": "*"}})
        ),
        "trusts gitlab.example for every subject",
    ),
    good("PLB_PLAN_IAM_4", "a named subject", _trust(None, _oidc("gitlab.example", GITLAB_SUB))),
    good("PLB_PLAN_IAM_4", "a service", _trust(None, _assume({"Service": "ec2.amazonaws.com"}))),
    good(
        "PLB_PLAN_IAM_4",
        "everybody of the organization",
        _trust(_assume({"AWS": ROOT_A}), _assume({"AWS": "*"}, Condition=ORG_ONLY)),
    ),
    good("PLB_PLAN_IAM_4", "created for everybody, as Checkov says", _trust(None, _assume("*"))),
    good(
        "PLB_PLAN_IAM_4",
        "one account less",
        _trust(_assume({"AWS": [ROOT_A, ROOT_B]}), _assume({"AWS": ROOT_A})),
    ),
    bad(
        "PLB_PLAN_IAM_5",
        "a bucket that everybody may write",
        _policy(
            policy(allow("s3:GetObject", BUCKET, Principal={"AWS": ROOT_A})),
            policy(allow(["s3:GetObject", "s3:PutObject"], BUCKET, Principal="*")),
            "aws_s3_bucket_policy",
        ),
        "now allows everybody s3:GetObject and s3:PutObject",
        severity=Severity.CRITICAL,
    ),
    bad(
        "PLB_PLAN_IAM_5",
        "a secret that everybody may read, created",
        _policy(
            None, policy(allow("secretsmanager:GetSecretValue", "*", Principal="*")), "aws_secretsmanager_secret_policy"
        ),
        "allows everybody secretsmanager:GetSecretValue",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_IAM_5",
        "a key for another account",
        _policy(
            policy(allow("kms:*", "*", Principal={"AWS": ROOT_A})),
            policy(allow("kms:*", "*", Principal={"AWS": [ROOT_A, "222222222222"]})),
            "aws_kms_key",
        ),
        "now lets in another account: 222222222222",
        severity=Severity.MEDIUM,
    ),
    bad(
        "PLB_PLAN_IAM_5",
        "a queue whose condition goes",
        _policy(
            policy(allow("sqs:SendMessage", "*", Principal="*", Condition={"ArnEquals": {"aws:SourceArn": "arn:x"}})),
            policy(allow("sqs:SendMessage", "*", Principal="*")),
            "aws_sqs_queue_policy",
        ),
        "now allows everybody sqs:SendMessage",
    ),
    bad(
        "PLB_PLAN_IAM_5",
        "a function for everybody",
        replaced(
            "aws_lambda_permission.a",
            {"principal": "events.amazonaws.com", "action": "lambda:InvokeFunction"},
            {"principal": "*", "action": "lambda:InvokeFunction"},
            "principal",
        ),
        "until now it was events.amazonaws.com",
    ),
    good(
        "PLB_PLAN_IAM_5",
        "everybody of the organization",
        _policy(
            policy(allow("s3:GetObject", BUCKET, Principal={"AWS": ROOT_A})),
            policy(allow("s3:GetObject", BUCKET, Principal="*", Condition=ORG_ONLY)),
            "aws_s3_bucket_policy",
        ),
    ),
    good(
        "PLB_PLAN_IAM_5",
        "a service",
        _policy(
            policy(allow("s3:GetObject", BUCKET, Principal={"AWS": ROOT_A})),
            policy(allow("s3:GetObject", BUCKET, Principal={"Service": "cloudfront.amazonaws.com"})),
            "aws_s3_bucket_policy",
        ),
    ),
    good(
        "PLB_PLAN_IAM_5",
        "created public, as Checkov says",
        _policy(None, policy(allow("s3:GetObject", BUCKET, Principal="*")), "aws_s3_bucket_policy"),
    ),
    bad(
        "PLB_PLAN_IAM_7",
        "plain HTTP is allowed again",
        _policy(
            policy(NARROW, {"Effect": "Deny", "Action": "s3:*", "Principal": "*", "Resource": "*"}),
            policy(NARROW),
            "aws_s3_bucket_policy",
        ),
        "no longer denies s3:* to anybody",
    ),
    bad(
        "PLB_PLAN_IAM_7",
        "a guardrail of the organization",
        change(
            "aws_organizations_policy.a",
            {"content": policy({"Effect": "Deny", "Action": "cloudtrail:StopLogging", "Resource": "*"}, NARROW)},
            {"content": policy(NARROW)},
        ),
        "no longer denies cloudtrail:StopLogging",
    ),
    good(
        "PLB_PLAN_IAM_7",
        "a deny that is put differently",
        _policy(
            policy(NARROW, {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}),
            policy(NARROW, {"Effect": "Deny", "Action": ["s3:Put*", "s3:Delete*"], "Resource": "*"}),
        ),
    ),
    good(
        "PLB_PLAN_IAM_7", "an allow that goes", _policy(policy(NARROW, allow("s3:PutObject", BUCKET)), policy(NARROW))
    ),
)


def _azure(before, after):
    return change("azurerm_role_assignment.ci", before, after)


SUBSCRIPTION = "/subscriptions/0000"
GROUP = f"{SUBSCRIPTION}/resourceGroups/app"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/v"

CLOUDS = (
    bad(
        "PLB_PLAN_IAM_8",
        "Owner of the subscription",
        _azure(None, {"role_definition_name": "Owner", "scope": SUBSCRIPTION}),
        "gives Owner on a whole subscription",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_IAM_8",
        "a wider scope",
        _azure(
            {"role_definition_name": "Contributor", "scope": GROUP},
            {"role_definition_name": "Contributor", "scope": SUBSCRIPTION},
        ),
        "gives Contributor on a whole subscription; before this change it was Contributor on a resource group",
        severity=Severity.MEDIUM,
    ),
    bad(
        "PLB_PLAN_IAM_8",
        "by its id, above all subscriptions",
        _azure(
            None,
            {
                "role_definition_id": "/providers/Microsoft.Authorization/roleDefinitions/"
                "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
                "scope": "/providers/Microsoft.Management/managementGroups/root",
            },
        ),
        "Owner on a whole management group",
        severity=Severity.CRITICAL,
    ),
    good("PLB_PLAN_IAM_8", "one service", _azure(None, {"role_definition_name": "AcrPull", "scope": SUBSCRIPTION})),
    good(
        "PLB_PLAN_IAM_8",
        "a narrower scope",
        _azure(
            {"role_definition_name": "Owner", "scope": SUBSCRIPTION}, {"role_definition_name": "Owner", "scope": GROUP}
        ),
    ),
    good("PLB_PLAN_IAM_8", "one resource", _azure(None, {"role_definition_name": "Contributor", "scope": VAULT})),
    bad(
        "PLB_PLAN_IAM_9",
        "editor becomes owner",
        replaced(
            "google_project_iam_member.ci",
            {"role": "roles/editor", "member": "user:a@example.com"},
            {"role": "roles/owner", "member": "user:a@example.com"},
            "role",
        ),
        "gives roles/owner on the whole project to user:a@example.com",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_IAM_9",
        "everybody in a binding",
        change(
            "google_storage_bucket_iam_binding.a",
            {"role": "roles/storage.objectViewer", "members": ["user:a@example.com"]},
            {"role": "roles/storage.objectViewer", "members": ["user:a@example.com", "allUsers"]},
        ),
        "gives roles/storage.objectViewer to allUsers",
    ),
    bad(
        "PLB_PLAN_IAM_9",
        "a created role over IAM that Checkov is silent about",
        change(
            "google_folder_iam_member.a", None, {"role": "roles/iam.securityAdmin", "member": "group:g@example.com"}
        ),
        "roles/iam.securityAdmin on the whole folder",
    ),
    bad(
        "PLB_PLAN_IAM_9",
        "everybody in a whole policy",
        change(
            "google_secret_manager_secret_iam_policy.a",
            {"policy_data": '{"bindings": []}'},
            {"policy_data": '{"bindings": [{"role": "roles/viewer", "members": ["allAuthenticatedUsers"]}]}'},
        ),
        "gives roles/viewer to allAuthenticatedUsers",
    ),
    good(
        "PLB_PLAN_IAM_9",
        "a role of one service",
        change("google_project_iam_member.a", None, {"role": "roles/pubsub.publisher", "member": "user:a@example.com"}),
    ),
    good(
        "PLB_PLAN_IAM_9",
        "created, as Checkov says",
        view(
            change("google_project_iam_member.a", None, {"role": "roles/owner", "member": "user:a@example.com"}),
            change("google_storage_bucket_iam_member.a", None, {"role": "roles/viewer", "member": "allUsers"}),
        ),
    ),
    bad(
        "PLB_PLAN_IAM_10",
        "a new administrator",
        change(
            "kubernetes_cluster_role_binding.a",
            None,
            {"role_ref": [{"name": "cluster-admin"}], "subject": [{"kind": "ServiceAccount", "name": "ci"}]},
        ),
        "gives cluster-admin to ci",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_IAM_10",
        "a role that grows",
        change(
            "kubernetes_cluster_role_v1.a",
            {"rule": [{"verbs": ["get"], "resources": ["pods"]}]},
            {"rule": [{"verbs": ["*"], "resources": ["*"]}]},
        ),
        "now allows every verb on every resource",
    ),
    good(
        "PLB_PLAN_IAM_10",
        "a role of one's own",
        change("kubernetes_role_binding.a", None, {"role_ref": [{"name": "reader"}], "subject": [{"name": "ci"}]}),
    ),
    good(
        "PLB_PLAN_IAM_10",
        "the same administrators",
        change(
            "kubernetes_cluster_role_binding.a",
            {"role_ref": [{"name": "cluster-admin"}], "subject": [{"name": "ci"}], "metadata": []},
            {"role_ref": [{"name": "cluster-admin"}], "subject": [{"name": "ci"}], "metadata": [{"labels": {}}]},
        ),
    ),
)

EXAMPLES = (*ACTIONS, *PRINCIPALS, *CLOUDS)
