"""The data source aws_iam_policy_document, rendered as the provider does: for that it needs no account.

Pure. Source: the provider's documentation of the data source, and the order in which its results are seen to come.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

VERSION = "2012-10-17"
_LISTS = {"actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource"}
_PRINCIPALS = {"principals": "Principal", "not_principals": "NotPrincipal"}


def render(config: Mapping[str, Any]) -> str:
    """Return the policy in JSON that a configuration of the data source stands for; all of it must be known."""
    statements: dict[str, dict[str, Any]] = {}
    for text in _documents(config, "source_policy_documents"):
        _take(statements, _statements_of(text))
    _take(statements, [_statement(written) for written in config.get("statement") or ()])
    for text in _documents(config, "override_policy_documents"):
        _take(statements, _statements_of(text))
    document: dict[str, Any] = {"Version": config.get("version") or VERSION}
    if config.get("policy_id"):
        document["Id"] = config["policy_id"]
    return json.dumps({**document, "Statement": list(statements.values())}, indent=2, ensure_ascii=False)


def _documents(config: Mapping[str, Any], key: str) -> Iterable[str]:
    yield from (text for text in config.get(key) or () if isinstance(text, str) and text)
    single = config.get(key.removesuffix("_policy_documents") + "_json")  # as it was before version 4
    if isinstance(single, str) and single:
        yield single


def _take(statements: dict[str, dict[str, Any]], more: Iterable[dict[str, Any]]) -> None:
    """Add statements; one with the Sid of an earlier one takes its place."""
    for statement in more:
        statements[str(statement.get("Sid") or f"\0{len(statements)}")] = statement


def _statements_of(text: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return []
    found = document.get("Statement") if isinstance(document, dict) else None
    found = [found] if isinstance(found, dict) else found
    return [statement for statement in found if isinstance(statement, dict)] if isinstance(found, list) else []


def _statement(written: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if written.get("sid"):
        found["Sid"] = written["sid"]
    found["Effect"] = written.get("effect") or "Allow"
    for name, key in _LISTS.items():
        if written.get(name):
            found[key] = _one_or_many(map(_variables, written[name]))
    for name, key in _PRINCIPALS.items():
        if written.get(name):
            found[key] = _principals(written[name])
    if written.get("condition"):
        found["Condition"] = _conditions(written["condition"])
    return found


def _principals(written: Iterable[Mapping[str, Any]]) -> Any:
    found: dict[str, list[str]] = {}
    for entry in written:
        found.setdefault(str(entry.get("type")), []).extend(entry.get("identifiers") or ())
    if list(found) == ["*"] and found["*"] == ["*"]:
        return "*"
    return {type_: _one_or_many(names) for type_, names in sorted(found.items())}


def _conditions(written: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, list[str]]] = {}
    for entry in written:
        values = found.setdefault(str(entry.get("test")), {}).setdefault(str(entry.get("variable")), [])
        values += map(_variables, entry.get("values") or ())
    return {
        test: {name: values[0] if len(values) == 1 else values for name, values in sorted(variables.items())}
        for test, variables in sorted(found.items())
    }


def _one_or_many(values: Iterable[str]) -> Any:
    found = sorted(set(map(str, values)), reverse=True)
    return found[0] if len(found) == 1 else found


def _variables(text: Any) -> str:
    """`&{aws:username}` is how the data source writes IAM's own `${aws:username}`."""
    return str(text).replace("&{", "${")
