"""The vocabulary of Plumbrule: plain values that every part speaks, one word an idea.

Owns no behaviour beyond naming and ordering. Imports nothing of ours, so that every arrow can end here.
Lines are 1-based and inclusive everywhere; paths are POSIX, relative to the repository's root.
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NewType

Sha = NewType("Sha", str)
"""A full git commit id, 40 lower-case hexadecimal digits."""


class Severity(enum.IntEnum):
    """How bad it is if this merges. Ordered, so `finding.severity >= policy.block_at` reads as it sounds."""

    INFO = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5

    @property
    def word(self) -> str:
        """`critical`, `high`, `medium`, `low` or `info`: the form of the policy file and of JSON."""
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Severity:
        """Return the severity called `word` (any case). Raises ValueError naming the words there are."""
        try:
            return cls[word.upper()]
        except KeyError:
            words = ", ".join(s.word for s in reversed(cls))
            raise ValueError(f"{word!r} is not a severity; expected one of {words}") from None


class Status(enum.StrEnum):
    """What comparing head with base made of a finding."""

    INTRODUCED = "introduced"
    FIXED = "fixed"
    STANDING = "standing"


class Source(enum.StrEnum):
    """What a finding was seen in."""

    CODE = "code"
    PLAN = "plan"


class Risk(enum.StrEnum):
    """What applying a fix asks for, the mildest first. Only `safe` and `input` are offered in one click."""

    SAFE = "safe"  # in place, no replacement, no cost
    INPUT = "input"  # adds a variable that the author must give a value
    REPLACE = "replace"  # recreates, restarts or cuts off what is there
    COST = "cost"  # more to pay


class PlanAction(enum.StrEnum):
    """What a Terraform plan does to a resource instance. `replace` stands for both orders of delete and create."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    FORGET = "forget"  # leaves the state, and stays where it is
    READ = "read"
    NO_OP = "no-op"


class PlanOrigin(enum.StrEnum):
    """Who made a plan: we, without providers (it is approximate), the repository's own workflow, or the user."""

    HERMETIC = "hermetic"
    WORKFLOW = "workflow"
    GIVEN = "given"


class Conclusion(enum.StrEnum):
    """The conclusions of a check run that Plumbrule uses (GitHub counts `neutral` as passed, so it is not here)."""

    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"


class Subject(enum.StrEnum):
    """What a review is about."""

    PULL_REQUEST = "pull_request"
    MERGE_GROUP = "merge_group"
    DEFAULT_BRANCH = "default_branch"
    FIXES = "fixes"  # no review: the safe fixes of one are to be committed
    PLAN = "plan"  # no review: a workflow ended, and may have left a plan that one is to be made with


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """Lines `start_line..end_line` of `path`."""

    path: str
    start_line: int
    end_line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.start_line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A repository on GitHub, as an installation sees it."""

    id: int
    full_name: str  # owner/name, as GitHub spells it
    installation_id: int

    @property
    def owner(self) -> str:
        """The account that owns the repository."""
        return self.full_name.partition("/")[0]

    @property
    def name(self) -> str:
        """The repository's name without its owner."""
        return self.full_name.partition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest:
    """One generation of one review: what a job carries, all of it JSON-able through `dataclasses.asdict`.

    `generation` counts up for each `key`; a request whose generation is not the newest of its key is superseded and may
    publish nothing.
    """

    subject: Subject
    repository: Repository
    head_sha: Sha
    base_sha: Sha | None  # tip of the base branch as the event said; None for the default branch
    base_ref: str  # short branch name, such as main
    head_ref: str  # refs/pull/N/head, refs/heads/gh-readonly-queue/..., refs/heads/main
    number: int | None = None  # of the pull request
    draft: bool = False
    generation: int = 0
    actor: str = ""  # for FIXES: the login of who asked for them
    proved_by: str = ""  # for FIXES: the id of the review that proved them

    @property
    def key(self) -> str:
        """What supersedes what: `REPOSITORY_ID#NUMBER`, `REPOSITORY_ID@REF`, `REPOSITORY_ID#NUMBER/fixes`, .../plan."""
        if self.subject in {Subject.FIXES, Subject.PLAN}:
            return f"{self.repository.id}#{self.number}/{self.subject.value}"
        return f"{self.repository.id}#{self.number}" if self.number else f"{self.repository.id}@{self.head_ref}"

    @property
    def id(self) -> str:
        """The review's own name: workflow id, `external_id` of its check run, reference for the operator."""
        return f"rv:{self.key}:{self.generation:08d}"

    def __str__(self) -> str:
        where = f"#{self.number}" if self.number else f"@{self.base_ref}"
        return f"{self.repository.full_name}{where}@{self.head_sha[:7]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A scanner or rule said it about a resource."""

    rule: str  # CKV_AWS_24, PLB_OIDC_1
    title: str
    severity: Severity
    span: Span  # the offending attribute where it is known, else the block's first line(s)
    block: Span  # the whole resource, module call, step or file it sits in
    resource: str  # full address with module path and index, or a name within the file
    message: str  # what is wrong, in the reader's own names; one or two sentences
    scanner: str  # checkov, plumbrule
    root: str = (
        ""  # directory of the Terraform root it was seen from; "" for the repository's root and for other frameworks
    )
    framework: str = ""  # terraform, kubernetes, ...
    evidence: str = ""  # the normalised text of `span` (white space folded), secrets masked
    why: str = ""  # why it matters
    remedy: str = ""  # what to do
    guideline: str | None = None  # link
    caller: Span | None = None  # the module call in the root, when `path` is a module's file
    source: Source = Source.CODE
    skip_reason: str | None = None  # not None: muted in the code by checkov:skip, with this reason ("" without one)
    fingerprint: str = ""  # set by judge.compare.fingerprinted: no line numbers in it
    also: tuple[str, ...] = ()  # other scanners that say the same, with their rule: "hadolint DL3007"

    @property
    def path(self) -> str:
        """The file of the finding."""
        return self.span.path


