"""What we know of providers, asked type by type."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.derive.plan_tables import compact
from reviewer.plan import shipped
from reviewer.plan.shipped import defaults, forces_replacement, sensitive, shipped_block


def attribute(provider: str, type_: str, *path: str) -> dict[str, Any]:
    block = shipped_block(provider, type_)
    for step in path[:-1]:
        assert block
        block = block["block_types"][step]["block"]
    assert block
    found: dict[str, Any] = block["attributes"][path[-1]]
    return found


def test_an_attribute_says_whether_it_must_be_there_or_is_computed() -> None:
    assert attribute("aws", "aws_sqs_queue", "arn") == {"computed": True, "type": "string"}
    assert attribute("aws", "aws_sqs_queue", "delay_seconds") == {"optional": True, "type": "number"}
    assert attribute("aws", "aws_vpc", "cidr_block") == {"optional": True, "computed": True, "type": "string"}
    assert attribute("azurerm", "azurerm_storage_account", "account_tier") == {"required": True, "type": "string"}
    assert attribute("google", "google_storage_bucket", "url") == {"computed": True, "type": "string"}


def test_types_are_exact() -> None:
    assert attribute("aws", "aws_instance", "vpc_security_group_ids")["type"] == ["set", "string"]
    assert attribute("aws", "aws_lb_target_group", "deregistration_delay")["type"] == "string"
    ingress = attribute("aws", "aws_security_group", "ingress")["type"]
    assert ingress[:1] == ["set"]
    assert ingress[1][1]["cidr_blocks"] == ["list", "string"]
    assert attribute("aws", "aws_instance", "root_block_device", "tags_all")["type"] == ["map", "string"]


def test_blocks_say_how_they_nest_and_which_the_provider_fills_in() -> None:
    bucket = shipped_block("aws", "aws_s3_bucket")
    instance = shipped_block("aws", "aws_instance")
    assert bucket and instance
    encryption = bucket["block_types"]["server_side_encryption_configuration"]
    assert (encryption["nesting_mode"], encryption["max_items"], encryption["computed"]) == ("list", 1, True)
    assert "computed" not in instance["block_types"]["launch_template"]
    assert instance["block_types"]["timeouts"]["nesting_mode"] == "single"


def test_an_attribute_with_attributes_of_its_own_is_no_block() -> None:
    block = shipped_block("aws", "aws_lambda_capacity_provider")
    assert block
    nested = block["attributes"]["instance_requirements"]["nested_type"]
    assert nested["nesting_mode"] == "list"
    assert nested["attributes"]["architectures"]["type"] == ["list", "string"]


def test_data_sources_are_other_types() -> None:
    assert shipped_block("aws", "aws_caller_identity") is None
    block = shipped_block("aws", "aws_caller_identity", data=True)
    assert block
    assert block["attributes"]["account_id"] == {"computed": True, "type": "string"}


@pytest.mark.parametrize(
    ("provider", "type_"),
    [
        ("aws", "aws_nothing"),
        ("nobody", "nobody_thing"),
        ("../recipes/schemas/aws", "aws_nothing"),
        ("asked-aws", "aws_nothing"),
    ],
)
def test_what_is_not_known_is_none(provider: str, type_: str) -> None:
    assert shipped_block(provider, type_) is None
    assert not defaults(type_)


def test_defaults_are_those_of_the_provider_by_path() -> None:
    assert defaults("aws_db_instance")["auto_minor_version_upgrade"] is True
    assert defaults("aws_iam_role")["max_session_duration"] == 3600
    assert defaults("aws_instance")["root_block_device.delete_on_termination"] is True
    assert defaults("azurerm_storage_account")["https_traffic_only_enabled"] is True
    assert "deletion_window_in_days" not in defaults("aws_kms_key")  # documented; the provider leaves it null


def test_sensitive_attributes_are_known_by_path() -> None:
    assert {"password", "password_wo"} <= sensitive("aws_db_instance")
    assert "kube_config" in sensitive("azurerm_kubernetes_cluster")
    assert "root_password" in sensitive("google_sql_database_instance")
    assert not sensitive("aws_vpc")


@pytest.mark.parametrize(
    ("type_", "path", "replaces"),
    [
        ("aws_db_instance", "storage_encrypted", True),
        ("aws_db_instance", "instance_class", False),
        ("aws_db_instance", "identifier", False),  # did, before release 5.1
        ("aws_instance", "user_data", False),
        ("aws_instance", "root_block_device.encrypted", True),
        ("aws_s3_bucket", "bucket", True),
        ("azurerm_storage_account", "is_hns_enabled", True),
        ("azurerm_storage_account", "account_replication_type", False),  # with some values only
        ("google_compute_disk", "disk_encryption_key.raw_key", True),  # within a block of which any change does
        ("google_compute_disk", "size", False),
        ("nobody_thing", "name", False),
    ],
)
def test_a_change_recreates_what_is_known_to_be_recreated(type_: str, path: str, replaces: bool) -> None:
    assert forces_replacement(type_, path) is replaces


def test_every_type_of_every_table_can_be_read() -> None:
    count = 0
    for provider in ("aws", "azurerm", "google"):
        for name in shipped._lines(provider):
            type_ = name.removeprefix("data.")
            block = shipped_block(provider, type_, data=name != type_)
            assert block, name
            assert type_.startswith(f"{provider}_"), name
            count += 1
    assert count > 5000


@pytest.mark.parametrize("table", ["defaults", "replaces"])
def test_the_tables_speak_of_attributes_that_exist(table: str) -> None:
    for type_, paths in shipped._table(table).items():
        block = shipped_block(type_.partition("_")[0], type_)
        assert block, type_
        assert all(exists(block, path.split(".")) for path in paths), (type_, paths)


def exists(block: dict[str, Any], steps: list[str]) -> bool:
    name, *rest = steps
    if name in block["attributes"]:
        nested = block["attributes"][name].get("nested_type")
        return not rest or (nested is not None and rest[0] in nested["attributes"])
    nested = block["block_types"].get(name)
    return nested is not None and (not rest or exists(nested["block"], rest))


names = st.text("abcdefgh_", min_size=1, max_size=8)
types = st.recursive(
    st.sampled_from(["string", "number", "bool", "dynamic"]),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["list", "set", "map"]), inner).map(list),
        st.dictionaries(names, inner, min_size=1, max_size=3).map(lambda members: ["object", members]),
    ),
    max_leaves=4,
)
FLAGS = ("required", "optional", "computed", "sensitive", "write_only")
flags = st.sets(st.sampled_from(FLAGS), min_size=1).map(lambda chosen: dict.fromkeys(chosen, True))
attributes = st.one_of(
    st.builds(lambda marks, type_: marks | {"type": type_}, flags, types),
    st.builds(
        lambda marks, members: marks | {"nested_type": {"nesting_mode": "list", "attributes": members}},
        flags,
        st.dictionaries(names, st.builds(lambda marks, type_: marks | {"type": type_}, flags, types), max_size=2),
    ),
)
limits = st.fixed_dictionaries(
    {"nesting_mode": st.sampled_from(["single", "list", "set", "map"])},
    optional={"min_items": st.integers(1, 9), "max_items": st.integers(1, 9), "computed": st.just(True)},
)


def block_of(written: dict[str, Any], nested: dict[str, Any]) -> dict[str, Any]:
    return {"attributes": written, "block_types": {k: v for k, v in nested.items() if k not in written}}


blocks = st.recursive(
    st.builds(lambda written: block_of(written, {}), st.dictionaries(names, attributes, max_size=3)),
    lambda inner: st.builds(
        block_of,
        st.dictionaries(names, attributes, max_size=2),
        st.dictionaries(names, st.builds(lambda head, block: head | {"block": block}, limits, inner), max_size=2),
    ),
    max_leaves=5,
)


@given(blocks)
def test_the_compact_form_keeps_everything(block: dict[str, Any]) -> None:
    assert shipped._expanded(json.loads(json.dumps(compact(block)))) == block
