"""The table of standards names rules that exist, and tells its own mistakes."""

import re
from pathlib import Path

import pytest
import yaml

from reviewer.errors import Misconfigured
from reviewer.rules import RULES
from reviewer.rules.plan import PLAN_RULES
from reviewer.scan import severities
from reviewer.scan.compliance import TABLE_DIR, read_table, table, tags_of

STANDARD = "standard: S\nword: s\nedition: S 1\nsource: https://example.org\ncontrols:\n"


def test_the_table_reads_and_has_every_standard_with_its_edition_and_source():
    assert set(table().words) == {"cis", "hipaa", "nist", "pci", "soc2"}
    for standard in table().standards:
        assert standard.edition and standard.source.startswith("https://")


def test_every_rule_that_it_names_exists():
    """Rules of Checkov and others are those of the severity table, which a test of its own holds against Checkov."""
    known = RULES.keys() | PLAN_RULES.keys() | {rule.partition("@")[0] for rule in severities.table().rules}
    assert not table().tags.keys() - known


def test_no_requirement_of_a_benchmark_names_a_theme():
    """A benchmark asks for settings, so that rules stand under its numbers one by one."""
    for path in TABLE_DIR.glob("cis-*.yml"):
        for members in yaml.safe_load(path.read_text())["controls"].values():
            assert all(re.fullmatch(r"(?:CKV|PLB|DL)\w+", member) for member in members), members


@pytest.mark.parametrize(
    ("rule", "tags"),
    [
        ("CKV_AWS_24", {"CIS AWS 5.2", "PCI DSS 1.3.1", "NIST 800-53 SC-7"}),
        ("CKV_AWS_16", {"CIS AWS 2.3.1", "NIST 800-53 SC-28", "HIPAA 164.312(a)(2)(iv)", "PCI DSS 3.5.1"}),
        ("PLB_KEY_4", {"CIS AWS 3.6", "PCI DSS 3.7.4"}),
        ("CKV_K8S_16", {"CIS Kubernetes 5.2.2"}),
        ("CKV_SECRET_2", {"PCI DSS 8.6.2", "NIST 800-53 IA-5(7)"}),
    ],
)
def test_a_rule_has_the_requirements_of_its_setting_and_of_its_aim(rule, tags):
    assert tags <= set(tags_of(rule))


def test_only_what_is_asked_for_is_given():
    assert tags_of("CKV_AWS_24", ("pci",)) == ("PCI DSS 1.3.1",)
    assert tags_of("CKV_AWS_24", ("cis",)) == ("CIS AWS 5.2",)
    assert tags_of("CKV_NONE_1") == ()


def _problems(folder: Path, **files: str) -> tuple[str, ...]:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    with pytest.raises(Misconfigured) as caught:
        read_table(folder, severities.table())
    return caught.value.problems


def test_all_mistakes_are_told_at_once_with_file_and_key(tmp_path):
    found = _problems(
        tmp_path,
        themes="a-theme: [open-egres]\nother: PLB_X_1\n",
        one=STANDARD + '  "1": [no-theme]\n',
        two="standard: T\n",
        three="- a\n",
        four="a: [\n",
    )
    text = "\n".join(found)
    assert "themes.yml: a-theme: nothing is called 'open-egres'" in text
    assert "themes.yml: other: expected a list of names" in text
    assert "one.yml: 1: nothing is called 'no-theme'" in text
    assert "two.yml: expected the keys controls, edition, source, standard, word" in text
    assert "three.yml: expected a mapping" in text
    assert "four.yml: cannot be read" in text
