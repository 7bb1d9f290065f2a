"""The host that GitHub keeps artifacts on: another address, signed links, and no `Authorization` header taken."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass

from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.fake_github.faults import Faults
from tests.fake_github.workflows import Artifact

LINK_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A line of the log."""

    path: str
    status: int
    authorization: str | None


@dataclass(slots=True, kw_only=True)
class Link:
    """A signed link, which ends soon."""

    artifact: Artifact
    until: float


class Storage:
    """A server of its own. `link` is what GitHub redirects to, `log` what was asked."""

    def __init__(self, faults: Faults, handler: type[WSGIRequestHandler]) -> None:
        self._faults = faults
        self._links: dict[str, Link] = {}
        self.log: list[Download] = []
        app = Flask("storage", static_folder=None)
        app.add_url_rule("/artifacts/<int:number>.zip", view_func=self._serve)
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(poll_interval=0.01), daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def clear(self) -> None:
        """Forget all links, and what was asked."""
        self._links.clear()
        self.log.clear()

    def link(self, artifact: Artifact) -> str:
        """Return where `artifact` can be had for a minute."""
        signature = secrets.token_urlsafe(32)
        self._links[signature] = Link(artifact=artifact, until=time.time() + LINK_SECONDS)
        return f"{self.url}/artifacts/{artifact.id}.zip?se=soon&sig={signature}"

    def expire_links(self) -> None:
        """Let a minute pass."""
        for link in self._links.values():
            link.until = 0.0

    def _serve(self, number: int) -> Response:
        fault = self._faults.take(request.method, request.path)
        answer = self._answer(number)
        answer = (self._faults.spoil(fault, answer) if fault else None) or answer
        authorization = request.headers.get("Authorization")
        self.log.append(Download(path=request.path, status=answer.status_code, authorization=authorization))
        return answer

    def _answer(self, number: int) -> Response:
        if "Authorization" in request.headers:  # the signature is what opens it; two are refused
            return Response(
                "<Error><Code>InvalidAuthenticationInfo</Code></Error>", 400, content_type="application/xml"
            )
        link = self._links.get(request.args.get("sig", ""))
        if link is None or link.artifact.id != number or link.until < time.time():
            return Response("<Error><Code>AuthenticationFailed</Code></Error>", 403, content_type="application/xml")
        return Response(link.artifact.content, content_type="application/zip")
