"""The commands `plumbrule policy ...`: Rego policies on a plan, and their tests. Parses, calls, prints."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click


@click.group()
def policy() -> None:
    """Evaluate and test Rego policies as conftest users write them (docs/rego.md)."""


@policy.command("eval")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--plan", required=True, type=click.Path(path_type=Path), help="A plan as `terraform show -json` prints it."
)
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def evaluate(folder: Path, plan: Path, form: str) -> None:
    """Print what the policies in DIR say of a plan.

    Exit code 0: nothing is denied. 1: something is. 2: they could not run, or a part of them could not be used.
    """
    from reviewer import policies  # late: the engine is not needed to print a help text

    found = policies.evaluate_folder(folder, plan, os.environ)
    click.echo(policies.render_evaluation(found, form), nl=False)
    sys.exit(policies.exit_code(found))


@policy.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def test(folder: Path, form: str) -> None:
    """Run the rules named test_... among the policies in DIR, as `opa test` and `conftest verify` do.

    Exit code 0: all passed. 1: one did not. 2: they could not run, or a part of them could not be used.
    """
    from reviewer import policies

    found = policies.test_folder(folder, os.environ)
    click.echo(policies.render_tests(found, form), nl=False)
    sys.exit(policies.exit_code(found))
