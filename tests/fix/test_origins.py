"""Values that come from elsewhere are edited where they are written, or it is said where that is."""

from __future__ import annotations

import pytest

from reviewer.fix.editing import CannotEdit, Values
from tests.fix.hcl_stories import CHOICES, edited, finding, recipe

ENCRYPT = recipe(set="encrypted = true\n")
OPEN = recipe(replace=[{"at": "cidrs", "old": ["0.0.0.0/0"], "new": "choice.networks"}])
AUDIT = recipe(include={"kinds": ["audit"]})
USE = 'resource "aws_x" "y" {\n  encrypted = var.on\n}\n'
FROM_MODULE = finding("m/main.tf", 1, resource="module.m.aws_x.y")


def test_the_default_of_a_variable_is_edited() -> None:
    files = {"main.tf": USE, "v.tf": 'variable "on" {\n  type    = bool\n  default = false # for now\n}\n'}
    changed, _ = edited(files, ENCRYPT, finding("main.tf", 1))
    assert changed == {"v.tf": files["v.tf"].replace("false", "true")}


def test_what_is_wrapped_in_a_template_is_traced_too() -> None:
    files = {"main.tf": USE.replace("var.on", '"${var.on}"') + 'variable "on" {\n  default = false\n}\n'}
    changed, _ = edited(files, ENCRYPT, finding("main.tf", 1))
    assert changed["main.tf"].endswith('variable "on" {\n  default = true\n}\n')


@pytest.mark.parametrize("name", ["terraform.tfvars", "prod.auto.tfvars"])
def test_tfvars_of_the_root_win_over_the_default(name: str) -> None:
    files = {"main.tf": USE + 'variable "on" {\n  default = true\n}\n', name: "size = 1\non   = false\n"}
    assert edited(files, ENCRYPT, finding("main.tf", 1))[0] == {name: "size = 1\non   = true\n"}


def test_a_local_is_edited() -> None:
    files = {"main.tf": USE.replace("var.on", "local.on"), "l.tf": "locals {\n  on    = false\n  other = 1\n}\n"}
    assert edited(files, ENCRYPT, finding("main.tf", 1))[0] == {"l.tf": files["l.tf"].replace("false", "true")}


def test_the_argument_of_the_call_is_edited() -> None:
    files = {
        "main.tf": 'module "m" {\n  source = "./m"\n  on     = false\n}\n'
        'module "n" {\n  source = "./m"\n  on = false\n}\n',
        "m/main.tf": USE + 'variable "on" {}\n',
    }
    changed, _ = edited(files, ENCRYPT, FROM_MODULE)
    assert changed == {"main.tf": files["main.tf"].replace("on     = false", "on     = true")}


def test_calls_are_followed_in_turn_to_where_the_value_is_written() -> None:
    files = {
        "main.tf": 'module "a" {\n  for_each = var.all\n  source   = "./a"\n  outer    = local.flag\n}\n'
        "locals {\n  flag = false\n}\n",
        "a/main.tf": 'module "m" {\n  source = "../m"\n  on     = var.outer\n}\nvariable "outer" {}\n',
        "m/main.tf": USE + 'variable "on" {}\n',
    }
    about = finding("m/main.tf", 1, resource='module.a["x"].module.m.aws_x.y')
    assert edited(files, ENCRYPT, about)[0] == {"main.tf": files["main.tf"].replace("flag = false", "flag = true")}


def test_a_call_that_leaves_the_argument_out_takes_the_modules_default() -> None:
    files = {
        "main.tf": 'module "m" {\n  source = "./m"\n}\n',
        "m/main.tf": USE + 'variable "on" {\n  default = false\n}\n',
    }
    assert "default = true" in edited(files, ENCRYPT, FROM_MODULE)[0]["m/main.tf"]
    files["other.tf"] = 'module "n" {\n  source = "./m"\n  on     = true\n}\n'
    with pytest.raises(CannotEdit, match=r"which module\.n \(other\.tf:3\) sets too"):
        edited(files, ENCRYPT, FROM_MODULE)


