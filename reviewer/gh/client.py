"""GitHub as this App sees it: connections, authentication, pacing. The only import of PyGithub.

PyGithub signs, spaces out and carries the requests; it never repeats one, because a repeated POST posts twice. What
comes back is judged in `answers`. Knows nothing of what is asked.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from functools import partial
from http import HTTPStatus

import github
import jwt
import requests
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from github.Requester import Requester

from reviewer.errors import Gone, Misconfigured, Rejected, Transient
from reviewer.gh import deliveries
from reviewer.gh.answers import Answer, Ask, Send, accepted, pick, short
from reviewer.gh.download import download
from reviewer.gh.folders import policy_files
from reviewer.gh.repository import Access, OrganizationFiles, RepositoryClient, file_text
from reviewer.gh.standing import Delivery
from reviewer.gh.tokens import Purpose, Scope, Tokens
from reviewer.model import Repository
from reviewer.process import Stop
from reviewer.settings import Settings

__all__ = ["GitHub", "RepositoryClient"]

log = structlog.get_logger()

TIMEOUT_SECONDS = 20
SECONDS_BETWEEN_WRITES = 1.0
"""What GitHub asks of an App that writes much; 80 content requests a minute are the hard limit."""
JWT_SECONDS = 480
"""From now; issued 60 s ago, so 540 s in all, and a minute below what GitHub accepts for clocks that differ."""
MOST_CONNECTIONS = 100
POLICY_SECONDS = 300.0
IDENTITY_SECONDS = 3600.0
APP = 0
"""In place of an installation's id: the connection that speaks as the App itself."""

# PyGithub logs bodies and headers on DEBUG, tokens included
logging.getLogger("github.Requester").setLevel(logging.WARNING)


class Connection:
    """One kept-alive PyGithub requester: not safe for threads by itself, and GitHub wants one request at a time."""

    def __init__(self, settings: Settings) -> None:
        self._lock = threading.Lock()
        self._requester: Requester = github.Github(
            base_url=settings.api_url,
            timeout=TIMEOUT_SECONDS,
            user_agent="plumbrule",
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=SECONDS_BETWEEN_WRITES if settings.github_pause else None,
        ).requester
        self.graphql_url = self._requester.graphql_url

    def exchange(self, ask: Ask, authorization: str) -> Answer:
        """Send one request and return its answer, whatever its status. Raises Transient when none came."""
        headers = {"Authorization": authorization, "Accept": "application/vnd.github+json"}
        try:
            with self._lock:
                status, answered, text = self._requester.requestJson(
                    ask.verb, ask.path, dict(ask.query), headers, ask.body
                )
        except requests.Timeout:
            raise Transient(f"GitHub did not answer {ask.verb} {short(ask.path)} in time") from None
        except RuntimeError as error:  # PyGithub's word for a redirect to another host
            raise Rejected(f"GITHUB_API_URL: {error}") from None
        except (OSError, ValueError) as error:  # requests' errors are OSErrors; a header may be no number
            kind = type(error).__name__
            raise Transient(f"GitHub gave no whole answer to {ask.verb} {short(ask.path)} ({kind})") from None
        return Answer(status=status, headers=answered, text=text)

    def close(self) -> None:
        """Close the sockets, once no request is under way."""
        with self._lock:
            self._requester.close()


