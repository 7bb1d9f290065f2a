"""`make bench`: ratios taken side by side in one run, ours against the plain Checkov command line on the same tree."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests import stack
from tests.bench import memory, repositories, webhooks
from tests.bench.repositories import Files
from tests.fake_github import FakeGitHub
from tests.fake_github.state import PullRequest, Repo

MEDIUM_ROOTS = 40
TIMES = 7
STORM = 24
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
        say = console.print
        say(f"Plain Checkov on {len(files)} files ...", style="dim")
        plain = command_line(files, Path(folder, "checkout"))
        with FakeGitHub() as github:
            github.install("acme")
            rows = reviews(github, Path(folder, "stack"), (files, larger), plain, say)
            say("Webhooks at 200 a second ...", style="dim")
            rows += acknowledgements(github, Path(folder, "web"))
    return rows


def grown(files: Files) -> Files:
    """Return a repository ten times as large: nine copies beside the original."""
    copies = {f"copy-{n}/{name}": content for n in range(9) for name, content in files.items()}
    return {**files, **copies}


def command_line(files: Files, folder: Path) -> float:
    """Return the seconds that the plain command line takes on the whole checkout (the better of two runs)."""
    repositories.write(files, folder)
    took = []
    for _ in range(2):
        began = time.monotonic()
        subprocess.run(
            [stack.BIN / "checkov", f"--directory={folder}", *CHECKOV], capture_output=True, check=False, cwd=folder
        )
        took.append(time.monotonic() - began)
    return min(took)


def reviews(github: FakeGitHub, folder: Path, sizes: tuple[Files, Files], plain: float, say: stack.Say) -> list[Row]:
    """Measure pull requests on the repository and on one ten times as large."""
    with ExitStack() as context:
        running = context.enter_context(stack.running(github, folder))
        peak = context.enter_context(memory.watched(running.worker.pid))
        say(f"{TIMES} pull requests on {len(sizes[0])} files ...")
        first, small = pull_requests(github, sizes[0], "medium")
        say(f"{TIMES} pull requests on {len(sizes[1])} files ...")
        _, large = pull_requests(github, sizes[1], "larger")
        say(f"{STORM} pull requests at once ...")
        rate = storm(github, sizes[0])
        return [
            Row(what="plain Checkov on the checkout", value=plain, unit="s"),
            Row(what="first pull request, nothing known", value=first, unit="s"),
            Row(what="pull request, event to verdict", value=small, unit="s"),
            Row(what="pull request / plain Checkov", value=small / plain, unit="", aim="at most 0.15"),
            Row(what="the same, repository ten times larger", value=large, unit="s"),
            Row(what="larger / medium", value=large / small, unit="", aim="at most 1.2"),
            Row(what="reviews a minute", value=rate, unit=""),
            Row(what="peak memory of the worker", value=peak.worker / 2**20, unit="MiB"),
            Row(what="peak memory of a scanning process", value=peak.below / 2**20, unit="MiB"),
        ]


def pull_requests(github: FakeGitHub, files: Files, name: str) -> tuple[float, float]:
    """Return seconds from event to verdict of a repository's first pull request, and the median of those after."""
    repo = github.create_repo(files, name=name)
    times = [verdict_time(github, repo, files, number) for number in range(TIMES + 1)]
    return times[0], statistics.median(times[1:])


def verdict_time(github: FakeGitHub, repo: Repo, files: Files, number: int) -> float:
    """Open a pull request and return the seconds until its check run is completed."""
    pull = github.open_pull_request(repo, repositories.changed(files, number), tell=False)
    began = time.monotonic()
    github.send("pull_request", github.payloads.pull_request(pull, "opened"))
    wait_for([pull])
    took = time.monotonic() - began
    time.sleep(0.3)  # the SARIF upload ends before the next one is measured
    return took


def wait_for(pulls: list[PullRequest]) -> None:
    """Wait until every pull request has a completed check run. Raises StackFailed after ten minutes."""
    deadline = time.monotonic() + 600
    while not all(any(run.status == "completed" for run in pull.check_runs) for pull in pulls):
        if time.monotonic() > deadline:
            raise stack.StackFailed("a review did not come to an end")
        time.sleep(0.002)


def storm(github: FakeGitHub, files: Files) -> float:
    """Return reviews a minute when many pull requests are opened at once."""
    repo = github.create_repo(files, name="storm")
    verdict_time(github, repo, files, 0)
    began = time.monotonic()
    wait_for([github.open_pull_request(repo, repositories.changed(files, 100 + n)) for n in range(STORM)])
    return STORM / (time.monotonic() - began) * 60


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
