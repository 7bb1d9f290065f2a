"""What the button "Apply safe fixes" does: one commit with all of them on the head's branch, or a word why not.

The commit is made only when the person who pressed the button may push, and the head is still the one that the fixes
were proved on. Everything is looked up again here: nothing that the button's event says is trusted but who pressed it.
"""

from __future__ import annotations

import hashlib
from typing import Any

import structlog

from reviewer.errors import PlumbruleError
from reviewer.fix.lines import apply
from reviewer.gh import publish as gh
from reviewer.gh.commits import CannotCommit
from reviewer.gh.standing import PullRequestState
from reviewer.gh.surface import NewCommit, NewFile, Surface
from reviewer.jobs import Steps
from reviewer.model import Examination, ReviewRequest, Sha, Suggestion
from reviewer.process import Stop
from reviewer.report.text import prose
from reviewer.review import EXAMINATION, Services, clone_of, required_number, surface
from reviewer.scan.clone import GitHubClone
from reviewer.scan.objects import REGULAR

log = structlog.get_logger()

MAY_PUSH = frozenset({"admin", "maintain", "write"})
TRAILER = "Plumbrule-Review"


def apply_fixes(services: Services, request: ReviewRequest, steps: Steps) -> None:
    """Commit the safe fixes that `request` asks for, and say on the check run what came of it.

    Raises Transient (the step is to be tried again), Superseded and Gone (stop quietly).
    """
    answer = steps("commit", lambda: commit_fixes(services, request, steps.still_current))
    steps("answer", lambda: tell(services, request, answer["told"]))


def commit_fixes(services: Services, request: ReviewRequest, still_current: Stop) -> dict[str, Any]:
    """Return what to tell the person who asked."""
    client = surface(services, request)
    try:
        sha = _commit(services, client, request, still_current)
    except CannotCommit as error:
        log.info("fixes.not_applied", review=request.proved_by, actor=request.actor, why=str(error))
        return {"told": _not_applied(str(error))}
    log.info("fixes.applied", review=request.proved_by, actor=request.actor, commit=sha)
    return {"told": f"**The safe fixes were applied** in {sha}, asked for by {request.actor}."}


def _commit(services: Services, client: Surface, request: ReviewRequest, still_current: Stop) -> Sha:
    kept = services.store.get_examination(request.proved_by)
    if kept is None:
        raise CannotCommit("What was proved is no longer known here: press Re-run, and then the button again.")
    examination = EXAMINATION.validate_json(kept)
    state = client.pull_request(required_number(request))
    if state.head_sha != request.head_sha and _is_done(services, client, request, state, examination):
        return state.head_sha  # by us, before we could note it down
    _check(client, request, state, examination)
    still_current()
    files = _edited(_clone(services, request), request, examination.fixes.safe)
    message = _message(request, examination.fixes.safe_warnings)
    change = NewCommit(branch=state.head_ref, parent=request.head_sha, message=message, files=files)
    return client.commit(change)


def _is_done(
    services: Services, client: Surface, request: ReviewRequest, state: PullRequestState, examination: Examination
) -> bool:
    """Whether the head is the commit that was asked for: its message says so, and it is so, file by file.

    A message alone can be written by anybody who pushes.
    """
    message, parents = client.message_and_parents(state.head_sha)
    says_so = parents == (request.head_sha,) and f"{TRAILER}: {request.proved_by}" in message.splitlines()
    if not says_so or state.head_repository != request.repository.id or request.head_sha != examination.head_sha:
        return False
    clone = _clone(services, request)
    files = _edited(clone, request, examination.fixes.safe)
    clone.fetch([state.head_sha])
    expected = {entry.path: (entry.mode, entry.oid) for entry in clone.listing(request.head_sha)}
    expected |= {file.path: (file.mode, _blob_id(file.content)) for file in files}
    return expected == {entry.path: (entry.mode, entry.oid) for entry in clone.listing(state.head_sha)}


def _blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()


def _check(client: Surface, request: ReviewRequest, state: PullRequestState, examination: Examination) -> None:
    """Raise CannotCommit unless all that a commit asks for holds."""
    if state.state != "open":
        raise CannotCommit("The pull request is closed.")
    if state.head_repository != request.repository.id:
        raise CannotCommit("The branch is in a fork, where Plumbrule is not installed. Apply the patch instead.")
    if not state.head_sha == request.head_sha == examination.head_sha:
        raise CannotCommit("The branch went on since the fixes were proved: the review of its new head has its own.")
    if not examination.fixes.safe:
        raise CannotCommit("There is nothing to apply.")
    if client.permission(request.actor) not in MAY_PUSH:
        raise CannotCommit(f"{request.actor} may not push to this repository.")


def _clone(services: Services, request: ReviewRequest) -> GitHubClone:
    client = services.github.installation(request.repository)
    return clone_of(services, client, request.repository, lambda: None)


def _edited(clone: GitHubClone, request: ReviewRequest, edits: tuple[Suggestion, ...]) -> tuple[NewFile, ...]:
    """Return the files with the edits taken, from the commit that the edits were proved on. Raises CannotCommit."""
    clone.fetch([request.head_sha])
    entries = {entry.path: entry for entry in clone.listing(request.head_sha)}
    paths = sorted({edit.path for edit in edits})
    if any(path not in entries or entries[path].mode not in REGULAR for path in paths):
        raise CannotCommit("One of the files is not a regular file any more.")
    clone.load([entries[path].oid for path in paths])
    texts = clone.read([entries[path].oid for path in paths])
    try:
        after = {path: apply(texts[entries[path].oid], [edit for edit in edits if edit.path == path]) for path in paths}
    except (KeyError, ValueError) as error:
        raise PlumbruleError(f"the fixes do not fit the commit that they were proved on: {error}") from error
    return tuple(NewFile(path=path, mode=entries[path].mode, content=after[path]) for path in paths)


def _message(request: ReviewRequest, warnings: tuple[str, ...]) -> str:
    paragraphs = [
        "Apply the safe fixes that Plumbrule proved",
        f"Asked for by {request.actor} on pull request #{request.number}.",
        "\n".join(f"- {warning}" for warning in warnings),
        f"{TRAILER}: {request.proved_by}\n",
    ]
    return "\n\n".join(filter(None, paragraphs))


def tell(services: Services, request: ReviewRequest, told: str) -> None:
    """Put `told` on top of the check run whose button was pressed."""
    gh.annotate(surface(services, request), request.head_sha, request.proved_by, told)


def explain_failure(services: Services, request: ReviewRequest, error: Exception) -> None:
    """Say on the check run that the fixes could not be applied."""
    reason = str(error) if isinstance(error, PlumbruleError) else f"Internal error; the log has it: {request.id}."
    tell(services, request, _not_applied(reason))


def _not_applied(reason: str) -> str:
    """Return the paragraph; `reason` may hold the name of a branch, or words of GitHub's that do."""
    return f"**The safe fixes were not applied.** {prose(reason)}"
