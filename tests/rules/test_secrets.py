"""Rules on secrets, state and supply: hostile and odd input, settings, and that no value is ever repeated."""

import time

import pytest

from reviewer.errors import Misconfigured
from reviewer.rules import RULES, Directory, run_rules
from reviewer.rules.provider_table import TABLE, read_table
from reviewer.rules.roots import bounds
from reviewer.rules.rule import Settings
from reviewer.rules.supply import edits_between

VALUE = "N0tARealOne-4711"


def _find(settings: Settings | None = None, path: str = "", **files: str) -> list[str]:
    named = {name.replace("__", "."): text.encode() for name, text in files.items()}
    found = run_rules(Directory(path=path, files=named, settings=settings or Settings()))
    return [f"{finding.rule}:{finding.span.start_line}" for finding in found]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a.tf", f'resource "aws_redshift_cluster" "a" {{\n  master_password = "{VALUE}"\n}}\n'),
        ("a.tf", f'provider "datadog" {{\n  api_key = "{VALUE}"\n}}\n'),
        ("a.tf", f'terraform {{\n  backend "http" {{\n    password = "{VALUE}"\n  }}\n}}\n'),
        (
            "a.tofu",
            f'terraform {{\n  encryption {{\n    key_provider "pbkdf2" "a" {{\n      passphrase = "{VALUE}"\n}}}}}}\n',
        ),
        ("a.auto.tfvars", f'db_password = "{VALUE}"\n'),
        ("a.tf", f'resource "x_y" "a" {{\n  user_data = <<EOF\nexport PASSWORD={VALUE}\nEOF\n}}\n'),
        ("a.yaml", f"Parameters:\n  DbPassword: {{Type: String, NoEcho: true, Default: {VALUE}}}\nResources: {{}}\n"),
    ],
)
def test_a_credential_is_found_and_no_part_of_the_finding_repeats_it(name, source):
    found = run_rules(Directory(path="", files={name: source.encode()}))
    hiding = [finding for finding in found if RULES[finding.rule].hides]
    assert hiding
    assert not [finding for finding in hiding if VALUE in repr(finding)]


def test_the_evidence_of_a_credential_is_its_name():
    found = run_rules(Directory(path="", files={"a.auto.tfvars": f'db_password = "{VALUE}"\n'.encode()}))
    assert [finding.evidence for finding in found] == ["db_password = ****"]


def test_what_depends_on_inputs_is_left_alone():
    source = """
    resource "aws_redshift_cluster" "a" {
      for_each        = var.clusters
      master_password = var.plain ? "a" : each.value
    }
    module "b" {
      source   = "./b"
      password = try(var.password, null)
    }
    provider "datadog" {
      api_key = var.datadog["api"]
    }
    """
    assert not [rule for rule in _find(a__tf=source) if rule.startswith(("PLB_SECRET_1", "PLB_AUTH"))]


def test_a_credential_behind_a_broken_block_is_found():
    source = 'resource "x" "y" {\n  a = = 1\n}\n\nmodule "b" {\n  source   = "./b"\n  password = "letmein-please"\n}\n'
    assert _find(a__tf=source) == ["PLB_SECRET_1:7"]


def test_very_long_lines_and_scripts_end_quickly():
    started = time.monotonic()
    long = "password=" * 50_000
    _find(a__tf=f'resource "x_y" "a" {{\n  user_data = "{long}"\n  user_data_base64 = "{"QUJD" * 50_000}"\n}}\n')
    _find(a__tf='locals {\n  password = "' + "a" * 500_000 + '"\n}\n')
    _find(a__yaml="Resources:\n  a: ghp_" + "A" * 500_000 + "\n")
    _find(a__tf='terraform {\n  required_version = "' + ">= 1.1, " * 100_000 + '"\n}\n')
    assert time.monotonic() - started < 10


def test_a_root_is_only_production_where_the_policy_says_so():
    source = 'module "shop" {\n  source = "./shop"\n}\n'
    settings = Settings(production=("envs/prod/**", "live"))
    for path, expected in (("envs/prod", 1), ("envs/prod/eu", 1), ("envs/production", 0), ("live", 1), ("", 0)):
        assert len(_find(settings, path, **{f"{path}/a__tf".lstrip("/"): source})) == expected, path


def test_a_host_that_the_policy_trusts_leaves_all_others_unknown():
    source = 'module "a" {\n  source = "git::https://git.{}/a.git?ref=v1.0.0"\n}\n'
    settings = Settings(module_hosts=("example.org",))
    assert _find(settings, a__tf=source.replace("{}", "example.org")) == []
    assert _find(settings, a__tf=source.replace("{}", "notexample.org")) == ["PLB_MODULE_3:2"]


@pytest.mark.parametrize(
    ("constraint", "low", "high"),
    [
        ("~> 4.2", (4, 2), (5,)),
        ("~> 4.2.1", (4, 2, 1), (4, 3)),
        (">= 3.0, < 5.0", (3, 0), (5, 0)),
        ("3.76.1", (3, 76, 1), (3, 76, 1, 0)),
        (">= 2.0", (2, 0), None),
        ("", (0,), None),
        ("~> v1", (1,), None),
        ("nonsense", (0,), None),
    ],
)
def test_a_constraint_has_bounds(constraint, low, high):
    assert bounds(constraint) == (low, high)


def test_a_slip_of_the_finger_is_one_edit():
    assert [edits_between("hashicorp", name) for name in ("hashicrop", "hashicorp1", "hashcorp", "hashlcorp")] == [
        1
    ] * 4
    assert edits_between("hashicorp", "hashlcrop") == 2 and edits_between("hashicorp", "datadog") == 2


def test_the_table_of_providers_is_read_and_a_broken_one_is_refused():
    assert {"hashicorp", "cloudflare", "azure"} <= TABLE.namespaces and "null" in TABLE.official
    assert TABLE.deprecated["hashicorp/aws"].below == "5.0"
    for source in (b"", b"namespaces: [a]", b"namespaces: [a]\nofficial: [b]\ndeprecated: [c]", b"a: ["):
        with pytest.raises(Misconfigured, match=r"config/providers\.yml: expected the lists"):
            read_table(source)
