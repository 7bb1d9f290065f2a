"""Recipes applied to HCL: what stands in, what comes out, to the byte."""

from __future__ import annotations

from typing import Any

import pytest

from reviewer.fix import terraform
from reviewer.fix.editing import CannotEdit, Values
from tests.fix.hcl_stories import CHOICES, VALUES, edited, finding, fixed, recipe


def test_a_set_value_replaces_the_one_that_stands_there() -> None:
    before = 'resource "aws_x" "y" {\n  name      = "a"  # why\n  encrypted = false # later\n}\n'
    after = 'resource "aws_x" "y" {\n  name      = "a"  # why\n  encrypted = true # later\n}\n'
    assert fixed(before, recipe(set="encrypted = true\n")) == after


@pytest.mark.parametrize("standing", ['"false"', "false", "0", "null", '"disabled"', "{ a = 1 }", "[]"])
def test_a_set_value_replaces_a_literal_of_any_type(standing: str) -> None:
    before = f'resource "aws_x" "y" {{\n  encrypted = {standing}\n}}\n'
    assert fixed(before, recipe(set="encrypted = true\n")) == 'resource "aws_x" "y" {\n  encrypted = true\n}\n'


def test_a_heredoc_is_replaced_whole() -> None:
    before = 'resource "aws_x" "y" {\n  a = <<-EOT\n    one\n  EOT\n  b = 2\n}\n'
    assert fixed(before, recipe(set='a = "two"\n')) == 'resource "aws_x" "y" {\n  a = "two"\n  b = 2\n}\n'


def test_a_new_attribute_goes_behind_the_others_and_is_aligned_with_them() -> None:
    before = """resource "aws_instance" "web" {
  ami           = "ami-1" # the base image
  instance_type = "t3"    # small

  root_block_device {
    size = 8
  }

  tags = {
    Name = "web"
  }
}
"""
    after = """resource "aws_instance" "web" {
  ami                     = "ami-1" # the base image
  instance_type           = "t3"    # small
  disable_api_termination = true

  root_block_device {
    size = 8
  }

  tags = {
    Name = "web"
  }
}
"""
    assert fixed(before, recipe(set="disable_api_termination = true\n")) == after


def test_a_group_that_was_not_aligned_is_left_as_it_is() -> None:
    before = 'resource "aws_x" "y" {\n  a = 1\n  long_name =   2\n}\n'
    after = 'resource "aws_x" "y" {\n  a = 1\n  long_name =   2\n  encrypted = true\n}\n'
    assert fixed(before, recipe(set="encrypted = true\n")) == after


def test_tags_stay_last() -> None:
    before = 'resource "aws_x" "y" {\n  a    = 1\n  tags = var.tags\n}\n'
    after = 'resource "aws_x" "y" {\n  a    = 1\n  bc   = 2\n  tags = var.tags\n}\n'
    assert fixed(before, recipe(set="bc = 2\n")) == after


def test_the_indentation_of_the_file_is_kept() -> None:
    before = 'resource "aws_x" "y" {\n\ta = 1\n\tb {\n\t\tc = 1\n\t}\n}\n'
    added = "\n\te {\n\t\tf {\n\t\t\tg = 1\n\t\t}\n\t}\n"
    after = f'resource "aws_x" "y" {{\n\ta = 1\n\tb {{\n\t\tc = 1\n\t\td = 2\n\t}}\n{added}}}\n'
    assert fixed(before, recipe(set="b {\n  d = 2\n}\ne {\n  f {\n    g = 1\n  }\n}\n")) == after


def test_a_nested_block_is_merged_into_one_that_is_there() -> None:
    which = recipe(
        set='metadata_options {\n  http_tokens = "required"\n}\n',
        default='metadata_options {\n  http_endpoint = "enabled"\n  http_tokens = "optional"\n}\n',
    )
    before = 'resource "aws_instance" "web" {\n  metadata_options {\n    http_tokens = "optional"\n  }\n}\n'
    after = (
        'resource "aws_instance" "web" {\n  metadata_options {\n'
        '    http_tokens   = "required"\n    http_endpoint = "enabled"\n  }\n}\n'
    )
    assert fixed(before, which) == after
    disabled = before.replace('http_tokens = "optional"', 'http_endpoint = "disabled"')
    assert 'http_endpoint = "disabled"\n    http_tokens   = "required"' in fixed(disabled, which)


