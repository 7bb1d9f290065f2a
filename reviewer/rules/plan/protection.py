"""Encryption, logging and keys of existing things: what the change switches off.

Owns which attributes and blocks these are. What is created without them is said by Checkov.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from reviewer.model import Severity
from reviewer.rules.plan.companions import Companion, taken_away
from reviewer.rules.plan.rule import PlanHit, PlanRule, PlanView
from reviewer.rules.plan.switches import EXISTING, Switch, index, moved_out
from reviewer.rules.plan.values import is_empty, is_unknown, listed, named, number, reach, short, shown, texts
from reviewer.tfplan.model import ResourceChange


def _on(
    *types: str,
    path: str,
    safe: tuple[bool | str, ...] = (True,),
    default: bool | str | None = False,
    severity: Severity | None = None,
) -> Switch:
    return Switch(types=types, path=tuple(path.split(".")), safe=safe, default=default, severity=severity)


_DATABASES = ("aws_db_instance", "aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster", "aws_redshift_cluster")
_TLS_ONLY = ("HTTPS", "TLS", "SSL")
_ENCRYPTION = index(
    (
        _on(*_DATABASES, path="storage_encrypted", severity=Severity.HIGH),
        _on(*_DATABASES, path="encrypted", severity=Severity.HIGH),
        *(
            _on("*", path=path)
            for path in (
                "storage_encrypted",
                "encrypted",
                "encryption_enabled",
                "at_rest_encryption_enabled",
                "transit_encryption_enabled",
                "encrypt_at_rest.enabled",
                "node_to_node_encryption.enabled",
                "server_side_encryption.enabled",
                "root_block_device.encrypted",
                "root_volume_encryption_enabled",
                "encryption_at_host_enabled",
                "infrastructure_encryption_enabled",
                "double_encryption_enabled",
                "transparent_data_encryption_enabled",
                "ssl_enforcement_enabled",
                "require_ssl",
                "enable_key_rotation",
            )
        ),
        _on("aws_sqs_queue", path="sqs_managed_sse_enabled", default=True),
        _on("azurerm_storage_account", path="https_traffic_only_enabled", default=True),
        _on("azurerm_linux_web_app", "azurerm_windows_web_app", "azurerm_app_service", path="https_only"),
        _on("azurerm_linux_function_app", "azurerm_windows_function_app", path="https_only"),
        _on("azurerm_redis_cache", path="non_ssl_port_enabled", safe=(False,)),
        _on("aws_lb_listener", "aws_alb_listener", path="protocol", safe=_TLS_ONLY, default=None),
        _on(
            "aws_msk_cluster",
            path="encryption_info.encryption_in_transit.client_broker",
            safe=("TLS",),
            default="TLS",
        ),
        _on(
            "google_sql_database_instance",
            path="settings.ip_configuration.ssl_mode",
            safe=("ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"),
            default="ALLOW_UNENCRYPTED_AND_ENCRYPTED",
        ),
    )
)

_OWN_KEYS = re.compile(
    r"^(?:kms_key_id|kms_key_arn|kms_master_key_id|kms_key_name|kms_key_self_link|disk_encryption_set_id"
    r"|customer_managed_key|disk_encryption_key|encryption_configuration|encryption_config|encryption_at_rest_kms_key_arn"
    r"|server_side_encryption_configuration|sse_specification|encryption|kms_encryption_config|database_encryption)$"
)
_ENCRYPTION_COMPANIONS = {
    "aws_s3_bucket_server_side_encryption_configuration": Companion(link="bucket", owners=("aws_s3_bucket",)),
    "azurerm_storage_account_customer_managed_key": Companion(
        link="storage_account_id", owners=("azurerm_storage_account",)
    ),
    "aws_ebs_encryption_by_default": Companion(),
}


def check_encryption(view: PlanView) -> Iterator[PlanHit]:
    """Yield hits where an existing thing loses encryption, or the key of one's own that it is encrypted with."""
    switched = set()
    for hit in moved_out(view, _ENCRYPTION):
        switched.add(hit.change.address if hit.change else "")
        yield hit
    for change in view.changing():
        for name in _removed(change, _OWN_KEYS) if change.address not in switched else ():
            message = (
                f"{named(change)} no longer has {name}, so that what is written from now on is encrypted with the "
            )
            message += "provider's key, or not at all."
            yield PlanHit(change=change, attribute=name, message=message, severity=Severity.MEDIUM)
    for change in taken_away(view, _ENCRYPTION_COMPANIONS):
        message = f"{named(change)} is deleted while what it encrypts stays."
        yield PlanHit(change=change, message=message, severity=Severity.MEDIUM)


