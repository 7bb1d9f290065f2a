"""The Flask application: from a request on the wire to a route and back, with GitHub's headers.

Owns authentication, permissions, paging, limits, faults and the log. Knows no route by name.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request

from tests.fake_github import git_http, schema
from tests.fake_github.auth import check_app, check_permissions, check_repository, find_token
from tests.fake_github.faults import Faults
from tests.fake_github.refusals import Refused, invalid_request, not_found, secondary_limit
from tests.fake_github.routes import ROUTES
from tests.fake_github.routes.call import Answer, Call, Page, Route, page_of
from tests.fake_github.shapes import Shapes
from tests.fake_github.state import Repo, State
from tests.fake_github.workflows import Artifact

PATHS = frozenset({"path", "ref", "branch", "basehead"})
WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})
READS_BY_POST = ("/access_tokens", "/git-upload-pack")
MOST_BYTES = 26 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A line of the log. `changes` is True for what writes on GitHub."""

    method: str
    path: str
    query: str
    status: int
    body: Any
    authorization: str
    changes: bool
    at: float


@dataclass(slots=True, kw_only=True)
class Wire:
    """What the application needs besides the state. `bad_requests` and `bad_answers` are breaches of the schemas."""

    state: State
    shapes: Shapes
    faults: Faults
    deliver_again: Callable[[int], None]
    pushed: Callable[[Repo, str, str, str], None]
    link_to: Callable[[Artifact], str]
    log: list[Request] = field(default_factory=list)
    bad_requests: list[str] = field(default_factory=list)
    bad_answers: list[str] = field(default_factory=list)
    content_per_minute: int | None = None
    content_times: deque[float] = field(default_factory=deque)
    remaining: int = 5000


def build_app(wire: Wire) -> Flask:
    """Return the application that serves every route, git included."""
    app = Flask("fake_github", static_folder=None)
    app.url_map.strict_slashes = False
    for number, route in enumerate(ROUTES):
        prefix = "/api" if route.path == "/graphql" else "/api/v3"
        app.add_url_rule(
            prefix + _rule(route.path),
            endpoint=f"{number} {route.operation}",
            view_func=_view(wire, route),
            methods=[route.method],
        )
    app.add_url_rule("/<owner>/<name>.git/<path:rest>", view_func=_git_view(wire), methods=["GET", "POST"])
    app.register_error_handler(404, lambda _: _refusal(wire, not_found()))
    app.register_error_handler(405, lambda _: _refusal(wire, not_found()))
    return app


def _rule(path: str) -> str:
    """Turn `{owner}` into `<owner>`: names with slashes in them for paths, numbers for ids."""

    def converter(found: re.Match[str]) -> str:
        name = found[1]
        kind = "path:" if name in PATHS else "int:" if name.endswith(("_id", "_number")) and name != "sarif_id" else ""
        return f"<{kind}{name}>"

    return re.sub(r"\{(\w+)\}", converter, path)


def _view(wire: Wire, route: Route) -> Callable[..., Response]:
    def view(**arguments: Any) -> Response:
        fault = wire.faults.take(request.method, request.path)
        answer = None
        if fault is None or fault.after or fault.truncate is not None or (fault.hang and fault.status == 200):
            answer = _answer(wire, route, arguments)
        spoiled = wire.faults.spoil(fault, answer) if fault else None
        return _logged(wire, spoiled or answer or _refusal(wire, not_found()), carried_out=answer is not None)

    return view


def _git_view(wire: Wire) -> Callable[..., Response]:
    def view(owner: str, name: str, rest: str) -> Response:
        fault = wire.faults.take(request.method, request.path)
        if fault and fault.truncate is None and fault.status != 200:
            return _logged(wire, wire.faults.spoil(fault, None) or Response(status=500), carried_out=False)
        try:
            with wire.state.lock:
                repo = git_http.authorize(wire.state, request, owner, name)
            answer = git_http.serve(repo, request, rest)
        except Refused as refused:
            answer = Response(str(refused), refused.status, refused.headers)
        return _logged(wire, (wire.faults.spoil(fault, answer) if fault else None) or answer, carried_out=True)

    return view


