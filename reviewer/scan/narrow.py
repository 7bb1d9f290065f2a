"""From the block that a scanner names to the line that offends: evaluated keys walked along a syntax tree.

Works on `hcl.Attribute` trees, which YAML and JSON are turned into as well. Pure; runs in the contained child.
A missing attribute is no line: then it is the first line of what it is missing from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reviewer import hcl
from reviewer.scan import yaml_tree

MAX_BLOCK_LINES, MAX_LIST_LINES = 3, 8
"""A nested block or a list that offends as a whole is shown whole up to here, else by its first line."""

OPEN_TO_ALL = re.compile(r"0\.0\.0\.0/0|::/0")

_TELLING = re.compile(r"""0\.0\.0\.0/0|::/0|["']\*["']|:\*["']|\ballUsers\b|\ballAuthenticatedUsers\b""")
_CONTEXT = frozenset(
    (
        *("resource_type", "name", "description", "engine", "engine_version", "database_version", "family", "kind"),
        *(
            "account_kind",
            "direction",
            "access",
            "protocol",
            "type",
            "tags",
            "effect",
            "Effect",
            "from_port",
            "to_port",
        ),
        *("action", "principal", "version", "apiVersion"),
    )
)
"""Keys that say which resources a check is about rather than what is wrong with them."""

_SUBJECT = re.compile(r"cidr|source_range|source_address|actions?$|members?$|principals?$", re.IGNORECASE)
_INDEX = re.compile(r"\[?(\d+)\]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Lines of a file. `key` is the attribute that was looked at; `attribute` is None when it is not there."""

    start_line: int
    end_line: int
    key: str = ""
    attribute: hcl.Attribute | None = None
    guessed: bool = False  # found by the names in the check's code, not by what it said


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    place: Place
    depth: int  # how many names of the key were found
    wanted: int
    score: int

    @property
    def whole(self) -> bool:
        return self.depth == self.wanted


def in_block(block: hcl.Block, keys: Sequence[str], names: Sequence[str] = ()) -> Place:
    """Return where in a block of HCL the offence is.

    `keys` are a check's evaluated keys (`metadata_options/[0]/http_tokens`), `names` what its code mentions, tried when
    the keys lead nowhere.
    """
    return _best(as_attribute(block), keys, names)


def in_attribute(whole: hcl.Attribute, keys: Sequence[str], names: Sequence[str] = ()) -> Place:
    """The same for a tree made of YAML or JSON."""
    return _best(whole, keys, names)


def as_attribute(block: hcl.Block) -> hcl.Attribute:
    """Return a block as the attribute it would be as an object; `dynamic` blocks by what they make."""
    members = [*block.body.attributes]
    for inner in block.body.blocks:
        if inner.type == "dynamic" and inner.labels:
            content = inner.body.blocks_of("content")
            made = as_attribute(content[0]) if content else as_attribute(inner)
            members.append(_renamed(made, inner.labels[0], inner))
        else:
            members.append(as_attribute(inner))
    return hcl.Attribute(
        name=block.type, text="{", start_line=block.start_line, end_line=block.end_line, members=tuple(members)
    )


def _renamed(made: hcl.Attribute, name: str, around: hcl.Block) -> hcl.Attribute:
    return hcl.Attribute(
        name=name, text="{", start_line=around.start_line, end_line=around.end_line, members=made.members
    )


def _best(whole: hcl.Attribute, keys: Sequence[str], names: Sequence[str]) -> Place:
    paths = [path for key in keys if (path := _segments(key)) and path != ["resource_type"]]
    matches = [match for path in paths for match in _follow(whole, path)]
    found = [match for match in matches if match.whole]
    absent = next((path for path in paths if not any(match.whole for match in _follow(whole, path))), None)
    if found and not (absent and all(is_context(match.place.key) for match in found)):
        return _joined(found)
    if absent:
        line = max(_follow(whole, absent), key=lambda match: match.depth).place.start_line
        return Place(start_line=line, end_line=line, key=_key_name(absent))
    guessed = _by_names(whole, names)
    return guessed or Place(start_line=whole.start_line, end_line=whole.start_line)


def _joined(found: Sequence[_Match]) -> Place:
    """The best match; matches as good on the lines next to it are taken in."""
    top = max(match.score for match in found)
    best = sorted((match.place for match in found if match.score == top), key=lambda place: place.start_line)
    start, end = best[0].start_line, best[0].end_line
    for place in best[1:]:
        if place.start_line <= end + 1:
            end = max(end, place.end_line)
    return Place(start_line=start, end_line=end, key=best[0].key, attribute=best[0].attribute)


