"""Fixes for findings of one commit: each unit is asked for those of its own, and what comes back is put together.

Owns which unit is asked about which finding, and that what several roots say about one file agrees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from reviewer.fix.guidance import guide
from reviewer.fix.recipes import Choice
from reviewer.model import Finding, Fix, Fixes, Guidance, Risk, ScanResult, Source, Suggestion
from reviewer.process import Stop
from reviewer.scan.fix_results import UnitFixes
from reviewer.scan.recipe_files import recipes
from reviewer.scan.running import Bench, called, on_each, written
from reviewer.scan.scanner import FixRequest, ScanFailed
from reviewer.scan.unit import ScanUnit, UnitId, UnitKind

Chosen = Mapping[str, str | Sequence[str]]
"""The policy's values, by the name of the choice."""

NOTHING = UnitFixes()
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of one unit: its fixes, and why there are none, or not of everything."""

    fixes: UnitFixes = NOTHING
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The fixes, and what they took."""

    fixes: Fixes
    unproved: frozenset[str] = frozenset()  # fingerprints of findings whose edit failed its proof
    scans: int = 0
    milliseconds: int = 0
    units: int = 0  # that were asked


def propose(
    bench: Bench,
    units: Sequence[tuple[ScanUnit, ScanResult]],
    findings: Sequence[Finding],
    chosen: Chosen,
    taken: tuple[Risk, ...] = (Risk.SAFE,),
) -> Proposed:
    """Return the proved fixes for `findings`, which have fingerprints and were found in `units`.

    `taken` are the risks that `Fixes.safe` may be made of. A unit that cannot be tried is named in `Fixes.failures`.
    Raises what the clone raises, and what `stop` raises.
    """
    requests = {id_: replace(one, taken=taken) for id_, one in _requests(units, findings, chosen).items()}
    asked = {unit.id: unit for unit, _ in units if unit.id in requests}

    def work(id_: UnitId, unit: ScanUnit, stop: Stop) -> Tried:
        return _try(bench, unit, requests[id_], stop)

    tried = dict(on_each(bench, asked, work))
    ordered = {id_: tried[id_] for id_ in asked}
    return Proposed(
        fixes=_put_together(ordered, requests, findings),
        unproved=frozenset(name for one in ordered.values() for name in one.fixes.unproved),
        scans=sum(one.fixes.scans for one in ordered.values()),
        milliseconds=sum(one.fixes.milliseconds for one in ordered.values()),
        units=len(asked),
    )


def choice_problems(chosen: Chosen) -> tuple[str, ...]:
    """Return what is wrong with the policy's choices, each as "fixes.choices.NAME: what; expected what"."""
    known = recipes().choices if chosen else {}
    return tuple(
        problem for name, value in chosen.items() if (problem := _choice_problem(known.get(name), name, value))
    )


def _choice_problem(choice: Choice | None, name: str, value: str | Sequence[str]) -> str:
    where = f"fixes.choices.{name}"
    if choice is None:
        near = get_close_matches(name, recipes().choices, n=1)
        hint = f"; did you mean {near[0]}?" if near else "; docs/choices.md lists the names"
        return f"{where}: no fix uses a value of this name{hint}"
    if choice.type == "list(string)" and isinstance(value, str):
        return f"{where}: it is one text; expected a list of texts"
    if choice.type != "list(string)" and not isinstance(value, str):
        return f"{where}: it is a list; expected one text"
    if choice.type == "number" and not _NUMBER.fullmatch(str(value)):
        return f"{where}: {str(value)[:40]!r} is not a number"
    return ""


def _requests(
    units: Sequence[tuple[ScanUnit, ScanResult]], findings: Iterable[Finding], chosen: Chosen
) -> dict[UnitId, FixRequest]:
    """Return what each unit is asked: about findings that there is a recipe for, and no others."""
    wanted: dict[UnitId, list[Finding]] = {}
    roots = [unit for unit, _ in units if unit.kind is UnitKind.TERRAFORM]
    for finding in findings:
        if finding.source is Source.CODE and recipes().recipes.get((finding.framework, finding.rule)):
            unit_id, seen = _placed(finding, roots)
            wanted.setdefault(unit_id, []).append(seen)
    return {
        unit.id: FixRequest(findings=tuple(wanted[unit.id]), known=_known(result), chosen=chosen)
        for unit, result in units
        if unit.id in wanted
    }


def _placed(finding: Finding, roots: Iterable[ScanUnit]) -> tuple[UnitId, Finding]:
    """Return the unit that is asked, and the finding as it is seen from there.

    Rules of ours look at one directory; what mends Terraform there is proved where Checkov looks at it, too.
    """
    folder = finding.path.rpartition("/")[0]
    if finding.framework == "terraform" and finding.scanner == "checkov":
        return (UnitKind.TERRAFORM, finding.root), finding
    if finding.framework == "terraform" and finding.scanner == "plumbrule":
        around = [unit for unit in roots if any(file.path == finding.path for file in unit.files)]
        if around:
            root = min(around, key=lambda unit: (unit.directory != folder, unit.directory))
            return root.id, replace(finding, root=root.directory)
    return (UnitKind.DIRECTORY, folder), finding


