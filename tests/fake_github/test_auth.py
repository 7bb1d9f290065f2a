"""Who may what on the fake GitHub."""

import time

import pytest

from tests.fake_github.asking import Client, app_token, as_app, new_token
from tests.fake_github.auth import new_private_key
from tests.fake_github.state import ALL_PERMISSIONS


@pytest.fixture
def repo(github):
    github.install("acme")
    return github.create_repo({"main.tf": "a\n"})


def test_the_app_is_known_by_its_web_token(github, repo):
    answer = as_app(github, "GET", "/app")
    assert (answer.status_code, answer.json()["slug"]) == (200, "plumbrule")
    assert [i["account"]["login"] for i in as_app(github, "GET", "/app/installations").json()] == ["acme"]
    assert as_app(github, "GET", f"/repos/{repo.full_name}/installation").status_code == 200


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"exp": time.time() + 700}, 401),  # not a whole number
        ({"exp": int(time.time()) + 4000}, 401),
        ({"exp": int(time.time()) - 10}, 401),
        ({"iat": int(time.time()) + 4000}, 401),
        ({"iss": "7"}, 404),
    ],
)
def test_a_web_token_with_wrong_claims_is_refused(github, repo, claims, status):
    assert as_app(github, "GET", "/app", token=app_token(github, **claims)).status_code == status


def test_a_web_token_of_another_key_is_refused(github):
    other, _ = new_private_key()
    answer = as_app(github, "GET", "/app", token=app_token(github, key=other))
    assert (answer.status_code, answer.json()["message"]) == (401, "A JSON web token could not be decoded")
    assert as_app(github, "GET", "/app", token="nonsense").status_code == 401


def test_tokens_are_long_and_have_dots(github, repo):
    token = new_token(github, repo)
    assert token.startswith("ghs_424242_")
    assert token.count(".") == 2
    assert 480 < len(token) < 600


def test_a_token_asks_for_no_more_than_is_granted(github, repo):
    installation = github.state.installation_of(repo)
    path = f"/app/installations/{installation.id}/access_tokens"
    more = as_app(github, "POST", path, json={"permissions": {"contents": "write"}})
    assert (more.status_code, more.json()["message"]) == (
        422,
        "The permissions requested are not granted to this installation.",
    )
    other = as_app(github, "POST", path, json={"repositories": ["elsewhere"]})
    assert other.status_code == 422
    assert other.json()["message"].startswith("There is at least one repository that does not exist")
    assert as_app(github, "POST", "/app/installations/9/access_tokens").status_code == 404


def test_a_token_reaches_only_its_repositories(github, repo):
    hidden = github.create_repo({"a": "b"})
    client = Client(github, repo)
    assert client("GET", "").status_code == 200
    assert client("GET", f"//repos/{hidden.full_name}").status_code == 404
    assert [r["full_name"] for r in client("GET", "//installation/repositories").json()["repositories"]] == [
        repo.full_name
    ]


def test_a_token_without_the_permission_gets_403_naming_it(github, repo):
    client = Client(github, repo, contents="read")
    answer = client("POST", "/check-runs", {"name": "x", "head_sha": repo.git.resolve("main")})
    assert (answer.status_code, answer.json()["message"]) == (403, "Resource not accessible by integration")
    assert answer.headers["X-Accepted-GitHub-Permissions"] == "checks=write"
    assert client("GET", "/contents/main.tf").status_code == 200


def test_a_permission_taken_away_acts_at_once(github, repo):
    client = Client(github, repo)
    del github.state.installation_of(repo).permissions["checks"]
    sha = repo.git.resolve("main")
    assert client("POST", "/check-runs", {"name": "x", "head_sha": sha}).status_code == 403


def test_tokens_end(github, repo):
    client, gone = Client(github, repo), Client(github, repo)
    github.expire_tokens()
    assert client("GET", "").status_code == 401
    fresh = Client(github, repo)
    github.uninstall(github.state.installation_of(repo))
    assert [fresh("GET", "").status_code, gone("GET", "").status_code] == [401, 401]


def test_the_default_permissions_are_the_least_that_the_app_needs():
    assert ALL_PERMISSIONS["contents"] == "read"
