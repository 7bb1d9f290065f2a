"""Every rule on plans says what its bad examples show, and nothing of the good ones."""

import pytest

from reviewer.model import Source
from reviewer.rules.plan import PLAN_RULES, run_plan_rules
from tests.rules.plan import (
    examples_data,
    examples_exposure,
    examples_identity,
    examples_protection,
    examples_whole,
)

EXAMPLES = tuple(
    example
    for family in (examples_data, examples_identity, examples_exposure, examples_protection, examples_whole)
    for example in family.EXAMPLES
)
BAD = [example for example in EXAMPLES if example.says]
GOOD = [example for example in EXAMPLES if not example.says]


def _name(example):
    return f"{example.rule}: {example.title}"


@pytest.mark.parametrize("example", BAD, ids=_name)
def test_a_bad_example_is_found_by_its_rule_alone_and_told_in_its_own_names(example):
    found = run_plan_rules(example.view)
    assert [finding.rule for finding in found] == [example.rule]
    assert all(words in found[0].message for words in example.says), found[0].message
    assert example.severity in (None, found[0].severity)
    assert (found[0].source, found[0].scanner, found[0].framework) == (Source.PLAN, "plumbrule", "terraform")


@pytest.mark.parametrize("example", GOOD, ids=_name)
def test_a_good_example_has_no_finding(example):
    assert [finding.message for finding in run_plan_rules(example.view)] == []


@pytest.mark.parametrize("rule", PLAN_RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_has_texts_references_and_two_examples_of_each_kind(rule):
    assert sum(example.rule == rule.id for example in BAD) >= 2
    assert sum(example.rule == rule.id for example in GOOD) >= 2
    assert rule.title and not rule.title.endswith(".")
    assert rule.why.endswith(".") and rule.remedy.endswith(".")
    assert rule.references and all(reference.startswith("https://") for reference in rule.references)
