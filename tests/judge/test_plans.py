from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.judge.plans import MAX_CHANGES, cause, cause_of_deletion, outline, unite
from reviewer.model import Hunk, NotExamined, PlanAction, PlanOrigin, Severity, Source
from reviewer.tfplan.model import Place
from reviewer.tfplan.read import read
from tests.judge.builders import change, finding, hunk, result, span
from tests.tfplan.documents import entry, plan

DATABASE = entry("aws_db_instance.orders", before={"engine": "mysql"}, after=None)
QUIET = entry("aws_x.quiet", before={"a": 1}, after={"a": 1})


def outlined(*entries, findings=(), places=None, root="envs/prod", **more):
    document = plan(*entries, **more)
    return outline(read(document, approximate=True), places or {}, findings, root=root)


def about(resource, severity=Severity.HIGH, **more):
    return finding(resource, severity=severity, root="envs/prod", source=Source.PLAN, **more)


def test_the_riskiest_comes_first_and_what_is_only_moved_last():
    moved = {**QUIET, "address": "aws_x.new", "previous_address": "aws_x.old"}
    found = outlined(
        moved,
        entry("aws_x.new_one", after={"a": 1}),
        entry("aws_x.gone", before={"a": 1}),
        DATABASE,
        QUIET,
        entry("data.aws_x.read", after={"a": 1}, mode="data", actions=["read"]),
        entry("aws_x.open", before={"a": 1}, after={"a": 2}),
        findings=[about("aws_x.open", Severity.MEDIUM)],
    )
    assert [one.address for one in found.changes] == [
        "aws_x.open",
        "aws_db_instance.orders",
        "aws_x.gone",
        "aws_x.new_one",
        "aws_x.new",
    ]
    assert found.changes[0].severity is Severity.MEDIUM
    assert found.changes[-1].previous_address == "aws_x.old"
    assert found.counts == ((PlanAction.CREATE, 1), (PlanAction.UPDATE, 1), (PlanAction.DELETE, 2))


def test_it_says_what_it_is_and_how_much_it_leaves_out():
    found = outlined(*(entry(f"aws_x.y[{n}]", after={"a": n}) for n in range(MAX_CHANGES + 7)))
    assert (found.root, found.workspace, found.origin) == ("envs/prod", "default", PlanOrigin.HERMETIC)
    assert (len(found.changes), found.left_out, found.counts) == (50, 7, ((PlanAction.CREATE, 57),))


def test_attributes_and_places_are_told():
    place = Place(block=span("envs/prod/main.tf", 3, 9))
    changed = entry("aws_x.y[0]", before={"acl": "private"}, after={"acl": "public-read"})
    (one,) = outlined(changed, places={"aws_x.y": place}).changes
    assert [(a.path, a.before, a.after) for a in one.attributes] == [("acl", "private", "public-read")]
    assert one.span == place.block


@pytest.mark.parametrize(
    ("resource", "worst"),
    [
        ('module.m["a"].aws_x.y', [Severity.HIGH, None]),
        ("module.m.aws_x.y", [Severity.HIGH, Severity.HIGH]),
        ('module.m["c"].aws_x.y', [None, None]),
        ("module.m.aws_x.other", [None, None]),
    ],
)
def test_a_finding_is_about_its_instance_or_about_all_of_its_block(resource, worst):
    entries = [entry(f'module.m["{key}"].aws_x.y', after={"a": 1}) for key in "ab"]
    found = outlined(*entries, findings=[about(resource), about("aws_x.y", Severity.CRITICAL)])
    by_address = {one.address: one.severity for one in found.changes}
    assert [by_address[f'module.m["{key}"].aws_x.y'] for key in "ab"] == worst


def test_findings_of_other_roots_and_muted_ones_say_nothing():
    others = [replace(about("aws_x.y"), root="other"), replace(about("aws_x.y"), skip_reason="agreed")]
    assert outlined(entry("aws_x.y", after={}), findings=others).changes[0].severity is None


