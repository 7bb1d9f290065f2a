"""What can go wrong on the way: refused, slow, cut-off and lost answers, on demand.

A fault matches a method and a path; each is used up after `times` requests.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request


@dataclass(slots=True, kw_only=True)
class Fault:
    """`after`: it is carried out first. `truncate`: bytes of the body that arrive. `drop`: no answer at all."""

    method: str
    path: re.Pattern[str]
    status: int = 500
    times: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    hang: float = 0.0
    truncate: int | None = None
    after: bool = False
    drop: bool = False

    def matches(self, method: str, path: str) -> bool:
        """Say whether this fault is for a request."""
        return self.times > 0 and self.method in {method, "*"} and self.path.search(path) is not None


class Faults:
    """The faults that wait. `flaky` lets the first GET of each path fail, `amnesiac` the first answer of each POST."""

    def __init__(self) -> None:
        self.flaky = False
        self.amnesiac = False
        self.released = threading.Event()
        self._waiting: list[Fault] = []
        self._seen: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Let the next request that matches meet `fault`."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all, and let what hangs go on."""
        self.flaky = self.amnesiac = False
        self._waiting.clear()
        self._seen.clear()
        self.released.set()
        self.released = threading.Event()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that this request meets, used up by one."""
        with self._lock:
            for fault in self._waiting:
                if fault.matches(method, path):
                    fault.times -= 1
                    return fault
            return next(self._general(method, path), None)

    def _general(self, method: str, path: str) -> Iterator[Fault]:
        once = (method, path)
        if once in self._seen or path.startswith("/healthz"):
            return
        if self.flaky and method == "GET":
            self._seen.add(once)
            yield Fault(method=method, path=re.compile(""), status=502)
        elif (
            self.amnesiac and method in {"POST", "PATCH"} and not path.endswith(("/access_tokens", "/git-upload-pack"))
        ):
            self._seen.add(once)
            yield Fault(method=method, path=re.compile(""), status=502, after=True)

    def spoil(self, fault: Fault, answer: Response | None) -> Response | None:
        """Return what is answered instead of `answer`; None lets the request go on to its route."""
        if fault.hang:
            self.released.wait(fault.hang)
        if fault.drop:
            connection: socket.socket = request.environ["werkzeug.socket"]
            connection.shutdown(socket.SHUT_RDWR)
            return Response(status=fault.status)
        if fault.truncate is not None:
            return _cut(answer, fault.truncate) if answer else None
        if fault.hang and fault.status == 200:
            return answer
        body = {"message": "Server Error"} if fault.body is None else fault.body
        text = body if isinstance(body, str) else json.dumps(body)
        return Response(text, fault.status, dict(fault.headers), content_type="application/json; charset=utf-8")


def _cut(answer: Response, length: int) -> Response:
    """Return the first `length` bytes under the headers of the whole: the connection breaks in the middle."""
    whole = answer.get_data()
    headers = {"Content-Length": str(len(whole)), "Connection": "close"}
    connection: socket.socket = request.environ["werkzeug.socket"]

    def parts() -> Iterator[bytes]:
        yield whole[:length]
        connection.shutdown(socket.SHUT_RDWR)

    return Response(parts(), answer.status_code, headers, content_type=answer.content_type)
