"""Make a pull request say what it should: read what stands there, write the difference.

Safe to run again after a crash between any two writes: what was written is found by its marker or id and not written
twice. Comments come first, the check run's conclusion last, so that whoever sees the conclusion sees everything. Knows
nothing of how findings became words (`report`).
"""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import structlog

from reviewer.errors import Gone, Rejected
from reviewer.gh.answers import Forbidden, Unprocessable
from reviewer.gh.comments import CommentPlan, as_annotation, fits, plan_comments
from reviewer.gh.same_head import hidden_by_others, told_of_others
from reviewer.gh.standing import StandingCheckRun
from reviewer.gh.surface import CheckRunState, NewAnalysis, NewReview, Surface
from reviewer.model import Annotation, CheckRun, Conclusion, InlineComment, Publication, ReviewRequest, Sha
from reviewer.process import Stop, never
from reviewer.report.markers import read_review_marker, review_marker

T = TypeVar("T")
log = structlog.get_logger()

ANNOTATIONS_A_WRITE = 50
MOST_SUMMARY = 65_535  # characters, as GitHub counts
MOST_SARIF_BYTES = 10 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """What publishing took. `unplaced` comments found no line on GitHub's diff and became annotations.

    `conclusion` is what the check run says, which the review of another pull request with this head may have decided.
    """

    writes: int
    conclusion: Conclusion
    unplaced: int = 0


class Pen:
    """Writes only while the review is current, and counts."""

    def __init__(self, still_current: Stop) -> None:
        self._still_current = still_current
        self.writes = 0

    def __call__(self, write: Callable[[], T]) -> T:
        """Do `write` and return what it returns. Raises Superseded before it, and whatever it raises."""
        self._still_current()
        result = write()
        self.writes += 1
        return result


def announce(client: Surface, request: ReviewRequest, title: str, summary: str) -> int:
    """Show that the review has begun, and return the id of its check run: found, or created; a finished one reopened.

    Runs of older reviews of the same pull request that still say that they are in progress are called off. Raises
    Transient, Rejected, Gone.
    """
    runs = client.check_runs(request.head_sha)
    state = CheckRunState(status="in_progress", title=title, summary=summary)
    run = _run_of(request, runs)
    if run is None:
        run_id = client.create_check_run(request.head_sha, request.id, state)
    else:
        run_id = run.id
        if run.status != "in_progress":
            client.update_check_run(run_id, state)
    for older in runs:
        if older.id != run_id and older.status != "completed" and _is_older(older, request):
            client.update_check_run(older.id, _called_off())
    return run_id


def publish(client: Surface, request: ReviewRequest, publication: Publication, still_current: Stop) -> PublishReport:
    """Write what differs between `publication` and what stands on GitHub; nothing when nothing does.

    `still_current` is called before every write and raises Superseded to prevent it. Raises Transient, Rejected, Gone;
    what was written until then is found again the next time.
    """
    pen = Pen(still_current)
    unplaced = _publish_comments(client, request, publication, pen)
    annotations = publication.check_run.annotations + tuple(map(as_annotation, unplaced))
    check_run = replace(publication.check_run, annotations=annotations)
    conclusion = _write_check_run(client, request, check_run, pen)
    return PublishReport(writes=pen.writes, conclusion=conclusion, unplaced=len(unplaced))


def conclude(client: Surface, request: ReviewRequest, check_run: CheckRun) -> None:
    """Conclude the check run, whether `announce` came to create it or not. Raises Transient, Rejected, Gone."""
    _write_check_run(client, request, check_run, Pen(never))


def annotate(client: Surface, head_sha: Sha, external_id: str, told: str) -> None:
    """Put `told`, a paragraph of markdown, on top of the summary of a check run, once. Raises Transient, Rejected."""
    run = max(
        (run for run in client.check_runs(head_sha) if run.external_id == external_id), key=lambda r: r.id, default=None
    )
    if run is None or run.summary.startswith(told):
        return
    summary = f"{told}\n\n{run.summary}"[:MOST_SUMMARY]
    client.update_check_run(run.id, CheckRunState(status=None, title=run.title, summary=summary, text=run.text))


