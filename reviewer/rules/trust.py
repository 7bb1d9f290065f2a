"""Who trusts GitHub's OIDC provider: IAM statements wherever they are written.

Reads policy documents and roles of Terraform, templates of CloudFormation and policy files into one shape. Knows what
names in one directory or template stand for; what is right or wrong is the rule's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reviewer.model import Span
from reviewer.rules.documents import Kind, Value, embedded_json, read_json, read_yaml
from reviewer.rules.rule import Directory
from reviewer.rules.terraform import Block, Locals, read_blocks, read_locals, resolve

PROVIDER = "token.actions.githubusercontent.com"
_ABOUT = re.compile(re.escape(PROVIDER) + "|AssumeRoleWithWebIdentity", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition: all of them must hold, and one of `items` for each."""

    operator: str
    key: str  # `token.actions.githubusercontent.com:sub`; may hold expressions
    values: Value  # where they are written
    items: tuple[Value, ...]  # what they are, as far as that is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A statement that lets GitHub's provider in. `principal` is where it does so."""

    resource: str
    block: Span
    principal: Value
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    """A statement that allows something. `conditions` is None when they are not known."""

    actions: tuple[Value, ...]
    principals: tuple[Value, ...]  # the federated ones
    conditions: tuple[Condition, ...] | None


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


def _trusts(statement: _Statement | None, resource: str, block: Span, scope: _Scope) -> Iterator[Trust]:
    if statement is None or statement.conditions is None or not statement.principals or not _assumes(statement):
        return
    github = next((p for p in statement.principals if _names_github(p, scope)), None)
    if github is None and any(PROVIDER in condition.key for condition in statement.conditions):
        github = statement.principals[0]
    if github is not None:
        yield Trust(resource=resource, block=block, principal=github, conditions=statement.conditions)


_ASSUMES = re.compile(r"^(?:\*|sts:\*|sts:AssumeRole[\w*]*\*|sts:AssumeRoleWithWebIdentity)$", re.IGNORECASE)


def _assumes(statement: _Statement) -> bool:
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
        for statement in _entries(block.value.get("statement"), scope):
            if not (overridden and statement.get("sid")):
                yield from _trusts(_from_document_block(statement, scope), block.address, block.span, scope)
        return
    for name, entry in block.value.entries:
        address = f"local.{name}" if block.type == "locals" else block.address
        for statement in _statements(entry):
            span = block.span
            if block.type == "locals":
                span = Span(path=block.path, start_line=entry.line, end_line=entry.end_line)
            yield from _trusts(_from_policy(statement, scope), address, span, scope)


def _from_document_block(statement: Value, scope: _Scope) -> _Statement | None:
    """A `statement` block of `aws_iam_policy_document`."""
    if _text(statement.get("effect"), scope) not in ("", "Allow"):
        return None
    principals = _entries(statement.get("principals"), scope)
    federated = [p.get("identifiers") for p in principals if _text(p.get("type"), scope) == "Federated"]
    return _Statement(
        actions=tuple(_entries(statement.get("actions"), scope)),
        principals=tuple(item for identifiers in federated for item in _entries(identifiers, scope)),
        conditions=_block_conditions(statement, scope),
    )


def _block_conditions(statement: Value, scope: _Scope) -> tuple[Condition, ...] | None:
    conditions = []
    for entry in _entries(statement.get("condition"), scope):
        test, key, values = entry.get("test"), entry.get("variable"), entry.get("values")
        if test is None or key is None or values is None or _text(test, scope) == "?":
            return None
        conditions.append(_condition(_text(test, scope), key, values, scope))
    return tuple(conditions)


def _condition(operator: str, key: Value, values: Value, scope: _Scope) -> Condition:
    items = tuple(_substituted(item) for item in _entries(values, scope))
    return Condition(operator=operator, key=resolve(key, scope.locals).text, values=values, items=items)


def _substituted(value: Value) -> Value:
    """CloudFormation's Sub as the text it makes, its variables left in."""
    text = value.get("Fn::Sub")
    return text if text and text.kind is Kind.TEXT else value


# Policies in JSON's shape


def _statements(value: Value) -> Iterator[Value]:
    """The statements of every policy in a value, also of policies that are written as text."""
    for inner in value.walk():
        if inner.kind in (Kind.TEXT, Kind.TEMPLATE):
            written = embedded_json(inner) if _ABOUT.search(inner.text) else None
            yield from _statements(written) if written else ()
            continue
        statements = inner.get("Statement")
        if statements:
            yield from (item for item in statements.items() if item.kind is Kind.MAP)


def _from_policy(statement: Value, scope: _Scope) -> _Statement | None:
    if _text(statement.get("Effect"), scope) != "Allow":
        return None
    principal = statement.get("Principal")
    federated = resolve(principal, scope.locals).get("Federated") if principal else None
    return _Statement(
        actions=tuple(_entries(statement.get("Action"), scope)),
        principals=tuple(_entries(federated, scope)),
        conditions=_policy_conditions(statement.get("Condition"), scope),
    )


def _policy_conditions(value: Value | None, scope: _Scope) -> tuple[Condition, ...] | None:
    if value is None:
        return ()
    value = resolve(value, scope.locals)
    conditions = []
    for operator, tests in value.entries:
        tests = resolve(tests, scope.locals)  # noqa: PLW2901
        if tests.kind is not Kind.MAP or operator.startswith("Fn::"):
            return None
        for key, values in tests.entries:
            name = Value(kind=Kind.UNKNOWN, line=values.line, end_line=values.end_line, text=key)
            conditions.append(_condition(operator, name, values, scope))
    return tuple(conditions) if value.kind is Kind.MAP else None


def _document_trusts(path: str, document: Value) -> Iterator[Trust]:
    """Trusts in a JSON or YAML document: a template of CloudFormation, or any file with policies in it."""
    resources = document.get("Resources")
    declared = resources.entries if resources and resources.kind is Kind.MAP else ()
    scope = _Scope(providers=frozenset(name for name, resource in declared if _is_provider(resource)))
    places = [(name, resource) for name, resource in declared if resource.get("Type")]
    for name, place in places or [(path.rpartition("/")[2], document)]:
        span = Span(path=path, start_line=place.line, end_line=max(place.line, place.end_line))
        for statement in _statements(place):
            yield from _trusts(_from_policy(statement, scope), name, span, scope)


def _is_provider(resource: Value) -> bool:
    properties = resource.get("Properties")
    url = properties.get("Url") if properties else None
    return url is not None and any(PROVIDER in value.text for value in url.walk())


def _entries(value: Value | None, scope: _Scope) -> list[Value]:
    """The items of a list (or of the one value that stands for it), each followed to where it comes from."""
    if value is None:
        return []
    items = resolve(value, scope.locals).items()
    return [_at(resolve(item, scope.locals), value, item) for item in items]


def _at(value: Value, outer: Value, item: Value) -> Value:
    """A value that comes from elsewhere is found where it is used."""
    used = item if outer.line <= item.line <= outer.end_line else outer
    return Value(kind=value.kind, line=used.line, end_line=used.end_line, text=value.text, entries=value.entries)


def _text(value: Value | None, scope: _Scope) -> str:
    """The plain text of a value; "" when it is absent, "?" when it is not known."""
    if value is None:
        return ""
    value = resolve(value, scope.locals)
    return value.text if value.kind is Kind.TEXT else "?"
