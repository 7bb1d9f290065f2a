"""Little bytes that want to cost much: the worker's time and memory stay in proportion."""

from __future__ import annotations

import contextlib
import time
import tracemalloc
from pathlib import Path

import pytest

from reviewer.masking import mask_secrets
from reviewer.scan import evidence
from reviewer.scan.layout import lay_out
from reviewer.scan.local import LocalClone
from reviewer.scan.modules import module_sources
from reviewer.scan.objects import MAX_DIFFED, Entry
from reviewer.scan.sources import read_sources
from tests.scan.repository import Repository

MANY = ("A", "-", "--", "password", "api_key_", "password=", "://a:", "=", "eyJaaaaaaaaa.", "-----BEGIN ", "token: |\n")


@pytest.mark.parametrize("piece", MANY)
def test_masking_takes_time_in_proportion_to_the_text(piece: str) -> None:
    text = (piece * 8000)[:8000]
    started = time.process_time()
    evidence.fold(text)
    mask_secrets(f"{text} password token :// private key")
    assert time.process_time() - started < 2  # some of these took a minute


@pytest.mark.parametrize("piece", ['"${"', "<<A\n", "/*", "\\u", '"', 'module "m" {\nsource = "'])
def test_reading_module_sources_takes_time_in_proportion_to_the_text(piece: str) -> None:
    started = time.process_time()
    module_sources("module source" + (piece * (1 << 18))[: 1 << 18])
    assert time.process_time() - started < 5


def test_charts_and_kustomizations_by_the_hundred_are_planned_in_little_time() -> None:
    charts = [Entry(f"c{n}/Chart.yaml", "1" * 40, "100644") for n in range(300)]
    bases = [Entry(f"k{n}/kustomization.yaml", "1" * 40, "100644") for n in range(300)]
    files = [Entry(f"c{n % 9}/templates/{n}.yaml", "2" * 40, "100644") for n in range(5000)]
    layout = lay_out([*charts, *bases, *files], {}, frozenset({"helm", "kustomize"}))
    started = time.process_time()
    plan = layout.plan(layout.ids())
    assert time.process_time() - started < 2
    assert sum(len(unit.files) for unit in plan.units if unit.kind == "helm") == 5300


@pytest.mark.slow
def test_files_that_are_large_together_are_neither_read_nor_shown_at_once(tmp_path: Path) -> None:
    upstream = Repository(tmp_path / "upstream")
    base = upstream.commit({"small.tf": "a\n"})
    text = "# ...............................................................\n" * 15_000
    head = upstream.commit({"small.tf": "b\n"} | {f"d{n}/main.tf": f"# {n}\n{text}" for n in range(60)})
    with contextlib.closing(LocalClone(upstream.path)) as clone:
        listing = clone.listing(head)
        tracemalloc.start()
        read_sources(clone, listing, (), 1 << 20)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        diff = clone.diff(base, head, [change.path for change in clone.changes(base, head)])
    assert peak < 60 << 20  # together they have as much, and would be there three times
    assert "small.tf" in diff
    assert len(diff) <= 1.1 * MAX_DIFFED
