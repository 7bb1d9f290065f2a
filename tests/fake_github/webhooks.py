"""Webhooks: what GitHub says happened, signed and really posted.

Payloads are built from state at the moment of the event; a redelivery sends the same bytes again under the same GUID.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from typing import Any

from tests.fake_github.bare import ZERO
from tests.fake_github.shapes import Json, Shapes, node_id
from tests.fake_github.state import Account, CheckRun, Delivery, Installation, PullRequest, Repo, State

TIMEOUT = 10.0
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def sign(secret: str, body: bytes) -> str:
    """Return the value of X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def encode(payload: Mapping[str, Any]) -> bytes:
    """Return the body that GitHub sends for `payload`."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def headers_for(delivery: Delivery, body: bytes, secret: str) -> dict[str, str]:
    """Return the headers of one delivery."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/ab12cd3",
        "Accept": "*/*",
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Hook-ID": "1",
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-Hub-Signature-256": sign(secret, body),
        "X-Hub-Signature": "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest(),
    }


def post(delivery: Delivery, url: str, secret: str) -> None:
    """Send `delivery` to `url` and note how it went. Never raises for what the receiver does."""
    body = encode(delivery.payload)
    begun = time.monotonic()
    request = urllib.request.Request(url, body, headers_for(delivery, body, secret), method="POST")
    try:
        with NO_PROXY.open(request, timeout=TIMEOUT) as answer:
            delivery.status_code, delivery.response_body = answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            delivery.status_code, delivery.response_body = error.code, error.read().decode(errors="replace")
    except OSError as error:
        delivery.status_code, delivery.response_body = 0, str(error)
    delivery.duration = time.monotonic() - begun


def new_delivery(state: State, event: str, payload: Json) -> Delivery:
    """Return a delivery that was not sent yet, with a fresh GUID, noted in `state`."""
    delivery = Delivery(
        id=state.new_id(),
        guid=str(uuid.uuid4()),
        event=event,
        payload=payload,
        installation_id=payload.get("installation", {}).get("id"),
        repository_id=payload.get("repository", {}).get("id"),
        delivered_at=time.time(),
    )
    state.deliveries.append(delivery)
    return delivery


def again(state: State, delivery: Delivery) -> Delivery:
    """Return `delivery` to be sent once more: the same GUID, another id."""
    repeated = Delivery(
        id=state.new_id(),
        guid=delivery.guid,
        event=delivery.event,
        payload=delivery.payload,
        installation_id=delivery.installation_id,
        repository_id=delivery.repository_id,
        delivered_at=time.time(),
        redelivery=True,
    )
    state.deliveries.append(repeated)
    return repeated


