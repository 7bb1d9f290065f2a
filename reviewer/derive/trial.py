"""Runs Checkov on many small examples at once: what each of them fails and passes.

Owns how an example lies on disk, so that examples do not see each other. Knows no recipe. Runs Checkov in this process:
for texts of this repository only, never for those of a pull request.
"""

from __future__ import annotations

import importlib
import logging
import os
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer.scan import checkov_runners
from reviewer.scan.tree import Tree

FILES = {
    "terraform": "main.tf",
    "kubernetes": "manifest.yaml",
    "cloudformation": "template.yaml",
    "dockerfile": "Dockerfile",
    "github_actions": ".github/workflows/workflow.yml",
}
"""The framework: the name of the one file of an example."""

APART = frozenset({"kubernetes", "github_actions"})
"""Frameworks whose graph joins across files, or that gain nothing by it: each example in a run of its own."""

BATCH = 60  # more directories in one run cost more than one run more: edges are sought among all resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What Checkov said about one example. `failed` and `passed` hold (rule, resource)."""

    tree: Tree
    records: tuple[Any, ...]  # failed ones
    failed: frozenset[tuple[str, str]]
    passed: frozenset[tuple[str, str]]
    unreadable: bool


def file_name(framework: str, text: str) -> str:
    """Return the name of the file that an example of `framework` is."""
    name = FILES[framework]
    return "template.json" if name == "template.yaml" and text.lstrip().startswith("{") else name


def results(framework: str, examples: Mapping[str, str], *, apart: bool = False) -> dict[str, Result]:
    """Return what Checkov says about each example, by the keys of `examples`.

    In one run, Checkov's graph may join things of two examples that have the same name: with `apart`, never.
    """
    runner = load(framework)
    keys = list(examples)
    size = 1 if apart or framework in APART else BATCH
    found: dict[str, Result] = {}
    for start in range(0, len(keys), size):
        batch = {key: examples[key] for key in keys[start : start + size]}
        found |= _batch(runner, framework, batch)
    return found


def _batch(runner: Any, framework: str, examples: Mapping[str, str]) -> dict[str, Result]:
    from checkov.runner_filter import RunnerFilter

    with tempfile.TemporaryDirectory(prefix="examples-") as scratch:
        root = Path(os.path.realpath(scratch))
        trees = {key: _write(root / f"x{n:04}", framework, text) for n, (key, text) in enumerate(examples.items())}
        only = RunnerFilter(framework=[framework], show_progress_bar=False)
        reports = runner().run(root_folder=str(root), runner_filter=only)
        return _sorted_out(reports if isinstance(reports, list) else [reports], root, trees)


def _write(folder: Path, framework: str, text: str) -> Tree:
    name = file_name(framework, text)
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text(text, encoding="utf-8")
    tree = Tree(folder, {name: name}, "")
    tree.originals()  # read now: the folder goes away
    return tree


def _sorted_out(reports: Sequence[Any], root: Path, trees: Mapping[str, Tree]) -> dict[str, Result]:
    by_folder = {tree.root.name: key for key, tree in trees.items()}
    failed: dict[str, list[Any]] = {key: [] for key in trees}
    passed: dict[str, list[Any]] = {key: [] for key in trees}
    broken = {str(path) for report in reports for path in report.parsing_errors}
    for report in reports:
        for records, of in ((report.failed_checks, failed), (report.passed_checks, passed)):
            for record in records:
                folder = Path(os.path.relpath(str(record.file_abs_path), root)).parts[0]
                record.resource = str(record.resource).replace(f"{root}/{folder}", "").replace(f"/{folder}/", "/")
                if folder in by_folder:
                    of[by_folder[folder]].append(record)
    return {
        key: Result(
            tree=tree,
            records=tuple(failed[key]),
            failed=_keys(failed[key]),
            passed=_keys(passed[key]),
            unreadable=any(f"/{tree.root.name}/" in path for path in broken),
        )
        for key, tree in trees.items()
    }


def _keys(records: Iterable[Any]) -> frozenset[tuple[str, str]]:
    return frozenset((str(record.check_id), str(record.resource)) for record in records)


def load(framework: str) -> Any:
    """Return Checkov's runner for a framework, its checks registered: loading all runners takes seconds."""
    logging.getLogger().addHandler(logging.NullHandler())
    with warnings.catch_warnings(), _environment(checkov_runners.ENVIRONMENT):
        warnings.simplefilter("ignore", DeprecationWarning)  # Checkov's own affair
        runner = importlib.import_module(f"checkov.{framework}.runner").Runner
    if framework == "terraform":
        _remember_evaluations()
    return runner


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Checkov reads it when it is imported; whoever else runs in this process keeps theirs."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            os.environ.pop(name, None)
        os.environ.update({name: before[name] for name in values if name in before})


def _remember_evaluations() -> None:
    from checkov.terraform.graph_builder.variable_rendering import evaluate_terraform

    if not hasattr(evaluate_terraform.evaluate, "known"):
        evaluate_terraform.evaluate = checkov_runners.remembering(evaluate_terraform.evaluate)