def call_off(client: Surface, request: ReviewRequest) -> None:
    """Conclude the check run of a review that is no longer wanted as cancelled, if it is still in progress.

    For the review itself, on the way out: nobody else may look at its head again. Raises Transient, Rejected, Gone.
    """
    run = _run_of(request, client.check_runs(request.head_sha))
    if run is not None and run.status != "completed":
        client.update_check_run(run.id, _called_off())


def upload_sarif(client: Surface, request: ReviewRequest, sarif: dict[str, Any]) -> str | None:
    """Upload a SARIF log for the head and return GitHub's id of it.

    None, and a line in the log, when the repository has no code scanning, the App may not use it, or GitHub does not
    take the log. Raises Transient.
    """
    packed = gzip.compress(json.dumps(sarif, separators=(",", ":")).encode(), mtime=0)
    if len(packed) > MOST_SARIF_BYTES:
        log.warning("sarif.too_large", review=request.id, bytes=len(packed), most=MOST_SARIF_BYTES)
        return None
    analysis = NewAnalysis(
        head_sha=request.head_sha, ref=request.head_ref, sarif=base64.b64encode(packed).decode("ascii")
    )
    try:
        return client.upload_analysis(analysis)
    except (Forbidden, Gone) as error:
        log.info("sarif.no_code_scanning", review=request.id, why=str(error))
    except Rejected as error:
        log.error("sarif.refused", review=request.id, why=str(error))
    return None


def _publish_comments(
    client: Surface, request: ReviewRequest, publication: Publication, pen: Pen
) -> tuple[InlineComment, ...]:
    """Make the review comments say what they should; return those that found no place."""
    if request.number is None:
        return publication.comments
    standing = client.review_comments(request.number)
    plan = plan_comments(publication.comments, standing, publication.present, request.head_sha)
    if not publication.complete:
        plan = replace(plan, mended=())
    unplaced = _publish_review(client, request, request.number, plan.new, pen) if plan.new else ()
    _set_threads(client, request.number, plan, pen)  # before the edits, by which a later run knows what is left to do
    for edit in plan.changed + plan.restored + plan.mended:
        pen(partial(client.edit_comment, edit.comment_id, edit.body))
    return unplaced


def _publish_review(
    client: Surface, request: ReviewRequest, number: int, comments: tuple[InlineComment, ...], pen: Pen
) -> tuple[InlineComment, ...]:
    """Submit the one review of this head with as many of `comments` as GitHub takes; return the others."""
    reviews = client.reviews(number)
    for review in reviews:
        if review.state == "PENDING":  # left by a crash; it would block every other
            pen(partial(client.delete_pending_review, number, review.id))
    if any(r.state != "PENDING" and read_review_marker(r.body) == request.head_sha for r in reviews):
        return comments
    body = review_marker(request.head_sha)
    try:
        pen(partial(client.create_review, number, NewReview(head_sha=request.head_sha, body=body, comments=comments)))
        return ()
    except Unprocessable as error:  # refused whole, for one comment or more, and GitHub does not say which
        log.warning("review.refused", review=request.id, comments=len(comments), why=str(error))
    hunks = client.hunks(number)
    fitting = tuple(comment for comment in comments if fits(comment, hunks))
    if not fitting or fitting == comments:
        return comments
    try:
        pen(partial(client.create_review, number, NewReview(head_sha=request.head_sha, body=body, comments=fitting)))
    except Unprocessable as error:
        log.error("review.refused_again", review=request.id, comments=len(fitting), why=str(error))
        return comments
    return tuple(comment for comment in comments if comment not in fitting)


