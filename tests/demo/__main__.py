"""`make demo`: an insecure pull request on a fake GitHub, reviewed by the real thing, and what then stands on it."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel

from tests import stack
from tests.fake_github import FakeGitHub
from tests.fake_github.state import CheckRun, PullRequest, Repo, ReviewComment

HERE = Path(__file__).parent
REVIEW_SECONDS = 60.0
PICTURE_WIDTH, PICTURE_COMMENTS = 110, 3
WITHOUT_FONTS = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.S)  # nothing is fetched to show it


def main() -> int:
    """Run the demo; exit code 1 when the review did not end as it should."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    parser.add_argument("--picture", type=Path, help="write what is printed as an SVG, too (docs/review.svg)")
    arguments = parser.parse_args()
    console = Console(highlight=False)
    began = time.monotonic()

    def say(message: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.1f} s[/dim]  {message}")

    with data_folder(keep=arguments.keep) as folder, FakeGitHub() as github:
        say("Fake GitHub listens on loopback")
        try:
            with stack.running(github, folder, say) as running:
                pull = open_pull_request(github, say)
                seconds = wait_for_verdict(pull)
                show(console, pull, seconds)
                if arguments.picture:
                    draw(pull, arguments.picture)
                if arguments.keep:
                    keep(console, running, pull)
        except stack.StackFailed as error:
            console.print(str(error), style="red", markup=False)
            return 1
    return 0


@contextmanager
def data_folder(*, keep: bool) -> Iterator[Path]:
    """Yield a folder for logs, database and clones; it goes away afterwards, or stays under var/ to be looked at."""
    if keep:
        yield Path("var", "demo", time.strftime("%Y%m%d-%H%M%S")).absolute()
    else:
        with tempfile.TemporaryDirectory(prefix="plumbrule-demo-") as folder:
            yield Path(folder)


def open_pull_request(github: FakeGitHub, say: stack.Say) -> PullRequest:
    """Create a repository, push a branch with an insecure change, open the pull request, deliver the webhook."""
    github.install("acme")
    repo = github.create_repo(files(HERE / "base"), name="payments")
    say("Repository acme/payments; a branch is pushed and a pull request opened")
    pull = github.open_pull_request(repo, files(HERE / "change"), branch="orders", title="Add the orders database")
    say("GitHub delivered the signed webhook; waiting for the verdict")
    return pull


def files(folder: Path) -> dict[str, str]:
    """Return the files below `folder` by their relative paths."""
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def wait_for_verdict(pull: PullRequest) -> float:
    """Wait until the check run is completed and code scanning has its SARIF; return seconds from event to verdict.

    Raises StackFailed when it takes too long.
    """
    began = time.monotonic()
    verdict = None
    while time.monotonic() < began + REVIEW_SECONDS:
        done = [run for run in pull.check_runs if run.status == "completed"]
        if done and verdict is None:
            verdict = time.monotonic() - began
        if verdict is not None and pull.repo.sarif_uploads:
            return verdict
        time.sleep(0.005)
    raise stack.StackFailed("The review did not come to an end; look at the logs under var/demo with KEEP=1.")


def show(console: Console, pull: PullRequest, seconds: float) -> None:
    """Print what stands on the pull request."""
    console.rule(f"{pull.repo.full_name}#{pull.number}  {pull.title}")
    show_check_run(console, pull.check_run)
    for comment in pull.comments:
        show_comment(console, comment)
    show_sarif(console, pull.repo)
    console.print(f"\n[bold]{seconds:.2f} s[/bold] from event to verdict")


def show_check_run(console: Console, run: CheckRun) -> None:
    """Print the check run as a maintainer sees it."""
    color = "green" if run.conclusion == "success" else "red"
    summary = Markdown(visible(run.summary or ""))
    console.print(Panel(summary, title=f"check run {run.name}: {run.conclusion} · {run.title}", border_style=color))
    for annotation in run.annotations:
        place = f"{annotation.path}:{annotation.start_line}"
        console.print(f"annotation {place}  {annotation.annotation_level}  {annotation.title}", markup=False)


def show_comment(console: Console, comment: ReviewComment) -> None:
    """Print a review comment under its place."""
    place = f"{comment.path}:{comment.start_line or comment.line}"
    console.print(Panel(Markdown(visible(comment.body)), title=place, title_align="left", border_style="cyan"))


def show_sarif(console: Console, repo: Repo) -> None:
    """Print what code scanning got."""
    for upload in repo.sarif_uploads:
        run = upload.sarif["runs"][0]
        rules = run["tool"]["driver"]["rules"]
        console.print(f"SARIF for {upload.ref}: {len(run['results'])} results of {len(rules)} rules", markup=False)


def visible(markdown: str) -> str:
    """Return `markdown` without what a browser hides: comments and the tags of folded parts."""
    for tag in ("<details>", "</details>", "<sub>", "</sub>", "<summary>", "</summary>"):
        markdown = markdown.replace(tag, "")
    head, *rest = markdown.split("<!--")
    return head + "".join(part.partition("-->")[2] for part in rest)


def draw(pull: PullRequest, path: Path) -> None:
    """Write the check run and the first comments as a picture for README.md."""
    page = Console(record=True, width=PICTURE_WIDTH, file=StringIO(), highlight=False)
    show_check_run(page, pull.check_run)
    for comment in pull.comments[:PICTURE_COMMENTS]:
        show_comment(page, comment)
    title = f"{pull.repo.full_name}#{pull.number}  {pull.title}"
    path.write_text(page.export_svg(title=title, code_format=WITHOUT_FONTS, unique_id="review"))


def keep(console: Console, running: stack.Stack, pull: PullRequest) -> None:
    """Leave everything running until Ctrl-C."""
    console.print(f"\nPlumbrule    {running.url} (/readyz, /metrics)", markup=False)
    console.print(f"fake GitHub  {running.fake.api_url}/repos/{pull.repo.full_name}/pulls/{pull.number}", markup=False)
    console.print(f"git          {running.fake.url}/{pull.repo.full_name}.git", markup=False)
    console.print(f"logs, data   {running.folder}\nCtrl-C stops it.", markup=False)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    sys.exit(main())
