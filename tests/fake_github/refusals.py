"""The ways in which GitHub says no, with the bodies that it sends.

Wording is verbatim where a public issue shows it; tests must rely on the status alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DOCUMENTATION = "https://docs.github.com/rest"


class Refused(Exception):
    """An answer other than success. `errors` is GitHub's list, of texts or of objects."""

    def __init__(
        self, status: int, message: str, *, errors: list[Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {message} {errors or ''}")
        self.status = status
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}
        if errors is not None:
            self.body["errors"] = errors


def not_found() -> Refused:
    """404, for what is not there and for what may not be seen."""
    return Refused(404, "Not Found")


def bad_credentials() -> Refused:
    """401 for a token that is wrong, revoked or expired."""
    return Refused(401, "Bad credentials")


def bad_web_token(why: str) -> Refused:
    """401 for the App's JSON web token."""
    return Refused(401, why)


def not_accessible(permission: str, level: str) -> Refused:
    """403 for a token without `permission`; the header names it."""
    header = {"X-Accepted-GitHub-Permissions": f"{permission}={level}"}
    return Refused(403, "Resource not accessible by integration", headers=header)


def unprocessable(*errors: str) -> Refused:
    """422 with texts, as reviews answer since 2026."""
    return Refused(422, "Unprocessable Entity", errors=list(errors))


def invalid(resource: str, field: str, message: str, code: str = "custom") -> Refused:
    """422 with one object, as most routes answer."""
    error = {"resource": resource, "code": code, "field": field, "message": message}
    return Refused(422, "Validation Failed", errors=[error])


def invalid_request(why: str) -> Refused:
    """422 for a request that the published schema forbids."""
    return Refused(422, f"Invalid request.\n\n{why}")


def secondary_limit(retry_after: int = 60) -> Refused:
    """403 for writing too much in a minute."""
    return Refused(
        403,
        "You have exceeded a secondary rate limit and have been temporarily blocked from content creation. "
        "Please retry your request again later.",
        headers={"Retry-After": str(retry_after)},
    )
