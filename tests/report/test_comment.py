"""What a developer reads on the lines of a pull request."""

# ruff: noqa: E501 (a snapshot is what a reader sees, its lines as long as they are)

from __future__ import annotations

from dataclasses import replace
from datetime import date

import yaml
from hypothesis import given
from inline_snapshot import snapshot

from reviewer.judge.policy import parse_policy
from reviewer.judge.waivers import covers
from reviewer.model import Severity, Source
from reviewer.report.comment import LONGEST_BODY, build_comments, mended
from reviewer.report.markers import is_mended, read_comment_marker
from tests.report.examinations import (
    HEAD,
    NO_DELETION_PROTECTION,
    PUBLIC_DATABASE,
    SSH_OPEN,
    UNENCRYPTED_DATABASE,
    WAIVED,
    bucket,
    examination,
    finding,
    span,
)
from tests.report.hostile import hostile, kinds, live, tokens

DATABASE = (PUBLIC_DATABASE, UNENCRYPTED_DATABASE, NO_DELETION_PROTECTION)


def only_comment(*findings, **changes):
    (comment,) = build_comments(examination(findings, **changes))
    return comment


def test_one_finding():
    assert only_comment(SSH_OPEN).body == snapshot("""\
**High · SSH is open to the whole internet** (`aws_security_group.bastion`)

`cidr_blocks` of this ingress rule allows port 22 from `0.0.0.0/0`. Anyone can reach the login of every instance in this group.

**What to do:** Allow only the networks your administrators come from, or use Session Manager and no open port.

<sub>Blocks this pull request · [`CKV_AWS_24`](https://docs.prismacloud.io/networking/port-security)</sub>

<details><summary>Accept this risk instead</summary>

Add to `.github/plumbrule.yml` on the base branch, with a reason and a date:

```yaml
waivers:
  - rule: CKV_AWS_24
    resource: aws_security_group.bastion
    path: infra/bastion.tf
    reason: ""
    expires: YYYY-MM-DD
```

</details>

<!-- plumbrule:comment v1 key=9ed8136d6bd8dc92d533886e0b0ab2c0 fp=52e2a24717e229e5599422c315c9dbef -->\
""")


def test_several_findings_on_one_block():
    assert only_comment(*DATABASE).body == snapshot("""\
**Critical · The database is reachable from the internet, and 2 more** (`aws_db_instance.orders`)

- **Critical** · `publicly_accessible = true` gives `aws_db_instance.orders` a public address. With a public address only the password stands between the orders and anyone.  \n\
  **What to do:** Set `publicly_accessible = false` and reach it from inside the VPC.
- **High · The database stores its data unencrypted**  \n\
  `storage_encrypted = false` on `aws_db_instance.orders`. Snapshots and backups can be read by whoever gets hold of them; turning it on later recreates the database.  \n\
  **What to do:** Set `storage_encrypted = true` now, while the database is new.
- **Medium · The database may be deleted by mistake**  \n\
  `deletion_protection` is not set.  \n\
  **What to do:** Set `deletion_protection = true`.

<sub>Blocks this pull request · `CKV_AWS_17`, `CKV_AWS_16`, `CKV_AWS_293`</sub>

<details><summary>Accept this risk instead</summary>

Add to `.github/plumbrule.yml` on the base branch, with a reason and a date:

```yaml
waivers:
  - rule: CKV_AWS_17
    resource: aws_db_instance.orders
    path: infra/database.tf
    reason: ""
    expires: YYYY-MM-DD
  - rule: CKV_AWS_16
    resource: aws_db_instance.orders
    path: infra/database.tf
    reason: ""
    expires: YYYY-MM-DD
  - rule: CKV_AWS_293
    resource: aws_db_instance.orders
    path: infra/database.tf
    reason: ""
    expires: YYYY-MM-DD
```

</details>

<!-- plumbrule:comment v1 key=4ec47e3e2f7b886b8cc18210ef3afd3c fp=dbddfe2212e4a05c21ba8bbd4c768b48,b4c41cf5e6a98e42ec10f4d9965463df,1e26ddc4a69ae0c233024a43c898e703 -->\
""")


def test_a_block_in_a_module_that_stands_for_several_resources():
    assert only_comment(bucket("site"), bucket("assets")).body == snapshot("""\
**High · The bucket may be made public** (`aws_s3_bucket_public_access_block.this`)

`block_public_acls` is false, because the call passes `public = true`. One object with a public ACL is enough to leak it.

**What to do:** Leave out `public = true`, or serve the files through CloudFront.

This block stands for 2 resources: `module.bucket["assets"].aws_s3_bucket_public_access_block.this[0]`, `module.bucket["site"].aws_s3_bucket_public_access_block.this[0]`. Reached through the call `module.bucket` in `envs/prod/main.tf:12`.

<sub>Blocks this pull request · `CKV_AWS_53`</sub>

<details><summary>Accept this risk instead</summary>

Add to `.github/plumbrule.yml` on the base branch, with a reason and a date:

```yaml
waivers:
  - rule: CKV_AWS_53
    resource: 'module.bucket[*].aws_s3_bucket_public_access_block.this[*]'
    path: modules/bucket/main.tf
    reason: ""
    expires: YYYY-MM-DD
```

</details>

<!-- plumbrule:comment v1 key=f32da0e51b2048053e7f24e811f0ff3f fp=6aa97c71807e5beb7b02ca6cf1755085,cf01181bc7f3bf8035f3ee2c4fe0d66f -->\
""")


