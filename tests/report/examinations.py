"""Examinations as a real review would make them: values for the tests of what a review reads like."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from reviewer.model import (
    Comparison,
    Diff,
    Examination,
    Finding,
    NotExamined,
    Severity,
    Sha,
    Span,
    Verdict,
    Waived,
    Waiver,
    fingerprint,
)
from reviewer.report.links import Links
from reviewer.report.tools import Tools

HEAD = Sha("a1b2c3d4" * 5)
BASE = Sha("9e8f7a65" * 5)
LINKS = Links(html_url="https://github.com", full_name="acme/infra", head_sha=HEAD)
TOOLS = Tools(plumbrule="0.1.0", checkov="3.3.30", own_rules=4)

BASTION = """\
resource "aws_security_group" "bastion" {
  name   = "bastion"
  vpc_id = aws_vpc.main.id

  ingress {
    description = "SSH"
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""


def span(path: str, start_line: int, end_line: int | None = None) -> Span:
    return Span(path=path, start_line=start_line, end_line=end_line or start_line)


def finding(rule: str = "CKV_AWS_24", **changes: object) -> Finding:
    """A finding with sensible values for what a test does not care about; its fingerprint follows from its values."""
    plain = Finding(
        rule=rule,
        title="SSH is open to the whole internet",
        severity=Severity.HIGH,
        span=span("infra/bastion.tf", 10),
        block=span("infra/bastion.tf", 1, 12),
        resource="aws_security_group.bastion",
        message="`cidr_blocks` of this ingress rule allows port 22 from `0.0.0.0/0`.",
        scanner="checkov",
        root="infra",
        framework="terraform",
        evidence='cidr_blocks = ["0.0.0.0/0"]',
        why="Anyone can reach the login of every instance in this group.",
        remedy="Allow only the networks your administrators come from, or use Session Manager and no open port.",
        guideline="https://docs.prismacloud.io/networking/port-security",
    )
    made = replace(plain, **changes)  # type: ignore[arg-type]
    if made.fingerprint:
        return made
    return replace(made, fingerprint=fingerprint(made.rule, made.path, made.resource, made.message))


SSH_OPEN = finding()

PUBLIC_DATABASE = finding(
    "CKV_AWS_17",
    title="The database is reachable from the internet",
    span=span("infra/database.tf", 9),
    block=span("infra/database.tf", 1, 14),
    resource="aws_db_instance.orders",
    message="`publicly_accessible = true` gives `aws_db_instance.orders` a public address.",
    why="With a public address only the password stands between the orders and anyone.",
    remedy="Set `publicly_accessible = false` and reach it from inside the VPC.",
    evidence="publicly_accessible = true",
    severity=Severity.CRITICAL,
    guideline=None,
)
UNENCRYPTED_DATABASE = replace(
    PUBLIC_DATABASE,
    rule="CKV_AWS_16",
    title="The database stores its data unencrypted",
    span=span("infra/database.tf", 10),
    message="`storage_encrypted = false` on `aws_db_instance.orders`.",
    why="Snapshots and backups can be read by whoever gets hold of them; turning it on later recreates the database.",
    remedy="Set `storage_encrypted = true` now, while the database is new.",
    evidence="storage_encrypted = false",
    severity=Severity.HIGH,
    fingerprint=fingerprint("unencrypted"),
)
NO_DELETION_PROTECTION = replace(
    PUBLIC_DATABASE,
    rule="CKV_AWS_293",
    title="The database may be deleted by mistake",
    span=span("infra/database.tf", 1),
    message="`deletion_protection` is not set.",
    why="",
    remedy="Set `deletion_protection = true`.",
    evidence='resource "aws_db_instance" "orders" {',
    severity=Severity.MEDIUM,
    fingerprint=fingerprint("deletion"),
)


def bucket(index: str) -> Finding:
    """One instance of a module's bucket, called with for_each from envs/prod."""
    return finding(
        "CKV_AWS_53",
        title="The bucket may be made public",
        span=span("modules/bucket/main.tf", 7),
        block=span("modules/bucket/main.tf", 5, 11),
        resource=f'module.bucket["{index}"].aws_s3_bucket_public_access_block.this[0]',
        message="`block_public_acls` is false, because the call passes `public = true`.",
        why="One object with a public ACL is enough to leak it.",
        remedy="Leave out `public = true`, or serve the files through CloudFront.",
        evidence="block_public_acls = !var.public",
        root="envs/prod",
        caller=span("envs/prod/main.tf", 12),
        guideline="https://evil.example/phish",
    )


STANDING = tuple(
    finding("CKV_AWS_144", title="No replication", severity=Severity.LOW, resource=f"aws_s3_bucket.logs{n}")
    for n in range(3)
)
FIXED = finding(
    "CKV_AWS_20",
    title="The bucket is public",
    resource="aws_s3_bucket.site",
    span=span("infra/site.tf", 3),
    message="acl is public-read.",
)
MUTED = finding(
    "CKV_AWS_18",
    title="No access log",
    severity=Severity.LOW,
    resource="aws_s3_bucket.tmp",
    skip_reason="holds nothing, see #12",
)
WAIVED = Waived(
    finding=finding("CKV_AWS_260", title="HTTP is open to the whole internet", resource="aws_security_group.web"),
    waiver=Waiver(
        rule="CKV_AWS_260",
        resource="aws_security_group.web",
        reason="Public redirect to HTTPS",
        expires=date(2027, 3, 1),
        approved_by="@security",
    ),
)
SYNTAX_ERROR = NotExamined(
    what="infra/broken.tf", why="Line 4 does not parse: a block is not closed", span=span("infra/broken.tf", 4)
)
OUT_OF_MEMORY = NotExamined(
    what="envs/huge",
    why="the scanner ran out of memory (limit 2048 MB). Raise `SCAN_MEMORY_MB` or exclude the path in the policy",
)
NO_HELM = NotExamined(what="charts/web", why="helm is not installed on this server", blocking=False)


def examination(
    introduced: tuple[Finding, ...] = (),
    *,
    comment_at: Severity = Severity.MEDIUM,
    block_at: Severity = Severity.HIGH,
    **changes: object,
) -> Examination:
    """An examination that introduces `introduced`; anchors are where the findings are, `changes` replace its fields."""
    not_examined = tuple(n for n in changes.get("not_examined", ()))  # type: ignore[attr-defined]
    waived = tuple(w for w in changes.get("waived", ()))  # type: ignore[attr-defined]
    audit = bool(changes.get("audit"))
    stops = tuple(f for f in introduced if f.severity >= block_at)
    failures = () if audit else tuple(n for n in not_examined if n.blocking)
    plain = Examination(
        comparison=Comparison(
            introduced=(*introduced, *(w.finding for w in waived)),
            standing=changes.get("standing", ()),  # type: ignore[arg-type]
            fixed=changes.get("fixed", ()),  # type: ignore[arg-type]
            muted=changes.get("muted", ()),  # type: ignore[arg-type]
            not_examined=not_examined,
        ),
        verdict=Verdict(
            passed=audit or not (stops or failures),
            blocking=() if audit else stops,
            comment_on=tuple(f for f in introduced if f.severity >= comment_at),
            waived=waived,
            failures=failures,
            audit=audit,
            would_block=stops if audit else (),
        ),
        diff=Diff(),
        anchors=tuple((f.fingerprint, f.span) for f in introduced),
        head_sha=HEAD,
        base_sha=BASE,
        policy_source=".github/plumbrule.yml of main",
        policy_digest="3f9c01ab",
        files=14,
        roots=("infra", "envs/prod"),
        resources=96,
        seconds=0.8123,
    )
    fields = {name: changes[name] for name in changes if name in Examination.__dataclass_fields__}
    return replace(plain, **fields)  # type: ignore[arg-type]


TYPICAL = examination(
    (SSH_OPEN, PUBLIC_DATABASE, UNENCRYPTED_DATABASE, NO_DELETION_PROTECTION, bucket("site"), bucket("assets")),
    standing=STANDING,
    fixed=(FIXED,),
    muted=(MUTED,),
    waived=(WAIVED,),
    not_examined=(NO_HELM,),
    excerpts=(("infra/bastion.tf", tuple(BASTION.splitlines())),),
)
CLEAN = examination(standing=STANDING)
