"""Rego policies on plans: they say what conftest's users expect, or it is said that they cannot."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reviewer.model import Severity, Source, Span
from reviewer.plan import rego, rego_builtins
from reviewer.plan.rego_findings import Root, findings, not_examined, rule_id
from reviewer.plan.rego_results import Evaluation, Outcome, Problem, Result, decode, encode
from reviewer.plan.rego_text import Edit, edited, nested_too_deeply
from reviewer.scan.results import BadResult
from reviewer.tfplan.model import Place
from reviewer.tfplan.read import read
from tests.plan.rego import ENCRYPTION, SAMPLE, ask, change, messages, plan_of, problems

V1 = "package main\nimport rego.v1\n"


@pytest.mark.parametrize("after", [{}, {ENCRYPTION: None}, {ENCRYPTION: []}], ids=["absent", "null", "empty"])
def test_the_sample_policy_finds_a_bucket_without_encryption(after: dict[str, object]) -> None:
    plan = plan_of(change("aws_s3_bucket.site", after))
    assert messages(SAMPLE, plan) == ["S3 bucket 'site' must have encryption enabled"]


def test_the_sample_policy_leaves_an_encrypted_bucket_and_other_resources_alone() -> None:
    rule = [{"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}]}]
    plan = plan_of(change("aws_s3_bucket.safe", {ENCRYPTION: rule}), change("aws_sqs_queue.jobs", {}))
    assert messages(SAMPLE, plan) == []


def test_the_sample_policy_finds_the_bucket_of_a_real_provider_where_the_block_is_unknown() -> None:
    after = {"bucket": "site", "bucket_prefix": None, "force_destroy": False, "tags": None, "timeouts": None}
    unknown = {"arn": True, "id": True, ENCRYPTION: True, "versioning": True, "acl": True}
    plan = plan_of(change("module.a.aws_s3_bucket.site[0]", after, unknown=unknown))
    assert messages(SAMPLE, plan) == ["S3 bucket 'site' must have encryption enabled"]


def test_a_condition_and_its_negation_never_hold_together_whatever_the_value() -> None:
    policy = "package main\ndeny[r.n] { r := input.rs[_]; r.k }\nwarn[r.n] { r := input.rs[_]; not r.k }"
    values = [{"n": "absent"}] + [{"n": str(v), "k": v} for v in (None, [], False, True, 0, "", {}, "x", [1])]
    found = ask({"a.rego": policy}, {"rs": values})
    said = {rule: {r.message for r in found.results if r.rule == rule} for rule in ("deny", "warn")}
    assert said["warn"] == {"absent", "None", "[]", "False"}
    assert said["deny"] == {"True", "0", "", "{}", "x", "[1]"}


def test_comparing_with_null_and_counting_what_is_empty_work_as_in_opa() -> None:
    policy = V1 + (
        'deny contains "null" if input.a == null\ndeny contains "empty" if count(input.b) == 0\n'
        'deny contains "list" if input.b == []\n'
    )
    assert messages(policy, {"a": None, "b": []}) == ["empty", "list", "null"]


def test_what_is_negated_with_a_wildcard_must_hold_for_no_element() -> None:
    policy = 'package main\ndeny["nobody"] { not input.xs[_] == "y" }'
    assert messages(policy, {"xs": ["y", "z"]}) == []
    assert messages(policy, {"xs": ["z"]}) == ["nobody"]
    some = 'package main\ndeny[m] { some i; not input.xs[i].ok; m := sprintf("%d", [i]) }'
    assert messages(some, {"xs": [{"ok": True}, {"ok": False}, {}]}) == ["1", "2"]


def test_v0_and_v1_live_in_one_folder_and_call_each_other() -> None:
    files = {
        "old.rego": 'package lib.old\nis_bucket(r) { r.type == "aws_s3_bucket" }\n',
        "new.rego": V1.replace("main", "lib.fresh")
        + "import data.lib.old\nbuckets contains r if { some r in input.rs; old.is_bucket(r) }\n",
        "main.rego": "package main\nimport data.lib.fresh as f\nimport data.lib.old.is_bucket\n"
        'deny[r.name] { r := f.buckets[_]; is_bucket(r) }\nwarn["full"] { data.lib.old.is_bucket(input.rs[0]) }\n',
    }
    assert messages(files, {"rs": [{"type": "aws_s3_bucket", "name": "a"}, {"type": "x"}]}) == ["a", "full"]


@pytest.mark.parametrize(
    "policy",
    [
        'package p\ndeny[m] { m := "x" }',
        'package p\ndeny["x"]',
        'package p\ndeny = "x" { true }',
        'package p\nviolation[{"msg": "x"}] { true }',
        'package p\nimport future.keywords\ndeny contains m if { m := "x" }',
        'package p\nimport future.keywords.contains\ndeny contains m { m := "x" }',
        'package p\ndeny contains "x" if true',
        'package p["a-b"].c\nimport rego.v1\ndeny_too contains m if m := "x"',
        'package p\r\n\r\ndeny["x"] {\r\n  true\r\n}\r\n',
        '\ufeffpackage p\ndeny["x"] { true }',
        'package p\nwarn_a_b["x"] { true } # deny[z] {',
    ],
)
def test_every_way_to_say_it_is_heard(policy: str) -> None:
    assert messages(policy) == ["x"]


def test_a_rule_without_a_message_says_that_it_holds() -> None:
    assert messages("package p\ndeny { input.a }", {"a": 1}) == ["`deny` of package p holds."]
    assert messages("package p\ndefault deny = false\ndeny { input.a }", {}) == []


def test_helpers_and_rules_of_other_names_are_not_asked() -> None:
    assert ask({"a.rego": 'package p\ndenyall["x"]\ndeny_(x) { x }\nwarn["y"]'}).rules == 1


def test_metadata_give_severity_and_resource_and_the_rest_is_kept() -> None:
    policy = (
        'package p\nviolation[{"msg": "m", "severity": "CRITICAL", "resource": r, "ticket": [1]}] { r := input.r }\n'
        'warn[{"msg": "w", "severity": "error"}]\ndeny[{"msg": "d", "severity": "whatever"}]'
    )
    found = {result.message: result for result in ask({"a.rego": policy}, {"r": {"address": "a.b"}}).results}
    assert (found["m"].severity, found["m"].resource) == (Severity.CRITICAL, "a.b")
    assert json.loads(found["m"].metadata) == {"ticket": [1]}
    assert (found["w"].severity, found["d"].severity) == (Severity.HIGH, Severity.HIGH)
    assert not found["w"].denies
    assert found["d"].denies


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ("deny = 3", "`deny` is a number; expected a set of messages"),
        ('deny = {"a": 1}', "`deny` is an object"),
        ("deny[x] { x := 3 }", "`deny` holds a number; expected a message"),
        ("deny[x] { x := {} }", "whose `msg` is missing or null"),
        ('deny[x] { x := {"msg": 3} }', "whose `msg` is a number"),
        ('deny[x] { x := ["a"] }', "`deny` holds a list"),
    ],
)
def test_what_is_said_in_a_form_that_nobody_knows_is_a_problem(policy: str, why: str) -> None:
    (problem,) = problems(f"package p\n{policy}")
    assert problem.startswith("policy.rego:2: ")
    assert why in problem


def test_exceptions_let_a_rule_pass_and_are_told() -> None:
    policy = (
        'package p\ndeny_encryption["a"]\ndeny["b"]\nwarn_x["c"]\nexception[rules] { rules := ["encryption", "x"] }'
    )
    found = ask({"a.rego": policy})
    assert [result.message for result in found.results] == ["b"]
    assert found.excepted == ("p.deny_encryption", "p.warn_x")
    assert messages('package p\ndeny["b"]\nexception[[""]]') == []


def test_data_files_stand_at_the_top_and_below_their_folders() -> None:
    files = {
        "p.rego": "package p\nimport data.services\ndeny[m] { m := services.ports[_] }\nwarn[m] { m := data.more.why }",
        "q.rego": "package q\ndeny[m] { m := data.extra.services.ports[_] }",
        "extra/services.yaml": "services: {ports: [ssh, 'yes', 2020-01-01]}\n",
        "more.json": '{"more": {"why": "because"}}',
    }
    assert messages(files) == ["2020-01-01", "ssh", "yes", "because", "2020-01-01", "ssh", "yes"]


def test_data_files_that_disagree_are_a_problem_and_plans_for_tests_are_not() -> None:
    policy = {"p.rego": "package p\ndeny[x] { x := data.v.x }"}
    assert problems({**policy, "a.json": '{"v": {"x": "1"}}', "b.yaml": "v: {x: 2}\n"}) == [
        "b.yaml: the key `v.x` has another value in a data file before it",
    ]
    plans = {f"{name}/plan.json": json.dumps(plan_of(change(f"a.{name}", {}))) for name in "ab"}
    asking = "package p\ndeny[x] { x := data.b.resource_changes[_].name }"
    assert messages({"p.rego": asking, **plans}) == ["b"]


def test_data_cannot_stand_in_for_a_rule() -> None:
    sample = {"s.rego": SAMPLE, "terraform.yaml": "terraform: {policies: {deny: []}}\n"}
    assert problems(sample) == ["data files hold `data.terraform.policies.deny`, which policies define"]
    assert problems({"s.rego": SAMPLE, "p.json": '{"plumbrule": {"present": true}}'}) != []


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("d.json", '{\n"a": }', "d.json:2: it is not JSON"),
        ("d.json", "[1]", "d.json: expected an object at the top"),
        ("d.yaml", "a: [\n", "d.yaml:2: it is not YAML"),
        ("d.yaml", "a: .nan\n", "d.yaml: a float is nothing that JSON has"),
        ("d.yaml", "a: !!binary aGk=\n", "d.yaml: a bytes is nothing that JSON has"),
        ("d.yaml", "a: !!python/name:os.system\n", "d.yaml:1: it is not YAML"),
        ("d.json", b"\xff\xfe", "d.json: it is not UTF-8 text"),
    ],
)
def test_a_bad_data_file_is_named_with_its_line(name: str, text: str | bytes, why: str) -> None:
    assert any(problem.startswith(why) for problem in problems({"p.rego": SAMPLE, name: text}))


def test_test_files_are_left_out_of_evaluation() -> None:
    files = {"p.rego": 'package p\nwarn["w"]', "p_test.rego": 'package p\ndeny["from a test"]'}
    assert messages(files) == ["w"]


@pytest.mark.parametrize(
    "call",
    [
        "http.send({})",
        "opa.runtime()",
        "crypto.sha256(`a`)",
        "json.patch({}, [])",
        "net.lookup_ip_addr(`a`)",
        "io.jwt.decode(`a`)",
        "rego.metadata.rule()",
        "parse_config_file(`a`)",
        "regex.globs_match(`a`, `a`)",
        "nosuch(1)",
        "data.lib.nosuch(1)",
        "l.nosuch(1)",
    ],
)
def test_what_the_engine_lacks_is_named_with_file_and_line(call: str) -> None:
    name = call.partition("(")[0].replace("l.", "data.lib.", 1) if call.startswith("l.") else call.partition("(")[0]
    policy = f"package p\nimport data.lib as l\n\ndeny[m] {{ not {call}\n m := `x` }}\n# http.send()\n"
    (problem,) = problems({"a.rego": policy, "b.rego": "package lib\nf(x) { x }\nwarn[`http.send(`]"})
    assert problem.startswith(f"a.rego:4: `{name}` is ")


def test_a_call_in_a_text_or_comment_is_none() -> None:
    assert messages('package p\ndeny["http.send({})"] # opa.runtime()\nwarn[`json.patch("`]') == [
        "http.send({})",
        'json.patch("',
    ]


def test_replacing_a_built_in_by_with_is_followed_too() -> None:
    policy = 'package p\nmock(_, _) = true\nx { startswith("a", "b") }\ndeny["y"] { x with startswith as mock }'
    assert messages(policy) == ["y"]
    assert "`http.send` is" in problems("package p\nm(_) = 1\ndeny[`y`] { true with http.send as m }")[0]


_GOOD = {
    "n": "3", "s": '"a"', "a": "[1]", "t": "{1}", "o": '{"a": 1}', "L": "[2, 1]", "C": '"abc"', "S": '"a"', "x": "null",
    "LN": "[1, 2]", "LT": '["a"]', "sj": '"{}"', "sy": '"a: 1"', "sv": '"1.0.0"', "sb": '"YQ=="',
    "sc": '"10.0.0.0/8"', "si": '"10.1.0.1"',
}  # fmt: skip
_ARGUMENTS = {
    **dict.fromkeys(("units.parse", "units.parse_bytes"), '"1K"'),
    **dict.fromkeys(("object.filter", "object.remove", "json.filter", "json.remove"), '{"a": 1}, ["a"]'),
    **dict.fromkeys(("intersection", "union"), "{{1}}"),
    "time.parse_rfc3339_ns": '"2020-01-01T00:00:00Z"',
    "format_int": "10, 2",
    "strings.replace_n": '{"a": "b"}, "ca"',
    "hex.decode": '"61"',
    "base64url.decode": '"YQ"',
    "sprintf": '"%s", ["a"]',
}


@pytest.mark.parametrize(("name", "kinds"), rego_builtins.GUARDED.items())
def test_a_built_in_is_undefined_for_a_wrong_type_and_else_what_the_engine_says(name: str, kinds: str) -> None:
    given = _ARGUMENTS.get(name) or ", ".join(_GOOD[kind] for kind in kinds.split())
    right = f"{V1}same contains json.marshal({name}({given}))\ndeny := same"
    assert len(messages(right)) == 1
    nulls = ", ".join("input.nothing" for _ in kinds.split())
    wrong = (
        f"{V1}deny contains `defined` if {name}({nulls}) == {name}({nulls})\nwarn contains `not` if not {name}({nulls})"
    )
    assert messages(wrong, {"nothing": None}) == ["not"]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('json.unmarshal("{bad")', False),
        ('json.unmarshal(input.p).Statement[_].Effect == "Allow"', True),
        ('to_number("x")', False),
        ('to_number(" 1")', False),
        ('to_number("1.5e3") == 1500', True),
        ("to_number(null) == 0", True),
        ('net.cidr_contains("10.0.0.0/8", "sg-1")', False),
        ('net.cidr_contains("10.0.0.0/8", "10.1.0.0/16")', True),
        ('net.cidr_contains("::/0", "::1")', True),
        ('net.cidr_intersects("10.1.0.0/16", "10.0.0.0/8")', True),
        ('net.cidr_intersects("10.0.0.0/8", "10.1.0.0/16")', True),
        ('net.cidr_intersects("10.0.0.0/8", "11.0.0.0/8") == false', True),
        ('net.cidr_intersects("10.0.0.0/8", null)', False),
        ("any([false, 1 == 1])", True),
        ("any([])", False),
        ("all([true, true])", True),
        ("all([true, false])", False),
        ('re_match("^a", "ab")', True),
        ("set_diff({1, 2}, {1}) == {2}", True),
        ('cast_string("a") == "a"', True),
        ("cast_set([1, 1]) == {1}", True),
        ('split("a,b", ",", x)', True),
        ('count({"a"}, 1)', True),
        ("time.now_ns() > 0", True),
        ('walk(input, [["p"], _])', True),
        ('glob.match("*.b", null, "a.b")', True),
    ],
)
def test_built_ins_answer_as_opa_does(condition: str, *, holds: bool) -> None:
    plan = {"p": '{"Statement": [{"Effect": "Allow"}]}'}
    assert messages(f"package p\ndeny[`x`] {{ {condition} }}", plan) == (["x"] if holds else [])


def test_an_invalid_pattern_is_a_problem_at_the_rule_and_the_others_are_asked() -> None:
    found = ask(
        {"a.rego": 'package p\ndeny["x"] { regex.match("[", "a") }\nwarn["w"]\nviolation["v"] { 1 / input.zero }'}
    )
    assert [result.message for result in found.results] == ["w"]
    assert [str(problem) for problem in found.problems] == ["a.rego:2: invalid regex"]
    assert problems('package p\nviolation["v"] { 1 / input.zero }', {"zero": 0}) == ["policy.rego:2: divide by zero"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('sprintf("%s|%v|%d%%", ["a", [1], 3])', "a|[1]|3%"),
        ('sprintf("%q is %-9s %5s", [input.n, "b", "c"])', '"x\\"y" is b c'),
        ('sprintf(`%q`, [lower("A")])', '"a"'),
        ('sprintf("%.2f %03d %x", [1.256, 7, 255])', "1.26 007 ff"),
        ('sprintf("%d of %t", ["many", true])', "many of true"),
        ('sprintf("é%s", ["ü"])', "éü"),
    ],
)
def test_formats_print_what_opa_prints_but_for_padding(call: str, said: str) -> None:
    assert messages(f"package p\ndeny[m] {{ m := {call} }}", {"n": 'x"y'}) == [said]


def test_a_verb_that_the_engine_cannot_do_is_named() -> None:
    assert "`sprintf` cannot do `%T` here" in problems('package p\n\ndeny[m] { m := sprintf("%T", [1]) }')[0]
    assert "%q" in problems('package p\ndeny[m] { xs := [1]; m := sprintf("%q", xs) }')[0]


def test_syntax_errors_name_file_and_line_of_the_version_that_was_meant() -> None:
    assert problems("package p\n\ndeny[m] { m := foo( }")[0].startswith("policy.rego:3: ")
    assert "if" not in problems('package p\ndeny[m] { m := "a" + }')[0]
    assert problems({"a.rego": b"package p\n\xff"}) == ["a.rego: it is not UTF-8 text"]


def test_a_bad_file_leaves_the_others_working() -> None:
    found = ask({"bad.rego": "package a\ndeny[", "good.rego": 'package b\ndeny["b"]'})
    assert [result.message for result in found.results] == ["b"]
    assert len(found.problems) == 1


def test_policies_that_ask_nothing_are_a_problem() -> None:
    assert problems("package p\nallow { true }") == ["no policy has a rule named deny, violation or warn"]


@pytest.mark.parametrize("plan", ["[1]", '{"a": }', "", "null", '{"a": NaN}'])
def test_a_plan_that_is_no_json_object_is_a_problem(plan: str) -> None:
    (problem,) = problems(SAMPLE, plan)
    assert "the plan is not" in problem


def test_the_packages_of_the_library_are_taken() -> None:
    assert "the package name `plumbrule` is taken" in problems("package plumbrule.x\ndeny[`a`]")[0]


def test_tests_of_policies_run_and_end_as_they_should() -> None:
    files = {
        "p.rego": V1 + 'deny contains "x" if not input.ok\n',
        "p_test.rego": "package main\n"
        'test_denied { deny["x"] with input as {"ok": []} }\n'
        'test_wrong { print("saw", input); deny["x"] with input as {"ok": true} }\n'
        "test_data { data.mock.n == 1 }\n"
        "todo_test_later { false }\n"
        "test_broken { 1 / 0 == 1 }\n",
        "mock.yaml": "mock: {n: 1}\n",
    }
    tests = {test.rule: test for test in ask(files, task="test").tests}
    assert {name: test.outcome for name, test in tests.items()} == {
        "test_denied": Outcome.PASSED,
        "test_wrong": Outcome.FAILED,
        "test_data": Outcome.PASSED,
        "todo_test_later": Outcome.SKIPPED,
        "test_broken": Outcome.ERROR,
    }
    assert tests["test_wrong"].text == "p_test.rego:3: saw <undefined>"
    assert (tests["test_broken"].path, tests["test_broken"].line) == ("p_test.rego", 6)
    assert tests["test_broken"].text == "p_test.rego:6: divide by zero"


def test_a_folder_without_tests_is_a_problem() -> None:
    assert "there is no rule named test_" in ask({"p.rego": SAMPLE}, task="test").problems[0].why


@pytest.mark.parametrize(("opening", "closing"), ["[]", "{}"])
def test_brackets_are_counted_outside_of_texts_and_comments(opening: str, closing: str) -> None:
    assert nested_too_deeply(f"a\n{opening * 12}{closing * 12}") is None
    assert nested_too_deeply(f"a\n{opening * 12}\n{opening}") == 3
    for quoted in (f'"{opening * 20}"', f"`{opening * 20}`", f"# {opening * 20}", '"\\"' + opening * 20 + '"'):
        assert nested_too_deeply(quoted) is None
    assert nested_too_deeply("(" * 101) == 1


def test_edits_keep_what_they_do_not_touch() -> None:
    edits = [Edit(start=4, end=4, rank=1, new="]"), Edit(start=0, end=2, new="é"), Edit(start=4, end=4, new=")")]
    assert edited(b"abcdef", edits) == "écd)]ef"


def place(path: str, line: int, *callers: Span) -> Place:
    return Place(block=Span(path=path, start_line=line, end_line=line + 4), callers=callers)


PLAN = read(
    plan_of(
        change("aws_s3_bucket.site", {}),
        change("aws_s3_bucket.logs", {}),
        change("module.a.aws_s3_bucket.site", {}),
        change('aws_sqs_queue.jobs["a"]', {}),
        change('aws_sqs_queue.jobs["b"]', {}),
        change("aws_iam_role.this", {}),
        change("aws_kms_key.logs", {}),
    ),
    approximate=True,
)
CALL = Span(path="infra/main.tf", start_line=40, end_line=44)
ROOT = Root(
    directory="infra",
    first_file="infra/main.tf",
    places={
        "aws_s3_bucket.site": place("infra/s3.tf", 3),
        "module.a.aws_s3_bucket.site": place("modules/a/main.tf", 7, CALL),
        "aws_sqs_queue.jobs": place("infra/sqs.tf", 9),
        "aws_s3_bucket.logs": place("infra/s3.tf", 20),
        "aws_iam_role.this": place("infra/iam.tf", 1),
        "aws_kms_key.logs": place("infra/kms.tf", 1),
    },
)


@pytest.mark.parametrize(
    ("message", "resource", "where"),
    [
        ("module.a.aws_s3_bucket.site is open", "module.a.aws_s3_bucket.site", "modules/a/main.tf:7"),
        ("aws_s3_bucket.site is open", "aws_s3_bucket.site", "infra/s3.tf:3"),
        ("open: aws_s3_bucket.site.", "aws_s3_bucket.site", "infra/s3.tf:3"),
        ('`aws_sqs_queue.jobs["b"]`', 'aws_sqs_queue.jobs["b"]', "infra/sqs.tf:9"),
        ("queue jobs is not encrypted", "aws_sqs_queue.jobs", "infra/sqs.tf:9"),
        ("S3 bucket 'logs' must have encryption enabled", "aws_s3_bucket.logs", "infra/s3.tf:20"),
        ("KMS key 'logs' must rotate", "aws_kms_key.logs", "infra/kms.tf:1"),
        ("'logs' is wrong", "infra", "infra/main.tf:1"),
        ("this must not be", "infra", "infra/main.tf:1"),
        ("role 'this' is wide", "aws_iam_role.this", "infra/iam.tf:1"),
        ("aws_s3_bucket.sites is open", "infra", "infra/main.tf:1"),
        ("too many resources", "infra", "infra/main.tf:1"),
    ],
)
def test_a_finding_stands_at_the_resource_that_its_message_names(message: str, resource: str, where: str) -> None:
    result = Result(package="p", rule="deny", message=message, severity=Severity.HIGH)
    (finding,) = findings([result], PLAN, ROOT)
    assert (finding.resource, str(finding.span)) == (resource, where)
    assert (finding.source, finding.scanner, finding.framework, finding.root) == (
        Source.PLAN,
        "rego",
        "terraform",
        "infra",
    )
    assert finding.caller == (CALL if resource.startswith("module.a") else None)


def test_the_policys_own_resource_counts_where_the_message_has_none() -> None:
    named = Result(package="p", rule="warn", message="no", severity=Severity.LOW, resource="aws_s3_bucket.logs")
    assert findings([named], PLAN, ROOT)[0].resource == "aws_s3_bucket.logs"


def test_the_rule_of_a_finding_is_a_name_that_a_waiver_can_hold() -> None:
    odd = Result(package="a b/ü", rule="deny_x", message="m", severity=Severity.HIGH)
    assert rule_id(odd) == "rego.a-b-.deny_x"
    assert rule_id(Result(package="terraform.policies", rule="deny", message="m", severity=Severity.HIGH)) == (
        "rego.terraform.policies.deny"
    )


def test_problems_block_as_what_was_not_examined() -> None:
    problems = (Problem(path="a.rego", line=3, why="bad"), Problem(path="", line=0, why="worse"))
    entries = not_examined(Evaluation(problems=problems), ".github/policies")
    assert [(entry.what, entry.why, entry.blocking) for entry in entries] == [
        (".github/policies/a.rego", "Line 3: bad.", True),
        (".github/policies", "worse.", True),
    ]


def test_an_evaluation_survives_its_bytes_and_nothing_else_is_taken_for_one() -> None:
    found = ask({"p.rego": SAMPLE, "bad.rego": "x"}, plan_of(change("aws_s3_bucket.site", {})))
    assert decode(encode(found)) == found
    raw = json.loads(encode(found))
    for key, value in (("results", None), ("rules", -1), ("results", [{**raw["results"][0], "severity": 9}]), ("x", 1)):
        with pytest.raises(BadResult):
            decode(json.dumps({**raw, key: value}).encode())
    long = {**raw["results"][0], "message": "m" * 5000}
    with pytest.raises(BadResult, match="longer than"):
        decode(json.dumps({**raw, "results": [long]}).encode())
    with pytest.raises(BadResult):
        decode(b"[" * 100_000)


def test_the_documentation_lists_the_functions_that_are_here() -> None:
    text = Path("docs/rego.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`([a-z0-9_.]+)`", text[text.index("These are:") : text.index("## How it runs")]))
    engine = {name for name in rego.builtins(rego.new_engine()) if not name.startswith("__")}
    assert listed == (engine | set(rego_builtins.ADDED)) - set(rego_builtins.REFUSED)


def test_the_policy_of_the_documentation_is_the_sample() -> None:
    text = Path("docs/rego.md").read_text(encoding="utf-8")
    written = text[text.index("```rego\n") + 8 : text.index("```\n\n## Try it")]
    assert messages(written, plan_of(change("aws_s3_bucket.site", {}))) == messages(
        SAMPLE, plan_of(change("aws_s3_bucket.site", {}))
    )
