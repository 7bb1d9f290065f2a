from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.judge.policy import (
    Mode,
    OnFailure,
    Policy,
    PolicyError,
    apply,
    apply_rules,
    digest,
    parse_organization,
    parse_policy,
    parse_policy_file,
    policy_schema,
)
from reviewer.model import Comparison, NotExamined, Severity, Waiver
from tests.judge.builders import TODAY, finding, result, span

CONFIG = Path(__file__).parents[2] / "config"
FULL = """\
version: 1
mode: audit
block_at: critical
comment_at: never
on_failure: pass
skips: ignore
paths:
  include: [infra/**]
  exclude:
    - infra/legacy
rules:
  CKV_AWS_18: off
  "CKV_K8S_*": low
waivers:
  - rule: CKV_AWS_20
    resource: aws_s3_bucket.site
    path: infra/site/**
    reason: " the public web site "
    expires: 2027-03-31
    approved_by: "@acme/security"
"""


def parse(text: str) -> Policy:
    return parse_policy(text, name="p.yml", today=TODAY)


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as caught:
        parse(text)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_every_key_is_read():
    assert parse(FULL) == Policy(
        mode=Mode.AUDIT,
        block_at=Severity.CRITICAL,
        comment_at=None,
        on_failure=OnFailure.PASS,
        honor_skips=False,
        include=("infra/**",),
        exclude=("infra/legacy",),
        rules={"CKV_AWS_18": "off", "CKV_K8S_*": Severity.LOW},
        waivers=(
            Waiver(
                rule="CKV_AWS_20",
                resource="aws_s3_bucket.site",
                path="infra/site/**",
                reason="the public web site",
                expires=date(2027, 3, 31),
                approved_by="@acme/security",
            ),
        ),
    )


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "---\n", "version: 1", "rules:\nwaivers:\npaths:\n", "paths: {include: }"]
)
def test_what_is_not_said_is_the_default(text):
    assert parse(text) == Policy()


def test_the_default_policy_is_what_the_code_takes_for_granted():
    superseded = {"CKV_TF_1": "off", "CKV_TF_2": "off"}
    assert parse((CONFIG / "policy.yml").read_text()) == Policy(rules=superseded)


def test_every_example_in_the_default_policy_is_valid_when_it_is_uncommented():
    lines = [re.sub("^(  (?:  )?)# ?", r"\1", line) for line in (CONFIG / "policy.yml").read_text().splitlines()]
    policy = parse("\n".join(lines))
    assert policy.exclude == ("examples/**",)
    assert set(policy.rules) == {"CKV_TF_1", "CKV_TF_2", "CKV_AWS_18", "CKV_AWS_24", "CKV_K8S_*", "PLB_SKIP_1"}
    assert len(policy.waivers) == 1
    assert policy.choices["private_cidr"] == "10.0.0.0/8"


def test_the_published_schema_is_current():
    assert json.loads((CONFIG / "policy.schema.json").read_text()) == policy_schema()


