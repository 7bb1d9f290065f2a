"""CloudTrail: whether the record of an account can be trusted, read by the right people, and is complete.

Whether a trail covers all regions, validates its files and has a key is said by Checkov (CKV_AWS_67, 36, 35) in both
forms. Owns what a trail and its bucket are to each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reviewer.model import Severity
from reviewer.rules.documents import Kind, Value
from reviewer.rules.resource import Resource, View, is_beside, is_true, mentioned, on_resources, plain
from reviewer.rules.rule import Hit, Rule

_TRAILS = ("aws_cloudtrail", "AWS::CloudTrail::Trail")
_BUCKETS = ("aws_s3_bucket", "AWS::S3::Bucket")
_POLICIES = ("aws_s3_bucket_policy", "AWS::S3::BucketPolicy")
_BUCKET_NAME = ("s3_bucket_name", "S3BucketName")
_OPEN_ACLS = frozenset({"public-read", "public-read-write", "authenticated-read"})
_OPEN_ACLS_OF_TEMPLATES = frozenset({"PublicRead", "PublicReadWrite", "AuthenticatedRead"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meant:
    """What a value of a resource stands for: a bucket's plain name, or addresses of buckets."""

    holder: Resource
    name: str | None
    addresses: frozenset[str]

    def is_(self, bucket: Resource) -> bool:
        """Whether it is this bucket."""
        name = plain(bucket.value.get("bucket", "BucketName"))
        named = name is not None and self.name == name
        return (named or bucket.address in self.addresses) and is_beside(self.holder, bucket)


def _meant(holder: Resource, value: Value | None) -> _Meant:
    told = frozenset(mentioned(replace(holder, value=value))) if value is not None else frozenset()
    return _Meant(holder=holder, name=plain(value), addresses=told)


def _bucket_of(view: View, trail: Resource) -> Resource | None:
    """The bucket beside a trail that it writes to."""
    meant = _meant(trail, trail.value.get(*_BUCKET_NAME))
    return next((bucket for bucket in view.of(*_BUCKETS) if meant.is_(bucket)), None)


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
    for trail in view.of(*_TRAILS):
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
        if value is not None and _meant(acl, acl.get("bucket")).is_(bucket):
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
    for trail in view.of(*_TRAILS):
        bucket = _bucket_of(view, trail)
        if bucket is None or not bucket.lacks("policy"):
            continue
        policies = [policy for policy in view.of(*_POLICIES) if is_beside(policy, bucket)]
        if not any(_may_be_for(policy, bucket) for policy in policies):
            yield trail.hit(
                f"{trail.address} writes to {bucket.address}, which has no policy that lets CloudTrail write to it.",
                trail.value.get(*_BUCKET_NAME),
            )


def _may_be_for(policy: Resource, bucket: Resource) -> bool:
    meant = _meant(policy, policy.value.get("bucket", "Bucket"))
    return meant.is_(bucket) or (meant.name is None and not meant.addresses)


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
    for trail in view.of(*_TRAILS):
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


_EVERY_BUCKET = re.compile(r"^arn:[\w-]+:s3(?::::)?$")
_SELECTORS = ("event_selector", "EventSelectors")
_ADVANCED = ("advanced_event_selector", "AdvancedEventSelectors")


def _unrecorded(view: View, kind: str) -> Iterator[Hit]:
    """Hits for the buckets that trails with events of objects leave out. `kind` is ReadOnly or WriteOnly."""
    trails = [trail for trail in view.of(*_TRAILS) if trail.value.get(*_SELECTORS) or trail.value.get(*_ADVANCED)]
    if not trails or any(trail.value.get(*_ADVANCED) for trail in trails):
        return
    own = [_meant(trail, trail.value.get(*_BUCKET_NAME)) for trail in trails]
    recorded = [(trail, tuple(_recorded(trail, kind))) for trail in trails]
    word = "reads" if kind == "ReadOnly" else "writes"
    for bucket in view.of(*_BUCKETS):
        beside = [(trail, meant) for trail, meant in recorded if is_beside(trail, bucket)]
        records = any(_covers(one, bucket) for _, meant in beside for one in meant)
        if beside and not records and not any(trail_bucket.is_(bucket) for trail_bucket in own):
            message = f"{beside[0][0].address} records events of objects, but not {word} in {bucket.address}."
            yield bucket.hit(message)


def _recorded(trail: Resource, kind: str) -> Iterator[_Meant]:
    """What a trail records events of objects of; something without name and address is all, or not known."""
    unknown = _Meant(holder=trail, name=None, addresses=frozenset())
    selectors = trail.value.get(*_SELECTORS)
    for selector in selectors.items() if selectors else ():
        if selector.kind is not Kind.MAP:
            yield unknown
        elif plain(selector.get("read_write_type", "ReadWriteType")) in (None, "All", kind):
            for resource in _items(selector.get("data_resource", "DataResources")):
                yield from _objects(trail, resource) if resource.kind is Kind.MAP else (unknown,)


def _objects(trail: Resource, resource: Value) -> Iterator[_Meant]:
    if plain(resource.get("type", "Type")) in (None, "AWS::S3::Object"):
        yield from (_meant(trail, value) for value in _items(resource.get("values", "Values")))


def _items(value: Value | None) -> tuple[Value, ...]:
    return value.items() if value is not None else ()


def _covers(meant: _Meant, bucket: Resource) -> bool:
    """Whether a value of a selector is about a bucket, or may be; a name needs its slash."""
    if meant.addresses or meant.name is None or "${" in meant.name:
        return not meant.addresses or bucket.address in meant.addresses
    name = plain(bucket.value.get("bucket", "BucketName"))
    return name is None or bool(_EVERY_BUCKET.match(meant.name)) or meant.name.startswith(f"arn:aws:s3:::{name}/")


def unrecorded_reads(view: View) -> Iterator[Hit]:
    """Yield a hit for each bucket whose objects' reads a trail that records such events leaves out."""
    return _unrecorded(view, "ReadOnly")


def unrecorded_writes(view: View) -> Iterator[Hit]:
    """Yield a hit for each bucket whose objects' writes a trail that records such events leaves out."""
    return _unrecorded(view, "WriteOnly")


_OBJECTS = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html"
_SELECTOR = (
    "Name the bucket in a data_resource (DataResources) of type AWS::S3::Object as arn:aws:s3:::NAME/ with the slash, "
    "or arn:aws:s3 for all buckets, with read_write_type (ReadWriteType) "
)

READS = Rule(
    id="PLB_LOG_11",
    title="Reads of objects are not recorded",
    severity=Severity.LOW,
    why="The trail records events of objects, but not the reads of this bucket. After a leak nobody can say what was "
    "taken.",
    remedy=f"{_SELECTOR}All or ReadOnly.",
    references=(_OBJECTS,),
    check=on_resources(unrecorded_reads),
    concept=unrecorded_reads,
)

WRITES = Rule(
    id="PLB_LOG_12",
    title="Writes of objects are not recorded",
    severity=Severity.LOW,
    why="The trail records events of objects, but not the writes to this bucket. Nobody can say who changed or "
    "deleted what.",
    remedy=f"{_SELECTOR}All or WriteOnly.",
    references=(_OBJECTS,),
    check=on_resources(unrecorded_writes),
    concept=unrecorded_writes,
)

RULES = (CLOUDWATCH, PUBLIC, BUCKET_POLICY, ERASABLE, READS, WRITES)
