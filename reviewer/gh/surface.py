"""What publishing needs of GitHub: what it reads, and the only writes there are.

Two implementations ship: `repository.RepositoryClient` speaks with GitHub, `dry_run.DryRunClient` only takes notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reviewer.gh.standing import PullRequestState, StandingCheckRun, StandingComment, StandingReview, StandingThread
from reviewer.model import Action, Annotation, Conclusion, Hunk, InlineComment, Sha

CHECK_RUN_NAME = "Plumbrule"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRunState:
    """What one write makes of a check run. `annotations`, at most 50, are added to those that stand.

    `status` None leaves it as it is; `conclusion` goes with completed.
    """

    status: str | None
    title: str
    summary: str
    text: str = ""
    conclusion: Conclusion | None = None
    annotations: tuple[Annotation, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReview:
    """A review that only comments. `body` has its marker."""

    head_sha: Sha
    body: str
    comments: tuple[InlineComment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnalysis:
    """A SARIF upload: `sarif` is gzipped and in base64."""

    head_sha: Sha
    ref: str
    sarif: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """What a file becomes. `mode` is git's: 100644 or 100755."""

    path: str
    mode: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCommit:
    """A commit on top of `parent`, which must still be the head of `branch`."""

    branch: str
    parent: Sha
    message: str
    files: tuple[NewFile, ...]


class Surface(Protocol):
    """A repository on GitHub. All methods raise Transient, Rejected or Gone; listings hold only what is ours."""

    def pull_request(self, number: int) -> PullRequestState:
        """Return a pull request as it is now."""

    def check_runs(self, head_sha: Sha) -> tuple[StandingCheckRun, ...]:
        """Return our check runs on a commit."""

    def annotations(self, check_run_id: int) -> tuple[Annotation, ...]:
        """Return the annotations of a check run."""

    def reviews(self, number: int) -> tuple[StandingReview, ...]:
        """Return our reviews of a pull request, pending ones too."""

    def review_comments(self, number: int) -> tuple[StandingComment, ...]:
        """Return our review comments on a pull request, on any of its heads."""

    def hunks(self, number: int) -> tuple[Hunk, ...]:
        """Return where GitHub takes comments: the hunks of its own diff of a pull request."""

    def threads(self, number: int) -> tuple[StandingThread, ...] | None:
        """Return everybody's review threads, None when we may not resolve any."""

    def create_check_run(self, head_sha: Sha, external_id: str, state: CheckRunState) -> int:
        """Create a check run and return its id."""

    def update_check_run(self, check_run_id: int, state: CheckRunState) -> None:
        """Change a check run."""

    def create_review(self, number: int, review: NewReview) -> None:
        """Submit a review, all of it or nothing. Raises Unprocessable when GitHub takes one of its comments nowhere."""

    def delete_pending_review(self, number: int, review_id: int) -> None:
        """Delete a review that was never submitted; one that is gone already is no error."""

    def edit_comment(self, comment_id: int, body: str) -> None:
        """Replace the text of a review comment; one that is gone already is no error."""

    def resolve_thread(self, thread_id: str) -> None:
        """Resolve a review thread; not being allowed to is no error."""

    def unresolve_thread(self, thread_id: str) -> None:
        """Open a resolved review thread again; not being allowed to is no error."""

    def permission(self, login: str) -> str:
        """Return what a person may do here: admin, write, read or none."""

    def may_commit(self) -> bool:
        """Tell whether we were granted what a commit takes."""

    def commit(self, change: NewCommit) -> Sha:
        """Put one commit on a branch. Raises CannotCommit."""

    def message_and_parents(self, sha: Sha) -> tuple[str, tuple[Sha, ...]]:
        """Return message and parents of a commit."""

    def upload_analysis(self, analysis: NewAnalysis) -> str:
        """Upload SARIF and return GitHub's id of it. Raises Forbidden or Gone without code scanning."""
