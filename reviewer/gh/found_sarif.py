"""SARIF that the repository's own workflow left for a commit: logs, and what there is to say of those not taken.

What may be believed is for `artifacts` to say, the same as of plans. Knows nothing of what is in a log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import structlog

from reviewer.gh.artifacts import Commits, fetch, not_taken
from reviewer.gh.repository import RepositoryClient
from reviewer.model import NotExamined
from reviewer.plan.artifact import BadArtifact
from reviewer.process import Stop, never
from reviewer.scan.given_sarif import GivenSarif
from reviewer.scan.objects import Clone
from reviewer.scan.sarif_artifact import logs_of

log = structlog.get_logger()

MOST_BYTES = 64 << 20
"""Of all logs of a review, unpacked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSarif:
    """What a workflow left for a commit under some names. `artifacts`: the newest of each name that there is."""

    logs: tuple[GivenSarif, ...] = ()
    statements: tuple[NotExamined, ...] = ()
    artifacts: Mapping[str, int] = field(default_factory=dict)


def find_sarif(
    client: RepositoryClient, clone: Clone, commits: Commits, names: Iterable[str], stop: Stop = never
) -> FoundSarif:
    """Return the logs in the newest artifact of each name; one that is there and not taken becomes a statement.

    Raises as `artifacts.fetch` does.
    """
    logs: list[GivenSarif] = []
    statements: list[NotExamined] = []
    newest: dict[str, int] = {}
    for name in names:
        fetched = fetch(client, clone, commits, name, stop)
        if fetched.artifact is not None:
            newest[name] = fetched.artifact
        try:
            more = logs_of(fetched.content, name) if fetched.content is not None else ()
            _check_size(logs, more)
        except BadArtifact as error:
            statements += not_taken("SARIF", name, str(error))
        else:
            statements += not_taken("SARIF", name, fetched.why)
            logs += more
    log.info("sarif.taken", artifacts=sorted(newest.values()), logs=len(logs))
    return FoundSarif(logs=tuple(logs), statements=tuple(statements), artifacts=newest)


def _check_size(logs: Iterable[GivenSarif], more: Iterable[GivenSarif]) -> None:
    if sum(len(one.raw) for one in (*logs, *more)) > MOST_BYTES:
        raise BadArtifact(f"With what other artifacts hold it is larger than {MOST_BYTES >> 20} MiB.")
