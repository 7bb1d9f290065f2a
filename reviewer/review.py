"""START HERE: the review of a pull request, one call a step.

A step is safe to run again: what it learned is kept under the review's own id, what it writes is reconciled with what
already stands on GitHub. `jobs` runs the steps and remembers which are done; this module knows nothing of how.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import TypeAdapter

from reviewer.errors import Gone, PlumbruleError, Rejected, Superseded, Transient
from reviewer.examine import Case, examine
from reviewer.gh import publish as gh
from reviewer.gh.artifacts import Commits, FoundPlans, find_plans
from reviewer.gh.client import GitHub, RepositoryClient
from reviewer.gh.dry_run import DryRunClient
from reviewer.gh.found_sarif import find_sarif
from reviewer.gh.surface import Surface
from reviewer.model import CheckRun, Examination, Publication, Repository, ReviewRequest, ScanResult, Subject
from reviewer.process import Stop
from reviewer.report.check_run import failure, progress
from reviewer.report.links import Links
from reviewer.report.publication import build_publication
from reviewer.report.tools import installed_tools
from reviewer.rules import RULES
from reviewer.scan.cache import ScanCache
from reviewer.scan.clone import GitHubClone
from reviewer.scan.git import TokenRefused
from reviewer.scan.given_sarif import read_given
from reviewer.scan.scanner import ScansUnits
from reviewer.settings import Settings
from reviewer.store import Store

if TYPE_CHECKING:
    from reviewer.jobs import Queue, Steps

log = structlog.get_logger()

EXAMINATION: TypeAdapter[Examination] = TypeAdapter(Examination)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What a review works with. `today` is the clock of the waivers."""

    settings: Settings
    github: GitHub
    store: Store
    scanner: ScansUnits
    cache: ScanCache
    queue: Queue
    today: Callable[[], date] = date.today


def review(services: Services, request: ReviewRequest, steps: Steps) -> None:
    """Review `request` and publish the answer; each step is checkpointed under its name.

    Raises Transient (the step is to be tried again), Superseded and Gone (stop quietly), anything else to be explained
    by `explain_failure`.
    """
    current = steps("announce", lambda: announce(services, request, steps.still_current))
    if current is None:
        return
    request = replace(request, **current)
    try:
        steps("examine", lambda: examine_and_keep(services, request, steps.stop))
        published = steps("publish", lambda: publish(services, request, steps.still_current))
        steps("upload", lambda: upload(services, request, steps.still_current))
    except Superseded:
        call_off(services, request)
        raise
    except Gone as error:
        with contextlib.suppress(PlumbruleError):  # mostly there is nobody left to tell
            explain_failure(services, request, Rejected(str(error)))
        raise
    services.store.finish(request, published["conclusion"])


def announce(services: Services, request: ReviewRequest, stop: Stop) -> dict[str, Any] | None:
    """Show that the review has begun; return what GitHub says now of `base_sha`, `base_ref` and `draft`.

    None when the pull request is closed. Raises Transient while GitHub shows another head than the event did.
    """
    client = services.github.installation(request.repository)
    current: dict[str, Any] = {}
    if request.subject is Subject.DEFAULT_BRANCH:
        return current
    if request.subject is Subject.PULL_REQUEST:
        state = client.pull_request(required_number(request))
        if state.state != "open":
            log.info("review.closed", review=request.id)
            return None
        if state.head_sha != request.head_sha:  # GitHub's API lags behind its events, or the newer event is on its way
            raise Transient(f"GitHub says that the head is {state.head_sha[:7]}, and not {request.head_sha[:7]}")
        current = {"base_sha": state.base_sha, "base_ref": state.base_ref, "draft": state.draft}
    stop()
    gh.announce(surface(services, request), request, *progress())
    return current


