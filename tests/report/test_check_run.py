"""The check run: understood in five seconds, complete when unfolded, never too long."""

# ruff: noqa: E501 (a snapshot is what a reader sees, its lines as long as they are)

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from reviewer.model import CheckRun, Conclusion, Level, NotExamined, Severity, Waived
from reviewer.report.check_run import build_check_run, failure, progress
from reviewer.report.sections import Section, fitted
from reviewer.report.summary import build_title
from tests.report.examinations import (
    CLEAN,
    FIXED,
    LINKS,
    MUTED,
    NO_DELETION_PROTECTION,
    NO_HELM,
    OUT_OF_MEMORY,
    PUBLIC_DATABASE,
    SSH_OPEN,
    STANDING,
    SYNTAX_ERROR,
    TOOLS,
    TYPICAL,
    WAIVED,
    bucket,
    examination,
    finding,
    span,
)
from tests.report.hostile import hostile, kinds, live, tokens


def checked(examined) -> CheckRun:
    return build_check_run(examined, LINKS, TOOLS)


def page(check_run: CheckRun) -> str:
    return f"### {check_run.title}\n\n{check_run.summary}\n"


def test_a_typical_review():
    assert page(checked(TYPICAL)) == snapshot("""\
### Blocked: 5 findings of this change need a decision

| | introduced | fixed | standing |
|---|---|---|---|
| Critical | **1** | 0 | 0 |
| High | **4** | 1 | 0 |
| Medium | **1** | 0 | 0 |
| Low | 0 | 0 | 3 |

**What blocks**

1. Critical · The database is reachable from the internet · `aws_db_instance.orders` · [`infra/database.tf:9`](https://github.com/acme/infra/blob/a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4/infra/database.tf#L9) · `CKV_AWS_17`
2. High · SSH is open to the whole internet · `aws_security_group.bastion` · [`infra/bastion.tf:10`](https://github.com/acme/infra/blob/a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4/infra/bastion.tf#L10) · [`CKV_AWS_24`](https://docs.prismacloud.io/networking/port-security)
3. High · The database stores its data unencrypted · `aws_db_instance.orders` · [`infra/database.tf:10`](https://github.com/acme/infra/blob/a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4/infra/database.tf#L10) · `CKV_AWS_16`
4. High · The bucket may be made public · `aws_s3_bucket_public_access_block.this` in 2 instances · [`modules/bucket/main.tf:7`](https://github.com/acme/infra/blob/a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4/modules/bucket/main.tf#L7) · called in [`envs/prod/main.tf:12`](https://github.com/acme/infra/blob/a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4/envs/prod/main.tf#L12) · `CKV_AWS_53`

<details><summary>1 more, not blocking</summary>

- Medium · The database may be deleted by mistake · `aws_db_instance.orders` · [`infra/database.tf:1`](https://github.com/acme/infra/blob/a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4/infra/database.tf#L1) · `CKV_AWS_293`

</details>

<details><summary>1 not reviewed</summary>

- `charts/web`: helm is not installed on this server.

</details>

<details><summary>1 accepted by a waiver</summary>

- High · HTTP is open to the whole internet · `aws_security_group.web` · [`infra/bastion.tf:10`](https://github.com/acme/infra/blob/a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4/infra/bastion.tf#L10) · [`CKV_AWS_260`](https://docs.prismacloud.io/networking/port-security) · until 2027-03-01 · by `@security`: Public redirect to HTTPS.

</details>

<details><summary>1 muted by a comment in the code</summary>

- Low · No access log · `aws_s3_bucket.tmp` · [`infra/bastion.tf:10`](https://github.com/acme/infra/blob/a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4/infra/bastion.tf#L10) · [`CKV_AWS_18`](https://docs.prismacloud.io/networking/port-security): holds nothing, see `#12`.

</details>

<details><summary>1 fixed by this change</summary>

- High · The bucket is public · `aws_s3_bucket.site` · `infra/site.tf:3` · [`CKV_AWS_20`](https://docs.prismacloud.io/networking/port-security)

</details>

<sub>14 files, 2 roots, 96 resources in 0.8 s · policy `3f9c01ab` of .github/plumbrule.yml of main · Checkov 3.3.30, 4 rules of ours · head `a1b2c3d`, base `9e8f7a6`</sub>
""")


