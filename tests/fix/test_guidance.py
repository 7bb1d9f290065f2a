from __future__ import annotations

import pytest

from reviewer.fix.guidance import guide, name
from reviewer.fix.recipes import Recipes, read_recipes
from reviewer.model import Finding, Guidance, Severity, Span

ROW = {
    "rule": "CKV_AWS_286",
    "on": "*",
    "from": "written",
    "guidance": "List what {{address}} needs.",
    "example": 'data "aws_iam_policy_document" "{{name}}" {}\n',
}
PLACE = Span(path="main.tf", start_line=1, end_line=3)


def finding(resource: str, framework: str = "terraform", rule: str = "CKV_AWS_286") -> Finding:
    return Finding(
        rule=rule,
        title="",
        severity=Severity.HIGH,
        span=PLACE,
        block=PLACE,
        resource=resource,
        message="",
        scanner="checkov",
        framework=framework,
        fingerprint="f1",
    )


def table(*rows: dict[str, object], framework: str = "terraform") -> Recipes:
    return read_recipes([("x.yml", framework, {"recipes": rows})])


def test_guidance_speaks_of_the_reader_s_own_resource() -> None:
    assert guide(finding("module.ci[0].aws_iam_policy.deploy"), table(ROW)) == Guidance(
        fingerprint="f1",
        text="List what aws_iam_policy.deploy needs.",
        example='data "aws_iam_policy_document" "deploy" {}\n',
        language="hcl",
    )


def test_advice_on_the_type_goes_before_advice_on_all_types() -> None:
    exact = ROW | {"on": "aws_iam_role_policy", "guidance": "Only for roles."}
    told = guide(finding("aws_iam_role_policy.ci"), table(ROW, exact))
    assert told is not None
    assert told.text == "Only for roles."


def test_why_an_edit_is_not_possible_here_comes_first() -> None:
    told = guide(finding("aws_iam_policy.deploy"), table(ROW), "The value comes from var.policy (main.tf:7).")
    assert told is not None
    assert told.text.startswith("The value comes from var.policy (main.tf:7). List")
    alone = guide(finding("aws_iam_policy.deploy", rule="CKV_X"), table(ROW), "The value comes from var.policy.")
    assert alone is not None
    assert alone.text == "The value comes from var.policy."


def test_nothing_is_said_where_the_table_says_nothing() -> None:
    assert guide(finding("aws_iam_policy.deploy", rule="CKV_OTHER"), table(ROW)) is None


def test_charts_are_advised_as_the_manifests_that_they_make() -> None:
    told = guide(finding("Deployment.default.web", "helm"), table(ROW, framework="kubernetes"))
    assert told is not None
    assert (told.text, told.language) == ("List what web needs.", "yaml")


@pytest.mark.parametrize(
    ("resource", "framework", "names"),
    [
        ("aws_s3_bucket.logs", "terraform", ("aws_s3_bucket", "logs", "aws_s3_bucket.logs")),
        ('module.a["x"].module.b.aws_s3_bucket.logs[0]', "terraform", ("aws_s3_bucket", "logs", "aws_s3_bucket.logs")),
        ("data.aws_ami.base", "terraform", ("aws_ami", "base", "data.aws_ami.base")),
        ("AWS::S3::Bucket.Logs", "cloudformation", ("AWS::S3::Bucket", "Logs", "Logs")),
        ("Deployment.default.web", "kubernetes", ("Deployment", "web", "web")),
        ("Dockerfile.RUN", "dockerfile", ("RUN", "RUN", "RUN")),
        ("", "terraform", ("", "", "")),
    ],
)
def test_names_are_read_as_each_framework_spells_them(resource: str, framework: str, names: tuple[str, ...]) -> None:
    named = name(finding(resource, framework))
    assert (named.type, named.name, named.address) == names