def examine_and_keep(services: Services, request: ReviewRequest, stop: Stop) -> dict[str, Any]:
    """Check out, scan, compare and decide; keep the examination in the database and return its outline."""
    started = time.monotonic()
    client = services.github.installation(request.repository)
    try:
        case = open_case(services, client, request, stop)
        examination = examine(case, scanner=services.scanner, cache=services.cache, stop=stop)
    except TokenRefused as error:
        client.forget_read_token()  # the next try gets a new one, or hears which permission is missing
        raise Transient(str(error)) from error
    examination = replace(examination, seconds=round(time.monotonic() - started, 3))
    services.store.put_examination(request.id, EXAMINATION.dump_json(examination))
    outline = {
        "passed": examination.verdict.passed,
        "introduced": len(examination.comparison.introduced),
        "not_examined": len(examination.comparison.not_examined),
        "seconds": examination.seconds,
    }
    log.info("review.examined", review=request.id, subject=str(request), **outline)
    return outline


def open_case(services: Services, client: RepositoryClient, request: ReviewRequest, stop: Stop) -> Case:
    """Fetch what the review needs of the repository and of its policy."""
    clone = clone_of(services, client, request.repository, stop)
    head, base_tip, base = request.head_sha, request.base_sha, request.base_sha
    if request.subject is Subject.PULL_REQUEST:
        assert base_tip  # noqa: S101 (a pull request has a base)
        base = client.merge_base(base_tip, head)
    wanted: list[str] = [sha for sha in dict.fromkeys((head, base, base_tip)) if sha]
    clone.fetch(wanted)
    commits = Commits(head=head, base=base or head, tip=base_tip or head)
    real = partial(plans_of_workflow, services, clone, request, commits, stop)
    sarif = partial(sarif_of_workflow, services, clone, request, commits, stop)
    return Case(
        clone=clone,
        head=head,
        base=base,
        policy_at=base_tip or head,
        policy_ref=request.base_ref,
        organization_policy=client.organization_policy(),
        organization_policies=client.organization_rego(),
        today=services.today(),
        limits=services.settings.scan_limits,
        real_plans=real if request.subject is Subject.PULL_REQUEST else None,
        real_sarif=sarif if request.subject is Subject.PULL_REQUEST else None,
    )


def plans_of_workflow(
    services: Services, clone: GitHubClone, request: ReviewRequest, commits: Commits, stop: Stop, name: str
) -> FoundPlans:
    """Return the plans that the repository's own workflow left under `name`; they are kept in memory only.

    What is looked for is noted first: a workflow that ends from then on has the review made again (see `look`).
    """
    services.store.note_plan(request.id, name, None)
    found = find_plans(services.github.installation(request.repository), clone, commits, name, stop)
    services.store.note_plan(request.id, name, found.artifact)
    return found


def sarif_of_workflow(
    services: Services, clone: GitHubClone, request: ReviewRequest, commits: Commits, stop: Stop, names: tuple[str, ...]
) -> ScanResult:
    """Return what other tools said of the head in the artifacts of these names; what is not taken blocks nobody.

    Noted as plans are: what comes later has the review made again.
    """
    for name in names:
        services.store.note_plan(request.id, name, None)
    found = find_sarif(services.github.installation(request.repository), clone, commits, names, stop)
    for name, artifact in found.artifacts.items():
        services.store.note_plan(request.id, name, artifact)
    said = read_given(found.logs, clone, commits.head, runner_folder(request.repository))
    told = (*found.statements, *said.not_examined)
    return replace(said, not_examined=tuple(replace(one, blocking=False) for one in told))


def runner_folder(repository: Repository) -> Path:
    """Return where actions/checkout puts a repository on GitHub's runners: tools may name files by whole paths."""
    name = repository.full_name.rpartition("/")[2]
    return Path("/home/runner/work", name, name)


def clone_of(services: Services, client: RepositoryClient, repository: Repository, stop: Stop) -> GitHubClone:
    """Return this machine's clone of a repository; nothing is fetched yet."""
    return GitHubClone(
        services.settings.data_dir / "clones" / f"{repository.id}.git",
        f"{services.settings.git_url}/{repository.full_name}.git",
        client.read_token,
        stop,
    )


