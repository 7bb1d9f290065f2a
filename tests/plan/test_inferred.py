"""What is guessed of resource types from their uses alone."""

from __future__ import annotations

from typing import Any

import pytest

from reviewer.plan.inferred import inferred
from reviewer.plan.reading import CannotPlan, read

AWS = "registry.terraform.io/hashicorp/aws"


def schemas(*modules: str) -> dict[str, Any]:
    return inferred((read("m.tf", "m.tf", text.encode()),) for text in modules)


def block(text: str, type_: str = "aws_x", kind: str = "resource_schemas") -> dict[str, Any]:
    found: dict[str, Any] = schemas(text)[AWS][kind][type_]["block"]
    return found


def types(of: dict[str, Any]) -> dict[str, Any]:
    assert all(attribute["optional"] and attribute["computed"] for attribute in of["attributes"].values())
    return {name: attribute["type"] for name, attribute in of["attributes"].items()}


def test_attributes_blocks_and_maps_are_told_apart() -> None:
    found = block(
        'resource "aws_x" "y" {\n  count = 1\n  provider = aws.other\n  name = "n"\n  tags = { a = 1 }\n'
        "  rule {\n    port = 1\n    inner {\n      deep = true\n    }\n  }\n"
        '  dynamic "entry" {\n    for_each = var.e\n    iterator = it\n'
        "    content {\n      value = it.value\n    }\n  }\n"
        '  lifecycle {\n    ignore_changes = [name, ignored, tags["a"]]\n  }\n}\n'
    )
    assert types(found) == dict.fromkeys(["id", "ignored", "name", "tags"], "dynamic")
    assert set(found["block_types"]) == {"rule", "entry"}
    assert types(found["block_types"]["entry"]["block"]) == {"value": "dynamic"}
    assert types(found["block_types"]["rule"]["block"]["block_types"]["inner"]["block"]) == {"deep": "dynamic"}


def test_all_uses_in_all_modules_add_up() -> None:
    found = schemas('resource "aws_x" "y" {\n  a = 1\n}\n', 'resource "aws_x" "z" {\n  b {\n    c = 1\n  }\n}\n')
    assert set(types(found[AWS]["resource_schemas"]["aws_x"]["block"])) == {"a", "id"}
    assert set(found[AWS]["resource_schemas"]["aws_x"]["block"]["block_types"]) == {"b"}


@pytest.mark.parametrize(
    "read_as",
    [
        "aws_x.y.seen",
        '"${aws_x.y.seen}-1"',
        "aws_x.y[0].seen",
        'aws_x.y["a"].seen',
        'aws_x.y[local.keys["a"]].seen',
        "aws_x.y[*].seen",
        "aws_x.y.*.seen",
        "aws_x.y.0.seen",
        "values(aws_x.y)[*].seen",
        "{ for k, v in aws_x.y : k => v.seen }",
        "[for v in values(aws_x.y) : v.seen]",
    ],
)
def test_what_is_read_exists(read_as: str) -> None:
    assert "seen" in types(block(f'resource "aws_x" "y" {{}}\nlocals {{\n  a = {read_as}\n}}\n'))


def test_what_is_read_of_a_block_is_in_the_block() -> None:
    found = block(
        'resource "aws_x" "y" {\n  net {\n    a = 1\n  }\n}\nlocals {\n'
        "  a = aws_x.y.net[0].given\n  b = aws_x.y.other[0].given\n}\n"
    )
    assert set(types(found)) == {"id", "other"}
    assert set(types(found["block_types"]["net"]["block"])) == {"a", "given"}


def test_what_is_written_both_ways_is_a_list_of_objects() -> None:
    found = block('resource "aws_x" "y" {\n  in {\n    port = 1\n  }\n}\nresource "aws_x" "z" {\n  in = []\n}\n')
    assert types(found)["in"] == ["list", ["object", {"port": "dynamic"}]]
    assert "block_types" not in found


def test_blocks_of_data_have_no_open_types() -> None:
    found = block(
        'data "aws_x" "y" {\n  owner = 1\n  filter {\n    name = var.n\n    values = var.v\n    ids = "x"\n'
        "    tags = { a = 1 }\n    more = concat(a, b)\n    class = var.c\n  }\n}\n",
        kind="data_source_schemas",
    )
    assert types(found) == {"id": "dynamic", "owner": "dynamic"}
    assert types(found["block_types"]["filter"]["block"]) == {
        "name": "string",
        "values": ["list", "string"],
        "ids": "string",
        "tags": ["map", "string"],
        "more": ["list", "string"],
        "class": "string",
    }


def test_types_belong_to_the_provider_that_their_module_says() -> None:
    found = schemas(
        'terraform {\n  required_providers {\n    aws = { source = "Other/AWS", version = "1" }\n'
        '    old = "~> 1"\n    eu = { source = "example.com/a/b" }\n  }\n}\n'
        'resource "aws_x" "y" {}\nresource "old_x" "y" {}\nresource "aws_z" "y" {\n  provider = eu.west\n}\n',
        'resource "aws_x" "y" {}\ndata "terraform_remote_state" "s" {}\nresource "terraform_data" "d" {}\n'
        'check "c" {\n  data "http_x" "y" {\n    url = "u"\n  }\n}\n',
    )
    owners = {(source, type_) for source, of in found.items() for type_ in of["resource_schemas"]}
    assert owners == {
        ("registry.terraform.io/other/aws", "aws_x"),
        ("registry.terraform.io/hashicorp/old", "old_x"),
        ("example.com/a/b", "aws_z"),
        (AWS, "aws_x"),
    }
    assert set(found["registry.terraform.io/hashicorp/http"]["data_source_schemas"]) == {"http_x"}


def test_settings_of_a_provider_are_inferred_too() -> None:
    found = schemas('provider "aws" {\n  alias = "x"\n  region = "r"\n  default_tags {\n    tags = {}\n  }\n}\n')
    config = found[AWS]["provider"]["block"]
    assert (set(config["attributes"]), set(config["block_types"])) == ({"region"}, {"default_tags"})


def test_json_syntax_is_inferred_alike() -> None:
    text = b'{"resource": {"aws_x": {"y": {"a": "${aws_x.y.arn}", "tags": {"k": "v"}, "rule": [{"b": 1}]}}}}'
    found = inferred([(read("m.tf.json", "m.tf.json", text),)])[AWS]["resource_schemas"]["aws_x"]["block"]
    assert set(types(found)) == {"id", "a", "arn", "tags"}
    assert set(found["block_types"]) == {"rule"}


def test_blocks_nested_too_deeply_are_refused_by_line() -> None:
    with pytest.raises(CannotPlan, match=r"`m.tf` line 32 is nested too deeply"):
        schemas('resource "a_b" "c" {\n' + "x {\n" * 100 + "}\n" * 101)
