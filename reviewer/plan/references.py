"""What expressions read of resources, data and modules, told from the text: `aws_x.y.ATTRIBUTE`, `module.m.OUTPUT`.

Owns a deliberate excess: comments and strings are looked at too, and a name that nobody reads costs nothing. Pure, and
linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reviewer.plan.reading import Source

MAX_INDEX = 500
"""Characters of an index in brackets that are looked over."""
MAX_LOOP = 1000
"""Characters behind the head of a `for` expression in which its variables are looked for."""

_ADDRESS = r"(?:data\.)?[A-Za-z_][\w-]{0,200}\.[A-Za-z_][\w-]{0,200}"
_READ = re.compile(rf"(?<![\w.-])({_ADDRESS})(?![\w-])")
_VALUES = re.compile(rf"\bvalues\(\s{{0,9}}({_ADDRESS})\s{{0,9}}\)")
_STEP = re.compile(r"\.(?:\*\.|\d+\.)?([A-Za-z_][\w-]*)")
_LOOP = re.compile(
    rf"\bfor\s+([A-Za-z_]\w{{0,99}})(?:\s*,\s*([A-Za-z_]\w{{0,99}}))?\s+in\s+[^:\n]{{0,99}}?(?<![\w.-])({_ADDRESS})"
)


def read(sources: Iterable[Source]) -> dict[str, set[str]]:
    """Return by `type.name`, `data.type.name` and `module.name` which attributes are read of it."""
    found: dict[str, set[str]] = {}
    for source in sources:
        text = source.text.decode("utf-8", "replace")
        for address, name in _named(text):
            found.setdefault(address, set()).add(name)
    return found


def outputs_read(sources: Iterable[Source], module: str) -> set[str]:
    """Return the outputs of a module call that its caller reads."""
    return read(sources).get(f"module.{module}", set())


def _named(text: str) -> Iterator[tuple[str, str]]:
    for head in (*_READ.finditer(text), *_VALUES.finditer(text)):
        if step := _STEP.match(text, _behind_indexes(text, head.end())):
            yield head.group(1), step.group(1)
    for loop in _LOOP.finditer(text):
        body = text[loop.end() : loop.end() + MAX_LOOP]
        for variable in filter(None, loop.group(1, 2)):
            for name in re.findall(rf"\b{variable}\.([A-Za-z_][\w-]*)", body):
                yield loop.group(3), name


def _behind_indexes(text: str, at: int) -> int:
    """Where a reference goes on behind `[0]`, `["a"]`, `[local.b["c"]]`, or `at` where no bracket closes soon."""
    depth, start = 0, at
    for here in range(at, min(len(text), at + MAX_INDEX)):
        depth += {"[": 1, "]": -1}.get(text[here], 0)
        if not depth:
            if text[here] != "]":
                return here
            start = here + 1
    return start
