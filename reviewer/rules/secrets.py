"""Credentials that are written into code: under a name that says so, in scripts of machines, or in a known format.

Reads Terraform (arguments, defaults, locals, outputs, variable files) and CloudFormation. Never repeats a value. What
Checkov's detectors know by its format is theirs to say; where they only see entropy, these rules say what it is.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reviewer.model import Severity
from reviewer.rules.documents import Kind, Value, embedded_json, from_hcl, read_json
from reviewer.rules.resource import plain, read_documents
from reviewer.rules.roots import hit
from reviewer.rules.rule import Directory, Hit, Rule
from reviewer.rules.secret_words import SERVICES, is_credential, is_named, service_of
from reviewer.rules.terraform import Block, read_blocks

_MOST_LINES = 5_000
_PASSED_OVER = frozenset({"data", "provider", "terraform", "moved", "import", "removed", "check"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A value under a name, and what it belongs to."""

    name: str
    value: Value
    path: str
    owner: str


def check_named(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every literal that is surely a credential by the name it stands under."""
    seen = set()
    for found in (*_terraform(directory), *_variable_files(directory), *_templates(directory)):
        for item in _leaves(found):
            place = (item.path, item.value.line, item.owner)
            if item.value.kind is Kind.TEXT and place not in seen and is_credential(item.name, item.value.text):
                seen.add(place)
                message = f"{item.owner} has {item.name[:80]} written into the code."
                yield hit(item.path, item.value, item.owner, message, item.value)


def check_known(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every line that holds a credential in the format of a service."""
    for path, source in directory.files.items():
        if not any(piece.encode() in source for piece, _ in SERVICES.values()):
            continue
        for number, line in enumerate(source.split(b"\n"), 1):
            service = service_of(line[:20_000].decode("utf-8", "replace"))
            if service:
                at = Value(kind=Kind.TEXT, line=number, end_line=number)
                name = path.rpartition("/")[2]
                yield hit(path, at, name, f"This line holds a credential of {service}.", at)


# Where values are named


def _terraform(directory: Directory) -> Iterator[Named]:
    for block in read_blocks(directory):
        if block.type in _PASSED_OVER:
            continue
        if block.type in ("variable", "output"):
            value = block.value.get("default" if block.type == "variable" else "value")
            if value and block.labels:
                yield Named(name=block.labels[0], value=value, path=block.path, owner=block.address)
            continue
        ignored = _ignored(block)
        if (pair := _pair(block.value)) and "value" not in ignored:  # a parameter, a secret of a repository
            yield Named(name=pair[0], value=pair[1], path=block.path, owner=block.address)
        for name, value in block.value.entries:
            if name not in ignored:
                owner = f"local.{name}" if block.type == "locals" else block.address
                yield Named(name=name, value=value, path=block.path, owner=owner)


def _ignored(block: Block) -> frozenset[str]:
    """What a resource has `ignore_changes` for: the literal is then the first value only, changed by hand."""
    lifecycle = block.value.get("lifecycle")
    entries = [changes for item in lifecycle.items() if (changes := item.get("ignore_changes"))] if lifecycle else []
    return frozenset(value.text.partition("[")[0] for entry in entries for value in entry.items())


def _variable_files(directory: Directory) -> Iterator[Named]:
    for path in directory.named(".tfvars", ".tfvars.json"):
        if path.lower().endswith(".json"):
            document = read_json(directory.files[path])
            entries = document.entries if document else ()
        else:
            entries = tuple((entry.name, from_hcl(entry)) for entry in directory.hcl(path).attributes)
        for name, value in entries:
            yield Named(name=name, value=value, path=path, owner=f"var.{name}")


def _templates(directory: Directory) -> Iterator[Named]:
    for path, document in read_documents(directory):
        resources, parameters = document.get("Resources"), document.get("Parameters")
        for name, parameter in parameters.entries if parameters else ():
            if default := parameter.get("Default"):
                yield Named(name=name, value=default, path=path, owner=name)
        for name, resource in resources.entries if resources else ():
            properties = resource.get("Properties")
            for key, value in properties.entries if properties and "::" in (plain(resource.get("Type")) or "") else ():
                yield Named(name=key, value=value, path=path, owner=name)


# What a value holds

_SCRIPT = re.compile(
    r"^(?:user_?data|custom_?data|.*startup.?script.*|.*cloud_?init.*|user-data|command|script)(?:_base64)?$", re.I
)
_PAIR_NAMES = ("name", "Name", "key", "Key")
_PAIR_VALUES = ("value", "Value")


def _leaves(found: Named) -> Iterator[Named]:
    """Yield the texts in a value, each under the name that is nearest to it."""
    value = found.value
    if _SCRIPT.match(found.name) and value.kind in (Kind.TEXT, Kind.TEMPLATE):
        yield from _script(found)
    elif value.kind in (Kind.TEXT, Kind.TEMPLATE):
        document = _document(value)
        if document is None:
            yield found
        else:
            yield from (item for entry in document.items() for item in _leaves(replace(found, value=entry)))
    elif pair := _pair(value):
        yield from _leaves(replace(found, name=pair[0], value=pair[1]))
    else:
        for name, entry in value.entries:
            inside = not name or name.startswith("Fn::") or name in ("Ref", "default")
            if name not in ("Ref", "Fn::GetAtt", "Fn::ImportValue", "Fn::FindInMap", "Fn::If"):
                yield from _leaves(replace(found, name=found.name if inside else name, value=entry))


def _document(value: Value) -> Value | None:
    """The JSON in a text that speaks of credentials."""
    text = value.text.lstrip()
    return embedded_json(value) if text.startswith(("{", "[", "<<")) and is_credential_text(text) else None


def is_credential_text(text: str) -> bool:
    """Whether a text has a word for credentials in it at all."""
    folded = text.lower()
    return any(word in folded for word in ("pass", "secret", "token", "key", "pwd", "conn", "credential"))


def _pair(value: Value) -> tuple[str, Value] | None:
    """What `{name = "DB_PASSWORD", value = "..."}` says; None for any other map."""
    name, inner = value.get(*_PAIR_NAMES), value.get(*_PAIR_VALUES)
    text = plain(name)
    return (text, inner) if text and inner is not None else None


_ASSIGNED = re.compile(
    r"""(?:^|[\s;&"'-])(?P<name>[A-Za-z][\w.-]{2,60}?)\\?["']?\s{0,3}(?:=|:\s)\s{0,3}\\?(?P<q>["']?)
    (?P<value>[^\s"'\\;]{4,200})""",
    re.VERBOSE,
)


def _script(found: Named) -> Iterator[Named]:
    """Yield what a script assigns, line by line; the script may be written in base64."""
    text, value = found.value.text, found.value
    decoded = _decoded(text)
    in_block = decoded is None and value.end_line > value.line
    heredoc = text.lstrip().startswith("<<")
    for number, line in enumerate((decoded or text).split("\n")[:_MOST_LINES]):
        for match in _ASSIGNED.finditer(line[:2000]) if is_credential_text(line) else ():
            if is_named(match["name"]):
                at = min(value.line + number + (0 if heredoc else 1), value.end_line) if in_block else value.line
                literal = Value(kind=Kind.TEXT, line=at, end_line=at, text=match["value"])
                yield replace(found, name=match["name"], value=literal)


def _decoded(text: str) -> str | None:
    if not re.fullmatch(r"[A-Za-z0-9+/\s]{24,100000}={0,2}\s*", text):
        return None
    try:
        return base64.b64decode(text, validate=False).decode()
    except (binascii.Error, ValueError):
        return None


_ENTROPY = ("CKV_SECRET_6", "CKV_SECRET_10", "CKV_SECRET_19", "CKV_SECRET_4")

RULES = (
    Rule(
        id="PLB_SECRET_1",
        title="Credential is written into the code",
        severity=Severity.HIGH,
        why="Everybody who can read the repository, now or in its history, can use it, and Terraform copies it into "
        "state and plans. Taking it out later does not take it back.",
        remedy="Change the credential, then read it at run time from a secret store; where it has to pass through the "
        "code, take it from a sensitive (better: ephemeral) variable, or a parameter with NoEcho, without a default.",
        references=(
            "https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
            "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/security-best-practices.html#creds",
        ),
        supersedes=(*_ENTROPY, "CKV_AWS_45", "CKV_AWS_46", "CKV_AZURE_45", "PLB_KEY_6"),
        check=check_named,
        hides=True,
    ),
    Rule(
        id="PLB_SECRET_2",
        title="Credential of a known service is committed",
        severity=Severity.CRITICAL,
        why="Its format says that it is real, and robots find such credentials in repositories within minutes. History "
        "keeps it, whatever is changed later.",
        remedy="Revoke it at the service now, then issue a new one and keep it in a secret store.",
        references=("https://docs.github.com/en/code-security/secret-scanning/introduction/about-secret-scanning",),
        supersedes=_ENTROPY,
        check=check_known,
        hides=True,
    ),
)
