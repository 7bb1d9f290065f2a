"""What the rules on AWS say in words, and what hostile and half-broken files do to them."""

import json
import time
from pathlib import Path

import pytest

from reviewer.rules import Directory, run_rules
from reviewer.rules.grants import read_policies
from reviewer.rules.privilege import score
from reviewer.rules.resource import read_view

EXAMPLES = Path(__file__).parent
FAMILIES = ("PLB_NET_", "PLB_LOG_", "PLB_IAM_", "PLB_PUBLIC_")

OPEN = """
resource "aws_security_group" "cache" {
  description = "The cache"

  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""


def _find(*files: str, suffix: str = ".tf"):
    named = {f"{number}{suffix}": text.encode() for number, text in enumerate(files)}
    return [f for f in run_rules(Directory(path="", files=named)) if f.rule.startswith(FAMILIES)]


def _score(*statements: dict) -> tuple[int, tuple[str, ...]]:
    template = {"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"D": {"Statement": statements}}}}}
    view = read_view(Directory(path="", files={"a.json": json.dumps(template).encode()}))
    return score(read_policies(view)[0].allowing)


def _allow(action: object, resource: object = "arn:aws:s3:::data/*", **more: object) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def test_the_score_of_least_privilege_falls_with_what_a_policy_gives():
    single = _allow(["s3:GetObject", "s3:PutObject"])
    assert _score(single) == (100, ())
    assert _score(_allow("*", "*")) == (0, ("*",))
    steps = [
        _score(single),
        _score(_allow("s3:Put*")),
        _score(_allow("s3:Put*", "*")),
        _score(_allow("s3:*", "*")),
        _score(_allow(["s3:*", "ec2:*"], "*")),
        _score({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
    ]
    assert [points for points, _ in steps] == sorted((points for points, _ in steps), reverse=True)
    assert len({points for points, _ in steps}) >= 5


def test_conditions_denials_and_reading_cost_less_or_nothing():
    condition = {"Condition": {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}}
    assert _score(_allow("s3:*", "*"))[0] < _score(_allow("s3:*", "*", **condition))[0] < 100
    assert _score(_allow("s3:Put*", "*"))[0] < _score(_allow("s3:Get*", "*"))[0]
    assert _score(_allow("s3:GetObject"), {"Effect": "Deny", "Action": "*", "Resource": "*"})[0] == 100


def test_a_finding_names_who_reaches_what_and_the_actions_that_widen_a_policy():
    (opened,) = _find(OPEN)
    assert opened.message == "aws_security_group.cache lets 0.0.0.0/0 reach port 6379: Redis (6379)."
    policy = """
data "aws_iam_policy_document" "deploy" {
  statement {
    actions   = ["s3:*", "ec2:Describe*", "sqs:*"]
    resources = ["*"]
  }
}
"""
    (wide,) = _find(policy)
    assert "allows s3:* on every resource" in wide.message
    assert wide.message.endswith("of 100; widened by s3:*, sqs:*, ec2:Describe*.")


def test_a_way_through_several_resources_is_told_link_by_link():
    example = EXAMPLES / "PLB_PUBLIC_9" / "bad_terraform" / "main.tf"
    (found,) = _find(example.read_text())
    assert found.message == (
        "The internet reaches aws_instance.bastion on port 22: aws_security_group.admin lets 0.0.0.0/0 in, "
        "aws_instance.bastion gives it a public address, "
        "and aws_route_table.public leads aws_subnet.public to the internet gateway."
    )


def test_a_broken_block_does_not_hide_the_others():
    broken = 'resource "aws_vpc" "main" {\n  cidr_block = = "10.0.0.0/16"\n}\n'
    assert [(f.rule, f.resource) for f in _find(broken + OPEN)] == [("PLB_NET_1", "aws_security_group.cache")]
    assert _find("Resources:\n  A:\n    Type: AWS::EC2::VPC\n  - what\n", suffix=".yaml") == []


@pytest.mark.parametrize(
    "written",
    ["var.anywhere", "[var.anywhere]", 'var.open ? ["0.0.0.0/0"] : []', "[for c in var.all : c]", "local.none"],
)
def test_a_source_that_is_not_written_down_is_not_accused(written):
    assert _find(OPEN.replace('["0.0.0.0/0"]', written)) == []


def test_a_source_is_followed_through_locals_into_another_file_and_found_where_it_is_used():
    (found,) = _find(OPEN.replace('["0.0.0.0/0"]', "local.anywhere"), 'locals {\n  anywhere = ["0.0.0.0/0"]\n}\n')
    assert str(found.span) == "0.tf:9"


def test_templates_beside_each_other_do_not_mean_each_other():
    trail = "Resources:\n  Trail:\n    Type: AWS::CloudTrail::Trail\n    Properties:\n      S3BucketName: !Ref Logs\n"
    bucket = "Resources:\n  Logs:\n    Type: AWS::S3::Bucket\n    Properties:\n      AccessControl: PublicRead\n"
    assert "PLB_LOG_8" not in {f.rule for f in _find(trail, bucket, suffix=".yaml")}
    one = trail + bucket.removeprefix("Resources:\n")
    assert "PLB_LOG_8" in {f.rule for f in _find(one, suffix=".yaml")}


def test_many_and_long_things_end_quickly():
    buckets = "".join(f'resource "aws_s3_bucket" "b{n}" {{\n  bucket = "b{n}"\n}}\n' for n in range(200))
    names = ", ".join(f'"arn:aws:s3:::x{n}/"' for n in range(200))
    selector = f'data_resource {{\n type = "AWS::S3::Object"\n values = [{names}]\n }}'
    trail = f"  event_selector {{\n{selector}\n}}\n"
    trails = "".join(f'resource "aws_cloudtrail" "t{n}" {{\n{trail}}}\n' for n in range(10))
    long = OPEN.replace("0.0.0.0/0", "0" * 500_000)
    stars = json.dumps({"Statement": [_allow(["*?" * 2_000 + str(n) for n in range(50)], "*")]})
    policy = f'resource "aws_iam_policy" "stars" {{\n  policy = <<EOF\n{stars}\nEOF\n}}\n'
    started = time.monotonic()
    found = _find(buckets + trails, long, policy)
    assert {f.rule for f in found} == {"PLB_LOG_11", "PLB_LOG_12"} and len(found) == 400
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "shape", ["text", None, 7, [], {}, [[{}]], {"Statement": 1}, {"Statement": [[], None, "x"]}], ids=repr
)
def test_policies_of_any_shape_make_no_rule_fail(shape):
    pieces = dict.fromkeys(
        ("Effect", "Action", "Resource", "Principal", "Condition", "NotAction", "NotPrincipal"), shape
    )
    statements = [pieces | {"Effect": "Allow"}, {**pieces, "Effect": shape}, shape]
    resources = {
        type_.replace("::", ""): {
            "Type": type_,
            "Properties": {"AssumeRolePolicyDocument": document, "Policy": document},
        }
        for type_ in ("AWS::IAM::Role", "AWS::SQS::QueuePolicy")
        for document in (shape, {"Statement": statements}, json.dumps({"Statement": statements}))
    }
    run_rules(Directory(path="", files={"a.json": json.dumps({"Resources": resources}).encode()}))
