"""Data that the change destroys, and nets under data that it takes away.

Owns what the nets of each type are. Types that hold data are in `holdings`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from reviewer.model import PlanAction, Severity
from reviewer.rules.plan.holdings import HOLDINGS
from reviewer.rules.plan.rule import PlanHit, PlanRule, PlanView
from reviewer.rules.plan.switches import EXISTING, Switch, index, moved_out
from reviewer.rules.plan.values import flag, is_unknown, listed, named, number, reach, shown
from reviewer.tfplan.model import ResourceChange, without_indexes

_DESTROYING = frozenset({PlanAction.DELETE, PlanAction.REPLACE})


def check_destroyed(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit for each thing that holds data and is deleted or replaced."""
    created = Counter(change.type for change in view.changing() if change.action is PlanAction.CREATE)
    for change in view.changing():
        if change.action in _DESTROYING and change.type in HOLDINGS:
            yield _destroyed(view, change, is_twin_created=created[change.type] > 0)


def _destroyed(view: PlanView, change: ResourceChange, *, is_twin_created: bool) -> PlanHit:
    holding = HOLDINGS[change.type]
    severity, net = _net(change, holding.severity)
    words = [f"{named(change)}, {holding.kind}, is {_how(change)}."]
    if net:
        words.append(net)
    if _place_before(view, change):
        words.append("It had prevent_destroy, which this change takes away.")
    if change.action is PlanAction.DELETE and is_twin_created:
        words.append("If it only gets another name, a moved block keeps it.")
    return PlanHit(change=change, message=" ".join(words), severity=severity, attribute=_cause(change))


def _how(change: ResourceChange) -> str:
    if change.action is PlanAction.DELETE:
        return "destroyed"
    causes = [str(path[0]) for path in change.replace_paths if path]
    because = f" because of {listed(causes)}" if causes else ""
    return f"destroyed and created again, empty{because}"


def _cause(change: ResourceChange) -> str:
    """The attribute that makes it a replacement, where the plan says so."""
    return str(change.replace_paths[0][0]) if change.replace_paths and change.replace_paths[0] else ""


def _net(change: ResourceChange, severity: Severity) -> tuple[Severity, str]:
    """How bad the loss is with the nets that are there, and what to say of them."""
    before = change.before or {}
    net = next((words for holds, words in _nets(change.type, before) if holds), "")
    if net:
        return Severity(max(severity - 1, Severity.LOW)), net
    if flag(before.get("skip_final_snapshot")):
        return severity, "No final snapshot is taken (skip_final_snapshot)."
    for name in ("deletion_window_in_days", "recovery_window_in_days"):
        days = number(before.get(name))
        if days:
            return severity, f"It can be called back for {shown(days)} days ({name})."
    return severity, ""


