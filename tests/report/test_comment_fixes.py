"""What a developer reads when there is a fix: one click where GitHub can take it, a diff or words elsewhere."""

# ruff: noqa: E501 (a snapshot is what a reader sees, its lines as long as they are)

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from inline_snapshot import snapshot

from reviewer.model import Diff, Hunk, Risk
from reviewer.report.comment import body_elsewhere, build_comments, mended
from reviewer.report.markers import has_suggestion, is_mended, read_comment_marker
from tests.report.examinations import (
    BASTION,
    HEAD,
    NO_DELETION_PROTECTION,
    PUBLIC_DATABASE,
    SSH_OPEN,
    UNENCRYPTED_DATABASE,
    examination,
    finding,
    span,
)
from tests.report.fixing import DATABASE_FILE, IAM, IAM_GUIDANCE, NEW_FILES, mends, proposing, suggest, whole
from tests.report.hostile import hostile, live, tokens

DATABASE = (PUBLIC_DATABASE, UNENCRYPTED_DATABASE, NO_DELETION_PROTECTION)
ADMINS = suggest("infra/bastion.tf", BASTION, 10, 10, "    cidr_blocks = var.admin_cidrs\n", risk=Risk.INPUT)
ENCRYPTED = suggest("infra/database.tf", DATABASE_FILE, 10, 10, "  storage_encrypted   = true\n", risk=Risk.REPLACE)


def only_comment(examined):
    (comment,) = build_comments(examined)
    return comment


def ssh(suggestion, *, diff=NEW_FILES, **more):
    return only_comment(proposing(examination((SSH_OPEN,)), mends(suggestion, SSH_OPEN, **more), diff=diff))


def fix_part(comment) -> str:
    """The part of a comment that shows fixes."""
    return comment.body.partition("<!-- plumbrule:fix v1 -->\n\n")[2].partition("\n\n<sub>")[0]


def place(comment):
    return comment.path, comment.start_line, comment.line


