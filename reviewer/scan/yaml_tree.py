"""YAML and JSON with lines, as the same tree that HCL has. Runs in the contained child, for the parser is C.

Owns positions only; what the documents mean is Checkov's. Aliases are not followed, so a small file stays small.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import yaml

from reviewer import hcl

MAX_DEPTH = 40


def documents(text: str) -> tuple[hcl.Attribute, ...]:
    """Return one tree for each document of the text, lines counted from 1; () when it does not parse."""
    seen: set[int] = set()
    try:
        nodes = list(itertools.islice(yaml.compose_all(text, Loader=_Loader), 1000))
    except (yaml.YAMLError, RecursionError, ValueError):
        return ()
    return tuple(_attribute("", node, node, MAX_DEPTH, seen) for node in nodes if node is not None)


def first_error(text: str) -> tuple[int, str] | None:
    """Return the line and the parser's words where the text stops being YAML (or JSON, which is YAML too), or None."""
    try:
        for _ in yaml.parse(text, Loader=yaml.CSafeLoader):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return (mark.line + 1 if mark else 1), (error.problem or "not YAML")
    except (yaml.YAMLError, ValueError) as error:
        return 1, str(error).splitlines()[0][:100] if str(error) else "not YAML"
    return None


def opened_heredoc(attribute: hcl.Attribute) -> hcl.Attribute:
    """Return a heredoc that holds JSON as an attribute with the members of that JSON, at their lines."""
    lines = attribute.text.splitlines()
    first = attribute.end_line - len(lines) + 1
    found = documents("\n".join(lines[1:-1]))
    if not attribute.text.startswith("<<") or not found:
        return attribute
    return hcl.Attribute(
        name=attribute.name,
        text=attribute.text,
        start_line=attribute.start_line,
        end_line=attribute.end_line,
        members=tuple(_moved(member, first) for member in found[0].members),
    )


def _moved(attribute: hcl.Attribute, lines: int) -> hcl.Attribute:
    return hcl.Attribute(
        name=attribute.name,
        text=attribute.text,
        start_line=attribute.start_line + lines,
        end_line=attribute.end_line + lines,
        literal=attribute.literal,
        members=tuple(_moved(member, lines) for member in attribute.members),
    )


class _Loader(yaml.CSafeLoader):
    """Only composes: no tag is constructed."""


def _attribute(name: str, key: yaml.Node, value: yaml.Node, depth: int, seen: set[int]) -> hcl.Attribute:
    start = key.start_mark.line + 1
    return hcl.Attribute(
        name=name,
        text=value.value if isinstance(value, yaml.ScalarNode) else "{" if isinstance(value, yaml.MappingNode) else "[",
        start_line=start,
        end_line=max(start, _last_line(value)),
        literal=value.value if isinstance(value, yaml.ScalarNode) else None,
        members=tuple(_members(value, depth - 1, seen)),
    )


def _members(value: yaml.Node, depth: int, seen: set[int]) -> Iterator[hcl.Attribute]:
    if depth <= 0 or id(value) in seen:  # an alias is the same node again
        return
    seen.add(id(value))
    if isinstance(value, yaml.MappingNode):
        for key, inner in value.value:
            if isinstance(key, yaml.ScalarNode):
                yield _attribute(key.value, key, inner, depth, seen)
    elif isinstance(value, yaml.SequenceNode):
        for index, inner in enumerate(value.value):
            yield _attribute(f"[{index}]", inner, inner, depth, seen)


def _last_line(node: yaml.Node) -> int:
    """A block collection's end mark is the start of what follows: its last line is that of its last entry."""
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        for _ in range(MAX_DEPTH):
            last = node.value[-1]
            node = last[1] if isinstance(last, tuple) else last
            if not isinstance(node, yaml.CollectionNode) or not node.value or node.flow_style:
                break
    end = node.end_mark
    return int(end.line if end.column == 0 and end.line > node.start_mark.line else end.line + 1)
