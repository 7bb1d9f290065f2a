from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.model import PlanAction
from reviewer.tfplan import bounds
from reviewer.tfplan.bounds import PlanFormatError
from reviewer.tfplan.model import Mode
from reviewer.tfplan.read import MAX_CHANGES, read, read_bytes
from tests.tfplan.documents import entry, plan, recorded


def test_a_plan_of_the_real_terraform_is_read():
    found = read(recorded("change"), approximate=False)
    actions = {change.address: change.action for change in found.changes}
    assert actions["terraform_data.updated"] is PlanAction.UPDATE
    assert actions["terraform_data.replaced"] is PlanAction.REPLACE
    assert actions["terraform_data.gone"] is PlanAction.DELETE
    assert actions["terraform_data.made"] is PlanAction.CREATE
    assert actions["terraform_data.kept"] is PlanAction.NO_OP
    assert (found.format_version, found.terraform_version, found.complete) == ("1.2", "1.11.4", True)


def test_a_change_keeps_what_terraform_says_of_it():
    by_address = {change.address: change for change in read(recorded("change"), approximate=False).changes}
    replaced = by_address["terraform_data.replaced"]
    assert replaced.replace_paths == (("triggers_replace",),)
    assert replaced.reason == "replace_because_cannot_update"
    assert (replaced.before or {})["triggers_replace"] == ["before"]
    assert (replaced.after or {})["triggers_replace"] == ["after"]
    assert replaced.after_unknown["id"] is True
    moved = by_address['terraform_data.named["a"]']
    assert (moved.previous_address, moved.index, moved.name) == ('terraform_data.renamed["a"]', "a", "named")
    assert by_address['module.n["k"].terraform_data.in'].module == 'module.n["k"]'
    assert by_address['terraform_data.keyed["weird\\"]key."]'].config_address == "terraform_data.keyed"
    assert by_address["terraform_data.kept"].after_sensitive["input"]["password"] is True
    assert by_address["terraform_data.gone"].after is None


def test_outputs_and_checks_are_read():
    found = read(recorded("change"), approximate=False)
    outputs = {output.name: output for output in found.outputs}
    assert (outputs["plain"].before, outputs["plain"].after) == ("before", "after")
    assert outputs["login"].sensitive and not outputs["plain"].sensitive
    assert [(check.address, check.status, check.problems) for check in found.checks] == [
        ("check.short", "fail", ("too few: a, b",))
    ]
    unknown = {output.name: output.unknown for output in read(recorded("head"), approximate=True).outputs}
    assert unknown == {"id": True, "login": False, "plain": False}


def test_drift_and_data_sources_are_told_apart():
    document = plan(
        entry("data.aws_ami.x", after={"id": "ami-1"}, actions=["read"], mode="data"),
        resource_drift=[entry("aws_s3_bucket.a", before={"acl": "private"}, after={"acl": "public-read"})],
    )
    found = read(document, approximate=False)
    assert [(change.mode, change.action) for change in found.changes] == [(Mode.DATA, PlanAction.READ)]
    assert [change.address for change in found.drift] == ["aws_s3_bucket.a"]


def test_what_is_put_off_is_told_and_the_plan_is_not_complete():
    put_off = {"reason": "instance_count_unknown", "resource_change": entry("aws_s3_bucket.a[0]", after={"a": 1})}
    found = read(plan(deferred_changes=[put_off]), approximate=False)
    assert [change.address for change in found.changes] == ["aws_s3_bucket.a[0]"]
    assert not found.complete
    assert not read(plan(complete=False), approximate=False).complete


@pytest.mark.parametrize(
    ("actions", "action"),
    [
        (["no-op"], PlanAction.NO_OP),
        (["delete", "create"], PlanAction.REPLACE),
        (["create", "delete"], PlanAction.REPLACE),
        (["forget"], PlanAction.FORGET),
        (["create", "forget"], PlanAction.CREATE),
    ],
)
def test_every_action_has_a_word(actions, action):
    (change,) = read(plan(entry("a.b", before={}, after={}, actions=actions)), approximate=False).changes
    assert change.action is action


@pytest.mark.parametrize(
    ("marks", "read_as"),
    [(False, {}), (True, {"a": True, "b": True}), (None, {}), ({"a": True}, {"a": True})],
)
def test_marks_may_be_one_word_for_all(marks, read_as):
    (change,) = read(plan(entry("a.b", after={"a": 1, "b": 2}, after_sensitive=marks)), approximate=False).changes
    assert change.after_sensitive == read_as


