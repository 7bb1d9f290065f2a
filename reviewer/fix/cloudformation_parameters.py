"""Parameters of CloudFormation templates: what refers to them, their defaults, adding one.

Owns intrinsic functions as they are read, and the decision of whether a default may change or go. Knows no rule.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reviewer.fix import yaml_splice, yaml_values
from reviewer.fix.editing import CannotEdit
from reviewer.fix.recipes import Choice
from reviewer.fix.splices import Splice
from reviewer.fix.yaml_nodes import Node, Pair, Text
from reviewer.fix.yaml_splice import Page
from reviewer.fix.yaml_values import Chosen

TYPES = {"string": "String", "number": "Number", "list(string)": "CommaDelimitedList"}
_IN_SUB = re.compile(r"\$\{([A-Za-z0-9]+)\}")
_LISTS = ("CommaDelimitedList", "List<")
_LOOKED_UP = "AWS::SSM::"  # such a default is the name of a value


def pascal(name: str) -> str:
    """Return `kms_key_arn` as `KmsKeyArn`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def function(node: Node) -> str:
    """Return the name of the intrinsic function that a value is: Ref, Fn::If; "" when it is none."""
    if node.tag.startswith("!"):
        return node.tag[1:] if node.tag in ("!Ref", "!Condition") else f"Fn::{node.tag[1:]}"
    key = node.pairs[0].key.text if len(node.pairs) == 1 else ""
    return key if key == "Ref" or key.startswith("Fn::") else ""


def default(read: Text, node: Node) -> Node | None:
    """Return the default of the parameter that a value refers to."""
    parameter = _parameter(read, node)
    return parameter.get("Default") if parameter is not None else None


def defaulted(template: Node) -> frozenset[str]:
    """Return the names of the parameters that have a default."""
    return frozenset(name for name, node in _parameters(template).items() if node.get("Default") is not None)


def change(read: Text, page: Page, node: Node, value: Any) -> Iterator[Splice]:
    """Yield what changes a value where it comes from: the default of a parameter that means nothing else.

    A default that is open to choose goes: then every deployment has to decide. Raises CannotEdit.
    """
    parameter, name = _parameter(read, node), _referred(node)
    if parameter is None:
        raise CannotEdit(_comes_from(function(node), name, node.line))
    where = f"The value comes from the parameter `{name[:60]}` on line {parameter.line - 1}"
    pair = next((pair for pair in parameter.pairs if pair.key.text == "Default"), None)
    is_open = isinstance(value, Chosen) and value.open
    if pair is None and is_open:
        return
    plain = None if is_open else _as_text(parameter, yaml_values.bare(value))
    if pair is None or (plain is None and not is_open) or _type(parameter).startswith(_LOOKED_UP):
        raise CannotEdit(f"{where}, which every deployment sets for itself.")
    if not is_open and yaml_values.equal(pair.value, plain):
        return
    uses = _uses(_document(read, node)).get(name, Counter())
    if uses.total() > 1 and not (isinstance(value, Chosen) and len(uses) == 1 and "" not in uses):
        raise CannotEdit(f"{where}, which other resources use too.")
    if parameter in read.aliased:
        raise CannotEdit(f"{where}, which another one shares by an alias.")
    if not _allows(parameter, plain, without=pair.value):
        raise CannotEdit(f"{where}, whose AllowedValues exclude the right one.")
    yield from _new_default(page, parameter, pair, plain)


def add(page: Page, template: Node, choices: Sequence[Choice]) -> Iterator[Splice]:
    """Yield what adds the parameters that stand for choices, near the resources, unless they are there."""
    parameters, resources = template.get("Parameters"), template.get("Resources")
    new = {pascal(choice.name): _declared(choice) for choice in choices}
    new = {name: value for name, value in new.items() if parameters is None or parameters.get(name) is None}
    if not new:
        return
    if parameters is None:
        yield from yaml_splice.insert_before(page, template, "Resources", {"Parameters": new})
    elif parameters.kind == "mapping" and parameters.pairs:
        if resources is not None and resources.start < parameters.start and not parameters.tag + parameters.anchor:
            yield from yaml_splice.insert_beside(page, parameters, parameters.pairs[0].key.text, new)
        else:
            yield from yaml_splice.insert_pairs(page, parameters, new)
    else:
        pair = next(pair for pair in template.pairs if pair.key.text == "Parameters")
        yield from yaml_splice.replace_value(page, template, pair, new)


