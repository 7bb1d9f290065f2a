"""Traffic of AWS services that anybody on the way can read: TLS that is off or not insisted on.

Checkov knows most of Terraform's resources and the common ones of CloudFormation; here is what it does not know. How
old the TLS may be is the business of `tls`.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Value, embedded_json
from reviewer.rules.resource import Resource, View, on_resources, plain
from reviewer.rules.rule import Hit, Rule

_NODES = {
    "AWS::Elasticsearch::Domain": "NodeToNodeEncryptionOptions.Enabled",
    "AWS::OpenSearchService::Domain": "NodeToNodeEncryptionOptions.Enabled",
    "aws_elasticsearch_domain": "node_to_node_encryption.enabled",
    "aws_opensearch_domain": "node_to_node_encryption.enabled",
}
_SWITCHES = {
    "AWS::AppSync::ApiCache": "TransitEncryptionEnabled",
    "AWS::EMR::SecurityConfiguration": "SecurityConfiguration.EncryptionConfiguration.EnableInTransitEncryption",
    "AWS::OpenSearchService::Domain": "DomainEndpointOptions.EnforceHTTPS",
    "AWS::SageMaker::ModelBiasJobDefinition": "NetworkConfig.EnableInterContainerTrafficEncryption",
    "AWS::SageMaker::ModelExplainabilityJobDefinition": "NetworkConfig.EnableInterContainerTrafficEncryption",
    "AWS::SageMaker::ModelQualityJobDefinition": "NetworkConfig.EnableInterContainerTrafficEncryption",
}
_WORDS = {
    "AWS::DAX::Cluster": ("ClusterEndpointEncryptionType", "TLS"),
    "AWS::SES::ConfigurationSet": ("DeliveryOptions.TlsPolicy", "REQUIRE"),
    "AWS::Glue::Connection": ("ConnectionInput.ConnectionProperties.JDBC_ENFORCE_SSL", "true"),
    "aws_glue_connection": ("connection_properties.JDBC_ENFORCE_SSL", "true"),
}
_JDBC = {"AWS::Glue::Connection": "ConnectionInput.ConnectionType", "aws_glue_connection": "connection_type"}


def check_nodes(view: View) -> Iterator[Hit]:
    """Yield a hit for every search domain whose nodes talk to each other in plain text."""
    for type_, path in _NODES.items():
        for resource in view.of(type_):
            if resource.is_off(path):
                yield _plain(resource, f"{path} is not on", resource.get(path))


def check_switches(view: View) -> Iterator[Hit]:
    """Yield a hit for every service that is not told to encrypt its traffic."""
    for type_, path in _SWITCHES.items():
        for resource in view.of(type_):
            if resource.is_off(path):
                yield _plain(resource, f"{path} is not on", resource.get(path))
    for type_, (path, word) in _WORDS.items():
        for resource in view.of(type_):
            said = resource.text(path)
            if type_ in _JDBC and not (resource.lacks(_JDBC[type_]) or resource.text(_JDBC[type_]) == "JDBC"):
                continue
            if resource.lacks(path) or (said is not None and said.lower() != word.lower()):
                yield _plain(resource, f"{path} is {said or 'not given'}", resource.get(path))
    for cluster in view.of("AWS::MemoryDB::Cluster"):
        if plain(cluster.get("TLSEnabled")) == "false":
            yield _plain(cluster, "TLSEnabled is false", cluster.get("TLSEnabled"))
    yield from _migrations(view)


def _plain(resource: Resource, said: str, at: Value | None) -> Hit:
    return resource.hit(f"Traffic of {resource.address} can be read on the way: {said}.", at)


_ENGINES = ("mysql", "postgres", "mariadb", "sqlserver", "oracle", "db2", "aurora", "aurora-postgresql", "sybase")


def _migrations(view: View) -> Iterator[Hit]:
    """Endpoints of the migration service that reach a database without TLS."""
    for type_, engine, mode in (
        ("AWS::DMS::Endpoint", "EngineName", "SslMode"),
        ("aws_dms_endpoint", "engine_name", "ssl_mode"),
    ):
        for endpoint in view.of(type_):
            off = endpoint.lacks(mode) or endpoint.text(mode) == "none"
            if off and endpoint.text(engine) in _ENGINES:
                yield _plain(endpoint, f"{mode} is {endpoint.text(mode) or 'not given'}", endpoint.get(mode))


_LISTENERS = {
    "AWS::ElasticLoadBalancing::LoadBalancer": ("Listeners.Protocol", "HTTP"),
    "AWS::SNS::Subscription": ("Protocol", "http"),
    "AWS::SNS::Topic": ("Subscription.Protocol", "http"),
    "AWS::Transfer::Server": ("Protocols", "FTP"),
    "AWS::VpcLattice::Listener": ("Protocol", "HTTP"),
    "aws_sns_topic_subscription": ("protocol", "http"),
    "aws_vpclattice_listener": ("protocol", "HTTP"),
}
_TARGETS = {
    "AWS::ApiGateway::Method": ("Integration.Uri", "Integration.ConnectionType"),
    "AWS::ApiGatewayV2::Integration": ("IntegrationUri", "ConnectionType"),
    "aws_api_gateway_integration": ("uri", "connection_type"),
    "aws_apigatewayv2_integration": ("integration_uri", "connection_type"),
}


def check_protocols(view: View) -> Iterator[Hit]:
    """Yield a hit wherever a protocol without encryption is asked for by name."""
    for type_, (path, word) in _LISTENERS.items():
        for resource in view.of(type_):
            for value in (item for found in resource.all(path) for item in found.items()):
                if plain(value) == word:
                    yield resource.hit(f"{resource.address} speaks {word}, which anybody on the way can read.", value)
    for type_, (path, link) in _TARGETS.items():
        for resource in view.of(type_):
            target = resource.get(path)
            if target is not None and target.text.startswith("http://") and resource.text(link) != "VPC_LINK":
                yield resource.hit(f"{resource.address} passes requests on over plain HTTP.", target)


_POLICIES = {"AWS::S3::BucketPolicy": "PolicyDocument", "aws_s3_bucket_policy": "policy"}
_QUEUES = {
    "AWS::SQS::QueuePolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "aws_sqs_queue_policy": "policy",
    "aws_sns_topic_policy": "policy",
}


def check_bucket_policies(view: View) -> Iterator[Hit]:
    """Yield a hit for every policy of a bucket that is wholly known and does not refuse plain HTTP."""
    yield from _without_tls(view, _POLICIES)


def check_queue_policies(view: View) -> Iterator[Hit]:
    """Yield a hit for every policy of a queue or topic that is wholly known and does not refuse plain HTTP."""
    yield from _without_tls(view, _QUEUES)


def _without_tls(view: View, types: dict[str, str]) -> Iterator[Hit]:
    for type_, path in types.items():
        for resource in view.of(type_):
            written = resource.get(path)
            policy = (embedded_json(written) or written) if written is not None else None
            statements = policy.get("Statement") if policy is not None else None
            if policy is None or statements is None or not all(s.get("Effect") for s in statements.items()):
                continue
            if not any("securetransport" in name.lower() for each in policy.walk() for name, _ in each.entries):
                yield resource.hit(f"{resource.address} lets requests over plain HTTP pass.", written)


RULES = (
    Rule(
        id="PLB_TLS_2",
        title="The nodes of a search domain talk in plain text",
        severity=Severity.MEDIUM,
        why="What is indexed and searched crosses the network between the nodes unencrypted, and access control on "
        "documents cannot be turned on.",
        remedy="Turn node-to-node encryption on; it cannot be turned off again.",
        references=("https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ntn.html",),
        check=on_resources(check_nodes),
        concept=check_nodes,
        supersedes=("CKV_AWS_6",),
    ),
    Rule(
        id="PLB_TLS_3",
        title="A service is not told to encrypt its traffic",
        severity=Severity.MEDIUM,
        why="Whoever gets into the network reads and changes what goes by.",
        remedy="Turn encryption in transit on, and check that the clients can speak it.",
        references=(
            "https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_protect_data_transit_encrypt.html",
        ),
        check=on_resources(check_switches),
        concept=check_switches,
    ),
    Rule(
        id="PLB_TLS_4",
        title="A protocol without encryption is used",
        severity=Severity.MEDIUM,
        why="Names, passwords, tokens and data cross the network in plain text.",
        remedy="Use the encrypted sibling of the protocol: HTTPS, SFTP or FTPS, TLS.",
        references=(
            "https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_protect_data_transit_encrypt.html",
        ),
        check=on_resources(check_protocols),
        concept=check_protocols,
    ),
    Rule(
        id="PLB_TLS_5",
        title="A bucket answers over plain HTTP",
        severity=Severity.LOW,
        why="S3 answers over HTTP unless a policy refuses it, and whoever is on the way reads along.",
        remedy="Add a statement that denies s3:* when aws:SecureTransport is false.",
        references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",),
        check=on_resources(check_bucket_policies),
        concept=check_bucket_policies,
    ),
    Rule(
        id="PLB_TLS_6",
        title="A queue or topic answers over plain HTTP",
        severity=Severity.INFO,
        why="Some endpoints still answer over HTTP unless a policy refuses it.",
        remedy="Add a statement that denies requests when aws:SecureTransport is false.",
        references=(
            "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
            "https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html",
        ),
        check=on_resources(check_queue_policies),
        concept=check_queue_policies,
    ),
)
