"""Where resources are written, by the addresses that plans use."""

from __future__ import annotations

from reviewer.model import Span
from reviewer.plan.places import places
from reviewer.tfplan.model import Place

MODULE = """\
variable "cidr" {}
variable "name" {}

resource "aws_x" "y" {
  cidr = var.cidr
  rule {
    a = 1
  }
  rule {
    a = 2
  }
  dynamic "entry" {
    for_each = []
    content {}
  }
}

data "aws_x" "y" {
  name = "${var.cidr}-${var.name}"
}
"""


def found(files: dict[str, str], root: str = "", remote: dict[str, str] | None = None) -> dict[str, Place]:
    return dict(places({path: text.encode() for path, text in files.items()}, root, remote or {}))


def span(path: str, first: int, last: int) -> Span:
    return Span(path=path, start_line=first, end_line=last)


def test_a_resource_has_its_block_its_attributes_and_its_nested_blocks() -> None:
    place = found({"r/main.tf": MODULE}, "r")["aws_x.y"]
    assert place == Place(
        block=span("r/main.tf", 4, 16),
        attributes=(
            ("cidr", span("r/main.tf", 5, 5)),
            ("rule", span("r/main.tf", 6, 8)),
            ("entry", span("r/main.tf", 12, 15)),
        ),
    )


def test_data_has_an_address_of_its_own_also_in_a_check() -> None:
    where = found({"main.tf": MODULE + 'check "c" {\n  data "aws_z" "w" {\n  }\n}\n'})
    assert where["data.aws_x.y"].block == span("main.tf", 18, 20)
    assert where["data.aws_z.w"].block == span("main.tf", 22, 23)


def test_outputs_and_checks_have_places_too() -> None:
    where = found({"main.tf": 'output "url" {\n  value = 1\n}\ncheck "up" {\n  assert {\n  }\n}\n'})
    assert where["output.url"] == Place(block=span("main.tf", 1, 3), attributes=(("value", span("main.tf", 2, 2)),))
    assert where["check.up"].block == span("main.tf", 4, 7)


def test_callers_lead_from_the_root_inwards_to_the_argument_that_matters() -> None:
    files = {
        "live/main.tf": 'module "a" {\n  source = "../a"\n  range  = "0.0.0.0/0"\n  other = 1\n}\n',
        "a/main.tf": 'variable "range" {}\n\nmodule "b" {\n  source = "../b"\n  cidr = var.range\n  name = "n"\n}\n',
        "b/main.tf": MODULE,
    }
    where = found(files, "live")
    assert where["module.a.module.b.aws_x.y"].callers == (span("live/main.tf", 3, 3), span("a/main.tf", 5, 5))
    # Two arguments reach the data source: the whole call is named, and the one argument behind them.
    assert where["module.a.module.b.data.aws_x.y"].callers == (span("live/main.tf", 3, 3), span("a/main.tf", 3, 7))


def test_a_module_that_is_called_twice_has_a_place_for_each_call() -> None:
    files = {"main.tf": 'module "a" {\n  source = "./m"\n}\nmodule "b" {\n  source = "./m"\n}\n', "m/m.tf": MODULE}
    where = found(files)
    assert where["module.a.aws_x.y"].block == where["module.b.aws_x.y"].block
    assert [where[f"module.{name}.aws_x.y"].callers[0].start_line for name in "ab"] == [1, 4]


def test_prevent_destroy_counts_only_when_it_is_true_and_override_files_have_the_last_word() -> None:
    text = 'resource "a_b" "%s" {\n  lifecycle {\n    prevent_destroy = %s\n  }\n}\n'
    files = {
        "main.tf": text % ("on", "true")
        + text % ("off", "false")
        + text % ("odd", "var.x")
        + text % ("changed", "true"),
        "main_override.tf": text % ("changed", "false"),
    }
    assert {address: place.prevent_destroy for address, place in found(files).items()} == {
        "a_b.on": True,
        "a_b.off": False,
        "a_b.odd": False,
        "a_b.changed": False,
    }


def test_what_an_override_file_says_stands_where_it_is_written() -> None:
    where = found(
        {"a_override.tf": 'resource "a_b" "c" {\n  d = 2\n  e = 1\n}\n', "z.tf": 'resource "a_b" "c" {\n  d = 1\n}\n'}
    )
    assert where["a_b.c"].block == span("z.tf", 1, 3)
    assert dict(where["a_b.c"].attributes) == {"d": span("a_override.tf", 2, 2), "e": span("a_override.tf", 3, 3)}


def test_lines_of_json_syntax_and_names_of_opentofu_are_those_of_the_repository() -> None:
    files = {
        "main.tofu": 'resource "a_b" "tofu" {\n}\n',
        "main.tf": 'resource "a_b" "hidden" {\n}\n',
        "x.tf.json": '{\n  "resource": {\n    "a_b": {\n      "json": {\n        "c": 1,\n        "d": [\n1]\n'
        "      }\n    }\n  }\n}",
    }
    where = found(files)
    assert set(where) == {"a_b.tofu", "a_b.json"}
    assert where["a_b.tofu"].block == span("main.tofu", 1, 2)
    assert where["a_b.json"].block == span("x.tf.json", 4, 8)
    assert dict(where["a_b.json"].attributes) == {"c": span("x.tf.json", 5, 5), "d": span("x.tf.json", 6, 7)}


def test_long_values_are_spanned_to_their_end() -> None:
    text = 'resource "a_b" "c" {\n  policy = <<-EOT\n    x\n    y\n  EOT\n  list = [\n    1,\n  ]\n}\n'
    assert dict(found({"main.tf": text})["a_b.c"].attributes) == {
        "policy": span("main.tf", 2, 5),
        "list": span("main.tf", 6, 8),
    }


def test_modules_of_the_operator_have_places_when_they_are_given() -> None:
    files = {"main.tf": 'module "a" {\n  source = "x/y/z"\n}\n', "cache/m.tf": MODULE}
    assert found(files) == {}
    assert found(files, remote={"x/y/z": "cache"})["module.a.aws_x.y"].callers == (span("main.tf", 1, 3),)


def test_thousands_of_resources_are_placed() -> None:
    text = "".join(f'resource "a_b" "c{n}" {{\n  d = {n}\n}}\n' for n in range(3000))
    assert found({"main.tf": text})["a_b.c2999"].block == span("main.tf", 8998, 9000)
