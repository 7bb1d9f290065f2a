from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.scan.kinds import Kind, is_infrastructure, kind_of
from reviewer.scan.layout import lay_out, lay_out_with, needs_reading, references_of, source_key
from reviewer.scan.modules import module_sources, references
from reviewer.scan.objects import Entry
from reviewer.scan.units import ScanUnit, UnitKind, UnitPlan, plan_units

Files = dict[str, str]
unhurried = settings(deadline=None, max_examples=60)


def oid_of(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def listing(files: Files, modes: dict[str, str] | None = None) -> tuple[Entry, ...]:
    return tuple(Entry(path, oid_of(text), (modes or {}).get(path, "100644")) for path, text in sorted(files.items()))


def sources(*many: Files, modes: dict[str, str] | None = None) -> dict[str, tuple[str, ...]]:
    return {
        source_key(entry): references_of(entry, files[entry.path])
        for files in many
        for entry in listing(files, modes)
        if needs_reading(entry)
    }


def plan(
    files: Files,
    changed: Iterable[str] | None,
    tools: Iterable[str] = (),
    modes: dict[str, str] | None = None,
) -> UnitPlan:
    return plan_units(
        listing(files, modes),
        sources(files, modes=modes),
        None if changed is None else frozenset(changed),
        tools=frozenset(tools),
    )


def ids(units: Iterable[ScanUnit]) -> set[tuple[str, str]]:
    return {(str(unit.kind), unit.directory) for unit in units}


def roots(found: UnitPlan) -> set[str]:
    return {unit.directory for unit in found.units if unit.kind is UnitKind.TERRAFORM}


def call(source: str) -> str:
    return f'module "m" {{\n  source = "{source}"\n}}\n'


# Roots


def test_a_changed_module_selects_every_root_that_calls_it_directly_or_not() -> None:
    files = {
        "envs/prod/main.tf": call("../../modules/app"),
        "envs/test/main.tf": call("../../modules/app"),
        "envs/other/main.tf": call("../../modules/net"),
        "modules/app/main.tf": call("../db"),
        "modules/db/main.tf": "# db",
        "modules/net/main.tf": "# net",
    }
    found = plan(files, ["modules/db/main.tf"])
    assert ids(found.units) == {("terraform", "envs/prod"), ("terraform", "envs/test"), ("directory", "modules/db")}
    prod = next(unit for unit in found.units if unit.directory == "envs/prod")
    assert [file.path for file in prod.files] == ["envs/prod/main.tf", "modules/app/main.tf", "modules/db/main.tf"]


def test_a_module_that_nobody_calls_is_a_root() -> None:
    assert roots(plan({"modules/a/main.tf": "# a", "b/main.tf": "# b"}, ["modules/a/main.tf"])) == {"modules/a"}


def test_modules_that_call_each_other_are_not_lost() -> None:
    files = {"a/main.tf": call("../b"), "b/main.tf": call("../c"), "c/main.tf": call("../b") + call("../a")}
    assert roots(plan(files, ["c/main.tf"])) == {"a"}


def test_a_directory_that_calls_itself_is_still_a_root() -> None:
    assert roots(plan({"a/main.tf": call("./")}, None)) == {"a"}


def test_a_mention_in_a_comment_does_not_turn_a_root_into_a_module() -> None:
    mentions = (
        f"# {call('../b')}".replace("\n", "\n# ")
        + f"\n/* {call('../b')} */\n"
        + f"locals {{\n  text = <<EOT\n{call('../b')}EOT\n}}\n"
        + 'resource "x" "module" {\n  source = "../b"\n}\n'
        + 'module "real" {\n  inner = { source = "../b" }\n  source = "../c"\n}\n'
    )
    files = {"a/main.tf": mentions, "b/main.tf": "# b", "c/main.tf": "# c"}
    assert roots(plan(files, None)) == {"a", "b"}


def test_a_deleted_file_affects_the_roots_that_would_have_held_it() -> None:
    files = {"root/main.tf": call("../m"), "m/main.tf": "# m"}
    assert ids(plan(files, ["m/deleted.tf"]).units) == {("terraform", "root"), ("directory", "m")}


def test_variables_files_belong_to_the_root() -> None:
    files = {"r/main.tf": "#", "r/prod.auto.tfvars": "a = 1", "r/terragrunt.hcl": "#"}
    found = plan(files, ["r/prod.auto.tfvars"])
    unit = next(unit for unit in found.units if unit.kind is UnitKind.TERRAFORM)
    assert [file.path for file in unit.files] == ["r/main.tf", "r/prod.auto.tfvars", "r/terragrunt.hcl"]


def test_a_tofu_file_replaces_the_tf_file_of_the_same_name() -> None:
    files = {"r/a.tf": call("../old"), "r/a.tofu": call("../new"), "old/m.tf": "# o", "new/m.tofu": "# n"}
    found = plan(files, ["r/a.tofu"])
    unit = next(unit for unit in found.units if unit.kind is UnitKind.TERRAFORM)
    assert [(file.path, file.scan_as) for file in unit.files] == [("new/m.tofu", "new/m.tf"), ("r/a.tofu", "r/a.tf")]
    assert roots(plan(files, None)) == {"r", "old"}
    assert roots(plan(files, ["r/a.tf"])) == set()


def test_modules_in_json_are_followed() -> None:
    document = json.dumps({"module": {"m": {"source": "../m"}, "n": [{"source": "../n"}]}})
    files = {"r/main.tf.json": document, "m/a.tf": "# m", "n/a.tf": "# n"}
    assert roots(plan(files, ["n/a.tf"])) == {"r"}


def test_a_called_module_in_a_generated_folder_is_scanned_with_its_caller_only() -> None:
    files = {"r/main.tf": call("./node_modules/m"), "r/node_modules/m/main.tf": "# m", "node_modules/x/main.tf": "#"}
    found = plan(files, None)
    assert ids(found.units) == {("terraform", "r"), ("directory", "r")}
    assert [file.path for file in found.units[1].files] == ["r/main.tf", "r/node_modules/m/main.tf"]


def test_hidden_folders_are_reviewed() -> None:
    assert ids(plan({".infra/main.tf": "#"}, None).units) == {("terraform", ".infra"), ("directory", ".infra")}


@pytest.mark.parametrize(
    ("source", "blocking", "words"),
    [
        ("../outside/../../x", False, "outside the repository"),
        ("terraform-aws-modules/vpc/aws", False, "not part of this repository"),
        ("git::https://example.com/x.git", False, "not part of this repository"),
        ("./nothing", False, "no Terraform files"),
        ("./sub/x", False, "submodule r/sub"),
        ("./link/x", False, "symbolic link r/link leads to no Terraform files"),
    ],
)
def test_a_module_that_is_not_looked_at_is_said(source: str, blocking: bool, words: str) -> None:
    files = {"r/main.tf": call(source), "r/sub": "", "r/link": "../m"}
    found = plan(files, ["r/main.tf"], modes={"r/sub": "160000", "r/link": "120000"})
    assert [(note.what, note.blocking) for note in found.not_examined] == [(f"module {source}", blocking)]
    assert words in found.not_examined[0].why


# Symbolic links

LINK = "120000"


def scanned(found: UnitPlan, directory: str, kind: UnitKind = UnitKind.TERRAFORM) -> dict[str, str]:
    """Return the files of one unit: the name each is scanned under -> where it lies."""
    return {
        file.scan_as: file.path
        for unit in found.units
        if (unit.kind, unit.directory) == (kind, directory)
        for file in unit.files
    }


def test_a_linked_file_is_scanned_as_part_of_every_root_that_links_to_it() -> None:
    files = {"c/p.tf": "#", "a/main.tf": "#", "a/p.tf": "../c/p.tf", "b/main.tf": "#", "b/p.tofu": "../a/p.tf"}
    found = plan(files, ["c/p.tf"], modes={"a/p.tf": LINK, "b/p.tofu": LINK})
    assert roots(found) == {"a", "b", "c"}
    assert scanned(found, "a") == {"a/main.tf": "a/main.tf", "a/p.tf": "c/p.tf"}
    assert scanned(found, "b") == {"b/main.tf": "b/main.tf", "b/p.tf": "c/p.tf"}
    assert found.not_examined == ()


def test_a_linked_file_is_read_by_itself_only_where_it_lies() -> None:
    files = {"c/p.tf": "#", "a/p.tf": "../c/p.tf", "a/Dockerfile": "../c/base"} | {"c/base": "FROM x"}
    found = plan(files, None, modes={"a/p.tf": LINK, "a/Dockerfile": LINK})
    assert scanned(found, "a", UnitKind.DIRECTORY) == {"a/Dockerfile": "c/base"}
    assert scanned(found, "c", UnitKind.DIRECTORY) == {"c/p.tf": "c/p.tf"}


def test_a_module_behind_a_linked_folder_is_a_module_and_no_root() -> None:
    files = {"live/main.tf": call("./modules/net"), "live/modules": "../shared", "shared/net/main.tf": "#"}
    found = plan(files, ["shared/net/main.tf"], modes={"live/modules": LINK})
    assert roots(found) == {"live"}
    assert scanned(found, "live")["live/modules/net/main.tf"] == "shared/net/main.tf"
    assert found.not_examined == ()


def test_a_link_that_is_turned_affects_what_lies_behind_it() -> None:
    files = {"live/main.tf": call("./net"), "live/net": "../way", "way": "v1", "v1/main.tf": "#", "v2/main.tf": "#"}
    found = plan(files, ["way"], modes={"live/net": LINK, "way": LINK})
    assert roots(found) == {"live"}


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("/etc/passwd", "out of the repository"),
        ("../../x.tf", "out of the repository"),
        ("../r/link.tf", "not in the repository"),
        ("../sub/x.tf", "not in the repository"),
        ("../nothing.tf", "not in the repository"),
        ("", "not in the repository"),
    ],
)
def test_a_link_that_leads_to_nothing_of_ours_is_said_and_blocks_nothing(target: str, words: str) -> None:
    files = {"r/main.tf": "#", "r/link.tf": target, "sub": ""}
    found = plan(files, ["r/main.tf"], modes={"r/link.tf": LINK, "sub": "160000"})
    assert [(note.what, note.blocking) for note in found.not_examined] == [("r/link.tf", False)]
    assert words in found.not_examined[0].why
    assert {file.path for unit in found.units for file in unit.files} == {"r/main.tf"}


