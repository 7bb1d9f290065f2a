"""The IAM policies of a directory, template or plan: whose they are and what their statements say.

Owns where policies are written and which of them are no grants at all (filters of endpoints and organizations). Says
nothing about right and wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.rules.documents import Kind, Value
from reviewer.rules.plan import policies as plan
from reviewer.rules.resource import Form, Resource, View, is_function, mentioned, plain
from reviewer.rules.statements import Condition, Statement, entries, read_block, read_statement, written_statements

_WRITTEN = re.compile("Statement")
_TRUST = frozenset({"assume_role_policy", "AssumeRolePolicyDocument"})
_FILTERS = frozenset(
    {"aws_vpc_endpoint", "aws_vpc_endpoint_policy", "AWS::EC2::VPCEndpoint"}
    | {"aws_organizations_policy", "AWS::Organizations::Policy", "aws_cloudformation_stack"}
)
"""What these say is allowed gives nobody anything: it only bounds what others give."""

_DOCUMENT = "aws_iam_policy_document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy. `is_trust` says that it is about who may assume a role."""

    resource: Resource
    is_trust: bool
    allowing: tuple[Statement, ...]  # the statements that surely allow something
    used_by: frozenset[str] = frozenset()  # types that a document of Terraform is used in, as far as it is told here

    @property
    def is_identity(self) -> bool:
        """Whether it is about what its holder may do: none of its statements says who."""
        return not self.is_trust and not any(s.principals or s.not_principals for s in self.allowing)


def read_policies(view: View) -> tuple[Policy, ...]:
    """Return every policy of a view, those of `aws_iam_policy_document` among them."""
    kept = view.kept.get("policies")
    if kept is None:
        kept = view.kept["policies"] = tuple(_policies(view))
    return kept if isinstance(kept, tuple) else ()


def _policies(view: View) -> Iterator[Policy]:
    uses = dict(_uses(view))
    for resource in view.resources:
        if resource.form is Form.KUBERNETES or resource.type in _FILTERS:
            continue
        if resource.type == _DOCUMENT:
            places = uses.get(resource.address, frozenset())
            types = frozenset(type_ for type_, _ in places)
            if not types & _FILTERS:
                yield _document(resource, types, is_trust=any(name in _TRUST for _, name in places))
            continue
        for name, entry in resource.value.entries:
            statements = [read_statement(written, {}) for written in written_statements(entry, _WRITTEN)]
            if statements:
                allowing = tuple(s for s in statements if s.allows)
                yield Policy(resource=resource, is_trust=name in _TRUST, allowing=allowing)


def _document(document: Resource, types: frozenset[str], *, is_trust: bool) -> Policy:
    overridden = document.value.get("override_policy_documents", "override_json") is not None
    written = [s for s in entries(document.value.get("statement"), {}) if s.kind is Kind.MAP]
    kept = [read_block(s, {}) for s in written if not (overridden and s.get("sid"))]
    allowing = tuple(statement for statement in kept if statement.allows)
    is_trust = is_trust or (not types and any(_assumes(statement) for statement in allowing))
    return Policy(resource=document, is_trust=is_trust, allowing=allowing, used_by=types)


def _assumes(statement: Statement) -> bool:
    """Whether a statement lets somebody assume what it is attached to, as only a trust policy does."""
    actions = names(statement.actions)
    assumed = all(action.lower().startswith("sts:assumerole") for action in actions)
    return bool(statement.principals and actions) and assumed and not statement.resources


def _uses(view: View) -> Iterator[tuple[str, frozenset[tuple[str, str]]]]:
    """Documents, and the types and attributes that mention them."""
    found: dict[str, set[tuple[str, str]]] = {}
    for resource in view.resources if any(r.type == _DOCUMENT for r in view.resources) else ():
        for name, entry in resource.value.entries:
            for value in entry.walk():
                if value.kind in (Kind.UNKNOWN, Kind.TEMPLATE) and _DOCUMENT in value.text:
                    for address in mentioned(_holding(resource, value)):
                        found.setdefault(address, set()).add((resource.type, name))
    yield from ((address, frozenset(places)) for address, places in found.items())


def _holding(resource: Resource, value: Value) -> Resource:
    return Resource(
        form=resource.form,
        type=resource.type,
        address=resource.address,
        path=resource.path,
        value=value,
        block=resource.block,
    )


def is_everybody(kind: str, principal: Value) -> bool:
    """Whether a principal is every AWS account there is."""
    text = plain(principal)
    return text is not None and kind in ("*", "AWS") and re.fullmatch(r"\*|arn:aws[\w-]*:iam::\*:.*", text) is not None


def everybody(statement: Statement) -> Value | None:
    """Return where a statement lets in everybody and no condition says who; None where it does not, or may not."""
    found = next((value for kind, value in statement.principals if is_everybody(kind, value)), None)
    found = found or next(iter(statement.not_principals), None)
    if statement.conditions is None or any(map(_narrows, statement.conditions)):
        return None
    return found


def _narrows(condition: Condition) -> bool:
    """Whether a condition keeps strangers out, or may do so."""
    values = tuple(plain(item) or "not known" for item in condition.items)
    is_open_key = "${" in condition.key or not re.search(r"^[\w-]+:", condition.key)
    known = plan.Condition(operator=condition.operator.lower(), key=condition.key.lower(), values=values)
    return is_open_key or plan.narrows(known)


def is_wide(statement: Statement) -> bool:
    """Whether a statement is about every resource, under no condition."""
    return statement.conditions == () and any(plain(resource) == "*" for resource in statement.resources)


def names(values: tuple[Value, ...]) -> tuple[str, ...]:
    """Return the texts of actions or resources that are known."""
    return tuple(text for value in values if not is_function(value) and (text := plain(value)) is not None)