def test_a_nested_block_that_is_missing_is_added_whole_with_a_blank_line_before_it() -> None:
    before = 'resource "aws_x" "y" {\n  a = 1\n  # that was all\n}\n'
    after = 'resource "aws_x" "y" {\n  a = 1\n  # that was all\n\n  b {\n    c   = 1\n    def = 2\n  }\n}\n'
    assert fixed(before, recipe(set="b {\n  c = 1\n  def = 2\n}\n")) == after


@pytest.mark.parametrize("body", ["", "\n"])
def test_an_empty_block_is_opened(body: str) -> None:
    after = 'resource "aws_x" "y" {\n  a = 1\n\n  b {\n    c = 2\n  }\n}\n'
    assert fixed(f'resource "aws_x" "y" {{{body}}}\n', recipe(set="a = 1\nb {\n  c = 2\n}\n")) == after


def test_a_block_on_one_line_is_opened_only_when_it_must_be() -> None:
    before = 'resource "aws_x" "y" {\n  b { c = 1 } # why\n  ingress {}\n}\n'
    assert fixed(before, recipe(set="b {\n  c = 2\n}\n")) == before.replace("c = 1", "c = 2")
    after = 'resource "aws_x" "y" {\n  b {\n    c = 1\n    d = 2\n  } # why\n  ingress {}\n}\n'
    assert fixed(before, recipe(set="b {\n  d = 2\n}\n")) == after
    opened = 'resource "aws_x" "y" {\n  b { c = 1 } # why\n  ingress {\n    d = 2\n  }\n}\n'
    assert fixed(before, recipe(set="ingress {\n  d = 2\n}\n")) == opened


def test_unquoted_labels_a_byte_order_mark_crlf_and_a_missing_last_newline_survive() -> None:
    before = "\ufeffresource azurerm_x y {\r\n  a = 1\r\n}".encode()
    files = {"main.tf": before}
    place = terraform.locate(files, finding("main.tf", 1))
    assert (place.type, place.name, place.address) == ("azurerm_x", "y", "azurerm_x.y")
    which = recipe(set="bcd = choice.key\n")
    after = terraform.edit(files, place, which, VALUES).files["main.tf"]
    assert after == (
        b"\xef\xbb\xbfresource azurerm_x y {\r\n  a   = 1\r\n  bcd = var.key\r\n}\r\n\r\n"
        b'variable "key" {\r\n  description = "The ARN of the key."\r\n  type        = string\r\n}'
    )


def test_objects_are_merged_and_lists_replaced() -> None:
    before = 'resource "aws_x" "y" {\n  labels = {\n    "team" = "a"\n  }\n  kinds = ["x"]\n  one   = { a = 1 }\n}\n'
    after = (
        'resource "aws_x" "y" {\n  labels = {\n    "team"  = "a"\n    "owner" = "b"\n  }\n'
        '  kinds = ["y", "z"]\n  one   = { a = 1, b = 2 }\n}\n'
    )
    which = recipe(set='labels = {\n  owner = "b"\n}\nkinds = ["y", "z"]\none = {\n  b = 2\n}\n')
    assert fixed(before, which) == after


def test_blocks_told_apart_by_a_key_are_merged_by_it() -> None:
    which = recipe(
        set='settings {\n  database_flags {\n    name  = "log"\n    value = "on"\n  }\n}\n',
        by={"database_flags": "name"},
    )
    flags = '    database_flags {\n      name  = "{}"\n      value = "off"\n    }\n'
    before = f'resource "aws_x" "y" {{\n  settings {{\n{flags}  }}\n}}\n'
    assert fixed(before.replace("{}", "log"), which) == before.replace("{}", "log").replace("off", "on")
    assert fixed(before.replace("{}", "other"), which) == before.replace("{}", "other").replace(
        "    }\n  }\n",
        '    }\n\n    database_flags {\n      name  = "log"\n      value = "on"\n    }\n  }\n',
    )