def _set_threads(client: Surface, number: int, plan: CommentPlan, pen: Pen) -> None:
    """Resolve the threads of mended comments and open those of restored ones again, where we may."""
    wanted = {edit.comment_id: True for edit in plan.mended} | {edit.comment_id: False for edit in plan.restored}
    threads = client.threads(number) if wanted else None
    for thread in threads or ():
        if wanted.get(thread.comment_id, thread.resolved) != thread.resolved:
            pen(partial(client.unresolve_thread if thread.resolved else client.resolve_thread, thread.id))


def _write_check_run(client: Surface, request: ReviewRequest, check_run: CheckRun, pen: Pen) -> Conclusion:
    """Make the check run of `request` say `check_run`, in as few writes as GitHub allows; return what it concludes."""
    runs = client.check_runs(request.head_sha)
    run = _run_of(request, runs)
    check_run = told_of_others(client, request, check_run, runs)
    _write_own(client, request, check_run, run, pen)
    for run_id, state in hidden_by_others(client, request, check_run, runs):
        pen(partial(client.update_check_run, run_id, state))
    return check_run.conclusion


def _write_own(
    client: Surface, request: ReviewRequest, check_run: CheckRun, run: StandingCheckRun | None, pen: Pen
) -> None:
    """Write what differs from `run`; the conclusion goes with the last write."""
    standing = client.annotations(run.id) if run is not None and run.annotations else ()
    missing = _missing(check_run.annotations, standing)
    if run is not None and not missing and _says(run, check_run):
        return
    *earlier, last = _batches(missing)
    done = CheckRunState(
        status="completed",
        conclusion=check_run.conclusion,
        title=check_run.title,
        summary=check_run.summary,
        text=check_run.text,
        annotations=last,
        actions=check_run.actions,
    )
    run_id = None if run is None else run.id
    for batch in earlier:
        run_id = _put(client, request, run_id, replace(done, status=None, conclusion=None, annotations=batch), pen)
    _put(client, request, run_id, done, pen)


def _put(client: Surface, request: ReviewRequest, run_id: int | None, state: CheckRunState, pen: Pen) -> int:
    if run_id is None:
        state = replace(state, status=state.status or "in_progress")
        return pen(partial(client.create_check_run, request.head_sha, request.id, state))
    pen(partial(client.update_check_run, run_id, state))
    return run_id


def _run_of(request: ReviewRequest, runs: Sequence[StandingCheckRun]) -> StandingCheckRun | None:
    """Return the check run of this generation of the review: the newest, which is the one that GitHub shows."""
    ours = [run for run in runs if run.external_id == request.id]
    return max(ours, key=lambda run: run.id, default=None)


def _is_older(run: StandingCheckRun, request: ReviewRequest) -> bool:
    return run.external_id.startswith(f"rv:{request.key}:") and run.external_id <= request.id


def _called_off() -> CheckRunState:
    told = "A newer review took the place of this one, or the pull request was closed."
    return CheckRunState(status="completed", conclusion=Conclusion.CANCELLED, title="Superseded", summary=told)


def _says(run: StandingCheckRun, check_run: CheckRun) -> bool:
    return (
        run.status == "completed"
        and run.conclusion == check_run.conclusion
        and run.title.strip() == check_run.title.strip()
        and _text(run.summary) == _text(check_run.summary)
        and _text(run.text) == _text(check_run.text)
    )


def _text(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def _missing(desired: Sequence[Annotation], standing: Sequence[Annotation]) -> tuple[Annotation, ...]:
    """Return those of `desired` that do not stand yet, in their order; equal ones count as often as they come."""
    there = Counter(standing)
    missing = []
    for annotation in desired:
        if there[annotation]:
            there[annotation] -= 1
        else:
            missing.append(annotation)
    return tuple(missing)


def _batches(annotations: Sequence[Annotation]) -> list[tuple[Annotation, ...]]:
    """Return `annotations` cut to what one write takes; one empty batch when there are none."""
    starts = range(0, max(len(annotations), 1), ANNOTATIONS_A_WRITE)
    return [tuple(annotations[start : start + ANNOTATIONS_A_WRITE]) for start in starts]
