"""Payloads as GitHub sends them, cut down to what is read."""

from __future__ import annotations

from typing import Any

from tests.durable import A, B

REPOSITORY = {"id": 5, "full_name": "acme/infra", "default_branch": "main", "pushed_at": "2026-01-01T00:00:00Z"}
COMMON = {"repository": REPOSITORY, "installation": {"id": 9}}


def pull_request(action: str = "opened", *, number: int = 1, head: str = A, **more: Any) -> dict[str, Any]:
    """A `pull_request` event; `more` goes into the pull request."""
    body = {
        "number": number,
        "state": "closed" if action == "closed" else "open",
        "draft": False,
        "updated_at": "2026-01-01T00:00:10Z",
        "head": {"sha": head, "ref": "change"},
        "base": {"sha": B, "ref": "main"},
        **more,
    }
    return {**COMMON, "action": action, "pull_request": body}


def check(name: str, *, head: str = A, pull_requests: tuple[int, ...] = (), external_id: str = "") -> dict[str, Any]:
    """A `check_run` or `check_suite` that a person wants again."""
    entries = [
        {"number": n, "head": {"sha": head}, "base": {"ref": "main", "sha": B, "repo": {"id": 5}}}
        for n in pull_requests
    ]
    return {
        **COMMON,
        "action": "rerequested",
        name: {"head_sha": head, "external_id": external_id, "pull_requests": entries},
    }


def workflow_run(
    *, head: str = A, event: str = "pull_request", head_repository: int | None = 5, action: str = "completed"
) -> dict[str, Any]:
    """A `workflow_run` event; `head_repository` 5 is the repository itself."""
    repository = None if head_repository is None else {"id": head_repository}
    run = {"head_sha": head, "event": event, "head_repository": repository, "pull_requests": []}
    return {**COMMON, "action": action, "workflow_run": run}


def merge_group(action: str = "checks_requested") -> dict[str, Any]:
    """A `merge_group` event."""
    group = {
        "head_sha": A,
        "head_ref": f"refs/heads/gh-readonly-queue/main/pr-1-{B}",
        "base_sha": B,
        "base_ref": "refs/heads/main",
    }
    return {**COMMON, "action": action, "merge_group": group}


def push(ref: str = "refs/heads/main", **more: Any) -> dict[str, Any]:
    """A `push` event."""
    return {**COMMON, "repository": {**REPOSITORY, "pushed_at": 1767225600}, "ref": ref, "after": A, **more}