def _nets(type_: str, before: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
    """What may stand between a destruction and the loss: whether it does, and a sentence about it."""
    is_protected = any(flag(reach(before, *path)) for path in _PROTECTIONS)
    yield is_protected, "Deletion protection is on, so that the apply fails until somebody switches it off."
    skips = "skip_final_snapshot" in before and not flag(before["skip_final_snapshot"])
    yield skips or bool(flag(before.get("final_snapshot"))), "A final snapshot is taken first."
    retained = reach(before, "spec", "persistent_volume_reclaim_policy") == "Retain"
    yield retained, "The disk behind it is kept (persistent_volume_reclaim_policy)."
    refuses = type_ in _REFUSED_WHEN_FULL and not flag(before.get(_REFUSED_WHEN_FULL[type_]))
    yield refuses, "The provider refuses this while anything is in it."


_PROTECTIONS = (
    ("deletion_protection",),
    ("deletion_protection_enabled",),
    ("enable_deletion_protection",),
    ("settings", "deletion_protection_enabled"),
)

_REFUSED_WHEN_FULL = {
    "aws_s3_bucket": "force_destroy",
    "aws_s3_directory_bucket": "force_destroy",
    "google_storage_bucket": "force_destroy",
    "aws_ecr_repository": "force_delete",
    "aws_backup_vault": "force_destroy",
    "google_bigquery_dataset": "delete_contents_on_destroy",
    "aws_route53_zone": "force_destroy",
}


def _place_before(view: PlanView, change: ResourceChange) -> bool:
    """Whether it was protected by prevent_destroy at the base and is no longer written at the head."""
    before = view.before_places.get(change.config_address)
    return before is not None and before.prevent_destroy and change.config_address not in view.places


def check_prevent_destroy(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit for each block that stays and loses `prevent_destroy`."""
    first: dict[str, ResourceChange] = {}
    for change in view.plan.changes:
        first.setdefault(change.config_address, change)
    for address, place in view.places.items():
        planned = first.get(address)
        previous = without_indexes(planned.previous_address) if planned and planned.previous_address else address
        before = view.before_places.get(previous)
        if before is not None and before.prevent_destroy and not place.prevent_destroy:
            yield PlanHit(
                change=planned,
                name="" if planned else address,
                attribute="lifecycle",
                severity=Severity.HIGH if planned and planned.type in HOLDINGS else Severity.MEDIUM,
                message=f"{address} is no longer protected by prevent_destroy, so that a later change may destroy it.",
            )


def _unprotected(
    *types: str, path: str = "deletion_protection", safe: bool = True, default: bool | None = False, effect: str = ""
) -> Switch:
    return Switch(types=types, path=tuple(path.split(".")), safe=(safe,), default=default, effect=effect)


_DELETION_PROTECTION = index(
    (
        _unprotected("*"),
        _unprotected("*", path="deletion_protection_enabled"),
        _unprotected("*", path="enable_deletion_protection"),
        _unprotected("*", path="termination_protection"),
        _unprotected("*", path="disable_api_termination"),
        _unprotected(
            "google_sql_database_instance",
            "google_container_cluster",
            "google_bigquery_table",
            "google_spanner_database",
            "google_bigtable_instance",
            "google_cloud_run_v2_service",
            default=True,
        ),
        _unprotected("google_sql_database_instance", path="settings.deletion_protection_enabled"),
    )
)


def check_deletion_protection(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit where protection against deletion goes off; what holds no data (a load balancer) counts less."""
    for hit in moved_out(view, _DELETION_PROTECTION):
        holds_data = hit.change is not None and hit.change.type in HOLDINGS
        yield replace(hit, severity=Severity.HIGH if holds_data else Severity.MEDIUM)


_ON_DESTROY = index(
    (
        _unprotected(
            "*",
            path="skip_final_snapshot",
            safe=False,
            effect="When it is destroyed no snapshot is taken, and the data is gone.",
        ),
        _unprotected(
            "*",
            path="force_destroy",
            safe=False,
            effect="When it is destroyed everything in it goes too; until now the provider refused.",
        ),
        _unprotected("*", path="force_delete", safe=False, effect="When it is destroyed everything in it goes too."),
        _unprotected(
            "google_bigquery_dataset",
            path="delete_contents_on_destroy",
            safe=False,
            effect="When it is destroyed its tables go too; until now the provider refused.",
        ),
        _unprotected("*", path="delete_automated_backups", safe=False, default=True),
        Switch(types=("aws_iam_user",), path=("force_destroy",), safe=(True, False)),  # holds no data
    )
)


def check_on_destroy(view: PlanView) -> Iterable[PlanHit]:
    """Yield a hit where a later destruction would take more with it."""
    return moved_out(view, _ON_DESTROY)


_BACKUP_SWITCHES = index(
    (
        _unprotected("aws_dynamodb_table", path="point_in_time_recovery.enabled"),
        _unprotected("google_sql_database_instance", path="settings.backup_configuration.enabled"),
        _unprotected("google_storage_bucket", "aws_s3_bucket", path="versioning.enabled"),
        _unprotected("azurerm_storage_account", path="blob_properties.versioning_enabled"),
        Switch(
            types=("aws_s3_bucket_versioning",),
            path=("versioning_configuration", "status"),
            safe=("Enabled",),
            default="Disabled",
            effect="What is overwritten or deleted from now on is gone.",
        ),
        Switch(types=("aws_efs_backup_policy",), path=("backup_policy", "status"), safe=("ENABLED",)),
        Switch(
            types=("google_sql_database_instance",),
            path=("settings", "backup_configuration", "point_in_time_recovery_enabled"),
            safe=(True,),
            default=False,
        ),
    )
)

_RETENTIONS = (
    ("backup_retention_period",),
    ("automated_snapshot_retention_period",),
    ("snapshot_retention_limit",),
    ("automatic_backup_retention_days",),
    ("backup_retention_days",),
    ("blob_properties", "delete_retention_policy", "days"),
    ("blob_properties", "container_delete_retention_policy", "days"),
    ("soft_delete_policy", "retention_duration_seconds"),
)


def check_backups(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit where backups or old versions of an existing thing are no longer kept."""
    yield from moved_out(view, _BACKUP_SWITCHES)
    for change in view.changing():
        if change.action not in EXISTING or change.after is None:
            continue
        for path in _RETENTIONS:
            before, after = number(reach(change.before, *path)), reach(change.after, *path)
            gone = number(after) == 0 or (after is None and len(path) > 1)  # the block that said so went
            if before and before > 0 and gone and not is_unknown(change, *path[:1]):
                yield PlanHit(
                    change=change,
                    attribute=path[0],
                    message=f"{'.'.join(path)} of {named(change)} goes from {shown(before)} to {shown(after)}, so that "
                    "nothing is kept to go back to.",
                )


_PREVENT_DESTROY = "https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#prevent_destroy"

RULES = (
    PlanRule(
        id="PLB_PLAN_DATA_1",
        title="Data is destroyed",
        severity=Severity.CRITICAL,
        why="What holds data does not come back by being created again: a replacement is empty. Reverting the change "
        "afterwards does not help.",
        remedy="Make sure that this is meant and that there is a backup which was restored once. If it was only given "
        "another name, add a moved block; if it should merely leave the state, use a removed block (destroy = false).",
        references=(
            "https://developer.hashicorp.com/terraform/language/modules/develop/refactoring",
            _PREVENT_DESTROY,
        ),
        check=check_destroyed,
    ),
    PlanRule(
        id="PLB_PLAN_DATA_2",
        title="prevent_destroy is taken away",
        severity=Severity.HIGH,
        why="With prevent_destroy a plan that would destroy this fails. Without it the next rename or forced "
        "replacement goes through unnoticed.",
        remedy="Keep lifecycle { prevent_destroy = true }. If it has to go for a planned migration, put it back in the "
        "same pull request that ends the migration.",
        references=(_PREVENT_DESTROY,),
        check=check_prevent_destroy,
    ),
    PlanRule(
        id="PLB_PLAN_DATA_3",
        title="Deletion protection is switched off",
        severity=Severity.HIGH,
        why="It is what stops a mistaken destroy at the provider, whoever makes it and with whatever tool. Switching "
        "it off is the step before a deletion.",
        remedy="Leave it on. Where the deletion is meant, say so in the pull request and check that a backup exists.",
        references=("https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",),
        check=check_deletion_protection,
    ),
    PlanRule(
        id="PLB_PLAN_DATA_4",
        title="A later destroy will take the data with it",
        severity=Severity.MEDIUM,
        why="Until now destroying this left something behind, or was refused while it held data. After this change it "
        "is one step, and for good.",
        remedy="Keep the final snapshot, and leave force_destroy off but for what may be lost at any time.",
        references=("https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",),
        check=check_on_destroy,
    ),
    PlanRule(
        id="PLB_PLAN_DATA_5",
        title="Backups are switched off",
        severity=Severity.HIGH,
        why="Existing backups are usually deleted with the setting, and mistakes or ransomware after that cannot be "
        "undone.",
        remedy="Keep backups, point-in-time recovery and versioning on; if cost is the reason, shorten the retention "
        "instead of ending it.",
        references=(
            "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html",
        ),
        check=check_backups,
    ),
)
