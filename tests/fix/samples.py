"""Values that an organization might choose: for trying recipes that ask for one. Nobody is offered them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reviewer.fix.recipes import Choice

WITHOUT_VARIABLES = frozenset({"kubernetes", "dockerfile", "github_actions"})
"""Frameworks whose files cannot ask for a value: their recipes are tried as if the policy had one."""

_ARN = "arn:aws:{}:eu-central-1:111122223333:{}"
_BY_NAME: Mapping[str, str | Sequence[str]] = {
    "cpu_request": "100m",
    "cpu_limit": "500m",
    "memory_request": "128Mi",
    "memory_limit": "256Mi",
    "kms_key_arn": _ARN.format("kms", "key/6f1c1f0e-6a0c-4f5c-9d0e-2f1f4c9b7a11"),
    "log_group_arn": _ARN.format("logs", "log-group:/orders"),
    "gcp_kms_key": "projects/shop/locations/europe-west1/keyRings/data/cryptoKeys/data",
    "country_codes": ("DE", "FR"),
    "iam_member": "group:team@example.com",
    "iam_members": ("group:team@example.com",),
    "service_account_email": "orders@shop.iam.gserviceaccount.com",
    "private_cidr_ipv6": "fd00:10::/48",
}


def sample(choice: Choice) -> str | Sequence[str]:
    """Return a value that an organization might choose."""
    if choice.name in _BY_NAME:
        return _BY_NAME[choice.name]
    if choice.type == "number":
        return "30"
    network = "cidr" in choice.name or choice.name.endswith("_range")
    one = "10.20.0.0/16" if network else _ARN.format("iam", choice.name) if "arn" in choice.name else f"{choice.name}-1"
    return (one,) if choice.type == "list(string)" else one


def samples(choices: Mapping[str, Choice]) -> dict[str, str | Sequence[str]]:
    """Return a value for each choice."""
    return {name: sample(choice) for name, choice in choices.items()}
