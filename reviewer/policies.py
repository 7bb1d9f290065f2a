"""`plumbrule policy eval` and `plumbrule policy test`: a folder of Rego policies put to a plan, or tested, locally.

Owns reading the folder and what stands in the terminal. The policies run contained, as in a review.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from reviewer.errors import Rejected
from reviewer.plan.rego_findings import resources
from reviewer.plan.rego_results import Evaluation, Outcome, PolicyTest, Result
from reviewer.plan.rego_tree import MAX_FILES, MAX_PLAN_BYTES, MAX_POLICY_BYTES, is_policy_file
from reviewer.process import never
from reviewer.scan.scanner import PolicyRunner, Scanner
from reviewer.settings import default_scan_limits, sandbox_choice
from reviewer.tfplan.bounds import PlanFormatError
from reviewer.tfplan.read import read_bytes

EXIT_CLEAN, EXIT_DENIED, EXIT_COULD_NOT_RUN = 0, 1, 2


def evaluate_folder(folder: Path, plan: Path, environ: Mapping[str, str]) -> Evaluation:
    """Put the policies of `folder` to the plan in the file `plan`. Raises Rejected, Misconfigured, ScanFailed."""
    policies, text = read_folder(folder), _read_plan(plan)
    with _running(environ) as runner:
        return _with_addresses(runner.evaluate(policies, text, never), text)


def _with_addresses(evaluation: Evaluation, plan: bytes) -> Evaluation:
    """Return results with the resource that each is about, where the policy does not say it itself."""
    try:
        found = resources(evaluation.results, read_bytes(plan))
    except PlanFormatError:
        return evaluation  # policies may be put to any JSON; only a plan has resources
    pairs = zip(evaluation.results, found, strict=True)
    return replace(evaluation, results=tuple(replace(r, resource=r.resource or named) for r, named in pairs))


def test_folder(folder: Path, environ: Mapping[str, str]) -> Evaluation:
    """Run the tests among the policies of `folder`. Raises as `evaluate_folder` does."""
    policies = read_folder(folder)
    with _running(environ) as runner:
        return runner.test_policies(policies, never)


@contextmanager
def _running(environ: Mapping[str, str]) -> Iterator[Scanner]:
    with tempfile.TemporaryDirectory(prefix="plumbrule-") as trees:
        limits = default_scan_limits(environ)
        with PolicyRunner(limits, sandbox_choice(environ), Path(trees), concurrency=1) as runner:
            yield runner


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the policies and data files below `folder`, by their paths in it.

    Raises Rejected when there is no policy, when there is too much, and for a symbolic link: it may lead anywhere.
    """
    if not folder.is_dir():
        raise Rejected(f"{folder}: this is not a folder; expected one that holds Rego policies (*.rego)")
    files: dict[str, bytes] = {}
    for path in _paths(folder):
        if path.is_symlink():
            raise Rejected(f"{path}: this is a symbolic link, which is not followed; put the file itself there")
        files[path.relative_to(folder).as_posix()] = _read(path, MAX_POLICY_BYTES)
        if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_POLICY_BYTES:
            raise Rejected(
                f"{folder}: more than {MAX_FILES:,} files or {MAX_POLICY_BYTES >> 20} MB of policies and data"
            )
    if not any(path.endswith(".rego") for path in files):
        raise Rejected(f"{folder}: there is no policy in it (*.rego)")
    return files


