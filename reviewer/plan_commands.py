"""`plumbrule plan` and `plumbrule schemas`: plans at the terminal, and what the operator knows of providers."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from reviewer.errors import Rejected
from reviewer.settings import plan_program, schemas_directory


def progress(message: str) -> None:
    """Say what goes on, to a person who waits at a terminal."""
    if sys.stderr.isatty():
        click.secho(message, err=True, dim=True)


@click.command("plan")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--base", metavar="REV", help="What changes since the head left REV. Default: everything is created.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan in the form of `terraform show -json`.")
@click.option("--workspace", "workspaces", multiple=True, metavar="NAME", help="Plan this workspace. Repeatable.")
@click.option(
    "--var-file", "var_files", multiple=True, type=click.Path(path_type=Path), help="Values of variables. Repeatable."
)
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", show_default=True)
def plan(
    path: Path, base: str | None, as_json: bool, workspaces: tuple[str, ...], var_files: tuple[Path, ...], color: str
) -> None:
    """Plan the Terraform roots at PATH without providers, credentials or network.

    The plan is approximate: what providers would fill in, refuse or look up is not known. Secrets are redacted. Exit
    code 0: planned. 1: a root could not be planned. 2: could not run.
    """
    from reviewer import local_plan

    wanted = local_plan.Wanted(path=path, base=base, workspaces=workspaces, var_files=var_files)
    with local_plan.planned(wanted, os.environ, progress) as pairs:
        if as_json:
            click.echo(local_plan.render_json(pairs), nl=False)
        else:
            colored = color == "always" or (color == "auto" and sys.stdout.isatty())
            click.echo(local_plan.render_text(pairs, color=colored), nl=False)
        sys.exit(any(pair.not_planned for pair in pairs))


@click.group()
def schemas() -> None:
    """What plans know of providers: schemas that you add come before those that ship with Plumbrule.

    They lie below DATA_DIR, or in ~/.local/share/plumbrule where that is not set.
    """


@schemas.command("add")
@click.argument("what", metavar="PROVIDER|FILE")
@click.option("--version", default="", help="A version of the provider, such as 6.47.0. Default: the newest.")
def add(what: str, version: str) -> None:
    """Add schemas from a FILE that `terraform providers schema -json` wrote, or of a PROVIDER such as hashicorp/aws.

    For a PROVIDER, Terraform installs it from its registry and runs it: do that where you trust both.
    """
    from reviewer.plan.schemas import Store

    store, file = Store(schemas_directory(os.environ)), Path(what)
    if file.is_file():
        added = store.add_from_file(file, version)
    else:
        program = plan_program(os.environ)
        if program is None:
            raise Rejected(
                f"{what}: there is no such file, and no terraform or tofu to ask (TERRAFORM_PATH, TOFU_PATH)"
            )
        progress(f"Installing {what} to ask for its schema ...")
        added = store.add_from_terraform(program, what, version)
    for kept in added:
        click.echo(f"added {kept.source} {kept.version}: {kept.resources} resources, {kept.data_sources} data sources")


@schemas.command("list")
def list_schemas() -> None:
    """List the providers that were added."""
    from reviewer.plan.schemas import Store

    folder = schemas_directory(os.environ)
    for kept in Store(folder).listed():
        click.echo(f"{kept.source} {kept.version}: {kept.resources} resources, {kept.data_sources} data sources")
    if not Store(folder).listed():
        click.echo(f"none were added (to {folder}); those of aws, azurerm and google ship with Plumbrule", err=True)
