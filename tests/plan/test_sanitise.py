"""What may not stay in the private copy goes, from every file, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reviewer import hcl
from reviewer.plan.prepare import CannotPlan, PlanSettings, prepare
from reviewer.plan.reading import read
from reviewer.plan.sanitise import Redirect, Sanitised, sanitised
from tests.plan.planning import needs_terraform, planned, run

BACKEND = '  backend "http" {\n    address = "http://127.0.0.1:9/"\n  }\n'
CLOUD = '  cloud {\n    organization = "them"\n  }\n'


def clean(text: str | bytes, name: str = "main.tf", **calls: Redirect) -> Sanitised:
    return sanitised(read(name, name, text.encode() if isinstance(text, str) else text), calls)


def text_of(text: str, name: str = "main.tf", **calls: Redirect) -> str:
    return clean(text, name, **calls).text.decode()


def test_of_terraform_only_required_providers_stay() -> None:
    text = (
        'terraform {\n  required_version = ">= 99"\n  experiments = [x]\n'
        + BACKEND
        + CLOUD
        + '  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n'
        '  provider_meta "aws" {\n    a = 1\n  }\n  encryption {\n    method "unencrypted" "m" {}\n  }\n}\n'
    )
    block = hcl.parse(clean(text).text).blocks[0]
    assert [inner.type for inner in block.body.blocks] == ["required_providers"]
    assert block.body.attributes == ()
    assert block.body.blocks[0].start_line == 10


def test_a_heredoc_or_comment_that_speaks_of_a_backend_stays() -> None:
    text = (
        "# terraform { backend {} }\nlocals {\n  script = <<EOT\nterraform {\n"
        + BACKEND
        + '}\nEOT\n  quoted = "terraform { backend {"\n}\n'
    )
    assert text_of(text) == text


def test_lines_keep_their_numbers_with_any_line_ends_and_a_byte_order_mark() -> None:
    text = "\ufeffterraform {\r\n" + BACKEND.replace("\n", "\r\n") + '}\r\nlocals {\r\n  here = "x"\r\n}\r\n'
    body = hcl.parse(clean(text.encode()).text)
    assert body.blocks_of("locals")[0].body.attributes[0].start_line == 7
    assert b"backend" not in clean(text.encode()).text


def test_provisioners_connections_and_conditions_go_and_the_rest_of_a_resource_stays() -> None:
    text = (
        'resource "terraform_data" "x" {\n  input = 1\n  provisioner "local-exec" {\n    command = "id"\n  }\n'
        '  connection {\n    host = "h"\n  }\n  lifecycle {\n    prevent_destroy = true\n'
        "    precondition {\n      condition = false\n    }\n  }\n}\n"
    )
    block = hcl.parse(clean(text).text).blocks[0]
    assert [inner.type for inner in block.body.blocks] == ["lifecycle"]
    assert [a.name for a in block.body.blocks[0].body.attributes] == ["prevent_destroy"]
    assert block.body.blocks[0].body.blocks == ()


def test_blocks_of_a_provider_that_are_called_like_terraforms_own_stay() -> None:
    text = (
        'resource "x_y" "z" {\n  data {\n    lifecycle {\n      precondition {\n        a = 1\n      }\n    }\n  }\n'
        "  backend {\n    connection {\n      a = 1\n    }\n  }\n}\n"
    )
    assert text_of(text) == text


def test_conditions_of_variables_and_outputs_go_and_checks_stay() -> None:
    text = (
        'variable "a" {\n  validation {\n    condition = false\n    error_message = "no"\n  }\n}\n'
        'output "b" {\n  value = 1\n  precondition {\n    condition = false\n    error_message = "no"\n  }\n}\n'
        'check "c" {\n  assert {\n    condition = false\n    error_message = "no"\n  }\n}\n'
    )
    types = [inner.type for block in hcl.parse(clean(text).text).blocks for inner in block.body.blocks]
    assert types == ["assert"]


def test_what_needs_a_state_or_a_real_provider_goes_and_is_said() -> None:
    text = (
        'import {\n  to = aws_x.y\n  id = "z"\n}\nremoved {\n  from = aws_x.z\n}\n'
        'ephemeral "aws_x" "y" {}\naction "a" "b" {}\nlocals {\n  a = "${ephemeral.aws_x.y.secret[0]}!"\n'
        "  b = provider::aws::arn_parse(\n    var.arn)\n}\n"
    )
    result = clean(text)
    body = hcl.parse(result.text)
    assert [block.type for block in body.blocks] == ["locals"]
    assert body.blocks[0].body.attributes[0].text == '"${jsondecode(timestamp())[0]}!"'.replace("())", "()).secret")
    assert body.blocks[0].body.attributes[1].start_line == 12
    assert b"provider::" not in result.text
    assert [(told.what, told.span and told.span.start_line) for told in result.statements] == [
        ("import in main.tf", 1),
        ("removed in main.tf", 5),
        ("ephemeral.aws_x.y in main.tf", 8),
        ("action.a.b in main.tf", 9),
        ("provider::aws::arn_parse in main.tf", 12),
    ]
    assert not any(told.blocking for told in result.statements)


def test_ephemeral_in_a_text_or_a_name_is_no_ephemeral_resource() -> None:
    text = 'locals {\n  a = "ephemeral.x.y.z provider::a::b("\n  b = var.ephemeral.x.y\n  c = ephemeral.x\n}\n'
    assert text_of(text) == text


def test_a_remote_state_is_never_asked_for() -> None:
    text = (
        'data "terraform_remote_state" "net" {\n  count   = 2\n  backend = "http"\n  config = {\n'
        '    address = "http://127.0.0.1:9/"\n  }\n  defaults = {}\n}\n'
    )
    block = hcl.parse(clean(text).text).blocks[0]
    assert [(a.name, a.text) for a in block.body.attributes] == [("count", "2"), ("backend", "timestamp()")]


def test_answers_that_nobody_should_make_up_are_deferred() -> None:
    text = (
        'data "http" "h" {\n  url    = "http://127.0.0.1:9/"\n  method = "GET"\n}\n'
        'check "c" {\n  data "external" "e" {\n    program = ["id"]\n  }\n}\n'
        'resource "http" "h" {\n  url = "stays"\n}\n'
    )
    blocks = list(hcl.parse(clean(text).text).walk())
    written = {(b.type, a.name): a.text for b in blocks for a in b.body.attributes}
    assert written == {
        ("data", "url"): "timestamp()",
        ("data", "method"): '"GET"',
        ("data", "program"): "[timestamp()]",
        ("resource", "url"): '"stays"',
    }
    json_text = '{"data": {"http": {"h": {"url": "http://127.0.0.1:9/"}}, "external": {"e": {"program": ["id"]}}}}'
    assert json.loads(text_of(json_text, "main.tf.json"))["data"] == {
        "http": {"h": {"url": "${timestamp()}"}},
        "external": {"e": {"program": "${[timestamp()]}"}},
    }


def test_a_provider_for_each_cannot_be_planned() -> None:
    with pytest.raises(CannotPlan, match=r"`a/main.tf` line 2: a provider with `for_each`"):
        clean('\nprovider "aws" {\n  for_each = var.regions\n  alias = "by"\n}\n', "a/main.tf")


def test_a_call_is_redirected_on_its_own_line() -> None:
    text = (
        'module "m" {\n  source  = "a/b/c" # why\n  version = "~> 1"\n'
        "  providers = {\n    aws = aws.x\n  }\n  a = 1\n}\n"
    )
    to_stub = hcl.parse(clean(text, m=Redirect(source="./stub", is_stub=True)).text).blocks[0].body
    assert [(a.name, a.text, a.start_line) for a in to_stub.attributes] == [("source", '"./stub"', 2), ("a", "1", 7)]
    to_copy = hcl.parse(clean(text, m=Redirect(source="../cache/c")).text).blocks[0].body
    assert [a.name for a in to_copy.attributes] == ["source", "providers", "a"]
    assert text_of(text, other=Redirect(source="./x")) == text


JSON = """\
{
  "terraform": [{
    "backend": {"http": {"address": "http://127.0.0.1:9/"}},
    "\\u0063loud": {},
    "required_providers": {"aws": {"source": "hashicorp/aws"}}
  }],
  "import": [{"to": "aws_x.y", "id": "z"}],
  "data": {"terraform_remote_state": {"net": [{"backend": "http", "config": {"address": "http://127.0.0.1:9/"}}]}},
  "resource": {"terraform_data": {
    "x": [{
      "input": "${ephemeral.a.b.c} and ${provider::a::b(1)} \\u2028 \\u00e9 \\u0001",
      "provisioner": [{"local-exec": {"command": "id"}}],
      "lifecycle": {"precondition": {"condition": false}, "prevent_destroy": true}
    }]
  }},
  "module": {"m": {"source": "a/b/c", "version": "1", "n": [1, 2.5e3, null, true]}}
}
"""


def test_json_syntax_is_cleaned_by_the_same_rules() -> None:
    result = clean(JSON, "main.tf.json", m=Redirect(source="./stub", is_stub=True))
    assert json.loads(result.text) == {
        "terraform": [{"required_providers": {"aws": {"source": "hashicorp/aws"}}}],
        "data": {"terraform_remote_state": {"net": [{"backend": "${timestamp()}"}]}},
        "resource": {
            "terraform_data": {
                "x": [
                    {
                        "input": "${jsondecode(timestamp()).c} and ${try(jsondecode(timestamp()), 1)} \u2028 é \u0001",
                        "lifecycle": {"prevent_destroy": True},
                    }
                ]
            }
        },
        "module": {"m": {"source": "./stub", "n": [1, 2500.0, None, True]}},
    }


def test_json_keeps_its_lines() -> None:
    lines = clean(JSON, "main.tf.json").text.decode().split("\n")
    for word in ("required_providers", "prevent_destroy", '"input"', '"module"'):
        assert [n for n, line in enumerate(lines) if word in line] == [
            n for n, line in enumerate(JSON.split("\n")) if word in line
        ]


def test_a_key_that_is_there_twice_hides_nothing() -> None:
    twice = '{"terraform": {"required_providers": {}}, "terraform": {"backend": {"http": {}}}}'
    assert "backend" not in text_of(twice, "main.tf.json")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a = 1\nresource {\n", r"`x.tf` line \d cannot be read as HCL"),
        (b'locals {\n  a = "\xff"\n}\n', "`x.tf` line 2 is not UTF-8"),
        (b"locals {}\r# backend\n", "`x.tf` line 1 holds a control character"),
        (b"locals {\n  a = 1\x00\n}\n", "`x.tf` line 2 holds a control character"),
        (b"locals {\n\n  a = " + b"[" * 100_000, "`x.tf` line 3 is nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_refused_by_file_and_line(data: bytes, message: str) -> None:
    with pytest.raises(CannotPlan, match=message):
        clean(data, "x.tf")


@pytest.mark.parametrize("text", ["{", "[1]", '{"terraform": 1}', '{"nothing": {}}', "{" * 1000, "{'a': 1}"])
def test_json_that_is_no_configuration_is_refused_by_file(text: str) -> None:
    with pytest.raises(CannotPlan, match=r"`x.tf.json` cannot be read as Terraform's JSON"):
        clean(text, "x.tf.json")


PIECES = st.sampled_from(
    [
        "terraform {\n" + BACKEND + "}\n",
        "terraform {\n" + CLOUD + '  required_version = "1"\n}\n',
        'terraform {\n  required_providers {\n    a = {\n      source = "b/c"\n    }\n  }\n' + BACKEND + "}\n",
        'locals {\n  a = <<EOT\n${1 + 1} backend "x" {\nEOT\n}\n',
        'locals {\n  b = "\\" } $${ %%{ ${ "}" }"\n}\n',
        "/* terraform {\n */ ",
        "# terraform {\n",
        "// }\r\n",
        "\n\n",
        'resource "a_b" "c" {\n  provisioner "local-exec" {\n  }\n  d = ephemeral.e.f.g\n}\n',
        'import {\n  to = a_b.c\n  id = "x"\n}\n',
        'module "m" {\n  source = "x/y/z"\n  version = 1\n}\n',
        'data "terraform_remote_state" "s" {\n  backend = <<-EOT\n    s3\n  EOT\n}\n',
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join))
@example("terraform { backend http {} }\n")
def test_any_file_is_clean_after_once_and_keeps_its_lines(text: str) -> None:
    call = {"m": Redirect(source="./stub", is_stub=True)}
    once = clean(text, **call).text
    assert clean(once, **call).text == once
    assert once.count(b"\n") == text.count("\n")
    body = hcl.parse(once)
    assert body.errors == ()
    for block in body.blocks_of("terraform"):
        assert {inner.type for inner in block.body.blocks} <= {"required_providers"}
    assert not body.blocks_of("import")
    before = [b.start_line for b in hcl.parse(text.encode()).blocks if b.type != "import"]
    assert [block.start_line for block in body.blocks] == before


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "tags"]), VALUES, max_size=3), st.sampled_from([None, 1]))
def test_any_json_is_clean_after_once(values: dict[str, object], indent: int | None) -> None:
    document = {"terraform": {"backend": {"s3": {}}}, "locals": values, "terraform_": 1}
    del document["terraform_"]
    try:
        once = clean(json.dumps(document, indent=indent), "x.tf.json").text
    except CannotPlan:
        return  # what cannot be surely translated is not planned at all
    assert json.loads(once) == {"terraform": {}, "locals": values}
    assert clean(once, "x.tf.json").text == once


@needs_terraform
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("main.tf", "terraform {\n" + BACKEND + "}\n"),
        ("zzz_override.tf", "terraform {\n" + BACKEND + "}\n"),
        ("override.tf", "terraform {\n" + CLOUD + "}\n"),
        ("\U0010ffff_override.tf.json", '{"terraform": [{"backend": {"http": {"address": "http://127.0.0.1:9/"}}}]}'),
        ("a.tofu", "terraform {\n" + BACKEND + '  encryption {\n    method "unencrypted" "m" {}\n  }\n}\n'),
    ],
)
def test_terraform_finds_no_backend_in_any_file(name: str, text: str, tmp_path: Path) -> None:
    files = {"base.tf": b'terraform {}\nresource "terraform_data" "x" {}\n', name: text.encode()}
    document = planned(prepare(files, "", PlanSettings()), tmp_path)
    assert [change["address"] for change in document["resource_changes"]] == ["terraform_data.x"]


@needs_terraform
def test_terraform_plans_without_what_would_reach_out_or_refuse(tmp_path: Path) -> None:
    text = (
        'variable "size" {\n  type = number\n'
        '  validation {\n    condition = var.size > 1000\n    error_message = "no"\n  }\n}\n'
        'data "terraform_remote_state" "net" {\n  backend = "http"\n  config = { address = "http://127.0.0.1:9/" }\n}\n'
        'ephemeral "a_b" "c" {}\n'
        'import {\n  to = terraform_data.x\n  id = "y"\n}\n'
        'resource "terraform_data" "x" {\n'
        "  input = [var.size, data.terraform_remote_state.net.outputs.subnets[0], provider::a::b(var.size)]\n"
        '  triggers_replace = "${ephemeral.a_b.c.d}"\n'
        '  provisioner "local-exec" {\n    command = "touch PWNED"\n  }\n}\n'
    )
    document = planned(prepare({"main.tf": text.encode()}, "", PlanSettings()), tmp_path)
    changes = {change["address"]: change["change"] for change in document["resource_changes"]}
    assert changes["data.terraform_remote_state.net"]["after_unknown"]["outputs"] is True
    assert changes["terraform_data.x"]["after_unknown"]["input"] == [False, True, True]
    assert not list(tmp_path.rglob("PWNED"))


@needs_terraform
def test_terraforms_messages_name_the_lines_of_the_repository(tmp_path: Path) -> None:
    text = "terraform {\n" + BACKEND + '}\noutput "x" {\n  value = nothing.here\n}\n'
    assert "on main.tf line 7" in run(prepare({"main.tf": text.encode()}, "", PlanSettings()), tmp_path).stderr
