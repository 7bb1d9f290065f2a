"""Where a line belongs: the instruction, job, step or resource around it, named as Checkov names it.

So that what several scanners say of one thing stands in one comment. Reads no file but through a `Tree`; runs in the
contained child.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from reviewer.model import Span
from reviewer.rules import Directory
from reviewer.rules.documents import Value, read_yaml
from reviewer.rules.resource import plain, read_view
from reviewer.scan.kinds import is_image_recipe
from reviewer.scan.tree import Tree

MOST_LINES = 3
"""A region of more lines is pointed at by its first one."""

_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)(?:\s|$)")
_ENDINGS = (".yaml", ".yml", ".json", ".template")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a scanner points at, the block around it, and the name of that. `path` is the file as it was scanned."""

    path: str
    span: Span
    block: Span
    resource: str


def place_of(path: str, start_line: int, end_line: int, files: Tree) -> Place:
    """Return the place of lines of a file (`path` as scanned); lines that are not there are moved inside."""
    region = files.span(path, start_line, end_line)
    block, resource = _around(path, region, files)
    first = max(region.start_line, block.start_line)
    last = min(region.end_line, block.end_line)
    if last - first >= MOST_LINES or last < first:
        last = first
    return Place(path=path, span=files.span(path, first, last), block=block, resource=resource)


def _around(path: str, region: Span, files: Tree) -> tuple[Span, str]:
    name = path.rpartition("/")[2]
    if is_image_recipe(name):
        return _instruction(path, region, files)
    if not files.contained:  # parsers in C read a pull request's bytes in the contained child alone
        return region, name
    if path.endswith((".yaml", ".yml")) and (".github/" in path or name.startswith("action.")):
        found = _step("\n".join(files.lines(path)), region.start_line, name)
        return files.span(path, found[1], found[2]), found[0]
    if path.endswith((".tf", ".tf.json", *_ENDINGS)):
        real = files.names[path]
        view = read_view(Directory(path=files.directory, files={real: files.source(path)}))
        holding = [r for r in view.resources if r.block.start_line <= region.start_line <= r.block.end_line]
        if holding:
            inner = min(holding, key=lambda r: r.block.end_line - r.block.start_line)
            return inner.block, inner.address
    return region, name


def _instruction(path: str, region: Span, files: Tree) -> tuple[Span, str]:
    """An instruction of a Dockerfile goes on while lines end in a backslash (Dockerfile reference, "Escape")."""
    lines, end = files.lines(path), region.end_line
    while end < len(lines) and (lines[end - 1].rstrip().endswith("\\") or _is_comment_within(lines, end)):
        end += 1
    word = _INSTRUCTION.match(lines[region.start_line - 1]) if region.start_line <= len(lines) else None
    return files.span(path, region.start_line, end), word[1].upper() if word else path.rpartition("/")[2]


def _is_comment_within(lines: tuple[str, ...], end: int) -> bool:
    return lines[end - 1].lstrip().startswith("#") and end >= 2 and lines[end - 2].rstrip().endswith("\\")


@lru_cache(maxsize=64)
def _workflow(text: str) -> tuple[Value, ...]:
    return tuple(read_yaml(text.encode("utf-8", "replace")))


def _step(text: str, line: int, name: str) -> tuple[str, int, int]:
    """The step, else the job, that holds a line of a workflow or action; else the line, under the file's name."""
    best = (name, line, line)
    for document in _workflow(text):
        for resource, value in _parts(document):
            if value.line <= line <= value.end_line:
                best = (resource, value.line, value.end_line)
    return best


def _parts(document: Value) -> Iterator[tuple[str, Value]]:
    """Yield jobs and their steps, the inner ones last, under the names that Checkov has for them."""
    jobs, runs = document.get("jobs"), document.get("runs")
    for job, value in jobs.entries if jobs else ():
        yield f"jobs({job})", value
        yield from _steps(f"jobs({job})", value)
    if runs:
        yield from _steps("runs", runs)


def _steps(prefix: str, value: Value) -> Iterator[tuple[str, Value]]:
    steps = value.get("steps")
    for number, step in enumerate(steps.items() if steps else (), 1):
        title = plain(step.get("name"))
        yield f"{prefix}.steps[{number}]" + (f"({title})" if title else ""), step