def _declared(choice: Choice) -> Mapping[str, Any]:
    declared = {"Type": TYPES[choice.type], "Description": choice.description}
    return declared | ({"NoEcho": True} if choice.sensitive else {})


def _parameter(read: Text, node: Node) -> Node | None:
    """The parameter of the template that a value refers to."""
    return _parameters(_document(read, node)).get(_referred(node)) if function(node) == "Ref" else None


@functools.lru_cache(maxsize=8)
def _parameters(template: Node) -> Mapping[str, Node]:
    """All parameters of a template by name: a hostile one refers ten thousand times to ten thousand of them."""
    parameters = template.get("Parameters")
    pairs = yaml_values.followed(parameters).pairs if parameters is not None else ()
    return {pair.key.text: yaml_values.followed(pair.value) for pair in pairs}


def _document(read: Text, node: Node) -> Node:
    return next(document for document in reversed(read.documents) if document.start <= node.start)


def _referred(node: Node) -> str:
    return node.text if node.tag else yaml_values.followed(node.pairs[0].value).text


def _type(parameter: Node) -> str:
    written = parameter.get("Type")
    return written.text if written is not None else ""


def _as_text(parameter: Node, value: Any) -> Any:
    """A value as a default says it; None for one that no default can say."""
    if isinstance(value, list) and (len(value) == 1 or _type(parameter).startswith(_LISTS)):
        plain = value and all(isinstance(item, str | int) for item in value)
        return ",".join(map(_text, value)) if plain else None
    return value if isinstance(value, str | int | float) else None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _allows(parameter: Node, value: Any, *, without: Node) -> bool:
    """Whether AllowedValues have a value; for None, whether they have another one than the default."""
    allowed = parameter.get("AllowedValues")
    if allowed is None:
        return True
    if value is None:
        return any(item.text != without.text for item in allowed.items)
    return any(_text(value) in (item.text, item.text.lower()) for item in allowed.items)


def _new_default(page: Page, parameter: Node, pair: Pair, value: Any) -> Iterator[Splice]:
    if value is not None:
        text = _text(value) if pair.value.style in ("'", '"') else value
        yield from yaml_splice.replace_value(page, parameter, pair, text)
    elif len(parameter.pairs) == 1:
        raise CannotEdit(f"Nothing would be left of what line {parameter.line} says.")
    else:
        yield from yaml_splice.remove_pairs(page, parameter, [pair])


@functools.lru_cache(maxsize=8)
def _uses(template: Node) -> Mapping[str, Counter[str]]:
    """The keys that references stand under, by what they refer to; items of a list have its key, texts have ""."""
    uses: dict[str, Counter[str]] = {}
    waiting = [("", template)]
    while waiting:
        key, node = waiting.pop()
        if function(node) == "Ref":
            uses.setdefault(_referred(node), Counter())[key] += 1
        elif node.kind == "scalar" and "${" in node.text:
            for name in _IN_SUB.findall(node.text):
                uses.setdefault(name, Counter())[""] += 1
        waiting.extend((key, item) for item in node.items)
        waiting.extend((pair.key.text, pair.value) for pair in node.pairs)
    return uses


def _comes_from(name_of: str, name: str, line: int) -> str:
    if name_of == "Ref":
        return f"The value is a reference to `{name[:60]}` on line {line}, which is no parameter of this template."
    if name_of == "Fn::ImportValue":
        return f"The value on line {line} is imported from another stack (Fn::ImportValue); it has to change there."
    if name_of == "Fn::FindInMap":
        return f"The value on line {line} is looked up in a mapping of the template (Fn::FindInMap); change it there."
    return f"The value on line {line} is made by {name_of[:60]}; which part of it to change only you know."
