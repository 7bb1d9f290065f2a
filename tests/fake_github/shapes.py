"""State -> the JSON that GitHub's REST API shows of it.

Pure but for reading git. Every shape is checked against the published schema in the tests.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from tests.fake_github.auth import iso
from tests.fake_github.bare import FileDiff
from tests.fake_github.state import (
    Account,
    Annotation,
    CheckRun,
    Delivery,
    Installation,
    IssueComment,
    PullRequest,
    Repo,
    Review,
    ReviewComment,
    State,
)

Json = dict[str, Any]
BIRTH = "2026-01-01T00:00:00Z"
PATCH_LIMIT = 20_000  # characters of one file's patch; GitHub leaves bigger ones out
EVENTS = ["check_run", "check_suite", "merge_group", "pull_request", "push", "workflow_run"]
REPOSITORY_URLS = """
    archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads
    events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges
    milestones notifications pulls releases stargazers statuses subscribers subscription tags teams trees
""".split()  # noqa: SIM905 (a list of words reads better so)
REPOSITORY_COUNTS = """
    forks forks_count open_issues open_issues_count stargazers_count watchers watchers_count network_count
    subscribers_count size
""".split()  # noqa: SIM905
REPOSITORY_FLAGS = ("has_wiki", "has_pages", "has_discussions", "has_downloads", "archived", "disabled")
ANNOTATION = """
    path start_line end_line start_column end_column annotation_level title message raw_details
