"""A client for the tests of the fake itself: raw HTTP, so that nothing forgives."""

from __future__ import annotations

import time
from typing import Any

import jwt
import requests

from tests.fake_github import FakeGitHub
from tests.fake_github.state import Repo

PLENTY = {"contents": "write", "pull_requests": "write", "checks": "write", "security_events": "write"}


def app_token(github: FakeGitHub, *, key: str | None = None, **claims: Any) -> str:
    """Return a JSON web token of the App; `claims` replace the good ones."""
    now = int(time.time())
    good = {"iat": now - 60, "exp": now + 480, "iss": str(github.app_id)}
    return jwt.encode({**good, **claims}, key or github.private_key, algorithm="RS256")


def as_app(github: FakeGitHub, method: str, path: str, **options: Any) -> requests.Response:
    """Ask as the App."""
    headers = {"Authorization": f"Bearer {options.pop('token', None) or app_token(github)}"}
    return requests.request(method, github.api_url + path, headers=headers, timeout=10, **options)


def new_token(github: FakeGitHub, repo: Repo, **permissions: str) -> str:
    """Return a token for one repository."""
    installation = github.state.installation_of(repo)
    assert installation
    body = {"repository_ids": [repo.id], "permissions": permissions or None}
    path = f"/app/installations/{installation.id}/access_tokens"
    answer = as_app(github, "POST", path, json={k: v for k, v in body.items() if v})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


class Client:
    """Asks about one repository with one token."""

    def __init__(self, github: FakeGitHub, repo: Repo, **permissions: str) -> None:
        self.github = github
        self.token = new_token(github, repo, **permissions)
        self.root = f"{github.api_url}/repos/{repo.full_name}"

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        """Ask for `path` below the repository (from the REST root when it begins with //)."""
        url = self.github.api_url + path[1:] if path.startswith("//") else self.root + path
        headers = {"Authorization": f"token {self.token}"}
        return requests.request(method, url, json=body, params=query, headers=headers, timeout=10)