GROUP = """resource "aws_security_group" "a" {
  ingress {
    from_port   = 22
    cidr_blocks = ["0.0.0.0/0"]
  }
  ingress {
    from_port   = 443
    cidr_blocks = ["0.0.0.0/0", "10.0.0.0/8"]
  }
}
"""
OPEN = recipe(replace=[{"at": "ingress.cidr_blocks", "old": ["0.0.0.0/0", "::/0"], "new": "choice.networks"}])
NETWORKS = (
    '\nvariable "networks" {\n  description = "The networks that may connect."\n  type        = list(string)\n}\n'
)


def test_only_the_nested_block_that_offends_is_changed() -> None:
    changed = GROUP.replace('["0.0.0.0/0"]', "var.networks") + NETWORKS
    assert fixed(GROUP, OPEN, span=(4, 4)) == changed
    dropped = GROUP.replace('["0.0.0.0/0", "10.0.0.0/8"]', '["10.0.0.0/8"]')
    assert fixed(GROUP, OPEN, span=(8, 8)) == dropped
    both = dropped.replace('["0.0.0.0/0"]', "var.networks") + NETWORKS
    assert fixed(GROUP, OPEN) == both


def test_what_the_policy_chose_stands_there_instead_of_a_variable() -> None:
    chosen = Values(choices=CHOICES, chosen={"networks": ["10.1.0.0/16"], "key": 'a"${b}\\', "days": "30"})
    assert '["10.1.0.0/16"]' in fixed(GROUP, OPEN, values=chosen, span=(4, 4))
    which = recipe(set="key = choice.key\ndays = choice.days\n")
    after = fixed('resource "aws_x" "y" {\n}\n', which, values=chosen)
    assert after == 'resource "aws_x" "y" {\n  key  = "a\\"$${b}\\\\"\n  days = 30\n}\n'
    broken = Values(choices=CHOICES, chosen={"days": "many"})
    with pytest.raises(CannotEdit, match="no number"):
        fixed('resource "aws_x" "y" {\n}\n', which, values=broken)


def test_a_variable_that_the_module_has_is_used() -> None:
    files = {"main.tf": 'resource "aws_x" "y" {\n}\n', "v.tf": 'variable "key" {\n  default = "k"\n}\n'}
    changed, inputs = edited(files, recipe(set="key = choice.key\n"), finding("main.tf", 1))
    assert changed == {"main.tf": 'resource "aws_x" "y" {\n  key = var.key\n}\n'}
    assert inputs == ()
    files["v.tf"] = 'variable "key" {}\n'
    assert edited(files, recipe(set="key = choice.key\n"), finding("main.tf", 1)) == (changed, ("key",))


def test_a_called_module_gets_a_variable_that_every_call_hands_down_to_it() -> None:
    files = {
        "main.tf": 'module "m" {\n  source = "./m"\n}\n\nmodule "again" {\n  source = "./m"\n  key    = "mine"\n}\n',
        "m/main.tf": 'module "n" {\n  source = "./n"\n}\n',
        "m/n/main.tf": 'resource "aws_x" "y" {\n}\n',
    }
    about = finding("m/n/main.tf", 1, resource="module.m.module.n.aws_x.y")
    changed, inputs = edited(files, recipe(set="key = choice.key\n"), about)
    asks = 'variable "key" {\n  description = "The ARN of the key."\n  type        = string\n'
    given = asks + "  default     = null\n}\n"
    assert changed == {
        "main.tf": files["main.tf"].replace(
            'source = "./m"\n}\n\n', f'source = "./m"\n  key    = var.key\n}}\n\n{asks}}}\n\n', 1
        ),
        "m/main.tf": f'module "n" {{\n  source = "./n"\n  key    = var.key\n}}\n\n{given}',
        "m/n/main.tf": f'resource "aws_x" "y" {{\n  key = var.key\n}}\n\n{given}',
    }
    assert inputs == ("key",)


