"""What policies say of a plan, as values and as the bytes that leave the sandbox. Distrusted when read. Pure.

Owns the form and its limits; messages and metadata are texts of others, and hostile.
"""

from __future__ import annotations

import enum
import json
from dataclasses import asdict, dataclass

from reviewer.model import Severity
from reviewer.scan.results import MAX_BYTES, MAX_PATH, BadResult, Fields, one_of, text_of

MAX_RESULTS = 2_000
"""Of one evaluation; what is said beyond is counted as one problem."""
MAX_MESSAGE = 2_000
MAX_METADATA = 4_000
MAX_NAME = 300
MAX_PROBLEMS = 200


class Outcome(enum.StrEnum):
    """How a test of policies ended."""

    PASSED = "pass"
    FAILED = "fail"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One thing that a policy denies or warns of."""

    package: str  # terraform.policies
    rule: str  # deny, violation_encryption, warn
    message: str
    severity: Severity  # as the policy says, else by the name of the rule
    resource: str = ""  # the policy's own `resource` or `address`
    metadata: str = ""  # the other keys, as JSON; "" for none

    @property
    def denies(self) -> bool:
        """Whether it is more than a warning."""
        return not self.rule.startswith("warn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something in the policies that could not be used: what they would have said is unknown."""

    path: str  # below the folder of policies; "" for all of them
    line: int  # 0 where it is not known
    why: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}: " if self.line else f"{self.path}: "
        return f"{where if self.path else ''}{self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """One `test_` rule that was run."""

    path: str
    line: int
    package: str
    rule: str
    outcome: Outcome
    text: str = ""  # why it is an error, and what it printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What came of all policies. Results are complete only where there is no problem."""

    results: tuple[Result, ...] = ()
    problems: tuple[Problem, ...] = ()
    excepted: tuple[str, ...] = ()  # PACKAGE.RULE of what an `exception` rule let pass
    rules: int = 0  # that were asked
    tests: tuple[PolicyTest, ...] = ()

    @property
    def denied(self) -> bool:
        """Whether anything was denied."""
        return any(result.denies for result in self.results)


def encode(evaluation: Evaluation) -> bytes:
    """Return `evaluation` as JSON that `decode` accepts."""
    return json.dumps(asdict(evaluation), separators=(",", ":")).encode()


def decode(raw: bytes) -> Evaluation:
    """Return what `encode` wrote. Raises BadResult on anything else."""
    if len(raw) > MAX_BYTES:
        raise BadResult(f"the evaluation has {len(raw)} bytes, more than the {MAX_BYTES} allowed")
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadResult("the evaluation is not JSON") from None
    fields = Fields(value, "evaluation")
    evaluation = Evaluation(
        results=fields.each("results", _result),
        problems=fields.each("problems", _problem),
        excepted=fields.each("excepted", lambda value, where: text_of(value, where, MAX_NAME)),
        rules=fields.count("rules"),
        tests=fields.each("tests", _test),
    )
    fields.done()
    if len(evaluation.results) > MAX_RESULTS or len(evaluation.problems) > MAX_PROBLEMS + 1:
        raise BadResult("the evaluation says more than it may")
    return evaluation


def _result(value: object, where: str) -> Result:
    fields = Fields(value, where)
    result = Result(
        package=fields.text("package", MAX_NAME),
        rule=fields.text("rule", MAX_NAME),
        message=fields.text("message", MAX_MESSAGE),
        severity=one_of(Severity, fields.take("severity", int), where),
        resource=fields.text("resource", MAX_PATH),
        metadata=fields.text("metadata", MAX_METADATA),
    )
    fields.done()
    return result


def _problem(value: object, where: str) -> Problem:
    fields = Fields(value, where)
    problem = Problem(
        path=fields.text("path", MAX_PATH), line=fields.count("line"), why=fields.text("why", MAX_MESSAGE)
    )
    fields.done()
    return problem


def _test(value: object, where: str) -> PolicyTest:
    fields = Fields(value, where)
    test = PolicyTest(
        path=fields.text("path", MAX_PATH),
        line=fields.count("line"),
        package=fields.text("package", MAX_NAME),
        rule=fields.text("rule", MAX_NAME),
        outcome=one_of(Outcome, fields.text("outcome"), where),
        text=fields.text("text", MAX_MESSAGE),
    )
    fields.done()
    return test
