"""Every row of config/recipes does what it says, shown on its own example."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from reviewer import hcl
from reviewer.fix.recipes import Recipe
from reviewer.fix.schema import problems
from reviewer.rules import Directory, run_rules
from reviewer.scan import recipe_files, schema_files
from tests.fix import rows as table
from tests.fix.rows import Row
from tests.fix.trying import tried
from tests.fix.variants import tried_on_each_type, tried_with_policy

CENSUS = Path(__file__).with_name("census.yml")
FILES = table.files()
TERRAFORM = [path for path in FILES if path.parent.name == "terraform"]


def name(path: Path) -> str:
    """The name of a test's parameter."""
    return f"{path.parent.name}/{path.name}"


@functools.cache
def rows_of(path: Path) -> tuple[Row, ...]:
    """The rows of one file, read once."""
    return tuple(table.rows(path, path.parent.name))


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=name)
def test_each_recipe_makes_fixed_of_bad_and_checkov_agrees(path: Path) -> None:
    wrong = [
        f"{outcome.row.name}: {problem}"
        for outcome in tried(rows_of(path), table.choices(path), edit=True)
        for problem in outcome.problems
    ]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_value_of_the_policy_serves_as_well_as_a_variable(path: Path) -> None:
    wrong = [
        f"{outcome.row.name}: {problem}"
        for outcome in tried_with_policy(rows_of(path), table.choices(path))
        for problem in outcome.problems
    ]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("path", TERRAFORM, ids=name)
def test_a_recipe_serves_every_type_that_it_names(path: Path) -> None:
    wrong = [
        f"{outcome.row.name}: {problem}"
        for outcome in tried_on_each_type(rows_of(path), table.choices(path))
        for problem in outcome.problems
    ]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("path", TERRAFORM, ids=name)
def test_the_provider_has_nothing_against_what_a_recipe_makes(path: Path) -> None:
    wrong = [f"{row.name}: {problem}" for row in rows_of(path) for problem in made_worse(row)]
    assert not wrong, "\n" + "\n".join(wrong)


def made_worse(row: Row) -> Iterator[str]:
    """What a provider of today has against `fixed`; a row for older ones says so in `provider`."""
    if row.recipe and not row.recipe.provider:
        before = set(schema_problems(row.recipe.bad))
        yield from (problem for problem in schema_problems(row.recipe.fixed) if problem not in before)


def schema_problems(text: str) -> Iterator[str]:
    """What providers have against the resources in a text."""
    for block in hcl.parse(text.encode()).blocks:
        if block.type == "resource" and len(block.labels) == 2:
            yield from problems(schema_files.schema(), block.labels[0], block.body)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not installed")
def test_what_terraform_fmt_would_leave_alone_it_leaves_alone_after_the_edit(tmp_path: Path) -> None:
    for path in TERRAFORM:
        for number, row in enumerate(rows_of(path)):
            if row.recipe:
                folder = tmp_path / path.stem / f"{number:03}-{row.recipe.rule}"
                folder.mkdir(parents=True)
                (folder / "bad.tf").write_text(row.recipe.bad, encoding="utf-8")
                (folder / "fixed.tf").write_text(row.recipe.fixed, encoding="utf-8")
    unclean = {tmp_path / line for line in formatted(tmp_path)}
    spoilt = [path for path in unclean if path.name == "fixed.tf" and path.with_name("bad.tf") not in unclean]
    assert not spoilt, "\n".join(sorted(str(path.relative_to(tmp_path)) for path in spoilt))


def formatted(folder: Path) -> list[str]:
    """The files below `folder` that `terraform fmt` would write."""
    command = ["terraform", "fmt", "-check", "-recursive", "-list=true", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout.splitlines()


def census() -> list[tuple[str, str, str]]:
    """Framework, rule and type of what Checkov finds in the three goats."""
    found = yaml.safe_load(CENSUS.read_text(encoding="utf-8"))
    return [(framework, rule, type_) for framework, rules in found.items() for rule in rules for type_ in rules[rule]]


@pytest.mark.slow
def test_every_rule_that_is_found_in_the_goats_is_decided() -> None:
    known = recipe_files.recipes()
    undecided = [
        f"{framework} {rule} {type_}"
        for framework, rule, type_ in census()
        if not known.advice_on(framework, rule, type_)
        and not (known.recipes.get((framework, rule)) if type_ == "*" else known.of(framework, rule, type_))
    ]
    assert not undecided, f"{len(undecided)} of {len(census())}:\n" + "\n".join(undecided)


def test_a_choice_means_the_same_in_every_file() -> None:
    said: dict[str, set[str]] = {}
    for path in FILES:
        with path.open("rb") as stream:
            document = yaml.load(stream, Loader=recipe_files.Loader) or {}
        for choice, told in (document.get("choices") or {}).items():
            said.setdefault(choice, set()).add(f"{told.get('type')}: {told.get('description')}")
    differing = {choice: sorted(meanings) for choice, meanings in said.items() if len(meanings) > 1}
    assert not differing


NAMES = {
    "terraform": "main.tf",
    "cloudformation": "t.yaml",
    "kubernetes": "m.yaml",
    "dockerfile": "Dockerfile",
    "github_actions": ".github/workflows/w.yml",
}
KNOWN = {
    ("CKV2_AWS_34", "PLB_SECRET_5"),  # that the value lies in the state is said of parameters that are secret only
}


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name in NAMES], ids=name)
def test_no_rule_of_ours_has_anything_new_against_what_a_recipe_makes(path: Path) -> None:
    reviewed = [row.recipe for row in rows_of(path) if row.recipe and row.reviewed]
    new = {(recipe.rule, rule) for recipe in reviewed for rule, _ in ours(recipe, "fixed") - ours(recipe, "bad")}
    assert not new - KNOWN


def ours(recipe: Recipe, which: str) -> Counter[tuple[str, str]]:
    """What our rules find in an example: rules and resources."""
    path = NAMES[recipe.framework]
    files = {path: getattr(recipe, which).encode()}
    return Counter((f.rule, f.resource) for f in run_rules(Directory(path=path.rpartition("/")[0], files=files)))


def test_no_warning_holds_a_place_that_nothing_fills() -> None:
    warnings = [row.recipe.warn for path in FILES for row in rows_of(path) if row.recipe]
    assert any(warnings)
    assert not [warning for warning in warnings if "{{" in warning]
