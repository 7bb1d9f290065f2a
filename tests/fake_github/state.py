"""What exists on the fake GitHub: plain mutable values and the rules for finding them.

Knows nothing of HTTP, JSON or webhooks. Everything is reached through `State`, under `State.lock`.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fake_github.bare import BareRepository

if TYPE_CHECKING:
    from tests.fake_github.workflows import WorkflowRun

ALL_PERMISSIONS = {
    "metadata": "read",
    "contents": "read",
    "pull_requests": "write",
    "checks": "write",
    "security_events": "write",
    "merge_queues": "read",
    "actions": "read",
}


@dataclass(slots=True, kw_only=True, eq=False)
class Account:
    """A user, an organization or a bot."""

    id: int
    login: str
    type: str = "User"


@dataclass(slots=True, kw_only=True, eq=False)
class App:
    """The GitHub App under test. `public_key` verifies its JSON web tokens."""

    id: int
    slug: str
    name: str
    owner: Account
    bot: Account
    public_key: Any


@dataclass(slots=True, kw_only=True, eq=False)
class Installation:
    """The App on an account. `selected` is None for all repositories of the account."""

    id: int
    account: Account
    permissions: dict[str, str]
    selected: set[int] | None = None
    suspended: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Token:
    """An installation access token. `repositories` are ids."""

    value: str
    installation: Installation
    repositories: frozenset[int]
    permissions: dict[str, str]
    expires_at: float


@dataclass(slots=True, kw_only=True, eq=False)
class Annotation:
    """A line of a check run's findings, as it was sent."""

    path: str
    start_line: int
    end_line: int
    annotation_level: str
    message: str
    title: str | None = None
    raw_details: str | None = None
    start_column: int | None = None
    end_column: int | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class CheckRun:
    """A check run and the suite it sits in (`suite_id` is one for each head and App)."""

    id: int
    suite_id: int
    name: str
    head_sha: str
    app_slug: str
    status: str = "queued"
    conclusion: str | None = None
    external_id: str = ""
    details_url: str = ""
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    actions: tuple[dict[str, str], ...] = ()
    annotations: list[Annotation] = field(default_factory=list)
    started_at: float = 0.0
    completed_at: float | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Review:
    """A review; its comments stand on the pull request with a reference to it."""

    id: int
    user: Account
    body: str
    state: str  # PENDING, COMMENTED, APPROVED, CHANGES_REQUESTED
    commit_sha: str
    submitted_at: float | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class ReviewComment:
    """A comment on lines. `line` is None once it is outdated; `original_line` stays."""

    id: int
    review: Review
    user: Account
    path: str
    body: str
    side: str
    line: int | None
    start_line: int | None
    commit_sha: str
    original_commit_sha: str
    original_line: int
    original_start_line: int | None
    diff_hunk: str
    resolved: bool = False
    created_at: float = 0.0
    updated_at: float = 0.0
    in_reply_to: int | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class IssueComment:
    """A comment in the conversation of a pull request."""

    id: int
    user: Account
    body: str
    created_at: float
    updated_at: float


@dataclass(slots=True, kw_only=True, eq=False)
class SarifUpload:
    """An upload to code scanning. `sarif` is the decoded log; `errors` make it failed."""

    id: str
    commit_sha: str
    ref: str
    sarif: dict[str, Any]
    errors: tuple[str, ...] = ()
    polls_until_done: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class PullRequest:
    """A pull request. `head_sha` and `base_sha` are the tips; comments of pending reviews are not in `comments`."""

    id: int
    number: int
    repo: Repo
    head_repo: Repo | None
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    author: Account
    title: str
    body: str = ""
    state: str = "open"
    draft: bool = False
    merged: bool = False
    reviews: list[Review] = field(default_factory=list)
    all_comments: list[ReviewComment] = field(default_factory=list)
    conversation: list[IssueComment] = field(default_factory=list)
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)

    @property
    def comments(self) -> list[ReviewComment]:
        """The review comments that everybody sees, oldest first."""
        return [comment for comment in self.all_comments if comment.review.state != "PENDING"]

    @property
    def check_runs(self) -> list[CheckRun]:
        """The check runs on the present head, oldest first."""
        return self.repo.check_runs_on(self.head_sha)

    @property
    def check_run(self) -> CheckRun:
        """The one check run on the present head. Raises AssertionError when there are none or more."""
        runs = self.check_runs
        assert len(runs) == 1, f"{len(runs)} check runs on {self.head_sha[:7]}: {[(r.name, r.status) for r in runs]}"
        return runs[0]

    @property
    def review(self) -> Review:
        """The one submitted review. Raises AssertionError when there are none or more."""
        (review,) = [review for review in self.reviews if review.state != "PENDING"]
        return review

    @property
    def sarif(self) -> SarifUpload:
        """The newest SARIF upload for the present head."""
        return [upload for upload in self.repo.sarif_uploads if upload.commit_sha == self.head_sha][-1]

    @property
    def merge_base(self) -> str:
        """The commit that the three-dot diff starts from."""
        return self.repo.git.merge_base(self.base_sha, self.head_sha)


