"""Other scanners speak through Plumbrule: what they say, what they cannot say, and how they fail."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reviewer.errors import Misconfigured
from reviewer.model import Finding, ScanResult, Severity, Span
from reviewer.process import never
from reviewer.scan import foreign_sarif
from reviewer.scan.equivalents import ANYWHERE, equivalents, merged, read_equivalents
from reviewer.scan.foreign import run_scanner
from reviewer.scan.foreign_config import ForeignScanner, digest, read_scanners
from reviewer.scan.foreign_sarif import BadSarif, read_sarif, rule_id
from reviewer.scan.scanner import Scanner
from reviewer.scan.tree import Tree
from tests.hostile.scanning import LIMITS, Bench

TOOL = ForeignScanner(
    name="tool",
    program=sys.executable,
    arguments=("-c", "", "{files}"),
    units=("directory",),
    paths=("**/*Dockerfile*", "**/*.yaml"),
    framework="dockerfile",
    prefix=True,
    good=(0,),
    unreadable_codes=(3,),
    unreadable_rules=("BROKEN",),
    at_most=Severity.CRITICAL,
    reads=(),
    timeout_seconds=20,
)
DOCKERFILE = "FROM ubuntu:latest\nRUN apt-get update \\\n && apt-get install -y curl\nUSER root\n"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return tree_of(tmp_path, {"app/Dockerfile": DOCKERFILE})


def tree_of(folder: Path, files: dict[str, str]) -> Tree:
    for path, text in files.items():
        target = folder / "tree" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return Tree(folder / "tree", {path: path for path in files}, "app")


def result(uri: object = "app/Dockerfile", line: object = 1, **more: object) -> dict[str, object]:
    place = {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}
    said = {"ruleId": "T1", "level": "warning", "message": {"text": "It is bad."}}
    return {**said, "locations": [{"physicalLocation": place}], **more}


def sarif(*results: object, rules: tuple[object, ...] = ()) -> bytes:
    driver = {"name": "tool", "rules": list(rules)}
    return json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": list(results)}]}).encode()


def only(found: ScanResult) -> Finding:
    (finding,) = found.findings
    return finding


def prints(text: bytes, *, code: int = 0, says: str = "") -> ForeignScanner:
    """A real program that prints this."""
    program = f"import sys; sys.stdout.buffer.write({text!r}); sys.stderr.write({says!r}); sys.exit({code})"
    return replace(TOOL, arguments=("-c", program, "{files}"))


def test_a_result_becomes_a_finding_at_its_instruction(tree: Tree) -> None:
    rule = {"id": "T1", "shortDescription": {"text": "packages are not pinned"}, "helpUri": "https://example.com/T1"}
    finding = only(read_sarif(sarif(result(line=2), rules=(rule,)), TOOL, tree))
    assert (finding.rule, finding.scanner, finding.framework) == ("tool.T1", "tool", "dockerfile")
    assert finding.span == Span(path="app/Dockerfile", start_line=2, end_line=2)
    assert finding.block == Span(path="app/Dockerfile", start_line=2, end_line=3)
    assert (finding.title, finding.message, finding.resource) == ("Packages are not pinned", "It is bad.", "RUN")
    assert finding.guideline == "https://example.com/T1"


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        ({"level": "error"}, Severity.HIGH),
        ({"level": "note"}, Severity.LOW),
        ({"level": "none"}, Severity.INFO),
        ({"level": "note", "properties": {"security-severity": "9.8"}}, Severity.CRITICAL),
        ({"level": "error", "properties": {"security-severity": "4.0"}}, Severity.MEDIUM),
        ({"level": None, "properties": {"security-severity": "much"}}, Severity.MEDIUM),
    ],
)
def test_levels_and_scores_become_severities(tree: Tree, said: dict[str, object], severity: Severity) -> None:
    assert only(read_sarif(sarif(result(**said)), TOOL, tree)).severity is severity


def test_a_rule_that_our_table_does_not_know_weighs_no_more_than_the_operator_says(tree: Tree) -> None:
    mild = replace(TOOL, at_most=Severity.LOW)
    assert only(read_sarif(sarif(result(level="error")), mild, tree)).severity is Severity.LOW


@pytest.mark.parametrize(
    "uri",
    [
        "app/Dockerfile",
        "./app/Dockerfile",
        "app%2FDockerfile",
        "file:///{root}/app/Dockerfile",
        "/{root}/app/Dockerfile",
    ],
)
def test_a_file_is_known_however_its_address_is_written(tree: Tree, uri: str) -> None:
    found = read_sarif(sarif(result(uri.replace("/{root}", str(tree.root)))), TOOL, tree)
    assert only(found).path == "app/Dockerfile"


@pytest.mark.parametrize(
    "uri",
    ["../secret", "app/../../etc/passwd", "/etc/passwd", "app/none", "https://example.com/x", "", None, 7, "a\0b", "%"],
)
def test_a_place_outside_of_the_unit_makes_no_finding_and_is_said(tree: Tree, uri: object) -> None:
    found = read_sarif(sarif(result(uri), result()), TOOL, tree)
    assert len(found.findings) == 1
    (told,) = found.not_examined
    assert told.what == "app (tool)" and "no file here" in told.why and not told.blocking


@pytest.mark.parametrize("line", [0, -4, 10**9, None, "2", True, 2.5])
def test_lines_that_are_not_there_are_moved_inside(tree: Tree, line: object) -> None:
    finding = only(read_sarif(sarif(result(line=line)), TOOL, tree))
    assert 1 <= finding.span.start_line <= finding.span.end_line <= 5


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" \n",
        b"not JSON",
        b"[]",
        b"{}",
        b'{"version": "2.1.0"}',
        b'{"version": "2.1.0", "runs": []}',
        b'{"version": "1.0.0", "runs": [{"results": []}]}',
        b'{"version": "2.1.0", "runs": [{}]}',
        b'{"version": "2.1.0", "runs": [7]}',
        b"[" * 200_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_sarif_is_refused(tree: Tree, raw: bytes) -> None:
    with pytest.raises(BadSarif):
        read_sarif(raw, TOOL, tree)


def test_a_huge_log_is_refused_before_it_is_parsed(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_sarif, "MAX_SARIF", 1000)
    with pytest.raises(BadSarif, match="more than"):
        read_sarif(sarif(*[result()] * 100), TOOL, tree)


def test_more_results_than_can_be_told_are_cut_and_that_is_said(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_sarif, "MOST_RESULTS", 10)
    found = read_sarif(sarif(*[result(ruleId=f"T{n}") for n in range(50)]), TOOL, tree)
    assert len(found.findings) == 10
    assert found.not_examined[0].blocking and "unknown" in found.not_examined[0].why


@pytest.mark.parametrize("part", [7, None, [], "x", {"locations": 3}, {"message": []}, {"locations": [[]]}])
def test_results_of_odd_shapes_break_nothing(tree: Tree, part: object) -> None:
    found = read_sarif(sarif(part, result()), TOOL, tree)
    assert len(found.findings) == 1


def test_what_a_tool_has_suppressed_or_passed_is_no_finding(tree: Tree) -> None:
    found = read_sarif(sarif(result(kind="pass"), result(suppressions=[{"kind": "external"}])), TOOL, tree)
    assert found == ScanResult()


def test_a_message_is_masked_and_short(tree: Tree) -> None:
    message = {"text": 'password = "hunter2hunter2" ' + "x" * 5000 + "\ud83d"}
    finding = only(read_sarif(sarif(result(message=message)), TOOL, tree))
    assert "hunter2" not in finding.message + finding.title
    assert len(finding.title) <= 200 and finding.title.encode()


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("zizmor/artipacked", "zizmor.artipacked"),
        ("DL3007", "tool.DL3007"),
        ("CKV_AWS_24", "tool.CKV_AWS_24"),
        ("PLB_STATE_1", "tool.PLB_STATE_1"),
        ("a b|c\n`d`", "tool.a.b.c.d"),
        ("", "tool.unnamed"),
    ],
)
def test_rules_have_names_that_a_policy_can_write_and_none_of_ours(written: str, name: str) -> None:
    scanner = replace(TOOL, name="zizmor") if written.startswith("zizmor") else TOOL
    assert rule_id(written, scanner) == name
    assert rule_id("CKV_X", replace(TOOL, prefix=False)) == "tool.CKV_X"


def test_a_file_that_a_tool_cannot_read_is_said_and_is_no_failure(tree: Tree) -> None:
    found = read_sarif(sarif(result(ruleId="BROKEN", line=3)), TOOL, tree)
    (told,) = found.not_examined
    assert not found.findings and not told.blocking
    assert told.what == "app/Dockerfile (tool)" and "It is bad" in told.why


def test_a_tool_that_ends_well_is_heard(tree: Tree, tmp_path: Path) -> None:
    assert only(run_scanner(prints(sarif(result())), tree, tmp_path)).rule == "tool.T1"


@pytest.mark.parametrize(
    ("scanner", "words"),
    [
        (prints(b""), "printed nothing"),
        (prints(b"Oops"), "not JSON"),
        (
            prints(sarif(), code=2, says="no such option --x\nStack backtrace:\n  0: main"),
            "exit code 2: no such option",
        ),
        (prints(b"", code=1, says="token = 'hunter2hunter2'"), "exit code 1"),
        (replace(TOOL, arguments=("-c", "import os; os.kill(os.getpid(), 11)", "{files}")), "signal 11"),
        (replace(TOOL, program="/nonexistent/tool"), "could not be started"),
    ],
    ids=["silent", "no SARIF", "error", "secret", "crashes", "is gone"],
)
def test_a_tool_that_fails_has_not_looked_and_says_why(
    tree: Tree, tmp_path: Path, scanner: ForeignScanner, words: str
) -> None:
    found = run_scanner(scanner, tree, tmp_path)
    (told,) = found.not_examined
    assert not found.findings and told.blocking and told.what == "app (tool)"
    assert words in told.why and "hunter2" not in told.why and "backtrace" not in told.why
    assert str(tmp_path) not in told.why


def test_a_tool_that_is_not_installed_is_said_and_is_no_failure(tree: Tree, tmp_path: Path) -> None:
    (told,) = run_scanner(replace(TOOL, program=""), tree, tmp_path).not_examined
    assert not told.blocking and "not installed" in told.why


def test_a_file_that_a_tool_chokes_on_hides_no_other(tmp_path: Path) -> None:
    files = {f"app/{n}.Dockerfile": DOCKERFILE for n in range(9)}
    chokes = f"""
