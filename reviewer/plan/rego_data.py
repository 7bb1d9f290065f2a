"""Data files beside policies, merged into the one document that Rego calls `data`. Runs in the contained child.

As conftest does with `--data FILE`, the top-level keys of every file stand at the top. As OPA does with a folder, they
stand below the names of the file's folders, too. Files that disagree on a key are a problem, not a choice of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

MAX_NODES = 200_000
"""Values in one data file, aliases counted each time: a few lines of YAML can stand for billions."""
MAX_DEPTH = 60
SUFFIXES = (".json", ".yaml", ".yml")


class BadData(Exception):
    """A data file cannot be used. The message says why, for its author."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.line = line


def read_data(path: str, raw: bytes) -> dict[str, Any]:
    """Return what the JSON or YAML file holds. Raises BadData, naming the line where there is one."""
    try:
        text = raw.decode("utf-8-sig")
        read = json.loads(text, parse_constant=_refuse) if path.endswith(".json") else _read_yaml(text)
        value = _plain(read, 0)
    except UnicodeDecodeError:
        raise BadData("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise BadData(f"it is not JSON: {error.msg}", error.lineno) from None
    except ValueError as error:
        raise BadData(f"it holds what JSON does not have: {error}"[:200]) from None
    except RecursionError:
        raise BadData(_TOO_DEEP) from None
    if not isinstance(value, dict):
        raise BadData("expected an object at the top, whose keys become those of `data`")
    return value


_TOO_DEEP = f"it is nested deeper than {MAX_DEPTH} levels"


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _read_yaml(text: str) -> object:
    try:
        _check_depth(text)
        _measure(yaml.compose(text, Loader=yaml.CSafeLoader), {})
        return yaml.load(text, Loader=_Plain)  # noqa: S506 (a safe loader without dates)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadData(f"it is not YAML: {error.problem or error.context}", mark.line + 1 if mark else 0) from None
    except yaml.YAMLError as error:
        raise BadData(f"it is not YAML: {type(error).__name__}") from None


class _Plain(yaml.CSafeLoader):
    """YAML 1.1 without dates, which JSON does not have."""


_Plain.yaml_implicit_resolvers = {
    letter: [(tag, regex) for tag, regex in resolvers if not tag.endswith(":timestamp")]
    for letter, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _check_depth(text: str) -> None:
    """Raise BadData before anything is made of what is too deep: the parser's events cost the same at any depth."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise BadData(_TOO_DEEP, event.start_mark.line + 1 if event.start_mark else 0)


def _measure(node: yaml.Node | None, known: dict[int, int | None]) -> int:
    """Return how many values a node stands for. Raises BadData for too many, or for one that holds itself."""
    if node is None:
        return 0
    if (size := known.get(id(node), 0)) is None:
        raise BadData("an alias stands for what it stands in", node.start_mark.line + 1)
    if not size:
        known[id(node)] = None
        size = 1 + sum(_measure(child, known) for child in _children(node))
        known[id(node)] = size
    if size > MAX_NODES:
        raise BadData(f"its aliases stand for more than {MAX_NODES:,} values", node.start_mark.line + 1)
    return size


def _children(node: yaml.Node) -> Iterable[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else ()


def _plain(value: object, depth: int) -> object:
    """Return the value as JSON has it: keys are texts. Raises BadData for what JSON has no word for."""
    if depth > MAX_DEPTH:
        raise BadData(_TOO_DEEP)
    if isinstance(value, dict):
        return {_key(key): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, depth + 1) for inner in value]
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and value - value == 0):
        return value
    raise BadData(f"a {type(value).__name__} is nothing that JSON has")


def _key(key: object) -> str:
    if isinstance(key, bool) or key is None:
        return {True: "true", False: "false", None: "null"}[key]
    return str(key)


def merged(files: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Any], tuple[tuple[str, str], ...]]:
    """Return the document of all files by path, and for each file that disagrees with those before it the key."""
    document: dict[str, Any] = {}
    conflicts = []
    for path, value in sorted(files.items()):
        folders = path.split("/")[:-1]
        below: Any = value
        for folder in reversed(folders):
            below = {folder: below}
        wanted = [below] if _is_plan(value) else [value, below]
        conflicts += [(path, key) for part in wanted if (key := _merge(document, part))]
    return document, tuple(conflicts)


def _is_plan(value: Mapping[str, Any]) -> bool:
    """Tell whether it is a plan that tests use: those of a folder all have the same keys at the top."""
    return "format_version" in value and ("resource_changes" in value or "planned_values" in value)


def _merge(document: dict[str, Any], part: Mapping[str, Any]) -> str:
    """Merge objects key by key; return the first key that both have with different values, or ""."""
    for key, value in part.items():
        if key not in document:
            document[key] = _copied(value)
        elif isinstance(document[key], dict) and isinstance(value, dict):
            if inner := _merge(document[key], value):
                return f"{key}.{inner}"
        elif document[key] != value:
            return key
    return ""


def _copied(value: object) -> object:
    return {key: _copied(inner) for key, inner in value.items()} if isinstance(value, dict) else value
