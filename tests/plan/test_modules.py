"""Every call leads to files that are here: of the repository, of the operator's copy, or of a stub that says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reviewer.plan.prepare import CannotPlan, PlanSettings, Prepared, prepare
from tests.plan.planning import needs_terraform, planned

LEAF = (
    b'variable "name" {}\nresource "terraform_data" "leaf" {\n  input = var.name\n}\n'
    b'output "id" {\n  value = var.name\n}\n'
)


def prepared(files: dict[str, str | bytes], root: str = "", remote: dict[str, str] | None = None) -> Prepared:
    content = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    return prepare(content, root, PlanSettings(), remote or {})


def call(source: str, rest: str = "", name: str = "m") -> str:
    return f'module "{name}" {{\n  source = "{source}"\n{rest}}}\n'


def entries(made: Prepared) -> dict[str, str]:
    return {entry["Key"]: entry["Dir"] for entry in json.loads(made.modules)["Modules"]}


def told(made: Prepared) -> list[str]:
    return [statement.why for statement in made.statements]


def test_local_modules_are_listed_at_any_depth_from_the_roots_directory() -> None:
    made = prepared(
        {
            "live/prod/main.tf": call("../../modules/a") + call("./own", name="n"),
            "live/prod/own/x.tf": "locals {}\n",
            "modules/a/main.tf": call("../b", name="inner"),
            "modules/b/main.tf": LEAF,
        },
        "live/prod",
    )
    assert entries(made) == {"": ".", "m": "../../modules/a", "n": "own", "m.inner": "../../modules/b"}
    assert not told(made)


@needs_terraform
@pytest.mark.parametrize("source", ["./a", "./a/", "./a//b/..", "././a", "../r/a", ".\\\\a", "./x/../a"])
def test_terraform_knows_every_spelling_of_a_local_source_again(source: str, tmp_path: Path) -> None:
    made = prepared({"r/main.tf": call(source, '  name = "x"\n'), "r/a/main.tf": LEAF, "r/a/b/x.txt": ""}, "r")
    assert planned(made, tmp_path)["resource_changes"][0]["address"] == "module.m.terraform_data.leaf"


@needs_terraform
@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("terraform-aws-modules/vpc/aws", "terraform-aws-modules/vpc/aws"),
        ("git::https://example.com/x.git//sub?ref=v1", "git::https://example.com/x.git//sub?ref=v1"),
        ("../../../../etc", "../../../../etc, outside of the repository"),
        ("/etc", "/etc"),
        ("./not-there", "./not-there"),
        ("./${var.where}", "an address that is computed"),
    ],
)
def test_what_is_not_here_is_a_stub_whose_outputs_are_unknown(source: str, why: str, tmp_path: Path) -> None:
    rest = '  version = "~> 5"\n  providers = {\n    aws = aws.other\n  }\n  cidr = [1]\n  opts = { a = true }\n'
    made = prepared(
        {
            "main.tf": 'variable "where" {\n  default = "x"\n}\n'
            + call(source, rest)
            + 'resource "terraform_data" "x" {\n  input = [module.m.subnets[0].id, "${module.m.name}-1"]\n}\n'
        }
    )
    assert told(made) == [f"module.m comes from {why}, which is not here: its resources are not planned."]
    assert made.statements[0].span is not None and made.statements[0].span.start_line == 4
    changes = planned(made, tmp_path)["resource_changes"]
    assert [(c["address"], c["change"]["after_unknown"]["input"]) for c in changes] == [
        ("terraform_data.x", [True, True])
    ]


@needs_terraform
def test_a_stub_has_the_outputs_that_loops_and_splats_read(tmp_path: Path) -> None:
    text = (
        call("a/b/c", '  for_each = toset(["x"])\n')
        + "locals {\n  one = [for k, v in module.m : v.first]\n  two = values(module.m)[*].second\n"
        + '  three = module.m["x"].third\n  four = module.m[local.keys["k"]].fourth\n  keys = { k = "x" }\n}\n'
    )
    planned(prepared({"main.tf": text}), tmp_path)


def test_the_operators_copy_of_a_module_is_used_by_address_version_and_folder() -> None:
    files = {
        "cache/vpc/main.tf": LEAF,
        "cache/git/sub/main.tf": LEAF,
        "main.tf": call("terraform-aws-modules/vpc/aws", '  version = "5.1.0"\n')
        + call("git::https://example.com/x.git//sub?ref=v1", name="g")
        + call("terraform-aws-modules/vpc/aws", '  version = "6.0.0"\n', name="newer"),
    }
    remote = {"terraform-aws-modules/vpc/aws@5.1.0": "cache/vpc", "git::https://example.com/x.git?ref=v1": "cache/git"}
    made = prepared(files, remote=remote)
    assert entries(made)["m"] == "cache/vpc"
    assert entries(made)["g"] == "cache/git/sub"
    assert [why.split()[0] for why in told(made) if "comes from" in why] == ["module.newer"]


@needs_terraform
def test_an_operators_copy_is_planned_as_if_it_were_local(tmp_path: Path) -> None:
    files = {"cache/m/main.tf": LEAF, "live/main.tf": call("a/b/c", '  version = "~> 1"\n  name = "x"\n')}
    document = planned(prepared(files, "live", {"a/b/c": "cache/m"}), tmp_path)
    assert document["resource_changes"][0]["address"] == "module.m.terraform_data.leaf"


@needs_terraform
def test_an_override_file_decides_where_a_call_leads(tmp_path: Path) -> None:
    files = {
        "main.tf": call("./a", '  name = "x"\n'),
        "b_override.tf": call("../../../../../etc"),
        "a/main.tf": LEAF,
    }
    made = prepared(files)
    assert "outside of the repository" in told(made)[0]
    assert "resource_changes" not in planned(made, tmp_path)


def test_modules_that_call_themselves_are_refused() -> None:
    with pytest.raises(CannotPlan, match=r"deeper than 20"):
        prepared({"main.tf": call("./")})


def test_modules_that_multiply_are_refused() -> None:
    twice = call("../{}", name="a") + call("../{}", name="b")
    files: dict[str, str | bytes] = {f"m{n}/main.tf": twice.replace("{}", f"m{n + 1}") for n in range(18)}
    with pytest.raises(CannotPlan, match=r"more than 1000"):
        prepared(files, "m0")


def test_a_stub_is_never_put_where_the_repository_has_files() -> None:
    made = prepared({"main.tf": call("a/b/c"), "plumbrule_stubs/0/main.tf": "locals {}\n"})
    assert entries(made)["m"] == "plumbrule_stubs_/0"


@needs_terraform
def test_json_syntax_calls_modules_alike(tmp_path: Path) -> None:
    document = {
        "module": {"m": {"source": "./a", "name": "x"}, "gone": [{"source": "x/y/z", "version": "1", "n": [1]}]}
    }
    made = prepared({"main.tf.json": json.dumps(document), "a/main.tf": LEAF})
    assert [why.split()[0] for why in told(made)] == ["module.gone"]
    assert planned(made, tmp_path)["resource_changes"][0]["address"] == "module.m.terraform_data.leaf"
