"""One Rego file as the engine parsed it: its package, rules and functions, what it calls, and where. Pure.

Owns the form of the engine's syntax tree (`Engine.get_ast_as_json` of regorus 0.9); nothing else reads that form.
Positions are bytes of the file. Those of references, calls and whole expressions are right; those of brackets are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

Node = Mapping[str, Any]
Path = tuple[str, ...]

WILDCARD = "_"
_COMPREHENSIONS = ("ArrayCompr", "SetCompr", "ObjectCompr", "Every")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Bytes `start..end`, which begin in `line`."""

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """The two arguments of `sprintf` where they are written out."""

    text: str
    at: Extent  # without its quotes
    values: tuple[Extent | None, ...] | None  # of each value, None where it is not known; None when there is no list


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function that is called, or replaced by `with`."""

    path: Path  # () when it is no plain name
    at: Extent  # of the name
    format: Format | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A reference that stands alone as a condition, plain or after `not`, and ends in a name: `not after.acl`."""

    root: str
    at: Extent


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule's name and its first line."""

    name: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One file."""

    package: Path
    imports: Mapping[str, Path]  # by the name that is used here
    rules: tuple[Rule, ...]
    functions: frozenset[Path]
    calls: tuple[Call, ...]
    conditions: tuple[Condition, ...]
    negations: tuple[Extent, ...]  # `not` with a wildcard in it


def read_module(ast: Node, text: bytes) -> Module:
    """Return what there is in the syntax tree `ast` of the file `text`."""
    nodes = list(_nodes(ast))
    heads = [_head(rule) for rule in ast["rules"]]
    return Module(
        package=path_of(ast["package"]["refr"]),
        imports=dict(_import(entry, text) for entry in ast["imports"]),
        rules=tuple(Rule(name=path[0], line=line) for path, line, is_function in heads if path and not is_function),
        functions=frozenset(path for path, _, is_function in heads if is_function),
        calls=tuple(_call(node) for tag, node in nodes if tag == "Call") + tuple(_replaced(nodes)),
        conditions=tuple(_conditions(nodes)),
        negations=tuple(
            _whole(node["span"], text) for tag, node in nodes if tag == "NotExpr" and _has_wildcard(node["expr"])
        ),
    )


def _nodes(tree: object) -> Iterator[tuple[str, Node]]:
    """Yield what is below `tree` with its tag: it is as deep as its author likes, so without recursion."""
    stack = [tree]
    while stack:
        at = stack.pop()
        if isinstance(at, list):
            stack += at
        elif isinstance(at, dict):
            for key, value in at.items():
                yield from ((key, node) for node in (value if key == "stmts" else [value]) if isinstance(node, dict))
                if key != "span":
                    stack.append(value)


def _head(rule: Node) -> tuple[Path, int, bool]:
    """Return the name, the line, and whether it is a function."""
    if default := rule.get("Default"):
        return path_of(default["refr"]), default["span"]["line"], bool(default["args"])
    ((kind, head),) = rule["Spec"]["head"].items()
    path = path_of(head["refr"]) if kind == "Func" else (_root(head["refr"])["value"],)
    return path, head["span"]["line"], kind == "Func"


def _import(entry: Node, text: bytes) -> tuple[str, Path]:
    path = path_of(entry["refr"])
    name = entry.get("as")
    return (text[name["start"] : name["end"]].decode() if name else path[-1]), path


def _call(node: Node) -> Call:
    path = path_of(node["fcn"])
    is_format = path == ("sprintf",) and len(node["params"]) >= 2
    return Call(path=path, at=_reference(node["fcn"]), format=_format(node["params"]) if is_format else None)


def _format(params: list[Node]) -> Format | None:
    literal = params[0].get("String") or params[0].get("RawString")
    if literal is None:
        return None
    array = params[1].get("Array")
    values = tuple(map(_extent, array["items"])) if array else None
    return Format(text=literal["value"], at=extent_of_span(literal["span"]), values=values)


def _replaced(nodes: list[tuple[str, Node]]) -> Iterator[Call]:
    for modifier in (entry for tag, node in nodes if tag == "stmts" for entry in node.get("with_mods", ())):
        path = path_of(modifier["refr"])
        if path and path[0] not in ("input", "data"):
            yield Call(path=path, at=_reference(modifier["refr"]))


def _conditions(nodes: list[tuple[str, Node]]) -> Iterator[Condition]:
    for tag, node in nodes:
        if tag in ("Expr", "NotExpr"):
            ((kind, inner),) = node["expr"].items()
            named = kind == "RefDot" or (kind == "RefBrack" and "String" in inner["index"])
            if named and (root := _root(node["expr"])):
                yield Condition(root=root["value"], at=_reference(node["expr"]))


def _has_wildcard(expression: Node) -> bool:
    """Tell whether there is a `_` in it that is not a comprehension's own."""
    stack: list[object] = [expression]
    while stack:
        at = stack.pop()
        if isinstance(at, list):
            stack += at
        elif isinstance(at, dict):
            if at.get("Var", {}).get("value") == WILDCARD:
                return True
            stack += [value for key, value in at.items() if key != "span" and key not in _COMPREHENSIONS]
    return False


def path_of(reference: Node) -> Path:
    """Return the names of a plain reference such as `data.lib["a-b"].f`, () for any other expression."""
    names: list[str] = []
    while True:
        ((kind, node),) = reference.items()
        if kind == "Var":
            return (node["value"], *reversed(names))
        if kind == "RefDot":
            names.append(node["field"][1])
        elif kind == "RefBrack" and "String" in node["index"]:
            names.append(node["index"]["String"]["value"])
        else:
            return ()
        reference = node["refr"]


def _root(reference: Node) -> Node:
    """Return the variable that a reference starts with; {} when it starts with something else."""
    while True:
        ((kind, node),) = reference.items()
        if kind == "Var":
            found: Node = node
            return found
        if kind not in ("RefDot", "RefBrack"):
            return {}
        reference = node["refr"]


def _reference(reference: Node) -> Extent:
    ((_, node),) = reference.items()
    first = (_root(reference) or node)["span"]
    return Extent(line=first["line"], start=first["start"], end=node["span"]["end"])


def _extent(value: Node) -> Extent | None:
    """Return where a value of a list is written, if the tree tells that rightly."""
    ((kind, node),) = value.items()
    if kind == "Call":
        return replace(_reference(node["fcn"]), end=node["span"]["end"])
    return _reference(value) if kind in ("Var", "RefDot", "RefBrack") and _root(value) else None


def _whole(span: Mapping[str, int], text: bytes) -> Extent:
    """Return where an expression is written: the tree leaves a quote out that it ends in."""
    found = extent_of_span(span)
    return replace(found, end=found.end + 1) if text[found.end : found.end + 1] in (b'"', b"`") else found


def extent_of_span(span: Mapping[str, int]) -> Extent:
    """Return the lines and bytes of the tree's own `span`."""
    return Extent(line=span["line"], start=span["start"], end=span["end"])
