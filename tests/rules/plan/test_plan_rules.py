"""What all rules on plans have in common: places, order, and that no plan makes them fail."""

import json
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.model import PlanAction, Span
from reviewer.rules.plan import PLAN_RULES, PlanThresholds, run_plan_rules
from reviewer.rules.plan.policies import matches
from reviewer.rules.plan.sizes import is_bigger
from reviewer.rules.plan.values import short
from reviewer.tfplan.model import CheckResult, Mode, OutputChange
from reviewer.tfplan.read import read
from reviewer.tfplan.redact import redact
from tests.rules.plan.builders import ANCHOR, change, kept, place, view
from tests.rules.plan.test_examples import EXAMPLES

OPENED = change("module.net.aws_db_instance.a[0]", {"publicly_accessible": False}, {"publicly_accessible": True})
PLACE = place("modules/net/db.tf", 20, publicly_accessible=24)


def test_a_finding_stands_on_the_line_of_the_attribute_and_names_block_and_module_call():
    caller = Span(path="envs/prod/main.tf", start_line=3, end_line=3)
    (found,) = run_plan_rules(view(OPENED, places={"module.net.aws_db_instance.a": replace(PLACE, callers=(caller,))}))
    assert (str(found.span), str(found.block)) == ("modules/net/db.tf:24", "modules/net/db.tf:20")
    assert (found.resource, found.root, found.caller) == (OPENED.address, "envs/prod", caller)


def test_what_is_deleted_stands_where_it_was_and_what_has_no_place_at_the_anchor():
    deleted = change("aws_kms_key.a", {"id": "k"})
    (found,) = run_plan_rules(view(deleted, before_places={"aws_kms_key.a": place("old.tf", 5)}))
    assert str(found.span) == "old.tf:5"
    (found,) = run_plan_rules(view(deleted))
    assert found.span == found.block == ANCHOR


def test_outputs_and_checks_stand_in_their_blocks_and_the_root_at_its_anchor():
    outputs = (OutputChange(name="password", action=PlanAction.CREATE, after="x"),)
    checks = (CheckResult(address="check.a", status="fail"),)
    places = {"output.password": place("outputs.tf", 7), "check.a": place("checks.tf", 9)}
    found = run_plan_rules(view(outputs=outputs, checks=checks, places=places))
    assert [(str(f.span), f.resource) for f in found] == [
        ("checks.tf:9", "check.a"),
        ("outputs.tf:7", "output.password"),
    ]
    (found,) = run_plan_rules(view(change("aws_instance.a", {}), thresholds=PlanThresholds(max_destroys=0)))
    assert (found.span, found.resource) == (ANCHOR, "envs/prod")


def test_what_is_only_read_or_stays_is_not_spoken_of():
    read = replace(change("aws_db_instance.a", {"id": "x"}), mode=Mode.DATA)
    assert run_plan_rules(view(read, kept("aws_s3_bucket.a", {"acl": "public-read-write"}))) == ()


def test_the_same_plan_in_another_order_says_the_same():
    changes = [change(f"aws_kms_key.k{number}", {"id": str(number)}) for number in range(5)]
    assert run_plan_rules(view(*changes)) == run_plan_rules(view(*reversed(changes)))


def test_names_and_values_of_the_plan_stay_on_one_line_and_short():
    hostile = "x\n## @everybody <img src=x>\r\n" + "y" * 5000
    moved = change('aws_iam_user.a["b"]', {}, {})
    acl = replace(moved, type="aws_s3_bucket_acl", before={"acl": "private"}, after={"acl": hostile})
    (found,) = run_plan_rules(view(replace(acl, address="aws_s3_bucket_acl." + hostile)))
    assert "\n" not in found.message and "\r" not in found.message
    assert len(found.message) < 400


