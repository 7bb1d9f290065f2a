"""What stands on GitHub, as values: the one place where answers are taken apart.

Every function takes a JSON value of GitHub's and raises Transient when it is half an answer. Knows nothing of requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reviewer.errors import Transient
from reviewer.gh.answers import pick, pick_optional
from reviewer.model import Annotation, Hunk, Level, Sha, Span

_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestState:
    """A pull request as it is now. `state` is open or closed, `head_repository` None for a fork that is gone."""

    head_sha: Sha
    base_sha: Sha
    base_ref: str
    state: str
    draft: bool
    html_url: str
    head_ref: str = ""  # short branch name
    head_repository: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingCheckRun:
    """A check run of ours. `status` is queued, in_progress or completed."""

    id: int
    external_id: str
    status: str
    conclusion: str | None
    title: str
    summary: str
    text: str
    annotations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingReview:
    """A review of ours. `state` is PENDING until it was submitted."""

    id: int
    state: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingComment:
    """A review comment of ours, on whatever head it was made, and the lines where it stands now.

    `line` is None when those lines were changed since; `start_line` when it is one line.
    """

    id: int
    body: str
    path: str = ""
    line: int | None = None
    start_line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingThread:
    """A thread of review comments. `comment_id` is its first comment's."""

    id: str
    comment_id: int
    resolved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt to deliver a webhook. Redeliveries have the same `guid` and an `id` of their own."""

    id: int
    guid: str
    event: str
    delivered_at: datetime
    succeeded: bool


def pull_request(value: Any) -> PullRequestState:
    """Parse an answer of `GET pulls/N`."""
    return PullRequestState(
        head_sha=sha(value, "head.sha"),
        base_sha=sha(value, "base.sha"),
        base_ref=pick(value, "base.ref", str),
        state=pick(value, "state", str),
        draft=pick_optional(value, "draft", bool) or False,
        html_url=pick(value, "html_url", str),
        head_ref=pick(value, "head.ref", str),
        head_repository=pick_optional(value, "head.repo.id", int),
    )


def check_run(value: Any) -> StandingCheckRun:
    """Parse a check run."""
    return StandingCheckRun(
        id=pick(value, "id", int),
        external_id=pick_optional(value, "external_id", str) or "",
        status=pick(value, "status", str),
        conclusion=pick_optional(value, "conclusion", str),
        title=pick_optional(value, "output.title", str) or "",
        summary=pick_optional(value, "output.summary", str) or "",
        text=pick_optional(value, "output.text", str) or "",
        annotations=pick(value, "output.annotations_count", int),
    )


def annotation(value: Any) -> Annotation:
    """Parse an annotation of a check run."""
    level = pick_optional(value, "annotation_level", str) or Level.NOTICE
    span = Span(
        path=pick(value, "path", str),
        start_line=pick(value, "start_line", int),
        end_line=pick(value, "end_line", int),
    )
    return Annotation(
        span=span,
        level=Level(level) if level in set(Level) else Level.NOTICE,
        title=pick_optional(value, "title", str) or "",
        message=pick_optional(value, "message", str) or "",
    )


def review(value: Any) -> StandingReview:
    """Parse a review."""
    return StandingReview(id=pick(value, "id", int), state=pick(value, "state", str), body=pick(value, "body", str))


def comment(value: Any) -> StandingComment:
    """Parse a review comment."""
    return StandingComment(
        id=pick(value, "id", int),
        body=pick(value, "body", str),
        path=pick_optional(value, "path", str) or "",
        line=pick_optional(value, "line", int),
        start_line=pick_optional(value, "start_line", int),
    )


def author(value: Any) -> str:
    """Return the login of who wrote a review or comment; "" for a deleted account."""
    return pick_optional(value, "user.login", str) or ""


def thread(value: Any) -> StandingThread | None:
    """Parse a review thread of GraphQL's; None for one without comments."""
    comments = pick(value, "comments.nodes", list)
    if not comments:
        return None
    return StandingThread(
        id=pick(value, "id", str),
        comment_id=_big_int(comments[0], "fullDatabaseId"),
        resolved=pick(value, "isResolved", bool),
    )


def hunks(value: Any) -> Iterator[Hunk]:
    """Yield the hunks, on the head's side, of a file of `GET pulls/N/files`; none for a file without a patch."""
    path = pick(value, "filename", str)
    for match in _HUNK.finditer(pick_optional(value, "patch", str) or ""):
        start, length = int(match[1]), int(match[2] or 1)
        if length:
            yield Hunk(path=path, start_line=start, end_line=start + length - 1)


def delivery(value: Any) -> Delivery:
    """Parse an entry of the App's delivery log."""
    return Delivery(
        id=pick(value, "id", int),
        guid=pick(value, "guid", str),
        event=pick(value, "event", str),
        delivered_at=instant(value, "delivered_at"),
        succeeded=200 <= pick(value, "status_code", int) < 300,
    )


def sha(value: Any, path: str) -> Sha:
    """Return the commit id at `path`."""
    text = pick(value, path, str)
    if not re.fullmatch(r"[0-9a-f]{40}", text):
        raise Transient(f"GitHub's answer is incomplete: {path} is not a commit id")
    return Sha(text)


def instant(value: Any, path: str) -> datetime:
    """Return the time at `path`, with its zone."""
    try:
        when = datetime.fromisoformat(pick(value, path, str))
    except ValueError:
        raise Transient(f"GitHub's answer is incomplete: {path} is not a time") from None
    if when.tzinfo is None:
        raise Transient(f"GitHub's answer is incomplete: {path} has no time zone")
    return when


def _big_int(value: Any, path: str) -> int:
    text = pick(value, path, str)
    if not text.isdecimal():
        raise Transient(f"GitHub's answer is incomplete: {path} is not a number")
    return int(text)
