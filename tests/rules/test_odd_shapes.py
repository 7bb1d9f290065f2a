"""Templates whose properties are not what they should be do no rule any harm, and what is not known is not accused."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from reviewer.rules import Directory, run_rules
from reviewer.rules.resource import Form, Resource, read_view

EXAMPLES = Path(__file__).parent


def _examples(kind: str) -> list[Resource]:
    files = {
        path.relative_to(EXAMPLES).as_posix(): path.read_bytes()
        for path in sorted(EXAMPLES.glob(f"PLB_*/{kind}*/template.*"))
    }
    view = read_view(Directory(path="", files=files))
    return [resource for resource in view.resources if resource.form is Form.CLOUDFORMATION]


def _names() -> dict[str, set[str]]:
    """The types of the examples, each with the names of its properties there."""
    found: dict[str, set[str]] = defaultdict(set)
    for resource in (*_examples("bad"), *_examples("good")):
        found[resource.type] |= {name for name, _ in resource.value.entries}
    return found


FAMILIES = ("PLB_ENC_", "PLB_KEY_", "PLB_TLS_", "PLB_BACKUP_", "PLB_NET_", "PLB_LOG_", "PLB_IAM_", "PLB_PUBLIC_")
NAMES = _names()
SHAPES = ["text", "", None, 7, True, [], {}, [[]], [{}], [None, "x", [{"Ebs": [{}]}]], {"Fn::If": []}, {"Ref": {}}]


def _template(properties) -> bytes:
    """A template with a resource of every type, all of whose properties are the same value."""
    resources = {
        type_.replace("::", ""): {"Type": type_, "Properties": dict.fromkeys(sorted(names), properties)}
        for type_, names in NAMES.items()
    }
    return json.dumps({"Resources": resources}, indent=1).encode()


@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_a_property_of_any_shape_makes_no_rule_fail(shape):
    whole = {type_.replace("::", ""): {"Type": type_, "Properties": shape} for type_ in NAMES}
    source = json.dumps({"Resources": whole}).encode()
    run_rules(Directory(path="", files={"all.json": _template(shape), "whole.json": source}))


@pytest.mark.parametrize("function", [{"Fn::If": ["On", {}, {}]}, {"Fn::ImportValue": "x"}, {"Ref": "Given"}], ids=str)
def test_properties_that_depend_on_something_are_not_accused(function):
    """A finding may still be about what is not there at all: never about a line whose value is not known."""
    source = _template(function)
    lines = source.decode().split("\n")
    found = run_rules(Directory(path="", files={"all.json": source}))
    assert found
    for finding in (finding for finding in found if finding.rule.startswith(FAMILIES)):
        text = lines[finding.span.start_line - 1].strip()
        assert text.endswith("{") and finding.span.start_line == finding.block.start_line, (finding.rule, text)


def test_types_of_both_kinds_of_examples_are_tried():
    assert len(NAMES) > 30 and "AWS::EC2::LaunchTemplate" in NAMES
