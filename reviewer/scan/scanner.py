"""The scanner as the rest of the house sees it: one unit in, one checked result out, or a reason a person can read.

Owns the life of the warm parent (start, replace, retry once) and the distrust of what comes out of it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import json
import queue
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Protocol

from reviewer import process, rules
from reviewer.errors import Misconfigured, PlumbruleError
from reviewer.model import Finding, Risk, ScanResult, Source
from reviewer.plan import planned, rego_results, rego_tree
from reviewer.plan.planned import PlannedRoot
from reviewer.plan.rego_results import Evaluation
from reviewer.plan.schemas import Store
from reviewer.process import Stop
from reviewer.rules.rule import NO_REQUIREMENTS
from reviewer.rules.rule import Settings as RuleSettings
from reviewer.scan import fix_results, foreign_config, frames, results
from reviewer.scan import sandbox as containment
from reviewer.scan.checkov_runners import ENVIRONMENT, FRAMEWORKS
from reviewer.scan.explanations import explanation
from reviewer.scan.fix_results import UnitFixes
from reviewer.scan.foreign_config import ForeignScanner
from reviewer.scan.severities import severity_of, table, table_digest
from reviewer.scan.unit import ScanUnit, UnitKind
from reviewer.scan.warm_process import ParentDied, WarmProcess

if TYPE_CHECKING:
    from reviewer.settings import ScanLimits

GRACE_SECONDS = 10.0
"""How long after a scan's own deadline the parent may still answer before it is taken for dead."""

POLICY_SECONDS = 30
"""How long policies may take on one plan: a plan of 500 resources takes each some hundredths of a second."""

POLL_SECONDS = 0.2
_PACKAGE = Path(__file__).resolve().parent.parent


class ScanFailed(PlumbruleError):
    """A unit could not be scanned. The message says which limit or fault it was, and which setting helps."""


class ScansUnits(Protocol):
    """What `scan.commits` needs of a scanner; the tests have a stub of it."""

    @property
    def version(self) -> str:
        """What the results depend on besides the unit: it goes into cache keys."""

    @property
    def tools(self) -> frozenset[str]:
        """Which of `helm` and `kustomize` were found."""

    @property
    def concurrency(self) -> int:
        """How many scans may run at once."""

    @property
    def trees(self) -> Path:
        """The folder that every tree to be scanned is written below."""

    def scan(self, unit: ScanUnit, tree: Path, stop: Stop, requirements: RuleSettings = NO_REQUIREMENTS) -> ScanResult:
        """Scan the files of `unit`, written under `tree` by their `scan_as` paths; `requirements` are the policy's.

        Safe to call from several threads. Raises ScanFailed, and whatever `stop` raises.
        """

    def fix(self, unit: ScanUnit, tree: Path, wanted: FixRequest, stop: Stop) -> UnitFixes:
        """Propose and prove fixes for findings of `unit`, as `scan` does in everything else."""

    def evaluate(self, policies: Mapping[str, bytes], plan: bytes, stop: Stop) -> Evaluation:
        """Put Rego policies to a plan in JSON. Raises Rejected, ScanFailed, and whatever `stop` raises."""

    @property
    def plans(self) -> str:
        """What makes plans here, such as "Terraform v1.11.4"; "" when nothing does."""

    @property
    def no_plans(self) -> str:
        """Why nothing makes plans here, as the end of a sentence; "" when something does."""

    def plan(self, unit: ScanUnit, tree: Path, wanted: PlanRequest, stop: Stop) -> PlannedRoot:
        """Plan the Terraform root that `unit` is, as `scan` does in everything else.

        A root that cannot be planned, a limit that it broke included, says so in `not_planned`.
        """


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlanTools:
    """What plans are made with. Without a program there are none."""

    program: Path | None = None  # Terraform or OpenTofu
    schemas: Path | None = None  # the operator's folder, see `plan.schemas`


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """How a root is planned."""

    workspace: str = "default"
    var_files: tuple[str, ...] = ()  # repository paths, in order
    given: str = ""  # a path in the tree: this plan, in JSON, is taken instead of making one
    remote_modules: Mapping[str, str] = dataclasses.field(default_factory=dict)  # address -> directory in the tree


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FixRequest:
    """Which findings of a unit are to be mended."""

    findings: tuple[Finding, ...]  # with fingerprints
    known: tuple[tuple[str, str, str], ...]  # rule, path and resource of all that was found in the unit
    chosen: Mapping[str, str | Sequence[str]]  # the policy's values, by the name of the choice
    taken: tuple[Risk, ...] = (Risk.SAFE,)  # what `safe` is made of


