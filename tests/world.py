"""The world of the stories: the fake GitHub, and a real Plumbrule (web, database, worker, git) that it tells of events.

A story opens a pull request, lets the worker work, and reads what stands on the pull request. When it ends, every
webhook is delivered again, and nothing may be written because of that.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog
from werkzeug.serving import make_server

from app import create_app
from reviewer import compose, jobs
from reviewer.jobs import Steps, Worker, WorkerStopped
from reviewer.logs import configure_logs
from reviewer.scan.scanner import ScansUnits
from reviewer.settings import Settings, read_settings
from reviewer.store import Store, open_engine
from tests.fake_github import FakeGitHub
from tests.fake_github.people import Files
from tests.fake_github.server import QuietHandler
from tests.fake_github.state import Installation, PullRequest, Repo
from tests.stub_scanner import StubScanner

T = TypeVar("T")
MAX_TRIES = 60
"""Of one step: every call in it may fail once."""

SAFE_BUCKET = 'resource "aws_s3_bucket" "logs" {\n  bucket = "logs"\n  acl    = "private"\n}\n'
PUBLIC_BUCKET = 'resource "aws_s3_bucket" "logs" {\n  bucket = "logs"\n  acl    = "public-read"\n}\n'
OPEN_SSH = 'resource "aws_security_group" "jump" {\n  cidr_blocks = ["0.0.0.0/0"]\n}\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """How the whole suite is run: plainly, or against trouble. See `conftest.py`."""

    flaky: bool = False
    crash_after: str | None = None
    crash_inside: str | None = None


@dataclass(kw_only=True)
class Crash:
    """Lets the worker die once after, or inside, one step; it is armed again when the work is done."""

    modes: Modes
    happened: threading.Event = field(default_factory=threading.Event)
    armed: bool = True
    deaths: int = 0
    asked: int = 0  # how often the step to die in asked whether it is still wanted

    def after_step(self, name: str) -> None:
        """Die when `name` is the step, before its result is stored."""
        if self.armed and name == self.modes.crash_after:
            self.die()

    def die(self) -> None:
        """Raise what a worker raises that was killed; all its threads do, until there is another worker."""
        self.deaths += self.armed
        self.armed = False
        self.happened.set()
        raise WorkerStopped

    def working(self, work: jobs.Work) -> jobs.Work:
        """Return `work` with the crash inside it, for when the modes ask for one."""
        return lambda request, steps: work(request, DyingSteps(steps, self))


class DyingSteps:
    """Steps that die at the second question within one of them: between two writes, or in the middle of a scan."""

    def __init__(self, steps: Steps, crash: Crash) -> None:
        self._steps, self._crash, self._inside = steps, crash, ""

    def stop(self) -> None:
        """See `Steps`."""
        self._ask()
        self._steps.stop()

    def still_current(self) -> None:
        """See `Steps`."""
        self._ask()
        self._steps.still_current()

    def __call__(self, name: str, run: Callable[[], T]) -> T:
        """See `Steps`."""
        self._inside = name
        return self._steps(name, run)

    def _ask(self) -> None:
        self._crash.asked += self._inside == self._crash.modes.crash_inside
        if (self._crash.armed and self._crash.asked >= 2) or self._crash.happened.is_set():
            self._crash.die()


class House:
    """A running Plumbrule with a database and a data directory of its own under `folder`. `url` is its web's."""

    def __init__(self, github: FakeGitHub, folder: Path, scanner: ScansUnits, modes: Modes) -> None:
        self.github, self.scanner, self.modes = github, scanner, modes
        self.url, self.log_file = "", folder / "log"
        self.settings = settings_for(github, folder, MAX_TRIES=str(MAX_TRIES))
        jobs.migrate(self.settings)
        self.engine = open_engine(self.settings)
        self.store = Store(self.engine)
        self.services = compose.build_services(self.settings, scanner, self.store)
        self.crash = Crash(modes=modes)
        self.worker = self._new_worker()

    def _new_worker(self) -> Worker:
        worker = Worker(
            settings=self.settings,
            engine=self.engine,
            work=self.crash.working(partial(compose.do, self.services)),
            give_up=partial(compose.give_up, self.services),
        )
        worker.after_step, worker.retry_wait = self.crash.after_step, 0.005
        return worker

    def restart(self) -> None:
        """Replace the worker, as a host does after a crash."""
        self.worker.stop(grace=0.0)
        self.crash.happened.clear()
        self.worker = self._new_worker()
        self.worker.start()

    def work(self, timeout: float) -> None:
        """Wait until nothing is left to do, replacing a worker that died. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.worker.drain(timeout=0.25)
            except TimeoutError:
                if time.monotonic() > deadline:
                    raise
            else:
                break
            if self.crash.happened.is_set():
                self.restart()
        if self.crash.happened.is_set():
            self.restart()
        self.crash.armed, self.crash.asked = True, 0


def settings_for(github: FakeGitHub, folder: Path, **more: str) -> Settings:
    """Return settings that point at the fake GitHub; `more` are environment variables."""
    return read_settings(
        {
            "GITHUB_APP_ID": str(github.app_id),
            "GITHUB_APP_PRIVATE_KEY": github.private_key,
            "GITHUB_WEBHOOK_SECRET": github.webhook_secret,
            "GITHUB_API_URL": github.api_url,
            "DATA_DIR": str(folder),
            "WORKER_CONCURRENCY": "2",
            **more,
        }
    )


@contextmanager
def running_house(github: FakeGitHub, folder: Path, scanner: ScansUnits, modes: Modes) -> Iterator[House]:
    """Start web and worker of a new house and stop them at the end."""
    house = House(github, folder, scanner, modes)
    with logging_to(house.log_file, house.settings), serving(create_app(house.settings)) as house.url:
        house.worker.start()
        try:
            yield house
        finally:
            house.worker.stop(grace=0.0)
            house.engine.dispose()


@contextmanager
def logging_to(path: Path, settings: Settings) -> Iterator[None]:
    """Log as the product does, but to a file and with everything; put the logging of the tests back at the end."""
    root, engine, kept = logging.getLogger(), logging.getLogger("dbos"), structlog.get_config()
    handlers, level, engine_handlers = root.handlers[:], root.level, engine.handlers[:]
    with path.open("a") as stream:
        configure_logs("DEBUG", (settings.private_key, *settings.webhook_secrets), stream)
        try:
            yield
        finally:
            root.handlers[:], engine.handlers[:] = handlers, engine_handlers
            root.setLevel(level)
            structlog.configure(**kept)


@contextmanager
def serving(application: Any) -> Iterator[str]:
    """Serve a WSGI application on loopback and yield its address."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@dataclass(kw_only=True)
