"""Required variables get values with which a plan gets far; what somebody said is never overruled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reviewer.plan.prepare import CannotPlan, PlanSettings, Prepared, prepare
from reviewer.plan.reading import read
from reviewer.plan.variables import NEUTRAL, neutral_values
from tests.plan.planning import needs_terraform, planned


def value(type_: str, rest: str = "", name: str = "x") -> Any:
    text = f'variable "{name}" {{\n  type = {type_}\n}}\n{rest}'
    return neutral_values((read("v.tf", "v.tf", text.encode()),), ())[name]


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("string", NEUTRAL),
        ("number", 1),
        ("bool", False),
        ("any", NEUTRAL),
        ("list(string)", []),
        ("set(object({ a = string }))", []),
        ("map(list(number))", {}),
        ("tuple([string, number])", [NEUTRAL, 1]),
        (
            "object({\n    a = string # why\n    b = optional(string)\n    c = optional(number, 3)\n"
            "    d = object({ e = list(string), cidr_block = string })\n  })",
            {"a": NEUTRAL, "d": {"e": [], "cidr_block": "10.0.0.0/16"}},
        ),
        ('"list"', []),
        ("nonsense(string)", None),
        ("object(" * 60 + "{}" + ")" * 60, {}),
    ],
)
def test_a_value_has_the_shape_of_its_type(type_: str, expected: Any) -> None:
    assert value(type_) == expected


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("locals {\n  a = cidrsubnet(var.x, 8, 1)\n}\n", "10.0.0.0/16"),
        ("locals {\n  a = jsondecode( var.x )\n}\n", "{}"),
        ('locals {\n  a = local.sizes[var.x]\n  sizes = { small = 1, "large" = 2 }\n}\n', "small"),
        ('variable "m" {\n  default = { dev = 1 }\n}\nlocals {\n  a = lookup(var.m, var.x)\n}\n', "dev"),
    ],
)
def test_a_text_fits_what_is_done_with_it(rest: str, expected: str) -> None:
    assert value("string", rest) == expected


@pytest.mark.parametrize(
    "condition",
    ['contains(["dev", "prod"], var.x)', 'var.x == "dev" || var.x == "prod"', 'contains([\n"dev"\n], var.x)'],
)
def test_a_text_is_one_that_a_validation_names(condition: str) -> None:
    text = f'variable "x" {{\n  type = string\n  validation {{\n    condition = {condition}\n  }}\n}}\n'
    assert neutral_values((read("v.tf", "v.tf", text.encode()),), ()) == {"x": "dev"}


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("for_each = var.x", {}),
        ("a = [for k, v in var.x : k]", {}),
        ("a = merge(var.x, {})", {}),
        ("a = var.x.b", {}),
        ('a = join(",", var.x)', []),
        ("a = concat(var.x, [])", []),
        ("a = var.x[1]", [NEUTRAL, NEUTRAL]),
        ("a = var.x[*].id", []),
        ("count = var.x", 1),
        ("a = max(var.x, 2)", 1),
        ("a = var.x ? 1 : 0", False),
        ("a = true && !var.x", False),
        ('a = "${var.x}-b"', NEUTRAL),
    ],
)
def test_without_a_type_its_use_tells_what_it_is(use: str, expected: Any) -> None:
    assert value("any", f"locals {{\n  {use}\n}}\n") == expected


def test_a_list_has_the_items_that_are_read_of_it() -> None:
    assert value("list(string)", "locals {\n  a = var.x[2]\n  b = element(var.x, 9)\n}\n") == [NEUTRAL] * 3
    assert len(value("list(string)", "locals {\n  a = var.x[999]\n}\n")) == 50


def test_an_override_file_may_give_a_default() -> None:
    sources = [
        ("v.tf", 'variable "x" {\n  type = number\n}\n'),
        ("v_override.tf", 'variable "x" {\n  default = 2\n}\n'),
    ]
    assert neutral_values(tuple(read(name, name, text.encode()) for name, text in sources), ()) == {}


def test_many_variables_in_much_text_take_no_time() -> None:
    text = "".join(f'variable "v{n}" {{}}\nlocals {{\n  l{n} = var.v{n}\n}}\n' for n in range(5000))
    assert len(neutral_values((read("v.tf", "v.tf", text.encode()),), ())) == 5000


ROOT = (
    'variable "a" {\n  type = string\n}\nvariable "b" {\n  type = string\n}\nvariable "c" {\n  type = string\n}\n'
    'resource "terraform_data" "x" {\n  input = [var.a, var.b, var.c]\n}\n'
)


def made(files: dict[str, str], *var_files: str) -> Prepared:
    content = {"r/main.tf": ROOT} | files
    return prepare({p: t.encode() for p, t in content.items()}, "r", PlanSettings(var_files=var_files))


@needs_terraform
@pytest.mark.parametrize("auto", ["x.auto.tfvars", "zzzz.auto.tfvars", "\U0010ffff.auto.tfvars"])
def test_the_policys_files_win_over_the_roots_own_and_neutral_values_over_nobody(auto: str, tmp_path: Path) -> None:
    files = {
        f"r/{auto}": 'a = "auto"\nb = "auto"\n',
        "r/terraform.tfvars": 'a = "plain"\n',
        "r/other.tfvars": 'c = "not read"\n',
        "vars/one.tfvars": 'b = "one"\n',
        "vars/two.tfvars.json": '{"b": "two"}',
    }
    prepared = made(files, "vars/one.tfvars", "vars/two.tfvars.json")
    assert prepared.neutral == ("c",)
    assert planned(prepared, tmp_path)["resource_changes"][0]["change"]["after"]["input"] == ["auto", "two", NEUTRAL]


def test_made_up_values_and_missing_files_are_said() -> None:
    prepared = made({}, "gone.tfvars")
    assert [(s.what, s.blocking) for s in prepared.statements] == [("gone.tfvars", False), ("variables of r", False)]
    assert "neutral values: a, b, c." in prepared.statements[1].why


def test_a_file_called_like_ours_is_neither_lost_nor_overwritten() -> None:
    prepared = made({"r/zz_plumbrule.auto.tfvars.json": '{"a": "theirs"}'})
    assert prepared.files["r/zz_plumbrule.auto.tfvars.json"] == b'{"a": "theirs"}'
    assert json.loads(prepared.files["r/_zz_plumbrule.auto.tfvars.json"]) == {"b": NEUTRAL, "c": NEUTRAL}


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("r/terraform.tfvars", 'a = "x"\nb = {\n', r"`r/terraform.tfvars` line \d cannot be read"),
        ("r/x.auto.tfvars.json", "{", r"`r/x.auto.tfvars.json` is not JSON"),
        ("r/x.auto.tfvars.json", "[" * 100_000, r"`r/x.auto.tfvars.json` is not JSON"),
        ("r/x.auto.tfvars.json", "[]", r"`r/x.auto.tfvars.json`: expected an object"),
    ],
)
def test_values_that_cannot_be_read_are_refused_by_file(path: str, text: str, message: str) -> None:
    with pytest.raises(CannotPlan, match=message):
        made({path: text})


@needs_terraform
def test_a_made_up_name_of_a_file_is_one_that_can_be_read(tmp_path: Path) -> None:
    text = 'variable "path" {}\nresource "terraform_data" "x" {\n  input = jsondecode(file(var.path))\n}\n'
    planned(prepare({"main.tf": text.encode()}, "", PlanSettings()), tmp_path)
