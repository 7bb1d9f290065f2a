"""What JSON of a plan may be: how long, how deep, how much. What is beyond is refused before anybody walks it.

Owns the limits and the error of a plan that cannot be read. Knows no key of a plan.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from reviewer.errors import Rejected

MAX_BYTES = 64 << 20
"""A plan in JSON, as the real providers fill it."""
MAX_DEPTH = 100
"""Lists and objects inside each other. Terraform's own form takes two for each module."""
MAX_VALUES = 3_000_000
"""Values in a plan, keys not counted."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class PlanFormatError(Rejected):
    """The plan is not what `terraform show -json` prints. The message says where, and what was expected."""


def parse(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in `raw`.

    Raises PlanFormatError for what is too long, too deep or no object, for a key that stands twice in one object, for
    numbers that JSON does not have, and for text that is not UTF-8.
    """
    if len(raw) > MAX_BYTES:
        raise PlanFormatError(f"The plan has {len(raw):,} bytes; expected at most {MAX_BYTES:,}.")
    text = _text(raw)
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise PlanFormatError(_where(error, text)) from None
    except RecursionError:
        raise PlanFormatError(_TOO_DEEP) from None
    except ValueError:  # an integer of thousands of digits
        raise PlanFormatError("The plan holds a number that is too long.") from None
    if _SURROGATE.search(text):
        _refuse_surrogates(document)
    return check(document)


def check(document: Any) -> dict[str, Any]:
    """Return `document`, an object within the limits. Raises PlanFormatError otherwise."""
    if not isinstance(document, dict):
        raise PlanFormatError(f"The plan is {kind(document)}; expected an object, as `terraform show -json` prints it.")
    if not is_shallow(document, MAX_DEPTH):
        raise PlanFormatError(_TOO_DEEP)
    return document


def is_shallow(value: Any, depth: int) -> bool:
    """Whether lists and objects in `value` are at most `depth` deep. Raises PlanFormatError beyond MAX_VALUES."""
    level, seen = [value], 0
    while level:
        seen += len(level)
        if seen > MAX_VALUES:
            raise PlanFormatError(f"The plan holds more than {MAX_VALUES:,} values.")
        nested = [one for one in level if isinstance(one, dict | list)]
        if nested and not depth:
            return False
        level = [item for one in nested for item in (one.values() if isinstance(one, dict) else one)]
        depth -= 1
    return True


def kind(value: Any) -> str:
    """Return what JSON calls the type of `value`, with its article."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return "null" if value is None else names.get(type(value), "no JSON")


_TOO_DEEP = f"The plan is nested deeper than {MAX_DEPTH} levels."


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlanFormatError(
            f"The plan is not UTF-8 at byte {error.start}; expected what `terraform show -json` prints, not the file"
            " that `terraform plan -out` writes."
        ) from None


def _where(error: json.JSONDecodeError, text: str) -> str:
    if error.pos >= len(text.rstrip()):
        return f"The plan ends in the middle, after {len(text):,} characters; it seems to be cut short."
    return f"The plan is not JSON at line {error.lineno}, column {error.colno}; expected `terraform show -json`."


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(key for key, _ in pairs)
        twice = next(key for key, count in times.items() if count > 1)
        raise PlanFormatError(f"The plan has an object with the key {twice[:80]!r} twice.")
    return found


def _no_number(name: str) -> Any:
    raise PlanFormatError(f"The plan holds {name}, which is no number in JSON.")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise PlanFormatError("The plan holds a number that is too large.")
    return number


def _refuse_surrogates(document: Any) -> None:
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        raise PlanFormatError("The plan holds half a surrogate pair, which is no text.") from None


def expect_object(value: Any, where: str) -> Mapping[str, Any]:
    """Return `value`, an object; {} for null. Raises PlanFormatError naming `where`."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise PlanFormatError(f"{where} is {kind(value)}; expected an object.")
    return value


def expect_list(value: Any, where: str) -> list[Any]:
    """Return `value`, a list; [] for null. Raises PlanFormatError naming `where`."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise PlanFormatError(f"{where} is {kind(value)}; expected a list.")
    return value


def expect_text(value: Any, where: str) -> str:
    """Return `value`, text. Raises PlanFormatError naming `where`."""
    if not isinstance(value, str):
        raise PlanFormatError(f"{where} is {kind(value)}; expected text.")
    return value
