# ruff: noqa: E501 (what is told is longer than a line of code)
from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from inline_snapshot import snapshot

from reviewer.model import AttributeChange, PlanAction, PlannedChange, RootPlan, Severity, Source
from reviewer.report.comment import build_comments
from reviewer.report.jsonable import build_json
from reviewer.report.plan_graph import MOST, build_graph
from reviewer.report.plan_sections import plan_sections
from reviewer.report.plan_text import plan_lines, render_plans
from reviewer.report.sections import fitted
from reviewer.report.summary import LIMIT, build_summary
from tests.report.examinations import CLEAN, SSH_OPEN, TOOLS, examination
from tests.report.hostile import hostile, kinds, live
from tests.report.plans import BROKEN, EU, PROD


def told(*plans: RootPlan) -> str:
    return fitted(plan_sections(replace(CLEAN, plans=plans), str), LIMIT)


def many(count: int, **changes: object) -> RootPlan:
    made = tuple(PlannedChange(address=f"aws_sqs_queue.q{n}", action=PlanAction.CREATE) for n in range(count))
    edges = ((made[0].address, made[-1].address),)
    plan = RootPlan(root="infra", changes=made, counts=((PlanAction.CREATE, count),), edges=edges)
    return replace(plan, **changes)  # type: ignore[arg-type]


def test_one_root_is_told_in_a_line_and_resource_by_resource_below_it():
    assert told(PROD) == snapshot("""\
**What changes** (approximate plan, `envs/prod`): 3 to create, 1 to update, **1 to replace: `aws_db_instance.orders`**, **1 to destroy: `aws_sqs_queue.jobs`**, 1 moved

<details><summary>4 resources in the approximate plan</summary>

| | resource | what changes |
|---|---|---|
| **replace** | `aws_db_instance.orders` · envs/prod/main.tf:12 | `storage_encrypted`: `false` → `true`; `arn`: `arn:aws:rds:x` → `(known after apply)` |
| **destroy** | `aws_sqs_queue.jobs` |  |
| create | `module.bucket["site"].aws_s3_bucket.this` | `bucket`: `site \\| live` |
| move | `aws_iam_policy.renamed` · envs/prod/main.tf:40 | moved from `aws_iam_policy.p` |

</details>

<details><summary>How they hang together, in `envs/prod`</summary>

```mermaid
flowchart LR
  n1["REPLACE: aws_db_instance.orders<br/>high finding"]:::lost
  n2["DESTROY: aws_sqs_queue.jobs"]:::lost
  n3["create: module.bucket#91;#34;site#34;#93;.aws_s3_bucket.this"]
  n4["move: aws_iam_policy.renamed"]
  n1 --> n2
  classDef lost stroke-width:3px,stroke-dasharray:6 3
  classDef found stroke-width:3px
```

</details>\
""")


def test_several_roots_are_a_list_and_what_was_not_planned_says_why():
    assert told(PROD, EU, BROKEN).partition("<details>")[0] == snapshot("""\
**What changes**

- approximate plan, `envs/prod`: 3 to create, 1 to update, **1 to replace: `aws_db_instance.orders`**, **1 to destroy: `aws_sqs_queue.jobs`**, 1 moved
- plan of your workflow, `envs/prod (workspace eu)`: 1 to create; 2 resources changed outside of Terraform before

""")
    assert told(BROKEN) == snapshot("""\
<details><summary>1 root not planned, only the code was reviewed</summary>

- `envs/old`: `main.tf:3`: `for_each` depends on what is not known before apply.

</details>\
""")


def test_a_plan_in_which_nothing_changes_is_not_told():
    assert told(RootPlan(root="a"), RootPlan(root="b")) == ""


def test_the_summary_holds_the_plan():
    assert "**What changes** (approximate plan" in build_summary(replace(CLEAN, plans=(PROD,)), None, TOOLS)


def test_the_graph_says_in_words_what_is_lost():
    assert build_graph(PROD) == snapshot("""\
flowchart LR
  n1["REPLACE: aws_db_instance.orders<br/>high finding"]:::lost
  n2["DESTROY: aws_sqs_queue.jobs"]:::lost
  n3["create: module.bucket#91;#34;site#34;#93;.aws_s3_bucket.this"]
  n4["move: aws_iam_policy.renamed"]
  n1 --> n2
  classDef lost stroke-width:3px,stroke-dasharray:6 3
  classDef found stroke-width:3px\
""")


@pytest.mark.parametrize("plan", [many(1), many(MOST + 1), many(5, left_out=1), many(5, edges=())])
def test_there_is_no_graph_of_too_few_too_many_or_of_things_that_do_not_hang_together(plan: RootPlan):
    assert build_graph(plan) == ""


def test_ten_thousand_changes_fit_and_the_rest_is_counted():
    text = build_summary(replace(CLEAN, plans=(many(10_000),)), None, TOOLS)
    assert len(text.encode()) <= LIMIT
    assert "more left out here" in text