def _known(result: ScanResult) -> tuple[tuple[str, str, str], ...]:
    return tuple((finding.rule, finding.path, finding.resource) for finding in result.findings)


def _try(bench: Bench, unit: ScanUnit, request: FixRequest, stop: Stop) -> Tried:
    try:
        with written(bench, unit, stop) as (tree, whole, _):
            fixes = bench.scanner.fix(whole, tree, request, stop)
    except ScanFailed as failure:
        return Tried(failure=f"{called(unit)}: {failure}")
    return Tried(fixes=fixes, failure=_untried(fixes.untried, len(request.findings), unit))


def _untried(number: int, findings: int, unit: ScanUnit) -> str:
    if not number:
        return ""
    return f"{called(unit)}: of {findings} findings that there may be a fix for, {number} were too many to be tried"


def _put_together(
    tried: Mapping[UnitId, Tried], requests: Mapping[UnitId, FixRequest], findings: Sequence[Finding]
) -> Fixes:
    results = [one.fixes for one in tried.values()]
    single = _agreed([fix for fixes in results for fix in fixes.single], findings)
    mended = {name for fix in single for name in fix.fingerprints}
    together = [fix for fixes in results for fix in fixes.together if mended.issuperset(fix.fingerprints)]
    reasons = {name: why for fixes in results for name, why in fixes.refused}
    return Fixes(
        single=single,
        together=put_once(together),
        safe=agreed_edits(tried, requests),
        guidance=tuple(guidance_on(findings, mended, reasons)),
        unproved=sum(len(fixes.unproved) for fixes in results),
        failures=tuple(one.failure for one in tried.values() if one.failure),
    )


def guidance_on(findings: Iterable[Finding], mended: set[str], reasons: Mapping[str, str]) -> Iterable[Guidance]:
    """Yield what to do about what has no fix: what the table says of it, else what its rule says."""
    for finding in findings:
        if finding.fingerprint not in mended:
            why = reasons.get(finding.fingerprint, "")
            told = guide(finding, recipes()) or Guidance(fingerprint=finding.fingerprint, text=_remedy(finding))
            if text := " ".join(filter(None, (why, told.text))):
                yield replace(told, text=text)


def _remedy(finding: Finding) -> str:
    """What its rule says to do; what another scanner says is wrong mostly says that, too."""
    foreign = finding.scanner not in ("checkov", "plumbrule")
    return finding.remedy or (finding.message if foreign else "")


def _agreed(fixes: Sequence[Fix], findings: Sequence[Finding]) -> tuple[Fix, ...]:
    """Return the fixes on which all roots agree that found the same in the same block."""
    by_name = {finding.fingerprint: finding for finding in findings}
    proposed: dict[tuple[object, ...], set[Suggestion]] = {}
    mended = {name for fix in fixes for name in fix.fingerprints}
    for fix in fixes:
        for name in fix.fingerprints:
            proposed.setdefault(_where(by_name[name]), set()).add(fix.suggestion)
    left = {_where(finding) for finding in findings if finding.fingerprint not in mended}
    disputed = left | {where for where, suggestions in proposed.items() if len(suggestions) > 1}
    return put_once(fix for fix in fixes if not any(_where(by_name[name]) in disputed for name in fix.fingerprints))


def _where(finding: Finding) -> tuple[object, ...]:
    """The same rule in the same block, whichever root calls it."""
    return (finding.rule, finding.block, finding.span) if finding.framework == "terraform" else (finding.fingerprint,)


def put_once(fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """Put fixes together that are the same edit, as several roots propose for one module."""
    known: dict[Suggestion, Fix] = {}
    for fix in fixes:
        before = known.get(fix.suggestion, fix)
        known[fix.suggestion] = replace(
            before,
            fingerprints=tuple(dict.fromkeys(before.fingerprints + fix.fingerprints)),
            also=tuple(dict.fromkeys(before.also + fix.also)),
        )
    return tuple(known.values())


def agreed_edits(tried: Mapping[UnitId, Tried], requests: Mapping[UnitId, FixRequest]) -> tuple[Suggestion, ...]:
    """Return the safe edits; of a file of several roots those that all give that edit it or were asked about it.

    No two of them overlap: what a unit proves, it proves without what another one does to the same lines.
    """
    edits = {id_: frozenset(one.fixes.safe) for id_, one in tried.items()}
    concerned: dict[str, set[UnitId]] = {}
    for id_ in (id_ for id_ in tried if id_[0] is UnitKind.TERRAFORM):
        paths = {edit.path for edit in edits[id_]} | {finding.path for finding in requests[id_].findings}
        for path in paths:
            concerned.setdefault(path, set()).add(id_)
    alone = frozenset[Suggestion]().union(*(edits[id_] for id_ in tried if id_[0] is not UnitKind.TERRAFORM))
    everything = sorted(alone.union(*edits.values()))
    return tuple(
        _apart(e for e in everything if e in alone or all(e in edits[id_] for id_ in concerned.get(e.path, ())))
    )


def _apart(edits: Iterable[Suggestion]) -> Iterator[Suggestion]:
    """Yield sorted `edits` but those that touch lines of one before."""
    path, end = "", 0
    for edit in edits:
        if edit.path != path or edit.start_line > end:
            yield edit
            path, end = edit.path, edit.end_line
