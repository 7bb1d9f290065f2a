"""`plumbrule fix` and `plumbrule fixes-report` on repositories of their own, through the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reviewer.cli import commands

pytestmark = pytest.mark.slow

QUEUE = 'resource "aws_sqs_queue" "jobs" {\n  name = "jobs"\n}\n'
DISK = 'resource "aws_ebs_volume" "data" {\n  availability_zone = "eu-central-1a"\n  size              = 10\n}\n'
MENDED = QUEUE.replace('  name = "jobs"\n', '  name                    = "jobs"\n  sqs_managed_sse_enabled = true\n')


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "repository"
    (folder / "infra").mkdir(parents=True)
    (folder / "infra" / "main.tf").write_text(QUEUE + "\n" + DISK)
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "a"]):
        git(folder, *command)
    return folder


def git(folder: Path, *args: str, stdin: str | None = None) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    command = ["git", *identity, *args]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, input=stdin).stdout


def run(*args: str | os.PathLike[str]) -> Result:
    return CliRunner().invoke(commands, [str(arg) for arg in args], catch_exceptions=False)


def test_a_dry_run_prints_a_patch_that_git_takes_and_changes_nothing(repository: Path) -> None:
    done = run("fix", repository, "--dry-run")
    assert git(repository, "status", "--porcelain") == ""
    git(repository, "apply", stdin=done.stdout)
    assert (repository / "infra" / "main.tf").read_text() == MENDED + "\n" + DISK
    assert "1 of " in done.stderr
    assert "more with --also replace" in done.stderr


def test_fix_writes_the_safe_fixes_and_says_what_is_left(repository: Path) -> None:
    done = run("fix", repository)
    assert "mended infra/main.tf" in done.stdout
    assert (repository / "infra" / "main.tf").read_text() == MENDED + "\n" + DISK
    assert run("fix", repository).stdout == ""


def test_more_is_taken_when_it_is_asked_for_and_only_the_rule_that_is_named(repository: Path) -> None:
    run("fix", repository / "infra", "--rule", "CKV_AWS_3", "--also", "replace")
    text = (repository / "infra" / "main.tf").read_text()
    assert text.startswith(QUEUE)
    assert "encrypted         = true" in text


def test_only_what_a_change_introduces_is_mended_against_a_base(repository: Path) -> None:
    (repository / "infra" / "new.tf").write_text(QUEUE.replace("jobs", "mails"))
    done = run("fix", repository, "--base", "main")
    assert done.stdout == "mended infra/new.tf\n"


def test_what_a_rule_of_ours_finds_is_mended_and_proved_where_checkov_looks_too(repository: Path) -> None:
    key = 'resource "aws_kms_key" "main" {\n  description = "Orders"\n}\n'
    (repository / "infra" / "main.tf").write_text(key)
    done = run("fix", repository, "--rule", "PLB_KEY_4", "--dry-run")
    assert "+  enable_key_rotation = true\n" in done.stdout
    report = json.loads(run("fixes-report", repository, "--format", "json").stdout)
    assert report["rules"]["PLB_KEY_4"]["concrete"] == 1
    assert report["roots"] == report["proof_scans"] == 1


def test_a_plain_folder_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "main.tf").write_text(QUEUE)
    report = json.loads(run("fixes-report", folder, "--format", "json").stdout)
    assert report["total"]["concrete"] == report["total"]["findings"] > 0
    assert report["total"]["failed"] == report["total"]["nothing"] == 0
    assert report["proof_scans"] == report["roots"] == 1
    text = run("fixes-report", folder).stdout
    assert "concrete 100.0 %" in text
    assert not list(folder.glob("*git*"))


def test_a_revision_that_is_not_there_is_said(repository: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("plumbrule"), "fix", str(repository), "--base", "nowhere"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "'nowhere': there is no such commit, branch or tag" in done.stderr


def test_what_has_to_change_in_a_module_and_its_calls_is_proved_and_left_to_people(repository: Path) -> None:
    (repository / "infra" / "main.tf").write_text('module "logs" {\n  source = "../logs"\n}\n')
    (repository / "logs").mkdir()
    group = 'resource "aws_cloudwatch_log_group" "app" {\n  name              = "app"\n  retention_in_days = 365\n}\n'
    (repository / "logs" / "main.tf").write_text(group)
    report = json.loads(run("fixes-report", repository, "--format", "json").stdout)
    assert report["rules"]["CKV_AWS_158"]["parametric"] == 1
    done = run("fix", repository, "--also", "input", "--dry-run")
    assert done.stdout == ""
    assert "1 more change several files each" in done.stderr
