"""A scanner for fast stories: finds a few plain patterns, line by line, through the same surface as the real one.

It reads the same materialised trees, so checkout, caching, comparing and publishing are the real ones.
"""

from __future__ import annotations

import itertools
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from reviewer.model import Finding, Fix, NotExamined, Risk, ScanResult, Severity, Span, Suggestion
from reviewer.plan.planned import PlannedRoot
from reviewer.process import Stop
from reviewer.scan.fix_results import UnitFixes
from reviewer.scan.scanner import FixRequest, PlanRequest, ScanFailed
from reviewer.scan.units import ScanUnit, UnitFile, UnitKind

BLOCK = re.compile(r'^\s*(resource|module|data)\s+"([^"]+)"(?:\s+"([^"]+)")?')
SKIP = re.compile(r"checkov:skip=(\w+)(?::(.*))?")
PUBLIC_DEFAULT = re.compile(r'default\s*=\s*"public-read')
FAILS = "STUB_SCANNER_FAILS"
BREAKS = "STUB_SYNTAX_ERROR"
WAITS = "STUB_SCANNER_WAITS"


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is wrong with a line that matches."""

    regex: re.Pattern[str]
    rule: str
    severity: Severity
    title: str


PATTERNS = (
    Pattern(
        re.compile(r'acl\s*=\s*"public-read'), "CKV_AWS_20", Severity.CRITICAL, "The bucket is readable by everyone"
    ),
    Pattern(re.compile(r"0\.0\.0\.0/0"), "CKV_AWS_24", Severity.HIGH, "SSH is open to the whole internet"),
    Pattern(re.compile(r"encrypted\s*=\s*false"), "CKV_AWS_16", Severity.MEDIUM, "The storage is not encrypted"),
    Pattern(re.compile(r"monitoring\s*=\s*false"), "CKV_AWS_126", Severity.LOW, "Detailed monitoring is off"),
)
"""One rule of each severity; the rules are real, so links and policies work on them."""

MENDED = {"CKV_AWS_20": ("public-read", "private"), "CKV_AWS_16": ("false", "true")}
"""What is to be replaced in the line of a finding."""


@dataclass
class StubScanner:
    """Finds `PATTERNS` in .tf files, with `var.acl` known where a default makes it public.

    A file holding `FAILS` fails the scan, `BREAKS` does not parse, `WAITS` waits
    until `let_go` is set, asking `stop` as the real one does. `scans` counts."""

    trees: Path
    version: str = "stub-1"
    tools: frozenset[str] = frozenset()
    concurrency: int = 2
    plans: str = ""
    no_plans: str = "no terraform or tofu was found on this machine (TERRAFORM_PATH, TOFU_PATH)"
    scans: list[tuple[str, str]] = field(default_factory=list)
    fixed: list[tuple[str, str]] = field(default_factory=list)
    waiting: bool = False
    let_go: bool = False

    def __post_init__(self) -> None:
        self.trees.mkdir(exist_ok=True)

    def reset(self) -> None:
        """Forget what was scanned; let go of what waits."""
        self.scans.clear()
        self.fixed.clear()
        self.let_go = True

    def fix(self, unit: ScanUnit, tree: Path, wanted: FixRequest, stop: Stop) -> UnitFixes:
        """Mend what a plain replacement of the line mends, as `ScansUnits.fix` says."""
        self.fixed.append((unit.kind, unit.directory))
        texts = {file.path: _read(tree / file.scan_as).splitlines(keepends=True) for file in unit.files}
        fixes = tuple(fix for finding in wanted.findings if (fix := _fix(finding, texts[finding.path])))
        return UnitFixes(
            single=fixes,
            together=fixes,
            safe=tuple(sorted({fix.suggestion for fix in fixes})),
            refused=tuple((f.fingerprint, "") for f in wanted.findings if f.rule not in MENDED),
            scans=1,
        )

    def plan(self, unit: ScanUnit, tree: Path, wanted: PlanRequest, stop: Stop) -> PlannedRoot:
        """Plan nothing, as `ScansUnits.plan` says where there is no Terraform."""
        return PlannedRoot(root=unit.directory, workspace=wanted.workspace, not_planned="No plan was made.")

    def scan(self, unit: ScanUnit, tree: Path, stop: Stop, requirements: object = None) -> ScanResult:
        """Scan as `ScansUnits.scan` says."""
        self.scans.append((unit.kind, unit.directory))
        findings: list[Finding] = []
        missing: list[NotExamined] = []
        if unit.kind is not UnitKind.TERRAFORM:
            return ScanResult(files=len(unit.files))
        texts = {file: _read(tree / file.scan_as) for file in unit.files}
        public_default = any(PUBLIC_DEFAULT.search(text) for text in texts.values())
        for file, text in texts.items():
            self._behave(text, stop)
            if BREAKS in text:
                line = text[: text.index(BREAKS)].count("\n") + 1
                where = Span(path=file.path, start_line=line, end_line=line)
                missing.append(NotExamined(what=file.path, why="This file does not parse as HCL.", span=where))
            else:
                known = text.replace("var.acl", '"public-read"') if public_default else text
                findings += _findings(unit, file, known)
        return ScanResult(
            findings=tuple(findings),
            not_examined=tuple(missing),
            files=len(unit.files),
            roots=(unit.directory,),
            resources=len({finding.resource for finding in findings}),
        )

    def _behave(self, text: str, stop: Stop) -> None:
        if FAILS in text:
            raise ScanFailed("the scanner ran out of memory (2048 MB); raise SCAN_MEMORY_MB or exclude the path")
        if WAITS in text:
            self.waiting = True
            try:
                while not self.let_go:
                    time.sleep(0.02)
                    stop()
            finally:
                self.waiting = False


def _read(path: Path) -> str:
    return path.read_bytes().decode(errors="replace") if path.is_file() else ""


def _findings(unit: ScanUnit, file: UnitFile, text: str) -> list[Finding]:
    findings: list[Finding] = []
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines, 1) if BLOCK.match(line)]
    for start, following in itertools.pairwise([*starts, len(lines) + 1]):
        end = max([n for n in range(start, following) if lines[n - 1].rstrip() == "}"] or [start])
        block = Span(path=file.path, start_line=start, end_line=end)
        skips = {m[1]: (m[2] or "").strip() for line in lines[start - 1 : end] if (m := SKIP.search(line))}
        for number in range(start, end + 1):
            for pattern in PATTERNS:
                if pattern.regex.search(lines[number - 1]) and "checkov:skip" not in lines[number - 1]:
                    at = (number, lines[number - 1])
                    findings.append(_finding(unit, block, _name(lines[start - 1]), pattern, at, skips))
    return findings


def _name(line: str) -> str:
    found = BLOCK.match(line)
    assert found
    prefix = "" if found[1] == "resource" else f"{found[1]}."
    return prefix + ".".join(label for label in found.groups()[1:] if label)


def _finding(
    unit: ScanUnit, block: Span, name: str, pattern: Pattern, at: tuple[int, str], skips: dict[str, str]
) -> Finding:
    number, line = at
    return Finding(
        rule=pattern.rule,
        title=pattern.title,
        severity=pattern.severity,
        span=Span(path=block.path, start_line=number, end_line=number),
        block=block,
        resource=name,
        message=f"{pattern.title}: `{' '.join(line.split())}`.",
        scanner="checkov",
        root=unit.directory,
        framework="terraform",
        evidence=" ".join(line.split()),
        why="Anyone on the internet can reach it.",
        remedy="Narrow it to what needs it.",
        skip_reason=skips.get(pattern.rule),
    )


def _fix(finding: Finding, lines: list[str]) -> Fix | None:
    if finding.rule not in MENDED:
        return None
    line = lines[finding.span.start_line - 1]
    suggestion = Suggestion(
        path=finding.path,
        start_line=finding.span.start_line,
        end_line=finding.span.start_line,
        replacement=line.replace(*MENDED[finding.rule]),
        original=line,
        risk=Risk.SAFE,
    )
    return Fix(fingerprints=(finding.fingerprint,), suggestion=suggestion)
