"""The operator's schemas: what is taken, how little a plan reads, and what is refused with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reviewer.errors import Rejected
from reviewer.plan import known
from reviewer.plan.known import provider_schemas
from reviewer.plan.prepare import PlanSettings, prepare
from reviewer.plan.schemas import DATA, PROVIDER, RESOURCE, Store

SOURCE = "registry.terraform.io/acme/cloud"
SCHEMA: dict[str, Any] = {
    "provider": {"version": 0, "block": {"attributes": {"region": {"type": "string", "optional": True}}}},
    "resource_schemas": {
        "cloud_box": {
            "version": 1,
            "block": {
                "attributes": {
                    "id": {"type": "string", "description": "its name", "computed": True},
                    "rules": {"type": ["set", ["object", {"port": "number"}]], "optional": True},
                    "spec": {
                        "nested_type": {"nesting_mode": "map", "attributes": {"a": {"type": "bool", "required": True}}},
                        "optional": True,
                    },
                },
                "block_types": {
                    "disk": {
                        "nesting_mode": "list",
                        "block": {"attributes": {"gb": {"type": "number"}}},
                        "max_items": 1,
                    }
                },
            },
        },
        "cloud_box_rule": {"version": 0, "block": {}},
    },
    "data_source_schemas": {"cloud_box": {"version": 0, "block": {"attributes": {"id": {"type": "string"}}}}},
}


def printed(schema: dict[str, Any] = SCHEMA, source: str = SOURCE) -> bytes:
    return json.dumps({"format_version": "1.0", "provider_schemas": {source: schema}}).encode()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "schemas")


def test_a_type_comes_back_without_its_descriptions(store: Store) -> None:
    (kept,) = store.add(printed(), "file", "1.2.3")
    assert (kept.source, kept.version, kept.resources, kept.data_sources) == (SOURCE, "1.2.3", 2, 1)
    box = store.block(SOURCE, RESOURCE, "cloud_box")
    assert box == {
        "attributes": {
            "id": {"type": "string", "computed": True},
            "rules": {"type": ["set", ["object", {"port": "number"}]], "optional": True},
            "spec": {
                "optional": True,
                "nested_type": {"nesting_mode": "map", "attributes": {"a": {"type": "bool", "required": True}}},
            },
        },
        "block_types": {"disk": {"nesting_mode": "list", "block": {"attributes": {"gb": {"type": "number"}}}}},
    }
    assert store.block(SOURCE, DATA, "cloud_box") == {"attributes": {"id": {"type": "string"}}}
    assert store.block(SOURCE, PROVIDER, "") == {"attributes": {"region": {"type": "string", "optional": True}}}
    assert store.block(SOURCE, RESOURCE, "cloud_box_rule") == {}
    assert store.block(SOURCE, RESOURCE, "cloud") is None
    assert store.block("registry.terraform.io/evil/cloud", RESOURCE, "cloud_box") is None
    assert store.block("../../etc/passwd", RESOURCE, "cloud_box") is None
    assert Store(None).block(SOURCE, RESOURCE, "cloud_box") is None
    assert store.listed() == (kept,)


def test_what_is_added_again_takes_the_place_of_what_was_there(store: Store, tmp_path: Path) -> None:
    store.add(printed(), "file", "1.0.0")
    path = tmp_path / "schema.json"
    path.write_bytes(printed(SCHEMA | {"resource_schemas": {}}))
    (kept,) = store.add_from_file(path, "2.0.0")
    assert (kept.version, kept.resources) == ("2.0.0", 0)
    assert store.listed() == (kept,)
    assert [file.suffix for file in (tmp_path / "schemas").iterdir()] == [".schema"]


def test_the_operators_schema_goes_before_ours_and_before_what_the_code_tells(store: Store) -> None:
    aws = "registry.terraform.io/hashicorp/aws"
    block = {"attributes": {"bucket": {"type": "number", "optional": True}}}
    store.add(printed({"resource_schemas": {"aws_s3_bucket": {"block": block}}}, aws), "file")
    text = b'resource "aws_s3_bucket" "b" {\n  bucket = "1"\n  odd    = 1\n}\nresource "aws_sqs_queue" "q" {\n}\n'
    prepared = prepare({"main.tf": text}, "", PlanSettings())
    (schema,) = provider_schemas(prepared, store.block)
    assert schema.resources["aws_s3_bucket"]["attributes"]["bucket"]["type"] == "number"
    assert schema.resources["aws_s3_bucket"]["attributes"]["odd"]["type"] == "dynamic"
    assert schema.resources["aws_sqs_queue"]["attributes"]["fifo_queue"]["type"] == "bool"  # of ours
    (ours,) = provider_schemas(prepared, known.nothing)
    assert ours.resources["aws_s3_bucket"]["attributes"]["bucket"]["type"] == "string"


def test_our_tables_are_not_for_a_provider_of_the_same_name_from_elsewhere() -> None:
    text = (
        b'terraform {\n  required_providers {\n    aws = {\n      source = "evil/aws"\n    }\n  }\n}\n'
        b'resource "aws_s3_bucket" "b" {\n  bucket = "1"\n}\n'
    )
    (schema,) = provider_schemas(prepare({"main.tf": text}, "", PlanSettings()), known.nothing)
    assert schema.source == "registry.terraform.io/evil/aws"
    assert set(schema.resources["aws_s3_bucket"]["attributes"]) == {"bucket", "id"}


def changed(**types: Any) -> bytes:
    return printed({"resource_schemas": {"a_b": {"block": types}}})


BAD = {
    "no JSON": (b"{", "expected JSON"),
    "another format": (b'{"format_version": "2.0"}', "format_version: expected 1.x"),
    "no providers": (b'{"format_version": "1.0", "provider_schemas": {}}', "provider_schemas: expected"),
    "an odd address": (printed(SCHEMA, "../../up/x"), "expected an address"),
    "an odd type": (printed({"resource_schemas": {"a\tb": {}}}), "expected a type"),
    "no block": (printed({"resource_schemas": {"a_b": {}}}), "a_b: block: expected an object"),
    "no attribute": (changed(attributes={"x": 1}), "a_b.x: expected an object"),
    "no type": (changed(attributes={"x": {"type": ["list", "text"]}}), "a_b.x: type: expected"),
    "no nesting": (changed(block_types={"x": {"nesting_mode": "pile"}}), "a_b.x: nesting_mode: expected one of"),
    "deep": (b'{"a":' * 100_000, "expected JSON"),
}


@pytest.mark.parametrize(("raw", "why"), BAD.values(), ids=BAD.keys())
def test_what_is_no_schema_is_refused_with_its_place_and_nothing_is_kept(store: Store, raw: bytes, why: str) -> None:
    with pytest.raises(Rejected) as refused:
        store.add(raw, "given.json")
    assert str(refused.value).startswith("given.json: ")
    assert why in str(refused.value)
    assert store.listed() == ()


def test_a_block_nested_without_end_is_refused(store: Store) -> None:
    block: dict[str, Any] = {}
    for _ in range(100):
        block = {"block_types": {"x": {"nesting_mode": "list", "block": block}}}
    with pytest.raises(Rejected, match="nested at most"):
        store.add(changed(**block), "given.json")


def test_a_file_that_is_not_there_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="could not be read"):
        store.add_from_file(tmp_path / "nowhere.json")


TERRAFORM = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/asked"
grep -q 'source = "acme/cloud"' main.tf || exit 3
grep -q 'version = "~> 1.2"' main.tf || exit 4
[ "$1" = init ] && [ -z "$FAILS" ] && exit 0
[ "$1" = providers ] && cat "$(dirname "$0")/printed" && exit 0
echo "Error: Failed to query available provider packages" >&2
exit 1
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that answers as Terraform does."""
    path = tmp_path / "bin" / "terraform"
    path.parent.mkdir()
    path.write_text(TERRAFORM)
    path.chmod(0o755)
    (path.parent / "printed").write_bytes(printed())
    return path


