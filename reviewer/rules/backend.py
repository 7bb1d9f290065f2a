"""Where state is kept: encrypted, locked, over TLS, without credentials in the block, and remote where it matters.

Judges `backend` and `cloud` blocks. A block that names too little is completed on the command line: nothing is said of
what it lacks. The bucket itself is the business of `state_bucket`, encryption by OpenTofu that of `tofu`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity
from reviewer.rules.documents import Kind, Value
from reviewer.rules.resource import is_false, is_null, is_true, is_unset, plain
from reviewer.rules.roots import Backend, hit, is_generated, is_partial, read_backends
from reviewer.rules.rule import Directory, Hit, Rule
from reviewer.rules.terraform import read_blocks

_S3 = "https://developer.hashicorp.com/terraform/language/backend/s3"
_BACKENDS = "https://developer.hashicorp.com/terraform/language/backend"


def check_encryption(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every S3 backend that does not ask for encryption."""
    for backend in read_backends(directory):
        encrypt = backend.value.get("encrypt")
        if backend.type in ("s3", "oss") and not is_partial(backend) and is_unset(encrypt):
            yield backend.hit(
                f"The {backend.type} backend does not ask for its state to be encrypted: encrypt is not true.", encrypt
            )


def check_locking(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every backend under which two runs can write one state at once."""
    for backend in read_backends(directory):
        problem = "" if is_partial(backend) else _unlocked(backend)
        if problem:
            yield backend.hit(problem, backend.value.get("use_lockfile"))


def _unlocked(backend: Backend) -> str:
    value = backend.value
    if backend.type == "s3" and _lacks(value, "dynamodb_table") and is_unset(value.get("use_lockfile")):
        return "The s3 backend locks nothing: it has neither use_lockfile = true nor a dynamodb_table."
    if backend.type == "http" and _lacks(value, "lock_address"):
        return "The http backend locks nothing: it has no lock_address."
    if backend.type == "oss" and _lacks(value, "tablestore_table"):
        return "The oss backend locks nothing: it has no tablestore_table."
    if backend.type in ("consul", "pg") and is_false(value.get("lock")):
        return f"The {backend.type} backend locks nothing: lock is false."
    return f"The {backend.type} backend cannot lock its state." if backend.type in _LOCKLESS else ""


_LOCKLESS = ("artifactory", "etcd", "swift")


def _lacks(value: Value, name: str) -> bool:
    entry = value.get(name)
    return entry is None or is_null(entry) or plain(entry) == ""


_CREDENTIAL_NAMES = """
    access_key secret_key token sas_token client_secret client_certificate_password oidc_token oidc_request_token
    password credentials encryption_key access_token secret_id security_token conn_str sse_customer_key
    application_credential_secret client_private_key_pem
"""
_CREDENTIALS = frozenset(_CREDENTIAL_NAMES.split())
_NOT_INLINE = re.compile(r"^(?:[~./]|[A-Za-z]:\\|\$\{)|\.(?:json|pem|key)$")


def check_credentials(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every credential that is written into a backend."""
    for backend in read_backends(directory):
        for name, value in backend.value.entries:
            if name in _CREDENTIALS and _is_credential(name, value):
                message = f"The {backend.type} backend has {name} written into it."
                yield hit(backend.path, value, f"backend.{backend.type}", message, value)


def _is_credential(name: str, value: Value) -> bool:
    text = plain(value)
    if not text or value.kind is not Kind.TEXT or _NOT_INLINE.search(text):
        return False
    return name != "conn_str" or re.search(r"://[^/@\s]*:[^/@\s]+@|password=\S", text) is not None


_SKIPS = ("skip_credentials_validation", "skip_requesting_account_id", "skip_region_validation", "skip_s3_checksum")
_ENDPOINTS = ("endpoints", "endpoint", "use_path_style", "force_path_style", "sts_endpoint")


def check_skips(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every check that an S3 backend skips against AWS itself; other services need that."""
    for backend in read_backends(directory):
        elsewhere = any(backend.value.get(name) is not None for name in _ENDPOINTS)
        for name in () if backend.type != "s3" or elsewhere else _SKIPS:
            if is_true(value := backend.value.get(name)):
                yield backend.hit(f"The s3 backend switches a check off: {name} is true.", value)


_ADDRESSES = """
    address lock_address unlock_address endpoint endpoints endpoints.s3 endpoints.dynamodb url auth_url hostname host
"""
_PLAIN_HTTP = re.compile(r"^http://(?!localhost\b|127\.|\[::1\]|host\.docker\.internal\b)", re.IGNORECASE)
_UNVERIFIED = ("skip_cert_verification", "insecure", "skip_tls_verify")


def check_transport(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every backend that state reaches unencrypted, or through whoever answers."""
    for backend in read_backends(directory):
        for name, value in _flat(backend.value):
            if _is_open(backend, name, value):
                yield backend.hit(f"The {backend.type} backend sends its state unprotected: {_told(name)}.", value)


def _is_open(backend: Backend, name: str, value: Value) -> bool:
    if name in _UNVERIFIED:
        return is_true(value)
    text = plain(value) or ""
    if name == "scheme":
        return text.lower() == "http" and not re.match(r"localhost|127\.", plain(backend.value.get("address")) or "")
    if name == "conn_str":
        return re.search(r"sslmode=disable", text) is not None and re.search(r"@?localhost|127\.0", text) is None
    return name in _ADDRESSES.split() and _PLAIN_HTTP.match(text) is not None


def _told(name: str) -> str:
    if name in _UNVERIFIED:
        return f"{name} lets any certificate pass"
    return "sslmode is disable" if name == "conn_str" else f"{name} is plain HTTP"


def _flat(value: Value) -> Iterator[tuple[str, Value]]:
    for name, entry in value.entries:
        yield name, entry
        if name == "endpoints":
            yield from ((f"endpoints.{inner}", item) for inner, item in entry.entries)


def check_production(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for a root that the policy calls production and whose state lies on somebody's disk."""
    if directory.settings.covers(directory.settings.production, directory.path):
        yield from unsafe_production(directory)


def unsafe_production(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for a directory with resources whose state is local, or has no backend named."""
    backends = read_backends(directory)
    for backend in backends:
        if backend.type == "local":
            yield backend.hit("The state of this root lies on the disk of whoever runs it: its backend is local.")
    made = [block for block in read_blocks(directory) if block.type in ("resource", "module")]
    if made and not backends and not is_generated(directory):
        first = min(made, key=lambda block: (block.path, block.value.line))
        where = directory.path or "the root of the repository"
        yield hit(first.path, first.value, where, f"{where} has no backend: its state lies on somebody's disk.")


RULES = (
    Rule(
        id="PLB_STATE_2",
        title="State backend does not ask for encryption",
        severity=Severity.LOW,
        why="State holds every attribute in plain text. AWS encrypts new buckets by itself since 2023, but an older "
        "bucket, or one whose default was changed, keeps what it is sent as it is sent.",
        remedy="Set encrypt = true, and kms_key_id for a key of your own.",
        references=(_S3, "https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html"),
        check=check_encryption,
    ),
    Rule(
        id="PLB_STATE_3",
        title="State backend does not lock",
        severity=Severity.MEDIUM,
        why="Two runs at once write over each other's state. What one of them created is then known to nobody: it is "
        "not managed, not secured, and paid for.",
        remedy="For s3 set use_lockfile = true (Terraform and OpenTofu from 1.10) or name a dynamodb_table; for http "
        "give lock_address and unlock_address; else choose a backend that locks.",
        references=("https://developer.hashicorp.com/terraform/language/state/locking", _S3),
        check=check_locking,
    ),
    Rule(
        id="PLB_STATE_4",
        title="Credential in a backend block",
        severity=Severity.CRITICAL,
        why="Everybody who can read the repository can read and write the state with it. Terraform also copies the "
        "block into .terraform and into every saved plan.",
        remedy="Revoke the credential. Leave it out of the block: use the role of the runner, or the environment "
        "variables of the backend.",
        references=(f"{_BACKENDS}#credentials-and-sensitive-data",),
        supersedes=("CKV_SECRET_2", "CKV_SECRET_3", "CKV_SECRET_4", "CKV_SECRET_6", "CKV_SECRET_10", "CKV_SECRET_19"),
        check=check_credentials,
        hides=True,
    ),
    Rule(
        id="PLB_STATE_5",
        title="State backend skips checks",
        severity=Severity.LOW,
        why="The checks tell wrong credentials, accounts and regions before anything is written; without them a run "
        "can start against the wrong state.",
        remedy="Remove the skip_ arguments. They are meant for services that only resemble S3.",
        references=(_S3,),
        check=check_skips,
    ),
    Rule(
        id="PLB_STATE_6",
        title="State is sent over an unprotected connection",
        severity=Severity.HIGH,
        why="State holds every secret in plain text. Whoever sits between the runner and the backend reads it, and can "
        "answer with a state of their own.",
        remedy="Use https:// with a certificate that is checked (for pg sslmode=verify-full).",
        references=("https://developer.hashicorp.com/terraform/language/backend/http", _BACKENDS),
        check=check_transport,
    ),
    Rule(
        id="PLB_STATE_7",
        title="Production root without a remote backend",
        severity=Severity.HIGH,
        why="A state on a disk is shared by nobody, locked by nothing and backed up by chance. When it is lost, "
        "Terraform no longer knows what it manages.",
        remedy="Name a remote backend with encryption, locking and versions, and migrate with init -migrate-state.",
        references=(_BACKENDS, "https://developer.hashicorp.com/terraform/language/state/remote"),
        check=check_production,
    ),
)
