"""Trees that git itself would never make, read end to end: listed, planned, written, and nothing escapes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reviewer.model import NotExamined, ScanResult
from reviewer.process import Stop, never
from reviewer.scan.cache import ScanCache
from reviewer.scan.clone import GitHubClone
from reviewer.scan.commits import scan_everything, scan_pair
from reviewer.scan.running import Bench
from reviewer.scan.unit import ScanUnit
from reviewer.settings import ScanLimits
from tests.scan.repository import Repository

LIMITS = ScanLimits(wall_seconds=10, cpu_seconds=10, memory_mb=512, max_file_bytes=100_000, max_tree_bytes=1_000_000)


class Lister:
    """A scanner that only remembers which regular files it was given, and that there was nothing else."""

    version = "lister"
    tools = frozenset({"helm", "kustomize"})
    concurrency = 1

    def __init__(self, trees: Path) -> None:
        self.trees = trees
        self.seen: dict[str, bytes] = {}

    def scan(self, unit: ScanUnit, tree: Path, stop: Stop, requirements: object = None) -> ScanResult:
        for folder, folders, names in os.walk(tree):
            for name in (*folders, *names):
                path = Path(folder, name)
                assert not path.is_symlink()
                if path.is_file():
                    self.seen[path.relative_to(tree).as_posix()] = path.read_bytes()
        return ScanResult(files=len(unit.files))


class Hostile:
    """An upstream whose trees are made by hand, and what a scan of it saw."""

    def __init__(self, tmp_path: Path) -> None:
        self.tmp_path = tmp_path
        self.upstream = Repository(tmp_path / "upstream")
        (tmp_path / "trees").mkdir()
        self.scanner = Lister(tmp_path / "trees")

    def scan(self, tree: str) -> dict[str, NotExamined]:
        head = self.upstream.commit_tree(tree)
        base = self.upstream.commit_tree(self.upstream.tree())
        with GitHubClone(self.tmp_path / "1.git", self.upstream.url, None, never) as clone:
            clone.fetch([base, head])
            bench = Bench(
                clone=clone,
                scanner=self.scanner,
                cache=ScanCache(self.tmp_path / "cache", 1 << 20),
                limits=LIMITS,
                stop=never,
            )
            everything = scan_everything(bench, head).head
            pair = scan_pair(replace(bench, cache=ScanCache(self.tmp_path / "other", 1 << 20)), base, head)
        assert set(pair.head.not_examined) == set(everything.not_examined)
        return {note.what: note for note in everything.not_examined}


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Hostile]:
    made = Hostile(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    yield made
    assert {path.name for path in tmp_path.iterdir()} - before <= {
        "1.git", "1.git-use", "1.git-fetch", "1.git-sources", "cache", "other",
    }  # fmt: skip
    assert list(made.scanner.trees.iterdir()) == []


def test_a_tree_with_parents_in_its_names_stays_inside(hostile: Hostile) -> None:
    upstream = hostile.upstream
    blob = upstream.blob(b"# evil")
    inner = upstream.tree(("100644", b"escaped.tf", blob))
    notes = hostile.scan(upstream.tree(("40000", b"..", inner), ("100644", b"ok.tf", blob)))
    assert hostile.scanner.seen == {"ok.tf": b"# evil"}
    assert "out of the repository" in notes["../escaped.tf"].why


@pytest.mark.parametrize("folder", [b".git", b".GIT", b".", b"a\\b", b"a\x01b", b"\xff\xfe"])
def test_a_folder_with_a_dangerous_name_is_said(hostile: Hostile, folder: bytes) -> None:
    upstream = hostile.upstream
    inner = upstream.tree(("100644", b"main.tf", upstream.blob(b"# evil")))
    notes = hostile.scan(upstream.tree(("40000", folder, inner)))
    assert hostile.scanner.seen == {}
    assert len(notes) == 1 and next(iter(notes)).isprintable()


def test_a_name_with_a_slash_in_it_stays_inside(hostile: Hostile) -> None:
    upstream = hostile.upstream
    notes = hostile.scan(upstream.tree(("100644", b"../../x.tf", upstream.blob(b"# evil"))))
    assert hostile.scanner.seen == {}
    assert list(notes) == ["../../x.tf"]


def test_the_same_name_as_file_and_folder_is_said(hostile: Hostile) -> None:
    upstream = hostile.upstream
    blob = upstream.blob(b"# x")
    inner = upstream.tree(("100644", b"main.tf", blob))
    notes = hostile.scan(
        upstream.tree(("100644", b"Chart.yaml", blob), ("100644", b"files", blob), ("40000", b"files", inner))
    )
    assert any("another file or folder" in note.why for note in notes.values())


def test_links_are_said_and_never_made(hostile: Hostile, tmp_path: Path) -> None:
    upstream = hostile.upstream
    link = upstream.blob(b"/etc/passwd")
    tree = upstream.tree(("120000", b"link.tf", link), ("100644", b"main.tf", upstream.blob(b"# ok")))
    notes = hostile.scan(tree)
    assert set(hostile.scanner.seen) == {"main.tf"}
    assert "symbolic link" in notes["link.tf"].why


def test_a_submodule_brings_nothing(hostile: Hostile) -> None:
    upstream = hostile.upstream
    modules = upstream.blob(b'[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch /tmp/x\n')
    tree = upstream.tree(("100644", b".gitmodules", modules), ("160000", b"x.tf", "1" * 40))
    assert hostile.scan(tree) == {}
    assert hostile.scanner.seen == {}


def test_settings_of_git_and_checkov_in_the_tree_have_no_say(hostile: Hostile) -> None:
    upstream = hostile.upstream
    attributes = upstream.blob(b"*.tf filter=lfs diff=lfs text eol=crlf working-tree-encoding=UTF-16\n")
    tree = upstream.tree(
        ("100644", b".checkov.yaml", upstream.blob(b"external-checks-dir: [x]\n")),
        ("100644", b".gitattributes", attributes),
        ("100644", b"main.tf", upstream.blob(b"a\nb\n")),
    )
    assert hostile.scan(tree) == {}
    assert hostile.scanner.seen == {"main.tf": b"a\nb\n"}


@pytest.mark.slow
def test_hundreds_of_folders_deep_is_said(hostile: Hostile) -> None:
    upstream = hostile.upstream
    tree = upstream.tree(("100644", b"main.tf", upstream.blob(b"# deep")))
    for _ in range(520):
        tree = upstream.tree(("40000", b"d", tree))
    notes = hostile.scan(tree)
    assert hostile.scanner.seen == {}
    assert all(len(what) < 300 and "too long" in note.why for what, note in notes.items()) and notes


def test_content_that_looks_like_gits_own_answers_is_only_content(hostile: Hostile) -> None:
    upstream = hostile.upstream
    fake = f"{'1' * 40} blob 3\nabc\n{'2' * 40} missing\n".encode()
    files = {b"a.tf": fake, b"b.tf": b"", b"c.tf": b"\n"}
    tree = upstream.tree(*(("100644", name, upstream.blob(content)) for name, content in files.items()))
    hostile.scan(tree)
    assert hostile.scanner.seen == {"a.tf": fake, "b.tf": b"", "c.tf": b"\n"}


def test_a_blob_that_is_really_a_tree_is_said(hostile: Hostile) -> None:
    upstream = hostile.upstream
    inner = upstream.tree(("100644", b"main.tf", upstream.blob(b"# x")))
    tree = upstream.tree(("100644", b"dir.tf", inner), ("100644", b"main.tf", upstream.blob(b"# ok")))
    notes = hostile.scan(tree)
    assert set(hostile.scanner.seen) == {"main.tf"}
    assert "dir.tf" in notes


@pytest.mark.slow
def test_a_swarm_of_folders_ends_in_a_clear_note(hostile: Hostile) -> None:
    upstream = hostile.upstream
    folder = upstream.tree(("100644", b"a.yaml", upstream.blob(b"a: 1\n")))
    tree = upstream.tree(*(("40000", f"d{number:05}".encode(), folder) for number in range(2003)))
    notes = hostile.scan(tree)
    assert list(notes) == ["3 roots and folders"]
