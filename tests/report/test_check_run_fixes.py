"""What the check run says of fixes: a word for each finding, the diffs that no comment shows, the patch, the button."""

# ruff: noqa: E501 (a snapshot is what a reader sees, its lines as long as they are)

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from inline_snapshot import snapshot

from reviewer.model import Action, Diff, Risk
from reviewer.report.check_run import build_check_run
from reviewer.report.markdown import build_markdown
from reviewer.report.publication import build_publication
from tests.report.examinations import (
    BASTION,
    LINKS,
    NO_DELETION_PROTECTION,
    PUBLIC_DATABASE,
    SSH_OPEN,
    TOOLS,
    UNENCRYPTED_DATABASE,
    examination,
    finding,
)
from tests.report.fixing import DATABASE_FILE, IAM, IAM_GUIDANCE, mends, proposing, suggest
from tests.report.hostile import hostile, kinds, live, tokens

ADMINS = suggest("infra/bastion.tf", BASTION, 10, 10, "    cidr_blocks = var.admin_cidrs\n", risk=Risk.INPUT)
PRIVATE = suggest("infra/database.tf", DATABASE_FILE, 9, 9, "  publicly_accessible = false\n")
ENCRYPTED = suggest("infra/database.tf", DATABASE_FILE, 10, 10, "  storage_encrypted   = true\n", risk=Risk.REPLACE)
FOUND = (SSH_OPEN, PUBLIC_DATABASE, UNENCRYPTED_DATABASE, NO_DELETION_PROTECTION)
FIXES = (
    mends(ADMINS, SSH_OPEN, inputs=("admin_cidrs",)),
    mends(PRIVATE, PUBLIC_DATABASE),
    mends(ENCRYPTED, UNENCRYPTED_DATABASE, warnings=("Take a snapshot first",)),
)
SAFE = proposing(examination(FOUND), *FIXES, safe=(PRIVATE,))


def summary(examined, **more) -> str:
    return build_check_run(examined, LINKS, TOOLS, **more).summary


def section(text: str, title: str) -> str:
    """The folded section of `title`."""
    return text.partition(f"<details><summary>{title}</summary>\n")[2].partition("\n</details>\n\n<")[0]


def test_each_blocking_finding_says_whether_it_has_a_fix():
    listed = [
        line.split(" · ")[1:2] + line.split(" · ")[5:]
        for line in summary(SAFE).splitlines()
        if line[:2] in ("1.", "2.", "3.")
    ]
    assert listed == snapshot(
        [
            ["The database is reachable from the internet", "fix proposed"],
            ["SSH is open to the whole internet", "fix proposed"],
            ["The database stores its data unencrypted", "fix is a diff"],
        ]
    )


def test_a_fix_of_words_says_where_it_is():
    secret = suggest("infra/bastion.tf", '  password = "hunter2!"\n', 1, 1, "  password = var.password\n")
    told = summary(proposing(examination((SSH_OPEN,)), mends(secret, SSH_OPEN), safe=(secret,)))
    assert "fix by `plumbrule fix`" in told
    assert "hunter2" not in told
    assert section(told, "All safe fixes as a patch") == snapshot("""\

1 edit, proved together. To apply them, run `plumbrule fix . --base 9e8f7a6`.

The patch is not shown here: the lines hold what looks like a secret, characters that do not show, or CRLF.
""")


def test_the_safe_fixes_as_a_patch():
    assert section(summary(SAFE), "All safe fixes as a patch") == snapshot("""\

1 edit, proved together. To apply them, run `plumbrule fix . --base 9e8f7a6`.

As a patch that `git apply --unidiff-zero` takes:

```diff
diff --git a/infra/database.tf b/infra/database.tf
--- a/infra/database.tf
+++ b/infra/database.tf
@@ -9,1 +9,1 @@
-  publicly_accessible = true
+  publicly_accessible = false
```
""")


def test_with_the_button_the_summary_names_it():
    assert "Press **Apply safe fixes** to commit them, or run `plumbrule fix . --base 9e8f7a6`." in summary(
        SAFE, offer_apply=True
    )


