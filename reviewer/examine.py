"""From two commits to an examination: scan both, apply the policy, compare, decide, propose fixes.

The same for a pull request on GitHub and for `plumbrule review` on a local repository: only the `Case` differs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from reviewer.judge import compare, diff, verdict
from reviewer.judge import policy as policies
from reviewer.judge.effective import PlanPolicy
from reviewer.judge.policy import Policy
from reviewer.model import Comparison, Diff, Examination, Finding, Fixes, NotExamined, Risk, ScanResult, Sha, Verdict
from reviewer.plan.artifact import placed
from reviewer.plan.planned import GivenPlan
from reviewer.plan.rego_tree import is_policy_file
from reviewer.plans import Planned, PolicyFolder, Wishes, add_plans
from reviewer.process import Stop
from reviewer.rules.overlaps import without_overlaps
from reviewer.rules.plan.echoes import told_once
from reviewer.ruling import POLICY_PATH, PolicyTexts, Ruling, read_ruling
from reviewer.scan.cache import ScanCache
from reviewer.scan.commits import PairScan, scan_everything, scan_pair
from reviewer.scan.compliance import tags_of_findings
from reviewer.scan.equivalents import merged
from reviewer.scan.fixes import Proposed, choice_problems, propose
from reviewer.scan.given_sarif import add_given
from reviewer.scan.kinds import is_infrastructure
from reviewer.scan.objects import Clone
from reviewer.scan.running import Bench
from reviewer.scan.scanner import ScansUnits
from reviewer.settings import ScanLimits

if TYPE_CHECKING:
    from reviewer.gh.artifacts import FoundPlans


ORGANIZATION_POLICIES = "plumbrule/ of the organization's .github repository"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is to be examined: `head` against `base` (None: everything at `head`), by the policy at `policy_at`."""

    clone: Clone
    head: Sha
    base: Sha | None
    policy_at: Sha
    policy_ref: str  # how people call `policy_at`: main
    today: date
    limits: ScanLimits
    policy_file: tuple[str, str] | None = None  # name and text of a file that is the policy instead
    organization_policy: str | None = None  # text of plumbrule.yml in the organization's .github repository
    organization_policies: Mapping[str, bytes] = field(default_factory=dict)  # Rego of its .github repository
    real_plans: Callable[[str], FoundPlans] | None = None  # finds what a workflow left under a name
    given_plans: tuple[GivenPlan, ...] = ()  # of the user's
    given_sarif: ScanResult = field(default_factory=ScanResult)  # what other tools said of the head
    real_sarif: Callable[[tuple[str, ...]], ScanResult] | None = None  # finds what a workflow left under names


def examine(case: Case, *, scanner: ScansUnits, cache: ScanCache, stop: Stop) -> Examination:
    """Return all that there is to know of `case`.

    Raises what the clone raises (Transient, Gone, Rejected) and Superseded from `stop`. A scanner that fails does not
    raise: what it did not look at stands in the examination.
    """
    ruling = read_ruling(read_policy_texts(case, changed_paths(case)), case.today)
    policy = ruling.policy
    bench = Bench(
        clone=case.clone,
        scanner=scanner,
        cache=cache,
        limits=case.limits,
        stop=stop,
        requirements=policy.requirements,
    )
    pair = scan(case, bench)
    change = read_diff(case, pair.changed)
    planned = plan(case, bench, pair, policy, change)
    both = add_given(planned.base, planned.head, said_elsewhere(case, policy.sarif), change if case.base else None)
    judged = judge(case, ruling, both, change)
    comparison = replace(judged.comparison, not_examined=(*judged.comparison.not_examined, *planned.statements))
    return Examination(
        comparison=comparison,
        verdict=judged.verdict,
        fixes=propose_fixes(bench, pair, live(comparison, judged.verdict), policy),
        plans=planned.outlines((*comparison.introduced, *comparison.standing)),
        diff=change,
        anchors=diff.anchors(change, planned.at_cause(comparison.introduced, change)),
        head_sha=case.head,
        base_sha=case.base,
        policy_source=ruling.source,
        policy_digest=policies.digest(policy),
        policy_problems=(*ruling.problems, *choice_problems(policy.choices)),
        files=judged.head.files,
        roots=judged.head.roots,
        resources=judged.head.resources,
        compliance=tags_of_findings(
            (*comparison.introduced, *comparison.standing, *comparison.fixed), policy.compliance
        ),
        standards=policy.compliance,
    )


def changed_paths(case: Case) -> tuple[str, ...]:
    """Return every path that differs; none without a base."""
    return tuple(change.path for change in case.clone.changes(case.base, case.head)) if case.base else ()


def plan(case: Case, bench: Bench, pair: PairScan, policy: Policy, change: Diff) -> Planned:
    """Return both scans with what plans of the roots show; without a base there is nothing to plan against."""
    if case.base is None or not pair.roots:
        return Planned(base=pair.base, head=pair.head)
    real, statements = plans_of_workflow(case, pair, policy.plan)
    given, folders = (*case.given_plans, *real), tuple(policy_folders(case, policy.plan.policies))
    planned = add_plans(bench, pair, Wishes(policy=policy.plan, given=given, folders=folders), change)
    return replace(planned, statements=(*planned.statements, *statements))