def test_no_rule_repeats_a_value_that_was_redacted_or_looks_like_more_than_it_compares():
    secret = "hunter2-hunter2"
    values = {"password": secret, "user_data": secret, "environment": [{"variables": {"TOKEN": secret}}]}
    more = {"publicly_accessible": True, "engine": secret}
    plan = view(
        change("aws_db_instance.a", values | {"publicly_accessible": False}, values | more),
        change("aws_db_instance.b", values),
        outputs=(OutputChange(name="password", action=PlanAction.CREATE, after=secret),),
    )
    found = run_plan_rules(plan)
    assert len(found) == 3
    assert secret not in "".join(f"{finding.message}{finding.evidence}" for finding in found)


def test_a_plan_as_terraform_writes_it_is_redacted_read_and_judged():
    secret = "Zx7pQ2mW9rT4kL8vB3nD"
    after = {"publicly_accessible": True, "password": secret, "endpoint": f"postgres://app:{secret}@db:5432/app"}
    change_ = {
        "actions": ["update"],
        "before": {"publicly_accessible": False, "password": secret, "id": "db-1"},
        "after": after,
        "after_unknown": {"id": True},
        "before_sensitive": {"password": True},
        "after_sensitive": {"password": True},
    }
    entry = {
        "address": "aws_db_instance.a",
        "mode": "managed",
        "type": "aws_db_instance",
        "name": "a",
        "change": change_,
    }
    output = {"actions": ["create"], "before": None, "after": secret, "after_unknown": False, "after_sensitive": False}
    document = {"format_version": "1.2", "resource_changes": [entry], "output_changes": {"login": output}}
    plan = read(redact(document), approximate=False)
    found = run_plan_rules(replace(view(), plan=plan))
    assert [f.rule for f in found] == ["PLB_PLAN_PUBLIC_4", "PLB_PLAN_SECRET_1", "PLB_PLAN_SECRET_2"]
    assert "in endpoint" in found[1].message
    assert secret not in str(found)


@pytest.mark.parametrize(
    ("before", "after", "bigger"),
    [
        ("db.t3.small", "db.r5.4xlarge", True),
        ("m5.large", "m5.xlarge", True),
        ("t3.large", "m5.large", True),
        ("m5.24xlarge", "m5.metal", True),
        ("m5.large", "c5.large", False),
        ("Standard_D2s_v5", "Standard_E8s_v5", True),
        ("GP_Standard_D2s_v3", "GP_Standard_D4s_v3", True),
        ("GP_Gen5_2", "GP_Gen5_8", True),
        ("B1", "P1v3", True),
        ("n2-standard-4", "n2-standard-8", True),
        ("e2-micro", "e2-small", True),
        ("db-f1-micro", "db-custom-2-7680", True),
        ("n2-standard-8", "n2-standard-4", False),
        ("small", "large", False),
        ("cache.r6g.large", "cache.r6g.large", False),
    ],
)
def test_machines_are_compared_by_their_names(before, after, bigger):
    assert is_bigger(before, after) is bigger


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*", "s3:GetObject", True),
        ("s3:*", "S3:getobject", True),
        ("s3:Get*", "s3:PutObject", False),
        ("iam:*Role", "iam:PassRole", True),
        ("iam:Pass?ole", "iam:PassRole", True),
        ("s3:*Object*Acl", "s3:PutObjectVersionAcl", True),
        ("s3:[a]*", "s3:a", False),
        ("a*b", "ab", True),
        ("", "x", False),
    ],
)
def test_patterns_of_actions_fit_as_in_iam(pattern, text, fits):
    assert matches(pattern, text) is fits


