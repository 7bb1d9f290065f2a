from __future__ import annotations

import pytest

from reviewer.judge.policy import (
    Mode,
    OnFailure,
    Policy,
    PolicyError,
    apply,
    combine,
    parse_organization,
    parse_policy_file,
)
from reviewer.model import Severity
from tests.judge.builders import TODAY, finding, result

FILE = ".github/plumbrule.yml"


def organization(text: str):
    return parse_organization(text, name="acme/.github:plumbrule.yml", today=TODAY)


def combined(organization_text: str, repository_text: str) -> Policy:
    repository = parse_policy_file(repository_text, name=FILE, today=TODAY)
    return combine(Policy(), organization(organization_text), repository)


def test_the_organization_is_laid_over_the_default_and_the_repository_over_both():
    policy = combined("defaults:\n  mode: audit\n  block_at: low\n", "block_at: critical\n")
    assert (policy.mode, policy.block_at, policy.comment_at) == (Mode.AUDIT, Severity.CRITICAL, Severity.MEDIUM)
    assert policy.notices == ()


def test_without_files_the_default_rules():
    assert combine(Policy(mode=Mode.AUDIT), None, None) == Policy(mode=Mode.AUDIT)
    assert combine(Policy(), organization(""), None) == Policy()


def test_lists_replace_and_rules_and_waivers_add():
    waiver = "waivers: [{rule: CKV_%s, path: a, reason: because, expires: 2030-01-01}]"
    org = "defaults:\n  paths: {exclude: [a], include: [x]}\n  rules: {CKV_1: off, CKV_2: low}\n  " + waiver % 1
    policy = combined(org, "paths: {exclude: [b]}\nrules: {CKV_2: high}\n" + waiver % 2)
    assert (policy.include, policy.exclude) == (("x",), ("b",))
    assert policy.rules == {"CKV_1": "off", "CKV_2": Severity.HIGH}
    assert [one.rule for one in policy.waivers] == ["CKV_1", "CKV_2"]


def locked(key: str, value: str = "") -> str:
    return f"locks: [{key}]\n" + (f"defaults:\n  {key}: {value}\n" if value else "")


@pytest.mark.parametrize(
    ("key", "organization_says", "repository_says", "attribute", "rules", "told"),
    [
        ("mode", "", "audit", "mode", Mode.ENFORCE, "audit is looser than enforce; expected enforce or tighter"),
        ("mode", "enforce", "enforce", "mode", Mode.ENFORCE, None),
        ("mode", "audit", "audit", "mode", Mode.AUDIT, None),
        ("mode", "audit", "enforce", "mode", Mode.ENFORCE, None),
        ("block_at", "high", "critical", "block_at", Severity.HIGH, "critical is looser than high"),
        ("block_at", "", "never", "block_at", Severity.HIGH, "never is looser than high"),
        ("block_at", "high", "medium", "block_at", Severity.MEDIUM, None),
        ("block_at", "never", "never", "block_at", None, None),
        ("comment_at", "low", "medium", "comment_at", Severity.LOW, "medium is looser than low"),
        ("comment_at", "low", "info", "comment_at", Severity.INFO, None),
        ("on_failure", "", "pass", "on_failure", OnFailure.BLOCK, "pass is looser than block"),
        ("on_failure", "pass", "block", "on_failure", OnFailure.BLOCK, None),
        ("skips", "ignore", "honor", "honor_skips", False, "honor is looser than ignore"),
        ("skips", "honor", "ignore", "honor_skips", False, None),
        ("skips", "honor", "honor", "honor_skips", True, None),
    ],
)
def test_a_locked_key_can_be_tightened_and_not_loosened(
    key, organization_says, repository_says, attribute, rules, told
):
    policy = combined(locked(key, organization_says), f"version: 1\n{key}: {repository_says}\n")
    assert getattr(policy, attribute) == rules
    assert policy.locks == (key,)
    if told is None:
        assert policy.notices == ()
    else:
        (notice,) = policy.notices
        assert notice.startswith(f"{FILE}:2: {key}: {told}")
        assert notice.endswith(f"the organization locked {key}, so this line does not count")


