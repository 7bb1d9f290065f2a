from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.model import AttributeChange
from reviewer.tfplan.attributes import KNOWN_AFTER_APPLY, differences
from reviewer.tfplan.pairing import pairs
from reviewer.tfplan.read import read
from reviewer.tfplan.secret_names import SENSITIVE
from reviewer.tfplan.shown import MAX_SHOWN
from tests.tfplan.documents import entry, plan


def told(before, after, **change):
    """What is told of a change, as {path: (before, after)} in its order."""
    actions = {"actions": ["update"]} if before is not None and after is not None else {}
    document = plan(entry("aws_x.y", before=before, after=after, **{**actions, **change}))
    (found,) = read(document, approximate=True).changes
    return {one.path: (one.before, one.after) for one in differences(found)}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (True, False, ("true", "false")),
        (10, 20, ("10", "20")),
        ("a", None, ("a", "")),
        (None, "", None),
        ("a", "", ("a", '""')),
        ("a\n  b", "c", ("a b", "c")),
        (1, True, ("1", "true")),
        (1, 1.0, None),
        ("same", "same", None),
    ],
)
def test_plain_values_are_told_as_they_are_written(before, after, shown):
    assert told({"a": before}, {"a": after}).get("a") == shown


def test_nothing_is_longer_than_a_line():
    assert told({"a": "x" * 500}, {"a": ["y" * 500]}) == {"a": ("x" * (MAX_SHOWN - 1) + "…", "[" + "y" * 78 + "…")}


def test_of_long_texts_that_begin_alike_the_difference_is_told():
    (shown,) = told({"a": "x" * 500 + "open"}, {"a": "x" * 500 + "shut"}).values()
    assert shown == ("…" + "x" * 20 + "open", "…" + "x" * 20 + "shut")


def test_what_is_not_known_is_told_where_something_was_known_before():
    assert told({"vpc_id": "vpc-1"}, {}, after_unknown={"vpc_id": True}) == {"vpc_id": ("vpc-1", KNOWN_AFTER_APPLY)}
    unknown = {"arn": True, "id": True, "etag": True}
    assert told({"arn": "a", "id": "b", "etag": "c"}, {}, after_unknown=unknown) == {}
    assert told(None, {"bucket": "b"}, after_unknown={"id": True}) == {"bucket": ("", "b")}


def test_a_replacement_tells_first_what_forces_it_and_not_what_providers_compute():
    found = told(
        {"acl": "a", "engine": "mysql", "endpoint": "x"},
        {"acl": "b", "engine": "postgres"},
        after_unknown={"endpoint": True, "id": True},
        actions=["delete", "create"],
        replace_paths=[["engine"]],
    )
    assert list(found.items()) == [("engine", ("mysql", "postgres")), ("acl", ("a", "b"))]


def test_what_risks_more_is_told_first():
    assert list(told({"a": 1, "publicly_accessible": False}, {"a": 2, "publicly_accessible": True})) == [
        "publicly_accessible",
        "a",
    ]


def test_sensitive_values_are_told_of_and_not_shown():
    marks = {"before_sensitive": {"password": True}, "after_sensitive": {"password": True}}
    assert told({"password": "a"}, {"password": "b"}, **marks) == {"password": (SENSITIVE, SENSITIVE)}
    assert told({"password": SENSITIVE}, {"password": SENSITIVE, "a": 1}, **marks) == {"a": ("", "1")}
    assert told({}, {"password": "b"}, after_sensitive={"password": True}) == {"password": ("", SENSITIVE)}
    nested = {"before_sensitive": {"a": [{"b": True}]}, "after_sensitive": {}}
    assert told({"a": [{"b": "x", "c": 1}]}, {"a": [{"b": "y", "c": 1}]}, **nested) == {"a.b": (SENSITIVE, SENSITIVE)}


