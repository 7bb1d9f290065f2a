"""CloudTrail: whether the record of an account can be trusted, read by the right people, and is complete.

Whether a trail covers all regions, validates its files and has a key is said by Checkov (CKV_AWS_67, 36, 35) in both
forms. Owns what a trail and its bucket are to each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

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


def _bucket_of(view: View, trail: Resource) -> Resource | None:
    """The bucket beside a trail that it writes to."""
    name = trail.value.get(*_BUCKET_NAME)
    if name is None:
        return None
    return next((bucket for bucket in view.of(*_BUCKETS) if is_about(name, trail, bucket)), None)


def is_about(value: Value, resource: Resource, bucket: Resource) -> bool:
    """Whether a value of a resource is the bucket: by its plain name, or by a reference."""
    if not is_beside(resource, bucket):
        return False
    name = plain(bucket.value.get("bucket", "BucketName"))
    if name is not None and plain(value) == name:
        return True
    return bucket.address in set(mentioned(replace(resource, value=value)))


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
        name, value = acl.get("bucket"), acl.get("acl")
        if name is not None and value is not None and is_about(name, acl, bucket):
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
    name = policy.value.get("bucket", "Bucket")
    is_known = name is not None and (plain(name) is not None or any(mentioned(replace(policy, value=name))))
    return name is None or not is_known or is_about(name, policy, bucket)


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
    own = [_bucket_of(view, trail) for trail in trails]
    word = "reads" if kind == "ReadOnly" else "writes"
    for bucket in view.of(*_BUCKETS):
        beside = [trail for trail in trails if is_beside(trail, bucket)]
        if beside and bucket not in own and not any(_records(trail, bucket, kind) for trail in beside):
            yield bucket.hit(f"{beside[0].address} records events of objects, but not {word} in {bucket.address}.")


def _records(trail: Resource, bucket: Resource, kind: str) -> bool:
    """Whether a trail records what happens to the bucket's objects, or may do so."""
    for selectors in (trail.value.get(name) for name in _SELECTORS):
        for selector in selectors.items() if selectors else ():
            written = selector.get("read_write_type", "ReadWriteType")
            covers = written is None or plain(written) in (None, "All", kind)
            if selector.kind is not Kind.MAP or (covers and _selects(selector, trail, bucket)):
                return True
    return False


def _selects(selector: Value, trail: Resource, bucket: Resource) -> bool:
    resources = selector.get("data_resource", "DataResources")
    for resource in resources.items() if resources else ():
        if resource.kind is not Kind.MAP:
            return True
        values = resource.get("values", "Values")
        is_objects = plain(resource.get("type", "Type")) in (None, "AWS::S3::Object")
        if is_objects and values is not None and any(_names(value, trail, bucket) for value in values.items()):
            return True
    return False


def _names(value: Value, trail: Resource, bucket: Resource) -> bool:
    """Whether one value of a selector is about the bucket; a name needs its slash."""
    text = plain(value)
    if text is not None and "${" not in text:
        name = plain(bucket.value.get("bucket", "BucketName"))
        return bool(_EVERY_BUCKET.match(text)) or (name is None) or text.startswith(f"arn:aws:s3:::{name}/")
    told = set(mentioned(replace(trail, value=value)))
    return not told or bucket.address in told


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
