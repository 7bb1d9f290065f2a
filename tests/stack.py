"""The whole product as an operator runs it: migrate, web and worker as processes of their own, against the fake GitHub.

For the demo and the benchmark; the stories run faster, in one process (`tests.world`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fake_github import FakeGitHub

Say = Callable[[str], None]
BIN = Path(sys.executable).parent
START_SECONDS = 60.0


class StackFailed(Exception):
    """A process of the stack did not start or did not do its work; the message ends with its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Addresses and processes of a running Plumbrule."""

    fake: FakeGitHub
    url: str
    folder: Path
    web: subprocess.Popen[bytes]
    worker: subprocess.Popen[bytes]


@contextlib.contextmanager
def running(fake: FakeGitHub, folder: Path, say: Say = lambda _: None) -> Iterator[Stack]:
    """Start everything with its data under `folder`, yield it when it is ready, stop it. Raises StackFailed."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = {**os.environ, **variables(fake, folder, port)}
    say("Creating the tables (plumbrule migrate)")
    call(["migrate"], environment, folder)
    with contextlib.ExitStack() as stack:
        say("Starting web and worker (plumbrule serve, plumbrule worker)")
        worker = stack.enter_context(process("worker", environment, folder))  # first: it takes longest
        web = stack.enter_context(process("serve", environment, folder))
        url = f"http://127.0.0.1:{port}"
        wait_until(f"{url}/readyz", (web, worker), folder)
        fake.webhook_url = f"{url}/webhook"
        try:
            yield Stack(fake=fake, url=url, folder=folder, web=web, worker=worker)
        finally:
            worker.send_signal(signal.SIGTERM)  # both at once: each takes a second or two to end


@contextlib.contextmanager
def web_only(fake: FakeGitHub, folder: Path) -> Iterator[str]:
    """Start a web process without a worker and yield its address."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = {**os.environ, **variables(fake, folder, port)}
    call(["migrate"], environment, folder)
    with process("serve", environment, folder) as web:
        wait_until(f"http://127.0.0.1:{port}/healthz", (web,), folder)
        yield f"http://127.0.0.1:{port}"


def variables(fake: FakeGitHub, folder: Path, port: int) -> dict[str, str]:
    """Return the environment of README.md's installation, pointed at the fake GitHub."""
    return {
        "GITHUB_APP_ID": str(fake.app_id),
        "GITHUB_APP_PRIVATE_KEY": fake.private_key,
        "GITHUB_WEBHOOK_SECRET": fake.webhook_secret,
        "GITHUB_API_URL": fake.api_url,
        "DATA_DIR": str(folder / "data"),
        "PORT": str(port),
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def call(arguments: list[str], environment: dict[str, str], folder: Path) -> None:
    """Run a command of ours to its end. Raises StackFailed."""
    done = subprocess.run([BIN / "plumbrule", *arguments], env=environment, capture_output=True, check=False)
    if done.returncode:
        raise StackFailed(f"plumbrule {' '.join(arguments)} failed:\n{done.stderr.decode(errors='replace')}")


@contextlib.contextmanager
def process(command: str, environment: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a long-lived command of ours with its log in `folder`, and stop it as an operator would."""
    with (folder / f"{command}.log").open("wb") as log:
        running = subprocess.Popen([BIN / "plumbrule", command], env=environment, stdout=log, stderr=log)
        try:
            yield running
        finally:
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(10)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def wait_until(url: str, processes: tuple[subprocess.Popen[bytes], ...], folder: Path) -> None:
    """Wait for a 200 from `url`. Raises StackFailed when a process ends or it takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while not answers(url):
        if any(p.poll() is not None for p in processes) or time.monotonic() > deadline:
            logs = "\n".join(f"--- {log.name}\n{log.read_text()[-4000:]}" for log in sorted(folder.glob("*.log")))
            raise StackFailed(f"Plumbrule did not start.\n{logs}")
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether `url` answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
