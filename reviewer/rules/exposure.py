"""What is open to everybody by what it says itself: policies of resources, ACLs, and blocks of public access.

Checkov names most of it in Terraform; the tables here are of the forms and types that it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Value
from reviewer.rules.grants import Policy, everybody, names, read_policies
from reviewer.rules.resource import Resource, View, is_false, on_resources, plain, texts
from reviewer.rules.rule import Hit, Rule
from reviewer.rules.statements import Statement

_SAID = frozenset(
    {"aws_s3_bucket", "aws_s3_bucket_policy", "aws_sqs_queue", "aws_sqs_queue_policy"}  # CKV_AWS_70, CKV_AWS_168
    | {"aws_sns_topic", "aws_sns_topic_policy", "aws_kms_key", "aws_ecr_repository_policy"}  # CKV_AWS_169, 33, 32
    | {"aws_glacier_vault", "AWS::ECR::Repository", "AWS::KMS::Key"}  # CKV_AWS_167, 32, 33
)
"""Types whose policies Checkov reads in that form. A document of Terraform it reads by itself (CKV_AWS_283)."""

_PUBLIC_BY_NATURE = frozenset(
    {"aws_api_gateway_rest_api", "aws_api_gateway_rest_api_policy", "AWS::ApiGateway::RestApi", "AWS::Serverless::Api"}
)

_NETWORKS = ("vpc_options", "VPCOptions")
"""A search domain within a VPC is guarded by its security groups."""


def open_policy(view: View) -> Iterator[Hit]:
    """Yield a hit for each statement of a resource's policy that lets in everybody, and that Checkov does not see."""
    for policy in read_policies(view):
        if policy.is_trust or policy.resource.type in _SAID or policy.used_by & _PUBLIC_BY_NATURE:
            continue
        is_guarded = any(not policy.resource.lacks(name) for name in _NETWORKS)
        for statement in policy.allowing if policy.resource.type not in _PUBLIC_BY_NATURE and not is_guarded else ():
            place = everybody(statement)
            if place is not None and not _is_said(policy, statement):
                actions = ", ".join(names(statement.actions)[:3]) or "actions"
                yield policy.resource.hit(f"{policy.resource.address} allows {actions} to everybody.", place)


def _is_said(policy: Policy, statement: Statement) -> bool:
    is_plain = any(plain(value) == "*" for value in statement.principals_of("AWS"))
    return policy.resource.data and is_plain and statement.conditions == ()


POLICY = Rule(
    id="PLB_PUBLIC_1",
    title="A policy lets in everybody",
    severity=Severity.HIGH,
    why="A principal of * is every AWS account there is, and for many services everybody without one. What the "
    "statement allows, strangers can do.",
    remedy="Name the accounts or roles in Principal, or add a condition on aws:PrincipalOrgID, aws:SourceAccount or "
    "aws:SourceArn. A site in a bucket can stay private behind CloudFront (origin access control).",
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",),
    check=on_resources(open_policy),
    concept=open_policy,
)

_ACLS = (
    ("AWS::S3::Bucket", "AccessControl", ("AuthenticatedRead",)),
    ("aws_s3_bucket", "acl", ("authenticated-read",)),
    ("aws_s3_object", "acl", ("public-read", "public-read-write", "authenticated-read")),
    ("aws_s3_bucket_object", "acl", ("public-read", "public-read-write", "authenticated-read")),
    ("aws_s3_object_copy", "acl", ("public-read", "public-read-write", "authenticated-read")),
)
"""Where an ACL is written, and its open words that Checkov does not know there (CKV_AWS_20, CKV_AWS_57)."""

_GRANTS = (("aws_s3_bucket", "grant.uri"), ("aws_s3_bucket_acl", "access_control_policy.grant.grantee.uri"))
_GROUPS = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")


def open_acl(view: View) -> Iterator[Hit]:
    """Yield a hit for each ACL that opens a bucket or object to everybody."""
    for type_, path, words in _ACLS:
        for resource in view.of(type_):
            word = resource.text(path)
            if word in words:
                yield resource.hit(f"{resource.address} has the ACL {word}.", resource.get(path))
    for type_, path in _GRANTS:
        for resource in view.of(type_):
            for value in resource.all(path):
                if any(text.endswith(_GROUPS) for text in texts(value)):
                    group = value.text.rpartition("/")[2][:40]
                    yield resource.hit(f"{resource.address} grants rights to {group}.", value)


ACL = Rule(
    id="PLB_PUBLIC_2",
    title="An ACL opens stored data to everybody",
    severity=Severity.HIGH,
    why="AuthenticatedUsers are all who have an AWS account, and anybody can open one. Object names are guessed and "
    "listed by scanners.",
    remedy="Take the ACL away (private is the default), block public access to the bucket, and let readers in by "
    "policy.",
    references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html",),
    check=on_resources(open_acl),
    concept=open_acl,
)

_RAILS = (
    ("aws_s3_account_public_access_block", ""),
    ("AWS::S3::AccessPoint", "PublicAccessBlockConfiguration"),
    ("AWS::S3::MultiRegionAccessPoint", "PublicAccessBlockConfiguration"),
    ("aws_s3control_multi_region_access_point", "details.public_access_block"),
    ("aws_s3_directory_access_point", "public_access_block_configuration"),
)
_FLAGS = (
    *("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"),
    *("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"),
)
_STATES = (("aws_ebs_snapshot_block_public_access", "state"), ("aws_ec2_image_block_public_access", "state"))


def rail_down(view: View) -> Iterator[Hit]:
    """Yield a hit for each block of public access that is switched off, for a whole account or an access point."""
    for type_, path in _RAILS:
        for resource in view.of(type_):
            for flag in _FLAGS:
                value = resource.get(f"{path}.{flag}" if path else flag)
                if is_false(value):
                    yield _rail_hit(resource, flag, value)
                    break
    for type_, path in _STATES:
        for resource in view.of(type_):
            if resource.text(path) == "unblocked":
                yield _rail_hit(resource, path, resource.get(path))


def _rail_hit(resource: Resource, flag: str, value: Value | None) -> Hit:
    return resource.hit(f"{resource.address} switches {flag} off.", value)


RAIL = Rule(
    id="PLB_PUBLIC_8",
    title="The block of public access is switched off",
    severity=Severity.MEDIUM,
    why="It is the rail that catches a policy or an ACL that opens too much by mistake.",
    remedy="Switch all of it on; what has to be public can be served by CloudFront.",
    references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",),
    check=on_resources(rail_down),
    concept=rail_down,
)

RULES = (POLICY, ACL, RAIL)
