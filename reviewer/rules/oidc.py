"""Who may become a cloud identity through GitHub's OIDC provider.

Reads trust policies wherever they are written: policy documents and roles of Terraform, CloudFormation, policy files.
What depends on variables counts as right: the rule speaks only when it is sure.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reviewer.model import Severity, Span
from reviewer.rules.documents import Kind, Value, embedded_json, read_json, read_yaml
from reviewer.rules.rule import Directory, Hit, Rule
from reviewer.rules.terraform import Block, Locals, read_blocks, read_locals, resolve

PROVIDER = "token.actions.githubusercontent.com"
_ASSUMES = re.compile(r"^(?:\*|sts:\*|sts:AssumeRole[\w*]*\*|sts:AssumeRoleWithWebIdentity)$", re.IGNORECASE)


_ABOUT = re.compile(re.escape(PROVIDER) + "|AssumeRoleWithWebIdentity", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Condition:
    operator: str
    key: str  # `token.actions.githubusercontent.com:sub`; may hold expressions
    values: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    """A statement of a policy, in whatever syntax. `conditions` is None when they are not known."""

    actions: tuple[Value, ...]
    principals: tuple[Value, ...]  # the federated ones
    conditions: tuple[_Condition, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """What names in one directory or template stand for."""

    locals: Locals = field(default_factory=dict)
    providers: frozenset[str] = frozenset()  # addresses of GitHub's provider, where it is declared beside its use


def check_subject(directory: Directory) -> Iterator[Hit]:
    """Yield a hit for every statement that lets GitHub's provider in and does not say which repositories."""
    blocks = read_blocks(directory) if any(PROVIDER.encode() in source for source in directory.files.values()) else ()
    scope = _Scope(locals=(locals_ := read_locals(blocks)), providers=frozenset(_providers(blocks, locals_)))
    for block in blocks:
        yield from _terraform_hits(block, scope)
    for path in directory.named(".json", ".yml", ".yaml", ".template", ".tpl", ".tftpl"):
        source = directory.files[path]
        if PROVIDER.encode() in source and not path.lower().endswith((".tf.json", ".tofu.json")):
            document = read_json(source)
            for template in (document,) if document else read_yaml(source):
                yield from _document_hits(path, template)


# Terraform


def _providers(blocks: Iterable[Block], locals_: Locals) -> Iterator[str]:
    for block in blocks:
        url = block.value.get("url") if "aws_iam_openid_connect_provider" in block.labels else None
        if url and PROVIDER in resolve(url, locals_).text:
            yield block.address


def _terraform_hits(block: Block, scope: _Scope) -> Iterator[Hit]:
    if block.labels[:1] == ("aws_iam_policy_document",):
        overridden = block.value.get("override_policy_documents", "override_json") is not None
        for statement in _entries(block.value.get("statement"), scope):
            if not (overridden and statement.get("sid")):
                yield from _hits(_from_document_block(statement, scope), block.path, block.span, block.address, scope)
        return
    for name, entry in block.value.entries:
        address = f"local.{name}" if block.type == "locals" else block.address
        for statement in _statements(entry):
            span = block.span
            if block.type == "locals":
                span = Span(path=block.path, start_line=entry.line, end_line=entry.end_line)
            yield from _hits(_from_policy(statement, scope), block.path, span, address, scope)


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


def _block_conditions(statement: Value, scope: _Scope) -> tuple[_Condition, ...] | None:
    conditions = []
    for entry in _entries(statement.get("condition"), scope):
        test, key, values = entry.get("test"), entry.get("variable"), entry.get("values")
        if test is None or key is None or values is None or _text(test, scope) == "?":
            return None
        conditions.append(_Condition(operator=_text(test, scope), key=resolve(key, scope.locals).text, values=values))
    return tuple(conditions)


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


def _policy_conditions(value: Value | None, scope: _Scope) -> tuple[_Condition, ...] | None:
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
            conditions.append(_Condition(operator=operator, key=resolve(name, scope.locals).text, values=values))
    return tuple(conditions) if value.kind is Kind.MAP else None


def _document_hits(path: str, document: Value) -> Iterator[Hit]:
    """Hits in a JSON or YAML document: a template of CloudFormation, or any file with policies in it."""
    resources = document.get("Resources")
    declared = resources.entries if resources and resources.kind is Kind.MAP else ()
    scope = _Scope(providers=frozenset(name for name, resource in declared if _is_provider(resource)))
    places = [(name, resource) for name, resource in declared if resource.get("Type")]
    for name, place in places or [(path.rpartition("/")[2], document)]:
        span = Span(path=path, start_line=place.line, end_line=max(place.line, place.end_line))
        for statement in _statements(place):
            yield from _hits(_from_policy(statement, scope), path, span, name, scope)


def _is_provider(resource: Value) -> bool:
    properties = resource.get("Properties")
    url = properties.get("Url") if properties else None
    return url is not None and any(PROVIDER in value.text for value in url.walk())


# The judgement


