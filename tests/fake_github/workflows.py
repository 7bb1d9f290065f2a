"""Workflow runs of GitHub Actions and what they leave behind: values, their JSON, and the people who start them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fake_github.auth import iso

if TYPE_CHECKING:
    from tests.fake_github.shapes import Json, Shapes
    from tests.fake_github.state import Account, PullRequest, Repo, State
    from tests.fake_github.webhooks import Payloads

PLAN_WORKFLOW = ".github/workflows/plan.yml"
DAY = 86400.0


@dataclass(slots=True, kw_only=True, eq=False)
class Artifact:
    """A zip that a run uploaded. `told_size` is what GitHub says of its size; `digest` None: uploaded the old way."""

    id: int
    name: str
    content: bytes
    created_at: float
    expired: bool = False
    told_size: int | None = None
    digest: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class WorkflowRun:
    """A run of the workflow file `path`. `head_repo` is the fork for a fork's pull request."""

    id: int
    repo: Repo
    head_repo: Repo
    head_branch: str
    head_sha: str
    path: str
    event: str
    actor: Account
    status: str = "completed"
    conclusion: str | None = "success"
    referenced: tuple[str, ...] = ()
    artifacts: list[Artifact] = field(default_factory=list)
    created_at: float = field(default_factory=time.time)


class WorkflowShapes:
    """The JSON of runs and artifacts."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes

    def run(self, run: WorkflowRun) -> Json:
        """workflow-run. A fork's pull request is not in `pull_requests`."""
        url = f"{self.shapes.repo_url(run.repo)}/actions/runs/{run.id}"
        pulls = self.shapes.state.pulls_with_head(run.repo, run.head_sha)
        return {
            "id": run.id,
            "name": "Plan",
            "node_id": f"WFR_{run.id}",
            "check_suite_id": run.id,
            "check_suite_node_id": f"CS_{run.id}",
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
            "path": run.path,
            "display_title": "Plan",
            "run_number": 1,
            "run_attempt": 1,
            "event": run.event,
            "status": run.status,
            "conclusion": run.conclusion,
            "workflow_id": 7,
            "referenced_workflows": [{"path": path, "sha": run.head_sha} for path in run.referenced],
            "pull_requests": [self.shapes.pull_minimal(pull) for pull in pulls],
            "actor": self.shapes.user(run.actor),
            "triggering_actor": self.shapes.user(run.actor),
            "url": url,
            "html_url": f"{self.shapes.web}/{run.repo.full_name}/actions/runs/{run.id}",
            **{f"{name}_url": f"{url}/{name}" for name in ("jobs", "logs", "cancel", "rerun", "artifacts")},
            "check_suite_url": f"{self.shapes.repo_url(run.repo)}/check-suites/{run.id}",
            "workflow_url": f"{self.shapes.repo_url(run.repo)}/actions/workflows/7",
            "previous_attempt_url": None,
            **dict.fromkeys(("created_at", "updated_at", "run_started_at"), iso(run.created_at)),
            "head_commit": self._head_commit(run),
            "repository": self.shapes.minimal_repo(run.repo),
            "head_repository": self.shapes.minimal_repo(run.head_repo),
        }

    def _head_commit(self, run: WorkflowRun) -> Json:
        person = {"name": "A Person", "email": "person@example.com"}
        tree = run.repo.git.line("rev-parse", f"{run.head_sha}^{{tree}}")
        return {
            "id": run.head_sha,
            "tree_id": tree,
            "message": run.repo.git.line("show", "-s", "--format=%B", run.head_sha),
            "timestamp": iso(run.created_at),
            "author": person,
            "committer": person,
        }

    def artifact(self, run: WorkflowRun, artifact: Artifact) -> Json:
        """artifact."""
        url = f"{self.shapes.repo_url(run.repo)}/actions/artifacts/{artifact.id}"
        size = len(artifact.content) if artifact.told_size is None else artifact.told_size
        return {
            "id": artifact.id,
            "node_id": f"A_{artifact.id}",
            "name": artifact.name,
            "size_in_bytes": size,
            "url": url,
            "archive_download_url": f"{url}/zip",
            "expired": artifact.expired,
            "digest": artifact.digest,
            **dict.fromkeys(("created_at", "updated_at"), iso(artifact.created_at)),
            "expires_at": iso(artifact.created_at + 90 * DAY),
            "workflow_run": {
                "id": run.id,
                "repository_id": run.repo.id,
                "head_repository_id": run.head_repo.id,
                "head_branch": run.head_branch,
                "head_sha": run.head_sha,
            },
        }


class RunsWorkflows:
    """Part of `People`: what the repository's own CI does."""

    state: State
    payloads: Payloads
    send: Callable[..., None]

    def run_workflow(
        self,
        pull: PullRequest,
        artifacts: Mapping[str, bytes] | None = None,
        *,
        path: str = PLAN_WORKFLOW,
        event: str = "pull_request",
        head_sha: str | None = None,
        status: str = "completed",
        referenced: tuple[str, ...] = (),
        tell: bool = True,
    ) -> WorkflowRun:
        """Run a workflow on the head of `pull` (or on `head_sha`), and upload `artifacts`: name -> zip."""
        assert pull.head_repo
        with self.state.lock:
            run = WorkflowRun(
                id=self.state.new_id(),
                repo=pull.repo,
                head_repo=pull.head_repo,
                head_branch=pull.head_ref,
                head_sha=head_sha or pull.head_sha,
                path=path,
                event=event,
                actor=pull.author,
                status=status,
                conclusion="success" if status == "completed" else None,
                referenced=referenced,
            )
            pull.repo.workflow_runs.append(run)
        for name, content in (artifacts or {}).items():
            self.upload_artifact(run, name, content)
        if status == "completed":
            self.send("workflow_run", self._workflow_run(run), tell=tell)
        return run

    def upload_artifact(self, run: WorkflowRun, name: str, content: bytes) -> Artifact:
        """Upload one more artifact."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        artifact = Artifact(id=self.state.new_id(), name=name, content=content, created_at=time.time(), digest=digest)
        run.artifacts.append(artifact)
        return artifact

    def complete_workflow(self, run: WorkflowRun, *, tell: bool = True) -> None:
        """Let a run that was under way end."""
        run.status, run.conclusion = "completed", "success"
        self.send("workflow_run", self._workflow_run(run), tell=tell)

    def _workflow_run(self, run: WorkflowRun) -> Json:
        with self.state.lock:
            shapes = WorkflowShapes(self.payloads.shapes)
            url = f"{self.payloads.shapes.repo_url(run.repo)}/actions/workflows/7"
            workflow = {
                "id": 7,
                "node_id": "W_7",
                "name": "Plan",
                "path": run.path,
                "state": "active",
                **dict.fromkeys(("url", "html_url", "badge_url"), url),
                **dict.fromkeys(("created_at", "updated_at"), iso(run.created_at)),
            }
            about = self.payloads.about(run.repo, run.actor)
            return {"action": "completed", "workflow": workflow, "workflow_run": shapes.run(run), **about}
