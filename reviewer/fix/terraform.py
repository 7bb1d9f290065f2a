"""The editor of Terraform's HCL: a recipe's overlays, replacements and additions applied to one block.

Owns where things go; how bytes change is in `hcl_*`, where values come from in `origins`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.fix import hcl_versions
from reviewer.fix.editing import CannotEdit, Edited, Files, Values
from reviewer.fix.hcl_added import added
from reviewer.fix.hcl_choices import chosen, declaration, named, variables_in, written
from reviewer.fix.hcl_draft import SUFFIXES, Draft, Top, find, tops
from reviewer.fix.hcl_overlay import Elsewhere, Merge, chosen_blocks, filled, operated, overlaid
from reviewer.fix.hcl_splices import OBJECT, Chain, as_block, at, with_attribute, with_block, without
from reviewer.fix.hcl_tree import Block, errors, literal, parse
from reviewer.fix.hcl_values import Include, Operation, Replace, Set, is_literal, is_one_of, is_settled
from reviewer.fix.origins import Origin, modules_of, scope_of, trace
from reviewer.fix.recipes import Recipe
from reviewer.model import Finding

_SAMPLE = {"name": "this", "type": "aws_thing", "address": "aws_thing.this"}
_KEYS = frozenset({"set", "default", "by", "replace", "include", "remove", "add"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TerraformPlace:
    """A top-level block, the nested blocks in it that offend, and the module calls that lead to it."""

    top: Top
    inner: tuple[Chain, ...]
    root: str
    modules: tuple[str, ...]

    @property
    def type(self) -> str:
        """The resource's or data source's type; module, provider.aws, or the block's own type for others."""
        if self.top.type in ("resource", "data") and self.top.labels:
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
    if block.node.has_error:
        raise CannotEdit(f"{path} cannot be read around line {block.line}.")
    span = finding.span
    within = span.path == path and block.line < span.start_line <= span.end_line <= block.end_line
    inner = tuple(_within(block, ((top.type, 0),), span.start_line, span.end_line)) if within else ()
    return TerraformPlace(top=top, inner=inner, root=finding.root, modules=modules_of(finding.resource))


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
    return all(_holds(block, chain, key.split("."), wanted, merge) for key, wanted in recipe.when.items())


def edit(files: Files, place: TerraformPlace, recipe: Recipe, values: Values) -> Edited:
    """Return the files that `recipe` changes at `place`. Raises CannotEdit where no edit is right."""
    draft = Draft(files)
    names = {"name": place.name, "type": place.type, "address": place.address}
    block = draft.block(place.top)
    merge = Merge(path=place.top.path, line=block.line, inner=place.inner, by={**(recipe.edit.get("by") or {})})
    draft.rewrite(place.top, lambda text: _in_block(text, place, recipe.edit, (names, values), merge))
    inputs = dict.fromkeys(name for used in merge.used for name in variables_in(used, values))
    new: list[str] = []
    if "add" in recipe.edit:
        template = chosen(recipe.edit["add"], values)
        blocks = added(draft, place.top, template, names)
        inputs |= dict.fromkeys(variables_in(template, values))
        new.extend(blocks)
    asked = _elsewhere(draft, place, merge, values)
    asked[place.top] = (*asked.get(place.top, ()), *inputs)
    return _finished(draft, place, asked, new, values)


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
    if recipe.provider and not hcl_versions.is_constraint(recipe.provider):
        raise ValueError(f"provider: {recipe.provider} is not like `aws >= 4.0`")


def _check_text(key: str, text: object) -> None:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{key}: expected HCL")
    parsed = named(text, _SAMPLE).encode()
    if errors(parsed) or "\t" in text or "\r" in text:
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


def _holds(block: Block, chain: Chain, path: Sequence[str], wanted: Sequence[Any], merge: Merge) -> bool:
    name, rest = path[0], path[1:]
    attribute = block.attribute(name)
    if attribute is not None:
        if rest and attribute.value.kind == "object":
            return _holds(as_block(attribute), (*chain, (name, OBJECT)), rest, wanted, merge)
        return not rest and is_one_of(literal(attribute.value), wanted)
    inner = block.blocks_of(name)
    if block.dynamic(name):
        return False
    if not inner:
        return None in wanted
    if not rest:
        return False
    meant = chosen_blocks(block, chain, name, merge)
    return all(_holds(inner[n], (*chain, (name, n)), rest, wanted, merge) for n in meant)


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
        text = _everywhere(text, chain, replacement["at"].split("."), operation, merge)
    for path, items in (edit_.get("include") or {}).items():
        include = Include(items=tuple(items) if isinstance(items, list) else (items,), values=values)
        text = _everywhere(text, chain, path.split("."), include, merge)
    for path in edit_.get("remove") or ():
        text = _removed(text, chain, path.split("."), merge)
    return text