def test_the_schema_accepts_what_the_parser_accepts():
    jsonschema.Draft202012Validator.check_schema(policy_schema())
    validator = jsonschema.Draft202012Validator(policy_schema())
    assert validator.is_valid(
        yaml.load((CONFIG / "policy.yml").read_text(), yaml.BaseLoader)
        | {"version": 1, "paths": None, "rules": None, "waivers": None, "fixes": {"suggest": "on", "choices": None}}
        | {
            "plan": {"run": "on", "workspaces": None, "var_files": None, "max_destroys": 10},
            "requirements": {"production": None, "required_tags": None},
            "compliance": None,
            "sarif": None,
        }
    )
    assert validator.is_valid({"rules": {"CKV_*": "off"}, "paths": {"include": None, "exclude": ["a"]}})
    assert not validator.is_valid({"mod": "audit"})
    assert not validator.is_valid({"rules": {"a b": "off"}})
    assert not validator.is_valid({"waivers": [{"rule": "X", "reason": "because", "expires": "2027-01-01"}]})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("blok_at: high", "p.yml:1: blok_at: unknown key (did you mean block_at?); expected one of version, mode"),
        ("\nzzz: 1", "p.yml:2: zzz: unknown key; expected one of version, mode"),
        ("a.b: 1", "p.yml:1: a.b: unknown key; expected one of version"),
        (
            "mode: Enforce",
            "p.yml:1: mode: 'Enforce' is not possible (did you mean enforce?); expected audit or enforce",
        ),
        ("mode:", "p.yml:1: mode: nothing is not possible; expected audit or enforce"),
        ("version: 2", "p.yml:1: version: 2 is not possible; expected 1"),
        (
            "block_at: hihg",
            "'hihg' is not possible (did you mean high?); expected critical, high, medium, low, info or never",
        ),
        ("comment_at: [high]", "comment_at: a list is not possible; expected critical, high"),
        ("on_failure: true", "on_failure: 'true' is not possible; expected block or pass"),
        ("skips: honour", "skips: 'honour' is not possible (did you mean honor?); expected honor or ignore"),
        ("paths: infra", "p.yml:1: paths: 'infra' is not possible; expected include and exclude"),
        (
            "paths:\n  exclude: infra",
            "p.yml:2: paths.exclude: 'infra' is not possible; expected a list of path patterns",
        ),
        ("paths:\n  exclude:\n  - a\n  - /etc", "p.yml:4: paths.exclude[1]: '/etc' is not a path in the repository"),
        ("paths: {include: [../x]}", "paths.include[0]: '../x' is not a path in the repository"),
        ("paths: {include: ['a\\b']}", "is not a path in the repository"),
        ("paths: {include: ['']}", "paths.include[0]: '' is not a path in the repository"),
        ("paths: {include: [7]}", "paths.include[0]: 7 is not possible; expected a path pattern"),
        (
            "paths: {includes: []}",
            "paths.includes: unknown key (did you mean include?); expected one of include and exclude",
        ),
        ("rules: [CKV_1]", "rules: a list is not possible; expected rules with off or a severity"),
        ("rules:\n  a: off\n  CKV_1: of", "p.yml:3: rules.CKV_1: 'of' is not possible (did you mean off?)"),
        ("rules: {CKV_1: {a: b}}", "rules.CKV_1: a mapping is not possible; expected off, critical"),
        ("rules: {'a b': off}", "rules.a b: 'a b' cannot name a rule; expected one such as CKV_AWS_24"),
        ('rules: {? "a\\nb" : off}', "rules.'a\\nb': 'a\\nb' cannot name a rule"),
        ("waivers: {}", "waivers: a mapping is not possible; expected a list of waivers"),
        ("waivers: [x]", "waivers[0]: 'x' is not possible; expected rule, resource or path, reason and expires"),
        ("- a", "p.yml:1: a list is not possible; expected keys such as mode: enforce"),
        ("just words", "p.yml:1: 'just words' is not possible; expected keys"),
        ("mode: audit\nmode: enforce", "p.yml:2: mode: given twice (first in line 1); expected once"),
        ("rules:\n  A: off\n  A: [x]\n", "p.yml:3: rules.A: given twice (first in line 2)"),
        ("mode: &m audit", "p.yml:1: mode: an anchor (&); expected a plain value"),
        ("mode: *m", "p.yml:1: mode: an alias (*); expected the value itself"),
        ("*m", "p.yml:1: an alias (*); expected the value itself"),
        ("<<: {mode: audit}", "p.yml:1: <<: unknown key"),
        ("mode: !!python/object/apply:os.system audit", "p.yml:1: mode: a tag (!); expected a plain value"),
        ("mode: audit\n---\nmode: enforce", "p.yml:2: a second document begins; expected one"),
        ("? [a]\n: b", "p.yml:1: a key that is not a word; expected words as keys"),
        ("rules:\n\tA: off", "p.yml:2: not YAML: a tab; expected spaces"),
        ("mode: audit\n  x: y", "p.yml:2: not YAML: mapping values are not allowed here"),
        ("mode: 'audit", "p.yml:1: not YAML: found unexpected end of stream"),
        ("a: b\nmode: \x07", "p.yml:2: a character that YAML does not allow; expected text"),
        pytest.param("[" * 100, "p.yml:1: nested too deep; expected at most 8 levels", id="deep"),
        pytest.param("{" * 60_000, "p.yml:1: ", id="braces"),
        pytest.param("#" * 70_000, "p.yml:1: the file is too large; expected at most 65536 bytes", id="large"),
        ("mode: \udc80", "p.yml:1: a character that YAML does not allow"),
    ],
)
def test_a_problem_names_file_line_key_and_what_was_expected(text, expected):
    problems = problems_of(text)
    assert len(problems) == 1
    assert expected in problems[0]


