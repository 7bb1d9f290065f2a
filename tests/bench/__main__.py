"""`make bench`: ratios taken side by side in one run, ours against the plain Checkov command line on the same tree."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests import stack
from tests.bench import fixing, memory, planning, repositories, webhooks
from tests.bench.repositories import Files
from tests.fake_github import FakeGitHub
from tests.fake_github.state import PullRequest, Repo

MEDIUM_ROOTS = 40
TIMES = 7
STORM = 24
PATIENCE = 180.0  # seconds
CHECKOV = ("--skip-download", "--compact", "--quiet", "-o", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: what was measured, how much, and what was aimed at."""

    what: str
    value: float
    unit: str
    aim: str = ""


def main() -> int:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--repo", type=Path, help="measure on HEAD of this repository instead of a made-up one")
    parser.add_argument("--json", type=Path, default=Path("var/bench.json"), help="where the numbers go")
    arguments = parser.parse_args()
    console = Console(highlight=False)
    rows = measure(arguments.repo, console)
    console.print(table(rows))
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    console.print(f"written to {arguments.json}", markup=False)
    return 0


def measure(path: Path | None, console: Console) -> list[Row]:
    """Return all rows; says what it does while it does it."""
    files = repositories.of_checkout(path) if path else repositories.made_up(MEDIUM_ROOTS)
    larger = grown(files) if path else repositories.made_up(MEDIUM_ROOTS * 10)
    with tempfile.TemporaryDirectory(prefix="plumbrule-bench-") as folder:
        say = partial(console.print, style="dim")
        checkout = Path(folder, "checkout")
        repositories.write(files, checkout)
        say(f"Plain Checkov on {len(files)} files ...")
        before = command_line(checkout)
        with FakeGitHub() as github:
            github.install("acme")
            rows = reviews(github, Path(folder, "stack"), (files, larger), say)
            say("Webhooks at 200 a second ...")
            idle = acknowledgements(github, Path(folder, "web"))
        say("Fixes for everything that is found ...")
        fixes = fixing.report(checkout)
        say("Plans of 50 and of 500 resources ...")
        plans = planning.measured((50, 500))
        say("Plain Checkov again ...")
        plain = min(before, command_line(checkout))
    return [
        Row(what="plain Checkov on the checkout (the better of two)", value=plain, unit="s"),
        rows["first"],
        rows["small"],
        Row(what="... / plain Checkov", value=rows["small"].value / plain, unit="", aim="at most 0.15"),
        rows["large"],
        Row(what="... / medium", value=rows["large"].value / rows["small"].value, unit="", aim="at most 1.2"),
        rows["fixes"],
        rows["fixes off"],
        Row(what="... with / without", value=rows["fixes"].value / rows["fixes off"].value, unit="", aim="at most 2"),
        *fix_rows(fixes),
        *plan_rows(plans),
        rows["rate"],
        rows["worker"],
        rows["scanning"],
        *idle,
        rows["busy"],
    ]


def fix_rows(found: fixing.Yield) -> list[Row]:
    """Return what there is for the repository's findings, and what proving it took."""
    kinds = ("concrete", "parametric", "guidance", "nothing")
    return [
        Row(what="scans for proofs, each root", value=found.scans_per_root, unit="", aim="at most 1.5"),
        Row(what="proofs / scanning everything", value=found.proof_seconds / max(0.001, found.scan_seconds), unit=""),
        *(Row(what=f"findings: {kind}", value=100 * getattr(found, kind), unit="%") for kind in kinds),
    ]


def plan_rows(times: Mapping[int, planning.Times]) -> list[Row]:
    """Return how long plans took, and `terraform validate` on the same copy."""
    aims = {50: "at most 1.5", 500: "at most 6"}
    return [
        row
        for size, took in times.items()
        for row in (
            Row(what=f"plan of {size} resources", value=took.plan, unit="s", aim=aims[size]),
            Row(what="... / terraform validate", value=took.plan / took.validate, unit=""),
        )
    ]


def grown(files: Files) -> Files:
    """Return a repository ten times as large: nine copies beside the original."""
    copies = {f"copy-{n}/{name}": content for n in range(9) for name, content in files.items()}
    return {**files, **copies}


def command_line(folder: Path) -> float:
    """Return the seconds that the plain command line takes on a whole checkout."""
    began = time.monotonic()
    command = [str(stack.BIN / "checkov"), f"--directory={folder}", *CHECKOV]
    done = subprocess.run(command, capture_output=True, check=False, cwd=folder)
    took = time.monotonic() - began
    if not done.stdout.strip():
        raise stack.StackFailed(f"checkov failed:\n{done.stderr.decode(errors='replace')[-2000:]}")
    return took


