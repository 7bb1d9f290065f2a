"""Every rule can be explained, from what ships with the package, and the pages are current."""

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner

from reviewer import rulebook
from reviewer.cli import commands
from reviewer.derive import rule_pages
from reviewer.errors import Rejected
from reviewer.rules import RULES
from reviewer.rules.card import Card, Sample, page, text
from reviewer.rules.plan import PLAN_RULES

AGAIN = "run python -m reviewer.derive.rule_pages"
PLUMBRULE = Path(sys.executable).with_name("plumbrule")


def _explain(*arguments):
    return subprocess.run([PLUMBRULE, "explain", *arguments], capture_output=True, text=True, check=False)


def test_pages_index_and_examples_are_what_the_rules_make_of_them():
    made = rule_pages.files()
    stale = [path.name for path, text_ in made.items() if not path.exists() or path.read_text("utf-8") != text_]
    assert stale == [], AGAIN
    assert sorted(rule_pages.PAGES.glob("*.md")) == sorted(path for path in made if path.parent == rule_pages.PAGES)


@pytest.mark.slow
def test_the_list_of_checkovs_rules_is_that_of_the_installed_one():
    assert rulebook.CHECKOV_FILE.read_text("utf-8") == rule_pages.checkov_file(), AGAIN


def test_the_list_is_of_the_version_that_scans():
    assert rulebook.checkov_version() == metadata.version("checkov"), AGAIN


@pytest.mark.parametrize("rule", [*RULES, *PLAN_RULES])
def test_a_rule_of_ours_is_explained_in_full_and_listed(rule):
    card = rulebook.card(rule)
    assert card.title and card.why and card.remedy and card.references
    assert f"(rules/{rule}.md)" in rule_pages.INDEX.read_text("utf-8")
    if rule != "PLB_SKIP_1":
        assert card.bad and card.good
        assert "# expect" not in page(card)


def test_every_rule_of_checkov_is_explained():
    for rule in rulebook.checkov_rules():
        card = rulebook.card(rule)
        assert card.title and card.why and card.remedy, rule
        assert text(card) and page(card)


def test_the_terminal_is_told_all_of_it():
    told = _explain("PLB_NET_6")
    assert told.returncode == 0, told.stderr
    rule = RULES["PLB_NET_6"]
    for words in (rule.title, rule.severity.word, "Why it matters", "What to do", "Found", "Not found", "CIS AWS 5.6"):
        assert words in told.stdout
    assert rule.references[0] in told.stdout


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("CKV_AWS_24", ["SSH is open", "found by Checkov", "CloudFormation, Terraform", "CIS AWS 5.2"]),
        ("ckv-aws-24", ["CKV_AWS_24 "]),
        ("PLB_PLAN_PUBLIC_1", ["plans", "-> [0.0.0.0/0]", "=> aws_security_group.web opens port 22 (SSH)"]),
        ("DL3002", ["found by hadolint", "Dockerfiles", "CIS Docker 4.1"]),
        ("zizmor.template-injection", ["found by zizmor", "GitHub Actions"]),
        ("CKV_AZURE_131@arm", ["ARM", "Secret parameter has a default value", "critical"]),
        ("CKV_AZURE_131", ["Terraform", "The id means something else in", "CKV_AZURE_131@arm"]),
    ],
)
def test_a_rule_of_any_scanner_is_explained(asked, words):
    told = text(rulebook.card(asked))
    assert all(word in told for word in words), told


def test_the_same_is_had_in_markdown():
    told = CliRunner().invoke(commands, ["explain", "PLB_NET_6", "--format", "markdown"])
    assert told.output == (rule_pages.PAGES / "PLB_NET_6.md").read_text("utf-8")


def test_a_rule_that_nobody_has_is_an_error_with_what_was_probably_meant():
    told = _explain("CKV_AWS_2444")
    assert (told.returncode, told.stdout) == (2, "")
    assert "nobody has a rule 'CKV_AWS_2444'. Did you mean CKV_AWS_2" in told.stderr
    with pytest.raises(Rejected, match="Did you mean PLB_NET_1 "):
        rulebook.card("PLB_NET1")
    with pytest.raises(Rejected, match=r"docs/rules\.md lists ours"):
        rulebook.card("\x1b[31m everything")
    with pytest.raises(Rejected, match="no rule for 'helm'; expected"):
        rulebook.card("CKV_AWS_24@helm")


def test_what_an_example_holds_ends_no_fence():
    sample = Sample(path="README.tf", lines=("````", "``` `x` ```"))
    told = page(Card(id="X", title="t", severity="low", runs_on="Terraform", bad=(sample,)))
    assert "\n`````hcl\n````\n" in told and told.rstrip().endswith("`````")


def test_every_example_that_ships_is_text_and_short():
    shipped = json.loads(rulebook.EXAMPLES_FILE.read_text("utf-8"))
    for rule, kinds in shipped.items():
        for files in kinds.values():
            assert sum(len(file["lines"]) for file in files) <= 2 * rule_pages.MOST_LINES, rule
            assert not any("\r" in line or "\n" in line for file in files for line in file["lines"]), rule
