"""The commands `plumbrule plan-tables ...`: keep what is known of providers. For those who work on Plumbrule."""

from __future__ import annotations

from pathlib import Path

import click

from reviewer.settings import CONFIG_DIR

FOLDER = CONFIG_DIR / "plan"
PROVIDERS = ("aws", "azurerm", "google")


@click.group("plan-tables")
def plan_tables() -> None:
    """Keep the tables of what providers do (for those who work on Plumbrule)."""


@plan_tables.command()
@click.option(
    "--packages",
    required=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder with wheels: cdktf-cdktf-provider-NAME, and pulumi-NAME for what those leave out.",
)
@click.option("--only", type=click.Choice(PROVIDERS), multiple=True, help="Only this provider. Default: all.")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, help="Default: config/plan.")
def derive(packages: Path, only: tuple[str, ...], into: Path) -> None:
    """Make the tables of resource types, of defaults and of what recreates resources from packages of bindings.

    What a real provider told (`plumbrule plan-tables ask`) stands in the folder already, and is used.
    """
    from reviewer.derive import plan_derivation

    for provider in only or PROVIDERS:
        for said in plan_derivation.derive(provider, packages, into):
            click.echo(f"{provider}: {said}")


@plan_tables.command()
@click.argument("binary", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--only", multiple=True, metavar="TYPE", help="Only this resource type. Default: all.")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, help="Default: config/plan.")
def ask(binary: Path, only: tuple[str, ...], into: Path) -> None:
    """Ask a real provider of protocol 5 what it would plan, offline: BINARY is run, with nothing secret around it.

    Keeps its defaults, the blocks that it fills in, what is sensitive, and what recreates a resource.
    """
    from reviewer.derive import plan_derivation

    path = plan_derivation.ask(binary, only, into, click.echo)
    click.echo(f"wrote {path}")
