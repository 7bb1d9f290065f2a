from __future__ import annotations

import copy
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.model import PlanAction
from reviewer.tfplan.bounds import PlanFormatError
from reviewer.tfplan.compare import against
from reviewer.tfplan.difference import is_partly
from reviewer.tfplan.read import read
from reviewer.tfplan.redact import redact
from tests.tfplan.documents import entry, plan, recorded
from tests.tfplan.record import MOVED


def compared(base, head, moved=(), forces=lambda type_, path: False):
    return {change.address: change for change in read(against(base, head, moved, forces), approximate=True).changes}


def actions(base, head, moved=(), forces=lambda type_, path: False):
    return {address: change.action.value for address, change in compared(base, head, moved, forces).items()}


def forces_triggers(type_, path):
    return (type_, path) == ("terraform_data", "triggers_replace")


def said(plan_):
    return {(change.address, change.action, change.previous_address, change.reason) for change in plan_.changes}


def test_two_plans_make_the_plan_that_the_real_terraform_makes_after_an_apply():
    ours = read(against(recorded("base"), recorded("head"), MOVED, forces_triggers), approximate=True)
    real = read(recorded("change"), approximate=False)
    assert said(ours) == said(real)
    assert {(one.name, one.action) for one in ours.outputs} == {(one.name, one.action) for one in real.outputs}
    paths = {change.address: change.replace_paths for change in ours.changes if change.replace_paths}
    assert paths == {"terraform_data.replaced": (("triggers_replace", 0),)}


def test_redacted_plans_are_compared_as_well():
    ours = read(against(redact(recorded("base")), redact(recorded("head")), MOVED, forces_triggers), approximate=True)
    assert said(ours) == said(read(recorded("change"), approximate=False))


@pytest.mark.parametrize("name", ["base", "head"])
def test_a_plan_against_itself_changes_nothing(name):
    document = recorded(name)
    whole = read(against(document, document, ()), approximate=True)
    assert {change.action for change in whole.changes} == {PlanAction.NO_OP}
    assert {output.action for output in whole.outputs} == {PlanAction.NO_OP}
    assert all(not change.after_unknown for change in whole.changes)


def test_without_a_base_everything_is_created():
    assert against(None, recorded("head"), ()) == recorded("head")


def test_neither_side_is_changed_in_place():
    base, head = recorded("base"), recorded("head")
    against(base, head, MOVED, forces_triggers)
    assert (base, head) == (recorded("base"), recorded("head"))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
ATTRIBUTES = st.dictionaries(st.sampled_from("abcdef"), VALUES, max_size=4)
ENTRIES = st.builds(
    lambda address, after, unknown: entry(
        address, after=after, after_unknown=dict.fromkeys(unknown - after.keys(), True)
    ),
    st.sampled_from(["aws_x.a", "aws_x.b[0]", 'aws_x.b["k"]', "module.m.aws_x.a", 'module.m["k"].aws_x.a']),
    ATTRIBUTES,
    st.sets(st.sampled_from("abcdefgh"), max_size=3),
)
PLANS = st.lists(ENTRIES, max_size=4, unique_by=lambda one: one["address"]).map(lambda entries: plan(*entries))


@settings(max_examples=150, deadline=None)
@given(PLANS)
def test_any_plan_against_itself_has_only_no_ops(document):
    assert set(actions(document, copy.deepcopy(document)).values()) <= {"no-op"}


@settings(max_examples=150, deadline=None)
@given(PLANS, PLANS)
def test_what_goes_one_way_comes_the_other(base, head):
    there, back = actions(base, head), actions(head, base)
    turned = {"create": "delete", "delete": "create", "update": "update", "no-op": "no-op"}
    moved = {
        change.address
        for way in (compared(base, head), compared(head, base))
        for change in way.values()
        if change.previous_address
    }
    left = there.keys() | back.keys()
    assert all(turned[there[a]] == back[a] for a in left if not moved)


def one(base, head, **more):
    """The change of one resource from `base` to `head`, each (attributes, unknown ones)."""
    documents = [
        plan(entry("aws_x.y", after=after, after_unknown=dict.fromkeys(unknown, True)))
        for after, unknown in (base, head)
    ]
    return compared(*documents, **more)["aws_x.y"]


def test_what_neither_side_knows_is_equal_and_what_one_knows_is_not():
    assert one(({"a": 1}, ["id"]), ({"a": 1}, ["id"])).action is PlanAction.NO_OP
    changed = one(({"key": "a"}, ["id"]), ({}, ["id", "key"]))
    assert changed.action is PlanAction.UPDATE
    assert changed.after_unknown == {"key": True}
    assert one(({}, ["id", "key"]), ({"key": "a"}, ["id"])).action is PlanAction.UPDATE


