"""What the repository's own GitHub Actions did: runs, and the artifacts that they left. Only reads.

Knows the keys of https://docs.github.com/en/rest/actions. Knows nothing of plans, nor of which run may be believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from reviewer.errors import Transient
from reviewer.gh.answers import Ask, Send, items, pick, pick_optional
from reviewer.gh.download import DownloadFailed, has_digest
from reviewer.gh.standing import instant, sha
from reviewer.model import Sha
from reviewer.process import Stop

NEEDS = "actions: read"
PER_PAGE = 100
MOST_RUNS = 300
"""Of one commit; of more, the newest are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRun:
    """A run that is over. `path` and `calls` are as GitHub writes them: [OWNER/NAME/]FILE[@REF]."""

    id: int
    path: str
    event: str
    head_sha: Sha
    head_repository: int | None  # None: that repository is gone
    started_at: datetime
    calls: tuple[str, ...] = ()  # reusable workflows that it ran


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A zip that a run left."""

    id: int
    size: int
    expired: bool
    digest: str | None
    head_sha: Sha | None


Query = Mapping[str, str | int]
Download = Callable[[str, int, Stop], bytes]
"""See `download.download`: an address, the most bytes, and what is asked meanwhile."""


class Workflows:
    """The runs and artifacts of one repository. Methods raise Forbidden without `actions: read`, Gone, Transient."""

    def __init__(self, send: Send, path: str, download: Download) -> None:
        self._send, self._path, self._download = send, f"{path}/actions", download

    def runs(self, head: Sha) -> tuple[WorkflowRun, ...]:
        """Return the runs on a commit that are over, the last started first; those of forks stand among them."""
        query: Query = {"head_sha": head, "status": "completed", "exclude_pull_requests": "true", "per_page": PER_PAGE}
        found = items(self._send, self._get("/runs", query), "workflow_runs")
        runs = [_run(value) for value in islice(found, MOST_RUNS)]
        return tuple(sorted(runs, key=lambda run: (run.started_at, run.id), reverse=True))

    def artifacts(self, run_id: int, name: str) -> tuple[Artifact, ...]:
        """Return what a run left under `name`, the newest first: of every attempt one may be there."""
        query: Query = {"name": name, "per_page": PER_PAGE}
        found = items(self._send, self._get(f"/runs/{run_id}/artifacts", query), "artifacts")
        kept = [_artifact(value) for value in found if pick(value, "name", str) == name]
        return tuple(sorted(kept, key=lambda artifact: artifact.id, reverse=True))

    def content(self, artifact: Artifact, most: int, stop: Stop) -> bytes:
        """Return the zip itself. Raises TooLarge, DownloadFailed, and Gone when it is expired."""
        path = f"{self._path}/artifacts/{artifact.id}/zip"
        answer = self._send(Ask(verb="GET", path=path, needs=NEEDS, redirected=True))
        location = answer.headers.get("location")
        if not location:
            raise Transient("GitHub's answer is incomplete: it does not say where the artifact is")
        content = self._download(location, most, stop)
        if not has_digest(content, artifact.digest):
            raise DownloadFailed("what came is not what the workflow uploaded: its SHA-256 differs")
        return content

    def _get(self, path: str, query: Query) -> Ask:
        return Ask(verb="GET", path=self._path + path, query=query, needs=NEEDS)


def _run(value: Any) -> WorkflowRun:
    return WorkflowRun(
        id=pick(value, "id", int),
        path=pick(value, "path", str),
        event=pick(value, "event", str),
        head_sha=sha(value, "head_sha"),
        head_repository=pick_optional(value, "head_repository.id", int),
        started_at=instant(value, "run_started_at" if pick_optional(value, "run_started_at", str) else "created_at"),
        calls=tuple(pick(call, "path", str) for call in pick_optional(value, "referenced_workflows", list) or []),
    )


def _artifact(value: Any) -> Artifact:
    return Artifact(
        id=pick(value, "id", int),
        size=pick(value, "size_in_bytes", int),
        expired=pick(value, "expired", bool),
        digest=pick_optional(value, "digest", str),
        head_sha=sha(value, "workflow_run.head_sha") if pick_optional(value, "workflow_run.head_sha", str) else None,
    )
