"""What every test gets: no network but loopback, the whole-suite modes, and the world of the stories."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fake_github import FakeGitHub
from tests.stub_scanner import StubScanner
from tests.world import SAFE_BUCKET, House, Modes, World, running_house

STEPS = ("announce", "examine", "publish", "upload", "commit", "answer", "look")


class NetworkForbidden(BaseException):
    """A test reached for something that is not on this machine. Nothing may swallow it, so it is no Exception."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the modes in which the whole suite runs again."""
    group = parser.getgroup("plumbrule")
    group.addoption(
        "--flaky-github",
        action="store_true",
        help="the first GET of each path answers 502, the first POST and PATCH succeed and answer 502",
    )
    group.addoption("--crash-after", choices=STEPS, help="the worker dies after this step, before it is noted as done")
    group.addoption("--crash-inside", choices=STEPS, help="the worker dies before the second write within this step")


def _only_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not _is_loopback(str(address[0])):
            raise NetworkForbidden(f"a test connects to {address[0]}")
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"} and not _is_loopback(_text(arguments[0])):
        raise NetworkForbidden(f"a test looks up {arguments[0]}")


def _text(host: str | bytes | None) -> str:
    return host.decode() if isinstance(host, bytes) else host or ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in {"localhost", ""}


sys.addaudithook(_only_loopback)  # cannot be taken away, and sees what C code of the socket module does


@pytest.fixture(scope="session")
def github_server() -> Iterator[FakeGitHub]:
    """The one server of a test run; `github` empties it for each test."""
    with FakeGitHub() as github:
        yield github


@pytest.fixture
def github(github_server: FakeGitHub) -> Iterator[FakeGitHub]:
    """A GitHub with nothing on it. Nothing may be sent to it or answered by it against the published schemas."""
    github_server.reset()
    yield github_server
    breaches = github_server.breaches
    github_server.reset()
    assert not breaches


@pytest.fixture(scope="session")
def modes(request: pytest.FixtureRequest) -> Modes:
    """How this run of the suite was asked for."""
    option = request.config.getoption
    return Modes(
        flaky=option("--flaky-github"), crash_after=option("--crash-after"), crash_inside=option("--crash-inside")
    )


@pytest.fixture(scope="module")
def house(github_server: FakeGitHub, tmp_path_factory: pytest.TempPathFactory, modes: Modes) -> Iterator[House]:
    """A Plumbrule with the stub scanner, for one module of stories."""
    folder = tmp_path_factory.mktemp("house")
    with running_house(github_server, folder, StubScanner(folder / "trees"), modes) as house:
        yield house


@pytest.fixture
def world(github: FakeGitHub, house: House, modes: Modes) -> Iterator[World]:
    """A fresh installation and repository for one story."""
    installation = github.install("acme")
    repo = github.create_repo({"main.tf": SAFE_BUCKET, "README.md": "# Infrastructure\n"})
    github.webhook_url = f"{house.url}/webhook"
    github.faults.flaky = github.faults.amnesiac = modes.flaky
    world = World(house=house, github=github, installation=installation, repo=repo)
    if isinstance(house.scanner, StubScanner):
        house.scanner.let_go = False
    yield world
    if isinstance(house.scanner, StubScanner):
        house.scanner.reset()
    world.check_that_redelivery_writes_nothing()
    world.check_that_every_check_concluded()
    world.check_that_nothing_secret_was_logged()
