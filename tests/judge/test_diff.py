from __future__ import annotations

import subprocess
import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.judge.diff import anchor, anchors, parse_diff
from reviewer.model import Diff, Hunk
from tests.judge.builders import change, finding, hunk, span

BOUNDED = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

EDITED = """\
diff --git a/main.tf b/main.tf
index 1111111..2222222 100644
--- a/main.tf
+++ b/main.tf
@@ -2,3 +2,4 @@ resource "a" "b" {
 one
-two
+TWO
+three
 four
@@ -20 +21,0 @@ x
-gone
"""


def test_hunks_stand_on_the_head_side_with_their_added_lines():
    diff = parse_diff(EDITED)
    assert diff.hunks == (
        Hunk(path="main.tf", start_line=2, end_line=5, added=frozenset({3, 4}), deleted_before=frozenset({3})),
    )
    assert diff.changed == ("main.tf",)
    assert diff.renamed == ()


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("@@ -1,2 +1,3 @@\n a\n+b\n c\n", []),
        ("@@ -1,3 +1,2 @@\n a\n-b\n c\n", [2]),
        ("@@ -1,3 +1,2 @@\n-b\n a\n c\n", [1]),
        ("@@ -1,3 +1,2 @@\n a\n c\n-b\n", [3]),
        ("@@ -5,5 +7,4 @@\n a\n-b\n-c\n+d\n e\n-f\n+g\n", [8, 10]),
        ("@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n", [2]),
        ("@@ -1,2 +1,1 @@\n a\n-b\n\\ No newline at end of file\n", [2]),
        ("@@ -1,2 +1,2 @@\n-a\n-b\n+A\n+B\n\\ No newline at end of file\n", [1]),
    ],
)
def test_a_hunk_knows_the_lines_that_deleted_lines_stand_right_before(body, before):
    (found,) = parse_diff(f"diff --git a/m b/m\n--- a/m\n+++ b/m\n{body}").hunks
    assert sorted(found.deleted_before) == before


@pytest.mark.parametrize("nothing", ["", "\n", "warning: something\n"])
def test_no_diff_is_no_change(nothing):
    assert parse_diff(nothing) == Diff()


def test_lines_that_look_like_headers_are_content():
    hostile = [
        "-- a/other.tf",
        "++ b/other.tf",
        "diff --git a/x b/x",
        "@@ -1,9 +1,9 @@",
        "rename to evil.tf",
        "Binary files a/x and b/x differ",
        "\\ No newline at end of file",
        "\x0c\x1c\u2028 not a line end\r",
    ]
    body = "".join(f"+{line}\n" for line in hostile)
    text = (
        f"diff --git a/main.tf b/main.tf\nnew file mode 100644\n--- /dev/null\n+++ b/main.tf\n@@ -0,0 +1,8 @@\n{body}"
    )
    assert parse_diff(text).hunks == (hunk("main.tf", 1, 8),)
    assert parse_diff(text).changed == ("main.tf",)


@pytest.mark.parametrize(
    ("header", "changed"),
    [
        ("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", ("x",)),
        ("diff --git a/a b/b c b/a b/b c\nBinary files a/a b/b c and b/a b/b c differ\n", ("a b/b c",)),
        ("diff --git a/x b/x\ndeleted file mode 100644\nindex e69de29..0000000\n", ("x",)),
        (
            'diff --git "a/d\\303\\251j\\303\\240\\t\\"q\\\\.tf" "b/d\\303\\251j\\303\\240\\t\\"q\\\\.tf"\n',
            ('déjà\t"q\\.tf',),
        ),
        ('diff --git "a/\\377.tf" "b/\\377.tf"\nold mode 1\n', ("\ufffd.tf",)),
        ("diff --git a/\udcff.tf b/\udcff.tf\nold mode 1\n", ("\ufffd.tf",)),
        ("diff --git a/x b/y\nsimilarity index 100%\ncopy from x\ncopy to y\n", ("y",)),
        ("diff --git a/x b/y z\nsimilarity index 100%\nrename from x\nrename to y z\n", ("x", "y z")),
    ],
)
def test_changes_without_lines_are_changes(header, changed):
    diff = parse_diff(header)
    assert diff.hunks == ()
    assert diff.changed == changed
    assert diff.renamed == ((changed,) if len(changed) == 2 else ())


def test_a_diff_that_is_cut_short_is_refused():
    with pytest.raises(ValueError, match=r"main\.tf"):
        parse_diff(EDITED[: EDITED.index(" four")])


def git(repo, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-C", str(repo), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8", "surrogateescape")


@pytest.fixture
def repo(tmp_path):
    git(tmp_path, "init", "-q")
    return tmp_path


def committed(repo, files: dict[str, bytes]) -> None:
    for path in repo.iterdir():
        if path.name != ".git":
            path.unlink()
    for name, content in files.items():
        (repo / name).write_bytes(content)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "--allow-empty", "-m", "x")


LINES = st.lists(
    st.sampled_from(
        [b"a", b"b", b"", b"-- a/x", b"++ b/x", b"@@ -1 +1 @@", b"\\ No newline", b"diff --git a/x b/x", b"\r"]
    ),
    max_size=12,
)
CONTENTS = st.builds(lambda lines, end: b"\n".join(lines) + end, LINES, st.sampled_from([b"", b"\n", b"\r\n", b"\0"]))
NAMES = st.sampled_from(["a.tf", "b b.tf", "a b", "é\t.tf", 'q"\\.tf', "-", " ", "x\ny", "b b"])
TREES = st.dictionaries(NAMES, CONTENTS, max_size=4)


