"""What Kubernetes roles allow, and to whom they are given.

Checkov sees wildcards in the first rule of a role, and who may approve certificates, bind, escalate or change webhooks;
here is the rest of "Role Based Access Control Good Practices".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reviewer.model import Severity
from reviewer.rules.documents import Value
from reviewer.rules.manifests import text_of
from reviewer.rules.resource import Resource, View, on_resources, texts
from reviewer.rules.rule import Hit, Rule

_PRACTICES = "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"
_ROLES, _BINDINGS = ("ClusterRole", "Role"), ("ClusterRoleBinding", "RoleBinding")
_READ = frozenset({"get", "list", "watch", "*"})
_WRITE = frozenset({"create", "update", "patch", "delete", "deletecollection", "*"})
_WORKLOADS = frozenset(
    ["pods", "deployments", "statefulsets", "daemonsets", "replicasets", "replicationcontrollers", "jobs", "cronjobs"]
)
_NETWORK = frozenset(["services", "endpoints", "endpointslices", "networkpolicies", "ingresses", "routes"])
_EVERYBODY = frozenset({"system:anonymous", "system:unauthenticated", "system:authenticated"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    """One rule of a role: these verbs on these resources."""

    role: Resource
    at: Value
    verbs: frozenset[str]
    resources: frozenset[str]
    named: bool  # only those of certain names

    def hit(self, what: str) -> Hit:
        """Say what the role may do."""
        return self.role.hit(f"{self.role.address} may {what}.", self.at)


def _grants(view: View) -> Iterator[_Grant]:
    """Yield the rules of roles that are no wildcard as a whole: those are another rule's."""
    for role in view.of(*_ROLES):
        if text_of(role.get("metadata.name")).startswith("system:"):
            continue  # the cluster's own
        for rule in role.maps("rules"):
            resources = frozenset(texts(rule.get("resources")))
            if "*" not in resources:
                yield _Grant(
                    role=role,
                    at=rule.get("verbs") or rule,
                    verbs=frozenset(texts(rule.get("verbs"))),
                    resources=resources,
                    named=bool(texts(rule.get("resourceNames"))),
                )


def check_wildcards(view: View) -> Iterator[Hit]:
    """Yield a hit for each role that may do everything to something, or something to everything."""
    for role in view.of(*_ROLES):
        for rule in role.maps("rules"):
            stars = [name for name in ("apiGroups", "resources", "verbs") if "*" in texts(rule.get(name))]
            if "resources" in stars or "verbs" in stars:
                listed = " and ".join(stars)
                yield role.hit(f"{role.address} has a wildcard for {listed}.", rule.get(stars[-1]))


def check_secrets(view: View) -> Iterator[Hit]:
    """Yield a hit for each role that may read or change every secret of the cluster."""
    for grant in _secret_grants(view):
        if grant.role.type == "ClusterRole":
            yield grant.hit(f"{_listed(grant.verbs)} every secret of the whole cluster")


def check_namespace_secrets(view: View) -> Iterator[Hit]:
    """Yield a hit for each role that may read or change every secret of its namespace."""
    for grant in _secret_grants(view):
        if grant.role.type == "Role":
            yield grant.hit(f"{_listed(grant.verbs)} every secret of its namespace")


def _secret_grants(view: View) -> Iterator[_Grant]:
    """To make new secrets is no harm to others."""
    for grant in _grants(view):
        if "secrets" in grant.resources and (grant.verbs - {"create"}) & (_READ | _WRITE) and not grant.named:
            yield grant


def check_execution(view: View) -> Iterator[Hit]:
    """Yield a hit for each role that may get into running pods."""
    ways = {"pods/exec", "pods/attach", "pods/portforward", "pods/ephemeralcontainers"}
    for grant in _grants(view):
        if (found := grant.resources & ways) and grant.verbs & {"create", "get", "update", "patch", "*"}:
            yield grant.hit(f"get into running pods ({_listed(found)})")


def check_impersonation(view: View) -> Iterator[Hit]:
    """Yield a hit for each role that may act as somebody else, or make tokens for them."""
    for grant in _grants(view):
        if "impersonate" in grant.verbs and not grant.named:
            yield grant.hit(f"act as any of the {_listed(grant.resources)}")
        elif "serviceaccounts/token" in grant.resources and grant.verbs & {"create", "*"} and not grant.named:
            yield grant.hit("make a token for every service account")
        elif "nodes/proxy" in grant.resources and grant.verbs:
            yield grant.hit("run commands in every pod, through the proxy of its machine")


def check_workloads(view: View) -> Iterator[Hit]:
    """Yield a hit for each role that may start pods: in them it has every secret and service account of the place."""
    for grant in _grants(view):
        if (found := grant.resources & _WORKLOADS) and grant.verbs & {"create", "update", "patch", "*"}:
            yield grant.hit(f"start or change {_listed(found)}")


