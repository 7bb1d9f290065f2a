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
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reviewer import rules
from reviewer.fix.editing import Files, Values
from reviewer.fix.lines import lines_of
from reviewer.fix.proposals import Proposal, apply_all
from reviewer.model import Finding
from reviewer.scan import checkov_runners, records, terraform_json
from reviewer.scan.frameworks import frameworks_of, searched_for_secrets
from reviewer.scan.terraform_json import Native
from reviewer.scan.tree import Tree

MOST_SCANS = 10
"""Of one unit. What is not proved by then is not proposed."""

Identity = tuple[str, str, str]
"""Rule, path and resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a scan of edited files said."""

    found: Counter[Identity]
    passed: frozenset[Identity]
    unreadable: frozenset[str]  # paths
    ours: Counter[Identity]  # all that our own rules still find


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
    watched: frozenset[str] = frozenset()  # folders where something that our own rules found is to be mended


def prove(scene: Scene, proposals: Sequence[Proposal]) -> Proof:
    """Return which of `proposals` hold together."""
    trial = _Trial(scene)
    proved = trial.largest(tuple(proposals))
    kept = set(map(id, proved))
    return Proof(
        proved=proved, failed=tuple(proposal for proposal in proposals if id(proposal) not in kept), scans=trial.scans
    )


