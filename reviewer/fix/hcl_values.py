"""What a recipe does to the value of one attribute: set it, replace what offends in it, include what it lacks.

An operation is applied where the value is written: in the block itself, or where `origins` traced it to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.fix.editing import CannotEdit, Values
from reviewer.fix.hcl_choices import written
from reviewer.fix.hcl_lists import lists_in, with_item, without_items
from reviewer.fix.hcl_splices import Chain, at, with_value
from reviewer.fix.hcl_tree import (
    Attribute,
    Literal,
    Opaque,
    Value,
    elements,
    is_whole,
    literal,
    parse,
    source_of,
)

_WRITTEN_OUT = frozenset({"string_lit", "bool_lit", "null_lit", "numeric_lit", "heredoc_template", "tuple", "object"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """The value becomes `new` (HCL)."""

    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """A scalar that is one of `old` becomes `new`; a list loses such items, and becomes `new` when none is left."""

    old: tuple[Any, ...]
    new: Any
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Include:
    """A list gets the items that it lacks."""

    items: tuple[Any, ...]
    values: Values


Operation = Set | Replace | Include


def same(value: Value, new: str) -> bool:
    """Tell whether a value says what `new` says."""
    other = value_of(new)
    one, two = literal(value), literal(other)
    if is_whole(one) and is_whole(two):
        return type(one) is type(two) and one == two
    return source_of(value) == source_of(other)


def value_of(text: str) -> Value:
    """Return HCL as a value. Raises ValueError when it is none."""
    attribute = parse(f"x = {text}\n".encode()).attribute("x")
    if attribute is None or attribute.value.node.has_error:
        raise ValueError(f"{text} is no value")
    return attribute.value


def is_one_of(value: Literal, wanted: Sequence[Any]) -> bool:
    """Tell whether a literal is one of a recipe's values; "true" is true and "1" is 1, as for Terraform."""
    if isinstance(value, Opaque | list | dict):
        return value in [item for item in wanted if isinstance(item, list | dict)]
    return any(_plain(value) == _plain(item) for item in wanted if not isinstance(item, list | dict))


def is_settled(value: Value, operation: Operation) -> bool:
    """Tell whether an operation can be applied right where the value stands."""
    if not isinstance(operation, Set) and any(lists_in(value)):
        return True
    return value.kind in _WRITTEN_OUT or not isinstance(literal(value), Opaque) or is_done(value, operation)


def is_literal(operation: Operation) -> bool:
    """Tell whether what it writes is no reference: only then it may stand in a default or in .tfvars."""
    if isinstance(operation, Set):
        return is_whole(literal(value_of(operation.new)))
    news = operation.items if isinstance(operation, Include) else (operation.new,)
    return all(is_whole(literal(value_of(written(new, operation.values)))) for new in news)


def input_of(operation: Operation) -> bool:
    """Tell whether what it writes is a variable that asks the author, and nothing else."""
    if isinstance(operation, Include):
        return False
    new = operation.new if isinstance(operation, Set) else written(operation.new, operation.values)
    return bool(re.fullmatch(r"\[?var\.[\w-]+\]?", new))


def applied(text: bytes, chain: Chain, name: str, operation: Operation) -> bytes:
    """Return `text` with an operation applied to an attribute that it can be applied to (`is_settled`)."""
    attribute = _attribute(text, chain, name)
    if is_done(attribute.value, operation):
        return text
    if isinstance(operation, Set):
        return with_value(text, attribute.value, operation.new)
    if isinstance(operation, Replace):
        return _replaced(text, chain, name, operation)
    return _included(text, chain, name, operation)


def _replaced(text: bytes, chain: Chain, name: str, operation: Replace) -> bytes:
    value = _attribute(text, chain, name).value
    if not any(lists_in(value)):
        if not is_one_of(literal(value), operation.old):
            return text
        return with_value(text, value, _as_scalar(operation))
    for n in range(len(list(lists_in(value)))):
        value = _attribute(text, chain, name).value
        list_ = list(lists_in(value))[n]
        items = elements(list_)
        bad = {at for at, item in enumerate(items) if is_one_of(literal(item), operation.old)}
        if bad and len(bad) == len(items) and list_.node == value.node:
            return with_value(text, value, _as_list(operation))
        if bad:
            text = without_items(text, list_, bad)
    return text


def _included(text: bytes, chain: Chain, name: str, operation: Include) -> bytes:
    for wanted in operation.items:
        value, new = _attribute(text, chain, name).value, written(wanted, operation.values)
        lists = list(lists_in(value))
        if not lists:
            text = with_value(text, value, written([wanted], operation.values))
        elif not any(same(item, new) for list_ in lists for item in elements(list_)):
            text = with_item(text, lists[0], new)
    return text


def is_done(value: Value, operation: Operation) -> bool:
    """Tell whether a value is what an operation would make of it."""
    if isinstance(operation, Set):
        return same(value, operation.new)
    if isinstance(operation, Replace) and operation.new is not None:
        return same(value, _as_list(operation)) or same(value, written(operation.new, operation.values))
    if isinstance(operation, Include):
        present = [item for list_ in lists_in(value) for item in elements(list_)]
        news = [written(item, operation.values) for item in operation.items]
        return all(any(same(item, new) for item in present) for new in news)
    return False


def _as_list(operation: Replace) -> str:
    """What stands for a whole list: `new` itself when it is one, or else as the only item of one."""
    new = operation.new
    if new is None:
        return "[]"
    text = written(new, operation.values)
    is_choice = isinstance(new, str) and new.startswith("choice.")
    choice = operation.values.choices.get(new.removeprefix("choice.")) if is_choice else None
    is_list = isinstance(new, list) or (choice is not None and choice.type.startswith("list"))
    return text if is_list else f"[{text}]"


def _as_scalar(operation: Replace) -> str:
    text = written(operation.new, operation.values)
    if value_of(text).kind == "tuple" or (text.startswith("var.") and _as_list(operation) == text):
        raise CannotEdit("One value stands where there is a list of them to put.")
    return text


def _attribute(text: bytes, chain: Chain, name: str) -> Attribute:
    attribute = at(text, chain).attribute(name)
    if attribute is None:
        raise CannotEdit(f"`{name}` is not there any more.")
    return attribute


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value
