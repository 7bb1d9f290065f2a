"""Edits of YAML and JSON: what is not named stays byte by byte, and what is named says what the recipe says."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.fix import kubernetes, yaml_nodes
from reviewer.fix.editing import CannotEdit
from tests.fix.editors import edited, finding, recipe, values

HEAD = "kind: ConfigMap\nmetadata:\n  name: a\n"


def changed(text: str, edit: Any, path: str = "a.yaml") -> str:
    return edited(kubernetes, text, finding("kubernetes", path, "ConfigMap.default.a"), recipe(edit))


def test_comments_order_and_quotes_survive_an_edit_of_the_value_beside_them() -> None:
    text = HEAD + "data:  # why\n  'one': \"x\"   # first\n\n  # about two\n  two: 'false'  # kept\n  three: [a,  b]\n"
    assert changed(text, {"set": {"data": {"two": "true"}}}) == text.replace("'false'", "'true'")


@pytest.mark.parametrize("ending", ["", "\n", "\n\n", "\n# the end\n", "\n---\nkind: Other\n"])
def test_what_follows_the_last_value_stays_where_it_is(ending: str) -> None:
    text = HEAD + "spec:\n  a: 1" + ending
    assert changed(text, {"set": {"spec": {"b": 2}}}) == HEAD + "spec:\n  a: 1\n  b: 2" + ending


def test_line_ends_of_windows_and_a_byte_order_mark_survive() -> None:
    text = "\ufeff" + (HEAD + "spec:\n  a: 1\n").replace("\n", "\r\n")
    new = changed(text, {"set": {"spec": {"b": {"c": [1]}}}})
    assert new == text + "  b:\r\n    c:\r\n      - 1\r\n"


@pytest.mark.parametrize(
    ("there", "added"),
    [
        ("spec:\n    a:\n        b: 1\n", "    x:\n        y: 1\n"),
        ("spec:\n  a:\n  - b\n  - c\n", "  x:\n    y: 1\n"),
    ],
)
def test_new_lines_are_indented_as_the_file_is(there: str, added: str) -> None:
    text = HEAD.replace("\n  name", "\n    name") if "    a" in there else HEAD
    assert changed(text + there, {"set": {"spec": {"x": {"y": 1}}}}) == text + there + added


@pytest.mark.parametrize(("indent", "dash"), [("", "  "), ("  ", "    ")])
def test_new_lists_stand_as_the_lists_of_the_file_do(indent: str, dash: str) -> None:
    text = HEAD + f"spec:\n  a:\n  {indent}- 1\n"
    assert changed(text, {"set": {"spec": {"b": [2]}}}) == text + f"  b:\n{dash}- 2\n"


@pytest.mark.parametrize(
    ("there", "becomes"),
    [
        ("spec: {a: 1}\n", "spec: {a: 1, b: {c: [x]}}\n"),
        ("spec: { a: 1 }\n", "spec: { a: 1, b: {c: [x]} }\n"),
        ("spec: {a: 1,}\n", "spec: {a: 1, b: {c: [x]},}\n"),
        ("spec: {}  # none\n", "spec:  # none\n  b:\n    c:\n      - x\n"),
        ("spec:  # none\n", "spec:  # none\n  b:\n    c:\n      - x\n"),
        ("spec: ~\n", "spec:\n  b:\n    c:\n      - x\n"),
        ("spec: {\n  a: 1, # one\n}\n", "spec: {\n  a: 1, # one\n  b: {c: [x]}\n}\n"),
        ("spec:\n  b:\n    c: [y,  z]\n", "spec:\n  b:\n    c:\n      - x\n"),
        (
            "spec:\n  b:  # why\n    c:\n      - y # no\n      - z\n  d: 1\n",
            "spec:\n  b:  # why\n    c:\n      - x\n  d: 1\n",
        ),
        ("spec:\n  b: text\n", "spec:\n  b:\n    c:\n      - x\n"),
        ('spec:\n  b: {c: ["y"]}\n', "spec:\n  b: {c: [x]}\n"),
    ],
)
def test_a_mapping_is_set_in_every_form_that_it_may_have(there: str, becomes: str) -> None:
    assert changed(HEAD + there, {"set": {"spec": {"b": {"c": ["x"]}}}}) == HEAD + becomes


def test_block_scalars_keep_their_lines_when_something_is_added_after_them() -> None:
    for mark, lines in (("|", "    a\n\n    b\n\n"), (">-", "    a\n\n"), ("|2", "      a\n")):
        text = HEAD + f"spec:\n  run: {mark}\n{lines}"
        new = changed(text, {"set": {"spec": {"x": 1}}})
        assert yaml.safe_load(new)["spec"] == yaml.safe_load(text)["spec"] | {"x": 1}
    kept = HEAD + "spec:\n  run: |+\n    a\n\n\n"
    assert yaml.safe_load(changed(kept, {"set": {"spec": {"x": 1}}}))["spec"] == {"run": "a\n\n\n", "x": 1}


def test_default_fills_gaps_and_leaves_what_is_there() -> None:
    text = HEAD + "spec:\n  a: mine\n  b:\n  c: {d: mine}\n"
    new = changed(text, {"default": {"spec": {"a": 1, "b": 2, "c": {"d": 3, "e": 4}}}})
    assert new == HEAD + "spec:\n  a: mine\n  b: 2\n  c: {d: mine, e: 4}\n"


def test_include_adds_what_a_list_lacks() -> None:
    text = HEAD + 'spec:\n  a:\n  - x\n  b: ["x"]\n'
    new = changed(text, {"include": {"spec.a": ["x", "y"], "spec.b": ["z"], "spec.c": ["new"]}})
    assert new == HEAD + 'spec:\n  a:\n  - x\n  - y\n  b: ["x", "z"]\n  c:\n  - new\n'


@pytest.mark.parametrize(
    ("there", "item", "added"),
    [
        ("  - --a=b\n", "--profiling=false", "  - --profiling=false\n"),
        ("  - --a=b\n", "--mode=Node,RBAC", "  - --mode=Node,RBAC\n"),
        ("  - --a=b\n", "-v", "  - -v\n"),
        ("  - --a=b\n", "-1", '  - "-1"\n'),
        ("  - --a=b\n", "- b", '  - "- b"\n'),
        ("  - --a=b\n", '{"a": "b"}', '  - \'{"a": "b"}\'\n'),
        ("  - --a=b\n", '"it\'s"', '  - "\\"it\'s\\""\n'),
        ("  - '--a=b'\n  - 'c'\n", "--profiling=false", "  - '--profiling=false'\n"),
        ('  - "--a=b"\n', "x", '  - "x"\n'),
        ('  - "--a=b"\n  - c\n', "x", "  - x\n"),
    ],
)
def test_an_item_is_quoted_as_those_beside_it_are_and_where_it_must_be(there: str, item: str, added: str) -> None:
    text = HEAD + "spec:\n  a:\n" + there
    new = changed(text, {"include": {"spec.a": [item]}})
    assert new == text + added
    assert yaml.safe_load(new)["spec"]["a"][-1] == item


def test_a_flag_with_a_comma_is_one_item_in_brackets_too() -> None:
    new = changed(HEAD + "spec: {a: [--b]}\n", {"include": {"spec.a": ["--mode=Node,RBAC"]}})
    assert new == HEAD + 'spec: {a: [--b, "--mode=Node,RBAC"]}\n'


def test_items_of_a_list_are_told_apart_by_the_key_that_the_recipe_names() -> None:
    text = HEAD + "spec:\n  env:\n    - name: A\n      value: '1'\n    - value: '2'\n      name: B\n"
    edit = {
        "set": {"spec": {"env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]}},
        "by": {"spec.env": "name"},
    }
    new = changed(text, edit)
    assert new == text.replace("'2'", "'3'") + '    - name: C\n      value: "4"\n'


@pytest.mark.parametrize(
    ("there", "becomes"),
    [
        ("spec:\n  a: 1\n  gone: 2 # x\n  b: 3\n", "spec:\n  a: 1\n  b: 3\n"),
        ("spec:\n  gone:\n    - 1\n    - 2\n\n  b: 3\n", "spec:\n\n  b: 3\n"),
        ("spec: {gone: 1, b: 2}\n", "spec: {b: 2}\n"),
        ("spec: {b: 2, gone: 1}\n", "spec: {b: 2}\n"),
        ("x: 1\nspec:\n  gone: 1\n", "x: 1\n"),
        ("x: 1\nspec:\n  gone: 1", "x: 1"),
        ("spec: {gone: {gone: 1}}\nx: 1\n", "x: 1\n"),
        ("spec:\n- gone: 1\n  a: 2\n- gone: 3\n  b: 4\n", "spec:\n- a: 2\n- b: 4\n"),
    ],
)
def test_a_removed_key_takes_its_lines_and_no_others(there: str, becomes: str) -> None:
    assert changed(HEAD + there, {"remove": ["spec.gone"]}) == HEAD + becomes


@pytest.mark.parametrize(
    ("there", "becomes"),
    [
        ("spec:\n  a: 1\n  b:\n    c:\n      add: [X]  # why\n  d: 2\n", "spec:\n  a: 1\n  d: 2\n"),
        ("spec:\n  b:\n    c: {add: [X]}\n    e: 1\n", "spec:\n  b:\n    e: 1\n"),
        ("spec: {a: 1, b: {c: {add: [X]}}}\n", "spec: {a: 1}\n"),
        ("spec: {b: {c: {add: [X]}}, a: 1}\n", "spec: {a: 1}\n"),
        ("spec: {b: {c: {add: [X]}}}\n", ""),
        ("spec:\n- b: {c: {add: [X]}}\n  a: 1\n- b: {c: {add: [X], drop: [Y]}}\n", None),
    ],
)
def test_mappings_that_a_removed_key_leaves_empty_go_with_it(there: str, becomes: str | None) -> None:
    left = "spec:\n- a: 1\n- b: {c: {drop: [Y]}}\n" if becomes is None else becomes
    assert changed(HEAD + there, {"remove": ["spec.b.c.add"]}) == HEAD + left


def test_an_item_of_a_list_is_not_emptied_and_no_anchor_goes_that_is_used() -> None:
    with pytest.raises(CannotEdit, match="Nothing would be left"):
        changed(HEAD + "spec:\n- b: {c: 1}\n", {"remove": ["spec.b.c"]})
    with pytest.raises(CannotEdit, match="used elsewhere too"):
        changed(HEAD + "spec: {a: 1, b: {c: &c {add: 1}}}\nother: *c\n", {"remove": ["spec.b.c.add"]})


def test_what_a_recipe_removes_and_sets_in_the_same_place_stands_in_the_end() -> None:
    edit = {"remove": ["spec.caps.add"], "set": {"spec": {"caps": {"drop": ["ALL"]}}}}
    text = HEAD + "spec: {caps: {add: [X]}}\nend: 1\n"
    new = yaml.safe_load(changed(text, edit))
    assert new["spec"] == {"caps": {"drop": ["ALL"]}}
    assert new["end"] == 1


@pytest.mark.parametrize(
    ("there", "becomes"),
    [
        ("spec:\n  a: bad # x\n", "spec:\n  a: good # x\n"),
        ("spec:\n  a:\n  - bad\n  - fine\n", "spec:\n  a:\n  - fine\n"),
        ("spec:\n  a: [bad, worse]\n", "spec:\n  a:\n    - good\n"),
        ("spec:\n  a: fine\n", "spec:\n  a: fine\n"),
        ("spec:\n- a: bad\n- a: fine\n", "spec:\n- a: good\n- a: fine\n"),
    ],
)
def test_replace_changes_only_the_values_it_names(there: str, becomes: str) -> None:
    assert (
        changed(HEAD + there, {"replace": [{"at": "spec.a", "old": ["bad", "worse"], "new": "good"}]}) == HEAD + becomes
    )


def test_a_value_that_comes_from_an_anchor_is_not_edited_and_the_anchor_is_named() -> None:
    text = HEAD + "base: &base\n  a: 1\nspec: *base\nmore:\n  <<: *base\n  b: 2\n"
    with pytest.raises(CannotEdit, match=r"`spec` on line 6 comes from the anchor `&base` on line 4"):
        changed(text, {"set": {"spec": {"a": 2}}})
    with pytest.raises(CannotEdit, match=r"used elsewhere too, by the alias `\*base`"):
        changed(text, {"set": {"base": {"a": 2}}})
    assert changed(text, {"set": {"spec": {"a": 1}}}) == text
    assert changed(text, {"set": {"more": {"a": 2}}}) == text + "  a: 2\n"


def test_what_an_alias_stands_for_is_not_removed() -> None:
    text = HEAD + "spec:\n  a: &a 1\n  b: 2\nother: *a\n"
    with pytest.raises(CannotEdit, match="used elsewhere too"):
        changed(text, {"remove": ["spec.a"]})


def test_json_stays_json_in_the_style_of_the_file() -> None:
    data = {"kind": "ConfigMap", "metadata": {"name": "a"}, "spec": {"a": [1], "on": {"b": "x"}}}
    for indent, inner in ((2, "  "), (4, "    "), ("\t", "\t"), (None, "")):
        text = json.dumps(data, indent=indent)
        new = changed(text, {"set": {"spec": {"on": {"b": "y", "yes": True}, "z": {"l": ["p", "q"]}}}}, "a.json")
        assert json.loads(new)["spec"] == {"a": [1], "on": {"b": "y", "yes": True}, "z": {"l": ["p", "q"]}}
        if indent is not None:
            made = json.loads(text) | {"spec": json.loads(new)["spec"]}
            assert new == json.dumps(made, indent=indent), inner


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        b"[" * 90_000,
        b"kind: a\nspec: " + b"{a: " * 5000,
        b"- " * 50_000,
        b"kind: ConfigMap\nspec: " + b"x" * 1_000_000,
        b"kind: ConfigMap\n" + b"".join(b"a%d: [%s]\n" % (i, b",".join([b"*x"] * 9)) for i in range(1000)),
        b"\xff\xfe",
        b"kind: a\rb: c\r",
        b"kind: [",
        b"a: &a [*a, *a]\nkind: ConfigMap\nmetadata: {name: a}\nspec: *a\n",
        b"kind: ConfigMap\nspec:\n" + b" " * 400_000 + b"a: 1",
        b"? " * 40_000,
    ],
    ids=range(11),
)
def test_hostile_bytes_end_soon_in_one_sentence(data: bytes) -> None:
    started = time.process_time()
    found = finding("kubernetes", "a.yaml", "ConfigMap.default.a")
    with pytest.raises(CannotEdit):
        place = kubernetes.locate({"a.yaml": data}, found)
        kubernetes.edit({"a.yaml": data}, place, recipe({"set": {"spec": {"a": {"b": 1}}}}), values())
    assert time.process_time() - started < 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "edit"),
    [
        ("spec:\n" + "  gone: 1\n" * 15_000 + "  b: 1\n", {"remove": ["spec.gone"]}),
        ("spec:\n" + "  gone: {x: 1}\n" * 10_000 + "  b: 1\n", {"remove": ["spec.gone.x"]}),
        ("spec: {" + "gone: 1, " * 15_000 + "b: 1}\n", {"remove": ["spec.gone"]}),
        ("spec: {a: [" + "bad, " * 30_000 + "b]}\n", {"replace": [{"at": "spec.a", "old": ["bad"]}]}),
    ],
    ids=range(4),
)
def test_what_is_taken_out_ten_thousand_times_is_soon_gone(lines: str, edit: Any) -> None:
    started = time.process_time()
    assert len(changed(HEAD + lines, edit)) < 100
    assert time.process_time() - started < 5


def test_aliases_of_aliases_do_not_multiply() -> None:
    lines = ["kind: ConfigMap", "metadata: {name: a}", "a0: &a0 {k: 1}"]
    lines += [f"a{i}: &a{i} {{k: [{', '.join([f'*a{i - 1}'] * 12)}]}}" for i in range(1, 30)]
    text = "\n".join([*lines, "spec:", "  x: *a29", ""])
    started = time.process_time()
    new = changed(text, {"set": {"spec": {"y": 1}}})
    assert new == text + "  y: 1\n"
    with pytest.raises(CannotEdit):
        changed(text, {"set": {"spec": {"x": {"k": {"k": {"k": {"k": {"k": {"k": 2}}}}}}}}})
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "edit",
    [
        {"set": ["a"]},
        {"include": {"a": "b"}},
        {"remove": "a"},
        {"replace": [{"at": "a"}]},
        {"replace": [{"at": "a", "old": "b", "new": "c"}]},
        {"unheard": 1},
        {"at": "nowhere"},
    ],
)
def test_edits_that_are_not_well_formed_are_refused(edit: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        kubernetes.check(recipe(edit))


def test_a_condition_that_is_not_well_formed_is_refused() -> None:
    kubernetes.check(recipe({"set": {"a": 1}}, when={"a": ({"contains": "b"}, None)}))
    with pytest.raises(ValueError, match="when: expected"):
        kubernetes.check(recipe({"set": {"a": 1}}, when={"a": ({"contain": "b"},)}))


KEYS = st.sampled_from(["a", "b", "c", "long-key", "with space", "on", "1"])
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-5, 99),
    st.none(),
    st.sampled_from(
        ["", "x", "two words", "it's", 'say "so"', "#no", "a: b", "true", "1.5", "- x", "é", "a\nb\n", "*a"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
OVERLAYS = st.recursive(
    st.dictionaries(KEYS, SCALARS | st.lists(SCALARS, max_size=2), min_size=1, max_size=2),
    lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=2),
    max_leaves=4,
)


def merged(there: Any, overlay: Any) -> Any:
    """What `set` has to make, in plain words."""
    if isinstance(overlay, dict) and overlay:
        if isinstance(there, list) and there:
            return [merged(item, overlay) for item in there]
        base = there if isinstance(there, dict) else {}
        return base | {key: merged(base.get(key), value) for key, value in overlay.items()}
    return overlay


def written(value: Any, form: str, comments: bool) -> str:
    """A document in one of the forms that people write."""
    document = {"kind": "ConfigMap", "metadata": {"name": "a"}, "spec": value, "end": 1}
    if form == "json":
        return json.dumps(document, indent=2)
    text: str = yaml.safe_dump(
        document,
        sort_keys=False,
        indent=4 if form == "four" else 2,
        default_flow_style=None if form == "mixed" else form == "flow",
        width=1000,
    )
    if not comments or form == "flow":
        return text
    return "".join(line if line[:1] in (" ", "-") else f"# before\n{line}" for line in text.splitlines(keepends=True))


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    value=st.dictionaries(KEYS, VALUES, max_size=4),
    overlay=OVERLAYS,
    form=st.sampled_from(["two", "four", "flow", "mixed", "json"]),
    comments=st.booleans(),
    windows=st.booleans(),
)
def test_set_makes_what_merging_the_values_makes_and_touches_nothing_else(
    value: dict[str, Any], overlay: dict[str, Any], form: str, comments: bool, windows: bool
) -> None:
    text = written(
        value, form, comments and "\\n" not in repr(value)
    )  # a comment within a text of several lines is text
    path = "a.json" if form == "json" else "a.yaml"
    source = text.replace("\n", "\r\n") if windows else text
    try:
        new = changed(source, {"set": {"spec": overlay}}, path)
    except CannotEdit as error:
        assert "not a mapping" in str(error), error
        return
    expected = yaml.safe_load(text) | {"spec": merged(yaml.safe_load(text)["spec"], overlay)}
    assert yaml.safe_load(new) == expected
    if form == "json":
        assert json.loads(new) == json.loads(json.dumps(expected))
    assert not windows or "\n" not in new.replace("\r\n", "")
    assert new.count("# before") == source.count("# before")


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    value=st.dictionaries(KEYS, VALUES, min_size=2, max_size=4),
    key=KEYS,
    form=st.sampled_from(["two", "four", "flow", "mixed", "json"]),
)
def test_remove_takes_one_key_and_nothing_else(value: dict[str, Any], key: str, form: str) -> None:
    text = written(value, form, comments=True)
    new = changed(text, {"remove": [f"spec.{key}"]}, "a.json" if form == "json" else "a.yaml")
    spec = {k: v for k, v in yaml.safe_load(text)["spec"].items() if k != key}
    assert yaml.safe_load(new) == yaml.safe_load(text) | {"spec": spec}


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet="ab:-#&*!|>{}[],'\"? \n\r\t%@`\ufeff", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = yaml_nodes.read("a.yaml", text.encode())
    except CannotEdit:
        return
    for document in read.documents:
        for node in yaml_nodes.nodes(document):
            assert 0 <= node.start <= node.body <= max(node.end, node.body) <= len(read.text)
