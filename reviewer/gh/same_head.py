"""One commit as the head of several pull requests: GitHub shows the newest check run of a commit on all of them.

So a success for one would hide the failure of another: opening a second pull request, against a branch that has the
code already, would turn the first one green. What fails on one open pull request fails on all with that head.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from reviewer.gh.standing import StandingCheckRun
from reviewer.gh.surface import CheckRunState, Surface
from reviewer.model import CheckRun, Conclusion, ReviewRequest

_PULL_REQUEST = re.compile(r"rv:\d+#(\d+):\d+")


def told_of_others(
    client: Surface, request: ReviewRequest, check_run: CheckRun, runs: Sequence[StandingCheckRun]
) -> CheckRun:
    """Return `check_run`, a failure instead of a success if the same head failed on another open pull request."""
    if check_run.conclusion is not Conclusion.SUCCESS:
        return check_run
    failed = [number for number, run in _others(request, runs) if run.conclusion == Conclusion.FAILURE]
    failed = [number for number in failed if _is_open(client, number)]
    if not failed:
        return check_run
    summary = f"{_explained(failed[0])}\n\nOn its own: **{check_run.title}**\n\n{check_run.summary}"
    return replace(check_run, conclusion=Conclusion.FAILURE, title=_title(failed[0]), summary=summary)


def hidden_by_others(
    client: Surface, request: ReviewRequest, check_run: CheckRun, runs: Sequence[StandingCheckRun]
) -> tuple[tuple[int, CheckRunState], ...]:
    """Return which check runs of other open pull requests must fail, with what they say then, as `check_run` failed."""
    if check_run.conclusion is not Conclusion.FAILURE or request.number is None:
        return ()
    state = CheckRunState(
        status="completed",
        conclusion=Conclusion.FAILURE,
        title=_title(request.number),
        summary=_explained(request.number),
    )
    passed = [(number, run) for number, run in _others(request, runs) if run.conclusion == Conclusion.SUCCESS]
    return tuple((run.id, state) for number, run in passed if _is_open(client, number))


def _others(request: ReviewRequest, runs: Sequence[StandingCheckRun]) -> list[tuple[int, StandingCheckRun]]:
    """Return the newest completed run of every other pull request, by its number."""
    newest: dict[int, StandingCheckRun] = {}
    for run in sorted(runs, key=lambda run: run.id):
        match = _PULL_REQUEST.fullmatch(run.external_id)
        if match and int(match[1]) != request.number and run.status == "completed":
            newest[int(match[1])] = run
    return sorted(newest.items())


def _is_open(client: Surface, number: int) -> bool:
    return client.pull_request(number).state == "open"


def _title(number: int) -> str:
    return f"Blocked: pull request #{number} has the same head, and is blocked"


def _explained(number: int) -> str:
    return (
        f"GitHub shows one result for a commit on every pull request that has it as its head. Pull request #{number} "
        "has this head, too, and is blocked: mend or close it, then press **Re-run** here."
    )