def reviews(github: FakeGitHub, folder: Path, sizes: tuple[Files, Files], say: stack.Say) -> dict[str, Row]:
    """Measure pull requests on the repository and, in turns, on one ten times as large."""
    with ExitStack() as context:
        running = context.enter_context(stack.running(github, folder))
        peak = context.enter_context(memory.watched(running.worker.pid))
        repos = [github.create_repo(files, name=name) for files, name in zip(sizes, ("medium", "larger"), strict=True)]
        say(f"{TIMES} pull requests on {len(sizes[0])} files, {TIMES} on {len(sizes[1])} ...")
        first, _ = (changed_time(github, repo, files, 0) for repo, files in zip(repos, sizes, strict=True))
        pairs = [
            [changed_time(github, repo, files, number) for repo, files in zip(repos, sizes, strict=True)]
            for number in range(1, TIMES + 1)
        ]
        small, large = (statistics.median(times) for times in zip(*pairs, strict=True))
        say(f"{TIMES} pull requests that bring findings, with fixes and without ...")
        with_, without = fixing.with_and_without(github, sizes[0], TIMES, verdict_time)
        say(f"{STORM} pull requests at once ...")
        rate = storm(github, repos[0], sizes[0])
        say("Webhooks while the worker is busy ...")
        busy = while_busy(github, running.url, repos[0], sizes[0])
    return {
        "first": Row(what="first pull request, nothing known (cold cache)", value=first, unit="s"),
        "small": Row(what="pull request, event to verdict (median)", value=small, unit="s"),
        "large": Row(what="the same, repository ten times larger", value=large, unit="s"),
        "fixes": Row(what="pull request with findings, with fixes (median)", value=with_, unit="s"),
        "fixes off": Row(what="the same, fixes.suggest: off", value=without, unit="s"),
        "rate": Row(what="reviews a minute, all at once", value=rate, unit=""),
        "worker": Row(what="peak memory of the worker", value=peak.worker / 2**20, unit="MiB"),
        "scanning": Row(what="peak memory of a scanning process", value=peak.below / 2**20, unit="MiB"),
        "busy": Row(what="acknowledgement p99, worker busy", value=busy * 1000, unit="ms", aim="under 200"),
    }


def changed_time(github: FakeGitHub, repo: Repo, files: Files, number: int) -> float:
    """Return the seconds that the review of a small change takes."""
    return verdict_time(github, repo, repositories.changed(files, number))


def verdict_time(github: FakeGitHub, repo: Repo, changes: Files) -> float:
    """Open a pull request and return the seconds until its check run is completed."""
    pull = github.open_pull_request(repo, changes, tell=False)
    began = time.monotonic()
    github.send("pull_request", github.payloads.pull_request(pull, "opened"))
    wait_for([pull])
    took = time.monotonic() - began
    time.sleep(0.5)  # the SARIF upload ends before the next one is measured
    return took


def wait_for(pulls: list[PullRequest]) -> None:
    """Wait until every pull request was reviewed. Raises StackFailed when one was not, or not in time."""
    deadline = time.monotonic() + PATIENCE
    while not all(any(run.status == "completed" for run in pull.check_runs) for pull in pulls):
        if time.monotonic() > deadline:
            raise stack.StackFailed(f"a review did not come to an end within {PATIENCE} s")
        time.sleep(0.002)
    for run in (run for pull in pulls for run in pull.check_runs):
        if (run.title or "").startswith("Not reviewed"):
            raise stack.StackFailed(f"a review failed, so that its time means nothing: {run.title}\n{run.summary}")


def open_many(github: FakeGitHub, repo: Repo, files: Files, first: int) -> list[PullRequest]:
    """Open many pull requests one after the other, faster than they can be reviewed."""
    numbers = range(first, first + STORM)
    pulls = [github.open_pull_request(repo, repositories.changed(files, n), tell=False) for n in numbers]
    for pull in pulls:
        github.send("pull_request", github.payloads.pull_request(pull, "opened"))
    return pulls


def storm(github: FakeGitHub, repo: Repo, files: Files) -> float:
    """Return reviews a minute when many pull requests are opened at once."""
    began = time.monotonic()
    wait_for(open_many(github, repo, files, 100))
    return STORM / (time.monotonic() - began) * 60


def while_busy(github: FakeGitHub, url: str, repo: Repo, files: Files) -> float:
    """Return the p99 of acknowledgements, in seconds, at 50 a second while reviews keep the worker busy.

    The events are of pull requests that were closed: each is stored like any other, and makes no more work.
    """
    pulls = open_many(github, repo, files, 200)
    payload = github.payloads.pull_request(pulls[0], "closed")
    found = webhooks.measure(f"{url}/webhook", github.webhook_secret, payload, rate=50, seconds=5, first=1_000_000)
    wait_for(pulls)
    return found.p99


def acknowledgements(github: FakeGitHub, folder: Path) -> list[Row]:
    """Measure the web process alone, with nobody to take the work."""
    repo = github.create_repo({"main.tf": ""}, name="webhooks")
    pull = github.open_pull_request(repo, {"main.tf": "# changed\n"}, tell=False)
    payload = github.payloads.pull_request(pull, "opened")
    with stack.web_only(github, folder) as url:
        found = webhooks.measure(f"{url}/webhook", github.webhook_secret, payload, rate=200, seconds=10)
    return [
        Row(what="webhooks a second", value=found.rate, unit=""),
        Row(what="acknowledgement p50", value=found.p50 * 1000, unit="ms"),
        Row(what="acknowledgement p99", value=found.p99 * 1000, unit="ms", aim="under 200"),
        Row(what="deliveries not accepted", value=found.sent - found.accepted, unit="", aim="0"),
    ]


def table(rows: list[Row]) -> Table:
    """Return the rows as people read them."""
    shown = Table()
    for heading in ("measured", "value", "aim"):
        shown.add_column(heading, justify="right" if heading == "value" else "left")
    for row in rows:
        shown.add_row(row.what, f"{row.value:.3g} {row.unit}".strip(), row.aim)
    return shown


if __name__ == "__main__":
    sys.exit(main())
