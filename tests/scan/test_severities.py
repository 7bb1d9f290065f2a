"""The severity table covers Checkov, weighs the same idea the same everywhere, and tells its own mistakes."""

import json
import re
import sys
from pathlib import Path

import pytest

from reviewer.errors import Misconfigured
from reviewer.model import Severity
from reviewer.process import run
from reviewer.scan.explanations import explanation, title_from
from reviewer.scan.severities import read_table, severity_of, table, table_digest

Rules = dict[str, tuple[str, str]]
"""Rule -> (framework, Checkov's wording)."""


@pytest.fixture(scope="module")
def registered() -> Rules:
    """Every rule of the installed Checkov, asked in a process of its own: importing Checkov changes the process."""
    rules = json.loads(run([sys.executable, "-W", "ignore", "-m", "reviewer.derive.registered_rules"]).stdout)
    assert len(rules) > 1300
    chosen = {rule: list(about.items())[-1] for rule, about in rules.items()}
    return {rule: (framework, wording) for rule, (framework, (wording, _)) in chosen.items()}


AS_ONE = {
    "SSH open to the world": (
        Severity.HIGH,
        "CKV_AWS_24 CKV_AZURE_10 CKV_GCP_2 CKV_ALI_2 CKV_NCP_4 CKV_OCI_19 CKV_OCI_22 CKV_OPENSTACK_2 CKV_AWS_100",
    ),
    "RDP open to the world": (
        Severity.HIGH,
        "CKV_AWS_25 CKV_AZURE_9 CKV_GCP_3 CKV_ALI_3 CKV_NCP_5 CKV_OCI_20 CKV2_OCI_2 CKV_OPENSTACK_3",
    ),
    "every port open to the world": (Severity.HIGH, "CKV_AWS_277 CKV2_GCP_12 CKV_YC_19 CKV_YC_20 CKV_TC_8 CKV_DIO_4"),
    "port 80 open to the world": (Severity.LOW, "CKV_AWS_260 CKV_AZURE_160 CKV_GCP_106 CKV_NCP_25"),
    "publicly readable bucket": (
        Severity.HIGH,
        "CKV_AWS_20 CKV2_AWS_43 CKV_AZURE_34 CKV_GCP_28 CKV_ALI_1 CKV_OCI_10 CKV_YC_17 CKV_DIO_3",
    ),
    "guard rail against public data off": (
        Severity.MEDIUM,
        "CKV_AWS_53 CKV_AWS_54 CKV_AWS_55 CKV_AWS_56 CKV2_AWS_6 CKV_GCP_114 CKV_AZURE_190",
    ),
    "database open to the internet": (
        Severity.HIGH,
        "CKV_AWS_17 CKV_AWS_87 CKV_AZURE_11 CKV2_AZURE_34 CKV_GCP_11 CKV_ALI_9 CKV_TC_9 CKV_YC_12",
    ),
    "policy that allows everything": (Severity.CRITICAL, "CKV_AWS_1 CKV_AWS_62"),
    "resource that everybody may use": (
        Severity.HIGH,
        "CKV_AWS_32 CKV_AWS_33 CKV_AWS_168 CKV_AWS_169 CKV_GCP_99 CKV_GCP_101",
    ),
    "hard-coded credential": (
        Severity.CRITICAL,
        "CKV_AWS_41 CKV_AWS_45 CKV_AWS_46 CKV_AZURE_45 CKV_OCI_1 CKV_LIN_1 CKV_PAN_1 CKV_SECRET_2 CKV_SECRET_13",
    ),
    "database without encryption": (
        Severity.HIGH,
        "CKV_AWS_16 CKV_AWS_96 CKV_AWS_64 CKV_AWS_44 CKV2_AZURE_25 CKV_ALI_22",
    ),
    "disk without encryption": (Severity.MEDIUM, "CKV_AWS_3 CKV_AWS_8 CKV_AZURE_2 CKV_ALI_7 CKV_TC_1 CKV_NCP_6"),
    "no key of one's own": (
        Severity.LOW,
        "CKV_AWS_145 CKV_AWS_119 CKV2_AZURE_1 CKV_AZURE_100 CKV_GCP_37 CKV_GCP_83 CKV_OCI_9",
    ),
    "key never rotated": (Severity.LOW, "CKV_AWS_7 CKV_GCP_43 CKV_ALI_27 CKV_YC_9"),
    "plain transport": (
        Severity.MEDIUM,
        "CKV_AWS_2 CKV_AWS_83 CKV_AZURE_3 CKV_AZURE_29 CKV_GCP_6 CKV_ALI_20 CKV_TC_12",
    ),
    "old TLS": (Severity.MEDIUM, "CKV_AWS_103 CKV_AWS_174 CKV_AZURE_44 CKV_AZURE_15 CKV_AZURE_52 CKV_GCP_4 CKV_ALI_33"),
    "no flow log": (Severity.MEDIUM, "CKV2_AWS_11 CKV_GCP_26 CKV_TC_14"),
    "privileged container": (Severity.HIGH, "CKV_K8S_16 CKV_K8S_2 CKV_AWS_334 CKV_AWS_210"),
    "container runs as root": (Severity.MEDIUM, "CKV_K8S_23 CKV_K8S_6 CKV_DOCKER_3 CKV_DOCKER_8 CKV_ARGO_2"),
    "image without a fixed tag": (
        Severity.MEDIUM,
        "CKV_K8S_14 CKV_DOCKER_7 CKV_AZUREPIPELINES_1 CKV_BITBUCKETPIPELINES_1 CKV_CIRCLECIPIPELINES_1",
    ),
    "stranger's text run as a command": (Severity.HIGH, "CKV_GHA_2 CKV_CIRCLECIPIPELINES_6"),
    "trust in GitHub Actions too wide": (Severity.HIGH, "CKV_AWS_358 CKV_AWS_393 CKV_AZURE_249 CKV_GCP_125"),
    "cluster without authorization": (Severity.HIGH, "CKV_AZURE_5 CKV_GCP_7 CKV_K8S_74 CKV_K8S_139"),
    "cluster API open to the world": (Severity.MEDIUM, "CKV_AWS_38 CKV_AZURE_6 CKV_GCP_18 CKV_GCP_20"),
    "anybody may call a function": (Severity.HIGH, "CKV_AWS_258 CKV_AWS_301 CKV_GCP_102 CKV_GCP_107"),
    "no versions of objects": (Severity.LOW, "CKV_AWS_21 CKV_GCP_78 CKV_ALI_10 CKV_OCI_8 CKV_DIO_1"),
    "no deletion protection of data": (Severity.MEDIUM, "CKV_AWS_293 CKV_AWS_139 CKV_GCP_121 CKV_AZURE_110"),
}


