"""YAML text to plain values with the line of each, refusing what a policy has no use for.

Reads PyYAML's events (its pure Python parser), so that `off` stays a word, nothing is constructed, and depth is known
before it is reached. Knows no key of the policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_BYTES = 64 * 1024
MAX_DEPTH = 8

Location = tuple[str | int, ...]
"""Keys and positions from the top: `("waivers", 0, "rule")`."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,8})")
_EMPTY = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong at a line of the file; `location` is empty where it is about the file."""

    line: int
    location: Location
    text: str


@dataclass(slots=True, kw_only=True)
class YamlFile:
    """The values of one file, where each stands, and what was refused while reading them."""

    value: Any = None
    lines: dict[Location, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unread: set[Location] = field(default_factory=set)  # places whose value is not known; () when nothing is

    def refuse(self, event: yaml.Event, location: Location, text: str) -> None:
        """Note that what stands at `event` is refused."""
        self.problems.append(Problem(line=_line(event), location=location, text=text))

    def line_of(self, location: Location) -> int:
        """Return the line of `location`, or of the nearest thing around it."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


class _Unreadable(Exception):
    """Reading cannot go on."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(line=line, location=(), text=text)


def read_yaml(text: str) -> YamlFile:
    """Return the values of `text`: dict, list, str, int, None. Never raises; what is wrong stands in `problems`."""
    file = YamlFile()
    try:
        _read_stream(file, _events(text))
    except _Unreadable as error:
        file.problems.append(error.problem)
        file.unread.add(())
    return file


def _events(text: str) -> Iterator[yaml.Event]:
    """Yield PyYAML's events. Raises _Unreadable where the text is too large or not YAML."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _Unreadable(1, f"the file is too large; expected at most {MAX_BYTES} bytes")
    try:
        yield from yaml.parse(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        raise _Unreadable(line, "a character that YAML does not allow; expected text") from None
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error) from None


def _syntax_error(error: yaml.MarkedYAMLError) -> _Unreadable:
    said = str(error.problem)
    if "'\\t'" in said:
        said = "a tab; expected spaces"
    return _Unreadable(error.problem_mark.line + 1 if error.problem_mark else 1, f"not YAML: {said}")


def _read_stream(file: YamlFile, events: Iterator[yaml.Event]) -> None:
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _Unreadable(_line(event), "a second document begins; expected one")
            file.value = _value(file, events, next(events), ())


def _value(file: YamlFile, events: Iterator[yaml.Event], event: yaml.Event, location: Location) -> Any:
    """Return the value that begins with `event`, taking its further events."""
    file.lines.setdefault(location, _line(event))
    if len(location) > MAX_DEPTH:
        raise _Unreadable(_line(event), f"nested too deep; expected at most {MAX_DEPTH} levels")
    if not isinstance(event, yaml.CollectionStartEvent | yaml.ScalarEvent):
        file.refuse(event, location, "an alias (*); expected the value itself")
        file.unread.add(location)
        return None
    if event.anchor is not None:
        file.refuse(event, location, "an anchor (&); expected a plain value")
    if event.tag is not None:
        file.refuse(event, location, "a tag (!); expected a plain value")
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(file, events, location)
    return _mapping(file, events, location)


def _scalar(event: yaml.ScalarEvent) -> str | int | None:
    """Return text as it stands; only plain whole numbers and plain nothing are anything else."""
    text: str = event.value
    if event.style is not None:
        return text
    if text in _EMPTY:
        return None
    return int(text) if _INTEGER.fullmatch(text) else text


def _sequence(file: YamlFile, events: Iterator[yaml.Event], location: Location) -> list[Any]:
    values: list[Any] = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        values.append(_value(file, events, event, (*location, len(values))))
    return values


def _mapping(file: YamlFile, events: Iterator[yaml.Event], location: Location) -> dict[str, Any]:
    values: dict[str, Any] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        if not isinstance(key, yaml.ScalarEvent):
            raise _Unreadable(_line(key), "a key that is not a word; expected words as keys")
        inside = (*location, key.value)
        if key.value in values:
            file.refuse(key, inside, f"given twice (first in line {file.line_of(inside)}); expected once")
            _value(YamlFile(), events, next(events), inside)
            continue
        file.lines[inside] = _line(key)
        values[key.value] = _value(file, events, next(events), inside)
    return values