def test_drift_is_counted_and_not_told():
    drifted = [entry("aws_x.y", before={"a": 1}, after={"a": 2}), QUIET]
    found = outlined(resource_drift=drifted)
    assert (found.drifted, found.changes) == (1, ())


def referring(*pairs):
    resources = [
        {"address": source, "expressions": {"x": {"references": [f"{target}.id", target]}}} for source, target in pairs
    ]
    return {"root_module": {"resources": resources}}


def test_edges_go_between_instances_with_one_key():
    found = outlined(
        *(entry(f'aws_x.{name}["{key}"]', after={}) for name in "ab" for key in "kl"),
        entry("aws_x.c", after={}),
        configuration=referring(("aws_x.a", "aws_x.b"), ("aws_x.b", "aws_x.c"), ("aws_x.c", "aws_x.gone")),
    )
    assert set(found.edges) == {
        ('aws_x.a["k"]', 'aws_x.b["k"]'),
        ('aws_x.a["l"]', 'aws_x.b["l"]'),
        ('aws_x.b["k"]', "aws_x.c"),
        ('aws_x.b["l"]', "aws_x.c"),
    }


def test_edges_stay_in_one_instance_of_a_module():
    inner = {
        "resources": [
            {"address": "aws_x.a", "expressions": {"x": {"references": ["aws_x.b.id", "aws_x.b"]}}},
            {"address": "aws_x.b", "expressions": {}},
        ]
    }
    found = outlined(
        *(entry(f"module.m[{n}].aws_x.{name}", after={}) for n in (0, 1) for name in "ab"),
        configuration={"root_module": {"module_calls": {"m": {"module": inner}}}},
    )
    assert set(found.edges) == {(f"module.m[{n}].aws_x.a", f"module.m[{n}].aws_x.b") for n in (0, 1)}


def test_edges_go_from_one_module_into_another():
    root = {
        "resources": [],
        "module_calls": {
            "a": {
                "expressions": {"key": {"references": ["module.b.arn", "module.b"]}},
                "module": {"resources": [{"address": "aws_x.a", "expressions": {"k": {"references": ["var.key"]}}}]},
            },
            "b": {
                "module": {
                    "resources": [{"address": "aws_x.b", "expressions": {}}],
                    "outputs": {"arn": {"expression": {"references": ["aws_x.b.arn", "aws_x.b"]}}},
                }
            },
        },
    }
    found = outlined(
        entry("module.a[0].aws_x.a", after={}),
        entry("module.b[1].aws_x.b", after={}),
        configuration={"root_module": root},
    )
    assert found.edges == (("module.a[0].aws_x.a", "module.b[1].aws_x.b"),)


# code and plan


def seen(resource, **more):
    return replace(finding(resource, **more), source=Source.PLAN)


@pytest.mark.parametrize(
    ("code", "planned", "added"),
    [
        ("aws_x.y", "aws_x.y", False),
        ("aws_x.y", "aws_x.y[0]", False),
        ("module.m.aws_x.y", 'module.m["k"].aws_x.y[0]', False),
        ("module.m[0].aws_x.y", "module.m[0].aws_x.y[1]", False),
        ("aws_x.y[0]", "aws_x.y[1]", True),
        ("module.m[0].aws_x.y", "module.m[1].aws_x.y", True),
        ("aws_x.y", "aws_x.z", True),
        ("module.m.aws_x.y", "aws_x.y", True),
    ],
)
def test_what_both_show_is_one_finding_of_the_code(code, planned, added):
    united = unite(result(finding(code)), [seen(planned)])
    assert united.findings == ((finding(code), seen(planned)) if added else (finding(code),))


@pytest.mark.parametrize("other", [{"rule": "CKV_2"}, {"path": "other.tf"}, {"root": "other"}])
def test_another_rule_file_or_root_is_another_finding(other):
    united = unite(result(finding("aws_x.y")), [seen("aws_x.y", **other)])
    assert [one.source for one in united.findings] == [Source.CODE, Source.PLAN]


