"""What GitHub answered, turned into a JSON value or into one of our errors.

The only place that knows status codes, rate-limit headers and how an answer can be broken. Knows nothing of how
requests travel (`client`) nor what they are for (`repository`).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, TypeVar

from reviewer.errors import Gone, PlumbruleError, Rejected, Transient

T = TypeVar("T")

SECONDARY_WAIT_SECONDS = 60.0
"""What GitHub asks for when a secondary limit comes without Retry-After."""
LONGEST_WAIT_SECONDS = 3660.0
"""A primary limit resets within the hour: whatever says more is broken."""
MOST_PAGES = 100
MESSAGE_CHARACTERS = 500

_GONE = frozenset(
    {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS}
)
_PASSING = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,  # tokens are withdrawn early, and a fresh one can take seconds to be known everywhere
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
_GONE_MESSAGES = ("suspended", "archived", "access blocked")
_LIMIT_MESSAGES = ("rate limit", "abuse", "submitted too quickly")
_NEXT = re.compile(r'<([^>]+)>\s*;[^,]*\brel="?next"?')


class Unprocessable(Rejected):
    """422: GitHub understood and refuses. The caller may know a way round."""


class Forbidden(Rejected):
    """403 that waiting does not mend: a permission that was not granted, a feature that is not switched on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request. `path` starts with a slash below the API's root, or is a whole URL that GitHub gave us."""

    verb: str
    path: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    needs: str = ""  # the permission that it takes, such as "checks: write", for the message when it is missing
    redirected: bool = False  # the answer is to be where something is: 302 with a location


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def value(self) -> Any:
        """The JSON value of the body, None without one. Raises Transient when it is not JSON or was cut short."""
        if not self.text:
            return None
        try:
            return json.loads(self.text)
        except ValueError:
            raise Transient(f"GitHub's answer ({self.status}) is not JSON") from None

    @property
    def message(self) -> str:
        """What the body says went wrong, on one line, errors included; "" when it says nothing."""
        try:
            body = json.loads(self.text)
        except ValueError:
            return ""
        if not isinstance(body, dict):
            return ""
        parts = [str(body.get("message", ""))]
        parts += [_error_text(error) for error in _list(body.get("errors"))]
        return " ".join(": ".join(filter(None, parts)).split())[:MESSAGE_CHARACTERS]


Send = Callable[[Ask], Answer]
"""Asks GitHub and returns what `accepted` accepts; raises what it raises, and Transient when no answer came."""


def accepted(ask: Ask, answer: Answer) -> Answer:
    """Return `answer` when its status is one of success.

    Raises Transient for limits (with the wait that GitHub asked for), 401, 409, 5xx and redirects that lead nowhere;
    Gone for 404, 410, 451 and what is suspended or archived; Forbidden for other 403; Unprocessable for 422; Rejected
    for other 4xx.
    """
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return answer
    if ask.redirected and answer.status == HTTPStatus.FOUND:
        return answer
    if is_rate_limit(answer):
        raise Transient(f"GitHub limits our requests ({answer.status})", retry_after=wait_seconds(answer))
    raise refusal(ask, answer)


def refusal(ask: Ask, answer: Answer) -> PlumbruleError:
    """Return the error that the status of a failed `answer` means, rate limits apart."""
    said = answer.message
    told = f"GitHub answered {answer.status} to {ask.verb} {short(ask.path)}" + (f": {said}" if said else "")
    if answer.status == HTTPStatus.FORBIDDEN and not any(word in said.lower() for word in _GONE_MESSAGES):
        return Forbidden(missing_permission(ask, answer))
    # a head that was pushed a moment ago is not known everywhere yet
    if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY and "no commit found" not in said.lower():
        return Unprocessable(told)
    if answer.status in _GONE:
        return Gone(told)
    if HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and answer.status not in _PASSING:
        return Rejected(told)
    return Transient(told, retry_after=_seconds(answer.headers.get("retry-after")))


def missing_permission(ask: Ask, answer: Answer) -> str:
    """Return what a person must do about a 403: the permission, from GitHub's own header where it sends it."""
    permission = answer.headers.get("x-accepted-github-permissions", "").replace("=", ": ") or ask.needs
    if "not accessible by integration" not in answer.message or not permission:
        return f"GitHub forbids {ask.verb} {short(ask.path)}: {answer.message or 'no reason given'}"
    return (
        f"Plumbrule lacks the permission `{permission}` here (GitHub: {answer.message}). An owner grants it in the "
        "App's settings and accepts it for this installation; then press Re-run."
    )


def is_rate_limit(answer: Answer) -> bool:
    """Tell a primary or secondary rate limit from other refusals."""
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    said = answer.message.lower()
    if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return "submitted too quickly" in said
    return answer.status == HTTPStatus.FORBIDDEN and (
        answer.headers.get("x-ratelimit-remaining") == "0"
        or "retry-after" in answer.headers
        or any(word in said for word in _LIMIT_MESSAGES)
    )


def wait_seconds(answer: Answer) -> float:
    """Return how long to wait after a rate limit: Retry-After, else until the reset, else a minute."""
    asked = _seconds(answer.headers.get("retry-after"))
    if asked is not None:
        return asked
    reset = _seconds(answer.headers.get("x-ratelimit-reset"), longest=float("inf"))
    if answer.headers.get("x-ratelimit-remaining") == "0" and reset is not None:
        return min(max(reset - time.time(), 1.0), LONGEST_WAIT_SECONDS)
    return SECONDARY_WAIT_SECONDS


def pages(send: Send, ask: Ask) -> Iterator[Any]:
    """Yield the JSON value of each page of a listing, following GitHub's own links. Raises what `send` raises."""
    for _ in range(MOST_PAGES):
        answer = send(ask)
        yield answer.value
        following = _NEXT.search(answer.headers.get("link", ""))
        if following is None:
            return
        ask = replace(ask, path=following[1], query={})
    raise Transient(f"GitHub's listing {short(ask.path)} does not end")


def items(send: Send, ask: Ask, key: str | None = None) -> Iterator[Any]:
    """Yield the items of all pages of a listing, which are lists, or hold the list under `key`."""
    for page in pages(send, ask):
        yield from (page if isinstance(page, list) else pick(page, key or "items", list))


def pick(value: Any, path: str, kind: type[T]) -> T:
    """Return what is at the dotted `path` of `value`. Raises Transient when it is not there or not of `kind`."""
    found = _at(value, path)
    if not isinstance(found, kind) or (isinstance(found, bool) and kind is int):
        raise Transient(f"GitHub's answer is incomplete: {path} is missing or not {kind.__name__}")
    return found


def pick_optional(value: Any, path: str, kind: type[T]) -> T | None:
    """Like `pick`, with None for what is null or left out."""
    return None if _at(value, path) is None else pick(value, path, kind)


def short(path: str) -> str:
    """Return the path of a URL without host and query: what may be logged and shown."""
    return re.sub(r"^https?://[^/]+", "", path).partition("?")[0]


def _at(value: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _error_text(error: Any) -> str:
    if isinstance(error, dict):
        return str(error.get("message") or " ".join(str(error[k]) for k in ("field", "code") if k in error))
    return str(error)


def _seconds(text: str | None, *, longest: float = LONGEST_WAIT_SECONDS) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return min(seconds, longest) if seconds >= 0 else None