@pytest.mark.parametrize(
    ("organization_paths", "repository_paths", "include", "exclude", "told"),
    [
        ("{exclude: [a, b]}", "{exclude: [a]}", (), ("a",), []),
        ("{exclude: [a]}", "{exclude: []}", (), (), []),
        ("{exclude: [a]}", "{exclude: [a, c]}", (), ("a",), ["paths.exclude[1]: this excludes c"]),
        ("{include: [a]}", "{include: [a, b]}", ("a", "b"), (), []),
        ("{include: [a]}", "{include: []}", (), (), []),
        ("{include: [a, b]}", "{include: [a]}", ("a", "b"), (), ["paths.include: this leaves out some of a, b"]),
        ("{}", "{include: [a]}", (), (), ["paths.include: this leaves out some of everything"]),
    ],
)
def test_locked_paths_can_only_grow(organization_paths, repository_paths, include, exclude, told):
    policy = combined(locked("paths", organization_paths), f"paths: {repository_paths}")
    assert (policy.include, policy.exclude) == (include, exclude)
    assert len(policy.notices) == len(told)
    assert all(expected in notice for expected, notice in zip(told, policy.notices, strict=True))


@pytest.mark.parametrize(
    ("organization_rules", "repository_rules", "told"),
    [
        ("{}", "{CKV_1: off}", "rules.CKV_1: off is looser than any severity"),
        ("{CKV_1: off}", "{CKV_1: off}", None),
        ("{CKV_*: off}", "{CKV_1: off}", None),
        ("{CKV_1: off}", "{CKV_1: low}", None),
        ("{CKV_1: high}", "{CKV_1: low}", "rules.CKV_1: low is looser than high"),
        ("{CKV_1: critical}", "{'CKV_*': high}", "rules.CKV_*: high is looser than critical"),
        ("{CKV_*: critical}", "{CKV_1: high}", "rules.CKV_1: high is looser than critical"),
        ("{CKV_1: high}", "{CKV_1: critical}", None),
        ("{CKV_1: high}", "{CKV_2: low}", None),
    ],
)
def test_locked_rules_can_only_be_raised(organization_rules, repository_rules, told):
    policy = combined(locked("rules", organization_rules), f"rules: {repository_rules}")
    assert len(policy.notices) == (told is not None)
    assert all(told in notice for notice in policy.notices)


def severities(policy: Policy, *rules: str) -> list[Severity]:
    return [one.severity for one in apply(policy, result(*(finding(rule=rule) for rule in rules))).findings]


def test_where_rules_are_locked_a_severity_of_the_repository_is_a_floor():
    policy = combined(
        locked("rules", "{CKV_1: off, CKV_2: critical}"),
        "rules: {CKV_1: low, CKV_2: off, CKV_3: info, CKV_4: critical}",
    )
    assert severities(policy, "CKV_1", "CKV_2", "CKV_3", "CKV_4") == [
        Severity.LOW,
        Severity.CRITICAL,
        Severity.HIGH,
        Severity.CRITICAL,
    ]


def test_locked_waivers_are_the_organizations_alone():
    waiver = "[{rule: CKV_1, path: a, reason: because, expires: 2030-01-01}]"
    policy = combined(locked("waivers", waiver), f"waivers: {waiver.replace('CKV_1', 'CKV_2')}")
    assert [one.rule for one in policy.waivers] == ["CKV_1"]
    (notice,) = policy.notices
    assert notice.startswith(f"{FILE}:1: waivers[0]: only the organization waives")


def test_an_expired_waiver_of_the_organization_is_told_by_its_own_line():
    text = "defaults:\n  waivers:\n  - {rule: CKV_1, path: a, reason: because, expires: 2020-01-01}\n"
    (notice,) = combine(Policy(), organization(text), None).notices
    assert notice.startswith("acme/.github:plumbrule.yml:3: defaults.waivers[0].expires: this waiver expired")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mode: audit", "o.yml:1: mode: unknown key; expected one of version, defaults and locks"),
        ("lock: [mode]", "o.yml:1: lock: unknown key (did you mean locks?); expected"),
        ("locks: [mod]", "o.yml:1: locks[0]: 'mod' is not possible (did you mean mode?); expected mode, block_at"),
        ("locks: mode", "o.yml:1: locks: 'mode' is not possible; expected a list of keys"),
        ("defaults: [a]", "o.yml:1: defaults: a list is not possible; expected keys such as mode: enforce"),
        (
            "defaults:\n  mod: x",
            "o.yml:2: defaults.mod: unknown key (did you mean mode?); expected one of version, mode",
        ),
        ("defaults:\n  paths: {inclde: []}", "o.yml:2: defaults.paths.inclde: unknown key (did you mean include?)"),
        ("defaults:\n  waivers:\n  - rule: A", "o.yml:3: defaults.waivers[0].reason: missing; expected why"),
    ],
)
def test_problems_of_an_organizations_file_are_named_as_well(text, expected):
    with pytest.raises(PolicyError) as caught:
        parse_organization(text, name="o.yml", today=TODAY)
    assert expected in str(caught.value)