def test_hostile_patterns_end_quickly():
    started = time.monotonic()
    assert not matches("*a" * 120 + "b", "a" * 250)
    actions = [f"svc{number}:Do*" for number in range(3000)]
    old = json.dumps({"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
    new = old.replace("Do*", "Be*")
    run_plan_rules(view(change("aws_iam_policy.a", {"policy": old}, {"policy": new})))
    assert time.monotonic() - started < 10


def test_time_grows_with_the_plan_and_not_with_its_square():
    def run(number):
        changes = [change(f"aws_db_instance.a[{index}]", {"id": "a"}, {"id": "b"}) for index in range(number)]
        changes += [
            change(f"aws_s3_bucket_public_access_block.b{index}", {"bucket": str(index)}) for index in range(number)
        ]
        started = time.process_time()
        run_plan_rules(view(*changes))
        return time.process_time() - started

    run(20)
    small = min(run(100) for _ in range(3))
    assert min(run(1000) for _ in range(2)) < 40 * small


_TYPES = sorted({change.type for example in EXAMPLES for change in example.view.plan.changes})


def _keys(value):
    if isinstance(value, dict):
        yield from value
        yield from (key for item in value.values() for key in _keys(item))
    elif isinstance(value, list):
        yield from (key for item in value for key in _keys(item))


_SEEN = [c for example in EXAMPLES for c in example.view.plan.changes]
_NAMES = sorted({key for c in _SEEN for side in (c.before, c.after) for key in _keys(side or {})})
_WORDS = ["0.0.0.0/0", "::/0", "*", "-1", "1e999", "(sensitive value)", "arn:aws:iam::aws:policy/x", "true", "NaN"]
_WORDS += ['{"Statement": 1}', '{"Statement": [{}, 2]}', '{"Statement": {"Effect": "Allow", "Action": "*"}}', "["]
_WORDS += ['{"Statement": {"Effect": "Allow", "Action": [1], "Principal": {"AWS": {}}, "Condition": {"a": 1}}}']
_plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(_WORDS)
_values = st.recursive(
    _plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES) | st.text(max_size=3), inner),
    max_leaves=6,
)
_sides = st.none() | st.dictionaries(st.sampled_from(_NAMES), _values, max_size=5)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(_TYPES),
    _sides,
    _sides,
    st.dictionaries(st.sampled_from(_NAMES), _values, max_size=3),
    st.sampled_from(list(PlanAction)),
    st.lists(st.lists(st.text(max_size=3) | st.integers(), max_size=2), max_size=2),
    st.dictionaries(st.sampled_from(["totalMonthlyCost", "pastTotalMonthlyCost", "projects", "currency"]), _values),
)
def test_no_values_make_a_rule_fail(type_, before, after, marks, action, causes, infracost):  # noqa: PLR0917
    odd = change(
        f"{type_}.a",
        before,
        after,
        action=action,
        after_unknown=marks,
        after_sensitive=marks,
        replace_paths=tuple(tuple(cause) for cause in causes),
    )
    outputs = (OutputChange(name="a_token", action=action, before=before, after=after),)
    thresholds = PlanThresholds(max_destroys=0, cost_increase_percent=0.0)
    found = run_plan_rules(view(odd, drift=(odd,), outputs=outputs, infracost=infracost, thresholds=thresholds))
    assert all(finding.message and "\n" not in finding.message for finding in found)


def test_very_deep_values_and_policies_raise_nothing():
    deep: object = "(sensitive value)"
    for _ in range(5000):
        deep = [{"a": deep}]
    policy = '{"Statement": ' + "[" * 50_000 + "]" * 50_000 + "}"
    found = run_plan_rules(
        view(
            change("aws_instance.a", None, {"x": deep}, after_unknown={"y": deep}),
            change("aws_iam_policy.a", {"policy": "{}"}, {"policy": policy}),
        )
    )
    assert [finding.rule for finding in found] == ["PLB_PLAN_SECRET_1"]


def test_the_rules_are_listed_under_their_own_ids_in_words_of_their_own():
    assert [rule.id for rule in PLAN_RULES.values()] == list(PLAN_RULES)
    assert len({rule.title for rule in PLAN_RULES.values()}) == len(PLAN_RULES)
    assert short("a\n b") == "a b"
