"""Reviews and the comments on lines: refused whole when one anchor is wrong, as GitHub does."""

from __future__ import annotations

import time
from typing import Any

from tests.fake_github.anchors import Anchor, resolve
from tests.fake_github.refusals import Refused, invalid, not_found, unprocessable
from tests.fake_github.routes.call import Answer, Call, Page, Routes
from tests.fake_github.state import PullRequest, Review, ReviewComment

route = Routes()
REPO = "/repos/{owner}/{repo}"
PULL = f"{REPO}/pulls/{{pull_number}}"
WRITE = ("pull_requests=write",)
READ = ("pull_requests=read",)
LONGEST_BODY = 65536
STATES = {"COMMENT": "COMMENTED", "APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}


@route("GET", f"{PULL}/reviews", needs=READ)
def list_reviews(call: Call, pull_number: int) -> Page:
    """Reviews, oldest first; one's own pending one is among them."""
    pull = call.pull(pull_number)
    return Page(items=[call.shapes.review(pull, review) for review in pull.reviews])


@route("GET", f"{PULL}/reviews/{{review_id}}", needs=READ)
def get_review(call: Call, pull_number: int, review_id: int) -> object:
    """One review."""
    pull = call.pull(pull_number)
    return call.shapes.review(pull, _review(pull, review_id))


@route("POST", f"{PULL}/reviews", needs=WRITE)
def create_review(call: Call, pull_number: int) -> object:
    """A review with its comments, all or nothing; pending when there is no event."""
    pull, body = call.pull(pull_number), call.body
    event, text, comments = body.get("event"), body.get("body") or "", body.get("comments") or []
    if any(review.state == "PENDING" and review.user is call.me for review in pull.reviews):
        raise unprocessable("User can only have one pending review per pull request")
    _check_event(call, pull, event, text, comments)
    _check_text(text)
    commit_sha = _commit_of(call, pull, body.get("commit_id"))
    anchors = [_checked_comment(pull, commit_sha, comment) for comment in comments]
    review = Review(
        id=call.state.new_id(), user=call.me, body=text, state="PENDING", commit_sha=commit_sha, submitted_at=None
    )
    pull.reviews.append(review)
    for comment, anchor in zip(comments, anchors, strict=True):
        pull.all_comments.append(_new_comment(call, review, anchor, comment["body"]))
    if event:
        review.state, review.submitted_at = STATES[event], time.time()
    return call.shapes.review(pull, review)


@route("PUT", f"{PULL}/reviews/{{review_id}}", needs=WRITE)
def update_review(call: Call, pull_number: int, review_id: int) -> object:
    """Change the text of a review of one's own."""
    pull = call.pull(pull_number)
    review = _own_review(call, pull, review_id)
    _check_text(call.body.get("body", ""))
    review.body = call.body["body"]
    return call.shapes.review(pull, review)


@route("DELETE", f"{PULL}/reviews/{{review_id}}", needs=WRITE)
def delete_pending_review(call: Call, pull_number: int, review_id: int) -> object:
    """Remove a pending review with its comments; submitted ones stay for ever."""
    pull = call.pull(pull_number)
    review = _own_review(call, pull, review_id)
    if review.state != "PENDING":
        raise unprocessable("Can not delete a non-pending pull request review")
    pull.reviews.remove(review)
    pull.all_comments[:] = [comment for comment in pull.all_comments if comment.review is not review]
    return call.shapes.review(pull, review)


@route("POST", f"{PULL}/reviews/{{review_id}}/events", needs=WRITE)
def submit_review(call: Call, pull_number: int, review_id: int) -> object:
    """Submit a pending review."""
    pull = call.pull(pull_number)
    review = _own_review(call, pull, review_id)
    if review.state != "PENDING" or call.body.get("event") not in STATES:
        raise unprocessable("Can not submit a pull request review that is not pending")
    review.state, review.submitted_at = STATES[call.body["event"]], time.time()
    review.body = call.body.get("body") or review.body
    return call.shapes.review(pull, review)


@route("GET", f"{PULL}/reviews/{{review_id}}/comments", needs=READ)
def list_comments_of_review(call: Call, pull_number: int, review_id: int) -> Page:
    """The comments of one review, in the older shape that has no `line` for pending ones."""
    pull = call.pull(pull_number)
    review = _review(pull, review_id)
    return Page(items=[call.shapes.review_comment(pull, c) for c in pull.all_comments if c.review is review])


@route("GET", f"{PULL}/comments", needs=READ)
def list_comments(call: Call, pull_number: int) -> Page:
    """Every visible comment on lines."""
    pull = call.pull(pull_number)
    return Page(items=[call.shapes.review_comment(pull, comment) for comment in pull.comments])


@route("POST", f"{PULL}/comments", needs=WRITE, status=201)
def create_comment(call: Call, pull_number: int) -> object:
    """One comment on lines, as a review of its own; refused in other words than a review's."""
    pull = call.pull(pull_number)
    commit_sha = _commit_of(call, pull, call.body.get("commit_id"))
    try:
        anchor = _checked_comment(pull, commit_sha, call.body)
    except Refused as refused:
        if not str(refused.body.get("errors", [""])[0]).endswith("could not be resolved"):
            raise
        raise invalid(
            "PullRequestReviewComment",
            "pull_request_review_thread.line",
            "pull_request_review_thread.line must be part of the diff",
        ) from refused
    review = Review(
        id=call.state.new_id(),
        user=call.me,
        body="",
        state="COMMENTED",
        commit_sha=commit_sha,
        submitted_at=time.time(),
    )
    pull.reviews.append(review)
    pull.all_comments.append(_new_comment(call, review, anchor, call.body["body"]))
    return call.shapes.review_comment(pull, pull.all_comments[-1])


@route("GET", f"{REPO}/pulls/comments/{{comment_id}}", needs=READ)
def get_comment(call: Call, comment_id: int) -> object:
    """One comment."""
    pull, comment = _find(call, comment_id)
    return call.shapes.review_comment(pull, comment)


@route("PATCH", f"{REPO}/pulls/comments/{{comment_id}}", needs=WRITE)
def update_comment(call: Call, comment_id: int) -> object:
    """Change the text of a comment of one's own."""
    pull, comment = _find(call, comment_id)
    if comment.user is not call.me:
        raise Refused(403, "Resource not accessible by integration")
    _check_text(call.body.get("body", ""))
    comment.body, comment.updated_at = call.body["body"], time.time()
    return call.shapes.review_comment(pull, comment)


@route("DELETE", f"{REPO}/pulls/comments/{{comment_id}}", needs=WRITE, status=204)
def delete_comment(call: Call, comment_id: int) -> Answer:
    """Remove a comment."""
    pull, comment = _find(call, comment_id)
    pull.all_comments.remove(comment)
    return Answer(status=204, body=None)


def _check_event(call: Call, pull: PullRequest, event: str | None, text: str, comments: list[Any]) -> None:
    if event is not None and event not in STATES:
        raise unprocessable(f"Variable $event of type PullRequestReviewEvent was provided invalid value {event}")
    if event in {"APPROVE", "REQUEST_CHANGES"} and pull.author is call.me:
        raise unprocessable(f"Can not {event.lower().replace('_', ' ')} your own pull request")
    if event in {"COMMENT", "REQUEST_CHANGES"} and not text and not comments:
        raise unprocessable("Body cannot be blank")


def _check_text(text: object) -> None:
    if not isinstance(text, str) or (not text.isprintable() and "\0" in text):
        raise unprocessable("Body is not valid")
    if len(text) > LONGEST_BODY:
        raise unprocessable(f"Body is too long (maximum is {LONGEST_BODY} characters)")


def _commit_of(call: Call, pull: PullRequest, commit_id: str | None) -> str:
    """Return the commit reviewed: the head, or `commit_id` if the pull request has it."""
    if commit_id is None or commit_id == pull.head_sha:
        return pull.head_sha
    if call.repo.git.resolve(commit_id) is None:
        raise unprocessable("commit_id is not part of the pull request")
    return commit_id


def _checked_comment(pull: PullRequest, commit_sha: str, comment: dict[str, Any]) -> Anchor:
    text = comment.get("body")
    if not text:
        raise unprocessable("Body cannot be blank")
    _check_text(text)
    return resolve(pull, commit_sha, comment)


def _new_comment(call: Call, review: Review, anchor: Anchor, text: str) -> ReviewComment:
    now = time.time()
    return ReviewComment(
        id=call.state.new_id(),
        review=review,
        user=call.me,
        body=text,
        path=anchor.path,
        side=anchor.side,
        line=anchor.line,
        start_line=anchor.start_line,
        original_line=anchor.line,
        original_start_line=anchor.start_line,
        commit_sha=review.commit_sha,
        original_commit_sha=review.commit_sha,
        diff_hunk=anchor.diff_hunk,
        created_at=now,
        updated_at=now,
    )


def _review(pull: PullRequest, review_id: int) -> Review:
    for review in pull.reviews:
        if review.id == review_id:
            return review
    raise not_found()


def _own_review(call: Call, pull: PullRequest, review_id: int) -> Review:
    review = _review(pull, review_id)
    if review.user is not call.me:
        raise Refused(403, "Resource not accessible by integration")
    return review


def _find(call: Call, comment_id: int) -> tuple[PullRequest, ReviewComment]:
    for pull in call.repo.pulls.values():
        for comment in pull.all_comments:
            if comment.id == comment_id:
                return pull, comment
    raise not_found()
