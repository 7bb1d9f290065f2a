"""What checks want of CloudFormation resources becomes rows of recipes, tried with Checkov before they are kept.

No schema is at hand here: rows are derived for the resource types whose required properties stand below, and for
values that a property of that name can have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import yaml

from reviewer.derive.rows import Derived, confirmed
from reviewer.derive.wants import Unclear, Want

_ROLE = "arn:aws:iam::111122223333:role/example"
_KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
_DATABASE = {"Engine": "postgres", "DBInstanceClass": "db.t3.medium", "AllocatedStorage": "100"}

REQUIRED: dict[str, dict[str, Any]] = {
    "AWS::AmazonMQ::Broker": {
        "BrokerName": "example",
        "DeploymentMode": "SINGLE_INSTANCE",
        "EngineType": "ACTIVEMQ",
        "HostInstanceType": "mq.m5.large",
        "Users": [{"Username": "operator", "Password": "{{resolve:secretsmanager:example}}"}],
    },
    "AWS::ApiGateway::Stage": {"RestApiId": {"Ref": "Api"}, "StageName": "live"},
    "AWS::Athena::WorkGroup": {"Name": "example"},
    "AWS::CloudTrail::Trail": {"IsLogging": True, "S3BucketName": {"Ref": "Logs"}},
    "AWS::Cognito::IdentityPool": {"AllowUnauthenticatedIdentities": True},
    "AWS::DAX::Cluster": {"IAMRoleARN": _ROLE, "NodeType": "dax.r5.large", "ReplicationFactor": 3},
    "AWS::DMS::ReplicationInstance": {"ReplicationInstanceClass": "dms.t3.medium"},
    "AWS::DocDB::DBCluster": {"DBClusterIdentifier": "example"},
    "AWS::DynamoDB::Table": {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
    "AWS::EC2::LaunchTemplate": {"LaunchTemplateData": {"InstanceType": "t3.medium"}},
    "AWS::EC2::VPCEndpointService": {"NetworkLoadBalancerArns": [{"Ref": "LoadBalancer"}]},
    "AWS::EC2::Volume": {"AvailabilityZone": "eu-central-1a", "Size": 100},
    "AWS::ECR::Repository": {"RepositoryName": "example"},
    "AWS::EFS::FileSystem": {"PerformanceMode": "generalPurpose"},
    "AWS::ElastiCache::ReplicationGroup": {
        "ReplicationGroupDescription": "An example",
        "CacheNodeType": "cache.t3.medium",
    },
    "AWS::Elasticsearch::Domain": {"DomainName": "example"},
    "AWS::KMS::Key": {"Description": "An example", "KeyPolicy": _KEY_POLICY},
    "AWS::Kinesis::Stream": {"Name": "example", "ShardCount": 1},
    "AWS::Neptune::DBCluster": {"DBClusterIdentifier": "example"},
    "AWS::OpenSearchService::Domain": {"DomainName": "example"},
    "AWS::QLDB::Ledger": {"Name": "example", "PermissionsMode": "ALLOW_ALL"},
    "AWS::RDS::DBCluster": {"Engine": "aurora-postgresql", "DBClusterIdentifier": "example"},
    "AWS::RDS::DBInstance": _DATABASE,
    "AWS::Redshift::Cluster": {
        "ClusterType": "multi-node",
        "DBName": "example",
        "MasterUsername": "operator",
        "NodeType": "ra3.large",
    },
    "AWS::S3::Bucket": {"BucketName": "example"},
    "AWS::SageMaker::Model": {"ExecutionRoleArn": _ROLE},
    "AWS::SageMaker::NotebookInstance": {"InstanceType": "ml.t3.medium", "RoleArn": _ROLE},
    "AWS::Serverless::Api": {"StageName": "live"},
    "AWS::WorkSpaces::Workspace": {"BundleId": "wsb-example", "DirectoryId": "d-example", "UserName": "example"},
}

_SWITCH = re.compile(
    r"(?:Enabled?|Encrypted|Enforced?|Required|Protection|Authentication|Accessible|Rotation|Validation|Isolation"
    r"|MultiAZ|Trail|OnPush|Identities|Acls|Policy|Buckets|HTTPS|Configuration|Encryption)$"
)
"""Names of properties that are true or false."""

_OPPOSITES = {
    **{"IMMUTABLE": "MUTABLE", "STANDARD": "ALLOW_ALL", "required": "optional"},
    **{"Enabled": "Suspended", "KMS": "AES256", "2": "1"},
}


def derive(wants: Sequence[Want], decided: Callable[[str, str], bool]) -> tuple[list[Derived], list[Unclear]]:
    """Return the rows for what `wants` asks, and what was left out and why."""
    candidates: list[list[Derived]] = []
    left: list[Unclear] = []
    for want in wants:
        for type_ in want.types:
            if decided(want.rule, type_):
                continue
            found = _candidates(want, type_)
            if isinstance(found, str):
                left.append(Unclear(rule=want.rule, types=(type_,), why=found))
            else:
                candidates.append(found)
    kept, refused = confirmed("cloudformation", candidates)
    return kept, left + refused


def _candidates(want: Want, type_: str) -> list[Derived] | str:
    if type_ not in REQUIRED:
        return "its required properties are not known here"
    if isinstance(want.value, bool) and not _SWITCH.search(want.path[-1]):
        return f"{'.'.join(want.path)}: not known to be true or false"
    if not isinstance(want.value, bool | str):
        return f"{'.'.join(want.path)}: {want.value!r} is no plain value"
    required = REQUIRED[type_]
    wrong = (not want.value) if isinstance(want.value, bool) else _OPPOSITES.get(want.value)
    bads = [] if want.path[0] in required and len(want.path) == 1 else [required]
    if wrong is not None:
        bads.append(_merged(required, want.path, wrong))
    return [
        Derived(
            want=want,
            type=type_,
            overlay=dumped(_merged({}, want.path, want.value)),
            default="",
            bad=template(type_, bad),
            fixed=template(type_, _merged(bad, want.path, want.value)),
            note=f"From {want.source}: {want.said}.",
        )
        for bad in bads
    ]


def _merged(properties: dict[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    inner = value if len(path) == 1 else _merged(properties.get(path[0], {}), path[1:], value)
    return properties | {path[0]: inner}


def template(type_: str, properties: dict[str, Any]) -> str:
    """Return a template with one resource called Example."""
    body = {"Resources": {"Example": {"Type": type_, "Properties": properties}}}
    return 'AWSTemplateFormatVersion: "2010-09-09"\n' + dumped(body)


class _Dumper(yaml.SafeDumper):
    """Writes YAML as people do: lists indented, short functions by their tags, `"2"` for text that looks otherwise."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent lists below their key."""
        super().increase_indent(flow, False)

    def represent_function(self, data: dict[str, Any]) -> yaml.Node:
        """A mapping, or the short form of a function."""
        if len(data) == 1 and (tag := {"Ref": "!Ref", "Fn::Sub": "!Sub"}.get(next(iter(data)))):
            return self.represent_scalar(tag, str(next(iter(data.values()))))
        return self.represent_mapping("tag:yaml.org,2002:map", data.items())

    def represent_text(self, data: str) -> yaml.Node:
        """A string, in double quotes where it needs any."""
        plain = (
            re.fullmatch(r"[A-Za-z/_][\w/.:-]*(?: [\w/.:-]+)*", data) and not data.endswith(":") and ": " not in data
        )
        plain = plain and isinstance(yaml.safe_load(data), str)
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=None if plain else '"')


_Dumper.add_representer(dict, _Dumper.represent_function)
_Dumper.add_representer(str, _Dumper.represent_text)


def dumped(value: Any) -> str:
    """Return YAML of a value in the style of the examples."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=110)