def test_nothing_new():
    assert page(checked(CLEAN)) == snapshot("""\
### Passed: nothing new in 2 roots

3 findings stood here before this change.

<sub>14 files, 2 roots, 96 resources in 0.8 s · policy `3f9c01ab` of .github/plumbrule.yml of main · Checkov 3.3.30, 4 rules of ours · head `a1b2c3d`, base `9e8f7a6`</sub>
""")


def test_new_findings_that_do_not_block():
    assert page(checked(examination((NO_DELETION_PROTECTION,)))) == snapshot("""\
### Passed: 1 new finding, it does not block

| | introduced | fixed | standing |
|---|---|---|---|
| Medium | **1** | 0 | 0 |

**New, not blocking**

- Medium · The database may be deleted by mistake · `aws_db_instance.orders` · [`infra/database.tf:1`](https://github.com/acme/infra/blob/a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4/infra/database.tf#L1) · `CKV_AWS_293`

<sub>14 files, 2 roots, 96 resources in 0.8 s · policy `3f9c01ab` of .github/plumbrule.yml of main · Checkov 3.3.30, 4 rules of ours · head `a1b2c3d`, base `9e8f7a6`</sub>
""")


def test_audit_mode():
    assert page(checked(examination((SSH_OPEN,), audit=True))) == snapshot("""\
### Passed, audit only: 1 finding of this change would block

| | introduced | fixed | standing |
|---|---|---|---|
| High | **1** | 0 | 0 |

The policy is in mode `audit`: it tells and does not block.

**What would block**

1. High · SSH is open to the whole internet · `aws_security_group.bastion` · [`infra/bastion.tf:10`](https://github.com/acme/infra/blob/a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4/infra/bastion.tf#L10) · [`CKV_AWS_24`](https://docs.prismacloud.io/networking/port-security)

<sub>14 files, 2 roots, 96 resources in 0.8 s · policy `3f9c01ab` of .github/plumbrule.yml of main · Checkov 3.3.30, 4 rules of ours · head `a1b2c3d`, base `9e8f7a6`</sub>
""")


def test_a_part_that_was_not_reviewed():
    assert page(checked(examination(not_examined=(OUT_OF_MEMORY, SYNTAX_ERROR, NO_HELM)))) == snapshot("""\
### Not reviewed: 2 parts of this change

**Not reviewed**, which blocks because the policy says so (`on_failure: block`). The rest was reviewed: nothing new. Press **Re-run** to try again.

- `envs/huge`: the scanner ran out of memory (limit 2048 MB). Raise `SCAN_MEMORY_MB` or exclude the path in the policy.
- [`infra/broken.tf:4`](https://github.com/acme/infra/blob/a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4/infra/broken.tf#L4): Line 4 does not parse: a block is not closed.

<details><summary>1 not reviewed</summary>

- `charts/web`: helm is not installed on this server.

</details>

<sub>14 files, 2 roots, 96 resources in 0.8 s · policy `3f9c01ab` of .github/plumbrule.yml of main · Checkov 3.3.30, 4 rules of ours · head `a1b2c3d`, base `9e8f7a6`</sub>
""")


def test_a_policy_file_with_mistakes():
    problem = (
        ".github/plumbrule.yml:3: block_at: 'hgih' is not a severity; expected one of critical, high, medium, low, info"
    )
    assert page(checked(examination(files=0, roots=(), resources=0, policy_problems=(problem,)))) == snapshot("""\
### Passed: no infrastructure in this change

No file of this change is one that Plumbrule reviews.

**The policy file of this pull request has mistakes.** This review used the one of the base branch; mend it before you merge:

- `.github/plumbrule.yml:3`: `block_at`: 'hgih' is not a severity; expected one of critical, high, medium, low, info

<sub>0 files, 0 resources in 0.8 s · policy `3f9c01ab` of .github/plumbrule.yml of main · Checkov 3.3.30, 4 rules of ours · head `a1b2c3d`, base `9e8f7a6`</sub>
""")