def test_a_fix_in_one_click_that_adds_a_decision():
    assert ssh(ADMINS, inputs=("admin_cidrs",)).body == snapshot("""\
**High · SSH is open to the whole internet** (`aws_security_group.bastion`)

`cidr_blocks` of this ingress rule allows port 22 from `0.0.0.0/0`. Anyone can reach the login of every instance in this group.

<!-- plumbrule:fix v1 -->

```suggestion
    cidr_blocks = var.admin_cidrs
```

Adds a decision for you: `admin_cidrs` has no value yet.

<sub>Proved: after this change [`CKV_AWS_24`](https://docs.prismacloud.io/networking/port-security) passes and nothing new is found · Blocks this pull request</sub>

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


def test_a_suggestion_stands_on_exactly_the_lines_it_replaces():
    wide = suggest("infra/bastion.tf", BASTION, 8, 10, "    to_port = 22\n")
    assert place(ssh(ADMINS)) == ("infra/bastion.tf", None, 10)
    assert place(ssh(wide)) == ("infra/bastion.tf", 8, 10)


def test_a_long_suggestion_is_not_cut_to_its_first_line():
    text = "x\n" * 60
    long = suggest("infra/bastion.tf", text, 3, 42, "y\n")
    assert place(ssh(long, diff=Diff(hunks=(whole("infra/bastion.tf", text),)))) == ("infra/bastion.tf", 3, 42)


def test_three_findings_on_one_block_are_one_suggestion():
    hull = suggest(
        "infra/database.tf",
        DATABASE_FILE,
        9,
        10,
        "  publicly_accessible = false\n  storage_encrypted   = true\n  deletion_protection = true\n",
    )
    comment = only_comment(
        proposing(examination(DATABASE), mends(hull, *DATABASE, warnings=("It gets a private address",)))
    )
    assert comment.body == snapshot("""\
**Critical · The database is reachable from the internet, and 2 more** (`aws_db_instance.orders`)

- **Critical** · `publicly_accessible = true` gives `aws_db_instance.orders` a public address. With a public address only the password stands between the orders and anyone.
- **High · The database stores its data unencrypted**  \n\
  `storage_encrypted = false` on `aws_db_instance.orders`. Snapshots and backups can be read by whoever gets hold of them; turning it on later recreates the database.
- **Medium · The database may be deleted by mistake**  \n\
  `deletion_protection` is not set.

<!-- plumbrule:fix v1 -->

```suggestion
  publicly_accessible = false
  storage_encrypted   = true
  deletion_protection = true
```

**Before you apply it:** It gets a private address.

<sub>Proved: after this change `CKV_AWS_17`, `CKV_AWS_16` and `CKV_AWS_293` pass and nothing new is found · Blocks this pull request</sub>

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
    assert place(comment) == ("infra/database.tf", 9, 10)


def test_a_fix_that_replaces_is_a_diff_with_a_warning_first():
    fix = mends(ENCRYPTED, UNENCRYPTED_DATABASE, warnings=("Take a snapshot and plan a window",))
    comment = only_comment(proposing(examination((UNENCRYPTED_DATABASE,)), fix))
    assert comment.body == snapshot("""\
**High · The database stores its data unencrypted** (`aws_db_instance.orders`)

`storage_encrypted = false` on `aws_db_instance.orders`. Snapshots and backups can be read by whoever gets hold of them; turning it on later recreates the database.

<!-- plumbrule:fix v1 -->

The edit is one line, but where `aws_db_instance.orders` exists already, applying it recreates, restarts or cuts off what is there. Take a snapshot and plan a window. The diff for `infra/database.tf:10`, not applied:

```diff
-  storage_encrypted   = false
+  storage_encrypted   = true
```

<sub>Proved: after this change `CKV_AWS_16` passes and nothing new is found · Blocks this pull request</sub>

<details><summary>Accept this risk instead</summary>

Add to `.github/plumbrule.yml` on the base branch, with a reason and a date:

```yaml
waivers:
  - rule: CKV_AWS_16
    resource: aws_db_instance.orders
    path: infra/database.tf
    reason: ""
    expires: YYYY-MM-DD
```

</details>

<!-- plumbrule:comment v1 key=4ec47e3e2f7b886b8cc18210ef3afd3c fp=b4c41cf5e6a98e42ec10f4d9965463df -->\
""")
    assert place(comment) == ("infra/database.tf", None, 10)


def test_a_fix_that_costs_is_a_diff_with_a_warning_first():
    costly = replace(ENCRYPTED, risk=Risk.COST, replacement="  storage_encrypted   = true\n  multi_az = true\n")
    comment = only_comment(proposing(examination((UNENCRYPTED_DATABASE,)), mends(costly, UNENCRYPTED_DATABASE)))
    assert fix_part(comment) == snapshot("""\
The edit is two lines, but there is more to pay for `aws_db_instance.orders` afterwards. The diff for `infra/database.tf:10`, not applied:

```diff
-  storage_encrypted   = false
+  storage_encrypted   = true
+  multi_az = true
```\
""")


def test_one_click_and_a_diff_for_the_rest_of_a_block():
    hull = suggest("infra/database.tf", DATABASE_FILE, 9, 9, "  publicly_accessible = false\n")
    fixes = (mends(ENCRYPTED, UNENCRYPTED_DATABASE), mends(hull, PUBLIC_DATABASE))
    comment = only_comment(proposing(examination(DATABASE), *fixes))
    assert comment.body == snapshot("""\
**Critical · The database is reachable from the internet, and 2 more** (`aws_db_instance.orders`)

- **Critical** · `publicly_accessible = true` gives `aws_db_instance.orders` a public address. With a public address only the password stands between the orders and anyone.
- **High · The database stores its data unencrypted**  \n\
  `storage_encrypted = false` on `aws_db_instance.orders`. Snapshots and backups can be read by whoever gets hold of them; turning it on later recreates the database.
- **Medium · The database may be deleted by mistake**  \n\
  `deletion_protection` is not set.  \n\
  **What to do:** Set `deletion_protection = true`.

<!-- plumbrule:fix v1 -->

```suggestion
  publicly_accessible = false
```

The edit is one line, but where `aws_db_instance.orders` exists already, applying it recreates, restarts or cuts off what is there. The diff for `infra/database.tf:10`, not applied:

```diff
-  storage_encrypted   = false
+  storage_encrypted   = true
```

<sub>Proved: after these changes `CKV_AWS_17` and `CKV_AWS_16` pass and nothing new is found · Blocks this pull request · `CKV_AWS_293`</sub>

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


def test_guidance_where_no_edit_is_right():
    comment = only_comment(proposing(examination((IAM,)), guidance=(IAM_GUIDANCE,)))
    assert comment.body == snapshot("""\
**High · The policy may be used to gain more rights** (`aws_iam_policy.deploy`)

`Action = "*"` on `Resource = "*"`. Who holds it owns the account.

**What to do:** Which actions `aws_iam_policy.deploy` needs only you know. List them instead of `*`; start from what CloudTrail saw it use.

<!-- plumbrule:fix v1 -->

```hcl
data "aws_iam_policy_document" "deploy" {
  statement {
    actions = ["s3:GetObject"]
  }
}
```

<sub>Blocks this pull request · `CKV_AWS_286`</sub>

<details><summary>Accept this risk instead</summary>

Add to `.github/plumbrule.yml` on the base branch, with a reason and a date:

```yaml
waivers:
  - rule: CKV_AWS_286
    resource: aws_iam_policy.deploy
    path: infra/iam.tf
    reason: ""
    expires: YYYY-MM-DD
```

</details>

<!-- plumbrule:comment v1 key=32a01be15ea090eae6601c355d6a01be fp=f48cd64be7a07d5ac5085d09ad1d249e -->\
""")


def test_several_guidances_are_each_with_their_item_and_at_most_two_have_examples():
    found = tuple(replace(IAM, rule=f"CKV_AWS_{n}", title=f"Too much, {n}", fingerprint=f"{n}" * 8) for n in (1, 2, 3))
    told = tuple(
        replace(IAM_GUIDANCE, fingerprint=f.fingerprint, text=f"Do {n}.", example=f"do = {n}\n" * (12 if n else 1))
        for n, f in enumerate(found)
    )
    comment = only_comment(proposing(examination(found), guidance=told))
    assert comment.body.partition("<sub>")[0] == snapshot("""\
**High · Too much, 1, and 2 more** (`aws_iam_policy.deploy`)

- **High** · `Action = "*"` on `Resource = "*"`. Who holds it owns the account.  \n\
  **What to do:** Do 0.
- **High · Too much, 2**  \n\
  `Action = "*"` on `Resource = "*"`. Who holds it owns the account.  \n\
  **What to do:** Do 1.
- **High · Too much, 3**  \n\
  `Action = "*"` on `Resource = "*"`. Who holds it owns the account.  \n\
  **What to do:** Do 2.

<!-- plumbrule:fix v1 -->

For `CKV_AWS_1`:

```hcl
do = 0
```

For `CKV_AWS_2`:

<details><summary>An example</summary>

```hcl
do = 1
do = 1
do = 1
do = 1
do = 1
do = 1
do = 1
do = 1
do = 1
do = 1
do = 1
do = 1
```

</details>

""")


def test_text_with_fences_is_suggested_in_a_longer_fence():
    replacement = "    user_data = <<-EOT\n```\n````suggestion\nrm\n````\n    EOT\n"
    comment = ssh(suggest("infra/bastion.tf", BASTION, 10, 10, replacement))
    assert fix_part(comment).startswith("`````suggestion\n")
    assert next(t.content for t in tokens(comment.body) if t.type == "fence") == replacement
    assert [t.info for t in tokens(comment.body) if t.type == "fence"] == ["suggestion", "yaml"]


def test_deleting_lines_is_an_empty_suggestion():
    assert fix_part(ssh(suggest("infra/bastion.tf", BASTION, 10, 10, ""))) == "```suggestion\n```"


def hunks(*ranges, deleted_before=()):
    return Diff(
        hunks=tuple(
            Hunk(path="infra/bastion.tf", start_line=a, end_line=b, deleted_before=frozenset(deleted_before))
            for a, b in ranges
        )
    )


WIDE = suggest(
    "infra/bastion.tf", BASTION, 8, 10, '    to_port     = 22\n    protocol    = "tcp"\n    cidr_blocks = []\n'
)


@pytest.mark.parametrize("diff", [hunks((8, 10)), hunks((1, 3), (7, 12)), hunks((8, 10), deleted_before=(8, 11))])
def test_a_suggestion_may_fill_a_hunk_and_have_deleted_lines_at_its_borders(diff):
    assert has_suggestion(ssh(WIDE, diff=diff).body)


@pytest.mark.parametrize(
    ("diff", "reason"),
    [
        (hunks((7, 9)), "not all of its lines are in the diff of this pull request"),
        (hunks((1, 9), (10, 12)), "not all of its lines are in the diff of this pull request"),
        (Diff(), "not all of its lines are in the diff of this pull request"),
        (hunks((1, 12), deleted_before=(9,)), "GitHub takes no suggestion over deleted lines"),
        (hunks((1, 12), deleted_before=(10,)), "GitHub takes no suggestion over deleted lines"),
    ],
)
def test_a_fix_across_a_hunks_border_or_over_a_deleted_line_is_a_diff(diff, reason):
    comment = ssh(WIDE, diff=diff)
    assert not has_suggestion(comment.body)
    assert f"The fix for `infra/bastion.tf:10`, not one click because {reason}:\n\n```diff\n" in comment.body
    assert place(comment) == ("infra/bastion.tf", None, 10)


def test_a_diff_shows_the_changed_lines_only():
    changed = BASTION.replace('"bastion"\n  vpc', '"b"\n  vpc').replace('["0.0.0.0/0"]', "var.admin_cidrs")
    fix = suggest("infra/bastion.tf", BASTION, 1, 12, changed)
    assert fix_part(ssh(fix, diff=Diff())) == snapshot("""\
The fix for `infra/bastion.tf:2`, not one click because not all of its lines are in the diff of this pull request:

```diff
-  name   = "bastion"
+  name   = "b"
 …
-    cidr_blocks = ["0.0.0.0/0"]
+    cidr_blocks = var.admin_cidrs
```\
""")


def test_a_long_diff_is_folded():
    fix = suggest("infra/bastion.tf", BASTION, 10, 10, "".join(f"    line{n} = 1\n" for n in range(50)))
    told = fix_part(ssh(fix, diff=Diff()))
    assert "<details><summary>The diff, 51 lines</summary>\n\n```diff\n-    cidr_blocks" in told
    assert told.endswith("```\n\n</details>")


def test_lines_that_end_in_crlf_are_a_diff():
    fix = suggest("infra/bastion.tf", BASTION, 10, 10, "    cidr_blocks = []\r\n", eol="\r\n")
    assert fix_part(ssh(fix)) == snapshot("""\
The fix for `infra/bastion.tf:10`, not one click because the lines end in CRLF, which a suggestion may not keep:

```diff
-    cidr_blocks = ["0.0.0.0/0"]
+    cidr_blocks = []
```\
""")


def test_a_secret_beside_the_changed_lines_is_in_no_suggestion():
    text = 'resource "a" "b" {\n  open     = true\n  password = "hunter2!"\n}\n'
    fix = suggest("infra/bastion.tf", text, 2, 3, '  open     = false\n  password = "hunter2!"\n')
    comment = ssh(fix)
    assert "hunter2" not in comment.body
    assert fix_part(comment) == snapshot("""\
The fix for `infra/bastion.tf:2`, not one click because the lines hold what looks like a secret:

```diff
-  open     = true
+  open     = false
```\
""")


@pytest.mark.parametrize(
    "replacement",
    ["  password = var.password\n", '  password = "AnotherOne!"\n', '  x = 1\n  token = "s3cr3t-s3cr3t"\n'],
)
def test_a_fix_of_lines_with_a_secret_is_told_in_words(replacement):
    text = '  password = "hunter2!"\n'
    comment = ssh(suggest("infra/bastion.tf", text, 1, 1, replacement))
    assert not any(word in comment.body for word in ("hunter2", "AnotherOne", "s3cr3t"))
    assert fix_part(comment) == snapshot(
        "A fix was proved, but it is not shown here: the lines hold what looks like a secret. `plumbrule fix` applies it."
    )
    assert "**What to do:** Allow only the networks" in comment.body


def test_words_for_a_fix_that_replaces_warn_first_and_name_the_option():
    fix = suggest("infra/bastion.tf", '  password = "hunter2!"\n', 1, 1, "  password = var.p\n", risk=Risk.REPLACE)
    assert fix_part(ssh(fix, inputs=("p",), warnings=("Drain it first",))) == snapshot("""\
The edit is one line, but where `aws_security_group.bastion` exists already, applying it recreates, restarts or cuts off what is there. Drain it first. A fix was proved, but it is not shown here: the lines hold what looks like a secret. `plumbrule fix --also replace` applies it.

Adds a decision for you: `p` has no value yet.\
""")


@pytest.mark.parametrize(
    "hidden",
    ["\u202e", "\u200b", "\x1b[31m", "\x00", "\r", "\u2028", "\udce9", "<!-- plumbrule:mended v1 sha=00 -->", "\ufe0f"],
)
def test_characters_that_do_not_show_are_never_suggested(hidden):
    comment = ssh(suggest("infra/bastion.tf", BASTION, 10, 10, f"    cidr_blocks = [] # {hidden}x\n"))
    assert hidden not in comment.body
    assert not is_mended(comment.body)
    assert "it is not shown here: the lines hold characters that do not show." in comment.body


def test_tabs_are_suggested_as_they_are():
    assert fix_part(ssh(suggest("infra/bastion.tf", BASTION, 10, 10, "\tcidr_blocks = []\n"))) == (
        "```suggestion\n\tcidr_blocks = []\n```"
    )


def test_a_blank_line_is_no_suggestion():
    assert "GitHub takes no suggestion of an empty line" in ssh(suggest("infra/bastion.tf", BASTION, 10, 10, "\n")).body


def test_what_is_too_long_is_told_in_words():
    comment = ssh(suggest("infra/bastion.tf", BASTION, 10, 10, "    x = 1\n" * 2000))
    assert fix_part(comment) == snapshot(
        "A fix was proved, but it is not shown here: it is too long. `plumbrule fix` applies it."
    )


def test_a_last_line_without_an_end_can_be_suggested():
    fix = replace(ADMINS, original=ADMINS.original.rstrip("\n"), replacement=ADMINS.replacement.rstrip("\n"))
    assert fix_part(ssh(fix)) == "```suggestion\n    cidr_blocks = var.admin_cidrs\n```"


def test_a_value_that_comes_from_elsewhere_is_mended_there():
    variables = 'variable "cidrs" {\n  default = ["0.0.0.0/0"]\n}\n'
    fix = suggest("infra/variables.tf", variables, 2, 2, "  default = []\n")
    comment = ssh(fix, diff=Diff(hunks=(whole("infra/variables.tf", variables),)))
    assert place(comment) == ("infra/variables.tf", None, 2)
    assert "Found in `infra/bastion.tf:10`; what it comes from is here." in comment.body


def test_a_finding_without_a_place_gets_a_comment_where_its_suggestion_has_one():
    examined = proposing(examination((SSH_OPEN,), anchors=()), mends(ADMINS, SSH_OPEN))
    assert place(only_comment(examined)) == ("infra/bastion.tf", None, 10)


def test_a_finding_that_has_only_a_fix_of_its_own_is_offered_that():
    alone = mends(ADMINS, SSH_OPEN)
    examined = proposing(examination((SSH_OPEN,)), single=(alone,))
    assert has_suggestion(only_comment(examined).body)


def test_a_comment_holds_one_suggestion_and_three_fixes():
    found = tuple(replace(SSH_OPEN, rule=f"R{n}", fingerprint=f"{n}" * 8) for n in range(5))
    examined = proposing(examination(found), *(mends(ADMINS, f, inputs=(f"v{n}",)) for n, f in enumerate(found)))
    body = only_comment(examined).body
    assert body.count("suggestion\n") == 1
    assert body.count("```diff") == 2
    assert "There are 2 more fixes: `plumbrule fix --also input` shows them." in body


def test_a_comment_that_stays_on_other_lines_shows_the_fix_without_the_click():
    comment = ssh(WIDE)
    told = body_elsewhere(comment)
    assert not has_suggestion(told)
    assert told.partition("<!-- plumbrule:fix v1 -->\n\n")[2].partition("\n\n<sub>")[0] == snapshot("""\
The fix puts this in the place of 3 lines from `infra/bastion.tf:8` on:

```
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = []
```\
""")
    assert read_comment_marker(told) == read_comment_marker(comment.body)


def test_a_comment_without_a_suggestion_is_the_same_elsewhere():
    comment = only_comment(examination((SSH_OPEN,)))
    assert body_elsewhere(comment) == comment.body


def test_a_mended_comment_offers_nothing_to_commit():
    comment = ssh(suggest("infra/bastion.tf", BASTION, 10, 10, "    a = 1\n\n<sub>\n"))
    assert mended(comment.body, HEAD) == snapshot("""\
~~**High · SSH is open to the whole internet** (`aws_security_group.bastion`)~~ · fixed in a1b2c3d.

<details><summary>What it said</summary>

`cidr_blocks` of this ingress rule allows port 22 from `0.0.0.0/0`. Anyone can reach the login of every instance in this group.

</details>

<!-- plumbrule:mended v1 sha=a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4 -->

<!-- plumbrule:comment v1 key=9ed8136d6bd8dc92d533886e0b0ab2c0 fp=52e2a24717e229e5599422c315c9dbef -->\
""")


def test_the_longest_comment_still_shows_its_fix():
    long = {"title": "<" * 9999, "message": "<" * 99999, "why": "`" * 99999, "remedy": "@a " * 9999}
    found = tuple(replace(SSH_OPEN, rule=f"R{n}", fingerprint=f"{n:x}" * 8, **long) for n in range(50))
    fix = suggest("infra/bastion.tf", BASTION, 10, 10, "    x = 1\n" * 39)
    comment = only_comment(proposing(examination(found), mends(fix, *found[:3])))
    assert has_suggestion(comment.body)
    assert len(comment.body) < 65_000


def test_findings_in_two_instances_share_one_suggestion():
    one, two = (finding(resource=f"module.m[{n}].aws_security_group.bastion") for n in range(2))
    comment = only_comment(proposing(examination((one, two)), mends(ADMINS, one, two)))
    assert comment.body.count("suggestion\n") == 1
    assert (
        "<sub>Proved: after this change [`CKV_AWS_24`](https://docs.prismacloud.io/networking/port-security) passes"
        in (comment.body)
    )


def test_a_fix_for_a_finding_at_another_place_leaves_the_anchor_alone():
    other = replace(
        SSH_OPEN, resource="aws_security_group.other", block=span("infra/bastion.tf", 20, 30), fingerprint="ab"
    )
    examined = proposing(examination((other,)), mends(ADMINS, SSH_OPEN))
    assert not has_suggestion(only_comment(examined).body)


@pytest.mark.slow
@given(hostile, hostile, hostile)
def test_whatever_a_fix_says_the_comment_holds_it_exactly_or_not_at_all(one, two, three):
    fix = suggest("infra/bastion.tf", BASTION, 10, 10, f"{one}\n{two}")
    said = {"inputs": (three, one), "warnings": (two,)}
    told = replace(IAM_GUIDANCE, fingerprint=IAM.fingerprint, text=one, example=two, language=three)
    for risk in Risk:
        found = proposing(
            examination((SSH_OPEN, IAM)), mends(replace(fix, risk=risk), SSH_OPEN, **said), guidance=(told,)
        )
        for comment in build_comments(found):
            assert read_comment_marker(comment.body) == (comment.key, comment.fingerprints)
            assert not is_mended(comment.body)
            assert live(comment.body) == []
            assert comment.body.count("<!-- plumbrule:fix v1 -->") <= 1
            suggested = [t.content for t in tokens(comment.body) if t.type == "fence" and t.info == "suggestion"]
            assert suggested in ([], [fix.replacement.rstrip("\n") + "\n"], [fix.replacement], [fix.replacement + "\n"])
            assert bool(suggested) == has_suggestion(comment.body)
            assert [t.info for t in tokens(body_elsewhere(comment)) if t.info == "suggestion"] == []


VARIABLE = suggest("main.tf", 'module "net" {\n}\n', 2, 2, "  admin_cidrs = var.admin_cidrs\n}\n", risk=Risk.INPUT)


def test_a_fix_that_changes_several_files_shows_them_all_and_is_not_one_click():
    comment = ssh(ADMINS, inputs=("admin_cidrs",), also=(VARIABLE,))
    assert not has_suggestion(comment.body)
    assert fix_part(comment) == snapshot("""\
The fix for `infra/bastion.tf:10`, not one click because it changes several files:

```diff
-    cidr_blocks = ["0.0.0.0/0"]
+    cidr_blocks = var.admin_cidrs
```

With it, for `main.tf:2`:

```diff
+  admin_cidrs = var.admin_cidrs
```

Adds a decision for you: `admin_cidrs` has no value yet.\
""")


def test_a_fix_is_not_shown_by_halves():
    secret = suggest("main.tf", 'module "net" {\n}\n', 2, 2, '  password = "hunter2!hunter2!"\n}\n', risk=Risk.INPUT)
    told = fix_part(ssh(ADMINS, also=(secret,)))
    assert "hunter2" not in told
    assert "var.admin_cidrs" not in told
    assert "A fix was proved, but it is not shown here: the lines hold what looks like a secret." in told
