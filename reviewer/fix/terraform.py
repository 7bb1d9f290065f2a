"""The editor of Terraform's HCL: a recipe's overlays, replacements and additions applied to one block.

Owns where things go; how bytes change is in `hcl_*`, where values come from in `origins`.
"""

from __future__ import annotations

import functools
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.fix import hcl_versions, port_names
from reviewer.fix.editing import CannotEdit, Edited, Files, Values
from reviewer.fix.hcl_added import added
from reviewer.fix.hcl_calls import declared, hand_down, is_open
from reviewer.fix.hcl_choices import chosen, declaration, named, variables_in
from reviewer.fix.hcl_describe import with_descriptions
from reviewer.fix.hcl_draft import SUFFIXES, Draft, Top, check_readable, find, tops
from reviewer.fix.hcl_elsewhere import Asked, settle
from reviewer.fix.hcl_overlay import Merge, filled, overlaid
from reviewer.fix.hcl_paths import everywhere, holds, removed
from reviewer.fix.hcl_splices import Chain, at
from reviewer.fix.hcl_tree import Block, is_broken, parse
from reviewer.fix.hcl_values import Include, Replace
from reviewer.fix.origins import modules_of, scope_of
from reviewer.fix.recipes import Recipe
from reviewer.model import Finding

_SAMPLE = {"name": "this", "type": "aws_thing", "address": "aws_thing.this"}
MOST_REMEMBERED = 20_000
"""Bytes of a block: of what an edit makes of longer ones nothing is kept."""

