"""Other scanners, run on the files of one unit: what they say becomes findings, how they fail is "not looked at".

Owns how a tool is called and what its end means. Runs in the contained child, before anything else there has read a
byte of the unit. The command line is the operator's; of the unit it holds paths alone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reviewer import process
from reviewer.model import NotExamined, ScanResult
from reviewer.scan import evidence
from reviewer.scan.foreign_config import FILES, SCRATCH, TREE, ForeignScanner
from reviewer.scan.foreign_sarif import MAX_SARIF, BadSarif, read_sarif
from reviewer.scan.tree import Tree

MOST_FILES = 400
"""How many files one call is given: their paths must fit on a command line."""
MAX_WORDS = 300
_TRACE = re.compile(r"^(?:Stack backtrace|HasCallStack|Traceback|stack traceback|goroutine \d+)", re.MULTILINE)
_COLORS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A scanner on a unit, and until when it may take."""

    scanner: ForeignScanner
    files: Tree
    scratch: Path
    until: float


def run_scanner(scanner: ForeignScanner, files: Tree, scratch: Path) -> ScanResult:
    """Return what one scanner says of a unit. Never raises for what a tool does."""
    paths = [path for path, real in files.names.items() if scanner.looks_at(real)]
    if not paths:
        return ScanResult()
    if not scanner.program:
        why = f"{scanner.name} is not installed here, so it has not looked at this."
        return ScanResult(not_examined=(NotExamined(what=_what(scanner, files), why=why, blocking=False),))
    call = _Call(scanner=scanner, files=files, scratch=scratch, until=time.monotonic() + scanner.timeout_seconds)
    batches = [paths]
    if FILES in scanner.arguments:
        batches = [paths[at : at + MOST_FILES] for at in range(0, len(paths), MOST_FILES)]
    return _together(_run(call, batch) for batch in batches)


def _run(call: _Call, paths: Sequence[str]) -> ScanResult:
    """Call the tool. One file that it cannot read must not hide the others: then it gets the halves, one by one."""
    scanner = call.scanner
    try:
        done = process.run_confined(
            [scanner.program, *_arguments(call, paths)],
            env={"HOME": str(call.scratch), "TMPDIR": str(call.scratch)},
            cwd=call.scratch,
            timeout=max(0.0, call.until - time.monotonic()),
            max_output=MAX_SARIF,
        )
    except process.ProgramFailed as error:
        return _failed(call, f"{scanner.name} did not finish: {_own_words(str(error), call)}")
    if done.returncode in scanner.unreadable_codes:
        if FILES in scanner.arguments and len(paths) > 1:
            half = len(paths) // 2
            return _together(_run(call, part) for part in (paths[:half], paths[half:]))
        return _unreadable(call, paths, _own_words(done.stderr.decode("utf-8", "replace"), call))
    if done.returncode not in scanner.good:
        said = _own_words(done.stderr.decode("utf-8", "replace"), call)
        end = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
        return _failed(call, f"{scanner.name} ended with {end}: {said or 'it did not say why'}")
    try:
        return read_sarif(done.stdout, scanner, call.files)
    except BadSarif as error:
        said = _own_words(done.stderr.decode("utf-8", "replace"), call)
        return _failed(call, f"{scanner.name} gave no answer: {error}" + (f" ({said})" if said else ""))


def _arguments(call: _Call, paths: Iterable[str]) -> Iterable[str]:
    for word in call.scanner.arguments:
        if word == FILES:
            yield from (str(call.files.root / path) for path in paths)
        else:
            yield word.replace(TREE, str(call.files.root)).replace(SCRATCH, str(call.scratch))


def _own_words(text: str, call: _Call) -> str:
    """The first lines that a tool said, without paths of this machine, traces and secrets."""
    said = " ".join(_TRACE.split(_COLORS.sub("", text[:20_000]), maxsplit=1)[0].split())
    said = said.replace(f"{call.files.root}/", "")
    said = evidence.mask(said.replace(str(call.scratch), "."))
    return said if len(said) <= MAX_WORDS else said[: MAX_WORDS - 1] + "…"


def _failed(call: _Call, why: str) -> ScanResult:
    return ScanResult(not_examined=(NotExamined(what=_what(call.scanner, call.files), why=f"{why.rstrip('.')}."),))


def _unreadable(call: _Call, paths: Sequence[str], said: str) -> ScanResult:
    name = call.scanner.name
    why = f"{name} cannot read it: {said.rstrip('.') or 'it did not say why'}."
    where = f"{call.files.names[paths[0]]} ({name})" if len(paths) == 1 else _what(call.scanner, call.files)
    return ScanResult(not_examined=(NotExamined(what=where, why=why, blocking=False),))


def _what(scanner: ForeignScanner, files: Tree) -> str:
    return f"{files.directory or '.'} ({scanner.name})"


def _together(parts: Iterable[ScanResult]) -> ScanResult:
    whole = ScanResult()
    for part in parts:
        whole = replace(
            whole,
            findings=(*whole.findings, *part.findings),
            not_examined=(*whole.not_examined, *part.not_examined),
        )
    return whole
