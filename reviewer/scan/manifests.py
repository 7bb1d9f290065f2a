"""Kubernetes manifests for Checkov, read as kubectl reads them.

Checkov passes over a file, without a word, that holds a tag, a date that is none, a name with a `#`, an escape in the
word `apiVersion`, a tab in JSON or a mention of Helm's values in a comment; kubectl applies every one of them. Whoever
writes the file could hide it from the review that way. Runs only in the warm parent and its children.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_ESCAPED_KEY = re.compile(r'"[^"\n\\]*\\[xuU][^"\n]*"[ \t]*:')
_TAG = "tag:yaml.org,2002:"
_COLLECTIONS = {yaml.MappingNode: f"{_TAG}map", yaml.SequenceNode: f"{_TAG}seq"}
_Loaded = tuple[list[Any], list[tuple[int, str]]]


def read_all_that_kubectl_reads() -> None:
    """Have Checkov read manifests in this way from now on, in this process."""
    from checkov.kubernetes.parser import k8_json, k8_yaml, validatior

    yaml_loader, json_loader = _tolerant(k8_yaml.SafeLineLoader), _tolerant(k8_json.SafeLineLoader)

    def load_yaml(filename: Path) -> _Loaded:
        return _load(filename, lambda content: list(yaml.load_all(content, Loader=yaml_loader)))

    def load_json(filename: Path) -> _Loaded:
        def load(content: str) -> list[Any]:
            joined = re.sub(r"\}(\s*)\{", r"},\1{", content.replace("\t", " "))
            return list(yaml.load(f"[{joined}]", Loader=json_loader))  # noqa: S506 (a safe loader)

        return _load(filename, load)

    k8_yaml.load, k8_json.load = load_yaml, load_json
    validatior.K8sValidator._is_section_valid = staticmethod(lambda _: (True, ""))


def _load(filename: Path, load: Any) -> _Loaded:
    from checkov.common.util.file_utils import read_file_with_any_encoding

    content = read_file_with_any_encoding(file_path=filename)
    if not ("apiVersion" in content and "kind" in content) and not _ESCAPED_KEY.search(content):
        return [{}], []
    return load(content), list(enumerate(content.splitlines(keepends=True), 1))


def _tolerant(loader: type[Any]) -> type[Any]:
    """Return `loader` with what it cannot make a value of left as the text, list or mapping that it is."""

    class Tolerant(loader):  # type: ignore[misc]
        def construct_document(self, node: Any) -> Any:
            for each in _nodes(node):
                _simplify(self, each)
            return super().construct_document(node)

    return Tolerant


def _nodes(root: Any) -> Iterator[Any]:
    seen, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            waiting += [part for pair in node.value for part in pair]
        yield node


def _simplify(loader: Any, node: Any) -> None:
    if isinstance(node, yaml.ScalarNode):
        if node.tag != f"{_TAG}merge" and not _is_simple(loader, node):
            node.tag = f"{_TAG}str"
        return
    node.tag = _COLLECTIONS[type(node)]
    if isinstance(node, yaml.MappingNode):
        node.value = [(_key(key, value), value) for key, value in node.value]


def _is_simple(loader: Any, node: Any) -> bool:
    """Tell whether a scalar is the number, truth value or nothing that its tag says."""
    kind = node.tag.removeprefix(_TAG)
    if kind not in ("null", "bool", "int", "float"):
        return False
    try:
        getattr(loader, f"construct_yaml_{kind}")(node)
    except (ValueError, KeyError, IndexError):
        return False
    return True


def _key(key: Any, value: Any) -> Any:
    """Return a key that a dictionary can have; one that asks for a merge must stand before mappings."""
    if not isinstance(key, yaml.ScalarNode):
        return yaml.ScalarNode(f"{_TAG}str", "?", key.start_mark, key.end_mark)
    if key.tag == f"{_TAG}merge":
        merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
        if not all(isinstance(each, yaml.MappingNode) for each in merged):
            return yaml.ScalarNode(f"{_TAG}str", key.value, key.start_mark, key.end_mark)
    return key
