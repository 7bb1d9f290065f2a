"""Recipes are read row by row, when they are asked for: it must make no difference."""

from __future__ import annotations

import yaml

from reviewer.fix.recipes import read_recipes
from reviewer.scan.recipe_files import DERIVED, FOLDER, Loader, read_files


def test_the_table_read_row_by_row_is_the_table_read_whole() -> None:
    paths = sorted(FOLDER.glob("*/*.yml"), key=lambda path: (path.name.endswith(DERIVED), path))
    documents = [(path, yaml.load(path.read_bytes(), Loader=Loader)) for path in paths]
    whole = read_recipes(
        (f"{path.parent.name}/{path.name}", path.parent.name, document) for path, document in documents
    )
    by_row = read_files(FOLDER)
    assert dict(by_row.recipes) == whole.recipes
    assert dict(by_row.advice) == whole.advice
    assert by_row.choices == whole.choices


def test_a_rule_that_no_row_is_about_is_not_in_the_table() -> None:
    table = read_files(FOLDER)
    assert ("terraform", "CKV_AWS_0") not in table.recipes
    assert table.of("terraform", "CKV_AWS_0", "aws_instance") == ()


def test_a_rule_that_supersedes_others_is_mended_by_its_own_rows_and_after_them_by_theirs() -> None:
    table = read_files(FOLDER, {"PLB_KEY_4": ("CKV_AWS_7",), "CKV_AWS_7": ("CKV_AWS_27",)})
    (mine,) = table.of("cloudformation", "PLB_KEY_4", "AWS::KMS::Key")
    (theirs,) = table.of("cloudformation", "CKV_AWS_7", "AWS::KMS::Key")
    assert mine.rule == "PLB_KEY_4" and mine.edit == theirs.edit
    (queue,) = table.of("cloudformation", "CKV_AWS_7", "AWS::SQS::Queue")
    assert queue.rule == "CKV_AWS_7"
