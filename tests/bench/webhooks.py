"""How fast the web process acknowledges: signed deliveries at a steady rate, each on disk before its 202."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import statistics
import threading
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

SENDERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgements:
    """What came back, latencies in seconds."""

    sent: int
    accepted: int
    p50: float
    p99: float
    rate: float  # a second, as it was reached


def measure(
    url: str, secret: str, payload: dict[str, object], *, rate: int, seconds: float, first: int = 1
) -> Acknowledgements:
    """Send `rate` deliveries a second for `seconds`, each of another pull request from number `first` on."""
    total = int(rate * seconds)
    answers: list[tuple[int, float]] = []
    numbers = iter(range(1, total + 1))
    lock = threading.Lock()
    start = time.monotonic()

    def send() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            time.sleep(max(0.0, start + number / rate - time.monotonic()))
            answers.append(deliver(connection, secret, numbered(payload, first + number)))

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - start
    latencies = sorted(latency for _, latency in answers)
    return Acknowledgements(
        sent=total,
        accepted=sum(status == 202 for status, _ in answers),
        p50=statistics.median(latencies),
        p99=latencies[int(len(latencies) * 0.99)],
        rate=total / took,
    )


def numbered(payload: dict[str, object], number: int) -> bytes:
    """Return `payload` as the event of pull request `number`."""
    pull = payload["pull_request"]
    assert isinstance(pull, dict)
    return json.dumps({**payload, "number": number, "pull_request": {**pull, "number": number}}).encode()


def deliver(connection: http.client.HTTPConnection, secret: str, body: bytes) -> tuple[int, float]:
    """Deliver one webhook; return its status and how long the answer took."""
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "pull_request",
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }
    began = time.monotonic()
    connection.request("POST", "/webhook", body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status, time.monotonic() - began
