"""Encryption at rest on AWS: what is written to disk in plain text, for each type by what the service does by default.

Checkov knows most of Terraform's resources; the tables here hold what it does not know, or judges by half of the
conditions. What the provider encrypts anyway is only a remark. Keys are the business of `keys`.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Value
from reviewer.rules.resource import Resource, View, is_empty, is_false, is_true, is_unset, on_resources
from reviewer.rules.rule import Hit, Rule

_DATABASES = {
    "AWS::OpenSearchService::Domain": "EncryptionAtRestOptions.Enabled",
    "AWS::RDS::GlobalCluster": "StorageEncrypted",
}
"""Databases that are not encrypted unless this is on."""


def check_databases(view: View) -> Iterator[Hit]:
    """Yield a hit for every database whose storage is surely not encrypted."""
    for type_, path in _DATABASES.items():
        for resource in view.of(type_):
            member = type_ == "AWS::RDS::GlobalCluster" and not resource.lacks("SourceDBClusterIdentifier")
            if resource.is_off(path) and not member:
                yield resource.hit(
                    f"{resource.address} is not encrypted at rest: {path} is not on.", resource.get(path)
                )


_DISKS = {
    "AWS::EC2::Instance": ("BlockDeviceMappings.Ebs", "Encrypted"),
    "AWS::EC2::LaunchTemplate": ("LaunchTemplateData.BlockDeviceMappings.Ebs", "Encrypted"),
    "AWS::EC2::SpotFleet": (
        "SpotFleetRequestConfigData.LaunchSpecifications.BlockDeviceMappings.Ebs",
        "Encrypted",
    ),
    "AWS::ImageBuilder::ImageRecipe": ("BlockDeviceMappings.Ebs", "Encrypted"),
    "AWS::ImageBuilder::ContainerRecipe": ("InstanceConfiguration.BlockDeviceMappings.Ebs", "Encrypted"),
    "AWS::ECS::Service": ("VolumeConfigurations.ManagedEBSVolume", "Encrypted"),
    "AWS::DLM::LifecyclePolicy": ("PolicyDetails.Schedules.CrossRegionCopyRules", "Encrypted"),
    "aws_launch_template": ("block_device_mappings.ebs", "encrypted"),
    "aws_spot_instance_request": ("ebs_block_device", "encrypted"),
    "aws_spot_fleet_request": ("launch_specification.ebs_block_device", "encrypted"),
    "aws_ecs_service": ("volume_configuration.managed_ebs_volume", "encrypted"),
}
"""Where disks stand, and the switch of each. A disk that is made from a snapshot is as encrypted as that is."""


def check_disks(view: View) -> Iterator[Hit]:
    """Yield a hit for every disk of a machine that is surely created in plain text."""
    for type_, (path, switch) in _DISKS.items():
        for resource in view.of(type_):
            for disk in resource.maps(path):
                if is_unset(disk.get(switch)) and is_empty(disk.get("SnapshotId", "snapshot_id")):
                    message = f"{resource.address} creates a disk that is not encrypted: {switch} is not on."
                    yield resource.hit(message, disk.get(switch) or disk)


_STORES = {
    "AWS::AppSync::ApiCache": "AtRestEncryptionEnabled",
    "AWS::EMR::Cluster": "SecurityConfiguration",
    "AWS::EMR::SecurityConfiguration": "SecurityConfiguration.EncryptionConfiguration.EnableAtRestEncryption",
    "AWS::KinesisFirehose::DeliveryStream": "DeliveryStreamEncryptionConfigurationInput",
}
"""Stores that hold plain text unless this is given."""


def check_stores(view: View) -> Iterator[Hit]:
    """Yield a hit for every cache, stream or cluster whose encryption is never switched on."""
    for type_, path in _STORES.items():
        for resource in view.of(type_):
            if resource.is_off(path) and not _reads_a_stream(resource):
                message = f"{resource.address} keeps its data in plain text: {path} is not given."
                yield resource.hit(message, resource.get(path))


def _reads_a_stream(resource: Resource) -> bool:
    """Whether a delivery stream takes its data from a stream that encrypts it (or not) itself."""
    return not resource.lacks("DeliveryStreamType") and resource.text("DeliveryStreamType") != "DirectPut"


_DISABLED = {
    "AWS::CodeBuild::Project": (
        ("Artifacts", "EncryptionDisabled"),
        ("SecondaryArtifacts", "EncryptionDisabled"),
        ("LogsConfig.S3Logs", "EncryptionDisabled"),
    ),
    "aws_codebuild_project": (
        ("artifacts", "encryption_disabled"),
        ("secondary_artifacts", "encryption_disabled"),
        ("logs_config.s3_logs", "encryption_disabled"),
    ),
}
"""Switches that turn encryption off which is on by default."""


def check_switched_off(view: View) -> Iterator[Hit]:
    """Yield a hit for every place that turns off what is encrypted by default."""
    for type_, places in _DISABLED.items():
        for resource in view.of(type_):
            for path, switch in places:
                yield from (_off(resource, item, switch) for item in resource.maps(path) if _disables(item, switch))
    for queue in view.of("AWS::SQS::Queue"):
        if is_false(queue.get("SqsManagedSseEnabled")) and queue.lacks("KmsMasterKeyId"):
            yield _off(queue, queue.value, "SqsManagedSseEnabled")


def _disables(item: Value, switch: str) -> bool:
    kind = item.get("Type", "type")  # artifacts that there are none of are not written anywhere
    return is_true(item.get(switch)) and (kind is None or kind.text != "NO_ARTIFACTS")


def _off(resource: Resource, item: Value, switch: str) -> Hit:
    return resource.hit(f"{resource.address} switches encryption off with {switch}.", item.get(switch))


_APIS = {
    "AWS::Serverless::Api": ("MethodSettings",),
    "AWS::ApiGateway::Stage": ("MethodSettings",),
    "AWS::ApiGateway::Deployment": ("StageDescription", "StageDescription.MethodSettings"),
}


def check_api_caches(view: View) -> Iterator[Hit]:
    """Yield a hit for every API whose answers are cached, or would be, without encryption."""
    for type_, paths in _APIS.items():
        for api in view.of(type_):
            settings = [item for path in paths for item in api.maps(path)]
            bare = [item for item in settings if _caches_in_plain_text(item)]
            for item in bare:
                yield api.hit(_CACHED.format(api.address), item.get("CacheDataEncrypted") or item)
            if is_true(api.get("CacheClusterEnabled")) and api.lacks("MethodSettings"):
                yield api.hit(_CACHED.format(api.address), api.get("CacheClusterEnabled"))


_CACHED = "{} caches the answers of the API without encrypting them: CacheDataEncrypted is not on."


def _caches_in_plain_text(settings: Value) -> bool:
    encrypted = settings.get("CacheDataEncrypted")
    return is_false(encrypted) or (is_true(settings.get("CachingEnabled")) and is_empty(encrypted))


def check_unsaid(view: View) -> Iterator[Hit]:
    """Yield a hit for what the provider encrypts although the template does not say how."""
    for bucket in view.of("AWS::S3::Bucket"):
        if bucket.lacks("BucketEncryption"):
            yield bucket.hit(f"{bucket.address} does not say how it is encrypted; S3 takes a key of its own (SSE-S3).")
    for group in view.of("AWS::Athena::WorkGroup"):
        configuration = "WorkGroupConfiguration.ResultConfiguration.EncryptionConfiguration"
        managed = group.get("WorkGroupConfiguration.ManagedQueryResultsConfiguration")
        if (
            group.lacks(configuration)
            and group.lacks(configuration.replace("ion.Res", "ionUpdates.Res"))
            and not managed
        ):
            message = f"{group.address} does not say how the results of its queries are encrypted."
            yield group.hit(message, group.get("WorkGroupConfiguration.ResultConfiguration"))


RULES = (
    Rule(
        id="PLB_ENC_1",
        title="A database is not encrypted at rest",
        severity=Severity.HIGH,
        why="Its disks, snapshots and backups can be read by whoever gets hold of them, and turning encryption on "
        "later often re-creates the database.",
        remedy="Turn encryption at rest on now, before there is data.",
        references=(
            "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/encryption-at-rest.html",
            "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html",
        ),
        check=on_resources(check_databases),
        concept=check_databases,
        framework="cloudformation",
    ),
    Rule(
        id="PLB_ENC_2",
        title="A disk is created without encryption",
        severity=Severity.MEDIUM,
        why="The disk and its snapshots can be read by whoever gets hold of them, unless the account encrypts every "
        "new disk, which nothing here shows.",
        remedy="Set the disk's switch for encryption, and turn on encryption by default for the account.",
        references=("https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html",),
        check=on_resources(check_disks),
        concept=check_disks,
    ),
    Rule(
        id="PLB_ENC_3",
        title="A store keeps its data in plain text",
        severity=Severity.MEDIUM,
        why="This service encrypts only when it is told to, and what is stored here can be read by whoever gets at the "
        "storage below.",
        remedy="Give the encryption settings that the service asks for.",
        references=(
            "https://docs.aws.amazon.com/firehose/latest/dev/encryption.html",
            "https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-data-encryption.html",
        ),
        check=on_resources(check_stores),
        concept=check_stores,
        framework="cloudformation",
    ),
    Rule(
        id="PLB_ENC_4",
        title="Encryption that is on by default is switched off",
        severity=Severity.MEDIUM,
        why="Somebody has to write this down for the data to be stored in plain text; there is no gain in it.",
        remedy="Take the switch out again, or let anonymous readers have the artifacts another way.",
        references=(
            "https://docs.aws.amazon.com/codebuild/latest/userguide/security-encryption.html",
            "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-sqs-sse-queue.html",
        ),
        check=on_resources(check_switched_off),
        concept=check_switched_off,
        supersedes=("CKV_AWS_78", "CKV_AWS_311", "CKV_AWS_27"),
    ),
    Rule(
        id="PLB_ENC_5",
        title="An API caches its answers without encryption",
        severity=Severity.MEDIUM,
        why="Answers to one caller, with whatever personal data is in them, lie on the cache's disks in plain text.",
        remedy="Set CacheDataEncrypted to true for every method that is cached.",
        references=("https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html",),
        check=on_resources(check_api_caches),
        concept=check_api_caches,
        framework="cloudformation",
    ),
    Rule(
        id="PLB_ENC_6",
        title="The template does not say how data is encrypted",
        severity=Severity.INFO,
        why="S3 has encrypted every new object since 2023, with a key that is AWS's; readers and auditors cannot see "
        "from the template that this is enough.",
        remedy="State the encryption, with a key of your own where rules ask for it.",
        references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html",),
        check=on_resources(check_unsaid),
        concept=check_unsaid,
        framework="cloudformation",
    ),
)
