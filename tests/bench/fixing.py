"""What fixes cost and yield: the count of `plumbrule fixes-report`, and reviews with fixes against reviews without."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests import stack
from tests.bench import repositories
from tests.bench.repositories import Files
from tests.fake_github import FakeGitHub
from tests.fake_github.state import Repo

POLICY = ".github/plumbrule.yml"
WITHOUT = 'fixes:\n  suggest: "off"\n'

VerdictTime = Callable[[FakeGitHub, Repo, Files], float]
"""Seconds from the event of a pull request with these changes to its verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Yield:
    """Shares of what there is for the findings of a repository, and the scans that proofs took for each root."""

    concrete: float
    parametric: float
    guidance: float
    nothing: float
    scans_per_root: float
    proof_seconds: float
    scan_seconds: float


def report(checkout: Path) -> Yield:
    """Return what `plumbrule fixes-report` says of a checkout. Raises StackFailed."""
    command = [str(stack.BIN / "plumbrule"), "fixes-report", str(checkout), "--format", "json"]
    done = subprocess.run(command, capture_output=True, check=False, cwd=checkout)
    if done.returncode:
        raise stack.StackFailed(f"plumbrule fixes-report failed:\n{done.stderr.decode(errors='replace')[-2000:]}")
    said = json.loads(done.stdout)
    findings = max(1, said["total"]["findings"])
    shares = {kind: said["total"][kind] / findings for kind in ("concrete", "parametric", "guidance", "nothing")}
    return Yield(
        **shares,
        scans_per_root=said["proof_scans"] / max(1, said["roots"]),
        proof_seconds=said["proof_seconds"],
        scan_seconds=said["scan_seconds"],
    )


def with_and_without(github: FakeGitHub, files: Files, times: int, verdict_time: VerdictTime) -> tuple[float, float]:
    """Return the median seconds of reviews that bring findings, with fixes and without, taken in turns."""
    on = github.create_repo(files, name="fixes-on")
    off = github.create_repo({**files, POLICY: WITHOUT}, name="fixes-off")
    pairs = [
        [  # other files in each: what was scanned for one repository is known in the other
            verdict_time(github, repo, repositories.insecure(files, 1000 * which + number))
            for which, repo in enumerate((on, off))
        ]
        for number in range(times + 1)
    ]
    with_, without = zip(*pairs[1:], strict=True)  # the first of each finds nothing in the cache
    return statistics.median(with_), statistics.median(without)