def check_protection(view: View) -> Iterator[Hit]:
    """Yield a hit for each role that may change who reaches what, what programs read, or what was logged."""
    for grant in _grants(view):
        changes = grant.verbs & _WRITE
        if (found := grant.resources & _NETWORK) and changes:
            yield grant.hit(f"change {_listed(found)}, and so what traffic goes where")
        elif "configmaps" in grant.resources and changes and not grant.named:
            yield grant.hit("change every config map, and so what programs do")
        elif "pods/log" in grant.resources and grant.verbs & {"delete", "deletecollection", "*"}:
            yield grant.hit("delete the logs of pods")
        elif grant.resources & {"roles", "clusterroles", "rolebindings", "clusterrolebindings"} and changes:
            yield grant.hit("change who may do what")


def check_admins(view: View) -> Iterator[Hit]:
    """Yield a hit for each binding to the role that may do everything."""
    for binding in view.of(*_BINDINGS):
        name = text_of(binding.get("roleRef.name"))
        subjects = [text_of(subject.get("name")) for subject in binding.maps("subjects")]
        if name == "cluster-admin" and subjects and "system:masters" not in subjects:
            yield binding.hit(
                f"{binding.address} makes {', '.join(subjects)} cluster-admin.", binding.get("roleRef.name")
            )


def check_everybody(view: View) -> Iterator[Hit]:
    """Yield a hit for each binding to everybody, with or without a login."""
    for binding in view.of(*_BINDINGS):
        if text_of(binding.get("roleRef.name")).startswith("system:"):
            continue  # discovery, as the cluster itself gives it
        for subject in binding.maps("subjects"):
            name = text_of(subject.get("name"))
            if name in _EVERYBODY or name.startswith("system:serviceaccounts"):
                role = text_of(binding.get("roleRef.name")) or "a role"
                yield binding.hit(f"{binding.address} gives {role} to {name}.", subject)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)[:5])


def _rule(number: int, severity: Severity, words: tuple[str, str, str], checkov: tuple[str, ...] = ()) -> Rule:
    concept = {
        1: check_wildcards,
        2: check_secrets,
        3: check_execution,
        4: check_impersonation,
        5: check_workloads,
        6: check_protection,
        7: check_admins,
        8: check_everybody,
        9: check_namespace_secrets,
    }[number]
    return Rule(
        id=f"PLB_RBAC_{number}",
        title=words[0],
        severity=severity,
        why=words[1],
        remedy=words[2],
        references=(_PRACTICES, "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"),
        framework="kubernetes",
        supersedes=checkov,
        check=on_resources(concept),
        concept=concept,
    )


RULES = (
    _rule(
        1,
        Severity.MEDIUM,
        (
            "Role has a wildcard",
            "It may do more than anybody has thought of, and more with every new kind of resource in the cluster.",
            "Name the resources and verbs that are needed.",
        ),
        ("CKV_K8S_49",),
    ),
    _rule(
        2,
        Severity.MEDIUM,
        (
            "Role may use every secret of the cluster",
            "Secrets hold the tokens of other accounts: whoever may read or replace them can become any of these.",
            "Name the secrets that are needed (resourceNames), or mount them where they are used.",
        ),
    ),
    _rule(
        3,
        Severity.MEDIUM,
        (
            "Role may get into running pods",
            "Whoever has the role acts with everything that these pods have, and few logs tell of it.",
            "Leave it to people who debug, for the time that they do.",
        ),
    ),
    _rule(
        4,
        Severity.HIGH,
        (
            "Role may act as somebody else",
            "It is as good as every account that it may act as.",
            "Drop it, or name the one account that is needed (resourceNames).",
        ),
    ),
    _rule(
        5,
        Severity.LOW,
        (
            "Role may start pods",
            "In a pod of one's own one has every secret and service account of the namespace.",
            "Give it to what deploys and to nothing else, in the namespaces where it deploys.",
        ),
    ),
    _rule(
        6,
        Severity.LOW,
        (
            "Role may change what protects others",
            "Traffic, settings, permissions and logs of others are then in the hands of whoever has the role.",
            "Give it to what needs it and to nothing else, by name where that can be.",
        ),
    ),
    _rule(
        7,
        Severity.HIGH,
        (
            "Account is made cluster-admin",
            "It may do everything in the cluster: a hole in what runs under it gives all away.",
            "Bind a role with what is needed.",
        ),
    ),
    _rule(
        8,
        Severity.HIGH,
        (
            "Role is given to everybody",
            "Who can reach the cluster's API, or run any pod in it, has the role.",
            "Bind it to the accounts that need it, by name.",
        ),
    ),
    _rule(
        9,
        Severity.LOW,
        (
            "Role may use every secret of its namespace",
            "Secrets hold the tokens of other accounts: whoever may read or replace them can become any of these.",
            "Name the secrets that are needed (resourceNames), or mount them where they are used.",
        ),
    ),
)
