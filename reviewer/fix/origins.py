"""Where a value comes from: `var.x` and `local.x` traced to the literal that may be edited instead.

A literal stands in a variable's default, in .tfvars of the root, in the argument of a module call, or in `locals`. An
argument is that call's own knob; the others are only taken when all that depends on them is one thing
(`hcl_uses`). Knows Terraform's scopes, nothing of recipes.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reviewer.fix.editing import CannotEdit, Files
from reviewer.fix.hcl_draft import Top, find, tops
from reviewer.fix.hcl_splices import Chain
from reviewer.fix.hcl_tree import Attribute, Value, function, literal, parse, source_of
from reviewer.fix.hcl_uses import Sought, is_one_thing, reference_of

MAX_STEPS = 20

_OTHER = re.compile(r"(?:data\.)?[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*(?:\[[^\]]{0,60}\])?(?:\.[A-Za-z_][\w-]*)*")
_MODULE = re.compile(r"module\.([^.\[]+)(?:\[(?:\"(?:[^\"\\]|\\.)*\"|[^\]]*)\])?(?:\.|$)")


class NoDefault(CannotEdit):
    """The value comes from a variable without a default: whoever runs the root gives it."""

    def __init__(self, message: str, top: Top) -> None:
        super().__init__(message)
        self.top = top


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A module as the finding's root sees it: `calls` lead from the root to it; None when they are not known."""

    directory: str
    calls: tuple[Top, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a value is written: an attribute of a top-level block, or of a whole file (.tfvars)."""

    top: Top
    chain: Chain
    name: str
    scope: Scope

    @property
    def takes_references(self) -> bool:
        """Whether anything but a literal may stand there."""
        return self.top.type not in ("variable", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    origin: Origin
    value: Value
    place: str  # path:line

    @property
    def call(self) -> str:
        """The module call whose argument it is, or ""."""
        return self.origin.top.name if self.origin.top.type == "module" else ""


def modules_of(address: str) -> tuple[str, ...]:
    """Return the module names of an address, outermost first."""
    names: list[str] = []
    at = 0
    while len(names) < MAX_STEPS and (match := _MODULE.match(address, at)):
        names.append(match.group(1))
        at = match.end()
    return tuple(names)


def scope_of(files: Files, directory: str, root: str, modules: Sequence[str]) -> Scope:
    """Return the scope of a module's directory that is called through `modules` from `root`."""
    if not modules:
        return Scope(directory=directory, calls=() if directory == root else None)
    calls: list[Top] = []
    inside = root
    for name in modules:
        call = next((top for top, _ in tops(files, inside, "module") if top.labels == (name,)), None)
        target = _target(files, call) if call else None
        if call is None or target is None:
            return Scope(directory=directory, calls=None)
        calls.append(call)
        inside = target
    return Scope(directory=directory, calls=tuple(calls) if inside == directory else None)


def trace(files: Files, scope: Scope, sought: Sought, is_settled: Callable[[Value], bool]) -> Origin:
    """Return where a value is written: the first place on its way that `is_settled` accepts.

    Raises CannotEdit saying what the value comes from, when that may not be changed.
    """
    name, value, place, call = sought.name, sought.value, sought.place, ""
    for _ in range(MAX_STEPS):
        reference = reference_of(value)
        if reference is None:
            raise CannotEdit(_told(files, scope, name, value, (place, call)))
        follow = _variable if reference[0] == "var" else _local
        step = follow(files, scope, sought, reference[1])
        if is_settled(step.value):
            return step.origin
        scope, value, place, call = step.origin.scope, step.value, step.place, step.call
    raise CannotEdit(f"`{name}` is set from values that refer to each other in a circle ({place}).")


def _variable(files: Files, scope: Scope, sought: Sought, variable: str) -> _Step:
    name = sought.name
    declared = next(
        (found for found in tops(files, scope.directory, "variable") if found[0].labels == (variable,)), None
    )
    if declared is None:
        raise CannotEdit(f"`{name}` is set from var.{variable}, which is not declared.")
    top, block = declared
    place = f"{top.path}:{block.line}"
    if scope.calls is None:
        raise CannotEdit(f"`{name}` is set from var.{variable} ({place}), by a call that is not known.")
    if scope.calls and (argument := _argument(files, scope, variable)):
        return argument
    given = None if scope.calls else _given(files, scope.directory, name, variable)
    if given is None and (default := block.attribute("default")):
        given = _step(top, default, "default", (("variable", 0),), scope)
    if given is None:
        told = f"`{name}` is set from var.{variable} ({place}), which has no default; set it where it is given."
        raise NoDefault(told, top)
    if not is_one_thing(files, scope.directory, ("var", variable), sought):
        raise CannotEdit(
            f"`{name}` is set from var.{variable} ({place}), which is used elsewhere too; change it there."
        )
    if scope.calls and (other := _passing(files, scope.directory, variable)):
        raise CannotEdit(f"`{name}` is set from var.{variable} ({place}), which {other} sets too; change it there.")
    return given


def _local(files: Files, scope: Scope, sought: Sought, local: str) -> _Step:
    name = sought.name
    for top, block in tops(files, scope.directory, "locals"):
        attribute = block.attribute(local)
        if attribute is not None:
            if not is_one_thing(files, scope.directory, ("local", local), sought):
                place = f"{top.path}:{attribute.line}"
                raise CannotEdit(
                    f"`{name}` is set from local.{local} ({place}), which is used elsewhere too; change it there."
                )
            return _step(top, attribute, local, (("locals", 0),), scope)
    raise CannotEdit(f"`{name}` is set from local.{local}, which is not declared.")


def _argument(files: Files, scope: Scope, variable: str) -> _Step | None:
    calls = scope.calls or ()
    call = calls[-1]
    attribute = find(files, call).attribute(variable)
    if attribute is None:
        return None
    outer = Scope(directory=call.directory, calls=calls[:-1])
    return _step(call, attribute, variable, (("module", 0),), outer)


def _given(files: Files, directory: str, name: str, variable: str) -> _Step | None:
    """The one .tfvars file that Terraform reads by itself and that sets a variable of the root."""
    found = []
    for path in sorted(files):
        base = posixpath.basename(path)
        if posixpath.dirname(path) != directory or not _is_read(base):
            continue
        if base.endswith(".json"):
            if f'"{variable}"'.encode() in files[path]:
                raise CannotEdit(f"`{name}` is set from var.{variable}, which {path} sets; change it there.")
        elif (attribute := parse(files[path]).attribute(variable)) is not None:
            found.append((path, attribute))
    if len(found) > 1:
        paths = " and ".join(path for path, _ in found[:2])
        raise CannotEdit(f"`{name}` is set from var.{variable}, which {paths} set; change it there.")
    scope = Scope(directory=directory, calls=())
    return _step(Top(path=found[0][0], type=""), found[0][1], variable, (), scope) if found else None


def _is_read(base: str) -> bool:
    plain = base.removesuffix(".json")
    return plain == "terraform.tfvars" or plain.endswith(".auto.tfvars")


def calls_of(files: Files, directory: str) -> Iterator[Top]:
    """Yield all calls of the module in a directory."""
    for folder in sorted({posixpath.dirname(path) for path in files}):
        yield from (top for top, _ in tops(files, folder, "module") if _target(files, top) == directory)


def _passing(files: Files, directory: str, variable: str) -> str | None:
    """Return a call of the module in `directory` that sets a variable, if there is one."""
    for top in calls_of(files, directory):
        if attribute := find(files, top).attribute(variable):
            return f"{top.name} ({top.path}:{attribute.line})"
    return None


def _target(files: Files, call: Top) -> str | None:
    attribute = find(files, call).attribute("source")
    source = literal(attribute.value) if attribute else None
    if not isinstance(source, str) or not source.startswith(("./", "../")):
        return None
    joined = posixpath.normpath(posixpath.join(call.directory, source))
    return "" if joined == "." else joined


def _step(top: Top, attribute: Attribute, name: str, chain: Chain, scope: Scope) -> _Step:
    origin = Origin(top=top, chain=chain, name=name, scope=scope)
    return _Step(origin=origin, value=attribute.value, place=f"{top.path}:{attribute.line}")


def _told(files: Files, scope: Scope, name: str, value: Value, where: tuple[str, str]) -> str:
    """One sentence on a value that is neither a literal nor traced any further: where it stands, in which call."""
    place, call = where
    if call:
        return _told_of_call(name, value, place, call)
    if value.kind == "conditional":
        return f"`{name}` is set by a condition ({place}); decide there which value is right."
    if called := function(value):
        return f"`{name}` is made by {called[:60]}() ({place}); change it there."
    text = source_of(value)
    if not _OTHER.fullmatch(text):
        return f"`{name}` is made by an expression ({place}); change it there."
    return f"`{name}` is set from {text[:120]} ({_declared(files, scope, text) or place}); change it there."


def _told_of_call(name: str, value: Value, place: str, call: str) -> str:
    if value.kind == "conditional":
        return f"`{name}` is set by the call {call} ({place}) with a condition; decide there which value is right."
    text = source_of(value)
    what = f" from {text[:120]}" if _OTHER.fullmatch(text) else ""
    return f"`{name}` is set by the call {call} ({place}){what}; change it there."


def _declared(files: Files, scope: Scope, reference: str) -> str | None:
    """Return where the block stands that a reference names."""
    parts = re.split(r"[.\[]", reference)
    for top, block in tops(files, scope.directory):
        names = (*top.labels,) if top.type == "resource" else (top.type, *top.labels)
        if len(names) > 1 and tuple(parts[: len(names)]) == names:
            return f"{top.path}:{block.line}"
    return None