def test_a_comment_on_the_module_call():
    call = bucket("site")
    assert only_comment(call, anchors=((call.fingerprint, call.caller),)).body == snapshot("""\
**High · The bucket may be made public** (`module.bucket["site"].aws_s3_bucket_public_access_block.this[0]`)

`block_public_acls` is false, because the call passes `public = true`. One object with a public ACL is enough to leak it.

**What to do:** Leave out `public = true`, or serve the files through CloudFront.

The code behind the call `module.bucket` is in `modules/bucket/main.tf:7`.

<sub>Blocks this pull request · `CKV_AWS_53`</sub>

<details><summary>Accept this risk instead</summary>

Add to `.github/plumbrule.yml` on the base branch, with a reason and a date:

```yaml
waivers:
  - rule: CKV_AWS_53
    resource: 'module.bucket["site"].aws_s3_bucket_public_access_block.this[0]'
    path: modules/bucket/main.tf
    reason: ""
    expires: YYYY-MM-DD
```

</details>

<!-- plumbrule:comment v1 key=f32da0e51b2048053e7f24e811f0ff3f fp=cf01181bc7f3bf8035f3ee2c4fe0d66f -->\
""")


def test_a_finding_that_does_not_block():
    body = only_comment(NO_DELETION_PROTECTION).body
    assert "Does not block" in body
    assert "Would block, but the policy only audits" in only_comment(SSH_OPEN, audit=True).body


def test_a_module_seen_from_two_roots_and_in_the_plan_says_so():
    prod = bucket("site")
    dev = replace(prod, root="", caller=span("main.tf", 3), source=Source.PLAN, fingerprint="dd")
    body = only_comment(prod, dev).body
    assert "Seen from the roots `.`, `envs/prod`." in body
    assert "Seen in the plan." in body
    assert "in `envs/prod/main.tf:12`" in body
    assert "in `main.tf:3`" in body


def test_rules_with_one_reason_are_told_as_one_idea_and_one_remedy_once():
    same = {"why": "The switch is off.", "remedy": "Turn it on.", "severity": Severity.MEDIUM}
    acls = finding("CKV_AWS_53", title="Public ACLs are not blocked", message="", **same)
    policies = finding("CKV_AWS_54", title="Public policies are not blocked", message="", **same)
    body = only_comment(acls, policies).body
    assert "- **Medium · Public ACLs are not blocked; Public policies are not blocked**" in body
    assert body.count("The switch is off.") == body.count("Turn it on.") == 1


def test_a_mended_comment():
    assert mended(only_comment(*DATABASE).body, HEAD) == snapshot("""\
~~**Critical · The database is reachable from the internet, and 2 more** (`aws_db_instance.orders`)~~ · fixed in a1b2c3d.

<details><summary>What it said</summary>

- **Critical** · `publicly_accessible = true` gives `aws_db_instance.orders` a public address. With a public address only the password stands between the orders and anyone.  \n\
  **What to do:** Set `publicly_accessible = false` and reach it from inside the VPC.
- **High · The database stores its data unencrypted**  \n\
  `storage_encrypted = false` on `aws_db_instance.orders`. Snapshots and backups can be read by whoever gets hold of them; turning it on later recreates the database.  \n\
  **What to do:** Set `storage_encrypted = true` now, while the database is new.
- **Medium · The database may be deleted by mistake**  \n\
  `deletion_protection` is not set.  \n\
  **What to do:** Set `deletion_protection = true`.

</details>

<!-- plumbrule:mended v1 sha=a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4 -->

<!-- plumbrule:comment v1 key=4ec47e3e2f7b886b8cc18210ef3afd3c fp=dbddfe2212e4a05c21ba8bbd4c768b48,b4c41cf5e6a98e42ec10f4d9965463df,1e26ddc4a69ae0c233024a43c898e703 -->\
""")


def test_mending_twice_is_mending_once():
    body = only_comment(SSH_OPEN).body
    once = mended(body, HEAD)
    assert is_mended(once)
    assert mended(once, "f" * 40) == once
    assert read_comment_marker(once) == read_comment_marker(body)


def test_a_comment_of_somebody_else_is_not_touched():
    assert mended("I will fix this", HEAD) == "I will fix this"


def test_a_comment_stands_on_the_lines_of_its_anchor():
    comment = only_comment(SSH_OPEN, anchors=((SSH_OPEN.fingerprint, span("infra/bastion.tf", 5, 11)),))
    assert (comment.path, comment.start_line, comment.line) == ("infra/bastion.tf", 5, 11)


