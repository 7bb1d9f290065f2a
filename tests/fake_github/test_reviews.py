"""Reviews on the fake GitHub: all or nothing, on lines of the diff only."""

import pytest

from tests.fake_github.asking import Client

LINES = [f"line {n}" for n in range(1, 41)]


def text(*changes):
    lines = list(LINES)
    for number, new in changes:
        lines[number - 1] = new
    return "\n".join(lines) + "\n"


@pytest.fixture
def pull(github):
    github.install("acme")
    repo = github.create_repo({"main.tf": text(), "old name.tf": text(), "gone.tf": "x\n"})
    files = {"main.tf": text((10, "ten"), (30, "thirty")), "gone.tf": None, "old name.tf": None}
    return github.open_pull_request(repo, {**files, "néw name.tf": text((5, "five"))})


@pytest.fixture
def client(github, pull):
    return Client(github, pull.repo, pull_requests="write", contents="read")


def review(client, *comments, **more):
    body = {"event": "COMMENT", "body": "See below.", "comments": list(comments), **more}
    return client("POST", "/pulls/1/reviews", body)


def at(path, line, **more):
    return {"path": path, "line": line, "side": "RIGHT", "body": "Look.", **more}


def test_added_and_context_lines_may_be_commented(client, pull):
    answer = review(client, at("main.tf", 10), at("main.tf", 7), at("main.tf", 13), at("néw name.tf", 5))
    assert answer.status_code == 200, answer.text
    assert [(c.path, c.line) for c in pull.comments] == [
        ("main.tf", 10),
        ("main.tf", 7),
        ("main.tf", 13),
        ("néw name.tf", 5),
    ]
    assert pull.review.state == "COMMENTED"


def test_one_line_outside_the_diff_refuses_the_whole_review(client, pull):
    answer = review(client, at("main.tf", 10), at("main.tf", 20))
    assert answer.status_code == 422
    assert answer.json()["errors"] == ["Line could not be resolved"]
    assert (pull.comments, pull.reviews) == ([], [])


@pytest.mark.parametrize("path", ["nowhere.tf", "old name.tf"])
def test_a_path_outside_the_diff_refuses_the_review(client, path):
    assert review(client, at(path, 5)).json()["errors"] == ["Path could not be resolved"]


def test_deleted_lines_are_on_the_left(client):
    assert review(client, at("gone.tf", 1)).status_code == 422
    assert review(client, at("gone.tf", 1, side="LEFT")).status_code == 200


@pytest.mark.parametrize(
    ("start", "line", "error"),
    [
        (10, 10, "start line must precede the end line"),
        (11, 10, "start line must precede the end line"),
        (10, 30, "part of the same hunk"),
        (1, 10, "part of the same hunk"),
    ],
)
def test_a_range_begins_before_it_ends_and_stays_in_one_hunk(client, start, line, error):
    answer = review(client, at("main.tf", line, start_line=start, start_side="RIGHT"))
    assert answer.status_code == 422
    assert error in answer.json()["errors"][0]


def test_the_diff_starts_from_the_merge_base(github, client, pull):
    github.push(pull.repo, {"main.tf": text((20, "moved on"))})
    assert review(client, at("main.tf", 20)).status_code == 422
    assert review(client, at("main.tf", 10)).status_code == 200


def test_bodies_have_a_limit_and_are_not_empty(client):
    assert review(client, body="x" * 65537).json()["errors"] == ["Body is too long (maximum is 65536 characters)"]
    assert review(client, at("main.tf", 10, body="")).status_code == 422
    assert review(client, body="").status_code == 422


def test_a_pending_review_is_hidden_blocks_others_and_can_be_deleted(client, pull):
    pending = client("POST", "/pulls/1/reviews", {"body": "later", "comments": [at("main.tf", 10)]}).json()
    assert pending["state"] == "PENDING"
    assert pull.comments == []
    assert review(client).json()["errors"] == ["User can only have one pending review per pull request"]
    assert client("DELETE", f"/pulls/1/reviews/{pending['id']}").status_code == 200
    assert review(client).status_code == 200
    assert pull.all_comments == []


def test_a_pending_review_can_be_submitted(client, pull):
    pending = client("POST", "/pulls/1/reviews", {"body": "later", "comments": [at("main.tf", 10)]}).json()
    client("POST", f"/pulls/1/reviews/{pending['id']}/events", {"event": "COMMENT"})
    assert [c.line for c in pull.comments] == [10]


def test_single_comments_are_refused_in_other_words(client, pull):
    body = {"body": "Look.", "commit_id": pull.head_sha, "path": "main.tf", "line": 20, "side": "RIGHT"}
    answer = client("POST", "/pulls/1/comments", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "pull_request_review_thread.line"
    assert client("POST", "/pulls/1/comments", {**body, "line": 10}).status_code == 201


def test_comments_of_others_cannot_be_changed(github, client, pull):
    mine = review(client, at("main.tf", 10)).status_code
    theirs = github.review_comment(pull, "main.tf", 10, "A person says.")
    assert mine == 200
    assert client("PATCH", f"/pulls/comments/{theirs.id}", {"body": "no"}).status_code == 403
    assert client("PATCH", f"/pulls/comments/{pull.comments[0].id}", {"body": "yes"}).json()["body"] == "yes"


def test_comments_move_with_their_lines_and_become_outdated(github, client, pull):
    review(client, at("main.tf", 10), at("main.tf", 31, start_line=30, start_side="RIGHT"))
    github.push_to(pull, {"main.tf": "new first\n" + text((10, "ten"), (30, "changed again"))})
    first, second = client("GET", "/pulls/1/comments").json()
    assert (first["line"], first["original_line"], first["position"]) == (11, 10, 1)
    assert (second["line"], second["original_line"], second["position"]) == (None, 31, None)


def test_threads_are_resolved_only_with_contents_write(github, client, pull):
    review(client, at("main.tf", 10))
    query = """query($owner: String!, $name: String!, $after: String) {
      repository(owner: $owner, name: $name) { pullRequest(number: 1) { reviewThreads(first: 50, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id isResolved comments(first: 1) { nodes { databaseId } } } } } } }"""
    names = {"owner": pull.repo.owner.login, "name": pull.repo.name}
    url = "//../graphql"
    answer = client("POST", url, {"query": query, "variables": names}).json()
    (thread,) = answer["data"]["repository"]["pullRequest"]["reviewThreads"]["nodes"]
    assert thread["comments"]["nodes"] == [{"databaseId": pull.comments[0].id}]
    mutation = "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved } } }"
    refused = client("POST", url, {"query": mutation, "variables": {"id": thread["id"]}}).json()
    assert refused["errors"][0]["message"] == "Resource not accessible by integration"
    github.state.installation_of(pull.repo).permissions["contents"] = "write"
    able = Client(github, pull.repo, contents="write", pull_requests="write")
    done = able("POST", url, {"query": mutation, "variables": {"id": thread["id"]}}).json()
    assert done["data"]["resolveReviewThread"]["thread"] == {"isResolved": True}
    assert pull.comments[0].resolved


def test_graphql_refuses_fields_that_do_not_exist(client, pull):
    query = f'{{ repository(owner: "acme", name: "{pull.repo.name}") {{ stars }} }}'
    assert "doesn't exist" in client("POST", "//../graphql", {"query": query}).json()["errors"][0]["message"]