def test_a_module_that_has_the_variable_already_is_only_given_it() -> None:
    files = {
        "main.tf": 'variable "key" {}\n\nmodule "m" {\n  source = "./m"\n}\n',
        "m/main.tf": 'resource "aws_x" "y" {\n}\n\nvariable "key" {\n  default = null\n}\n',
    }
    about = finding("m/main.tf", 1, resource="module.m.aws_x.y")
    changed, inputs = edited(files, recipe(set="key = choice.key\n"), about)
    assert changed["main.tf"].endswith('  source = "./m"\n  key    = var.key\n}\n')
    assert inputs == ("key",)
    files = {
        "main.tf": files["main.tf"].partition("\n\n")[2],
        "m/main.tf": files["m/main.tf"].replace("null", '"ours"'),
    }
    changed, inputs = edited(files, recipe(set="key = choice.key\n"), about)
    assert list(changed) == ["m/main.tf"]
    assert inputs == ()


def test_a_module_of_unknown_callers_gets_no_new_variable() -> None:
    files = {"m/main.tf": 'resource "aws_x" "y" {\n}\n'}
    about = finding("m/main.tf", 1, resource="module.m.aws_x.y")
    with pytest.raises(CannotEdit, match="called by others"):
        edited(files, recipe(set="key = choice.key\n"), about)
    assert edited(files, recipe(set="a = 1\n"), about)[0] == {"m/main.tf": 'resource "aws_x" "y" {\n  a = 1\n}\n'}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('["bad", "a"]', '["a"]'),
        ('["a", "bad"]', '["a"]'),
        ('["a", "bad", "b"]', '["a", "b"]'),
        ('["bad", "a", "worse",]', '["a",]'),
        ('["bad"]', '["good"]'),
        ('["bad", "worse"]', '["good"]'),
        ('[\n    "a",\n    "bad", # open\n    "b" # fine\n  ]', '[\n    "a",\n    "b" # fine\n  ]'),
        ('[\n    "a",\n    "bad"\n  ]', '[\n    "a"\n  ]'),
        ('[\n    "a",\n    "bad",\n  ]', '[\n    "a",\n  ]'),
        ('[\n    "bad", "a",\n    "worse"\n  ]', '[\n    "a"\n  ]'),
        ('concat(["bad", "a"], var.more)', 'concat(["a"], var.more)'),
        ('toset(["a", "bad"])', 'toset(["a"])'),
        ('"bad"', '"good"'),
        ('"fine"', '"fine"'),
        ('["fine"]', '["fine"]'),
    ],
)
def test_what_offends_is_replaced_or_dropped_from_a_list(before: str, after: str) -> None:
    which = recipe(replace=[{"at": "a", "old": ["bad", "worse"], "new": "good"}])
    text = 'resource "aws_x" "y" {{\n  a = {}\n}}\n'
    assert fixed(text.format(before), which) == text.format(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[]", '["b", "c"]'),
        ('["b"]', '["b", "c"]'),
        ('["a"]', '["a", "b", "c"]'),
        ('["a",]', '["a", "b", "c",]'),
        ('[\n    "a"\n  ]', '[\n    "a",\n    "b",\n    "c"\n  ]'),
        ('[\n    "a", # one\n  ]', '[\n    "a", # one\n    "b",\n    "c",\n  ]'),
        ('concat(["a"], var.more)', 'concat(["a", "b", "c"], var.more)'),
        ("null", '["b", "c"]'),
    ],
)
def test_a_list_gets_what_it_lacks(before: str, after: str) -> None:
    text = 'resource "aws_x" "y" {{\n  a = {}\n}}\n'
    assert fixed(text.format(before), recipe(include={"a": ["b", "c"]})) == text.format(after)


def test_a_list_that_is_missing_is_made_with_the_blocks_around_it() -> None:
    after = 'resource "aws_x" "y" {\n  b {\n    kinds = ["audit"]\n  }\n}\n'
    assert fixed('resource "aws_x" "y" {\n}\n', recipe(include={"b.kinds": ["audit"]})) == after


def test_what_is_removed_takes_its_line_and_one_blank_line_along() -> None:
    before = """resource "aws_x" "y" {
  name      = "a"
  long_name = "b" # gone
  c         = 1

  open {
    to = "all"
  }

  # stays
  d = 2
}
"""
    after = """resource "aws_x" "y" {
  name = "a"
  c    = 1

  # stays
  d = 2
}
"""
    assert fixed(before, recipe(remove=["long_name", "open"])) == after
    assert fixed('resource "aws_x" "y" { a = 1 }\n', recipe(remove=["a"])) == 'resource "aws_x" "y" {}\n'


