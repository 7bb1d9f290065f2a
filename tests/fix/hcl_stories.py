"""What the tests of the HCL editor share: a finding, a recipe, an edit of files given as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviewer.fix import terraform
from reviewer.fix.editing import Edited, Values
from reviewer.fix.recipes import Choice, Recipe
from reviewer.model import Finding, Risk, Severity, Span

CHOICES = {
    "key": Choice(name="key", type="string", description="The ARN of the key."),
    "bucket": Choice(name="bucket", type="string", description="Where logs go."),
    "networks": Choice(name="networks", type="list(string)", description="The networks that may connect."),
    "days": Choice(name="days", type="number", description="How long it is kept."),
}
VALUES = Values(choices=CHOICES)


def recipe(*, when: Mapping[str, tuple[Any, ...]] | None = None, provider: str = "", **edit: Any) -> Recipe:
    """A well-formed recipe for any resource."""
    made = Recipe(
        rule="CKV_X_1",
        types=("*",),
        framework="terraform",
        edit=edit,
        risk=Risk.SAFE,
        origin="written",
        when=when or {},
        provider=provider,
    )
    terraform.check(made)
    return made


def finding(
    path: str, line: int, *, span: tuple[int, int] | None = None, root: str = "", resource: str = "aws_x.y"
) -> Finding:
    """A finding on the block that begins at `line`."""
    start, end = span or (line, line)
    return Finding(
        rule="CKV_X_1",
        title="",
        severity=Severity.LOW,
        span=Span(path=path, start_line=start, end_line=end),
        block=Span(path=path, start_line=line, end_line=line),
        resource=resource,
        message="",
        scanner="checkov",
        root=root,
        framework="terraform",
    )


def edited(
    files: Mapping[str, str], which: Recipe, about: Finding, values: Values = VALUES
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the changed files and what is asked for; a second edit changes nothing more."""
    before = {path: text.encode() for path, text in files.items()}
    place = terraform.locate(before, about)
    result: Edited = terraform.edit(before, place, which, values)
    again = terraform.edit({**before, **result.files}, place, which, values)
    assert not again.files
    assert again.inputs == result.inputs
    return {path: text.decode() for path, text in result.files.items()}, result.inputs


def fixed(text: str, which: Recipe, *, values: Values = VALUES, span: tuple[int, int] | None = None) -> str:
    """Return `text` with a recipe applied to its first resource."""
    line = next(n for n, each in enumerate(text.splitlines(), 1) if each.startswith("resource"))
    changed, _ = edited({"main.tf": text}, which, finding("main.tf", line, span=span), values)
    return changed.get("main.tf", text)
