"""How a file is written, and values written the same way: indentation, lists, quotes, JSON or not.

Pure text. Knows no rule and no framework.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from reviewer.fix import yaml_nodes
from reviewer.fix.editing import CannotEdit
from reviewer.fix.yaml_nodes import Node

MAX_INDENT = 200
_SAMPLE = 3000
_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./@+-]*(?: [A-Za-z0-9_./@+(-][A-Za-z0-9_./@+()-]*)*")
_EXPRESSION = re.compile(r"\$\{\{ [A-Za-z0-9_.*\[\]]+ \}\}")
_FLAG = re.compile(r"--?[A-Za-z][A-Za-z0-9_.-]*(?:=[A-Za-z0-9_./@+,-]+(?::[A-Za-z0-9_./@+,-]+)*)?")
_PLAIN_COLON = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?:::?[A-Za-z0-9_./-]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """A value with a short tag, such as `!Ref Key`."""

    tag: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a file is written."""

    newline: str = "\n"
    step: int = 2  # columns that a nested mapping is indented by
    dash: int = 2  # columns that the dashes of a list stand to the right of their key
    json: bool = False
    inline: bool = True  # JSON: lists of plain values and objects with one member stay on a line
    quote: str = ""  # of strings: "" for only where they need one


@functools.lru_cache(maxsize=32)
def of(text: str, document: Node, *, json_: bool) -> Style:
    """Return how a document is written, by what it does most often."""
    steps, dashes = _indents(document) if not json_ else (_json_indents(text, document), Counter[int]())
    step = steps.most_common(1)[0][0] if steps else 2
    return Style(
        newline="\r\n" if "\r\n" in text else "\n",
        step=step,
        dash=dashes.most_common(1)[0][0] if dashes else 2,
        json=json_,
        inline=not json_ or _has_inline(document),
    )


def _has_inline(document: Node) -> bool:
    """Whether a document of JSON has a list or an object on one line; one that is on one line altogether has not."""
    sample = list(itertools.islice(yaml_nodes.nodes(document), _SAMPLE))
    full = [node for node in sample if node.items or node.pairs]
    inner = [[*node.items, *(pair.value for pair in node.pairs)] for node in full]
    return not full or any(members[-1].line == node.line for node, members in zip(full, inner, strict=True))


def _indents(document: Node) -> tuple[Counter[int], Counter[int]]:
    steps, dashes = Counter[int](), Counter[int]()
    for node in itertools.islice(yaml_nodes.nodes(document), _SAMPLE):
        for pair in node.pairs if not node.flow else ():
            if pair.value.flow or pair.value.line == pair.key.line:
                continue
            if pair.value.kind == "sequence":
                dashes[pair.value.column - pair.key.column] += 1
            elif pair.value.kind == "mapping":
                steps[pair.value.column - pair.key.column] += 1
    return steps, dashes


def _json_indents(text: str, document: Node) -> Counter[int]:
    """Of JSON: how much further members stand than the line that opens their object."""
    steps = Counter[int]()
    for node in itertools.islice(yaml_nodes.nodes(document), _SAMPLE):
        if node.pairs and node.pairs[0].key.line > node.line:
            steps[node.pairs[0].key.column - len(indent_at(text, node.start))] += 1
    return Counter({step: count for step, count in steps.items() if step > 0})


def as_in(sequence: Node, style: Style) -> Style:
    """Return how strings are added to a list: quoted where all that are there are quoted alike."""
    quotes = {item.style for item in sequence.items if item.kind == "scalar"}
    return dataclasses.replace(style, quote=quotes.pop()) if quotes in ({"'"}, {'"'}) else style


def indent_at(text: str, position: int) -> str:
    """Return the white space that the line of a position begins with, MAX_INDENT at most."""
    start = text.rfind("\n", 0, position) + 1
    line = text[start : start + MAX_INDENT]
    return line[: len(line) - len(line.lstrip(" \t"))]


def scalar(value: Any, style: Style, *, quote: str = "") -> str:
    """Return a scalar as it is written in a line: in `quote` (' or ") where it is a string."""
    if isinstance(value, Tagged):
        return f"{value.tag} {flow(value.value, dataclasses.replace(style, quote=''))}"
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    text, quote = str(value), quote or style.quote
    if not style.json and not quote and is_plain(text):
        return text
    escaped = ('"' in text or "\\" in text) and "'" not in text
    if not style.json and (quote == "'" or escaped) and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return json.dumps(text, ensure_ascii=False)


def is_plain(text: str) -> bool:
    """Return whether a string needs no quotes, and would be read as the same string everywhere."""
    if len(text) > 200 or not any(form.fullmatch(text) for form in (_PLAIN, _PLAIN_COLON, _EXPRESSION)):
        return False
    return isinstance(_loaded(text), str)


