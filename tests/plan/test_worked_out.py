"""What a provider works out while it plans."""

from __future__ import annotations

from typing import Any

import pytest

from reviewer.plan.provider_values import UNKNOWN
from reviewer.plan.shipped import shipped_block
from reviewer.plan.worked_out import worked_out

PLANNED = {"arn": UNKNOWN, "domain_validation_options": UNKNOWN}


def options(written: dict[str, Any]) -> Any:
    block = shipped_block("aws", "aws_acm_certificate")
    assert block
    found = worked_out("aws_acm_certificate", block, written, PLANNED)
    assert found["arn"] == UNKNOWN
    return found["domain_validation_options"]


def test_a_certificate_is_validated_once_for_each_of_its_names() -> None:
    names = {"domain_name": "a.example", "subject_alternative_names": ["b.example", "a.example"]}
    found = options(names | {"validation_method": "DNS"})
    assert [one["domain_name"] for one in found] == ["a.example", "b.example"]
    assert all(one["resource_record_name"] == UNKNOWN for one in found)


@pytest.mark.parametrize(
    "written",
    [
        {"domain_name": "a.example", "validation_method": "EMAIL"},
        {"domain_name": "a.example", "validation_method": UNKNOWN},
        {"domain_name": UNKNOWN, "validation_method": "DNS"},
        {"domain_name": "a.example", "subject_alternative_names": UNKNOWN, "validation_method": "DNS"},
        {"domain_name": "a.example", "subject_alternative_names": [UNKNOWN], "validation_method": "DNS"},
        {},
    ],
)
def test_what_cannot_be_known_yet_stays_unknown(written: dict[str, Any]) -> None:
    assert options(written) == UNKNOWN


def test_a_schema_of_another_shape_is_left_alone() -> None:
    block = {"attributes": {"domain_validation_options": {"type": "dynamic"}}, "block_types": {}}
    written = {"domain_name": "a.example", "validation_method": "DNS"}
    assert worked_out("aws_acm_certificate", block, written, PLANNED) == PLANNED


def test_other_types_stay_as_they_are() -> None:
    assert worked_out("aws_vpc", {"attributes": {}, "block_types": {}}, {}, PLANNED) == PLANNED