def test_links_that_go_round_in_circles_end() -> None:
    files = {"a/main.tf": "#", "a/up": "..", "a/self": ".", "b/a": "../a", "a/b": "../b", "x": "y", "y": "x"}
    modes = dict.fromkeys(("a/up", "a/self", "b/a", "a/b", "x", "y"), LINK)
    found = plan(files, None, modes=modes)
    assert roots(found) == {"a"}


def test_links_that_multiply_end_and_say_so() -> None:
    files = {"d20/main.tf": "#", "zz/main.tf": "#", "zz/last.tf": "../d20/main.tf"}
    files |= {f"d{n}/{side}": f"../d{n + 1}" for n in range(20) for side in "lr"}
    modes = {path: LINK for path in files if path.endswith(("/l", "/r"))} | {"zz/last.tf": LINK}
    notes = plan(files, ["zz/main.tf"], modes=modes).not_examined
    assert [(note.what, note.blocking) for note in notes] == [("zz/last.tf", True)]
    assert "more files than one review scans" in notes[0].why


# Other kinds


def test_a_folder_unit_holds_the_infrastructure_directly_in_it() -> None:
    files = {"k/a.yaml": "a", "k/b.json": "b", "k/readme.md": "", "k/package.json": "{}", "k/sub/c.yaml": "c"}
    (unit,) = plan(files, ["k/a.yaml"]).units
    assert (unit.kind, unit.directory, [file.path for file in unit.files]) == (
        UnitKind.DIRECTORY,
        "k",
        ["k/a.yaml", "k/b.json"],
    )


