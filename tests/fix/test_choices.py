from __future__ import annotations

import re

from click.testing import CliRunner

from reviewer.cli import commands
from reviewer.judge.policy import policy_schema
from reviewer.scan.recipe_files import recipes
from reviewer.settings import CONFIG_DIR


def test_the_page_of_choices_lists_those_there_are() -> None:
    page = (CONFIG_DIR.parent / "docs" / "choices.md").read_text()
    printed = CliRunner().invoke(commands, ["recipes", "choices"])
    assert printed.exit_code == 0
    assert page.endswith(printed.output), "run: plumbrule recipes choices"


def test_every_choice_can_be_written_in_a_policy() -> None:
    (pattern,) = policy_schema()["$defs"]["FixesDocument"]["properties"]["choices"]["patternProperties"]
    assert all(re.fullmatch(pattern, name) for name in recipes().choices)
