"""A whole run: from Checkov's checks to files of recipes, and again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from reviewer.derive import derivation, wants
from reviewer.derive.command import FOLDER, recipes
from reviewer.derive.files import decided
from reviewer.derive.wants import Unclear, Want

REVIEWED = """\
recipes:
  - rule: CKV2_GCP_29
    on: [google_dialogflow_agent]
    set: |
      enable_logging = true
    risk: cost # somebody thought about it
    from: derived
    reviewed: true
    note: Logs are paid by volume.
    bad: |
      resource "google_dialogflow_agent" "a" {
      }
    fixed: |
      resource "google_dialogflow_agent" "a" {
        enable_logging = true
      }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of recipes with the schemas that are shipped, and no recipe."""
    (tmp_path / "schemas").symlink_to(FOLDER / "schemas")
    (tmp_path / "terraform").mkdir()
    return tmp_path


@pytest.mark.slow
def test_a_second_run_adds_nothing_and_changes_nothing(folder: Path) -> None:
    file = folder / "terraform" / "google-derived.yml"
    first = derivation.derive("google", None, folder)
    assert derivation.write(first, folder) == (file,)
    text = file.read_text(encoding="utf-8")
    assert text.count("  - rule: ") > 30
    assert not derivation.derive("google", None, folder).rows
    assert derivation.write(derivation.derive("google", None, folder), folder) == ()
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.slow
def test_a_row_that_somebody_reviewed_stays_as_it_is(folder: Path) -> None:
    file = folder / "terraform" / "google-derived.yml"
    file.write_text(REVIEWED, encoding="utf-8")
    result = derivation.derive("google", None, folder)
    derivation.write(result, folder)
    text = file.read_text(encoding="utf-8")
    assert text.startswith(REVIEWED)
    assert text.count("CKV2_GCP_29") == 1
    assert "CKV2_GCP_30" in text


@pytest.mark.slow
def test_what_another_file_decides_is_not_derived(folder: Path) -> None:
    other = 'recipes:\n  - {rule: CKV2_GCP_30, on: "*", guidance: Think., from: written}\n'
    (folder / "terraform" / "google.yml").write_text(other, encoding="utf-8")
    rows = derivation.derive("google", None, folder).rows
    assert rows
    assert "CKV2_GCP_30" not in {row.want.rule for row in rows}


def test_a_rule_is_decided_for_the_types_that_a_row_names(folder: Path) -> None:
    (folder / "terraform" / "google-derived.yml").write_text(REVIEWED, encoding="utf-8")
    speaks = decided(folder / "terraform")
    assert speaks("CKV2_GCP_29", "google_dialogflow_agent")
    assert not speaks("CKV2_GCP_29", "google_dialogflow_cx_agent")
    assert not speaks("CKV2_GCP_30", "google_dialogflow_agent")


@pytest.fixture(scope="module")
def asked() -> list[Want | Unclear]:
    """What all checks on Terraform want."""
    return list(wants.terraform())


def of(asked: list[Want | Unclear], rule: str) -> list[Want | Unclear]:
    """What the checks of one rule want."""
    return [found for found in asked if found.rule == rule]


@pytest.mark.slow
def test_a_class_that_expects_one_value_says_where_and_which(asked: list[Want | Unclear]) -> None:
    (found,) = of(asked, "CKV_AWS_163")
    assert isinstance(found, Want)
    assert (found.types, found.path) == (("aws_ecr_repository",), ("image_scanning_configuration", "scan_on_push"))
    assert found.value is True


@pytest.mark.slow
def test_a_class_that_forbids_false_wants_true(asked: list[Want | Unclear]) -> None:
    (found,) = of(asked, "CKV_AWS_377")
    assert isinstance(found, Want)
    assert (found.path, found.value, found.wrong) == (("transfer_lock",), True, False)


@pytest.mark.slow
def test_a_graph_check_on_one_attribute_says_the_value(asked: list[Want | Unclear]) -> None:
    (found,) = of(asked, "CKV2_GCP_28")
    assert isinstance(found, Want)
    assert (found.path, found.value) == (("gce_setup", "disable_public_ip"), True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("CKV_AWS_158", "any value is right"),
        ("CKV_AWS_118", "several values are right"),
        ("CKV_AWS_374", "only wrong values"),
        ("CKV_GCP_123", "must not be there"),
        ("CKV2_AWS_41", "no one value follows"),
    ],
)
def test_where_a_value_would_be_guessed_there_is_none(asked: list[Want | Unclear], rule: str, why: str) -> None:
    found = of(asked, rule)
    assert found
    assert all(isinstance(one, Unclear) and why in one.why for one in found)


@pytest.mark.slow
def test_the_command_says_what_it_found_and_writes_only_when_asked(tmp_path: Path) -> None:
    done = CliRunner().invoke(recipes, ["derive", "--only", "google", "--into", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert re.match(r"google: \d+ new rows; nothing derived for \d+ checks and types\n", done.output)
    assert list(tmp_path.iterdir()) == []
