"""Checks requests and answers against what GitHub publishes, when the validators are installed (in tests they are).

jsonschema-rs decides, fast; jsonschema explains, in words. Without them nothing is checked.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

try:
    import jsonschema
    import jsonschema_rs
except ImportError:  # the demo runs with what the product itself needs
    jsonschema_rs = None  # type: ignore[assignment]

FOLDER = Path(__file__).parent / "schemas"


def problem_of_request(operation: str, body: Any) -> str | None:
    """Return why `body` is not what `operation` takes, or None."""
    known = _document("rest.json")["operations"].get(operation)
    if not known or not known["request"]:
        return None
    return _problem(("rest.json", operation, "request"), body)


def problem_of_answer(operation: str, status: int, body: Any) -> str | None:
    """Return why `body` is not what `operation` answers with `status`, or None."""
    known = _document("rest.json")["operations"].get(operation)
    if not known:
        return None
    if str(status) not in known["responses"]:
        return f"{status} is not an answer of {operation}"
    return _problem(("rest.json", operation, "responses", str(status)), body) if body is not None else None


def problem_of_event(event: str, payload: dict[str, Any]) -> str | None:
    """Return why `payload` is not what GitHub sends for `event`, or None."""
    action = payload.get("action")
    name = event.replace("_", "-") + (f"-{action}".replace("_", "-") if action else "")
    known = _document("webhooks.json")["operations"]
    return _problem(("webhooks.json", name), payload) if name in known else None


def _problem(where: tuple[str, ...], value: Any) -> str | None:
    if jsonschema_rs is None or _validator(where) is None or _validator(where).is_valid(value):
        return None
    found = jsonschema.Draft202012Validator(_schema(where))
    error = jsonschema.exceptions.best_match(found.iter_errors(value))
    return f"{' '.join(where[1:])}: {error.json_path}: {error.message[:400]}" if error else " ".join(where)


@cache
def _document(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / name).read_text()))


@cache
def _schema(where: tuple[str, ...]) -> Any:
    document = _document(where[0])
    found = document["operations"]
    for part in where[1:]:
        found = found[part]
    return found and {**found, "$defs": document["$defs"]}


@cache
def _validator(where: tuple[str, ...]) -> Any:
    schema = _schema(where)
    return schema and jsonschema_rs.validator_for(schema)
