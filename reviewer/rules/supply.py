"""Whose providers run, and in which versions.

Judges `required_providers` and `.terraform.lock.hcl`. Asks no registry: a table has the names that are known
(provider_table). Whether the lock file moved without its constraint only a comparison could tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer import hcl
from reviewer.model import Severity, Span
from reviewer.rules.documents import Kind, Value
from reviewer.rules.provider_table import TABLE
from reviewer.rules.resource import plain
from reviewer.rules.roots import bounds, hit, is_root, providers_of, read_backends
from reviewer.rules.rule import Directory, Hit, Rule
from reviewer.rules.terraform import read_blocks

_REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
_LOCK = ".terraform.lock.hcl"
_REQUIREMENTS = "https://developer.hashicorp.com/terraform/language/providers/requirements"
_LOCKING = "https://developer.hashicorp.com/terraform/language/files/dependency-lock"


def _lock_path(directory: Directory) -> str:
    return f"{directory.path}/{_LOCK}".lstrip("/")


def check_constraints(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for a root whose providers nothing holds to a version: no constraint, and no lock file beside it.

    Modules leave the version to the roots that call them, and a module that is called may state one for its root.
    """
    calls = any(block.type == "module" for block in read_blocks(directory))
    if _lock_path(directory) in directory.files or calls or not is_root(directory):
        return
    loose = [(block, name, value) for block, name, value in providers_of(directory) if _is_loose(value)]
    if loose:
        block, name, value = loose[0]
        names = ", ".join(name[:40] for _, name, _ in loose[:10])
        message = f"Nothing says which version of {names} is meant."
        yield hit(block.path, block.value, f"required_providers.{name}", message, value)


def _is_loose(value: Value) -> bool:
    if value.kind is Kind.MAP:
        return value.get("version") is None
    return value.kind is Kind.TEXT and not value.text.strip()


def _sources(directory: Directory) -> Iterator[tuple[str, str, str, Value, str]]:
    """Yield (path, local name, source in small letters, where, constraint) of what is required."""
    for block, name, value in providers_of(directory):
        source = (plain(value.get("source")) if value.kind is Kind.MAP else None) or f"hashicorp/{name}"
        at = (value.get("source") if value.kind is Kind.MAP else None) or value
        version = plain(value.get("version")) if value.kind is Kind.MAP else plain(value)
        if re.fullmatch(r"(?:[\w.:-]+/)?[\w-]+/[\w-]+", source):
            yield block.path, name, source.lower(), at, version or ""


def _public(source: str) -> tuple[str, str] | None:
    """Return namespace and name of a source in a public registry; None for any other."""
    *host, namespace, name = source.split("/")
    return (namespace, name) if not host or host[0] in _REGISTRIES else None


