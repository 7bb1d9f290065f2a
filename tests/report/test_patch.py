"""Patches that git takes, byte for byte."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from reviewer.model import Risk, Suggestion
from reviewer.report.patch import bare_diff, bare_patch, build_patch, changes, lines_of
from tests.report.examinations import BASTION
from tests.report.fixing import DATABASE_FILE, suggest

BOUNDED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FIXES = (
    suggest("infra/bastion.tf", BASTION, 10, 10, "    cidr_blocks = var.admin_cidrs\n"),
    suggest("infra/database.tf", DATABASE_FILE, 9, 10, "  publicly_accessible = false\n  storage_encrypted   = true\n"),
    suggest("infra/database.tf", DATABASE_FILE, 14, 14, '}\n\nvariable "x" {\n  type = string\n}\n'),
)
FILES = {"infra/bastion.tf": BASTION.encode(), "infra/database.tf": DATABASE_FILE.encode()}


def applied(tmp_path, files: dict[str, bytes], patch: str, *options: str) -> dict[str, bytes]:
    """What `git apply` makes of `files`."""
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    subprocess.run(
        ["git", "apply", *options, "-"],
        input=patch.encode("utf-8", "surrogateescape"),
        cwd=tmp_path,
        check=True,
        capture_output=True,
        env={"GIT_CEILING_DIRECTORIES": str(tmp_path.parent), "PATH": "/usr/bin:/bin"},
    )
    return {name: (tmp_path / name).read_bytes() for name in files}


def edited(files: dict[str, bytes], suggestions) -> dict[str, bytes]:
    """`files` with `suggestions` put in, last line first."""
    done = dict(files)
    for fix in sorted(suggestions, reverse=True):
        lines = lines_of(done[fix.path].decode("utf-8", "surrogateescape"))
        lines[fix.start_line - 1 : fix.end_line] = [fix.replacement]
        done[fix.path] = "".join(lines).encode("utf-8", "surrogateescape")
    return done


def test_a_patch_with_context():
    assert build_patch(FIXES, FILES) == snapshot("""\
diff --git a/infra/bastion.tf b/infra/bastion.tf
--- a/infra/bastion.tf
+++ b/infra/bastion.tf
@@ -7,6 +7,6 @@
     from_port   = 22
     to_port     = 22
     protocol    = "tcp"
-    cidr_blocks = ["0.0.0.0/0"]
+    cidr_blocks = var.admin_cidrs
   }
 }
diff --git a/infra/database.tf b/infra/database.tf
--- a/infra/database.tf
+++ b/infra/database.tf
@@ -6,9 +6,13 @@
 \n\
   username = "orders"
 \n\
-  publicly_accessible = true
-  storage_encrypted   = false
+  publicly_accessible = false
+  storage_encrypted   = true
   skip_final_snapshot = true
 \n\
   tags = { team = "orders" }
 }
+
+variable "x" {
+  type = string
+}
""")


def test_a_patch_without_context():
    assert bare_patch(FIXES) == snapshot("""\