def test_workspaces_and_variable_files_add_up_and_the_rest_of_plan_replaces():
    org = "defaults:\n  plan: {workspaces: {envs/prod: [eu]}, max_destroys: 5, artifact: plans}\n"
    plan = combined(org, "plan: {workspaces: {.: [blue]}, var_files: {envs/prod/: [a.tfvars]}, max_destroys: 7}").plan
    assert plan.workspaces == {"envs/prod": ("eu",), "": ("blue",)}
    assert plan.var_files == {"envs/prod": ("a.tfvars",)}
    assert (plan.run, plan.max_destroys, plan.artifact, plan.max_cost_increase) == (True, 7, "plans", None)


@pytest.mark.parametrize(
    ("repository_says", "told"),
    [
        ("run: off", "plan.run: off is looser than on; expected on or tighter"),
        ("max_destroys: 6", "plan.max_destroys: 6 is looser than 5; expected 5 or tighter"),
        ("max_destroys: 4", None),
        ("max_cost_increase: 30", "plan.max_cost_increase: 30 is looser than 20; expected 20 or tighter"),
        ("artifact: mine", "plan.artifact: mine is another than tfplan; expected tfplan"),
        ("policies: mine", "plan.policies: mine is another than .github/plumbrule; expected .github/plumbrule"),
        ("workspaces: {a: [b]}", None),
    ],
)
def test_a_locked_plan_can_be_tightened_and_not_loosened(repository_says: str, told: str | None):
    org = "locks: [plan]\ndefaults:\n  plan: {max_destroys: 5, max_cost_increase: 20}\n"
    policy = combined(org, f"plan:\n  {repository_says}\n")
    expected = [f"{FILE}:2: {told}; the organization locked plan, so this line does not count"] if told else []
    assert list(policy.notices) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("plan: {run: maybe}", "plan.run: 'maybe'"),
        ("plan: {max_destroys: -1}", "plan.max_destroys"),
        ("plan: {max_destroys: many}", "plan.max_destroys"),
        ("plan: {workspaces: {envs: [a b]}}", "plan.workspaces.envs[0]: 'a b' cannot name a workspace"),
        ("plan: {workspaces: {../x: [a]}}", "plan.workspaces"),
        ("plan: {var_files: {x: [/etc/passwd]}}", "plan.var_files.x[0]: '/etc/passwd' is not a path"),
        ("plan: {arttifact: x}", "plan.arttifact: unknown key (did you mean artifact?)"),
    ],
)
def test_mistakes_in_plan_are_told_by_key(text: str, told: str):
    with pytest.raises(PolicyError) as error:
        parse_policy_file(text, name=FILE, today=TODAY)
    assert told in error.value.problems[0], error.value.problems


def test_what_is_demanded_adds_up_and_what_is_allowed_replaces():
    org = "defaults:\n  requirements: {required_tags: [owner], module_hosts: [github.com]}\n"
    asked = combined(org, "requirements: {required_tags: [team], module_hosts: [a.example], production: [p]}")
    assert asked.requirements.required_tags == ("owner", "team")
    assert asked.requirements.module_hosts == ("a.example",)
    assert asked.requirements.production == ("p",)


def test_locked_requirements_can_grow_and_allow_no_more():
    org = "locks: [requirements]\ndefaults:\n  requirements: {required_tags: [owner], module_hosts: [github.com]}\n"
    asked = combined(org, "requirements:\n  required_tags: [team]\n  module_hosts: [evil.example]\n")
    assert asked.requirements.required_tags == ("owner", "team")
    assert asked.requirements.module_hosts == ("github.com",)
    assert "requirements.module_hosts: this allows more than the organization does" in asked.notices[0]


def test_locked_standards_can_grow_and_not_shrink():
    org = "locks: [compliance]\ndefaults:\n  compliance: [cis]\n"
    assert combined(org, "compliance: [cis, pci]").compliance == ("cis", "pci")
    shrunk = combined(org, "compliance: [pci]")
    assert shrunk.compliance == ("cis",)
    assert "compliance: this leaves out some of cis" in shrunk.notices[0]


def test_locked_artifacts_of_other_tools_can_grow_and_not_shrink():
    org = "locks: [sarif]\ndefaults:\n  sarif: [trivy]\n"
    assert combined(org, "sarif: [kics, trivy, kics]").sarif == ("kics", "trivy")
    shrunk = combined(org, "sarif: [kics]")
    assert shrunk.sarif == ("trivy",)
    assert "sarif: this leaves out some of trivy" in shrunk.notices[0]
