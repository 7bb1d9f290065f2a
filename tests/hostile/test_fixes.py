"""Fixes under attack: whoever wrote the pull request wants an edit that is not one, elsewhere, or to be told a lie."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from reviewer.errors import Rejected
from reviewer.examine import Survey
from reviewer.fix import sanity
from reviewer.fix.editing import CannotEdit, Values
from reviewer.fix.guidance import guide
from reviewer.fix.lines import apply, pieces
from reviewer.fix.proposals import Knowledge, propose
from reviewer.fix.recipes import Advice, Recipes, read_recipes
from reviewer.local_fixes import Mending, take_over
from reviewer.model import Finding, Fix, Fixes, Hunk, Risk, Severity, Source, Span, Suggestion
from reviewer.report.offers import CONFIDENTIAL, offer_of
from reviewer.report.patch import bare_patch, build_patch
from reviewer.report.sarif_fixes import sarif_fixes
from reviewer.scan import fix_results
from reviewer.scan.fix_results import UnitFixes
from reviewer.scan.fixes import Proposed, Tried, agreed_edits, guidance_on, put_once
from reviewer.scan.results import BadResult
from reviewer.scan.scanner import FixRequest
from reviewer.scan.unit import UnitId, UnitKind

BEFORE = b'acl = "public-read"\n'
AFTER = b'acl = "private"\n'


def edit(path: str, original: str, replacement: str, line: int = 1) -> Suggestion:
    lines = max(1, original.count("\n"))
    return Suggestion(
        path=path,
        start_line=line,
        end_line=line + lines - 1,
        original=original,
        replacement=replacement,
        risk=Risk.SAFE,
    )


def mending(top: Path, path: str) -> Mending:
    fixes = Fixes(safe=(edit(path, BEFORE.decode(), AFTER.decode()),))
    survey = Survey(findings=(), proposed=Proposed(fixes=fixes), scan_seconds=0)
    return Mending(survey=survey, files={path: BEFORE}, top=top, risks=(Risk.SAFE,), seconds=0)


def test_a_link_beside_the_file_does_not_lead_the_new_text_out_of_the_tree(tmp_path: Path) -> None:
    top, victim = tmp_path / "top", tmp_path / "victim"
    top.mkdir()
    victim.write_text("mine")
    (top / "main.tf").write_bytes(BEFORE)
    (top / ".main.tf.plumbrule").symlink_to(victim)
    assert take_over(mending(top, "main.tf")) == ("main.tf",)
    assert victim.read_text() == "mine"
    assert (top / "main.tf").read_bytes() == AFTER
    assert {path.name for path in top.iterdir()} == {"main.tf", ".main.tf.plumbrule"}


@pytest.mark.parametrize("linked", ["main.tf", "sub"])
def test_a_file_that_became_a_link_is_not_written_and_neither_is_one_below_a_link(tmp_path: Path, linked: str) -> None:
    top, outside = tmp_path / "top", tmp_path / "outside"
    for folder in (top, outside):
        folder.mkdir()
    (outside / "main.tf").write_bytes(BEFORE)
    (top / linked).symlink_to(outside / "main.tf" if linked == "main.tf" else outside)
    with pytest.raises(Rejected, match="it changed while the fixes were proved; nothing was written"):
        take_over(mending(top, "main.tf" if linked == "main.tf" else "sub/main.tf"))
    assert (outside / "main.tf").read_bytes() == BEFORE


def test_a_file_keeps_its_mode_and_one_that_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_bytes(BEFORE)
    (tmp_path / "main.tf").chmod(0o750)
    take_over(mending(tmp_path, "main.tf"))
    assert (tmp_path / "main.tf").stat().st_mode & 0o777 == 0o750
    (tmp_path / "main.tf").unlink()
    with pytest.raises(Rejected):
        take_over(mending(tmp_path, "main.tf"))


ODD_NAMES = (
    "a b/x y.tf",
    " lead.tf",
    "trail .tf ",
    "-R.tf",
    "q\"uo'te.tf",
    "new\nline.tf",
    "tab\tbed.tf",
    "back\\slash.tf",
    "ünï⟨.tf",
    "\u202ebidi.tf",
    "b/a/main.tf",
    "$(touch x).tf",
    "esc\x1b[31m.tf",
    os.fsdecode(b"latin\xe9.tf"),
)


@pytest.mark.parametrize("path", ODD_NAMES)
@pytest.mark.parametrize("bare", [False, True])
def test_git_takes_a_patch_for_a_file_of_any_name(tmp_path: Path, path: str, *, bare: bool) -> None:
    text = "one\ntwo\nthree\n"
    where = tmp_path / path
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_text(text)
    fix = edit(path, "two\n", "2\n2b\n", line=2)
    patch = bare_patch([fix]) if bare else build_patch([fix], {path: text.encode()})
    command = ["git", "apply", *(["--unidiff-zero"] if bare else []), "-"]
    subprocess.run(command, cwd=tmp_path, input=patch.encode("utf-8", "surrogateescape"), check=True)
    assert where.read_text() == "one\n2\n2b\nthree\n"


def test_a_name_of_several_lines_adds_no_lines_to_an_example() -> None:
    advice = Advice(
        rule="R",
        types=("*",),
        framework="kubernetes",
        text="Mind {{name}}.",
        example="name: {{name}}\n",
        origin="written",
    )
    table = Recipes(recipes={}, advice={("kubernetes", "R"): (advice,)}, choices={})
    told = guide(found(resource="Pod.x.a\nprivileged: true\r\u202e\x1b[2J" + "z" * 9000), table)
    assert told
    assert told.example.count("\n") == 1
    assert told.example.startswith("name: a privileged: true")
    assert len(told.example) < 300
    assert told.example.strip().isprintable()


def test_what_the_table_says_nothing_of_is_told_in_the_words_of_its_rule() -> None:
    one = replace(found(), rule="PLB_NEW_1", remedy="Take it out.")
    assert [told.text for told in guidance_on([one], set(), {})] == ["Take it out."]
    assert [told.text for told in guidance_on([one], set(), {"f1": "It is too long."})] == [
        "It is too long. Take it out."
    ]
    assert not list(guidance_on([one], {"f1"}, {}))
    other = replace(one, remedy="", message="Pin the version.")
    assert not list(guidance_on([other], set(), {}))
    assert [told.text for told in guidance_on([replace(other, scanner="hadolint")], set(), {})] == ["Pin the version."]


def found(path: str = "main.tf", resource: str = "aws_s3_bucket.a") -> Finding:
    span = Span(path=path, start_line=1, end_line=1)
    return Finding(
        rule="R",
        title="",
        severity=Severity.HIGH,
        span=span,
        block=span,
        resource=resource,
        message="",
        scanner="checkov",
        framework="kubernetes" if resource.startswith("Pod") else "terraform",
        source=Source.CODE,
        fingerprint="f1",
    )


def agreed(units: dict[UnitId, tuple[tuple[Suggestion, ...], str]]) -> tuple[Suggestion, ...]:
    tried = {id_: Tried(fixes=UnitFixes(safe=safe)) for id_, (safe, _) in units.items()}
    asked = {id_: FixRequest(findings=(found(path),), known=(), chosen={}) for id_, (_, path) in units.items()}
    return agreed_edits(tried, asked)


A, B = (UnitKind.TERRAFORM, "a"), (UnitKind.TERRAFORM, "b")
BOTH = edit("m/variables.tf", "1\n2\n3\n", "x\n2\ny\n")
ONE = edit("m/variables.tf", "1\n", "x\n")


def test_roots_that_edit_a_file_of_a_module_in_different_ways_leave_it_alone() -> None:
    assert agreed({A: ((BOTH,), "m/main.tf"), B: ((ONE,), "m/main.tf")}) == ()
    assert agreed({A: ((ONE,), "m/main.tf"), B: ((ONE,), "m/main.tf")}) == (ONE,)
    assert agreed({A: ((ONE,), "m/main.tf"), B: ((), "b/main.tf")}) == (ONE,)
    assert agreed({A: ((ONE,), "m/main.tf"), B: ((), "m/variables.tf")}) == ()


def test_a_fix_of_a_module_has_the_calls_of_all_roots_that_propose_it() -> None:
    one, two = (
        Fix(fingerprints=(name,), suggestion=ONE, also=(edit(f"{name}/main.tf", "1\n", "2\n"),)) for name in "ab"
    )
    (both,) = put_once((one, two, one))
    assert both.fingerprints == ("a", "b")
    assert [suggestion.path for suggestion in both.edits] == ["m/variables.tf", "a/main.tf", "b/main.tf"]


def test_a_fix_that_speaks_of_a_file_beside_the_unit_in_any_of_its_edits_is_refused() -> None:
    fix = Fix(fingerprints=("f1",), suggestion=edit("a.tf", "1\n", "2\n"), also=(edit("b.tf", "1\n", "2\n"),))
    raw = fix_results.encode(UnitFixes(single=(fix,)))
    assert fix_results.decode(raw, {"a.tf", "b.tf"}, {"f1"}).single == (fix,)
    with pytest.raises(BadResult):
        fix_results.decode(raw, {"a.tf"}, {"f1"})


def test_no_two_edits_of_one_patch_overlap() -> None:
    folder = (UnitKind.DIRECTORY, "m")
    other = edit("m/variables.tf", "3\n4\n", "z\n", line=3)
    assert agreed({A: ((BOTH,), "m/main.tf"), folder: ((other,), "m/variables.tf")}) == (BOTH,)


@pytest.mark.parametrize(
    ("path", "along"),
    [
        ("pod.yaml", "      value: hunter2\n"),
        ("pod.yml", "        hunter2 rests here\n"),
        ("main.tf", '  default = "hunter2"\n'),
        ("main.tf", '  value = "hunter2"\n'),
        ("main.tf", '  password = "hunter2"\n'),
    ],
)
def test_a_line_taken_along_that_is_secret_for_what_stands_before_it_is_not_suggested(path: str, along: str) -> None:
    fix = Fix(fingerprints=("f1",), suggestion=edit(path, along, along + "  encrypted = true\n"))
    hunk = Hunk(path=path, start_line=1, end_line=9)
    assert offer_of(fix, {path: (hunk,)}).reason == CONFIDENTIAL
    assert sarif_fixes([fix]) == {}


@pytest.mark.parametrize("along", ["    image: nginx\n", "  - NET_RAW\n", "spec:\n", "    - name: a\n"])
def test_a_plain_line_taken_along_is_no_secret(along: str) -> None:
    fix = Fix(fingerprints=("f1",), suggestion=edit("pod.yaml", along, along + "  a: true\n"))
    assert offer_of(fix, {"pod.yaml": (Hunk(path="pod.yaml", start_line=1, end_line=9),)}).reason == ""


@pytest.mark.parametrize("path", ["override.tf", "a/x_override.tf", "a/override.tofu"])
def test_nothing_is_added_to_a_file_that_only_overrides_other_blocks(path: str) -> None:
    block = b'resource "aws_sqs_queue" "a" {\n  name = "a"\n}\n'
    sanity.check({path: block}, path, block.replace(b'"a"\n}', b'"b"\n}'))
    with pytest.raises(CannotEdit, match="only overrides other blocks: variable key cannot be added"):
        sanity.check({path: block}, path, block + b'\nvariable "key" {\n  type = string\n}\n')
    sanity.check({"my-override.tf": block}, "my-override.tf", block + b'\nvariable "key" {}\n')


@pytest.mark.parametrize("lines", [["#\n"] * 15_000, [f"# {n % 50}\n" for n in range(15_000)]])
def test_lines_that_are_all_the_same_are_compared_in_little_time(lines: list[str]) -> None:
    text = "".join(lines)
    after = "".join("new\n" if n % 500 == 0 else line for n, line in enumerate(lines))
    started = time.process_time()
    changes = pieces("main.tf", text.encode(), after.encode(), Risk.SAFE)
    assert time.process_time() - started < 5  # it was minutes
    assert apply(text.encode(), changes) == after.encode()


def test_an_edit_of_a_line_without_end_is_refused_and_the_others_are_made() -> None:
    wide = f'resource "aws_sqs_queue" "wide" {{\n  tags = {{ a = "{"x" * 120_000}" }}\n}}\n'
    plain = 'resource "aws_sqs_queue" "plain" {\n  name = "a"\n}\n'
    row = {"rule": "R", "on": "*", "set": "tags = { b = 1 }\n", "risk": "safe", "from": "written"}
    known = Knowledge(
        recipes=read_recipes([("x.yml", "terraform", {"recipes": [row]})]), values=Values(choices={}, chosen={})
    )
    findings = [found("wide.tf"), found("plain.tf")]
    made, refused = propose({"wide.tf": wide.encode(), "plain.tf": plain.encode()}, findings, known)
    assert [proposal.suggestion.path for proposal in made] == ["plain.tf"]
    assert [refusal.why for refusal in refused] == ["The lines of wide.tf are too long to be edited."]