def test_policies_are_told_statement_by_statement():
    read_ = allow("s3:GetObject", "arn:aws:s3:::b/*", Sid="Read")
    kept = allow(["ec2:DescribeInstances"], "*")
    before, after = (
        policy(read_, kept),
        policy(
            {**read_, "Action": ["s3:GetObject", "s3:*"]},
            kept,
            {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
        ),
    )
    assert told({"policy": before}, {"policy": after}) == {
        "policy.Statement[Read]": (
            "Allow s3:GetObject on arn:aws:s3:::b/*",
            "Allow s3:*, s3:GetObject on arn:aws:s3:::b/*",
        ),
        "policy.Statement[2]": ("", "Allow sts:AssumeRole to *"),
    }


def test_a_statement_says_all_that_opens_or_closes_it():
    statement = {
        "Effect": "Deny",
        "NotAction": ["iam:*", "sts:*", "s3:GetObject", "s3:Put"],
        "NotResource": "*",
        "NotPrincipal": {"AWS": ["arn:aws:iam::1:root"]},
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
    }
    ((_, (_, after)),) = told({"policy": policy()}, {"policy": policy(statement)}).items()
    assert after == "Deny anything but iam:*,… on anything but * to anything but arn:aw… if aws:Mult…"


def test_a_policy_written_otherwise_is_no_difference():
    statement = allow("s3:*", "*")
    assert told({"policy": policy(statement)}, {"policy": json.dumps(json.loads(policy(statement)), indent=3)}) == {}


def test_other_json_is_compared_inside():
    before = [{"name": "a", "image": "i:1", "environment": [{"name": "A", "value": "1"}]}]
    after = [{"name": "a", "image": "i:2", "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}]
    assert told({"definitions": json.dumps(before)}, {"definitions": json.dumps(after)}) == {
        "definitions.image": ("i:1", "i:2"),
        "definitions.environment[1]": ("", "{name = B, value = 2}"),
    }


def test_the_order_of_a_list_says_nothing_but_for_commands():
    assert told({"cidr_blocks": ["a", "b"]}, {"cidr_blocks": ["b", "a"]}) == {}
    assert told({"command": ["a", "b"]}, {"command": ["b", "a"]}) == {"command": ("[a, b]", "[b, a]")}


def test_an_open_network_is_never_cut_away():
    many = [f"10.{n}.0.0/16" for n in range(30)]
    found = told({"cidr_blocks": many}, {"cidr_blocks": [*many, "10.99.0.0/16", "0.0.0.0/0"]})
    assert found == {"cidr_blocks": ("[… 30 items]", "[0.0.0.0/0, 10.99.0.0/16, …]")}


def ingress(port, *cidrs):
    return {"from_port": port, "to_port": port, "protocol": "tcp", "cidr_blocks": list(cidrs), "description": ""}


def test_blocks_are_told_by_what_became_of_each():
    before = {"ingress": [ingress(22, "10.0.0.0/8"), ingress(443, "0.0.0.0/0"), ingress(25, "1.1.1.1/32")]}
    after = {"ingress": [ingress(443, "0.0.0.0/0"), ingress(22, "10.0.0.0/8", "0.0.0.0/0")]}
    assert told(before, after) == {
        "ingress[1].cidr_blocks": ("[10.0.0.0/8]", "[0.0.0.0/0, 10.0.0.0/8]"),
        "ingress[2]": ("{from_port = 25, to_port = 25, protocol = tcp, cidr_blocks = [1.1.1.1/32]}", ""),
    }


def test_noise_is_left_out():
    before = {"tags": {"a": "1"}, "tags_all": {"a": "1"}, "timeouts": None, "x": None}
    after = {"tags": {"a": "2"}, "tags_all": {"a": "2"}, "timeouts": {"create": "5m"}, "x": []}
    assert told(before, after) == {"tags.a": ("1", "2")}


def test_nothing_is_told_of_what_goes_or_stays():
    assert told({"a": 1}, None) == {}
    assert told({"a": 1}, {"a": 1}) == {}


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from([policy(allow("*", "*")), "[1]", "{"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["Statement", "Sid", "name", "a", "b"]), inner, max_size=4)
    ),
    max_leaves=10,
)
MARKS = st.recursive(
    st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)
WHOLE = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)
ALL_MARKS = st.dictionaries(st.sampled_from("abc"), MARKS, max_size=3)


@settings(max_examples=100, deadline=None)
@given(WHOLE, WHOLE, ALL_MARKS, ALL_MARKS, ALL_MARKS)
def test_anything_can_be_told_in_short_lines(before, after, unknown, hidden_before, hidden_after):
    document = plan(
        entry(
            "aws_x.y",
            before=before,
            after=after,
            actions=["update"],
            after_unknown=unknown,
            before_sensitive=hidden_before,
            after_sensitive=hidden_after,
        )
    )
    (change,) = read(document, approximate=True).changes
    for one in differences(change):
        assert isinstance(one, AttributeChange)
        assert len(one.before) <= MAX_SHOWN and len(one.after) <= MAX_SHOWN
        assert one.before != one.after or SENSITIVE in (one.before, one.after) or "…" in one.before
        assert "\n" not in one.before + one.after


@settings(max_examples=100, deadline=None)
@given(WHOLE)
def test_what_does_not_change_is_not_told(attributes):
    assert told(attributes, json.loads(json.dumps(attributes)), actions=["update"]) == {}


@given(st.lists(VALUES, max_size=6), st.lists(VALUES, max_size=6))
def test_pairing_leaves_nothing_out(before, after):
    found = pairs(before, after)
    assert sorted(left for left, _ in found if left is not None) == list(range(len(before)))
    assert sorted(right for _, right in found if right is not None) == list(range(len(after)))
    assert all(pair != (None, None) for pair in found)


def test_many_blocks_take_time_in_proportion():
    before = [ingress(port, "10.0.0.0/8") for port in range(3_000)]
    after = [ingress(port, "0.0.0.0/0") for port in range(3_000)]
    started = time.process_time()
    assert len(told({"ingress": before}, {"ingress": after})) == 3_000
    assert time.process_time() - started < 10
