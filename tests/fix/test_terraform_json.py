"""Files in Terraform's JSON syntax are mended as native ones are, in their own style, and nothing else changes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.fix import terraform, terraform_json
from reviewer.fix.editing import CannotEdit, Values
from reviewer.fix.editors import EDITORS
from reviewer.fix.hcl_tree import Block, parse
from reviewer.fix.json_changes import said
from reviewer.fix.json_hcl import translate
from reviewer.fix.recipes import Recipe
from reviewer.model import Span
from reviewer.scan.recipe_files import recipes
from tests.fix.hcl_stories import VALUES, finding, recipe

PATH = "main.tf.json"
INSTANCE = """{
  "resource": {
    "aws_x": {
      "y": {
        "//": "the only one",
        "ami": "a",
        "opts": {"tokens": "optional"},
        "ports": ["22", "80"]
      }
    }
  }
}
"""


def mended(text: str, which: Recipe, line: int = 4, values: Values = VALUES, **others: str) -> str:
    """Return the file with a recipe applied to the block at `line`; a second edit changes nothing more."""
    files = {PATH: text.encode(), **{name.replace("_", "."): other.encode() for name, other in others.items()}}
    place = terraform_json.locate(files, finding(PATH, line))
    result = terraform_json.edit(files, place, which, values)
    assert not terraform_json.edit({**files, **result.files}, place, which, values).files
    return result.files.get(PATH, files[PATH]).decode()


def test_the_editor_of_terraform_takes_both_syntaxes() -> None:
    assert EDITORS["terraform"] is terraform_json


def test_arguments_are_set_and_added_and_all_else_stays_as_it_was() -> None:
    after = mended(INSTANCE, recipe(set='ami = "b"\nencrypted = true\nopts {\n  tokens = "required"\n}\n'))
    expected = INSTANCE.replace('"ami": "a"', '"ami": "b"').replace('"optional"', '"required"')
    assert after == expected.replace('"80"]\n', '"80"],\n        "encrypted": true\n')


def test_a_default_fills_gaps_only() -> None:
    after = mended(INSTANCE, recipe(default='ami = "b"\nopts {\n  tokens = "x"\n  hops = 1\n}\n'))
    assert after == INSTANCE.replace('"optional"}', '"optional", "hops": 1}')


def test_items_are_replaced_included_and_removed() -> None:
    after = mended(INSTANCE, recipe(replace=[{"at": "ports", "old": ["22"], "new": "443"}]))
    assert after == INSTANCE.replace('["22", "80"]', '["80"]')
    after = mended(INSTANCE, recipe(include={"ports": ["443"]}))
    assert after == INSTANCE.replace('"80"]', '"80", "443"]')
    after = mended(INSTANCE, recipe(remove=["ports"]))
    assert after == INSTANCE.replace(',\n        "ports": ["22", "80"]', "")


def test_an_expression_becomes_a_text_and_a_choice_a_variable() -> None:
    after = mended(INSTANCE, recipe(set="kms_key_id = choice.key\nbucket = terraform.workspace\n"))
    document = json.loads(after)
    assert document["resource"]["aws_x"]["y"]["kms_key_id"] == "${var.key}"
    assert document["resource"]["aws_x"]["y"]["bucket"] == "${terraform.workspace}"
    assert document["variable"] == {"key": {"description": "The ARN of the key.", "type": "string"}}


def test_a_value_of_the_policy_is_put_in_as_it_is() -> None:
    values = Values(choices=VALUES.choices, chosen={"key": "arn:aws:kms:x"})
    document = json.loads(mended(INSTANCE, recipe(set="kms_key_id = choice.key\n"), values=values))
    assert document["resource"]["aws_x"]["y"]["kms_key_id"] == "arn:aws:kms:x"
    assert "variable" not in document


def test_a_resource_more_stands_behind_those_of_its_type() -> None:
    added = 'resource "aws_z" "{{name}}" {\n  of = {{address}}.id\n  rule {\n    a = "${{{address}}.id}/*"\n  }\n}\n'
    document = json.loads(mended(INSTANCE, recipe(add=added)))
    assert list(document["resource"]) == ["aws_x", "aws_z"]
    assert document["resource"]["aws_z"] == {"y": {"of": "${aws_x.y.id}", "rule": {"a": "${aws_x.y.id}/*"}}}


def test_a_block_more_is_an_object_or_an_item_where_there_is_an_array() -> None:
    which = recipe(set='rule {\n  id = "b"\n}\n', by={"rule": "id"})
    one = mended('{"resource": {"aws_x": {"y": {"rule": [{"id": "a"}]}}}}', which, line=1)
    assert one == '{"resource": {"aws_x": {"y": {"rule": [{"id": "a"}, {"id": "b"}]}}}}'
    other = mended('{"resource": {"aws_x": {"y": {"rule": {"id": "a"}}}}}', which, line=1)
    assert json.loads(other)["resource"]["aws_x"]["y"]["rule"] == [{"id": "a"}, {"id": "b"}]


def test_a_value_of_another_file_is_mended_there() -> None:
    text = '{"resource": {"aws_x": {"y": {"encrypted": "${var.on}"}}}}'
    files = {PATH: text.encode(), "variables.tf": b'variable "on" {\n  default = false\n}\n'}
    place = terraform_json.locate(files, finding(PATH, 1))
    result = terraform_json.edit(files, place, recipe(set="encrypted = true\n"), VALUES)
    assert result.files == {"variables.tf": b'variable "on" {\n  default = true\n}\n'}


def test_crlf_tabs_and_a_byte_order_mark_stay() -> None:
    text = "\ufeff" + INSTANCE.replace("  ", "\t").replace("\n", "\r\n")
    after = mended(text, recipe(set="encrypted = true\n"))
    assert after == text.replace('"80"]\r\n', '"80"],\r\n\t\t\t\t"encrypted": true\r\n')


def test_a_refusal_names_the_real_file_and_its_line() -> None:
    text = INSTANCE.replace('"opts": {"tokens": "optional"}', '"dynamic": {"opts": {"for_each": [1], "content": {}}}')
    with pytest.raises(CannotEdit, match=r"main\.tf\.json:7;"):
        mended(text, recipe(set="opts {\n  a = 1\n}\n"))
    with pytest.raises(CannotEdit, match=r"^main\.tf\.json cannot be edited"):
        terraform_json.locate({PATH: b"{"}, finding(PATH, 1))


def test_native_files_are_edited_as_ever() -> None:
    files = {"main.tf": b'resource "aws_x" "y" {\n  a = 1\n}\n', PATH: b"{", "other.tf.json": INSTANCE.encode()}
    place = terraform_json.locate(files, finding("main.tf", 1))
    result = terraform_json.edit(files, place, recipe(set="a = 2\n"), VALUES)
    assert result.files == {"main.tf": b'resource "aws_x" "y" {\n  a = 2\n}\n'}


MEANINGS = {
    '{"resource": {"a_b": {"c": {"backend": {"provider": "AWS", "output": {"x": {"y": 1}}}, "provider": "aws.w"}}}}': (
        'resource "a_b" "c" {\n  backend {\n    provider = "AWS"\n    output {\n      x {\n        y = 1\n      }\n'
        "    }\n  }\n  provider = aws.w\n}\n"
    ),
    '{"resource": {"a_b": {"c": {"d": "${a.b}", "e": "x-${a.b}", "f": "$${a}"}}}}': (
        'resource "a_b" "c" {\n  d = a.b\n  e = "x-${a.b}"\n  f = "$${a}"\n}\n'
    ),
    '{"resource": [{"a_b": [{"c": [{"d": [{"e": 1}, {"e": 2}]}]}]}]}': (
        'resource "a_b" "c" {\n  d {\n    e = 1\n  }\n  d {\n    e = 2\n  }\n}\n'
    ),
    '{"resource": {"a_b": {"c": {"tags": {"d": "e", "f g": null}, "lifecycle": {"ignore_changes": ["tags"]}}}}}': (
        'resource "a_b" "c" {\n  tags = {\n    d = "e"\n    "f g" = null\n  }\n'
        "  lifecycle {\n    ignore_changes = [\n      tags,\n    ]\n  }\n}\n"
    ),
    '{"variable": {"a": {"type": "list(string)", "default": ["${x}"]}}, "//": "note"}': (
        'variable "a" {\n  type = list(string)\n  default = [\n    "$${x}",\n  ]\n}\n'
    ),
    '{"module": {"m": {"source": "./m", "settings": {"a": {"b": 1}}, "providers": {"aws": "aws.west"}}}}': (
        'module "m" {\n  source = "./m"\n  settings = {\n    a = {\n      b = 1\n    }\n  }\n'
        "  providers = {\n    aws = aws.west\n  }\n}\n"
    ),
    '{"resource": {"a_b": {"c": {"dynamic": {"d": {"for_each": "${var.x}", "content": {"e": "${d.value}"}}}}}}}': (
        'resource "a_b" "c" {\n  dynamic "d" {\n    for_each = var.x\n    content {\n      e = d.value\n    }\n  }\n}\n'
    ),
}


@pytest.mark.parametrize("text", MEANINGS)
def test_json_is_translated_as_terraform_reads_it(text: str) -> None:
    assert translate(PATH, text.encode()).text.decode() == MEANINGS[text]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[1]",
        '{"resource": 1}',
        '{"resource": {"a": {"b": {"c": 1, "c": 2}}}}',
        '{"resource": {"a": {"b\\"{}": {}}}}',
        '{"resource": {"a": {"b": {"c": "${"}}}}',
        '{"unheard_of": {}}',
        "{'resource': {}}",
        '{"resource": ' + "[" * 4000 + "]" * 4000 + "}",
    ],
)
def test_what_is_not_surely_understood_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(CannotEdit):
        translate(PATH, text.encode())


HOSTILE = st.lists(
    st.sampled_from(
        ["${", "}", '"', "\n", "\\", "<<EOF", "EOF", "#", "//", "/*", "{", "resource", " ", "a", "%{", "$$"]
    )
)
TEXTS = HOSTILE.map("".join) | st.text(max_size=20)
VALUES_OF_JSON = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.sampled_from(["//", "a", "tags"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "//", "tags", "lifecycle", "dynamic"]), VALUES_OF_JSON))
def test_no_text_becomes_more_than_a_value(body: dict[str, Any]) -> None:
    source = json.dumps({"resource": {"a_b": {"c": body}}}).encode("utf-8", "surrogatepass")
    try:
        made = translate(PATH, source)
    except CannotEdit:
        return
    (block,) = parse(made.text).blocks
    assert (block.type, block.labels) == ("resource", ("a_b", "c"))
    assert {item.name if not isinstance(item, Block) else item.type for item in block.items} <= body.keys() - {"//"}
    assert len(made.lines) == made.text.count(b"\n")


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_translated_or_refused(data: bytes) -> None:
    with contextlib.suppress(CannotEdit):
        translate(PATH, data)


def examples() -> Iterator[Recipe]:
    """One recipe for each rule of Terraform."""
    for (framework, _), rows in recipes().recipes.items():
        if framework == "terraform":
            yield from [row for row in rows if row.bad][:1]


@pytest.mark.slow
def test_nearly_every_recipe_does_to_json_what_it_does_to_native_files() -> None:
    tried = [outcome for row in examples() if (outcome := compared(row)) is not None]
    assert len(tried) > 500
    assert tried.count(True) > 0.98 * len(tried)


def compared(row: Recipe) -> bool | None:
    """Whether a recipe's edit of its example, written as JSON, says what its edit of the native one does."""
    values = Values(choices=recipes().choices)
    text = row.bad.encode()
    block = next((b for b in parse(text).blocks if "*" in row.types or {*b.labels[:1]} & {*row.types}), None)
    headers = [(b.type, b.labels) for b in parse(text).blocks]
    if block is None or len(set(headers)) < len(headers):
        return None
    address = ".".join(block.labels if block.type == "resource" else (block.type, *block.labels))
    files = {"main.tf": text}
    try:
        place = terraform.locate(files, finding("main.tf", block.line, resource=address))
        native = terraform.edit(files, place, row, values).files["main.tf"]
    except (CannotEdit, KeyError):
        return None
    source = json.dumps(as_json(text), indent=2).encode()
    lines = Span(path=PATH, start_line=1, end_line=1)
    made = translate(PATH, source)
    start = next(made.line(b.line) for b in parse(made.text).blocks if (b.type, b.labels) == (block.type, block.labels))
    try:
        place = terraform_json.locate({PATH: source}, finding(lines.path, start, resource=address))
        after = terraform_json.edit({PATH: source}, place, row, values).files[PATH]
    except CannotEdit:
        return False
    return as_json(translate(PATH, after).text) == as_json(native)


def as_json(text: bytes) -> dict[str, Any]:
    """HCL in Terraform's JSON syntax; of each header one block."""
    document: dict[str, Any] = {}
    for block in parse(text).blocks:
        here = document
        for name in (block.type, *block.labels):
            here = here.setdefault(name, {})
        here |= said(block, (block.type,))
    return document
