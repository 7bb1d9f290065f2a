"""The real scanner on trees of all kinds: what it finds, where it points, how it says what it did not look at."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewer.errors import Misconfigured, Superseded
from reviewer.model import Finding, ScanResult, Severity, Span
from reviewer.process import never
from reviewer.scan.scanner import ScanFailed, Scanner, ScansUnits
from tests.hostile.scanning import BUCKET, LIMITS, Bench, running_bench

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A warm scanner with roomy limits: Bicep's grammar alone takes a minute when other tests run beside it."""
    limits = dataclasses.replace(LIMITS, wall_seconds=200, cpu_seconds=200)
    with running_bench(tmp_path_factory.mktemp("scanner"), limits) as bench:
        yield bench


def only(result: ScanResult, rule: str) -> Finding:
    (finding,) = [finding for finding in result.findings if finding.rule == rule]
    return finding


MODULES = {
    "envs/prod/main.tf": """variable "public" {
  default = true
}
module "a" {
  source   = "../../modules/a"
  for_each = toset(["x", "y"])
  public   = var.public
}
module "direct" {
  source = "../../modules/b"
  acl    = "public-read"
}
""",
    "modules/a/main.tf": """variable "public" {}
module "b" {
  source = "../b"
  acl    = var.public ? "public-read" : "private"
}
resource "aws_db_instance" "d" {
  #checkov:skip=CKV_AWS_17:behind a proxy
  publicly_accessible = var.public
  storage_encrypted   = false
}
""",
    "modules/b/main.tf": """variable "acl" {}
resource "aws_s3_bucket" "this" {
  bucket = "b"
  acl    = var.acl
}
""",
}


def test_a_finding_has_its_line_its_block_its_words_and_our_severity(bench: Bench) -> None:
    result = bench.scan({"infra/main.tf": BUCKET}, directory="infra")
    finding = only(result, "CKV_AWS_20")
    assert finding.span == Span(path="infra/main.tf", start_line=3, end_line=3)
    assert finding.block == Span(path="infra/main.tf", start_line=1, end_line=4)
    assert finding.resource == "aws_s3_bucket.site"
    assert finding.evidence == 'acl = "public-read"'
    assert '`aws_s3_bucket.site` has `acl = "public-read"`' in finding.message
    assert finding.severity >= Severity.HIGH
    assert finding.why
    assert (finding.scanner, finding.framework, finding.root) == ("checkov", "terraform", "infra")
    assert finding.guideline and finding.guideline.startswith("https://")
    assert (result.roots, result.files, result.resources) == (("infra",), 1, 1)
    assert result.not_examined == ()


def test_a_missing_attribute_points_at_the_head_of_the_block_and_names_it(bench: Bench) -> None:
    text = (
        'resource "aws_instance" "jump" {\n  ami = "a"\n  metadata_options {\n    http_endpoint = "enabled"\n  }\n}\n'
    )
    result = bench.scan({"main.tf": text})
    assert only(result, "CKV_AWS_126").span.start_line == 1
    assert "does not set `monitoring`" in only(result, "CKV_AWS_126").message
    assert only(result, "CKV_AWS_79").span.start_line == 3


def test_findings_in_modules_have_full_addresses_and_the_call_in_the_root(bench: Bench) -> None:
    result = bench.scan(MODULES, directory="envs/prod")
    callers = {f.resource: f.caller for f in result.findings if f.rule == "CKV_AWS_20"}
    root = "envs/prod/main.tf"
    assert callers == {
        'module.a["x"].module.b.aws_s3_bucket.this': Span(path=root, start_line=7, end_line=7),
        'module.a["y"].module.b.aws_s3_bucket.this': Span(path=root, start_line=7, end_line=7),
        "module.direct.aws_s3_bucket.this": Span(path=root, start_line=11, end_line=11),
    }
    whole = {f.caller for f in result.findings if f.rule == "CKV_AWS_16"}
    assert whole == {Span(path=root, start_line=4, end_line=8)}


def test_a_skip_in_the_code_is_kept_as_a_muted_finding_with_its_reason(bench: Bench) -> None:
    result = bench.scan(MODULES, directory="envs/prod")
    skipped = [finding for finding in result.findings if finding.skip_reason is not None]
    assert {(f.rule, f.skip_reason) for f in skipped} == {("CKV_AWS_17", "behind a proxy")}


