"""Comments in the conversation of a pull request."""

from __future__ import annotations

import time

from tests.fake_github.refusals import Refused, invalid, not_found
from tests.fake_github.routes.call import Answer, Call, Page, Routes
from tests.fake_github.state import IssueComment, PullRequest

route = Routes()
REPO = "/repos/{owner}/{repo}"
ISSUE = f"{REPO}/issues/{{issue_number}}"
WRITE = ("issues=write", "pull_requests=write")
READ = ("issues=read", "pull_requests=read")
LONGEST_BODY = 65536


@route("GET", f"{ISSUE}/comments", needs=READ)
def list_comments(call: Call, issue_number: int) -> Page:
    """The conversation, oldest first."""
    pull = call.pull(issue_number)
    return Page(items=[call.shapes.issue_comment(pull, comment) for comment in pull.conversation])


@route("POST", f"{ISSUE}/comments", needs=WRITE, status=201)
def create_comment(call: Call, issue_number: int) -> object:
    """Say something."""
    pull, now = call.pull(issue_number), time.time()
    text = _checked(call.body.get("body"))
    comment = IssueComment(id=call.state.new_id(), user=call.me, body=text, created_at=now, updated_at=now)
    pull.conversation.append(comment)
    return call.shapes.issue_comment(pull, comment)


@route("GET", f"{REPO}/issues/comments/{{comment_id}}", needs=READ)
def get_comment(call: Call, comment_id: int) -> object:
    """One comment."""
    return call.shapes.issue_comment(*_find(call, comment_id))


@route("PATCH", f"{REPO}/issues/comments/{{comment_id}}", needs=WRITE)
def update_comment(call: Call, comment_id: int) -> object:
    """Change what one said."""
    pull, comment = _find(call, comment_id)
    if comment.user is not call.me:
        raise Refused(403, "Resource not accessible by integration")
    comment.body, comment.updated_at = _checked(call.body.get("body")), time.time()
    return call.shapes.issue_comment(pull, comment)


@route("DELETE", f"{REPO}/issues/comments/{{comment_id}}", needs=WRITE, status=204)
def delete_comment(call: Call, comment_id: int) -> Answer:
    """Take it back."""
    pull, comment = _find(call, comment_id)
    pull.conversation.remove(comment)
    return Answer(status=204, body=None)


def _checked(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise invalid("IssueComment", "body", "body cannot be blank")
    if len(text) > LONGEST_BODY:
        raise invalid("IssueComment", "body", f"body is too long (maximum is {LONGEST_BODY} characters)")
    return text


def _find(call: Call, comment_id: int) -> tuple[PullRequest, IssueComment]:
    for pull in call.repo.pulls.values():
        for comment in pull.conversation:
            if comment.id == comment_id:
                return pull, comment
    raise not_found()
