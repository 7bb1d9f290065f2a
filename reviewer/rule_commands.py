"""The command `plumbrule explain`: what a rule means, why, what to do, with examples. Parses, calls, prints."""

from __future__ import annotations

import click


@click.command()
@click.argument("rule")
@click.option("--format", "form", type=click.Choice(("text", "markdown")), default="text", show_default=True)
def explain(rule: str, form: str) -> None:
    """Say what RULE means: how bad it is, why it matters, what to do, which standards ask for it, with examples.

    RULE is one of ours (PLB_NET_1), of Checkov's (CKV_AWS_24) or of another scanner's that is named in
    config/severities. ID@FRAMEWORK is for an id that means two things. Exit code 0: explained. 2: nobody has it.
    """
    from reviewer import rulebook  # late: the rules are not needed to print a help text
    from reviewer.rules import card

    found = rulebook.card(rule)
    click.echo(card.page(found) if form == "markdown" else card.text(found), nl=False)
