"""Secrets that Terraform writes into its state although it need not.

Owns the table of write-only arguments (Terraform and OpenTofu 1.11; ephemeral resources since Terraform 1.10). A module
that still serves older versions cannot use them: nothing is said there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Value
from reviewer.rules.resource import Form, Resource, is_computed, read_view
from reviewer.rules.roots import bounds, is_root, required_version
from reviewer.rules.rule import Directory, Hit, Rule

_FIRST = (1, 11)
_WRITE_ONLY = {
    "aws_db_instance": ("password", "aws 5.88"),
    "aws_rds_cluster": ("master_password", "aws 5.89"),
    "aws_docdb_cluster": ("master_password", "aws 5.89"),
    "aws_redshift_cluster": ("master_password", "aws 5.89"),
    "aws_redshiftserverless_namespace": ("admin_user_password", "aws 5.89"),
    "aws_secretsmanager_secret_version": ("secret_string", "aws 5.88"),
    "aws_ssm_parameter": ("value", "aws 5.89"),
    "azurerm_key_vault_secret": ("value", "azurerm 4.21"),
    "azurerm_mssql_server": ("administrator_login_password", "azurerm 4.21"),
    "azurerm_mysql_flexible_server": ("administrator_password", "azurerm 4.21"),
    "azurerm_postgresql_flexible_server": ("administrator_password", "azurerm 4.21"),
    "google_secret_manager_secret_version": ("secret_data", "google 6.23"),
    "google_sql_user": ("password", "google 6.27"),
    "vault_kv_secret_v2": ("data_json", "vault 5.0"),
    "kubernetes_secret": ("data", "kubernetes 2.36"),
    "kubernetes_secret_v1": ("data", "kubernetes 2.36"),
}
"""Type -> the argument that is kept in state, and the provider that has NAME_wo beside it."""

_GENERATED = re.compile(r"\brandom_password\.([\w-]+)(?:\[[^\]]*\])?\.(?:result|bcrypt_hash)\b")


def check_arguments(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every secret that is given to an argument with a write-only one beside it."""
    if not _can_use_it(directory):
        return
    for resource in read_view(directory).of(*_WRITE_ONLY):
        name, since = _WRITE_ONLY[resource.type]
        value = resource.get(name)
        if value is None or not _is_a_secret(resource, value):
            continue
        yield resource.hit(
            f"{name} of {resource.address} is kept in state. Use {name}_wo with {name}_wo_version"
            f"{_from(value)} (provider {since} or newer): it is sent and never stored.",
            value,
        )


def _can_use_it(directory: Directory) -> bool:
    """Whether whoever uses this code has a version with write-only arguments, or can be asked to."""
    stated = required_version(directory)
    if not stated:
        return True
    low, high = bounds(stated)
    return (high is None or high > _FIRST) and (low >= _FIRST or is_root(directory))


def _is_a_secret(resource: Resource, value: Value) -> bool:
    if resource.type == "aws_ssm_parameter" and resource.text("type") != "SecureString":
        return False
    return any(is_computed(item) for item in value.walk()) and "ephemeral." not in value.text


def _from(value: Value) -> str:
    made = next((made for item in value.walk() if (made := _GENERATED.search(item.text))), None)
    return f' and ephemeral "random_password" "{made[1][:60]}"' if made else " and an ephemeral variable"


def check_generated(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every resource that keeps a generated password in an argument that cannot be write-only."""
    for resource in read_view(directory).resources:
        if resource.form is not Form.TERRAFORM or resource.data or resource.type.startswith(("random_", "null_")):
            continue
        if resource.type in _WRITE_ONLY:
            continue
        kept = next((value for value in resource.value.walk() if _GENERATED.search(value.text)), None)
        if kept is not None:
            yield resource.hit(
                f"{resource.address} keeps a generated password, which stands in state in plain text.", kept
            )


RULES = (
    Rule(
        id="PLB_SECRET_5",
        title="Secret is kept in state although it need not be",
        severity=Severity.LOW,
        why="State and plans have it in plain text: whoever may read the backend or an artifact of the build has the "
        "secret, too.",
        remedy="Give it to the write-only argument (name_wo, with name_wo_version to change it), from an ephemeral "
        "variable or resource: Terraform and OpenTofu from 1.11.",
        references=(
            "https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only",
            "https://developer.hashicorp.com/terraform/language/manage-sensitive-data/ephemeral",
        ),
        check=check_arguments,
    ),
    Rule(
        id="PLB_SECRET_6",
        title="Generated password is kept in state",
        severity=Severity.LOW,
        why="random_password stands in state in plain text twice: by itself, and where it is used.",
        remedy='Let the service make the password itself where it can, or make it with ephemeral "random_password", '
        "put it into a secret store by a write-only argument, and have it read from there.",
        references=(
            "https://registry.terraform.io/providers/hashicorp/random/latest/docs/ephemeral-resources/password",
        ),
        check=check_generated,
    ),
)