def _hits(statement: _Statement | None, path: str, block: Span, resource: str, scope: _Scope) -> Iterator[Hit]:
    if statement is None or statement.conditions is None or not _lets_github_in(statement, scope):
        return
    open_subject = None
    for condition in statement.conditions:
        found = _open_value(condition, scope)
        if found is None:
            return
        open_subject = found if _claim(condition) == "sub" and open_subject is None else open_subject
    place = open_subject or next(iter(statement.principals))
    span = Span(path=path, start_line=place.line, end_line=max(place.line, place.end_line))
    yield Hit(span=span, block=block, resource=resource, message=_message(resource, open_subject))


def _message(resource: str, open_subject: Value | None) -> str:
    if open_subject is None:
        return f"{resource} trusts GitHub's OIDC provider without a condition on the subject (sub)."
    return f"{resource} trusts GitHub's OIDC provider for the subject {open_subject.text[:80]!r}, which names no owner."


def _lets_github_in(statement: _Statement, scope: _Scope) -> bool:
    known = [action for action in statement.actions if action.kind is Kind.TEXT]
    if known and len(known) == len(statement.actions) and not any(_ASSUMES.match(action.text) for action in known):
        return False
    if any(_names_github(principal, scope) for principal in statement.principals):
        return True
    keys = statement.conditions or ()
    return bool(statement.principals) and any(PROVIDER in condition.key for condition in keys)


_REFERENCE = re.compile(r"(?:data\.)?aws_iam_openid_connect_provider\.[\w-]+")


def _names_github(principal: Value, scope: _Scope) -> bool:
    for value in principal.walk():
        if PROVIDER in value.text or value.text.partition(".")[0] in scope.providers:
            return True
        if value.kind is not Kind.TEXT and not scope.providers.isdisjoint(_REFERENCE.findall(value.text)):
            return True
    return False


_CLAIM = re.compile(r":(\w+)$")
_OWNERS = frozenset({"repo", "repository", "job_workflow_ref", "workflow_ref"})
_NAMES = frozenset({"repository_id", "repository_owner", "repository_owner_id", "enterprise", "enterprise_id"})
_PEOPLE = frozenset({"actor", "actor_id"})
_PINNING = _OWNERS | _NAMES | _PEOPLE


def _claim(condition: _Condition) -> str:
    """The claim that a condition is about, such as `sub`; "" when its key is an expression that hides it."""
    match = _CLAIM.search(condition.key)
    return match[1].lower() if match else ""


def _open_value(condition: _Condition, scope: _Scope) -> Value | None:
    """The value by which strangers pass this condition, or the condition's values when it is about something else.

    None: strangers do not pass, or nobody can tell.
    """
    claim = _claim(condition)
    if not claim:
        return None
    operator = condition.operator.rpartition(":")[2].lower().removesuffix("ifexists")
    if (claim != "sub" and claim not in _PINNING) or "not" in operator or operator == "null":
        return condition.values
    wildcards = operator in ("stringlike", "arnlike", "arnequals")
    values = map(_substituted, _entries(condition.values, scope))
    return next((value for value in values if _is_open(claim, value, wildcards=wildcards)), None)


def _substituted(value: Value) -> Value:
    """CloudFormation's Sub as the text it makes, its variables left in."""
    text = value.get("Fn::Sub")
    return text if text and text.kind is Kind.TEXT else value


def _is_open(claim: str, value: Value, *, wildcards: bool) -> bool:
    """Whether a stranger can have a token with such a claim. What is not known is not open."""
    text = re.sub(r"\$\{[^}]*\}", "\0", value.text)
    if value.kind not in (Kind.TEXT, Kind.TEMPLATE) or (not wildcards and re.search(r"[*?]", text)):
        return False  # a wildcard that is compared as it is written matches nobody
    if claim != "sub":
        return wildcards and not _is_pinned(claim, text)
    parts = text.split(":")
    if any(_is_pinned(name, part) for name, part in itertools.pairwise(parts)):
        return False
    anybody = parts[0] in _OWNERS and len(parts) > 1 and parts[1][:1] in ("*", "?")
    return anybody or "\0" not in text


def _is_pinned(claim: str, text: str) -> bool:
    """Whether a claim's value names an owner, an id or a person without a wildcard."""
    name = text.partition("/")[0] if claim in _OWNERS else text
    return claim in _PINNING and bool(name) and not re.search(r"[*?]", name)


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


SUBJECT = Rule(
    id="PLB_OIDC_1",
    title="Any repository on GitHub may assume this role",
    severity=Severity.CRITICAL,
    why="GitHub's OIDC provider signs tokens for every repository on GitHub. Only the subject (sub) tells yours apart: "
    "without it, or with a wildcard for the owner, a workflow in a stranger's repository gets this identity.",
    remedy=f"Add a condition on {PROVIDER}:sub that names your organization and repository, such as "
    '"repo:my-org/my-repo:ref:refs/heads/main" or "repo:my-org/my-repo:environment:production".',
    references=(
        "https://docs.github.com/en/actions/security-for-github-actions/security-hardening-your-deployments/configuring-openid-connect-in-amazon-web-services",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html",
    ),
    check=check_subject,
)

RULES = (SUBJECT,)
