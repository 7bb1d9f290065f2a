"""Whether trails that record what happens to objects leave buckets out. Who owns which trail is told by `trails`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reviewer.model import Severity
from reviewer.rules.documents import Kind, Value
from reviewer.rules.resource import Resource, View, is_beside, mentioned, on_resources, plain
from reviewer.rules.rule import Hit, Rule
from reviewer.rules.trails import BUCKET_NAME, BUCKETS, TRAILS, meant

_ARN = re.compile(r"^arn:[\w-]+:s3:::([^/$]+)/")
_EVERY_BUCKET = re.compile(r"^arn:[\w-]+:s3(?::::)?$")
_SELECTORS = ("event_selector", "EventSelectors")
_ADVANCED = ("advanced_event_selector", "AdvancedEventSelectors")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recorded:
    """The buckets whose objects a trail records: by name, by address, or perhaps all of them."""

    trail: Resource
    is_all: bool
    names: frozenset[str]
    addresses: frozenset[str]

    def has(self, bucket: Resource, name: str | None) -> bool:
        """Whether a bucket is among them, or may be."""
        named = bool(self.names) if name is None else name in self.names
        return self.is_all or named or bucket.address in self.addresses


def _unrecorded(view: View, kind: str) -> Iterator[Hit]:
    """Hits for the buckets that trails with events of objects leave out. `kind` is ReadOnly or WriteOnly."""
    trails = [trail for trail in view.of(*TRAILS) if trail.value.get(*_SELECTORS) or trail.value.get(*_ADVANCED)]
    if not trails or any(trail.value.get(*_ADVANCED) for trail in trails):
        return
    own = [meant(trail, trail.value.get(*BUCKET_NAME)) for trail in trails]
    recorded = [_recorded(trail, kind) for trail in trails]
    word = "reads" if kind == "ReadOnly" else "writes"
    for bucket in view.of(*BUCKETS):
        name = plain(bucket.value.get("bucket", "BucketName"))
        beside = [one for one in recorded if is_beside(one.trail, bucket)]
        if (
            beside
            and not any(one.has(bucket, name) for one in beside)
            and not any(target.is_(bucket) for target in own)
        ):
            message = f"{beside[0].trail.address} records events of objects, but not {word} in {bucket.address}."
            yield bucket.hit(message)


def _recorded(trail: Resource, kind: str) -> _Recorded:
    values = list(_objects(trail, kind))
    known = [value for value in values if value is not None]
    texts = [text for value in known if (text := plain(value)) is not None and "${" not in text]
    told = [
        set(mentioned(replace(trail, value=value))) for value in known if "${" in value.text or plain(value) is None
    ]
    is_known = all(told) and len(known) == len(values)
    return _Recorded(
        trail=trail,
        is_all=not is_known or any(_EVERY_BUCKET.match(text) for text in texts),
        names=frozenset(match[1] for text in texts if (match := _ARN.match(text))),
        addresses=frozenset().union(*told),
    )


def _objects(trail: Resource, kind: str) -> Iterator[Value | None]:
    """The values of a trail's selectors that are about objects in buckets; None for what is not known."""
    for selector in _items(trail.value.get(*_SELECTORS)):
        if selector.kind is not Kind.MAP:
            yield None
        elif plain(selector.get("read_write_type", "ReadWriteType")) in (None, "All", kind):
            for resource in _items(selector.get("data_resource", "DataResources")):
                if resource.kind is not Kind.MAP:
                    yield None
                elif plain(resource.get("type", "Type")) in (None, "AWS::S3::Object"):
                    yield from _items(resource.get("values", "Values"))


def _items(value: Value | None) -> tuple[Value, ...]:
    return value.items() if value is not None else ()


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

RULES = (READS, WRITES)
