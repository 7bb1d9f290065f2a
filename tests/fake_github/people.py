"""What people do on GitHub: push, open, close, re-run, install. Each deed changes state and git, then tells the App.

`tell=False` keeps the webhook back (it is recorded as not delivered and can be redelivered).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.fake_github import anchors
from tests.fake_github.bare import ZERO, BareRepository, Content
from tests.fake_github.shapes import Json
from tests.fake_github.state import (
    ALL_PERMISSIONS,
    CheckRun,
    Installation,
    IssueComment,
    PullRequest,
    Repo,
    Review,
    ReviewComment,
    State,
)
from tests.fake_github.webhooks import Payloads
from tests.fake_github.workflows import RunsWorkflows

Files = Mapping[str, Content]
Tell = Callable[..., None]


class People(RunsWorkflows):
    """The human side. `send(event, payload, tell=...)` delivers."""

    def __init__(self, state: State, folder: Path, payloads: Payloads, send: Tell) -> None:
        self.state = state
        self.folder = folder
        self.payloads = payloads
        self.send = send

    def install(
        self, login: str = "acme", *, permissions: Mapping[str, str] | None = None, tell: bool = False
    ) -> Installation:
        """Install the App on an organization, for all its repositories."""
        with self.state.lock:
            account = self.state.account(login, "Organization")
            granted = dict(ALL_PERMISSIONS if permissions is None else permissions)
            installation = Installation(id=self.state.new_id(), account=account, permissions=granted)
            self.state.installations[installation.id] = installation
            payload = self.payloads.installation(installation, "created")
        if tell:
            self.send("installation", payload, tell=True)
        return installation

    def uninstall(self, installation: Installation, *, tell: bool = True) -> None:
        """Remove the App from an account: its tokens die at once."""
        with self.state.lock:
            payload = self.payloads.installation(installation, "deleted")
            self.state.installations.pop(installation.id, None)
        self.send("installation", payload, tell=tell)

    def create_repo(self, files: Files, *, owner: str = "acme", name: str | None = None, private: bool = True) -> Repo:
        """Make a repository whose default branch holds `files`."""
        with self.state.lock:
            number = self.state.new_id()
            git = BareRepository.create(self.folder / f"{number}.git")
            repo = Repo(
                id=number, owner=self.state.account(owner, "Organization"), name=name or f"infra-{number}", git=git
            )
            repo.private = private
            git.commit("refs/heads/main", files, parents=(), message="Begin")
            self.state.repos[repo.id] = repo
            return repo

    def fork(self, repo: Repo, owner: str) -> Repo:
        """Copy a repository to another account, where the App is not installed."""
        with self.state.lock:
            number = self.state.new_id()
            git = BareRepository.create(self.folder / f"{number}.git")
            git.fetch_from(repo.git, f"refs/heads/{repo.default_branch}", f"refs/heads/{repo.default_branch}")
            copy = Repo(id=number, owner=self.state.account(owner), name=repo.name, git=git, parent=repo)
            copy.private = repo.private
            self.state.repos[copy.id] = copy
            return copy

    def delete_repo(self, repo: Repo) -> None:
        """Delete a repository."""
        repo.deleted = True

    def push(
        self, repo: Repo, files: Files, *, branch: str | None = None, message: str = "Change", tell: bool = True
    ) -> str:
        """Commit `files` to a branch (made from the default branch when new) and return the commit."""
        branch = branch or repo.default_branch
        with self.state.lock:
            ref = f"refs/heads/{branch}"
            before = repo.git.resolve(ref)
            parent = before or repo.git.resolve(f"refs/heads/{repo.default_branch}")
            after = repo.git.commit(ref, files, parents=[parent] if parent else [], message=message)
            events = self._after_push(repo, branch, before, after)
        self._tell(events, tell=tell)
        return after

    def force_push(self, repo: Repo, files: Files, *, branch: str, tell: bool = True) -> str:
        """Rewrite a branch to one commit of `files` on the default branch."""
        with self.state.lock:
            before = repo.git.resolve(f"refs/heads/{branch}")
            parent = repo.git.resolve(f"refs/heads/{repo.default_branch}")
            assert before and parent
            after = repo.git.commit(f"refs/heads/{branch}", files, parents=[parent], message="Rewritten")
            events = self._after_push(repo, branch, before, after, forced=True)
        self._tell(events, tell=tell)
        return after

    def delete_branch(self, repo: Repo, branch: str, *, tell: bool = True) -> None:
        """Delete a branch; its pull request keeps refs/pull/N/head and is closed."""
        with self.state.lock:
            before = repo.git.resolve(f"refs/heads/{branch}")
            assert before
            repo.git.delete_ref(f"refs/heads/{branch}")
            events = [("push", self.payloads.push(repo, f"refs/heads/{branch}", before, ZERO, repo.owner))]
            for pull in self._pulls_from(repo, branch):
                pull.state, pull.updated_at = "closed", time.time()
                events.append(("pull_request", self.payloads.pull_request(pull, "closed")))
        self._tell(events, tell=tell)

    def _after_push(
        self, repo: Repo, branch: str, before: str | None, after: str, *, forced: bool = False
    ) -> list[tuple[str, Json]]:
        """Move what follows a branch, and return the events of it, as GitHub orders them."""
        events = []
        repo.pushed_at = time.time()
        if self.state.installation_of(repo):
            payload = self.payloads.push(repo, f"refs/heads/{branch}", before or ZERO, after, repo.owner, forced=forced)
            events.append(("push", payload))
        for pull in self._pulls_from(repo, branch):
            old = pull.head_sha
            pull.head_sha, pull.updated_at = after, time.time()
            self._publish_head(pull)
            anchors.follow(pull, old)
            events.append(("pull_request", self.payloads.pull_request(pull, "synchronize", before=old, after=after)))
        for pull in repo.pulls.values():
            if pull.base_ref == branch and pull.state == "open":
                pull.base_sha = after
        return events

    def _pulls_from(self, repo: Repo, branch: str) -> list[PullRequest]:
        return [
            pull
            for target in self.state.repos.values()
            for pull in target.pulls.values()
            if pull.head_repo is repo and pull.head_ref == branch and pull.state == "open"
        ]

    def _publish_head(self, pull: PullRequest) -> None:
        ref = f"refs/pull/{pull.number}/head"
        if pull.head_repo is pull.repo or pull.head_repo is None:
            pull.repo.git.set_ref(ref, pull.head_sha)
        else:
            pull.repo.git.fetch_from(pull.head_repo.git, f"refs/heads/{pull.head_ref}", ref)

    def open_pull_request(
        self,
        repo: Repo,
        files: Files | None = None,
        *,
        branch: str | None = None,
        base: str | None = None,
        fork: Repo | None = None,
        draft: bool = False,
        title: str = "Change the infrastructure",
        tell: bool = True,
    ) -> PullRequest:
        """Open a pull request from `branch` (made with `files` if given) of `fork` or of the repository itself."""
        source = fork or repo
        with self.state.lock:
            number = repo.next_number
            repo.next_number += 1
        branch = branch or f"change-{number}"
        if files is not None:
            self.push(source, files, branch=branch, tell=tell)
        with self.state.lock:
            pull = self._new_pull(repo, number, source, branch, base or repo.default_branch)
            pull.draft, pull.title = draft, title
            repo.pulls[number] = pull
            self._publish_head(pull)
            payload = self.payloads.pull_request(pull, "opened")
        self.send("pull_request", payload, tell=tell)
        return pull

    def _new_pull(self, repo: Repo, number: int, source: Repo, branch: str, base: str) -> PullRequest:
        head_sha, base_sha = source.git.resolve(f"refs/heads/{branch}"), repo.git.resolve(f"refs/heads/{base}")
        assert head_sha and base_sha
        return PullRequest(
            id=self.state.new_id(),
            number=number,
            repo=repo,
            head_repo=source,
            head_ref=branch,
            head_sha=head_sha,
            base_ref=base,
            base_sha=base_sha,
            author=self.state.account("ada"),
            title="",
        )

    def push_to(self, pull: PullRequest, files: Files, *, tell: bool = True) -> str:
        """Push one more commit to a pull request."""
        assert pull.head_repo
        return self.push(pull.head_repo, files, branch=pull.head_ref, tell=tell)

    def force_push_to(self, pull: PullRequest, files: Files, *, tell: bool = True) -> str:
        """Replace the commits of a pull request."""
        assert pull.head_repo
        return self.force_push(pull.head_repo, files, branch=pull.head_ref, tell=tell)

    def close(self, pull: PullRequest, *, tell: bool = True) -> None:
        """Close without merging."""
        pull.state = "closed"
        self._say(pull, "closed", tell=tell)

    def reopen(self, pull: PullRequest, *, tell: bool = True) -> None:
        """Open again."""
        pull.state = "open"
        self._say(pull, "reopened", tell=tell)

    def merge(self, pull: PullRequest, *, tell: bool = True) -> str:
        """Merge with a merge commit, close, and push the base branch."""
        with self.state.lock:
            ref = f"refs/heads/{pull.base_ref}"
            before = pull.base_sha
            tree = pull.repo.git.line("merge-tree", "--write-tree", before, pull.head_sha).split()[0]
            arguments = ["-p", before, "-p", pull.head_sha, "-m", f"Merge #{pull.number}"]
            after = pull.repo.git.line("commit-tree", tree, *arguments)
            pull.repo.git.set_ref(ref, after)
            pull.state, pull.merged, pull.updated_at = "closed", True, time.time()
            closed = self.payloads.pull_request(pull, "closed")
            events = self._after_push(pull.repo, pull.base_ref, before, after)
        self._tell([("pull_request", closed), *events], tell=tell)
        return after

    def make_draft(self, pull: PullRequest, *, tell: bool = True) -> None:
        """Turn back into a draft."""
        pull.draft = True
        self._say(pull, "converted_to_draft", tell=tell)

    def make_ready(self, pull: PullRequest, *, tell: bool = True) -> None:
        """Mark ready for review."""
        pull.draft = False
        self._say(pull, "ready_for_review", tell=tell)

    def retarget(self, pull: PullRequest, base: str, *, tell: bool = True) -> None:
        """Change the base branch."""
        with self.state.lock:
            changes = {"base": {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}}
            sha = pull.repo.git.resolve(f"refs/heads/{base}")
            assert sha
            pull.base_ref, pull.base_sha = base, sha
        self._say(pull, "edited", tell=tell, changes=changes)

    def retitle(self, pull: PullRequest, title: str, *, tell: bool = True) -> None:
        """Change the title only."""
        changes = {"title": {"from": pull.title}}
        pull.title = title
        self._say(pull, "edited", tell=tell, changes=changes)

    def rerun(self, repo: Repo, run: CheckRun, *, tell: bool = True) -> None:
        """Click Re-run on a check: GitHub resets it and asks the App."""
        with self.state.lock:
            run.status, run.conclusion, run.completed_at = "queued", None, None
            payload = self.payloads.check_run(repo, run, "rerequested", self.state.account("ada"))
        self.send("check_run", payload, tell=tell)

    def press(self, repo: Repo, run: CheckRun, identifier: str, *, who: str = "ada", tell: bool = True) -> None:
        """Press a button of a check run, which must be there."""
        with self.state.lock:
            assert any(action["identifier"] == identifier for action in run.actions), f"no such button: {run.actions}"
            payload = self.payloads.check_run(repo, run, "requested_action", self.state.account(who))
            payload["requested_action"] = {"identifier": identifier}
        self.send("check_run", payload, tell=tell)

    def rerun_all(self, repo: Repo, head_sha: str, *, tell: bool = True) -> None:
        """Click Re-run all checks."""
        with self.state.lock:
            suite = self.state.suite_id(repo, head_sha)
            payload = self.payloads.check_suite(repo, suite, head_sha, self.state.account("ada"))
        self.send("check_suite", payload, tell=tell)

    def queue_merge(self, pull: PullRequest, *, tell: bool = True) -> str:
        """Add to the merge queue: GitHub makes a branch with the merge and asks for its checks. Returns its head."""
        with self.state.lock:
            git, base_sha = pull.repo.git, pull.base_sha
            head_ref = f"refs/heads/gh-readonly-queue/{pull.base_ref}/pr-{pull.number}-{base_sha}"
            files = {
                file.path: None if file.status == "removed" else git.blob(file.blob)
                for file in git.diff(pull.merge_base, pull.head_sha)
            }
            head = git.commit(head_ref, files, parents=[base_sha], message=f"Merge pull request #{pull.number}")
            payload = self.payloads.merge_group(pull.repo, head_ref, head, f"refs/heads/{pull.base_ref}", base_sha)
        self.send("merge_group", payload, tell=tell)
        return head

    def comment(self, pull: PullRequest, text: str) -> IssueComment:
        """Say something in the conversation (the App does not listen to it)."""
        now = time.time()
        found = IssueComment(
            id=self.state.new_id(), user=self.state.account("ada"), body=text, created_at=now, updated_at=now
        )
        pull.conversation.append(found)
        return found

    def review_comment(self, pull: PullRequest, path: str, line: int, text: str) -> ReviewComment:
        """Comment on a line, as a person."""
        person, now = self.state.account("grace"), time.time()
        with self.state.lock:
            anchor = anchors.resolve(pull, pull.head_sha, {"path": path, "line": line, "body": text})
            review = Review(
                id=self.state.new_id(),
                user=person,
                body="",
                state="COMMENTED",
                commit_sha=pull.head_sha,
                submitted_at=now,
            )
            comment = ReviewComment(
                id=self.state.new_id(),
                review=review,
                user=person,
                path=path,
                body=text,
                side="RIGHT",
                line=line,
                start_line=None,
                commit_sha=pull.head_sha,
                original_commit_sha=pull.head_sha,
                original_line=line,
                original_start_line=None,
                diff_hunk=anchor.diff_hunk,
                created_at=now,
                updated_at=now,
            )
            pull.reviews.append(review)
            pull.all_comments.append(comment)
        return comment

    def _say(self, pull: PullRequest, action: str, *, tell: bool, **more: Json) -> None:
        with self.state.lock:
            pull.updated_at = time.time()
            payload = self.payloads.pull_request(pull, action, **more)
        self.send("pull_request", payload, tell=tell)

    def _tell(self, events: list[tuple[str, Json]], *, tell: bool) -> None:
        for event, payload in events:
            self.send(event, payload, tell=tell)