def test_null_and_nothing_are_equal_and_false_is_not_zero():
    assert one(({"a": None, "b": []}, []), ({}, [])).action is PlanAction.NO_OP
    assert one(({"a": False}, []), ({"a": 0}, [])).action is PlanAction.UPDATE
    assert one(({"a": False}, []), ({}, [])).action is PlanAction.UPDATE


def test_policies_are_equal_however_they_are_written():
    written = json.dumps({"Statement": [{"Effect": "Allow"}], "Version": "x"}, indent=2)
    other = json.dumps({"Version": "x", "Statement": [{"Effect": "Allow"}]})
    assert one(({"policy": written}, []), ({"policy": other}, [])).action is PlanAction.NO_OP
    assert one(({"policy": written}, []), ({"policy": other.replace("Allow", "Deny")}, [])).action is PlanAction.UPDATE


def test_a_change_inside_a_block_is_found_and_its_unknowns_stay():
    before = plan(entry("aws_x.y", after={"b": [{"c": 1}]}, after_unknown={"b": [{"id": True}]}))
    after = plan(entry("aws_x.y", after={"b": [{"c": 2}]}, after_unknown={"b": [{"id": True}]}))
    change = compared(before, after)["aws_x.y"]
    assert (change.action, change.before, change.after) == (PlanAction.UPDATE, {"b": [{"c": 1}]}, {"b": [{"c": 2}]})


@pytest.mark.parametrize(
    ("forcing", "action", "paths"),
    [
        ("b.c", "replace", (("b", 0, "c"),)),
        ("b", "replace", (("b", 0, "c"),)),
        ("c", "update", ()),
        ("b.d", "update", ()),
    ],
)
def test_a_replacement_is_known_by_the_attribute_that_changes(forcing, action, paths):
    change = one(
        ({"b": [{"c": 1, "d": 1}]}, ["id"]),
        ({"b": [{"c": 2, "d": 1}]}, ["id"]),
        forces=lambda type_, path: path == forcing,
    )
    assert (change.action.value, change.replace_paths) == (action, paths)
    assert is_partly(change.after_unknown) == bool(paths)  # a new one gets a new id


def test_what_the_base_does_not_know_may_be_there_already_and_replaces_nothing():
    change = one(({}, ["zone"]), ({"zone": "a"}, []), forces=lambda type_, path: True)
    assert change.action is PlanAction.UPDATE


def refers(address, **expressions):
    type_, _, name = (
        address.rpartition("module.")[2].rpartition(".")[0].rpartition(".")[2],
        "",
        address.rpartition(".")[2],
    )
    named = {key: {"references": value} for key, value in expressions.items()}
    return {"address": f"{type_}.{name}", "type": type_, "name": name, "mode": "managed", "expressions": named}


@pytest.mark.parametrize(
    ("before", "after", "moved", "action"),
    [
        (["aws_kms_key.a.arn", "aws_kms_key.a"], ["aws_kms_key.b.arn", "aws_kms_key.b"], [], "update"),
        (["aws_kms_key.a.arn", "aws_kms_key.a"], ["aws_kms_key.a.arn", "aws_kms_key.a"], [], "no-op"),
        (["aws_kms_key.a.arn"], ["aws_kms_key.b.arn"], [("aws_kms_key.a", "aws_kms_key.b")], "no-op"),
        (["aws_kms_key.a.arn"], ["aws_kms_key.a[0].arn"], [], "no-op"),
        (["module.a.arn", "module.a"], ["module.b.arn", "module.b"], [("module.a", "module.b")], "no-op"),
        (["module.a.arn", "module.a"], ["module.b.arn", "module.b"], [], "update"),
        (["var.key"], ["local.key"], [], "no-op"),
    ],
)
def test_what_is_not_known_changes_when_it_is_written_with_other_references(before, after, moved, action):
    documents = [
        plan(
            entry("aws_x.y", after={}, after_unknown={"key": True, "id": True}),
            configuration={"root_module": {"resources": [refers("aws_x.y", key=names)]}},
        )
        for names in (before, after)
    ]
    change = compared(*documents, moved)["aws_x.y"]
    assert change.action.value == action
    assert change.after_unknown == ({"key": True} if action == "update" else {})