Proposals = tuple[Proposal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """What one scan says of a part that was tried on top of what holds."""

    useless: Proposals = ()  # of the part: their own check does not pass
    suspects: Proposals = ()  # of the part: may be why something is new, or why what held does no more

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.useless and not self.suspects


class _Trial:
    """Adds parts to what holds, as large as they go, and counts the scans that it takes."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.scans = 0
        self._ours = _ours(scene, scene.tree, scene.watched) if scene.watched else Counter[Identity]()

    def largest(self, proposals: Proposals) -> Proposals:
        """Return a part of `proposals` that holds: all in one scan if all do, else what splitting finds."""
        good: Proposals = ()
        files: Files = {}  # that `good` makes
        parts = [proposals]
        while parts and self._may_go_on():
            part = parts.pop(0)
            edited, conflicting = apply_all({**self.scene.files, **files}, part, self.scene.values)
            part = _without(part, conflicting)
            if not part:
                continue
            verdict = self._try(good, part, {**files, **edited})
            left = _without(part, verdict.useless)
            if verdict.holds:
                good, files = good + part, {**files, **edited}
            elif not verdict.suspects:
                parts.insert(0, left)
            else:
                parts[:0] = _split(left, _without(verdict.suspects, verdict.useless))
        return good

    def _may_go_on(self) -> bool:
        return self.scans < MOST_SCANS and time.monotonic() < self.scene.deadline

    def _try(self, good: Proposals, part: Proposals, edited: Files) -> _Verdict:
        self.scans += 1
        outcome = rescan(self.scene, edited)
        useless = tuple(p for p in part if not self._mended(p, outcome) or _unread(p, outcome))
        spoiled = [p for p in good if not self._mended(p, outcome)]
        new = [identity for identity in outcome.found if not self.scene.known[identity]]
        new += [identity_of(finding) for proposal in spoiled for finding in proposal.findings]
        if not new and not outcome.unreadable & edited.keys():
            return _Verdict(useless=useless)
        return _Verdict(useless=useless, suspects=_suspects(part, new))

    def _mended(self, proposal: Proposal, outcome: Outcome) -> bool:
        """Whether the check passes now; of several equal findings (containers of one pod) fewer must be left."""
        if proposal.recipe.framework == "dockerfile":  # Checkov names the instruction, which the edit may have changed
            rule, path = proposal.recipe.rule, proposal.findings[0].path
            return not any(found[:2] == (rule, path) for found in outcome.found)
        identities = {identity_of(finding) for finding in proposal.findings}
        if proposal.findings[0].scanner == "plumbrule":
            return all(outcome.ours[identity] < self._ours[identity] for identity in identities)
        if any(outcome.found[identity] >= max(1, self.scene.known[identity]) for identity in identities):
            return False
        return identities <= outcome.passed


def _unread(proposal: Proposal, outcome: Outcome) -> bool:
    return any(edit.path in outcome.unreadable for edit in (proposal.suggestion, *proposal.also))


def _suspects(part: Proposals, new: Sequence[Identity]) -> Proposals:
    """Return what may have brought `new`: for checks of connected resources those that add one, else who is near."""
    adding = tuple(p for p in part if "add" in p.recipe.edit)
    touching = tuple(p for p in part if any(_is_about(p, identity) for identity in new))
    touching = touching or tuple(p for p in part if any(_touches(p, identity) for identity in new))
    connected = all(rule.startswith("CKV2_") for rule, _, _ in new)
    return (adding or touching if connected else touching or adding) or part


def _without(proposals: Proposals, others: Proposals) -> Proposals:
    gone = set(map(id, others))
    return tuple(proposal for proposal in proposals if id(proposal) not in gone)


def _split(part: Proposals, suspects: Proposals) -> list[Proposals]:
    """Return the parts to try next: those that nobody suspects first, else halves; one rule alone has failed."""
    innocent = _without(part, suspects)
    if innocent and suspects:
        return [innocent, *(_halves(suspects) or [suspects])]
    return _halves(part)


def _halves(part: Proposals) -> list[Proposals]:
    rules = sorted({proposal.recipe.rule for proposal in part})
    if len(rules) < 2:
        return []
    first = frozenset(rules[: len(rules) // 2])
    halves = [tuple(p for p in part if (p.recipe.rule in first) is wanted) for wanted in (True, False)]
    return [half for half in halves if half]


def identity_of(finding: Finding) -> Identity:
    """Return what names a finding across scans of the same unit."""
    return finding.rule, finding.path, finding.resource


def _is_about(proposal: Proposal, identity: Identity) -> bool:
    """Whether a new finding is about the very thing that the proposal edits."""
    _, path, resource = identity
    return any(f.path == path and resource in (f.resource, proposal.place.address) for f in proposal.findings)


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
        native = terraform_json.translated_in(copy) if scene.kind == "terraform" else Native(tree=copy)
        read = native.tree
        found: Counter[Identity] = Counter()
        passed: set[Identity] = set()
        unreadable = set(native.unreadable)
        for framework in frameworks_of(scene.kind, read):
            outcome = checkov_runners.run(framework, read.root, searched_for_secrets(read))
            failures = (record for record in outcome.records if not records.is_skipped(record))
            found.update(_identities(framework, failures, read))
            passed.update(_identities(framework, outcome.passed, read))
            unreadable.update(read.names[path] for at in outcome.unreadable if (path := read.relative(at)))
        folders = scene.watched | {folder_of(path) for path in edited}
        ours = _ours(scene, copy, folders)
        found.update(ours if scene.kind == "directory" else _beyond(scene, ours, folders, edited))
    return Outcome(found=found, passed=frozenset(passed), unreadable=frozenset(unreadable), ours=ours)


def _identities(framework: str, found: Iterable[object], copy: Tree) -> Iterable[Identity]:
    return filter(None, (records.identity(framework, record, copy) for record in found))


def folder_of(path: str) -> str:
    """Return the folder that a file lies in."""
    return path.rpartition("/")[0]


def _ours(scene: Scene, tree: Tree, folders: Collection[str]) -> Counter[Identity]:
    """What our own rules find in a directory, or in these folders of a root."""
    if scene.kind == "directory":
        return _own_rules(tree.directory, tree.originals())
    found: Counter[Identity] = Counter()
    for folder in folders:
        here = {path: text for path, text in tree.originals().items() if folder_of(path) == folder}
        found += _own_rules(folder, here)
    return found


def _beyond(scene: Scene, ours: Counter[Identity], folders: Collection[str], edited: Files) -> Counter[Identity]:
    """What is new in a Terraform root beside Checkov's findings: of our own rules, and of the search for secrets."""
    news = ours - _ours(scene, scene.tree, folders) if ours else ours
    return news + _new_secrets(scene, edited)


def _own_rules(folder: str, files: Files) -> Counter[Identity]:
    return Counter(map(identity_of, rules.run_rules(rules.Directory(path=folder, files=files))))


def _new_secrets(scene: Scene, edited: Files) -> Counter[Identity]:
    """Secrets in the lines that the edits write, and that were not there before."""
    written = {path: _new_lines(scene.files[path], text) for path, text in edited.items()}
    whole: dict[str, dict[str, None]] = {}
    for path, lines in written.items():
        whole.setdefault(f"all{PurePosixPath(path).suffix}", {}).update(dict.fromkeys(lines))
    if not _secrets({path: "".join(lines) for path, lines in whole.items()}):  # the same few lines again and again
        return Counter()
    return _secrets({path: "".join(lines) for path, lines in written.items()})


def _new_lines(before: bytes, after: bytes) -> tuple[str, ...]:
    """Lines of `after` that are not in `before`, whatever their alignment."""
    known = frozenset(" ".join(line.split()) for line in lines_of(before))
    return tuple(line for line in lines_of(after) if " ".join(line.split()) not in known)


def _secrets(texts: Mapping[str, str]) -> Counter[Identity]:
    with tempfile.TemporaryDirectory() as folder:
        names = {f"{number}{PurePosixPath(path).suffix}": path for number, path in enumerate(texts)}
        for name, path in names.items():
            Path(folder, name).write_bytes(texts[path].encode("utf-8", "surrogateescape"))
        tree = Tree(Path(folder), names, "")
        outcome = checkov_runners.run("secrets", tree.root, [str(tree.root / name) for name in names])
        return Counter((rule, path, "") for rule, path, _ in _identities("secrets", outcome.records, tree))


def _copied(tree: Tree, edited: Files, folder: Path) -> Tree:
    for scan_as, real in tree.names.items():
        path = folder / scan_as
        path.parent.mkdir(parents=True, exist_ok=True)
        if real in edited:
            path.write_bytes(edited[real])
        elif (tree.root / scan_as).is_file():
            shutil.copyfile(tree.root / scan_as, path)
    return Tree(folder, tree.names, tree.directory)
