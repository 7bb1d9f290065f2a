"""Where modules come from: a source that can change under the same words is not pinned.

Reads `module` blocks of Terraform and OpenTofu. Asks no registry and no git host: the words of the source decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from reviewer.model import Severity, Span
from reviewer.rules.documents import Kind, Value
from reviewer.rules.rule import Directory, Hit, Rule
from reviewer.rules.terraform import Block, read_blocks, read_locals, resolve

_LOCAL = re.compile(r"^(?:\.{1,2}(?:[/\\]|$)|[/\\]|[A-Za-z]:[/\\]|file:)")
_GIT = re.compile(
    r"^(?:git::|git@|ssh://|git://|github\.com[/:]|bitbucket\.org[/:]|[\w.-]+@[\w.-]+:)|\.git(?:[/?]|$)", re.I
)
_ARCHIVE = re.compile(r"^(?:https?::)?https?://", re.I)
_REGISTRY = re.compile(r"^(?:[\w-]+(?:\.[\w-]+)+(?::\d+)?/)?[A-Za-z0-9][\w-]*/[A-Za-z0-9][\w-]*/[a-z0-9]+(?://.*)?$")
_COMMIT = re.compile(r"^(?:[0-9a-f]{7,40}|[0-9a-f]{64})$", re.I)
_BRANCH = re.compile(
    r"^(?:refs/heads/|(?:feature|feat|bug|bugfix|fix|hotfix|chore|users?|dependabot|renovate)/)|(?:^|[./_-])x$", re.I
)
_GITHUB_ARCHIVE = re.compile(
    r"github\.com/[^/]+/[^/]+/(?:archive|releases/download|zipball|tarball)/.*(?:\d|[0-9a-f]{40})"
)
_UNKNOWN = "${"


def check_source(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every module whose source may bring other code tomorrow."""
    blocks = read_blocks(directory)
    locals_ = read_locals(blocks)
    for block in blocks:
        written = block.value.get("source") if block.type == "module" else None
        if written is None:
            continue
        source = resolve(written, locals_)
        if source.kind not in (Kind.TEXT, Kind.TEMPLATE) or source.text.startswith(_UNKNOWN):
            continue
        problem = _problem(source.text.strip(), block.value.get("version"))
        if problem:
            yield _hit(block, written, f"{block.address} {problem}")


_PLAIN = re.compile(r"^(?:git::|hg::|http::)?http://", re.IGNORECASE)
_HOST = re.compile(r"^(?:[a-z]+::)?(?:[a-z+]+://)?(?:[^@/\s]+@)?(\[[0-9a-f:]+\]|[\w.-]+)(?::\d+)?[/:]", re.IGNORECASE)
_ADDRESS = re.compile(r"^(?:\[[0-9a-f:]+\]|\d{1,3}(?:\.\d{1,3}){3})$", re.IGNORECASE)
_ANYBODYS = re.compile(
    r"(?:^|\.)(?:pastebin\.com|gist\.github(?:usercontent)?\.com|ngrok(?:-free)?\.(?:io|app|dev)|transfer\.sh|file\.io"
    r"|trycloudflare\.com|webhook\.site|ix\.io|0x0\.st|duckdns\.org|loca\.lt)$"
)


def _sources(directory: Directory) -> Iterator[tuple[Block, Value, str]]:
    blocks = read_blocks(directory)
    locals_ = read_locals(blocks)
    for block in blocks:
        written = block.value.get("source") if block.type == "module" else None
        source = resolve(written, locals_) if written else None
        if written and source and source.kind in (Kind.TEXT, Kind.TEMPLATE) and not source.text.startswith(_UNKNOWN):
            yield block, written, source.text.strip()


