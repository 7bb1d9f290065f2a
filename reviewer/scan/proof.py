"""The proof: edits are taken together on a copy of the unit, which is scanned again.

A fix is proved when the same check passes for the same resource, nothing is found that was not there before, and every
file is still read. What fails is taken out and the rest is tried again, so that what is proved was proved together.
Runs in the contained child.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewer import rules
from reviewer.fix.editing import Files, Values
from reviewer.fix.proposals import Proposal, apply_all
from reviewer.model import Finding
from reviewer.scan import checkov_runners, records
from reviewer.scan.frameworks import frameworks_of, searched_for_secrets
from reviewer.scan.tree import Tree

MOST_SCANS = 6
"""Of one unit. What is not proved by then is not proposed."""

Identity = tuple[str, str, str]
"""Rule, path and resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a scan of edited files said."""

    found: Counter[Identity]
    passed: frozenset[Identity]
    unreadable: frozenset[str]  # paths


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Which proposals hold, all of them at once."""

    proved: tuple[Proposal, ...]
    failed: tuple[Proposal, ...]
    scans: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A unit, what was found in it as it is, and until when (`time.monotonic`) there is time to try."""

    kind: str
    tree: Tree
    files: Files  # by real path
    known: Counter[Identity]
    values: Values
    deadline: float


def prove(scene: Scene, proposals: Sequence[Proposal]) -> Proof:
    """Return which of `proposals` hold together."""
    trial = _Trial(scene)
    proved = trial.largest(tuple(proposals))
    failed = tuple(proposal for proposal in proposals if proposal not in proved)
    return Proof(proved=proved, failed=failed, scans=trial.scans)


class _Trial:
    """Counts the scans of one proof."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.scans = 0

    def largest(self, left: tuple[Proposal, ...]) -> tuple[Proposal, ...]:
        """Return a part of `left` that holds, as large as blaming and halving find it."""
        while left and self._may_go_on():
            bad, blamed = self._bad(left)
            if not bad:
                return left
            if len(bad) == len(left) > 1 and not blamed:
                half = len(left) // 2
                left = self.largest(left[:half]) + self.largest(left[half:])
                return left if not left or self._holds(left) else ()
            left = tuple(proposal for proposal in left if proposal not in bad)
        return ()

    def _may_go_on(self) -> bool:
        return self.scans < MOST_SCANS and time.monotonic() < self.scene.deadline

    def _holds(self, left: tuple[Proposal, ...]) -> bool:
        return self._may_go_on() and not self._bad(left)[0]

    def _bad(self, left: tuple[Proposal, ...]) -> tuple[tuple[Proposal, ...], bool]:
        """Return what of `left` does not hold, and whether it is known that just these are to blame."""
        scene = self.scene
        edited, conflicting = apply_all(scene.files, left, scene.values)
        taken = tuple(proposal for proposal in left if proposal not in conflicting)
        if conflicting:
            return conflicting, True
        self.scans += 1
        outcome = rescan(scene, edited)
        new = [identity for identity in outcome.found if not scene.known[identity]]
        failed = [p for p in taken if not self._mended(p, outcome) or p.suggestion.path in outcome.unreadable]
        if not failed and not new and not outcome.unreadable & edited.keys():
            return (), True
        blamed = {id(p): p for p in failed} | {id(p): p for p in taken if any(_touches(p, i) for i in new)}
        if blamed:
            return tuple(blamed.values()), True
        return taken, False

    def _mended(self, proposal: Proposal, outcome: Outcome) -> bool:
        """Whether the check passes now; of several equal findings (containers of one pod) fewer must be left."""
        identities = {identity_of(finding) for finding in proposal.findings}
        if any(outcome.found[identity] >= max(1, self.scene.known[identity]) for identity in identities):
            return False
        return proposal.findings[0].scanner == "plumbrule" or identities <= outcome.passed


def identity_of(finding: Finding) -> Identity:
    """Return what names a finding across scans of the same unit."""
    return finding.rule, finding.path, finding.resource


def _touches(proposal: Proposal, identity: Identity) -> bool:
    """Whether a new finding is about what the proposal edits or adds."""
    _, path, resource = identity
    if proposal.suggestion.path != path and all(finding.path != path for finding in proposal.findings):
        return False
    return proposal.place.name in resource or any(finding.resource in resource for finding in proposal.findings)


def rescan(scene: Scene, edited: Files) -> Outcome:
    """Scan a copy of the unit that has the `edited` files."""
    with tempfile.TemporaryDirectory() as folder:
        copy = _copied(scene.tree, edited, Path(folder))
        found: Counter[Identity] = Counter()
        passed: set[Identity] = set()
        unreadable: set[str] = set()
        for framework in frameworks_of(scene.kind, copy):
            outcome = checkov_runners.run(framework, copy.root, searched_for_secrets(copy))
            failures = (record for record in outcome.records if not records.is_skipped(record))
            found.update(_identities(framework, failures, copy))
            passed.update(_identities(framework, outcome.passed, copy))
            unreadable.update(copy.names[path] for at in outcome.unreadable if (path := copy.relative(at)))
        found.update(_beyond(scene, copy, edited))
    return Outcome(found=found, passed=frozenset(passed), unreadable=frozenset(unreadable))


def _identities(framework: str, found: Iterable[object], copy: Tree) -> Iterable[Identity]:
    return filter(None, (records.identity(framework, record, copy) for record in found))


def _beyond(scene: Scene, copy: Tree, edited: Files) -> Counter[Identity]:
    """What the other looks at these files find: our own rules, and in a Terraform root the secrets."""
    if scene.kind == "directory":
        return _own_rules(copy.directory, copy.originals())
    news: Counter[Identity] = Counter()
    for look in (_rules_of_folders, _secrets):
        after = look(copy, edited)
        if after:
            news += after - look(scene.tree, edited)
    return news


def _rules_of_folders(tree: Tree, edited: Files) -> Counter[Identity]:
    found: Counter[Identity] = Counter()
    for folder in {path.rpartition("/")[0] for path in edited}:
        here = {path: text for path, text in tree.originals().items() if path.rpartition("/")[0] == folder}
        found += _own_rules(folder, here)
    return found


def _own_rules(folder: str, files: Files) -> Counter[Identity]:
    return Counter(map(identity_of, rules.run_rules(rules.Directory(path=folder, files=files))))


def _secrets(tree: Tree, edited: Files) -> Counter[Identity]:
    files = [str(tree.root / scan_as) for scan_as, real in tree.names.items() if real in edited]
    outcome = checkov_runners.run("secrets", tree.root, files)
    return Counter(_identities("secrets", outcome.records, tree))


def _copied(tree: Tree, edited: Files, folder: Path) -> Tree:
    for scan_as, real in tree.names.items():
        path = folder / scan_as
        path.parent.mkdir(parents=True, exist_ok=True)
        if real in edited:
            path.write_bytes(edited[real])
        elif (tree.root / scan_as).is_file():
            shutil.copyfile(tree.root / scan_as, path)
    return Tree(folder, tree.names, tree.directory)
