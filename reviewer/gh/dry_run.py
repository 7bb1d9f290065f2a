"""The twin that writes nothing: reads what stands on GitHub and notes down what would be written.

What it noted counts as standing from then on, so that a review goes its usual way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import structlog

from reviewer.gh.standing import PullRequestState, StandingCheckRun, StandingComment, StandingReview, StandingThread
from reviewer.gh.surface import CheckRunState, NewAnalysis, NewCommit, NewReview, Surface
from reviewer.model import Annotation, Hunk, Sha

log = structlog.get_logger()
MOST_LOGGED = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A write that was not made: the method's name, what it is about (an id, or a commit), and what it would say."""

    what: str
    about: int | str
    says: Any = None


class DryRunClient:
    """Implements `Surface`: reads through `real` and only notes the writes, in `writes`."""

    def __init__(self, real: Surface) -> None:
        self._real = real
        self._made: dict[int, StandingCheckRun] = {}
        self.writes: list[Write] = []

    def _note(self, write: Write) -> None:
        self.writes.append(write)
        log.info("github.not_written", what=write.what, about=write.about, says=str(write.says)[:MOST_LOGGED])

    def pull_request(self, number: int) -> PullRequestState:
        """Return a pull request as it is now."""
        return self._real.pull_request(number)

    def check_runs(self, head_sha: Sha) -> tuple[StandingCheckRun, ...]:
        """Return our check runs on a commit, those that were only noted too."""
        standing = {run.id: run for run in self._real.check_runs(head_sha)}
        return tuple((standing | self._made).values())

    def annotations(self, check_run_id: int) -> tuple[Annotation, ...]:
        """Return the annotations of a check run; what was only noted has none."""
        return () if check_run_id < 0 else self._real.annotations(check_run_id)

    def reviews(self, number: int) -> tuple[StandingReview, ...]:
        """Return our reviews."""
        return self._real.reviews(number)

    def review_comments(self, number: int) -> tuple[StandingComment, ...]:
        """Return our review comments."""
        return self._real.review_comments(number)

    def hunks(self, number: int) -> tuple[Hunk, ...]:
        """Return the hunks of GitHub's own diff."""
        return self._real.hunks(number)

    def threads(self, number: int) -> tuple[StandingThread, ...] | None:
        """Return the review threads."""
        return self._real.threads(number)

    def create_check_run(self, head_sha: Sha, external_id: str, state: CheckRunState) -> int:
        """Note it down and return an id below 0."""
        self._note(Write(what="create_check_run", about=head_sha, says=state))
        run_id = -1 - len(self._made)
        self._made[run_id] = _standing(run_id, external_id, state)
        return run_id

    def update_check_run(self, check_run_id: int, state: CheckRunState) -> None:
        """Note it down."""
        self._note(Write(what="update_check_run", about=check_run_id, says=state))
        if check_run_id in self._made:
            made = self._made[check_run_id]
            status = state.status or made.status
            self._made[check_run_id] = _standing(check_run_id, made.external_id, replace(state, status=status))

    def create_review(self, number: int, review: NewReview) -> None:
        """Note it down."""
        self._note(Write(what="create_review", about=number, says=review))

    def delete_pending_review(self, number: int, review_id: int) -> None:
        """Note it down."""
        self._note(Write(what="delete_pending_review", about=number, says=review_id))

    def edit_comment(self, comment_id: int, body: str) -> None:
        """Note it down."""
        self._note(Write(what="edit_comment", about=comment_id, says=body))

    def resolve_thread(self, thread_id: str) -> None:
        """Note it down."""
        self._note(Write(what="resolve_thread", about=thread_id))

    def unresolve_thread(self, thread_id: str) -> None:
        """Note it down."""
        self._note(Write(what="unresolve_thread", about=thread_id))

    def permission(self, login: str) -> str:
        """Return what a person may do here."""
        return self._real.permission(login)

    def may_commit(self) -> bool:
        """Tell whether we were granted what a commit takes."""
        return self._real.may_commit()

    def commit(self, change: NewCommit) -> Sha:
        """Note it down and return the parent."""
        self._note(Write(what="commit", about=change.branch, says=change))
        return change.parent

    def message_and_parents(self, sha: Sha) -> tuple[str, tuple[Sha, ...]]:
        """Return message and parents of a commit."""
        return self._real.message_and_parents(sha)

    def upload_analysis(self, analysis: NewAnalysis) -> str:
        """Note it down and return no id."""
        self._note(Write(what="upload_analysis", about=analysis.head_sha, says=analysis))
        return ""


def _standing(run_id: int, external_id: str, state: CheckRunState) -> StandingCheckRun:
    return StandingCheckRun(
        id=run_id,
        external_id=external_id,
        status=state.status or "in_progress",
        conclusion=state.conclusion,
        title=state.title,
        summary=state.summary,
        text=state.text,
        annotations=0,
    )
