"""Workflow runs and artifacts on the fake GitHub."""

import pytest
import requests

from tests.fake_github.asking import Client

ZIP = b"PK\x05\x06" + bytes(18)


@pytest.fixture
def pull(github):
    github.install("acme")
    repo = github.create_repo({"main.tf": "a\n", ".github/workflows/plan.yml": "on: pull_request\n"})
    return github.open_pull_request(repo, {"main.tf": "b\n"}, tell=False)


@pytest.fixture
def client(github, pull):
    return Client(github, pull.repo)


def test_runs_are_found_by_the_commit_and_their_state(github, pull, client):
    first = github.run_workflow(pull)
    going = github.run_workflow(pull, status="in_progress")
    github.run_workflow(pull, head_sha=pull.base_sha)
    found = client("GET", "/actions/runs", head_sha=pull.head_sha).json()
    assert [run["id"] for run in found["workflow_runs"]] == [going.id, first.id]
    done = client("GET", "/actions/runs", head_sha=pull.head_sha, status="completed").json()
    assert [run["id"] for run in done["workflow_runs"]] == [first.id]
    assert client("GET", f"/actions/runs/{first.id}").json()["pull_requests"][0]["number"] == pull.number
    assert client("GET", "/actions/runs/1").status_code == 404


def test_a_run_of_a_fork_stands_among_the_others_and_names_no_pull_request(github, client, pull):
    fork = github.fork(pull.repo, "stranger")
    theirs = github.open_pull_request(pull.repo, {"main.tf": "c\n"}, fork=fork, tell=False)
    github.run_workflow(theirs)
    (run,) = client("GET", "/actions/runs", head_sha=theirs.head_sha).json()["workflow_runs"]
    assert (run["head_repository"]["id"], run["repository"]["id"]) == (fork.id, pull.repo.id)
    assert run["pull_requests"] == []


def test_artifacts_are_found_by_name_the_newest_first(github, pull, client):
    run = github.run_workflow(pull, {"tfplan": ZIP, "logs": ZIP})
    newer = github.upload_artifact(run, "tfplan", ZIP + b"x")
    path = f"/actions/runs/{run.id}/artifacts"
    found = client("GET", path, name="tfplan").json()
    assert [a["id"] for a in found["artifacts"]] == [newer.id, run.artifacts[0].id]
    assert client("GET", path).json()["total_count"] == 3
    assert client("GET", f"/actions/artifacts/{newer.id}").json()["size_in_bytes"] == len(ZIP) + 1
    assert client("GET", "/actions/runs/1/artifacts").status_code == 404


def link(client, artifact, kind="zip"):
    headers = {"Authorization": f"token {client.token}"}
    url = f"{client.root}/actions/artifacts/{artifact.id}/{kind}"
    return requests.get(url, headers=headers, allow_redirects=False, timeout=10)


def test_a_download_is_a_redirect_to_another_host_that_takes_no_authorization(github, pull, client):
    (artifact,) = github.run_workflow(pull, {"tfplan": ZIP}).artifacts
    answer = link(client, artifact)
    assert answer.status_code == 302
    location = answer.headers["Location"]
    assert location.startswith(github.storage.url) and github.storage.url != github.url
    assert requests.get(location, timeout=10).content == ZIP
    assert requests.get(location, headers={"Authorization": "token x"}, timeout=10).status_code == 400
    github.storage.expire_links()
    assert requests.get(location, timeout=10).status_code == 403
    assert requests.get(location.replace("sig=", "sig=x"), timeout=10).status_code == 403


def test_what_is_expired_or_not_there_cannot_be_downloaded(github, pull, client):
    (artifact,) = github.run_workflow(pull, {"tfplan": ZIP}).artifacts
    assert link(client, artifact, "tar").status_code == 404
    artifact.expired = True
    assert link(client, artifact).status_code == 410
    assert client("GET", f"/actions/artifacts/{artifact.id}").json()["expired"] is True
    artifact.id += 1
    assert client("GET", f"/actions/artifacts/{artifact.id - 1}/zip").status_code == 404


def test_a_token_without_the_permission_sees_none_of_it(github, pull):
    run = github.run_workflow(pull, {"tfplan": ZIP})
    client = Client(github, pull.repo, contents="read")
    artifact = f"/actions/artifacts/{run.artifacts[0].id}"
    paths = (
        "/actions/runs",
        f"/actions/runs/{run.id}",
        f"/actions/runs/{run.id}/artifacts",
        artifact,
        f"{artifact}/zip",
    )
    for path in paths:
        answer = client("GET", path)
        assert (answer.status_code, answer.headers["X-Accepted-GitHub-Permissions"]) == (403, "actions=read")


def test_the_end_of_a_run_is_told(github, pull):
    run = github.run_workflow(pull, status="in_progress")
    assert "workflow_run" not in [d.event for d in github.state.deliveries]
    github.complete_workflow(run)
    (told,) = [d for d in github.state.deliveries if d.event == "workflow_run"]
    assert (told.payload["action"], told.payload["workflow_run"]["head_sha"]) == ("completed", pull.head_sha)