@pytest.mark.parametrize(
    ("examined", "title"),
    [
        (examination((SSH_OPEN,)), "Blocked: 1 finding of this change needs a decision"),
        (
            examination((SSH_OPEN, PUBLIC_DATABASE), not_examined=(OUT_OF_MEMORY,)),
            "Blocked: 2 findings of this change need a decision; 1 part not reviewed",
        ),
        (examination(not_examined=(OUT_OF_MEMORY,)), "Not reviewed: envs/huge"),
        (examination(not_examined=(OUT_OF_MEMORY, SYNTAX_ERROR)), "Not reviewed: 2 parts of this change"),
        (examination(not_examined=(NO_HELM,)), "Passed: nothing new in 2 roots"),
        (examination(roots=(), files=1), "Passed: nothing new in 1 file"),
        (examination(roots=(), files=0), "Passed: no infrastructure in this change"),
        (examination(waived=(WAIVED,)), "Passed: nothing new in 2 roots"),
        (
            examination((NO_DELETION_PROTECTION, replace(NO_DELETION_PROTECTION, rule="X"))),
            "Passed: 2 new findings, none blocks",
        ),
        (
            examination((SSH_OPEN,), audit=True, not_examined=(OUT_OF_MEMORY,)),
            "Passed, audit only: 1 finding of this change would block; 1 part not reviewed",
        ),
    ],
)
def test_the_title_says_the_verdict(examined, title):
    assert build_title(examined) == title


def test_the_conclusion_follows_the_verdict():
    assert checked(TYPICAL).conclusion is Conclusion.FAILURE
    assert checked(CLEAN).conclusion is Conclusion.SUCCESS


def test_a_finding_with_a_comment_gets_no_annotation():
    assert checked(examination((SSH_OPEN,))).annotations == ()


def test_a_finding_that_cannot_stand_on_the_diff_is_annotated():
    (annotation,) = checked(examination((SSH_OPEN,), anchors=())).annotations
    assert annotation.title == "High · SSH is open to the whole internet (aws_security_group.bastion)"
    assert (annotation.span, annotation.level) == (SSH_OPEN.span, Level.FAILURE)
    assert annotation.message == snapshot("""\
`cidr_blocks` of this ingress rule allows port 22 from `0.0.0.0/0`.
Anyone can reach the login of every instance in this group.
What to do: Allow only the networks your administrators come from, or use Session Manager and no open port.
Rule: CKV_AWS_24\
""")


def test_what_does_not_block_is_annotated_as_a_warning():
    (annotation,) = checked(examination((NO_DELETION_PROTECTION,), anchors=())).annotations
    assert annotation.level is Level.WARNING


def test_an_annotation_names_the_resources_and_the_module_call():
    found = tuple(bucket(str(n)) for n in range(12))
    (annotation,) = checked(examination(found, anchors=())).annotations
    assert annotation.title == "High · The bucket may be made public (12 resources)"
    assert "and 2 more\nCalled in envs/prod/main.tf:12\nRule: CKV_AWS_53" in annotation.message


def test_findings_beyond_the_thirtieth_comment_are_annotated():
    many = tuple(finding(resource=f"aws_security_group.g{n}") for n in range(34))
    assert len(checked(examination(many)).annotations) == 4


def test_what_is_below_the_threshold_is_not_annotated():
    assert checked(examination((NO_DELETION_PROTECTION,), anchors=(), comment_at=Severity.HIGH)).annotations == ()


def test_a_syntax_error_is_annotated_at_its_place():
    (annotation,) = checked(examination(not_examined=(SYNTAX_ERROR, NO_HELM))).annotations
    assert (annotation.span, annotation.level) == (SYNTAX_ERROR.span, Level.FAILURE)
    assert annotation.title == "Not reviewed: infra/broken.tf"


def test_at_most_two_hundred_annotations_and_the_worst_first():
    many = tuple(
        finding(resource=f"r.g{n}", severity=Severity.CRITICAL if n >= 490 else Severity.HIGH) for n in range(500)
    )
    annotations = checked(examination(many, anchors=())).annotations
    assert len(annotations) == 200
    assert [a.title.startswith("Critical") for a in annotations] == [True] * 10 + [False] * 190


@given(hostile, hostile)
def test_annotations_stay_within_githubs_limits(title, message):
    bad = finding(title=title * 9, message=message * 99, why=message, remedy=title * 99, resource=message * 9)
    for annotation in checked(examination((bad,), anchors=())).annotations:
        assert 0 < len(annotation.title) <= 255
        assert 0 < len(annotation.message.encode()) <= 64 * 1024


@pytest.mark.parametrize("length", [3, 2000])
def test_a_summary_of_very_many_findings_fits_and_says_what_it_left_out(length):
    many = tuple(
        finding(
            f"CKV_X_{n}",
            span=span("ü" * length + f"/{n}.tf", n + 1),
            title="ä" * length,
            resource=f"r{n}." + "é" * length,
        )
        for n in range(1000)
    )
    summary = checked(examination(many, fixed=many, muted=many, standing=many)).summary
    assert len(summary.encode()) <= 65_535
    assert "more left out here" in summary
    assert summary.rstrip().endswith("</sub>")
    assert summary.count("<details>") == summary.count("</details>")