def check_transport(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every module that is fetched over plain HTTP, or by git without encryption."""
    for block, written, source in _sources(directory):
        if _PLAIN.match(source) or re.match(r"^(?:git::)?git://", source):
            yield _hit(block, written, f"{block.address} is fetched over a connection that anybody can change.")


def check_host(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every module from a host that the policy does not name, or that has no owner to be known by."""
    trusted = directory.settings.module_hosts
    for block, written, source in _sources(directory):
        host = _host(source)
        if host and not _is_trusted(host, trusted):
            yield _hit(block, written, f"{block.address} comes from {host[:80]}, which is not known here.")


def _host(source: str) -> str:
    """The host of a source, "" for a path and for the registry that goes without saying."""
    if _LOCAL.match(source) or not (_GIT.search(source) or _ARCHIVE.match(source) or source.count("/") >= 3):
        return ""
    match = _HOST.match(source)
    return (
        match[1].lower() if match and ("." in match[1] or match[1].startswith("[")) and _UNKNOWN not in match[1] else ""
    )


def _is_trusted(host: str, trusted: tuple[str, ...]) -> bool:
    if trusted:
        return any(host == name.lower() or host.endswith(f".{name.lower()}") for name in trusted)
    return not _ADDRESS.match(host) and not _ANYBODYS.search(host)


def _hit(block: Block, source: Value, message: str) -> Hit:
    span = Span(path=block.path, start_line=source.line, end_line=max(source.line, source.end_line))
    return Hit(span=span, block=block.span, resource=block.address, message=message)


def _problem(source: str, version: Value | None) -> str:
    """What lets the code behind `source` change, as the end of a sentence; "" for a pinned or local source."""
    if not source or _LOCAL.match(source):
        return ""
    if source.lower().startswith(("hg::", "oci://")):
        return _other_problem(source)
    if _GIT.search(source):
        return _ref_problem(_parameter(source, "ref"))
    if _ARCHIVE.match(source):
        return _archive_problem(source)
    if _REGISTRY.match(source):
        stated = version is not None and not (version.kind is Kind.TEXT and not version.text.strip())
        return "" if stated else "takes whatever version the registry calls newest: it states no version."
    return ""


def _ref_problem(ref: str | None) -> str:
    if not ref:
        return "follows the default branch of its repository: its source has no ref."
    if _UNKNOWN in ref or _COMMIT.match(ref) or ref.startswith("refs/tags/"):
        return ""
    if _BRANCH.search(ref) or not re.search(r"\d", ref):
        return f"follows {_shown(ref)}, which names neither a version tag nor a commit."
    return ""


def _archive_problem(source: str) -> str:
    if _parameter(source, "ref") is not None:
        return _ref_problem(_parameter(source, "ref"))
    if _parameter(source, "checksum") or _GITHUB_ARCHIVE.search(source):
        return ""
    return "downloads an archive that is not checked: its source has no checksum."


def _other_problem(source: str) -> str:
    if source.lower().startswith("hg::"):
        return (
            "" if _parameter(source, "rev") else "follows the default branch of its repository: its source has no rev."
        )
    if _parameter(source, "digest"):
        return ""
    tag = _parameter(source, "tag")
    if tag is None:
        return "takes whatever the registry calls latest: its source has neither tag nor digest."
    return "" if _UNKNOWN in tag or re.search(r"\d", tag) else f"follows the tag {_shown(tag)}, which names no version."


def _parameter(source: str, name: str) -> str | None:
    match = re.search(rf"[?&]{name}=([^&]*)", source)
    return unquote(match[1]).strip() if match else None


def _shown(ref: str) -> str:
    return repr(ref[:60])


SOURCE = Rule(
    id="PLB_MODULE_1",
    title="Module source is not pinned",
    severity=Severity.MEDIUM,
    why="The next init may fetch other code than the one that was reviewed, and it runs with the rights of whoever "
    "applies: whoever can push to that branch, or publish a version, changes your infrastructure.",
    remedy='Name what was reviewed: a commit or version tag (?ref=v1.4.2) for git, version = "..." for a registry, '
    "?checksum=sha256:... for an archive.",
    supersedes=("CKV_TF_1", "CKV_TF_2"),
    references=("https://developer.hashicorp.com/terraform/language/modules/sources",),
    check=check_source,
)

TRANSPORT = Rule(
    id="PLB_MODULE_2",
    title="Module is fetched over an unprotected connection",
    severity=Severity.HIGH,
    why="Whoever sits in between can put other code in its place, which then runs with the rights of whoever applies.",
    remedy="Fetch it by https:// or ssh://, or from a registry.",
    references=("https://developer.hashicorp.com/terraform/language/modules/sources",),
    check=check_transport,
)

HOST = Rule(
    id="PLB_MODULE_3",
    title="Module comes from an unknown host",
    severity=Severity.MEDIUM,
    why="Whoever runs that host decides what is applied here. An address or a host that everybody can publish on names "
    "nobody who answers for it.",
    remedy="Copy the module into a repository of yours, or let the policy trust the host.",
    references=("https://developer.hashicorp.com/terraform/language/modules/sources",),
    check=check_host,
)

RULES = (SOURCE, TRANSPORT, HOST)