ADD = recipe(
    add='resource "aws_s3_bucket_versioning" "{{name}}" {\n  bucket = {{address}}.id\n\n'
    '  versioning_configuration {\n    status = "Enabled"\n  }\n}\n'
)


def test_an_added_resource_stands_behind_the_block_between_blank_lines() -> None:
    before = 'resource "aws_s3_bucket" "logs" {\n} # end\nvariable "x" {}\n'
    after = """resource "aws_s3_bucket" "logs" {
} # end

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id

  versioning_configuration {
    status = "Enabled"
  }
}

variable "x" {}
"""
    assert fixed(before, ADD) == after


@pytest.mark.parametrize(
    ("meta", "own"),
    [
        ("count = 2", "aws_s3_bucket.logs[count.index].id"),
        ("for_each = var.names", "aws_s3_bucket.logs[each.key].id"),
        ("for_each = {\n    a = 1\n  }", "aws_s3_bucket.logs[each.key].id"),
    ],
)
def test_what_is_added_to_a_repeated_block_is_repeated_too(meta: str, own: str) -> None:
    before = f'resource "aws_s3_bucket" "logs" {{\n  {meta}\n}}\n'
    added = f'resource "aws_s3_bucket_versioning" "logs" {{\n  {meta}\n\n  bucket = {own}\n'
    assert added in fixed(before, ADD)
    crlf = before.replace("\n", "\r\n")
    assert added.replace("\n", "\r\n") in fixed(crlf, ADD)


def test_added_blocks_that_refer_to_each_other_are_repeated_together() -> None:
    which = recipe(
        add='data "aws_iam_policy_document" "{{name}}" {\n  statement {\n    resources = [{{address}}.arn]\n  }\n}\n\n'
        'resource "aws_p" "{{name}}" {\n  policy = data.aws_iam_policy_document.{{name}}.json\n}\n\n'
        'resource "aws_q" "alone" {\n}\n'
    )
    after = fixed('resource "aws_s3_bucket" "logs" {\n  count = 2\n}\n', which)
    assert "data.aws_iam_policy_document.logs[count.index].json" in after
    assert after.count("  count = 2\n") == 3
    assert 'resource "aws_q" "alone" {\n}' in after


def test_a_resource_of_the_same_name_is_not_overwritten() -> None:
    other = '\nresource "aws_s3_bucket_versioning" "logs" {\n  bucket = "other"\n}\n'
    with pytest.raises(CannotEdit, match=r"aws_s3_bucket_versioning\.logs stands at main\.tf:4 already"):
        fixed('resource "aws_s3_bucket" "logs" {\n}\n' + other, ADD)


@pytest.mark.parametrize("name", ["logs", "other"])
def test_what_there_is_for_the_same_thing_is_brought_up_instead_of_adding_another(name: str) -> None:
    before = (
        'resource "aws_s3_bucket" "logs" {\n}\n\n'
        f'resource "aws_s3_bucket_versioning" "{name}" {{\n  bucket = aws_s3_bucket.logs.bucket # ours\n'
        '  versioning_configuration {\n    status = "Suspended"\n  }\n}\n'
    )
    assert fixed(before, ADD) == before.replace("Suspended", "Enabled")
    assert fixed(before.replace("Suspended", "Enabled"), ADD) == before.replace("Suspended", "Enabled")
    with pytest.raises(CannotEdit, match=r"`status` is set by a condition \(main\.tf:7\)"):
        fixed(before.replace('"Suspended"', 'var.on ? "Enabled" : "Suspended"'), ADD)
    traced = before.replace('"Suspended"', "var.status") + 'variable "status" {\n  default = "Suspended"\n}\n'
    assert fixed(traced, ADD) == traced.replace("Suspended", "Enabled")


