"""The commands `plumbrule recipes ...`: keep the table of recipes. At build time, by those who work on Plumbrule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from reviewer.settings import CONFIG_DIR

FOLDER = CONFIG_DIR / "recipes"
SOURCES = ("aws", "azurerm", "google", "cloudformation")


@click.group()
def recipes() -> None:
    """Keep the table of recipes (for those who work on Plumbrule)."""


@recipes.command()
@click.option(
    "--schemas",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder with PROVIDER.json as `terraform providers schema -json` prints it, or with packages of provider"
    " bindings for CDK for Terraform. Default: the extract in config/recipes/schemas.",
)
@click.option("--only", type=click.Choice(SOURCES), multiple=True, help="Only this provider. Default: all.")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), help="Default: config/recipes.")
@click.option("--write", is_flag=True, help="Write rows that are missing, and the extract of the schemas.")
@click.option("--verbose", is_flag=True, help="Say of each check without a row why there is none.")
def derive(schemas: Path | None, only: tuple[str, ...], into: Path | None, write: bool, verbose: bool) -> None:
    """Derive recipes from Checkov's checks, as far as the providers' schemas allow and Checkov confirms them."""
    from reviewer.derive import derivation  # late: loads Checkov

    for source in only or SOURCES:
        result = derivation.derive(source, schemas, FOLDER)
        _tell(source, len(result.rows), result.left, say=click.echo, verbose=verbose)
        if write:
            for path in derivation.write(result, into or FOLDER):
                click.echo(f"  wrote {path}")


def _tell(
    source: str, rows: int, left: Iterable[tuple[str, str, str]], *, say: Callable[[str], None], verbose: bool
) -> None:
    left = tuple(left)
    whys = Counter(why.partition(": ")[2] or why for _, _, why in left)
    say(f"{source}: {rows} new rows; nothing derived for {len(left)} checks and types")
    if verbose:
        for rule, type_, why in left:
            say(f"  {rule} {type_}: {why}")
    else:
        for why, times in whys.most_common(5):
            say(f"  {times} x {why[:100]}")


@recipes.command()
def choices() -> None:
    """Print the values that a policy may give to fixes, as a table."""
    from reviewer.scan.recipe_files import recipes as table

    click.echo("| choice | type | what it is |\n|---|---|---|")
    for choice in sorted(table().choices.values(), key=lambda choice: choice.name):
        click.echo(f"| `{choice.name}` | {choice.type} | {choice.description} |")
