"""What a workflow's end leads to: a look for a plan or SARIF of it, and another review of the same head.

Ends quickly where there is none: one request, and one for each run. What the plan is worth is for the review to say.
"""

from __future__ import annotations

import structlog

from reviewer.gh.answers import Forbidden
from reviewer.gh.artifacts import newest_artifact
from reviewer.jobs import Steps
from reviewer.model import ReviewRequest
from reviewer.review import Services
from reviewer.store import Connection

log = structlog.get_logger()


def look(services: Services, request: ReviewRequest, steps: Steps) -> None:
    """Review the pull request of `request` again when there is an artifact that its review does not know of.

    Raises Transient (it is to be tried again), Superseded (a later look is on its way) and Gone.
    """
    steps("look", lambda: review_again(services, request, steps))


def review_again(services: Services, request: ReviewRequest, steps: Steps) -> str:
    """Return the id of the review that was queued, or "". Asked again, it queues no second one."""
    for sought in services.store.sought_plans(request):
        artifact = _artifact(services, request, sought.name)
        if artifact is not None and (sought.artifact or 0) < artifact:
            return _queued(services, request, steps, sought.name, artifact)
    return ""


def _queued(services: Services, request: ReviewRequest, steps: Steps, name: str, artifact: int) -> str:
    steps.still_current()

    def job(connection: Connection) -> str:
        admission = services.store.admit_for_plan(connection, request, name, artifact)
        return services.queue.enqueue(connection, admission.request) if admission.request else ""

    queued = services.store.write(job)
    log.info("plan.arrived", artifact=artifact, queued=queued)
    return queued


def explain_failure(request: ReviewRequest, error: Exception) -> None:
    """Leave it at a line in the log: the review that stands says that no plan was there, which is true of it."""
    log.warning("plan.look_failed", review=request.id, why=str(error))


def _artifact(services: Services, request: ReviewRequest, name: str) -> int | None:
    workflows = services.github.installation(request.repository).workflows()
    if workflows is None:
        return None
    try:
        return newest_artifact(workflows, request.repository, request.head_sha, name)
    except Forbidden:
        return None
