"""SARIF that somebody brings along: what of it the change brought about, and what stood there before."""

import json
import subprocess
from pathlib import Path

import pytest

from reviewer.model import Diff, Hunk, ScanResult, Severity
from reviewer.scan.given_sarif import GivenSarif, add_given, read_given
from reviewer.scan.local import LocalClone


@pytest.fixture
def clone(tmp_path: Path):
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c", *words], check=True)

    git("init", "-q")
    (tmp_path / "Dockerfile").write_text("FROM ubuntu:latest\nRUN ls\nUSER root\n")
    (tmp_path / "main.tf").write_text('resource "aws_x" "y" {\n  a = 1\n}\n')
    (tmp_path / "link").symlink_to("/etc/passwd")
    git("add", "-A")
    git("commit", "-qm", "one")
    found = LocalClone(tmp_path)
    yield found
    found.close()


def run(tool: str, *results: tuple[str, str, int]) -> dict[str, object]:
    return {
        "tool": {"driver": {"name": tool}},
        "results": [
            {
                "ruleId": rule,
                "message": {"text": "Bad."},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}],
            }
            for rule, uri, line in results
        ],
    }


def log(*runs: dict[str, object]) -> GivenSarif:
    return GivenSarif(name="out.sarif", raw=json.dumps({"version": "2.1.0", "runs": list(runs)}).encode())


def read(clone: LocalClone, *logs: GivenSarif) -> ScanResult:
    return read_given(logs, clone, clone.resolve("HEAD"), clone.top)


def test_each_tool_of_a_log_has_its_name_and_our_severity_where_we_know_the_rule(clone):
    found = read(clone, log(run("Hadolint", ("DL3002", "Dockerfile", 3)), run("Snyk IaC", ("SNYK-1", "Dockerfile", 2))))
    assert [(f.scanner, f.rule, f.severity) for f in found.findings] == [
        ("hadolint", "DL3002", Severity.MEDIUM),
        ("snyk-iac", "snyk-iac.SNYK-1", Severity.MEDIUM),
    ]
    assert found.findings[0].why and found.findings[0].resource == "USER"


def test_a_log_in_the_name_of_ours_does_not_speak_for_ours(clone):
    (finding,) = read(clone, log(run("Checkov", ("CKV_DOCKER_7", "Dockerfile", 1)))).findings
    assert (finding.scanner, finding.rule) == ("checkov-sarif", "checkov-sarif.CKV_DOCKER_7")


def test_no_parser_of_terraform_reads_the_code_outside_of_the_sandbox(clone):
    (finding,) = read(clone, log(run("tfsec", ("A", "main.tf", 2)))).findings
    assert (finding.resource, finding.block.start_line, finding.block.end_line) == ("main.tf", 2, 2)


def test_paths_of_the_working_copy_are_known_and_links_and_others_are_not(clone):
    whole = f"file://{clone.top}/Dockerfile"
    found = read(clone, log(run("t", ("A", whole, 1), ("B", "link", 1), ("C", "/etc/passwd", 1))))
    assert [f.rule for f in found.findings] == ["t.A"]
    assert len(found.not_examined) == 2


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"runs": [{}]}', b"[" * 99_999])
def test_a_log_that_is_none_is_said_under_its_name(clone, raw):
    found = read(clone, GivenSarif(name="out.sarif", raw=raw))
    (told,) = found.not_examined
    assert told.what == "out.sarif" and told.blocking and not found.findings


def test_what_lies_on_changed_lines_is_introduced_and_the_rest_stands(clone):
    given = read(clone, log(run("t", ("A", "Dockerfile", 1), ("B", "Dockerfile", 3))))
    hunk = Hunk(path="Dockerfile", start_line=1, end_line=3, added=frozenset({3}))
    change = Diff(hunks=(hunk,), renamed=(("Old", "Dockerfile"),), changed=("Dockerfile", "Old"))
    base, head = add_given(ScanResult(), ScanResult(), given, change)
    assert [(f.rule, f.path) for f in base.findings] == [("t.A", "Old")]
    assert [f.rule for f in head.findings] == ["t.A", "t.B"]


def test_without_a_base_all_of_it_stands(clone):
    given = read(clone, log(run("t", ("A", "Dockerfile", 1))))
    base, head = add_given(ScanResult(), ScanResult(), given, None)
    assert base.findings == head.findings == given.findings


def test_what_stands_around_many_runs_is_not_repeated_for_each_of_them(clone):
    whole = {"version": "2.1.0", "properties": "x" * 100_000, "runs": [run("t", ("A", "Dockerfile", 1))] * 101}
    found = read(clone, GivenSarif(name="out.sarif", raw=json.dumps(whole).encode()))
    assert len(found.findings) == 100
    assert [(one.what, "more than 100 runs" in one.why) for one in found.not_examined] == [("out.sarif", True)]


def test_more_findings_and_statements_than_anybody_reads_are_cut_and_that_is_said(clone):
    inside = [run(f"t{n}", *((f"A{m}", "Dockerfile", 1) for m in range(3000))) for n in range(2)]
    outside = run("t", *((f"B{n}", "none", 1) for n in range(60)))
    found = read(clone, log(*inside, outside))
    assert (len(found.findings), len(found.not_examined)) == (5000, 50)
    assert "5,000" in found.not_examined[0].why and found.not_examined[0].blocking
    assert "12 more things" in found.not_examined[-1].why
