"""Everything that should stand on a pull request, as one value; and the same as a document."""

# ruff: noqa: E501 (a snapshot is what a reader sees, its lines as long as they are)

from __future__ import annotations

from hypothesis import given
from inline_snapshot import snapshot

from reviewer.report.markdown import build_markdown
from reviewer.report.publication import build_publication
from tests.report.examinations import (
    LINKS,
    MUTED,
    OUT_OF_MEMORY,
    SSH_OPEN,
    STANDING,
    TOOLS,
    TYPICAL,
    WAIVED,
    examination,
    finding,
)
from tests.report.hostile import hostile, live

REF = "refs/pull/7/head"


def published(examined, *, quiet=False):
    return build_publication(examined, LINKS, ref=REF, quiet=quiet, tools=TOOLS)


def test_a_publication_holds_check_run_comments_and_sarif():
    publication = published(TYPICAL)
    assert publication.check_run.title == "Blocked: 5 findings of this change need a decision"
    assert len(publication.comments) == 3
    assert publication.sarif is not None


def test_a_draft_gets_no_comments_and_the_same_check_run():
    quiet = published(TYPICAL, quiet=True)
    assert quiet.comments == ()
    assert quiet.check_run == published(TYPICAL).check_run


def test_what_is_still_there_is_not_called_fixed():
    present = published(TYPICAL).present
    assert present >= {f.fingerprint for f in (SSH_OPEN, MUTED, WAIVED.finding, *STANDING)}


def test_nothing_is_uploaded_when_a_part_was_not_examined():
    assert published(examination((SSH_OPEN,), not_examined=(OUT_OF_MEMORY,))).sarif is None


def test_the_same_examination_makes_the_same_publication():
    assert published(TYPICAL) == published(TYPICAL)


def test_the_review_as_a_document():
    assert build_markdown(examination((SSH_OPEN,))) == snapshot("""\
### Blocked: 1 finding of this change needs a decision

| | introduced | fixed | standing |
|---|---|---|---|
| High | **1** | 0 | 0 |

**What blocks**

1. High · SSH is open to the whole internet · `aws_security_group.bastion` · `infra/bastion.tf:10` · [`CKV_AWS_24`](https://docs.prismacloud.io/networking/port-security)

<sub>14 files, 2 roots, 96 resources in 0.8 s · policy `3f9c01ab` of .github/plumbrule.yml of main · Checkov 3.3.30 · head `a1b2c3d`, base `9e8f7a6`</sub>

---

**High · SSH is open to the whole internet** (`aws_security_group.bastion`)

`cidr_blocks` of this ingress rule allows port 22 from `0.0.0.0/0`. Anyone can reach the login of every instance in this group.

**What to do:** Allow only the networks your administrators come from, or use Session Manager and no open port.

<sub>`infra/bastion.tf:10` · [`CKV_AWS_24`](https://docs.prismacloud.io/networking/port-security)</sub>
""")


@given(hostile, hostile)
def test_nothing_in_the_document_is_live(one, two):
    assert live(build_markdown(examination((finding(one, title=two, message=one, resource=two, remedy=one),)))) == []