def test_edits_that_may_not_be_shown_are_left_out_of_the_patch_and_counted():
    crlf = suggest("infra/other.tf", "a = 1\n", 1, 1, "a = 2\r\n", eol="\r\n")
    told = section(summary(replace(SAFE, fixes=replace(SAFE.fixes, safe=(PRIVATE, crlf)))), "All safe fixes as a patch")
    assert "takes (without 1 of them: the lines hold what looks like a secret, " in told
    assert "other.tf" not in told


def test_a_patch_that_is_too_long_is_told_in_words():
    many = tuple(suggest(f"infra/{n}.tf", "a = 1\n", 1, 1, f"a = {n}\n") for n in range(400))
    told = section(summary(replace(SAFE, fixes=replace(SAFE.fixes, safe=many))), "All safe fixes as a patch")
    assert told == snapshot("""\

400 edits, proved together. To apply them, run `plumbrule fix . --base 9e8f7a6`.

The patch is too long to be shown here.
""")


def test_without_a_safe_fix_there_is_no_patch_and_no_button():
    check_run = build_check_run(proposing(examination(FOUND), *FIXES), LINKS, TOOLS, offer_apply=True)
    assert "as a patch" not in check_run.summary
    assert check_run.actions == ()


def test_the_button_is_there_only_when_it_is_offered():
    assert build_check_run(SAFE, LINKS, TOOLS).actions == ()
    (action,) = build_check_run(SAFE, LINKS, TOOLS, offer_apply=True).actions
    assert action == Action(
        label="Apply safe fixes", description="One commit with all proved safe fixes", identifier="apply-safe-fixes"
    )
    assert (len(action.label) <= 20, len(action.description) <= 40, len(action.identifier) <= 20) == (True,) * 3


def test_a_publication_passes_the_button_on():
    def actions(**more):
        return build_publication(SAFE, LINKS, ref=None, quiet=False, tools=TOOLS, **more).check_run.actions

    assert (len(actions()), len(actions(offer_apply=True))) == (0, 1)


def test_fixes_of_findings_without_a_comment_are_diffs_in_the_summary():
    told = summary(proposing(examination(FOUND, anchors=()), *FIXES, diff=Diff()))
    assert section(told, "Fixes that are not one click") == snapshot("""\

**Critical · The database is reachable from the internet, and 2 more** · `aws_db_instance.orders` · `infra/database.tf:9`

The fix for `infra/database.tf:9`:

```diff
-  publicly_accessible = true
+  publicly_accessible = false
```

The edit is one line, but where `aws_db_instance.orders` exists already, applying it recreates, restarts or cuts off what is there. Take a snapshot first. The diff for `infra/database.tf:10`, not applied:

```diff
-  storage_encrypted   = false
+  storage_encrypted   = true
```

**High · SSH is open to the whole internet** · `aws_security_group.bastion` · `infra/bastion.tf:10`

The fix for `infra/bastion.tf:10`:

```diff
-    cidr_blocks = ["0.0.0.0/0"]
+    cidr_blocks = var.admin_cidrs
```

Adds a decision for you: `admin_cidrs` has no value yet.
""")


def test_what_a_comment_shows_is_not_shown_again():
    assert "Fixes that are not one click" not in summary(SAFE)


def test_beyond_the_thirtieth_comment_a_fix_is_a_diff():
    many = tuple(finding(resource=f"aws_security_group.g{n}") for n in range(34))
    told = summary(proposing(examination(many), *(mends(ADMINS, f) for f in many)))
    assert (told.count("fix proposed"), told.count("fix is a diff")) == (30, 4)
    assert section(told, "Fixes that are not one click").count("```diff") == 4


def test_very_many_diffs_are_bounded():
    many = tuple(finding(resource=f"aws_security_group.g{n}") for n in range(300))
    long = suggest("infra/bastion.tf", BASTION, 10, 10, "    cidr_blocks = []\n" * 100)
    told = summary(proposing(examination(many, anchors=()), *(mends(long, f) for f in many), diff=Diff()))
    assert "more left out here" in section(told, "Fixes that are not one click")
    assert len(told.encode()) <= 65_535
    assert told.count("<details>") == told.count("</details>")


def test_an_annotation_says_where_its_fix_is_or_what_to_do():
    examined = proposing(examination((SSH_OPEN, IAM), anchors=()), FIXES[0], diff=Diff(), guidance=(IAM_GUIDANCE,))
    one, two = build_check_run(examined, LINKS, TOOLS).annotations
    assert "\nA proved fix is in the summary of this check.\n" in one.message
    assert "\nWhat to do: Which actions `aws_iam_policy.deploy` needs only you know." in two.message


