"""Checkov in this process: load its runners once, make them safe to fork, run one framework on one tree.

The only import of Checkov besides `records`. Runs only in the warm parent and its children, on hostile files.
"""

from __future__ import annotations

import copy
import functools
import importlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer.scan import lookups, manifests, samples, secret_filters

FRAMEWORKS = (
    *("terraform", "cloudformation", "kubernetes", "helm", "kustomize", "dockerfile", "github_actions"),
    *("arm", "bicep", "serverless", "openapi", "ansible", "secrets"),
)

ENVIRONMENT: Mapping[str, str] = {
    "BC_SKIP_MAPPING": "TRUE",  # no download of guidelines
    "CHECKOV_PARALLELIZATION_TYPE": "none",  # no processes of its own
    "CKV_IGNORE_HIDDEN_DIRECTORIES": "False",  # what is in the tree is to be scanned
    "HCL_PARSE_TIMEOUT_SEC": "30",
    "LOG_LEVEL": "ERROR",
    "ANSI_COLORS_DISABLED": "1",
    "PYTHONHASHSEED": "0",  # Checkov walks sets: the same tree gives the same order
}
"""What Checkov reads when it is imported."""

PLAN = "terraform_plan"
"""The framework that reads what `terraform show -json` prints; its findings are those of terraform."""

RENDERED = frozenset({"helm", "kustomize"})
"""Frameworks that start a program of their own to make manifests."""

MAX_TROUBLES = 200

SOURCES = "https://github.com/bridgecrewio/checkov/blob"

_PASSED_OVER = ("Failed to run check", "Secret scanning: could not process")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one framework said about one tree. Paths in `unreadable` are absolute."""

    records: tuple[Any, ...] = ()  # of checkov.common.output.record.Record: failed and skipped ones
    passed: tuple[Any, ...] = ()  # records too
    unreadable: tuple[str, ...] = ()
    resources: int = 0
    troubles: tuple[str, ...] = ()  # ids of checks that crashed on a resource, files that were passed over


class _Troubles(logging.Handler):
    """Collects what Checkov only logs: a check that raised is no finding there, and no word of it either."""

    def __init__(self, framework: str) -> None:
        super().__init__(logging.WARNING)
        self.seen: dict[str, None] = {}
        self._everything = framework in RENDERED  # there, each complaint may be a chart that was passed over

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first words of messages that mean that something was not looked at."""
        text = str(record.msg)
        if len(self.seen) < MAX_TROUBLES and (self._everything or text.startswith(_PASSED_OVER)):
            self.seen[text.split(" on ", maxsplit=1)[0].removeprefix(_PASSED_OVER[0]).strip()[:200]] = None


class ToolMissing(Exception):
    """The program that a framework needs does not run here."""


def version() -> str:
    """Return Checkov's version, such as 3.3.30."""
    from checkov.version import version as number

    return str(number)


def load() -> None:
    """Import every runner, and make them fit for a process that forks."""
    logging.getLogger().addHandler(logging.NullHandler())
    _import_all()
    _make_safe()


def run(framework: str, tree: Path, files: Sequence[str]) -> Outcome:
    """Run one framework on everything under `tree`; `files` are the absolute paths that secrets are looked for in.

    Raises whatever Checkov raises: the caller says that this framework was not examined.
    """
    from checkov.runner_filter import RunnerFilter

    runner = _import_all()[framework]()
    if framework in RENDERED and runner.check_system_deps():
        raise ToolMissing(framework)
    only = RunnerFilter(framework=[framework], show_progress_bar=False)
    troubles = _Troubles(framework)
    logging.getLogger().addHandler(troubles)
    try:
        if framework == "secrets":
            reports = runner.run(root_folder=None, files=list(files), runner_filter=only)
        else:
            reports = runner.run(root_folder=str(tree), runner_filter=only)
    finally:
        logging.getLogger().removeHandler(troubles)
    return _outcome(reports if isinstance(reports, list) else [reports], tuple(troubles.seen))


def run_plan(document: Path) -> Outcome:
    """Run Checkov on a plan in JSON: a file whose name ends in .json. Raises whatever Checkov raises."""
    from checkov.cloudformation.parser import cfn_yaml
    from checkov.runner_filter import RunnerFilter

    runner = _import_all()[PLAN]()
    troubles = _Troubles(PLAN)
    logging.getLogger().addHandler(troubles)
    before, cfn_yaml.MAX_IAC_FILE_SIZE = cfn_yaml.MAX_IAC_FILE_SIZE, 0  # larger files are read as JSON: YAML takes long
    try:
        only = RunnerFilter(framework=[PLAN], show_progress_bar=False)
        report = runner.run(root_folder=None, files=[str(document)], runner_filter=only)
    finally:
        cfn_yaml.MAX_IAC_FILE_SIZE = before
        logging.getLogger().removeHandler(troubles)
    return _outcome(report if isinstance(report, list) else [report], tuple(troubles.seen))


def _outcome(reports: Iterable[Any], troubles: tuple[str, ...]) -> Outcome:
    records: list[Any] = []
    passed: list[Any] = []
    unreadable: dict[str, None] = {}
    resources = 0
    for report in reports:
        records += [*report.failed_checks, *report.skipped_checks]
        passed += report.passed_checks
        unreadable.update(dict.fromkeys(map(str, report.parsing_errors)))
        resources += len(report.resources)
    return Outcome(
        records=tuple(records),
        passed=tuple(passed),
        unreadable=tuple(unreadable),
        resources=resources,
        troubles=troubles,
    )


