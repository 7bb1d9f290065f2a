"""Resources that only say something of another one (a bucket's encryption, a flow log), deleted while that one stays.

Knows how to tell whether the other one goes too. Knows no family of rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reviewer.model import PlanAction
from reviewer.rules.plan.rule import PlanView
from reviewer.rules.plan.values import text
from reviewer.tfplan.model import ResourceChange

_GOING = frozenset({PlanAction.DELETE, PlanAction.FORGET})
_NAMES = ("id", "arn", "name", "bucket", "self_link")


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """How a type is tied to what it is about: its attribute `link` holds a name of one of `owners`.

    Without a link it is about the whole account.
    """

    link: str = ""
    owners: tuple[str, ...] = ()


def taken_away(view: PlanView, companions: Mapping[str, Companion]) -> Iterator[ResourceChange]:
    """Yield the companions that are deleted and were surely not deleted with their owner, nor only given another name.

    Where the link is not known, an owner that goes from the same module, or a companion that comes into it, counts.
    """
    owners: defaultdict[str, set[str]] = defaultdict(set)  # type -> names of what goes
    modules: set[tuple[str, str]] = set()  # (type, module) of what goes
    created: defaultdict[tuple[str, str], set[str]] = defaultdict(set)  # (type, module) -> links
    for change in view.plan.changes:
        if change.action in _GOING:
            owners[change.type] |= {text((change.before or {}).get(name)) for name in _NAMES}
            modules.add((change.type, change.module))
        elif change.action is PlanAction.CREATE and change.type in companions:
            link = companions[change.type].link
            created[change.type, change.module].add(text((change.after or {}).get(link)))
    for change in view.changing():
        companion = companions.get(change.type)
        if companion is None or change.action is not PlanAction.DELETE:
            continue
        link = text((change.before or {}).get(companion.link)) if companion.link else ""
        twins = created.get((change.type, change.module), set())
        renamed = bool(twins) and (not link or link in twins or "" in twins)
        goes = any(link in owners[owner] if link else (owner, change.module) in modules for owner in companion.owners)
        if not renamed and not goes:
            yield change
