"""Whose key data on AWS is encrypted with.

A key of AWS's own encrypts as well as one of yours; that you cannot withdraw it is a remark, never more. Whether
anything is encrypted at all is the business of `encryption`, what becomes of keys that of `keys`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Kind, Value
from reviewer.rules.resource import Resource, View, is_empty, is_function, on_resources, plain
from reviewer.rules.rule import Hit, Rule

_KEYS = {
    "AWS::AmazonMQ::Broker": "EncryptionOptions.KmsKeyId",
    "AWS::AppFlow::Flow": "KMSArn",
    "AWS::Cassandra::Table": "EncryptionSpecification.KmsKeyIdentifier",
    "AWS::CloudTrail::EventDataStore": "KmsKeyId",
    "AWS::CodeBuild::Project": "EncryptionKey",
    "AWS::CodeArtifact::Domain": "EncryptionKey",
    "AWS::DMS::ReplicationInstance": "KmsKeyId",
    "AWS::DocDB::DBCluster": "KmsKeyId",
    "AWS::EC2::Volume": "KmsKeyId",
    "AWS::EFS::FileSystem": "KmsKeyId",
    "AWS::ElastiCache::ReplicationGroup": "KmsKeyId",
    "AWS::Elasticsearch::Domain": "EncryptionAtRestOptions.KmsKeyId",
    "AWS::FSx::FileSystem": "KmsKeyId",
    "AWS::Kendra::Index": "ServerSideEncryptionConfiguration.KmsKeyId",
    "AWS::KinesisVideo::Stream": "KmsKeyId",
    "AWS::MemoryDB::Cluster": "KmsKeyId",
    "AWS::MSK::Cluster": "EncryptionInfo.EncryptionAtRest.DataVolumeKMSKeyId",
    "AWS::MWAA::Environment": "KmsKey",
    "AWS::Neptune::DBCluster": "KmsKeyId",
    "AWS::OpenSearchService::Domain": "EncryptionAtRestOptions.KmsKeyId",
    "AWS::RDS::DBCluster": "KmsKeyId",
    "AWS::RDS::DBInstance": "KmsKeyId",
    "AWS::Redshift::Cluster": "KmsKeyId",
    "AWS::RedshiftServerless::Namespace": "KmsKeyId",
    "AWS::SageMaker::EndpointConfig": "KmsKeyId",
    "AWS::Serverless::SimpleTable": "SSESpecification.SSEEnabled",
    "AWS::DynamoDB::GlobalTable": "SSESpecification.SSEEnabled",
    "AWS::WorkSpaces::Workspace": "VolumeEncryptionKey",
    "aws_msk_cluster": "encryption_info.encryption_at_rest_kms_key_arn",
}
"""Where each type names the key of yours, as far as Checkov does not ask for it in this form."""

_INHERITED = (
    "DBSnapshotIdentifier",
    "SnapshotIdentifier",
    "SourceDBInstanceIdentifier",
    "SourceDBClusterIdentifier",
    "SnapshotId",
    "BackupId",
)
"""What brings its key along."""

_INSIGHTS = {
    "AWS::RDS::DBInstance": ("EnablePerformanceInsights", "PerformanceInsightsKMSKeyId"),
    "AWS::RDS::DBCluster": ("PerformanceInsightsEnabled", "PerformanceInsightsKmsKeyId"),
    "AWS::DocDB::DBInstance": ("EnablePerformanceInsights", "PerformanceInsightsKMSKeyId"),
    "aws_db_instance": ("performance_insights_enabled", "performance_insights_kms_key_id"),
    "aws_rds_cluster_instance": ("performance_insights_enabled", "performance_insights_kms_key_id"),
    "aws_rds_cluster": ("performance_insights_enabled", "performance_insights_kms_key_id"),
}

_HALF = {
    "AWS::ECR::Repository": ("EncryptionConfiguration", "KmsKey"),
    "aws_ecr_repository": ("encryption_configuration", "kms_key"),
    "aws_eks_cluster": ("encryption_config", "provider"),
}
"""Blocks that ask for KMS and may leave the key to AWS."""


def check_owner(view: View) -> Iterator[Hit]:
    """Yield a hit for everything that is encrypted, if at all, with a key of AWS's own."""
    for type_, path in _KEYS.items():
        for resource in view.of(type_):
            off = resource.is_off(path) or plain(resource.get(path)) == ""
            member = type_.endswith("DBInstance") and not resource.lacks("DBClusterIdentifier")
            if off and not member and all(resource.lacks(source) for source in _INHERITED):
                yield _unowned(resource, path, resource.get(path))
    for type_, (path, key) in _HALF.items():
        for resource in view.of(type_):
            for block in resource.maps(path):
                kind = block.get("EncryptionType", "encryption_type")
                if is_empty(block.get(key)) and (kind is None or plain(kind) == "KMS"):
                    yield _unowned(resource, f"{path}.{key}", block)


def check_insights(view: View) -> Iterator[Hit]:
    """Yield a hit for every database whose Performance Insights are kept with a key of AWS's own."""
    for type_, (switch, path) in _INSIGHTS.items():
        for resource in view.of(type_):
            if resource.is_true(switch) and is_empty(resource.get(path)):
                yield _unowned(resource, path, resource.get(switch))


def _unowned(resource: Resource, path: str, at: Value | None) -> Hit:
    return resource.hit(f"{resource.address} is left to a key of AWS's own: {path} names none of yours.", at)