def test_a_change_of_something_else_selects_nothing() -> None:
    files = {"main.tf": "#", "app/main.py": "", "k/readme.md": "", "k/a.yaml": ""}
    assert plan(files, ["app/main.py", "k/readme.md", "gone.txt"]) == UnitPlan()


def test_a_chart_is_one_unit_and_its_templates_are_not_plain_yaml() -> None:
    files = {
        "c/Chart.yaml": "name: c",
        "c/values.yaml": "a: 1",
        "c/templates/d.yaml": "{{ x }}",
        "c/templates/_helpers.tpl": "{{ y }}",
        "c/charts/inner/Chart.yaml": "name: i",
        "c/charts/inner/templates/e.yaml": "{{ z }}",
        "other/a.yaml": "",
    }
    found = plan(files, ["c/templates/_helpers.tpl"], tools=["helm"])
    assert ids(found.units) == {("helm", "c")}
    assert len(found.units[0].files) == 6
    assert ids(plan(files, None, tools=["helm"]).units) == {
        ("helm", "c"),
        ("directory", "c"),
        ("directory", "c/charts/inner"),
        ("directory", "other"),
    }


def test_without_helm_a_chart_is_said_not_to_be_reviewed() -> None:
    (note,) = plan({"c/Chart.yaml": "", "c/templates/a.yaml": ""}, ["c/templates/a.yaml"]).not_examined
    assert (note.what, note.blocking) == ("Helm chart in c", False)
    assert "helm is not installed" in note.why


