"""Minimal examples of resources, made from the provider's schema, and the text of them as `terraform fmt` has it.

A body is a mapping of names to HCL (attributes) and to bodies (blocks), attributes before blocks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Union

from reviewer.derive.placeholders import USUAL, placeholder
from reviewer.fix.schema import Child, Schema

Body = dict[str, Union[str, "Body"]]

_FIRST = ("name", "resource_group_name", "location")


def literal(value: Any) -> str:
    """Return HCL for a plain value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value)


def example(schema: Schema, type_: str, inside: tuple[str, ...] = ()) -> Body:
    """Return what must stand in a resource `type_`, and the blocks of the path `inside` with what they require."""
    children = schema.children(type_) or {}
    body = here = _required(children, type_, ())
    for depth, name in enumerate(inside, 1):
        inner = here.setdefault(name, _required(children[name].children, type_, inside[:depth]))
        if isinstance(inner, str):
            raise ValueError(f"{type_}.{'.'.join(inside[:depth])} is an attribute")
        here, children = inner, children[name].children
    return body


def _required(children: Mapping[str, Child], type_: str, above: tuple[str, ...]) -> Body:
    usual = () if above else USUAL.get(type_, ())
    names = [name for name, child in children.items() if child.required or name in usual]
    names.sort(key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    body: Body = {}
    for name in names:
        child, path = children[name], (*above, name)
        body[name] = _required(child.children, type_, path) if child.is_block else placeholder(type_, path, child)
    return body


def at(body: Body, path: tuple[str, ...]) -> str | Body | None:
    """Return what stands at a path, or None."""
    found: str | Body | None = body
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def with_value(body: Body, path: tuple[str, ...], text: str | None) -> Body:
    """Return a copy of `body` where `text` stands at `path`; None: where nothing stands there."""
    copy = dict(body)
    if len(path) > 1:
        inner = copy.get(path[0], {})
        if isinstance(inner, str) or (text is None and path[0] not in copy):
            return copy
        copy[path[0]] = with_value(inner, path[1:], text)
    elif text is None:
        copy.pop(path[0], None)
    else:
        copy[path[0]] = text
    return copy


def resource(type_: str, body: Body) -> str:
    """Return the text of a resource called example."""
    return f'resource "{type_}" "example" {{\n{text(body, 1)}}}\n' if body else f'resource "{type_}" "example" {{\n}}\n'


def text(body: Body, depth: int = 0) -> str:
    """Return the text of a body: attributes aligned, an empty line before each block."""
    indent = "  " * depth
    attributes = {name: value for name, value in body.items() if isinstance(value, str)}
    width = max(map(len, attributes), default=0)
    parts = ["".join(f"{indent}{name:{width}} = {value}\n" for name, value in attributes.items())] if attributes else []
    for name, inner in body.items():
        if isinstance(inner, dict):
            parts.append(
                f"{indent}{name} {{\n{text(inner, depth + 1)}{indent}}}\n" if inner else f"{indent}{name} {{}}\n"
            )
    return "\n".join(parts)