@pytest.mark.parametrize("idea", AS_ONE)
def test_the_same_idea_weighs_the_same_in_every_cloud(idea):
    severity, rules = AS_ONE[idea]
    assert {rule: severity_of(rule, "terraform") for rule in rules.split()} == dict.fromkeys(rules.split(), severity)


def test_few_rules_block_by_default():
    severities = [concept.severity for concept in table().rules.values()]
    share = {severity: severities.count(severity) / len(severities) for severity in Severity}
    assert share[Severity.CRITICAL] < 0.03
    assert 0.08 < share[Severity.HIGH] < 0.15
    assert 0.25 < share[Severity.MEDIUM] < 0.40


def test_an_id_that_means_two_things_weighs_by_its_framework():
    assert severity_of("CKV_AZURE_131", "terraform") is Severity.INFO
    assert severity_of("CKV_AZURE_131", "arm") is severity_of("CKV_AZURE_131", "bicep") is Severity.CRITICAL


def test_a_rule_that_the_table_does_not_name_weighs_by_framework_or_category():
    assert severity_of("CKV_SECRET_9999", "secrets") is Severity.HIGH
    assert severity_of("CKV_NEW_1", "terraform", "LOGGING") is Severity.LOW
    assert severity_of("CKV_NEW_1", "terraform", "no such category") is Severity.MEDIUM


def test_every_concept_says_why_and_what_to_do():
    for concept in set(table().rules.values()):
        assert concept.why.endswith(".") and concept.remedy.endswith("."), concept.name


@pytest.mark.slow
def test_every_rule_of_the_installed_checkov_is_in_the_table(registered):
    missing = sorted(rule for rule in registered if rule not in table().rules)
    assert missing == []


