"""Check runs and code scanning on the fake GitHub."""

import base64
import gzip
import json

import pytest

from tests.fake_github.asking import Client


@pytest.fixture
def repo(github):
    github.install("acme")
    return github.create_repo({"main.tf": "a\n"})


@pytest.fixture
def client(github, repo):
    return Client(github, repo)


@pytest.fixture
def head(repo):
    return repo.git.resolve("main")


@pytest.fixture
def run(client, head):
    return client("POST", "/check-runs", {"name": "Plumbrule", "head_sha": head, "status": "in_progress"}).json()


def annotation(**more):
    good = {"path": "main.tf", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "m"}
    return {**good, **more}


def output(*annotations, **more):
    return {"output": {"title": "t", "summary": "s", "annotations": list(annotations), **more}}


def test_a_check_run_lives_on_an_existing_commit(client):
    answer = client("POST", "/check-runs", {"name": "x", "head_sha": "0" * 40})
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("No commit found for SHA")


def test_annotations_add_up(client, repo, run):
    path = f"/check-runs/{run['id']}"
    for _ in range(2):
        assert client("PATCH", path, output(*[annotation()] * 50)).status_code == 200
    assert client("GET", path).json()["output"]["annotations_count"] == 100
    pages = [client("GET", f"{path}/annotations", per_page=500), client("GET", f"{path}/annotations", per_page=60)]
    assert [len(page.json()) for page in pages] == [100, 60]
    assert "page=2" in pages[1].headers["Link"]
    assert "Link" not in pages[0].headers


@pytest.mark.parametrize(
    "body",
    [
        output(*[annotation()] * 51),
        output(summary="x" * 65536),
        output(text="x" * 65536),
        output(annotation(start_line=2)),
        output(annotation(end_line=2, start_column=1)),
        output(annotation(annotation_level="bad")),
        output(annotation(title="x" * 256)),
        output(annotation(message="é" * 40000)),
        output(annotation(message="")),
        {"status": "completed"},
        {"conclusion": "stale"},
        {"actions": [{"label": "a", "description": "b", "identifier": "c"}] * 4},
        {"actions": [{"label": "a" * 21, "description": "b", "identifier": "c"}]},
    ],
)
def test_what_is_over_a_limit_is_refused(github, client, repo, run, body):
    assert client("PATCH", f"/check-runs/{run['id']}", body).status_code == 422
    assert repo.check_runs[0].annotations == []
    github.wire.bad_requests.clear()


def test_a_conclusion_completes(client, repo, run):
    client("PATCH", f"/check-runs/{run['id']}", {"conclusion": "success"})
    assert (repo.check_runs[0].status, repo.check_runs[0].conclusion) == ("completed", "success")
    client("PATCH", f"/check-runs/{run['id']}", {"status": "in_progress"})
    assert (repo.check_runs[0].status, repo.check_runs[0].conclusion) == ("in_progress", None)


def test_only_its_own_app_changes_a_run(client, repo, run):
    repo.check_runs[0].app_slug = "another"
    assert client("PATCH", f"/check-runs/{run['id']}", {"conclusion": "success"}).status_code == 403


def test_the_latest_run_of_a_name_is_listed(client, head, run):
    client("POST", "/check-runs", {"name": "Plumbrule", "head_sha": head})
    client("POST", "/check-runs", {"name": "Other", "head_sha": head})
    latest = client("GET", f"/commits/{head}/check-runs").json()
    assert [r["name"] for r in latest["check_runs"]] == ["Plumbrule", "Other"]
    assert client("GET", f"/commits/{head}/check-runs", filter="all").json()["total_count"] == 3
    assert client("GET", f"/commits/{head}/check-runs", check_name="Other").json()["total_count"] == 1


def upload(client, head, log, **more):
    packed = base64.b64encode(gzip.compress(json.dumps(log).encode())).decode()
    return client(
        "POST", "/code-scanning/sarifs", {"commit_sha": head, "ref": "refs/heads/main", "sarif": packed} | more
    )


def sarif(*, runs=1, results=(), category="plumbrule"):
    run = {"tool": {"driver": {"name": "T", "rules": []}}, "results": list(results)}
    return {"version": "2.1.0", "runs": [{**run, "automationDetails": {"id": f"{category}/{n}"}} for n in range(runs)]}


def settled(client, answer):
    path = f"/code-scanning/sarifs/{answer.json()['id']}"
    assert client("GET", path).json()["processing_status"] == "pending"
    return client("GET", path).json()


def test_an_upload_is_taken_and_completed_later(client, repo, head):
    place = {"physicalLocation": {"artifactLocation": {"uri": "main.tf"}}}
    answer = upload(client, head, sarif(results=[{"locations": [place]}]))
    assert answer.status_code == 202
    assert settled(client, answer)["processing_status"] == "complete"
    assert client("GET", "/code-scanning/analyses").json()[0]["results_count"] == 1
    assert repo.sarif_uploads[0].sarif["version"] == "2.1.0"


@pytest.mark.parametrize("log", [sarif(runs=21), sarif(results=[{"locations": []}]), {"version": "2.0"}, ["no log"]])
def test_a_bad_log_fails_later(client, head, log):
    status = settled(client, upload(client, head, log))
    assert status["processing_status"] == "failed"
    assert status["errors"]


def test_an_upload_for_nothing_is_refused(github, client, repo, head):
    assert upload(client, head, sarif(), commit_sha="0" * 40).status_code == 404
    assert upload(client, head, sarif(), ref="main").status_code == 422
    assert upload(client, head, sarif(), sarif="***").status_code == 422
    repo.code_scanning = False
    assert upload(client, head, sarif()).status_code == 403
    github.wire.bad_requests.clear()
