"""Who trusts GitHub's OIDC provider: IAM statements wherever they are written.

Reads policy documents and roles of Terraform, templates of CloudFormation and policy files into one shape. Knows what
names in one directory or template stand for; what is right or wrong is the rule's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reviewer.model import Span
from reviewer.rules.documents import Kind, Value, read_json, read_yaml
from reviewer.rules.rule import Directory
from reviewer.rules.statements import Condition, Statement, entries, read_block, read_statement, written_statements
from reviewer.rules.terraform import Block, Locals, read_blocks, read_locals, resolve

PROVIDER = "token.actions.githubusercontent.com"
_ABOUT = re.compile(re.escape(PROVIDER) + "|AssumeRoleWithWebIdentity", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A statement that lets GitHub's provider in. `principal` is where it does so."""

    resource: str
    block: Span
    principal: Value
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """What names in one directory or template stand for."""

    locals: Locals = field(default_factory=dict)
    providers: frozenset[str] = frozenset()  # addresses of GitHub's provider, where it is declared beside its use


def read_trusts(directory: Directory) -> Iterator[Trust]:
    """Yield the statements of a directory that surely trust GitHub's provider, under conditions that are known."""
    if not any(PROVIDER.encode() in source for source in directory.files.values()):
        return
    blocks = read_blocks(directory)
    locals_ = read_locals(blocks)
    scope = _Scope(locals=locals_, providers=frozenset(_providers(blocks, locals_)))
    for block in blocks:
        yield from _terraform_trusts(block, scope)
    for path in directory.named(".json", ".yml", ".yaml", ".template", ".tpl", ".tftpl"):
        source = directory.files[path]
        if PROVIDER.encode() in source and not path.lower().endswith((".tf.json", ".tofu.json")):
            document = read_json(source)
            for template in (document,) if document else read_yaml(source):
                yield from _document_trusts(path, template)


def _trusts(statement: Statement, resource: str, block: Span, scope: _Scope) -> Iterator[Trust]:
    federated = statement.principals_of("Federated")
    if not statement.allows or statement.conditions is None or not federated or not _assumes(statement):
        return
    github = next((principal for principal in federated if _names_github(principal, scope)), None)
    if github is None and any(PROVIDER in condition.key for condition in statement.conditions):
        github = federated[0]
    if github is not None:
        yield Trust(resource=resource, block=block, principal=github, conditions=statement.conditions)


_ASSUMES = re.compile(r"^(?:\*|sts:\*|sts:AssumeRole[\w*]*\*|sts:AssumeRoleWithWebIdentity)$", re.IGNORECASE)


def _assumes(statement: Statement) -> bool:
    """Whether the statement may be about taking a role with a token; actions that are not known may be."""
    unknown = any(action.kind is not Kind.TEXT for action in statement.actions)
    return unknown or not statement.actions or any(_ASSUMES.match(action.text) for action in statement.actions)


_REFERENCE = re.compile(r"(?:data\.)?aws_iam_openid_connect_provider\.[\w-]+")


def _names_github(principal: Value, scope: _Scope) -> bool:
    for value in principal.walk():
        if PROVIDER in value.text or value.text.partition(".")[0] in scope.providers:
            return True
        if value.kind is not Kind.TEXT and not scope.providers.isdisjoint(_REFERENCE.findall(value.text)):
            return True
    return False


# Terraform


def _providers(blocks: Iterable[Block], locals_: Locals) -> Iterator[str]:
    for block in blocks:
        url = block.value.get("url") if "aws_iam_openid_connect_provider" in block.labels else None
        if url and PROVIDER in resolve(url, locals_).text:
            yield block.address


def _terraform_trusts(block: Block, scope: _Scope) -> Iterator[Trust]:
    if block.labels[:1] == ("aws_iam_policy_document",):
        overridden = block.value.get("override_policy_documents", "override_json") is not None
        for statement in entries(block.value.get("statement"), scope.locals):
            if not (overridden and statement.get("sid")):
                yield from _trusts(read_block(statement, scope.locals), block.address, block.span, scope)
        return
    for name, entry in block.value.entries:
        address = f"local.{name}" if block.type == "locals" else block.address
        for statement in written_statements(entry, _ABOUT):
            span = block.span
            if block.type == "locals":
                span = Span(path=block.path, start_line=entry.line, end_line=entry.end_line)
            yield from _trusts(read_statement(statement, scope.locals), address, span, scope)


# Policies in JSON's shape


def _document_trusts(path: str, document: Value) -> Iterator[Trust]:
    """Trusts in a JSON or YAML document: a template of CloudFormation, or any file with policies in it."""
    resources = document.get("Resources")
    declared = resources.entries if resources and resources.kind is Kind.MAP else ()
    scope = _Scope(providers=frozenset(name for name, resource in declared if _is_provider(resource)))
    places = [(name, resource) for name, resource in declared if resource.get("Type")]
    for name, place in places or [(path.rpartition("/")[2], document)]:
        span = Span(path=path, start_line=place.line, end_line=max(place.line, place.end_line))
        for statement in written_statements(place, _ABOUT):
            yield from _trusts(read_statement(statement, scope.locals), name, span, scope)


def _is_provider(resource: Value) -> bool:
    properties = resource.get("Properties")
    url = properties.get("Url") if properties else None
    return url is not None and any(PROVIDER in value.text for value in url.walk())
