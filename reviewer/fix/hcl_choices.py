"""Recipe text becomes HCL: the block's own names are put in, and choices, as values or as variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reviewer.fix.editing import CannotEdit, Values
from reviewer.fix.hcl_tree import quoted
from reviewer.fix.recipes import Choice

_CHOICE = re.compile(r"\bchoice\.([A-Za-z_][\w-]*)")
_WITHIN = re.compile(r"\$\{\s*choice\.([A-Za-z_][\w-]*)\s*\}")
_VARIABLE = re.compile(r"\bvar\.([A-Za-z_][\w-]*)")
_NAME = re.compile(r"[A-Za-z_][\w-]*")


def named(template: str, names: Mapping[str, str]) -> str:
    """Return `template` with `{{name}}` and its like replaced. Raises CannotEdit for a name that is none."""
    for key, name in names.items():
        slot = "{{" + key + "}}"
        if slot in template:
            if not re.fullmatch(r"[\w.-]+" if key == "address" else r"[\w-]+", name):
                raise CannotEdit(f"`{name[:60]}` is no name that another block can refer to.")
            template = template.replace(slot, name)
    return template


def chosen(text: str, values: Values) -> str:
    """Return HCL in which every `choice.X` is the policy's value, or `var.X`; in a template, the value as it is."""
    text = _WITHIN.sub(lambda match: _plain(match.group(), _value(match.group(1), values)), text)
    return _CHOICE.sub(lambda match: _value(match.group(1), values), text)


def variables_in(text: str, values: Values) -> tuple[str, ...]:
    """Return the variables in HCL that stand for choices without a value."""
    names = dict.fromkeys(_VARIABLE.findall(text))
    return tuple(name for name in names if name in values.choices and name not in values.chosen)


def written(value: Any, values: Values) -> str:
    """Return a value of a recipe's YAML as HCL."""
    if isinstance(value, str) and (choice := _CHOICE.fullmatch(value)):
        return _value(choice.group(1), values)
    if isinstance(value, Mapping):
        entries = ", ".join(f"{key} = {written(item, values)}" for key, item in value.items())
        return f"{{ {entries} }}" if entries else "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _list(written(item, values) for item in value)
    return scalar(value)


def scalar(value: object) -> str:
    """Return a string, number, bool or None as HCL."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    return str(value) if isinstance(value, int | float) else quoted(str(value))


def declaration(choice: Choice, *, optional: bool = False) -> str:
    """Return the `variable` block that asks for a choice; an `optional` one is null where a call does not set it."""
    lines = [f"description = {quoted(choice.description)}", f"type        = {choice.type}"]
    lines += ["default     = null"] if optional else []
    lines += ["sensitive   = true"] if choice.sensitive else []
    return f'variable "{choice.name}" {{\n' + "".join(f"  {line}\n" for line in lines) + "}"


def _value(name: str, values: Values) -> str:
    choice, value = values.choices.get(name), values.chosen.get(name)
    if value is None:
        return f"var.{name}"
    if choice is not None and choice.type == "list(string)":
        return _list(quoted(item) for item in ([value] if isinstance(value, str) else value))
    text = value if isinstance(value, str) else " ".join(value)
    if choice is not None and choice.type == "number":
        if not re.fullmatch(r"-?\d{1,20}(\.\d{1,10})?", text):
            raise CannotEdit(f"The policy's value for {name} is no number.")
        return text
    return quoted(text)


def _plain(template: str, value: str) -> str:
    """A string or number as a part of a template; one that would have to be escaped stays a value of its own."""
    text = value.removeprefix('"').removesuffix('"')
    return text if re.fullmatch(r"[\w ./:,;@*+=-]*", text) and not text.startswith("var.") else template


def _list(items: Iterable[str]) -> str:
    return "[" + ", ".join(items) + "]"