def _removed(change: ResourceChange, names: re.Pattern[str]) -> Iterator[str]:
    """Names of the attributes and blocks of an existing thing that were set and are not any more."""
    if change.action in EXISTING and change.before is not None:
        for name, value in change.before.items():
            is_gone = not is_empty(value) and is_empty(reach(change.after, name))
            if is_gone and names.match(name) and not is_unknown(change, name):
                yield name


_AUDIT = Severity.HIGH
_LOGGING = index(
    (
        _on("aws_cloudtrail", path="enable_logging", default=True, severity=_AUDIT),
        _on("aws_cloudtrail", path="is_multi_region_trail", severity=Severity.MEDIUM),
        _on("aws_cloudtrail", path="enable_log_file_validation", severity=Severity.MEDIUM),
        _on("aws_guardduty_detector", path="enable", default=True, severity=_AUDIT),
        _on("aws_config_configuration_recorder_status", path="is_enabled", severity=_AUDIT),
        _on("azurerm_network_watcher_flow_log", path="enabled", severity=Severity.MEDIUM),
        _on("*", path="access_logs.enabled"),
        _on("aws_redshift_cluster", path="logging.enable"),
        _on(
            "google_container_cluster",
            path="logging_service",
            safe=("logging.googleapis.com/kubernetes", "logging.googleapis.com"),
            default="logging.googleapis.com/kubernetes",
            severity=Severity.MEDIUM,
        ),
        _on("google_compute_subnetwork", path="enable_flow_logs", severity=Severity.MEDIUM),
    )
)
_LOG_BLOCKS = re.compile(
    r"^(?:logging|logging_config|access_logs|access_log_settings|log_config|logging_info|log_publishing_options"
    r"|log_delivery_configuration|logging_configuration|connection_logs|diagnostics_profile|oms_agent)$"
)
_LOG_LISTS = ("enabled_cluster_log_types", "enabled_cloudwatch_logs_exports")
_LOG_COMPANIONS = {
    "aws_cloudtrail": Companion(),
    "aws_guardduty_detector": Companion(),
    "aws_securityhub_account": Companion(),
    "aws_config_configuration_recorder": Companion(),
    "google_project_iam_audit_config": Companion(),
    "google_organization_iam_audit_config": Companion(),
    "azurerm_monitor_log_profile": Companion(),
    "aws_flow_log": Companion(link="vpc_id", owners=("aws_vpc",)),
    "aws_s3_bucket_logging": Companion(link="bucket", owners=("aws_s3_bucket",)),
    "aws_wafv2_web_acl_logging_configuration": Companion(link="resource_arn", owners=("aws_wafv2_web_acl",)),
    "aws_route53_query_log": Companion(link="zone_id", owners=("aws_route53_zone",)),
    "google_logging_project_sink": Companion(),
    "azurerm_network_watcher_flow_log": Companion(
        link="target_resource_id", owners=("azurerm_network_security_group", "azurerm_virtual_network")
    ),
}
_ACCOUNT_WIDE = frozenset(type_ for type_, companion in _LOG_COMPANIONS.items() if not companion.link)


def check_logging(view: PlanView) -> Iterator[PlanHit]:
    """Yield hits where an existing thing is no longer logged or watched."""
    yield from moved_out(view, _LOGGING)
    for change in view.changing():
        for name in _removed(change, _LOG_BLOCKS):
            yield PlanHit(
                change=change, attribute=name, message=f"{named(change)} is no longer logged, for {name} goes."
            )
        for name in _LOG_LISTS if change.action in EXISTING else ():
            lost = set(texts(reach(change.before, name))) - set(texts(reach(change.after, name)))
            if lost and not is_unknown(change, name):
                message = f"{named(change)} no longer logs {listed(lost)} ({name})."
                yield PlanHit(change=change, attribute=name, message=message)
    for change in taken_away(view, _LOG_COMPANIONS):
        severity = _AUDIT if change.type in _ACCOUNT_WIDE else Severity.MEDIUM
        message = f"{named(change)} is deleted, and what it recorded is not recorded any more."
        yield PlanHit(change=change, severity=severity, message=message)