diff --git a/infra/bastion.tf b/infra/bastion.tf
--- a/infra/bastion.tf
+++ b/infra/bastion.tf
@@ -10,1 +10,1 @@
-    cidr_blocks = ["0.0.0.0/0"]
+    cidr_blocks = var.admin_cidrs
diff --git a/infra/database.tf b/infra/database.tf
--- a/infra/database.tf
+++ b/infra/database.tf
@@ -9,2 +9,2 @@
-  publicly_accessible = true
-  storage_encrypted   = false
+  publicly_accessible = false
+  storage_encrypted   = true
@@ -14,0 +15,4 @@
+
+variable "x" {
+  type = string
+}
""")


def test_git_applies_both(tmp_path):
    wanted = edited(FILES, FIXES)
    assert applied(tmp_path, FILES, build_patch(FIXES, FILES)) == wanted
    assert applied(tmp_path, FILES, bare_patch(FIXES), "--unidiff-zero") == wanted


@pytest.mark.parametrize("name", ["a b.tf", "ü.tf", 'q"\\.tf', "t\tb.tf", "d/é e.tf", "x\ny.tf", "-"])
def test_names_are_quoted_as_git_does(tmp_path, name):
    files, fix = {name: b"a\nb\nc\n"}, suggest(name, "a\nb\nc\n", 2, 2, "B\n")
    assert applied(tmp_path, files, build_patch([fix], files)) == {name: b"a\nB\nc\n"}


@pytest.mark.parametrize(
    ("content", "first", "last", "replacement"),
    [
        (b"a\nb", 2, 2, "B"),
        (b"a\nb", 2, 2, "b\n"),
        (b"a\nb\n", 2, 2, "b"),
        (b"a\nb", 1, 1, "A\n"),
        (b"a\r\nb\r\nc\r\n", 2, 2, "B\r\nx\r\n"),
        (b"a\nb\n", 1, 2, ""),
        (b"a\nb", 2, 2, ""),
        (b"\xef\xbb\xbfa\n\xe9\n", 1, 1, "\ufeffA\n"),
        (b"a\xe9\nb\n", 1, 1, "A\udce9\n"),
        (b"a\x0cb\x85\nc\n", 2, 2, "d\n"),
    ],
)
def test_bytes_and_line_ends_survive(tmp_path, content, first, last, replacement):
    files = {"m.tf": content}
    original = "".join(lines_of(content.decode("utf-8", "surrogateescape"))[first - 1 : last])
    fix = Suggestion(
        path="m.tf", start_line=first, end_line=last, replacement=replacement, original=original, risk=Risk.SAFE
    )
    assert applied(tmp_path, files, build_patch([fix], files)) == edited(files, [fix])
    assert applied(tmp_path, files, bare_patch([fix]), "--unidiff-zero") == edited(files, [fix])


LINES = st.lists(st.sampled_from(["a", "b", "", "- x", "+++ b/m", "@@ -1 +1 @@", "\\ No newline", "c\r"]), max_size=6)


@BOUNDED
@given(st.lists(st.tuples(LINES, LINES, LINES), min_size=1, max_size=4), st.booleans())
def test_whatever_is_edited_git_makes_the_same_of_it(tmp_path_factory, parts, ends):
    text, fixes, at = "", [], 1
    for kept, old, new in parts:
        text += "".join(f"{line}\n" for line in (*kept, *old))
        first = at + len(kept)
        at = first + len(old)
        if old:
            original, replacement = ("".join(f"{line}\n" for line in some) for some in (old, new))
            fixes.append(
                Suggestion(
                    path="m.tf",
                    start_line=first,
                    end_line=at - 1,
                    replacement=replacement,
                    original=original,
                    risk=Risk.SAFE,
                )
            )
    text += "" if ends else "last"
    files = {"m.tf": text.encode()}
    patch = build_patch(fixes, files)
    if patch:
        path = tmp_path_factory.mktemp("repo")
        wanted = edited(files, fixes)
        assert applied(path, files, patch) == wanted
        assert applied(path, files, bare_patch(fixes), "--unidiff-zero") == wanted
    else:
        assert all(fix.original == fix.replacement for fix in fixes)


def test_a_fix_of_other_lines_than_the_file_has_is_refused():
    with pytest.raises(ValueError, match=r"infra/bastion\.tf:10: the file does not hold"):
        build_patch([replace(FIXES[0], original="    other\n")], FILES)
    with pytest.raises(ValueError, match=r"infra/bastion\.tf:10"):
        build_patch(FIXES[:1], {})


def test_no_fix_is_no_patch():
    assert build_patch([], FILES) == bare_patch([]) == ""
    assert build_patch([replace(FIXES[0], replacement=FIXES[0].original)], FILES) == ""


def test_only_what_changes_is_in_the_diff():
    text = "".join(f"line {n}\n" for n in range(1, 30))
    fix = suggest("m.tf", text, 1, 29, text.replace("line 3\n", "three\n").replace("line 20\n", ""))
    assert bare_diff(fix) == "-line 3\n+three\n …\n-line 20\n"
    assert [(change.line, change.end) for change in changes(fix)] == [(3, 4), (20, 21)]


def test_a_suggestion_of_very_many_lines_is_compared_in_no_time():
    old, new = ("".join(f"{n % 7 * k}\n" for n in range(20_000)) for k in (2, 3))
    started = time.perf_counter()
    assert changes(suggest("m.tf", old, 1, 20_000, new))
    worst = suggest("m.tf", "a\nb\n" * 50, 1, 100, "b\nc\n" * 50)
    assert changes(worst)
    assert time.perf_counter() - started < 3