import json, sys
if any("4.Docker" in path for path in sys.argv[1:]):
    sys.exit("cannot read 4")
log = json.loads({sarif()!r})
log["runs"][0]["results"] = [json.loads({json.dumps(result("URI"))!r}.replace("URI", path)) for path in sys.argv[1:]]
print(json.dumps(log))
"""
    scanner = replace(TOOL, arguments=("-c", chokes, "{files}"), unreadable_codes=(1,))
    found = run_scanner(scanner, tree_of(tmp_path, files), tmp_path)
    assert len(found.findings) == 8
    (told,) = found.not_examined
    assert told.what == "app/4.Dockerfile (tool)" and "cannot read 4" in told.why and not told.blocking


def test_the_scanners_that_ship_are_read_and_the_digest_tells_changes() -> None:
    zizmor, hadolint = read_scanners()
    assert (zizmor.name, hadolint.name) == ("zizmor", "hadolint")
    assert zizmor.program and hadolint.program
    assert digest([zizmor]) != digest([hadolint]) != digest([replace(hadolint, timeout_seconds=61)])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("    network: no\n", "network"),
        ("    command: [tool]\n", "{files} or {tree}"),
        ("    units: [everything]\n", "units"),
        ("    exit_codes: {}\n", "exit_codes.good"),
        ("    at_most: grave\n", "grave"),
        ("    colour: red\n", "colour"),
    ],
)
def test_mistakes_in_the_operators_list_are_named_with_their_key(tmp_path: Path, change: str, words: str) -> None:
    entry = {
        "enabled": "yes",
        "command": "[tool, '{files}']",
        "units": "[directory]",
        "paths": "[Dockerfile]",
        "framework": "dockerfile",
        "exit_codes": "{good: [0]}",
    }
    key, _, value = change.strip().partition(": ")
    entry[key] = "yes" if key == "network" else value
    path = tmp_path / "scanners.yml"
    path.write_text("scanners:\n  tool:\n" + "".join(f"    {name}: {text}\n" for name, text in entry.items()))
    with pytest.raises(Misconfigured) as error:
        read_scanners(path)
    assert all(problem.startswith("scanners.yml: scanners.tool.") for problem in error.value.problems)
    assert words in str(error.value)


def test_no_scanner_takes_the_name_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "scanners.yml"
    path.write_text("scanners:\n  checkov: {}\n")
    with pytest.raises(Misconfigured, match="name of its own"):
        read_scanners(path)


def finding(scanner: str, rule: str, line: int = 1, **more: object) -> Finding:
    span = Span(path="Dockerfile", start_line=line, end_line=line)
    return replace(
        Finding(
            rule=rule,
            title="t",
            severity=Severity.LOW,
            span=span,
            block=span,
            resource="FROM",
            message="m",
            scanner=scanner,
            framework="dockerfile",
        ),
        **more,
    )


def test_what_three_scanners_say_is_told_once_by_ours_with_the_names_of_the_others() -> None:
    said = (
        finding("trivy", "trivy.AVD-DS-0001"),
        finding("hadolint", "DL3007"),
        finding("checkov", "CKV_DOCKER_7"),
        finding("hadolint", "DL3007", 4),
    )
    found = merged(ScanResult(findings=said))
    assert [(f.rule, f.span.start_line) for f in found.findings] == [("CKV_DOCKER_7", 1), ("DL3007", 4)]
    assert set(found.findings[0].also) == {"trivy AVD-DS-0001", "hadolint DL3007"}


def test_between_other_scanners_the_first_of_the_row_speaks() -> None:
    found = merged(ScanResult(findings=(finding("trivy", "trivy.DS001"), finding("hadolint", "DL3007"))))
    assert [(f.rule, f.also) for f in found.findings] == [("DL3007", ("trivy DS001",))]


def test_equal_rules_of_one_scanner_and_other_places_stay_apart() -> None:
    said = (finding("hadolint", "DL3006"), finding("hadolint", "DL3007"), finding("checkov", "CKV_DOCKER_7", 9))
    assert merged(ScanResult(findings=said)).findings == said


def test_the_same_of_the_same_tool_is_told_once() -> None:
    said = (finding("hadolint", "DL3008", 2), finding("hadolint", "DL3008", 2), finding("hadolint", "DL3008", 3))
    assert merged(ScanResult(findings=said)).findings == said[1:]


def test_a_row_for_a_whole_file_needs_no_common_line() -> None:
    table = dict.fromkeys(("A", "B"), ((ANYWHERE, "A", "B"),))
    found = merged(ScanResult(findings=(finding("checkov", "A", 1), finding("tool", "B", 9))), table)
    assert [f.also for f in found.findings] == [("tool B",)]


def test_the_table_of_equivalents_is_read_and_mistakes_in_it_are_named(tmp_path: Path) -> None:
    assert ("CKV_DOCKER_7", "DL3006", "DL3007", "DS-0001", "DS001") in equivalents()["DL3007"]
    path = tmp_path / "equivalents.yml"
    path.write_text("equivalents:\n  - [A]\n  - {x: [A, B]}\n  - [A, B]\n")
    with pytest.raises(Misconfigured) as error:
        read_equivalents(path)
    assert [problem.split(": ")[1] for problem in error.value.problems] == ["row 1", "row 2"]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A warm scanner with the scanners that ship, and one that tries to get out."""
    trees = tmp_path_factory.mktemp("foreign") / "trees"
    spy = replace(TOOL, name="spy", arguments=("-c", SPY, "{tree}"), paths=("spy/**",), at_most=Severity.HIGH)
    hang = replace(
        spy, name="hang", arguments=("-c", "while True: pass", "{tree}"), paths=("hang/**",), timeout_seconds=1
    )
    flood = replace(spy, name="flood", arguments=("-c", "print('x' * (64 << 20))", "{tree}"), paths=("flood/**",))
    with Scanner(LIMITS, "auto", trees, 1, foreign=(*read_scanners(), spy, hang, flood)) as scanner:
        yield Bench(scanner, trees)


