"""How many findings are tried, and what is said of those that are not."""

from __future__ import annotations

from dataclasses import replace

from reviewer.fix.editing import Values
from reviewer.fix.proposals import MOST_TRIED, TOO_MUCH, Knowledge, propose
from reviewer.fix.recipes import read_recipes
from reviewer.model import Finding, Risk, Severity, Span

QUEUE = b'resource "aws_sqs_queue" "jobs" {\n  count = 1000\n  name  = "jobs"\n}\n'
ROW = {"rule": "CKV_AWS_27", "on": "aws_sqs_queue", "set": "sqs_managed_sse_enabled = true\n", "risk": "safe"}


def finding(number: int) -> Finding:
    where = Span(path="main.tf", start_line=1, end_line=4)
    return Finding(
        rule="CKV_AWS_27",
        title="",
        severity=Severity.HIGH,
        span=where,
        block=where,
        resource=f"aws_sqs_queue.jobs[{number}]",
        message="",
        scanner="checkov",
        framework="terraform",
    )


def known() -> Knowledge:
    rows = {"recipes": [ROW | {"from": "written"}]}
    return Knowledge(recipes=read_recipes([("x.yml", "terraform", rows)]), values=Values(choices={}))


def test_equal_edits_for_many_findings_are_one_proposal() -> None:
    proposals, refusals = propose({"main.tf": QUEUE}, map(finding, range(3)), known())
    assert [len(proposal.findings) for proposal in proposals] == [3]
    assert not refusals


def test_of_more_findings_than_anybody_mends_at_once_the_first_are_tried() -> None:
    proposals, refusals = propose({"main.tf": QUEUE}, map(finding, range(MOST_TRIED + 5)), known())
    assert [len(proposal.findings) for proposal in proposals] == [MOST_TRIED]
    assert [refusal.why for refusal in refusals] == [TOO_MUCH] * 5
    assert refusals[0].finding.resource == f"aws_sqs_queue.jobs[{MOST_TRIED}]"


def test_when_time_is_up_nothing_more_is_tried() -> None:
    proposals, refusals = propose({"main.tf": QUEUE}, map(finding, range(3)), known(), is_late=lambda: True)
    assert not proposals
    assert [refusal.why for refusal in refusals] == [TOO_MUCH] * 3


def test_the_same_edit_asks_for_the_same_whichever_rule_wants_it() -> None:
    rows = [ROW | {"from": "written"}, ROW | {"from": "written", "rule": "CKV_OTHER", "risk": "replace"}]
    table = Knowledge(recipes=read_recipes([("x.yml", "terraform", {"recipes": rows})]), values=Values(choices={}))
    two = [finding(0), replace(finding(0), rule="CKV_OTHER")]
    proposals, _ = propose({"main.tf": QUEUE}, two, table)
    assert [proposal.risk for proposal in proposals] == [Risk.REPLACE, Risk.REPLACE]


def test_an_edit_that_holds_another_one_asks_for_what_that_one_asks_for() -> None:
    both = {"set": "sqs_managed_sse_enabled = true\nfifo_queue = true\n"}
    rows = [
        ROW | both | {"from": "written"},
        ROW | {"from": "written", "rule": "CKV_PART", "risk": "cost"},
        ROW | {"from": "written", "rule": "CKV_OTHER", "set": "delay_seconds = 9\n"},
    ]
    table = Knowledge(recipes=read_recipes([("x.yml", "terraform", {"recipes": rows})]), values=Values(choices={}))
    three = [replace(finding(0), rule=row["rule"]) for row in rows]
    proposals, _ = propose({"main.tf": QUEUE}, three, table)
    assert [proposal.risk for proposal in proposals] == [Risk.COST, Risk.COST, Risk.SAFE]


def test_where_no_recipe_fits_the_reason_is_that_of_the_preferred_one() -> None:
    rows = [
        ROW | {"from": "written", "set": "name {\n  a = 1\n}\n"},
        {**ROW, "from": "written", "set": "count {\n  a = 1\n}\n"},
    ]
    table = Knowledge(recipes=read_recipes([("x.yml", "terraform", {"recipes": rows})]), values=Values(choices={}))
    _, refusals = propose({"main.tf": QUEUE}, [finding(0)], table)
    assert [refusal.why for refusal in refusals] == ["`name` is written as an attribute (main.tf:3), not as a block."]
