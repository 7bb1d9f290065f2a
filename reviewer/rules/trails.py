"""CloudTrail: whether the record of an account can be trusted, read by the right people, and is complete.

Whether a trail covers all regions, validates its files and has a key is said by Checkov (CKV_AWS_67, 36, 35) in both
forms. Owns what a trail and its bucket are to each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reviewer.model import Severity
from reviewer.rules.documents import Value
from reviewer.rules.resource import Resource, View, is_beside, is_true, mentioned, on_resources, plain
from reviewer.rules.rule import Hit, Rule

TRAILS = ("aws_cloudtrail", "AWS::CloudTrail::Trail")
BUCKETS = ("aws_s3_bucket", "AWS::S3::Bucket")
_POLICIES = ("aws_s3_bucket_policy", "AWS::S3::BucketPolicy")
BUCKET_NAME = ("s3_bucket_name", "S3BucketName")
_OPEN_ACLS = frozenset({"public-read", "public-read-write", "authenticated-read"})
_OPEN_ACLS_OF_TEMPLATES = frozenset({"PublicRead", "PublicReadWrite", "AuthenticatedRead"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What a value of a resource stands for: a bucket's plain name, or addresses of buckets."""

    holder: Resource
    name: str | None
    addresses: frozenset[str]

    def is_(self, bucket: Resource) -> bool:
        """Whether it is this bucket."""
        name = plain(bucket.value.get("bucket", "BucketName"))
        named = name is not None and self.name == name
        return (named or bucket.address in self.addresses) and is_beside(self.holder, bucket)


def meant(holder: Resource, value: Value | None) -> Meant:
    """Return what a value of a resource means."""
    told = frozenset(mentioned(replace(holder, value=value))) if value is not None else frozenset()
    return Meant(holder=holder, name=plain(value), addresses=told)


def _bucket_of(view: View, trail: Resource) -> Resource | None:
    """The bucket beside a trail that it writes to."""
    target = meant(trail, trail.value.get(*BUCKET_NAME))
    return next((bucket for bucket in view.of(*BUCKETS) if target.is_(bucket)), None)


def no_cloudwatch(view: View) -> Iterator[Hit]:
    """Yield a hit for each trail of CloudFormation that nobody is alarmed by (CKV2_AWS_10 in Terraform)."""
    for trail in view.of("AWS::CloudTrail::Trail"):
        if trail.lacks("CloudWatchLogsLogGroupArn"):
            yield trail.hit(f"{trail.address} does not send its events to CloudWatch Logs.")


CLOUDWATCH = Rule(
    id="PLB_LOG_7",
    title="A trail that nothing can raise an alarm on",
    severity=Severity.LOW,
    why="A trail that only fills a bucket is read after the damage. In CloudWatch Logs, filters can raise an alarm in "
    "minutes.",
    remedy="Give the trail a log group (CloudWatchLogsLogGroupArn) and a role to write to it (CloudWatchLogsRoleArn).",
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html",
    ),
    check=on_resources(no_cloudwatch),
    concept=no_cloudwatch,
)


def public_record(view: View) -> Iterator[Hit]:
    """Yield a hit for each bucket of a trail that an ACL lets everybody read."""
    for trail in view.of(*TRAILS):
        bucket = _bucket_of(view, trail)
        if bucket is None:
            continue
        for owner, value in _acls(view, bucket):
            if plain(value) in _OPEN_ACLS | _OPEN_ACLS_OF_TEMPLATES:
                who = "any AWS account" if "uthenticated" in value.text else "everybody"
                yield owner.hit(f"{bucket.address} holds what {trail.address} records, and {who} may read it.", value)


def _acls(view: View, bucket: Resource) -> Iterator[tuple[Resource, Value]]:
    own = bucket.value.get("acl", "AccessControl")
    if own is not None:
        yield bucket, own
    for acl in view.of("aws_s3_bucket_acl"):
        value = acl.get("acl")
        if value is not None and meant(acl, acl.get("bucket")).is_(bucket):
            yield acl, value


PUBLIC = Rule(
    id="PLB_LOG_8",
    title="Everybody may read what CloudTrail records",
    severity=Severity.CRITICAL,
    why="The record names every user, role, key, address and resource of the account: a map for an intruder.",
    remedy="Make the bucket private and block public access to it. Better, keep it in an account of its own.",
    references=("https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html",),
    check=on_resources(public_record),
    concept=public_record,
)


def no_bucket_policy(view: View) -> Iterator[Hit]:
    """Yield a hit for each trail whose bucket stands beside it, with no policy that lets CloudTrail write."""
    for trail in view.of(*TRAILS):
        bucket = _bucket_of(view, trail)
        if bucket is None or not bucket.lacks("policy"):
            continue
        policies = [policy for policy in view.of(*_POLICIES) if is_beside(policy, bucket)]
        if not any(_may_be_for(policy, bucket) for policy in policies):
            yield trail.hit(
                f"{trail.address} writes to {bucket.address}, which has no policy that lets CloudTrail write to it.",
                trail.value.get(*BUCKET_NAME),
            )


def _may_be_for(policy: Resource, bucket: Resource) -> bool:
    target = meant(policy, policy.value.get("bucket", "Bucket"))
    return target.is_(bucket) or (target.name is None and not target.addresses)


BUCKET_POLICY = Rule(
    id="PLB_LOG_9",
    title="CloudTrail may not write to the bucket of its trail",
    severity=Severity.MEDIUM,
    why="CloudTrail writes as a service of AWS, and only where the bucket's policy lets it. Without one the trail "
    "cannot be created, or it records nothing.",
    remedy="Add a bucket policy that allows cloudtrail.amazonaws.com s3:GetBucketAcl on the bucket and s3:PutObject on "
    "AWSLogs/ACCOUNT/*, both with a condition on aws:SourceArn.",
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html",
    ),
    check=on_resources(no_bucket_policy),
    concept=no_bucket_policy,
)


def erasable_record(view: View) -> Iterator[Hit]:
    """Yield a hit for each bucket of a trail that is emptied when it is destroyed."""
    for trail in view.of(*TRAILS):
        bucket = _bucket_of(view, trail)
        value = bucket.get("force_destroy") if bucket else None
        if bucket is not None and is_true(value):
            yield bucket.hit(f"{bucket.address} and all that {trail.address} recorded go with one destroy.", value)


ERASABLE = Rule(
    id="PLB_LOG_10",
    title="The record of a trail can be deleted with its bucket",
    severity=Severity.MEDIUM,
    why="Whoever can run a destroy, by mistake or to cover up, takes the whole record along. A bucket that is not "
    "empty otherwise stays.",
    remedy="Take force_destroy away, and keep the record from being overwritten with Object Lock.",
    references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html",),
    check=on_resources(erasable_record),
    concept=erasable_record,
)

RULES = (CLOUDWATCH, PUBLIC, BUCKET_POLICY, ERASABLE)
