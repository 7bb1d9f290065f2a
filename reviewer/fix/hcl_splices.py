"""The primitive edits of a text of HCL: an attribute or a block is put in, a value replaced, an item taken out.

Texts have "\\n" as line end (`hcl_draft` sees to that) and are whole blocks or whole files. A thing in them is named by
its chain: for each level the type of a block and how many of that type stand before it, or the name of an object's
attribute and OBJECT. Offsets never outlive an edit, chains do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reviewer.fix.editing import CannotEdit
from reviewer.fix.hcl_align import aligned, spliced
from reviewer.fix.hcl_tree import Attribute, Block, Value, elements, function, parse, quoted

OBJECT = -1
"""In a chain: the value of the attribute of that name, an object. OBJECT - n: the n-th item of a list of objects."""

Chain = tuple[tuple[str, int], ...]

TRAILING = frozenset({"tags", "labels", "tags_all", "depends_on", "user_labels", "resource_labels"})
"""Attributes that by custom end a block: new ones go before them."""

SETTINGS = frozenset({"lifecycle", "depends_on", "timeouts", "provisioner", "connection"})
"""What tells Terraform, and not the provider, something: by custom it comes last."""


def at(text: bytes, chain: Chain) -> Block:
    """Return what a chain leads to. Raises CannotEdit when it is not there any more."""
    block = parse(text)
    for name, index in chain:
        if index <= OBJECT:
            attribute = block.attribute(name)
            objects = (objects_of(attribute) or merged_object(attribute)) if attribute else ()
            if OBJECT - index >= len(objects):
                raise CannotEdit(f"`{name}` is no object.")
            block = objects[OBJECT - index]
        else:
            same = block.blocks_of(name)
            if index >= len(same):
                raise CannotEdit(f"The block `{name}` is not there any more.")
            block = same[index]
    return block


def objects_of(attribute: Attribute) -> tuple[Block, ...]:
    """Return the objects that an attribute's value is, or a list of, as the blocks that they are like."""
    value = attribute.value
    values = elements(value) if value.kind == "tuple" else (value,)
    return () if any(each.kind != "object" for each in values) else _as_blocks(attribute, values)


def merged_object(attribute: Attribute) -> tuple[Block, ...]:
    """Return the first object literal that merge() is given, as a block."""
    arguments = elements(attribute.value) if function(attribute.value) == "merge" else ()
    return _as_blocks(attribute, [each for each in arguments if each.kind == "object"][:1])


def _as_blocks(attribute: Attribute, objects: Sequence[Value]) -> tuple[Block, ...]:
    return tuple(
        Block(
            type=attribute.name,
            labels=(),
            start=attribute.start,
            end=attribute.end,
            opened=each.node.start_byte + 1,
            closed=each.node.end_byte - 1,
            line=each.node.start_point.row + 1,
            end_line=each.node.end_point.row + 1,
            node=each.node,
        )
        for each in objects
    )


def with_value(text: bytes, value: Value, new: str) -> bytes:
    """Return `text` with a value replaced."""
    return spliced(text, value.start, value.end, _indented(new, _indent_at(text, value.start), text).encode())


def with_attribute(text: bytes, chain: Chain, name: str, value: str) -> bytes:
    """Return `text` with a new attribute at a sensible place of the body that `chain` leads to."""
    block = at(text, chain)
    if block.node.type == "object" and _is_one_line(text, block):
        return _with_inline_entry(text, block, name, value)
    text, block = _opened(text, chain)
    indent = _inner_indent(text, block)
    line = f"{_key(block, name)} = {_indented(value, indent, text)}".encode()
    anchor = _anchor(text, block)
    if anchor is not None:
        comma = b"," if text[anchor.end : anchor.end + 1] == b"," else b""
        end = _line_end(text, anchor.end)
        end = anchor.end + len(comma) if end > block.closed else end
        return _with(text, chain, name, (end, b"\n" + indent + line + comma))
    start = _line_end(text, block.opened) if block.type else -1
    first = block.items[:1]
    blank = b"\n" if first and isinstance(first[0], Block) and text[start + 1 : start + 2] != b"\n" else b""
    if start < 0:
        return line + b"\n" + text
    return _with(text, chain, name, (start, b"\n" + indent + line + blank))


def _with(text: bytes, chain: Chain, name: str, insertion: tuple[int, bytes]) -> bytes:
    position, new = insertion
    text = spliced(text, position, position, new)
    if at(text, chain).attribute(name) is None:
        raise CannotEdit(f"There is no place where `{name}` could be put.")
    return text


def _key(block: Block, name: str) -> str:
    """The name of a new attribute; in an object in quotes where it needs them, or the others have them."""
    if block.node.type != "object":
        return name
    keys = [item.start for item in block.items]
    quotes = bool(keys) and all((block.node.text or b"")[at - block.node.start_byte :][:1] == b'"' for at in keys)
    return quoted(name) if quotes or not re.fullmatch(r"[A-Za-z_][\w-]*", name) else name


