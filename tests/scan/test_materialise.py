from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from reviewer.process import never
from reviewer.scan.clone import GitHubClone
from reviewer.scan.materialise import materialise, write_file
from reviewer.scan.objects import MAX_BLOB
from reviewer.scan.units import ScanUnit, UnitFile, UnitKind
from reviewer.settings import ScanLimits
from tests.scan.repository import Repository

LIMITS = ScanLimits(wall_seconds=10, cpu_seconds=10, memory_mb=512, max_file_bytes=1000, max_tree_bytes=2500)
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


def unit_of(clone: GitHubClone, head: str, **scan_as: str) -> ScanUnit:
    files = (UnitFile(entry.path, entry.oid, scan_as.get(entry.path, entry.path)) for entry in clone.listing(head))
    return ScanUnit(kind=UnitKind.DIRECTORY, directory="", files=tuple(files))


def fetched(tmp_path: Path, files: dict[str, str | bytes]) -> tuple[GitHubClone, ScanUnit]:
    upstream = Repository(tmp_path / "upstream")
    head = upstream.commit(files)
    clone = GitHubClone(tmp_path / "1.git", upstream.url, None, never)
    clone.fetch([head])
    unit = unit_of(clone, head)
    clone.load(file.oid for file in unit.files)
    return clone, unit


def written(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}


def test_files_come_out_byte_for_byte_and_readable_by_the_sandbox(tmp_path: Path, tree: Path) -> None:
    files: dict[str, str | bytes] = {"a/b/main.tf": b"x\r\n\xff\x00", "top.tf": "", "a/c d é.yaml": "y"}
    clone, unit = fetched(tmp_path, files)
    previous = os.umask(0o077)
    try:
        assert materialise(clone, unit, tree, LIMITS) == ()
    finally:
        os.umask(previous)
    assert written(tree) == {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    for path in tree.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644)


def test_a_file_is_written_under_the_name_it_is_scanned_as(tmp_path: Path, tree: Path) -> None:
    clone, unit = fetched(tmp_path, {"m.tofu": "x"})
    renamed = ScanUnit(kind=unit.kind, directory="", files=tuple(UnitFile(f.path, f.oid, "m.tf") for f in unit.files))
    materialise(clone, renamed, tree, LIMITS)
    assert written(tree) == {"m.tf": b"x"}


def test_a_file_over_the_limit_is_said_with_its_size_and_the_limit(tmp_path: Path, tree: Path) -> None:
    clone, unit = fetched(tmp_path, {"big.tf": "x" * 1001, "fits.tf": "y" * 1000})
    (note,) = materialise(clone, unit, tree, LIMITS)
    assert (note.what, note.blocking) == ("big.tf", True)
    assert "1,001 bytes" in note.why and "1,000 bytes" in note.why
    assert list(written(tree)) == ["fits.tf"]


def test_what_no_longer_fits_under_the_limit_of_the_tree_is_said(tmp_path: Path, tree: Path) -> None:
    clone, unit = fetched(tmp_path, {f"{name}.tf": name * 900 for name in "abc"})
    (note,) = materialise(clone, unit, tree, LIMITS)
    assert note.what == "c.tf" and "2,500 bytes" in note.why
    assert sorted(written(tree)) == ["a.tf", "b.tf"]


def test_of_a_large_state_file_the_beginning_is_written(tmp_path: Path, tree: Path) -> None:
    clone, unit = fetched(tmp_path, {"terraform.tfstate": "s" * 5000, "small.tfstate": "{}"})
    assert materialise(clone, unit, tree, LIMITS) == ()
    assert written(tree) == {"terraform.tfstate": b"s" * 1000, "small.tfstate": b"{}"}


def test_a_huge_state_file_is_said(tmp_path: Path, tree: Path) -> None:
    clone, unit = fetched(tmp_path, {"terraform.tfstate": b"s" * (MAX_BLOB + 1)})
    (note,) = materialise(clone, unit, tree, LIMITS)
    assert note.blocking and "16,777,217 bytes" in note.why


def test_a_pointer_of_git_lfs_is_said_and_not_scanned(tmp_path: Path, tree: Path) -> None:
    clone, unit = fetched(tmp_path, {"main.tf": LFS})
    (note,) = materialise(clone, unit, tree, LIMITS)
    assert "Git LFS" in note.why
    assert written(tree) == {}


def test_settings_of_checkov_are_never_written(tmp_path: Path, tree: Path) -> None:
    clone, unit = fetched(tmp_path, {".checkov.yaml": "x", "c/.checkov.yml": "x", "c/.Checkov.YML": "x", "a.tf": "x"})
    assert materialise(clone, unit, tree, LIMITS) == ()
    assert list(written(tree)) == ["a.tf"]


def test_content_that_is_not_there_is_said(tmp_path: Path, tree: Path) -> None:
    clone, _ = fetched(tmp_path, {"a.tf": "x"})
    unit = ScanUnit(kind=UnitKind.TERRAFORM, directory="", files=(UnitFile("a.tf", "1" * 40, "a.tf"),))
    (note,) = materialise(clone, unit, tree, LIMITS)
    assert note.what == "a.tf"
    assert written(tree) == {}


@pytest.mark.parametrize(
    "path",
    ["../x.tf", "a/../../x.tf", "/etc/x.tf", "a//x.tf", "./x.tf", ".git/x.tf", "a/.GIT/x.tf", "a\\x.tf", "a\n.tf",
     "\udcff.tf", "a/" * 600 + "x.tf", "y" * 300 + ".tf", "\u202exx.tf"],
)  # fmt: skip
def test_a_name_that_is_not_safe_is_said_and_not_written(tmp_path: Path, tree: Path, path: str) -> None:
    clone, unit = fetched(tmp_path, {"a.tf": "x"})
    hostile = ScanUnit(kind=unit.kind, directory="", files=(UnitFile(path, unit.files[0].oid, path),))
    (note,) = materialise(clone, hostile, tree, LIMITS)
    assert note.what.isprintable() and len(note.what) < 300
    assert written(tree) == {}
    assert not (tmp_path / "x.tf").exists()


def test_a_link_on_the_way_is_not_followed(tmp_path: Path, tree: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tree / "d").symlink_to(tmp_path / "outside")
    (tree / "f.tf").symlink_to(tmp_path / "outside" / "f.tf")
    root = os.open(tree, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for path in ("d/x.tf", "f.tf"):
            with pytest.raises(OSError):
                write_file(root, path, b"x")
    finally:
        os.close(root)
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize(
    ("text", "blocking"),
    [
        ('{\n  "prices": [' + "1, " * 400 + '1],\n  "Microsoft.Resources": {}\n}', False),
        ('{\n  "apiVersion" : "v1", "pad": "' + "x" * 1000 + '"}', True),
        ('{"\\u0061piVersion": "v1", "pad": "' + "x" * 1000 + '"}', True),
        ("openapi: 3.0.0\n# " + "x" * 1000, True),
    ],
)
def test_a_heap_of_data_over_the_limit_fails_no_review(tmp_path: Path, tree: Path, text: str, blocking: bool) -> None:
    name = "data.yaml" if text.startswith("openapi") else "data.json"
    (note,) = materialise(*fetched(tmp_path, {name: text}), tree, LIMITS)
    assert (note.what, note.blocking) == (name, blocking)
    assert "MAX_FILE_BYTES" in note.why
