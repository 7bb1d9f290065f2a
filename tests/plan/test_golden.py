"""What a real provider plans, and what we plan without it: attribute by attribute, and as Checkov sees it.

Twice: with the schema of the recorded release, as an operator adds one, and with the tables that we ship, which are of
a newer release. docs/plan-fidelity.md says what the classes of differences mean; one that is not there fails.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reviewer.plan.planned import PlannedRoot
from reviewer.plan.schemas import Store
from reviewer.scan.scanner import PlanRequest, PlanTools
from tests.hostile.scanning import LIMITS, running_bench
from tests.plan.fidelity import EQUAL, NEWER, Difference, compared
from tests.plan.planning import TERRAFORM, needs_terraform
from tests.plan.record import CASES, GOLDEN, PLAN, SCHEMA, SOURCE

pytestmark = [pytest.mark.slow, needs_terraform]

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "plan-fidelity.md"
SAME_RELEASE, TABLES = "the schema of the release", "the tables that we ship"
INSTANCES = {
    "databases": 16,
    "identity": 15,
    "modules": 15,
    "network": 18,
    "platform": 30,
    "serverless": 20,
    "storage": 11,
}


@dataclass(frozen=True)
class Pair:
    """One configuration, planned by the real provider and by us."""

    case: str
    real: PlannedRoot
    ours: PlannedRoot

    def differences(self) -> Iterator[Difference]:
        assert self.real.document and self.ours.document
        return compared(self.real.document, self.ours.document, lacks)

    def findings(self) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """What Checkov finds in each."""
        real, ours = ([f for f in root.findings if f.scanner == "checkov"] for root in (self.real, self.ours))
        return {(f.rule, f.resource) for f in real}, {(f.rule, f.resource) for f in ours}


@pytest.fixture(scope="module", params=[SAME_RELEASE, TABLES])
def pairs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[Pair]]:
    folder = tmp_path_factory.mktemp("golden")
    schemas = folder / "schemas"
    if request.param == SAME_RELEASE:
        Store(schemas).add_from_file(SCHEMA, "3.39.0")
    tools = PlanTools(program=Path(str(TERRAFORM)), schemas=schemas)
    found = []
    with running_bench(folder, LIMITS, planning=tools) as bench:
        for case in CASES:
            files = {str(p.relative_to(GOLDEN / case)): p.read_text() for p in (GOLDEN / case).rglob("*.tf")}
            recorded = files | {PLAN: (GOLDEN / case / PLAN).read_text()}
            real = bench.plan(recorded, wanted=PlanRequest(given=PLAN))
            found.append(Pair(case, real, bench.plan(files)))
    return request.param, found


RESOURCES: dict[str, Any] = json.loads(SCHEMA.read_text())["provider_schemas"][SOURCE]["resource_schemas"]


def lacks(type_: str, path: str) -> bool:
    """Whether the release that was recorded has nothing at `path`."""
    block = RESOURCES[type_]["block"]
    for step in path.split("."):
        if step in block["attributes"]:
            return False
        if step not in block["block_types"]:
            return True
        block = block["block_types"][step]["block"]
    return False


def test_every_configuration_is_planned_with_the_same_resources_and_actions(pairs: tuple[str, list[Pair]]) -> None:
    _, found = pairs
    for pair in found:
        assert (pair.ours.not_planned, pair.real.not_planned) == ("", "")
        assert not [one for one in pair.differences() if one.path in {"", "actions"}]
    assert {pair.case: len(_managed(pair.ours)) for pair in found} == INSTANCES


def _managed(root: PlannedRoot) -> list[Any]:
    assert root.document
    return [change for change in root.document["resource_changes"] if change["mode"] == "managed"]


def test_every_difference_is_of_a_class_that_is_documented(pairs: tuple[str, list[Pair]]) -> None:
    documented = set(re.findall(r"^\| `([a-z ]+)` \|", DOCUMENTATION.read_text(), re.MULTILINE))
    for pair in pairs[1]:
        for one in pair.differences():
            assert one.kind == EQUAL or one.kind in documented, (pair.case, one)


def test_attributes_are_as_the_real_provider_plans_them(pairs: tuple[str, list[Pair]]) -> None:
    mode, found = pairs
    kinds = Counter(one.kind for pair in found for one in pair.differences())
    total = sum(kinds.values()) - kinds[NEWER]
    print(f"\nwith {mode}: {kinds[EQUAL]} of {total} attributes equal; {dict(kinds)}")
    assert total > 1500
    assert kinds[EQUAL] / total >= {SAME_RELEASE: 0.99, TABLES: 0.92}[mode]


def test_checkov_finds_the_same_in_both_plans(pairs: tuple[str, list[Pair]]) -> None:
    mode, found = pairs
    both = either = 0
    for pair in found:
        real, ours = pair.findings()
        both, either = both + len(real & ours), either + len(real | ours)
        print(f"\nwith {mode}: {pair.case}: only real {sorted(real - ours)}, only ours {sorted(ours - real)}")
    print(f"with {mode}: Checkov agrees on {both} of {either} findings")
    assert either > 200
    assert both / either >= 0.95


@pytest.mark.parametrize(
    ("case", "rule", "resource"),
    [
        ("network", "CKV_AWS_24", "aws_security_group.servers"),  # a dynamic block over a map of ports
        ("network", "CKV_AWS_79", 'aws_instance.server["worker"]'),  # a condition on each.key
        ("identity", "CKV_AWS_63", "aws_iam_policy.admin"),  # a policy document
        ("modules", "CKV_AWS_20", 'module.service["shop"].module.bucket.aws_s3_bucket.this'),  # two modules deep
    ],
)
def test_what_one_block_alone_does_not_tell_shows_in_both(
    pairs: tuple[str, list[Pair]], case: str, rule: str, resource: str
) -> None:
    real, ours = next(pair for pair in pairs[1] if pair.case == case).findings()
    assert (rule, resource) in real & ours
