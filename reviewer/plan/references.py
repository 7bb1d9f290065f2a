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
MAX_STEPS = 8
MAX_LOOP = 1000
"""Characters behind the head of a `for` expression in which its variables are looked for."""

_ADDRESS = r"(?:data\.)?[A-Za-z_][\w-]{0,200}\.[A-Za-z_][\w-]{0,200}"
_READ = re.compile(rf"(?<![\w.-])({_ADDRESS})(?![\w-])")
_VALUES = re.compile(rf"\bvalues\(\s{{0,9}}({_ADDRESS})\s{{0,9}}\)")
_STEP = re.compile(r"\.(?:\*\.|\d+\.)?([A-Za-z_][\w-]*)")
_LOOP = re.compile(
    rf"\bfor\s+([A-Za-z_]\w{{0,99}})(?:\s*,\s*([A-Za-z_]\w{{0,99}}))?\s+in\s+[^:\n]{{0,99}}?(?<![\w.-])({_ADDRESS})"
)


Path = tuple[str, ...]
"""Names from the outside in: vpc_config, cluster_security_group_id."""


def read(sources: Iterable[Source]) -> dict[str, set[Path]]:
    """Return by `type.name`, `data.type.name` and `module.name` which attributes are read of it, and what of these."""
    found: dict[str, set[Path]] = {}
    for source in sources:
        text = source.text.decode("utf-8", "replace")
        for address, path in _named(text):
            found.setdefault(address, set()).add(path)
    return found


def outputs_read(sources: Iterable[Source], module: str) -> set[str]:
    """Return the outputs of a module call that its caller reads."""
    return {path[0] for path in read(sources).get(f"module.{module}", ())}


def _named(text: str) -> Iterator[tuple[str, Path]]:
    for head in (*_READ.finditer(text), *_VALUES.finditer(text)):
        if path := _path(text, head.end()):
            yield head.group(1), path
    for loop in _LOOP.finditer(text):
        body = text[loop.end() : loop.end() + MAX_LOOP]
        for variable in filter(None, loop.group(1, 2)):
            for use in re.finditer(rf"\b{variable}(?=[.\[])", body):
                if path := _path(body, use.end()):
                    yield loop.group(3), path


def _path(text: str, at: int) -> Path:
    names: list[str] = []
    while len(names) < MAX_STEPS and (step := _STEP.match(text, _behind_indexes(text, at))):
        names.append(step.group(1))
        at = step.end()
    return tuple(names)


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
