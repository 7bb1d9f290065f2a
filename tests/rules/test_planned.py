"""Rules about concepts on a plan: what variables and modules hide from the code, the plan shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviewer.model import PlanAction, Source, Span
from reviewer.rules import RULES, Directory
from reviewer.rules.documents import Kind
from reviewer.rules.planned import REDACTED, plan_view, run_concepts
from reviewer.tfplan.model import Place, Plan, ResourceChange

BLOCK = Span(path="modules/queue/main.tf", start_line=3, end_line=9)
CALL = Span(path="prod/main.tf", start_line=1, end_line=4)
PLACE = Place(block=BLOCK, attributes=(("name", Span(path=BLOCK.path, start_line=4, end_line=4)),), callers=(CALL,))


def change(address: str, type_: str, after: dict, unknown: dict | None = None) -> ResourceChange:
    return ResourceChange(
        address=address,
        type=type_,
        name=address.rpartition(".")[2],
        action=PlanAction.CREATE,
        after=after,
        after_unknown=unknown or {},
    )


def view(*changes: ResourceChange, references: tuple[tuple[str, str], ...] = ()):
    places = {one.config_address: PLACE for one in changes}
    return plan_view(Plan(changes=changes, references=references), places)


def test_values_have_the_lines_of_the_code_and_null_is_nothing():
    (queue,) = view(change("module.q.aws_x.a", "aws_x", {"name": "jobs", "kms": None, "on": True, "n": 5})).resources
    name = queue.get("name")
    assert name is not None
    assert (name.text, name.line, queue.path) == ("jobs", 4, "modules/queue/main.tf")
    assert queue.lacks("kms")
    assert queue.is_true("on")
    assert queue.text("n") == "5"


def test_what_is_not_known_yet_or_redacted_is_neither_there_nor_missing():
    unknown = {"arn": True, "rule": [{"key": True}]}
    (one,) = view(change("aws_x.a", "aws_x", {"secret": REDACTED, "rule": [{"on": "x"}]}, unknown)).resources
    assert not one.lacks("arn")
    assert not one.lacks("secret")
    assert one.text("secret") is None
    key = one.get("rule.key")
    assert key is not None and key.kind is Kind.UNKNOWN


def test_instances_refer_to_the_instances_of_what_their_block_refers_to():
    made = view(
        change("aws_a.x[0]", "aws_a", {}),
        change("aws_b.y[0]", "aws_b", {}),
        change("aws_c.z", "aws_c", {}),
        references=(("aws_b.y", "aws_a.x"),),
    )
    a, b, c = made.resources
    assert made.refers(b, a)
    assert not made.refers(c, a)
    assert made.referring(a, "aws_b", "aws_c") == (b,)


def test_a_concept_that_a_variable_hides_in_the_code_is_found_in_the_plan():
    queue = change("module.q.aws_sns_topic_subscription.jobs", "aws_sns_topic_subscription", {"protocol": "http"})
    code = Directory(path="prod", files={BLOCK.path: b'variable "x" {}\n' * 9})
    found = run_concepts(Plan(changes=(queue,)), {queue.config_address: PLACE}, code)
    assert found
    assert {finding.source for finding in found} == {Source.PLAN}
    assert {finding.root for finding in found} == {"prod"}
    assert {finding.resource for finding in found} == {queue.address}
    assert {finding.caller for finding in found} == {CALL}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 70_000)
    | st.sampled_from(["", "*", "0.0.0.0/0", "{", '{"Statement":[]}']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "ingress", "policy"]), inner),
    max_leaves=12,
)
TYPES = sorted({"aws_sqs_queue", "aws_s3_bucket", "aws_security_group", "aws_iam_policy", "azurerm_storage_account"})


@given(st.sampled_from(TYPES), st.dictionaries(st.text(max_size=6) | st.just("policy"), json_values, max_size=5))
def test_no_value_of_a_plan_makes_a_rule_fail(type_: str, after: dict):
    one = change(f"{type_}.x", type_, after, {"ingress": True})
    for rule in RULES.values():
        if rule.concept is not None:
            list(rule.concept(view(one)))
