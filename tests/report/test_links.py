"""Links lead to lines of the head and to guidelines that we know, nowhere else."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.report.links import guideline_url, quoted_path, rule_url
from reviewer.rules import RULES
from reviewer.rules.plan import PLAN_RULES
from tests.report.examinations import LINKS, finding, span


def test_a_link_leads_to_the_lines_at_the_head():
    url = LINKS.blob(span("infra/a b#1?.tf", 3, 5))
    assert url == f"https://github.com/acme/infra/blob/{LINKS.head_sha}/infra/a%20b%231%3F.tf#L3-L5"


def test_a_link_that_nobody_could_send_is_none():
    assert LINKS.blob(span("a" * 3000, 1)) is None


def test_a_rule_of_the_scanner_leads_to_its_source_and_nowhere_else_on_that_host():
    source = "https://github.com/bridgecrewio/checkov/blob/3.3.30/checkov/x.py"
    assert guideline_url(source) == source
    assert guideline_url("https://github.com/evil/checkov/blob/main/x.py") is None


@given(st.text(st.characters(exclude_characters="\x00"), min_size=1))
def test_any_path_stays_one_path_in_a_url(path):
    parts = urlsplit(f"https://host/x/{quoted_path(path)}#L1")
    assert (parts.netloc, parts.query, parts.fragment) == ("host", "", "L1")
    assert not set(quoted_path(path)) & set("()[]<>\"' \n|`\\")


def test_a_path_that_is_no_utf8_keeps_its_bytes():
    path = b"caf\xe9/main.tf".decode("utf-8", "surrogateescape")
    assert unquote_to_bytes(quoted_path(path)) == b"caf\xe9/main.tf"


@pytest.mark.parametrize(
    "url",
    [
        "http://docs.prismacloud.io/x",
        "https://docs.prismacloud.io.evil.example/x",
        "https://evil.example/docs.prismacloud.io",
        "https://user@docs.prismacloud.io/x",
        "https://docs.prismacloud.io:8443/x",
        "https://docs.prismacloud.io/x) [y](https://evil.example",
        "https://docs.prismacloud.io/x\nhttps://evil.example",
        "javascript:alert(1)",
        "https://docs.prismacloud.io\\@evil.example/",
        "https://docs.prismacloud.io/" + "x" * 3000,
        "",
        None,
    ],
)
def test_a_guideline_elsewhere_is_no_link(url):
    assert guideline_url(url) is None


def test_a_guideline_that_we_know_is_a_link():
    url = "https://docs.prismacloud.io/en/aws-policies/networking-1#anchor"
    assert guideline_url(url) == url


def test_every_rule_of_ours_leads_to_a_page_that_is_there():
    for rule in (*RULES, *PLAN_RULES):
        url = rule_url(finding(rule, scanner="plumbrule", guideline=None))
        assert url == f"https://github.com/plumbrule/plumbrule/blob/main/docs/rules/{rule}.md"
        assert Path(__file__).parents[2].joinpath("docs/rules", f"{rule}.md").is_file()


@pytest.mark.parametrize("rule", ["PLB_NET_1/../../x", "PLB_NET_1)", "plb_net_1", "PLB_1", "PLB_NET_1\n"])
def test_only_a_name_as_ours_are_leads_there(rule):
    assert rule_url(finding(rule, scanner="plumbrule", guideline=None)) is None


def test_another_scanners_rule_leads_to_its_guideline():
    told = finding("PLB_NET_1", scanner="checkov", guideline="https://docs.aws.amazon.com/x")
    assert rule_url(told) == "https://docs.aws.amazon.com/x"