def check_lookalikes(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every provider that bears a well-known name and comes from somebody else."""
    for path, name, source, at, _ in _sources(directory):
        public = _public(source)
        if public and public[0] not in _trusted(directory) and (public[1] in TABLE.official or _is_close(public[0])):
            message = f"The provider {name} comes from {source[:80]}, which only looks like a well-known one."
            yield hit(path, at, f"required_providers.{name}", message, at)


def _trusted(directory: Directory) -> frozenset[str]:
    return TABLE.namespaces | {namespace.lower() for namespace in directory.settings.provider_namespaces}


def _is_close(namespace: str) -> bool:
    """Whether a namespace is a slip of the finger away from the best known ones."""
    return any(
        known != namespace and edits_between(known, namespace) <= 1 for known in ("hashicorp", "cloudflare", "datadog")
    )


def edits_between(one: str, other: str) -> int:
    """Edits between two names, neighbours that change places counting as one; more than 1 is told as 2."""
    if abs(len(one) - len(other)) > 1:
        return 2
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    tails = (one[start:], other[start:])
    swapped = tails[0][:2] == tails[1][:2][::-1] and tails[0][2:] == tails[1][2:]
    close = (tails[0][1:], tails[1]), (tails[0], tails[1][1:]), (tails[0][1:], tails[1][1:])
    return 1 if swapped or any(a == b for a, b in close) else 2


def check_namespaces(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every provider of a public registry whose namespace is not known."""
    for path, name, source, at, _ in _sources(directory):
        public = _public(source)
        if public is None or public[0] in _trusted(directory):
            continue
        if public[1] not in TABLE.official and not _is_close(public[0]):
            message = f"The provider {name} comes from {source[:80]}, which is not known here."
            yield hit(path, at, f"required_providers.{name}", message, at)


def check_deprecated(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every provider whose constraint lets in nothing but versions that nobody mends."""
    for path, name, source, at, constraint in _sources(directory):
        public = _public(source)
        old = TABLE.deprecated.get("/".join(public)) if public else None
        _, end = bounds(constraint)
        if old and (not old.below or (end is not None and end <= bounds(old.below)[0])):
            version = f" {constraint[:40]}" if old.below else ""
            message = f"{source[:80]}{version} gets no fixes any more. Instead: {old.instead}."
            yield hit(path, at, f"required_providers.{name}", message, at)


def check_lock_missing(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for a root with a remote backend and no lock file beside it."""
    remote = [backend for backend in read_backends(directory) if backend.type != "local"]
    if remote and _lock_path(directory) not in directory.files and any(providers_of(directory)):
        yield remote[0].hit(f"{directory.path or 'The root'} has no {_LOCK}: each run may take other providers.")


def check_lock_gaps(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every provider that the lock file lacks, and for checksums of one platform only."""
    path = _lock_path(directory)
    locked = {block.labels[0].lower(): block for block in directory.hcl(path).blocks_of("provider") if block.labels}
    if not locked:
        return
    known = {source.split("/", 1)[1] for source in locked if "/" in source}
    for where, name, source, at, _ in _sources(directory):
        if source not in locked and _tail(source) not in known and source.count("/") <= 2:
            yield hit(where, at, f"required_providers.{name}", f"{_LOCK} does not have {source[:80]}.", at)
    for source, block in locked.items():
        hashes = block.body.attribute("hashes")
        if hashes and _is_of_one_platform(hashes):
            span = Span(path=path, start_line=hashes.start_line, end_line=hashes.start_line)
            whole = Span(path=path, start_line=block.start_line, end_line=block.end_line)
            message = f"{_LOCK} has the checksum of {source[:80]} for one platform only."
            yield Hit(span=span, block=whole, resource=source[:200], message=message)


def _tail(source: str) -> str:
    return "/".join(source.split("/")[-2:])


def _is_of_one_platform(hashes: hcl.Attribute) -> bool:
    return len(hashes.members) == 1 and (hashes.members[0].literal or "").startswith("h1:")


RULES = (
    Rule(
        id="PLB_PROVIDER_1",
        title="Provider without a version constraint",
        severity=Severity.LOW,
        why="The next init may take another major version, with other defaults and other behaviour, than what was "
        "reviewed.",
        remedy='State a version in required_providers (version = "~> 6.0") and commit .terraform.lock.hcl.',
        references=(_REQUIREMENTS,),
        check=check_constraints,
    ),
    Rule(
        id="PLB_PROVIDER_2",
        title="Provider only looks like a well-known one",
        severity=Severity.HIGH,
        why="A provider runs with every credential of whoever plans. Names that are nearly right are how such code "
        "gets in.",
        remedy="Check the source letter by letter. If it is meant, trust its namespace in the policy.",
        references=("https://developer.hashicorp.com/terraform/registry/providers", _REQUIREMENTS),
        check=check_lookalikes,
    ),
    Rule(
        id="PLB_PROVIDER_3",
        title="Provider of an unknown namespace",
        severity=Severity.LOW,
        why="A provider runs with every credential of whoever plans, and anybody can publish one.",
        remedy="Look at who publishes it and whether it is maintained; then trust its namespace in the policy.",
        references=("https://developer.hashicorp.com/terraform/registry/providers",),
        check=check_namespaces,
    ),
    Rule(
        id="PLB_PROVIDER_4",
        title="Provider gets no fixes any more",
        severity=Severity.LOW,
        why="Security fixes and new safe defaults of the cloud do not reach it.",
        remedy="Upgrade to what is maintained; the provider's upgrade guide lists what changes.",
        references=("https://developer.hashicorp.com/terraform/registry/providers",),
        check=check_deprecated,
    ),
    Rule(
        id="PLB_LOCK_1",
        title="Root without a lock file",
        severity=Severity.LOW,
        why="Providers are taken anew by every run: in another version, and without a checksum to hold them against.",
        remedy="Commit the .terraform.lock.hcl that init writes, and take it out of .gitignore.",
        references=(_LOCKING,),
        check=check_lock_missing,
    ),
    Rule(
        id="PLB_LOCK_2",
        title="Lock file does not cover everything",
        severity=Severity.LOW,
        why="What it does not have is taken without a checksum, or init fails on another platform and somebody deletes "
        "the file to get on.",
        remedy="Run terraform providers lock -platform=linux_amd64 -platform=darwin_arm64 (as you need) and commit it.",
        references=("https://developer.hashicorp.com/terraform/cli/commands/providers/lock", _LOCKING),
        check=check_lock_gaps,
    ),
)
