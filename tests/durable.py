"""Parts of the tests of durable work: settings in a folder, wishes for reviews, and a worker as its own process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from reviewer import jobs
from reviewer.model import Repository, ReviewRequest, Sha, Subject
from reviewer.server.events import ReviewWanted
from reviewer.server.intake import Taken, take_in
from reviewer.settings import Settings, read_settings
from reviewer.store import Store, open_engine

SECRETS = ("first-secret", "second-secret")
A, B, C = Sha("a" * 40), Sha("b" * 40), Sha("c" * 40)


@cache
def private_key() -> str:
    """Return a PEM, the same in the whole session."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment that is right, with `more`."""
    return {
        "GITHUB_APP_ID": "12",
        "GITHUB_APP_PRIVATE_KEY": private_key(),
        "GITHUB_WEBHOOK_SECRET": ",".join(SECRETS),
        "GITHUB_API_URL": "http://127.0.0.1:1/api/v3",
        "DATA_DIR": str(folder),
        "WORKER_CONCURRENCY": "2",
        **more,
    }


def settings_in(folder: Path, **more: str) -> Settings:
    """Return the settings of `environment`."""
    return read_settings(environment(folder, **more))


def wish(number: int = 1, head: Sha = A, *, installation: int = 9, draft: bool = False) -> ReviewRequest:
    """Return a wish for a review of pull request `number`."""
    return ReviewRequest(
        subject=Subject.PULL_REQUEST,
        repository=Repository(id=5, full_name="acme/infra", installation_id=installation),
        head_sha=head,
        base_sha=B,
        base_ref="main",
        head_ref=f"refs/pull/{number}/head",
        number=number,
        draft=draft,
    )


class Hand:
    """Delivers events straight to the intake, as the webhook does."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = open_engine(settings)
        self.store, self.queue = Store(self.engine), jobs.Queue(self.engine)
        self.count = 0

    def want(self, request: ReviewRequest, as_of: float | None = None, delivery: str | None = None) -> Taken:
        """Deliver that a review of `request` is wanted."""
        self.count += 1
        name = delivery or f"delivery-{os.getpid()}-{id(self)}-{self.count}"
        return take_in(self.store, self.queue, name, "pull_request", ReviewWanted(request=request, as_of=as_of))


@contextmanager
def hand(settings: Settings) -> Iterator[Hand]:
    """Give a `Hand` on a migrated database."""
    jobs.migrate(settings)
    hand = Hand(settings)
    try:
        yield hand
    finally:
        hand.engine.dispose()


def wait_until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until `true()` is. Raises AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.02)


class Process:
    """A worker in a process of its own, which notes what it does in `journal`, a line a step."""

    def __init__(self, settings: Settings, journal: Path, seconds: float, ttl: float) -> None:
        environ = environment(settings.data_dir, DATABASE_URL=settings.database_url)
        environ["GITHUB_APP_PRIVATE_KEY"] = settings.private_key.reveal()
        environ["PATH"] = os.environ["PATH"]
        argv = [sys.executable, "-m", "tests.durable", str(journal), str(seconds), str(ttl)]
        self.popen = subprocess.Popen(argv, env=environ, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """Kill it as the kernel does when memory runs out."""
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait()

    def terminate(self) -> int:
        """Ask it to end and return its exit code."""
        self.popen.terminate()
        return self.popen.wait(timeout=40)


def main() -> None:
    """Be a worker whose reviews have three steps of the given length, until killed."""
    journal, seconds, ttl = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    settings = read_settings(os.environ)

    def note(request: ReviewRequest, step: str) -> str:
        with journal.open("a") as file:
            file.write(f"{request.id} {step} begins\n")
        time.sleep(seconds)
        with journal.open("a") as file:
            file.write(f"{request.id} {step} ends\n")
        return step

    def work(request: ReviewRequest, steps: jobs.Steps) -> None:
        for step in ("one", "two", "three"):
            steps(step, lambda step=step: note(request, step))

    def give_up(request: ReviewRequest, error: Exception) -> None:
        note(request, f"gave-up-{type(error).__name__}")

    worker = jobs.Worker(settings=settings, engine=open_engine(settings), work=work, give_up=give_up, ttl=ttl)
    jobs.serve_until_told(worker)


if __name__ == "__main__":
    main()
