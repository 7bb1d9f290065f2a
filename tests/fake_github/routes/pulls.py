"""Pull requests and the files that they change."""

from __future__ import annotations

from tests.fake_github.routes.call import Call, Page, Routes

route = Routes()
REPO = "/repos/{owner}/{repo}"
READ = ("pull_requests=read",)
MOST_FILES = 3000


@route("GET", f"{REPO}/pulls", needs=READ)
def list_pulls(call: Call) -> Page:
    """Pull requests, newest first; open ones unless `state` says otherwise."""
    wanted = call.query.get("state", "open")
    head, base = call.query.get("head"), call.query.get("base")
    chosen = [
        pull
        for pull in reversed(call.repo.pulls.values())
        if wanted in {"all", pull.state}
        and (base is None or pull.base_ref == base)
        and (head is None or (pull.head_repo and head == f"{pull.head_repo.owner.login}:{pull.head_ref}"))
    ]
    return Page(items=[call.shapes.pull_simple(pull) for pull in chosen])


@route("GET", f"{REPO}/pulls/{{pull_number}}", needs=READ)
def get_pull(call: Call, pull_number: int) -> object:
    """One pull request."""
    return call.shapes.pull(call.pull(pull_number))


@route("GET", f"{REPO}/pulls/{{pull_number}}/files", needs=READ)
def list_files(call: Call, pull_number: int) -> Page:
    """What it changes: at most 3,000 files."""
    pull = call.pull(pull_number)
    files = call.repo.git.diff(pull.merge_base, pull.head_sha)[:MOST_FILES]
    return Page(items=[call.shapes.file(call.repo, file, pull.head_sha) for file in files])
