"""Workflow runs and their artifacts; the zips themselves lie on another host."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fake_github.refusals import Refused, not_found
from tests.fake_github.routes.call import Answer, Call, Page, Routes
from tests.fake_github.workflows import Artifact, WorkflowRun, WorkflowShapes

route = Routes()
REPO = "/repos/{owner}/{repo}"
READ = ("actions=read",)
ARTIFACT = f"{REPO}/actions/artifacts/{{artifact_id}}"


@route("GET", f"{REPO}/actions/runs", needs=READ)
def list_runs(call: Call) -> Page:
    """Runs, newest first; those of forks' pull requests stand among them."""
    runs = list(reversed(call.repo.workflow_runs))
    for name in ("head_sha", "event"):
        if name in call.query:
            runs = [run for run in runs if getattr(run, name) == call.query[name]]
    if "status" in call.query:
        runs = [run for run in runs if call.query["status"] in {run.status, run.conclusion}]
    return Page(items=[WorkflowShapes(call.shapes).run(run) for run in runs], wrap="workflow_runs")


@route("GET", f"{REPO}/actions/runs/{{run_id}}", needs=READ)
def get_run(call: Call, run_id: int) -> object:
    """One run."""
    return WorkflowShapes(call.shapes).run(_run(call, run_id))


@route("GET", f"{REPO}/actions/runs/{{run_id}}/artifacts", needs=READ)
def list_artifacts(call: Call, run_id: int) -> Page:
    """What a run uploaded, newest first, of all its attempts."""
    run = _run(call, run_id)
    found = [a for a in reversed(run.artifacts) if call.query.get("name", a.name) == a.name]
    return Page(items=[WorkflowShapes(call.shapes).artifact(run, artifact) for artifact in found], wrap="artifacts")


@route("GET", ARTIFACT, needs=READ)
def get_artifact(call: Call, artifact_id: int) -> object:
    """One artifact."""
    run, artifact = _artifact(call, artifact_id)
    return WorkflowShapes(call.shapes).artifact(run, artifact)


@route("GET", f"{ARTIFACT}/{{archive_format}}", needs=READ, status=302)
def download_artifact(call: Call, artifact_id: int, archive_format: str) -> Answer:
    """Where the zip is for the next minute. Raises Refused (410) when it is expired."""
    _, artifact = _artifact(call, artifact_id)
    if archive_format != "zip":
        raise not_found()
    if artifact.expired:
        raise Refused(410, "Artifact has expired")
    return Answer(status=302, body=None, headers={"Location": call.link_to(artifact)})


def _run(call: Call, run_id: int) -> WorkflowRun:
    for run in call.repo.workflow_runs:
        if run.id == run_id:
            return run
    raise not_found()


def _artifact(call: Call, artifact_id: int) -> tuple[WorkflowRun, Artifact]:
    for run, artifact in _artifacts(call):
        if artifact.id == artifact_id:
            return run, artifact
    raise not_found()


def _artifacts(call: Call) -> Iterator[tuple[WorkflowRun, Artifact]]:
    for run in call.repo.workflow_runs:
        for artifact in run.artifacts:
            yield run, artifact