def test_lists_are_edited_where_they_are_written() -> None:
    use = 'resource "aws_x" "y" {\n  cidrs = var.cidrs\n  kinds = local.kinds\n}\n'
    rest = 'variable "cidrs" {\n  default = ["0.0.0.0/0", "10.0.0.0/8"]\n}\nlocals {\n  kinds = []\n}\n'
    changed, _ = edited({"main.tf": use + rest}, OPEN, finding("main.tf", 1))
    assert changed == {"main.tf": use + rest.replace('"0.0.0.0/0", ', "")}
    changed, _ = edited({"main.tf": use + rest}, AUDIT, finding("main.tf", 1))
    assert changed == {"main.tf": use + rest.replace("[]", '["audit"]')}


def test_an_item_of_a_list_is_traced() -> None:
    use = 'resource "aws_x" "y" {\n  cidrs = concat([local.any], var.more)\n}\n'
    chosen = Values(choices=CHOICES, chosen={"networks": ["10.0.0.0/8"]})
    rest = 'locals {\n  any = "0.0.0.0/0"\n}\nvariable "more" {}\n'
    assert edited({"main.tf": use + rest}, OPEN, finding("main.tf", 1), chosen) == ({}, ())
    alone = use.replace("concat([local.any], var.more)", "[local.any]")
    with pytest.raises(CannotEdit, match="One value stands where there is a list"):
        edited({"main.tf": alone + rest}, OPEN, finding("main.tf", 1), chosen)
    single = recipe(replace=[{"at": "cidrs", "old": ["0.0.0.0/0"], "new": "10.0.0.0/8"}])
    changed, _ = edited({"main.tf": use + rest}, single, finding("main.tf", 1))
    assert changed == {"main.tf": use + rest.replace("0.0.0.0/0", "10.0.0.0/8")}


def test_a_default_that_only_the_organization_can_better_is_taken_away() -> None:
    use = 'resource "aws_x" "y" {\n  cidrs = var.cidrs\n}\n'
    rest = 'variable "cidrs" {\n  type    = list(string)\n  default = ["0.0.0.0/0"]\n}\n'
    changed, inputs = edited({"main.tf": use + rest}, OPEN, finding("main.tf", 1))
    assert changed == {"main.tf": use + 'variable "cidrs" {\n  type = list(string)\n}\n'}
    assert inputs == ("cidrs",)
    chosen = Values(choices=CHOICES, chosen={"networks": ["10.0.0.0/8"]})
    changed, inputs = edited({"main.tf": use + rest}, OPEN, finding("main.tf", 1), chosen)
    assert changed == {"main.tf": use + rest.replace("0.0.0.0/0", "10.0.0.0/8")}
    assert inputs == ()


def test_a_choice_in_a_call_becomes_a_variable_of_the_caller() -> None:
    files = {
        "main.tf": 'module "m" {\n  source = "./m"\n  cidrs  = ["0.0.0.0/0"]\n}\n',
        "m/main.tf": 'resource "aws_x" "y" {\n  cidrs = var.cidrs\n}\nvariable "cidrs" {}\n',
    }
    changed, inputs = edited(files, OPEN, FROM_MODULE)
    assert list(changed) == ["main.tf"]
    assert changed["main.tf"].startswith(
        'module "m" {\n  source = "./m"\n  cidrs  = var.networks\n}\n\nvariable "networks" {\n'
    )
    assert inputs == ("networks",)


