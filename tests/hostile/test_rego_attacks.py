"""Policies under attack: whoever writes them wants time, memory, the network, or the answer of the next policy.

All of them go through the real contained process, which starts without Checkov.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from reviewer.cli import commands
from reviewer.errors import Rejected
from reviewer.plan.rego_results import MAX_MESSAGE, MAX_RESULTS, Evaluation
from reviewer.plan.rego_tree import MAX_FILES, MAX_PLAN_BYTES, is_policy_file
from reviewer.policies import read_folder
from reviewer.process import never
from reviewer.scan.scanner import PolicyRunner, ScanFailed
from tests.hostile.scanning import STRICT
from tests.plan.rego import SAMPLE, change, plan_of

V1 = "package p\nimport rego.v1\n"
PLAN = json.dumps(plan_of(change("aws_s3_bucket.site", {}))).encode()
SITE = "S3 bucket 'site' must have encryption enabled"


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PolicyRunner]:
    """A contained process for policies that gives them five seconds."""
    limits = replace(STRICT, wall_seconds=5, cpu_seconds=5)
    with PolicyRunner(limits, "auto", tmp_path_factory.mktemp("rego") / "trees", 2) as runner:
        yield runner


def put(runner: PolicyRunner, policies: dict[str, str], plan: bytes = PLAN) -> Evaluation:
    """Put policies to a plan."""
    return runner.evaluate({path: text.encode() for path, text in policies.items()}, plan, never)


def still_works(runner: PolicyRunner) -> bool:
    """Tell whether the next policy is answered, by the same process and from a clean folder."""
    found = put(runner, {"s.rego": SAMPLE})
    assert [entry for entry in runner.trees.iterdir() if entry.name.startswith("policies-")] == []
    return [result.message for result in found.results] == [SITE]


def test_a_policy_that_loops_is_stopped_and_said(runner: PolicyRunner) -> None:
    started = time.monotonic()
    loop = V1 + "n := numbers.range(1, 20000)\ndeny contains x if { some x in n; some y in n; x * y == 7.5 }"
    with pytest.raises(ScanFailed, match="the policies did not finish in 5 s"):
        put(runner, {"loop.rego": loop})
    assert time.monotonic() - started < 9
    assert still_works(runner)


@pytest.mark.parametrize(
    "body",
    [
        "deny contains x if { x := count(numbers.range(1, 100000000)) }",
        'a0 := "xxxxxxxxxx"\n'
        + "\n".join(f'a{n + 1} := concat("", [{", ".join([f"a{n}"] * 10)}])' for n in range(12))
        + "\ndeny contains a12",
        "deny contains x if { x := {[a, b] | some a in numbers.range(1, 5000); some b in numbers.range(1, 5000)} }",
    ],
    ids=["range", "text", "pairs"],
)
def test_a_policy_that_allocates_is_stopped_and_said(runner: PolicyRunner, body: str) -> None:
    with pytest.raises(ScanFailed, match=r"the policies (needed more than 500 MB|crashed the engine|did not finish)"):
        put(runner, {"a.rego": V1 + body})
    assert still_works(runner)


def test_recursion_without_end_ends_the_child_and_nothing_else(runner: PolicyRunner) -> None:
    with pytest.raises(ScanFailed, match="the policies crashed the engine"):
        put(runner, {"a.rego": V1 + "f(x) := f(x + 1)\ndeny contains x if { x := f(1) }"})
    assert still_works(runner)


@pytest.mark.parametrize("brackets", ["[]", "{}", "()"])
def test_nested_brackets_are_refused_before_they_are_parsed(runner: PolicyRunner, brackets: str) -> None:
    started = time.monotonic()
    nested = brackets[0] * 5000 + "1" + brackets[1] * 5000
    found = put(runner, {"deep.rego": f"package p\n\nx := {nested}", "s.rego": SAMPLE})
    assert [str(problem) for problem in found.problems] == [
        "deep.rego:3: brackets are nested deeper than 12 levels, which the engine cannot read in time"
    ]
    assert [result.message for result in found.results] == [SITE]
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("text", ["-\n" * 10_000 + "1", "not " * 200, "x" + ".y" * 500, "1" + " +\n1" * 9_000])
def test_other_deep_policies_end_in_an_error_and_not_in_silence(runner: PolicyRunner, text: str) -> None:
    try:
        found = put(runner, {"deep.rego": f"package p\nx := {text}\ndeny[`x`] {{ x }}"})
        assert found.problems or found.results
    except ScanFailed:
        pass  # the engine's stack is at its end: said, too
    assert still_works(runner)


@pytest.mark.parametrize("call", ["http.send({`url`: `http://169.254.169.254`, `method`: `get`})", "opa.runtime().env"])
def test_the_network_and_the_environment_are_refused_by_name(runner: PolicyRunner, call: str) -> None:
    found = put(runner, {"a.rego": V1 + f"deny contains x if {{ x := json.marshal({call}) }}"})
    assert found.results == ()
    assert f"`{call.partition('(')[0]}` is a built-in function that is not available" in str(found.problems[0])
    assert found.problems[0].line == 3


def test_a_flood_of_messages_is_cut_and_the_cut_is_said(runner: PolicyRunner) -> None:
    flood = V1 + 'deny contains x if { some i in numbers.range(1, 50000); x := sprintf("%d", [i]) }\nwarn contains "w"'
    found = put(runner, {"a.rego": flood})
    assert len(found.results) == MAX_RESULTS
    assert any("only 2,000 of them are told" in problem.why for problem in found.problems)


def test_a_long_message_and_much_metadata_are_cut(runner: PolicyRunner) -> None:
    long = 's := concat("", [x | some i in numbers.range(1, 100000); x := "<!-- @all -->"])\n'
    found = put(runner, {"a.rego": V1 + long + 'deny contains {"msg": s, "more": s, "resource": s}'})
    assert len(found.results[0].message) <= MAX_MESSAGE
    assert "left_out" in found.results[0].metadata
    assert found.problems == ()


def test_results_too_large_for_a_pipe_are_stopped(runner: PolicyRunner) -> None:
    big = 's := concat("", [x | some i in numbers.range(1, 200000); x := "xxxxxxxxxx"])\n'
    rules = "\n".join(f"deny_{n} contains sprintf(`%d%s`, [i, s]) if {{ some i in [{n}] }}" for n in range(300))
    try:
        assert len(put(runner, {"a.rego": V1 + big + rules}).results) == 300
    except ScanFailed as failure:
        assert "the policies" in str(failure)
    assert still_works(runner)


BILLION = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("bomb.yaml", BILLION, "its aliases stand for more than 200,000 values"),
        ("self.yaml", "a: &a [*a]\n", "an alias stands for what it stands in"),
        ("self.yaml", "a: &a {b: *a}\n", "an alias stands for what it stands in"),
        ("merge.yaml", "a: &a {b: 1}\nc: {<<: *a, <<: [*a, *a]}\nd: &d {<<: *d}\n", ""),
        ("deep.yaml", "[" * 20_000, "it is nested deeper than 60 levels"),
        ("deep.yaml", "a: " + "{a: " * 100 + "1" + "}" * 100, "it is nested deeper than 60 levels"),
        ("deep.json", "[" * 100_000, "it is nested deeper than 60 levels"),
        ("deep.json", '{"a":' * 500 + "1" + "}" * 500, "it is nested deeper than 60 levels"),
        ("code.yaml", "a: !!python/object/apply:os.system [id]\n", "it is not YAML"),
    ],
)
def test_a_data_file_that_is_a_bomb_is_refused(runner: PolicyRunner, name: str, text: str, why: str) -> None:
    found = put(runner, {"s.rego": SAMPLE, name: text})
    assert any(problem.path == name and why in problem.why for problem in found.problems)
    assert [result.message for result in found.results] == [SITE]


def test_a_plan_that_is_nested_or_no_plan_is_a_problem(runner: PolicyRunner) -> None:
    for plan in (b'{"a":' * 1_000_000, b"[" * 1_000_000, b"\xff\xfe", b'{"a":1e999999999}'):
        found = put(runner, {"s.rego": SAMPLE}, plan)
        assert found.problems or not found.results
    assert still_works(runner)


def test_what_is_too_large_is_refused_before_it_is_written(runner: PolicyRunner) -> None:
    with pytest.raises(Rejected, match="the policies are more than 2,000 files or 16 MB"):
        put(runner, {f"{n}.rego": "package p" for n in range(MAX_FILES + 1)})
    with pytest.raises(Rejected, match="the plan has more than 64 MB"):
        put(runner, {"s.rego": SAMPLE}, b" " * (MAX_PLAN_BYTES + 1))
    for path in ("../evil.rego", "/etc/evil.rego", "a/../../evil.rego", "", "a\0.rego"):
        with pytest.raises(Rejected, match="is not the path of a file below"):
            put(runner, {path: SAMPLE})


def test_one_evaluation_does_not_see_the_policies_of_another(runner: PolicyRunner) -> None:
    put(runner, {"a.rego": 'package leak\ndeny["secret"]', "d.yaml": "secret: 1\n"})
    asks = 'package p\ndeny["seen"] { data.leak.deny[_] }\ndeny["data"] { data.secret }\nwarn["w"]'
    assert [result.message for result in put(runner, {"b.rego": asks}).results] == ["w"]


def test_policies_work_where_there_are_no_namespaces(tmp_path: Path) -> None:
    with PolicyRunner(STRICT, "none", tmp_path / "trees", 1) as runner:
        assert still_works(runner)


@pytest.mark.parametrize("linked", ["file", "folder", "dangling", "pipe"])
def test_a_link_or_pipe_in_the_folder_is_refused(tmp_path: Path, linked: str) -> None:
    folder, outside = tmp_path / "policies", tmp_path / "outside"
    for path in (folder, outside):
        path.mkdir()
    (folder / "s.rego").write_text(SAMPLE)
    (outside / "secret.yaml").write_text("secret: 1\n")
    bad = folder / "z.yaml"
    if linked == "pipe":
        os.mkfifo(bad)
    else:
        bad.symlink_to({"file": outside / "secret.yaml", "folder": outside, "dangling": tmp_path / "no"}[linked])
    with pytest.raises(Rejected, match=r"z.yaml: this is (a symbolic link, which is not followed|no plain file)"):
        read_folder(folder)


def test_hidden_files_and_other_kinds_are_nobodys_business(tmp_path: Path) -> None:
    for name in (".git/x.json", ".manifest.json", "README.md", "sub/a.rego", "b.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    assert sorted(read_folder(tmp_path)) == ["b.yml", "sub/a.rego"]
    assert [is_policy_file(path) for path in ("a.rego", "x/.b/a.rego", "a.txt")] == [True, False, False]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the sample policy, and a plan beside it."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "s.rego").write_text(SAMPLE)
    (tmp_path / "plan.json").write_bytes(PLAN)
    return tmp_path


def run(folder: Path, command: str, *arguments: str) -> tuple[int, str]:
    """Run `plumbrule policy COMMAND`."""
    plan = ["--plan", str(folder / "plan.json")] if command == "eval" else []
    result = CliRunner().invoke(commands, ["policy", command, str(folder / "policies"), *plan, *arguments])
    if isinstance(result.exception, Rejected):
        return 2, str(result.exception)
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result.exit_code, result.output


def test_the_command_says_what_is_denied(folder: Path) -> None:
    code, output = run(folder, "eval", "--format", "json")
    told = json.loads(output)
    assert code == 1
    assert told["problems"] == []
    assert told["results"] == [
        {
            "package": "terraform.policies",
            "rule": "deny",
            "message": SITE,
            "severity": "high",
            "resource": "aws_s3_bucket.site",
            "metadata": {},
        }
    ]
    code, output = run(folder, "eval")
    assert code == 1
    assert f"denied (high) terraform.policies.deny: {SITE} [aws_s3_bucket.site]\n" in output


def test_the_command_ends_with_0_when_nothing_is_denied(folder: Path) -> None:
    (folder / "policies" / "s.rego").write_text('package p\nwarn["careful"]\ndeny["x"] { input.nothing }')
    assert run(folder, "eval") == (
        0,
        "warned (low) p.warn: careful\n2 rules: 0 denied, 1 warned, 0 could not be used\n",
    )


def test_the_command_ends_with_2_when_a_part_could_not_be_used(folder: Path) -> None:
    (folder / "policies" / "t.rego").write_text("package t\n\ndeny[x] { x := http.send({}).body }")
    code, output = run(folder, "eval", "--format", "json")
    assert code == 2
    assert json.loads(output)["problems"][0]["line"] == 3
    assert "http.send" in json.loads(output)["problems"][0]["message"]
    code, output = run(folder, "eval")
    assert code == 2
    assert "could not be used: t.rego:3: `http.send` is" in output


def test_the_command_says_what_is_missing(folder: Path) -> None:
    (folder / "plan.json").write_bytes(b"PK\x03\x04")
    assert "terraform show -json plan.json" in run(folder, "eval")[1]
    (folder / "plan.json").write_text("resource {}")
    assert "the plan is not a JSON object" in run(folder, "eval")[1]
    (folder / "plan.json").unlink()
    assert run(folder, "eval") == (2, f"{folder}/plan.json: there is no such file")
    (folder / "policies" / "s.rego").unlink()
    assert run(folder, "test") == (2, f"{folder}/policies: there is no policy in it (*.rego)")
    (folder / "policies").rmdir()
    assert "this is not a folder" in run(folder, "test")[1]


def test_a_message_cannot_command_the_terminal(folder: Path) -> None:
    (folder / "policies" / "s.rego").write_text('package p\ndeny["a\\u001b[2Jb\\nc"]')
    assert "p.deny: a [2Jb c\n" in run(folder, "eval")[1]


def test_the_command_runs_tests(folder: Path) -> None:
    tests = folder / "policies" / "s_test.rego"
    bucket = '{"resource_changes": [{"type": "aws_s3_bucket", "name": "b", "change": {"after": {}}}]}'
    tests.write_text(f"package terraform.policies\n\ntest_bare {{ count(deny) == 1 with input as {bucket} }}\n")
    assert run(folder, "test") == (0, "s_test.rego:3: data.terraform.policies.test_bare: PASS\nPASS: 1/1\n")
    tests.write_text(tests.read_text() + "test_wrong { print(1); count(deny) == 1 with input as {} }\n")
    code, output = run(folder, "test")
    assert code == 1
    assert output.splitlines()[1:] == [
        "s_test.rego:4: data.terraform.policies.test_wrong: FAIL",
        "  s_test.rego:4: 1",
        "PASS: 1/2, FAIL: 1/2",
    ]
    tests.unlink()
    assert run(folder, "test")[0] == 2