@pytest.mark.slow
def test_the_table_and_the_explanations_name_no_rule_that_checkov_does_not_have(registered):
    others = re.compile(r"zizmor\.[a-z-]+|DL\d{4}")
    ours = [rule for rule in table().rules if not others.fullmatch(rule)]
    assert sorted(rule for rule in ours if rule.partition("@")[0] not in registered) == []
    texts = Path(__file__).parents[2].joinpath("config/explanations.yml").read_text()
    named = {line.strip('":').partition("@")[0] for line in texts.splitlines() if line.lstrip('"').startswith("CKV")}
    assert sorted(named - registered.keys()) == []


@pytest.mark.slow
def test_every_title_is_a_short_line_that_says_what_is_wrong(registered):
    titles = {rule: explanation(rule, framework, name).title for rule, (framework, name) in registered.items()}
    assert all(title and "\n" not in title for title in titles.values())
    for oddity in ("do not do not", "not not", "does not no", "n't not", "not no "):
        assert [rule for rule, title in titles.items() if oddity in title] == []


@pytest.mark.slow
def test_no_title_that_gets_a_comment_says_what_should_be_instead(registered):
    told = {
        rule: explanation(rule, framework, name).title
        for rule, (framework, name) in registered.items()
        if table().rules[rule if rule in table().rules else f"{rule}@{framework}"].severity >= Severity.MEDIUM
    }
    assert [title for title in told.values() if title.startswith(("Ensure", "Make sure", "Do not", "Avoid"))] == []


@pytest.mark.parametrize(
    ("wording", "title"),
    [
        ("Ensure the key is rotated", "The key is not rotated"),
        ("Ensure that MQ Broker is not publicly exposed", "MQ Broker is publicly exposed"),
        ("Ensure IAM policies does not allow privilege escalation", "IAM policies allow privilege escalation"),
        ("Ensure RDS instances has backup policy", "RDS instances do not have backup policy"),
        ("Ensure that ECS services do not have public IP addresses", "ECS services have public IP addresses"),
        ("Ensure no security groups allow ingress from 0.0.0.0:0 to port 22", None),
        ("Ensure all data stored in the EBS is securely encrypted", None),
        ("Ensure X is on and Y is off", None),
        ("CPU limits should be set", None),
        ("Suspicious use of curl with secrets", None),
        ("", None),
    ],
)
def test_a_title_is_turned_round_only_where_the_grammar_is_plain(wording, title):
    assert title_from(wording) == (wording if title is None else title)


def test_an_explanation_is_the_written_one_then_the_concept_then_checkovs_words():
    ssh = explanation("CKV_AWS_24", "terraform", "Ensure no security groups allow ingress from 0.0.0.0:0 to port 22")
    assert ssh.title == "SSH is open to the whole internet"
    assert ssh.why == "Anyone can reach the login of every instance in this group."
    assert "Session Manager" in ssh.remedy
    trail = explanation("CKV_AWS_251", "terraform", "Ensure CloudTrail logging is enabled")
    assert trail.title == "CloudTrail logging is not enabled"
    assert trail.why == "Nobody can tell afterwards who did what."
    new = explanation("CKV_NEW_1", "terraform", "Do something")
    assert (new.title, new.why, new.remedy) == ("Do something", "", "")
    assert explanation("CKV_NEW_1").title == "CKV_NEW_1"
    assert explanation("CKV_AZURE_131", "arm").title == "Secret parameter has a default value"


def test_a_table_with_mistakes_names_all_of_them(tmp_path):
    (tmp_path / "one.yml").write_text(
        "concepts:\n  a: {severity: grave, why: w., remedy: r., rules: [CKV_1, CKV_2]}\n"
        "  b: {severity: low, why: w., remedy: r., rules: [CKV_2]}\n  c: {severity: low}\n"
    )
    (tmp_path / "two.yml").write_text("concepts: {\n")
    (tmp_path / "three.yml").write_text("rules: {}\n")
    (tmp_path / "defaults.yml").write_text("frameworks: {secrets: bad}\ncategories: {}\notherwise: medium\n")
    with pytest.raises(Misconfigured) as error:
        read_table(tmp_path)
    problems = error.value.problems
    assert [problem.split(": ")[:2] for problem in problems] == [
        ["one.yml", "a"],
        ["one.yml", "b"],
        ["one.yml", "c"],
        ["three.yml", "expected the one key concepts"],
        ["two.yml", "cannot be read"],
        ["defaults.yml", "frameworks"],
    ]


def test_the_digest_of_the_table_is_stable():
    assert table_digest() == table_digest() and len(table_digest()) == 16
