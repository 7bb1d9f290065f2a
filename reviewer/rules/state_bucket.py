"""The bucket that holds state, where it is declared beside its use or says by its name what it is for.

Looks for what a state needs and other buckets may do without: versions to go back to, TLS only, no public access, a log
of who read it. Which bucket that is, the backend of the same directory says, or the bucket's own name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.resource import Form, Resource, View, plain, read_view
from reviewer.rules.roots import read_backends
from reviewer.rules.rule import Directory, Hit, Rule

_NAMED_FOR_STATE = re.compile(
    r"(?:^|[-_.])(?:tf|terraform|tofu|opentofu)[-_.]?(?:remote[-_.]?)?state(?:s|file)?(?:$|[-_.])"
)
_TLS = re.compile(r"aws:SecureTransport")
_TERRAFORM = {
    "versions": ("aws_s3_bucket_versioning", "versioning_configuration.status", "versioning.enabled"),
    "a log of who reads it": ("aws_s3_bucket_logging", "", "logging"),
    "a public access block": ("aws_s3_bucket_public_access_block", "", ""),
}
_CLOUDFORMATION = {
    "versions": "VersioningConfiguration.Status",
    "a log of who reads it": "LoggingConfiguration",
    "a public access block": "PublicAccessBlockConfiguration",
}


def check_bucket(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every bucket of state that lacks something that state needs."""
    buckets = {plain(backend.value.get("bucket")) for backend in read_backends(directory) if backend.type == "s3"}
    view = read_view(directory)
    for bucket in view.of("aws_s3_bucket", "AWS::S3::Bucket"):
        name = bucket.text("bucket") or bucket.text("BucketName")
        if name and (name in buckets or _NAMED_FOR_STATE.search(name)):
            lacking = [*_lacking(view, bucket)]
            if lacking:
                yield bucket.hit(f"{bucket.address} holds Terraform state and has no {_listed(lacking)}.")


def _lacking(view: View, bucket: Resource) -> Iterator[str]:
    if bucket.form is Form.CLOUDFORMATION:
        yield from (what for what, path in _CLOUDFORMATION.items() if bucket.lacks(path))
    else:
        for what, (type_, path, inline) in _TERRAFORM.items():
            beside = view.of(type_)
            unknown = any(not _is_told(other) for other in beside)
            there = unknown or any(_belongs(view, other, bucket) and _is_on(other, path) for other in beside)
            if not there and (not inline or bucket.is_off(inline)):
                yield what
    policies = view.of("aws_s3_bucket_policy", "AWS::S3::BucketPolicy")
    mine = [policy for policy in policies if _belongs(view, policy, bucket)]
    if not any(_denies_plain(view, policy) for policy in mine) and bucket.lacks("policy"):
        yield "policy that demands TLS"


def _belongs(view: View, other: Resource, bucket: Resource) -> bool:
    name = other.text("bucket") or other.text("Bucket")
    return view.refers(other, bucket) or (
        name is not None and name in (bucket.text("bucket"), bucket.text("BucketName"))
    )


def _is_told(other: Resource) -> bool:
    """Whether it can be told which bucket something belongs to."""
    at = other.get("bucket")
    return at is None or "aws_s3_bucket." in at.text or other.text("bucket") is not None


def _is_on(other: Resource, path: str) -> bool:
    return not path or other.text(path) in (None, "Enabled")


def _denies_plain(view: View, policy: Resource) -> bool:
    """Whether a policy speaks of TLS, or comes from where that cannot be seen."""
    text = policy.get("policy") or policy.get("PolicyDocument")
    if text is None:
        return False
    if any(_TLS.search(value.text) or any(_TLS.search(name) for name, _ in value.entries) for value in text.walk()):
        return True
    documents = [r for r in view.resources if r.data and r.address in text.text]
    if not documents:
        return text.kind.value in ("unknown", "template") and "jsonencode" not in text.text
    return any(_TLS.search(value.text) for document in documents for value in document.value.walk())


def _listed(words: list[str]) -> str:
    *first, last = [word.removeprefix("a ") for word in words]
    return f"{', '.join(first)} and no {last}" if first else last


RULES = (
    Rule(
        id="PLB_STATE_8",
        title="Bucket of Terraform state is not protected as state",
        severity=Severity.MEDIUM,
        why="The state in it is a map of the infrastructure with its secrets in plain text. Without versions a damaged "
        "state cannot be brought back; without the rest it can be read along the way, or nobody can tell who did.",
        remedy="Give the bucket versions, a public access block, a policy that denies requests without TLS "
        "(aws:SecureTransport), and access logs.",
        references=(
            "https://developer.hashicorp.com/terraform/language/backend/s3",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
        ),
        supersedes=("CKV_AWS_18", "CKV_AWS_21", "CKV2_AWS_6"),
        check=check_bucket,
    ),
)
