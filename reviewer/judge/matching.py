"""Pairs the findings of base with those of head that are the same finding, wherever the change has put them.

Works in tiers, from "nothing but lines moved" to "moved and renamed". Each tier has a key; findings of equal keys are
paired one to one, so a copy stays without a partner. Every key begins with the rule: no finding is ever paired with one
of another rule. Lines are no part of any key, they only order findings of equal keys. Linear but for that sorting.

From the third tier on the findings' places differ, and only whole resources move: the place must be gone at head (no
finding of any rule is left there) and the other one new, else fixing one resource would hide the same mistake in a new
one. Two Terraform roots that exist on both sides are two environments: nothing moves between them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from reviewer.judge.renames import MOVED_ROOT, Renames, Written, renames_between
from reviewer.judge.unexamined import lies_in, parts_of
from reviewer.model import Diff, Finding, ScanResult

_INDEX = re.compile(r"\[[^\[\]]*\]")
_MODULES = re.compile(r"^(?:module\.[^.]+\.)+")
_WORD = re.compile(r"[\w-]+")

Place = tuple[str, str, str]
"""Root, path and resource, in the names of head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A finding with what its keys are made of, in the names of head."""

    finding: Finding
    place: Place
    any_root: str  # its root, or MOVED_ROOT
    kind: str  # aws_s3_bucket
    name: str  # logs
    likeness: str  # the evidence without white space and without the resource's own name
    moving: bool  # its place is gone at head, or new there
    may_be_renamed: bool = True  # not where the change wrote most of the block, or of the module call
    may_be_moved: bool = True  # only where the change wrote most of the block
    body: Hashable = None  # all that was found in the resource; None where that is one thing

    @property
    def muted(self) -> bool:
        """Whether a skip in the code mutes it."""
        return self.finding.skip_reason is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Which finding of base is which of head, and what is left on either side."""

    same: tuple[tuple[Finding, Finding], ...]
    only_base: tuple[Finding, ...]
    only_head: tuple[Finding, ...]


Key = Callable[[Seen], Hashable]
"""What two findings must share; None for one that the tier does not speak of."""


def _exact(seen: Seen) -> Hashable:
    return (seen.finding.rule, seen.place, seen.finding.evidence)


def _same_place(seen: Seen) -> Hashable:
    return (seen.finding.rule, seen.place)


def _other_index(seen: Seen) -> Hashable:
    """`count` became `for_each`, or the steps of a job were put in another order."""
    bare = _INDEX.sub("", seen.finding.resource)
    return (seen.finding.rule, seen.place[:2], bare, seen.likeness) if seen.moving else None


def _moved_unchanged(seen: Seen) -> Hashable:
    """The block stands in another file."""
    return (seen.finding.rule, seen.any_root, seen.finding.resource, seen.finding.evidence) if seen.moving else None


def _moved(seen: Seen) -> Hashable:
    return (seen.finding.rule, seen.any_root, seen.finding.resource) if seen.moving else None


def _renamed(seen: Seen) -> Hashable:
    """The block has another name, and the change left most of its lines alone."""
    key = (seen.finding.rule, seen.any_root, seen.place[1], seen.kind, seen.likeness)
    return key if seen.moving and seen.may_be_renamed else None


def _other_module(seen: Seen) -> Hashable:
    """The resource went into a module or out of one: its address is another, its kind and name are not."""
    key = (seen.finding.rule, seen.any_root, seen.kind, seen.name)
    return key if seen.moving and seen.may_be_moved and seen.kind else None


def _moved_and_renamed(seen: Seen) -> Hashable:
    """A block that is new as text, and of which the same was found as of one that is gone."""
    block = seen.finding.block
    length = block.end_line - block.start_line
    key = (seen.finding.rule, seen.any_root, seen.kind, seen.likeness, seen.body, length)
    return key if seen.moving and seen.may_be_moved and seen.body is not None else None


TIERS: tuple[Key, ...] = (
    _exact,
    _same_place,
    _other_index,
    _moved_unchanged,
    _moved,
    _renamed,
    _other_module,
    _moved_and_renamed,
)


