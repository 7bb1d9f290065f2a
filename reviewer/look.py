"""What a workflow's end leads to: a look whether it left a plan, and another review of the same head if it did.

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
    """Review the pull request of `request` again when there is a plan that its review does not know of.

    Raises Transient (it is to be tried again), Superseded (a later look is on its way) and Gone.
    """
    steps("look", lambda: review_again(services, request, steps))


def review_again(services: Services, request: ReviewRequest, steps: Steps) -> str:
    """Return the id of the review that was queued, or "". Asked again, it queues no second one for the same plan."""
    sought = services.store.sought_plan(request)
    artifact = _artifact(services, request, sought.name) if sought else None
    if sought is None or artifact is None or (sought.artifact or 0) >= artifact:
        return ""
    steps.still_current()

    def job(connection: Connection) -> str:
        admission = services.store.admit_for_plan(connection, request, artifact)
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