@given(hostile, hostile, hostile)
def test_no_name_or_value_of_a_plan_is_live(address: str, path: str, value: str):
    changes = tuple(
        PlannedChange(
            address=f"{address}{n}",
            action=PlanAction.DELETE,
            attributes=(AttributeChange(path=path, before=value, after=address),),
            previous_address=value,
        )
        for n in range(3)
    )
    plan = RootPlan(
        root=path,
        workspace=address,
        changes=changes,
        counts=((PlanAction.DELETE, 3),),
        edges=((f"{address}0", f"{address}1"),),
    )
    text = told(plan, RootPlan(root=value, not_planned=address))
    assert not live(text)
    assert kinds(text) <= {
        *("paragraph_open", "paragraph_close", "inline", "text", "code_inline", "strong_open", "strong_close"),
        *("html_block", "table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close"),
        *("tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close", "fence", "softbreak"),
        *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "html_inline"),
    }
    rows = [line for line in text.splitlines() if line.startswith("| **destroy**")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)


@given(hostile)
def test_no_name_breaks_out_of_a_label_of_the_graph(address: str):
    changes = tuple(PlannedChange(address=f"{address}{n}", action=PlanAction.CREATE) for n in range(2))
    edges = ((f"{address}0", f"{address}1"),)
    graph = build_graph(RootPlan(root="", changes=changes, edges=edges))
    labels = re.findall(r'^  n\d\["(.*)"\]$', graph, re.M)
    assert len(labels) == 2
    assert all(re.fullmatch(r"create: ([A-Za-z0-9_. /:,()-]|#\d+;)*", label) for label in labels)
    assert len(graph.splitlines()) == 6


def test_a_comment_on_what_only_the_plan_shows_says_so():
    seen = replace(SSH_OPEN, source=Source.PLAN)
    approximate = examination((seen,), plans=(RootPlan(root="infra"),))
    assert "Seen in the approximate plan." in build_comments(approximate)[0].body
    sure = examination((seen,), plans=(replace(EU, root="infra"),))
    assert "Seen in the plan." in build_comments(sure)[0].body
    assert "Seen in" not in build_comments(examination((SSH_OPEN,)))[0].body


def test_the_terminal_shows_a_plan_as_terraform_does():
    assert render_plans((PROD, EU, BROKEN), color=False) == snapshot("""\
envs/prod (approximate plan)
  -/+ aws_db_instance.orders  envs/prod/main.tf:12
        storage_encrypted: false → true
        arn: arn:aws:rds:x → (known after apply)
    - aws_sqs_queue.jobs
    + module.bucket["site"].aws_s3_bucket.this
        bucket = site | live
    → aws_iam_policy.renamed  envs/prod/main.tf:40
        moved from aws_iam_policy.p
  Plan: 4 to add, 1 to change, 2 to destroy.
  approximate: made without providers, so defaults and replacements are guesses

envs/prod (workspace eu) (plan of your workflow)
    + module.bucket["site"].aws_s3_bucket.this
        bucket = site | live
  Plan: 1 to add, 0 to change, 0 to destroy. 2 resources changed outside of Terraform.

envs/old (approximate plan)
  not planned: main.tf:3: for_each depends on what is not known before apply
""")
    assert plan_lines((PROD, EU, BROKEN, RootPlan(root="x")), color=False) == snapshot(
        (
            "envs/prod (approximate plan): Plan: 4 to add, 1 to change, 2 to destroy. replace aws_db_instance.orders, destroy aws_sqs_queue.jobs",
            "envs/prod (workspace eu) (plan of your workflow): Plan: 1 to add, 0 to change, 0 to destroy. 2 resources changed outside of Terraform.",
            "envs/old (approximate plan): not planned: main.tf:3: for_each depends on what is not known before apply",
        )
    )
    assert "\x1b[31m  -/+ aws_db_instance.orders\x1b[0m" in render_plans((PROD,), color=True)


@given(hostile, hostile)
def test_nothing_of_a_plan_drives_the_terminal(address: str, value: str):
    change = PlannedChange(
        address=address,
        action=PlanAction.UPDATE,
        attributes=(AttributeChange(path="x", before=value, after=value),),
        previous_address=value,
    )
    text = render_plans((RootPlan(root=address, changes=(change,)),), color=False)
    assert not {unicodedata.category(character) for character in text.replace("\n", "")} & {"Cc", "Cf", "Cs"}


def test_json_holds_the_plans_with_secrets_masked():
    secret = "AKIA" + "Q3EGR7XW2LSV4TZM"
    change = PlannedChange(
        address="aws_x.y",
        action=PlanAction.UPDATE,
        attributes=(AttributeChange(path="key", before="", after=f"id {secret}"),),
        severity=Severity.HIGH,
    )
    plan = RootPlan(root="a", changes=(change,), counts=((PlanAction.UPDATE, 1),))
    document = build_json(replace(CLEAN, plans=(plan, BROKEN)))
    assert secret not in json.dumps(document)
    assert document["plans"][0]["counts"] == {"update": 1}
    assert document["plans"][0]["changes"][0]["attributes"][0]["path"] == "key"
    assert document["plans"][1]["not_planned"] == BROKEN.not_planned
