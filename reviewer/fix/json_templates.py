"""Texts of Terraform's JSON syntax, which are templates, as native HCL writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.fix.editing import CannotEdit
from reviewer.fix.hcl_tree import Attribute, is_broken, parse, quoted

MAX_NESTED = 20
_WHOLE = re.compile(r"\$\{(.*)\}", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}(?:\.[A-Za-z_][A-Za-z0-9_-]{0,99}){1,9}")
_OPENING = re.compile(r"\$\$\{|%%\{|[$%]\{")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def expression(text: str) -> str:
    """Return the expression that a text consists of (`${x}` -> `x`), "" when it is anything else."""
    match = _WHOLE.fullmatch(text)
    inner = match[1].strip() if match else ""
    if not inner or "<<" in inner:
        return ""
    if _PLAIN.fullmatch(inner):
        return inner
    source = f"x = {inner}\n".encode("utf-8", "surrogatepass")
    found = parse(source).items
    one = len(found) == 1 and isinstance(found[0], Attribute) and found[0].end == len(source) - 1
    return inner if one and not is_broken(source) else ""


def quoted_literal(text: str) -> str:
    """Return a text that is no template as HCL writes it."""
    return quoted(text)


def quoted_template(text: str) -> str:
    """Return a template in quotes: what stands between its expressions is escaped, these are as they were.

    Raises CannotEdit for one whose expressions do not end.
    """
    return '"' + "".join(_escaped(part) if plain else part for plain, part in _parts(text)) + '"'


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(c) or (c if c >= " " else f"\\u{ord(c):04x}") for c in text)


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """The text in pieces: (True, what is written out) and (False, `${...}`)."""
    at = 0
    while match := _OPENING.search(text, at):
        start = match.start() if len(match[0]) == 2 else match.end()
        yield True, text[at:start]
        at = start
        if len(match[0]) == 2:
            at = _closed(text, match.end())
            yield False, text[start:at]
    yield True, text[at:]


_SIGNS = re.compile(r'\\.|[$%]\{|["{}]', re.DOTALL)


def _closed(text: str, at: int) -> int:
    """The position behind the brace that ends an expression."""
    open_: list[str] = ["{"]
    while open_:
        match = _SIGNS.search(text, at)
        if match is None or len(open_) > MAX_NESTED:
            raise CannotEdit("A template in it does not end.")
        sign, at = match[0], match.end()
        if open_[-1] == '"':
            if sign == '"':
                open_.pop()
            elif sign in ("${", "%{"):
                open_.append("{")
        elif sign == "}":
            open_.pop()
        elif sign in ("{", '"', "${", "%{"):
            open_.append("{" if sign != '"' else '"')
    return at
