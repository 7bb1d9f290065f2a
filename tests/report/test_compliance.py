"""Requirements of standards stand beside rules: as many as the policy asks for, never too many."""

import dataclasses

import pytest

from reviewer.report.comment import build_comments
from reviewer.report.jsonable import build_json
from reviewer.report.sarif import build_sarif
from reviewer.report.summary import build_summary
from reviewer.report.tools import Tools
from tests.report.examinations import examination, finding

TAGS = ("CIS AWS 5.2", "HIPAA 164.312(e)(1)", "NIST 800-53 AC-4", "NIST 800-53 SC-7", "PCI DSS 1.3.1", "SOC 2 CC6.6")


@pytest.fixture
def reviewed():
    found = finding()
    made = examination(introduced=(found,), comment_on=(found,), blocking=(found,))
    return dataclasses.replace(made, compliance=((found.rule, TAGS),))


def asking(reviewed, *standards, tags=TAGS):
    rule = reviewed.comparison.introduced[0].rule
    return dataclasses.replace(reviewed, standards=standards, compliance=((rule, tags),))


def summary(reviewed):
    return build_summary(reviewed, None, Tools(plumbrule="", checkov=""))


def test_a_comment_names_the_benchmark_and_nothing_else_unless_it_is_asked_for(reviewed):
    (comment,) = build_comments(reviewed)
    assert "CIS AWS 5.2" in comment.body
    assert "PCI" not in comment.body and "NIST" not in comment.body


def test_a_comment_names_what_the_policy_asks_for(reviewed):
    (comment,) = build_comments(asking(reviewed, "pci", tags=("PCI DSS 1.3.1",)))
    assert "PCI DSS 1.3.1" in comment.body and "CIS" not in comment.body


def test_more_than_four_are_counted(reviewed):
    (comment,) = build_comments(asking(reviewed, "cis", "hipaa", "nist", "pci", "soc2"))
    assert "NIST 800-53 SC-7 and 2 more" in comment.body


def test_the_summary_is_silent_about_standards_until_the_policy_asks(reviewed):
    assert "CIS" not in summary(reviewed) and "Standards" not in summary(reviewed)
    told = summary(asking(reviewed, "cis", "nist", tags=("NIST 800-53 SC-7", "CIS AWS 5.10", "CIS AWS 5.2")))
    assert "· NIST 800-53 SC-7, CIS AWS 5.10, CIS AWS 5.2" in told
    rows = [line for line in told.splitlines() if line.startswith(("| CIS", "| NIST"))]
    assert rows == ["| CIS AWS 5.2 | 1 | 0 | 0 |", "| CIS AWS 5.10 | 1 | 0 | 0 |", "| NIST 800-53 SC-7 | 1 | 0 | 0 |"]


def test_sarif_has_tags_and_not_more_than_github_shows(reviewed):
    tags = [f"NIST 800-53 AC-{number}" for number in range(1, 20)]
    (rule,) = build_sarif(asking(reviewed, tags=("CIS AWS 5.2", *tags)), ref="refs/pull/1/head")["runs"][0]["tool"][
        "driver"
    ]["rules"]
    assert len(rule["properties"]["tags"]) == 10
    assert "CIS AWS 5.2" in rule["properties"]["tags"] and "security" in rule["properties"]["tags"]


def test_json_has_them_all(reviewed):
    (told,) = build_json(reviewed)["findings"]
    assert told["compliance"] == list(TAGS)


def test_a_rule_without_tags_says_nothing(reviewed):
    bare = dataclasses.replace(reviewed, compliance=())
    assert "CIS" not in build_comments(bare)[0].body
    assert "compliance" not in build_json(bare)["findings"][0]
