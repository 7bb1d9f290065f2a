"""Tokens, authentication, reading: what a client asks GitHub for, and what it makes of the answers."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import jwt
import pytest

from reviewer.errors import Gone, Misconfigured, Rejected, Transient
from reviewer.gh.client import GitHub
from reviewer.gh.publish import announce, conclude, publish, upload_sarif
from reviewer.model import Repository, Sha
from reviewer.settings import Secret
from tests.fake_github.auth import new_private_key
from tests.gh.conftest import BASE, FIRST
from tests.gh.scenes import before_everything, comment, current, full, publication, publish_everything


def token_requests(scene):
    return [r for r in scene.fake.requests if r.path.endswith("/access_tokens")]


# --- tokens


def test_publishing_takes_a_token_for_one_repository_and_least_permissions(scene):
    full(scene)
    (asked,) = token_requests(scene)
    assert asked.body == {
        "repository_ids": [scene.repo.id],
        "permissions": {
            "checks": "write",
            "contents": "read",
            "pull_requests": "write",
            "security_events": "write",
        },
    }


def test_git_gets_a_token_that_reads_one_repository_and_nothing_else(scene):
    token = scene.fake.state.tokens[scene.client.read_token()]
    assert token.repositories == {scene.repo.id}
    assert token.permissions == {"contents": "read", "metadata": "read"}


def test_tokens_are_used_again_until_shortly_before_they_expire(scene):
    first = scene.client.read_token()
    assert scene.client.read_token() == first
    tokens = scene.github._tokens
    tokens._grants = {s: replace(g, expires_at=g.expires_at - 3400) for s, g in tokens._grants.items()}
    assert scene.client.read_token() != first


def test_a_token_that_was_withdrawn_is_replaced_at_the_next_try(scene):
    full(scene)
    scene.fake.expire_tokens()
    with pytest.raises(Transient):
        full(scene)
    full(scene)


def test_no_token_of_one_repository_reaches_another(scene):
    other = scene.fake.create_repo(BASE, name="secrets")
    scene.client.read_token()
    token = scene.fake.state.tokens[scene.client.read_token()]
    assert other.id not in token.repositories


def test_a_permission_that_was_not_granted_is_named_with_where_to_accept_it(scene):
    del scene.installation.permissions["checks"]
    with pytest.raises(Rejected, match=f"`checks: write`.*accept.*installations/{scene.installation.id}"):
        full(scene)


def test_git_without_contents_is_named_with_where_to_accept_it(scene):
    del scene.installation.permissions["contents"]
    with pytest.raises(Rejected, match=f"`contents: read`.*accept.*installations/{scene.installation.id}"):
        scene.client.read_token()


def test_without_pull_requests_the_check_run_can_still_say_so(scene):
    del scene.installation.permissions["pull_requests"]
    with pytest.raises(Rejected, match=r"`pull_requests: (read|write)`"):
        scene.client.pull_request(scene.pull.number)
    conclude(scene.client, scene.request(), publication(comment("a", 11)).check_run)
    assert scene.pull.check_run.status == "completed"


def test_a_token_that_git_was_refused_with_is_replaced(scene):
    first = scene.client.read_token()
    assert scene.client.read_token() == first
    scene.client.forget_read_token()
    assert scene.client.read_token() != first


def test_a_permission_withdrawn_after_the_token_was_made_is_named_too(scene):
    full(scene)
    scene.installation.permissions["pull_requests"] = "read"
    with pytest.raises(Rejected, match="`pull_requests: write`"):
        publish(scene.client, scene.request(), publication(comment("a", 11)), current)


def test_a_permission_that_an_owner_accepts_works_at_the_next_try(scene):
    full(scene)
    granted = dict(scene.installation.permissions)
    scene.installation.permissions["checks"] = "read"
    with pytest.raises(Rejected):
        publish(scene.client, scene.request(), publication(), current)
    scene.installation.permissions.update(granted)
    publish(scene.client, scene.request(), publication(), current)
    assert scene.pull.check_run.status == "completed"


def test_without_security_events_all_works_but_the_upload(scene, capsys):
    del scene.installation.permissions["security_events"]
    publish(scene.client, full(scene), publication(comment("a", 11)), current)
    assert scene.pull.check_run.conclusion == "failure"
    assert upload_sarif(scene.client, scene.request(), {"version": "2.1.0", "runs": []}) is None
    assert "sarif.no_code_scanning" in capsys.readouterr().out


def test_without_code_scanning_the_upload_is_a_note_in_the_log(scene):
    scene.repo.code_scanning = False
    assert upload_sarif(scene.client, scene.request(), {"version": "2.1.0", "runs": []}) is None


def test_sarif_arrives_whole(scene):
    sarif = {"version": "2.1.0", "runs": []}
    assert upload_sarif(scene.client, scene.request(), sarif)
    assert scene.pull.sarif.sarif == sarif
    assert (scene.pull.sarif.commit_sha, scene.pull.sarif.ref) == (scene.pull.head_sha, "refs/pull/1/head")


def test_a_repository_that_was_taken_out_of_the_installation_is_gone(scene):
    scene.installation.selected = set()
    with pytest.raises(Gone, match="not installed"):
        full(scene)


def test_a_revoked_installation_is_gone(scene):
    full(scene)
    scene.fake.uninstall(scene.installation, tell=False)
    with pytest.raises(Transient):  # the token that we still have
        full(scene)
    with pytest.raises(Gone):
        full(scene)


def test_a_suspended_installation_is_gone(scene):
    full(scene)
    scene.installation.suspended = True
    with pytest.raises(Gone, match="suspended"):
        full(scene)


def test_a_deleted_repository_is_gone(scene):
    full(scene)
    scene.fake.delete_repo(scene.repo)
    with pytest.raises(Gone):
        full(scene)


def test_the_web_token_lives_nine_minutes_at_most_and_is_backdated(scene):
    full(scene)
    claims = jwt.decode(token_requests(scene)[0].authorization.split()[1], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 540
    assert claims["iss"] == str(scene.fake.app_id)


def test_an_app_that_github_does_not_know_is_the_operators_to_mend(scene, settings):
    github = GitHub(replace(settings, app_id=7))
    with pytest.raises(Transient, match="GITHUB_APP_ID"):
        github.installation(scene.repository).read_token()
    github.close()


def test_a_key_of_another_app_is_the_operators_to_mend(scene, settings):
    github = GitHub(replace(settings, private_key=Secret(new_private_key()[0])))
    with pytest.raises(Transient, match="private key"):
        github.installation(scene.repository).read_token()
    github.close()


@pytest.mark.parametrize("key", ["", "-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----\n"])
def test_a_key_that_is_none_is_said_at_once(settings, key):
    with pytest.raises(Misconfigured, match="GITHUB_APP_PRIVATE_KEY"):
        GitHub(replace(settings, private_key=Secret(key)))


def test_no_token_and_no_key_is_ever_logged_or_shown(scene, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    before_everything(scene)
    publish_everything(scene)
    shown = caplog.text + capsys.readouterr().out + repr(scene.github._tokens._grants)
    assert "github.request" in shown
    for token in scene.fake.state.tokens:
        assert token not in shown
    for request in token_requests(scene):
        assert request.authorization.split()[1] not in shown


# --- reading


def test_a_pull_request_is_read_as_it_is_now(scene):
    state = scene.client.pull_request(scene.pull.number)
    assert (state.head_sha, state.base_sha) == (scene.pull.head_sha, scene.pull.base_sha)
    assert (state.base_ref, state.state, state.draft) == ("main", "open", False)
    scene.fake.make_draft(scene.pull, tell=False)
    scene.fake.close(scene.pull, tell=False)
    state = scene.client.pull_request(scene.pull.number)
    assert (state.state, state.draft) == ("closed", True)


def test_a_pull_request_that_never_was_is_gone(scene):
    with pytest.raises(Gone):
        scene.client.pull_request(99)


def test_the_merge_base_is_where_the_branch_left(scene):
    left = scene.pull.base_sha
    base = scene.fake.push(scene.repo, {"other.tf": "# moved on\n"}, tell=False)
    assert scene.client.merge_base(Sha(base), Sha(scene.pull.head_sha)) == left


def test_branches_without_common_history_are_said_to_the_author(scene):
    orphan = scene.repo.git.commit("refs/heads/orphan", BASE, parents=(), message="Another beginning")
    with pytest.raises(Rejected, match="share no history"):
        scene.client.merge_base(Sha(scene.pull.base_sha), Sha(orphan))


def test_a_commit_that_is_not_there_is_gone(scene):
    with pytest.raises(Gone):
        scene.client.merge_base(Sha(scene.pull.base_sha), Sha("9" * 40))


def test_a_file_is_read_at_its_ref_or_is_none(scene):
    assert scene.client.file_text("main.tf", scene.pull.head_sha) == FIRST["main.tf"]
    assert scene.client.file_text("main.tf") == BASE["main.tf"]
    assert scene.client.file_text("none.tf") is None


def test_what_is_no_text_file_of_reasonable_size_is_refused_by_name(scene):
    files = {"a/b.txt": "x", "big.txt": "x" * 300_000, "latin.txt": b"\xe9\xe8"}
    scene.fake.push(scene.repo, files, tell=False)
    for path, why in {"a": "not a file", "big.txt": "larger than 256 KiB", "latin.txt": "not UTF-8"}.items():
        with pytest.raises(Rejected, match=f"acme/infra: {path} is {why}"):
            scene.client.file_text(path)


def test_the_organizations_policy_is_read_from_its_own_repository_and_kept_a_while(scene):
    assert scene.client.organization_policy() is None
    policies = scene.fake.create_repo({"plumbrule.yml": "mode: audit\n"}, name=".github")
    assert scene.client.organization_policy() is None, "kept for some minutes"
    scene.fresh_github()
    assert scene.client.organization_policy() == "mode: audit\n"
    asked = len(scene.fake.requests)
    assert scene.client.organization_policy() == "mode: audit\n"
    assert len(scene.fake.requests) == asked
    (token,) = [t for t in scene.fake.state.tokens.values() if policies.id in t.repositories]
    assert token.permissions == {"contents": "read", "metadata": "read"}
    assert token.repositories == {policies.id}


def test_the_organizations_rego_policies_come_from_a_folder_beside_it(scene):
    rego = {"plumbrule/a.rego": "package a\n", "plumbrule/lib/data.yaml": "x: 1\n", "plumbrule/.hidden/b.rego": "x"}
    scene.fake.create_repo({"README.md": "x", "plumbrule/README.md": "x", **rego}, name=".github")
    assert scene.client.organization_rego() == {"a.rego": b"package a\n", "lib/data.yaml": b"x: 1\n"}
    assert scene.client.organization_policy() is None


def test_an_organization_whose_policy_we_may_not_see_has_none(scene):
    scene.fake.create_repo({"plumbrule.yml": "mode: audit\n"}, name=".github")
    scene.installation.selected = {scene.repo.id}
    assert scene.client.organization_policy() is None


def test_an_organizations_policy_that_cannot_be_read_now_is_never_taken_for_none(scene):
    scene.fake.fail_next("GET", "/contents/plumbrule.yml$", status=502)
    scene.fake.create_repo({"plumbrule.yml": "mode: audit\n"}, name=".github")
    with pytest.raises(Transient):
        scene.client.organization_policy()
    assert scene.client.organization_policy() == "mode: audit\n"


def test_hunks_are_those_of_githubs_own_diff(scene):
    assert [(h.path, h.start_line, h.end_line) for h in scene.client.hunks(scene.pull.number)] == [("main.tf", 8, 16)]


def test_a_renamed_repository_is_followed(scene):
    where = f"{scene.fake.api_url}/repos/acme/infra/check-runs"
    scene.fake.fail_next("POST", "/check-runs$", status=307, headers={"Location": where})
    full(scene)
    assert scene.pull.check_run.status == "in_progress"


def test_a_redirect_to_another_host_does_not_carry_our_token_there(scene):
    scene.fake.fail_next("GET", "/pulls/1$", status=301, headers={"Location": "https://evil.example/x"})
    with pytest.raises(Rejected, match="GITHUB_API_URL"):
        scene.client.pull_request(1)


def test_many_threads_share_a_connection_and_each_gets_its_own_answer(scene):
    for number in range(6):
        scene.fake.push(scene.repo, {f"file-{number}.tf": f"# {number}\n"}, tell=False)
    client = scene.client

    def read(number):
        return client.file_text(f"file-{number % 6}.tf")

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(read, range(60))) == [f"# {number % 6}\n" for number in range(60)]


def test_connections_are_closed_when_there_are_too_many_and_opened_again(scene, monkeypatch):
    for number in range(120):
        scene.github.installation(Repository(id=1, full_name="a/b", installation_id=number + 1))
    assert len(scene.github._connections) == 100
    full(scene)


def test_the_log_in_of_the_bot_is_asked_once(scene):
    publish(scene.client, full(scene), publication(comment("a", 11), comment("b", 13)), current)
    publish(scene.client, full(scene, 2), publication(), current)
    assert len([r for r in scene.fake.requests if r.path == "/app"]) == 1


def test_a_clean_review_takes_few_requests(scene):
    """One token and two requests to announce; a listing of comments, of runs, and a write to conclude."""
    announce(scene.client, scene.request(), "Reviewing", "Wait.")
    publish(scene.client, scene.request(), publication(), current)
    assert len(scene.fake.requests) == 6


@pytest.mark.slow
def test_writes_are_a_second_apart_where_github_asks_for_it(scene, settings):
    github = GitHub(replace(settings, github_pause=True))
    client = github.installation(scene.repository)
    announce(client, scene.request(), "Reviewing", "Wait.")
    publish(client, scene.request(), publication(comment("a", 11)), current)
    at = [request.at for request in scene.fake.writes]
    github.close()
    assert all(later - earlier > 0.9 for earlier, later in pairwise(at))
