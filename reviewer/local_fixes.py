"""`plumbrule fix` and `plumbrule fixes-report`: the proved fixes of a local repository, taken over or counted."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from reviewer.errors import Rejected
from reviewer.examine import Survey, survey
from reviewer.fix.lines import apply
from reviewer.local import CACHE_BYTES, Say, open_case, starting_scanner
from reviewer.model import Finding, Risk, Suggestion
from reviewer.process import never
from reviewer.report.patch import build_patch
from reviewer.scan.cache import ScanCache
from reviewer.scan.local import LocalClone
from reviewer.scan.running import Bench
from reviewer.settings import cache_directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person at the terminal asked for. Without `base` everything that stands is to be mended."""

    path: Path
    base: str | None = None
    rules: tuple[str, ...] = ()  # of none: all
    risks: tuple[Risk, ...] = (Risk.SAFE,)
    cached: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """The fixes of a local repository, and its files as they were when they were proved."""

    survey: Survey
    files: Mapping[str, bytes]
    top: Path
    risks: tuple[Risk, ...]  # that `edits` may be of
    seconds: float

    @property
    def edits(self) -> tuple[Suggestion, ...]:
        """What is to be taken over."""
        return self.survey.proposed.fixes.safe

    @property
    def patch(self) -> str:
        """The edits as a patch that `git apply` takes at the top of the repository."""
        return build_patch(self.edits, self.files)


@contextlib.contextmanager
def mending(wanted: Wanted, environ: Mapping[str, str], say: Say) -> Iterator[Mending]:
    """Find and prove the fixes that are `wanted`. Raises Rejected for what the person can mend."""
    begun = time.monotonic()
    say("Starting the scanner (a few seconds) ...")
    with contextlib.closing(LocalClone(wanted.path, plain_folder=True)) as clone, starting_scanner(environ) as scanner:
        if clone.top is None:
            raise Rejected(f"{wanted.path}: this repository is bare: it has no files to mend")
        case = open_case(clone, base=wanted.base, head=None, policy=None, environ=environ)
        with contextlib.ExitStack() as stack:
            cache = ScanCache(stack.enter_context(_cache_folder(wanted, environ)), CACHE_BYTES)
            stack.enter_context(scanner)
            bench = Bench(
                clone=clone, scanner=scanner, cache=cache, limits=case.limits, stop=never, progress=_progress(say)
            )
            found = survey(case, bench, _wants(wanted, clone.top), wanted.risks)
        paths = {edit.path for edit in found.proposed.fixes.safe}
        files = {path: text for path in paths if (text := clone.file(case.head, path)) is not None}
        yield Mending(survey=found, files=files, top=clone.top, risks=wanted.risks, seconds=time.monotonic() - begun)


@contextlib.contextmanager
def _cache_folder(wanted: Wanted, environ: Mapping[str, str]) -> Iterator[Path]:
    """The user's, or one that has nothing yet where times are to be measured."""
    if wanted.cached:
        yield cache_directory(environ)
        return
    with tempfile.TemporaryDirectory(prefix="plumbrule-") as folder:
        yield Path(folder)


def _progress(say: Say) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        say(f"Scanned {done} of {total} parts ..." if done < total else f"Scanned {total} parts; trying fixes ...")

    return progress


def _wants(wanted: Wanted, top: Path) -> Callable[[Finding], bool]:
    below = wanted.path.resolve().relative_to(top.resolve()).as_posix()
    prefix = "" if below == "." else f"{below}/"

    def wants(finding: Finding) -> bool:
        return finding.path.startswith(prefix) and (not wanted.rules or finding.rule in wanted.rules)

    return wants


def take_over(found: Mending) -> tuple[str, ...]:
    """Write the edits into the files of the working copy; return the paths.

    Raises Rejected, and writes nothing, when a file is not what the fixes were proved on.
    """
    after = {path: apply(text, _of(found.edits, path)) for path, text in found.files.items()}
    for path, text in found.files.items():
        _check_unchanged(found.top, path, text)
    for path, text in sorted(after.items()):
        try:
            _write(found.top / path, text)
        except OSError as error:
            raise Rejected(f"{path}: it could not be written ({error.strerror}); it is as it was") from error
    return tuple(sorted(after))


def _check_unchanged(top: Path, path: str, text: bytes) -> None:
    """Raise Rejected unless the file has this text, may be written, and is reached through no symbolic link."""
    where = top / path
    try:
        same = where.resolve() == top.resolve() / path and where.read_bytes() == text
    except OSError:
        same = False
    if not same:
        raise Rejected(f"{path}: it changed while the fixes were proved; nothing was written, run it again")
    if not os.access(where, os.W_OK):
        raise Rejected(f"{path}: it may not be written; nothing was written")


