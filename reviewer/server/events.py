"""What GitHub says, in our own words. Pure; the only place that knows the keys of a webhook's payload."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from reviewer.errors import PlumbruleError
from reviewer.model import APPLY_SAFE_FIXES, Repository, ReviewRequest, Sha, Subject

MAX_ID = 2**53
_SHA = re.compile(r"[0-9a-f]{40}")
_FULL_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")
_NOT_IN_REFS = re.compile(r"[ ~^:?*\[\\]|\.\.|@\{")
_REVIEW_ID = re.compile(r"rv:((\d{1,16})(?:#(\d{1,16})|@.{1,300})):\d{8,16}")
_LOGIN = re.compile(r"[A-Za-z0-9_-]{1,100}(?:\[bot\])?")
_PLANNING = {"pull_request", "push"}
_WANTED = {"opened", "reopened", "synchronize", "ready_for_review", "edited"}


class BadEvent(PlumbruleError):
    """An event that we know lacks what it must have. The message names the field, and nothing of its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewWanted:
    """Review this, unless that is done already. `as_of`: when it was so, in seconds since 1970, if GitHub says it."""

    request: ReviewRequest
    as_of: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerequested:
    """A person pressed re-run: review again whatever is known of `keys` and at `head_sha`, else the fallbacks."""

    repository_id: int
    head_sha: Sha
    keys: tuple[str, ...]
    fallbacks: tuple[ReviewRequest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Nothing is to be reviewed under this key any more."""

    key: str
    as_of: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """An installation, or only these of its repositories, is not ours any more."""

    installation_id: int
    repository_ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Nothing to do, and why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FixesWanted:
    """A person pressed the button of a check run that commits the safe fixes."""

    request: ReviewRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """A workflow of the repository's own ended on a commit: it may have left a plan."""

    repository_id: int
    head_sha: Sha


Event = ReviewWanted | Rerequested | FixesWanted | RunEnded | Closed | Forgotten | Ignored


def parse_event(name: str, payload: Any) -> Event:  # noqa: PLR0911 (one return an event)
    """Return what the event called `name` means to us. Raises BadEvent, and nothing else, for any JSON value."""
    if not isinstance(payload, dict):
        raise BadEvent("the payload is not an object")
    action = payload.get("action") if isinstance(payload.get("action"), str) else ""
    match name, action:
        case "pull_request", _:
            return _pull_request(payload, str(action))
        case "check_run" | "check_suite", "rerequested":
            return _rerequested(payload, name)
        case "check_run", "requested_action":
            return _requested_action(payload)
        case "merge_group", "checks_requested":
            return ReviewWanted(request=_merge_group(payload))
        case "merge_group", "destroyed":
            return Closed(key=_merge_group(payload).key)
        case "workflow_run", "completed":
            return _run_ended(payload)
        case "push", _:
            return _push(payload)
        case "installation", "deleted" | "suspend":
            return Forgotten(installation_id=_id(payload, "installation.id"))
        case "installation_repositories", "removed":
            return _removed(payload)
        case _:
            return Ignored(why="nothing to do for it")


def _pull_request(payload: dict[str, Any], action: str) -> Event:
    if action != "closed" and action not in _WANTED:
        return Ignored(why="nothing to do for this action")
    if action == "edited" and not isinstance(_find(payload, "changes.base"), dict):
        return Ignored(why="the base is the same")
    request = ReviewRequest(
        subject=Subject.PULL_REQUEST,
        repository=_repository(payload),
        head_sha=_sha(payload, "pull_request.head.sha"),
        base_sha=_sha(payload, "pull_request.base.sha"),
        base_ref=_ref(payload, "pull_request.base.ref"),
        head_ref=f"refs/pull/{_id(payload, 'pull_request.number')}/head",
        number=_id(payload, "pull_request.number"),
        draft=_find(payload, "pull_request.draft") is True,
    )
    as_of = _time(payload, "pull_request.updated_at")
    if action == "closed" or _find(payload, "pull_request.state") == "closed":
        return Closed(key=request.key, as_of=as_of)
    return ReviewWanted(request=request, as_of=as_of)


def _rerequested(payload: dict[str, Any], name: str) -> Rerequested:
    """Forks have no `pull_requests` here: then our own name of the review, or what is stored, tells which one it is."""
    repository, head_sha = _repository(payload), _sha(payload, f"{name}.head_sha")
    fallbacks = [
        _of_check(repository, head_sha, base_ref=_ref(entry, "base.ref"), number=_id(entry, "number"))
        for entry in _list(payload, f"{name}.pull_requests")
        if _find(entry, "base.repo.id") == repository.id
    ]
    keys = [request.key for request in fallbacks]
    review = _REVIEW_ID.fullmatch(str(_find(payload, f"{name}.external_id")))
    if review and int(review[2]) == repository.id and review[1] not in keys:
        keys.append(review[1])
        if number := int(review[3] or 0):
            base_ref = _ref(payload, "repository.default_branch")
            fallbacks.append(_of_check(repository, head_sha, base_ref=base_ref, number=number))
    return Rerequested(
        repository_id=repository.id, head_sha=head_sha, keys=tuple(dict.fromkeys(keys)), fallbacks=tuple(fallbacks)
    )


def _requested_action(payload: dict[str, Any]) -> Event:
    if _find(payload, "requested_action.identifier") != APPLY_SAFE_FIXES:
        return Ignored(why="not a button of ours")
    repository = _repository(payload)
    review = _REVIEW_ID.fullmatch(str(_find(payload, "check_run.external_id")))
    actor = _find(payload, "sender.login")
    if review is None or int(review[2]) != repository.id or not review[3]:
        return Ignored(why="not the check run of a pull request of ours")
    if not isinstance(actor, str) or not _LOGIN.fullmatch(actor):
        raise BadEvent("sender.login: expected a login")
    base_ref, number = _ref(payload, "repository.default_branch"), int(review[3])
    request = _of_check(repository, _sha(payload, "check_run.head_sha"), base_ref=base_ref, number=number)
    return FixesWanted(request=replace(request, subject=Subject.FIXES, actor=actor, proved_by=review[0]))


def _of_check(repository: Repository, head_sha: Sha, *, base_ref: str, number: int) -> ReviewRequest:
    return ReviewRequest(
        subject=Subject.PULL_REQUEST,
        repository=repository,
        head_sha=head_sha,
        base_sha=None,
        base_ref=base_ref,
        head_ref=f"refs/pull/{number}/head",
        number=number,
    )


def _merge_group(payload: dict[str, Any]) -> ReviewRequest:
    return ReviewRequest(
        subject=Subject.MERGE_GROUP,
        repository=_repository(payload),
        head_sha=_sha(payload, "merge_group.head_sha"),
        base_sha=_sha(payload, "merge_group.base_sha"),
        base_ref=_ref(payload, "merge_group.base_ref").removeprefix("refs/heads/"),
        head_ref=_ref(payload, "merge_group.head_ref"),
    )


def _push(payload: dict[str, Any]) -> Event:
    ref, default = _ref(payload, "ref"), _ref(payload, "repository.default_branch")
    if ref != f"refs/heads/{default}":
        return Ignored(why="not the default branch")
    if _find(payload, "deleted") is True:
        return Ignored(why="the default branch is gone")
    request = ReviewRequest(
        subject=Subject.DEFAULT_BRANCH,
        repository=_repository(payload),
        head_sha=_sha(payload, "after"),
        base_sha=None,
        base_ref=default,
        head_ref=ref,
    )
    pushed_at = _find(payload, "repository.pushed_at")  # a number in this event, a text in all others
    known = isinstance(pushed_at, int) and not isinstance(pushed_at, bool) and 0 < pushed_at < MAX_ID
    return ReviewWanted(request=request, as_of=float(pushed_at) if known else None)


def _run_ended(payload: dict[str, Any]) -> Event:
    """Payloads name no pull requests for forks, and all with that branch for others: the commit is what counts."""
    repository = _repository(payload)
    if _find(payload, "workflow_run.head_repository.id") != repository.id:
        return Ignored(why="a run of a fork")
    if _find(payload, "workflow_run.event") not in _PLANNING:
        return Ignored(why="not a run on the head of a pull request")
    return RunEnded(repository_id=repository.id, head_sha=_sha(payload, "workflow_run.head_sha"))


def _removed(payload: dict[str, Any]) -> Forgotten:
    gone = tuple(_id(entry, "id") for entry in _list(payload, "repositories_removed"))
    return Forgotten(installation_id=_id(payload, "installation.id"), repository_ids=gone)


def _repository(payload: dict[str, Any]) -> Repository:
    full_name = _find(payload, "repository.full_name")
    if not isinstance(full_name, str) or not _FULL_NAME.fullmatch(full_name):
        raise BadEvent("repository.full_name: expected owner/name")
    installation_id = _id(payload, "installation.id")
    return Repository(id=_id(payload, "repository.id"), full_name=full_name, installation_id=installation_id)


def _find(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _id(value: Any, path: str) -> int:
    found = _find(value, path)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found < MAX_ID:
        raise BadEvent(f"{path}: expected a positive number")
    return found


def _sha(value: Any, path: str) -> Sha:
    found = _find(value, path)
    if not isinstance(found, str) or not _SHA.fullmatch(found):
        raise BadEvent(f"{path}: expected a commit id of 40 hexadecimal digits")
    return Sha(found)


def _ref(value: Any, path: str) -> str:
    found = _find(value, path)
    if not isinstance(found, str) or not 0 < len(found) <= 300 or not found.isprintable():
        raise BadEvent(f"{path}: expected the name of a branch")
    if _NOT_IN_REFS.search(found) or found.startswith(("-", "/")):
        raise BadEvent(f"{path}: expected the name of a branch")
    return found


def _list(value: Any, path: str) -> list[Any]:
    found = _find(value, path)
    return found if isinstance(found, list) else []


def _time(value: Any, path: str) -> float | None:
    try:
        time = datetime.fromisoformat(str(_find(value, path)))
    except ValueError:
        return None
    return time.timestamp() if time.tzinfo else None
