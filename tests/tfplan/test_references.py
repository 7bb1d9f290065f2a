from __future__ import annotations

import time

from reviewer.tfplan.references import references
from tests.tfplan.documents import recorded


def resource(address, mode="managed", **expressions):
    type_, _, name = address.removeprefix("data.").partition(".")
    return {"address": address, "mode": mode, "type": type_, "name": name, "expressions": expressions}


def to(*names):
    return {"references": list(names)}


def configuration(**root):
    return {"configuration": {"root_module": root}}


def test_a_plan_of_the_real_terraform_has_its_references():
    assert references(recorded("head")) == (
        ("module.n.terraform_data.in", "terraform_data.kept"),
        ("terraform_data.made", "terraform_data.kept"),
    )


def test_nested_blocks_depends_on_and_repetition_count():
    document = configuration(
        resources=[
            resource("aws_lb.a", access_logs=[{"bucket": to("aws_s3_bucket.logs.id", "aws_s3_bucket.logs")}]),
            {**resource("aws_lb.b"), "depends_on": ["aws_vpc.v"], "count_expression": to("aws_x.count[0].id")},
            {**resource("aws_lb.c"), "for_each_expression": to('aws_x.each["a.b"].id', "each.key", "local.x")},
        ]
    )
    assert references(document) == (
        ("aws_lb.a", "aws_s3_bucket.logs"),
        ("aws_lb.b", "aws_vpc.v"),
        ("aws_lb.b", "aws_x.count"),
        ("aws_lb.c", "aws_x.each"),
    )


def test_inputs_and_outputs_of_modules_are_followed():
    inner = {
        "resources": [resource("aws_kms_key.k"), resource("aws_s3_bucket.b", kms=to("var.key"), x=to("aws_kms_key.k"))],
        "outputs": {"arn": {"expression": to("aws_kms_key.k.arn", "aws_kms_key.k")}, "other": {"expression": {}}},
    }
    document = configuration(
        resources=[resource("aws_kms_key.root"), resource("aws_x.y", key=to('module.m["a.b"].arn', 'module.m["a.b"]'))],
        module_calls={"m": {"expressions": {"key": to("aws_kms_key.root.arn", "aws_kms_key.root")}, "module": inner}},
    )
    assert references(document) == (
        ("aws_x.y", "module.m.aws_kms_key.k"),
        ("module.m.aws_s3_bucket.b", "aws_kms_key.root"),
        ("module.m.aws_s3_bucket.b", "module.m.aws_kms_key.k"),
    )


def test_data_sources_are_passed_through():
    document = configuration(
        resources=[
            resource("aws_iam_policy.p", policy=to("data.aws_iam_policy_document.d.json")),
            resource("data.aws_iam_policy_document.d", "data", statement=[{"resources": to("aws_s3_bucket.b.arn")}]),
            resource("aws_s3_bucket.b"),
        ]
    )
    assert references(document) == (("aws_iam_policy.p", "aws_s3_bucket.b"),)


def test_circles_end_and_a_resource_does_not_refer_to_itself():
    document = configuration(
        resources=[
            resource("aws_x.a", x=to("aws_x.a.id", "module.m.o"), y=to("data.aws_d.a")),
            resource("data.aws_d.a", x=to("data.aws_d.a")),
        ],
        module_calls={
            "m": {"expressions": {"v": to("module.m.o")}, "module": {"outputs": {"o": {"expression": to("var.v")}}}}
        },
    )
    assert references(document) == ()


def test_nonsense_refers_to_nothing():
    for nonsense in (None, [], {"resources": 3}, {"resources": [3, {"address": 3}], "module_calls": {"m": [1]}}):
        assert references({"configuration": {"root_module": nonsense}}) == ()


def test_many_resources_behind_one_variable_take_time_in_proportion():
    inner = {"resources": [resource(f"aws_x.n{n}", v=to("var.v")) for n in range(3_000)]}
    names = [f"aws_y.n{n}.id" for n in range(3_000)]
    document = configuration(module_calls={"m": {"expressions": {"v": to(*names)}, "module": inner}})
    started = time.process_time()
    assert len(references(document)) == 20_000
    assert time.process_time() - started < 10