REASONS = {
    "var.on ? true : false": "`encrypted` is set by a condition (main.tf:2); decide there which value is right.",
    "module.net.flag": "`encrypted` is set from module.net.flag (rest.tf:1); change it there.",
    "data.aws_y.z.flag": "`encrypted` is set from data.aws_y.z.flag (rest.tf:4); change it there.",
    "aws_z.other.flag": "`encrypted` is set from aws_z.other.flag (rest.tf:6); change it there.",
    "each.value.flag": "`encrypted` is set from each.value.flag (main.tf:2); change it there.",
    "lookup(var.x, 1)": "`encrypted` is made by lookup() (main.tf:2); change it there.",
    '"a-${var.x}"': "`encrypted` is made by an expression (main.tf:2); change it there.",
    "var.unset": "`encrypted` is set from var.unset (rest.tf:8), which has no default; set it where it is given.",
    "var.twice": "`encrypted` is set from var.twice (rest.tf:9), which is used elsewhere too; change it there.",
    "var.nowhere": "`encrypted` is set from var.nowhere, which is not declared.",
    "local.nowhere": "`encrypted` is set from local.nowhere, which is not declared.",
    "local.round": "`encrypted` is set from local.round (rest.tf:16), which is used elsewhere too; change it there.",
    "local.computed": "`encrypted` is set by a condition (rest.tf:18); decide there which value is right.",
}
REST = """module "net" {
  source = "./net"
}
data "aws_y" "z" {
}
resource "aws_z" "other" {
}
variable "unset" {}
variable "twice" {
  default = false
}
output "twice" {
  value = var.twice
}
locals {
  round    = local.about
  about    = local.round
  computed = var.x ? 1 : 2
}
"""


@pytest.mark.parametrize(("value", "why"), REASONS.items())
def test_what_may_not_be_changed_is_told_with_its_place(value: str, why: str) -> None:
    files = {"main.tf": USE.replace("var.on", value), "rest.tf": REST}
    with pytest.raises(CannotEdit) as error:
        edited(files, ENCRYPT, finding("main.tf", 1))
    assert str(error.value) == why


def test_values_that_refer_to_each_other_in_a_circle_end() -> None:
    files = {"main.tf": USE.replace("var.on", "local.a") + "locals {\n  a = local.b\n  b = local.a\n}\n"}
    with pytest.raises(CannotEdit):
        edited(files, ENCRYPT, finding("main.tf", 1))


def test_two_files_that_set_a_variable_are_named() -> None:
    files = {
        "main.tf": USE + 'variable "on" {}\n',
        "a.auto.tfvars": "on = false\n",
        "terraform.tfvars": "on = false\n",
    }
    with pytest.raises(CannotEdit, match=r"a\.auto\.tfvars and terraform\.tfvars set; change it there"):
        edited(files, ENCRYPT, finding("main.tf", 1))
    files = {"main.tf": USE + 'variable "on" {}\n', "terraform.tfvars.json": '{"on": false}'}
    with pytest.raises(CannotEdit, match=r"terraform\.tfvars\.json sets"):
        edited(files, ENCRYPT, finding("main.tf", 1))


def test_a_module_whose_caller_is_not_known_is_left_alone() -> None:
    files = {"m/main.tf": USE + 'variable "on" {\n  default = false\n}\n'}
    with pytest.raises(CannotEdit, match="by a call that is not known"):
        edited(files, ENCRYPT, FROM_MODULE)


def test_an_expression_in_a_list_that_is_fine_does_not_hinder_another() -> None:
    use = 'resource "aws_x" "y" {\n  in {\n    cidrs = [aws_z.a.cidr]\n  }\n  in {\n    cidrs = ["0.0.0.0/0"]\n  }\n}\n'
    which = recipe(replace=[{"at": "in.cidrs", "old": ["0.0.0.0/0"], "new": "10.0.0.0/8"}])
    changed, _ = edited({"main.tf": use}, which, finding("main.tf", 1))
    assert changed == {"main.tf": use.replace("0.0.0.0/0", "10.0.0.0/8")}


FOUR = """resource "aws_x" "y" {
  block_public_acls   = var.private
  block_public_policy = var.private
  ignore_public_acls  = var.private
}
"""
BLOCKED = recipe(set="block_public_acls = true\n")