def pair(base: ScanResult, head: ScanResult, diff: Diff) -> Pairs:
    """Pair the findings of `base` with those of `head`; muted ones too, with muted ones where there is a choice.

    Swapping base and head swaps the answer, for a diff that says nothing. The order of the findings does not matter.
    """
    left_base, left_head = _see_both(base, head, diff)
    same: list[tuple[Finding, Finding]] = []
    for tier in TIERS:
        for key in (_with_skips(tier), tier):
            found, left_base, left_head = _pair_by(key, left_base, left_head)
            same.extend(found)
    return Pairs(
        same=tuple(same),
        only_base=tuple(seen.finding for seen in left_base),
        only_head=tuple(seen.finding for seen in left_head),
    )


def _with_skips(tier: Key) -> Key:
    def key(seen: Seen) -> Hashable:
        value = tier(seen)
        return None if value is None else (value, seen.muted)

    return key


def _pair_by(
    key: Key, base: list[Seen], head: list[Seen]
) -> tuple[list[tuple[Finding, Finding]], list[Seen], list[Seen]]:
    """Return the pairs with equal keys, first with first, and what is left of both lists."""
    waiting: dict[Hashable, list[Seen]] = defaultdict(list)
    for seen in reversed(base):
        waiting[key(seen)].append(seen)
    waiting.pop(None, None)
    found, paired, left = [], set(), []
    for seen in head:
        partners = waiting.get(key(seen))
        if partners:
            partner = partners.pop()
            paired.add(id(partner))
            found.append((partner.finding, seen.finding))
        else:
            left.append(seen)
    return found, [seen for seen in base if id(seen) not in paired], left


def _see_both(base: ScanResult, head: ScanResult, diff: Diff) -> tuple[list[Seen], list[Seen]]:
    renames = renames_between(base, head, diff)
    before = [(renames.root(finding), renames.path(finding), finding.resource) for finding in base.findings]
    after = [(finding.root, finding.path, finding.resource) for finding in head.findings]
    gone, new = set(before) - set(after), set(after) - set(before)
    unknown = parts_of(entry for entry in head.not_examined if entry.blocking)
    left = [
        _see(finding, place, renames, moving=place in gone and not lies_in(unknown, finding))
        for finding, place in zip(base.findings, before, strict=True)
    ]
    right = [
        _see(finding, place, renames, moving=place in new) for finding, place in zip(head.findings, after, strict=True)
    ]
    written = Written(diff)
    if written.known:
        right = [_with_text(seen, written) for seen in right]
    return _with_bodies(left), _with_bodies(right)


def _see(finding: Finding, place: Place, renames: Renames, *, moving: bool) -> Seen:
    root = (finding.framework, finding.root)
    kind, _, name = _MODULES.sub("", _INDEX.sub("", finding.resource)).rpartition(".")
    nameless = _WORD.sub(lambda word: "" if word.group() == name else word.group(), finding.evidence)
    return Seen(
        finding=finding,
        place=place,
        any_root=MOVED_ROOT if root in renames.gone_roots | renames.new_roots else finding.root,
        kind=kind,
        name=name,
        likeness="".join(nameless.split()),
        moving=moving,
    )


def _with_text(seen: Seen, written: Written) -> Seen:
    """Say what the diff says: text that is new was not renamed where it stood, text that is old was not moved."""
    new = written.mostly(seen.finding.block)
    return replace(seen, may_be_moved=new, may_be_renamed=not new and not written.mostly(seen.finding.caller))


def _with_bodies(all_seen: list[Seen]) -> list[Seen]:
    """Return the findings in order, each with the body of its resource where two findings or more make one."""
    found: dict[Place, Counter[Hashable]] = defaultdict(Counter)
    for seen in all_seen:
        found[seen.place][seen.finding.rule, seen.likeness] += 1
    bodies = {place: frozenset(items.items()) for place, items in found.items() if items.total() > 1}
    with_bodies = [replace(seen, body=bodies.get(seen.place)) for seen in all_seen]
    return sorted(with_bodies, key=_order)


def _order(seen: Seen) -> tuple[object, ...]:
    finding = seen.finding
    span = (seen.place[1], finding.span.start_line, finding.span.end_line)
    return (span, seen.place, finding.root, finding.rule, finding.evidence, finding.message, seen.muted)
