"""How a route is declared and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fake_github.refusals import Refused, not_found
from tests.fake_github.shapes import Shapes
from tests.fake_github.state import Account, PullRequest, Repo, State, Token
from tests.fake_github.workflows import Artifact

PER_PAGE = 30
MOST_PER_PAGE = 100


@dataclass(slots=True, kw_only=True)
class Call:
    """One request that passed authentication. `repo` and `token` are None on the App's own routes."""

    state: State
    shapes: Shapes
    query: dict[str, str]
    body: dict[str, Any]
    token: Token | None = None
    target: Repo | None = None
    deliver_again: Callable[[int], None] = lambda _: None
    pushed: Callable[[Repo, str, str, str], None] = lambda *_: None
    link_to: Callable[[Artifact], str] = lambda _: ""
    granted: dict[str, str] = field(default_factory=dict)

    @property
    def repo(self) -> Repo:
        """The repository in the path."""
        assert self.target
        return self.target

    @property
    def me(self) -> Account:
        """Who writes: the App's bot."""
        return self.state.app.bot

    def pull(self, number: int) -> PullRequest:
        """Return pull request `number`. Raises Refused (404)."""
        if number not in self.repo.pulls:
            raise not_found()
        return self.repo.pulls[number]

    def commit(self, revision: str) -> str:
        """Return the commit that `revision` names. Raises Refused (422) as GitHub does for what is not there."""
        sha = self.repo.git.resolve(revision)
        if sha is None:
            raise Refused(422, f"No commit found for SHA: {revision}")
        return sha


@dataclass(slots=True, kw_only=True)
class Page:
    """A list of which only a part is answered. `wrap` is the key it stands under, if it stands under one."""

    items: Sequence[Any]
    wrap: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status and a body; None for no body."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An operation under the path that OpenAPI gives it. `needs` are alternatives; None: the App itself asks."""

    method: str
    path: str
    needs: tuple[tuple[str, str], ...] | None
    handler: Callable[..., Any]
    status: int

    @property
    def operation(self) -> str:
        """The key of the published schema, `GET /repos/{owner}/{repo}`."""
        return f"{self.method} {self.path}"


class Routes:
    """Collects the routes of a module: `@route("GET", "/app", needs=APP)`."""

    def __init__(self) -> None:
        self.found: list[Route] = []

    def __call__(
        self, method: str, path: str, *, needs: Iterable[str] | None, status: int = 200
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a route; `needs` has alternatives such as `checks=write`."""
        pairs = None if needs is None else tuple((n.split("=")[0], n.split("=")[1]) for n in needs)

        def declare(handler: Callable[..., Any]) -> Callable[..., Any]:
            self.found.append(Route(method=method, path=path, needs=pairs, handler=handler, status=status))
            return handler

        return declare


def page_of(page: Page, query: dict[str, str]) -> tuple[Any, int, int]:
    """Return what to answer, the number of this page and of the last. Sizes above 100 are cut, as GitHub does."""
    size = max(1, min(_number(query.get("per_page"), PER_PAGE), MOST_PER_PAGE))
    last = max(1, -(-len(page.items) // size))
    number = max(1, _number(query.get("page"), 1))
    part = list(page.items[(number - 1) * size : number * size])
    return ({"total_count": len(page.items), page.wrap: part} if page.wrap else part), number, last


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default
