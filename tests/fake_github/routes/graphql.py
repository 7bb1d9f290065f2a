"""The little of GraphQL that reviewers need: review threads, and resolving them."""

from __future__ import annotations

from typing import Any

from tests.fake_github.auth import check_permissions, check_repository
from tests.fake_github.query import QueryError, Selection, parse_operation, pick
from tests.fake_github.refusals import Refused
from tests.fake_github.routes.call import Answer, Call, Routes
from tests.fake_github.shapes import node_id
from tests.fake_github.state import PullRequest, Repo, ReviewComment

route = Routes()
PATH = "/graphql"


@route("POST", PATH, needs=())
def graphql(call: Call) -> Answer:
    """Answer a query; errors stand in the body of a 200, as GraphQL wants."""
    try:
        operation = parse_operation(str(call.body.get("query", "")), call.body.get("variables") or {})
        data = {field.key: _root(call, operation.kind, field) for field in operation.selections}
    except QueryError as error:
        return Answer(status=200, body={"errors": [{"message": str(error), "type": error.kind}], "data": None})
    return Answer(status=200, body={"data": data})


def _root(call: Call, kind: str, field: Selection) -> Any:
    if kind == "query" and field.name == "repository":
        return _repository(call, field)
    if kind == "mutation" and field.name in {"resolveReviewThread", "unresolveReviewThread"}:
        return _resolve(call, field)
    if kind == "query" and field.name in {"rateLimit", "__typename"}:
        return pick({"__typename": "RateLimit", "remaining": 4999}, field)
    raise QueryError(f"Field '{field.name}' doesn't exist on type '{kind.title()}'", "undefinedField")


def _repository(call: Call, field: Selection) -> Any:
    owner, name = field.arguments.get("owner"), field.arguments.get("name")
    repo = _visible(call, call.state.find_repo(str(owner), str(name)), f"{owner}/{name}")
    out: dict[str, Any] = {}
    for child in field.selections:
        if child.name != "pullRequest":
            out |= {child.key: pick({"id": node_id("R", repo.id), "nameWithOwner": repo.full_name}, child)}
            continue
        _permit(call, repo, "pull_requests=read")
        pull = repo.pulls.get(int(child.arguments["number"]))
        if pull is None:
            raise QueryError(f"Could not resolve to a PullRequest with the number of {child.arguments['number']}.")
        out[child.key] = _pull(pull, child)
    return out


def _pull(pull: PullRequest, field: Selection) -> Any:
    shape = {"id": node_id("PR", pull.id), "number": pull.number, "headRefOid": pull.head_sha}
    out: dict[str, Any] = {}
    for child in field.selections:
        if child.name == "reviewThreads":
            heads = [comment for comment in pull.comments if comment.in_reply_to is None]
            out[child.key] = _connection([lambda c, h=head: _thread(pull, h, c) for head in heads], child)
        else:
            out[child.key] = pick(shape, child)
    return out


def _thread(pull: PullRequest, head: ReviewComment, field: Selection) -> Any:
    shape = {
        "id": node_id("PRRT", head.id),
        "isResolved": head.resolved,
        "isOutdated": head.line is None,
        "viewerCanResolve": True,
        "path": head.path,
        "line": head.line,
        "startLine": head.start_line,
    }
    out: dict[str, Any] = {}
    for child in field.selections:
        if child.name == "comments":
            comments = [c for c in pull.comments if head.id in {c.id, c.in_reply_to}]
            out[child.key] = _connection([lambda f, c=comment: _comment(c, f) for comment in comments], child)
        else:
            out[child.key] = pick(shape, child)
    return out


def _comment(comment: ReviewComment, field: Selection) -> Any:
    login = comment.user.login.removesuffix("[bot]")
    kind = "Bot" if comment.user.type == "Bot" else "User"
    shape = {
        "id": node_id("PRRC", comment.id),
        "databaseId": comment.id,
        "fullDatabaseId": str(comment.id),
        "body": comment.body,
        "author": {"login": login, "__typename": kind},
        "viewerDidAuthor": kind == "Bot",
    }
    return {child.key: pick(shape, child) for child in field.selections}


def _connection(nodes: list[Any], field: Selection) -> Any:
    first, after = field.arguments.get("first"), field.arguments.get("after")
    if not isinstance(first, int) or not 1 <= first <= 100:
        raise QueryError(f"You must provide a `first` value from 1 to 100 on the `{field.name}` connection.")
    start = int(after) if after else 0
    end = start + first
    page = {"hasNextPage": end < len(nodes), "endCursor": str(min(end, len(nodes))) if nodes else None}
    out: dict[str, Any] = {}
    for child in field.selections:
        if child.name == "nodes":
            out[child.key] = [node(child) for node in nodes[start:end]]
        else:
            out[child.key] = pick({"pageInfo": page, "totalCount": len(nodes)}, child)
    return out


def _resolve(call: Call, field: Selection) -> Any:
    wanted = field.arguments["input"]["threadId"]
    for repo in call.state.repos.values():
        for pull in repo.pulls.values():
            for comment in pull.all_comments:
                if node_id("PRRT", comment.id) == wanted:
                    _visible(call, repo, repo.full_name)
                    _permit(call, repo, "pull_requests=write")
                    _permit(call, repo, "contents=write")  # undocumented, seen in issues
                    comment.resolved = field.name == "resolveReviewThread"
                    return {
                        child.key: _thread(pull, comment, child) for child in field.selections if child.name == "thread"
                    }
    raise QueryError(f"Could not resolve to a node with the global id of '{wanted}'")


def _visible(call: Call, repo: Repo | None, name: str) -> Repo:
    assert call.token
    try:
        return check_repository(call.state, call.token, repo)
    except Refused as refused:
        raise QueryError(f"Could not resolve to a Repository with the name '{name}'.") from refused


def _permit(call: Call, repo: Repo, need: str) -> None:
    assert call.token
    name, _, level = need.partition("=")
    try:
        check_permissions(call.state, call.token, repo, [(name, level)])
    except Refused as refused:
        raise QueryError("Resource not accessible by integration", "FORBIDDEN") from refused
