"""Roles that are given in Azure, Google Cloud and Kubernetes: what the change adds to them.

Owns which roles are broad. A role that is assigned anew is compared with nothing; where Checkov judges it as it is
created, that is left to Checkov.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from reviewer.model import PlanAction, Severity
from reviewer.rules.plan.rule import PlanHit, PlanRule, PlanView
from reviewer.rules.plan.values import blocks, is_unknown, listed, named, reach, short, text, texts
from reviewer.tfplan.model import ResourceChange

# Azure

_OWNERS = frozenset({"owner", "user access administrator", "role based access control administrator"})
_BY_ID = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
_SCOPES = (
    (re.compile(r"^/(?:providers/Microsoft\.Management/managementGroups/[^/]+)?/?$", re.IGNORECASE), 4),
    (re.compile(r"^/subscriptions/[^/]+/?$", re.IGNORECASE), 3),
    (re.compile(r"^/subscriptions/[^/]+/resourceGroups/[^/]+/?$", re.IGNORECASE), 2),
)
_BREADTHS = {4: "a whole management group", 3: "a whole subscription", 2: "a resource group", 1: "one resource"}
_OWNER_SEVERITY = {4: Severity.CRITICAL, 3: Severity.HIGH, 2: Severity.MEDIUM, 1: Severity.LOW, 0: Severity.MEDIUM}
_CONTRIBUTOR_SEVERITY = {4: Severity.HIGH, 3: Severity.MEDIUM, 2: Severity.LOW, 0: Severity.LOW}


def check_azure(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit for each assignment of Owner, Contributor or their like that is new, higher or wider."""
    for change in view.changing():
        if change.type != "azurerm_role_assignment" or change.after is None:
            continue
        role, breadth = _role(change.after), _breadth(change.after)
        before = (_rank(_role(change.before)), _breadth(change.before)) if change.before is not None else (0, 0)
        severity = {3: _OWNER_SEVERITY, 2: _CONTRIBUTOR_SEVERITY}.get(_rank(role), {}).get(breadth)
        if severity is not None and (_rank(role) > before[0] or breadth > before[1] > 0):
            where = _BREADTHS.get(breadth, "a scope that is not known yet")
            yield PlanHit(
                change=change,
                attribute="scope" if _rank(role) == before[0] else "role_definition_name",
                severity=severity,
                message=f"{named(change)} gives {role} on {where}{_formerly(change)}.",
            )


def _formerly(change: ResourceChange) -> str:
    if change.before is None:
        return ""
    role, where = _role(change.before) or "another role", _BREADTHS.get(_breadth(change.before), "another scope")
    return f"; before this change it was {role} on {where}"


def _role(values: Any) -> str:
    name = text(reach(values, "role_definition_name"))
    return short(name or _BY_ID.get(text(reach(values, "role_definition_id")).rpartition("/")[2].lower(), ""))


def _rank(role: str) -> int:
    return 3 if role.lower() in _OWNERS else 2 if role.lower() == "contributor" else 1 if role else 0


def _breadth(values: Any) -> int:
    """How wide a scope is: 4 a management group to 1 one resource; 0 when it is not known."""
    scope = text(reach(values, "scope"))
    if not scope.startswith("/"):
        return 0
    return next((breadth for pattern, breadth in _SCOPES if pattern.match(scope)), 1)


# Google Cloud

_GOOGLE = re.compile(r"^google_(.+)_iam_(?:member|binding|policy)$")
_PUBLIC = frozenset({"allUsers", "allAuthenticatedUsers"})
_OWNER_LIKE = re.compile(
    r"^roles/(?:owner|iam\.securityAdmin|iam\.organizationRoleAdmin|resourcemanager\.\w*(?:Iam|organization)Admin"
    r"|iam\.serviceAccount(?:Admin|KeyAdmin|TokenCreator)|iam\.workloadIdentityPoolAdmin)$",
    re.IGNORECASE,
)
_WHOLE = frozenset({"project", "folder", "organization"})
_SAID_BASIC = re.compile(  # CKV_GCP_115 to 117, 41, 42, 44, 45, 49
    r"^roles/(?:owner|editor|iam\.serviceAccount(?:Admin|KeyAdmin|TokenCreator|User)|iam\.workloadIdentityPoolAdmin)$",
    re.IGNORECASE,
)
_SAID_PUBLIC = frozenset(  # CKV_GCP_28, 98 to 102, 112, CKV2_GCP_6, 8, 9
    {"storage_bucket", "dataproc_cluster", "pubsub_topic", "bigquery_table", "artifact_registry_repository"}
    | {"cloud_run_service", "cloud_run_v2_service", "kms_crypto_key", "kms_key_ring", "container_registry"}
)


def check_google(view: PlanView) -> Iterator[PlanHit]:
    """Yield hits for members that gain a broad role, and for everybody who gains any."""
    for change in view.changing():
        match = _GOOGLE.match(change.type)
        if match is None or change.after is None or is_unknown(change, "member") or is_unknown(change, "members"):
            continue
        new = _given(change.after) - _given(change.before)
        is_created = change.action is PlanAction.CREATE
        yield from _public(change, new, is_said=is_created and match[1] in _SAID_PUBLIC)
        if match[1] in _WHOLE:
            yield from _broad(change, match[1], new, is_created=is_created)