def test_a_chart_at_the_root_does_not_own_the_whole_repository() -> None:
    files = {"Chart.yaml": "", "templates/a.yaml": "", "src/big.bin": "", "main.tf": ""}
    (unit,) = (unit for unit in plan(files, None, tools=["helm"]).units if unit.kind is UnitKind.HELM)
    assert [file.path for file in unit.files] == ["Chart.yaml", "main.tf", "templates/a.yaml"]
    assert plan(files, ["src/big.bin"], tools=["helm"]).units == ()


def test_a_kustomization_is_scanned_with_its_bases_and_files() -> None:
    files = {
        "over/kustomization.yaml": "resources:\n  - ../base\n  - ../loose/x.yaml\n",
        "base/kustomization.yml": "resources: [d.yaml]\n",
        "base/d.yaml": "d",
        "loose/x.yaml": "x",
        "far/y.yaml": "y",
    }
    found = plan(files, ["base/d.yaml"], tools=["kustomize"])
    assert ids(found.units) == {("kustomize", "over"), ("directory", "base")}
    unit = next(unit for unit in found.units if unit.kind is UnitKind.KUSTOMIZE)
    assert {file.path for file in unit.files} == set(files) - {"far/y.yaml"}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/main.tf", Kind.TERRAFORM),
        ("main.tofu.json", Kind.TERRAFORM),
        ("a/.hidden.tf", Kind.OTHER),
        ("a/main.tf~", Kind.OTHER),
        ("prod.tfvars.json", Kind.VARIABLES),
        (".terraform.lock.hcl", Kind.PLAIN),
        ("terraform.tfstate", Kind.STATE),
        (".terraform/terraform.tfstate", Kind.STATE),
        ("x/terraform.tfstate.backup", Kind.STATE),
        ("plans/tfplan", Kind.STATE),
        ("prod.tfplan.json", Kind.STATE),
        (".terraform/modules/x/main.tf", Kind.OTHER),
        ("web/node_modules/p/package.yaml", Kind.OTHER),
        ("Dockerfile", Kind.PLAIN),
        ("deploy/api.Dockerfile", Kind.PLAIN),
        ("Dockerfile.dev", Kind.PLAIN),
        ("Containerfile", Kind.PLAIN),
        ("Dockerfile.dockerignore", Kind.OTHER),
        (".github/workflows/ci.yml", Kind.PLAIN),
        (".github/actions/x/action.yaml", Kind.PLAIN),
        (".github/dependabot.yml", Kind.OTHER),
        (".github/plumbrule.yml", Kind.OTHER),
        ("main.bicep", Kind.PLAIN),
        ("stack.template", Kind.PLAIN),
        ("serverless.yml", Kind.PLAIN),
        ("Chart.yaml", Kind.CHART),
        ("kustomization.yaml", Kind.KUSTOMIZATION),
        ("package.json", Kind.OTHER),
        ("package-lock.json", Kind.OTHER),
        ("tsconfig.build.json", Kind.OTHER),
        (".pre-commit-config.yaml", Kind.OTHER),
        (".checkov.yaml", Kind.OTHER),
        ("readme.md", Kind.OTHER),
    ],
)
def test_what_a_file_is_by_its_name(path: str, kind: Kind) -> None:
    assert kind_of(path) is kind
    assert is_infrastructure(path) is (kind is not Kind.OTHER)


