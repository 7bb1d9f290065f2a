from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.tfplan.addresses import follow, parse, read_moves, spell


@pytest.mark.parametrize(
    ("text", "names", "rest"),
    [
        ("aws_x.y", ["aws_x.y"], ""),
        ("aws_x.y[0].id", ["aws_x.y"], "id"),
        ('module.a["k.]\\"x"].module.b.data.aws_x.y[0]', ["module.a", "module.b", "data.aws_x.y"], ""),
        ("module.m.out", ["module.m"], "out"),
        ("", [], ""),
        ("nonsense", [], "nonsense"),
        ("aws_x.y[", [], "aws_x.y["),
    ],
)
def test_an_address_is_taken_apart(text, names, rest):
    address, left = parse(text)
    assert ([segment.name for segment in address], left) == (names, rest)


NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,5}", fullmatch=True)
KEYS = (
    st.just("")
    | st.integers(0, 99).map(lambda n: f"[{n}]")
    | st.text(st.characters(exclude_characters='"\\', exclude_categories=("Cs",)), max_size=5).map(
        lambda key: f'["{key}"]'
    )
)
ADDRESSES = st.builds(
    lambda modules, type_, name, key: "".join(f"module.{m}{k}." for m, k in modules) + f"{type_}.{name}{key}",
    st.lists(st.tuples(NAMES, KEYS), max_size=3),
    NAMES.filter(lambda name: name not in ("module", "data")),
    NAMES,
    KEYS,
)


@given(ADDRESSES)
def test_an_address_is_spelled_as_it_was(text):
    address, rest = parse(text)
    assert rest == ""
    assert spell(address) == text


@pytest.mark.parametrize(
    ("moved", "address", "went"),
    [
        ([("aws_x.a", "aws_x.b")], "aws_x.a", "aws_x.b"),
        ([("aws_x.a", "aws_x.b")], 'aws_x.a["k"]', 'aws_x.b["k"]'),
        ([("aws_x.a", "aws_x.b")], "aws_x.ab", "aws_x.ab"),
        ([("aws_x.a", "aws_x.b[0]")], "aws_x.a", "aws_x.b[0]"),
        ([("aws_x.a", "aws_x.b[0]")], "aws_x.a[0]", "aws_x.a[0]"),
        ([('aws_x.a["o"]', 'aws_x.a["n"]')], 'aws_x.a["o"]', 'aws_x.a["n"]'),
        ([('aws_x.a["o"]', 'aws_x.a["n"]')], 'aws_x.a["p"]', 'aws_x.a["p"]'),
        ([("aws_x.a[0]", "aws_x.a")], "aws_x.a[0]", "aws_x.a"),
        ([("module.a", "module.b")], 'module.a["k"].aws_x.y[1]', 'module.b["k"].aws_x.y[1]'),
        ([("module.a", "module.b[0]")], "module.a.aws_x.y", "module.b[0].aws_x.y"),
        ([("module.a[0]", 'module.a["z"]')], "module.a[0].aws_x.y", 'module.a["z"].aws_x.y'),
        ([("aws_x.a", "module.m.aws_x.b")], "aws_x.a[2]", "module.m.aws_x.b[2]"),
        ([("module.m.aws_x.a", "aws_x.b")], "module.m.aws_x.a", "aws_x.b"),
        ([("module.m.aws_x.a", "module.m.aws_x.b")], 'module.m["k"].aws_x.a', 'module.m["k"].aws_x.b'),
        ([("aws_x.a", "aws_x.b"), ("aws_x.b", "aws_x.c")], "aws_x.a", "aws_x.c"),
        ([("module.a", "module.b"), ("module.b.aws_x.y", "aws_x.z")], "module.a.aws_x.y", "aws_x.z"),
        ([("aws_x.a", "aws_x.b"), ("aws_x.b", "aws_x.a")], "aws_x.a", "aws_x.b"),
        ([("module.a", "aws_x.b"), ("", "aws_x.b"), ("nonsense", "aws_x.b")], "module.a.aws_x.y", "module.a.aws_x.y"),
    ],
)
def test_moves_are_followed_as_terraform_follows_them(moved, address, went):
    assert spell(follow(parse(address)[0], read_moves(moved))) == went
