"""The provider of ours: what it makes of schemas and values, and what it refuses to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tf.gen import tfplugin_pb2 as pb

from reviewer.plan import mocks, policy_documents, provider, provider_values
from reviewer.plan.provider_schema import ProviderSchema, join, to_protobuf
from reviewer.plan.provider_values import UNKNOWN, decode, encode, plain, planned

SOURCE = "registry.terraform.io/acme/cloud"
TEXT = {"type": "string", "optional": True}
COMPUTED = {"type": "string", "computed": True}


def block(attributes: dict[str, Any], **blocks: Any) -> dict[str, Any]:
    nested = {name: {"nesting_mode": "list", "block": inner} for name, inner in blocks.items()}
    return join({"attributes": attributes, "block_types": nested}, {})


def test_what_is_not_written_is_unknown_where_the_provider_computes_it_and_null_elsewhere() -> None:
    schema = block({"name": TEXT, "size": TEXT, "id": COMPUTED, "zone": TEXT | {"computed": True}})
    proposed = {"name": "a", "size": None, "id": None, "zone": None}
    assert planned(schema, proposed, {}) == {"name": "a", "size": None, "id": UNKNOWN, "zone": UNKNOWN}
    assert planned(schema, proposed | {"zone": "b"}, {"size": "big"}) == {
        "name": "a",
        "size": "big",
        "id": UNKNOWN,
        "zone": "b",
    }


def test_blocks_are_planned_inside_whatever_holds_them() -> None:
    inner = {"attributes": {"size": TEXT, "id": COMPUTED}}
    modes = {"list": [{}], "set": [{}], "map": {"k": {}}, "single": {}, "group": {}}
    for mode, value in modes.items():
        schema = join({"block_types": {"disk": {"nesting_mode": mode, "block": inner}}}, {})
        written = json.loads(json.dumps(value).replace("{}", '{"size": null, "id": null}'))
        found = planned(schema, {"disk": written}, {"disk.size": "10"})["disk"]
        one = found[0] if isinstance(found, list) else found["k"] if mode == "map" else found
        assert one == {"size": "10", "id": UNKNOWN}


def test_an_object_that_may_be_written_as_a_block_is_filled_with_zeros_as_the_sdk_does() -> None:
    rule = [
        "object",
        {"cidr_blocks": ["list", "string"], "from_port": "number", "self": "bool", "description": "string"},
    ]
    schema = block({"ingress": {"type": ["set", rule], "optional": True, "computed": True}})
    written = {"cidr_blocks": ["0.0.0.0/0"], "from_port": 22, "self": None, "description": None}
    assert planned(schema, {"ingress": [written]}, {})["ingress"] == [
        {"cidr_blocks": ["0.0.0.0/0"], "from_port": 22, "self": False, "description": ""}
    ]


def test_a_write_only_value_is_never_planned() -> None:
    schema = block({"secret_wo": TEXT | {"write_only": True}})
    assert planned(schema, {"secret_wo": "hunter2"}, {}) == {"secret_wo": None}
    message = to_protobuf(schema)
    (attribute,) = message.block.attributes
    assert attribute.SerializeToString().endswith(b"\x58\x01")


def test_attributes_of_nested_objects_are_planned_one_by_one() -> None:
    nested = {"nesting_mode": "list", "attributes": {"arn": COMPUTED, "name": TEXT}}
    schema = block({"targets": {"nested_type": nested, "optional": True}})
    assert planned(schema, {"targets": [{"arn": None, "name": "x"}]}, {}) == {
        "targets": [{"arn": UNKNOWN, "name": "x"}]
    }
    assert planned(schema, {"targets": UNKNOWN}, {}) == {"targets": UNKNOWN}


def test_blocks_of_any_type_come_with_their_type_and_keep_it() -> None:
    schema = block({}, box=join(None, {"attributes": {"a": {"type": "dynamic", "computed": True, "optional": True}}}))
    pair = [b'["tuple",[["object",{"a":"dynamic"}]]]', [{"a": None}]]
    assert planned(schema, {"box": pair}, {}) == {"box": [pair[0], [{"a": UNKNOWN}]]}
    assert plain({"box": [pair[0], [{"a": 1}]]}) == {"box": [{"a": 1}]}


def test_what_the_code_writes_beyond_a_known_schema_is_let_in() -> None:
    known = {"attributes": {"name": {"type": "string", "required": True}, "rules": {"type": ["list", "dynamic"]}}}
    written = {
        "attributes": {
            "name": {"type": "dynamic", "optional": True},
            "brand_new": {"type": "dynamic", "optional": True},
        },
        "block_types": {"rules": {"nesting_mode": "list", "block": {"attributes": {"x": {"type": "dynamic"}}}}},
    }
    joined = join(known, written)
    assert joined["attributes"]["name"] == {"type": "string", "optional": True}
    assert set(joined["attributes"]) == {"name", "brand_new"}
    assert set(joined["block_types"]) == {"rules"}


def test_names_that_would_spoil_the_schema_of_all_types_are_left_out() -> None:
    joined = join(None, {"attributes": {"Bad-Name": {"type": "dynamic"}, "fine": {"type": "dynamic"}}})
    assert set(joined["attributes"]) == {"fine"}


def test_a_set_of_what_may_be_of_any_type_becomes_a_list_because_terraform_refuses_it() -> None:
    inner = {"attributes": {"a": {"type": "dynamic"}}}
    joined = join({"block_types": {"s": {"nesting_mode": "set", "block": inner}}}, {})
    assert joined["block_types"]["s"]["nesting_mode"] == "list"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_values_come_back_as_they_went(value: Any) -> None:
    assert decode(encode(value)) == value
    assert plain(value) == value


@given(json_values, st.lists(json_values, max_size=3))
def test_values_of_any_kind_are_planned_and_stay_what_they_are(value: Any, blocks: list[Any]) -> None:
    schema = block({"a": COMPUTED, "b": {"type": ["list", ["object", {"c": "string"}]]}}, box=block({"d": COMPUTED}))
    found = decode(encode(planned(schema, {"a": value, "b": None, "box": blocks}, {"box.d": 1})))
    assert found["a"] == (UNKNOWN if value is None else value)
    assert len(found["box"]) == len(blocks)


# Policies


def test_a_policy_document_is_rendered_as_the_provider_does() -> None:
    config = {
        "statement": [
            {
                "sid": "Read",
                "actions": ["s3:GetObject", "s3:ListBucket"],
                "resources": ["arn:aws:s3:::b"],
                "principals": [{"type": "AWS", "identifiers": ["arn:aws:iam::1:root"]}],
                "condition": [{"test": "StringLike", "variable": "aws:userid", "values": ["&{aws:username}", "x"]}],
            },
            {"effect": "Deny", "not_actions": ["iam:*"], "principals": [{"type": "*", "identifiers": ["*"]}]},
        ]
    }
    assert json.loads(policy_documents.render(config)) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": ["s3:ListBucket", "s3:GetObject"],
                "Resource": "arn:aws:s3:::b",
                "Principal": {"AWS": "arn:aws:iam::1:root"},
                "Condition": {"StringLike": {"aws:userid": ["${aws:username}", "x"]}},
            },
            {"Effect": "Deny", "NotAction": "iam:*", "Principal": "*"},
        ],
    }


def test_source_documents_come_first_and_overrides_take_the_place_of_the_same_sid() -> None:
    source = '{"Statement": [{"Sid": "A", "Effect": "Allow", "Action": "a:*"}, {"Effect": "Allow", "Action": "c:*"}]}'
    override = '{"Statement": {"Sid": "B", "Effect": "Deny", "Action": "b:*"}}'
    config = {
        "source_policy_documents": [source, "no json"],
        "override_policy_documents": [override],
        "statement": [{"sid": "B", "actions": ["b:Get"]}],
    }
    statements = json.loads(policy_documents.render(config))["Statement"]
    assert [(s.get("Sid"), s["Effect"], s["Action"]) for s in statements] == [
        ("A", "Allow", "a:*"),
        (None, "Allow", "c:*"),
        ("B", "Deny", "b:*"),
    ]


# Data sources


def test_every_computed_value_of_a_data_source_is_known() -> None:
    types = ["string", "number", "bool", "dynamic", ["list", "string"], ["set", "number"], ["map", "string"]]
    types += [["object", {"a": "string", "b": ["list", "string"]}], ["tuple", ["string", "bool"]]]
    types += [["list", ["object", {"zone": "string"}]]]
    attributes = {f"a{number}": {"type": type_, "computed": True} for number, type_ in enumerate(types)}
    answer = mocks.read("cloud_thing", block(attributes), dict.fromkeys(attributes))
    assert None not in answer.values()
    assert not any(isinstance(value, msgpack.ExtType) for value in answer.values())
    assert decode(encode(answer)) == answer


MOCKED: list[tuple[str, str, Any, Callable[[Any], bool]]] = [
    ("aws_caller_identity", "account_id", "string", lambda v: v == "123456789012"),
    ("aws_availability_zones", "names", ["list", "string"], lambda v: v == ["us-east-1a", "us-east-1b", "us-east-1c"]),
    ("aws_region", "name", "string", lambda v: v == "us-east-1"),
    ("aws_ami", "id", "string", lambda v: v.startswith("ami-")),
    ("aws_subnets", "ids", ["list", "string"], lambda v: len(set(v)) == 3 and all(i.startswith("subnet-") for i in v)),
    ("aws_vpc", "cidr_block", "string", lambda v: v == "10.0.0.0/16"),
    ("aws_kms_key", "arn", "string", lambda v: v == "arn:aws:kms:us-east-1:123456789012:key/mock"),
    ("aws_iam_role", "assume_role_policy", "string", lambda v: json.loads(v)["Statement"] == []),
    ("http", "response_body", "string", lambda v: json.loads(v) == {}),
    ("external", "result", ["map", "string"], lambda v: v == {}),
]


@pytest.mark.parametrize(("source", "name", "type_", "expected"), MOCKED, ids=[f"{s}.{n}" for s, n, _, _ in MOCKED])
def test_data_sources_answer_with_something_of_the_right_form(
    source: str, name: str, type_: Any, expected: Callable[[Any], bool]
) -> None:
    schema = block({name: {"type": type_, "computed": True}})
    assert expected(mocks.read(source, schema, {name: None})[name])


def test_answers_are_for_the_region_that_the_provider_is_set_to() -> None:
    schema = block({"names": {"type": ["list", "string"], "computed": True}})
    answer = mocks.read("aws_availability_zones", schema, {"names": None}, "eu-west-1")
    assert answer["names"] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]


def test_what_was_asked_for_is_kept_in_the_answer() -> None:
    schema = block({"name": TEXT | {"computed": True}, "id": COMPUTED})
    assert mocks.read("aws_region", schema, {"name": "eu-west-1", "id": None}) == {
        "name": "eu-west-1",
        "id": "eu-west-1",
    }


# The protocol


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[grpc.Channel]:
    """A connection to one provider with one resource and one data source."""
    schema = ProviderSchema(
        source=SOURCE,
        config=block({"region": TEXT}, default_tags=block({"tags": {"type": ["map", "string"], "optional": True}})),
        resources={
            "cloud_box": block(
                {
                    "name": TEXT,
                    "id": COMPUTED,
                    "tags": {"type": ["map", "string"], "optional": True},
                    "tags_all": {"type": ["map", "string"], "computed": True},
                }
            )
        },
        data={"cloud_zone": block({"id": COMPUTED})},
    )
    with provider.serving([schema], tmp_path) as told:
        address = json.loads(told)[SOURCE]["Addr"]["String"]
        with grpc.insecure_channel(f"unix:{address}") as channel:
            yield channel


def call(channel: grpc.Channel, method: str, **fields: Any) -> Any:
    messages = getattr(pb, method)
    ask = channel.unary_unary(
        f"/tfplugin6.Provider/{method}",
        request_serializer=messages.Request.SerializeToString,
        response_deserializer=messages.Response.FromString,
    )
    return ask(messages.Request(**fields), timeout=10)


def value(content: Any) -> pb.DynamicValue:
    return pb.DynamicValue(msgpack=encode(content))


def plan_box(channel: grpc.Channel, **written: Any) -> Any:
    proposed = {"name": None, "id": None, "tags": None, "tags_all": None} | written
    answer = call(channel, "PlanResourceChange", type_name="cloud_box", prior_state=value(None),
                  proposed_new_state=value(proposed), config=value(proposed))  # fmt: skip
    assert answer.legacy_type_system
    return decode(answer.planned_state.msgpack)


def test_terraform_is_told_the_schema_of_what_is_used(channel: grpc.Channel) -> None:
    answer = call(channel, "GetProviderSchema")
    assert set(answer.resource_schemas) == {"cloud_box"}
    assert set(answer.data_source_schemas) == {"cloud_zone"}
    kinds = {a.name: (a.type, a.optional, a.computed) for a in answer.resource_schemas["cloud_box"].block.attributes}
    assert kinds["tags_all"] == (b'["map", "string"]', False, True)


def test_default_tags_are_on_what_is_planned(channel: grpc.Channel) -> None:
    call(channel, "ConfigureProvider", config=value({"region": None, "default_tags": [{"tags": {"team": "a"}}]}))
    assert plan_box(channel, tags={"name": "x"})["tags_all"] == {"team": "a", "name": "x"}
    assert plan_box(channel)["tags_all"] == {"team": "a"}


def test_of_several_configurations_nobody_says_whose_tags_count(channel: grpc.Channel) -> None:
    for team in "ab":
        call(channel, "ConfigureProvider", config=value({"region": None, "default_tags": [{"tags": {"team": team}}]}))
    assert provider_values.is_unknown(plan_box(channel, tags={"name": "x"})["tags_all"])


def test_what_is_destroyed_is_planned_as_nothing(channel: grpc.Channel) -> None:
    gone = call(channel, "PlanResourceChange", type_name="cloud_box", prior_state=value({"name": "x"}),
                proposed_new_state=value(None), config=value(None))  # fmt: skip
    assert decode(gone.planned_state.msgpack) is None


@pytest.mark.parametrize("method", ["ApplyResourceChange", "ImportResourceState", "MoveResourceState", "CallFunction"])
def test_nothing_can_be_created_imported_moved_or_run(channel: grpc.Channel, method: str) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        call(channel, method)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_more_instances_than_anybody_reads_are_an_error(channel: grpc.Channel) -> None:
    fields = {"type_name": "cloud_box", "prior_state": value(None), "proposed_new_state": value(None)}
    for _ in range(provider.MOST_INSTANCES):
        call(channel, "PlanResourceChange", **fields)
    (error,) = call(channel, "PlanResourceChange", **fields).diagnostics
    assert error.summary == provider.TOO_MANY
