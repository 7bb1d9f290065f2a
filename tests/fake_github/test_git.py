"""Git on the fake GitHub is real git over HTTP, behind tokens."""

import base64
import subprocess

import pytest

from tests.fake_github.asking import Client, new_token
from tests.fake_github.bare import ENVIRONMENT


@pytest.fixture
def repo(github):
    github.install("acme")
    return github.create_repo({"main.tf": "a\n", "big.bin": b"\0" * 100_000})


def git(folder, *args, token=None):
    environment = dict(ENVIRONMENT)
    if token:
        value = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {value}",
        }
    environment["GIT_TERMINAL_PROMPT"] = "0"
    return subprocess.run(["git", *args], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_one_commit_is_fetched_without_its_files(github, repo, tmp_path):
    pull = github.open_pull_request(repo, {"main.tf": "b\n"})
    url = f"{github.url}/{repo.full_name}.git"
    git(tmp_path, "init", "--bare", "-q", ".")
    token = new_token(github, repo, contents="read")
    for wanted in (pull.head_sha, f"refs/pull/{pull.number}/head"):
        done = git(tmp_path, "fetch", "-q", "--depth=1", "--filter=blob:none", url, wanted, token=token)
        assert done.returncode == 0, done.stderr
    listed = git(tmp_path, "rev-list", "--objects", "--missing=print", pull.head_sha).stdout
    assert listed.count("?") == 2


@pytest.mark.parametrize("token", [None, "ghs_wrong"])
def test_a_private_repository_needs_a_token(github, repo, tmp_path, token):
    done = git(tmp_path, "ls-remote", f"{github.url}/{repo.full_name}.git", token=token)
    assert done.returncode != 0


def test_a_token_of_another_repository_or_without_contents_does_not_do(github, repo, tmp_path):
    other = github.create_repo({"a": "b"})
    for token in (new_token(github, other), new_token(github, repo, checks="write")):
        assert git(tmp_path, "ls-remote", f"{github.url}/{repo.full_name}.git", token=token).returncode != 0


def test_a_forks_head_is_fetched_from_the_base_repository(github, repo, tmp_path):
    fork = github.fork(repo, "mallory")
    pull = github.open_pull_request(repo, {"main.tf": "c\n"}, fork=fork)
    token = new_token(github, repo, contents="read")
    done = git(tmp_path, "ls-remote", f"{github.url}/{repo.full_name}.git", "refs/pull/1/head", token=token)
    assert done.stdout.split()[0] == pull.head_sha
    client = Client(github, repo)
    assert client("GET", "/pulls/1").json()["head"]["repo"]["full_name"] == fork.full_name
    run = client("POST", "/check-runs", {"name": "x", "head_sha": pull.head_sha}).json()
    assert run["pull_requests"] == []


def test_compare_names_the_merge_base_however_few_commits_are_asked_for(github, repo):
    base = repo.git.resolve("main")
    pull = github.open_pull_request(repo, {"main.tf": "b\n"})
    tip = github.push(repo, {"other.tf": "x\n"})
    answer = Client(github, repo)("GET", f"/compare/{tip}...{pull.head_sha}", per_page=1).json()
    assert (answer["merge_base_commit"]["sha"], answer["status"]) == (base, "diverged")
    assert [file["filename"] for file in answer["files"]] == ["main.tf"]


def test_files_of_a_pull_request_say_what_happened_to_them(github, repo):
    long = "".join(f"{n}\n" for n in range(50))
    github.push(repo, {"old.tf": long, "gone.tf": "x\n"})
    github.open_pull_request(repo, {"old.tf": None, 'a \t"b".tf': long + "more\n", "gone.tf": None, "c.bin": b"\0\1"})
    files = {f["filename"]: f for f in Client(github, repo)("GET", "/pulls/1/files").json()}
    assert {name: f["status"] for name, f in files.items()} == {
        'a \t"b".tf': "renamed",
        "gone.tf": "removed",
        "c.bin": "added",
    }
    assert files['a \t"b".tf']["previous_filename"] == "old.tf"
    assert files['a \t"b".tf']["patch"].endswith("+more")
    assert "patch" not in files["c.bin"]


def test_contents_are_read_at_a_ref(github, repo):
    client = Client(github, repo)
    github.push(repo, {"link": ("120000", "../../etc/passwd"), "d/x.tf": "x\n"})
    answer = client("GET", "/contents/main.tf").json()
    assert base64.b64decode(answer["content"]) == b"a\n"
    assert client("GET", "/contents/link").json()["type"] == "symlink"
    assert [entry["path"] for entry in client("GET", "/contents/d").json()] == ["d/x.tf"]
    assert client("GET", "/contents/none.tf").status_code == 404
    assert client("GET", "/contents/main.tf", ref="nowhere").status_code == 404