def plans_of_workflow(
    case: Case, pair: PairScan, policy: PlanPolicy
) -> tuple[tuple[GivenPlan, ...], tuple[NotExamined, ...]]:
    """Return the plans that a workflow made of the roots that the change touches, and what there is to say of others.

    Costs that are of no single plan go with the first, so that they are judged once.
    """
    found = case.real_plans(policy.artifact) if case.real_plans else None
    if found is None:
        return (), ()
    plans, unplaced = placed(found.plans, pair.roots[0].head.graph.roots, {*policy.workspaces, *policy.var_files})
    touched = {one.root for one in pair.roots}
    kept = [one for one in plans if one.root in touched]
    if kept and found.infracost:
        kept[0] = replace(kept[0], infracost=kept[0].infracost or found.infracost)
    return tuple(kept), (*found.statements, *unplaced)


def said_elsewhere(case: Case, names: tuple[str, ...]) -> ScanResult:
    """Return what other tools said of the head: what was brought along, and what a workflow left under `names`."""
    given, real = case.given_sarif, case.real_sarif(names) if case.real_sarif and names else ScanResult()
    return ScanResult(
        findings=(*given.findings, *real.findings), not_examined=(*given.not_examined, *real.not_examined)
    )


def policy_folders(case: Case, folder: str) -> Iterator[PolicyFolder]:
    """Yield the Rego policies of the organization, and those of the repository at the commit whose policy rules."""
    if case.organization_policies:
        yield PolicyFolder(name=ORGANIZATION_POLICIES, files=case.organization_policies)
    files = case.clone.folder(case.policy_at, folder)
    kept = {path: text for path, text in files.items() if is_policy_file(path)}
    if any(path.endswith(".rego") for path in kept):
        yield PolicyFolder(name=folder, files=kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the policy makes of two scans."""

    head: ScanResult  # as the policy sees it
    comparison: Comparison
    verdict: Verdict


def judge(case: Case, ruling: Ruling, results: tuple[ScanResult, ScanResult], change: Diff) -> Judged:
    """Compare base and head (`results`) by the policy that rules, and decide."""
    base, head = (policies.apply(ruling.policy, merged(without_overlaps(result))) for result in results)
    comparison = policies.apply_rules(ruling.policy, compare.compare(base, head, change))
    comparison = replace(comparison, introduced=told_once(comparison.introduced))
    decided = unless_broken(verdict.decide(comparison, ruling.policy, case.today), ruling)
    return Judged(head=head, comparison=comparison, verdict=decided)


def scan(case: Case, bench: Bench) -> PairScan:
    """Scan base and head; with no base everything at the head is scanned, and stands."""
    return scan_everything(bench, case.head) if case.base is None else scan_pair(bench, case.base, case.head)


def live(comparison: Comparison, decided: Verdict) -> tuple[Finding, ...]:
    """Return the findings that the change introduced and nobody accepted."""
    waived = frozenset(waived.finding for waived in decided.waived)
    return tuple(finding for finding in comparison.introduced if finding not in waived)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was found at the head and is not accepted, with the fixes that there are for it."""

    findings: tuple[Finding, ...]
    proposed: Proposed
    scan_seconds: float


def survey(case: Case, bench: Bench, wanted: Callable[[Finding], bool], taken: tuple[Risk, ...]) -> Survey:
    """Return the fixes for what a change introduced, or for all that stands when there is no base.

    `wanted` narrows the findings down, `taken` are the risks of the fixes that are put together in `Fixes.safe`. Raises
    as `examine` does.
    """
    ruling = read_ruling(read_policy_texts(case, changed_paths(case)), case.today)
    bench = replace(bench, requirements=ruling.policy.requirements)
    begun = time.monotonic()
    pair = scan(case, bench)
    seconds = time.monotonic() - begun
    judged = judge(case, ruling, (pair.base, pair.head), read_diff(case, pair.changed))
    comparison = judged.comparison
    if case.base is None:
        comparison = replace(comparison, introduced=comparison.standing)
        judged = replace(judged, verdict=verdict.decide(comparison, ruling.policy, case.today))
    findings = tuple(filter(wanted, live(comparison, judged.verdict)))
    return Survey(
        findings=findings,
        proposed=propose(bench, pair.head_units, findings, ruling.policy.choices, taken),
        scan_seconds=seconds,
    )


def propose_fixes(bench: Bench, pair: PairScan, findings: tuple[Finding, ...], policy: Policy) -> Fixes:
    """Return the proved fixes for `findings`, none when the policy wants none."""
    if not findings or not policy.suggest_fixes:
        return Fixes()
    return propose(bench, pair.head_units, findings, policy.choices).fixes


def read_diff(case: Case, changed: tuple[str, ...]) -> Diff:
    """Return the change of the infrastructure files as GitHub shows it."""
    paths = tuple(path for path in changed if is_infrastructure(path))
    if case.base is None or not paths:
        return Diff(changed=changed)
    return replace(diff.parse_diff(case.clone.diff(case.base, case.head, paths)), changed=changed)


def read_policy_texts(case: Case, changed: tuple[str, ...]) -> PolicyTexts:
    """Return the policy files that have a say: the base's, the organization's, and the head's where it changes."""
    name, text = case.policy_file or (f"{POLICY_PATH} of {case.policy_ref}", read_text(case, case.policy_at))
    return PolicyTexts(
        name=name,
        repository=text,
        organization=case.organization_policy,
        changed=read_text(case, case.head) if POLICY_PATH in changed else None,
    )


def read_text(case: Case, at: Sha) -> str | None:
    """Return the policy file at a commit, None when there is none."""
    raw = case.clone.file(at, POLICY_PATH)
    return None if raw is None else raw.decode("utf-8", errors="replace")


def unless_broken(decided: Verdict, ruling: Ruling) -> Verdict:
    """Return `decided`, or a verdict that blocks because nobody knows what the policy would say."""
    if not ruling.broken:
        return decided
    return replace(decided, passed=False, failures=(*ruling.broken, *decided.failures))