def test_another_thing_of_the_same_kind_is_not_taken_for_the_one_that_is_there() -> None:
    which = recipe(add='resource "aws_s3_bucket_x" "{{name}}" {\n  bucket = {{address}}.id\n  name = "mine"\n}\n')
    other = '\nresource "aws_s3_bucket_x" "theirs" {\n  bucket = aws_s3_bucket.logs.id\n  name   = "theirs"\n}\n'
    with pytest.raises(CannotEdit, match="stands at"):
        fixed('resource "aws_s3_bucket" "logs" {\n}\n' + other, which)
    assert fixed('resource "aws_s3_bucket" "data" {\n}\n' + other, which).count("aws_s3_bucket_x") == 2


def test_a_name_that_is_none_is_not_written_into_new_blocks() -> None:
    with pytest.raises(CannotEdit, match="no name"):
        fixed('resource "aws_s3_bucket" "a b" {\n}\n', ADD)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            'resource "aws_x" "y" {\n  dynamic "b" {\n    for_each = []\n    content {}\n  }\n}\n',
            "`b` blocks are made by the dynamic block at main.tf:2; change it there.",
        ),
        (
            'resource "aws_x" "y" {\n  b = []\n}\n',
            "`b` is written as an attribute (main.tf:2), not as a block.",
        ),
        ('resource "aws_x" "y" {\n  a = = 1\n}\n', "main.tf cannot be read around line 2."),
    ],
)
def test_where_no_edit_is_right_the_reason_is_said(text: str, why: str) -> None:
    with pytest.raises(CannotEdit) as error:
        fixed(text, recipe(set="b {\n  c = 1\n}\n"))
    assert str(error.value) == why


def test_a_file_that_cannot_be_read_somewhere_is_edited_nowhere() -> None:
    broken = 'resource "aws_x" "y" {\n}\n\nresource "aws_x" "broken" {\n  a = = 1\n}\n'
    with pytest.raises(CannotEdit) as error:
        fixed(broken, recipe(set="a = 1\n"))
    assert str(error.value) == "main.tf cannot be read around line 5."


def test_where_a_block_seems_to_end_by_chance_it_is_not_edited() -> None:
    files = {"main.tf": b'locals {\n  x  = 1}resourc{aws_x" "<<E {}\n'}
    with pytest.raises(CannotEdit) as error:
        terraform.locate(files, finding("main.tf", 1))
    assert str(error.value) == "main.tf cannot be read around line 2."


def test_a_place_survives_the_edits_of_others() -> None:
    text = 'resource "aws_x" "y" {\n  in {\n    a = 1\n  }\n  in {\n    a = 2\n    c = 3\n  }\n}\n'
    files = {"main.tf": ('resource "aws_x" "first" {\n}\n\n' + text).encode()}
    first = terraform.locate(files, finding("main.tf", 1))
    second = terraform.locate(files, finding("main.tf", 4, span=(9, 9)))
    files |= terraform.edit(files, first, ADD, VALUES).files
    files |= terraform.edit(files, second, recipe(set="b = choice.key\n"), VALUES).files
    files |= terraform.edit(files, second, recipe(remove=["in.c"]), VALUES).files
    assert b"  b = var.key\n  in {\n    a = 1\n  }\n  in {\n    a = 2\n  }\n}\n" in files["main.tf"].replace(
        b"\n\n  b", b"\n  b"
    ).replace(b"var.key\n\n", b"var.key\n")