@given(
    st.lists(
        st.tuples(st.text(max_size=20), st.lists(st.text(max_size=60), max_size=30), st.text(max_size=20)), max_size=6
    ),
    st.integers(2000, 4000),
)
def test_fitted_sections_never_exceed_the_limit_and_lose_nothing_silently(parts, limit):
    sections = [Section(opening=o, items=tuple(i), closing=c) for o, i, c in parts]
    told = fitted(sections, limit)
    assert len(told.encode("utf-8", "replace")) <= limit
    if "more left out here" not in told:
        assert all(item in told for _, items, _ in parts for item in items)


OURS = {
    f"{kind}_{end}"
    for kind in (
        "paragraph",
        "strong",
        "bullet_list",
        "ordered_list",
        "list_item",
        "link",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    )
    for end in ("open", "close")
} | {"inline", "text", "text_special", "code_inline", "html_inline", "html_block", "softbreak"}
OUR_HTML = ("<sub>", "</sub>", "<details><summary>", "</details>")
OUR_HOSTS = ("https://github.com/acme/infra/blob/", "https://docs.prismacloud.io/")


@given(hostile, hostile, hostile)
def test_whatever_the_repository_says_a_summary_holds_our_markup_only(one, two, three):
    bad = replace(
        bucket("x"),
        title=one,
        message=two,
        resource=two,
        rule=three,
        root=one,
        guideline=one,
        caller=span(three or "x", 3),
        span=span(two or "x", 2),
    )
    waived = replace(WAIVED.waiver, reason=one, approved_by=two)
    examined = examination(
        (bad,),
        fixed=(bad,),
        muted=(replace(bad, skip_reason=one),),
        waived=(Waived(finding=replace(bad, rule=two), waiver=waived),),
        not_examined=(NotExamined(what=one, why=two, span=span(three or "x", 1)), NotExamined(what=two, why=one)),
        policy_problems=(one, two),
        policy_source=three,
        policy_digest=one,
    )
    check_run = checked(examined)
    assert kinds(check_run.summary) <= OURS
    assert live(check_run.summary) == []
    shown = list(tokens(check_run.summary))
    assert all(t.content.startswith(OUR_HTML) for t in shown if t.type.startswith("html"))
    assert all(t.attrs["href"].startswith(OUR_HOSTS) for t in shown if t.type == "link_open")
    assert "\n" not in check_run.title


def test_progress_says_what_happens():
    title, summary = progress()
    assert title == "Reviewing"
    assert summary


def test_a_failure_says_what_to_do():
    check_run = failure(
        "the checkout is too large", "The tree holds 80 MiB; the limit is `MAX_TREE_BYTES` (64 MiB).", "rv:1#2:00000003"
    )
    assert check_run.conclusion is Conclusion.FAILURE
    assert page(check_run) == snapshot("""\
### Not reviewed: the checkout is too large

The tree holds 80 MiB; the limit is `MAX_TREE_BYTES` (64 MiB).

Nothing was found out about this change, so this check does not pass. Press **Re-run** to try again.

<sub>If it comes back, tell the operator of Plumbrule: reference `rv:1#2:00000003`.</sub>
""")


def test_a_failure_tells_neither_traceback_nor_secret():
    message = (
        "It broke with ghs_abcdefghijklmnopqrstuvwxyz0123456789\nTraceback (most recent call last):\n  x.py, line 1"
    )
    told = page(failure("Not reviewed: an internal error", message, "rv:1#2:00000003"))
    assert "ghs_" not in told
    assert "Traceback" not in told
    assert "x.py" not in told
    assert told.startswith("### Not reviewed: an internal error\n")


@given(hostile, hostile)
def test_a_failure_holds_our_markup_only(title, message):
    check_run = failure(title, message, "rv:1#2:00000003")
    assert kinds(check_run.summary) <= OURS
    assert live(check_run.summary) == []


def test_what_the_counts_count():
    summary = checked(
        examination(
            (SSH_OPEN, NO_DELETION_PROTECTION), fixed=(FIXED,), standing=STANDING, waived=(WAIVED,), muted=(MUTED,)
        )
    ).summary
    assert "| High | **1** | 1 | 0 |" in summary
    assert "| Medium | **1** | 0 | 0 |" in summary
    assert "| Low | 0 | 0 | 3 |" in summary
    assert "Critical" not in summary