def test_all_problems_are_told_at_once_in_the_order_of_lines():
    text = "mode: on\nrules: {A: [], A: off}\nblock_at: *x\ncomment_at: &a nev\nwaivers:\n- rule: 1\n"
    assert [line.split(": ")[:2] for line in problems_of(text)] == [
        ["p.yml:1", "mode"],
        ["p.yml:2", "rules.A"],
        ["p.yml:2", "rules.A"],
        ["p.yml:3", "block_at"],
        ["p.yml:4", "comment_at"],
        ["p.yml:4", "comment_at"],
        ["p.yml:6", "waivers[0].rule"],
        ["p.yml:6", "waivers[0].reason"],
        ["p.yml:6", "waivers[0].expires"],
    ]


def test_a_file_of_nothing_but_problems_tells_the_first_fifty():
    assert len(problems_of("".join(f"k{n}: 1\n" for n in range(500)))) == 50


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("? " * 30_000, id="keys"),
        pytest.param("waivers:\n" + "- {}\n" * 8_000, id="waivers"),
        pytest.param("a: [" + "x," * 10_000 + "]", id="list"),
        pytest.param("&a " * 20_000, id="anchors"),
    ],
)
def test_a_hostile_file_is_refused_in_little_time(text):
    started = time.perf_counter()
    problems_of(text)
    assert time.perf_counter() - started < 5


@settings(max_examples=60, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("abm :-[]{}#&*!|>'\"%@`,?\n\t0\x00é\ud800"), max_size=60) | st.text(max_size=40)
)
def test_any_text_is_a_policy_or_a_policy_error(text):
    try:
        parse(text)
    except PolicyError as error:
        assert error.problems
        assert all(problem.startswith("p.yml:") and "\n" not in problem for problem in error.problems)


# waivers

WAIVER = "waivers:\n- rule: CKV_1\n  path: a/**\n  reason: {reason}\n  expires: {expires}\n"


@pytest.mark.parametrize(
    ("reason", "expires", "expected"),
    [
        ("'  '", "2027-01-01", "waivers[0].reason: '  ' is no reason; expected why the risk is accepted"),
        ("ok", "2027-01-01", "waivers[0].reason: 'ok' is no reason"),
        ("", "2027-01-01", "waivers[0].reason: nothing is not possible; expected why the risk is accepted"),
        ("because", "2027-02-30", "waivers[0].expires: '2027-02-30' is not a day; expected a date such as 2027-03-31"),
        ("because", "20270101", "waivers[0].expires: 20270101 is not possible; expected a date such as 2027-03-31"),
        ("because", "never", "waivers[0].expires: 'never' is not a day"),
        ("because", "'1700000000'", "waivers[0].expires: '1700000000' is not a day"),
    ],
)
def test_a_waiver_needs_a_reason_and_a_last_day(reason, expires, expected):
    (problem,) = problems_of(WAIVER.format(reason=reason, expires=expires))
    assert expected in problem


def test_a_waiver_needs_a_place():
    (problem,) = problems_of("waivers:\n- rule: CKV_1\n  reason: because\n  expires: 2027-01-01\n")
    assert problem.startswith("p.yml:2: waivers[0]: it would cover the whole repository; expected resource or path")


def test_a_waiver_of_a_blank_resource_is_a_problem():
    text = "waivers: [{rule: A, resource: ' ', reason: because, expires: 2027-01-01}]"
    assert "waivers[0].resource: it is blank" in problems_of(text)[0]


def test_an_expired_waiver_is_a_notice_and_no_error():
    policy = parse(WAIVER.format(reason="because", expires="2026-11-20"))
    assert policy.notices == ("p.yml:5: waivers[0].expires: this waiver expired on 2026-11-20; it no longer counts",)
    assert parse(WAIVER.format(reason="because", expires="2026-11-21")).notices == ()


# apply


def applied(policy: Policy, *findings, not_examined=()):
    return apply(policy, result(*findings, not_examined=not_examined))


def test_rules_that_are_off_are_dropped_and_severities_overridden():
    policy = Policy(rules={"CKV_1": "off", "CKV_2": Severity.LOW})
    kept = applied(policy, *(finding(rule=f"CKV_{number}") for number in (1, 2, 3, 2))).findings
    assert [(one.rule, one.severity) for one in kept] == [
        ("CKV_2", Severity.LOW),
        ("CKV_3", Severity.HIGH),
        ("CKV_2", Severity.LOW),
    ]


def test_the_most_specific_pattern_counts():
    policy = Policy(
        rules={"*": "off", "CKV_AWS_*": Severity.LOW, "CKV_AWS_2?": Severity.INFO, "ckv_aws_24": Severity.CRITICAL}
    )
    kept = applied(
        policy, *(finding(rule=rule) for rule in ("CKV_AWS_24", "CKV_AWS_25", "CKV_AWS_3", "CKV_K8S_1"))
    ).findings
    assert [one.severity for one in kept] == [Severity.CRITICAL, Severity.INFO, Severity.LOW]