def _answer(wire: Wire, route: Route, arguments: dict[str, Any]) -> Response:
    try:
        with wire.state.lock:
            call = _call(wire, route, arguments)
            if route.method in WRITES and route.needs:
                _limit(wire)
            answer = route.handler(call, **arguments)
    except Refused as refused:
        return _refusal(wire, refused)
    if isinstance(answer, Answer):
        response = _json(wire, route, answer.status, answer.body)
        response.headers.update(answer.headers)
        return response
    if isinstance(answer, Page):
        body, number, last = page_of(answer, call.query)
        response = _json(wire, route, route.status, body)
        return _linked(response, number, last)
    return _json(wire, route, route.status, answer)


def _call(wire: Wire, route: Route, arguments: dict[str, Any]) -> Call:
    """Return what a route is given, after everything that may be refused before it."""
    state = wire.state
    body = _body()
    if route.needs is None:
        check_app(state, request.headers.get("Authorization", ""))
    call = Call(state=state, shapes=wire.shapes, query=request.args.to_dict(), body=body)
    call.deliver_again, call.pushed, call.link_to = wire.deliver_again, wire.pushed, wire.link_to
    if route.needs is not None:
        call.token = find_token(state, request.headers.get("Authorization", ""))
        if "owner" in arguments:
            found = state.find_repo(arguments.pop("owner"), arguments.pop("repo"))
            call.target = check_repository(state, call.token, found)
            check_permissions(state, call.token, call.target, route.needs)
    problem = schema.problem_of_request(route.operation, body)
    if problem:
        wire.bad_requests.append(problem)
    return call


def _body() -> dict[str, Any]:
    raw = request.get_data()
    if not raw:
        return {}
    if len(raw) > MOST_BYTES:
        raise Refused(413, "Payload too large")
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Refused(400, "Problems parsing JSON") from error
    if not isinstance(body, dict):
        raise invalid_request("For 'root schema', the body is not an object.")
    return body


def _limit(wire: Wire) -> None:
    """Refuse what goes over the limit of content made in a minute. Raises Refused (403 with Retry-After)."""
    now = time.monotonic()
    times = wire.content_times
    while times and times[0] < now - 60:
        times.popleft()
    if wire.content_per_minute is not None and len(times) >= wire.content_per_minute:
        raise secondary_limit()
    times.append(now)


def _json(wire: Wire, route: Route, status: int, body: Any) -> Response:
    problem = schema.problem_of_answer(route.operation, status, body)
    if problem:
        wire.bad_answers.append(problem)
    if body is None:
        return _headers(wire, Response(status=status))
    return _headers(wire, Response(json.dumps(body), status, content_type="application/json; charset=utf-8"))


def _refusal(wire: Wire, refused: Refused) -> Response:
    text = json.dumps(refused.body)
    response = Response(text, refused.status, refused.headers, content_type="application/json; charset=utf-8")
    return _headers(wire, response)


def _headers(wire: Wire, response: Response) -> Response:
    wire.remaining = max(1, wire.remaining - 1)
    limits = {"Limit": "5000", "Remaining": str(wire.remaining), "Used": str(5000 - wire.remaining)}
    for name, value in limits.items():
        response.headers[f"X-RateLimit-{name}"] = value
    response.headers["X-RateLimit-Reset"] = str(int(time.time()) + 3600)
    response.headers["X-RateLimit-Resource"] = "core"
    response.headers["X-GitHub-Request-Id"] = f"{time.monotonic_ns():X}"
    response.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
    return response


def _linked(response: Response, number: int, last: int) -> Response:
    def link(page: int, relation: str) -> str:
        query = "&".join(f"{k}={v}" for k, v in {**request.args.to_dict(), "page": str(page)}.items())
        return f'<{request.base_url}?{query}>; rel="{relation}"'

    links = [link(number - 1, "prev"), link(1, "first")] if number > 1 else []
    links += [link(number + 1, "next"), link(last, "last")] if number < last else []
    if links:
        response.headers["Link"] = ", ".join(links)
    return response


def _logged(wire: Wire, response: Response, *, carried_out: bool) -> Response:
    body: Any = None
    with contextlib.suppress(ValueError):
        body = json.loads(request.get_data() or b"null")
    writes = request.method in WRITES and not request.path.endswith(READS_BY_POST)
    if request.path == "/api/graphql":
        writes = isinstance(body, dict) and str(body.get("query", "")).lstrip().startswith("mutation")
    wire.log.append(
        Request(
            method=request.method,
            path=request.path.removeprefix("/api/v3"),
            query=request.query_string.decode(),
            status=response.status_code,
            body=body,
            authorization=request.headers.get("Authorization", ""),
            changes=writes and carried_out,
            at=time.monotonic(),
        )
    )
    return response