def broken(*path, value):
    document = plan(entry("aws_s3_bucket.a", after={"acl": "private"}), output_changes={"o": {"actions": ["create"]}})
    at = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "The plan is a list; expected an object"),
        ({}, "no format_version"),
        ({"format_version": 1}, "format_version is a number; expected text"),
        ({"format_version": "2.0", "resource_changes": []}, "format_version is '2.0'; expected 1.x"),
        ({"format_version": "0.2", "resource_changes": []}, "format_version is '0.2'; expected 1.x"),
        ({"format_version": "1.0", "values": {}}, "neither resource_changes nor planned_values"),
        (broken("errored", value=True), "ended with an error"),
        (broken("resource_changes", value={}), "resource_changes is an object; expected a list"),
        (broken("resource_changes", 0, value=3), "resource_changes[0] is a number; expected an object"),
        (broken("resource_changes", 0, "address", value=None), "resource_changes[0].address is null; expected text"),
        (broken("resource_changes", 0, "type", value=[]), "resource_changes[0].type is a list; expected text"),
        (broken("resource_changes", 0, "index", value=True), "resource_changes[0].index is true or false"),
        (broken("resource_changes", 0, "mode", value="ephemeral"), "mode is 'ephemeral'; expected managed or data"),
        (broken("resource_changes", 0, "change", value=[]), "resource_changes[0].change is a list"),
        (broken("resource_changes", 0, "change", "actions", value=["destroy"]), "actions is ['destroy']"),
        (broken("resource_changes", 0, "change", "actions", value=[["create"]]), "actions is [['create']]"),
        (broken("resource_changes", 0, "change", "actions", value="create"), "actions is text; expected a list"),
        (broken("resource_changes", 0, "change", "after", value="x"), "change.after is text; expected an object"),
        (broken("resource_changes", 0, "change", "after_unknown", value=3), "after_unknown is a number"),
        (broken("resource_changes", 0, "change", "replace_paths", value=["a"]), "replace_paths[] is text"),
        (broken("output_changes", "o", value=1), "output_changes.o is a number; expected an object"),
        (broken("checks", value=[3]), "checks[0] is a number"),
        (broken("checks", value=[{"problems": [{"message": 1}]}]), "checks[0].problems[].message is a number"),
        (broken("terraform_version", value=[]), "terraform_version is a list; expected text"),
    ],
)
def test_what_is_no_plan_is_refused_with_what_was_expected(document, said):
    with pytest.raises(PlanFormatError) as refusal:
        read(document, approximate=False)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "ends in the middle"),
        (b'{"format_version": "1.2", "resource_changes": [', "cut short"),
        (b"{} {}", "not JSON at line 1"),
        (b"PK\x03\x04\xff\xfe", "not UTF-8 at byte 4; expected what `terraform show -json` prints, not the file"),
        (b'{"format_version": NaN}', "NaN, which is no number"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "a number that is too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number that is too long"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "key 'c' twice"),
        (b'{"a": "\\ud800"}', "half a surrogate pair"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "nested deeper than 100"),
        (b"[" * 200_000, "deeper"),
    ],
)
def test_bytes_that_are_no_plan_are_refused(raw, said):
    with pytest.raises(PlanFormatError) as refusal:
        read_bytes(raw)
    assert said in str(refusal.value)


def test_a_whole_surrogate_pair_and_a_byte_order_mark_are_text():
    document = plan(entry("aws_s3_bucket.a", after={"bucket": "\U0001f600"}))
    (change,) = read_bytes(b"\xef\xbb\xbf" + json.dumps(document).encode()).changes
    assert change.after == {"bucket": "\U0001f600"}


def test_limits_are_named():
    with pytest.raises(PlanFormatError, match=r"67,108,865 bytes; expected at most 67,108,864"):
        read_bytes(b" " * (bounds.MAX_BYTES + 1))
    one = entry("a.b", after={})
    with pytest.raises(PlanFormatError, match=f"expected at most {MAX_CHANGES:,}"):
        read({**plan(), "resource_changes": [one] * (MAX_CHANGES + 1)}, approximate=False)
    with pytest.raises(PlanFormatError, match="more than 3,000,000 values"):
        read({**plan(), "x": [[0] * 1000] * 3001}, approximate=False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, step))


WHOLE = recorded("change")
PLACES = [path for path in places(WHOLE) if path]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), JSON)
def test_a_plan_with_anything_anywhere_is_read_or_refused(path, value):
    document = copy.deepcopy(WHOLE)
    at = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    try:
        found = read(document, approximate=False)
    except PlanFormatError:
        return
    assert all(isinstance(change.address, str) for change in found.changes)
