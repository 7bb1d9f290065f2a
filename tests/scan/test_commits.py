from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from reviewer.errors import Superseded
from reviewer.model import Finding, NotExamined, ScanResult, Severity, Span
from reviewer.process import Stop, never
from reviewer.scan import running
from reviewer.scan.cache import ScanCache
from reviewer.scan.clone import GitHubClone
from reviewer.scan.commits import PairScan, scan_everything, scan_pair
from reviewer.scan.scanner import ScanFailed, Scanner
from reviewer.scan.unit import ScanUnit, UnitKind
from reviewer.settings import ScanLimits
from tests.scan.repository import Repository

LIMITS = ScanLimits(wall_seconds=60, cpu_seconds=60, memory_mb=2048, max_file_bytes=100_000, max_tree_bytes=1_000_000)


@dataclass
class WordScanner:
    """Finds the word BAD, fails on the word FAIL, waits for `stop` on the word WAIT."""

    trees: Path
    version: str = "words 1"
    tools: frozenset[str] = frozenset()
    concurrency: int = 2
    scanned: list[str] = field(default_factory=list)

    def scan(self, unit: ScanUnit, tree: Path, stop: Stop, requirements: object = None) -> ScanResult:
        assert tree.parent == self.trees
        self.scanned.append(f"{unit.kind}:{unit.directory}")
        findings: list[Finding] = []
        for file in unit.files:
            text = (tree / file.scan_as).read_text(errors="replace")
            if "FAIL" in text and unit.kind is UnitKind.TERRAFORM:
                raise ScanFailed("out of memory")
            while "WAIT" in text:
                stop()
                time.sleep(0.01)
            findings += [_finding(unit, file.path)] * text.count("BAD")
        notes = tuple(NotExamined(what=file.path, why="odd", span=None) for file in unit.files if "odd" in file.path)
        return ScanResult(findings=tuple(findings), not_examined=notes, files=len(unit.files), resources=1)


def _finding(unit: ScanUnit, path: str) -> Finding:
    span = Span(path=path, start_line=1, end_line=1)
    return Finding(
        rule="BAD", title="bad", severity=Severity.HIGH, span=span, block=span, resource="x", message="bad",
        scanner="words", root=unit.directory, framework=unit.kind,
    )  # fmt: skip


class Bench:
    """An upstream, a clone, a cache and a scanner to scan pairs with."""

    def __init__(self, tmp_path: Path) -> None:
        self.tmp_path = tmp_path
        self.upstream = Repository(tmp_path / "upstream")
        (tmp_path / "trees").mkdir()
        self.scanner = WordScanner(tmp_path / "trees")
        self.cache = ScanCache(tmp_path / "cache", 1 << 24)

    def clone(self, *shas: str) -> GitHubClone:
        clone = GitHubClone(self.tmp_path / "clones" / "1.git", self.upstream.url, None, never)
        clone.fetch(shas)
        return clone

    def pair(self, base: str, head: str, stop: Stop = never) -> PairScan:
        self.scanner.scanned.clear()
        with self.clone(base, head) as clone:
            return scan_pair(self.on(clone, stop=stop), base, head)

    def on(self, clone, **others) -> running.Bench:
        settings = {"scanner": self.scanner, "cache": self.cache, "limits": LIMITS, "stop": never, **others}
        return running.Bench(clone=clone, **settings)

    def everything(self, head: str) -> ScanResult:
        self.scanner.scanned.clear()
        with self.clone(head) as clone:
            return scan_everything(self.on(clone), head).head


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    assert list(made.scanner.trees.iterdir()) == [], "every tree is removed"


def call(source: str) -> str:
    return f'module "m" {{\n  source = "{source}"\n}}\n'


FILES = {
    "envs/prod/main.tf": call("../../modules/app"),
    "envs/test/main.tf": "# test\n",
    "modules/app/main.tf": "# app\n",
    "k8s/a.yaml": "a: 1\n",
    "src/app.py": "print()\n",
}