def _everywhere(text: bytes, chain: Chain, path: Sequence[str], operation: Operation, merge: Merge) -> bytes:
    *way, name = path
    if isinstance(operation, Include):
        text = _made(text, chain, way)
    for target in _targets(text, chain, way, merge):
        body = at(text, target)
        if isinstance(operation, Include) and body.attribute(name) is None and not body.dynamic(name):
            items = written(list(operation.items), operation.values)
            merge.used.append(items)
            text = with_attribute(text, target, name, items)
        else:
            text = operated(text, target, name, operation, merge)
    return text


def _made(text: bytes, chain: Chain, way: Sequence[str]) -> bytes:
    """The blocks on the way to a list that must have something are made where there are none."""
    for name in way:
        body = at(text, chain)
        if body.attribute(name) or body.dynamic(name) or body.blocks_of(name):
            break
        text = with_block(text, chain, f"{name} {{\n}}")
        chain = (*chain, (name, 0))
    return text


def _targets(text: bytes, chain: Chain, way: Sequence[str], merge: Merge) -> tuple[Chain, ...]:
    """Return the chains of all bodies that a path of names leads to."""
    if not way:
        return (chain,)
    body, name = at(text, chain), way[0]
    attribute = body.attribute(name)
    if attribute is not None and attribute.value.kind == "object":
        return _targets(text, (*chain, (name, OBJECT)), way[1:], merge)
    if attribute is not None:
        place = merge.where(attribute.line)
        raise CannotEdit(f"`{name}` is written as an attribute ({place}), not as a block.")
    found = (_targets(text, (*chain, (name, n)), way[1:], merge) for n in chosen_blocks(body, chain, name, merge))
    return tuple(target for targets in found for target in targets)


def _removed(text: bytes, chain: Chain, path: Sequence[str], merge: Merge) -> bytes:
    *way, name = path
    for target in reversed(_targets(text, chain, way, merge)):
        attribute = at(text, target).attribute(name)
        if attribute is not None:
            text = without(text, attribute)
            continue
        for n in reversed(chosen_blocks(at(text, target), target, name, merge)):
            text = without(text, at(text, target).blocks_of(name)[n])
    return text


def _elsewhere(draft: Draft, place: TerraformPlace, merge: Merge, values: Values) -> dict[Top, tuple[str, ...]]:
    """Edit the values that come from elsewhere where they are written; return the variables asked for there."""
    if merge.done:
        pending = [each for each in merge.elsewhere if isinstance(each.operation, Set)]
    else:
        pending = merge.elsewhere
    asked: dict[Top, tuple[str, ...]] = {}
    for each in pending:
        origin = _origin(draft.files, place, each, merge)
        inner = Merge(path=origin.top.path, line=1)
        draft.rewrite(origin.top, _applying(origin, each, inner))
        names = [name for used in inner.used for name in variables_in(used, values)]
        asked[origin.top] = (*asked.get(origin.top, ()), *names)
    return asked


def _applying(origin: Origin, each: Elsewhere, merge: Merge) -> Callable[[bytes], bytes]:
    return lambda text: operated(text, origin.chain, origin.name, each.operation, merge)


def _origin(files: Files, place: TerraformPlace, each: Elsewhere, merge: Merge) -> Origin:
    scope = scope_of(files, place.top.directory, place.root, place.modules)
    where = merge.where(each.line)
    origin = trace(files, scope, each.name, each.value, where, lambda value: is_settled(value, each.operation))
    there = f"{origin.top.path}:{find(files, origin.top).line}"
    if not is_literal(each.operation):
        if not origin.takes_references:
            raise CannotEdit(f"`{each.name}` is set from {origin.top.name} ({there}); give it a value there.")
        if origin.top.type == "module" and not _is_input(each.operation):
            raise CannotEdit(f"`{each.name}` is set from {origin.top.name} ({there}); change it there.")
    return origin


def _is_input(operation: Operation) -> bool:
    if isinstance(operation, Set):
        return bool(re.fullmatch(r"\[?var\.[\w-]+\]?", operation.new))
    return True


def _finished(
    draft: Draft,
    place: TerraformPlace,
    asked: Mapping[Top, Iterable[str]],
    new: Sequence[str],
    values: Values,
) -> Edited:
    """Add what the edit needs behind the blocks that need it: resources, then the variables that are not there yet."""
    inputs: dict[str, None] = {}
    for top, names in asked.items():
        blocks = [*new] if top == place.top else []
        for name in dict.fromkeys(names):
            declared = _declared(draft.files, top.directory, name)
            if declared is None:
                if top.directory != place.root:
                    raise CannotEdit(
                        f"The module in {top.directory or 'the root'} is called by others: "
                        f"a new variable {name} would have to be set in every call."
                    )
                blocks.append(declaration(values.choices[name]))
            if declared is None or declared.attribute("default") is None:
                inputs[name] = None
        if blocks:
            draft.insert_after(top, "\n\n".join(blocks))
    return Edited(files=draft.changed, inputs=tuple(inputs))


def _declared(files: Files, directory: str, name: str) -> Block | None:
    return next((block for top, block in tops(files, directory, "variable") if top.labels == (name,)), None)
