"""The rules of our own: a module a family, each rule one function with its examples under tests/rules/.

Owns the list of rules. Knows only the vocabulary and the syntax trees; imports no scanner, no policy, no GitHub.
"""

from __future__ import annotations

from reviewer.model import Finding
from reviewer.rules import (
    azure_data,
    azure_identity,
    azure_network,
    azure_parameters,
    azure_runtimes,
    backend,
    backups,
    dockerfile,
    encryption,
    endpoints,
    execution,
    exposure,
    firewalls,
    google_compute,
    google_data,
    google_gke,
    google_identity,
    hygiene,
    identities,
    images,
    keys,
    kubernetes,
    kubernetes_access,
    kubernetes_pods,
    logging,
    managed_keys,
    modules,
    network,
    object_events,
    oidc,
    paths,
    policies,
    providers,
    secrets,
    sensitive,
    skips,
    small_clouds,
    state,
    state_bucket,
    supply,
    tls,
    tofu,
    trails,
    transport,
    write_only,
)
from reviewer.rules.rule import Directory, Hit, Rule

__all__ = ["RULES", "Directory", "Hit", "Rule", "run_rules"]

FAMILIES = (
    state,
    oidc,
    modules,
    skips,
    network,
    logging,
    trails,
    dockerfile,
    encryption,
    managed_keys,
    keys,
    kubernetes,
    kubernetes_access,
    kubernetes_pods,
    tls,
    transport,
    backups,
    backend,
    state_bucket,
    tofu,
    policies,
    identities,
    secrets,
    sensitive,
    exposure,
    paths,
    endpoints,
    azure_data,
    azure_identity,
    azure_network,
    azure_runtimes,
    firewalls,
    google_compute,
    google_data,
    google_gke,
    google_identity,
    write_only,
    providers,
    supply,
    execution,
    images,
    azure_parameters,
    small_clouds,
    object_events,
    hygiene,
)
"""The modules that hold rules, one a line."""

RULES: dict[str, Rule] = {rule.id: rule for family in FAMILIES for rule in family.RULES}
"""Every rule by its id. PLB_SKIP_1 is found by the comparison, which alone knows what a change added."""


def run_rules(directory: Directory) -> tuple[Finding, ...]:
    """Return what the rules find in one directory, in the order of path, line and rule."""
    findings = {rule.finding(hit, directory) for rule in RULES.values() for hit in rule.check(directory)}
    return tuple(sorted(findings, key=lambda finding: (finding.span, finding.rule, finding.resource)))