def test_files_of_opentofu_keep_their_names(bench: Bench) -> None:
    result = bench.scan({"main.tofu": BUCKET})
    assert {finding.path for finding in result.findings} == {"main.tofu"}
    broken = bench.scan({"main.tofu": BUCKET, "broken.tofu": "a = = 1\n"})
    assert [entry.what for entry in broken.not_examined] == ["broken.tofu"]


def test_a_syntax_error_is_said_with_its_place_and_the_rest_is_reviewed(bench: Bench) -> None:
    result = bench.scan({"main.tf": BUCKET, "broken.tf": 'resource "x" "y" {\n  a = 1\n  b = \n}\n'})
    (entry,) = result.not_examined
    assert (entry.what, entry.span) == ("broken.tf", Span(path="broken.tf", start_line=3, end_line=3))
    assert entry.blocking
    assert only(result, "CKV_AWS_20")


def test_json_syntax_of_terraform_that_cannot_be_read_is_said_to_be_passed_over(bench: Bench) -> None:
    result = bench.scan({"main.tf.json": "["})
    assert [entry.what for entry in result.not_examined] == ["main.tf.json"]


FRAMEWORKS = {
    "Dockerfile": ("FROM ubuntu:latest\nRUN apt-get update\nEXPOSE 22\n", "dockerfile", "CKV_DOCKER_1", 3),
    "pod.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n    - name: a\n      image: a:latest\n"
        "      securityContext:\n        privileged: true\n",
        "kubernetes",
        "CKV_K8S_16",
        10,
    ),
    "stack.yaml": (
        "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  D:\n    Type: AWS::RDS::DBInstance\n    Properties:\n"
        "      PubliclyAccessible: true\n",
        "cloudformation",
        "CKV_AWS_17",
        6,
    ),
    "stack.json": (
        '{\n  "AWSTemplateFormatVersion": "2010-09-09",\n  "Resources": {\n    "D": {\n      "Type": '
        '"AWS::RDS::DBInstance",\n      "Properties": {\n        "PubliclyAccessible": true\n      }\n    }\n  }\n}\n',
        "cloudformation",
        "CKV_AWS_17",
        7,
    ),
    "arm.json": (
        '{\n  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",\n'
        '  "contentVersion": "1.0.0.0",\n  "resources": [\n    {\n      "type": "Microsoft.Storage/storageAccounts",\n'
        '      "apiVersion": "2021-02-01",\n      "name": "a",\n      "properties": {\n'
        '        "supportsHttpsTrafficOnly": false\n      }\n    }\n  ]\n}\n',
        "arm",
        "CKV_AZURE_3",
        10,
    ),
    "openapi.yaml": (
        "openapi: 3.0.0\ninfo:\n  title: t\n  version: '1'\npaths:\n  /a:\n    get:\n      responses:\n        '200':\n"
        "          description: ok\n",
        "openapi",
        "CKV_OPENAPI_4",
        1,
    ),
    "play.yml": (
        "- hosts: all\n  tasks:\n    - name: a\n      uri:\n        url: https://x\n        validate_certs: false\n",
        "ansible",
        "CKV_ANSIBLE_1",
        6,
    ),
    "serverless.yml": (
        "service: s\nprovider:\n  name: aws\nfunctions:\n  f:\n    handler: a.b\n    environment:\n"
        "      AWS_SECRET_ACCESS_KEY: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
        "serverless",
        "CKV_AWS_41",
        None,
    ),
    ".github/workflows/ci.yml": (
        "name: ci\non: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - name: go\n"
        "        run: echo ${{ github.event.issue.title }}\n",
        "github_actions",
        "CKV_GHA_2",
        8,
    ),
}


@pytest.mark.parametrize("path", FRAMEWORKS)
def test_each_framework_is_scanned_and_points_at_its_line(bench: Bench, path: str) -> None:
    text, framework, rule, line = FRAMEWORKS[path]
    result = bench.scan({path: text}, kind="directory", directory=str(Path(path).parent).removeprefix("."))
    found = [f for f in result.findings if f.framework == framework and f.rule == rule]
    assert found, {(f.framework, f.rule) for f in result.findings}
    if line:
        assert found[0].span == Span(path=path, start_line=line, end_line=line)
    assert result.not_examined == ()


BICEP = """resource acc 'Microsoft.Storage/storageAccounts@2021-02-01' = {
  name: 'acc'
  location: 'here'
  properties: {
    supportsHttpsTrafficOnly: false
  }
}
"""