# Reading sources


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('module "a" { source = "./x" }', ("./x",)),
        ('module "a" {\r\n  source   =   "./x"\r\n}', ("./x",)),
        ('module a {\n  source = "./x"\n}', ("./x",)),
        ('module "a" {\n  providers = {\n    aws = aws.b\n  }\n  source = "./x"\n}', ("./x",)),
        ('module "a" {\n  text = "}${"{"}"\n  source = "./x"\n}', ("./x",)),
        ('module "a" {\n  text = "$${"\n  source = "./x"\n}', ("./x",)),
        ('module "a" {\n  t = <<-X\n  }\n  X\n  source = "./x" # y\n}', ("./x",)),
        ('module "a" {\n  source = "./\\u0078"\n}', ("./x",)),
        ('module "a" {\n  source_x = "./x"\n  my-source = "./x"\n}', ()),
        ('module "a" {\n  // source = "./x"\n}', ()),
        ('terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n# module', ()),
        ('resource "module" "x" {\n  source = "./x"\n}', ()),
        ('module "a" {\n  source = "unfinished\n}\nmodule "b" {\n  source = "./b"\n}', ("unfinished", "./b")),
        ('module "a" {', ()),
        ("", ()),
    ],
)
def test_sources_are_read_out_of_hcl(text: str, found: tuple[str, ...]) -> None:
    assert module_sources(text) == found


@unhurried
@given(st.text(alphabet='module"source= {}./ab\n#/*${<EOT-\\', max_size=200))
def test_reading_sources_never_fails(text: str) -> None:
    assert isinstance(module_sources("module source " + text), tuple)
    assert isinstance(references("a.tf.json", text), tuple)


def test_hostile_text_is_read_in_time() -> None:
    for piece in ('"${', "/*", "<<A\n", '"', "{", 'module "a" {\n source = "', "\\", "${", "#"):
        module_sources("module source\n" + piece * 30_000)
    assert references("a.tf.json", "[" * 100_000) == ()


# Properties: random repositories against a model written differently

NAMES = ("a", "b", "c", "a/a", "a/b", "b/c")
SYNTAXES = (".tf", ".tofu", ".tf.json")


def spelled(draw: st.DrawFn, source: str) -> str:
    """Write a relative path in one of the ways that mean the same."""
    path = source if source.startswith(".") else f"./{source}"
    return draw(st.sampled_from([path, f"{path}/", path.replace("/", "//", 1), f"./{path}", f"{path}/./"]))


@st.composite
def repositories(draw: st.DrawFn) -> tuple[Files, dict[str, set[str]]]:
    """Return files, and the calls between directories that they make."""
    files: Files = {}
    calls: dict[str, set[str]] = {}
    for directory in draw(st.sets(st.sampled_from(NAMES), min_size=1)):
        targets = draw(st.sets(st.sampled_from(NAMES), max_size=2))
        syntax = draw(st.sampled_from(SYNTAXES))
        written = [spelled(draw, posixpath.relpath(target, directory)) for target in sorted(targets)]
        if syntax == ".tf.json":
            text = json.dumps({"module": {f"m{n}": {"source": source} for n, source in enumerate(written)}})
        else:
            text = "".join(map(call, written))
        files[f"{directory}/main{syntax}"] = text + " " * draw(st.integers(0, 3))
        if syntax == ".tofu" and draw(st.booleans()):
            files[f"{directory}/main.tf"] = call(posixpath.relpath(draw(st.sampled_from(NAMES)), directory) + "/.")
        if draw(st.booleans()):
            files[f"{directory}/extra.tf"] = f"# {directory}"
        calls[directory] = targets
    return files, {caller: {target for target in targets if target in calls} for caller, targets in calls.items()}


def closure(directory: str, calls: dict[str, set[str]]) -> set[str]:
    found = {directory}
    while True:
        more = {target for one in found for target in calls[one]} | found
        if more == found:
            return found
        found = more


