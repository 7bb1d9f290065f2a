"""What stands in an example for arguments that a provider requires and a recipe does not speak of.

Owns plausible values by the names of arguments, as HCL. People and Checkov read them; nobody is offered them.
"""

from __future__ import annotations

from reviewer.fix.schema import BLOCKS, Child

_TEXTS = {
    "account_replication_type": "GRS",
    "account_tier": "Standard",
    "acl_name": "open-access",
    "admin_username": "operator",
    "api_caching_behavior": "FULL_REQUEST_CACHING",
    "availability_zone": "eu-central-1a",
    "caching": "ReadWrite",
    "comparison_operator": "GreaterThanOrEqualToThreshold",
    "compute_type": "BUILD_GENERAL1_SMALL",
    "consistency_level": "Session",
    "cookie_based_affinity": "Disabled",
    "dag_s3_path": "dags/",
    "data_quality_job_definition.instance_type": "ml.m5.large",
    "database_version": "POSTGRES_15",
    "default_language_code": "en",
    "description": "An example",
    "aws_cloudfront_distribution.domain_name": "www.example.com",
    "domain_name": "example",
    "aws_db_instance.engine": "postgres",
    "email": "security@example.com",
    "engine": "aurora-mysql",
    "engine_type": "ActiveMQ",
    "engine_version": "5.18",
    "environment.type": "LINUX_CONTAINER",
    "family": "C",
    "host_instance_type": "mq.m5.large",
    "host_name": "www.example.com",
    "image": "aws/codebuild/standard:7.0",
    "instance_class": "db.r6g.large",
    "instance_protocol": "http",
    "instance_type": "t3.medium",
    "identity.type": "SystemAssigned",
    "kind": "SpeechServices",
    "lb_protocol": "http",
    "location": "westeurope",
    "google.location": "europe-west1",
    "machine_type": "e2-medium",
    "creation_token": "example",
    "identifier": "example",
    "aws_s3_bucket.bucket": "example",
    "method_path": "*/*",
    "node_size": "Small",
    "node_size_family": "MemoryOptimized",
    "node_type": "db.r6g.large",
    "aws_dax_cluster.node_type": "dax.r5.large",
    "aws_redshift_cluster.node_type": "ra3.large",
    "object_ownership": "BucketOwnerPreferred",
    "offer_type": "Standard",
    "os_type": "Linux",
    "permissions_mode": "ALLOW_ALL",
    "policy": "{}",
    "project_id": "example-project",
    "protocol": "Http",
    "publisher_email": "api@example.com",
    "replication_instance_class": "dms.t3.medium",
    "restriction_type": "whitelist",
    "rule_type": "Basic",
    "scale_down_nodes_after_idle_duration": "PT30M",
    "size": "Standard_D2s_v5",
    "sku": "Standard",
    "azurerm_app_configuration.sku": "standard",
    "azurerm_container_registry.sku": "Premium",
    "azurerm_databricks_workspace.sku": "premium",
    "sku_name": "Standard",
    "azurerm_api_management.sku_name": "Developer_1",
    "azurerm_automation_account.sku_name": "Basic",
    "azurerm_cognitive_account.sku_name": "S0",
    "azurerm_firewall.sku_name": "AZFW_VNet",
    "azurerm_key_vault.sku_name": "standard",
    "azurerm_postgresql_server.sku_name": "GP_Gen5_4",
    "azurerm_service_plan.sku_name": "P1v3",
    "sku_tier": "Standard",
    "azurerm_iothub.name": "S1",
    "azurerm_kusto_cluster.sku.name": "Standard_E8ads_v5",
    "azurerm_application_gateway.sku.name": "Standard_v2",
    "azurerm_iothub.sku.name": "S1",
    "source_ami_region": "eu-central-1",
    "spark_version": "3.4",
    "stage_name": "live",
    "state": "Enabled",
    "storage_account_type": "Standard_LRS",
    "tier": "Standard",
    "azurerm_application_gateway.sku.tier": "Standard_v2",
    "google_sql_database_instance.settings.tier": "db-custom-2-7680",
    "time_zone": "Europe/Berlin",
    "type": "String",
    "aws_appsync_api_cache.type": "LARGE",
    "artifacts.type": "NO_ARTIFACTS",
    "source.type": "CODEPIPELINE",
    "version": "12.0",
    "azurerm_postgresql_server.version": "11",
    "viewer_protocol_policy": "redirect-to-https",
    "vm_priority": "Dedicated",
    "vm_size": "Standard_DS2_v2",
    "effect": "Allow",
    "bypass": "AzureServices",
    "zone": "europe-west1-b",
    "region": "europe-west1",
}
"""By `type.path.name`, `block.name`, `provider.name` or `name`, the longest first."""

