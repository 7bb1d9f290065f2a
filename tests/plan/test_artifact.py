"""What a workflow uploaded is taken apart: honest zips become plans, others one sentence that says what is wrong."""

from __future__ import annotations

import io
import json
import stat
import struct
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.plan.artifact import BadArtifact, placed, plans_of

PLAN = json.dumps({"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": []}).encode()
COSTS = json.dumps({"version": "0.2", "projects": []}).encode()


def zipped(files, method=zipfile.ZIP_DEFLATED):
    """A zip of `files`: path, or a whole ZipInfo, -> content."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return packed.getvalue()


def why_not(content, name="tfplan"):
    with pytest.raises(BadArtifact) as refused:
        plans_of(content, name)
    told = str(refused.value)
    assert told.isprintable() and told.endswith(".") and len(told) < 400
    return told


def found(content, name="tfplan"):
    return [(plan.root, plan.workspace) for plan in plans_of(content, name).plans]


# --- what is in it


@pytest.mark.parametrize("file", ["tfplan.json", "plan.json", "network.json", "./tfplan.json"])
def test_a_plan_at_the_top_is_of_no_directory_yet(file):
    (plan,) = plans_of(zipped({file: PLAN, "tfplan": b"\0binary", "README.md": "x"}), "network").plans
    assert (plan.root, plan.workspace, plan.document, plan.infracost) == ("", "default", PLAN, None)


def test_a_plan_in_a_folder_is_of_that_root():
    files = {"envs/prod/tfplan.json": PLAN, "envs/dev/anything.json": PLAN, "net/": b"", "net/plan.json": PLAN}
    assert found(zipped(files)) == [("envs/dev", "default"), ("envs/prod", "default"), ("net", "default")]


def test_a_file_says_its_workspace():
    files = {"app/tfplan.json": PLAN, "app/eu.tfplan.json": PLAN, "app/us-1.plan.json": PLAN, "app/other.json": b"{}"}
    assert found(zipped(files)) == [("app", "default"), ("app", "eu"), ("app", "us-1")]


def test_costs_belong_to_the_plan_beside_them_or_to_all():
    unpacked = plans_of(zipped({"a/tfplan.json": PLAN, "a/infracost.json": COSTS, "b/x.json": PLAN}), "tfplan")
    assert [plan.infracost for plan in unpacked.plans] == [COSTS, None]
    assert unpacked.infracost is None
    assert plans_of(zipped({"a/tfplan.json": PLAN, "infracost.json": COSTS}), "tfplan").infracost == COSTS
    top = plans_of(zipped({"tfplan.json": PLAN, "infracost.json": COSTS}), "tfplan")
    assert (top.plans[0].infracost, top.infracost) == (COSTS, None)


def test_what_is_stored_unpacked_is_read_too():
    assert found(zipped({"tfplan.json": PLAN}, zipfile.ZIP_STORED)) == [("", "default")]


def test_neither_a_plan_nor_its_costs_show_when_it_is_printed():
    unpacked = plans_of(zipped({"tfplan.json": PLAN, "infracost.json": COSTS}), "tfplan")
    assert "terraform_version" not in repr(unpacked)
    assert "projects" not in repr(unpacked)


# --- which root it is of


def test_the_plan_at_the_top_is_of_the_only_root_or_of_the_repositorys_own():
    plans = plans_of(zipped({"tfplan.json": PLAN}), "tfplan").plans
    assert [plan.root for plan in placed(plans, ["envs/prod"])[0]] == ["envs/prod"]
    assert [plan.root for plan in placed(plans, ["", "envs/prod"])[0]] == [""]
    assert [plan.root for plan in placed(plans, ["a", "b"], named=["b", "gone"])[0]] == ["b"]
    assert placed(plans, ["a", "b"], named=["a", "b"])[0] == ()


def test_a_plan_of_no_root_that_there_is_becomes_a_statement():
    plans = plans_of(zipped({"tfplan.json": PLAN, "gone/tfplan.json": PLAN}), "tfplan").plans
    kept, told = placed(plans, ["a", "b"])
    assert kept == ()
    assert [statement.blocking for statement in told] == [False, False]
    assert "does not say which root" in told[0].why
    assert "'gone'" in told[1].why


# --- what is refused


def test_a_zip_bomb_is_refused_before_it_bursts():
    bomb = zipped({"tfplan.json": b"\0" * (8 << 20)})
    tracemalloc.start()
    try:
        assert "400 times larger" in why_not(bomb)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_bomb_whose_headers_lie_of_its_size_is_refused():
    bomb = bytearray(zipped({"tfplan.json": b" " * (8 << 20)}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", bomb, bomb.index(signature) + offset, 100)
    why_not(bytes(bomb))


def test_a_document_that_is_too_large_is_refused():
    assert "larger than 16 MiB" in why_not(zipped({"tfplan.json": large(17 << 20)}))


def test_documents_that_are_too_large_together_are_refused():
    assert "larger than 64 MiB together" in why_not(zipped({f"{n}/tfplan.json": large(15 << 20) for n in range(5)}))


def test_a_zip_that_is_too_large_is_refused():
    assert "larger than 32 MiB" in why_not(bytes(33 << 20))


def test_too_many_files_are_refused_without_listing_them():
    assert "more than 1000 files" in why_not(zipped({f"{n}.txt": b"" for n in range(1001)}))


def test_json_that_would_fill_the_memory_is_refused():
    many = b'{"a":[' + b"[]," * 2_000_001 + b"[]]}"
    assert "more than 2000000 values" in why_not(zipped({"tfplan.json": many}, zipfile.ZIP_STORED))


@pytest.mark.parametrize(
    "path", ["../tfplan.json", "a/../../tfplan.json", "/etc/tfplan.json", "c:/x/tfplan.json", ".."]
)
def test_a_path_that_leads_outside_is_refused(path):
    assert "leads outside" in why_not(zipped({path: PLAN}))


@pytest.mark.parametrize("path", ["a\\tfplan.json", "a\ntfplan.json", "a\x1b[31m/tfplan.json", "\u202etfplan.json"])
def test_a_name_that_is_no_plain_text_is_refused(path):
    assert "name of a file" in why_not(zipped({path: PLAN}))


def test_a_name_that_ends_early_for_some_is_refused():
    packed = zipped({"tfplan.json_x": PLAN}).replace(b"tfplan.json_x", b"tfplan.json\0x")
    assert "name of a file" in why_not(packed)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_a_device_is_refused(kind):
    link = zipfile.ZipInfo("tfplan.json")
    link.external_attr = (kind | 0o777) << 16
    assert "no regular file" in why_not(zipped({link: b"/etc/passwd"}))


def test_an_encrypted_file_is_refused():
    packed = bytearray(zipped({"tfplan.json": PLAN}))
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in why_not(bytes(packed))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_way_of_packing_is_refused(method):
    assert "another way than deflate" in why_not(zipped({"tfplan.json": PLAN}, method))


def test_a_zip_within_the_zip_is_not_opened():
    assert "not opened" in why_not(zipped({"inner.zip": zipped({"tfplan.json": PLAN})}))
    assert "not UTF-8" in why_not(zipped({"tfplan.json": zipped({"tfplan.json": PLAN})}))


def test_two_files_of_one_name_are_refused():
    with pytest.warns(UserWarning, match="Duplicate"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("tfplan.json", PLAN)
            archive.writestr("tfplan.json", PLAN)
    assert "twice" in why_not(packed.getvalue())


def test_nobody_guesses_which_file_is_the_plan():
    assert "'a.json', 'b.json'" in why_not(zipped({"x/a.json": PLAN, "x/b.json": PLAN}))
    assert "call it tfplan.json" in why_not(zipped({"plan.json": PLAN, "tfplan.json": PLAN}))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (PLAN[:-1], "ends in the middle"),
        (PLAN[:40], "is not JSON at line 1"),
        (b"", "ends in the middle"),
        (b"\xff\xfe\xfd", "not UTF-8"),
        (b"[" * 100_000, "nested deeper"),
        (b"[]", "expected an object"),
        (b"{}", "no format_version"),
        (b'{"format_version": 1.2}', "expected text"),
        (b'{"format_version": "2.0"}', "'2.0'; expected 1.x"),
        (b'{"format_version": "0.1"}', "'0.1'; expected 1.x"),
        (b'{"format_version": "9\\n<b>"}', "expected 1.x"),
        (b'{"format_version": "1.0", "values": {}}', "not a state"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too long"),
        (b'{"x": 1, "x": 1}', "twice"),
    ],
)
def test_a_document_that_is_no_plan_is_refused(document, words):
    assert words in why_not(zipped({"tfplan.json": document}))


def test_many_keys_with_one_twice_are_refused_in_time():
    many = b",".join(b'"%d":0' % n for n in range(500_000))
    assert "twice" in why_not(zipped({"tfplan.json": b"{" + many + b',"499999":0}'}))


def test_costs_that_are_no_json_are_refused():
    assert "'infracost.json' is not valid JSON" in why_not(zipped({"tfplan.json": PLAN, "infracost.json": b"{"}))


@pytest.mark.parametrize("content", [b"", b"PK", b"\x1f\x8b a tar", b"x" * 1000, zipped({"tfplan.json": PLAN})[:-30]])
def test_what_is_no_zip_is_refused(content):
    assert why_not(content) == "It is no whole zip file."


def test_an_empty_zip_holds_no_plan():
    assert "no plan in it" in why_not(zipped({}))
    assert "no plan in it" in why_not(zipped({"out.json": PLAN}))


@given(st.data())
def test_any_damage_to_a_zip_ends_in_a_refusal_or_in_plans(data):
    packed = bytearray(zipped({"tfplan.json": PLAN, "a/é.json": PLAN}))
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert all(isinstance(plan.document, bytes) for plan in plans_of(bytes(packed), "tfplan").plans)
    except BadArtifact as refused:
        assert str(refused).isprintable()


def large(length):
    """A plan of so many bytes that packs to about a hundredth, as plans with many equal resources do."""
    pattern = "".join(f"{n * 2654435761 % 2**32:08x}" for n in range(200))
    return json.dumps(
        {"format_version": "1.2", "planned_values": {}, "x": pattern * (length // len(pattern) + 1)}
    ).encode()
