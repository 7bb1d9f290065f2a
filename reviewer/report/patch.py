"""Suggestions as diffs: what changed line by line, a patch that `git apply` takes, and the same without context.

Owns the forms of a diff. Must not know whether its text may be shown (`offers`) nor where.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reviewer.model import Suggestion

CONTEXT = 3
_MOST_COMPARED = 10_000  # lines times lines: beyond, what lies between the first and the last difference is replaced
_QUOTED = re.compile(r'[\x00-\x1f"\\\x7f]')
_LETTERS = {"\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", '"': '"', "\\": "\\"}
_NO_END = "\n\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Lines `removed`, the first of them line `line` of the file, become `added`; all with their line ends."""

    line: int  # where nothing is removed: the line that `added` is put before
    removed: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def end(self) -> int:
        """The line after the last removed one."""
        return self.line + len(self.removed)


def lines_of(text: str) -> list[str]:
    """Return the lines of `text` with their ends, as git counts them: only a line feed ends one."""
    *whole, rest = text.split("\n")
    return [line + "\n" for line in whole] + ([rest] if rest else [])


def changes(suggestion: Suggestion) -> tuple[Change, ...]:
    """Return what `suggestion` changes, without the lines between that stay as they are."""
    old, new = lines_of(suggestion.original), lines_of(suggestion.replacement)
    first = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    shorter = min(len(old), len(new)) - first
    same = next((n for n in range(shorter) if old[-1 - n] != new[-1 - n]), shorter)
    return tuple(
        Change(line=suggestion.start_line + first + at, removed=tuple(removed), added=tuple(added))
        for at, removed, added in _differences(old[first : len(old) - same], new[first : len(new) - same])
    )


def _differences(old: list[str], new: list[str]) -> Iterable[tuple[int, list[str], list[str]]]:
    if len(old) * len(new) > _MOST_COMPARED:
        return [(0, old, new)]
    opcodes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(i, old[i:j], new[m:n]) for tag, i, j, m, n in opcodes if tag != "equal"]


def bare_diff(suggestion: Suggestion) -> str:
    """Return the changed lines with - and +, without context and line numbers; … between those that are apart."""
    return " …\n".join(_signed("-", c.removed) + _signed("+", c.added) for c in changes(suggestion))


def _signed(sign: str, lines: Iterable[str]) -> str:
    return "".join(f"{sign}{line.rstrip(chr(10))}\n" for line in lines)


def build_patch(suggestions: Iterable[Suggestion], files: Mapping[str, bytes]) -> str:
    """Return a unified diff of `suggestions` that `git apply` takes, with three lines of context from `files`.

    `suggestions` do not overlap. Bytes that are no UTF-8 become surrogate escapes: write the patch with the same error
    handler. Raises ValueError when a file does not hold what a suggestion replaces.
    """
    by_path = _by_path(suggestions)
    return "".join(_of_file(path, by_path[path], _content(path, by_path[path], files)) for path in sorted(by_path))


def bare_patch(suggestions: Iterable[Suggestion]) -> str:
    """Return the same without context, for which no file is needed: `git apply --unidiff-zero` takes it."""
    by_path = _by_path(suggestions)
    return "".join(_of_file(path, by_path[path], None) for path in sorted(by_path))


def _by_path(suggestions: Iterable[Suggestion]) -> dict[str, list[Suggestion]]:
    by_path: dict[str, list[Suggestion]] = {}
    for suggestion in sorted(suggestions):
        if suggestion.replacement != suggestion.original:
            by_path.setdefault(suggestion.path, []).append(suggestion)
    return by_path


def _content(path: str, suggestions: Iterable[Suggestion], files: Mapping[str, bytes]) -> list[str]:
    lines = lines_of(files.get(path, b"").decode("utf-8", "surrogateescape"))
    for suggestion in suggestions:
        if "".join(lines[suggestion.start_line - 1 : suggestion.end_line]) != suggestion.original:
            raise ValueError(f"{path}:{suggestion.start_line}: the file does not hold the lines that the fix replaces")
    return lines


def _of_file(path: str, suggestions: Iterable[Suggestion], lines: list[str] | None) -> str:
    old, new = _name(f"a/{path}"), _name(f"b/{path}")
    end = "\t" if " " in path and not old.startswith('"') else ""  # git ends a name with blanks like this
    told = [f"diff --git {old} {new}\n--- {old}{end}\n+++ {new}{end}\n"]
    context, shift = (CONTEXT, 0) if lines is not None else (0, 0)
    for group in _groups([c for suggestion in suggestions for c in changes(suggestion)], context):
        told.append(_hunk(group, lines or [], context, shift))
        shift += sum(len(change.added) - len(change.removed) for change in group)
    return "".join(told)


def _groups(found: Sequence[Change], context: int) -> list[list[Change]]:
    """Put changes together whose contexts touch."""
    groups: list[list[Change]] = []
    for change in found:
        if groups and change.line - groups[-1][-1].end <= 2 * context:
            groups[-1].append(change)
        else:
            groups.append([change])
    return groups


def _hunk(group: Sequence[Change], lines: Sequence[str], context: int, shift: int) -> str:
    first, last = max(1, group[0].line - context), group[-1].end
    after = lines[last - 1 : last - 1 + context]
    at, told = first, []
    for change in group:
        told += [_line(" ", line) for line in lines[at - 1 : change.line - 1]]
        told += [_line("-", line) for line in change.removed] + [_line("+", line) for line in change.added]
        at = change.end
    told += [_line(" ", line) for line in after]
    old = last - first + len(after)
    new = old + sum(len(change.added) - len(change.removed) for change in group)
    return f"@@ -{_range(first, old)} +{_range(first + shift, new)} @@\n{''.join(told)}"


def _range(start: int, count: int) -> str:
    """Return `start,count`; a range of nothing is named by the line before it."""
    return f"{start if count else start - 1},{count}"


def _line(sign: str, line: str) -> str:
    return f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}{_NO_END}"


def _name(path: str) -> str:
    if not _QUOTED.search(path):
        return path
    return '"' + _QUOTED.sub(lambda m: "\\" + _LETTERS.get(m[0], f"{ord(m[0]):03o}"), path) + '"'