def test_terraform_is_asked_for_the_schema_of_one_provider(store: Store, program: Path) -> None:
    (kept,) = store.add_from_terraform(program, "acme/cloud", "~> 1.2")
    assert (kept.source, kept.version) == (SOURCE, "~> 1.2")
    asked = (program.parent / "asked").read_text().splitlines()
    assert asked == ["init -backend=false -input=false -no-color", "providers schema -json"]


def test_what_terraform_says_when_it_fails_is_told(store: Store, program: Path) -> None:
    program.write_text(TERRAFORM.replace('"$FAILS"', '""').replace('[ -z "" ]', "false"))
    with pytest.raises(Rejected, match="terraform init failed: Error: Failed to query"):
        store.add_from_terraform(program, "acme/cloud", "~> 1.2")
    assert store.listed() == ()


@pytest.mark.parametrize(
    ("source", "version"),
    [("aws", ""), ('x/y"\n}', ""), ("acme/cloud", '1.0"\n  evil = "'), ("../up/x", ""), ("acme/cloud", "${file(1)}")],
)
def test_names_that_would_write_more_than_a_name_are_refused(store: Store, source: str, version: str) -> None:
    with pytest.raises(Rejected, match="expected a provider such as"):
        store.add_from_terraform(Path("/bin/false"), source, version)