def _of(edits: Sequence[Suggestion], path: str) -> tuple[Suggestion, ...]:
    return tuple(edit for edit in edits if edit.path == path)


def _write(path: Path, text: bytes) -> None:
    """All or nothing: whoever looks meanwhile sees the old file or the new one.

    The new one is made under a name that nobody can know before: a link may lie under any other.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".plumbrule-")
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
        beside.chmod(stat.S_IMODE(path.stat().st_mode))
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


COLUMNS = ("findings", "concrete", "parametric", "guidance", "nothing", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What there is for the findings of one rule."""

    rule: str
    findings: int = 0
    concrete: int = 0  # risk safe, replace or cost
    parametric: int = 0  # risk input
    guidance: int = 0
    nothing: int = 0
    failed: int = 0  # edits that did not stand the proof: counted under guidance or nothing, too


def count(found: Survey) -> tuple[Row, ...]:
    """Return one row a rule, the most frequent first."""
    fixes = found.proposed.fixes
    risks = {name: fix.suggestion.risk for fix in fixes.single for name in fix.fingerprints}
    guided = {guidance.fingerprint for guidance in fixes.guidance}
    kinds: dict[str, Counter[str]] = {}
    for finding in found.findings:
        counted = kinds.setdefault(finding.rule, Counter())
        counted[_kind(risks.get(finding.fingerprint), guided=finding.fingerprint in guided)] += 1
        counted["failed"] += finding.fingerprint in found.proposed.unproved
    rows = [Row(rule=rule, findings=counted.total() - counted["failed"], **counted) for rule, counted in kinds.items()]
    return tuple(sorted(rows, key=lambda row: (-row.findings, row.rule)))


def _kind(risk: Risk | None, *, guided: bool) -> str:
    if risk is not None:
        return "parametric" if risk is Risk.INPUT else "concrete"
    return "guidance" if guided else "nothing"


def outline(found: Mending, *, dry_run: bool) -> str:
    """Return one line on what was done and what is left."""
    fixes, findings = found.survey.proposed.fixes, len(found.survey.findings)
    taken = found.risks
    mended = sum(len(fix.fingerprints) for fix in fixes.single if fix.suggestion.risk in taken and not fix.also)
    words = "would be mended" if dry_run else "mended"
    told = [
        f"{mended} of {findings} findings {words} in {len(found.files)} files, all proved, in {found.seconds:.1f} s"
    ]
    left = Counter(fix.suggestion.risk for fix in fixes.single if fix.suggestion.risk not in taken and not fix.also)
    told += [f"{number} more with --also {risk}" for risk, number in sorted(left.items())]
    if several := sum(bool(fix.also) for fix in fixes.single):
        told.append(f"{several} more change several files each: plumbrule review --format json has them")
    told += [f"not tried: {failure}" for failure in fixes.failures]
    return "; ".join(told)


def render_report(found: Mending, form: str) -> str:
    """Return the count by rule as a table, or as JSON for machines."""
    rows, proposed = count(found.survey), found.survey.proposed
    total = Row(rule="all", **{key: sum(getattr(row, key) for row in rows) for key in COLUMNS})
    times = {
        "roots": proposed.units,
        "proof_scans": proposed.scans,
        "proof_seconds": round(proposed.milliseconds / 1000, 2),
        "scan_seconds": round(found.survey.scan_seconds, 2),
    }
    if form == "json":
        rules = {row.rule: {key: getattr(row, key) for key in COLUMNS} for row in rows}
        return json.dumps({"total": asdict(total), **times, "rules": rules}, indent=2) + "\n"
    lines = [f"{'rule':24}" + "".join(f"{key:>11}" for key in COLUMNS)]
    lines += [
        f"{row.rule:24}" + "".join(f"{getattr(row, key) or '.':>11}" for key in COLUMNS) for row in (*rows, total)
    ]
    shares = ", ".join(f"{key} {100 * getattr(total, key) / max(1, total.findings):.1f} %" for key in COLUMNS[1:5])
    took = "{proof_scans} scans of {roots} parts in {proof_seconds} s, after scanning everything in {scan_seconds} s"
    failures = [f"not tried: {failure}" for failure in proposed.fixes.failures]
    return "\n".join([*lines, "", shares, f"proofs: {took.format(**times)}", *failures]) + "\n"
