"""Whether what is lost can be had back: automated backups of databases and caches, and guards against deletion.

Defaults are those of the services: Amazon RDS keeps a day, a cache nothing. Replicas and members of a cluster are
backed up where their data comes from.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.resource import Resource, View, is_false, on_resources, plain
from reviewer.rules.rule import Hit, Rule

_ELSEWHERE = (
    "SourceDBInstanceIdentifier",
    "SourceDBClusterIdentifier",
    "ReplicationSourceIdentifier",
    "GlobalClusterIdentifier",
    "replicate_source_db",
    "replication_source_identifier",
    "global_cluster_identifier",
    "PrimaryReplicationGroupId",
    "GlobalReplicationGroupId",
    "global_replication_group_id",
)


def _of_its_own(resource: Resource) -> bool:
    """Whether a database holds data of its own, as far as is known."""
    member = _MEMBERS.get(resource.type)
    return all(resource.lacks(path) for path in (*_ELSEWHERE, *([member] if member else ())))


_MEMBERS = {
    "AWS::RDS::DBInstance": "DBClusterIdentifier",
    "aws_elasticache_cluster": "replication_group_id",
}
"""Types that may be part of another, whose identifier this is. (For others it is their own.)"""


_KEPT = {
    "AWS::RDS::DBInstance": "BackupRetentionPeriod",
    "AWS::RDS::DBCluster": "BackupRetentionPeriod",
    "AWS::Redshift::Cluster": "AutomatedSnapshotRetentionPeriod",
    "aws_db_instance": "backup_retention_period",
    "aws_rds_cluster": "backup_retention_period",
    "aws_redshift_cluster": "automated_snapshot_retention_period",
}
"""Databases that are backed up by default, for a day unless this says longer."""

_WEEKEND = 4
"""Days after which a mistake of Friday evening is noticed."""


def check_switched_off(view: View) -> Iterator[Hit]:
    """Yield a hit for every database whose backups are switched off."""
    for type_, path in _KEPT.items():
        for resource in view.of(type_):
            if resource.text(path) == "0" and _of_its_own(resource):
                yield resource.hit(f"{resource.address} is not backed up: {path} is 0.", resource.get(path))


def check_short(view: View) -> Iterator[Hit]:
    """Yield a hit for every database whose backups are gone before a long weekend is over."""
    for type_, path in _KEPT.items():
        if "redshift" not in type_.lower():  # its snapshots of one day are its usual way
            for resource in view.of(type_):
                days = "1" if resource.lacks(path) else resource.text(path) or ""
                if days.isdigit() and 0 < int(days) < _WEEKEND and _of_its_own(resource):
                    message = f"{resource.address} keeps its backups for {_days(int(days))} only."
                    yield resource.hit(message, resource.get(path))


def _days(number: int) -> str:
    return "a day" if number == 1 else f"{number} days"


_SNAPSHOTS = {
    "AWS::ElastiCache::CacheCluster": ("Engine", "CacheNodeType", "SnapshotRetentionLimit"),
    "AWS::ElastiCache::ReplicationGroup": ("Engine", "CacheNodeType", "SnapshotRetentionLimit"),
    "AWS::MemoryDB::Cluster": ("Engine", "NodeType", "SnapshotRetentionLimit"),
    "aws_elasticache_cluster": ("engine", "node_type", "snapshot_retention_limit"),
    "aws_elasticache_replication_group": ("engine", "node_type", "snapshot_retention_limit"),
    "aws_memorydb_cluster": ("engine", "node_type", "snapshot_retention_limit"),
}


def check_snapshots(view: View) -> Iterator[Hit]:
    """Yield a hit for every Redis or Valkey without snapshots. Memcached and the smallest nodes cannot have any."""
    for type_, (engine, node, path) in _SNAPSHOTS.items():
        for cache in view.of(type_):
            small = (cache.text(node) or "").startswith("cache.t1.")
            off = cache.lacks(path) or cache.text(path) == "0"
            if off and not small and _persists(cache, engine) and _of_its_own(cache):
                yield cache.hit(f"{cache.address} has no snapshots: {path} is not given.", cache.get(path))


def _persists(cache: Resource, engine: str) -> bool:
    """Whether a cache can have snapshots: a cluster by its engine, all others unless they say otherwise."""
    unsaid = cache.lacks(engine) and cache.type not in ("AWS::ElastiCache::CacheCluster", "aws_elasticache_cluster")
    return unsaid or cache.text(engine) in ("redis", "valkey")


_STORES = {
    "AWS::FSx::FileSystem": (
        "LustreConfiguration.AutomaticBackupRetentionDays",
        "OntapConfiguration.AutomaticBackupRetentionDays",
        "OpenZFSConfiguration.AutomaticBackupRetentionDays",
        "WindowsConfiguration.AutomaticBackupRetentionDays",
    ),
    "aws_fsx_windows_file_system": ("automatic_backup_retention_days",),
    "aws_fsx_ontap_file_system": ("automatic_backup_retention_days",),
    "aws_fsx_openzfs_file_system": ("automatic_backup_retention_days",),
}


def check_file_systems(view: View) -> Iterator[Hit]:
    """Yield a hit for every file system whose backups are switched off by name."""
    for type_, paths in _STORES.items():
        for resource in view.of(type_):
            for path in paths:
                if resource.text(path) == "0":
                    yield resource.hit(f"{resource.address} is not backed up: {path} is 0.", resource.get(path))
    for type_, path in (
        ("AWS::EFS::FileSystem", "BackupPolicy.Status"),
        ("aws_efs_backup_policy", "backup_policy.status"),
    ):
        for resource in view.of(type_):
            if resource.text(path) == "DISABLED":
                yield resource.hit(f"{resource.address} switches backups off.", resource.get(path))


_GUARDED = {
    "AWS::DocDB::DBCluster": "DeletionProtection",
    "AWS::Neptune::DBCluster": "DeletionProtection",
    "AWS::RDS::DBCluster": "DeletionProtection",
    "AWS::RDS::DBInstance": "DeletionProtection",
    "AWS::RDS::GlobalCluster": "DeletionProtection",
    "aws_docdb_cluster": "deletion_protection",
    "aws_neptune_cluster": "deletion_protection",
    "aws_rds_global_cluster": "deletion_protection",
}


def check_guards(view: View) -> Iterator[Hit]:
    """Yield a hit for every database that one call can delete."""
    for type_, path in _GUARDED.items():
        for resource in view.of(type_):
            if resource.is_off(path) and (type_ not in _MEMBERS or resource.lacks(_MEMBERS[type_])):
                yield resource.hit(
                    f"{resource.address} can be deleted by one call: {path} is not on.", resource.get(path)
                )


_VERSIONED = {
    "aws_s3_bucket": ("versioning", "mfa_delete"),
    "aws_s3_bucket_versioning": ("versioning_configuration", "mfa_delete"),
}


def check_mfa_delete(view: View) -> Iterator[Hit]:
    """Yield a hit for every bucket that says its versions may be deleted without a second factor."""
    for type_, (path, switch) in _VERSIONED.items():
        for resource in view.of(type_):
            for block in resource.maps(path):
                value = block.get(switch)
                if is_false(value) or plain(value) == "Disabled":
                    yield resource.hit(f"{resource.address} lets versions be deleted without a second factor.", value)


RULES = (
    Rule(
        id="PLB_BACKUP_1",
        title="Backups of a database are switched off",
        severity=Severity.MEDIUM,
        why="What is deleted or overwritten, by mistake or on purpose, is gone.",
        remedy="Keep automated backups for at least a week.",
        references=(
            "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html",
        ),
        check=on_resources(check_switched_off),
        concept=check_switched_off,
        supersedes=("CKV_AWS_133", "CKV_AWS_343"),
    ),
    Rule(
        id="PLB_BACKUP_2",
        title="Backups of a database are kept for a few days only",
        severity=Severity.LOW,
        why="A mistake that is made on a Friday evening and found after the weekend cannot be undone any more.",
        remedy="Keep automated backups for at least a week.",
        references=(
            "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html",
        ),
        check=on_resources(check_short),
        concept=check_short,
        supersedes=("CKV_AWS_133",),
    ),
    Rule(
        id="PLB_BACKUP_3",
        title="A cache that can have snapshots has none",
        severity=Severity.LOW,
        why="Its content has to be made again after a failure, and is lost where it lives nowhere else.",
        remedy="Give the snapshots a retention, unless everything in the cache can be made again.",
        references=("https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups-automatic.html",),
        check=on_resources(check_snapshots),
        concept=check_snapshots,
        supersedes=("CKV_AWS_134",),
    ),
    Rule(
        id="PLB_BACKUP_4",
        title="Backups of a file system are switched off",
        severity=Severity.MEDIUM,
        why="What is deleted or overwritten, by mistake or on purpose, is gone.",
        remedy="Leave automatic backups on, or name the backup plan that takes their place.",
        references=(
            "https://docs.aws.amazon.com/efs/latest/ug/awsbackup.html",
            "https://docs.aws.amazon.com/fsx/latest/WindowsGuide/using-backups.html",
        ),
        check=on_resources(check_file_systems),
        concept=check_file_systems,
    ),
    Rule(
        id="PLB_BACKUP_5",
        title="A database can be deleted by one call",
        severity=Severity.LOW,
        why="A wrong stack, a wrong plan or a stolen credential deletes it without a second thought.",
        remedy="Turn deletion protection on where data matters.",
        references=("https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",),
        check=on_resources(check_guards),
        concept=check_guards,
    ),
    Rule(
        id="PLB_BACKUP_6",
        title="Versions of a bucket can be deleted without a second factor",
        severity=Severity.INFO,
        why="Versions protect from mistakes; who has stolen a credential deletes the versions as well.",
        remedy="Turn MFA delete on as the account's root, or keep the data under an object lock.",
        references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html",),
        check=on_resources(check_mfa_delete),
        concept=check_mfa_delete,
    ),
)
