"""What is added beside a block: what there is for the same thing is found, under whatever name and in any file."""

from __future__ import annotations

import pytest

from reviewer.derive import trial
from reviewer.fix.editing import CannotEdit
from tests.fix.hcl_stories import edited, finding, fixed, recipe

BUCKET = 'resource "aws_s3_bucket" "data" {\n  bucket = "acme-data"\n}\n'
BLOCK = recipe(
    add='resource "aws_s3_bucket_public_access_block" "{{name}}" {\n  bucket = {{address}}.id\n\n'
    "  block_public_acls   = true\n  block_public_policy = true\n}\n"
)
EVERY = recipe(
    add='resource "aws_s3_bucket_public_access_block" "{{name}}" {\n  bucket = {{address}}.id\n\n'
    "  block_public_acls       = true\n  block_public_policy     = true\n"
    "  ignore_public_acls      = true\n  restrict_public_buckets = true\n}\n"
)
HALF = """resource "aws_s3_bucket_public_access_block" "half" {{
  bucket              = {}
  block_public_acls   = true
  block_public_policy = {}
}}
"""
REFERENCES = [
    "aws_s3_bucket.data.id",
    "aws_s3_bucket.data.bucket",
    '"${aws_s3_bucket.data.id}"',
    '"acme-data"',
    "local.bucket",
]
LOCALS = "locals {\n  bucket = aws_s3_bucket.data.id\n}\n"


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_companion_with_another_label_is_brought_up_in_its_own_file(reference: str) -> None:
    files = {"main.tf": BUCKET + LOCALS, "more.tf": HALF.format(reference, "false")}
    changed, _ = edited(files, BLOCK, finding("main.tf", 1))
    assert changed == {"more.tf": HALF.format(reference, "true")}
    assert edited({**files, **changed}, BLOCK, finding("main.tf", 1)) == ({}, ())


def test_a_companion_of_the_same_thing_wins_over_one_that_only_has_the_name() -> None:
    other = HALF.replace("half", "data").format("aws_s3_bucket.other.id", "false")
    files = {"main.tf": BUCKET + other, "more.tf": HALF.format("aws_s3_bucket.data.id", "false")}
    assert list(edited(files, BLOCK, finding("main.tf", 1))[0]) == ["more.tf"]
    with pytest.raises(CannotEdit, match=r"aws_s3_bucket_public_access_block\.data stands at main\.tf:4 already"):
        edited({"main.tf": BUCKET + other}, BLOCK, finding("main.tf", 1))


def test_a_companion_of_one_instance_is_not_made_one_of_all() -> None:
    before = BUCKET.replace("{\n", "{\n  count  = 2\n", 1) + HALF.format("aws_s3_bucket.data[0].id", "false")
    with pytest.raises(CannotEdit, match=r"public_access_block\.half stands at main\.tf:5 already"):
        fixed(before, BLOCK)
    every = HALF.format("aws_s3_bucket.data[count.index].id", "false").replace("{\n", "{\n  count = 2\n", 1)
    before = before[: before.index('resource "aws_s3_bucket_public')] + every
    assert fixed(before, BLOCK) == before.replace("false", "true")


def test_a_vpc_gets_no_second_default_security_group() -> None:
    which = recipe(add='resource "aws_default_security_group" "{{name}}" {\n  vpc_id = {{address}}.id\n}\n')
    vpc = 'resource "aws_vpc" "main" {\n}\n'
    there = 'resource "aws_default_security_group" "closed" {\n  vpc_id = aws_vpc.main.id\n}\n'
    assert fixed(vpc + there, which) == vpc + there
    assert "aws_default_security_group" in fixed(vpc, which)


def test_what_a_companion_takes_from_a_call_is_edited_there() -> None:
    files = {
        "main.tf": 'module "m" {\n  source  = "./m"\n  private = false\n}\n',
        "m/main.tf": BUCKET + HALF.format("aws_s3_bucket.data.id", "var.private") + 'variable "private" {}\n',
    }
    changed, _ = edited(files, BLOCK, finding("m/main.tf", 1, resource="module.m.aws_s3_bucket.data"))
    assert changed == {"main.tf": files["main.tf"].replace("false", "true")}


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Checkov's own warnings are not ours
@pytest.mark.parametrize("meta", ["count  = 2", 'for_each = toset(["a", "b"])', "for_each = var.all"])
def test_the_check_passes_for_every_instance(meta: str) -> None:
    text = f'resource "aws_s3_bucket" "data" {{\n  {meta}\n}}\nvariable "all" {{\n  default = {{ a = 1, b = 2 }}\n}}\n'
    found = trial.results("terraform", {"bad": text, "fixed": fixed(text, EVERY)}, apart=True)
    instances = {resource for rule, resource in found["bad"].failed if rule == "CKV2_AWS_6"}
    assert len(instances) == 2
    assert instances == {resource for rule, resource in found["fixed"].passed if rule == "CKV2_AWS_6"}
