"""A fake GitHub with one pull request on it, and a client of the real kind that speaks with it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from reviewer.gh.client import GitHub
from reviewer.model import Repository, ReviewRequest, Sha, Subject
from reviewer.settings import read_settings
from tests.fake_github import FakeGitHub

LINES = [f"# line {number}\n" for number in range(1, 61)]
BASE = {"main.tf": "".join(LINES), "other.tf": "# other\n"}
FIRST = {"main.tf": "".join([*LINES[:10], "# new 11\n", "# new 12\n", "# new 13\n", *LINES[10:]])}
SECOND = {"main.tf": "".join([*LINES[:10], "# new 11\n", "# new 12\n", "# now 13\n", *LINES[10:]])}


@dataclass(slots=True, kw_only=True)
class Scene:
    """Everything that a test here speaks with."""

    fake: FakeGitHub
    github: GitHub
    installation: object = None
    repo: object = None
    pull: object = None

    def begin(self):
        """Set GitHub back: one installation, one repository, one pull request."""
        self.fake.reset()
        self.installation = self.fake.install("acme")
        self.repo = self.fake.create_repo(BASE, name="infra")
        self.pull = self.fake.open_pull_request(self.repo, FIRST)
        self.fresh_github()

    @property
    def repository(self):
        return Repository(id=self.repo.id, full_name=self.repo.full_name, installation_id=self.installation.id)

    @property
    def client(self):
        return self.github.installation(self.repository)

    def request(self, generation=1, head_sha=None):
        return ReviewRequest(
            subject=Subject.PULL_REQUEST,
            repository=self.repository,
            head_sha=Sha(head_sha or self.pull.head_sha),
            base_sha=Sha(self.pull.base_sha),
            base_ref="main",
            head_ref=f"refs/pull/{self.pull.number}/head",
            number=self.pull.number,
            generation=generation,
        )

    def fresh_github(self):
        """A client that knows nothing yet: as after a restart."""
        self.github.close()
        self.github = GitHub(self.github._settings)
        return self.github


@pytest.fixture(scope="session")
def fake_server(tmp_path_factory):
    with FakeGitHub(folder=tmp_path_factory.mktemp("github")) as fake:
        yield fake


@pytest.fixture(scope="session")
def settings(fake_server, tmp_path_factory):
    return read_settings(
        {
            "GITHUB_APP_ID": str(fake_server.app_id),
            "GITHUB_APP_PRIVATE_KEY": fake_server.private_key,
            "GITHUB_WEBHOOK_SECRET": fake_server.webhook_secret,
            "GITHUB_API_URL": fake_server.api_url,
            "DATA_DIR": str(tmp_path_factory.mktemp("var")),
        }
    )


@pytest.fixture
def scene(fake_server, settings):
    there = Scene(fake=fake_server, github=GitHub(settings))
    there.begin()
    yield there
    there.github.close()
    assert fake_server.breaches == []
