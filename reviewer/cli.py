"""The command line: `plumbrule --help` lists its commands. Parses, calls, prints; decides nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from reviewer.derive.command import recipes
from reviewer.derive.plan_command import plan_tables
from reviewer.errors import Misconfigured, PlumbruleError
from reviewer.model import Risk
from reviewer.plan_commands import plan, progress, schemas
from reviewer.policy_commands import policy as policy_commands
from reviewer.rule_commands import explain

EXIT_PASSED, EXIT_BLOCKED, EXIT_COULD_NOT_RUN = 0, 1, 2
FORMATS = ("text", "json", "sarif", "markdown")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="plumbrule", message="%(prog)s %(version)s")
def commands() -> None:
    """Review infrastructure changes for security: as a GitHub App, or here in a local repository.

    \b
    plumbrule review --base main     what your branch introduces, before anyone else sees it
    plumbrule fix --dry-run          what can be mended right away, as a patch
    plumbrule plan --base main       what your branch would create, change and destroy
    plumbrule explain CKV_AWS_24     what a rule means, why it matters and what to do
    plumbrule serve, plumbrule worker   the two processes of the GitHub App (see README.md)
    """


@commands.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--base", required=True, metavar="REV", help="Compare with where the head left REV (the merge base).")
@click.option("--head", metavar="REV", help="Review REV. Default: the files as they are now, uncommitted ones too.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file instead.")
@click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A policy file to go by. Default: .github/plumbrule.yml at the base, as on GitHub.",
)
@click.option(
    "--sarif",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Take what another tool said of the head (SARIF 2.1.0) into the review. Repeatable.",
)
@click.option(
    "--plan",
    "plans",
    multiple=True,
    metavar="[ROOT=]FILE",
    help="Take this plan (JSON of `terraform show -json`) of the root at PATH, or at ROOT, instead of making one."
    " Repeatable.",
)
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", show_default=True)
def review(  # noqa: PLR0913, PLR0917 (one argument an option)
    path: Path,
    base: str,
    head: str | None,
    form: str,
    output: Path | None,
    policy: Path | None,
    plans: tuple[str, ...],
    sarif: tuple[Path, ...],
    color: str,
) -> None:
    """Review the repository at PATH with no GitHub at all: what the head introduces, compared with REV.

    Exit code 0: passed. 1: blocked. 2: could not run.
    """
    from reviewer import local  # late: the scanner is not needed to print a help text

    wanted = local.Wanted(path=path, base=base, head=head, policy=policy, plans=plans, sarif=sarif)
    with local.examined(wanted, os.environ, progress) as examination:
        colored = color == "always" or (color == "auto" and output is None and sys.stdout.isatty())
        text = local.render(examination, form, color=colored)
        if output:
            output.write_text(text, encoding="utf-8")
        else:
            click.echo(text, nl=not text.endswith("\n"))
        sys.exit(EXIT_PASSED if examination.verdict.passed else EXIT_BLOCKED)


@commands.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option(
    "--base", metavar="REV", help="Mend only what was introduced since the head left REV. Default: everything."
)
@click.option("--rule", "rules", multiple=True, metavar="ID", help="Mend only findings of this rule. Repeatable.")
@click.option(
    "--also",
    multiple=True,
    type=click.Choice([str(risk) for risk in Risk if risk is not Risk.SAFE]),
    help="Take fixes of this risk, too. input: adds variables that need a value. replace: recreates or restarts"
    " resources. cost: costs money. Repeatable.",
)
@click.option("--dry-run", is_flag=True, help="Print a patch for `git apply`, and change nothing.")
def fix(path: Path, base: str | None, rules: tuple[str, ...], also: tuple[str, ...], *, dry_run: bool) -> None:
    """Mend the infrastructure code at PATH with every safe fix that stands its proof.

    A fix is proved when, with it, the code still parses, the check passes and nothing new is found. Exit code 0: done,
    also when there was nothing to mend. 2: could not run.
    """
    from reviewer import local_fixes

    wanted = local_fixes.Wanted(path=path, base=base, rules=rules, risks=(Risk.SAFE, *map(Risk, also)))
    with local_fixes.mending(wanted, os.environ, progress) as found:
        if dry_run:
            click.echo(found.patch, nl=False)
        else:
            for written in local_fixes.take_over(found):
                click.echo(f"mended {written}")
        click.echo(local_fixes.outline(found, dry_run=dry_run), err=True)


@commands.command("fixes-report")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def fixes_report(path: Path, form: str) -> None:
    """Count what there is for every finding at PATH: a proved fix, guidance, nothing. Changes nothing.

    concrete: a proved fix that needs no input. parametric: a proved fix that adds a variable you must set. guidance:
    what to do, with an example, where no edit is right. failed: edits that did not stand their proof.
    """
    from reviewer import local_fixes

    with local_fixes.mending(local_fixes.Wanted(path=path, cached=False), os.environ, progress) as found:
        click.echo(local_fixes.render_report(found, form), nl=False)


commands.add_command(recipes)
commands.add_command(policy_commands)
commands.add_command(explain)
commands.add_command(plan)
commands.add_command(schemas)
commands.add_command(plan_tables)


@commands.command()
def migrate() -> None:
    """Create or update the tables of the database. Safe to run again."""
    from reviewer.jobs import migrate as migrate_jobs
    from reviewer.settings import read_settings

    migrate_jobs(read_settings(os.environ))
    click.echo("The database is up to date.", err=True)


@commands.command()
def serve() -> None:
    """Run the web server (gunicorn with config/gunicorn.conf.py): webhooks, /healthz, /readyz, /metrics."""
    from reviewer.settings import CONFIG_DIR, read_settings

    read_settings(os.environ)  # all problems at once, before gunicorn starts its processes
    gunicorn = str(Path(sys.executable).with_name("gunicorn"))
    arguments = [gunicorn, "-c", str(CONFIG_DIR / "gunicorn.conf.py"), "app:create_app_from_environment()"]
    os.execv(gunicorn, arguments)  # noqa: S606 (our own process becomes the server; nothing of a pull request is near)


@commands.command()
def worker() -> None:
    """Run a worker: takes reviews from the queue until it is told to stop (SIGTERM), then finishes what it has."""
    from reviewer.scan import compliance
    from reviewer.scan.foreign_config import read_scanners
    from reviewer.scan.scanner import PlanTools, Scanner
    from reviewer.scan.trees import own_folder
    from reviewer.settings import read_settings

    settings = read_settings(os.environ)
    compliance.table()  # reads the severities, too: a mistake in a table is told before anything runs
    with own_folder(settings.data_dir / "trees") as trees:
        planning = PlanTools(program=settings.plan_program, schemas=settings.schemas_dir)
        limits, concurrency, others = settings.scan_limits, settings.worker_concurrency, read_scanners()
        scanner = Scanner(limits, settings.sandbox, trees, concurrency, planning, foreign=others)
        scanner.start()
        from reviewer import compose  # late: the scanner warms up meanwhile

        compose.run_worker(settings, scanner)


def main() -> None:
    """Run a command; what is wrong is said in one line each, without a traceback."""
    try:
        commands(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_COULD_NOT_RUN)
    except Misconfigured as error:
        click.echo("plumbrule cannot start:", err=True)
        for problem in error.problems:
            click.echo(f"  {problem}", err=True)
        sys.exit(EXIT_COULD_NOT_RUN)
    except PlumbruleError as error:
        click.echo(f"plumbrule: {error}", err=True)
        sys.exit(EXIT_COULD_NOT_RUN)
