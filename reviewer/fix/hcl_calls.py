"""A value that a module is given by its calls: every call hands a variable of its own module down, up to the root's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reviewer.fix.editing import CannotEdit, Files, Values
from reviewer.fix.hcl_choices import declaration
from reviewer.fix.hcl_draft import Draft, Top, find, tops
from reviewer.fix.hcl_splices import with_attribute
from reviewer.fix.hcl_tree import Block
from reviewer.fix.origins import calls_of

MOST_CALLS = 20


def declared(files: Files, directory: str, name: str) -> Block | None:
    """Return the variable of a module, or None."""
    return next((block for top, block in tops(files, directory, "variable") if top.labels == (name,)), None)


def hand_down(draft: Draft, directory: str, root: str, names: Sequence[str], values: Values) -> None:
    """Let all calls of a module set those of `names` that have no value in it.

    Raises CannotEdit where no call is known, or there are too many.
    """
    names = [name for name in names if _is_unset(draft.files, directory, name)]
    waiting, done = [directory] if names else [], set[Top]()
    while waiting:
        inside = waiting.pop()
        calls = tuple(calls_of(draft.files, inside))
        if not calls or len(done) + len(calls) > MOST_CALLS:
            raise CannotEdit(
                f"The module in {inside or 'the root'} is called by others: "
                f"a new variable {names[0]} would have to be set in every call."
            )
        for call in calls:
            if call not in done:
                done.add(call)
                waiting += [call.directory] if _set(draft, call, root, names, values) else []


def is_open(files: Files, root: str, name: str) -> bool:
    """Tell whether a variable of the root has no value yet."""
    variable = declared(files, root, name)
    return variable is not None and variable.attribute("default") is None


def _is_unset(files: Files, directory: str, name: str) -> bool:
    variable = declared(files, directory, name)
    default = variable.attribute("default") if variable else None
    return default is not None and default.value.kind == "null_lit"


def _set(draft: Draft, call: Top, root: str, names: Iterable[str], values: Values) -> bool:
    """Let a call set what it does not set yet; return whether its own module has to be given that in turn."""
    block = find(draft.files, call)
    missing = [name for name in names if block.attribute(name) is None]

    def change(text: bytes) -> bytes:
        for name in missing:
            text = with_attribute(text, (("module", 0),), name, f"var.{name}")
        return text

    draft.rewrite(call, change)
    here = call.directory
    new = [name for name in missing if declared(draft.files, here, name) is None]
    if new:
        blocks = [declaration(values.choices[name], optional=here != root) for name in new]
        draft.insert_after(call, "\n\n".join(blocks))
    return bool(missing) and here != root