def test_locate_takes_the_block_that_the_line_is_in_and_nothing_else() -> None:
    files = {"a/main.tf": b'\nresource "aws_x" "y" {\n  a = 1\n}\nmodule "m" {\n}\n', "x.tf.json": b"{}"}
    place = terraform.locate(files, finding("a/main.tf", 3, root="a"))
    assert place.address == "aws_x.y"
    assert terraform.locate(files, finding("a/main.tf", 5)).type == "module"
    for path, line in (("a/main.tf", 1), ("a/main.tf", 90), ("x.tf.json", 1), ("gone.tf", 1)):
        with pytest.raises(CannotEdit):
            terraform.locate(files, finding(path, line))


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"engine": ("mysql", "mariadb")}, True),
        ({"engine": ("postgres",)}, False),
        ({"engine": (None,)}, False),
        ({"absent": (None, "x")}, True),
        ({"absent": ("x",)}, False),
        ({"nested.on": ("true",)}, True),
        ({"nested.on": (True,)}, True),
        ({"nested.off": (None,)}, True),
        ({"nested": (None,)}, False),
        ({"other": (None,)}, True),
        ({"other.deep": (None,)}, True),
        ({"computed": (None, "x")}, False),
        ({"made": (None,)}, False),
        ({"port": (443, "80")}, True),
    ],
)
def test_a_recipe_is_for_what_its_conditions_say(when: dict[str, tuple[object, ...]], holds: bool) -> None:
    text = b"""resource "aws_x" "y" {
  engine   = "mysql"
  computed = var.x
  port     = "443"
  nested {
    on = true
  }
  dynamic "made" {
    for_each = []
  }
}
"""
    place = terraform.locate({"main.tf": text}, finding("main.tf", 1))
    assert terraform.matches({"main.tf": text}, place, recipe(set="a = 1\n", when=when)) is holds


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ('version = "~> 3.0"', False),
        ('version = ">= 3.0"', True),
        ('version = ">= 3.0, < 4"', False),
        ('version = ">= 3.0, < 4.1"', True),
        ('version = "3.76.1"', False),
        ('version = "5.0"', True),
        ('version = "!= 3.0"', True),
        ('version = "~> 4.67.0"', True),
        ("version = var.x", True),
        ('source = "hashicorp/aws"', True),
    ],
)
def test_a_recipe_is_not_for_providers_that_do_not_know_it(said: str, allowed: bool) -> None:
    text = b'resource "aws_x" "y" {\n}\n'
    required = f"terraform {{\n  required_providers {{\n    aws = {{\n      {said}\n    }}\n  }}\n}}\n".encode()
    files = {"m/main.tf": text, "versions.tf": required}
    place = terraform.locate(files, finding("m/main.tf", 1))
    assert terraform.matches(files, place, recipe(set="a = 1\n", provider="aws >= 4.0")) is allowed
    assert terraform.matches(files, place, recipe(set="a = 1\n", provider="google >= 4.0"))


def test_the_lock_file_says_which_version_there_is() -> None:
    lock = 'provider "registry.example.com/hashicorp/aws" {{\n  version = "{}"\n}}\n'
    for version, allowed in (("3.76.1", False), ("4.0.0", True), ("5.31.0", True)):
        files = {"main.tf": b'resource "aws_x" "y" {\n}\n', ".terraform.lock.hcl": lock.format(version).encode()}
        place = terraform.locate(files, finding("main.tf", 1))
        assert terraform.matches(files, place, recipe(set="a = 1\n", provider="aws >= 4.0")) is allowed