def model_roots(calls: dict[str, set[str]]) -> set[str]:
    found = {d for d in calls if not any(d in targets for caller, targets in calls.items() if caller != d)}
    for directory in sorted(calls):
        if not any(directory in closure(root, calls) for root in found):
            found.add(directory)
    return found


def read_by_tofu(path: str, files: Files) -> bool:
    return not (path.endswith(".tf") and path.removesuffix(".tf") + ".tofu" in files)


@unhurried
@given(repositories(), st.data())
def test_the_roots_selected_are_those_whose_closure_holds_a_changed_file(
    repository: tuple[Files, dict[str, set[str]]], data: st.DataObject
) -> None:
    files, calls = repository
    changed = data.draw(st.sets(st.sampled_from(sorted(files)), max_size=2))
    expected = {
        root
        for root in model_roots(calls)
        if any(posixpath.dirname(path) in closure(root, calls) and read_by_tofu(path, files) for path in changed)
    }
    assert roots(plan(files, changed)) == expected


@unhurried
@given(repositories())
def test_every_file_that_terraform_reads_is_in_some_root(repository: tuple[Files, dict[str, set[str]]]) -> None:
    files, _ = repository
    seen = {file.path for unit in plan(files, None).units if unit.kind is UnitKind.TERRAFORM for file in unit.files}
    assert seen == {path for path in files if read_by_tofu(path, files)}


@unhurried
@given(repositories(), st.data())
def test_a_key_changes_with_every_file_of_the_closure_and_with_no_other(
    repository: tuple[Files, dict[str, set[str]]], data: st.DataObject
) -> None:
    files, _ = repository
    touched = data.draw(st.sampled_from(sorted(files)))
    edited = {**files, touched: files[touched] + "\n"}
    before, after = ({unit.id: unit for unit in plan(each, None).units} for each in (files, edited))
    assert before.keys() == after.keys()
    for name, unit in before.items():
        held = any(file.path == touched for file in unit.files)
        assert (unit.key("1") != after[name].key("1")) is held


def test_a_key_depends_on_version_kind_folder_and_names() -> None:
    files = plan({"a/x.tf": "1"}, None).units[0].files
    unit = ScanUnit(kind=UnitKind.TERRAFORM, directory="a", files=files)
    others = (
        ScanUnit(kind=UnitKind.DIRECTORY, directory="a", files=files),
        ScanUnit(kind=UnitKind.TERRAFORM, directory="", files=files),
        ScanUnit(kind=UnitKind.TERRAFORM, directory="a", files=plan({"a/x.tofu": "1"}, None).units[0].files),
    )
    assert len({unit.key("1"), unit.key("2"), *(other.key("1") for other in others)}) == 5


@unhurried
@given(repositories(), repositories())
def test_a_layout_is_the_same_whichever_way_it_is_made(
    new: tuple[Files, dict[str, set[str]]], old: tuple[Files, dict[str, set[str]]]
) -> None:
    head, base = listing(new[0]), listing(old[0])
    known = sources(new[0], old[0])
    files: dict[str, Entry | None] = {entry.path: None for entry in head}
    made = lay_out_with(lay_out(head, known, frozenset()), files | {e.path: e for e in base}, known)
    direct = lay_out(base, known, frozenset())
    assert made.plan(made.ids()) == direct.plan(direct.ids())


@unhurried
@given(repositories(), st.data())
def test_edits_that_leave_the_graph_alone_are_laid_out_the_same(
    repository: tuple[Files, dict[str, set[str]]], data: st.DataObject
) -> None:
    files, _ = repository
    touched = data.draw(st.sets(st.sampled_from(sorted(files))))
    edited = {path: text + "\n" if path in touched else text for path, text in files.items()}
    known = sources(files, edited)
    changes = {entry.path: entry for entry in listing(edited) if entry.path in touched}
    made = lay_out_with(lay_out(listing(files), known, frozenset()), changes, known)
    direct = lay_out(listing(edited), known, frozenset())
    assert made.plan(made.ids()) == direct.plan(direct.ids())
    assert made.affected(touched) == direct.affected(touched)