def test_instances_that_only_the_plan_shows_stay_several():
    planned = [finding(f"aws_x.y[{n}]") for n in (0, 1)]
    united = unite(result(), planned)
    assert united.findings == tuple(replace(one, source=Source.PLAN) for one in planned)
    assert len({one.block for one in united.findings}) == 1


def test_what_a_rule_says_twice_of_one_resource_stays_two():
    planned = [seen("aws_x.y", message="one"), seen("aws_x.y", message="two")]
    assert unite(result(), planned).findings == tuple(planned)


def test_what_is_muted_in_the_code_is_not_told_by_the_plan():
    muted = finding("aws_x.y", skip_reason="agreed")
    assert unite(result(muted), [seen("aws_x.y[0]")]).findings == (muted,)


def test_statements_are_added_once():
    statement = NotExamined(what="module.m", why="It is not here.", blocking=False)
    united = unite(unite(result(), [], [statement]), [], [statement])
    assert united.not_examined == (statement,)


RESOURCES = st.sampled_from(["aws_x.y", "aws_x.y[0]", "aws_x.y[1]", "module.m.aws_x.y", "module.m[0].aws_x.y"])
FOUND = st.builds(finding, RESOURCES, rule=st.sampled_from(["A", "B"]), message=st.sampled_from(["m", "n"]))


@settings(max_examples=150, deadline=None)
@given(st.lists(FOUND, max_size=5), st.lists(FOUND, max_size=5))
def test_uniting_loses_no_finding_of_the_code_and_again_adds_nothing(code, planned):
    united = unite(result(*code), planned)
    assert united.findings[: len(code)] == tuple(code)
    assert unite(united, planned) == united
    there = {(one.rule, one.resource.replace("[0]", "").replace("[1]", "")) for one in united.findings}
    assert {(one.rule, one.resource.replace("[0]", "").replace("[1]", "")) for one in planned} <= there


# the line that caused it

MODULE = span("modules/bucket/main.tf", 10, 30)
PLACE = Place(
    block=MODULE,
    attributes=(("acl", span("modules/bucket/main.tf", 14)), ("tags", span("modules/bucket/main.tf", 20, 24))),
    callers=(span("envs/prod/main.tf", 5), span("modules/outer/main.tf", 8)),
    origins=(("acl", span("envs/prod/prod.tfvars", 3)), ("tags", span("envs/prod/variables.tf", 40))),
)
ACL = finding("module.o.module.b.aws_x.y", span=span("modules/bucket/main.tf", 14), block=MODULE)
BLOCK = replace(ACL, span=MODULE)


@pytest.mark.parametrize(
    ("about_", "hunks", "lines"),
    [
        (ACL, [hunk("modules/bucket/main.tf", 12, 16, added=[14])], span("modules/bucket/main.tf", 14)),
        # What was written goes before what stands beside it.
        (
            ACL,
            [hunk("modules/bucket/main.tf", 12, 16, added=[15]), hunk("envs/prod/main.tf", 4, 6, added=[5])],
            span("envs/prod/main.tf", 5),
        ),
        # The innermost call first.
        (
            ACL,
            [hunk("envs/prod/main.tf", 4, 6, added=[5]), hunk("modules/outer/main.tf", 7, 9, added=[8])],
            span("modules/outer/main.tf", 8),
        ),
        (ACL, [hunk("envs/prod/prod.tfvars", 1, 5, added=[3])], span("envs/prod/prod.tfvars", 3)),
        # The value of another attribute is no cause, unless nobody knows which attribute it is.
        (ACL, [hunk("envs/prod/variables.tf", 38, 42, added=[40])], MODULE),
        (BLOCK, [hunk("envs/prod/variables.tf", 38, 42, added=[40])], span("envs/prod/variables.tf", 40)),
        (BLOCK, [hunk("modules/bucket/main.tf", 12, 22, added=[15, 17, 21])], span("modules/bucket/main.tf", 15, 21)),
        # A line that was taken away is a cause as well: the line after it.
        (
            BLOCK,
            [Hunk(path="modules/bucket/main.tf", start_line=12, end_line=16, deleted_before=frozenset({15}))],
            span("modules/bucket/main.tf", 15),
        ),
        (
            BLOCK,
            [Hunk(path="modules/bucket/main.tf", start_line=24, end_line=30, deleted_before=frozenset({31}))],
            span("modules/bucket/main.tf", 30),
        ),
        # Nothing of it was written: what the diff shows of it, else the block.
        (ACL, [hunk("modules/bucket/main.tf", 12, 16, added=[])], span("modules/bucket/main.tf", 14)),
        (ACL, [hunk("other.tf", 1, 5)], MODULE),
        (ACL, [], MODULE),
    ],
)
def test_the_cause_is_the_line_of_the_diff(about_, hunks, lines):
    assert cause(about_, PLACE, change(*hunks)) == lines