@dataclass(slots=True, kw_only=True, eq=False)
class Repo:
    """A repository with its real git repository."""

    id: int
    owner: Account
    name: str
    git: BareRepository
    default_branch: str = "main"
    private: bool = True
    parent: Repo | None = None
    code_scanning: bool = True
    deleted: bool = False
    pushed_at: float = field(default_factory=time.time)
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    check_runs: list[CheckRun] = field(default_factory=list)
    sarif_uploads: list[SarifUpload] = field(default_factory=list)
    workflow_runs: list[WorkflowRun] = field(default_factory=list)
    next_number: int = 1
    protected_branches: set[str] = field(default_factory=set)
    permissions: dict[str, str] = field(default_factory=dict)  # by login; ada may push, others read

    @property
    def full_name(self) -> str:
        """owner/name."""
        return f"{self.owner.login}/{self.name}"

    def check_runs_on(self, sha: str) -> list[CheckRun]:
        """Return the check runs on `sha`, oldest first."""
        return [run for run in self.check_runs if run.head_sha == sha]

    def check_run_on(self, sha: str) -> CheckRun:
        """Return the one check run on `sha`. Raises AssertionError when there are none or more."""
        runs = self.check_runs_on(sha)
        assert len(runs) == 1, f"{len(runs)} check runs on {sha[:7]}"
        return runs[0]


@dataclass(slots=True, kw_only=True, eq=False)
class Delivery:
    """A webhook that was sent, or tried. A redelivery has the same `guid` and another `id`."""

    id: int
    guid: str
    event: str
    payload: dict[str, Any]
    installation_id: int | None
    repository_id: int | None
    delivered_at: float
    redelivery: bool = False
    status_code: int = 0  # 0: nobody answered
    duration: float = 0.0
    response_body: str = ""

    @property
    def status(self) -> str:
        """`OK`, or why not, as GitHub's delivery log has it."""
        if 200 <= self.status_code < 300:
            return "OK"
        return f"Invalid HTTP Response: {self.status_code}" if self.status_code else "failed to connect to host"


class State:
    """Everything there is. Hold `lock` while reading or changing more than one thing."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.lock = threading.RLock()
        self.ids: Iterator[int] = itertools.count(1001)
        self.accounts: dict[str, Account] = {app.owner.login: app.owner, app.bot.login: app.bot}
        self.installations: dict[int, Installation] = {}
        self.repos: dict[int, Repo] = {}
        self.tokens: dict[str, Token] = {}
        self.deliveries: list[Delivery] = []

    def new_id(self) -> int:
        """Return an id that nothing else has."""
        return next(self.ids)

    def account(self, login: str, kind: str = "User") -> Account:
        """Return the account called `login`, made on first use."""
        if login not in self.accounts:
            self.accounts[login] = Account(id=self.new_id(), login=login, type=kind)
        return self.accounts[login]

    def find_repo(self, owner: str, name: str) -> Repo | None:
        """Return the repository called owner/name in any case of letters."""
        wanted = f"{owner}/{name}".lower()
        return next((r for r in self.repos.values() if r.full_name.lower() == wanted and not r.deleted), None)

    def installation_of(self, repo: Repo) -> Installation | None:
        """Return the installation that covers `repo`."""
        return next((i for i in self.installations.values() if repo in self.repositories_of(i)), None)

    def repositories_of(self, installation: Installation) -> list[Repo]:
        """Return what `installation` may see, oldest first."""
        return [
            repo
            for repo in self.repos.values()
            if repo.owner is installation.account
            and not repo.deleted
            and (installation.selected is None or repo.id in installation.selected)
        ]

    def suite_id(self, repo: Repo, sha: str) -> int:
        """Return the id of the check suite of `sha`, a new one for a new head."""
        return next((run.suite_id for run in repo.check_runs if run.head_sha == sha), None) or self.new_id()

    def pulls_with_head(self, repo: Repo, sha: str) -> list[PullRequest]:
        """Return the open pull requests of `repo` from `repo` itself whose head is `sha` (a fork's are not told)."""
        return [p for p in repo.pulls.values() if p.head_sha == sha and p.head_repo is repo and p.state == "open"]
