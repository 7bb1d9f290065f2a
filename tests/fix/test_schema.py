"""What a provider allows: told in words, for the resource as it stands."""

from __future__ import annotations

import json

import pytest

from reviewer import hcl
from reviewer.fix.schema import BadSchema, Child, Schema, child, problems, read_children, read_schema
from reviewer.scan import schema_files

SCHEMA = read_schema(
    {
        "provider": "example",
        "version": "1.2.3",
        "types": {
            "example_cluster": {
                "name": "string!",
                "replicas": "number",
                "encryption": ["block", {"provider": ["block!", {"key": "string!"}], "resources": "list(string)!"}],
                "rule": ["either", {"port": "number"}],
                "statement": "any",
                "volume": ["blocks", {"size": "number"}],
            }
        },
    }
)


def told(body: str, type_: str = "example_cluster") -> tuple[str, ...]:
    """The problems of a resource with this body."""
    (block,) = hcl.parse(f'resource "{type_}" "a" {{\n{body}\n}}\n'.encode()).blocks
    return problems(SCHEMA, type_, block.body)


@pytest.mark.parametrize(
    "body",
    [
        'name = "a"',
        "name = var.name\ncount = 2\nprovider = example.west\nlifecycle {\n  prevent_destroy = true\n}",
        'name = "a"\nencryption {\n  resources = []\n  provider {\n    key = "k"\n  }\n}',
        'name = "a"\nrule = [{ port = 1 }]',
        'name = "a"\nrule {\n  port = 1\n}\nrule {\n}',
        'name = "a"\nvolume {\n}\nvolume {\n  size = 2\n}',
        'name = "a"\nstatement {\n  anything {\n  }\n}',
        'name = "a"\ndynamic "volume" {\n  for_each = var.sizes\n  content {\n    size = volume.value\n  }\n}',
        'name = "a"\nprovisioner "local-exec" {\n  command = "true"\n}',
    ],
)
def test_the_provider_has_nothing_against_a_resource_as_it_should_be(body: str) -> None:
    assert told(body) == ()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("replicas = 2", "example_cluster: name must be there"),
        ('name = "a"\nnmae = "b"', "example_cluster: the provider knows no nmae"),
        ('name = "a"\nnotes {\n}', "example_cluster: the provider knows no notes"),
        ('name = "a"\nvolume = []', "example_cluster: volume is a block, not an attribute"),
        ('name = "a"\nreplicas {\n}', "example_cluster: replicas is an attribute, not a block"),
        ('name = "a"\nvolume {\n  lifecycle {\n  }\n}', "example_cluster.volume: the provider knows no lifecycle"),
        (
            'name = "a"\nencryption {\n  resources = []\n}',
            "example_cluster.encryption: provider must be there",
        ),
        (
            'name = "a"\ndynamic "volume" {\n  for_each = []\n  content {\n    sice = 1\n  }\n}',
            "example_cluster.volume: the provider knows no sice",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(body: str, problem: str) -> None:
    assert told(body) == (problem,)


def test_a_block_that_may_stand_once_only_may_not_stand_twice() -> None:
    twice = 'name = "a"\n' + 2 * 'encryption {\n  resources = []\n  provider {\n    key = "k"\n  }\n}\n'
    assert told(twice) == ("example_cluster: encryption may stand there once only",)


def test_there_is_no_opinion_on_types_that_are_not_known() -> None:
    assert told("anything = true", type_="other_thing") == ()


def test_a_path_of_names_leads_to_what_stands_there() -> None:
    assert child(SCHEMA, "example_cluster", ("encryption", "provider", "key")) == Child(kind="string", required=True)
    assert child(SCHEMA, "example_cluster", ("encryption", "key")) is None
    assert child(SCHEMA, "other_thing", ("name",)) is None


@pytest.mark.parametrize("written", [[], {"a": 1}, {"a": ["block"]}, {"a": "block"}, {"a": ["string", {}]}])
def test_what_is_not_of_the_compact_form_is_refused(written: object) -> None:
    with pytest.raises(BadSchema):
        read_children(written)


def deep(children: dict[str, Child]) -> int:
    """The number of children at any depth: reading them all shows that all can be read."""
    return sum(1 + deep(found.children) for found in children.values())


def test_the_extracts_that_are_shipped_can_be_read_to_the_last_attribute() -> None:
    schema = schema_files.schema()
    assert set(schema.providers) == {"aws", "azurerm", "google"}
    assert all(deep(schema.children(type_) or {}) for type_ in schema.types)


def test_the_extracts_are_small_and_have_one_type_a_line() -> None:
    paths = sorted(schema_files.FOLDER.glob("*.json"))
    assert sum(path.stat().st_size for path in paths) < 1_500_000
    for path in paths:
        text = path.read_text(encoding="utf-8")
        types = list(json.loads(text)["types"])
        assert types == sorted(types)
        assert len(text.splitlines()) == len(types) + 2


def test_the_aws_provider_wants_a_key_where_a_cluster_encrypts_its_secrets() -> None:
    body = """
      name     = "a"
      role_arn = aws_iam_role.a.arn
      vpc_config {
        subnet_ids = var.subnet_ids
      }
      encryption_config {
        resources = ["secrets"]
      }
    """
    (block,) = hcl.parse(f'resource "aws_eks_cluster" "a" {{{body}}}\n'.encode()).blocks
    schema: Schema = schema_files.schema()
    assert problems(schema, "aws_eks_cluster", block.body) == (
        "aws_eks_cluster.encryption_config: provider must be there",
    )