""".split()  # noqa: SIM905
USER_URLS = (
    "events",
    "followers",
    "following",
    "gists",
    "organizations",
    "received_events",
    "repos",
    "starred",
    "subscriptions",
)


def node_id(kind: str, number: object) -> str:
    """Return the global id that GraphQL knows a thing by."""
    return f"{kind}_{base64.urlsafe_b64encode(f'{kind}:{number}'.encode()).decode().rstrip('=')}"


class Shapes:
    """Builds JSON whose links point at one server: `api` is the REST root, `web` the root of pages."""

    def __init__(self, state: State, api: str, web: str) -> None:
        self.state = state
        self.api = api
        self.web = web

    def user(self, account: Account) -> Json:
        """simple-user."""
        url = f"{self.api}/users/{account.login}"
        return {
            "login": account.login,
            "id": account.id,
            "node_id": node_id("U", account.id),
            "avatar_url": f"{self.web}/avatars/{account.id}",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.web}/{account.login}",
            **{f"{name}_url": f"{url}/{name}" for name in USER_URLS},
            "type": account.type,
            "site_admin": False,
        }

    def app(self) -> Json:
        """integration."""
        app = self.state.app
        return {
            "id": app.id,
            "slug": app.slug,
            "client_id": f"Iv1.{app.id:016x}",
            "node_id": node_id("A", app.id),
            "owner": self.user(app.owner),
            "name": app.name,
            "description": "",
            "external_url": f"{self.web}/apps/{app.slug}",
            "html_url": f"{self.web}/apps/{app.slug}",
            "created_at": BIRTH,
            "updated_at": BIRTH,
            "permissions": {"checks": "write", "contents": "read", "metadata": "read", "pull_requests": "write"},
            "events": EVENTS,
        }

    def installation(self, installation: Installation) -> Json:
        """installation."""
        url = f"{self.api}/app/installations/{installation.id}"
        return {
            "id": installation.id,
            "account": self.user(installation.account),
            "repository_selection": "all" if installation.selected is None else "selected",
            "access_tokens_url": f"{url}/access_tokens",
            "repositories_url": f"{self.api}/installation/repositories",
            "html_url": f"{self.web}/settings/installations/{installation.id}",
            "app_id": self.state.app.id,
            "app_slug": self.state.app.slug,
            "target_id": installation.account.id,
            "target_type": installation.account.type,
            "permissions": dict(installation.permissions),
            "events": EVENTS,
            "created_at": BIRTH,
            "updated_at": BIRTH,
            "single_file_name": None,
            "suspended_by": self.user(installation.account) if installation.suspended else None,
            "suspended_at": BIRTH if installation.suspended else None,
        }

    def repo_url(self, repo: Repo) -> str:
        """The REST address of `repo`."""
        return f"{self.api}/repos/{repo.full_name}"

    def minimal_repo(self, repo: Repo) -> Json:
        """minimal-repository."""
        url = self.repo_url(repo)
        return {
            "id": repo.id,
            "node_id": node_id("R", repo.id),
            "name": repo.name,
            "full_name": repo.full_name,
            "private": repo.private,
            "owner": self.user(repo.owner),
            "html_url": f"{self.web}/{repo.full_name}",
            "description": None,
            "fork": repo.parent is not None,
            "url": url,
            **{f"{name}_url": f"{url}/{name}" for name in REPOSITORY_URLS},
        }

    def repo(self, repo: Repo) -> Json:
        """Everything that `repository` and `full-repository` require."""
        html = f"{self.web}/{repo.full_name}"
        counts = dict.fromkeys(REPOSITORY_COUNTS, 0)
        flags = dict.fromkeys(REPOSITORY_FLAGS, False)
        return {
            **self.minimal_repo(repo),
            **counts,
            **flags,
            "has_issues": True,
            "topics": [],
            "allow_forking": True,
            "is_template": False,
            "web_commit_signoff_required": False,
            "has_projects": True,
            "clone_url": f"{html}.git",
            "git_url": f"{html}.git",
            "ssh_url": f"git@localhost:{repo.full_name}.git",
            "svn_url": html,
            "default_branch": repo.default_branch,
            "visibility": "private" if repo.private else "public",
            **dict.fromkeys(("homepage", "language", "mirror_url", "license")),
            **dict.fromkeys(("created_at", "updated_at"), BIRTH),
            "pushed_at": iso(repo.pushed_at),
        }

    def pull_minimal(self, pull: PullRequest) -> Json:
        """pull-request-minimal, as check runs list them."""

        def side(ref: str, sha: str, repo: Repo) -> Json:
            return {"ref": ref, "sha": sha, "repo": {"id": repo.id, "url": self.repo_url(repo), "name": repo.name}}

        return {
            "id": pull.id,
            "number": pull.number,
            "url": f"{self.repo_url(pull.repo)}/pulls/{pull.number}",
            "head": side(pull.head_ref, pull.head_sha, pull.head_repo or pull.repo),
            "base": side(pull.base_ref, pull.base_sha, pull.repo),
        }

    def pull_simple(self, pull: PullRequest) -> Json:
        """pull-request-simple."""
        url = f"{self.repo_url(pull.repo)}/pulls/{pull.number}"
        issue = f"{self.repo_url(pull.repo)}/issues/{pull.number}"
        html = f"{self.web}/{pull.repo.full_name}/pull/{pull.number}"
        links = {
            "comments": f"{issue}/comments",
            "commits": f"{url}/commits",
            "statuses": f"{self.repo_url(pull.repo)}/statuses/{pull.head_sha}",
            "html": html,
            "issue": issue,
            "review_comments": f"{url}/comments",
            "review_comment": f"{self.repo_url(pull.repo)}/pulls/comments{{/number}}",
        }
        return {
            "id": pull.id,
            "node_id": node_id("PR", pull.id),
            "number": pull.number,
            "state": pull.state,
            "draft": pull.draft,
            "locked": False,
            "active_lock_reason": None,
            "title": pull.title,
            "body": pull.body or None,
            "user": self.user(pull.author),
            "url": url,
            "html_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "issue_url": issue,
            **{f"{name}_url": link for name, link in links.items() if name not in {"html", "issue"}},
            "_links": {"self": {"href": url}, **{name: {"href": link} for name, link in links.items()}},
            "head": self._side(pull.head_repo, pull.head_ref, pull.head_sha),
            "base": self._side(pull.repo, pull.base_ref, pull.base_sha),
            "author_association": "CONTRIBUTOR",
            "created_at": iso(pull.created_at),
            "updated_at": iso(pull.updated_at),
            "closed_at": None if pull.state == "open" else iso(pull.created_at),
            "merged_at": iso(pull.created_at) if pull.merged else None,
            **dict.fromkeys(("merge_commit_sha", "assignee", "milestone", "auto_merge")),
            **{name: [] for name in ("assignees", "requested_reviewers", "requested_teams", "labels")},
        }

    def _side(self, repo: Repo | None, ref: str, sha: str) -> Json:
        if repo is None or repo.deleted:  # the fork is gone
            return {"label": f"unknown:{ref}", "ref": ref, "sha": sha, "user": None, "repo": None}
        label = f"{repo.owner.login}:{ref}"
        return {"label": label, "ref": ref, "sha": sha, "user": self.user(repo.owner), "repo": self.repo(repo)}

    def pull(self, pull: PullRequest) -> Json:
        """pull-request."""
        files = pull.repo.git.diff(pull.merge_base, pull.head_sha)
        return {
            **self.pull_simple(pull),
            "additions": sum(file.count("+") for file in files),
            "deletions": sum(file.count("-") for file in files),
            "changed_files": len(files),
            "commits": 1,
            "comments": len(pull.conversation),
            "review_comments": len(pull.comments),
            "mergeable": True,
            "mergeable_state": "clean",
            "rebaseable": True,
            "merged": pull.merged,
            "merged_by": None,
            "maintainer_can_modify": False,
        }

    def file(self, repo: Repo, file: FileDiff, head: str) -> Json:
        """diff-entry."""
        added, removed = file.count("+"), file.count("-")
        entry = {
            "sha": file.blob,
            "filename": file.path,
            "status": file.status,
            "additions": added,
            "deletions": removed,
            "changes": added + removed,
            "blob_url": f"{self.web}/{repo.full_name}/blob/{head}/{_quoted(file.path)}",
            "raw_url": f"{self.web}/{repo.full_name}/raw/{head}/{_quoted(file.path)}",
            "contents_url": f"{self.repo_url(repo)}/contents/{_quoted(file.path)}?ref={head}",
        }
        if file.hunks and len(file.patch) <= PATCH_LIMIT:
            entry["patch"] = file.patch
        if file.status == "renamed":
            entry["previous_filename"] = file.old_path
        return entry

    def commit(self, repo: Repo, sha: str) -> Json:
        """commit."""
        url = f"{self.repo_url(repo)}/commits/{sha}"
        person = {"name": "A Person", "email": "person@example.com", "date": BIRTH}
        tree = repo.git.line("rev-parse", f"{sha}^{{tree}}")
        return {
            "sha": sha,
            "node_id": node_id("C", sha),
            "url": url,
            "html_url": f"{self.web}/{repo.full_name}/commit/{sha}",
            "comments_url": f"{url}/comments",
            "commit": {
                "message": repo.git.line("show", "-s", "--format=%B", sha),
                "author": person,
                "committer": person,
                "tree": {"sha": tree, "url": f"{self.repo_url(repo)}/git/trees/{tree}"},
                "url": f"{self.repo_url(repo)}/git/commits/{sha}",
                "comment_count": 0,
            },
            "author": None,
            "committer": None,
            "parents": [
                {"sha": parent, "url": f"{self.repo_url(repo)}/commits/{parent}"} for parent in repo.git.parents(sha)
            ],
        }

    def review(self, pull: PullRequest, review: Review) -> Json:
        """pull-request-review."""
        url = f"{self.repo_url(pull.repo)}/pulls/{pull.number}"
        html = f"{self.web}/{pull.repo.full_name}/pull/{pull.number}#pullrequestreview-{review.id}"
        shape = {
            "id": review.id,
            "node_id": node_id("PRR", review.id),
            "user": self.user(review.user),
            "body": review.body,
            "state": review.state,
            "commit_id": review.commit_sha,
            "html_url": html,
            "pull_request_url": url,
            "author_association": "NONE",
            "_links": {"html": {"href": html}, "pull_request": {"href": url}},
        }
        return shape if review.submitted_at is None else {**shape, "submitted_at": iso(review.submitted_at)}

    def review_comment(self, pull: PullRequest, comment: ReviewComment) -> Json:
        """pull-request-review-comment."""
        url = f"{self.repo_url(pull.repo)}/pulls/comments/{comment.id}"
        html = f"{self.web}/{pull.repo.full_name}/pull/{pull.number}#discussion_r{comment.id}"
        pull_url = f"{self.repo_url(pull.repo)}/pulls/{pull.number}"
        shape = {
            "id": comment.id,
            "node_id": node_id("PRRC", comment.id),
            "pull_request_review_id": comment.review.id,
            "diff_hunk": comment.diff_hunk,
            "path": comment.path,
            "position": comment.line and 1,
            "original_position": 1,
            "commit_id": comment.commit_sha,
            "original_commit_id": comment.original_commit_sha,
            "user": self.user(comment.user),
            "body": comment.body,
            "line": comment.line,
            "start_line": comment.start_line,
            "original_line": comment.original_line,
            "original_start_line": comment.original_start_line,
            "side": comment.side,
            "start_side": comment.side if comment.original_start_line else None,
            "subject_type": "line",
            "created_at": iso(comment.created_at),
            "updated_at": iso(comment.updated_at),
            "author_association": "NONE",
            "url": url,
            "html_url": html,
            "pull_request_url": pull_url,
            "_links": {"self": {"href": url}, "html": {"href": html}, "pull_request": {"href": pull_url}},
        }
        return {**shape, "in_reply_to_id": comment.in_reply_to} if comment.in_reply_to else shape

    def issue_comment(self, pull: PullRequest, comment: IssueComment) -> Json:
        """issue-comment."""
        return {
            "id": comment.id,
            "node_id": node_id("IC", comment.id),
            "url": f"{self.repo_url(pull.repo)}/issues/comments/{comment.id}",
            "html_url": f"{self.web}/{pull.repo.full_name}/pull/{pull.number}#issuecomment-{comment.id}",
            "issue_url": f"{self.repo_url(pull.repo)}/issues/{pull.number}",
            "body": comment.body,
            "user": self.user(comment.user),
            "author_association": "NONE",
            "created_at": iso(comment.created_at),
            "updated_at": iso(comment.updated_at),
        }

    def check_run(self, repo: Repo, run: CheckRun) -> Json:
        """check-run. A fork's pull request is not in `pull_requests`."""
        url = f"{self.repo_url(repo)}/check-runs/{run.id}"
        pulls = self.state.pulls_with_head(repo, run.head_sha)
        return {
            "id": run.id,
            "node_id": node_id("CR", run.id),
            "name": run.name,
            "head_sha": run.head_sha,
            "external_id": run.external_id,
            "url": url,
            "html_url": f"{self.web}/{repo.full_name}/runs/{run.id}",
            "details_url": run.details_url or f"{self.web}/{repo.full_name}/runs/{run.id}",
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": iso(run.started_at),
            "completed_at": iso(run.completed_at) if run.completed_at else None,
            "output": {
                "title": run.title,
                "summary": run.summary,
                "text": run.text,
                "annotations_count": len(run.annotations),
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": run.suite_id},
            "app": {**self.app(), "slug": run.app_slug},
            "pull_requests": [self.pull_minimal(pull) for pull in pulls],
        }

    def annotation(self, repo: Repo, run: CheckRun, annotation: Annotation) -> Json:
        """check-annotation."""
        return {
            **{name: getattr(annotation, name) for name in ANNOTATION},
            "blob_href": f"{self.web}/{repo.full_name}/blob/{run.head_sha}/{_quoted(annotation.path)}",
        }

    def delivery(self, delivery: Delivery) -> Json:
        """hook-delivery-item."""
        return {
            "id": delivery.id,
            "guid": delivery.guid,
            "delivered_at": iso(delivery.delivered_at),
            "redelivery": delivery.redelivery,
            "duration": round(delivery.duration, 2),
            "status": delivery.status,
            "status_code": delivery.status_code,
            "event": delivery.event,
            "action": delivery.payload.get("action"),
            "installation_id": delivery.installation_id,
            "repository_id": delivery.repository_id,
        }


def _quoted(path: str) -> str:
    return quote(path)