_RULES = {
    "AWS::S3::Bucket": "BucketEncryption.ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault",
    "aws_s3_bucket": "server_side_encryption_configuration.rule.apply_server_side_encryption_by_default",
    "aws_s3_bucket_server_side_encryption_configuration": "rule.apply_server_side_encryption_by_default",
}


def check_buckets(view: View) -> Iterator[Hit]:
    """Yield a hit for every bucket that asks for S3's own key and does not take the logs of other buckets."""
    for type_, path in _RULES.items():
        for resource in view.of(type_):
            for default in resource.maps(path):
                algorithm = default.get("SSEAlgorithm", "sse_algorithm")
                if plain(algorithm) == "AES256" and not _takes_logs(view, resource):
                    message = f"{resource.address} asks for AES256: the key is S3's own, and nobody sees who uses it."
                    bucket = next(iter(_buckets(view, resource)), None)
                    yield bucket.hit(message) if bucket else resource.hit(message, algorithm)


_DELIVERY = re.compile(r"log-delivery-write|LogDelivery(?:Write)?\b|logging\.s3\.amazonaws\.com")


def _buckets(view: View, resource: Resource) -> list[Resource]:
    """The buckets whose encryption this sets, where they stand beside it."""
    return [bucket for bucket in view.of("aws_s3_bucket") if view.refers(resource, bucket)]


def _takes_logs(view: View, resource: Resource) -> bool:
    """Whether a bucket is where S3 writes access logs: such a bucket must be encrypted with S3's key."""
    buckets = _buckets(view, resource)
    around = [resource, *buckets]
    for bucket in (*buckets, resource):
        around += view.referring(bucket, "aws_s3_bucket_acl", "aws_s3_bucket_policy", "AWS::S3::BucketPolicy")
    return any(_DELIVERY.search(value.text) for each in around for value in each.value.walk() if value.text)


_ALIAS = re.compile(r"(?:^|:)alias/aws/")
_KEY_NAME = re.compile(r"^(?:.*(?:kms|encryption|master)_?key.*|KeyId|kms_?arn)$", re.IGNORECASE)


def check_aliases(view: View) -> Iterator[Hit]:
    """Yield a hit wherever a key is asked for and AWS's own is given."""
    managed = tuple(f"{address}." for address in _managed_keys(view))
    for resource in view.resources:
        if not resource.data and resource.type.startswith(("aws_", "AWS::")):
            for name, value in _named(resource.value):
                if _KEY_NAME.match(name) and _is_managed(value, managed):
                    yield resource.hit(f"{resource.address} gives {name} a key that AWS manages.", value)


def _managed_keys(view: View) -> Iterator[str]:
    """The addresses of data sources that look one of AWS's keys up."""
    for resource in view.resources:
        if resource.data and resource.type in ("aws_kms_alias", "aws_kms_key"):
            asked = resource.text("name" if resource.type == "aws_kms_alias" else "key_id") or ""
            if _ALIAS.search(asked):
                yield resource.address


def _is_managed(value: Value, managed: tuple[str, ...]) -> bool:
    if value.kind is Kind.TEXT:
        return _ALIAS.search(value.text) is not None
    return bool(managed) and value.kind is Kind.UNKNOWN and value.text.startswith(managed)


def _named(value: Value) -> Iterator[tuple[str, Value]]:
    """Yield what stands under a name, functions of CloudFormation counting as the text in them."""
    for name, entry in value.entries:
        if is_function(entry):
            yield name, entry.entries[0][1]
        elif entry.entries:
            yield from _named(entry)
        elif name:
            yield name, entry


_KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/"

RULES = (
    Rule(
        id="PLB_KEY_1",
        title="Data is encrypted with a key that is not yours",
        severity=Severity.LOW,
        why="The data is encrypted with AWS's key: you cannot withdraw it, limit it or see who uses it.",
        remedy="Name a key of your own where rules ask for it.",
        references=(_KMS + "concepts.html#customer-mgn-key",),
        check=on_resources(check_owner),
        concept=check_owner,
    ),
    Rule(
        id="PLB_KEY_2",
        title="A key is asked for, and AWS's own is given",
        severity=Severity.LOW,
        why="An alias that begins with alias/aws/ is AWS's key: its policy cannot be changed, other accounts cannot be "
        "let in, and nobody can withdraw it.",
        remedy="Create a key of your own and name it here, or leave the setting out.",
        references=(_KMS + "concepts.html#aws-managed-key",),
        check=on_resources(check_aliases),
        concept=check_aliases,
        supersedes=("CKV_AWS_149",),
    ),
    Rule(
        id="PLB_KEY_3",
        title="A bucket is encrypted with S3's own key",
        severity=Severity.LOW,
        why="Who may read the bucket may read the data: there is no second permission, on a key, and no record of "
        "its use.",
        remedy="Take aws:kms and a key of your own where rules ask for it.",
        references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html",),
        check=on_resources(check_buckets),
        concept=check_buckets,
        supersedes=("CKV_AWS_145",),
    ),
    Rule(
        id="PLB_KEY_7",
        title="Performance Insights are kept with a key that is not yours",
        severity=Severity.LOW,
        why="Performance Insights hold the text of queries, and the key they are kept with cannot be changed later.",
        remedy="Name a key of your own when you turn them on.",
        references=("https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.Enabling.html",),
        check=on_resources(check_insights),
        concept=check_insights,
        supersedes=("CKV_AWS_354",),
    ),
)