@pytest.mark.timeout(300)
def test_bicep_is_scanned(bench: Bench) -> None:
    result = bench.scan({"main.bicep": BICEP}, kind="directory")
    assert only(result, "CKV_AZURE_3").span.start_line == 5


@pytest.mark.timeout(300)
def test_bicep_that_the_scanner_does_not_understand_is_said_and_fails_no_review(bench: Bench) -> None:
    newer = "func double(n int) int => n * 2\n" + BICEP + "var secret = 'AKIAIOSFODNN7EXAMPLF'\n"
    result = bench.scan({"main.bicep": newer}, kind="directory")
    assert [(entry.what, entry.blocking) for entry in result.not_examined] == [("main.bicep", False)]
    assert only(result, "CKV_SECRET_2").span.start_line == 9


def test_a_scan_of_bicep_is_quick_once_its_grammar_is_there_and_the_parent_is_still_the_same(bench: Bench) -> None:
    before, deadline = bench.scanner._parent, time.monotonic() + 100
    while time.monotonic() < deadline:
        started = time.monotonic()
        bench.scan({"main.bicep": BICEP}, kind="directory")
        bench.scan({"main.tf": BUCKET})
        if time.monotonic() - started < 3:
            break
    else:
        pytest.fail("every scan builds its own grammar")
    assert bench.scanner._parent is before


def test_a_secret_is_found_without_being_told(bench: Bench) -> None:
    result = bench.scan({"main.tf": 'locals {\n  access_key = "AKIAIOSFODNN7EXAMPLF"\n}\n'}, kind="directory")
    finding = only(result, "CKV_SECRET_2")
    assert finding.span.start_line == 2
    assert "AKIA" not in repr(finding)
    assert finding.evidence == "access_key = ****"
    again = bench.scan({"main.tf": '\n\nlocals {\n  access_key = "AKIAIOSFODNN7EXAMPLF"\n}\n'}, kind="directory")
    other = bench.scan({"main.tf": 'locals {\n  access_key = "AKIAIOSFODNN7EXAMPLG"\n}\n'}, kind="directory")
    assert only(again, "CKV_SECRET_2").resource == finding.resource
    assert only(other, "CKV_SECRET_2").resource != finding.resource


def test_broken_infrastructure_is_said_and_other_broken_files_are_not(bench: Bench) -> None:
    files = {
        "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: [a\nspec: x\n",
        "notes.yaml": "foo: [a\n",
        "stack.json": '{"Resources": {\n  "a": }\n',
        "package.json": '{"name": }',
    }
    result = bench.scan(files, kind="directory")
    assert {(entry.what, entry.span and entry.span.start_line) for entry in result.not_examined} == {
        ("pod.yaml", 5),
        ("stack.json", 2),
    }


def test_a_directory_of_terraform_files_is_left_to_its_root_but_for_secrets_and_our_rules(bench: Bench) -> None:
    result = bench.scan({"main.tf": BUCKET}, kind="directory")
    assert result.findings == ()
    assert (result.files, result.roots) == (0, ())


def test_our_own_rules_run_on_directories(bench: Bench) -> None:
    state = json.dumps({"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", "resources": [{}]})
    result = bench.scan({"terraform.tfstate": state}, kind="directory")
    finding = only(result, "PLB_STATE_1")
    assert (finding.scanner, finding.path) == ("plumbrule", "terraform.tfstate")


SAMPLE = {
    **MODULES,
    "net/main.tf": """variable "ports" {
  default = [22, 80]
}
locals {
  open = lower("0.0.0.0/0")
}
resource "aws_security_group" "g" {
  dynamic "ingress" {
    for_each = var.ports
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = [local.open]
    }
  }
}
resource "aws_s3_bucket" "many" {
  count  = 3
  bucket = format("b-%s", count.index)
  #checkov:skip=CKV_AWS_18:no need
}
data "aws_iam_policy_document" "p" {
  statement {
    actions   = ["*"]
    resources = ["*"]
  }
}
provider "aws" {
  access_key = "AKIAIOSFODNN7EXAMPLF"
}
""",
    "azure/main.tf": 'resource azurerm_storage_account "a" {\n  name = try(var.x, "n")\n  min_tls_version = "TLS1_0"\n'
    "}\n",
    "azure/terraform.tfvars": 'x = "y"\n',
}


