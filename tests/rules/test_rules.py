"""Every rule finds what its bad examples mark, and nothing in its good ones."""

import re
import time
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reviewer.model import Finding, Severity
from reviewer.rules import RULES, Directory, run_rules
from reviewer.rules.rule import Settings

EXAMPLES = Path(__file__).parent
EXPECT = re.compile(rb"(?:#|//) expect\s*$")

SETTINGS = {
    "PLB_STATE_7": Settings(production=("envs/prod*",)),
    "PLB_STATE_12": Settings(encrypted_state=("**",)),
    "PLB_PROVIDER_3": Settings(provider_namespaces=("trusted-team",)),
    "PLB_TAG_1": Settings(required_tags=("owner", "cost-center")),
}
"""What an organization has set where the examples of a rule need it."""


def _examples(kind: str) -> list[Path]:
    return sorted(path for path in EXAMPLES.glob(f"PLB_*/{kind}*") if path.is_dir())


def _run(example_: Path) -> list[Finding]:
    """Run all rules over an example, directory by directory as a review does."""
    directories: dict[str, dict[str, bytes]] = defaultdict(dict)
    for path in sorted(example_.rglob("*")):
        if path.is_file() and path.name != "expected.txt":
            name = path.relative_to(example_).as_posix()
            directories[name.rpartition("/")[0]][name] = path.read_bytes()
    decided = SETTINGS.get(example_.parent.name, Settings())
    found = [run_rules(Directory(path=path, files=files, settings=decided)) for path, files in directories.items()]
    return [finding for findings in found for finding in findings]


def _expected(example_: Path) -> list[str]:
    listed = example_ / "expected.txt"
    lines = listed.read_text().split() if listed.exists() else []
    for path in sorted(example_.rglob("*")):
        if path.is_file():
            marked = enumerate(path.read_bytes().split(b"\n"), 1)
            name = path.relative_to(example_).as_posix()
            lines += [f"{name}:{number}" for number, line in marked if EXPECT.search(line)]
    return sorted(lines)


def _find(text: str | bytes, path: str = "main.tf") -> tuple[Finding, ...]:
    source = text.encode() if isinstance(text, str) else text
    return run_rules(Directory(path="", files={path: source}))


@pytest.mark.parametrize("example_", _examples("bad"), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_bad_example_is_found_at_the_lines_it_marks(example_):
    expected = _expected(example_)
    found = _run(example_)
    assert expected
    assert sorted(str(finding.span) for finding in found) == expected
    assert {finding.rule for finding in found} == {example_.parent.name}


@pytest.mark.parametrize("example_", _examples("good"), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_good_example_has_no_finding(example_):
    assert _run(example_) == []


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if rule.id != "PLB_SKIP_1"], ids=lambda rule: rule.id)
def test_a_rule_has_texts_references_and_two_examples_of_each_kind(rule):
    assert len(list((EXAMPLES / rule.id).glob("bad*"))) >= 2
    assert len(list((EXAMPLES / rule.id).glob("good*"))) >= 2
    assert rule.title and rule.why.endswith(".") and rule.remedy.endswith(".")
    assert all(reference.startswith("https://") for reference in rule.references) and rule.references


def test_the_rules_are_listed_under_their_own_ids_and_the_skip_rule_only_lends_its_texts():
    assert [rule.id for rule in RULES.values()] == list(RULES)
    assert RULES["PLB_STATE_1"].severity is Severity.CRITICAL
    assert not RULES["PLB_SKIP_1"].check(Directory(path="", files={"main.tf": b"#checkov:skip=CKV_AWS_24"}))


def test_a_finding_carries_the_block_the_resource_and_the_evidence():
    source = b'module "vpc" {\n  count  = 1\n  source = "github.com/org/vpc"\n}\n'
    (finding,) = run_rules(Directory(path="infra", files={"infra/main.tf": source}))
    assert (finding.span.start_line, finding.block.start_line, finding.block.end_line) == (3, 1, 4)
    assert finding.resource == "module.vpc"
    assert finding.evidence == 'source = "github.com/org/vpc"'
    assert finding.scanner == "plumbrule" and finding.guideline
    assert "default branch" in finding.message


