"""Rules that are tables: a type, an attribute, and the values that it must not be given. Knows no type and no rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reviewer.rules.documents import Value
from reviewer.rules.resource import View, plain
from reviewer.rules.rule import Hit

Row = tuple[str, str]  # type, path of the attribute
Wrong = Mapping[Row, frozenset[str]]  # its wrong values, in lower case


def rows(types: Iterable[str], paths: Iterable[str], wrong: Iterable[str]) -> dict[Row, frozenset[str]]:
    """Return the rows of every type with every path."""
    values = frozenset(wrong)
    return {(type_, path): values for type_ in types for path in paths}


def stated(view: View, wrong: Wrong, message: str) -> Iterator[Hit]:
    """Yield a hit wherever a wrong value stands. In `message` {0} is the address, {1} the attribute, {2} the value."""
    for (type_, path), values in wrong.items():
        for resource in view.of(type_):
            for value in resource.all(path):
                yield from (
                    resource.hit(message.format(resource.address, path.rpartition(".")[2], said), item)
                    for item in value.items()
                    if (said := _stands(item, values)) is not None
                )


def _stands(value: Value, wrong: frozenset[str]) -> str | None:
    text = plain(value)
    return text if text is not None and text.lower() in wrong else None