USUAL = {
    "aws_db_instance": ("engine", "allocated_storage", "identifier"),
    "aws_docdb_cluster": ("cluster_identifier",),
    "aws_ecs_cluster": ("name",),
    "aws_efs_file_system": ("creation_token",),
    "aws_instance": ("ami", "instance_type"),
    "aws_kms_key": ("description",),
    "aws_launch_template": ("image_id", "instance_type"),
    "aws_lb": ("name",),
    "aws_neptune_cluster": ("cluster_identifier",),
    "aws_rds_cluster": ("cluster_identifier",),
    "aws_rds_global_cluster": ("global_cluster_identifier",),
    "aws_s3_bucket": ("bucket",),
    "aws_sns_topic": ("name",),
    "aws_sqs_queue": ("name",),
}
"""What a provider does not require, and an example would look odd without."""

_NUMBERS = {
    "allocated_storage": 100,
    "capacity": 1,
    "evaluation_periods": 2,
    "failover_priority": 0,
    "instance_port": 8080,
    "lb_port": 80,
    "max_node_count": 4,
    "memory_size_gb": 5,
    "port": 80,
    "replication_factor": 3,
    "ttl": 900,
    "volume_size_in_gb": 20,
}

_LISTS = {
    "allowed_methods": '["GET", "HEAD"]',
    "cached_methods": '["GET", "HEAD"]',
    "subnets": "[aws_subnet.a.id, aws_subnet.b.id]",
    "subnet_ids": "[aws_subnet.a.id, aws_subnet.b.id]",
    "security_group_ids": "[aws_security_group.example.id]",
}

_REFERENCES = {
    "ami": "data.aws_ami.example.id",
    "bucket": "aws_s3_bucket.example.id",
    "image_id": "data.aws_ami.example.id",
    "network": "google_compute_network.example.id",
    "password": "var.password",
    "admin_password": "var.admin_password",
    "resource_group_name": "azurerm_resource_group.example.name",
    "role_arn": "aws_iam_role.example.arn",
    "service_role": "aws_iam_role.example.arn",
    "subnet_id": "azurerm_subnet.example.id",
    "tenant_id": "data.azurerm_client_config.current.tenant_id",
    "vpc_id": "aws_vpc.example.id",
}


def placeholder(type_: str, path: tuple[str, ...], kind: Child) -> str:
    """Return HCL for the argument at `path` of a resource `type_`. Blocks are not its business."""
    name = path[-1]
    if kind.kind in BLOCKS:
        raise ValueError(f"{type_}.{'.'.join(path)} is a block")
    if kind.kind == "bool":
        return "true"
    if kind.kind == "number":
        return str(_NUMBERS.get(name, 1))
    if kind.kind.startswith("list"):
        return _LISTS.get(name, f"var.{name}")
    if kind.kind == "map":
        return "{}"
    return _text(type_, path)


def _text(type_: str, path: tuple[str, ...]) -> str:
    name = path[-1]
    provider = type_.partition("_")[0]
    for key in (".".join((type_, *path)), f"{type_}.{name}", ".".join(path[-2:]), f"{provider}.{name}"):
        if key in _TEXTS:
            return f'"{_TEXTS[key]}"'
    if name in _REFERENCES:
        return _REFERENCES[name]
    if name in _TEXTS:
        return f'"{_TEXTS[name]}"'
    if name in {"name", "display_name"} or name.endswith(("_name", "_identifier")) or name == "cluster_id":
        return '"example"'
    return f"var.{name}" if name.endswith(("_id", "_arn", "_key", "_uri", "_path")) else '"example"'