SPY = """
import json, os, socket, sys
def tried(what, do):
    try:
        do()
    except OSError as error:
        return
    escaped.append(what)
escaped = []
tried("passwd", lambda: open("/etc/passwd").read())
tried("write", lambda: open(os.path.join(sys.argv[1], "new"), "w"))
tried("socket", lambda: socket.create_connection(("192.0.2.1", 80), timeout=1))
if os.environ.get("GITHUB_APP_ID"):
    escaped.append("environment")
place = {"physicalLocation": {"artifactLocation": {"uri": "spy/Dockerfile"}, "region": {"startLine": 1}}}
said = {"ruleId": "S", "message": {"text": "escaped: " + ",".join(escaped)}, "locations": [place]}
print(json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "spy"}}, "results": [said]}]}))
"""

WORKFLOW = """on: pull_request_target
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - name: Say it
        run: echo ${{ github.event.pull_request.title }}
      - uses: somebody/action@main  # zizmor: ignore[unpinned-uses] we know them
      - uses: somebody/other@main
"""


@pytest.mark.slow
def test_zizmor_looks_at_workflows_in_the_sandbox(bench: Bench) -> None:
    found = bench.scan({".github/workflows/ci.yml": WORKFLOW}, "directory", ".github/workflows")
    rules = {(f.rule, f.span.start_line): f for f in found.findings if f.scanner == "zizmor"}
    injected = rules["zizmor.template-injection", 7]
    assert injected.severity is Severity.HIGH and injected.resource == "jobs(build).steps[1](Say it)"
    assert injected.why and injected.remedy
    assert rules["zizmor.unpinned-uses", 8].skip_reason == "we know them"
    assert rules["zizmor.unpinned-uses", 9].skip_reason is None
    assert rules["zizmor.dangerous-triggers", 1].severity is Severity.MEDIUM
    merged_too = merged(found).findings
    assert any("zizmor template-injection" in f.also for f in merged_too)