def test_what_failed_its_proof_is_counted():
    told = summary(proposing(examination(FOUND), unproved=2, failures=("`envs/huge`: it took too long",)))
    assert (
        " · 2 fixes failed their proof and are not shown · fixes could not be tried in 1 part: `envs/huge`: it took too long · "
        in told
    )
    assert "1 fix failed its proof and is not shown" in summary(proposing(examination(FOUND), unproved=1))


def test_the_review_as_a_document_shows_each_fix_with_its_finding():
    examined = proposing(
        examination((SSH_OPEN, UNENCRYPTED_DATABASE, IAM)), FIXES[0], FIXES[2], guidance=(IAM_GUIDANCE,)
    )
    assert build_markdown(examined).partition("**What blocks**")[2] == snapshot("""\


1. High · SSH is open to the whole internet · `aws_security_group.bastion` · `infra/bastion.tf:10` · [`CKV_AWS_24`](https://docs.prismacloud.io/networking/port-security) · fix proposed
2. High · The database stores its data unencrypted · `aws_db_instance.orders` · `infra/database.tf:10` · `CKV_AWS_16` · fix is a diff
3. High · The policy may be used to gain more rights · `aws_iam_policy.deploy` · `infra/iam.tf:7` · `CKV_AWS_286`

<sub>14 files, 2 roots, 96 resources in 0.8 s · policy `3f9c01ab` of .github/plumbrule.yml of main · Checkov 3.3.30 · head `a1b2c3d`, base `9e8f7a6`</sub>

---

**High · SSH is open to the whole internet** (`aws_security_group.bastion`)

`cidr_blocks` of this ingress rule allows port 22 from `0.0.0.0/0`. Anyone can reach the login of every instance in this group.

The fix for `infra/bastion.tf:10`:

```diff
-    cidr_blocks = ["0.0.0.0/0"]
+    cidr_blocks = var.admin_cidrs
```

Adds a decision for you: `admin_cidrs` has no value yet.

<sub>`infra/bastion.tf:10` · [`CKV_AWS_24`](https://docs.prismacloud.io/networking/port-security)</sub>

**High · The database stores its data unencrypted** (`aws_db_instance.orders`)

`storage_encrypted = false` on `aws_db_instance.orders`. Snapshots and backups can be read by whoever gets hold of them; turning it on later recreates the database.

The edit is one line, but where `aws_db_instance.orders` exists already, applying it recreates, restarts or cuts off what is there. Take a snapshot first. The diff for `infra/database.tf:10`, not applied:

```diff
-  storage_encrypted   = false
+  storage_encrypted   = true
```

<sub>`infra/database.tf:10` · `CKV_AWS_16`</sub>

**High · The policy may be used to gain more rights** (`aws_iam_policy.deploy`)

`Action = "*"` on `Resource = "*"`. Who holds it owns the account.

**What to do:** Which actions `aws_iam_policy.deploy` needs only you know. List them instead of `*`; start from what CloudTrail saw it use.

```hcl
data "aws_iam_policy_document" "deploy" {
  statement {
    actions = ["s3:GetObject"]
  }
}
```

<sub>`infra/iam.tf:7` · `CKV_AWS_286`</sub>
""")


@pytest.mark.slow
@given(hostile, hostile, hostile)
def test_whatever_a_fix_says_the_summary_holds_our_markup_only(one, two, three):
    found = (SSH_OPEN, replace(SSH_OPEN, rule="X", fingerprint="ab", resource="a.b"))
    fix = suggest(one or "x", BASTION, 10, 10, f"{two}\n{three}\n")
    fixes = (mends(fix, found[0], inputs=(one,), warnings=(two,)), mends(replace(fix, risk=Risk.COST), found[1]))
    examined = proposing(examination(found, anchors=()), *fixes, safe=(fix,), failures=(three,), unproved=3)
    for text in (summary(examined), build_markdown(examined)):
        assert live(text) == []
        assert "image" not in kinds(text)
        html = [t.content for t in tokens(text) if t.type.startswith("html")]
        assert all(h.startswith(("<sub>", "</sub>", "<details>", "</details>")) for h in html), html
