"""The editor of Terraform's files in either syntax: those in JSON are edited as the native HCL that they stand for.

Each file of JSON is translated (`json_hcl`), the editor of HCL does what a recipe says, and what it changed is written
back into the JSON in place (`json_changes`). Without a file of JSON it is the editor of HCL and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from reviewer.fix import sanity, terraform
from reviewer.fix.editing import CannotEdit, Edited, Files, Values
from reviewer.fix.hcl_tree import Block, parse
from reviewer.fix.json_changes import rewritten
from reviewer.fix.json_hcl import SUFFIXES, Translated, translate
from reviewer.fix.recipes import Recipe
from reviewer.fix.terraform import TerraformPlace
from reviewer.model import Finding, Span

ENDING = ".tf"
"""What is put behind the name of a file of JSON when it is translated."""

check = terraform.check


@dataclass(frozen=True, slots=True, kw_only=True)
class _Native:
    """Files without JSON, and what each of the translated ones comes from."""

    files: Files
    origins: Mapping[str, tuple[str, Translated]]  # by the name of the translated one

    @contextmanager
    def in_real_words(self) -> Iterator[None]:
        """Within it, a CannotEdit speaks of the real files and their lines."""
        try:
            yield
        except CannotEdit as error:
            words = str(error)
            for name, (real, file) in self.origins.items():
                words = re.sub(rf"{re.escape(name)}(?::(\d{{1,9}}))?", partial(_said, real, file), words)
            raise CannotEdit(words) from None


def _said(real: str, file: Translated, match: re.Match[str]) -> str:
    return f"{real}:{file.line(int(match[1]))}" if match[1] else real


def locate(files: Files, finding: Finding) -> TerraformPlace:
    """Return the block that a finding is about. Raises CannotEdit where there is none, or it cannot be read."""
    native = _native(files)
    with native.in_real_words():
        if finding.block.path.endswith(SUFFIXES):
            finding = _translated(native, finding)
        return terraform.locate(native.files, finding)


def matches(files: Files, place: TerraformPlace, recipe: Recipe) -> bool:
    """Tell whether the recipe's `when` holds there, and its provider versions are not ruled out."""
    native = _native(files)
    with native.in_real_words():
        return terraform.matches(native.files, place, recipe)


def edit(files: Files, place: TerraformPlace, recipe: Recipe, values: Values) -> Edited:
    """Return the files that `recipe` changes at `place`. Raises CannotEdit where no edit is right."""
    native = _native(files)
    with native.in_real_words():
        edited = terraform.edit(native.files, place, recipe, values)
        changed: dict[str, bytes] = {}
        for path, text in edited.files.items():
            if path not in native.origins:
                changed[path] = text
                continue
            sanity.check(native.files, path, text)
            real, file = native.origins[path]
            near = (place.top.type, *place.top.labels) if place.top.path == path else ()
            changed[real] = rewritten(real, file, text, near)
    return Edited(files={path: text for path, text in changed.items() if text != files[path]}, inputs=edited.inputs)


def _native(files: Files) -> _Native:
    origins: dict[str, tuple[str, Translated]] = {}
    for path in [path for path in files if path.endswith(SUFFIXES) and path + ENDING not in files]:
        try:
            origins[path + ENDING] = (path, translate(path, files[path]))
        except CannotEdit:
            continue  # a finding in it is refused; one elsewhere may well be mended
    if not origins:
        return _Native(files=files, origins={})
    native = {path: text for path, text in files.items() if path + ENDING not in origins}
    return _Native(files=native | {name: file.text for name, (_, file) in origins.items()}, origins=origins)


def _translated(native: _Native, finding: Finding) -> Finding:
    """The same finding at the lines of the translated file."""
    name, wanted = finding.block.path + ENDING, finding.block.start_line
    if name not in native.origins:
        raise CannotEdit(f"{finding.block.path} cannot be edited.")
    file = native.origins[name][1]
    here = [b for b in parse(file.text).blocks if file.line(b.line) <= wanted <= file.line(b.end_line)]
    block = min(here, key=lambda b: (not _is_named(b, finding.resource), b.line), default=None)
    if block is None:
        raise CannotEdit(f"There is no block at {finding.block.path}:{wanted}.")
    span = finding.span
    lines = range(block.line, block.end_line + 1)
    within = [n for n in lines if span.start_line <= file.line(n) <= span.end_line] or [block.line]
    return replace(
        finding,
        block=Span(path=name, start_line=block.line, end_line=block.end_line),
        span=replace(span, path=name, start_line=within[0], end_line=within[-1])
        if span.path + ENDING == name
        else span,
    )


def _is_named(block: Block, resource: str) -> bool:
    """Whether an address, of an instance maybe, is that of a block."""
    name = ".".join(block.labels if block.type == "resource" else (block.type, *block.labels))
    plain = resource.removesuffix("]").rpartition("[")[0] if resource.endswith("]") else resource
    return plain == name or plain.endswith(f".{name}")