class Payloads:
    """State -> payloads of events."""

    def __init__(self, state: State, shapes: Shapes) -> None:
        self.state = state
        self.shapes = shapes

    def about(self, repo: Repo, sender: Account) -> Json:
        """What every event of a repository carries."""
        payload: Json = {"repository": self.shapes.repo(repo), "sender": self.shapes.user(sender)}
        installation = self.state.installation_of(repo)
        if installation:
            payload["installation"] = {"id": installation.id, "node_id": node_id("I", installation.id)}
        return payload

    def pull_request(self, pull: PullRequest, action: str, **more: Any) -> Json:
        """`pull_request`; `more` holds changes, before and after."""
        return {
            "action": action,
            "number": pull.number,
            "pull_request": self.shapes.pull(pull),
            **more,
            **self.about(pull.repo, pull.author),
        }

    def check_run(self, repo: Repo, run: CheckRun, action: str, sender: Account) -> Json:
        """`check_run`. For a fork's head the suite has no branch and no pull requests."""
        pulls = self.state.pulls_with_head(repo, run.head_sha)
        suite = self._suite(repo, run.suite_id, run.head_sha)
        shape = {**self.shapes.check_run(repo, run), "check_suite": suite, "name": run.name}
        return {
            "action": action,
            "check_run": {**shape, "pull_requests": [self.shapes.pull_minimal(pull) for pull in pulls]},
            **self.about(repo, sender),
        }

    def check_suite(self, repo: Repo, suite_id: int, head_sha: str, sender: Account) -> Json:
        """`check_suite.rerequested`."""
        suite = {
            **self._suite(repo, suite_id, head_sha),
            "node_id": node_id("CS", suite_id),
            "check_runs_url": f"{self.shapes.repo_url(repo)}/check-suites/{suite_id}/check-runs",
            "latest_check_runs_count": 1,
            "head_commit": self._simple_commit(repo, head_sha),
        }
        return {"action": "rerequested", "check_suite": suite, **self.about(repo, sender)}

    def _suite(self, repo: Repo, suite_id: int, head_sha: str) -> Json:
        pulls = self.state.pulls_with_head(repo, head_sha)
        return {
            "id": suite_id,
            "node_id": node_id("CS", suite_id),
            "head_branch": pulls[0].head_ref if pulls else None,
            "head_sha": head_sha,
            "status": "completed",
            "conclusion": "failure",
            "url": f"{self.shapes.repo_url(repo)}/check-suites/{suite_id}",
            "before": ZERO,
            "after": head_sha,
            "pull_requests": [self.shapes.pull_minimal(pull) for pull in pulls],
            "app": self.shapes.app(),
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
        }

    def merge_group(self, repo: Repo, head_ref: str, head_sha: str, base_ref: str, base_sha: str) -> Json:
        """`merge_group.checks_requested`."""
        group = {
            "head_sha": head_sha,
            "head_ref": head_ref,
            "base_sha": base_sha,
            "base_ref": base_ref,
            "head_commit": self._simple_commit(repo, head_sha),
        }
        return {"action": "checks_requested", "merge_group": group, **self.about(repo, repo.owner)}

    def push(self, repo: Repo, ref: str, before: str, after: str, pusher: Account, *, forced: bool = False) -> Json:
        """`push` to a branch."""
        created, deleted = before == ZERO, after == ZERO
        commit = None if deleted else self._push_commit(repo, after)
        return {
            "ref": ref,
            "before": before,
            "after": after,
            "base_ref": None,
            "created": created,
            "deleted": deleted,
            "forced": forced,
            "compare": f"{self.shapes.web}/{repo.full_name}/compare/{before[:12]}...{after[:12]}",
            "commits": [commit] if commit else [],
            "head_commit": commit,
            "pusher": {"name": pusher.login, "email": "person@example.com"},
            **self.about(repo, pusher),
            "repository": {**self.shapes.repo(repo), "pushed_at": int(repo.pushed_at), "created_at": 1790000000},
        }

    def installation(self, installation: Installation, action: str) -> Json:
        """`installation` created, deleted, suspend, unsuspend."""
        repos = self.state.repositories_of(installation)
        return {
            "action": action,
            "installation": self.shapes.installation(installation),
            "repositories": [_brief(repo) for repo in repos],
            "requester": None,
            "sender": self.shapes.user(installation.account),
        }

    def installation_repositories(self, installation: Installation, added: list[Repo], removed: list[Repo]) -> Json:
        """`installation_repositories` added or removed."""
        return {
            "action": "added" if added else "removed",
            "installation": self.shapes.installation(installation),
            "repository_selection": "all" if installation.selected is None else "selected",
            "repositories_added": [_brief(repo) for repo in added],
            "repositories_removed": [_brief(repo) for repo in removed],
            "requester": None,
            "sender": self.shapes.user(installation.account),
        }

    def ping(self) -> Json:
        """`ping`, as the App's hook sends it when its address is set."""
        config = {"content_type": "json", "insecure_ssl": "0", "url": f"{self.shapes.web}/hook", "secret": "********"}
        hook = {
            "type": "App",
            "id": 1,
            "name": "web",
            "active": True,
            "events": ["pull_request", "push"],
            "config": config,
            "app_id": self.state.app.id,
            "updated_at": "2026-01-01T00:00:00Z",
            "created_at": "2026-01-01T00:00:00Z",
        }
        return {"zen": "Keep it logically awesome.", "hook_id": 1, "hook": hook}

    def _simple_commit(self, repo: Repo, sha: str) -> Json:
        person = {"name": "A Person", "email": "person@example.com"}
        return {
            "id": sha,
            "tree_id": repo.git.line("rev-parse", f"{sha}^{{tree}}"),
            "message": repo.git.line("show", "-s", "--format=%B", sha),
            "timestamp": "2026-01-01T00:00:00Z",
            "author": person,
            "committer": person,
        }

    def _push_commit(self, repo: Repo, sha: str) -> Json:
        return {
            **self._simple_commit(repo, sha),
            "distinct": True,
            "url": f"{self.shapes.web}/{repo.full_name}/commit/{sha}",
            "added": [],
            "removed": [],
            "modified": [],
        }


def _brief(repo: Repo) -> Json:
    return {
        "id": repo.id,
        "node_id": node_id("R", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
    }
