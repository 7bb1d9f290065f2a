"""Fixes as a proof would leave them: values for the tests of how they are told."""

from __future__ import annotations

from dataclasses import replace

from reviewer.model import Diff, Examination, Finding, Fix, Fixes, Guidance, Hunk, Risk, Suggestion
from tests.report.examinations import BASTION, finding, span

DATABASE_FILE = """\
resource "aws_db_instance" "orders" {
  identifier        = "orders"
  engine            = "postgres"
  instance_class    = "db.t3.medium"
  allocated_storage = 20

  username = "orders"

  publicly_accessible = true
  storage_encrypted   = false
  skip_final_snapshot = true

  tags = { team = "orders" }
}
"""

IAM = finding(
    "CKV_AWS_286",
    title="The policy may be used to gain more rights",
    span=span("infra/iam.tf", 7),
    block=span("infra/iam.tf", 1, 12),
    resource="aws_iam_policy.deploy",
    message='`Action = "*"` on `Resource = "*"`.',
    why="Who holds it owns the account.",
    remedy="Name the actions.",
    guideline=None,
)
IAM_GUIDANCE = Guidance(
    fingerprint=IAM.fingerprint,
    text="Which actions `aws_iam_policy.deploy` needs only you know. List them instead of `*`; start from what"
    " CloudTrail saw it use.",
    example='data "aws_iam_policy_document" "deploy" {\n  statement {\n    actions = ["s3:GetObject"]\n  }\n}\n',
    language="hcl",
)


def lines(text: str, first: int, last: int) -> str:
    """Lines `first..last` of `text`."""
    return "".join(text.splitlines(keepends=True)[first - 1 : last])


def suggest(
    path: str, text: str, first: int, last: int, replacement: str, *, risk: Risk = Risk.SAFE, eol: str = "\n"
) -> Suggestion:
    """Lines `first..last` of a file that holds `text` become `replacement`."""
    original = lines(text, first, last).replace("\n", eol)
    return Suggestion(path=path, start_line=first, end_line=last, replacement=replacement, original=original, risk=risk)


def mends(suggestion: Suggestion, *findings: Finding, **more: tuple[str, ...]) -> Fix:
    """A fix of `findings`."""
    return Fix(fingerprints=tuple(f.fingerprint for f in findings), suggestion=suggestion, **more)


def whole(path: str, text: str, deleted_before: tuple[int, ...] = ()) -> Hunk:
    """A file that is new as a whole."""
    count = len(text.splitlines())
    return Hunk(
        path=path,
        start_line=1,
        end_line=count,
        added=frozenset(range(1, count + 1)),
        deleted_before=frozenset(deleted_before),
    )


NEW_FILES = Diff(hunks=(whole("infra/bastion.tf", BASTION), whole("infra/database.tf", DATABASE_FILE)))


def proposing(examined: Examination, *fixes: Fix, diff: Diff = NEW_FILES, **more: object) -> Examination:
    """`examined` with `fixes`, which are of single findings or of those of a block, on `diff`."""
    single = tuple(replace(fix, fingerprints=(f,)) for fix in fixes for f in fix.fingerprints)
    proposed = Fixes(together=fixes, single=single)
    return replace(examined, diff=diff, fixes=replace(proposed, **more))  # type: ignore[arg-type]
