"""Who is asking and what they may: the App by its JSON web token, an installation by its access token.

Knows nothing of routes; `Refused` carries the answer.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fake_github.refusals import Refused, bad_credentials, bad_web_token, not_accessible, not_found
from tests.fake_github.state import Installation, Repo, State, Token

LEVELS = {"none": 0, "read": 1, "write": 2, "admin": 3}
CLOCK_SKEW = 5
TOKEN_SECONDS = 3600
LONGEST_WEB_TOKEN = 600


def new_private_key() -> tuple[str, Any]:
    """Return a fresh RSA key as PEM text, and its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return pem.decode(), key.public_key()


def check_app(state: State, authorization: str) -> None:
    """Return when `authorization` is a web token of the App. Raises Refused (401 or 404) as GitHub does."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() not in {"bearer", "token"} or value.count(".") != 2 or value.startswith("ghs_"):
        raise bad_web_token("A JSON web token could not be decoded")
    try:
        claims = jwt.decode(
            value, state.app.public_key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
        )
    except jwt.InvalidTokenError as error:
        raise bad_web_token("A JSON web token could not be decoded") from error
    _check_claims(claims, state.app.id)


def _check_claims(claims: Mapping[str, Any], app_id: int) -> None:
    now = time.time()
    for name in ("exp", "iat"):
        if not isinstance(claims.get(name), int):
            raise bad_web_token(f"Missing '{name}' claim in assertion")
    if claims["exp"] > now + LONGEST_WEB_TOKEN + CLOCK_SKEW:
        raise bad_web_token("'Expiration time' claim ('exp') is too far in the future")
    if claims["exp"] <= now:
        raise bad_web_token("'Expiration time' claim ('exp') must be a numeric value representing the future time")
    if claims["iat"] > now + CLOCK_SKEW:
        raise bad_web_token("'Issued at' claim ('iat') must be an Integer representing the time that it was issued")
    if str(claims.get("iss")) != str(app_id):
        raise Refused(404, "Integration not found")


def issue_token(state: State, installation: Installation, body: Mapping[str, Any]) -> Token:
    """Return a new installation token, scoped as `body` asks. Raises Refused with GitHub's 422s."""
    wanted = body.get("permissions") or {}
    for name, level in wanted.items():
        if LEVELS.get(level, 9) > LEVELS[installation.permissions.get(name, "none")]:
            raise Refused(422, "The permissions requested are not granted to this installation.")
    token = Token(
        value=_stateless_value(state.app.id),
        installation=installation,
        repositories=_scope(state, installation, body),
        permissions=dict(wanted) | {"metadata": "read"} if wanted else dict(installation.permissions),
        expires_at=time.time() + TOKEN_SECONDS,
    )
    state.tokens[token.value] = token
    return token


def _scope(state: State, installation: Installation, body: Mapping[str, Any]) -> frozenset[int]:
    visible = state.repositories_of(installation)
    by_name = {repo.name.lower(): repo.id for repo in visible}
    ids = {repo.id for repo in visible}
    chosen: set[int | None] = set()
    chosen |= {by_name.get(str(name).lower()) for name in body.get("repositories") or []}
    chosen |= {repo_id if repo_id in ids else None for repo_id in body.get("repository_ids") or []}
    if None in chosen:
        raise Refused(
            422,
            "There is at least one repository that does not exist or is not accessible to the parent installation.",
        )
    return frozenset(repo_id for repo_id in chosen if repo_id) or frozenset(ids)


def _stateless_value(app_id: int) -> str:
    """Return a token of the form that GitHub rolls out since 2026-04: ghs_APPID_HEADER.CLAIMS.SIGNATURE."""
    claims = json.dumps({"jti": secrets.token_hex(60)}).encode()
    parts = (b'{"alg":"RS256","typ":"JWT"}', claims, secrets.token_bytes(210))
    return f"ghs_{app_id}_" + ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def find_token(state: State, authorization: str) -> Token:
    """Return the installation token in a REST or git `Authorization` header. Raises Refused (401)."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        value = _password(value)
    token = state.tokens.get(value)
    if token is None or token.expires_at < time.time() or token.installation.id not in state.installations:
        raise bad_credentials()
    if token.installation.suspended:
        raise Refused(403, "This installation has been suspended")
    return token


def _password(encoded: str) -> str:
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return ""
    return password if user == "x-access-token" else ""


def check_repository(state: State, token: Token, repo: Repo | None) -> Repo:
    """Return `repo` if `token` may see it. Raises Refused (404) else, whether it exists or not."""
    if repo is None or (repo.private and not _covers(state, token, repo)):
        raise not_found()
    return repo


def _covers(state: State, token: Token, repo: Repo) -> bool:
    return repo.id in token.repositories and repo in state.repositories_of(token.installation)


def check_permissions(state: State, token: Token, repo: Repo, needed: Iterable[tuple[str, str]]) -> None:
    """Return when `token` holds one of `needed` (name, level) on `repo`. Raises Refused (403) naming the first."""
    alternatives = list(needed)
    covered = _covers(state, token, repo)
    for name, level in alternatives:
        held = min(
            LEVELS[token.permissions.get(name, "none")], LEVELS[token.installation.permissions.get(name, "none")]
        )
        if (covered and held >= LEVELS[level]) or (not repo.private and level == "read"):
            return
    raise not_accessible(*alternatives[0])


def iso(moment: float) -> str:
    """Return a time as GitHub writes it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