_KEYS = frozenset({"set", "default", "by", "replace", "include", "remove", "describe", "add"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TerraformPlace:
    """A top-level block, the nested blocks in it that offend, and the module calls that lead to it."""

    top: Top
    inner: tuple[Chain, ...]
    root: str
    modules: tuple[str, ...]
    checksum: int  # of the block's text

    @property
    def type(self) -> str:
        """The resource's or data source's type, the provider's name; module and the like for other blocks."""
        if self.top.type in ("resource", "data", "provider") and self.top.labels:
            return self.top.labels[0]
        return self.top.type

    @property
    def name(self) -> str:
        """The block's last label."""
        return self.top.labels[-1] if self.top.labels else self.top.type

    @property
    def address(self) -> str:
        """What the module calls it: aws_s3_bucket.logs, data.aws_ami.base, module.net."""
        return self.top.name


def locate(files: Files, finding: Finding) -> TerraformPlace:
    """Return the block that a finding is about. Raises CannotEdit where there is none, or it cannot be read."""
    path, line = finding.block.path, finding.block.start_line
    if path not in files or not path.endswith(SUFFIXES):
        raise CannotEdit(f"{path} is not written in HCL.")
    found = None
    for top, block in tops({path: files[path]}, path.rpartition("/")[0]):
        if block.line <= line <= block.end_line:
            found = top, block
    if found is None:
        raise CannotEdit(f"There is no block at {path}:{line}.")
    top, block = found
    check_readable(path, files[path])
    span = finding.span
    within = span.path == path and block.line < span.start_line <= span.end_line <= block.end_line
    inner = tuple(_within(block, ((top.type, 0),), span.start_line, span.end_line)) if within else ()
    modules = modules_of(finding.resource)
    return TerraformPlace(
        top=top, inner=inner, root=finding.root, modules=modules, checksum=_checksum(block.node.text or b"")
    )


def matches(files: Files, place: TerraformPlace, recipe: Recipe) -> bool:
    """Tell whether the recipe's `when` holds there, and its provider versions are not ruled out."""
    if recipe.provider and not hcl_versions.is_allowed(files, (place.top.directory, place.root), recipe.provider):
        return False
    try:
        block = find(files, place.top)
    except CannotEdit:
        return False
    merge = Merge(path=place.top.path, line=block.line, inner=place.inner)
    chain = ((place.top.type, 0),)
    return all(holds(block, chain, key.split("."), wanted, merge) for key, wanted in recipe.when.items())


def edit(files: Files, place: TerraformPlace, recipe: Recipe, values: Values) -> Edited:
    """Return the files that `recipe` changes at `place`. Raises CannotEdit where no edit is right."""
    draft = Draft(files)
    names = {"name": place.name, "type": place.type, "address": place.address}
    block = draft.block(place.top)
    what, merges = _Applied(recipe, values, block.line), list[Merge]()

    def change(text: bytes) -> bytes:
        after, merge = _remembered(text, block.node.text or b"", place, what)
        merges.append(merge)
        return after

    draft.rewrite(place.top, change)
    inputs = dict.fromkeys(name for merge in merges for used in merge.used for name in variables_in(used, values))
    new: tuple[str, ...] = ()
    if "add" in recipe.edit:
        template = chosen(recipe.edit["add"], values)
        new, more = added(draft, place.top, template, names)
        inputs |= dict.fromkeys(variables_in(template, values))
        merges.extend(more)
    scope = scope_of(draft.files, place.top.directory, place.root, place.modules)
    asked = settle(draft, scope, merges, values)
    asked.variables.setdefault(place.top, []).extend(inputs)
    return _finished(draft, place, asked, new, values)


class _Applied:
    """A recipe and the values that it is applied with, equal to themselves only. `line`, for messages, may differ."""

    def __init__(self, recipe: Recipe, values: Values, line: int) -> None:
        self.recipe, self.values, self.line = recipe, values, line

    def __hash__(self) -> int:
        return hash((id(self.recipe), id(self.values)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Applied) and self.recipe is other.recipe and self.values is other.values


def _remembered(text: bytes, was: bytes, place: TerraformPlace, what: _Applied) -> tuple[bytes, Merge]:
    """As `_rewritten`, which is asked the same for an edit alone, for all together and for those of one block."""
    return (_rewritten if len(text) < MOST_REMEMBERED else _rewritten.__wrapped__)(text, was, place, what)


@functools.lru_cache(maxsize=1024)
def _rewritten(text: bytes, was: bytes, place: TerraformPlace, what: _Applied) -> tuple[bytes, Merge]:
    """Return what a recipe makes of a block's text, and what comes of it besides. `was`: as it is in its file."""
    merge = Merge(
        path=place.top.path,
        line=what.line,
        by={**(what.recipe.edit.get("by") or {})},
        inner=place.inner,
        fits=_fits(was, what.recipe),
        is_first=_checksum(was) == place.checksum,
    )
    names = {"name": place.name, "type": place.type, "address": place.address}
    return _in_block(text, place, what.recipe.edit, (names, what.values), merge), merge


def _checksum(text: bytes) -> int:
    return zlib.crc32(text)


def _fits(text: bytes, recipe: Recipe) -> Callable[[Chain], bool]:
    """Return what tells whether `when` holds for a nested block, as it was before the edit."""
    plain = Merge(path="", line=1)

    def fits(chain: Chain) -> bool:
        way = [name for name, _ in chain[1:]]
        told = {key: key.split(".") for key in recipe.when}
        told = {key: path[len(way) :] for key, path in told.items() if path[: len(way)] == way and len(path) > len(way)}
        try:
            return all(holds(at(text, chain), chain, path, recipe.when[key], plain) for key, path in told.items())
        except CannotEdit:
            return False

    return fits


def check(recipe: Recipe) -> None:
    """Raise ValueError when the recipe's edit is not well formed."""
    edit_ = recipe.edit
    if unknown := sorted(set(edit_) - _KEYS):
        raise ValueError(f"{unknown[0]} is not a key of a Terraform edit")
    for key in ("set", "default", "add"):
        if key in edit_:
            _check_text(key, edit_[key])
    for replacement in edit_.get("replace") or ():
        if set(replacement) - {"at", "old", "new"} or not {"at", "old"} <= set(replacement):
            raise ValueError("replace: expected at, old and new")
    if "describe" in edit_:
        port_names.check(edit_["describe"])
    if recipe.provider and not hcl_versions.is_constraint(recipe.provider):
        raise ValueError(f"provider: {recipe.provider} is not like `aws >= 4.0`")


def _check_text(key: str, text: object) -> None:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{key}: expected HCL")
    parsed = named(text, _SAMPLE).encode()
    if is_broken(parsed) or "\t" in text or "\r" in text:
        raise ValueError(f"{key}: this is not HCL, or holds tabs")
    if re.search(r"<<[A-Za-z]", text):
        raise ValueError(f"{key}: a heredoc must be indented (<<-)")
    if key == "add" and any(block.type not in ("resource", "data", "locals") for block in parse(parsed).blocks):
        raise ValueError("add: expected resource, data or locals blocks")
    if key == "add" and parse(parsed).attributes:
        raise ValueError("add: expected whole blocks")


def _within(block: Block, chain: Chain, start: int, end: int) -> Iterator[Chain]:
    """Chains of the nested blocks that lie around the lines, or inside them."""
    seen: dict[str, int] = {}
    for inner in block.blocks:
        nth = seen[inner.type] = seen.get(inner.type, -1) + 1
        if inner.line <= end and start <= inner.end_line:
            here = (*chain, (inner.type, nth))
            yield here
            if len(chain) < 10:
                yield from _within(inner, here, start, end)


def _in_block(
    text: bytes,
    place: TerraformPlace,
    edit_: Mapping[str, Any],
    context: tuple[Mapping[str, str], Values],
    merge: Merge,
) -> bytes:
    names, values = context
    chain: Chain = ((place.top.type, 0),)
    for key, apply in (("set", overlaid), ("default", filled)):
        if key in edit_:
            overlay = parse(chosen(named(edit_[key], names), values).encode())
            text = apply(text, chain, overlay, merge)
    for replacement in edit_.get("replace") or ():
        old = replacement["old"]
        operation = Replace(
            old=tuple(old) if isinstance(old, list) else (old,), new=replacement.get("new"), values=values
        )
        text = everywhere(text, chain, replacement["at"].split("."), operation, merge)
    for path, items in (edit_.get("include") or {}).items():
        include = Include(items=tuple(items) if isinstance(items, list) else (items,), values=values)
        text = everywhere(text, chain, path.split("."), include, merge)
    for path in edit_.get("remove") or ():
        text = removed(text, chain, path.split("."), merge)
    if "describe" in edit_:
        text = with_descriptions(text, chain, edit_["describe"], merge)
    return text


def _finished(
    draft: Draft,
    place: TerraformPlace,
    asked: Asked,
    new: Sequence[str],
    values: Values,
) -> Edited:
    """Add what the edit needs behind the blocks that need it: resources, then the variables that are not there yet."""
    inputs = dict.fromkeys(asked.inputs)
    for top, told in asked.variables.items():
        names, inside = tuple(dict.fromkeys(told)), top.directory != place.root
        blocks = [*new] if top == place.top else []
        missing = [name for name in names if declared(draft.files, top.directory, name) is None]
        blocks += [declaration(values.choices[name], optional=inside) for name in missing]
        if blocks:
            draft.insert_after(top, "\n\n".join(blocks))
        if inside:
            hand_down(draft, top.directory, place.root, names, values)
        inputs |= dict.fromkeys(name for name in names if is_open(draft.files, place.root, name))
    return Edited(files=draft.changed, inputs=tuple(inputs))
