"""What the tests of hostile trees share: small limits, units made of texts, and a scanner that is warm once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from reviewer.model import ScanResult
from reviewer.plan.planned import PlannedRoot
from reviewer.process import never
from reviewer.scan.scanner import NO_PLANS, PlanRequest, PlanTools, Scanner
from reviewer.scan.units import ScanUnit, UnitFile, UnitKind
from reviewer.settings import ScanLimits

LIMITS = ScanLimits(wall_seconds=60, cpu_seconds=60, memory_mb=1024, max_file_bytes=1 << 20, max_tree_bytes=64 << 20)
STRICT = ScanLimits(wall_seconds=8, cpu_seconds=8, memory_mb=500, max_file_bytes=1 << 20, max_tree_bytes=64 << 20)

_numbers = itertools.count(1)

AS_IT_IS = PlanRequest()

BUCKET = 'resource "aws_s3_bucket" "site" {\n  bucket = "site"\n  acl    = "public-read"\n}\n'
"""CKV_AWS_20 at line 3, among others."""


class Bench:
    """A warm scanner and the folder its trees lie in."""

    def __init__(self, scanner: Scanner, trees: Path) -> None:
        self.scanner = scanner
        self.trees = trees

    def unit(
        self, files: Mapping[str, str | bytes], kind: str = "terraform", directory: str = ""
    ) -> tuple[ScanUnit, Path]:
        """Write files and return the unit they are; `main.tofu` is scanned as `main.tf`, as in a review."""
        tree = self.trees / f"tree{next(_numbers)}"
        listed = []
        for path, content in sorted(files.items()):
            scan_as = path.removesuffix(".tofu") + ".tf" if path.endswith(".tofu") else path
            target = tree / scan_as
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
            listed.append(UnitFile(path, "0" * 40, scan_as))
        return ScanUnit(kind=UnitKind(kind), directory=directory, files=tuple(listed)), tree

    def scan(self, files: Mapping[str, str | bytes], kind: str = "terraform", directory: str = "") -> ScanResult:
        """Scan files as one unit."""
        unit, tree = self.unit(files, kind, directory)
        return self.scanner.scan(unit, tree, never)

    def plan(
        self, files: Mapping[str, str | bytes], directory: str = "", wanted: PlanRequest = AS_IT_IS
    ) -> PlannedRoot:
        """Plan files as one root; what `wanted` gives must be among them."""
        unit, tree = self.unit(files, "terraform", directory)
        return self.scanner.plan(unit, tree, wanted, never)


@contextmanager
def running_bench(
    folder: Path, limits: ScanLimits, sandbox: str = "auto", concurrency: int = 2, planning: PlanTools = NO_PLANS
) -> Iterator[Bench]:
    """A bench whose scanner ends with the block."""
    trees = folder / "trees"
    with Scanner(limits, sandbox, trees, concurrency, planning) as scanner:
        yield Bench(scanner, trees)