class World:
    """What a story has in its hands. `repo` is a fresh repository of `installation`, with `SAFE_BUCKET` in main.tf."""

    house: House
    github: FakeGitHub
    installation: Installation
    repo: Repo
    unfinished_checks_are_fine: bool = False

    @property
    def scanner(self) -> StubScanner:
        """The stub, for stories about scanning."""
        assert isinstance(self.house.scanner, StubScanner)
        return self.house.scanner

    def work(self, timeout: float = 60.0) -> None:
        """Let the worker finish everything that waits."""
        self.house.work(timeout)

    def open_pull_request(self, files: Files, **more: Any) -> PullRequest:
        """Open a pull request on `repo` that changes `files`; see `People.open_pull_request`."""
        return self.github.open_pull_request(self.repo, files, **more)

    def review(self, files: Files, **more: Any) -> PullRequest:
        """Open a pull request, let the worker finish, and return it."""
        pull = self.open_pull_request(files, **more)
        self.work()
        return pull

    def try_at_most(self, tries: int) -> None:
        """Let a step be tried `tries` times from now on (until the worker restarts)."""
        worker = self.house.worker
        worker.settings = replace(worker.settings, max_tries=tries)

    def push_to(self, pull: PullRequest, files: Files) -> PullRequest:
        """Push to a pull request, let the worker finish, and return it."""
        self.github.push_to(pull, files)
        self.work()
        return pull

    def wait_until(self, happened: Callable[[], object], timeout: float = 10.0) -> None:
        """Wait for something that happens elsewhere. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while not happened():
            if time.monotonic() > deadline:
                raise TimeoutError("it did not happen")
            time.sleep(0.01)

    def check_that_redelivery_writes_nothing(self) -> None:
        """Deliver again what was accepted, work, and compare."""
        self.work()
        self.github.faults.clear()
        before = len(self.github.writes)
        for delivery in list(self.github.state.deliveries):
            if delivery.status == "OK" and not delivery.redelivery:
                self.github.redeliver(delivery)
        self.work()
        written = [f"{write.method} {write.path}" for write in self.github.writes[before:]]
        assert not written, f"redelivered webhooks caused writes: {written}"

    def check_that_every_check_concluded(self) -> None:
        """No open pull request may be left with a check that never ends."""
        open_pulls = [pull for pull in self.repo.pulls.values() if pull.state == "open"]
        unfinished = [str(run.name) for pull in open_pulls for run in pull.check_runs if run.status != "completed"]
        assert self.unfinished_checks_are_fine or not unfinished

    def check_that_nothing_secret_was_logged(self) -> None:
        """No token, key or secret may stand in the log."""
        log = self.house.log_file.read_text()
        secrets = (*self.github.state.tokens, self.github.webhook_secret, self.github.private_key.split("\n")[3])
        assert not [secret[:20] for secret in secrets if secret in log]