@pytest.mark.slow
def test_a_workflow_that_is_none_is_said_and_the_others_are_looked_at(bench: Bench) -> None:
    files = {".github/workflows/ci.yml": WORKFLOW, ".github/workflows/odd.yml": "hello: world\n"}
    found = bench.scan(files, "directory", ".github/workflows")
    assert any(f.rule == "zizmor.template-injection" for f in found.findings)
    told = [entry for entry in found.not_examined if entry.what == ".github/workflows/odd.yml (zizmor)"]
    assert told and not told[0].blocking and "jobs" in told[0].why


@pytest.mark.slow
def test_hadolint_looks_at_dockerfiles_and_no_file_of_the_repository_changes_how(bench: Bench) -> None:
    ignored = "# hadolint ignore=DL3008\nRUN apt-get update && apt-get install curl\n"
    files = {"Dockerfile": f"FROM ubuntu:latest\n{ignored}USER root\n", ".hadolint.yaml": "ignored: [DL3002, DL3007]\n"}
    found = bench.scan(files, "directory")
    rules = {f.rule: f for f in found.findings if f.scanner == "hadolint"}
    assert rules["DL3002"].severity is Severity.MEDIUM and rules["DL3002"].span.start_line == 4
    assert rules["DL3008"].skip_reason == "" and rules["DL3008"].severity is Severity.INFO
    assert rules["DL3007"].guideline == "https://github.com/hadolint/hadolint/wiki/DL3007"