def _paths(folder: Path) -> Iterator[Path]:
    for top, folders, names in os.walk(folder):
        linked = [name for name in folders if Path(top, name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in linked and not name.startswith("."))
        yield from (Path(top, name) for name in linked)
        yield from (Path(top, name) for name in sorted(names) if is_policy_file(name))


def _read_plan(path: Path) -> bytes:
    text = _read(path, MAX_PLAN_BYTES)
    if text.startswith(b"PK"):
        raise Rejected(
            f"{path}: this is a plan as Terraform keeps it; write it as JSON: terraform show -json {path.name}"
        )
    try:
        text.decode()
    except UnicodeDecodeError:
        raise Rejected(f"{path}: this is not JSON, but something else than text") from None
    return text


def _read(path: Path, most: int) -> bytes:
    try:
        if not path.is_file():
            raise Rejected(f"{path}: there is no such file" if not path.exists() else f"{path}: this is no plain file")
        if path.stat().st_size > most:
            raise Rejected(f"{path}: it has more than {most >> 20} MB")
        return path.read_bytes()
    except OSError as error:
        raise Rejected(f"{path}: it could not be read ({error.strerror})") from error


def exit_code(evaluation: Evaluation) -> int:
    """Return 2 when a part could not be evaluated, 1 when something was denied or a test failed, else 0."""
    if evaluation.problems:
        return EXIT_COULD_NOT_RUN
    bad = any(test.outcome in (Outcome.FAILED, Outcome.ERROR) for test in evaluation.tests)
    return EXIT_DENIED if evaluation.denied or bad else EXIT_CLEAN


def render_evaluation(evaluation: Evaluation, form: str) -> str:
    """Return what the policies say, as text for people or as JSON for machines."""
    if form == "json":
        told = {
            "results": [_as_json(result) for result in evaluation.results],
            "excepted": list(evaluation.excepted),
            "problems": [{"path": p.path, "line": p.line, "message": p.why} for p in evaluation.problems],
        }
        return json.dumps(told, indent=2) + "\n"
    lines = [f"could not be used: {_plain(str(problem))}" for problem in evaluation.problems]
    for result in evaluation.results:
        about = f" [{_plain(result.resource)}]" if result.resource else ""
        verb = "denied" if result.denies else "warned"
        lines.append(f"{verb} ({result.severity.word}) {result.package}.{result.rule}: {_plain(result.message)}{about}")
    lines += [f"excepted: {name}" for name in evaluation.excepted]
    denied = sum(result.denies for result in evaluation.results)
    rules = "1 rule" if evaluation.rules == 1 else f"{evaluation.rules} rules"
    counts = f"{denied} denied, {len(evaluation.results) - denied} warned, {len(evaluation.problems)} could not be used"
    return "\n".join([*lines, f"{rules}: {counts}"]) + "\n"


def _as_json(result: Result) -> dict[str, object]:
    return {
        "package": result.package,
        "rule": result.rule,
        "message": result.message,
        "severity": result.severity.word,
        "resource": result.resource,
        "metadata": json.loads(result.metadata) if result.metadata else {},
    }


def render_tests(evaluation: Evaluation, form: str) -> str:
    """Return how the tests ended, a line each, and the count."""
    if form == "json":
        told = {
            "tests": [_test_as_json(test) for test in evaluation.tests],
            "problems": [{"path": p.path, "line": p.line, "message": p.why} for p in evaluation.problems],
        }
        return json.dumps(told, indent=2) + "\n"
    lines = [f"could not be used: {_plain(str(problem))}" for problem in evaluation.problems]
    for test in evaluation.tests:
        lines.append(f"{test.path}:{test.line}: data.{test.package}.{test.rule}: {test.outcome.upper()}")
        lines += [f"  {_plain(line)}" for line in test.text.splitlines()]
    counts = [f"{word.upper()}: {number}/{len(evaluation.tests)}" for word, number in _counted(evaluation.tests)]
    return "\n".join([*lines, ", ".join(counts) or "no tests"]) + "\n"


def _test_as_json(test: PolicyTest) -> dict[str, object]:
    where = {"path": test.path, "line": test.line, "package": test.package, "rule": test.rule}
    return {**where, "outcome": str(test.outcome), "text": test.text}


def _counted(tests: tuple[PolicyTest, ...]) -> Iterator[tuple[Outcome, int]]:
    for outcome in Outcome:
        if number := sum(test.outcome is outcome for test in tests):
            yield outcome, number


def _plain(text: str) -> str:
    """Return `text` on one line and without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
