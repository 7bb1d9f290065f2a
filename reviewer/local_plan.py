"""`plumbrule plan`: the plan of a root of a local repository, made without providers, credentials or network."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from reviewer.errors import Rejected
from reviewer.examine import Case, read_policy_texts
from reviewer.judge.effective import PlanPolicy
from reviewer.local import CACHE_BYTES, Say, open_case, starting_scanner
from reviewer.model import RootPlan
from reviewer.planning import PlannedPair, plan_roots
from reviewer.plans import judged_plans
from reviewer.process import never
from reviewer.report.plan_text import render_plans
from reviewer.ruling import read_ruling
from reviewer.scan.cache import ScanCache
from reviewer.scan.commits import RootPair, root_pairs
from reviewer.scan.local import LocalClone
from reviewer.scan.running import Bench
from reviewer.settings import cache_directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person at the terminal asked for. Without `base` everything is created."""

    path: Path
    base: str | None = None
    workspaces: tuple[str, ...] = ()  # of none: those of the policy
    var_files: tuple[Path, ...] = ()  # of none: those of the policy


@contextlib.contextmanager
def planned(wanted: Wanted, environ: Mapping[str, str], say: Say) -> Iterator[tuple[PlannedPair, ...]]:
    """Plan the roots at and below the path that is `wanted`. Raises Rejected for what the person can mend."""
    say("Starting (a few seconds) ...")
    with contextlib.closing(LocalClone(wanted.path, plain_folder=True)) as clone, starting_scanner(environ) as scanner:
        if clone.top is None:
            raise Rejected(f"{wanted.path}: this repository is bare: name a folder with files")
        case = open_case(clone, base=wanted.base, head=None, policy=None, environ=environ)
        cache = ScanCache(cache_directory(environ), CACHE_BYTES)
        with scanner:
            if not scanner.plans:
                raise Rejected(f"No plan can be made: {scanner.no_plans}")
            bench = Bench(clone=clone, scanner=scanner, cache=cache, limits=case.limits, stop=never)
            roots = _roots(bench, case, wanted, clone.top)
            say(f"Planning {', '.join(pair.root or '.' for pair in roots)} ...")
            pairs, _ = plan_roots(bench, roots, _policy(case, wanted, roots, clone.top))
            yield pairs


def _roots(bench: Bench, case: Case, wanted: Wanted, top: Path) -> tuple[RootPair, ...]:
    below = wanted.path.resolve().relative_to(top.resolve()).as_posix()
    prefix = "" if below == "." else below
    everything = root_pairs(bench, case.base, case.head)
    found = tuple(p for p in everything if not prefix or p.root == prefix or p.root.startswith(f"{prefix}/"))
    if not found:
        known = ", ".join(pair.root or "." for pair in everything[:10]) or "none"
        raise Rejected(f"{wanted.path}: there is no Terraform root module here; roots of this repository: {known}")
    return found


def _policy(case: Case, wanted: Wanted, roots: tuple[RootPair, ...], top: Path) -> PlanPolicy:
    policy = replace(read_ruling(read_policy_texts(case, ()), case.today).policy.plan, run=True)
    if wanted.workspaces:
        policy = replace(policy, workspaces={pair.root: wanted.workspaces for pair in roots})
    if wanted.var_files:
        named = tuple(_inside(path, top) for path in wanted.var_files)
        policy = replace(policy, var_files={pair.root: named for pair in roots})
    return policy


def _inside(path: Path, top: Path) -> str:
    resolved = path.resolve()
    if not resolved.is_file() or not resolved.is_relative_to(top.resolve()):
        raise Rejected(f"--var-file: {path} is no file of this repository")
    return resolved.relative_to(top.resolve()).as_posix()


def render_json(pairs: tuple[PlannedPair, ...]) -> str:
    """Return one plan as `terraform show -json` prints it. Raises Rejected where there is none, or more than one."""
    if len(pairs) > 1:
        names = ", ".join(f"{pair.root or '.'} ({pair.workspace})" for pair in pairs)
        raise Rejected(f"--json prints one plan, and there are {len(pairs)}: {names}; name one root and workspace")
    for pair in pairs:
        if pair.not_planned:
            raise Rejected(f"{pair.root or '.'}: not planned: {pair.not_planned}")
        return json.dumps(pair.document, indent=2) + "\n"
    raise Rejected("nothing of what is planned changed since then")


def render_text(pairs: tuple[PlannedPair, ...], *, color: bool) -> str:
    """Return the plans for people, and what they do not know."""
    judged, without = judged_plans(pairs)
    outlines: tuple[RootPlan, ...] = (*(one.outline(()) for one in judged), *without)
    notes = dict.fromkeys(f"{note.what}: {note.why}" for pair in pairs for note in pair.head.statements)
    told = render_plans(outlines, color=color)
    return told + "".join(f"note: {note}\n" for note in notes)
