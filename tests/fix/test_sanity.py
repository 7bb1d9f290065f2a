"""Whatever an editor makes: what parses worse, loses a block or refers to nothing is no fix."""

from __future__ import annotations

import pytest

from reviewer.fix.editing import CannotEdit
from reviewer.fix.sanity import check, check_schema
from reviewer.fix.schema import read_schema

BEFORE = b'resource "aws_sqs_queue" "jobs" {\n  name = "jobs"\n}\n\nvariable "key" {\n}\n'
SCHEMA = read_schema({"types": {"aws_sqs_queue": {"name": "string", "kms_master_key_id": "string"}}})


def refused(after: bytes, **others: bytes) -> str:
    files = {"main.tf": BEFORE} | {f"{name}.tf": text for name, text in others.items()}
    with pytest.raises(CannotEdit) as error:
        check(files, "main.tf", after)
    return str(error.value)


def test_a_file_that_parses_no_more_is_no_fix() -> None:
    assert refused(BEFORE.replace(b'"jobs"\n}', b'"jobs"\n')) == "With the fix, main.tf could not be read any more."


def test_a_block_that_got_lost_is_no_fix() -> None:
    assert refused(BEFORE.replace(b'variable "key" {\n}\n', b"")) == "The fix would lose variable key."


def test_a_new_reference_must_lead_somewhere() -> None:
    after = BEFORE.replace(b'name = "jobs"', b'name = "jobs"\n  kms_master_key_id = aws_kms_key.jobs.arn')
    assert refused(after) == "The fix would refer to aws_kms_key.jobs, which does not exist."
    check({"main.tf": BEFORE, "kms.tf": b'resource "aws_kms_key" "jobs" {}\n'}, "main.tf", after)
    assert "aws_kms_key.jobs" in refused(after, **{"modules/other/kms": b'resource "aws_kms_key" "jobs" {}\n'})


def test_a_variable_a_local_and_a_data_source_are_found_where_they_are_declared() -> None:
    uses = b'name = "${var.key}-${local.a}-${data.aws_region.here.name}"'
    after = BEFORE.replace(b'name = "jobs"', uses)
    others = {"a.tf": b"locals {\n  a = 1\n}\n", "b.tf": b'data "aws_region" "here" {}\n'}
    check({"main.tf": BEFORE, **others}, "main.tf", after)


def test_depending_on_one_instance_is_refused_for_terraform_does() -> None:
    for index in (b"count.index", b"each.key"):
        added = b'\nresource "aws_sqs_queue_policy" "jobs" {\n  depends_on = [aws_sqs_queue.jobs[' + index + b"]]\n}\n"
        assert "takes whole resources only" in refused(BEFORE + added)


def test_what_was_broken_before_is_not_held_against_the_fix() -> None:
    broken = BEFORE + b"resource {{{\n"
    check({"main.tf": broken}, "main.tf", broken.replace(b'name = "jobs"', b'name = "other"'))


def test_what_the_provider_does_not_know_is_no_fix_and_what_stood_there_before_is_not_held_against_it() -> None:
    odd = BEFORE.replace(b'name = "jobs"', b'name = "jobs"\n  old = 1')
    check_schema(SCHEMA, odd, odd.replace(b"old = 1", b"old = 1\n  kms_master_key_id = 1"))
    with pytest.raises(CannotEdit, match=r"The provider does not allow what would mend it: .*encrypted"):
        check_schema(SCHEMA, BEFORE, BEFORE.replace(b'"jobs"\n}', b'"jobs"\n  encrypted = true\n}'))


def test_files_of_other_languages_are_the_proof_s_business() -> None:
    check({"a.yaml": b"a: 1\n"}, "a.yaml", b"]]]")