def test_the_findings_are_those_of_the_command_line(bench: Bench) -> None:
    unit, tree = bench.unit(SAMPLE, directory="envs/prod")
    ours = bench.scanner.scan(unit, tree, never)
    program = Path(sys.executable).with_name("checkov")
    options = ["--framework", "terraform", "--skip-download", "--compact", "-o", "json", "--soft-fail"]
    done = subprocess.run([program, f"--directory={tree}", *options], capture_output=True, check=True, cwd=tree.parent)
    report = json.loads(done.stdout)
    theirs = Counter(
        (record["check_id"], record["file_path"].lstrip("/"), record["resource"], kind)
        for kind in ("failed_checks", "skipped_checks")
        for record in report["results"][kind]
    )
    kinds = {True: "failed_checks", False: "skipped_checks"}
    assert (
        Counter((f.rule, f.path, f.resource.removeprefix("data."), kinds[f.skip_reason is None]) for f in ours.findings)
        == theirs
    )
    assert sum(theirs.values()) > 50
    assert ours.resources == report["summary"]["resource_count"]


def test_a_small_root_takes_little_time_when_warm(bench: Bench) -> None:
    bench.scan({"main.tf": BUCKET})
    unit, tree = bench.unit({"main.tf": BUCKET})
    times = []
    for _ in range(5):
        started = time.monotonic()
        bench.scanner.scan(unit, tree, never)
        times.append(time.monotonic() - started)
    assert min(times) < 0.4, times  # 0.05 s on a quiet machine


def test_scans_run_side_by_side_and_do_not_mix(bench: Bench) -> None:
    results: dict[int, ScanResult] = {}

    def scan(number: int) -> None:
        results[number] = bench.scan({"main.tf": BUCKET.replace('"site" {', f'"site{number}" {{')})

    threads = [threading.Thread(target=scan, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, result in results.items():
        assert {finding.resource for finding in result.findings} == {f"aws_s3_bucket.site{number}"}


def test_a_scan_that_nobody_wants_any_more_stops_at_once(bench: Bench) -> None:
    slow = "".join(f'resource "aws_s3_bucket" "b{n}" {{\n  acl = "public-read"\n}}\n' for n in range(2000))
    unit, tree = bench.unit({"main.tf": slow})
    started = time.monotonic()

    def stop() -> None:
        if time.monotonic() - started > 0.5:
            raise Superseded("a newer head")

    with pytest.raises(Superseded):
        bench.scanner.scan(unit, tree, stop)
    assert time.monotonic() - started < 2
    assert only(bench.scan({"main.tf": BUCKET}), "CKV_AWS_20")


def test_a_tree_elsewhere_is_refused(bench: Bench, tmp_path: Path) -> None:
    unit, _ = bench.unit({"main.tf": BUCKET})
    with pytest.raises(ValueError, match="not in the subpath"):
        bench.scanner.scan(unit, tmp_path, never)


def test_the_scanner_is_what_the_pipeline_asks_for(bench: Bench) -> None:
    scanner: ScansUnits = bench.scanner
    assert scanner.version.startswith("checkov-3.3.30-")
    assert scanner.concurrency == 2
    assert scanner.tools <= {"helm", "kustomize"}


def test_without_a_sandbox_the_operator_must_have_said_so(tmp_path: Path) -> None:
    with Scanner(LIMITS, "none", tmp_path / "trees", 1) as scanner:
        bench = Bench(scanner, tmp_path / "trees")
        assert only(bench.scan({"main.tf": BUCKET}), "CKV_AWS_20")
        assert not scanner.confinement.bubblewrap


def test_what_took_too_long_says_which_setting_helps(tmp_path: Path) -> None:
    limits = dataclasses.replace(LIMITS, wall_seconds=1, cpu_seconds=1)
    slow = "".join(f'resource "aws_s3_bucket" "b{n}" {{\n  acl = "public-read"\n}}\n' for n in range(2000))
    said = r"`envs/huge` took longer than 1 s .* SCAN_TIMEOUT_SECONDS"
    with running_bench(tmp_path, limits) as bench, pytest.raises(ScanFailed, match=said):
        bench.scan({"envs/huge/main.tf": slow}, directory="envs/huge")


def test_a_scanner_that_cannot_start_names_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(Misconfigured):
        Scanner(LIMITS, "none", tmp_path / "trees", 1).__enter__()
