"""What must be written otherwise in a policy so that the engine does what OPA does. Pure: from syntax to edits.

Line numbers stay as they are. What cannot be made right is a fault, never a policy that silently does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

from reviewer.plan.rego_builtins import PACKAGE, PRESENT, QUOTED, REFUSED, formatted, redirected
from reviewer.plan.rego_syntax import Call, Condition, Extent, Format, Module, Path
from reviewer.plan.rego_text import Edit

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What calls can mean, over all files."""

    functions: Set[Path]  # with `data` and their package
    rules: Set[Path]  # likewise
    builtins: Set[str]  # of the engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a file cannot be used."""

    line: int
    why: str


def rewrite(module: Module, text: bytes, known: Known) -> tuple[list[Edit], list[Fault]]:
    """Return the edits of `text`, the file of `module`, and what no edit makes right."""
    edits: list[Edit] = []
    faults: list[Fault] = []
    if module.package[:1] == (PACKAGE,):
        faults.append(Fault(line=1, why=f"the package name `{PACKAGE}` is taken; choose another"))
    for call in module.calls:
        _add(edits, faults, _called(call, module, known), call.at)
        if call.format:
            _add_format(edits, faults, call.format, text)
    for condition in module.conditions:
        if _is_a_value(condition, module, known):
            edits += _around(condition.at, f"{PRESENT}(", ")")
    for negation in module.negations:
        edits += _closed(negation)
    return edits, faults


def _add(edits: list[Edit], faults: list[Fault], found: str | Fault | None, at: Extent) -> None:
    if isinstance(found, Fault):
        faults.append(found)
    elif found is not None:
        edits.append(Edit(start=at.start, end=at.end, new=found))


def _called(call: Call, module: Module, known: Known) -> str | Fault | None:
    """Return what is to be called instead, None to leave it.

    The engine looks a name up in the package and among its built-ins, and not among what is imported.
    """
    path = call.path
    if not path:
        return Fault(line=call.at.line, why="this call is of no plain name, which the engine cannot follow")
    if ("data", *module.package, *path) in known.functions:
        return None
    if path[0] in module.imports or path[0] == "data":
        full = (*module.imports.get(path[0], path[:1]), *path[1:])
        missing = f"`{spell(full)}` is not a function of these policies"
        return spell(full) if full in known.functions else Fault(line=call.at.line, why=missing)
    return _builtin(".".join(path), call, known)


def _builtin(name: str, call: Call, known: Known) -> str | Fault | None:
    if name in REFUSED:
        return Fault(line=call.at.line, why=f"`{name}` is a built-in function that is not available: {REFUSED[name]}")
    if instead := redirected(name):
        return instead
    if name in known.builtins:
        return None
    return Fault(line=call.at.line, why=f"`{name}` is neither a function of these policies nor a built-in that is here")


def spell(path: Path) -> str:
    """Return a reference as Rego writes it."""
    rest = (f".{name}" if _NAME.fullmatch(name) else f'["{name}"]' for name in path[1:])
    return path[0] + "".join(rest)


def _add_format(edits: list[Edit], faults: list[Fault], format_: Format, text: bytes) -> None:
    at, values = format_.at, format_.values or ()
    written = text[at.start : at.end].decode()
    outcome = formatted(written)
    if isinstance(outcome, str):
        faults.append(Fault(line=at.line, why=f"`sprintf` cannot do `{outcome}` here; use %s, %v, %d or %.2f"))
        return
    new, quoted = outcome
    if new != written:
        edits.append(Edit(start=at.start, end=at.end, new=new))
    for number in quoted:
        extent = values[number] if number < len(values) else None
        if extent is None:
            why = f"`sprintf` can do %q here only where value {number + 1} of its list is a name or a call; use %v"
            faults.append(Fault(line=at.line, why=why))
        else:
            edits += _around(extent, f"{QUOTED}(", ")")


def _is_a_value(condition: Condition, module: Module, known: Known) -> bool:
    """Tell whether it asks for a value of a plan, and not for what a policy or its data made."""
    root = condition.root
    of_data = root == "data" or module.imports.get(root, ())[:1] == ("data",)
    return not of_data and ("data", *module.package, root) not in known.rules


def _around(extent: Extent, before: str, after: str) -> Iterator[Edit]:
    yield Edit(start=extent.start, end=extent.start, new=before)
    yield Edit(start=extent.end, end=extent.end, new=after)


def _closed(negation: Extent) -> Iterator[Edit]:
    """`not f(xs[_])` means that no element has it (OPA); the engine asks whether there is an element without it."""
    yield Edit(start=negation.start, end=negation.start + len("not"), new="count([true |")
    yield Edit(start=negation.end, end=negation.end, rank=1, new="]) == 0")