def _by_names(whole: hcl.Attribute, names: Sequence[str]) -> Place | None:
    wanted = [name for name in dict.fromkeys(names) if not is_context(name)]
    inside = list(_descendants(whole, 6))
    for name in wanted:
        for attribute in inside:
            if attribute.name == name and not is_structure(attribute):
                place = _place(attribute)
                return Place(
                    start_line=place.start_line, end_line=place.end_line, key=name, attribute=attribute, guessed=True
                )
    return None


def is_structure(attribute: hcl.Attribute) -> bool:
    """Tell whether it is a block, an object or a list of such, rather than a value or a list of values."""
    return bool(attribute.members) and (
        not attribute.text.startswith("[") or any(member.members for member in attribute.members)
    )


def _descendants(attribute: hcl.Attribute, depth: int) -> Iterator[hcl.Attribute]:
    for member in attribute.members:
        yield member
        if depth > 1:
            yield from _descendants(member, depth - 1)


def _follow(whole: hcl.Attribute, path: Sequence[str | int]) -> Iterator[_Match]:
    """Yield where a key leads; several places when its last name is one whose index checks do not keep."""
    names = [segment for segment in path if isinstance(segment, str)]
    loose = bool(names) and names[-1] in ("actions", "Action")
    for attribute, depth in _walk(whole, list(path), 0, loose=loose):
        place = _place(attribute) if depth else Place(start_line=whole.start_line, end_line=whole.start_line)
        key = names[-1] if names else ""
        yield _Match(
            place=Place(start_line=place.start_line, end_line=place.end_line, key=key, attribute=attribute),
            depth=depth,
            wanted=len(names),
            score=_score(key, attribute),
        )


def _walk(
    attribute: hcl.Attribute, path: list[str | int], depth: int, *, loose: bool
) -> Iterator[tuple[hcl.Attribute, int]]:
    if not path:
        yield attribute, depth
        return
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        if not rest:
            yield attribute, depth
            return
        items = [member for member in attribute.members if member.name.startswith("[")]
        chosen = items if loose and items else items[head : head + 1] or [attribute]
        for item in chosen:
            yield from _walk(item, rest, depth, loose=loose)
        return
    candidates = [member for member in _opened(attribute).members if member.name == head]
    if not candidates:
        yield attribute, depth
        return
    if rest and isinstance(rest[0], int) and len(candidates) > 1:
        index, rest = rest[0], rest[1:]
        candidates = candidates if loose else candidates[index : index + 1] or candidates[:1]
    for candidate in candidates if loose else candidates[:1]:
        yield from _walk(candidate, rest, depth + 1, loose=loose)


def _opened(attribute: hcl.Attribute) -> hcl.Attribute:
    """A string of JSON (a policy in a heredoc) has members too."""
    if attribute.members or "{" not in attribute.text or not attribute.text.startswith(("<<", '"')):
        return attribute
    return yaml_tree.opened_heredoc(attribute)


def _segments(key: str) -> list[str | int]:
    key = re.sub(r"\[\?\(.*?\)\]|\[\?.*?\]", "", key)
    path: list[str | int] = []
    for part in re.split(r"[/.]", key.replace("[", "/[")):
        if part in ("", "*"):
            continue
        index = _INDEX.fullmatch(part)
        path.append(int(index.group(1)) if index else part)
    return path


def _score(key: str, attribute: hcl.Attribute) -> int:
    score = 4 if _is_telling(attribute) else 0
    score += 2 if _SUBJECT.search(key) else 0
    return score - (3 if is_context(key) else 0)


def _is_telling(attribute: hcl.Attribute) -> bool:
    texts = [attribute.text, *(f'"{part.literal}"' for part in (attribute, *attribute.members) if part.literal)]
    return any(_TELLING.search(text) for text in texts)


def is_context(key: str) -> bool:
    """Tell whether a key (`a.b`) only says which resources a check is about."""
    return key.rpartition(".")[2] in _CONTEXT


def _key_name(path: Iterable[str | int]) -> str:
    return ".".join(segment for segment in path if isinstance(segment, str))


def _place(attribute: hcl.Attribute) -> Place:
    lines = attribute.end_line - attribute.start_line + 1
    most = MAX_LIST_LINES if attribute.text.startswith("[") else MAX_BLOCK_LINES
    end = attribute.start_line if attribute.members and lines > most else attribute.end_line
    return Place(start_line=attribute.start_line, end_line=end, attribute=attribute)