def test_carriage_returns_and_a_byte_order_mark_do_not_move_lines():
    source = b'\xef\xbb\xbf\r\nmodule "vpc" {\r\n  source = "github.com/org/vpc"\r\n}\r\n'
    assert [str(finding.span) for finding in _find(source)] == ["main.tf:3"]
    state = b'\xef\xbb\xbf{"version": 4,\r\n"serial": 1, "lineage": "x", "resources": [{"type": "a"}]}'
    assert [finding.rule for finding in _find(state, "terraform.tfstate")] == ["PLB_STATE_1"]


def test_what_parses_of_a_broken_file_is_still_looked_at():
    module = 'module "{0}" {{\n  source = "github.com/org/{0}"\n}}\n\n'
    source = (
        module.format("a") + 'resource "x" "y" {\n  a = = 1\n}\n\n' + module.format("b") + "resource {\n  a = [1,\n"
    )
    assert [(finding.resource, finding.span.start_line) for finding in _find(source)] == [
        ("module.a", 2),
        ("module.b", 10),
    ]


def test_hostile_names_are_carried_as_they_are():
    source = 'module "<img src=x>\\u0000@team" {\n  source = "github.com/org/vpc"\n}\n'
    (finding,) = _find(source, "a b/[x](y).tf")
    assert finding.path == "a b/[x](y).tf"
    assert "<img src=x>" in finding.resource


def test_a_policy_in_a_yaml_alias_is_not_followed():
    source = "a: &a {Statement: [{Effect: Allow, Principal: {Federated: token.actions.githubusercontent.com}}]}\n"
    bomb = source + "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}' if n else '*a'] * 9)}]\n" for n in range(12))
    started = time.monotonic()
    assert len(_find(bomb, "x.yaml")) == 1
    assert time.monotonic() - started < 2


def test_deep_and_long_documents_end_quickly():
    host = b'"token.actions.githubusercontent.com"'
    started = time.monotonic()
    for source, path in (
        (b"[" * 100_000 + host, "a.json"),
        (b"[" * 100_000 + host, "a.yaml"),
        (b'{"a":' * 50_000 + host + b"}" * 50_000, "a.json"),
        (b"# token.actions.githubusercontent.com\n" + b"a: " + b"{a: " * 10_000, "a.yml"),
        (b"x = " + b"[" * 20_000 + host + b"]" * 20_000, "a.tf"),
        (b'module "m" {\n  source = "' + b"a/" * 400_000 + b'"\n}', "b.tf"),
        (b'{"planned_values": "terraform_version": "' + b"\\\\" * 300_000, "plan.json"),
    ):
        assert _find(source, path) == ()
    assert time.monotonic() - started < 10


def test_the_text_of_one_huge_line_is_cut():
    source = b'module "m" {\n  source = "github.com/org/vpc?ref=' + b"a" * 500_000 + b'"\n}\n'
    (finding,) = _find(source)
    assert len(finding.evidence) <= 200 and len(finding.message) < 300


def test_locals_that_refer_to_each_other_end():
    source = 'locals {\n  a = local.b\n  b = local.a\n}\nmodule "m" {\n  source = local.a\n}\n'
    assert _find(source) == ()


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400) | st.text(alphabet='{}[]":,\\ \n\t!&*ab#$<', max_size=200).map(str.encode),
    st.sampled_from(["a.tf", "a.tf.json", "a.json", "a.yaml", "terraform.tfstate", "plan.out"]),
)
@example(b"PK\x03\x04", "plan.out")
@example(b"a: !<!Ref> b\n", "a.yaml")
def test_no_bytes_make_a_rule_fail(source, path):
    mark = b'"token.actions.githubusercontent.com"'
    run_rules(Directory(path="", files={path: source, "z/" + path: mark + source, "y/" + path: source + mark}))