@BOUNDED
@given(TREES, TREES)
def test_what_git_prints_is_read_back(tmp_path_factory, before, after):
    repo = tmp_path_factory.mktemp("repo")
    git(repo, "init", "-q")
    committed(repo, before)
    committed(repo, after)
    diff = parse_diff(git(repo, "diff", "--unified=3", "-M", "HEAD~", "HEAD"))
    old_names = {new: old for old, new in diff.renamed}
    different = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert set(diff.changed) == different
    for found in diff.hunks:
        lines = after[found.path].split(b"\n")
        old = before.get(old_names.get(found.path, found.path), b"").split(b"\n")
        assert 1 <= found.start_line <= found.end_line <= len(lines)
        assert all(found.start_line <= line <= found.end_line for line in found.added)
        assert all(found.start_line <= line <= found.end_line + 1 for line in found.deleted_before)
        kept = [lines[line - 1] for line in range(found.start_line, found.end_line + 1) if line not in found.added]
        assert all(line in old for line in kept)


def test_a_rename_with_an_edit_is_followed(repo):
    lines = [f"line {n}".encode() for n in range(40)]
    committed(repo, {"old name.tf": b"\n".join(lines)})
    lines[20] = b"changed"
    committed(repo, {"new\tname.tf": b"\n".join(lines)})
    diff = parse_diff(git(repo, "diff", "-M", "HEAD~", "HEAD"))
    assert diff.renamed == (("old name.tf", "new\tname.tf"),)
    assert diff.hunks == (replace(hunk("new\tname.tf", 18, 24, added=[21]), deleted_before=frozenset({21})),)


def test_a_long_diff_takes_time_in_proportion():
    added = "".join(f"+{'x' * 20} {n}\n" for n in range(8_000))
    text = f"diff --git a/m b/m\n--- a/m\n+++ b/m\n@@ -0,0 +1,8000 @@\n{added}"
    started = time.perf_counter()
    assert len(parse_diff(text).hunks[0].added) == 8_000
    assert time.perf_counter() - started < 3


# where a comment may stand

IN_MODULE = replace(finding(path="m/main.tf", line=9), block=span("m/main.tf", 7, 30), caller=span("main.tf", 4, 20))


def test_a_comment_stands_on_the_narrow_span():
    assert anchor(change(hunk("m/main.tf", 5, 12, added=[6])), IN_MODULE) == span("m/main.tf", 9)


def test_a_span_that_leaves_its_hunk_is_no_anchor():
    wide = replace(IN_MODULE, span=span("m/main.tf", 7, 14), caller=None)
    assert anchor(change(hunk("m/main.tf", 5, 12, added=[]), hunk("m/main.tf", 13, 20, added=[])), wide) is None


def test_a_comment_stands_on_the_module_call_when_the_module_is_unchanged():
    assert anchor(change(hunk("main.tf", 1, 22, added=[])), IN_MODULE) == span("main.tf", 4, 20)


def test_a_comment_stands_on_the_line_of_the_module_call_that_changed():
    assert anchor(change(hunk("main.tf", 1, 22, added=[5, 7])), IN_MODULE) == span("main.tf", 5, 7)


def test_a_comment_stands_on_the_added_lines_of_the_block_nearest_to_the_finding():
    diff = change(
        hunk("m/main.tf", 1, 8, added=[2]),
        hunk("m/main.tf", 10, 16, added=[12, 13]),
        hunk("m/main.tf", 24, 40, added=[26, 35]),
    )
    assert anchor(diff, IN_MODULE) == span("m/main.tf", 12, 13)


def test_a_comment_stands_on_the_added_lines_of_a_module_call_that_is_longer_than_the_hunk():
    assert anchor(change(hunk("main.tf", 8, 14, added=[11])), IN_MODULE) == span("main.tf", 11)


def test_without_an_added_line_there_is_no_anchor():
    assert anchor(change(hunk("m/main.tf", 12, 16, added=[])), IN_MODULE) is None
    assert anchor(change(hunk("other.tf", 1, 99)), replace(IN_MODULE, caller=None)) is None


def test_anchors_are_listed_by_fingerprint():
    placed, lost = replace(IN_MODULE, fingerprint="a"), replace(finding(path="x.tf"), fingerprint="b")
    assert anchors(change(hunk("m/main.tf", 5, 12)), [placed, lost]) == (("a", span("m/main.tf", 9)),)


SPANS = st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 30), st.integers(0, 8)).map(
    lambda t: span(t[0], t[1], t[1] + t[2])
)
HUNKS = st.tuples(SPANS, st.sets(st.integers(1, 40))).map(
    lambda t: hunk(t[0].path, t[0].start_line, t[0].end_line, added=[n for n in t[1] if n <= t[0].end_line])
)


@settings(max_examples=150, deadline=None)
@given(st.lists(HUNKS, max_size=4), SPANS, SPANS, st.none() | SPANS)
def test_an_anchor_never_leaves_one_hunk(hunks, narrow, block, caller):
    hunks = [replace(one, added=frozenset(n for n in one.added if n >= one.start_line)) for one in hunks]
    diff = change(*hunks)
    place = anchor(diff, finding(span=narrow, block=block, caller=caller))
    assert place is None or any(
        h.path == place.path and h.start_line <= place.start_line and place.end_line <= h.end_line for h in diff.hunks
    )
