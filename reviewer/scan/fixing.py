"""The fixes of one unit: what runs inside a confined child when it is asked for them.

Owns which edits are shown together, once it is known that they hold. Everything it touches is hostile.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from reviewer.fix.editing import Values
from reviewer.fix.lines import hull, pieces
from reviewer.fix.proposals import TOO_MUCH, Knowledge, Proposal, apply_all, propose
from reviewer.model import Finding, Fix, Risk, Suggestion
from reviewer.scan import fix_results, results
from reviewer.scan.fix_results import UnitFixes
from reviewer.scan.proof import Scene, folder_of, prove
from reviewer.scan.recipe_files import recipes
from reviewer.scan.schema_files import schema
from reviewer.scan.tree import Tree

ONE_CLICK = (Risk.SAFE, Risk.INPUT)
ORDER = (Risk.SAFE, Risk.INPUT, Risk.REPLACE, Risk.COST)
"""The mildest first: what several edits ask for together is the last of what each asks for."""

TIME_SHARE = 0.6
"""No scan begins when this part of the time allowed is over."""

EDIT_SHARE = 0.15
"""No edit is made when this part of it is over: what there is by then has to be proved, too."""


def prepare(rules: Iterable[Sequence[str]]) -> None:
    """Read the tables, of our own making, that proposals are made from; `rules` are pairs of framework and rule."""
    for framework, rule in rules:
        recipes().recipes.get((framework, rule))
    schema()


def fix_unit(request: dict[str, Any], tree: Path) -> bytes:
    """Propose and prove edits for the findings of a unit; return the encoded `UnitFixes`.

    Besides what `contained.scan_unit` takes, `request` has `findings` (an encoded ScanResult, with fingerprints),
    `rules` (theirs, for `prepare`), `known` (rule, path and resource of all that was found in the unit), `chosen`
    (values of the policy), `taken` (the risks that `safe` may be made of).
    """
    begun = time.monotonic()
    files = Tree(tree, dict(request["files"]), request["directory"])
    wanted = results.decode(request["findings"].encode()).findings
    scene = Scene(
        kind=request["kind"],
        tree=files,
        files=files.originals(),
        known=Counter((rule, path, resource) for rule, path, resource in request["known"]),
        values=Values(choices=recipes().choices, chosen=request["chosen"]),
        watched=frozenset(folder_of(finding.path) for finding in wanted if finding.scanner == "plumbrule"),
        deadline=begun + TIME_SHARE * request["limits"]["wall_seconds"],
    )
    taken, until = frozenset(map(Risk, request["taken"])), begun + EDIT_SHARE * request["limits"]["wall_seconds"]
    return fix_results.encode(_fixes(scene, wanted, taken, (begun, until)))


def _fixes(scene: Scene, wanted: Sequence[Finding], taken: frozenset[Risk], times: tuple[float, float]) -> UnitFixes:
    begun, until = times
    ordered = sorted(wanted, key=lambda finding: (-finding.severity, finding.span, finding.rule))
    proposals, refusals = propose(
        scene.files,
        ordered,
        Knowledge(recipes=recipes(), values=scene.values, schema=schema()),
        lambda: time.monotonic() > until,
    )
    proof = prove(scene, proposals)
    return UnitFixes(
        single=tuple(_fix(proposal.suggestion, [proposal]) for proposal in proof.proved),
        together=tuple(_together(scene, proof.proved)),
        safe=_patch(scene, [one for one in proof.proved if one.risk in taken and not one.also]),
        refused=tuple((refusal.finding.fingerprint, refusal.why) for refusal in refusals),
        unproved=tuple(name for proposal in proof.failed for name in _names([proposal])),
        untried=sum(refusal.why == TOO_MUCH for refusal in refusals),
        scans=proof.scans,
        milliseconds=round((time.monotonic() - begun) * 1000),
    )


def _names(proposals: Iterable[Proposal]) -> tuple[str, ...]:
    return tuple(finding.fingerprint for proposal in proposals for finding in proposal.findings)


def _fix(suggestion: Suggestion, proposals: Sequence[Proposal]) -> Fix:
    return Fix(
        fingerprints=_names(proposals),
        suggestion=suggestion,
        inputs=tuple(dict.fromkeys(name for proposal in proposals for name in proposal.inputs)),
        warnings=tuple(dict.fromkeys(proposal.recipe.warn for proposal in proposals if proposal.recipe.warn)),
        also=proposals[0].also if len(proposals) == 1 else (),
    )


def _together(scene: Scene, proved: Sequence[Proposal]) -> Iterator[Fix]:
    """Yield for each block what one click takes, and what asks for more, as one suggestion each."""
    groups: dict[tuple[object, ...], list[Proposal]] = {}
    for proposal in proved:
        alone = id(proposal) if proposal.also else 0
        groups.setdefault((*_home(proposal), proposal.risk in ONE_CLICK, alone), []).append(proposal)
    for group in groups.values():
        if len(group) == 1:
            yield _fix(group[0].suggestion, group)
            continue
        edited, _ = apply_all(scene.files, group, scene.values)
        risk = max((proposal.risk for proposal in group), key=ORDER.index)
        path = group[0].suggestion.path
        suggestion = hull(path, scene.files[path], edited[path], risk) if list(edited) == [path] else None
        if suggestion:
            yield _fix(suggestion, group)


def _home(proposal: Proposal) -> tuple[object, ...]:
    """The block that an edit belongs to; an edit elsewhere, where the value comes from, is a place of its own."""
    block, lines = proposal.findings[0].block, proposal.suggestion
    near = lines.path == block.path and lines.start_line <= block.end_line + 1 and lines.end_line >= block.start_line
    return (block,) if near else (block, lines.path, lines.start_line)


def _patch(scene: Scene, proposals: Sequence[Proposal]) -> tuple[Suggestion, ...]:
    edited, _ = apply_all(scene.files, proposals, scene.values)
    risk = max((proposal.risk for proposal in proposals), key=ORDER.index, default=Risk.SAFE)
    changes = sorted(edited.items())
    return tuple(piece for path, text in changes for piece in pieces(path, scene.files[path], text, risk))
