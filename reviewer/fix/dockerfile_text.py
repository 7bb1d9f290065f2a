"""Bytes of a Dockerfile become instructions with exact positions, and RUN instructions the commands of a shell.

Owns reading only: continued lines, comments between them, here-documents, the escape directive, stages. Every pass is
linear in the text. What it does not understand it calls opaque, which is never edited.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewer.fix.editing import CannotEdit

MAX_BYTES = 500_000
MAX_WORDS = 20_000
_BOM = "\ufeff"
_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*([A-Za-z]+)[ \t]*=[ \t]*(\S+)[ \t]*")
_KEYWORD = re.compile(r"[ \t]*([A-Za-z]+)(?=\s|$)[ \t]*")
_HEREDOC = re.compile(r"<<-?[ \t]*([\"']?)([A-Za-z_][A-Za-z0-9_]*)\1")
_SHELL_WITH_HEREDOC = frozenset({"RUN", "COPY", "ADD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """`KEYWORD arguments`: characters `start..end` of the text, without the last line break."""

    keyword: str  # upper case
    start: int  # of the keyword
    arguments: int
    end: int
    stage: int  # 0 for the first FROM and what stands before it
    heredoc: int = -1  # where the bodies of its here-documents begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """A file that was read; positions are positions in `text`, which has no byte order mark."""

    text: str
    bom: bool
    escape: str
    newline: str
    instructions: tuple[Instruction, ...]

    def encode(self, text: str) -> bytes:
        """Return another text as bytes of this file."""
        return ((_BOM if self.bom else "") + text).encode("utf-8", "surrogateescape")

    def of(self, *keywords: str) -> tuple[Instruction, ...]:
        """Return the instructions of some keywords, in order."""
        return tuple(found for found in self.instructions if found.keyword in keywords)

    def value(self, instruction: Instruction) -> str:
        """Return the arguments on one line: no comments, no continuation."""
        end = instruction.heredoc if instruction.heredoc >= 0 else instruction.end
        lines = self.text[instruction.arguments : end].split("\n")
        kept = [line for index, line in enumerate(lines) if not index or not line.lstrip().startswith("#")]
        return " ".join(part for line in kept if (part := line.rstrip().removesuffix(self.escape).strip()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a command."""

    text: str  # as written, quotes included, without continuations
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A simple command of a shell and the operators around it: "" at the ends, a line break is ";"."""

    words: tuple[Word, ...]
    before: str
    after: str


def read(path: str, data: bytes) -> Dockerfile:
    """Return the instructions of a Dockerfile. Raises CannotEdit for what is too large."""
    if len(data) > MAX_BYTES:
        raise CannotEdit(f"`{path}` is too large to be edited.")
    text = data.decode("utf-8", "surrogateescape")
    bom = text.startswith(_BOM)
    text = text.removeprefix(_BOM)
    escape = _escape(text)
    return Dockerfile(
        text=text,
        bom=bom,
        escape=escape,
        newline="\r\n" if "\r\n" in text else "\n",
        instructions=tuple(_instructions(text, escape)),
    )


def commands(file: Dockerfile, instruction: Instruction) -> tuple[Command, ...]:
    """Return the commands of a RUN in the form of a shell; () for the exec form and for what is not plain shell.

    Raises CannotEdit when there are too many words.
    """
    start = instruction.arguments
    if file.text[start : start + 1] == "[":
        return ()
    if instruction.heredoc >= 0:
        opened = file.text[start : instruction.heredoc].strip()
        body_end = file.text.rfind("\n", instruction.heredoc, instruction.end)
        if not _HEREDOC.fullmatch(opened) or body_end < 0:
            return ()
        return _commands(_Scan(text=file.text, start=instruction.heredoc, end=body_end, escape="\\", lines=True))
    return _commands(_Scan(text=file.text, start=start, end=instruction.end, escape=file.escape, lines=False))


def unquoted(text: str) -> str:
    """Return a word without the quotes around it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _escape(text: str) -> str:
    """The character that continues a line: of the escape directive, which stands before everything else."""
    for line in text[:2000].split("\n"):
        found = _DIRECTIVE.fullmatch(line.rstrip("\r"))
        if not found:
            break
        if found[1].lower() == "escape" and found[2] in ("\\", "`"):
            return found[2]
    return "\\"


