"""One repository on GitHub, through an installation: methods named after what GitHub calls them, our values in and out.

Knows paths and bodies of requests. Knows nothing of how they travel (`client`), of tokens' lives (`tokens`), or of what
is to be published (`publish`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import quote

import structlog

from reviewer.errors import Gone, Rejected, Transient
from reviewer.gh import commits, standing
from reviewer.gh.answers import Ask, Forbidden, Send, items, pick, pick_optional
from reviewer.gh.standing import PullRequestState, StandingCheckRun, StandingComment, StandingReview, StandingThread
from reviewer.gh.surface import CHECK_RUN_NAME, CheckRunState, NewAnalysis, NewCommit, NewReview
from reviewer.gh.workflows import Download, Workflows
from reviewer.model import Annotation, Hunk, InlineComment, Repository, Sha

log = structlog.get_logger()

MOST_TEXT_BYTES = 256 << 10
PER_PAGE = 100
Query = Mapping[str, str | int]
CHECKS, PULLS, CONTENTS = "checks: write", "pull_requests: write", "contents: read"

THREADS = """
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id isResolved comments(first: 1) { nodes { fullDatabaseId } } }
      }
    }
  }
}
"""
RESOLVE = "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { id isResolved } } }"
UNRESOLVE = "mutation($id: ID!) { unresolveReviewThread(input: {threadId: $id}) { thread { id isResolved } } }"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationFiles:
    """What an owner's `.github` repository says to Plumbrule."""

    policy: str | None = None  # plumbrule.yml
    rego: Mapping[str, bytes] = field(default_factory=dict)  # path below plumbrule/ -> policy or data


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a repository is reached.

    `send` publishes; the other three return None where we may not. `download` fetches what GitHub keeps elsewhere;
    `bot_login` is who we are.
    """

    send: Send
    read_token: Callable[[], str]
    forget_read_token: Callable[[], None]
    send_to_resolve: Callable[[], Send | None]
    send_to_commit: Callable[[], Send | None]
    send_to_actions: Callable[[], Send | None]
    download: Download
    refuse_to_resolve: Callable[[], None]
    organization: Callable[[], OrganizationFiles]
    bot_login: Callable[[], str]
    app_id: int
    graphql_url: str


class RepositoryClient:
    """A repository on GitHub. Safe to use from several threads; its requests go one at a time. Implements `Surface`."""

    def __init__(self, repository: Repository, access: Access) -> None:
        self.repository = repository
        self._access = access
        self._send = access.send
        self._path = f"/repos/{repository.full_name}"

    def read_token(self) -> str:
        """Return a token that reads this one repository's contents and nothing else: what git gets."""
        return self._access.read_token()

    def forget_read_token(self) -> None:
        """Have the next `read_token` be a new one: GitHub did not accept this one."""
        self._access.forget_read_token()

    def organization_policy(self) -> str | None:
        """Return plumbrule.yml of the owner's `.github` repository; None without one that we may read."""
        return self._access.organization().policy

    def organization_rego(self) -> Mapping[str, bytes]:
        """Return the Rego policies and their data in the folder `plumbrule` of that repository, by path in it."""
        return self._access.organization().rego

    def pull_request(self, number: int) -> PullRequestState:
        """Return the pull request as it is now."""
        return standing.pull_request(self._get(f"/pulls/{number}", needs=PULLS))

    def merge_base(self, base: Sha, head: Sha) -> Sha:
        """Return where `head` left `base`. Raises Rejected when they share no history."""
        try:  # the first page has the files, up to 300 with their patches: look at the second
            value = self._get(f"/compare/{base}...{head}", query={"per_page": 1, "page": 2}, needs=CONTENTS)
        except Gone as error:
            if "no common ancestor" in str(error).lower():
                raise Rejected("The branches share no history, so there is nothing to compare with.") from None
            raise
        return standing.sha(value, "merge_base_commit.sha")

    def file_text(self, path: str, ref: str | None = None) -> str | None:
        """Return a file of at most 256 KiB at `ref` (None: the default branch); None when it is not there.

        Raises Rejected when it is not a file, too large or not UTF-8.
        """
        return file_text(self._send, self.repository.full_name, path, ref)

    def check_runs(self, head_sha: Sha) -> tuple[StandingCheckRun, ...]:
        """Return the check runs named Plumbrule that this App made on a commit, re-run ones too."""
        query: Query = {
            "check_name": CHECK_RUN_NAME,
            "app_id": self._access.app_id,
            "filter": "all",
            "per_page": PER_PAGE,
        }
        ask = Ask(verb="GET", path=f"{self._path}/commits/{head_sha}/check-runs", query=query, needs=CHECKS)
        found = [
            v for v in items(self._send, ask, "check_runs") if pick_optional(v, "app.id", int) == self._access.app_id
        ]
        return tuple(standing.check_run(value) for value in found)

    def annotations(self, check_run_id: int) -> tuple[Annotation, ...]:
        """Return the annotations of a check run."""
        return tuple(map(standing.annotation, self._list(f"/check-runs/{check_run_id}/annotations", needs=CHECKS)))

    def reviews(self, number: int) -> tuple[StandingReview, ...]:
        """Return the reviews by this App's own account."""
        values = self._list(f"/pulls/{number}/reviews", needs=PULLS)
        return tuple(standing.review(value) for value in values if self._is_ours(value))

    def review_comments(self, number: int) -> tuple[StandingComment, ...]:
        """Return the review comments by this App's own account, whatever head they were made on."""
        values = self._list(f"/pulls/{number}/comments", needs=PULLS)
        return tuple(standing.comment(value) for value in values if self._is_ours(value))

    def hunks(self, number: int) -> tuple[Hunk, ...]:
        """Return the hunks of GitHub's own diff; none for files whose patch GitHub leaves out."""
        values = self._list(f"/pulls/{number}/files", needs=PULLS)
        return tuple(hunk for value in values for hunk in standing.hunks(value))

    def threads(self, number: int) -> tuple[StandingThread, ...] | None:
        """Return the review threads, None when we may not resolve any."""
        found: list[StandingThread | None] = []
        after = None
        while True:
            variables = {"owner": self.repository.owner, "name": self.repository.name, "number": number, "after": after}
            data = self._graphql(THREADS, variables)
            if data is None:
                return None
            page = pick(data, "repository.pullRequest.reviewThreads", dict)
            found += map(standing.thread, pick(page, "nodes", list))
            if not pick(page, "pageInfo.hasNextPage", bool):
                return tuple(thread for thread in found if thread is not None)
            after = pick(page, "pageInfo.endCursor", str)

    def create_check_run(self, head_sha: Sha, external_id: str, state: CheckRunState) -> int:
        """Create the check run named Plumbrule and return its id."""
        body = {"name": CHECK_RUN_NAME, "head_sha": head_sha, "external_id": external_id, **_check_run_body(state)}
        return pick(self._write("POST", "/check-runs", body, needs=CHECKS), "id", int)

    def update_check_run(self, check_run_id: int, state: CheckRunState) -> None:
        """Change a check run."""
        pick(self._write("PATCH", f"/check-runs/{check_run_id}", _check_run_body(state), needs=CHECKS), "id", int)

    def create_review(self, number: int, review: NewReview) -> None:
        """Submit a review. Raises Unprocessable when GitHub does not take one of its comments; nothing stands then."""
        body = {
            "commit_id": review.head_sha,
            "body": review.body,
            "event": "COMMENT",  # left out, the review would stay pending and block all later ones
            "comments": [_comment_body(comment) for comment in review.comments],
        }
        pick(self._write("POST", f"/pulls/{number}/reviews", body, needs=PULLS), "id", int)

    def delete_pending_review(self, number: int, review_id: int) -> None:
        """Delete a review that was never submitted, if it is still there."""
        self._forgive_gone(lambda: self._write("DELETE", f"/pulls/{number}/reviews/{review_id}", None, needs=PULLS))

    def edit_comment(self, comment_id: int, body: str) -> None:
        """Replace the text of a review comment, if it is still there."""
        path = f"/pulls/comments/{comment_id}"
        self._forgive_gone(lambda: pick(self._write("PATCH", path, {"body": body}, needs=PULLS), "id", int))

    def permission(self, login: str) -> str:
        """Return what a person may do here: admin, write, read or none."""
        try:
            value = self._get(f"/collaborators/{quote(login)}/permission", needs="metadata: read")
        except Gone:
            return "none"
        return pick(value, "permission", str)

    def workflows(self) -> Workflows | None:
        """Return what reads the repository's workflow runs and artifacts, None where we may not."""
        send = self._access.send_to_actions()
        return Workflows(send, self._path, self._access.download) if send else None

    def may_commit(self) -> bool:
        """Tell whether this installation was granted contents: write."""
        return self._access.send_to_commit() is not None

    def commit(self, change: NewCommit) -> Sha:
        """Put one commit on a branch. Raises CannotCommit when GitHub or the installation does not let us."""
        return commits.commit(self._access.send_to_commit(), self._path, change)

    def message_and_parents(self, sha: Sha) -> tuple[str, tuple[Sha, ...]]:
        """Return message and parents of a commit."""
        value = self._get(f"/git/commits/{sha}", needs=CONTENTS)
        return pick(value, "message", str), tuple(
            standing.sha(parent, "sha") for parent in pick(value, "parents", list)
        )

    def resolve_thread(self, thread_id: str) -> None:
        """Resolve a review thread where we may."""
        self._graphql(RESOLVE, {"id": thread_id})

    def unresolve_thread(self, thread_id: str) -> None:
        """Open a resolved review thread again where we may."""
        self._graphql(UNRESOLVE, {"id": thread_id})

    def upload_analysis(self, analysis: NewAnalysis) -> str:
        """Upload SARIF and return GitHub's id of it. Raises Forbidden or Gone without code scanning."""
        body = {
            "commit_sha": analysis.head_sha,
            "ref": analysis.ref,
            "sarif": analysis.sarif,
            "tool_name": CHECK_RUN_NAME,
        }
        value = self._write("POST", "/code-scanning/sarifs", body, needs="security_events: write")
        return pick(value, "id", str)

    def _is_ours(self, value: Any) -> bool:
        return standing.author(value).lower() == self._access.bot_login().lower()

    def _get(self, path: str, *, query: Query | None = None, needs: str) -> Any:
        return self._send(Ask(verb="GET", path=self._path + path, query=query or {}, needs=needs)).value

    def _list(self, path: str, *, needs: str) -> Any:
        return items(self._send, Ask(verb="GET", path=self._path + path, query={"per_page": PER_PAGE}, needs=needs))

    def _write(self, verb: str, path: str, body: Mapping[str, Any] | None, *, needs: str) -> Any:
        return self._send(Ask(verb=verb, path=self._path + path, body=body, needs=needs)).value

    def _forgive_gone(self, write: Callable[[], Any]) -> None:
        try:
            write()
        except Gone as error:
            log.info("github.already_gone", repository=self.repository.full_name, why=str(error))

    def _graphql(self, query: str, variables: Mapping[str, Any]) -> Any | None:
        """Return the data of a GraphQL answer, None when we may not ask. Raises Transient, Gone."""
        send = self._access.send_to_resolve()
        if send is None:
            return None
        body = {"query": query, "variables": dict(variables)}
        try:
            value = send(Ask(verb="POST", path=self._access.graphql_url, body=body)).value
        except Forbidden:
            self._access.refuse_to_resolve()
            return None
        return self._graphql_data(value)

    def _graphql_data(self, value: Any) -> Any | None:
        errors = pick_optional(value, "errors", list) or []
        kinds = {str(pick_optional(error, "type", str)) for error in errors}
        if "FORBIDDEN" in kinds:
            self._access.refuse_to_resolve()
            return None
        if "RATE_LIMITED" in kinds:
            raise Transient("GitHub limits our requests (GraphQL)", retry_after=60.0)
        if errors:
            log.warning("github.graphql", repository=self.repository.full_name, errors=sorted(kinds))
            return None
        return pick(value, "data", dict)


