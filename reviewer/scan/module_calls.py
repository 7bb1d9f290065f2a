"""From a resource in a module back to the call in the root, and to the argument that gave it its value.

Knows Terraform's addresses and local sources, nothing of scanners (which lose the caller of chained modules).
Runs in the contained child.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from reviewer import hcl
from reviewer.scan.tree import Tree

MAX_DEPTH = 20

_MODULE = re.compile(r"module\.([^.\[]+)(?:\[(?:\"(?:[^\"\\]|\\.)*\"|[^\]]*)\])?(?:\.|$)")
_VARIABLE = re.compile(r"\bvar\.([A-Za-z_][\w-]*)")


def modules_of(address: str) -> tuple[str, ...]:
    """Return the module names of an address, outermost first: `module.a["x"].module.b.aws_x.y` -> (a, b)."""
    names, at = [], 0
    while match := _MODULE.match(address, at):
        names.append(match.group(1))
        at = match.end()
    return tuple(names)


def trace(files: Tree, modules: Sequence[str], variables: Sequence[str]) -> tuple[str, int, int] | None:
    """Return (path as scanned, first line, last line) of the call of `modules[0]` in the root, or None.

    When the value comes from `variables` of the innermost module, through arguments all the way, it is the lines of the
    argument in that call; else those of the whole call.
    """
    calls = _calls(files, modules)
    if not calls:
        return None
    outermost_path, outermost = calls[0]
    wanted, argument = tuple(variables), None
    for _, call in reversed(calls):
        argument = next((found for name in wanted if (found := call.body.attribute(name))), None)
        if argument is None:
            break
        wanted = tuple(_VARIABLE.findall(argument.text))
    if argument is not None and len(calls) == len(modules):
        return outermost_path, argument.start_line, argument.end_line
    return outermost_path, outermost.start_line, outermost.end_line


def _calls(files: Tree, modules: Sequence[str]) -> list[tuple[str, hcl.Block]]:
    """The chain of calls from the root inwards, as far as sources are local and their files are here."""
    calls: list[tuple[str, hcl.Block]] = []
    directory = files.directory
    for name in modules[:MAX_DEPTH]:
        found = _call(files, directory, name)
        if found is None:
            break
        calls.append(found)
        source = found[1].body.literal("source") or ""
        if not source.startswith(("./", "../")):
            break
        directory = posixpath.normpath(posixpath.join(directory, source)).removeprefix(".").removeprefix("/")
    return calls


def _call(files: Tree, directory: str, name: str) -> tuple[str, hcl.Block] | None:
    for path in files.paths:
        if posixpath.dirname(path) == directory and path.endswith(".tf"):
            for block in files.hcl(path).blocks_of("module"):
                if block.labels[:1] == (name,):
                    return path, block
    return None