@dataclass(frozen=True, slots=True, kw_only=True)
class NotExamined:
    """Something that the review did not look at: never to be read as clean."""

    what: str  # a path, a root, a framework, a tool
    why: str  # one sentence for the author
    span: Span | None = None  # the place, where there is one (a syntax error)
    blocking: bool = True  # False: a statement (a tool that is not installed), True: a failure that the policy judges


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanResult:
    """What was found in one set of scan units at one commit. Findings include the muted ones (`skip_reason` set)."""

    findings: tuple[Finding, ...] = ()
    not_examined: tuple[NotExamined, ...] = ()
    files: int = 0
    roots: tuple[str, ...] = ()
    resources: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Head against base: every finding of head is introduced, standing or muted; `fixed` are findings of base."""

    introduced: tuple[Finding, ...] = ()
    standing: tuple[Finding, ...] = ()
    fixed: tuple[Finding, ...] = ()
    muted: tuple[Finding, ...] = ()  # of head: by an honoured skip
    not_examined: tuple[NotExamined, ...] = ()  # of head, and not so already at base


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An accepted risk. At least one of `resource` and `path` is set; both are shell-style patterns."""

    rule: str
    reason: str
    expires: date
    resource: str | None = None
    path: str | None = None
    approved_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """A finding that a waiver accepts."""

    finding: Finding
    waiver: Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the policy makes of a comparison."""

    passed: bool
    blocking: tuple[Finding, ...] = ()  # introduced, at or above block_at, in mode enforce
    comment_on: tuple[Finding, ...] = ()  # introduced, at or above comment_at
    waived: tuple[Waived, ...] = ()
    failures: tuple[NotExamined, ...] = ()  # what was not looked at and blocks, as on_failure says
    audit: bool = False  # mode audit: what would have blocked is told, and passes
    would_block: tuple[Finding, ...] = ()  # in mode audit: what enforce would block


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One hunk of a unified diff, on the head side: commentable lines (added and context) of `path`."""

    path: str
    start_line: int
    end_line: int
    added: frozenset[int] = frozenset()
    deleted_before: frozenset[int] = frozenset()  # lines that deleted lines stand right before; end_line + 1 at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What the pull request changed: merge base against head, renames followed as GitHub follows them."""

    hunks: tuple[Hunk, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()  # (old path, new path)
    changed: tuple[str, ...] = ()  # every path added, modified or deleted (old and new names)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Suggestion:
    """Lines `start_line..end_line` of `path` become `replacement`: a patch that was proved.

    `original` and `replacement` are whole lines with their line ends; a `replacement` of "" deletes the lines.
    """

    path: str
    start_line: int
    end_line: int
    replacement: str
    original: str
    risk: Risk

    @property
    def span(self) -> Span:
        """The lines that it replaces."""
        return Span(path=self.path, start_line=self.start_line, end_line=self.end_line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A suggestion that mends findings, and what its author must know before it is taken."""

    fingerprints: tuple[str, ...]  # of the findings that it mends
    suggestion: Suggestion
    inputs: tuple[str, ...] = ()  # variables that it adds, without a value yet
    warnings: tuple[str, ...] = ()  # what else changes: "Clients that use IMDSv1 stop working."
    also: tuple[Suggestion, ...] = ()  # what has to change in other files with it: then it is never one click

    @property
    def edits(self) -> tuple[Suggestion, ...]:
        """All that is to be taken together."""
        return (self.suggestion, *self.also)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """What to do where no mechanical edit is right: about this resource, with an example in its own names."""

    fingerprint: str
    text: str
    example: str = ""
    language: str = ""  # of the example: hcl, yaml, dockerfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixes:
    """What is proposed for the introduced findings of an examination. Everything in it was proved, but `guidance`."""

    single: tuple[Fix, ...] = ()  # one finding each
    together: tuple[Fix, ...] = ()  # all findings of a block: at most one for one click, one for the other risks
    safe: tuple[Suggestion, ...] = ()  # all safe fixes (and what else was asked for) at once: edits without overlap
    guidance: tuple[Guidance, ...] = ()
    unproved: int = 0  # fixes that failed their proof, and are not proposed
    failures: tuple[str, ...] = ()  # scan units whose fixes could not be tried, and why

    @property
    def safe_warnings(self) -> tuple[str, ...]:
        """What else the safe fixes change, each once."""
        safe = (fix for fix in self.single if fix.suggestion.risk is Risk.SAFE and not fix.also)
        return tuple(dict.fromkeys(warning for fix in safe for warning in fix.warnings))


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChange:
    """One attribute of a planned change, as people read it: short, redacted, `(known after apply)` where it is so."""

    path: str  # ingress[0].cidr_blocks
    before: str  # "" where there was none
    after: str  # "" where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """One resource instance that a plan changes."""

    address: str
    action: PlanAction
    attributes: tuple[AttributeChange, ...] = ()  # those that matter, the riskiest first
    span: Span | None = None  # where the resource is written at the head
    previous_address: str = ""  # where it was moved from
    severity: Severity | None = None  # of the worst finding about this change


@dataclass(frozen=True, slots=True, kw_only=True)
class RootPlan:
    """What the change makes of one root in one workspace. `changes` leave out what stays as it is."""

    root: str
    workspace: str = "default"
    origin: PlanOrigin = PlanOrigin.HERMETIC
    changes: tuple[PlannedChange, ...] = ()  # the riskiest first; cut at a number, see `left_out`
    counts: tuple[tuple[PlanAction, int], ...] = ()  # of all changes, also those that were left out
    left_out: int = 0
    edges: tuple[tuple[str, str], ...] = ()  # (address, address that it refers to), among `changes`
    not_planned: str = ""  # why there is no plan of this root, for its author
    drifted: int = 0  # resource instances that changed outside of Terraform

    @property
    def approximate(self) -> bool:
        """Whether defaults, data and replacements in it are guesses."""
        return self.origin is PlanOrigin.HERMETIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """All that a review learned: what the report is made of."""

    comparison: Comparison
    verdict: Verdict
    diff: Diff
    anchors: tuple[tuple[str, Span], ...]  # (fingerprint, where on the diff a comment on that finding may stand)
    head_sha: Sha
    base_sha: Sha | None
    policy_source: str = ""  # such as ".github/plumbrule.yml of main" or "built-in defaults"
    policy_digest: str = ""  # first 8 hexadecimal digits of SHA-256 over the effective policy
    policy_problems: tuple[
        str, ...
    ] = ()  # of a policy file that this pull request changes: "file:line: key: expected ..."
    excerpts: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (path, lines of head) for text output
    files: int = 0
    roots: tuple[str, ...] = ()
    resources: int = 0
    seconds: float = 0.0
    fixes: Fixes = Fixes()
    plans: tuple[RootPlan, ...] = ()
    compliance: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (rule, requirements it speaks to: "CIS AWS 5.2")
    standards: tuple[str, ...] = ()  # which standards the policy asks to see: cis, pci, soc2, hipaa, nist


class Level(enum.StrEnum):
    """GitHub's annotation levels."""

    NOTICE = "notice"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """An annotation of a check run, as GitHub's REST API takes it."""

    span: Span
    level: Level
    title: str  # at most 255 characters
    message: str  # plain text, at most 64 KB


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineComment:
    """A review comment on lines of the head side.

    `key` says which comment it is across pushes (a block of code), `fingerprints` which findings it speaks of. `body`
    holds both in a hidden marker that `report.markers` writes and reads.
    """

    key: str
    fingerprints: tuple[str, ...]
    path: str
    line: int
    body: str
    start_line: int | None = None  # None for one line; else less than `line` and in the same hunk


APPLY_SAFE_FIXES = "apply-safe-fixes"
"""The identifier of the button that commits the safe fixes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button of a check run, as GitHub's REST API takes it."""

    label: str  # at most 20 characters
    description: str  # at most 40
    identifier: str  # at most 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """What the check run named Plumbrule should say."""

    conclusion: Conclusion
    title: str
    summary: str  # markdown, at most 65,535 characters
    text: str = ""  # markdown, at most 65,535 characters
    annotations: tuple[Annotation, ...] = ()
    actions: tuple[Action, ...] = ()  # at most 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Everything that we want to stand on the pull request. `sarif` is a SARIF 2.1.0 log as JSON-able values."""

    check_run: CheckRun
    comments: tuple[InlineComment, ...] = ()
    present: frozenset[str] = frozenset()  # fingerprints still found in head: their comments are not called fixed
    complete: bool = True  # False: a part was not examined, so that what is not present need not be fixed
    sarif: dict[str, Any] | None = field(default=None, hash=False)


def fingerprint(*parts: str) -> str:
    """Return 32 hexadecimal digits that name the sequence `parts`, and no other sequence."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()[:32]
