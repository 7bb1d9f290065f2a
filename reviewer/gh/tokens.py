"""Installation access tokens: each for one repository, with the least permissions its purpose needs.

Kept in memory until shortly before they expire; never logged, and nothing is assumed of their length or shape. Knows
nothing of what is asked with them.
"""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from reviewer.errors import Gone, Rejected
from reviewer.gh.answers import Ask, Forbidden, Send, Unprocessable, pick, pick_optional
from reviewer.gh.standing import instant
from reviewer.settings import Secret

log = structlog.get_logger()

EARLY_SECONDS = 300.0
"""A token is replaced this long before it expires: longer than any one use of it takes."""
REMEMBER_REFUSAL_SECONDS = 3600.0


class Purpose(enum.Enum):
    """What a token is for. The value is the permissions that it carries."""

    READ = (("contents", "read"),)
    PUBLISH = (("checks", "write"), ("contents", "read"), ("pull_requests", "write"), ("security_events", "write"))
    RESOLVE = (("contents", "write"), ("pull_requests", "write"))  # GitHub wants contents: write to resolve a thread
    COMMIT = (("contents", "write"),)
    ACTIONS = (("actions", "read"),)


OPTIONAL = {Purpose.PUBLISH: frozenset({"contents", "pull_requests", "security_events"})}
"""Without these a token is still worth having: `checks: write` is enough to say on the check run what is missing."""

EXTRA = frozenset({Purpose.RESOLVE, Purpose.COMMIT, Purpose.ACTIONS})
"""What an installation may well not have granted: then we do without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a token works: one repository of an installation, by id, or by name when the id is not known."""

    installation_id: int
    repository: int | str
    purpose: Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A token, what GitHub says it may do, and when it ends (seconds since the epoch)."""

    token: Secret
    permissions: Mapping[str, str]
    expires_at: float


class Tokens:
    """The tokens of all installations. Safe to use from several threads."""

    def __init__(self, send_as_app: Send) -> None:
        self._send = send_as_app
        self._lock = threading.Lock()
        self._grants: dict[Scope, Grant] = {}
        self._refused_until: dict[tuple[int, Purpose], float] = {}

    def grant(self, scope: Scope) -> Grant:
        """Return a token for `scope` that lasts a while yet.

        Raises Rejected naming the permission that the installation lacks, Gone when the installation or the repository
        is not there for us any more, Transient.
        """
        with self._lock:
            known = self._grants.get(scope)
        if known is not None and known.expires_at - EARLY_SECONDS > time.time():
            return known
        fresh = self._mint(scope)
        with self._lock:
            self._grants = {s: g for s, g in self._grants.items() if g.expires_at > time.time()}
            self._grants[scope] = fresh
        return fresh

    def grant_extra(self, scope: Scope) -> Grant | None:
        """Return a token for one of the EXTRA purposes, None where that was not granted (asked once an hour)."""
        if self._refused_until.get((scope.installation_id, scope.purpose), 0.0) > time.time():
            return None
        try:
            return self.grant(scope)
        except (Unprocessable, Forbidden):
            self.refuse(scope.installation_id, scope.purpose)
            return None

    def refuse(self, installation_id: int, purpose: Purpose) -> None:
        """Remember that GitHub does not let this installation do what `purpose` is for."""
        lacks = ", ".join(f"{name}: {level}" for name, level in purpose.value)
        log.info("github.not_granted", installation=installation_id, purpose=purpose.name.lower(), lacks=lacks)
        self._refused_until[installation_id, purpose] = time.time() + REMEMBER_REFUSAL_SECONDS

    def forget(self, scope: Scope) -> None:
        """Drop the token of `scope`: GitHub did not accept it."""
        with self._lock:
            self._grants.pop(scope, None)

    def _mint(self, scope: Scope) -> Grant:
        wanted = dict(scope.purpose.value)
        try:
            return self._request(scope, wanted)
        except Unprocessable:
            if scope.purpose in EXTRA:
                raise
        missing = self._missing(scope, wanted)
        if not missing:
            raise Gone(f"the App is not installed on repository {scope.repository} any more")
        log.warning("github.permissions_missing", installation=scope.installation_id, missing=missing)
        return self._request(scope, {name: level for name, level in wanted.items() if name not in missing})

    def _request(self, scope: Scope, permissions: Mapping[str, str]) -> Grant:
        where = "repository_ids" if isinstance(scope.repository, int) else "repositories"
        body = {where: [scope.repository], "permissions": dict(permissions)}
        path = f"/app/installations/{scope.installation_id}/access_tokens"
        value = self._send(Ask(verb="POST", path=path, body=body)).value
        return Grant(
            token=Secret(pick(value, "token", str)),
            permissions=pick_optional(value, "permissions", dict) or dict(permissions),
            expires_at=instant(value, "expires_at").timestamp(),
        )

    def _missing(self, scope: Scope, wanted: Mapping[str, str]) -> tuple[str, ...]:
        """Return which of `wanted` was not granted. Raises Rejected when one of those is needed."""
        value = self._send(Ask(verb="GET", path=f"/app/installations/{scope.installation_id}")).value
        granted = pick(value, "permissions", dict)
        missing = tuple(name for name, level in wanted.items() if not _covers(granted.get(name), level))
        optional = OPTIONAL.get(scope.purpose, frozenset())
        needed = [f"`{name}: {wanted[name]}`" for name in missing if name not in optional]
        if needed:
            where = pick_optional(value, "html_url", str) or "the settings of the installation"
            raise Rejected(
                f"Plumbrule lacks {'a permission' if len(needed) == 1 else 'permissions'} here: {', '.join(needed)}. "
                f"An owner must accept the App's permissions at {where}; then press Re-run."
            )
        return missing


def _covers(granted: Any, wanted: str) -> bool:
    return granted in {wanted, "write", "admin"}
