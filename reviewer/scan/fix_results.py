"""Proposed fixes as bytes and back, as strictly as `scan.results` reads findings: they come out of the sandbox too."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass

from reviewer.model import Fix, Risk, Suggestion
from reviewer.scan.results import MAX_BYTES, MAX_PATH, BadResult, Fields, is_inside, one_of, text_of

MAX_LINES_TEXT = 1 << 20
MAX_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFixes:
    """What came of the findings of one unit; all lines are of the unit's files as they are."""

    single: tuple[Fix, ...] = ()
    together: tuple[Fix, ...] = ()
    safe: tuple[Suggestion, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()  # fingerprint, why no edit is right ("" when there is no recipe)
    unproved: tuple[str, ...] = ()  # fingerprints whose edit failed the proof
    untried: int = 0  # findings that there was no time for
    scans: int = 0
    milliseconds: int = 0  # that trying and proving took


def encode(fixes: UnitFixes) -> bytes:
    """Return `fixes` as JSON that `decode` accepts."""
    return json.dumps(asdict(fixes), separators=(",", ":")).encode("utf-8", "surrogatepass")


def decode(raw: bytes, paths: Collection[str], fingerprints: Collection[str]) -> UnitFixes:
    """Return what `encode` wrote, about files and findings of the unit only. Raises BadResult on anything else."""
    if len(raw) > MAX_BYTES:
        raise BadResult(f"the fixes have {len(raw)} bytes, more than the {MAX_BYTES} allowed")
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadResult("the fixes are not JSON") from None
    fields = Fields(value, "fixes")
    fixes = UnitFixes(
        single=fields.each("single", _fix),
        together=fields.each("together", _fix),
        safe=fields.each("safe", _suggestion),
        refused=fields.each("refused", _refusal),
        unproved=fields.each("unproved", lambda value, where: text_of(value, where, MAX_NAME)),
        untried=fields.count("untried"),
        scans=fields.count("scans"),
        milliseconds=fields.count("milliseconds"),
    )
    fields.done()
    _check(fixes, paths, fingerprints)
    return fixes


def _check(fixes: UnitFixes, paths: Collection[str], fingerprints: Collection[str]) -> None:
    suggestions = [edit for fix in (*fixes.single, *fixes.together) for edit in fix.edits] + list(fixes.safe)
    named = [name for fix in (*fixes.single, *fixes.together) for name in fix.fingerprints]
    named += [name for name, _ in fixes.refused] + list(fixes.unproved)
    if any(suggestion.path not in paths for suggestion in suggestions) or not set(named) <= set(fingerprints):
        raise BadResult("it speaks of files or findings that were not asked about")


def _fix(value: object, where: str) -> Fix:
    fields = Fields(value, where)
    fix = Fix(
        fingerprints=fields.each("fingerprints", lambda value, where: text_of(value, where, MAX_NAME)),
        suggestion=_suggestion(fields.take("suggestion", dict), where),
        inputs=fields.each("inputs", lambda value, where: text_of(value, where, MAX_NAME)),
        warnings=fields.each("warnings", text_of),
        also=fields.each("also", _suggestion),
    )
    fields.done()
    return fix


def _suggestion(value: object, where: str) -> Suggestion:
    fields = Fields(value, where)
    suggestion = Suggestion(
        path=fields.text("path", MAX_PATH),
        start_line=fields.count("start_line"),
        end_line=fields.count("end_line"),
        replacement=fields.text("replacement", MAX_LINES_TEXT),
        original=fields.text("original", MAX_LINES_TEXT),
        risk=one_of(Risk, fields.text("risk"), where),
    )
    fields.done()
    if not is_inside(suggestion.path) or not 1 <= suggestion.start_line <= suggestion.end_line:
        raise BadResult(f"{where} is not about lines of a file")
    return suggestion


def _refusal(value: object, where: str) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) != 2:
        raise BadResult(f"{where} is not a refusal")
    return text_of(value[0], where, MAX_NAME), text_of(value[1], where)
