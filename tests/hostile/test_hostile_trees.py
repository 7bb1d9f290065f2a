"""Trees that attack the scanner: nothing of theirs runs, nothing leaks, a later scan is as clean as the first."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from reviewer.model import Finding, ScanResult
from reviewer.process import never
from reviewer.scan.scanner import ScanFailed
from tests.hostile.scanning import BUCKET, Bench

pytestmark = pytest.mark.slow


def rules(result: ScanResult) -> set[str]:
    return {finding.rule for finding in result.findings}


def everything_said(result: ScanResult) -> str:
    return repr(result)


def test_a_checkov_configuration_in_the_tree_runs_nothing_and_mutes_nothing(bench: Bench) -> None:
    check = "from pathlib import Path\nPath('/scratch/pwned').write_text('x')\nraise SystemExit(99)\n"
    result = bench.scan(
        {
            "main.tf": BUCKET,
            ".checkov.yaml": "external-checks-dir: [checks]\nskip-check: [CKV_AWS_20]\n",
            "checks/__init__.py": check,
            "checks/evil.py": check,
        }
    )
    assert "CKV_AWS_20" in rules(result)
    assert result.not_examined == ()


def test_a_huge_list_in_a_default_ends_and_the_rest_is_found(bench: Bench) -> None:
    bomb = 'variable "d" {\n  default = "[0]*(10**9)"\n}\nresource "aws_sqs_queue" "q" {\n  tags = { a = var.d }\n}\n'
    started = time.monotonic()
    try:
        assert "CKV_AWS_20" in rules(bench.scan({"main.tf": BUCKET + bomb}))
    except ScanFailed as failed:
        assert "raise SCAN_" in str(failed)
    assert time.monotonic() - started < 15
    assert "CKV_AWS_20" in rules(bench.scan({"main.tf": BUCKET}))


def test_doubling_locals_end(bench: Bench) -> None:
    doubling = "".join(f'  a{n} = "${{local.a{n - 1}}}${{local.a{n - 1}}}"\n' for n in range(1, 26))
    text = f'locals {{\n  a0 = "aaaaaaaaaa"\n{doubling}}}\nresource "aws_sqs_queue" "q" {{\n  name = local.a25\n}}\n'
    started = time.monotonic()
    try:
        bench.scan({"main.tf": BUCKET + text})
    except ScanFailed as failed:
        assert "raise SCAN_" in str(failed)
    assert time.monotonic() - started < 15


def test_deep_nesting_is_said_and_the_other_file_is_still_reviewed(bench: Bench) -> None:
    deep = f"locals {{\n  a = {'[' * 3000}{']' * 3000}\n}}\n"
    result = bench.scan({"main.tf": BUCKET, "deep.tf": deep})
    assert "CKV_AWS_20" in rules(result)
    assert [entry.what for entry in result.not_examined] == ["deep.tf"]


def test_deep_nesting_in_yaml_is_never_an_empty_result(bench: Bench) -> None:
    deep = f"apiVersion: v1\nkind: Pod\nspec: {'[' * 3000}{']' * 3000}\n"
    try:
        assert bench.scan({"deep.yaml": deep}, kind="directory").not_examined
    except ScanFailed as failed:
        assert "crashed" in str(failed) or "raise" in str(failed)


def test_an_expansion_bomb_in_yaml_ends_and_is_said(bench: Bench) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    bomb = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n" + "\n".join(lines) + "\nspec:\n  containers: *a9\n"
    started = time.monotonic()
    try:
        result = bench.scan({"bomb.yaml": bomb}, kind="directory")
        assert result.not_examined or result.findings
    except ScanFailed as failed:
        assert "raise SCAN_" in str(failed)
    assert time.monotonic() - started < 20


READING = """
resource "aws_ssm_parameter" "leak" {
  name  = "leak"
  type  = "String"
  value = file("/etc/passwd")
}
resource "aws_instance" "leak" {
  user_data = templatefile("../other/secret.txt", {})
  ami       = file("${path.module}/../../../../../../etc/hostname")
}
"""


def test_functions_that_read_files_reach_nothing_outside(bench: Bench) -> None:
    other = bench.trees / "other"
    other.mkdir(exist_ok=True)
    (other / "secret.txt").write_text("export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY\n")
    said = everything_said(bench.scan({"main.tf": READING}))
    assert "root:" not in said
    assert "wJalr" not in said


def test_links_in_a_tree_lead_nowhere(bench: Bench) -> None:
    other = bench.trees / "neighbour"
    other.mkdir(exist_ok=True)
    (other / "main.tf").write_text(BUCKET)
    unit, tree = bench.unit({"main.tf": 'output "a" {\n  value = 1\n}\n', "link.tf": ""})
    (tree / "link.tf").unlink()
    (tree / "link.tf").symlink_to(other / "main.tf")
    result = bench.scanner.scan(unit, tree, never)
    assert result.findings == ()
    assert [entry.what for entry in result.not_examined] == ["link.tf"]


def test_a_module_source_that_leaves_the_tree_finds_nothing_there(bench: Bench) -> None:
    other = bench.trees / "outside"
    other.mkdir(exist_ok=True)
    (other / "main.tf").write_text(BUCKET)
    result = bench.scan({"main.tf": 'module "o" {\n  source = "../outside"\n}\n'})
    assert "CKV_AWS_20" not in rules(result)


def test_poisoned_functions_do_not_change_a_later_scan(bench: Bench) -> None:
    named = 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n  acl    = lower("PUBLIC-READ")\n}\n'
    before = bench.scan({"main.tf": named})
    poison = "".join(
        f'variable "v{n}" {{\n  default = "{text}"\n}}\nresource "aws_sqs_queue" "q{n}" {{\n  name = var.v{n}\n}}\n'
        for n, text in enumerate(["lower = upper", "merge = 5", "lower = 3", "join = lower"])
    )
    bench.scan({"main.tf": poison})
    assert bench.scan({"main.tf": named}) == before
    assert "CKV_AWS_20" in rules(before)


@pytest.mark.parametrize("content", [b"\x7fELF\x02\x01\x01\x00\xff\xfe\x00", b"\xff\xfea\x00b\x00", b"a = \x00\n"])
def test_a_binary_file_named_tf_is_said_and_the_rest_is_reviewed(bench: Bench, content: bytes) -> None:
    result = bench.scan({"main.tf": BUCKET, "binary.tf": content})
    assert "CKV_AWS_20" in rules(result)
    assert [entry.what for entry in result.not_examined] == ["binary.tf"]
    assert "not text" in result.not_examined[0].why


@pytest.mark.parametrize("prefix, ends", [(b"\xef\xbb\xbf", b"\n"), (b"", b"\r\n"), (b"\xef\xbb\xbf", b"\r\n")])
def test_byte_order_marks_and_other_line_ends_change_no_line(bench: Bench, prefix: bytes, ends: bytes) -> None:
    result = bench.scan({"main.tf": prefix + BUCKET.encode().replace(b"\n", ends)})
    assert [finding.span.start_line for finding in result.findings if finding.rule == "CKV_AWS_20"] == [3]
    assert result.not_examined == ()


def test_names_that_mean_something_elsewhere_are_only_names(bench: Bench) -> None:
    odd = {"-rf.tf": BUCKET, "a b\n.tf": BUCKET.replace("site", "two"), "ünï.tf": BUCKET.replace("site", "three")}
    result = bench.scan(odd)
    assert {finding.path for finding in result.findings} == set(odd)


def test_a_name_that_is_not_unicode_is_said(bench: Bench) -> None:
    result = bench.scan({"main.tf": BUCKET, os.fsdecode(b"\xff.tf"): BUCKET})
    assert {finding.path for finding in result.findings} == {"main.tf"}
    assert [entry.what for entry in result.not_examined] == ["\N{REPLACEMENT CHARACTER}.tf"]


def test_a_secret_is_nowhere_in_the_result(bench: Bench) -> None:
    key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"[:40]
    files = {
        "main.tf": f'provider "aws" {{\n  access_key = "AKIAIOSFODNN7EXAMPLF"\n  secret_key = "{key}"\n}}\n',
        "app.yaml": f"AWS_SECRET_ACCESS_KEY: {key}\npassword: hunter2hunter2hunter2\n",
        "id.pem.yaml": "key: |\n  -----BEGIN RSA PRIVATE KEY-----\n  MIIEpAIBAAKCAQEA7yn3bRHQ5FHMQ\n",
    }
    found: list[Finding] = []
    for kind in ("terraform", "directory"):
        result = bench.scan(files, kind=kind)
        found += result.findings
        for secret in (key, "AKIAIOSFODNN7EXAMPLF", "hunter2", "MIIEpAIBAAKCAQEA7yn3bRHQ5FHMQ"):
            assert secret not in everything_said(result)
    assert {finding.framework for finding in found} >= {"terraform", "secrets"}


def test_very_many_findings_are_a_result_or_a_reason(bench: Bench) -> None:
    many = "".join(f'resource "aws_s3_bucket" "b{n}" {{\n  acl = "public-read"\n}}\n' for n in range(1200))
    try:
        assert len(bench.scan({"main.tf": many}).findings) > 5000
    except ScanFailed as failed:
        assert "raise SCAN_" in str(failed)


def test_a_parent_that_is_killed_in_a_scan_is_replaced_and_the_scan_succeeds(bench: Bench) -> None:
    before = bench.scanner._parent
    assert before is not None
    slow = "".join(f'resource "aws_s3_bucket" "b{n}" {{\n  acl = "public-read"\n}}\n' for n in range(300))
    killer = threading.Timer(0.3, os.kill, (before.pid, 9))
    killer.start()
    result = bench.scan({"main.tf": slow})
    killer.join()
    assert len(result.findings) > 1000
    assert not before.alive
    assert "CKV_AWS_20" in rules(bench.scan({"main.tf": BUCKET}))
    assert bench.scanner._parent is not before


def test_nothing_of_the_tree_was_changed(bench: Bench) -> None:
    unit, tree = bench.unit({"main.tf": BUCKET, "app.yaml": "apiVersion: v1\nkind: Pod\n"}, kind="directory")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tree.rglob("*")}
    bench.scanner.scan(unit, tree, never)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tree.rglob("*")} == before
    assert not Path("/tmp/escape").exists()
