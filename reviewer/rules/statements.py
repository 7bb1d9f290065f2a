"""Statements of IAM policies, wherever they are written: documents of Terraform, JSON in HCL or text, CloudFormation.

Owns the shape of a statement and how it is read; what is right or wrong is the rule's business. What depends on
anything outside of the directory is kept as it is written (AWS: IAM JSON policy elements reference).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.rules.documents import Kind, Value, embedded_json
from reviewer.rules.terraform import Locals, resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition: all of them must hold, and one of `items` for each."""

    operator: str
    key: str  # `token.actions.githubusercontent.com:sub`; may hold expressions
    values: Value  # where they are written
    items: tuple[Value, ...]  # what they are, as far as that is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. `allows` and `conditions` are None when they are not known."""

    at: Value  # where it is written
    allows: bool | None
    actions: tuple[Value, ...] = ()
    not_actions: tuple[Value, ...] = ()
    resources: tuple[Value, ...] = ()
    not_resources: tuple[Value, ...] = ()
    principals: tuple[tuple[str, Value], ...] = ()  # (AWS, arn), (Federated, url), (*, *)
    not_principals: tuple[Value, ...] = ()
    conditions: tuple[Condition, ...] | None = ()

    def principals_of(self, *kinds: str) -> tuple[Value, ...]:
        """Return the principals of these kinds."""
        return tuple(value for kind, value in self.principals if kind in kinds)


def read_block(statement: Value, locals_: Locals) -> Statement:
    """Return a `statement` block of Terraform's `aws_iam_policy_document`."""
    effect = text_of(statement.get("effect"), locals_)
    excluded = entries(statement.get("not_principals"), locals_)
    return Statement(
        at=statement,
        allows=None if effect == "?" else effect in ("", "Allow"),
        actions=tuple(entries(statement.get("actions"), locals_)),
        not_actions=tuple(entries(statement.get("not_actions"), locals_)),
        resources=tuple(entries(statement.get("resources"), locals_)),
        not_resources=tuple(entries(statement.get("not_resources"), locals_)),
        principals=tuple(_block_principals(statement, locals_)),
        not_principals=tuple(excluded),
        conditions=_block_conditions(statement, locals_),
    )


def _block_principals(statement: Value, locals_: Locals) -> Iterator[tuple[str, Value]]:
    for block in entries(statement.get("principals"), locals_):
        kind = text_of(block.get("type"), locals_)
        yield from ((kind, identifier) for identifier in entries(block.get("identifiers"), locals_))
        if block.kind is not Kind.MAP:
            yield "?", block


def _block_conditions(statement: Value, locals_: Locals) -> tuple[Condition, ...] | None:
    conditions = []
    for entry in entries(statement.get("condition"), locals_):
        test, key, values = entry.get("test"), entry.get("variable"), entry.get("values")
        if test is None or key is None or values is None or text_of(test, locals_) == "?":
            return None
        conditions.append(_condition(text_of(test, locals_), key, values, locals_))
    return tuple(conditions)


def _condition(operator: str, key: Value, values: Value, locals_: Locals) -> Condition:
    items = tuple(substituted(item) for item in entries(values, locals_))
    return Condition(operator=operator, key=resolve(key, locals_).text, values=values, items=items)


def substituted(value: Value) -> Value:
    """Return CloudFormation's Sub as the text it makes, its variables left in; anything else as it is."""
    text = value.get("Fn::Sub")
    return text if text and text.kind is Kind.TEXT else value


def written_statements(value: Value, about: re.Pattern[str]) -> Iterator[Value]:
    """Yield the statements of every policy in a value, also of policies that are written as text that `about` finds."""
    for inner in value.walk():
        if inner.kind in (Kind.TEXT, Kind.TEMPLATE):
            written = embedded_json(inner) if about.search(inner.text) else None
            yield from written_statements(written, about) if written else ()
            continue
        statements = inner.get("Statement")
        if statements:
            yield from (item for item in statements.items() if item.kind is Kind.MAP)


def read_statement(statement: Value, locals_: Locals) -> Statement:
    """Return a statement in the shape of JSON, as `written_statements` yields it."""
    effect = text_of(statement.get("Effect"), locals_)
    excluded = statement.get("NotPrincipal")
    return Statement(
        at=statement,
        allows=None if effect == "?" else effect == "Allow",
        actions=tuple(entries(statement.get("Action"), locals_)),
        not_actions=tuple(entries(statement.get("NotAction"), locals_)),
        resources=tuple(map(substituted, entries(statement.get("Resource"), locals_))),
        not_resources=tuple(map(substituted, entries(statement.get("NotResource"), locals_))),
        principals=tuple(_principals(statement.get("Principal"), locals_)),
        not_principals=(excluded,) if excluded else (),
        conditions=_conditions(statement.get("Condition"), locals_),
    )


def _principals(value: Value | None, locals_: Locals) -> Iterator[tuple[str, Value]]:
    found = resolve(value, locals_) if value else None
    if value is None or found is None:
        return
    if found.kind is Kind.MAP:
        for kind, names in found.entries:
            yield from ((kind, name) for name in entries(names, locals_))
    else:
        kind = "*" if found.kind is Kind.TEXT and found.text == "*" else "?"
        yield kind, Value(kind=found.kind, line=value.line, end_line=value.end_line, text=found.text)


def _conditions(value: Value | None, locals_: Locals) -> tuple[Condition, ...] | None:
    if value is None:
        return ()
    value = resolve(value, locals_)
    conditions = []
    for operator, tests in value.entries:
        tests = resolve(tests, locals_)  # noqa: PLW2901
        if tests.kind is not Kind.MAP or operator.startswith("Fn::"):
            return None
        for key, values in tests.entries:
            name = Value(kind=Kind.UNKNOWN, line=values.line, end_line=values.end_line, text=key)
            conditions.append(_condition(operator, name, values, locals_))
    return tuple(conditions) if value.kind is Kind.MAP else None


def entries(value: Value | None, locals_: Locals) -> list[Value]:
    """Return the items of a list (or of the one value that stands for it), each followed to where it comes from."""
    if value is None:
        return []
    items = resolve(value, locals_).items()
    return [_at(resolve(item, locals_), value, item) for item in items]


def _at(value: Value, outer: Value, item: Value) -> Value:
    """A value that comes from elsewhere is found where it is used."""
    used = item if outer.line <= item.line <= outer.end_line else outer
    return Value(kind=value.kind, line=used.line, end_line=used.end_line, text=value.text, entries=value.entries)


def text_of(value: Value | None, locals_: Locals) -> str:
    """Return the plain text of a value; "" when it is absent, "?" when it is not known."""
    if value is None:
        return ""
    value = resolve(value, locals_)
    return value.text if value.kind is Kind.TEXT else "?"
