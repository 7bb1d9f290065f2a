"""Data sources whose answers nobody should make up: secrets, and whatever a program or a server says. Pure.

Code takes such answers apart (`jsondecode(...)["user"]`), and fails on anything made up. Terraform defers a data source
until apply when one of its arguments is unknown; then all that it gives is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping

DEFERRED: Mapping[str, tuple[str, ...]] = {
    "aws_cloudformation_stack": ("name",),
    "aws_kms_secrets": ("secret",),
    "aws_lambda_invocation": ("function_name", "input"),
    "aws_s3_object": ("key",),
    "aws_secretsmanager_secret_version": ("secret_id",),
    "aws_ssm_parameter": ("name",),
    "aws_ssm_parameters_by_path": ("path",),
    "azurerm_app_configuration_key": ("key",),
    "azurerm_key_vault_secret": ("name",),
    "external": ("program",),
    "google_secret_manager_secret_version": ("secret",),
    "google_secret_manager_secret_version_access": ("secret",),
    "http": ("url",),
    "local_file": ("filename",),
    "local_sensitive_file": ("filename",),
    "sops_file": ("source_file",),
    "template_file": ("template",),
    "tfe_outputs": ("workspace",),
    "vault_generic_secret": ("path",),
    "vault_kv_secret_v2": ("name",),
}
"""Type -> the arguments that are made unknown."""

_LISTS = frozenset({("external", "program")})
UNKNOWN_TEXT = "timestamp()"
"""In a plan, a text that is not known yet."""


def unknown_argument(type_: str, name: str) -> str:
    """Return the expression that an argument of the data source `type_` becomes; "" for one that stays."""
    if name not in DEFERRED.get(type_, ()):
        return ""
    return f"[{UNKNOWN_TEXT}]" if (type_, name) in _LISTS else UNKNOWN_TEXT
