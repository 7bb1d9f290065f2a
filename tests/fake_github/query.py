"""A small reader of GraphQL: one operation, its arguments with variables put in, its selections.

Enough to answer exactly what was asked and to refuse a field that is not there. No fragments, no directives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(r'[\s,]+|#[^\n]*|("(?:[^"\\]|\\.)*"|\$?\w+|-?\d+|[{}()\[\]:!=]|\.\.\.)')


class QueryError(Exception):
    """What stands in `errors` of the answer."""

    def __init__(self, message: str, kind: str = "NOT_FOUND") -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A field that was asked for. `key` is its alias or its name."""

    key: str
    name: str
    arguments: Mapping[str, Any]
    selections: tuple[Selection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A query or a mutation."""

    kind: str
    selections: tuple[Selection, ...]


def parse_operation(text: str, variables: Mapping[str, Any]) -> Operation:
    """Return the operation in `text`. Raises QueryError for what GraphQL would not parse."""
    try:
        return _Reader(text, variables).operation()
    except IndexError:
        raise QueryError("Expected more, but the document ended", "parse") from None


def pick(value: Any, field: Selection) -> Any:
    """Return field `field.name` of `value` cut down to what was selected. Raises QueryError for an unknown field."""
    if field.name not in value:
        raise QueryError(f"Field '{field.name}' doesn't exist", "undefinedField")
    found = value[field.name]
    if not field.selections:
        return found
    return None if found is None else {child.key: pick(found, child) for child in field.selections}


class _Reader:
    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self.tokens = [token for token in TOKEN.findall(text) if token]
        self.at = 0
        self.variables = variables

    def take(self, expected: str | None = None) -> str:
        token: str = self.tokens[self.at]
        if expected is not None and token != expected:
            raise QueryError(f"Expected {expected}, actual: {token}", "parse")
        self.at += 1
        return token

    def sees(self, token: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at] == token

    def operation(self) -> Operation:
        kind = self.take() if not self.sees("{") else "query"
        while not self.sees("{"):  # the name and the declared variables
            declared = self.take()
            if declared.startswith("$") and declared[1:] not in self.variables and self._required():
                raise QueryError(f"Variable {declared} was provided invalid value", "variables")
        return Operation(kind=kind, selections=self.selections())

    def _required(self) -> bool:
        rest = self.tokens[self.at : self.at + 6]
        until = next((i for i, token in enumerate(rest) if token.startswith("$") or token in {")", "="}), len(rest))
        return "!" in rest[:until]

    def selections(self) -> tuple[Selection, ...]:
        self.take("{")
        found = []
        while not self.sees("}"):
            found.append(self.selection())
        self.take("}")
        return tuple(found)

    def selection(self) -> Selection:
        key = name = self.take()
        if self.sees(":"):
            self.take()
            name = self.take()
        arguments = self.pairs("(", ")") if self.sees("(") else {}
        children = self.selections() if self.sees("{") else ()
        return Selection(key=key, name=name, arguments=arguments, selections=children)

    def pairs(self, opening: str, closing: str) -> dict[str, Any]:
        self.take(opening)
        found = {}
        while not self.sees(closing):
            name = self.take()
            self.take(":")
            found[name] = self.value()
        self.take(closing)
        return found

    def value(self) -> Any:
        if self.sees("{"):
            return self.pairs("{", "}")
        token = self.take()
        if token == "[":
            items = []
            while not self.sees("]"):
                items.append(self.value())
            self.take("]")
            return items
        if token.startswith("$"):
            return self.variables.get(token[1:])
        constants = {"true": True, "false": False, "null": None}
        if token in constants:
            return constants[token]
        return json.loads(token) if token[0] == '"' or token.lstrip("-").isdigit() else token