def test_only_what_the_change_can_affect_is_scanned_at_both_commits(bench: Bench) -> None:
    base = bench.upstream.commit(FILES)
    head = bench.upstream.commit({"modules/app/main.tf": "# BAD\n"})
    scan = bench.pair(base, head)
    assert sorted(bench.scanner.scanned) == ["directory:modules/app"] * 2 + ["terraform:envs/prod"] * 2
    assert scan.base.findings == ()
    assert sorted((f.root, f.path) for f in scan.head.findings) == [
        ("envs/prod", "modules/app/main.tf"),
        ("modules/app", "modules/app/main.tf"),
    ]
    assert (scan.changed, scan.head.roots, scan.head.files) == (("modules/app/main.tf",), ("envs/prod",), 2)


def test_what_was_scanned_before_is_not_scanned_again(bench: Bench) -> None:
    base = bench.upstream.commit(FILES)
    first = bench.upstream.commit({"modules/app/main.tf": "# BAD\n"})
    second = bench.upstream.commit({"modules/app/main.tf": "# BAD BAD\n"})
    bench.pair(base, first)
    again = bench.pair(base, first)
    assert bench.scanner.scanned == [] and len(again.head.findings) == 2
    bench.pair(base, second)
    assert sorted(bench.scanner.scanned) == ["directory:modules/app", "terraform:envs/prod"]


def test_another_version_of_the_scanner_scans_again(bench: Bench) -> None:
    head = bench.upstream.commit(FILES)
    bench.everything(head)
    bench.scanner.version = "words 2"
    bench.everything(head)
    assert len(bench.scanner.scanned) == 6


def test_a_change_without_infrastructure_scans_nothing_and_loads_nothing(bench: Bench) -> None:
    base = bench.upstream.commit(FILES)
    head = bench.upstream.commit({"src/app.py": "print(1)\n", "README.md": "x"})
    scan = bench.pair(base, head)
    assert (scan.units, scan.base, scan.head) == (0, ScanResult(), ScanResult())
    assert scan.changed == ("README.md", "src/app.py")
    with bench.clone(head) as clone:
        assert clone.sizes(entry.oid for entry in clone.listing(head)) == {}


def test_the_same_commit_twice_has_nothing_to_scan(bench: Bench) -> None:
    head = bench.upstream.commit(FILES)
    assert bench.pair(head, head) == PairScan(base=ScanResult(), head=ScanResult(), changed=())


def test_what_a_deletion_mends_is_seen_at_the_base(bench: Bench) -> None:
    base = bench.upstream.commit({**FILES, "envs/prod/extra.tf": "# BAD\n", "gone/main.tf": "# BAD\n"})
    head = bench.upstream.commit({"envs/prod/extra.tf": None, "gone/main.tf": None})
    scan = bench.pair(base, head)
    assert scan.head.findings == ()
    assert {finding.path for finding in scan.base.findings} == {"envs/prod/extra.tf", "gone/main.tf"}


def test_a_root_that_becomes_a_module_is_scanned_as_it_stood(bench: Bench) -> None:
    base = bench.upstream.commit({**FILES, "lib/main.tf": "# BAD\n"})
    head = bench.upstream.commit({"envs/test/main.tf": call("../../lib")})
    scan = bench.pair(base, head)
    assert [finding.path for finding in scan.head.findings] == ["lib/main.tf"]
    assert [finding.path for finding in scan.base.findings] == ["lib/main.tf"]


def test_a_file_that_replaces_another_is_compared_with_it(bench: Bench) -> None:
    base = bench.upstream.commit({"r/a.tf": "# BAD\n", "r/b.tf": "# BAD\n"})
    head = bench.upstream.commit({"r/a.tofu": "# fine\n"})
    scan = bench.pair(base, head)
    found = [[f.path for f in side.findings if f.framework == "terraform"] for side in (scan.base, scan.head)]
    assert found == [["r/a.tf", "r/b.tf"], ["r/b.tf"]]


def test_a_failed_scan_is_said_and_the_others_go_on(bench: Bench) -> None:
    base = bench.upstream.commit({"a/main.tf": "#\n", "b/main.tf": "#\n"})
    head = bench.upstream.commit({"a/main.tf": "# FAIL\n", "b/main.tf": "# BAD\n"})
    scan = bench.pair(base, head)
    assert scan.head.not_examined == (NotExamined(what="a (terraform)", why="out of memory"),)
    assert {finding.path for finding in scan.head.findings} == {"b/main.tf"}
    bench.pair(base, head)
    assert bench.scanner.scanned == ["terraform:a"], "a failure is not kept"