def with_block(text: bytes, chain: Chain, new: str) -> bytes:
    """Return `text` with a new nested block, written like a recipe is, behind the others; `lifecycle` stays last."""
    text, block = _opened(text, chain)
    indent = _inner_indent(text, block)
    written = aligned(indent + _indented(new, indent, text).encode())
    type_ = re.split(r"[\s{]", new, maxsplit=1)[0]
    same = block.blocks_of(type_)
    header = _line_end(text, block.opened)
    if same:
        end = _line_end(text, same[-1].end)
    elif (last := _before_settings(block)) is not None:
        end = _line_end(text, last)
        written += b"" if text[end + 1 :].lstrip(b" \t").startswith(b"\n") else b"\n"
    else:
        end = max(len(text[: block.closed].rstrip()), header)
    blank = b"\n" if end > header else b""
    close = b"" if b"\n" in text[end : block.closed] else b"\n" + _indent_at(text, block.start)
    return spliced(text, end, end, b"\n" + blank + written + close)


def _before_settings(block: Block) -> int | None:
    """Where the items end that `lifecycle` and its like follow; None when none does."""
    items = block.items
    names = [item.type if isinstance(item, Block) else item.name for item in items]
    count = len(items)
    while count and names[count - 1] in SETTINGS:
        count -= 1
    return items[count - 1].end if 0 < count < len(items) else None


def without(text: bytes, item: Attribute | Block) -> bytes:
    """Return `text` without an item, the rest of its line, and a blank line that would be one too many."""
    start = text.rfind(b"\n", 0, item.start) + 1
    end = _line_end(text, item.end)
    if text[start : item.start].strip() or text[item.end : end].strip().startswith((b"}", b",")):
        return _without_inline(text, item)
    above = text[:start].endswith((b"\n\n", b"{\n")) or not start
    below = text[end : end + 2] == b"\n\n" or text[end:].lstrip().startswith(b"}")
    if above and text[end : end + 2] == b"\n\n":
        end += 1
    elif below and text[:start].endswith(b"\n\n"):
        start -= 1
    return spliced(text, start, end + 1, b"")


def _without_inline(text: bytes, item: Attribute | Block) -> bytes:
    start, end = item.start, item.end
    if following := re.match(rb"\s*,\s*", text[end:]):
        return spliced(text, start, end + following.end(), b"")
    before = text[:start].rstrip()
    if before.endswith(b","):
        return spliced(text, len(before) - 1, end, b"")
    close = re.match(rb"[ \t]*", text[end:])
    return spliced(text, len(before), end + (close.end() if close else 0), b"")


def _with_inline_entry(text: bytes, block: Block, name: str, value: str) -> bytes:
    entry = f"{_key(block, name)} = {value}".encode()
    if not block.items:
        return spliced(text, block.opened, block.closed, b" " + entry + b" ")
    last = block.items[-1].end
    return spliced(text, last, last, b", " + entry)


def _opened(text: bytes, chain: Chain) -> tuple[bytes, Block]:
    """A body on one line holds one attribute at most: more need lines."""
    block = at(text, chain)
    if not block.type or not _is_one_line(text, block):
        return text, block
    indent = _indent_at(text, block.start)
    content = text[block.opened : block.closed].strip()
    body = b"\n" + _inner_indent(text, block) + content if content else b""
    text = spliced(text, block.opened, block.closed, body + b"\n" + indent)
    return text, at(text, chain)


def _anchor(text: bytes, block: Block) -> Attribute | None:
    """The attribute that a new one goes behind: the last of those before the nested blocks, rather one on one line."""
    items = block.items
    run = items[: next((n for n, item in enumerate(items) if isinstance(item, Block)), len(items))]
    for group in (run, items):
        usual = [item for item in group if isinstance(item, Attribute) and item.name not in TRAILING]
        short = [item for item in usual if b"\n" not in text[item.start : item.end]]
        if usual:
            return (short or usual)[-1]
        if group:
            return None
    return None


def _is_one_line(text: bytes, block: Block) -> bool:
    return b"\n" not in text[block.opened : block.closed]


def _line_end(text: bytes, position: int) -> int:
    end = text.find(b"\n", position)
    return len(text) if end < 0 else end


def _indent_at(text: bytes, position: int) -> bytes:
    start = text.rfind(b"\n", 0, position) + 1
    line = text[start:position]
    return line[: len(line) - len(line.lstrip(b" \t"))]


def _inner_indent(text: bytes, block: Block) -> bytes:
    if not block.type:
        return b""
    if block.items and b"\n" in text[block.opened : block.items[0].start]:
        return _indent_at(text, block.items[0].start)
    return _indent_at(text, block.start) + _unit(text)


def _unit(text: bytes) -> bytes:
    """One step of indentation, as the text has it."""
    found = re.search(rb"\n([ \t]+)[^\s]", text)
    return found.group(1) if found else b"  "


def _indented(new: str, indent: bytes, text: bytes) -> str:
    """Lines of a recipe (two spaces a step) after the first, as they are indented here."""
    unit = _unit(text).decode()
    first, *rest = new.split("\n")
    return "\n".join([first, *(_reindented(line, indent.decode(), unit) for line in rest)])


def _reindented(line: str, indent: str, unit: str) -> str:
    bare = line.lstrip(" ")
    return f"{indent}{unit * ((len(line) - len(bare)) // 2)}{bare}" if bare else ""
