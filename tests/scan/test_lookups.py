"""What stands in for dpath gives what dpath gives."""

from __future__ import annotations

from typing import Any

import dpath
from hypothesis import given
from hypothesis import strategies as st

from reviewer.scan import lookups

names = st.sampled_from(["a", "b", "rule", "0", "[0]", "*", "a*"])
values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "rule", "0"]), inner),
    max_leaves=15,
)


def outcome(run: Any, *arguments: Any) -> Any:
    try:
        return run(*arguments)
    except (KeyError, ValueError) as error:
        return type(error), error.args


@given(
    st.dictionaries(st.sampled_from(["a", "b", "rule", "0"]), values),
    st.lists(names, min_size=1, max_size=4).map("/".join),
)
def test_the_answers_of_dpath_stay_what_they_are(conf: dict[str, Any], glob: str) -> None:
    assert outcome(lookups.search, conf, glob) == outcome(dpath.search, conf, glob)
    assert outcome(lookups.get, conf, glob) == outcome(dpath.get, conf, glob)
    assert list(lookups.search(conf, f"**/{glob}", yielded=True)) == list(
        dpath.search(conf, f"**/{glob}", yielded=True)
    )
