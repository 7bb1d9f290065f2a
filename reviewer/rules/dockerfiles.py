"""Dockerfiles as the rules read them: instructions with their lines, continuations and here-documents put together.

Bad input never raises. Knows no rule. Source: the Dockerfile reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.model import Span
from reviewer.rules.rule import Directory, Hit

MAX_LINES = 20_000
_NAME = re.compile(r"(?:.+\.)?(?:dockerfile|containerfile)(?:\.(?!dockerignore$).+)?", re.IGNORECASE)
_WORD = re.compile(r"\s*([A-Za-z]+)(?:\s+|$)(.*)", re.DOTALL)
_HEREDOC = re.compile(r"<<-?\s*[\"']?([A-Za-z_]\w*)[\"']?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction. `text` is what follows its word, line ends kept, comments in between left out."""

    path: str
    word: str  # in capitals
    text: str
    lines: tuple[tuple[int, str], ...]  # number and text of each line

    def hit(self, message: str, holding: str = "") -> Hit:
        """Return a hit on this instruction, on its first line that holds `holding`."""
        first, last = self.lines[0][0], self.lines[-1][0]
        at = next((number for number, line in self.lines if holding and holding in line), first)
        return Hit(
            span=Span(path=self.path, start_line=at, end_line=at),
            block=Span(path=self.path, start_line=first, end_line=last),
            resource=self.word,
            message=message,
            framework="dockerfile",
        )


def instructions(directory: Directory) -> tuple[Instruction, ...]:
    """Return the instructions of every Dockerfile of a directory; read once, however many rules ask."""
    kept = directory.kept.get("dockerfiles")
    if isinstance(kept, tuple):
        return kept
    found = tuple(
        instruction
        for path in sorted(directory.files)
        if _NAME.fullmatch(path.rpartition("/")[2])
        for instruction in read_instructions(path, directory.files[path].decode("utf-8", "replace"))
    )
    directory.kept["dockerfiles"] = found
    return found


def read_instructions(path: str, text: str) -> Iterator[Instruction]:
    """Yield the instructions of one Dockerfile."""
    lines = text.split("\n")[:MAX_LINES]
    at = 0
    while at < len(lines):
        start = at
        taken: list[tuple[int, str]] = []
        more = True
        while at < len(lines) and more:
            line = lines[at].rstrip("\r")
            at += 1
            if line.lstrip().startswith("#") or (taken and not line.strip()):
                continue  # comments and empty lines may stand between continued lines
            taken.append((at, line.rstrip().removesuffix("\\") if line.rstrip().endswith("\\") else line))
            more = line.rstrip().endswith("\\")
        whole = "\n".join(line for _, line in taken)
        word = _WORD.fullmatch(whole)
        if word is None:
            at = max(at, start + 1)
            continue
        if word[1].upper() in ("RUN", "COPY", "ADD"):
            at = _heredocs(lines, at, whole, taken)
        body = "\n".join(line for _, line in taken)
        yield Instruction(path=path, word=word[1].upper(), text=body[word.start(2) :], lines=tuple(taken))


def _heredocs(lines: list[str], at: int, whole: str, taken: list[tuple[int, str]]) -> int:
    """Take the here-documents that an instruction begins; one that does not end is none."""
    for name in _HEREDOC.findall(whole):
        end = next((number for number in range(at, len(lines)) if lines[number].strip() == name), None)
        if end is not None:
            taken += [(number + 1, lines[number]) for number in range(at, end + 1)]
            at = end + 1
    return at
