"""One commit through the Git data API: blobs, a tree, the commit, and the branch moved forward, never forced.

https://docs.github.com/en/rest/git. Nothing stands before the last request: a commit that no branch leads to is no
harm.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from reviewer.errors import Gone, Rejected
from reviewer.gh import standing
from reviewer.gh.answers import Ask, Forbidden, Send, Unprocessable
from reviewer.gh.surface import NewCommit, NewFile
from reviewer.model import Sha

NEEDS = "contents: write"


class CannotCommit(Rejected):
    """GitHub or the installation does not let us commit. The message says why, for the person who asked for it."""


def commit(send: Send | None, path: str, change: NewCommit) -> Sha:
    """Make `change` below `path` (/repos/OWNER/NAME) and return the commit. Raises CannotCommit, Transient."""
    if send is None:
        raise CannotCommit("Plumbrule was not granted `contents: write` here, so it cannot commit.")
    try:
        base = _tree_of(send, path, change.parent)
        entries = [_entry(send, path, file) for file in change.files]
        tree = _post(send, f"{path}/git/trees", {"base_tree": base, "tree": entries})
        body = {"message": change.message, "tree": tree, "parents": [change.parent]}
        made = _post(send, f"{path}/git/commits", body)
        _move(send, path, change.branch, made)
    except Forbidden as error:
        raise CannotCommit(f"GitHub does not let Plumbrule push to `{change.branch}`: {error}") from None
    return made


def _tree_of(send: Send, path: str, sha: Sha) -> Sha:
    return standing.sha(send(Ask(verb="GET", path=f"{path}/git/commits/{sha}", needs=NEEDS)).value, "tree.sha")


def _entry(send: Send, path: str, file: NewFile) -> dict[str, str]:
    body = {"content": base64.b64encode(file.content).decode(), "encoding": "base64"}
    return {"path": file.path, "mode": file.mode, "type": "blob", "sha": _post(send, f"{path}/git/blobs", body)}


def _move(send: Send, path: str, branch: str, sha: Sha) -> None:
    """Move the branch forward. GitHub answers 422 when it went on meanwhile, or when a rule protects it."""
    ask = Ask(
        verb="PATCH", path=f"{path}/git/refs/heads/{quote(branch)}", body={"sha": sha, "force": False}, needs=NEEDS
    )
    try:
        send(ask)
    except Unprocessable as error:
        if "fast forward" in str(error).lower():
            raise CannotCommit(f"`{branch}` has new commits; their review offers the fixes that still apply.") from None
        raise CannotCommit(f"GitHub does not let Plumbrule push to `{branch}`: {error}") from None
    except Gone:
        raise CannotCommit(f"The branch `{branch}` is gone.") from None


def _post(send: Send, path: str, body: dict[str, Any]) -> Sha:
    return standing.sha(send(Ask(verb="POST", path=path, body=body, needs=NEEDS)).value, "sha")
