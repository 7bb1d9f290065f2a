"""One warm scanner with small limits for all hostile trees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.scanning import STRICT, Bench, running_bench


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A scanner with small limits."""
    with running_bench(tmp_path_factory.mktemp("hostile"), STRICT) as bench:
        yield bench
