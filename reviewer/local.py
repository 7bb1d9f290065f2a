"""`plumbrule review`: the same review on a local repository, answered in the terminal instead of on GitHub."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from reviewer.errors import Rejected
from reviewer.examine import Case, examine
from reviewer.model import Examination, PlanOrigin, Sha
from reviewer.plan.planned import GivenPlan
from reviewer.process import never
from reviewer.report.jsonable import build_json
from reviewer.report.markdown import build_markdown
from reviewer.report.sarif import build_sarif
from reviewer.report.terminal import render_text
from reviewer.scan.cache import ScanCache
from reviewer.scan.foreign_config import read_scanners
from reviewer.scan.given_sarif import GivenSarif, read_given
from reviewer.scan.local import LocalClone
from reviewer.scan.scanner import PlanTools, Scanner
from reviewer.settings import (
    cache_directory,
    default_scan_limits,
    plan_program,
    sandbox_choice,
    schemas_directory,
)
from reviewer.tfplan.bounds import PlanFormatError
from reviewer.tfplan.read import read_bytes

CACHE_BYTES = 64 << 20
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person at the terminal asked to be reviewed."""

    path: Path
    base: str
    head: str | None = None  # None: the files as they are now
    policy: Path | None = None
    plans: tuple[str, ...] = ()  # FILE, or ROOT=FILE
    sarif: tuple[Path, ...] = ()  # what other tools said


@contextlib.contextmanager
def examined(wanted: Wanted, environ: Mapping[str, str], say: Say) -> Iterator[Examination]:
    """Examine a local repository: its head against the merge base with `base`.

    Raises Rejected for what the person at the terminal can mend: no repository, no such revision, a bad policy file.
    """
    started = time.monotonic()
    say("Starting the scanner (a few seconds) ...")
    with starting_scanner(environ) as scanner, contextlib.closing(LocalClone(wanted.path)) as clone:
        case = open_case(clone, base=wanted.base, head=wanted.head, policy=wanted.policy, environ=environ)
        case = replace(case, given_plans=tuple(read_plan(plan, wanted.path, clone) for plan in wanted.plans))
        logs = [GivenSarif(name=str(file), raw=read_log(file)) for file in wanted.sarif]
        case = replace(case, given_sarif=read_given(logs, clone, case.head, clone.top))
        cache = ScanCache(cache_directory(environ), CACHE_BYTES)
        with scanner:
            say("Reviewing ...")
            examination = examine(case, scanner=scanner, cache=cache, stop=never)
        seconds = round(time.monotonic() - started, 1)
        yield replace(examination, seconds=seconds, excerpts=read_excerpts(clone, examination))


def open_case(
    clone: LocalClone, *, base: str | None, head: str | None, policy: Path | None, environ: Mapping[str, str]
) -> Case:
    """Resolve the revisions of `clone` into a case; without a base the policy is the head's own.

    Raises Rejected naming what is not there.
    """
    at = clone.merge_base(clone.resolve(base), clone.resolve(head or "HEAD")) if base else None
    reviewed = clone.resolve(head) if head else Sha(clone.worktree())
    return Case(
        clone=clone,
        head=reviewed,
        base=at,
        policy_at=at or reviewed,
        policy_ref=base or "the working copy",
        policy_file=read_policy_file(policy) if policy else None,
        today=date.today(),
        limits=default_scan_limits(environ),
    )


def read_plan(named: str, path: Path, clone: LocalClone) -> GivenPlan:
    """Return the plan in a file: of the root at `path`, or of ROOT where `named` is ROOT=FILE. Raises Rejected."""
    root, separator, file = named.rpartition("=")
    try:
        document = Path(file).read_bytes()
        read_bytes(document)
    except OSError as error:
        raise Rejected(f"--plan: {file} could not be read: {error.strerror}") from error
    except PlanFormatError as error:
        raise Rejected(f"--plan: {file}: {error}") from error
    if not separator:
        root = path.resolve().relative_to(clone.top.resolve()).as_posix() if clone.top else ""
    return GivenPlan(root="" if root == "." else root.strip("/"), document=document, origin=PlanOrigin.GIVEN)


def read_log(file: Path) -> bytes:
    """Return the content of a SARIF file. Raises Rejected."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise Rejected(f"--sarif: {file} could not be read: {error.strerror}") from error


def read_policy_file(path: Path) -> tuple[str, str]:
    """Return name and text of the policy file at `path`. Raises Rejected."""
    try:
        return str(path), path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected(f"--policy: {path} could not be read: {error}") from error


@contextlib.contextmanager
def starting_scanner(environ: Mapping[str, str]) -> Iterator[Scanner]:
    """Give a scanner in a folder that goes away with it. It warms up meanwhile; entering it waits for that."""
    with tempfile.TemporaryDirectory(prefix="plumbrule-") as folder:
        planning = PlanTools(program=plan_program(environ), schemas=schemas_directory(environ))
        limits, sandbox = default_scan_limits(environ), sandbox_choice(environ)
        scanner = Scanner(limits, sandbox, Path(folder), 2, planning, foreign=read_scanners())
        scanner.start()
        try:
            yield scanner
        finally:
            scanner.close()


def read_excerpts(clone: LocalClone, examination: Examination) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the lines of every file in which something was introduced."""
    paths = sorted({finding.path for finding in examination.comparison.introduced})
    files = ((path, clone.file(examination.head_sha, path)) for path in paths)
    return tuple((path, tuple(raw.decode("utf-8", "replace").splitlines())) for path, raw in files if raw is not None)


def render(examination: Examination, form: str, *, color: bool) -> str:
    """Return `examination` in one of the formats of the command line: text, json, sarif or markdown."""
    if form == "json":
        return json.dumps(build_json(examination), indent=2) + "\n"
    if form == "sarif":
        return json.dumps(build_sarif(examination, ref=""), indent=2) + "\n"
    if form == "markdown":
        return build_markdown(examination)
    return render_text(examination, color=color, width=shutil.get_terminal_size((100, 24)).columns)
