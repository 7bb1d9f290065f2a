"""Which types of resources hold data: what is gone for good when they are destroyed.

A table for people to read. The severity is that of a destruction without a net; `data_loss` looks for the net. Left out
is what only reads or serves data that lies elsewhere (cluster instances, proxies, endpoints).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reviewer.model import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What a resource is, with its article, and how bad its loss is."""

    kind: str
    severity: Severity


def _rows(kind: str, severity: Severity, types: str) -> Iterable[tuple[str, Holding]]:
    return ((type_, Holding(kind=kind, severity=severity)) for type_ in types.split())


_CRITICAL, _HIGH, _MEDIUM = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM

HOLDINGS: dict[str, Holding] = dict(
    row
    for rows in (
        _rows(
            "a database",
            _CRITICAL,
            """
            aws_db_instance aws_rds_cluster aws_rds_global_cluster aws_docdb_cluster aws_docdbelastic_cluster
            aws_dsql_cluster aws_neptune_cluster aws_redshift_cluster aws_redshiftserverless_namespace
            aws_dynamodb_table aws_timestreamwrite_database aws_timestreamwrite_table aws_keyspaces_keyspace
            aws_keyspaces_table aws_qldb_ledger aws_memorydb_cluster aws_opensearch_domain aws_elasticsearch_domain
            aws_opensearchserverless_collection aws_lightsail_database
            azurerm_postgresql_server azurerm_postgresql_database azurerm_postgresql_flexible_server
            azurerm_postgresql_flexible_server_database azurerm_mysql_server azurerm_mysql_database
            azurerm_mysql_flexible_server azurerm_mysql_flexible_database azurerm_mariadb_server
            azurerm_mariadb_database azurerm_sql_server azurerm_sql_database azurerm_mssql_server
            azurerm_mssql_database azurerm_mssql_managed_instance azurerm_mssql_managed_database
            azurerm_cosmosdb_account azurerm_cosmosdb_sql_database azurerm_cosmosdb_sql_container
            azurerm_cosmosdb_mongo_database azurerm_cosmosdb_mongo_collection azurerm_cosmosdb_mongo_cluster
            azurerm_cosmosdb_cassandra_keyspace azurerm_cosmosdb_cassandra_table azurerm_cosmosdb_gremlin_database
            azurerm_cosmosdb_gremlin_graph azurerm_cosmosdb_table azurerm_cosmosdb_postgresql_cluster
            azurerm_kusto_cluster azurerm_kusto_database azurerm_synapse_workspace azurerm_synapse_sql_pool
            google_sql_database_instance google_sql_database google_spanner_instance google_spanner_database
            google_bigtable_instance google_bigtable_table google_firestore_database google_alloydb_cluster
            google_bigquery_dataset google_bigquery_table
            digitalocean_database_cluster digitalocean_database_db mongodbatlas_cluster mongodbatlas_advanced_cluster
            """,
        ),
        _rows(
            "a bucket",
            _CRITICAL,
            """
            aws_s3_bucket aws_s3_directory_bucket aws_s3tables_table_bucket aws_s3tables_table aws_s3_glacier_vault
            aws_glacier_vault aws_lightsail_bucket azurerm_storage_account azurerm_storage_container
            azurerm_storage_data_lake_gen2_filesystem azurerm_storage_table google_storage_bucket
            digitalocean_spaces_bucket cloudflare_r2_bucket
            """,
        ),
        _rows(
            "a disk",
            _CRITICAL,
            """
            aws_ebs_volume aws_lightsail_disk azurerm_managed_disk google_compute_disk google_compute_region_disk
            digitalocean_volume hcloud_volume openstack_blockstorage_volume_v3 kubernetes_persistent_volume
            kubernetes_persistent_volume_v1 kubernetes_persistent_volume_claim kubernetes_persistent_volume_claim_v1
            """,
        ),
        _rows(
            "a file system",
            _CRITICAL,
            """
            aws_efs_file_system aws_fsx_lustre_file_system aws_fsx_ontap_file_system aws_fsx_ontap_volume
            aws_fsx_openzfs_file_system aws_fsx_openzfs_volume aws_fsx_windows_file_system azurerm_storage_share
            azurerm_netapp_volume azurerm_managed_lustre_file_system google_filestore_instance
            google_netapp_volume
            """,
        ),
        _rows(
            "a key",
            _CRITICAL,
            """
            aws_kms_key aws_kms_external_key aws_kms_replica_key aws_cloudhsm_v2_cluster azurerm_key_vault
            azurerm_key_vault_key azurerm_key_vault_managed_hardware_security_module google_kms_crypto_key
            google_kms_crypto_key_version
            """,
        ),
        _rows(
            "a place for backups",
            _CRITICAL,
            """
            aws_backup_vault azurerm_recovery_services_vault azurerm_data_protection_backup_vault
            google_backup_dr_backup_vault google_gke_backup_backup_plan
            """,
        ),
        _rows("a directory of users", _CRITICAL, "aws_cognito_user_pool aws_directory_service_directory"),
        _rows("a group with everything in it", _CRITICAL, "azurerm_resource_group google_project"),
        _rows("a namespace with everything in it", _HIGH, "kubernetes_namespace kubernetes_namespace_v1"),
        _rows(
            "a backup",
            _HIGH,
            """
            aws_db_snapshot aws_db_cluster_snapshot aws_ebs_snapshot aws_neptune_cluster_snapshot azurerm_snapshot
            google_compute_snapshot
            """,
        ),
        _rows(
            "a queue or stream",
            _HIGH,
            """
            aws_sqs_queue aws_kinesis_stream aws_msk_cluster aws_msk_serverless_cluster aws_mq_broker
            azurerm_storage_queue azurerm_servicebus_namespace azurerm_servicebus_queue
            azurerm_servicebus_subscription azurerm_eventhub_namespace azurerm_eventhub google_pubsub_subscription
            google_pubsub_lite_topic google_managed_kafka_cluster
            """,
        ),
        _rows(
            "a secret",
            _HIGH,
            """
            aws_secretsmanager_secret azurerm_key_vault_secret azurerm_key_vault_certificate
            google_secret_manager_secret google_secret_manager_regional_secret
            """,
        ),
        _rows(
            "a registry",
            _HIGH,
            """
            aws_ecr_repository aws_ecrpublic_repository aws_codecommit_repository aws_codeartifact_domain
            aws_codeartifact_repository azurerm_container_registry google_artifact_registry_repository
            github_repository
            """,
        ),
        _rows("a DNS zone", _HIGH, "aws_route53_zone azurerm_dns_zone google_dns_managed_zone cloudflare_zone"),
        _rows(
            "a store of logs",
            _MEDIUM,
            """
            aws_cloudwatch_log_group azurerm_log_analytics_workspace azurerm_application_insights
            google_logging_project_bucket_config
            """,
        ),
        _rows(
            "a cache",
            _MEDIUM,
            """
            aws_elasticache_cluster aws_elasticache_replication_group aws_elasticache_serverless_cache
            azurerm_redis_cache azurerm_redis_enterprise_cluster google_redis_instance google_redis_cluster
            google_memcache_instance
            """,
        ),
        _rows(
            "a value that programs read",
            _MEDIUM,
            """
            aws_ssm_parameter kubernetes_secret kubernetes_secret_v1
            """,
        ),
    )
    for row in rows
)
"""What holds data, by type."""
