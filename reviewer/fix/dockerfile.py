"""Recipes on Dockerfiles: what `instruction:` of a row may hold. Each applies to every instruction of the file that it
fits, for the scanner judges the instructions of one kind together.

    drop_flag: {of: [apt-get], flags: [--force-yes]}   a flag of a command in RUN; `letter: k` for a short one, also in
                                           -fsk; `takes_value: true` drops the next word too; `pattern` instead of
                                           flags; `instead: -y` puts that there, `unless: [-y, -qq]` stands already
    drop_command: [[npm, config, set]]     a command that begins with these words, with the && before it
    drop_prefix: sudo                      a command in front of commands, when it has no options of its own
    rename: {apt: apt-get}                 a package manager, for what both can do
    unset: [PIP_TRUSTED_HOST]              a variable: of ENV, of ARG, exported or set in front of a command in RUN
    keyword: {ADD: COPY}                   plain local files are copied, not added
    label: maintainer                      MAINTAINER becomes a label
    drop_port: [22, 22/tcp]                of EXPOSE
    absolute: true                         a relative WORKDIR after an absolute one gets its whole path
    lone_update: [install, add]            RUN apt-get update goes, where no later step needs it, or joins the very next
                                           one, which installs with one of these words
    user: choice.container_user            whom the last stage runs as in the end: the user it had before root, where it
                                           had one, else the policy's

An edit that would be a guess raises CannotEdit. Knows no rule; the syntax is `dockerfile_text`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.fix import dockerfile_run, dockerfile_steps, dockerfile_text, splices
from reviewer.fix.dockerfile_text import Dockerfile
from reviewer.fix.documents import CHOICE
from reviewer.fix.editing import CannotEdit, Edited, Files, Values
from reviewer.fix.recipes import Recipe
from reviewer.fix.splices import Splice
from reviewer.model import Finding

WHOLE = "Dockerfile"
"""The type of a finding about the whole file."""

_EDITS: Mapping[str, Callable[[Dockerfile, Any], Iterator[Splice]]] = {
    "drop_flag": dockerfile_run.drop_flag,
    "drop_command": dockerfile_run.drop_command,
    "drop_prefix": dockerfile_run.drop_prefix,
    "rename": dockerfile_run.rename,
    "unset": dockerfile_run.unset,
    "lone_update": dockerfile_run.lone_update,
    "keyword": dockerfile_steps.keyword,
    "label": dockerfile_steps.label,
    "drop_port": dockerfile_steps.drop_port,
    "absolute": dockerfile_steps.absolute,
    "user": dockerfile_steps.user,
}
_FORMS: Mapping[str, type | tuple[type, ...]] = {
    "drop_flag": Mapping,
    "rename": Mapping,
    "keyword": Mapping,
    "drop_command": list,
    "unset": list,
    "lone_update": list,
    "drop_port": list,
    "absolute": bool,
}
_FLAG_KEYS = {"of", "flags", "letter", "pattern", "takes_value", "instead", "unless"}


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionPlace:
    """The instructions of one keyword in a file, or the whole file."""

    path: str
    type: str  # RUN, FROM, ...; WHOLE

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[2]

    @property
    def address(self) -> str:
        """The file, as the build knows it."""
        return self.path


def locate(files: Files, finding: Finding) -> InstructionPlace:
    """Return what a finding is about. Raises CannotEdit where the file is not one of the change."""
    path = finding.block.path
    file = _read(files, path)
    keyword = finding.resource.rpartition(".")[2].upper()
    return InstructionPlace(path=path, type=keyword if file.of(keyword) else WHOLE)


def matches(files: Files, place: InstructionPlace, recipe: Recipe) -> bool:
    """Return True: `when` has no meaning here, and `check` refuses it."""
    return place.path in files and not recipe.when


def edit(files: Files, place: InstructionPlace, recipe: Recipe, values: Values) -> Edited:
    """Return the file with the recipe applied to all instructions that it fits. Raises CannotEdit."""
    data = files[place.path]
    for key, given in recipe.edit["instruction"].items():
        file = _read({place.path: data}, place.path)
        made = list(_EDITS[key](file, _chosen(given, values)))
        data = file.encode(splices.apply(file.text, made)) if made else data
    return Edited(files={place.path: data} if data != files[place.path] else {})


def check(recipe: Recipe) -> None:
    """Raise ValueError when the edit is not one for Dockerfiles."""
    edits = recipe.edit.get("instruction")
    if set(recipe.edit) != {"instruction"} or not isinstance(edits, Mapping) or not edits or recipe.when:
        raise ValueError("expected instruction, a mapping of edits, and no when")
    for key, given in edits.items():
        if key not in _EDITS:
            raise ValueError(f"instruction.{key}: expected one of {', '.join(_EDITS)}")
        if not isinstance(given, _FORMS.get(key, str)) or not given:
            raise ValueError(f"instruction.{key}: not in the form of this edit")
    flag = edits.get("drop_flag", {"of": 1, "letter": 1})
    if not set(flag) <= _FLAG_KEYS or "of" not in flag or not set(flag) & {"flags", "letter", "pattern"}:
        raise ValueError(f"instruction.drop_flag: expected of, and flags, letter or pattern, of {sorted(_FLAG_KEYS)}")


def _read(files: Files, path: str) -> Dockerfile:
    if path not in files:
        raise CannotEdit(f"`{path}` is not a file of the change.")
    return dockerfile_text.read(path, files[path])


def _chosen(given: Any, values: Values) -> Any:
    """What the policy chose for `choice.NAME`; "" where it chose nothing."""
    if isinstance(given, str) and given.startswith(CHOICE):
        value = values.chosen.get(given.removeprefix(CHOICE), "")
        return value if isinstance(value, str) else ""
    return given
