"""The App's own routes: who it is, where it is installed, tokens, and the deliveries of its webhook."""

from __future__ import annotations

from tests.fake_github.auth import iso, issue_token
from tests.fake_github.refusals import not_found
from tests.fake_github.routes.call import Answer, Call, Page, Routes
from tests.fake_github.state import Installation, Repo

route = Routes()
APP = None


@route("GET", "/app", needs=APP)
def get_app(call: Call) -> object:
    """Who the JSON web token is."""
    return call.shapes.app()


@route("GET", "/app/installations", needs=APP)
def list_installations(call: Call) -> Page:
    """Where the App is installed."""
    return Page(items=[call.shapes.installation(found) for found in call.state.installations.values()])


@route("GET", "/app/installations/{installation_id}", needs=APP)
def get_installation(call: Call, installation_id: int) -> object:
    """One installation."""
    return call.shapes.installation(_installation(call, installation_id))


@route("POST", "/app/installations/{installation_id}/access_tokens", needs=APP, status=201)
def create_token(call: Call, installation_id: int) -> object:
    """A token for some repositories with some permissions."""
    installation = _installation(call, installation_id)
    token = issue_token(call.state, installation, call.body)
    shape = {"token": token.value, "expires_at": iso(token.expires_at), "permissions": token.permissions}
    chosen = "repositories" in call.body or "repository_ids" in call.body
    if not chosen:
        return {**shape, "repository_selection": "all" if installation.selected is None else "selected"}
    repos = [call.shapes.repo(call.state.repos[repo_id]) for repo_id in sorted(token.repositories)]
    return {**shape, "repository_selection": "selected", "repositories": repos}


@route("GET", "/repos/{owner}/{repo}/installation", needs=APP)
def get_repository_installation(call: Call, owner: str, repo: str) -> object:
    """The installation that covers a repository."""
    found: Repo | None = call.state.find_repo(owner, repo)
    installation = found and call.state.installation_of(found)
    if not installation:
        raise not_found()
    return call.shapes.installation(installation)


@route("GET", "/app/hook/deliveries", needs=APP)
def list_deliveries(call: Call) -> Page:
    """Deliveries, newest first (GitHub pages with a cursor; the link header is what a client follows)."""
    wanted = call.query.get("status")
    chosen = [
        delivery
        for delivery in reversed(call.state.deliveries)
        if wanted is None or (wanted == "success") == (delivery.status == "OK")
    ]
    return Page(items=[call.shapes.delivery(delivery) for delivery in chosen])


@route("GET", "/app/hook/deliveries/{delivery_id}", needs=APP)
def get_delivery(call: Call, delivery_id: int) -> object:
    """One delivery with its request and response."""
    for delivery in call.state.deliveries:
        if delivery.id == delivery_id:
            return {
                **call.shapes.delivery(delivery),
                "request": {"headers": {"X-GitHub-Delivery": delivery.guid}, "payload": delivery.payload},
                "response": {"headers": {}, "payload": delivery.response_body},
            }
    raise not_found()


@route("POST", "/app/hook/deliveries/{delivery_id}/attempts", needs=APP, status=202)
def redeliver(call: Call, delivery_id: int) -> Answer:
    """Deliver again, with the same GUID."""
    if all(delivery.id != delivery_id for delivery in call.state.deliveries):
        raise not_found()
    call.deliver_again(delivery_id)
    return Answer(status=202, body={})


def _installation(call: Call, installation_id: int) -> Installation:
    if installation_id not in call.state.installations:
        raise not_found()
    return call.state.installations[installation_id]