class GitHub:
    """GitHub as this App sees it. Safe to use from several threads. Raises Misconfigured for a key that cannot sign."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._connections: OrderedDict[int, Connection] = OrderedDict()
        sign = partial(jwt.encode, key=_private_key(settings), algorithm="RS256")
        self._app_auth = github.Auth.AppAuth(settings.app_id, sign_func=sign, jwt_expiry=JWT_SECONDS)
        self._tokens = Tokens(self._send_as_app)
        self._organizations: dict[tuple[int, str], tuple[float, OrganizationFiles]] = {}
        self._bot_login: tuple[float, str] = (0.0, "")

    def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        with self._lock:
            connections = list(self._connections.values())
            self._connections.clear()
        for connection in connections:
            connection.close()

    def installation(self, repository: Repository) -> RepositoryClient:
        """Return what reaches `repository`, with tokens for it alone. Asks nothing yet."""
        access = Access(
            send=self._sender(repository, Purpose.PUBLISH),
            read_token=partial(self._read_token, repository),
            forget_read_token=partial(self._forget_read_token, repository),
            send_to_resolve=partial(self._send_extra, repository, Purpose.RESOLVE),
            send_to_commit=partial(self._send_extra, repository, Purpose.COMMIT),
            send_to_actions=partial(self._send_extra, repository, Purpose.ACTIONS),
            download=self._download,
            refuse_to_resolve=partial(self._tokens.refuse, repository.installation_id, Purpose.RESOLVE),
            organization=partial(self._organization, repository),
            bot_login=self.bot_login,
            app_id=self._settings.app_id,
            graphql_url=self._connection(repository.installation_id).graphql_url,
        )
        return RepositoryClient(repository, access)

    def bot_login(self) -> str:
        """Return the login under which this App writes, such as `plumbrule[bot]`; asked once an hour."""
        until, login = self._bot_login
        if until < time.monotonic():
            login = pick(self._send_as_app(Ask(verb="GET", path="/app")).value, "slug", str) + "[bot]"
            self._bot_login = (time.monotonic() + IDENTITY_SECONDS, login)
        return login

    def failed_deliveries(self, since: datetime) -> tuple[Delivery, ...]:
        """Return the webhooks since `since` that were never delivered and are worth another try, oldest first."""
        return deliveries.failed_deliveries(self._send_as_app, since)

    def redeliver(self, delivery_id: int) -> None:
        """Ask GitHub to deliver a webhook again; one that GitHub has forgotten is no error."""
        deliveries.redeliver(self._send_as_app, delivery_id)

    def _sender(self, repository: Repository, purpose: Purpose) -> Send:
        scope = Scope(installation_id=repository.installation_id, repository=repository.id, purpose=purpose)
        return partial(self._send, scope)

    def _send(self, scope: Scope, ask: Ask) -> Answer:
        token = self._tokens.grant(scope).token
        answer = self._exchange(scope.installation_id, ask, lambda: f"Bearer {token.reveal()}")
        if answer.status == HTTPStatus.UNAUTHORIZED or "not accessible by integration" in answer.message:
            self._tokens.forget(scope)  # the next one will have what was granted meanwhile
        return accepted(ask, answer)

    def _send_as_app(self, ask: Ask) -> Answer:
        answer = self._exchange(APP, ask, lambda: f"Bearer {self._app_auth.create_jwt()}")
        if answer.status == HTTPStatus.UNAUTHORIZED or "integration not found" in answer.message.lower():
            log.error("github.app_refused", github=answer.message)
            # nobody but the operator can be told, and once they have mended it, waiting reviews go on
            raise Transient("GitHub does not accept this App: check GITHUB_APP_ID, the private key and this clock")
        return accepted(ask, answer)

    def _exchange(self, installation_id: int, ask: Ask, authorization: Callable[[], str]) -> Answer:
        started = time.monotonic()
        connection = self._connection(installation_id)
        answer = connection.exchange(ask, authorization())
        if answer.status in {HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT}:  # a renamed repository
            moved = Ask(verb=ask.verb, path=answer.headers.get("location", ask.path), body=ask.body)
            answer = connection.exchange(moved, authorization())
        seconds = round(time.monotonic() - started, 3)
        log.debug("github.request", verb=ask.verb, path=short(ask.path), status=answer.status, seconds=seconds)
        return answer

    def _connection(self, installation_id: int) -> Connection:
        with self._lock:
            connection = self._connections.pop(installation_id, None) or Connection(self._settings)
            self._connections[installation_id] = connection  # the last used come last
            stale = self._connections.popitem(last=False)[1] if len(self._connections) > MOST_CONNECTIONS else None
        if stale is not None:
            stale.close()
        return connection

    def _read_token(self, repository: Repository) -> str:
        scope = Scope(installation_id=repository.installation_id, repository=repository.id, purpose=Purpose.READ)
        return self._tokens.grant(scope).token.reveal()

    def _forget_read_token(self, repository: Repository) -> None:
        installation_id = repository.installation_id
        self._tokens.forget(Scope(installation_id=installation_id, repository=repository.id, purpose=Purpose.READ))

    def _send_extra(self, repository: Repository, purpose: Purpose) -> Send | None:
        scope = Scope(installation_id=repository.installation_id, repository=repository.id, purpose=purpose)
        return partial(self._send, scope) if self._tokens.grant_extra(scope) else None

    def _download(self, url: str, most: int, stop: Stop) -> bytes:
        plain_http = self._settings.api_url.startswith("http://")  # `settings` allows that on loopback only
        return download(url, most=most, plain_http=plain_http, stop=stop)

    def _organization(self, repository: Repository) -> OrganizationFiles:
        key = (repository.installation_id, repository.owner.lower())
        until, files = self._organizations.get(key, (0.0, OrganizationFiles()))
        if until < time.monotonic():
            files = self._read_organization(repository)
            self._organizations[key] = (time.monotonic() + POLICY_SECONDS, files)
        return files

    def _read_organization(self, repository: Repository) -> OrganizationFiles:
        scope = Scope(installation_id=repository.installation_id, repository=".github", purpose=Purpose.READ)
        send, full_name = partial(self._send, scope), f"{repository.owner}/.github"
        try:
            return OrganizationFiles(
                policy=file_text(send, full_name, "plumbrule.yml", None),
                rego=policy_files(send, full_name, "plumbrule"),
            )
        except Gone:
            return OrganizationFiles()  # no such repository, or the App is not installed on it


def _private_key(settings: Settings) -> RSAPrivateKey:
    """Return the App's key, parsed once. `settings` checked its numbers; doing it again takes longer than a request."""
    pem = settings.private_key.reveal().encode()
    try:
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise Misconfigured(("GITHUB_APP_PRIVATE_KEY: is not an RSA key in PEM without a passphrase",))
    return key
