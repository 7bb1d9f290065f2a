"""Values as one short line: what a person reads of an attribute or a policy's statement. Pure.

What matters must not be cut away: wildcards and open networks come first in a list without order.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from reviewer.tfplan import bounds

MAX_SHOWN = 80
"""Characters of one side."""
_MAX_PART = 20  # of each part of a statement that is too long
_MAX_JSON = 1 << 18
_MAX_DEPTH = 30


def text(value: Any) -> str:
    """Return `value` in at most MAX_SHOWN characters; "" for null, `""` for empty text."""
    return cut(_whole(value))


def two_texts(before: Any, after: Any) -> tuple[str, str]:
    """Return two values as `text` does; of long ones that begin alike the part where they differ."""
    was, is_ = _whole(before), _whole(after)
    if cut(was) != cut(is_) or was == is_:
        return cut(was), cut(is_)
    alike = next((at for at, (one, other) in enumerate(zip(was, is_, strict=False)) if one != other), 0)
    start = max(0, alike - MAX_SHOWN // 4)
    return cut(f"…{was[start:]}"), cut(f"…{is_[start:]}")


def cut(line: str, length: int = MAX_SHOWN) -> str:
    """Return `line` in at most `length` characters."""
    return line if len(line) <= length else line[: length - 1] + "…"


def parsed(value: str) -> Any:
    """Return the object or list that `value` is in JSON; None if it is none."""
    if len(value) > _MAX_JSON or value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        found = json.loads(value)
        return found if bounds.is_shallow(found, _MAX_DEPTH) else None
    except (ValueError, RecursionError, bounds.PlanFormatError):
        return None


def same_items(before: Sequence[Any], after: Sequence[Any]) -> bool:
    """Whether two lists have the same items, in any order."""
    return Counter(map(_spelled, before)) == Counter(map(_spelled, after))


def list_texts(before: Sequence[Any], after: Sequence[Any], *, ordered: bool) -> tuple[str, str]:
    """Return both lists. Of long ones without order what went and what came, followed by a `…`."""
    was, is_ = [_whole(item) for item in before], [_whole(item) for item in after]
    if ordered:
        return two_texts(_brackets(was), _brackets(is_))
    whole = _brackets(_telling_first(was)), _brackets(_telling_first(is_))
    if max(map(len, whole)) <= MAX_SHOWN:
        return whole
    gone, came = Counter(was) - Counter(is_), Counter(is_) - Counter(was)
    return cut(_part(gone, len(was))), cut(_part(came, len(is_)))


def _spelled(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def statements(policy: Any) -> list[Any] | None:
    """Return the statements of an IAM policy document; None if it is none."""
    found = policy.get("Statement") if isinstance(policy, Mapping) else None
    if isinstance(found, dict):
        return [found]
    return found if isinstance(found, list) else None


def statement_text(statement: Any) -> str:
    """Return a statement such as `Allow s3:* on * to arn:aws:iam::111122223333:root if aws:SourceIp`."""
    if not isinstance(statement, Mapping):
        return text(statement)
    parts = [("", str(statement.get("Effect", "?"))), ("", _some(statement, "Action"))]
    for key, word in (("Resource", "on "), ("Principal", "to ")):
        if key in statement or f"Not{key}" in statement:
            parts.append((word, _some(statement, key)))
    conditions = [name for test in _objects(statement.get("Condition")) for name in test]
    if conditions:
        parts.append(("if ", _few(conditions)))
    line = " ".join(word + part for word, part in parts)
    return line if len(line) <= MAX_SHOWN else cut(" ".join(word + cut(part, _MAX_PART) for word, part in parts))


def _some(statement: Mapping[str, Any], key: str) -> str:
    if f"Not{key}" in statement:
        return f"anything but {_few(_names(statement[f'Not{key}']))}"
    return _few(_names(statement.get(key)))


def _names(value: Any) -> list[str]:
    if isinstance(value, Mapping):  # a principal: {"AWS": [...]}
        return [name for inner in value.values() for name in _names(inner)]
    if isinstance(value, list):
        return [name for inner in value for name in _names(inner)]
    return [] if value is None else [_whole(value)]


def _few(names: Sequence[str]) -> str:
    shown = _telling_first(list(dict.fromkeys(names)))
    return ", ".join(shown[:2]) + (f", {len(shown) - 2} more" if len(shown) > 2 else "") if shown else "nothing"


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value.values() if isinstance(one, Mapping)] if isinstance(value, Mapping) else []


def _whole(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return " ".join(value[: 10 * MAX_SHOWN].split()) if value.strip() else '""'
    if isinstance(value, list):
        return _brackets(_telling_first([_whole(item) for item in value[:MAX_SHOWN]]))
    if isinstance(value, Mapping):
        members = ((key, _whole(item)) for key, item in list(value.items())[:MAX_SHOWN] if not _says_nothing(item))
        return "{" + ", ".join(f"{key} = {item}" for key, item in members) + "}"
    return json.dumps(value)


def _says_nothing(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _telling_first(items: list[str]) -> list[str]:
    return sorted(items, key=lambda item: not ("*" in item or "0.0.0.0/0" in item or "::/0" in item))


def _brackets(items: Sequence[str]) -> str:
    return "[" + ", ".join(items) + "]"


def _part(items: Counter[str], count: int) -> str:
    listed = _telling_first(list(items.elements()))
    if len(listed) == count:
        return _brackets(listed)
    return _brackets([*listed, "…"]) if listed else f"[… {count} items]"