def test_a_review_ends_at_its_limit_and_says_what_it_left_out(bench: Bench) -> None:
    base = bench.upstream.commit({"a/main.tf": "#\n", "b/main.tf": "#\n"})
    head = bench.upstream.commit({"a/main.tf": "# WAIT\n"})
    with bench.clone(base, head) as clone:
        limits = replace(LIMITS, review_seconds=1)
        scan = scan_pair(bench.on(clone, limits=limits), base, head)
    assert {entry.what for entry in scan.head.not_examined} == {"a (terraform)", "a"}
    assert all("REVIEW_TIMEOUT_SECONDS" in entry.why and entry.blocking for entry in scan.head.not_examined)


def test_a_result_with_something_missing_is_not_kept(bench: Bench) -> None:
    head = bench.upstream.commit({"k/odd.yaml": "a", "l/even.yaml": "b"})
    bench.everything(head)
    bench.everything(head)
    assert bench.scanner.scanned == ["directory:k"]


def test_what_was_too_large_is_said_also_when_the_result_was_kept(bench: Bench) -> None:
    head = bench.upstream.commit({"k/big.yaml": "x" * 100_001, "k/small.yaml": "BAD"})
    results = [bench.everything(head), bench.everything(head)]
    assert bench.scanner.scanned == []
    for result in results:
        assert [note.what for note in result.not_examined] == ["k/big.yaml"]
        assert len(result.findings) == 1


def test_changes_in_folders_of_tools_are_said(bench: Bench) -> None:
    base = bench.upstream.commit(FILES)
    head = bench.upstream.commit({"web/node_modules/p/main.tf": "# BAD\n", "web/node_modules/q/x.yaml": "a"})
    scan = bench.pair(base, head)
    assert [(note.what, note.blocking) for note in scan.head.not_examined] == [("web/node_modules", False)]
    assert scan.units == 0


def test_a_state_file_in_a_folder_of_terraforms_is_scanned(bench: Bench) -> None:
    base = bench.upstream.commit(FILES)
    head = bench.upstream.commit({".terraform/terraform.tfstate": "BAD"})
    assert [finding.path for finding in bench.pair(base, head).head.findings] == [".terraform/terraform.tfstate"]


def test_a_superseded_review_stops_its_scans(bench: Bench) -> None:
    base = bench.upstream.commit(FILES)
    head = bench.upstream.commit({f"w{n}/main.tf": "# WAIT\n" for n in range(5)})
    started = time.monotonic()

    def stop() -> None:
        if bench.scanner.scanned and time.monotonic() - started > 0.5:
            raise Superseded("newer head")

    with pytest.raises(Superseded):
        bench.pair(base, head, stop)
    assert time.monotonic() - started < 5
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("scan")]


def test_a_scan_of_everything_covers_every_root_and_folder(bench: Bench) -> None:
    head = bench.upstream.commit(FILES)
    result = bench.everything(head)
    assert sorted(bench.scanner.scanned) == [
        "directory:envs/prod", "directory:envs/test", "directory:k8s", "directory:modules/app",
        "terraform:envs/prod", "terraform:envs/test",
    ]  # fmt: skip
    assert (result.roots, result.files) == (("envs/prod", "envs/test"), 4)


def test_progress_is_told(bench: Bench) -> None:
    head = bench.upstream.commit(FILES)
    told: list[tuple[int, int]] = []
    with bench.clone(head) as clone:
        scan_everything(bench.on(clone, progress=lambda *at: told.append(at)), head)
    assert told == [(done, 6) for done in range(7)]


def test_module_calls_are_read_once(bench: Bench) -> None:
    base = bench.upstream.commit({f"r{n}/main.tf": f"# {n}\n" + call("../m") for n in range(20)} | {"m/x.tf": "#"})
    head = bench.upstream.commit({"r1/main.tf": "# BAD\n" + call("../m")})
    bench.pair(base, head)
    remembered = bench.tmp_path / "clones" / "1.git-sources"
    lines = remembered.read_text().splitlines()
    assert len(lines) == 1 + 21 + 1
    later = bench.upstream.commit({"m/x.tf": "# BAD\n"})
    assert len(bench.pair(head, later).head.roots) == 20
    assert len(remembered.read_text().splitlines()) == len(lines) + 1


