"""Repositories, branches, commits and contents: all read from real git."""

from __future__ import annotations

import base64

from tests.fake_github.bare import GitFailed
from tests.fake_github.refusals import Refused, not_found
from tests.fake_github.routes.call import Call, Page, Routes
from tests.fake_github.shapes import Json, node_id

route = Routes()
REPO = "/repos/{owner}/{repo}"
METADATA = ("metadata=read",)
CONTENTS = ("contents=read",)
BIG_FILE = 1 << 20
MOST_FILES = 300


@route("GET", "/installation/repositories", needs=())
def list_installation_repositories(call: Call) -> Page:
    """What the token reaches."""
    assert call.token
    repos = [r for r in call.state.repositories_of(call.token.installation) if r.id in call.token.repositories]
    return Page(items=[call.shapes.repo(repo) for repo in repos], wrap="repositories")


@route("GET", "/rate_limit", needs=())
def get_rate_limit(call: Call) -> object:
    """The budget that is left."""
    rate = {"limit": 5000, "remaining": 4999, "reset": 1790000000, "used": 1}
    return {"rate": rate, "resources": {"core": rate, "search": rate}}


@route("GET", REPO, needs=METADATA)
def get_repo(call: Call) -> object:
    """The repository."""
    return call.shapes.repo(call.repo)


@route("GET", f"{REPO}/branches/{{branch}}", needs=CONTENTS)
def get_branch(call: Call, branch: str) -> object:
    """A branch and its tip."""
    sha = call.repo.git.resolve(f"refs/heads/{branch}")
    if sha is None:
        raise Refused(404, "Branch not found")
    url = f"{call.shapes.repo_url(call.repo)}/branches/{branch}"
    return {
        "name": branch,
        "commit": call.shapes.commit(call.repo, sha),
        "_links": {"self": url, "html": url},
        "protected": False,
        "protection": {},
        "protection_url": f"{url}/protection",
    }


@route("GET", f"{REPO}/git/ref/{{ref}}", needs=CONTENTS)
def get_ref(call: Call, ref: str) -> object:
    """One reference, such as heads/main or pull/1/head."""
    sha = call.repo.git.resolve(f"refs/{ref}")
    if sha is None:
        raise not_found()
    url = f"{call.shapes.repo_url(call.repo)}/git"
    target = {"type": "commit", "sha": sha, "url": f"{url}/commits/{sha}"}
    return {"ref": f"refs/{ref}", "node_id": node_id("REF", ref), "url": f"{url}/refs/{ref}", "object": target}


@route("GET", f"{REPO}/commits/{{ref}}", needs=CONTENTS)
def get_commit(call: Call, ref: str) -> object:
    """One commit."""
    return call.shapes.commit(call.repo, call.commit(ref))


@route("GET", f"{REPO}/compare/{{basehead}}", needs=CONTENTS)
def compare(call: Call, basehead: str) -> object:
    """Two commits, their merge base, and up to 300 files of the three-dot diff."""
    names = basehead.split("...")
    git = call.repo.git
    found = [git.resolve(name.rpartition(":")[2]) for name in names]
    if len(found) != 2 or not found[0] or not found[1]:
        raise not_found()
    base, head = found[0], found[1]
    try:
        merge_base = git.merge_base(base, head)
    except GitFailed as error:
        raise Refused(404, f"No common ancestor between {names[0]} and {names[1]}.") from error
    commits = git.line("rev-list", "--reverse", f"{base}..{head}").split()
    behind = int(git.line("rev-list", "--count", f"{head}..{base}"))
    size = min(int(call.query.get("per_page", "250")), 250)
    url = f"{call.shapes.web}/{call.repo.full_name}/compare/{basehead}"
    first_page = call.query.get("page", "1") == "1"
    return {
        "url": f"{call.shapes.repo_url(call.repo)}/compare/{basehead}",
        "html_url": url,
        "permalink_url": url,
        "diff_url": f"{url}.diff",
        "patch_url": f"{url}.patch",
        "base_commit": call.shapes.commit(call.repo, base),
        "merge_base_commit": call.shapes.commit(call.repo, merge_base),
        "status": _relation(ahead=len(commits), behind=behind),
        "ahead_by": len(commits),
        "behind_by": behind,
        "total_commits": len(commits),
        "commits": [call.shapes.commit(call.repo, sha) for sha in commits[:size]],
        "files": [call.shapes.file(call.repo, f, head) for f in git.diff(merge_base, head)[:MOST_FILES] if first_page],
    }


def _relation(*, ahead: int, behind: int) -> str:
    if ahead and behind:
        return "diverged"
    return "ahead" if ahead else "behind" if behind else "identical"


@route("GET", f"{REPO}/contents/{{path}}", needs=CONTENTS)
def get_contents(call: Call, path: str) -> object:
    """A file (base64; no content above 1 MB), a symlink, a submodule, or the list of a directory."""
    ref = call.query.get("ref") or call.repo.default_branch
    sha = call.repo.git.resolve(ref)
    if sha is None:
        raise Refused(404, f"No commit found for the ref {ref}")
    entry = call.repo.git.entry(sha, path)
    if entry is None:
        raise not_found()
    mode, oid = entry
    if mode == "040000":
        names = call.repo.git.line("ls-tree", "--name-only", sha, f"{path}/").split("\n")
        return [_content(call, name, *(call.repo.git.entry(sha, name) or ("", ""))) for name in names]
    shape = _content(call, path, mode, oid)
    if shape["type"] == "file":
        raw = call.repo.git.blob(oid)
        big = len(raw) > BIG_FILE
        shape |= {"encoding": "none" if big else "base64", "content": "" if big else base64.encodebytes(raw).decode()}
    if shape["type"] == "symlink":
        shape["target"] = call.repo.git.blob(oid).decode()
    return shape


def _content(call: Call, path: str, mode: str, oid: str) -> Json:
    kind = {"120000": "symlink", "160000": "submodule", "040000": "dir"}.get(mode, "file")
    url = f"{call.shapes.repo_url(call.repo)}/contents/{path}"
    html = f"{call.shapes.web}/{call.repo.full_name}/blob/{oid}/{path}"
    git = f"{call.shapes.repo_url(call.repo)}/git/blobs/{oid}"
    shape: Json = {
        "type": kind,
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": oid,
        "size": len(call.repo.git.blob(oid)) if kind in {"file", "symlink"} else 0,
        "url": url,
        "html_url": html,
        "git_url": git,
        "download_url": html if kind == "file" else None,
        "_links": {"self": url, "html": html, "git": git},
    }
    return shape | {"submodule_git_url": html} if kind == "submodule" else shape
