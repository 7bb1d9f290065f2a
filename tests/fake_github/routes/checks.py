"""Check runs: made and updated by Apps only, with GitHub's limits."""

from __future__ import annotations

import time
from typing import Any

from tests.fake_github.refusals import Refused, invalid, invalid_request, not_found
from tests.fake_github.routes.call import Call, Page, Routes
from tests.fake_github.state import Annotation, CheckRun

route = Routes()
REPO = "/repos/{owner}/{repo}"
WRITE = ("checks=write",)
READ = ("checks=read",)
LONGEST_TEXT = 65535
MOST_ANNOTATIONS = 50
MOST_ACTIONS = 3
LONGEST_ACTION = {"label": 20, "description": 40, "identifier": 20}
LEVELS = frozenset({"notice", "warning", "failure"})
LONGEST_ANNOTATION = {"message": 65536, "raw_details": 65536, "title": 255}  # bytes, bytes, characters
CONCLUSIONS = frozenset({"success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"})


@route("POST", f"{REPO}/check-runs", needs=WRITE, status=201)
def create(call: Call) -> object:
    """A new check run on a commit of this repository."""
    head_sha = str(call.body.get("head_sha", ""))
    if len(head_sha) != 40 or call.repo.git.resolve(head_sha) is None:
        raise Refused(422, f"No commit found for SHA: {head_sha}")
    if not call.body.get("name"):
        raise invalid_request('"name" wasn\'t supplied.')
    run = CheckRun(
        id=call.state.new_id(),
        suite_id=call.state.suite_id(call.repo, head_sha),
        name=call.body["name"],
        head_sha=head_sha,
        app_slug=call.state.app.slug,
        started_at=time.time(),
    )
    change = _checked(call.body, run)
    call.repo.check_runs.append(run)
    _change(run, change)
    return call.shapes.check_run(call.repo, run)


@route("GET", f"{REPO}/check-runs/{{check_run_id}}", needs=READ)
def get(call: Call, check_run_id: int) -> object:
    """One check run."""
    return call.shapes.check_run(call.repo, _run(call, check_run_id))


@route("PATCH", f"{REPO}/check-runs/{{check_run_id}}", needs=WRITE)
def update(call: Call, check_run_id: int) -> object:
    """Change a check run of one's own. Annotations are added to those that stand there."""
    run = _run(call, check_run_id)
    if run.app_slug != call.state.app.slug:
        raise Refused(403, "Invalid app_id `%d` - check run can only be modified by the GitHub App that created it.")
    _change(run, _checked(call.body, run))
    return call.shapes.check_run(call.repo, run)


@route("GET", f"{REPO}/check-runs/{{check_run_id}}/annotations", needs=READ)
def list_annotations(call: Call, check_run_id: int) -> Page:
    """The annotations of a check run."""
    run = _run(call, check_run_id)
    return Page(items=[call.shapes.annotation(call.repo, run, annotation) for annotation in run.annotations])


@route("GET", f"{REPO}/commits/{{ref}}/check-runs", needs=READ)
def list_for_commit(call: Call, ref: str) -> Page:
    """The check runs on a commit: newest of each name first unless `filter=all`."""
    runs = list(reversed(call.repo.check_runs_on(call.commit(ref))))
    if "check_name" in call.query:
        runs = [run for run in runs if run.name == call.query["check_name"]]
    if "status" in call.query:
        runs = [run for run in runs if run.status == call.query["status"]]
    if "app_id" in call.query and call.query["app_id"] != str(call.state.app.id):
        runs = [run for run in runs if run.app_slug != call.state.app.slug]
    if call.query.get("filter", "latest") == "latest":
        runs = list({(run.name, run.app_slug): run for run in reversed(runs)}.values())
    return Page(items=[call.shapes.check_run(call.repo, run) for run in runs], wrap="check_runs")


@route("POST", f"{REPO}/check-runs/{{check_run_id}}/rerequest", needs=WRITE, status=201)
def rerequest(call: Call, check_run_id: int) -> object:
    """Ask for it again: the run goes back to queued (a person's click also sends the webhook)."""
    run = _run(call, check_run_id)
    run.status, run.conclusion, run.completed_at = "queued", None, None
    return {}