@pytest.mark.slow
def test_hadolint_says_what_it_cannot_read(bench: Bench) -> None:
    found = bench.scan({"a/Dockerfile": "FROM x:1\n{{ if y }}\n"}, "directory", "a")
    (told,) = [entry for entry in found.not_examined if "hadolint" in entry.what]
    assert told.span == Span(path="a/Dockerfile", start_line=2, end_line=2) and not told.blocking


@pytest.mark.slow
def test_another_scanner_reads_its_own_files_alone_and_reaches_nobody(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_APP_ID", "1")
    found = bench.scan({"spy/Dockerfile": "FROM x:1\n"}, "directory", "spy")
    (said,) = [f.title for f in found.findings if f.scanner == "spy"]
    assert said == "Escaped:"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "words"), [("hang", "ran longer than it may"), ("flood", "printed more than")])
def test_a_tool_that_does_not_end_well_takes_no_other_answer_away(bench: Bench, name: str, words: str) -> None:
    found = bench.scan({f"{name}/Dockerfile": "FROM ubuntu:latest\n"}, "directory", name)
    (told,) = [entry for entry in found.not_examined if entry.what == f"{name} ({name})"]
    assert told.blocking and words in told.why
    assert any(f.rule == "CKV_DOCKER_7" for f in found.findings)


@pytest.mark.slow
def test_a_unit_that_no_other_scanner_looks_at_is_scanned_as_before(bench: Bench) -> None:
    unit, tree = bench.unit({"main.json": "{}"}, "directory")
    assert not any(scanner.concerns(unit) for scanner in read_scanners())
    assert bench.scanner.scan(unit, tree, never) == ScanResult(files=1)
