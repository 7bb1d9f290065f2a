"""What prevents incidents: tags that say whose a thing is, and a hold on what cannot be made again.

Which tags are required is the policy's to say (`Directory.settings`); without any, nothing is said of tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Kind, Value
from reviewer.rules.resource import Form, Resource, View, is_false, is_true, plain, read_view, texts
from reviewer.rules.roots import is_root
from reviewer.rules.rule import Directory, Hit, Rule
from reviewer.rules.terraform import read_blocks, read_locals, resolve

_TAGGED = """
    aws_instance aws_s3_bucket aws_db_instance aws_rds_cluster aws_dynamodb_table aws_lambda_function aws_vpc aws_subnet
    aws_security_group aws_ebs_volume aws_efs_file_system aws_eks_cluster aws_ecs_cluster aws_ecs_service aws_lb aws_alb
    aws_sqs_queue aws_sns_topic aws_kms_key aws_iam_role aws_secretsmanager_secret aws_elasticache_cluster
    aws_elasticache_replication_group aws_redshift_cluster aws_msk_cluster aws_opensearch_domain aws_kinesis_stream
    aws_cloudwatch_log_group aws_ecr_repository aws_nat_gateway aws_eip aws_cloudfront_distribution
    aws_api_gateway_rest_api    aws_sfn_state_machine aws_docdb_cluster aws_neptune_cluster aws_fsx_lustre_file_system
    azurerm_resource_group azurerm_storage_account azurerm_linux_virtual_machine azurerm_windows_virtual_machine
    azurerm_kubernetes_cluster azurerm_key_vault azurerm_mssql_server azurerm_mssql_database azurerm_virtual_network
    azurerm_postgresql_flexible_server azurerm_mysql_flexible_server azurerm_cosmosdb_account azurerm_redis_cache
    azurerm_linux_web_app azurerm_windows_web_app azurerm_linux_function_app azurerm_windows_function_app
    azurerm_container_registry azurerm_public_ip azurerm_managed_disk azurerm_application_gateway
"""
_LABELLED = """
    google_compute_instance google_storage_bucket google_container_cluster google_pubsub_topic google_bigquery_dataset
    google_compute_disk google_secret_manager_secret google_cloud_run_v2_service google_project google_redis_instance
"""
_TEMPLATES = """
    AWS::EC2::Instance AWS::S3::Bucket AWS::RDS::DBInstance AWS::RDS::DBCluster AWS::DynamoDB::Table AWS::EC2::VPC
    AWS::Lambda::Function AWS::EC2::Subnet AWS::EC2::SecurityGroup AWS::EC2::Volume AWS::EFS::FileSystem
    AWS::EKS::Cluster AWS::ECS::Cluster AWS::ECS::Service AWS::ElasticLoadBalancingV2::LoadBalancer AWS::SQS::Queue
    AWS::SNS::Topic AWS::KMS::Key AWS::IAM::Role AWS::SecretsManager::Secret AWS::Redshift::Cluster
    AWS::Logs::LogGroup AWS::ECR::Repository AWS::Kinesis::Stream
"""
_PLACES = {
    **dict.fromkeys(_TAGGED.split(), "tags"),
    **dict.fromkeys(_LABELLED.split(), "labels"),
    **dict.fromkeys(_TEMPLATES.split(), "Tags"),
}
_NAMED_TAGS = {"AWS::EFS::FileSystem": "FileSystemTags"}


def check_tags(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every resource without the tags that the policy requires."""
    if directory.settings.required_tags:
        given = _default_tags(directory)
        if given is not None:
            yield from missing_tags(read_view(directory), directory.settings.required_tags, given)


