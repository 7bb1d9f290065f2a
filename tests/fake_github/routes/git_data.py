"""The Git data API: blobs, trees, commits and references, written to real git; and who may push.

A reference moves as a push does: what follows the branch moves too, and the App hears of it.
"""

from __future__ import annotations

import base64

from tests.fake_github.bare import GitFailed
from tests.fake_github.refusals import Refused, not_found
from tests.fake_github.routes.call import Call, Routes
from tests.fake_github.shapes import Json, node_id

route = Routes()
REPO = "/repos/{owner}/{repo}"
READ = ("contents=read",)
WRITE = ("contents=write",)


@route("POST", f"{REPO}/git/blobs", needs=WRITE, status=201)
def create_blob(call: Call) -> object:
    """A new blob, its content as text or in base64."""
    content = str(call.body.get("content", ""))
    raw = base64.b64decode(content) if call.body.get("encoding") == "base64" else content.encode()
    sha = call.repo.git.git("hash-object", "-w", "--stdin", stdin=raw).decode().strip()
    return {"sha": sha, "url": f"{call.shapes.repo_url(call.repo)}/git/blobs/{sha}"}


@route("POST", f"{REPO}/git/trees", needs=WRITE, status=201)
def create_tree(call: Call) -> object:
    """A tree: `base_tree` with entries changed."""
    git = call.repo.git
    try:
        entries = {path: (mode, oid) for mode, oid, path in _entries(call, str(call.body["base_tree"]))}
        for entry in call.body["tree"]:
            git.git("cat-file", "-e", entry["sha"])
            entries[entry["path"]] = (entry["mode"], entry["sha"])
        index = "".join(f"{mode} {oid}\t{path}\0" for path, (mode, oid) in entries.items())
        sha = git.tree_of(index.encode("utf-8", "surrogateescape"))
    except GitFailed:
        raise Refused(422, "GitRPC::BadObjectState") from None
    url = f"{call.shapes.repo_url(call.repo)}/git/trees/{sha}"
    return {"sha": sha, "url": url, "truncated": False, "tree": []}


def _entries(call: Call, tree: str) -> list[tuple[str, str, str]]:
    printed = call.repo.git.git("ls-tree", "-r", "-z", tree).decode("utf-8", "surrogateescape")
    found = []
    for record in filter(None, printed.split("\0")):
        meta, _, path = record.partition("\t")
        mode, _kind, oid = meta.split()
        found.append((mode, oid, path))
    return found


@route("POST", f"{REPO}/git/commits", needs=WRITE, status=201)
def create_commit(call: Call) -> object:
    """A commit that no branch leads to yet."""
    parents = [part for parent in call.body["parents"] for part in ("-p", str(parent))]
    try:
        made = call.repo.git.git("commit-tree", *parents, str(call.body["tree"]), stdin=call.body["message"].encode())
    except GitFailed:
        raise Refused(422, "Tree SHA does not exist") from None
    return _commit(call, made.decode().strip())


@route("GET", f"{REPO}/git/commits/{{commit_sha}}", needs=READ)
def get_commit(call: Call, commit_sha: str) -> object:
    """One commit, as git has it."""
    if call.repo.git.resolve(commit_sha) is None:
        raise not_found()
    return _commit(call, commit_sha)


def _commit(call: Call, sha: str) -> Json:
    shape = call.shapes.commit(call.repo, sha)
    parents = [{**parent, "html_url": parent["url"]} for parent in shape["parents"]]
    kept = {name: shape[name] for name in ("sha", "node_id", "url", "html_url")}
    inner = {name: shape["commit"][name] for name in ("message", "author", "committer", "tree")}
    verification = {"verified": True, "reason": "valid", "signature": None, "payload": None, "verified_at": None}
    return {**kept, **inner, "parents": parents, "verification": verification}


@route("PATCH", f"{REPO}/git/refs/{{ref}}", needs=WRITE)
def update_ref(call: Call, ref: str) -> object:
    """Move a branch forward."""
    git, sha, branch = call.repo.git, str(call.body["sha"]), ref.removeprefix("heads/")
    before = git.resolve(f"refs/{ref}")
    if before is None:
        raise Refused(422, "Reference does not exist")
    if branch in call.repo.protected_branches:
        raise Refused(422, "Repository rule violations found\n\nChanges must be made through a pull request.\n\n")
    if git.merge_base(before, sha) != before and not call.body.get("force"):
        raise Refused(422, "Update is not a fast forward")
    git.set_ref(f"refs/{ref}", sha)
    call.pushed(call.repo, branch, before, sha)
    url = f"{call.shapes.repo_url(call.repo)}/git"
    target = {"type": "commit", "sha": sha, "url": f"{url}/commits/{sha}"}
    return {"ref": f"refs/{ref}", "node_id": node_id("REF", ref), "url": f"{url}/refs/{ref}", "object": target}


@route("GET", f"{REPO}/collaborators/{{username}}/permission", needs=("metadata=read",))
def get_permission(call: Call, username: str) -> object:
    """What a person may do here."""
    level = call.repo.permissions.get(username, "write" if username == "ada" else "read")
    return {
        "permission": level,
        "role_name": level,
        "user": {**call.shapes.user(call.state.account(username)), "role_name": level},
    }
