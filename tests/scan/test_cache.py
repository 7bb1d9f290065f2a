from __future__ import annotations

import os
from pathlib import Path

import pytest

from reviewer.model import NotExamined, ScanResult
from reviewer.scan.cache import ScanCache

KEY = "0123456789abcdef" * 2


def result(size: int = 10) -> ScanResult:
    return ScanResult(not_examined=(NotExamined(what="x" * size, why="because"),), files=3, roots=("a",), resources=4)


def kept(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def test_what_was_put_is_got_also_by_another_process(tmp_path: Path) -> None:
    ScanCache(tmp_path, 1 << 20).put(KEY, result())
    assert ScanCache(tmp_path, 1 << 20).get(KEY) == result()
    assert [path.relative_to(tmp_path).parts[0] for path in kept(tmp_path)] == ["01"]


def test_an_unknown_key_is_a_miss(tmp_path: Path) -> None:
    assert ScanCache(tmp_path, 1 << 20).get(KEY) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"findings": 3}', b"[" * 100_000])
def test_a_broken_entry_is_a_miss_and_goes_away(tmp_path: Path, content: bytes) -> None:
    cache = ScanCache(tmp_path, 1 << 20)
    cache.put(KEY, result())
    kept(tmp_path)[0].write_bytes(content)
    assert cache.get(KEY) is None
    assert kept(tmp_path) == []


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "0" * 31, "G" * 32, KEY + "/x"])
def test_only_digests_are_keys(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        ScanCache(tmp_path, 1 << 20).get(key)


def test_entries_used_longest_ago_make_room(tmp_path: Path) -> None:
    limit = 20_000
    cache = ScanCache(tmp_path, limit)
    keys = [f"{number:032x}" for number in range(40)]
    for number, key in enumerate(keys):
        cache.put(key, result(1000))
        os.utime(next(path for path in kept(tmp_path) if path.name == key[2:]), (number, number))
        cache.get(keys[0])
    total = sum(path.stat().st_size for path in kept(tmp_path))
    assert total <= limit * 1.2
    assert cache.get(keys[0]) and cache.get(keys[-1])
    assert cache.get(keys[1]) is None


def test_one_result_cannot_push_everything_else_out(tmp_path: Path) -> None:
    cache = ScanCache(tmp_path, 4000)
    cache.put(KEY, result(100))
    cache.put("f" * 32, result(2000))
    assert cache.get(KEY) == result(100)
    assert cache.get("f" * 32) is None


def test_a_disk_that_takes_nothing_costs_the_cache_and_not_the_review(tmp_path: Path) -> None:
    cache = ScanCache(tmp_path / "cache", 1 << 20)
    (tmp_path / "cache" / KEY[:2]).write_text("a file where a folder should be")
    cache.put(KEY, result())
    assert cache.get(KEY) is None


def test_leftovers_of_a_killed_process_go_away_in_time(tmp_path: Path) -> None:
    cache = ScanCache(tmp_path, 4000)
    (tmp_path / "aa").mkdir()
    leftover = tmp_path / "aa" / ".new-1"
    leftover.write_bytes(b"x" * 5000)
    os.utime(leftover, (1, 1))
    cache.put(KEY, result())
    assert not leftover.exists()