_WINDOWS = (
    ("deletion_window_in_days", 30.0),
    ("recovery_window_in_days", 30.0),
    ("soft_delete_retention_days", 90.0),
    ("destroy_scheduled_duration", 30.0),
    ("version_destroy_ttl", None),
)
"""(attribute, what it is in days when it is not written)."""
_SAFE_DAYS = 30


def check_key_windows(view: PlanView) -> Iterator[PlanHit]:
    """Yield hits where a deleted key or secret can be called back for fewer days than before, and fewer than 30."""
    yield from moved_out(view, _PURGE)
    for change in view.changing():
        if change.action not in EXISTING:
            continue
        for name, default in _WINDOWS:
            if is_unknown(change, name) or name not in {**(change.before or {}), **(change.after or {})}:
                continue
            before, after = (_days(reach(values, name), default) for values in (change.before, change.after))
            if before is not None and after is not None and after < before and after < _SAFE_DAYS:
                yield PlanHit(
                    change=change,
                    attribute=name,
                    severity=Severity.HIGH if after == 0 else Severity.MEDIUM,
                    message=f"{name} of {named(change)} goes from {shown(before)} to {shown(after)} days.",
                )


def _days(value: Any, default: float | None) -> float | None:
    """A number of days; seconds with an `s` (Google's durations) become days."""
    if value is None:
        return default
    if isinstance(value, str) and value.endswith("s"):
        seconds = number(value[:-1])
        return None if seconds is None else round(seconds / 86_400, 2)
    return number(value)


_PURGE = index((_on("azurerm_key_vault", path="purge_protection_enabled", severity=Severity.HIGH),))


def check_keys(view: PlanView) -> Iterator[PlanHit]:
    """Yield hits for keys that are disabled: what they encrypt cannot be read until somebody enables them again."""
    yield from moved_out(view, _DISABLED)
    for change in view.changing():
        if change.action in EXISTING and change.type == "google_kms_crypto_key_version":
            before, after = reach(change.before, "state"), reach(change.after, "state")
            if before == "ENABLED" and isinstance(after, str) and after != before:
                message = f"state of {named(change)} goes from ENABLED to {short(after)}."
                yield PlanHit(change=change, attribute="state", message=message)


_DISABLED = index((_on("aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key", path="is_enabled", default=True),))

RULES = (
    PlanRule(
        id="PLB_PLAN_CRYPT_1",
        title="Encryption is switched off",
        severity=Severity.MEDIUM,
        why="Somebody switched it on for what is in there. Copies, backups and traffic are readable from now on, and "
        "turning it back on often recreates the thing.",
        remedy="Leave it on; to change the key, name the new one instead of none.",
        references=("https://docs.aws.amazon.com/prescriptive-guidance/latest/encryption-best-practices/welcome.html",),
        check=check_encryption,
    ),
    PlanRule(
        id="PLB_PLAN_LOG_1",
        title="Logging is switched off",
        severity=Severity.LOW,
        why="What happens from now on leaves no trace. Switching off the record is also what an intruder does first.",
        remedy="Leave it on; if it is replaced by something else, do both in one change and say so.",
        references=("https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html",),
        check=check_logging,
    ),
    PlanRule(
        id="PLB_PLAN_KEY_1",
        title="A key or secret can be called back for less time",
        severity=Severity.MEDIUM,
        why="The window is the time in which somebody notices that a key was deleted by mistake or on purpose; after "
        "it everything that is encrypted with it is lost.",
        remedy="Keep 30 days or more, and purge protection on.",
        references=(
            "https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html",
            "https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview",
        ),
        check=check_key_windows,
    ),
    PlanRule(
        id="PLB_PLAN_KEY_2",
        title="A key is disabled",
        severity=Severity.HIGH,
        why="Nothing that is encrypted with it can be read until it is enabled again: databases stop, disks stay off.",
        remedy="Find out in the audit log who still uses the key before it is disabled.",
        references=("https://docs.aws.amazon.com/kms/latest/developerguide/enabling-keys.html",),
        check=check_keys,
    ),
)
