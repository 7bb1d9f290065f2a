"""Values that a block takes from elsewhere, edited where they are written: a default, an argument, a local, .tfvars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reviewer.fix.editing import CannotEdit, Files, Values
from reviewer.fix.hcl_choices import variables_in
from reviewer.fix.hcl_draft import Draft, Top, find
from reviewer.fix.hcl_overlay import Elsewhere, Merge, operated
from reviewer.fix.hcl_splices import at, without
from reviewer.fix.hcl_tree import is_whole, literal
from reviewer.fix.hcl_uses import Sought
from reviewer.fix.hcl_values import Operation, Set, input_of, is_literal, is_settled
from reviewer.fix.origins import NoDefault, Origin, Scope, trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What edits elsewhere ask the author for."""

    variables: dict[Top, list[str]] = field(default_factory=dict)  # to be declared beside a block, where they are not
    inputs: list[str] = field(default_factory=list)  # variables of the author's own that have no default any more


def settle(draft: Draft, scope: Scope, merges: Iterable[Merge], values: Values) -> Asked:
    """Apply what `merges` left for elsewhere. Raises CannotEdit saying what a value comes from that may not be edited.

    A value that has to be set must be found; of those that may offend it is enough that one is found.
    """
    asked = Asked()
    for merge in merges:
        for each in merge.elsewhere:
            if isinstance(each.operation, Set):
                _settle(draft, scope, merge, (each, values), asked)
        others = [each for each in merge.elsewhere if not isinstance(each.operation, Set)]
        if not merge.done and others:
            _settle_one_of(draft, scope, merge, (others, values), asked)
    return asked


def _settle_one_of(
    draft: Draft, scope: Scope, merge: Merge, what: tuple[Sequence[Elsewhere], Values], asked: Asked
) -> None:
    problems, found = [], 0
    for each in what[0]:
        try:
            found += _settle(draft, scope, merge, (each, what[1]), asked)
        except CannotEdit as problem:
            problems += [problem] if each.required else []
    if problems and not found:
        raise problems[0]


def _settle(draft: Draft, scope: Scope, merge: Merge, what: tuple[Elsewhere, Values], asked: Asked) -> int:
    """Edit one value where it is written; return in how many places something was to be done."""
    each, values = what
    try:
        origin = trace(draft.files, scope, _sought(each, merge), lambda value: is_settled(value, each.operation))
    except NoDefault as unset:
        if is_literal(each.operation):
            raise
        asked.inputs.append(unset.top.labels[0])
        return 1
    inner = Merge(path=origin.top.path, line=1)
    if _would_refer(draft.files, origin, each.operation) and not _may_refer(draft.files, origin, each):
        draft.rewrite(origin.top, _without_default)
        asked.inputs.append(origin.top.labels[0])
        return 1
    draft.rewrite(origin.top, lambda text: operated(text, origin.chain, origin.name, each.operation, inner))
    names = [name for used in inner.used for name in variables_in(used, values)]
    asked.variables.setdefault(origin.top, []).extend(names)
    return inner.done


def _sought(each: Elsewhere, merge: Merge) -> Sought:
    place, operation = merge.where(each.line), each.operation
    if not isinstance(operation, Set):
        return Sought(name=each.name, value=each.value, place=place)
    alike = frozenset(other.name for other in merge.elsewhere if other.operation == operation)
    return Sought(name=each.name, value=each.value, place=place, wanted=operation.new, alike=alike)


def _would_refer(files: Files, origin: Origin, operation: Operation) -> bool:
    """Tell whether what comes of the value there would be no literal any more."""
    if is_literal(operation):
        return False
    block = find(files, origin.top)
    text = files[origin.top.path][block.start : block.end]
    after = operated(text, origin.chain, origin.name, operation, Merge(path=origin.top.path, line=1))
    attribute = at(after, origin.chain).attribute(origin.name)
    return after != text and attribute is not None and not is_whole(literal(attribute.value))


def _may_refer(files: Files, origin: Origin, each: Elsewhere) -> bool:
    """Tell whether a reference may stand there: not in a default, which is to be taken away then.

    That is right only in a root, for a value that the organization has to give; else it raises CannotEdit. Another
    module cannot refer to a resource of this one.
    """
    is_input = input_of(each.operation)
    if origin.takes_references and (origin.top.type != "module" or is_input):
        return True
    if origin.top.type == "variable" and is_input and not origin.scope.calls:
        return False
    block = find(files, origin.top)
    if origin.top.type == "module":
        attribute = block.attribute(origin.name)
        there = f"{origin.top.path}:{attribute.line if attribute else block.line}"
        raise CannotEdit(f"`{each.name}` is set by the call {origin.top.name} ({there}); change it there.")
    there = f"{origin.top.path}:{block.line}"
    raise CannotEdit(f"`{each.name}` is set from {origin.top.name} ({there}); change it there.")


def _without_default(text: bytes) -> bytes:
    attribute = at(text, (("variable", 0),)).attribute("default")
    return without(text, attribute) if attribute else text