def test_a_comment_on_one_line_has_no_start():
    comment = only_comment(SSH_OPEN)
    assert (comment.start_line, comment.line) == (None, 10)


def test_a_comment_on_a_long_block_stands_on_its_first_line():
    comment = only_comment(SSH_OPEN, anchors=((SSH_OPEN.fingerprint, span("infra/bastion.tf", 5, 80)),))
    assert (comment.start_line, comment.line) == (None, 5)


def test_a_group_stands_where_its_worst_finding_that_has_a_place_stands():
    anchors = (
        (UNENCRYPTED_DATABASE.fingerprint, span("a.tf", 2)),
        (NO_DELETION_PROTECTION.fingerprint, span("a.tf", 3)),
    )
    assert only_comment(*DATABASE, anchors=anchors).line == 2


def test_without_a_place_on_the_diff_there_is_no_comment():
    assert build_comments(examination((SSH_OPEN,), anchors=())) == ()


def test_below_the_threshold_and_waived_there_is_no_comment():
    assert build_comments(examination((NO_DELETION_PROTECTION,), comment_at=Severity.HIGH)) == ()
    assert build_comments(examination(waived=(WAIVED,))) == ()


def test_at_most_thirty_comments_and_the_worst_first():
    many = tuple(
        finding(resource=f"aws_security_group.g{n}", severity=Severity.CRITICAL if n > 35 else Severity.HIGH)
        for n in range(40)
    )
    comments = build_comments(examination(many))
    assert len(comments) == 30
    assert [c.body.startswith("**Critical") for c in comments] == [True] * 4 + [False] * 26


def test_the_marker_says_what_the_comment_says():
    comment = only_comment(*DATABASE)
    assert read_comment_marker(comment.body) == (comment.key, comment.fingerprints)
    assert set(comment.fingerprints) == {f.fingerprint for f in DATABASE}


def waivers_in(body: str) -> str:
    """The waivers that a comment offers, filled in."""
    offered = next(t.content for t in tokens(body) if t.type == "fence")
    return offered.replace('reason: ""', "reason: behind a proxy").replace("YYYY-MM-DD", "2027-01-01")


def test_the_offered_waiver_is_a_policy_that_accepts_just_these_findings():
    found = (bucket("site"), bucket("assets"))
    policy = parse_policy(waivers_in(only_comment(*found).body), name="plumbrule.yml", today=date(2026, 11, 21))
    other = replace(bucket("site"), resource="module.bucket_logs.aws_s3_bucket_public_access_block.this")
    assert [covers(policy.waivers[0], f) for f in (*found, other)] == [True, True, False]


def test_an_offered_waiver_without_reason_and_date_is_refused_by_the_policy():
    offered = next(t.content for t in tokens(only_comment(SSH_OPEN).body) if t.type == "fence")
    assert yaml.safe_load(offered)["waivers"][0]["reason"] == ""


def test_a_block_with_very_many_instances_fits():
    many = tuple(bucket(f"{'long' * 40}{n}") for n in range(2000))
    comment = only_comment(*many)
    assert len(comment.body) < LONGEST_BODY + 5_000
    assert read_comment_marker(comment.body) == (comment.key, comment.fingerprints)


def test_very_long_words_fit():
    long = replace(
        SSH_OPEN, title="@" * 9999, message="<" * 99999, why="`" * 99999, remedy="@a " * 9999, resource="[" * 9999
    )
    assert len(only_comment(*(replace(long, rule=f"R{n}") for n in range(50))).body) < LONGEST_BODY + 5_000


OURS = {
    f"{kind}_{end}" for kind in ("paragraph", "strong", "bullet_list", "list_item", "s") for end in ("open", "close")
} | {"inline", "text", "text_special", "code_inline", "fence", "html_inline", "html_block", "hardbreak", "softbreak"}
OUR_HTML = ("<sub>", "</sub>", "<details><summary>", "</details>", "<!-- plumbrule:")


@given(hostile, hostile, hostile)
def test_whatever_the_repository_says_a_comment_holds_our_markup_only(one, two, three):
    bad = replace(
        bucket("x"),
        title=one,
        message=two,
        why=three,
        remedy=one,
        resource=two,
        rule=three,
        evidence=two,
        root=one,
        caller=span(three or "x", 3),
        span=span(one or "x", 2),
        block=span(one or "x", 1, 4),
    )
    again = replace(bad, rule=two, resource=three, fingerprint="ee", severity=Severity.LOW)
    for findings in ((bad,), (bad, again)):
        for comment in build_comments(examination(findings, comment_at=Severity.INFO)):
            for body in (comment.body, mended(comment.body, HEAD)):
                assert kinds(body) <= OURS
                assert live(body.replace(f"fixed in {HEAD[:7]}", "")) == []
                html = [t.content for t in tokens(body) if t.type.startswith("html")]
                assert all(h.startswith(OUR_HTML) for h in html), html
                assert read_comment_marker(body) == (comment.key, comment.fingerprints)