NO_PLANS = PlanTools()


class Scanner:
    """Checkov and our own rules in a warm, contained process. A context manager; see `ScansUnits`.

    `trees` is the folder under which every tree to be scanned lies; the sandbox sees it and nothing else of ours.
    `sandbox` is `auto` (namespaces, or Landlock with seccomp; else refuse), `landlock` (without namespaces) or `none`
    (as much as there is).
    `plans` says what makes plans, and `no_plans` why nothing does. `foreign` are other scanners, which run in the same
    way on the units that concern them.
    """

    loads_checkov = True

    def __init__(
        self,
        limits: ScanLimits,
        sandbox: str,
        trees: Path,
        concurrency: int,
        planning: PlanTools = NO_PLANS,
        *,
        foreign: Sequence[ForeignScanner] = (),
    ) -> None:
        self.concurrency = max(1, concurrency)
        self.tools: frozenset[str] = frozenset()
        self.confinement = containment.Confinement()
        self.plans, self.no_plans = "", ""
        self._planning = planning
        self._foreign = {scanner.name: scanner for scanner in foreign}
        self._limits, self._choice, self.trees = limits, sandbox, trees.resolve()
        self._slots = threading.BoundedSemaphore(self.concurrency)
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._parent: WarmProcess | None = None
        self._program: Path | None = None
        self._scratch: Path | None = None
        self.version = f"{_version(limits, planning)}-{foreign_config.digest(foreign)}"

    def start(self) -> None:
        """Start the warm parent, and return while it warms up: `ready` must follow."""
        self.trees.mkdir(parents=True, exist_ok=True)
        if self._choice == "auto":
            self._program = containment.working_bubblewrap(self.trees)
        if self._program is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="plumbrule-scan-"))
        self._parent = self._start_parent()

    def ready(self) -> None:
        """Wait until the warm parent is ready and find out what holds it.

        Raises Misconfigured when that is not enough, or when it did not start.
        """
        assert self._parent  # noqa: S101 (was started)
        try:
            hello = self._parent.hello()
        except ParentDied as error:
            self.close()
            raise Misconfigured((str(error),)) from error
        self.tools = frozenset(map(str, hello["tools"])) if isinstance(hello["tools"], list) else frozenset()
        self.confinement = containment.Confinement(
            bubblewrap=self._program is not None,
            landlock=hello.get("landlock") is True,
            seccomp=hello.get("seccomp") is True,
        )
        if self._choice != "none" and not self.confinement.enough:
            self.close()
            raise Misconfigured((_NOT_CONTAINED.format(held=self.confinement),))

        said = hello.get("terraform")
        self.no_plans = self._why_no_plans(said if isinstance(said, str) else "")
        self.plans = "" if self.no_plans else str(said)[:60]

    def _why_no_plans(self, version: str) -> str:
        """A plan reads files by the author's own functions, so it needs Landlock, whatever else holds it."""
        if self._planning.program is None:
            return "no terraform or tofu was found on this machine (TERRAFORM_PATH, TOFU_PATH)"
        if self._choice == "none" or not (self.confinement.landlock and self.confinement.seccomp):
            return f"this machine cannot contain Terraform: Landlock and seccomp are needed (held: {self.confinement})"
        return "" if version else f"{self._planning.program} did not say its version in the sandbox"

    def close(self) -> None:
        """End the warm parent; scans under way fail."""
        with self._lock:
            if self._parent:
                self._parent.kill()
                self._parent = None
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Scanner:
        if self._parent is None:
            self.start()
        self.ready()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def scan(self, unit: ScanUnit, tree: Path, stop: Stop, requirements: RuleSettings = NO_REQUIREMENTS) -> ScanResult:
        """Scan the files of `unit`, written under `tree`, with retrying once what a dying parent broke.

        The second try has a fresh parent to itself: whoever killed the first one does not hit the others again.
        Raises ScanFailed, and whatever `stop` raises.
        """
        asked = [dataclasses.asdict(scanner) for scanner in self._foreign.values() if scanner.concerns(unit)]
        more = {"requirements": dataclasses.asdict(requirements), **({"scanners": asked} if asked else {})}
        return self._checked(self._answer(self._request(unit, tree, more), unit, stop), unit)

    def fix(self, unit: ScanUnit, tree: Path, wanted: FixRequest, stop: Stop) -> UnitFixes:
        """Propose and prove fixes for findings of `unit`, as `scan` does in everything else."""
        found = results.encode(ScanResult(findings=wanted.findings)).decode()
        more = {"findings": found, "known": wanted.known, "chosen": dict(wanted.chosen), "taken": wanted.taken}
        more["rules"] = sorted({(finding.framework, finding.rule) for finding in wanted.findings})
        answer = self._answer(self._request(unit, tree, more), unit, stop)
        if answer.kind != frames.RESULT:
            raise ScanFailed(self._reason(answer.payload.decode("ascii", "replace"), unit))
        try:
            names = {finding.fingerprint for finding in wanted.findings}
            return fix_results.decode(answer.payload, {file.path for file in unit.files}, names)
        except results.BadResult as error:
            raise ScanFailed(_DISTRUSTED.format(name=_name(unit), error=error)) from error

    def evaluate(self, policies: Mapping[str, bytes], plan: bytes, stop: Stop) -> Evaluation:
        """Put policies (Rego and data files by their paths below their folder) to a plan in JSON.

        Raises Rejected for what is too large, ScanFailed when they did not finish, and whatever `stop` raises.
        """
        return self._ask_policies("evaluate", policies, plan, stop)

    def test_policies(self, policies: Mapping[str, bytes], stop: Stop) -> Evaluation:
        """Run the tests among policies, as `evaluate` does in everything else."""
        return self._ask_policies("test", policies, None, stop)

    def _ask_policies(self, task: str, policies: Mapping[str, bytes], plan: bytes | None, stop: Stop) -> Evaluation:
        unit = ScanUnit(kind=UnitKind.DIRECTORY, directory="policies", files=())
        seconds = min(self._limits.wall_seconds, POLICY_SECONDS)
        more = {
            "kind": "rego",
            "task": task,
            "files": [[path, path] for path in sorted(policies)],
            "limits": {"wall_seconds": seconds, "cpu_seconds": seconds, "memory_mb": self._limits.memory_mb},
        }
        with rego_tree.written(self.trees, policies, plan) as tree:
            answer = self._answer(self._request(unit, tree, more), unit, stop)
        if answer.kind != frames.RESULT:
            raise ScanFailed(self._policies_failed(answer.payload.decode("ascii", "replace"), seconds))
        try:
            return rego_results.decode(answer.payload)
        except results.BadResult as error:
            raise ScanFailed(f"the policies gave an answer that cannot be trusted: {error}") from error

    def _policies_failed(self, reason: str, seconds: int) -> str:
        word = reason.partition(" ")[0]
        if word in ("wall", "cpu"):
            return f"the policies did not finish in {seconds} s, and were stopped"
        if word == "memory":
            return f"the policies needed more than {self._limits.memory_mb} MB, and were stopped"
        if word == "output":
            return "the policies say more than can be reported"
        return "the policies crashed the engine, which ran out of memory or of stack: values or recursion without end"

    def plan(self, unit: ScanUnit, tree: Path, wanted: PlanRequest, stop: Stop) -> PlannedRoot:
        """Plan the Terraform root that `unit` is, as `scan` does in everything else.

        A root that cannot be planned, a limit that it broke included, says so in `not_planned`.
        """
        failed = PlannedRoot(root=unit.directory, workspace=wanted.workspace, approximate=not wanted.given)
        if not self.plans and not wanted.given:
            return dataclasses.replace(failed, not_planned=f"No plan was made: {self.no_plans}.")
        more = {"kind": "plan", "plan": dataclasses.asdict(wanted) | {"remote_modules": dict(wanted.remote_modules)}}
        try:
            answer = self._answer(self._request(unit, tree, more), unit, stop)
            if answer.kind != frames.RESULT:
                raise ScanFailed(self._reason(answer.payload.decode("ascii", "replace"), unit, "plan"))
            return _checked_plan(planned.decode(answer.payload), unit, wanted)
        except results.BadResult as error:
            return dataclasses.replace(failed, not_planned=_DISTRUSTED.format(name=_name(unit), error=error))
        except ScanFailed as failure:
            return dataclasses.replace(failed, not_planned=str(failure))

    def _answer(self, request: bytes, unit: ScanUnit, stop: Stop) -> frames.Frame:
        while not self._slots.acquire(timeout=POLL_SECONDS):
            stop()
        try:
            try:
                return self._ask(self._shared_parent(), request, stop)
            except ParentDied:
                return self._ask_alone(request, unit, stop)
        finally:
            self._slots.release()

    def _request(self, unit: ScanUnit, tree: Path, more: Mapping[str, object] = MappingProxyType({})) -> bytes:
        limits = self._limits
        return json.dumps(
            {
                "tree": tree.resolve().relative_to(self.trees).as_posix(),
                "kind": str(unit.kind),
                "directory": unit.directory,
                "files": [[file.scan_as, file.path] for file in unit.files],
                "limits": {
                    "wall_seconds": limits.wall_seconds,
                    "cpu_seconds": limits.cpu_seconds,
                    "memory_mb": limits.memory_mb,
                },
                **more,
            }
        ).encode()

    def _ask(self, parent: WarmProcess, request: bytes, stop: Stop) -> frames.Frame:
        """Wait for one answer. A parent that is silent for too long is killed, and counts as dead."""
        id_ = next(self._ids)
        answers = parent.ask(id_, request)
        deadline = time.monotonic() + self._limits.wall_seconds + GRACE_SECONDS
        try:
            while time.monotonic() < deadline:
                stop()
                with contextlib.suppress(queue.Empty):
                    answer = answers.get(timeout=POLL_SECONDS)
                    if answer is None:
                        raise ParentDied("the scanner ended")
                    return answer
        except BaseException:
            parent.cancel(id_)
            raise
        parent.kill()
        raise ParentDied("the scanner did not answer")

    def _ask_alone(self, request: bytes, unit: ScanUnit, stop: Stop) -> frames.Frame:
        parent = self._start_parent()
        try:
            parent.hello()
        except ParentDied as error:
            raise ScanFailed(f"the scanner could not be started again: {error}") from error
        try:
            return self._ask(parent, request, stop)
        except ParentDied as error:
            raise ScanFailed(f"the scanner's own process died twice on {_name(unit)}") from error
        finally:
            parent.kill()

    def _shared_parent(self) -> WarmProcess:
        with self._lock:
            if self._parent is None or not self._parent.alive:
                self._parent = self._start_parent()
                self._parent.hello()
            return self._parent

    def _start_parent(self) -> WarmProcess:
        env = {**process.clean_environment(), **ENVIRONMENT, "PYTHONPATH": str(_PACKAGE.parent)}
        env |= {"PYTHONSAFEPATH": "1", "PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        inside = self._program is not None
        scratch = containment.INNER_SCRATCH if inside else self._scratch
        env["TMPDIR"] = str(scratch)
        told = {
            "trees": str(containment.INNER_TREES if inside else self.trees),
            "scratch": str(scratch),
            "program": str(self._planning.program or ""),
            "schemas": str(self._planning.schemas or ""),
            "foreign": [str(path) for path in self._of_others()],
            "namespaced": inside,
            "checkov": self.loads_checkov,
        }
        argv = [sys.executable, "-m", "reviewer.scan.warm", json.dumps(told)]
        seen = [path for path in (self._planning.program, self._planning.schemas, *self._of_others()) if path]
        around = containment.bubblewrap_argv(self._program, self.trees, env, seen) if self._program else []
        return WarmProcess([*around, *argv], env)

    def _of_others(self) -> tuple[Path, ...]:
        """What other scanners need to read besides the files that they look at."""
        found = [path for other in self._foreign.values() for path in (other.program, *other.reads) if path]
        return tuple(map(Path, found))

    def _checked(self, answer: frames.Frame, unit: ScanUnit) -> ScanResult:
        if answer.kind != frames.RESULT:
            raise ScanFailed(self._reason(answer.payload.decode("ascii", "replace"), unit))
        try:
            result = results.decode(answer.payload)
            _check_paths(result, unit)
            return dataclasses.replace(result, findings=tuple(map(self._in_our_words, result.findings)))
        except results.BadResult as error:
            raise ScanFailed(_DISTRUSTED.format(name=_name(unit), error=error)) from error

    def _in_our_words(self, finding: Finding) -> Finding:
        other = self._foreign.get(finding.scanner)
        return _in_our_words(finding) if other is None else _in_their_words(finding, other)

    def _reason(self, reason: str, unit: ScanUnit, work: str = "scan") -> str:
        word, _, detail = reason.partition(" ")
        name, limits = _name(unit), self._limits
        if word in ("wall", "cpu"):
            return (
                f"the {work} of {name} took longer than {limits.wall_seconds} s and was stopped; "
                f"raise SCAN_TIMEOUT_SECONDS (now {limits.wall_seconds}) or exclude the path"
            )
        if word == "memory":
            return (
                f"the {work} of {name} needed more than {limits.memory_mb} MB and was stopped; "
                f"raise SCAN_MEMORY_MB (now {limits.memory_mb}) or exclude the path"
            )
        if word == "output":
            return f"the {work} of {name} found more than can be reported; exclude a part of it"
        known = f" ({detail})" if detail.isidentifier() and len(detail) < 60 else ""
        return f"the scanner crashed on {name}{known}; exclude the path, or report it as a bug"


class PolicyRunner(Scanner):
    """A scanner for policies alone: it starts in a moment, because it loads no Checkov, and must scan nothing."""

    loads_checkov = False


_DISTRUSTED = "the scan of {name} gave an answer that cannot be trusted: {error}"
_NOT_CONTAINED = (
    "SCAN_SANDBOX: this machine cannot contain the scanner (it offers: {held}). Needed are user namespaces "
    "for bubblewrap, or Landlock (Linux 5.13) together with seccomp. SCAN_SANDBOX=none scans without, at your risk"
)


def _name(unit: ScanUnit) -> str:
    return f"`{unit.directory or '.'}`"


def _check_paths(result: ScanResult, unit: ScanUnit) -> None:
    """Refuse results about files that were not scanned."""
    known = {file.path for file in unit.files}
    spans = [span for f in result.findings for span in (f.span, f.block, f.caller) if span]
    spans += [entry.span for entry in result.not_examined if entry.span]
    if any(span.path not in known for span in spans) or any(root != unit.directory for root in result.roots):
        raise results.BadResult("it speaks of files that were not scanned")


def _checked_plan(root: PlannedRoot, unit: ScanUnit, wanted: PlanRequest) -> PlannedRoot:
    """Refuse plans of another root, places in files that are not there; say findings in our own words."""
    known = {file.path for file in unit.files}
    if root.root != unit.directory or root.workspace != wanted.workspace:
        raise results.BadResult("it is the plan of another root")
    places = [place for _, place in root.places]
    spans = [span for place in places for span in (place.block, *place.callers)]
    spans += [span for place in places for _, span in (*place.attributes, *place.origins)]
    if any(span.path not in known for span in spans):
        raise results.BadResult("it speaks of files that were not scanned")
    _check_paths(ScanResult(findings=root.findings, not_examined=root.statements), unit)
    if any(f.source is not Source.PLAN or f.scanner not in foreign_config.HOUSE for f in root.findings):
        raise results.BadResult("it has a finding that is not of a plan")
    return dataclasses.replace(root, findings=tuple(map(_in_our_words, root.findings)), approximate=not wanted.given)


def _in_our_words(finding: Finding) -> Finding:
    """Return the finding with severity and texts from our own tables: what the sandbox says of them does not count."""
    if finding.scanner == "plumbrule" and (rule := rules.RULES.get(finding.rule)):
        return dataclasses.replace(
            finding, title=rule.title, severity=rule.severity, why=rule.why, remedy=rule.remedy, fingerprint=""
        )
    if finding.scanner != "checkov" or finding.framework not in FRAMEWORKS:
        raise results.BadResult(f"it has a finding of {finding.scanner[:40]!r}, {finding.framework[:40]!r}")
    texts = explanation(finding.rule, finding.framework, finding.title)
    return dataclasses.replace(
        finding,
        title=texts.title,
        severity=severity_of(finding.rule, finding.framework),
        why=texts.why,
        remedy=texts.remedy,
        fingerprint="",
    )


def _in_their_words(finding: Finding, scanner: ForeignScanner) -> Finding:
    """Return a finding of another scanner with our severity, where the table knows the rule, and the reason for it."""
    if finding.framework != scanner.framework or finding.rule in rules.RULES or finding.rule.startswith("CKV"):
        raise results.BadResult(f"it has a finding of {finding.scanner!r} under a name of others")
    concept = table().concept(finding.rule, finding.framework)
    if concept is None:
        return dataclasses.replace(finding, severity=min(finding.severity, scanner.at_most), fingerprint="", also=())
    texts = explanation(finding.rule, finding.framework, finding.title)
    return dataclasses.replace(
        finding,
        title=texts.title,
        severity=concept.severity,
        why=texts.why,
        remedy=texts.remedy,
        fingerprint="",
        also=(),
    )


def _version(limits: ScanLimits, planning: PlanTools) -> str:
    """Checkov's version and a digest of what makes a result: our code, rules, texts, severities, schemas, limits."""
    from checkov.version import version as checkov_version

    digest = hashlib.sha256(f"{sys.version} {limits} {table_digest()}".encode())
    for folder in ("scan", "rules", "plan", "tfplan"):
        for path in sorted((_PACKAGE / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    for name in ("hcl.py", "model.py", "masking.py"):
        digest.update((_PACKAGE / name).read_bytes())
    config = _PACKAGE.parent / "config"
    for path in (config / "providers.yml", *sorted((config / "plan").glob("*"))):
        digest.update(path.read_bytes())
    for kept in Store(planning.schemas).files():
        digest.update(f"{kept} {kept.stat().st_mtime_ns}".encode())
    return f"checkov-{checkov_version}-{digest.hexdigest()[:16]}"