@pytest.mark.parametrize(
    "edit",
    [
        {"set": "a = = 1"},
        {"set": ""},
        {"set": "a = <<EOT\nx\nEOT\n"},
        {"add": "a = 1\n"},
        {"add": 'variable "x" {}\n'},
        {"replace": [{"at": "a", "with": 1}]},
        {"at": "container"},
    ],
)
def test_an_edit_that_is_not_well_formed_is_refused(edit: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected|HCL|heredoc|key of"):
        recipe(**edit)


def test_a_list_of_objects_is_edited_like_the_blocks_it_stands_for() -> None:
    before = 'resource "aws_x" "y" {\n  ingress = [{\n    cidr_blocks = ["0.0.0.0/0", "10.0.0.0/8"]\n  }]\n}\n'
    assert fixed(before, OPEN) == before.replace('"0.0.0.0/0", ', "")


SAME_PORT = """resource "aws_security_group" "a" {
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
  ingress {
    from_port   = %s
    to_port     = %s
    protocol    = "%s"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""


@pytest.mark.parametrize(
    ("rule", "is_changed"),
    [
        ((22, 22, "tcp"), True),
        ((20, 30, "tcp"), True),
        ((0, 0, "-1"), True),
        ((443, 443, "tcp"), False),
        ((22, 22, "udp"), False),
        (("var.a", 22, "tcp"), False),
    ],
)
def test_another_rule_is_closed_too_when_it_opens_the_same_port(rule: tuple[object, ...], is_changed: bool) -> None:
    single = recipe(replace=[{"at": "ingress.cidr_blocks", "old": ["0.0.0.0/0"], "new": ["10.0.0.0/8"]}])
    before = SAME_PORT % rule
    assert fixed(before, single, span=(6, 6)) == before.replace("0.0.0.0/0", "10.0.0.0/8", -1 if is_changed else 1)


CONTAINERS = """resource "kubernetes_pod" "a" {
  spec {
    container {
      name = "a"
      security_context {
        privileged = true
      }
    }
    container {
      name = "b"
      security_context {
        privileged = true
      }
    }
  }
}
"""


def test_every_block_with_the_fault_is_mended_where_the_scanner_names_the_first() -> None:
    which = recipe(set="spec {\n  container {\n    security_context {\n      privileged = false\n    }\n  }\n}\n")
    assert fixed(CONTAINERS, which, span=(6, 6)) == CONTAINERS.replace("true", "false")


def test_a_block_of_another_shape_is_not_made_like_the_one_with_the_fault() -> None:
    which = recipe(set='volume {\n  efs {\n    encryption = "ENABLED"\n  }\n}\n')
    before = (
        'resource "aws_ecs" "a" {\n  volume {\n    efs {\n      encryption = "NO"\n    }\n  }\n  volume {\n  }\n}\n'
    )
    assert fixed(before, which, span=(4, 4)) == before.replace("NO", "ENABLED")


def test_a_block_that_a_recipe_is_not_for_is_left_alone_beside_one_that_it_is_for() -> None:
    which = recipe(set="listener {\n  port = 443\n}\n", when={"listener.port": (80,)})
    ports = "".join(f"  listener {{\n    port = {port}\n  }}\n" for port in (80, 25, 80))
    before = f'resource "aws_elb" "a" {{\n{ports}}}\n'
    files = {"main.tf": before.encode()}
    assert terraform.matches(files, terraform.locate(files, finding("main.tf", 1, span=(3, 3))), which)
    assert fixed(before, which, span=(3, 3)) == before.replace("= 80", "= 443")


@pytest.mark.parametrize(
    ("value", "written"),
    [("acme", '"acme.s3"'), ("a.b-c_d/e", '"a.b-c_d/e.s3"'), ('a"b', '"${"a\\"b"}.s3"'), ("${x}", '"${"$${x}"}.s3"')],
)
def test_what_the_policy_chose_becomes_a_part_of_a_text(value: str, written: str) -> None:
    which = recipe(set='bucket = "${choice.bucket}.s3"\n')
    empty = 'resource "aws_x" "y" {\n}\n'
    chosen = Values(choices=CHOICES, chosen={"bucket": value})
    assert f"  bucket = {written}\n" in fixed(empty, which, values=chosen)
    assert '  bucket = "${var.bucket}.s3"\n' in fixed(empty, which)


@pytest.mark.parametrize("gap", ["\n", ""])
def test_a_new_block_goes_before_what_is_told_to_terraform(gap: str) -> None:
    rest = "  lifecycle {\n    prevent_destroy = true\n  }\n\n  depends_on = [aws_z.z]\n}\n"
    before = f'resource "aws_x" "y" {{\n  a = 1\n{gap}  # why\n{rest}'
    after = f'resource "aws_x" "y" {{\n  a = 1\n\n  b {{\n    c = 1\n  }}\n\n  # why\n{rest}'
    assert fixed(before, recipe(set="b {\n  c = 1\n}\n")) == after


def test_what_is_merged_gets_its_entries_in_the_first_object_that_is_written_out() -> None:
    which = recipe(set='tags = {\n  owner = "b"\n}\n')
    before = 'resource "aws_x" "y" {\n  tags = merge(var.tags, { team = "a" }, { x = 1 })\n}\n'
    assert fixed(before, which) == before.replace('{ team = "a" }', '{ team = "a", owner = "b" }')
    with pytest.raises(CannotEdit, match=r"made by merge\(\)"):
        fixed('resource "aws_x" "y" {\n  tags = merge(var.a, var.b)\n}\n', which)