def deleted(path, start, end, *before):
    return Hunk(path=path, start_line=start, end_line=end, deleted_before=frozenset(before))


GONE = Place(block=span("envs/prod/db.tf", 20, 30), callers=(span("envs/prod/main.tf", 5, 9),))


@pytest.mark.parametrize(
    ("hunks", "renamed", "line"),
    [
        (
            [deleted("envs/prod/db.tf", 1, 4, 2), deleted("envs/prod/db.tf", 17, 22, 20)],
            [],
            span("envs/prod/db.tf", 20),
        ),
        ([deleted("envs/prod/db.tf", 17, 19, 20)], [], span("envs/prod/db.tf", 19)),
        (
            [deleted("envs/prod/data.tf", 17, 22, 20)],
            [("envs/prod/db.tf", "envs/prod/data.tf")],
            span("envs/prod/data.tf", 20),
        ),
        # The module call went, and the module's file stays.
        ([deleted("envs/prod/main.tf", 2, 6, 5)], [], span("envs/prod/main.tf", 5)),
        ([hunk("envs/prod/db.tf", 40, 42, added=[41])], [], span("envs/prod/db.tf", 40)),
        # The file went.
        ([hunk("envs/prod/other.tf", 3, 5), hunk("envs/dev/x.tf", 1, 2)], [], span("envs/prod/other.tf", 3)),
        ([hunk("envs/dev/x.tf", 1, 2)], [], span("envs/prod/db.tf", 1)),
    ],
)
def test_what_is_gone_is_told_where_it_went(hunks, renamed, line):
    assert cause_of_deletion(GONE, change(*hunks, renamed=renamed), "envs/prod") == line


SPANS = st.tuples(st.sampled_from(["a", "b", "r/c"]), st.integers(1, 30), st.integers(0, 8)).map(
    lambda t: span(t[0], t[1], t[1] + t[2])
)
HUNKS = st.tuples(SPANS, st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40))).map(
    lambda t: Hunk(
        path=t[0].path,
        start_line=t[0].start_line,
        end_line=t[0].end_line,
        added=frozenset(n for n in t[1] if t[0].start_line <= n <= t[0].end_line),
        deleted_before=frozenset(n for n in t[2] if t[0].start_line <= n <= t[0].end_line + 1),
    )
)


@settings(max_examples=150, deadline=None)
@given(st.lists(HUNKS, max_size=4), SPANS, SPANS, st.lists(SPANS, max_size=2))
def test_a_cause_lies_in_one_hunk_or_is_the_block(hunks, narrow, block, callers):
    place = Place(block=block, callers=tuple(callers), origins=(("x", narrow),))
    diff = change(*hunks)
    for lines in (cause(finding(span=narrow, block=block), place, diff), cause_of_deletion(place, diff, "r")):
        inside = any(
            h.path == lines.path and h.start_line <= lines.start_line <= lines.end_line <= h.end_line for h in hunks
        )
        assert inside or lines in (block, span(block.path, 1))