def plain_value(text: str) -> Any:
    """Return what an unquoted scalar is read as: a string, a number, a boolean or None; dates stay text."""
    value = _loaded(text)
    return value if value is None or isinstance(value, bool | int | float | str) else text


@functools.lru_cache(maxsize=4096)
def _loaded(text: str) -> Any:
    if len(text) > 200:
        return text
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, OverflowError):
        return text


def flow(value: Any, style: Style) -> str:
    """Return a value on one line, in brackets where it has members."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key_text(key, style)}: {flow(member, style)}" for key, member in value.items())
        return "{" + inner + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(item, style) for item in value) + "]"
    text = scalar(value, style)
    return json.dumps(text) if not style.json and isinstance(value, str) and text == value and text[0] == "$" else text


def key_text(key: Any, style: Style) -> str:
    """Return a key as it is written."""
    text = str(key)
    return text if not style.json and is_plain(text) else json.dumps(text, ensure_ascii=not style.json)


def flow_lines(value: Any, style: Style, indent: str) -> str:
    """Return a value of JSON with a line for each member, but where the file has short ones on one line."""
    if style.inline and _is_short(value):
        return flow(value, style)
    if isinstance(value, Mapping) and value:
        opened, closed = "{", "}"
        members = [f"{key_text(key, style)}: {flow_lines(v, style, _in(indent, style))}" for key, v in value.items()]
    elif _is_list(value) and value:
        opened, closed = "[", "]"
        members = [flow_lines(item, style, _in(indent, style)) for item in value]
    else:
        return flow(value, style)
    inner = _in(indent, style)
    joined = f",{style.newline}{inner}".join(members)
    return f"{opened}{style.newline}{inner}{joined}{style.newline}{indent}{closed}"


def _is_short(value: Any) -> bool:
    """A list of plain values, an object with one plain value."""
    members = list(value.values()) if isinstance(value, Mapping) else value if _is_list(value) else []
    plain = not any(isinstance(member, Mapping) or _is_list(member) for member in members)
    return plain and (len(members) <= 1 or not isinstance(value, Mapping))


def _in(indent: str, style: Style) -> str:
    return indent + ("\t" if indent.startswith("\t") else " " * style.step)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def pair_lines(key: Any, value: Any, style: Style) -> list[str]:
    """Return `key: value` as lines of a block, the first one not indented."""
    name = key_text(key, style)
    if isinstance(value, Mapping) and value:
        return [f"{name}:", *indented(mapping_lines(value, style), style.step)]
    if _is_list(value) and value:
        return [f"{name}:", *indented(sequence_lines(value, style), style.dash)]
    if isinstance(value, str) and "\n" in value and (block := _literal(value)):
        return [f"{name}: {block[0]}", *indented(block[1:], style.step)]
    return [f"{name}: {_in_block(value, style)}"]


def mapping_lines(value: Mapping[Any, Any], style: Style) -> list[str]:
    """Return the entries of a mapping as lines of a block."""
    return [line for key, member in value.items() for line in pair_lines(key, member, style)]


def sequence_lines(items: Sequence[Any], style: Style) -> list[str]:
    """Return the items of a list as lines of a block."""
    return [line for item in items for line in item_lines(item, style)]


def item_lines(item: Any, style: Style) -> list[str]:
    """Return one item of a list as lines, the dash first."""
    if isinstance(item, Mapping) and item:
        lines = mapping_lines(item, style)
    elif _is_list(item) and item:
        lines = sequence_lines(item, style)
    else:
        lines = [_in_block(item, style)]
    return [f"- {lines[0]}", *indented(lines[1:], 2)]


def _in_block(value: Any, style: Style) -> str:
    """A value without members of its own."""
    if isinstance(value, str) and not (style.json or style.quote) and len(value) <= 200 and _FLAG.fullmatch(value):
        return value  # commas would end it in brackets
    return flow(value, style) if isinstance(value, Mapping) or _is_list(value) else scalar(value, style)


def indented(lines: Sequence[str], columns: int) -> list[str]:
    """Return lines moved to the right; empty ones stay empty. Raises CannotEdit for what is absurdly far right."""
    if columns > MAX_INDENT:
        raise CannotEdit("The file is indented too deeply to be edited.")
    return [" " * columns + line if line else line for line in lines]


def _literal(text: str) -> list[str]:
    """A text of several lines as a block scalar, where it can be one."""
    body = text.removesuffix("\n")
    lines = body.split("\n")
    if body.endswith("\n") or any(line != line.rstrip() or not (line or " ").isprintable() for line in lines):
        return []
    return [] if lines[0][:1] in ("", " ") else ["|" if text.endswith("\n") else "|-", *lines]
