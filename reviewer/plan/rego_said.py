"""The value of a rule `deny`, `violation` or `warn`, read as conftest users write it. Pure.

A value that says something in a form nobody knows is a misfit, which is told, and never nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from reviewer.model import Severity
from reviewer.plan.rego_results import MAX_MESSAGE, MAX_METADATA, MAX_NAME, MAX_RESULTS, Result
from reviewer.scan.results import MAX_PATH

_ADDRESSES = ("resource", "address", "resource_address")
_WORDS = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW, "informational": Severity.INFO}
"""Words for severities that are not ours, and that policies use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a rule says, and what of it could not be read."""

    results: tuple[Result, ...] = ()
    misfits: tuple[str, ...] = ()


def said(package: str, rule: str, value: object) -> Said:
    """Return what the rule's value says: a set or list of messages or of objects with `msg`, one message, or true."""
    if value is None or value is False:
        return Said()
    if value is True:
        value = f"`{rule}` of package {package} holds."
    if not isinstance(value, list | str):
        return Said(misfits=(f"`{rule}` is {_kind(value)}; expected a set of messages, or of objects with `msg`",))
    entries = [value] if isinstance(value, str) else value
    read = [_result(package, rule, entry) for entry in entries[:MAX_RESULTS]]
    misfits = [found for found in read if isinstance(found, str)]
    if len(entries) > MAX_RESULTS:
        misfits.append(f"`{rule}` has {len(entries):,} messages; only {MAX_RESULTS:,} of them are told")
    results = tuple(found for found in read if isinstance(found, Result))
    return Said(results=results, misfits=tuple(dict.fromkeys(misfits)))


def _result(package: str, rule: str, entry: object) -> Result | str:
    if isinstance(entry, str):
        entry = {"msg": entry}
    if not isinstance(entry, dict):
        return f"`{rule}` holds {_kind(entry)}; expected a message, or an object with `msg`"
    if not isinstance(message := entry.get("msg"), str):
        return f"`{rule}` holds an object whose `msg` is {_kind(message)}; expected a text"
    rest = {key: value for key, value in entry.items() if key not in ("msg", "severity", *_ADDRESSES)}
    return Result(
        package=package,
        rule=rule[:MAX_NAME],
        message=_cut(message, MAX_MESSAGE),
        severity=_severity(rule, entry.get("severity")),
        resource=_cut(_resource(entry), MAX_PATH),
        metadata=_metadata(rest),
    )


def _severity(rule: str, word: object) -> Severity:
    """Return the policy's own severity; an unknown word counts as none."""
    if isinstance(word, str):
        if (lower := word.strip().lower()) in _WORDS:
            return _WORDS[lower]
        try:
            return Severity.parse(lower)
        except ValueError:
            pass
    return Severity.LOW if rule.startswith("warn") else Severity.HIGH


def _resource(entry: Mapping[str, object]) -> str:
    """Return the address that an object names, or that of the resource change that it holds."""
    for key in _ADDRESSES:
        value = entry.get(key)
        if isinstance(value, dict):
            value = value.get("address")
        if isinstance(value, str):
            return value
    return ""


def _metadata(rest: Mapping[str, object]) -> str:
    text = json.dumps(rest, ensure_ascii=False) if rest else ""
    return text if len(text) <= MAX_METADATA else json.dumps({"left_out": f"more than {MAX_METADATA:,} characters"})


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 2]} …"


def _kind(value: object) -> str:
    if value is None:
        return "missing or null"
    if isinstance(value, bool):
        return "true or false"
    return "a number" if isinstance(value, int | float) else "an object" if isinstance(value, dict) else "a list"