@functools.cache
def _import_all() -> dict[str, Callable[[], Any]]:
    modules = {name: f"checkov.{name}.runner" for name in FRAMEWORKS} | {PLAN: "checkov.terraform.plan_runner"}
    return {name: importlib.import_module(module).Runner for name, module in modules.items()}


def _make_safe() -> None:
    """Change Checkov where it is slow, silent or starts processes; its findings stay what they are."""
    from checkov.common.checks_infra.solvers.attribute_solvers import base_attribute_solver
    from checkov.common.checks_infra.solvers.resource_solvers import base_resource_solver
    from checkov.common.graph.checks_infra.registry import BaseRegistry
    from checkov.common.models.enums import ParallelizationType
    from checkov.common.parallelizer.parallel_runner import parallel_runner
    from checkov.common.runners import base_runner
    from checkov.terraform.checks.resource import base_resource_negative_value_check, base_resource_value_check
    from checkov.terraform.graph_builder.variable_rendering import evaluate_terraform
    from detect_secrets.core.plugins import util as plugins

    parallel_runner.type = ParallelizationType.NONE
    base_runner.ignored_directories.clear()
    evaluate_terraform.evaluate = remembering(evaluate_terraform.evaluate)
    base_resource_value_check.dpath = base_resource_negative_value_check.dpath = lookups
    BaseRegistry.run_checks = _run_graph_checks
    base_attribute_solver.ThreadPoolExecutor = base_resource_solver.ThreadPoolExecutor = _AtOnce
    plugins.import_file_as_module = functools.cache(plugins.import_file_as_module)  # compiled for each scan otherwise
    secret_filters.pass_over_nothing()
    manifests.read_all_that_kubectl_reads()


class _AtOnce:
    """Stands in for a pool of threads, which one condition on a handful of resources is not worth."""

    def submit(self, run: Callable[..., Any], /, *args: Any) -> Future[Any]:
        """Run, and return what came of it."""
        future: Future[Any] = Future()
        try:
            future.set_result(run(*args))
        except Exception as error:  # noqa: BLE001 (as in a thread: whoever asks for the result gets it)
            future.set_exception(error)
        return future


def build_bicep_grammar(folder: Path) -> None:
    """Write the tables of the Bicep parser to `folder`: 15 s of work and 100 MB, so not in the warm parent itself."""
    from pycep import BicepParser

    tempfile.tempdir = str(folder)
    BicepParser(add_line_numbers=True)


def share_bicep_parser(folder: Path) -> None:
    """Load the tables that `build_bicep_grammar` wrote, once for all children; Checkov would for each scan."""
    from checkov.bicep import parser
    from pycep import BicepParser

    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    shared = BicepParser(add_line_numbers=True)
    tempfile.tempdir = before
    shared.parse(text=samples.BICEP)

    def take(self: Any) -> None:
        self.bicep_parser = shared

    parser.Parser.__init__ = take


def forget() -> None:
    """Forget what was remembered of scans in this process."""
    from checkov.terraform.graph_builder.variable_rendering import evaluate_terraform

    evaluate_terraform.evaluate.known.clear()


def remembering(evaluate: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return `evaluate` with a memory, of failures too: a large module asks the same thing thousands of times.

    Answers are copied, because Checkov changes what it gets. The memory lives as long as the process: one scan.
    """
    known: dict[str, tuple[Any, Exception | None]] = {}

    def remembered(text: str) -> Any:
        if type(text) is not str:  # Checkov hands in other things too
            return evaluate(text)
        if text not in known:
            try:
                known[text] = (evaluate(text), None)
            except Exception as error:  # noqa: BLE001 (raised again below, each time)
                known[text] = (None, error.with_traceback(None))
        answer, error_ = known[text]
        if error_ is not None:
            raise error_
        return copy.deepcopy(answer) if isinstance(answer, list | dict | set) else answer

    remembered.known = known  # type: ignore[attr-defined]
    return remembered


def _run_graph_checks(self: Any, graph_connector: Any, runner_filter: Any, report_type: str) -> dict[Any, Any]:
    """One after the other, and loudly: Checkov's own uses threads and drops what they raise."""
    results: dict[Any, Any] = {}
    for check in self.checks:
        if runner_filter.should_run_check(check, report_type=report_type):
            try:
                self.run_check_parallel(check, results, graph_connector)
            except Exception:  # noqa: BLE001 (one check is lost, and said so)
                logging.error("Failed to run check %s on the graph" % check.id)  # noqa: UP031
    return results


@functools.cache
def graph_check_source(check_id: str) -> str | None:
    """Return a link to the definition of a graph check, or None when there is none of that id."""
    from checkov.common.checks_infra.registry import get_all_graph_checks_registries

    for registry in get_all_graph_checks_registries():
        for check in registry.checks:
            if check.id == check_id and "/checkov/" in (path := str(check.check_path).replace(os.sep, "/")):
                return f"{SOURCES}/{version()}/checkov/{path.rpartition('/checkov/')[2]}"
    return None


def tools() -> frozenset[str]:
    """Return which of the programs that Checkov starts are installed here: `helm`, `kustomize`."""
    paths = os.environ.get("PATH", "/usr/bin:/bin").split(":")
    return frozenset(name for name in ("helm", "kustomize") if any(os.access(f"{p}/{name}", os.X_OK) for p in paths))