@pytest.mark.parametrize(
    ("include", "exclude", "path", "root", "kept"),
    [
        ((), (), "a/main.tf", "", True),
        (("infra/**",), (), "infra/main.tf", "", True),
        (("infra/**",), (), "docs/main.tf", "", False),
        (("infra/**",), (), "modules/m/main.tf", "infra", True),
        ((), ("examples",), "examples/main.tf", "", False),
        ((), ("examples/**",), "modules/m/main.tf", "examples", False),
        (("infra",), ("infra/legacy/**",), "infra/legacy/main.tf", "infra/legacy", False),
    ],
)
def test_paths_say_which_files_and_roots_are_reviewed(include, exclude, path, root, kept):
    policy = Policy(include=include, exclude=exclude)
    assert bool(applied(policy, finding(path=path, root=root)).findings) is kept


@pytest.mark.parametrize(
    ("include", "exclude", "entry", "kept"),
    [
        ((), ("legacy/**",), NotExamined(what="legacy (terraform)", why="x"), False),
        ((), ("legacy/**",), NotExamined(what="legacy/a.tf", why="x", span=span("legacy/a.tf", 1)), False),
        ((), ("legacy/**",), NotExamined(what="infra", why="x"), True),
        (("infra/**",), (), NotExamined(what="docs/a.tf", why="x", span=span("docs/a.tf", 1)), False),
        (("infra/**",), (), NotExamined(what="infra/a.tf", why="x", span=span("infra/a.tf", 1)), True),
        (("infra/**",), (), NotExamined(what="infra", why="x", span=span("modules/a.tf", 1)), True),
        (("infra/**/*.tf",), (), NotExamined(what="infra", why="x"), True),
        ((), (), NotExamined(what="a.tf", why="x", span=span("a.tf", 1)), True),
    ],
)
def test_what_was_not_examined_counts_unless_the_policy_never_wanted_it(include, exclude, entry, kept):
    policy = Policy(include=include, exclude=exclude)
    assert bool(applied(policy, not_examined=[entry]).not_examined) is kept


def test_skips_are_honoured_or_laid_bare():
    muted = finding(skip_reason="x")
    assert applied(Policy(), muted).findings == (muted,)
    assert applied(Policy(honor_skips=False), muted).findings == (replace(muted, skip_reason=None),)


def test_applying_twice_changes_nothing():
    policy = Policy(
        rules={"CKV_1": Severity.LOW}, floors={"CKV_2": Severity.CRITICAL}, honor_skips=False, exclude=("x",)
    )
    once = applied(policy, finding(rule="CKV_1"), finding(rule="CKV_2", skip_reason=""), finding(path="x/y"))
    assert apply(policy, once) == once


def test_rules_apply_to_what_comparing_added():
    policy = Policy(rules={"PLB_SKIP_1": "off", "CKV_1": Severity.LOW})
    skip, other = finding(rule="PLB_SKIP_1"), finding(rule="CKV_1")
    comparison = apply_rules(
        policy, Comparison(introduced=(skip, other), fixed=(skip,), standing=(other,), muted=(other,))
    )
    low = replace(other, severity=Severity.LOW)
    assert comparison == Comparison(introduced=(low,), standing=(low,), muted=(low,))


def test_the_digest_names_what_is_asked_for():
    assert digest(parse(FULL)) == digest(parse(FULL + "# a comment\n"))
    assert digest(parse(FULL)) != digest(Policy())
    assert digest(Policy(notices=("x",))) == digest(Policy())
    assert len(digest(Policy())) == 8
    assert int(digest(Policy()), 16) >= 0


def test_a_policy_file_says_what_it_gives():
    file = parse_policy_file("mode: enforce", name="p.yml", today=TODAY)
    assert file.gives("mode")
    assert not file.gives("skips")


def test_the_examples_of_the_reference_are_valid_and_every_key_stands_in_it():
    reference = (CONFIG.parent / "docs" / "policy.md").read_text()
    repository, organization = re.findall(r"```yaml\n(.*?)```", reference, re.DOTALL)
    assert parse(repository).waivers
    assert parse_organization(organization, name="o.yml", today=TODAY).locks
    assert all(f"`{key}" in reference for key in policy_schema()["properties"])