def made(*addresses):
    return plan(*(entry(address, after={"a": 1}) for address in addresses))


@pytest.mark.parametrize(
    ("base", "head", "moved", "expected"),
    [
        (["aws_x.a"], ["aws_x.b"], [], {"aws_x.a": "delete", "aws_x.b": "create"}),
        (["aws_x.a"], ["aws_x.b"], [("aws_x.a", "aws_x.b")], {"aws_x.b": "no-op"}),
        (["aws_x.a"], ["aws_x.a[0]", "aws_x.a[1]"], [], {"aws_x.a[0]": "no-op", "aws_x.a[1]": "create"}),
        (["aws_x.a[0]", "aws_x.a[1]"], ["aws_x.a"], [], {"aws_x.a": "no-op", "aws_x.a[1]": "delete"}),
        (["aws_x.a"], ['aws_x.a["k"]'], [], {"aws_x.a": "delete", 'aws_x.a["k"]': "create"}),
        # What is there already keeps others from moving in.
        (["aws_x.a", "aws_x.b"], ["aws_x.b"], [("aws_x.a", "aws_x.b")], {"aws_x.a": "delete", "aws_x.b": "no-op"}),
        # What still stands at its address stays there.
        (["aws_x.a"], ["aws_x.a", "aws_x.b"], [("aws_x.a", "aws_x.b")], {"aws_x.a": "no-op", "aws_x.b": "create"}),
        (["aws_x.a"], [], [("aws_x.a", "aws_x.b")], {"aws_x.b": "delete"}),
    ],
)
def test_moves_creates_and_deletes(base, head, moved, expected):
    assert actions(made(*base), made(*head), moved) == expected


@pytest.mark.parametrize(
    ("address", "kept", "reason"),
    [
        ("aws_x.a", [], "delete_because_no_resource_config"),
        ("aws_x.a[1]", ["aws_x.a"], "delete_because_count_index"),
        ('aws_x.a["k"]', ["aws_x.a"], "delete_because_each_key"),
        ("aws_x.a", ["aws_x.a"], "delete_because_wrong_repetition"),
    ],
)
def test_a_deletion_says_why(address, kept, reason):
    configuration = {"root_module": {"resources": [{"address": one} for one in kept]}}
    change = compared(made(address), plan(configuration=configuration))[address]
    assert (change.reason, change.before, change.after) == (reason, {"a": 1}, None)


def test_data_sources_stay_as_they_are():
    data = entry("data.aws_ami.x", after={"id": "a"}, actions=["read"], mode="data")
    assert actions(plan(data), plan(data)) == {"data.aws_ami.x": "read"}


def test_what_is_there_before_stands_in_the_prior_state_with_the_data_that_were_read():
    head = made("module.m.aws_x.b")
    read_before = {"resources": [{"address": "module.m.data.aws_d.x", "mode": "data"}], "address": "module.m"}
    head["prior_state"] = {"values": {"root_module": {"child_modules": [read_before]}}}
    state = against(made("aws_x.a", "module.m.aws_x.b"), head, ())["prior_state"]["values"]["root_module"]
    assert [one["address"] for one in state["resources"]] == ["aws_x.a"]
    (child,) = state["child_modules"]
    assert [one["address"] for one in child["resources"]] == ["module.m.aws_x.b", "module.m.data.aws_d.x"]


def test_an_output_that_is_gone_is_deleted():
    base = plan(output_changes={"o": {"actions": ["create"], "after": 1, "after_sensitive": True}})
    (output,) = read(against(base, plan(), ()), approximate=True).outputs
    assert (output.name, output.action, output.before, output.sensitive) == ("o", PlanAction.DELETE, 1, True)


@settings(max_examples=100, deadline=None)
@given(VALUES, VALUES)
def test_what_is_no_plan_is_refused_and_nothing_else_happens(changes, planned):
    nonsense = {"format_version": "1.2", "resource_changes": changes, "planned_values": planned}
    for base, head in ((nonsense, recorded("head")), (recorded("base"), nonsense)):
        try:
            against(base, head, MOVED)
        except PlanFormatError:
            continue


def test_thousands_of_resources_take_time_in_proportion():
    base = made(*(f"aws_x.n{n}" for n in range(4_000)))
    head = made(*(f"aws_x.m{n}" for n in range(4_000)))
    moved = [(f"aws_x.n{n}", f"aws_x.m{n}") for n in range(4_000)]
    started = time.process_time()
    assert set(actions(base, head, moved).values()) == {"no-op"}
    assert time.process_time() - started < 10