def file_text(send: Send, full_name: str, path: str, ref: str | None) -> str | None:
    """See `RepositoryClient.file_text`."""
    ask = Ask(
        verb="GET",
        path=f"/repos/{full_name}/contents/{quote(path)}",
        query={"ref": ref} if ref else {},
        needs=CONTENTS,
    )
    try:
        value = send(ask).value
    except Gone:
        return None
    if not isinstance(value, dict) or value.get("type") != "file":
        raise Rejected(f"{full_name}: {path} is not a file")
    if pick(value, "size", int) > MOST_TEXT_BYTES:
        raise Rejected(f"{full_name}: {path} is larger than {MOST_TEXT_BYTES >> 10} KiB")
    try:
        return base64.b64decode(pick(value, "content", str)).decode()
    except binascii.Error:
        raise Transient("GitHub's answer is incomplete: content is not base64") from None
    except UnicodeDecodeError:
        raise Rejected(f"{full_name}: {path} is not UTF-8 text") from None


def _check_run_body(state: CheckRunState) -> dict[str, Any]:
    output: dict[str, Any] = {"title": state.title, "summary": state.summary, "text": state.text}
    if state.annotations:
        output["annotations"] = [_annotation_body(annotation) for annotation in state.annotations]
    body: dict[str, Any] = {"output": output}
    if state.status:
        body["status"] = state.status
    if state.conclusion:
        body["conclusion"] = state.conclusion.value
    if state.actions:
        body["actions"] = [asdict(action) for action in state.actions]
    return body


def _annotation_body(annotation: Annotation) -> dict[str, Any]:
    return {
        "path": annotation.span.path,
        "start_line": annotation.span.start_line,
        "end_line": annotation.span.end_line,
        "annotation_level": annotation.level.value,
        "title": annotation.title,
        "message": annotation.message,
    }


def _comment_body(comment: InlineComment) -> dict[str, Any]:
    body: dict[str, Any] = {"path": comment.path, "line": comment.line, "side": "RIGHT", "body": comment.body}
    if comment.start_line is not None:
        body |= {"start_line": comment.start_line, "start_side": "RIGHT"}
    return body