def publish(services: Services, request: ReviewRequest, still_current: Stop) -> dict[str, Any]:
    """Make the check run and the comments say what the examination found; return its conclusion."""
    if request.subject is Subject.DEFAULT_BRANCH:
        return {"conclusion": "baseline"}
    publication = build_publication_of(services, request, ref=None, offer_apply=offers_apply(services, request))
    report = gh.publish(surface(services, request), request, publication, still_current)
    conclusion = report.conclusion.value
    log.info("review.published", review=request.id, conclusion=conclusion, writes=report.writes)
    return {"conclusion": conclusion}


def upload(services: Services, request: ReviewRequest, still_current: Stop) -> None:
    """Upload what was found at the head as SARIF; a repository without code scanning is a line in the log."""
    if request.subject is Subject.MERGE_GROUP:
        return
    publication = build_publication_of(services, request, ref=request.head_ref)
    if publication.sarif is None:
        log.info("sarif.incomplete", review=request.id)
        return
    still_current()
    gh.upload_sarif(surface(services, request), request, publication.sarif)


def offers_apply(services: Services, request: ReviewRequest) -> bool:
    """Tell whether a click may commit to the head's branch: it is in this repository, and we were granted to."""
    if request.subject is not Subject.PULL_REQUEST or not kept_examination(services, request).fixes.safe:
        return False
    client = surface(services, request)
    state = client.pull_request(required_number(request))
    return state.head_repository == request.repository.id and client.may_commit()


def kept_examination(services: Services, request: ReviewRequest) -> Examination:
    """Return what `examine_and_keep` kept. Raises PlumbruleError when that is gone: the review must start again."""
    kept = services.store.get_examination(request.id)
    if kept is None:
        raise PlumbruleError("what the review found is no longer in the database")
    return EXAMINATION.validate_json(kept)


def build_publication_of(
    services: Services, request: ReviewRequest, *, ref: str | None, offer_apply: bool = False
) -> Publication:
    """Return what should stand on GitHub, from what was kept; SARIF only for a `ref`, for it takes long.

    Raises PlumbruleError when that is gone: the review must start again.
    """
    return build_publication(
        kept_examination(services, request),
        Links(html_url=services.settings.html_url, full_name=request.repository.full_name, head_sha=request.head_sha),
        ref=ref,
        quiet=request.draft or request.subject is not Subject.PULL_REQUEST,
        tools=installed_tools(own_rules=len(RULES)),
        offer_apply=offer_apply,
    )


def surface(services: Services, request: ReviewRequest) -> Surface:
    """Return what writes on the repository; with DRY_RUN, what only notes down in the log what it would write."""
    client = services.github.installation(request.repository)
    return DryRunClient(client) if services.settings.dry_run else client


def call_off(services: Services, request: ReviewRequest) -> None:
    """Let no check run stay in progress on a head that nobody will review again; only a courtesy, so it may fail."""
    if request.subject is Subject.DEFAULT_BRANCH:
        return
    with contextlib.suppress(PlumbruleError):
        gh.call_off(surface(services, request), request)


def explain_failure(services: Services, request: ReviewRequest, error: Exception) -> None:
    """Conclude the check run of a review that failed for good, so that it never stays in progress."""
    if request.subject is Subject.DEFAULT_BRANCH:
        return
    gh.conclude(surface(services, request), request, failure_check_run(request, error))


def failure_check_run(request: ReviewRequest, error: Exception) -> CheckRun:
    """Return what the author reads: the reason where a person can mend it, a reference for the operator elsewhere."""
    if isinstance(error, Rejected):
        return failure("Not reviewed", str(error), request.id)
    if isinstance(error, PlumbruleError):
        return failure("Not reviewed: GitHub or this server did not answer in time", str(error), request.id)
    return failure("Not reviewed: an internal error", "Something went wrong that should not have.", request.id)


def required_number(request: ReviewRequest) -> int:
    """Return the pull request's number. Raises PlumbruleError when there is none."""
    if request.number is None:
        raise PlumbruleError(f"{request.id} has no pull request number")
    return request.number