def _given(values: Any) -> frozenset[tuple[str, str]]:
    """(role, member) of an IAM resource: of a member, a binding, or a whole policy."""
    role = text(reach(values, "role"))
    members = (*texts(reach(values, "member")), *texts(reach(values, "members")))
    found = {(role, member) for member in members}
    try:
        data = text(reach(values, "policy_data"))
        policy = json.loads(data) if 0 < len(data) <= 100_000 else None
    except (ValueError, RecursionError):
        policy = None
    for binding in blocks(policy, "bindings"):
        found |= {(text(binding.get("role")), member) for member in texts(binding.get("members"))}
    return frozenset(found)


def _public(change: ResourceChange, new: frozenset[tuple[str, str]], *, is_said: bool) -> Iterator[PlanHit]:
    everybody = [(role, member) for role, member in sorted(new) if member in _PUBLIC]
    if everybody and not is_said:
        roles, members = listed(role for role, _ in everybody), listed(member for _, member in everybody)
        yield PlanHit(
            change=change,
            attribute="member" if reach(change.after, "member") else "members",
            severity=Severity.HIGH,
            message=f"{named(change)} gives {roles} to {members}, which is anybody on the internet.",
        )


def _broad(
    change: ResourceChange, level: str, new: frozenset[tuple[str, str]], *, is_created: bool
) -> Iterator[PlanHit]:
    broad = {
        (role, member)
        for role, member in new
        if (_OWNER_LIKE.match(role) or role == "roles/editor") and not (is_created and _SAID_BASIC.match(role))
    }
    if broad:
        is_top = level != "project" or any(_OWNER_LIKE.match(role) for role, _ in broad)
        yield PlanHit(
            change=change,
            attribute="role",
            severity=Severity.HIGH if is_top else Severity.MEDIUM,
            message=f"{named(change)} gives {listed({role for role, _ in broad})} on the whole {level} to "
            f"{listed({member for _, member in broad})}.",
        )


# Kubernetes

_BINDING = re.compile(r"^kubernetes_(?:cluster_)?role_binding(?:_v1)?$")
_ROLE = re.compile(r"^kubernetes_(?:cluster_)?role(?:_v1)?$")
_NOBODY_IN_PARTICULAR = frozenset({"system:anonymous", "system:unauthenticated", "system:authenticated"})


def check_kubernetes(view: PlanView) -> Iterator[PlanHit]:
    """Yield hits for subjects that become administrators of the cluster, and for roles that gain wildcards."""
    for change in view.changing():
        if change.after is None:
            continue
        if _BINDING.match(change.type):
            yield from _bound(change)
        is_role = _ROLE.match(change.type) and change.action is not PlanAction.CREATE  # created: CKV_K8S_49
        if is_role and _has_wildcards(change.after) and not _has_wildcards(change.before):
            message = f"{named(change)} now allows every verb on every resource."
            yield PlanHit(change=change, attribute="rule", message=message)


def _bound(change: ResourceChange) -> Iterator[PlanHit]:
    role = text(reach(change.after, "role_ref", "name"))
    same_role = role == text(reach(change.before, "role_ref", "name"))
    before = _subjects(change.before) if same_role else frozenset()
    new = _subjects(change.after) - before
    anybody = {subject for subject in new if subject in _NOBODY_IN_PARTICULAR}
    if new and (role == "cluster-admin" or anybody):
        yield PlanHit(
            change=change,
            attribute="subject",
            severity=Severity.CRITICAL if anybody and role == "cluster-admin" else Severity.HIGH,
            message=f"{named(change)} gives {short(role)} to {listed(new if role == 'cluster-admin' else anybody)}.",
        )


def _subjects(values: Any) -> frozenset[str]:
    return frozenset(text(subject.get("name")) for subject in blocks(values, "subject")) - {""}


def _has_wildcards(values: Any) -> bool:
    rules = blocks(values, "rule")
    return any("*" in texts(rule.get("verbs")) and "*" in texts(rule.get("resources")) for rule in rules)


RULES = (
    PlanRule(
        id="PLB_PLAN_IAM_8",
        title="A broad role is assigned in Azure",
        severity=Severity.HIGH,
        why="Owner may give any role to anybody, Contributor may change and delete everything, and both reach all "
        "that is below the scope, also what is added later.",
        remedy="Assign the role for the one service that is needed, on the resource or its resource group.",
        references=("https://learn.microsoft.com/azure/role-based-access-control/best-practices",),
        check=check_azure,
    ),
    PlanRule(
        id="PLB_PLAN_IAM_9",
        title="A broad or public role is given in Google Cloud",
        severity=Severity.HIGH,
        why="Basic roles and those over IAM and service accounts reach everything in the project, folder or "
        "organization; allUsers is everybody on the internet.",
        remedy="Give a predefined role of the one service, on the one resource, to named members.",
        references=(
            "https://cloud.google.com/iam/docs/using-iam-securely",
            "https://cloud.google.com/iam/docs/overview#all-users",
        ),
        check=check_google,
    ),
    PlanRule(
        id="PLB_PLAN_IAM_10",
        title="Broad rights are given in Kubernetes",
        severity=Severity.HIGH,
        why="cluster-admin may read every secret and run anything on every node.",
        remedy="Bind a role with the verbs and resources that are needed, in one namespace.",
        references=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
        check=check_kubernetes,
    ),
)
