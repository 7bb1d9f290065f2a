"""What the repository's own workflow left for a commit: found, judged for where it comes from, and fetched.

Owns which run may be believed. A plan, or what another tool said, is taken only where the pull request could not have
written it: from a run on this very commit, of a workflow that stands on the base branch and that the pull request
leaves as it is. What the workflow then runs of the pull request's code is the workflow's own affair.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import structlog

from reviewer.errors import Gone
from reviewer.gh.answers import Forbidden
from reviewer.gh.download import DownloadFailed, TooLarge
from reviewer.gh.repository import RepositoryClient
from reviewer.gh.workflows import Artifact, WorkflowRun, Workflows
from reviewer.model import NotExamined, Repository, Sha
from reviewer.plan.artifact import MOST_ZIP_BYTES, BadArtifact, plans_of
from reviewer.plan.planned import GivenPlan
from reviewer.process import Stop, never
from reviewer.scan.objects import Clone

log = structlog.get_logger()

EVENTS = frozenset({"pull_request", "push"})
"""Of these, GitHub's `head_sha` is the commit that was planned; of `pull_request_target` it is the base's."""
FOLDER = ".github/workflows"
MOST_DOUBTFUL = 5
"""Runs that may not be believed and are asked for their artifact, only to say why it was not taken."""

_NAME = re.compile(r"[^/@]+\.ya?ml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commits:
    """Between which commits the plan stands: `base` is the merge base, `tip` that of the base branch."""

    head: Sha
    base: Sha
    tip: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPlans:
    """What a workflow left for a commit, unredacted. `infracost` belongs to no single plan. `artifact`: its id."""

    plans: tuple[GivenPlan, ...] = ()
    statements: tuple[NotExamined, ...] = ()
    infracost: bytes | None = field(default=None, repr=False)
    artifact: int | None = None


def find_plans(client: RepositoryClient, clone: Clone, commits: Commits, name: str, stop: Stop = never) -> FoundPlans:
    """Return the plans in the newest artifact called `name` that a run on the head left and that may be believed.

    What is there and not taken becomes a statement. Raises as `fetch` does.
    """
    fetched = fetch(client, clone, commits, name, stop)
    if fetched.content is None:
        return FoundPlans(statements=not_taken("plan", name, fetched.why), artifact=fetched.artifact)
    try:
        unpacked = plans_of(fetched.content, name)
    except BadArtifact as error:
        return FoundPlans(statements=not_taken("plan", name, str(error)), artifact=fetched.artifact)
    log.info("plan.taken", artifact=fetched.artifact, plans=len(unpacked.plans))
    return FoundPlans(plans=unpacked.plans, infracost=unpacked.infracost, artifact=fetched.artifact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The newest artifact of a name: its zip, or why that is not taken ("": there is nothing to say)."""

    content: bytes | None = field(default=None, repr=False)
    why: str = ""
    artifact: int | None = None


def fetch(client: RepositoryClient, clone: Clone, commits: Commits, name: str, stop: Stop = never) -> Fetched:
    """Return the newest artifact called `name` that a run on the head left and that may be believed.

    Where we were never granted `actions: read`, nothing is said: who left it out need not hear so on every pull
    request. Raises Transient, Gone (the repository), what the clone raises, and what `stop` raises.
    """
    workflows = client.workflows()
    if workflows is None:
        return Fetched()
    try:
        return _find(workflows, _doubts(client.repository, clone, commits), commits.head, name, stop)
    except Forbidden as error:
        return Fetched(why=str(error))


def not_taken(what: str, name: str, why: str) -> tuple[NotExamined, ...]:
    """Return the statement that a plan, or other thing, was not taken; none where there is no reason to tell."""
    told = f"The {what} of the repository's own workflow was not taken: {why.removesuffix('.')}."
    return (NotExamined(what=f"artifact {name}", why=told, blocking=False),) if why else ()


