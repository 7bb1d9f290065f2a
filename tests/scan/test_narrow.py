"""From a block and a check's keys to the line that offends."""

from __future__ import annotations

import pytest

from reviewer import hcl
from reviewer.scan import narrow, yaml_tree

GROUP = hcl.parse(
    b"""resource "aws_security_group" "bastion" {
  description = "d"
  ingress {
    from_port   = 80
    cidr_blocks = ["10.0.0.0/8"]
  }
  ingress {
    from_port = 22
    to_port   = 22
    cidr_blocks = [
      "0.0.0.0/0",
    ]
  }
  metadata_options {
    http_endpoint = "enabled"
  }
  dynamic "egress" {
    for_each = var.all
    content {
      to_port = 0
    }
  }
  access_key = "a"
  secret_key = "b"
}
"""
).blocks[0]


@pytest.mark.parametrize(
    "keys, lines",
    [
        (["description"], (2, 2)),
        (["ingress/[1]/from_port", "ingress/[1]/to_port", "ingress/[1]/cidr_blocks"], (10, 12)),
        (["ingress/[0]/cidr_blocks"], (5, 5)),
        (["ingress[1].to_port"], (9, 9)),
        (["egress/[0]/to_port"], (20, 20)),
        (["access_key", "secret_key"], (23, 24)),
        (["metadata_options"], (14, 16)),
        (["ingress/[1]"], (7, 7)),
        (["resource_type", "description"], (2, 2)),
    ],
)
def test_an_attribute_that_is_there_is_its_lines(keys: list[str], lines: tuple[int, int]) -> None:
    place = narrow.in_block(GROUP, keys)
    assert (place.start_line, place.end_line) == lines
    assert place.attribute is not None


@pytest.mark.parametrize(
    "keys, line, missing",
    [
        (["monitoring"], 1, "monitoring"),
        (["metadata_options/[0]/http_tokens"], 14, "metadata_options.http_tokens"),
        (["encryption/[0]/key/[0]"], 1, "encryption.key"),
        (["copy_tags", "description"], 1, "copy_tags"),
    ],
)
def test_a_missing_attribute_is_the_first_line_of_what_it_is_missing_from(
    keys: list[str], line: int, missing: str
) -> None:
    place = narrow.in_block(GROUP, keys)
    assert (place.start_line, place.end_line, place.key, place.attribute) == (line, line, missing, None)


def test_without_keys_the_names_in_the_code_of_the_check_are_tried_and_it_is_called_a_guess() -> None:
    place = narrow.in_block(GROUP, [], ["ingress", "secret_key"])
    assert (place.start_line, place.guessed) == (24, True)


def test_without_anything_it_is_the_first_line() -> None:
    place = narrow.in_block(GROUP, [], ["nothing"])
    assert (place.start_line, place.end_line, place.key) == (1, 1, "")


POLICY = hcl.parse(
    b"""resource "aws_iam_policy" "p" {
  policy = <<EOF
{
  "Statement": [
    {"Effect": "Allow", "Action": "s3:Get", "Resource": "x"},
    {
      "Effect": "Allow",
      "Action": "*",
      "Resource": "${var.x}"
    }
  ]
}
EOF
}
"""
).blocks[0]


def test_a_policy_in_a_heredoc_is_looked_into_and_the_telling_statement_is_taken() -> None:
    place = narrow.in_block(POLICY, ["policy/Statement/[0]/Action"])
    assert (place.start_line, place.end_line) == (8, 8)


YAML = """apiVersion: v1
kind: Pod
spec:
  hostNetwork: true
  containers:
    - name: a
      image: a:latest
    - name: b
      securityContext:
        privileged: true
"""


def test_yaml_is_walked_like_hcl() -> None:
    (document,) = yaml_tree.documents(YAML)
    place = narrow.in_attribute(document, ["spec/containers/[1]/securityContext/privileged"])
    assert (place.start_line, place.end_line) == (10, 10)
    assert narrow.in_attribute(document, ["spec/containers/[0]/resources"]).start_line == 6


def test_json_is_walked_like_yaml() -> None:
    (document,) = yaml_tree.documents('{\n  "a": {\n    "b": [1,\n      2]\n  }\n}\n')
    place = narrow.in_attribute(document, ["a/b"])
    assert (place.start_line, place.end_line) == (3, 4)


def test_an_alias_is_not_followed() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (document,) = yaml_tree.documents("\n".join(lines))
    assert len(document.members) == 12


@pytest.mark.parametrize("text, line", [("a: [b\nc: d\n", 2), ("a: b\n\tc: d\n", 2), ("{a: b\n", 2), ("a: b: c\n", 1)])
def test_the_first_error_has_a_line(text: str, line: int) -> None:
    found = yaml_tree.first_error(text)
    assert found
    assert found[0] == line


def test_good_yaml_and_json_have_no_error() -> None:
    assert yaml_tree.first_error(YAML) is None
    assert yaml_tree.first_error('{"a": [1, 2]}') is None