def _instructions(text: str, escape: str) -> Iterator[Instruction]:
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    closing = _closing_lines(text, starts) if "<<" in text else {}
    at, stage, seen_from = 0, 0, False
    while at < len(starts):
        line = _line(text, starts, at)
        keyword = _KEYWORD.match(line)
        if not keyword or line.lstrip().startswith("#"):
            at += 1
            continue
        last = _last_line(text, starts, at, escape)
        name = keyword[1].upper()
        first_end = starts[last] + len(_line(text, starts, last))
        after = _after_heredocs(closing, last, text[starts[at] : first_end]) if name in _SHELL_WITH_HEREDOC else last
        stage, seen_from = (stage + seen_from, True) if name == "FROM" else (stage, seen_from)
        yield Instruction(
            keyword=name,
            start=starts[at] + keyword.start(1),
            arguments=starts[at] + keyword.end(),
            end=starts[after] + len(_line(text, starts, after)),
            stage=stage,
            heredoc=starts[last + 1] if after > last else -1,
        )
        at = after + 1


def _line(text: str, starts: Sequence[int], index: int) -> str:
    """A line without its break."""
    end = starts[index + 1] - 1 if index + 1 < len(starts) else len(text)
    return text[starts[index] : end].removesuffix("\r")


def _last_line(text: str, starts: Sequence[int], at: int, escape: str) -> int:
    """The last line of an instruction: comments and empty lines between continued ones belong to it."""
    last = at
    for index in range(at, len(starts)):
        line = _line(text, starts, index).strip()
        if index > at and (not line or line.startswith("#")):
            continue
        last = index
        if not line.endswith(escape):
            break
    return last


def _closing_lines(text: str, starts: Sequence[int]) -> dict[str, list[int]]:
    """The lines that are one word, which a here-document may end with."""
    found: dict[str, list[int]] = {}
    for index in range(len(starts)):
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", line := _line(text, starts, index).strip()):
            found.setdefault(line, []).append(index)
    return found


def _after_heredocs(closing: dict[str, list[int]], last: int, head: str) -> int:
    """The line that ends the last here-document that an instruction opens; `last` when one is not closed."""
    at = last
    for found in itertools.islice(_HEREDOC.finditer(head), 10):
        lines = closing.get(found[2], [])
        index = bisect.bisect_right(lines, at)
        if index >= len(lines):
            return last
        at = lines[index]
    return at


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scan:
    """A stretch of shell."""

    text: str
    start: int
    end: int
    escape: str
    lines: bool  # a line break ends a command


@functools.cache
def _token(escape: str) -> re.Pattern[str]:
    """The tokens of a shell whose lines are continued by `escape`."""
    mark = re.escape(escape)
    return re.compile(
        rf"""(?P<continued>{mark}[ \t]*\r?\n(?:[ \t]*(?:\#[^\n]*)?\n|[ \t]*\r\n)*)
        |(?P<break>\r?\n)
        |(?P<blank>[ \t\r]+)
        |(?P<operator>&&|\|\||[;|&()])
        |(?P<single>'[^']*')
        |(?P<double>"(?:[^"{mark}]|{mark}.)*")
        |(?P<escaped>{mark}.)
        |(?P<plain>[^\s&|;()'"{mark}]+)
        |(?P<other>.)""",
        re.VERBOSE | re.DOTALL,
    )


def _commands(scan: _Scan) -> tuple[Command, ...]:
    found: list[Command] = []
    words: list[Word] = []
    before = ""
    for word, operator in _words(scan):
        if word:
            words.append(word)
            if len(words) + len(found) > MAX_WORDS:
                raise CannotEdit("The command is too long to be edited.")
            continue
        if words:
            found.append(Command(words=tuple(words), before=before, after=operator))
        words, before = [], operator
    if words:
        found.append(Command(words=tuple(words), before=before, after=""))
    return tuple(found)


def _words(scan: _Scan) -> Iterator[tuple[Word | None, str]]:
    """Yield words, and operators as (None, operator)."""
    parts: list[str] = []
    start = end = scan.start
    for token in _token(scan.escape).finditer(scan.text, scan.start, scan.end):
        kind = token.lastgroup or ""
        ends = kind in ("blank", "operator", "break") or (kind == "continued" and _is_before_blank(scan, token.end()))
        comment = kind == "plain" and not parts and token[0].startswith("#") and scan.lines
        if ends or comment:
            if parts:
                yield Word(text="".join(parts), start=start, end=end), ""
            parts = []
            if kind == "operator" or (kind == "break" and scan.lines):
                yield None, ";" if kind == "break" else token[0]
            continue
        if kind == "continued":
            continue
        start = start if parts else token.start()
        parts.append(token[0])
        end = token.end()
    if parts:
        yield Word(text="".join(parts), start=start, end=end), ""


def _is_before_blank(scan: _Scan, position: int) -> bool:
    """Whether a continued line goes on with white space, or a word stands alone before it."""
    return scan.text[position : position + 1] in ("", " ", "\t", "\n", "\r")


def line_of(text: str, position: int) -> int:
    """Return the line of a position, from 1."""
    return text.count("\n", 0, position) + 1