def newest_artifact(workflows: Workflows, repository: Repository, head: Sha, name: str) -> int | None:
    """Return the id of the newest artifact called `name` of this repository's runs on `head`, believed or not."""
    for run in workflows.runs(head):
        if not _of_another(run, repository, head):
            for artifact in workflows.artifacts(run.id, name):
                return artifact.id
    return None


Doubt = Callable[[WorkflowRun], str]
"""Why a run may not be believed, as the end of a sentence; "" when it may."""


def _find(workflows: Workflows, doubt: Doubt, head: Sha, name: str, stop: Stop) -> Fetched:
    doubtful: list[tuple[WorkflowRun, str]] = []
    for run in workflows.runs(head):
        stop()
        if why := doubt(run):
            doubtful.append((run, why))
        elif artifacts := workflows.artifacts(run.id, name):
            return _take(workflows, artifacts[0], head, stop)
    for run, why in doubtful[:MOST_DOUBTFUL]:
        if artifacts := workflows.artifacts(run.id, name):
            return Fetched(why=why, artifact=artifacts[0].id)
    return Fetched()


def _take(workflows: Workflows, artifact: Artifact, head: Sha, stop: Stop) -> Fetched:
    """Return the zip of an artifact, or why it is not taken."""
    if artifact.head_sha not in {None, head}:
        return Fetched(why="it belongs to another commit", artifact=artifact.id)
    if artifact.expired:
        return Fetched(why="it is expired", artifact=artifact.id)
    if artifact.size > MOST_ZIP_BYTES:
        return Fetched(why=f"it is larger than {MOST_ZIP_BYTES >> 20} MiB", artifact=artifact.id)
    try:
        return Fetched(content=_content(workflows, artifact, stop), artifact=artifact.id)
    except (DownloadFailed, TooLarge) as error:
        return Fetched(why=str(error), artifact=artifact.id)
    except Gone:
        return Fetched(why="it is expired", artifact=artifact.id)


def _content(workflows: Workflows, artifact: Artifact, stop: Stop) -> bytes:
    """Return the zip. What breaks is tried once more, in place: later tries of the whole review are not worth it."""
    try:
        return workflows.content(artifact, MOST_ZIP_BYTES, stop)
    except DownloadFailed as error:
        log.warning("plan.download_failed", artifact=artifact.id, why=str(error))
        return workflows.content(artifact, MOST_ZIP_BYTES, stop)


def _of_another(run: WorkflowRun, repository: Repository, head: Sha) -> str:
    """Why a run is none of this repository's on this commit, "" when it is."""
    if run.head_repository != repository.id:
        return "it comes from a fork, whose workflows are not believed"
    if run.head_sha != head:
        return "it belongs to another commit"
    if run.event not in EVENTS:
        return f"it was made on `{run.event}`, and only `pull_request` and `push` say which commit they planned"
    return ""


def _doubts(repository: Repository, clone: Clone, commits: Commits) -> Doubt:
    on_base = cache(lambda path: clone.entry(commits.tip, path) is not None)
    changed = frozenset(change.path for change in clone.changes(commits.base, commits.head))

    def doubt(run: WorkflowRun) -> str:
        if why := _of_another(run, repository, commits.head):
            return why
        path = _own_file(run.path, repository)
        if not path or not on_base(path):
            return "its workflow is not on the base branch"
        used = (path, *(own for call in run.calls if (own := _own_file(call, repository))))
        touched = [one for one in used if one in changed]
        return f"this pull request changes the workflow that made it, `{touched[0]}`" if touched else ""

    return doubt


def _own_file(path: str, repository: Repository) -> str:
    """Return the file of a workflow within this repository, "" when it is none: GitHub writes the same one as
    .github/workflows/x.yml, .github/workflows/x.yml@main and owner/name/.github/workflows/x.yml@refs/heads/main."""
    bare = path.partition("@")[0]
    if bare.lower().startswith(f"{repository.full_name.lower()}/"):
        bare = bare[len(repository.full_name) + 1 :]
    folder, _, name = bare.rpartition("/")
    return bare if folder == FOLDER and _NAME.fullmatch(name) else ""