@pytest.mark.parametrize("content", [b"", b"references 1\nzz [\n" + b"a" * 40, b"\xff\xff", b"references 0\nx\n"])
def test_what_is_remembered_of_module_calls_may_be_nonsense(bench: Bench, content: bytes) -> None:
    base = bench.upstream.commit(FILES)
    head = bench.upstream.commit({"modules/app/main.tf": "# BAD\n"})
    (bench.tmp_path / "clones").mkdir()
    (bench.tmp_path / "clones" / "1.git-sources").write_bytes(content)
    assert bench.pair(base, head).head.roots == ("envs/prod",)


@pytest.mark.slow
def test_reviews_one_after_the_other_see_what_a_first_review_sees(bench: Bench) -> None:
    edits: list[dict[str, str | bytes | None]] = [
        {"modules/app/main.tf": "# BAD\n"},
        {"envs/test/main.tf": call("../../modules/app") + "# BAD\n"},
        {"lib/main.tf": "# BAD\n", "k8s/b.yaml": "BAD"},
        {"modules/app/main.tf": call("../../lib")},
        {"lib/main.tofu": "# fine\n", "src/app.py": "print(2)\n"},
        {"lib/main.tofu": None, "k8s/a.yaml": None, "k8s/b.yaml": None},
        {"envs/prod/main.tf": None},
    ]
    base = start = bench.upstream.commit(FILES)
    for number, edit in enumerate(edits):
        head = bench.upstream.commit(edit)
        for one, other in ((base, head), (start, head), (head, start)):
            with bench.clone(start, one, other) as used:
                later = scan_pair(bench.on(used), one, other)
            first_time = bench.tmp_path / f"{number}-{one}-{other}"
            with GitHubClone(first_time / "1.git", bench.upstream.url, None, never) as fresh:
                fresh.fetch([one, other])
                first = scan_pair(bench.on(fresh, cache=ScanCache(first_time / "cache", 1 << 20)), one, other)
            assert later == first
        base = head


# With the real scanner

BUCKET = 'resource "aws_s3_bucket" "{0}" {{\n  bucket = "{0}"\n}}\n'
OPEN = """
resource "aws_security_group" "g" {
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = [var.cidr]
  }
}
variable "cidr" {}
"""
REAL = {
    "envs/prod/main.tf": 'module "app" {\n  source = "../../modules/app"\n  cidr   = "0.0.0.0/0"\n}\n',
    "envs/test/main.tf": 'module "app" {\n  source = "../../modules/app"\n  cidr   = "10.0.0.0/8"\n}\n',
    "modules/app/main.tf": OPEN + 'module "log" {\n  source = "../log"\n}\n',
    "modules/log/main.tofu": BUCKET.format("log"),
    "other/main.tf": BUCKET.format("other"),
}


@pytest.mark.slow
def test_scanning_the_roots_selected_finds_what_scanning_everything_finds_for_them(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    base = bench.upstream.commit(REAL)
    head = bench.upstream.commit({"modules/log/main.tofu": BUCKET.format("log") + BUCKET.format("more")})
    with Scanner(LIMITS, "auto", bench.scanner.trees, 2) as scanner, bench.clone(base, head) as clone:
        with_one = running.Bench(
            clone=clone, scanner=scanner, cache=ScanCache(tmp_path / "one", 1 << 24), limits=LIMITS, stop=never
        )
        scan = scan_pair(with_one, base, head)
        with_two = replace(with_one, cache=ScanCache(tmp_path / "two", 1 << 24))
        everything = scan_everything(with_two, head).head

    def of_roots(result: ScanResult) -> set[Finding]:
        return {f for f in result.findings if f.framework == "terraform" and f.root in scan.head.roots}

    assert set(scan.head.roots) == {"envs/prod", "envs/test"} and "other" in everything.roots
    assert of_roots(scan.head) == of_roots(everything) != set()
    assert "CKV_AWS_24" in {f.rule for f in of_roots(scan.head) if f.root == "envs/prod"}
    assert "CKV_AWS_24" not in {f.rule for f in of_roots(scan.head) if f.root == "envs/test"}
    assert {f.path for f in of_roots(scan.head)} == {"modules/app/main.tf", "modules/log/main.tofu"}
    assert len(of_roots(scan.head)) > len(of_roots(scan.base))
