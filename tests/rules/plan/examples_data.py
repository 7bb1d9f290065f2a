"""Data that is destroyed, and nets that are taken away."""

from __future__ import annotations

from reviewer.model import PlanAction, Severity
from tests.rules.plan.builders import bad, change, good, kept, place, replaced, view

DB = {"engine": "postgres", "skip_final_snapshot": True, "deletion_protection": False}
SAFE_DB = {"skip_final_snapshot": False, "deletion_protection": True, "backup_retention_period": 7}
PROTECTED = place(prevent_destroy=True)

EXAMPLES = (
    bad(
        "PLB_PLAN_DATA_1",
        "a deleted database",
        change("module.data.aws_db_instance.orders", DB),
        "module.data.aws_db_instance.orders, a database, is destroyed.",
        "No final snapshot is taken",
        severity=Severity.CRITICAL,
    ),
    bad(
        "PLB_PLAN_DATA_1",
        "a replaced database with a final snapshot",
        replaced("aws_db_instance.orders", SAFE_DB | {"deletion_protection": False}, SAFE_DB, "db_name"),
        "destroyed and created again, empty because of db_name",
        "A final snapshot is taken first",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_DATA_1",
        "deletion protection is a net",
        change("google_sql_database_instance.main", {"deletion_protection": True}),
        "the apply fails until somebody switches it off",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_DATA_1",
        "a bucket that may be full",
        change("aws_s3_bucket.logs", {"force_destroy": None}),
        "a bucket, is destroyed",
        "refuses this while anything is in it",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_DATA_1",
        "a key that can be called back",
        change("aws_kms_key.data", {"deletion_window_in_days": 7}),
        "called back for 7 days",
        severity=Severity.CRITICAL,
    ),
    bad(
        "PLB_PLAN_DATA_1",
        "an Azure disk",
        replaced("azurerm_managed_disk.data", {"zone": "1"}, {"zone": "2"}, "zone"),
        "a disk",
        "because of zone",
    ),
    bad(
        "PLB_PLAN_DATA_1",
        "a claim in Kubernetes",
        change('kubernetes_persistent_volume_claim.data["a"]', {"metadata": []}),
        'kubernetes_persistent_volume_claim.data["a"], a disk, is destroyed',
    ),
    bad(
        "PLB_PLAN_DATA_1",
        "a disk of which a snapshot is taken",
        change("aws_ebs_volume.a", {"size": 10, "final_snapshot": True}),
        "A final snapshot is taken first",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_DATA_1",
        "a volume whose disk is kept",
        change("kubernetes_persistent_volume.a", {"spec": [{"persistent_volume_reclaim_policy": "Retain"}]}),
        "The disk behind it is kept",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_DATA_1",
        "a renamed table",
        view(change("aws_dynamodb_table.old", {"name": "t"}), change("aws_dynamodb_table.new", None, {"name": "t"})),
        "aws_dynamodb_table.old",
        "a moved block keeps it",
    ),
    bad(
        "PLB_PLAN_DATA_1",
        "prevent_destroy goes with the block",
        view(change("aws_efs_file_system.home", {"id": "fs"}), before_places={"aws_efs_file_system.home": PROTECTED}),
        "It had prevent_destroy",
    ),
    good(
        "PLB_PLAN_DATA_1",
        "a table that is moved",
        kept("aws_dynamodb_table.new", {"name": "t"}, previous_address="aws_dynamodb_table.old"),
    ),
    good("PLB_PLAN_DATA_1", "a machine", change("aws_instance.web", {"ami": "a"})),
    good(
        "PLB_PLAN_DATA_1", "a database that leaves the state", change("aws_db_instance.a", DB, action=PlanAction.FORGET)
    ),
    good("PLB_PLAN_DATA_1", "a cluster's instance", change("aws_rds_cluster_instance.a[0]", {"engine": "aurora"})),
    bad(
        "PLB_PLAN_DATA_2",
        "a database that stays",
        view(
            kept("aws_db_instance.a", SAFE_DB),
            places={"aws_db_instance.a": place()},
            before_places={"aws_db_instance.a": PROTECTED},
        ),
        "aws_db_instance.a is no longer protected",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_DATA_2",
        "a role that is not in the plan",
        view(places={"aws_iam_role.a": place()}, before_places={"aws_iam_role.a": PROTECTED}),
        "aws_iam_role.a is no longer protected",
        severity=Severity.MEDIUM,
    ),
    bad(
        "PLB_PLAN_DATA_2",
        "a table that moves and loses it on the way",
        view(
            kept("aws_dynamodb_table.b", {"name": "t"}, previous_address="aws_dynamodb_table.a"),
            places={"aws_dynamodb_table.b": place()},
            before_places={"aws_dynamodb_table.a": PROTECTED},
        ),
        "aws_dynamodb_table.b is no longer protected",
    ),
    good(
        "PLB_PLAN_DATA_2",
        "one that keeps it",
        view(
            kept("aws_db_instance.a", SAFE_DB),
            places={"aws_db_instance.a": PROTECTED},
            before_places={"aws_db_instance.a": PROTECTED},
        ),
    ),
    good("PLB_PLAN_DATA_2", "one that never had it", view(places={"a.b": place()}, before_places={"a.b": place()})),
    good("PLB_PLAN_DATA_2", "one that is new", view(places={"a.b": place()})),
    bad(
        "PLB_PLAN_DATA_3",
        "of a database",
        change("aws_rds_cluster.a", {"deletion_protection": True}, {"deletion_protection": False}),
        "deletion_protection of ",
        "goes from true to false",
        severity=Severity.HIGH,
    ),
    bad(
        "PLB_PLAN_DATA_3",
        "of a load balancer, by leaving it out",
        change("aws_lb.a", {"enable_deletion_protection": True}, {"enable_deletion_protection": None}),
        "enable_deletion_protection of ",
        "goes from true to false",
        severity=Severity.MEDIUM,
    ),
    bad(
        "PLB_PLAN_DATA_3",
        "where it is on unless one says otherwise",
        change("google_sql_database_instance.a", {"deletion_protection": None}, {"deletion_protection": False}),
        "goes from true to false",
    ),
    good(
        "PLB_PLAN_DATA_3",
        "switched on",
        change("aws_rds_cluster.a", {"deletion_protection": False}, {"deletion_protection": True}),
    ),
    good(
        "PLB_PLAN_DATA_3",
        "not known yet",
        change("aws_rds_cluster.a", {"deletion_protection": True}, {}, after_unknown={"deletion_protection": True}),
    ),
    good("PLB_PLAN_DATA_3", "created without", change("aws_rds_cluster.a", None, {"deletion_protection": False})),
    bad(
        "PLB_PLAN_DATA_4",
        "the final snapshot",
        change("aws_db_instance.a", {"skip_final_snapshot": False}, {"skip_final_snapshot": True}),
        "skip_final_snapshot of ",
        "goes from false to true",
    ),
    bad(
        "PLB_PLAN_DATA_4",
        "a full bucket",
        change("google_storage_bucket.a", {"force_destroy": None}, {"force_destroy": True}),
        "force_destroy of ",
        "goes from false to true",
        "everything in it goes too",
    ),
    good(
        "PLB_PLAN_DATA_4",
        "a user, who holds nothing",
        change("aws_iam_user.a", {"force_destroy": False}, {"force_destroy": True}),
    ),
    good(
        "PLB_PLAN_DATA_4",
        "the net put back",
        change("aws_db_instance.a", {"skip_final_snapshot": True}, {"skip_final_snapshot": False}),
    ),
    bad(
        "PLB_PLAN_DATA_5",
        "a retention of nothing",
        change("aws_db_instance.a", {"backup_retention_period": 7}, {"backup_retention_period": 0}),
        "backup_retention_period of ",
        "goes from 7 to 0",
    ),
    bad(
        "PLB_PLAN_DATA_5",
        "versioning suspended",
        change(
            "aws_s3_bucket_versioning.a",
            {"versioning_configuration": [{"status": "Enabled"}]},
            {"versioning_configuration": [{"status": "Suspended"}]},
        ),
        "versioning_configuration.status of ",
        "goes from Enabled to Suspended",
    ),
    bad(
        "PLB_PLAN_DATA_5",
        "point-in-time recovery",
        change(
            "aws_dynamodb_table.a",
            {"point_in_time_recovery": [{"enabled": True}]},
            {"point_in_time_recovery": [{"enabled": False}]},
        ),
        "point_in_time_recovery.enabled of ",
        "goes from true to false",
    ),
    bad(
        "PLB_PLAN_DATA_5",
        "a block that is gone",
        change(
            "azurerm_storage_account.a",
            {"blob_properties": [{"delete_retention_policy": [{"days": 30}]}]},
            {"blob_properties": [{"delete_retention_policy": []}]},
        ),
        "blob_properties.delete_retention_policy.days of ",
        "goes from 30 to not set",
    ),
    good(
        "PLB_PLAN_DATA_5",
        "a shorter retention",
        change("aws_db_instance.a", {"backup_retention_period": 14}, {"backup_retention_period": 7}),
    ),
    good(
        "PLB_PLAN_DATA_5",
        "none before either",
        change("aws_db_instance.a", {"backup_retention_period": 0}, {"backup_retention_period": 0, "port": 1}),
    ),
)
