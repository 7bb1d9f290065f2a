"""The worker's composition root: settings become services, services do the work of the queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from reviewer import apply, jobs, look
from reviewer.apply import apply_fixes
from reviewer.gh.client import GitHub
from reviewer.heartbeat import repeating
from reviewer.logs import configure_logs
from reviewer.model import ReviewRequest, Subject
from reviewer.review import Services, explain_failure, review
from reviewer.scan.cache import ScanCache
from reviewer.scan.clone import prune_clones
from reviewer.scan.scanner import Scanner, ScansUnits
from reviewer.settings import Settings
from reviewer.store import Store, open_engine

CACHE_BYTES = 512 << 20
CLONES_BYTES = 10 << 30
PRUNE_SECONDS = 3600.0
REDELIVER_WITHIN = timedelta(days=3)  # GitHub's own memory of deliveries
log = structlog.get_logger()


def build_services(settings: Settings, scanner: ScansUnits, store: Store) -> Services:
    """Return what a review works with; `scanner` is started and closed by the caller."""
    return Services(
        settings=settings,
        github=GitHub(settings),
        store=store,
        scanner=scanner,
        cache=ScanCache(settings.data_dir / "cache", CACHE_BYTES),
        queue=jobs.Queue(store.engine),
    )


def run_worker(settings: Settings, scanner: Scanner) -> None:
    """Be a worker until told to stop, with a started scanner. Raises Misconfigured when nothing contains it."""
    configure_logs(settings.log_level, (settings.private_key, *settings.webhook_secrets))
    engine = open_engine(settings)
    with scanner, repeating(partial(prune, settings), PRUNE_SECONDS, "prune"):
        log.info("scanner.ready", held_by=str(scanner.confinement))
        services = build_services(settings, scanner, Store(engine))
        jobs.run_worker(
            settings,
            engine,
            work=partial(do, services),
            give_up=partial(give_up, services),
            redeliver=partial(redeliver, services.github),
        )


def do(services: Services, request: ReviewRequest, steps: jobs.Steps) -> None:
    """Do what a job is for: a review, the fixes of one, or a look whether one is to be made again."""
    match request.subject:
        case Subject.FIXES:
            apply_fixes(services, request, steps)
        case Subject.PLAN:
            look.look(services, request, steps)
        case _:
            review(services, request, steps)


def give_up(services: Services, request: ReviewRequest, error: Exception) -> None:
    """Tell whoever waits for a job that it failed for good."""
    match request.subject:
        case Subject.FIXES:
            apply.explain_failure(services, request, error)
        case Subject.PLAN:
            look.explain_failure(request, error)
        case _:
            explain_failure(services, request, error)


def prune(settings: Settings) -> None:
    """Keep the clones of this machine from filling its disk."""
    prune_clones(settings.data_dir / "clones", CLONES_BYTES)


def redeliver(github: GitHub) -> None:
    """Have GitHub deliver again what it could not deliver while we were away."""
    for delivery in github.failed_deliveries(datetime.now(UTC) - REDELIVER_WITHIN):
        github.redeliver(delivery.id)
        log.info("delivery.again", delivery=delivery.guid)