def missing_tags(view: View, required: Iterable[str], given: frozenset[str] = frozenset()) -> Iterator[Hit]:
    """Yield a hit for every resource that surely lacks one of `required`; `given` are those that providers add."""
    for type_, place in _PLACES.items():
        path = _NAMED_TAGS.get(type_, place)
        for resource in view.of(type_):
            there = _tags(resource.get(path))
            missing = sorted(set(required) - given - there) if there is not None else []
            if missing:
                yield resource.hit(
                    f"{resource.address} lacks the {path.lower()} {', '.join(missing)}.", resource.get(path)
                )


def _tags(value: Value | None) -> frozenset[str] | None:
    """The names of tags; None where they are not all known."""
    if value is None:
        return frozenset()
    if value.kind is Kind.MAP and not any(name.startswith(("Fn::", "Ref")) for name, _ in value.entries):
        return frozenset(name for name, _ in value.entries)
    if value.kind is not Kind.LIST or not all(item.kind is Kind.MAP for item in value.items()):
        return None
    keys = [plain(item.get("Key")) for item in value.items()]
    return None if None in keys else frozenset(key for key in keys if key)


def _default_tags(directory: Directory) -> frozenset[str] | None:
    """What `default_tags` (Google: `default_labels`) of the providers add; None where that is not known."""
    blocks = read_blocks(directory)
    locals_ = read_locals(blocks)
    found: set[str] = set()
    for block in blocks:
        defaults = block.value.get("default_tags", "default_labels") if block.type == "provider" else None
        for item in defaults.items() if defaults else ():
            tags = resolve(item.get("tags") or item, locals_)
            if tags.kind is not Kind.MAP:
                return None
            found |= {name for name, _ in tags.entries}
    return frozenset(found)


_STATEFUL = {
    "aws_docdb_cluster": "deletion_protection",
    "aws_neptune_cluster": "deletion_protection",
    "aws_dynamodb_table": "deletion_protection_enabled",
    "aws_efs_file_system": "",
    "aws_redshift_cluster": "",
    "aws_cognito_user_pool": "deletion_protection",
    "azurerm_mssql_database": "",
    "azurerm_storage_account": "",
    "azurerm_cosmosdb_account": "",
    "azurerm_postgresql_flexible_server": "",
    "azurerm_mysql_flexible_server": "",
    "google_bigtable_instance": "deletion_protection",
    "google_filestore_instance": "deletion_protection_enabled",
}
"""What holds data, and its own switch against being deleted, if it has one.

Others refuse to go while data is in them, or Checkov asks for their deletion protection.
"""


def check_holds(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for everything in a root that holds data and that one careless plan deletes.

    Modules are left out: `prevent_destroy` cannot depend on a variable, so a module leaves it to nobody.
    """
    if not is_root(directory):
        return
    for resource in read_view(directory).of(*_STATEFUL):
        if resource.form is Form.TERRAFORM and _may_go(resource, _STATEFUL[resource.type]):
            yield resource.hit(f"{resource.address} holds data, and nothing keeps a plan from deleting it.")


def _may_go(resource: Resource, switch: str) -> bool:
    held = any(is_true(value) for value in resource.all("lifecycle.prevent_destroy"))
    value = resource.get(switch) if switch else None
    protected = value is not None and not is_false(value) and texts(value) != ("INACTIVE",)
    temporary = is_true(resource.get("skip_final_snapshot"))
    return not held and not protected and not temporary


RULES = (
    Rule(
        id="PLB_TAG_1",
        title="Required tags are missing",
        severity=Severity.LOW,
        why="Without them nobody can tell whose it is when it costs, breaks or is found open.",
        remedy="Add the tags to the resource, or once for all to default_tags of the provider.",
        references=(
            "https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
            "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/resource-tagging",
        ),
        check=check_tags,
    ),
    Rule(
        id="PLB_KEEP_1",
        title="Nothing keeps data from being deleted",
        severity=Severity.INFO,
        why="A renamed block or a changed argument that forces replacement is enough for a plan to delete it.",
        remedy="Set lifecycle { prevent_destroy = true }, and the service's own deletion protection where it has one.",
        references=("https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#prevent_destroy",),
        check=check_holds,
    ),
)