def test_what_a_call_sets_is_that_calls_own_however_often_the_module_uses_it() -> None:
    files = {
        "main.tf": 'module "m" {\n  source  = "./m"\n  private = false\n}\n',
        "m/main.tf": FOUR + 'variable "private" {\n  default = true\n}\noutput "o" {\n  value = var.private\n}\n',
    }
    assert edited(files, BLOCKED, FROM_MODULE)[0] == {"main.tf": files["main.tf"].replace("false", "true")}


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        (
            "var.a ? true : false",
            "by the call module.m (main.tf:3) with a condition; decide there which value is right.",
        ),
        ("aws_z.other.flag", "by the call module.m (main.tf:3) from aws_z.other.flag; change it there."),
        ("tobool(var.a)", "by the call module.m (main.tf:3); change it there."),
    ],
)
def test_a_call_that_may_not_be_changed_is_named(argument: str, why: str) -> None:
    files = {
        "main.tf": f'module "m" {{\n  source = "./m"\n  on = {argument}\n}}\n',
        "m/main.tf": USE + 'variable "on" {}\n',
    }
    with pytest.raises(CannotEdit) as error:
        edited(files, ENCRYPT, FROM_MODULE)
    assert str(error.value) == f"`encrypted` is set {why}"


def test_a_call_that_cannot_take_a_reference_of_the_module_is_named() -> None:
    files = {
        "main.tf": 'module "m" {\n  source = "./m"\n  on     = "none"\n}\n',
        "m/main.tf": USE + 'variable "on" {}\nresource "aws_key" "k" {\n}\n',
    }
    with pytest.raises(CannotEdit, match=r"is set by the call module\.m \(main\.tf:3\); change it there"):
        edited(files, recipe(set="encrypted = aws_key.k.arn\n"), FROM_MODULE)


DEFAULT = 'variable "private" {\n  default = false\n}\n'
LOCAL = "locals {\n  private = false\n}\n"


@pytest.mark.parametrize(
    "text",
    [
        FOUR + DEFAULT,
        FOUR.replace("var.", "local.") + LOCAL,
        'resource "aws_x" "y" {\n  block_public_acls = var.private\n}\n' * 2 + DEFAULT,
    ],
)
def test_what_all_uses_want_the_same_of_is_edited_once(text: str) -> None:
    assert edited({"main.tf": text}, BLOCKED, finding("main.tf", 1))[0] == {"main.tf": text.replace("false", "true")}


@pytest.mark.parametrize(
    "other",
    [
        'resource "aws_x" "z" {\n  skip_snapshot = var.private\n}\n',
        'resource "aws_z" "z" {\n  block_public_acls = var.private\n}\n',
        'resource "aws_x" "z" {\n  block_public_acls = !var.private\n}\n',
        'resource "aws_x" "z" {\n  count = var.private ? 1 : 0\n}\n',
        'resource "aws_x" "z" {\n  tags = {\n    block_public_acls = var.private\n  }\n}\n',
        'output "z" {\n  value = "${var.private}"\n}\n',
        "var.private\n",
    ],
)
def test_what_another_use_wants_something_else_of_is_left_alone(other: str) -> None:
    with pytest.raises(CannotEdit, match=r"set from var\.private \(main\.tf:6\), which is used elsewhere too"):
        edited({"main.tf": FOUR + DEFAULT, "z.tf": other}, BLOCKED, finding("main.tf", 1))


def test_an_open_network_that_several_rules_share_is_left_alone() -> None:
    use = 'resource "aws_x" "y" {\n  cidrs = var.all\n}\n'
    rest = 'resource "aws_x" "z" {\n  cidrs = var.all\n}\nvariable "all" {\n  default = ["0.0.0.0/0"]\n}\n'
    with pytest.raises(CannotEdit, match="used elsewhere too"):
        edited({"main.tf": use + rest}, OPEN, finding("main.tf", 1))


def test_what_was_found_and_dropped_from_a_list_leaves_nothing_more_to_say() -> None:
    use = 'resource "aws_x" "y" {\n  cidrs = ["0.0.0.0/0", aws_z.a.cidr]\n}\n'
    changed, _ = edited({"main.tf": use}, OPEN, finding("main.tf", 1))
    assert changed == {"main.tf": use.replace('"0.0.0.0/0", ', "")}
    with pytest.raises(CannotEdit, match=r"aws_z\.a\.cidr"):
        edited(changed, OPEN, finding("main.tf", 1))
