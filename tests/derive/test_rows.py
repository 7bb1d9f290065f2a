"""Which rows are derived from what checks want: none where a value would have to be guessed."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from reviewer.derive import files, rows
from reviewer.derive.wants import Unclear, Want
from reviewer.fix.schema import Schema, read_schema

SCHEMA = read_schema(
    {
        "provider": "aws",
        "version": "1",
        "types": {
            "aws_ecr_repository": {
                "name": "string!",
                "image_scanning_configuration": ["block", {"scan_on_push": "bool!"}],
                "image_tag_mutability": "string",
            },
            "aws_db_instance": {
                "deletion_protection": "bool",
                "instance_class": "string!",
                "engine_version": "string",
                "kms": ["block", {"key_arn": "string!", "rotated": "bool"}],
            },
            "aws_neptune_cluster": {"deletion_protection": "bool", "cluster_identifier": "string"},
        },
    }
)


def want(rule: str, type_: str, path: str, value: Any) -> Want:
    """A want on one type."""
    return Want(
        rule=rule, title="Ensure it", types=(type_,), path=tuple(path.split(".")), value=value, source="here", said="so"
    )


def derived(*wants: Want, schema: Schema = SCHEMA) -> tuple[list[rows.Derived], list[Unclear]]:
    """What is derived when nothing is decided yet."""
    return rows.derive(wants, schema, lambda rule, type_: False)


@pytest.mark.slow
def test_a_plain_attribute_is_set_where_nothing_stands() -> None:
    (row,), left = derived(want("CKV_AWS_293", "aws_db_instance", "deletion_protection", True))
    assert not left
    assert row.overlay == "deletion_protection = true\n"
    assert row.bad.startswith('resource "aws_db_instance" "example" {\n')
    assert "deletion_protection" not in row.bad
    assert row.fixed == row.bad.replace(
        '  instance_class = "db.r6g.large"\n',
        '  instance_class      = "db.r6g.large"\n  deletion_protection = true\n',
    )


@pytest.mark.slow
def test_a_nested_path_becomes_a_nested_block() -> None:
    (row,), _ = derived(want("CKV_AWS_163", "aws_ecr_repository", "image_scanning_configuration.scan_on_push", True))
    assert row.overlay == "image_scanning_configuration {\n  scan_on_push = true\n}\n"
    assert row.fixed == (
        'resource "aws_ecr_repository" "example" {\n  name = "example"\n\n'
        "  image_scanning_configuration {\n    scan_on_push = true\n  }\n}\n"
    )


@pytest.mark.slow
def test_a_row_that_checkov_does_not_confirm_is_dropped() -> None:
    kept, left = derived(want("CKV_AWS_51", "aws_ecr_repository", "image_tag_mutability", "SOMEHOW"))
    assert not kept
    assert "does not pass the fixed example" in left[0].why


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("no_such_thing", True, "the provider knows no such thing"),
        ("kms.no_such_thing", True, "the provider knows no such thing"),
        ("deletion_protection", "yes", "does not fit bool"),
        ("engine_version", "16.4", "a version is nobody's to choose"),
    ],
)
def test_what_the_schema_or_good_sense_forbids_is_left_out(path: str, value: object, why: str) -> None:
    kept, left = derived(want("CKV_AWS_1", "aws_db_instance", path, value))
    assert not kept
    assert [(u.rule, u.types) for u in left] == [("CKV_AWS_1", ("aws_db_instance",))]
    assert why in left[0].why


def test_what_is_decided_already_is_not_derived_again() -> None:
    wants = [want("CKV_AWS_293", "aws_db_instance", "deletion_protection", True)]
    assert rows.derive(wants, SCHEMA, lambda rule, type_: True) == ([], [])


def example(rule: str, type_: str, overlay: str) -> rows.Derived:
    """A row that nobody tried."""
    asked = want(rule, type_, "a", True)
    return rows.Derived(want=asked, type=type_, overlay=overlay, default="", bad="b\n", fixed="f\n", note='said "so"')


def test_one_edit_for_several_types_is_one_row_and_rules_stand_in_order() -> None:
    some = [
        example("CKV_AWS_10", "aws_b", "a = true\n"),
        example("CKV_AWS_9", "aws_b", "a = true\n"),
        example("CKV_AWS_9", "aws_a", "a = true\n"),
        example("CKV_AWS_9", "aws_c", "a = false\n"),
    ]
    found = [(row.want.rule, types) for row, types in rows.grouped(some)]
    assert found == [("CKV_AWS_9", ("aws_a", "aws_b")), ("CKV_AWS_9", ("aws_c",)), ("CKV_AWS_10", ("aws_b",))]


def test_a_written_row_reads_as_a_row_that_nobody_reviewed() -> None:
    (read,) = yaml.safe_load("recipes:\n" + files.written(example("CKV_AWS_9", "aws_a", "a = true\n"), ("aws_a",)))[
        "recipes"
    ]
    assert read["reviewed"] is False
    assert (read["from"], read["risk"], read["set"], read["note"]) == ("derived", "safe", "a = true\n", 'said "so"')
    assert (read["bad"], read["fixed"]) == ("b\n", "f\n")
