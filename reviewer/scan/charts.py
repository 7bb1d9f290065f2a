"""Which files belong to which Helm chart. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from reviewer.scan.kinds import Kind, in_generated, kind_of

_CHART_FOLDERS = frozenset({"templates", "charts", "crds", "files"})


def outermost(charts: Iterable[str]) -> frozenset[str]:
    """Return those of `charts` (directories) that are not bundled in another's `charts` folder."""
    known = frozenset(charts)
    return frozenset(
        chart for chart in known if not any(f"{outer}/charts" in _above(chart) for outer in known - {chart})
    )


def chart_of(path: str, charts: frozenset[str]) -> str | None:
    """Return the chart that the file at `path` belongs to, or None.

    A chart at the repository's root owns only the folders that Helm knows by name, not the whole repository.
    """
    if not charts or in_generated(path):
        return None
    for directory in _above(path):
        if directory in charts:
            top, below, _ = path.partition("/")
            return directory if directory or not below or top in _CHART_FOLDERS else None
    return None


def is_template(path: str, charts: frozenset[str]) -> bool:
    """Tell whether the file at `path` is written in the template language of a chart."""
    if kind_of(path) is Kind.TEMPLATE:
        return True
    chart = chart_of(path, charts)
    if chart is None or kind_of(path) is not Kind.PLAIN:
        return False
    inside = path.removeprefix(f"{chart}/") if chart else path
    return "templates" in inside.split("/")[:-1]


def _above(path: str) -> tuple[str, ...]:
    """Return the directories that hold `path`, the nearest first; "" is the last."""
    parts = path.split("/")[:-1]
    return tuple("/".join(parts[:depth]) for depth in range(len(parts), -1, -1))