def _run(call: Call, check_run_id: int) -> CheckRun:
    for run in call.repo.check_runs:
        if run.id == check_run_id:
            return run
    raise not_found()


def _checked(body: dict[str, Any], run: CheckRun) -> dict[str, Any]:
    """Return `body` when GitHub would take it. Raises Refused (422)."""
    conclusion = body.get("conclusion")
    if body.get("status") == "completed" and conclusion is None:
        raise invalid_request('No subschema in "anyOf" matched.\n"conclusion" wasn\'t supplied.')
    if conclusion is not None and conclusion not in CONCLUSIONS:
        raise invalid("CheckRun", "conclusion", f"{conclusion} is not a conclusion that an App may set")
    output = body.get("output")
    if output is not None:
        _check_output(output, run)
    actions = body.get("actions") or []
    if len(actions) > MOST_ACTIONS:
        raise invalid_request(f"No more than {MOST_ACTIONS} items are allowed; {len(actions)} were supplied.")
    for action in actions:
        for name, longest in LONGEST_ACTION.items():
            if not 0 < len(action.get(name, "")) <= longest:
                raise invalid_request(
                    f"Only {longest} characters are allowed; {len(action.get(name, ''))} were supplied."
                )
    return body


def _check_output(output: dict[str, Any], run: CheckRun) -> None:
    if not output.get("summary") or not (output.get("title") or run.title):
        raise invalid_request('"title" and "summary" weren\'t supplied.')
    for name in ("summary", "text"):
        if len(output.get(name) or "") > LONGEST_TEXT:
            raise invalid_request(f"Only {LONGEST_TEXT} characters are allowed; {len(output[name])} were supplied.")
    annotations = output.get("annotations") or []
    if len(annotations) > MOST_ANNOTATIONS:
        raise invalid_request(f"No more than {MOST_ANNOTATIONS} items are allowed; {len(annotations)} were supplied.")
    for annotation in annotations:
        _check_annotation(annotation)


def _check_annotation(annotation: dict[str, Any]) -> None:
    start, end = annotation.get("start_line"), annotation.get("end_line")
    if not isinstance(start, int) or not isinstance(end, int) or not 1 <= start <= end:
        raise invalid("CheckRun", "annotations", "start_line and end_line must be lines, in that order")
    if start != end and ("start_column" in annotation or "end_column" in annotation):
        raise invalid("CheckRun", "annotations", "start_column and end_column need start_line and end_line to be equal")
    if annotation.get("annotation_level") not in LEVELS:
        raise invalid("CheckRun", "annotations", "annotation_level must be notice, warning or failure")
    if not annotation.get("path") or not annotation.get("message"):
        raise invalid_request('"path" and "message" weren\'t supplied.')
    for name in ("message", "raw_details"):
        if len((annotation.get(name) or "").encode()) > LONGEST_ANNOTATION[name]:
            raise invalid("CheckRun", "annotations", f"{name} is too long (maximum is 64 KB)")
    if len(annotation.get("title") or "") > LONGEST_ANNOTATION["title"]:
        raise invalid("CheckRun", "annotations", "title is too long (maximum is 255 characters)")


def _change(run: CheckRun, body: dict[str, Any]) -> None:
    run.name = body.get("name", run.name)
    run.external_id = body.get("external_id", run.external_id)
    run.details_url = body.get("details_url", run.details_url)
    run.actions = tuple(body.get("actions", run.actions))
    if body.get("conclusion"):
        run.status, run.conclusion, run.completed_at = "completed", body["conclusion"], time.time()
    elif body.get("status"):
        run.status, run.conclusion, run.completed_at = body["status"], None, None
    output = body.get("output") or {}
    run.title, run.summary = output.get("title", run.title), output.get("summary", run.summary)
    run.text = output.get("text", run.text)
    run.annotations += [Annotation(**annotation) for annotation in output.get("annotations") or []]
