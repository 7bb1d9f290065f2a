"""The plan that the repository's own workflow left: which run is believed, and what comes of all the others."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest

from reviewer.errors import Gone, Superseded, Transient
from reviewer.gh.artifacts import Commits, FoundPlans, find_plans, newest_artifact
from reviewer.gh.download import DownloadFailed, download
from reviewer.model import Sha
from reviewer.plan import artifact as limits
from reviewer.process import never
from reviewer.scan.clone import GitHubClone
from tests.fake_github.workflows import PLAN_WORKFLOW

CALLED = ".github/workflows/called.yml"
FILES = {"main.tf": "# main\n", PLAN_WORKFLOW: "on: pull_request\n", CALLED: "on: workflow_call\n"}


def document(serial=1):
    return json.dumps({"format_version": "1.2", "planned_values": {}, "serial": serial}).encode()


def zipped(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.json", content)
    return packed.getvalue()


PLAN = zipped(tfplan=document())


@pytest.fixture
def scene(scene, tmp_path):
    """A repository whose base branch has a workflow that plans, and a pull request on it."""
    scene.repo = scene.fake.create_repo(FILES, name="planned")
    scene.pull = scene.fake.open_pull_request(scene.repo, {"main.tf": "# changed\n"})
    return scene


@pytest.fixture
def find(scene, tmp_path):
    """Looks for the plans of the pull request as it is now."""

    def look(name="tfplan", stop=never):
        client, pull = scene.client, scene.pull
        commits = Commits(head=Sha(pull.head_sha), base=Sha(pull.merge_base), tip=Sha(pull.base_sha))
        url = f"{scene.fake.url}/{scene.repo.full_name}.git"
        with GitHubClone(tmp_path / f"{scene.repo.id}.git", url, client.read_token, never) as clone:
            clone.fetch([commits.head, commits.base, commits.tip])
            return find_plans(client, clone, commits, name, stop)

    return look


def why_not(found):
    assert found.plans == ()
    (statement,) = found.statements
    assert (statement.what, statement.blocking) == ("artifact tfplan", False)
    return statement.why


# --- what is taken


def test_the_plan_of_a_run_on_the_head_is_taken(scene, find):
    run = scene.fake.run_workflow(scene.pull, {"tfplan": PLAN, "logs": b"x"})
    found = find()
    assert [(plan.root, plan.document) for plan in found.plans] == [("", document())]
    assert (found.statements, found.artifact) == ((), run.artifacts[0].id)


def test_a_run_of_a_push_is_as_good(scene, find):
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN}, event="push")
    assert len(find().plans) == 1


def test_without_a_run_or_an_artifact_nothing_is_said(scene, find):
    assert find() == FoundPlans()
    scene.fake.run_workflow(scene.pull, {"logs": PLAN})
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN}, status="in_progress")
    assert find() == FoundPlans()


def test_the_policy_names_the_artifact(scene, find):
    scene.fake.run_workflow(scene.pull, {"the plan": zipped(x=document(), tfplan=document(2))})
    assert find() == FoundPlans()
    assert find("the plan").plans[0].document == document(2)


def test_of_two_artifacts_of_one_name_the_newest_run_wins(scene, find):
    scene.fake.run_workflow(scene.pull, {"tfplan": zipped(tfplan=document(1))})
    run = scene.fake.run_workflow(scene.pull, {"tfplan": zipped(tfplan=document(2))})
    scene.fake.run_workflow(scene.pull)
    assert find().plans[0].document == document(2)
    scene.fake.upload_artifact(run, "tfplan", zipped(tfplan=document(3)))  # another attempt of the same run
    assert find().plans[0].document == document(3)


def test_a_run_that_was_started_again_is_newer(scene, find):
    first = scene.fake.run_workflow(scene.pull, {"tfplan": zipped(tfplan=document(1))})
    scene.fake.run_workflow(scene.pull, {"tfplan": zipped(tfplan=document(2))})
    first.created_at += 60
    assert find().plans[0].document == document(1)


@pytest.mark.parametrize("form", ["{path}@refs/heads/main", "{repo}/{path}@main"])
def test_every_way_to_write_the_path_of_a_workflow_is_understood(scene, find, form):
    path = form.format(path=PLAN_WORKFLOW, repo=scene.repo.full_name)
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN}, path=path)
    assert len(find().plans) == 1


def test_runs_on_many_pages_are_all_looked_at(scene, find):
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN}, event="push").created_at += 60
    for _ in range(105):
        scene.fake.run_workflow(scene.pull, event="issue_comment", tell=False)
    assert len(find().plans) == 1


# --- who is believed


def test_a_forks_artifact_is_never_taken(scene, find):
    fork = scene.fake.fork(scene.repo, "stranger")
    scene.pull = scene.fake.open_pull_request(scene.repo, {"main.tf": "# theirs\n"}, fork=fork)
    scene.fake.run_workflow(scene.pull)
    assert find() == FoundPlans()
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    assert "comes from a fork" in why_not(find())
    gone = {**RUN, "head_sha": scene.pull.head_sha, "head_repository": None}  # the fork was deleted
    scene.fake.fail_next("GET", "/actions/runs$", status=200, body={"total_count": 1, "workflow_runs": [gone]})
    scene.fake.fail_next("GET", r"/runs/5/artifacts$", status=200, body={"total_count": 1, "artifacts": [ARTIFACT]})
    assert "comes from a fork" in why_not(find())
    assert scene.fake.storage.log == []


def test_a_workflow_that_is_not_on_the_base_branch_is_not_believed(scene, find):
    scene.fake.push_to(scene.pull, {".github/workflows/mine.yml": "on: push\n"})
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN}, path=".github/workflows/mine.yml")
    assert "not on the base branch" in why_not(find())


@pytest.mark.parametrize(
    "path", ["dynamic/x", "main.tf", ".github/workflows/x/../plan.yml", "other/repo/.github/workflows/plan.yml@main"]
)
def test_what_is_no_workflow_of_this_repository_is_not_believed(scene, find, path):
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN}, path=path)
    assert "not on the base branch" in why_not(find())


def test_a_repository_without_workflows_believes_none(scene, find):
    scene.repo = scene.fake.create_repo({"main.tf": "# main\n"})
    scene.pull = scene.fake.open_pull_request(scene.repo, {PLAN_WORKFLOW: "on: push\n"})
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    assert "not on the base branch" in why_not(find())


def test_a_workflow_that_the_pull_request_changes_is_not_believed(scene, find):
    scene.fake.push_to(scene.pull, {PLAN_WORKFLOW: "on: pull_request\n# and echo '{}'\n"})
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    assert f"changes the workflow that made it, `{PLAN_WORKFLOW}`" in why_not(find())


def test_nor_is_one_that_calls_a_workflow_that_the_pull_request_changes(scene, find):
    scene.fake.push_to(scene.pull, {CALLED: "on: workflow_call\n# changed\n"})
    calls = (f"{scene.repo.full_name}/{CALLED}@{scene.pull.head_sha}", "octo/shared/.github/workflows/x.yml@v1")
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN}, referenced=calls)
    assert f"`{CALLED}`" in why_not(find())


def test_a_base_branch_that_went_on_does_not_count_as_a_change(scene, find):
    scene.fake.push(scene.repo, {PLAN_WORKFLOW: "on: pull_request\n# newer\n"})
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    assert len(find().plans) == 1


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_dispatch", "schedule"])
def test_an_event_that_does_not_say_what_was_planned_is_not_believed(scene, find, event):
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN}, event=event)
    assert f"`{event}`" in why_not(find())


def test_a_doubtful_run_does_not_hide_a_good_one(scene, find):
    scene.fake.run_workflow(scene.pull, {"tfplan": zipped(tfplan=document(1))})
    scene.fake.run_workflow(scene.pull, {"tfplan": zipped(tfplan=document(2))}, event="workflow_dispatch")
    found = find()
    assert ([plan.document for plan in found.plans], found.statements) == ([document(1)], ())


def test_another_commits_artifact_is_not_taken(scene, find):
    run = scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    scene.fake.push_to(scene.pull, {"main.tf": "# more\n"})
    assert find() == FoundPlans()
    other = run.head_sha
    run.head_sha = scene.pull.head_sha
    body = json.loads(listing(scene, run))
    body["artifacts"][0]["workflow_run"]["head_sha"] = other
    scene.fake.fail_next("GET", r"/runs/\d+/artifacts$", status=200, body=body)
    assert "another commit" in why_not(find())
    runs = {"total_count": 1, "workflow_runs": [{**RUN, "head_sha": other, "head_repository": {"id": scene.repo.id}}]}
    scene.fake.fail_next("GET", "/actions/runs$", status=200, body=runs)
    scene.fake.fail_next("GET", r"/runs/\d+/artifacts$", status=200, body=body)
    assert "another commit" in why_not(find())


ARTIFACT = {"id": 6, "name": "tfplan", "size_in_bytes": 10, "expired": False}
RUN = {"id": 5, "path": PLAN_WORKFLOW, "event": "push", "created_at": "2026-01-01T00:00:00Z"}


def listing(scene, run):
    """What GitHub says of the artifacts of a run."""
    workflows = scene.client.workflows()
    return workflows._send(workflows._get(f"/runs/{run.id}/artifacts", {})).text


# --- what cannot be had


def test_an_expired_artifact_is_not_taken(scene, find):
    (artifact,) = scene.fake.run_workflow(scene.pull, {"tfplan": PLAN}).artifacts
    artifact.expired = True
    found = find()
    assert "it is expired" in why_not(found)
    assert found.artifact == artifact.id


def test_an_artifact_that_ends_meanwhile_is_expired(scene, find):
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    scene.fake.fail_next("GET", "/zip$", status=410, body={"message": "Artifact has expired"})
    assert "it is expired" in why_not(find())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zipped(tfplan=document()[:-1]), "ends in the middle"),
        (PLAN[: len(PLAN) // 2], "no whole zip"),
        (zipped(tfplan=b'{"format_version": "2.0", "planned_values": {}}'), "expected 1.x"),
        (zipped(tfplan=b"\0" * (8 << 20)), "times larger"),
        (zipped(**{"../tfplan": document()}), "leads outside"),
        (zipped(other=document()), "no plan in it"),
    ],
    ids=["cut document", "cut zip", "version", "bomb", "traversal", "no plan"],
)
def test_a_bad_artifact_is_one_statement(scene, find, content, words):
    scene.fake.run_workflow(scene.pull, {"tfplan": content})
    assert words in why_not(find())


def test_what_is_too_large_is_not_even_asked_for(scene, find):
    (artifact,) = scene.fake.run_workflow(scene.pull, {"tfplan": PLAN}).artifacts
    artifact.told_size = limits.MOST_ZIP_BYTES + 1
    assert "larger than 32 MiB" in why_not(find())
    assert scene.fake.storage.log == []


def test_a_size_that_was_told_too_small_is_noticed_on_the_way(scene, find):
    (artifact,) = scene.fake.run_workflow(scene.pull, {"tfplan": bytes(limits.MOST_ZIP_BYTES + 1)}).artifacts
    artifact.told_size = 10
    assert "more than 32 MiB" in why_not(find())


def test_what_is_not_what_was_uploaded_is_not_taken(scene, find):
    (artifact,) = scene.fake.run_workflow(scene.pull, {"tfplan": PLAN}).artifacts
    artifact.content = zipped(tfplan=document(2))
    assert "SHA-256 differs" in why_not(find())
    artifact.digest = None  # uploaded by an old action: nobody can tell
    assert len(find().plans) == 1


def test_who_never_granted_the_permission_hears_nothing_of_it(scene, find):
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    del scene.installation.permissions["actions"]
    assert find() == FoundPlans()


def test_a_permission_that_was_taken_away_meanwhile_is_one_statement_and_no_error(scene, find):
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    assert len(find().plans) == 1
    del scene.installation.permissions["actions"]
    assert "`actions: read`" in why_not(find())


def test_the_token_reads_the_actions_of_one_repository_and_nothing_else(scene, find):
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    find()
    asked = [r.body for r in scene.fake.requests if r.path.endswith("/access_tokens")]
    assert {"repository_ids": [scene.repo.id], "permissions": {"actions": "read"}} in asked


def test_no_token_goes_to_the_other_host(scene, find, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    assert len(find().plans) == 1
    assert [(line.status, line.authorization) for line in scene.fake.storage.log] == [(200, None)]


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"truncate": 40}, {"drop": True}, {"status": 403}], ids=["503", "half", "none", "403"]
)
def test_a_download_that_breaks_once_is_repeated(scene, find, fault):
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    scene.fake.fail_next("GET", r"/artifacts/\d+\.zip$", **fault)
    assert len(find().plans) == 1


def test_a_download_that_stays_broken_is_a_statement_without_the_address(scene, find):
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    scene.fake.fail_next("GET", r"/artifacts/\d+\.zip$", status=503, times=9)
    why = why_not(find())
    assert "127.0.0.1 answered 503" in why
    assert "sig=" not in why


def test_a_redirect_of_the_other_host_is_not_followed(scene, find):
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    elsewhere = {"Location": f"{scene.fake.url}/elsewhere"}
    scene.fake.fail_next("GET", r"/artifacts/\d+\.zip$", status=302, headers=elsewhere, times=9)
    assert "answered 302" in why_not(find())


def test_github_in_trouble_is_tried_again_later(scene, find):
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    for path in ("/actions/runs$", r"/runs/\d+/artifacts$", "/zip$"):
        scene.fake.fail_next("GET", path, status=502)
        with pytest.raises(Transient):
            find()
    scene.fake.fail_next("GET", "/zip$", status=302)
    with pytest.raises(Transient, match="does not say where"):
        find()
    assert len(find().plans) == 1


def test_a_repository_that_is_gone_ends_it(scene, find):
    scene.fake.fail_next("GET", "/actions/runs$", status=404)
    with pytest.raises(Gone):
        find()


def test_a_review_that_nobody_wants_any_more_stops(scene, find):
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})

    def stop():
        raise Superseded("a newer head")

    with pytest.raises(Superseded):
        find(stop=stop)


# --- the address


@pytest.mark.parametrize(
    ("url", "plain_http"),
    [
        ("http://127.0.0.1:1/x", False),
        ("http://169.254.169.254/latest", False),
        ("file:///etc/passwd", True),
        ("https:///x", True),
        ("/x", True),
    ],
)
def test_an_address_that_is_not_https_is_refused(url, plain_http):
    with pytest.raises(DownloadFailed, match="not https"):
        download(url, most=10, plain_http=plain_http, stop=never)


def test_nobody_at_the_other_end_is_a_failed_download():
    with pytest.raises(DownloadFailed, match=r"127.0.0.1 did not answer in full \(ConnectionError\)"):
        download("http://127.0.0.1:1/x?sig=secret", most=10, plain_http=True, stop=never)


# --- what the worker looks for when a run ended


def test_the_newest_artifact_of_the_head_is_known_without_taking_it(scene):
    def newest(name="tfplan"):
        return newest_artifact(scene.client.workflows(), scene.repository, Sha(scene.pull.head_sha), name)

    assert newest() is None
    first = scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    scene.fake.run_workflow(scene.pull)
    assert (newest(), newest("other")) == (first.artifacts[0].id, None)
    second = scene.fake.run_workflow(scene.pull, {"tfplan": PLAN})
    scene.fake.run_workflow(scene.pull, {"tfplan": PLAN}, event="schedule")
    assert newest() == second.artifacts[0].id
    assert replace(scene.repository, id=1) != scene.repository
    assert (
        newest_artifact(scene.client.workflows(), replace(scene.repository, id=1), Sha(first.head_sha), "tfplan")
        is None
    )
    assert scene.fake.storage.log == []
