"""State and plan files that were committed. They hold every attribute of every resource in plain text.

Judges by content where there is content to judge: an empty or encrypted state gives nothing away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.model import Severity, Span
from reviewer.rules.documents import Kind, Value, read_json
from reviewer.rules.roots import is_root, read_backends
from reviewer.rules.rule import Directory, Hit, Rule
from reviewer.rules.terraform import read_blocks

_STATE_NAME = re.compile(r"\.tfstate(?:\.[^/]+)?$|\.tfstate\.d/", re.I)
_ARCHIVED_PLAN = re.compile(rb"PK\x03\x04.{26}tfplan", re.DOTALL)
_ENCRYPTED = ("encrypted_data", "encryption_version", "sops")
_LARGE = 8 << 20


def check_committed(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every state or plan file with something in it."""
    for path, source in sorted(directory.files.items()):
        what = _plan(path, source) or _state(path, source)
        if what:
            name = path.rpartition("/")[2]
            span = Span(path=path, start_line=1, end_line=1)
            whole = Span(path=path, start_line=1, end_line=max(1, source.rstrip().count(b"\n") + 1))
            yield Hit(span=span, block=whole, resource=name, message=f"{name} is {what}.")


def _plan(path: str, source: bytes) -> str:
    """What kind of saved plan this is, "" for none. Terraform's are archives whose first entry is `tfplan`."""
    if _ARCHIVED_PLAN.match(source):
        return "a saved Terraform plan, with the state and the values of all variables in it"
    if path.lower().endswith(".json") and b'"planned_values"' in source and b'"terraform_version"' in source:
        document = read_json(source)
        if document and document.get("planned_values") and _count(document.get("resource_changes")):
            return "a Terraform plan in JSON, which shows sensitive values in plain text"
    return ""


def _state(path: str, source: bytes) -> str:
    """What kind of state this is, "" for none or one that gives nothing away."""
    named = bool(_STATE_NAME.search(path))
    if not source.strip() or not (named or _looks_like_state(path, source)):
        return ""
    document = read_json(source) if len(source) <= _LARGE else None
    if document is None:
        return _unread_state(source) if named else ""
    if document.kind is not Kind.MAP or any(document.get(key) for key in _ENCRYPTED):
        return ""
    return _described(document) if _is_state(document) else ""


def _unread_state(source: bytes) -> str:
    """A file with the name of a state that is not JSON: cut short, in conflict, or a pointer to large-file storage."""
    if source.startswith(b"version https://git-lfs"):
        return "a pointer to a Terraform state in large-file storage, where all readers of the repository find it"
    return "named as a Terraform state and cannot be read as one" if b'"resources"' in source else ""


def _looks_like_state(path: str, source: bytes) -> bool:
    return path.lower().endswith(".json") and all(word in source for word in (b'"lineage"', b'"serial"', b'"version"'))


def _is_state(document: Value) -> bool:
    return document.get("version", "format_version") is not None and any(
        document.get(key) for key in ("resources", "modules", "outputs", "backend", "values")
    )


def _described(document: Value) -> str:
    """What a state holds; "" when it holds nothing."""
    resources = _count(document.get("resources"))
    modules = document.get("modules")
    for module in modules.items() if modules else ():  # the form before Terraform 0.12
        resources += _count(module.get("resources"))
    if resources:
        return f"a Terraform state with {resources} resource{'s' if resources > 1 else ''} in plain text"
    if _count(document.get("outputs")) or document.get("values"):
        return "a Terraform state with output values in plain text"
    backend = document.get("backend")
    return "Terraform's record of the backend, with its credentials if it has any" if backend else ""


def _count(value: Value | None) -> int:
    return len(value.entries) if value else 0


_KEEPS_OUT = re.compile(
    rb"^\s*/?(?:\*\*/)?(?:\*|\*\.\*|\*?\.?(?:terraform\.)?tfstate\*?|\*\.tfstate(?:\.\*|\*)?)\s*$", re.MULTILINE
)


def check_ignored(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for a repository whose state is written beside its code, and whose .gitignore lets it in.

    Only the .gitignore of the whole repository is known to be the last word.
    """
    source = directory.files.get(".gitignore")
    if source is None or _KEEPS_OUT.search(source):
        return
    local = [backend.type == "local" for backend in read_backends(directory)]
    makes = any(block.type == "resource" for block in read_blocks(directory))
    if makes and is_root(directory) and all(local):
        span = Span(path=".gitignore", start_line=1, end_line=1)
        message = "A run writes terraform.tfstate here, and .gitignore does not keep it out."
        yield Hit(span=span, block=span, resource=".gitignore", message=message)


COMMITTED = Rule(
    id="PLB_STATE_1",
    title="Terraform state or plan is committed",
    severity=Severity.CRITICAL,
    why="A state or plan holds every attribute of every resource in plain text: passwords, private keys, tokens. Once "
    "merged it stays in the history of every clone, so taking it out later does not help.",
    remedy="Take the file out of this branch's history, rotate every secret in it, keep state in a remote backend with "
    "encryption and access control, and add *.tfstate* and *.tfplan to .gitignore.",
    references=(
        "https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
        "https://developer.hashicorp.com/terraform/language/state/remote",
    ),
    check=check_committed,
)

IGNORED = Rule(
    id="PLB_STATE_13",
    title="State is not kept out of the repository",
    severity=Severity.LOW,
    why="The next git add takes the state along, with every secret in it in plain text, and history keeps it.",
    remedy="Add *.tfstate, *.tfstate.* and *.tfplan to .gitignore; better, keep state in a remote backend.",
    references=("https://developer.hashicorp.com/terraform/language/state/remote",),
    check=check_ignored,
)

RULES = (COMMITTED, IGNORED)
