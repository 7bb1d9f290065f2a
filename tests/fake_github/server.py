"""A whole GitHub on loopback: `with FakeGitHub() as github: ...`."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from tests.fake_github import schema, webhooks
from tests.fake_github.auth import new_private_key
from tests.fake_github.faults import Fault, Faults
from tests.fake_github.people import People
from tests.fake_github.shapes import Json, Shapes
from tests.fake_github.state import Account, App, Delivery, Repo, State
from tests.fake_github.storage import Storage
from tests.fake_github.web import Request, Wire, build_app

APP_ID = 424242
SLUG = "plumbrule"


class QuietHandler(WSGIRequestHandler):
    """Logs nothing, and sends small answers at once."""

    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


class FakeGitHub(People):
    """GitHub, with one App registered. Give `webhook_url` to have its webhooks delivered.

    `private_key` is the App's key as PEM, `webhook_secret` signs. What people do are methods (`create_repo`, `push`,
    `open_pull_request`, ...); what is there is in `state`; what was asked is in `requests`.
    """

    def __init__(self, *, webhook_url: str | None = None, port: int = 0, folder: Path | None = None) -> None:
        self._own_folder = folder is None
        root = folder or Path(tempfile.mkdtemp(prefix="fake-github-"))
        self.webhook_url = webhook_url
        self.webhook_secret = "a secret between GitHub and the App"
        self.app_id = APP_ID
        self.private_key, public_key = new_private_key()
        owner = Account(id=11, login="plumbrule-makers", type="Organization")
        bot = Account(id=12, login=f"{SLUG}[bot]", type="Bot")
        state = State(App(id=APP_ID, slug=SLUG, name="Plumbrule", owner=owner, bot=bot, public_key=public_key))
        shapes = Shapes(state, "", "")
        self.faults = Faults()
        self.storage = Storage(self.faults, QuietHandler)
        self.wire = Wire(
            state=state,
            shapes=shapes,
            faults=self.faults,
            deliver_again=self._deliver_in_background,
            pushed=self._pushed_in_background,
            link_to=self.storage.link,
        )
        self._server = make_server("127.0.0.1", port, build_app(self.wire), threaded=True, request_handler=QuietHandler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.api_url = f"{self.url}/api/v3"
        shapes.api, shapes.web = self.api_url, self.url
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(poll_interval=0.01), daemon=True)
        super().__init__(state, root, webhooks.Payloads(state, shapes), self._send)

    def start(self) -> FakeGitHub:
        """Begin to serve."""
        self._thread.start()
        self.storage.start()
        return self

    def stop(self) -> None:
        """Stop serving and remove the repositories."""
        self.faults.clear()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)
        self.storage.stop()
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> FakeGitHub:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def reset(self) -> None:
        """Forget everything that exists; the App and the address stay."""
        self.faults.clear()
        state, wire = self.state, self.wire
        with state.lock:
            for things in (state.installations, state.repos, state.tokens, state.deliveries):
                things.clear()
            state.accounts = {name: state.accounts[name] for name in (state.app.owner.login, state.app.bot.login)}
            for noted in (wire.log, wire.bad_requests, wire.bad_answers, wire.content_times):
                noted.clear()
            wire.content_per_minute, wire.remaining = None, 5000
            self.storage.clear()
            self.webhook_url = None

    @property
    def requests(self) -> list[Request]:
        """Every request so far, oldest first."""
        return list(self.wire.log)

    @property
    def writes(self) -> list[Request]:
        """The requests that changed something on GitHub, as far as they were carried out and accepted."""
        return [found for found in self.wire.log if found.changes and (found.status < 400 or found.status >= 500)]

    @property
    def breaches(self) -> list[str]:
        """What was sent or answered against GitHub's published schemas."""
        return self.wire.bad_answers + self.wire.bad_requests

    def fail_next(self, method: str, path: str, **fault: Any) -> None:
        """Let the next request of `method` (* for any) whose path matches regex `path` fail; see `Fault` for how."""
        self.faults.add(Fault(method=method, path=re.compile(path), **fault))

    def limit_content(self, per_minute: int | None) -> None:
        """Refuse more than `per_minute` writes in a minute, as GitHub's secondary limit does."""
        self.wire.content_per_minute = per_minute
        self.wire.content_times.clear()

    def expire_tokens(self) -> None:
        """Let every token end now."""
        for token in self.state.tokens.values():
            token.expires_at = 0.0

    def _send(self, event: str, payload: Json, *, tell: bool = True) -> None:
        problem = schema.problem_of_event(event, payload)
        if problem:
            self.wire.bad_answers.append(problem)
        delivery = webhooks.new_delivery(self.state, event, payload)
        if tell and self.webhook_url:
            webhooks.post(delivery, self.webhook_url, self.webhook_secret)

    def redeliver(self, delivery: Delivery) -> Delivery:
        """Deliver once more under the same GUID, and return the new attempt."""
        repeated = webhooks.again(self.state, delivery)
        if self.webhook_url:
            webhooks.post(repeated, self.webhook_url, self.webhook_secret)
        return repeated

    def deliver(self, event: str, payload: Json) -> Delivery:
        """Deliver any payload, signed; for events that no deed here causes."""
        delivery = webhooks.new_delivery(self.state, event, payload)
        if self.webhook_url:
            webhooks.post(delivery, self.webhook_url, self.webhook_secret)
        return delivery

    def _pushed_in_background(self, repo: Repo, branch: str, before: str, after: str) -> None:
        """Move what follows a branch at once, and tell the App of it after the answer."""
        events = self._after_push(repo, branch, before, after)
        threading.Thread(target=self._tell, args=(events,), kwargs={"tell": True}, daemon=True).start()

    def _deliver_in_background(self, delivery_id: int) -> None:
        delivery = next(found for found in self.state.deliveries if found.id == delivery_id)
        threading.Thread(target=self.redeliver, args=(delivery,), daemon=True).start()
