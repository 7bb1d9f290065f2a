"""Reads what `git diff` prints, and says on which lines of it a comment may stand.

Owns the format of git's extended headers (quoted names, renames, modes); unidiff does the arithmetic of hunks, and
never sees a header, because it takes a name that holds ` b/` for two. Must not know GitHub's API, only its rule that a
comment's lines lie inside one hunk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import unidiff

from reviewer.model import Diff, Finding, Hunk, Span

_SECTION = "\ndiff --git "
_ESCAPES = re.compile(r"((?:\\[0-7]{3})+)|\\(.)")
_LETTERS = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}

Hunks = Mapping[str, tuple[Hunk, ...]]


def parse_diff(text: str) -> Diff:
    """Return the head side of the unified diff `text`, as `git diff` prints it with its default prefixes.

    Hunks without a line on the head side (deletions without context) are left out. Raises ValueError when a hunk is
    cut short: never for what git prints.
    """
    hunks: list[Hunk] = []
    renamed: list[tuple[str, str]] = []
    changed: set[str] = set()
    for section in ("\n" + text).split(_SECTION)[1:]:
        header, at, body = section.partition("\n@@ ")
        old, new, is_rename = _names(header.split("\n"))
        changed.update((old, new))
        if is_rename:
            renamed.append((old, new))
        if at:
            hunks.extend(_hunks(new, "@@ " + body))
    return Diff(hunks=tuple(hunks), renamed=tuple(renamed), changed=tuple(sorted(changed)))


def _names(header: list[str]) -> tuple[str, str, bool]:
    """Return the old name, the new name, and whether git calls it a rename."""
    lines = dict(_header_fields(header[1:]))
    if "rename from" in lines:
        return _unquoted(lines["rename from"]), _unquoted(lines["rename to"]), True
    if "copy to" in lines:
        new = _unquoted(lines["copy to"])
        return new, new, False
    same = _same_name(header[0])
    return same, same, False


def _header_fields(lines: list[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        for field in ("rename from", "rename to", "copy to"):
            if line.startswith(field + " "):
                yield field, line[len(field) + 1 :]


def _same_name(names: str) -> str:
    """Return P of `a/P b/P`: without a rename both halves are equal, so the middle is where they part."""
    half = _unquoted(names[: (len(names) - 1) // 2])
    return half[len("a/") :]


def _unquoted(name: str) -> str:
    """Undo git's C-style quoting. What is not UTF-8 becomes U+FFFD: names are kept as JSON, which has no surrogates."""
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = _ESCAPES.sub(_unescape, name[1:-1])
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _unescape(match: re.Match[str]) -> str:
    octal, letter = match.groups()
    if octal:
        return bytes(int(code, 8) & 0xFF for code in octal.split("\\")[1:]).decode("utf-8", "replace")
    return _LETTERS.get(letter, letter)


def _hunks(path: str, body: str) -> Iterable[Hunk]:
    try:
        patch = unidiff.PatchSet.from_string("--- a\n+++ b\n" + body)
    except unidiff.UnidiffParseError as error:
        raise ValueError(f"the diff of {path!r} cannot be read: {error}") from error
    for hunk in patch[0]:
        if hunk.target_length:
            yield Hunk(
                path=path,
                start_line=hunk.target_start,
                end_line=hunk.target_start + hunk.target_length - 1,
                added=frozenset(line.target_line_no for line in hunk if line.is_added),
                deleted_before=frozenset(_deleted_before(hunk)),
            )


def _deleted_before(hunk: unidiff.Hunk) -> Iterable[int]:
    """Yield the lines of the head that deleted lines stand right before: the line after the last one, at its end."""
    following = hunk.target_start
    for line in hunk:
        if line.is_removed:
            yield following
        elif line.target_line_no is not None:
            following = line.target_line_no + 1


def by_path(diff: Diff) -> dict[str, tuple[Hunk, ...]]:
    """Return the hunks of `diff` by their path, in the order they stand there."""
    hunks: dict[str, list[Hunk]] = {}
    for hunk in diff.hunks:
        hunks.setdefault(hunk.path, []).append(hunk)
    return {path: tuple(found) for path, found in hunks.items()}


def anchor(diff: Diff, finding: Finding) -> Span | None:
    """Return where on the diff a comment on `finding` may stand: always inside one hunk; None when it cannot.

    The narrow span; else the added lines of the module call, or the call; else the added lines of the block.
    """
    return _anchor(by_path(diff), finding)


def anchors(diff: Diff, findings: Iterable[Finding]) -> tuple[tuple[str, Span], ...]:
    """Return (fingerprint, anchor) of those `findings` that have an anchor, as `Examination.anchors` wants them."""
    hunks = by_path(diff)
    places = ((finding.fingerprint, _anchor(hunks, finding)) for finding in findings)
    return tuple((fingerprint, place) for fingerprint, place in places if place is not None)


def _anchor(hunks: Hunks, finding: Finding) -> Span | None:
    if _holding(hunks, finding.span):
        return finding.span
    if finding.caller is not None:
        part = _added_part(hunks, finding.caller, finding.caller)
        if part is not None or _holding(hunks, finding.caller):
            return part or finding.caller
    return _added_part(hunks, finding.block, finding.span)


def _holding(hunks: Hunks, span: Span) -> Hunk | None:
    for hunk in hunks.get(span.path, ()):
        if hunk.start_line <= span.start_line <= span.end_line <= hunk.end_line:
            return hunk
    return None


def _added_part(hunks: Hunks, span: Span, nearest: Span) -> Span | None:
    """Return the first to the last added line of `span` in one hunk: the one nearest to the line `nearest` names."""
    parts = []
    for hunk in hunks.get(span.path, ()):
        added = [line for line in hunk.added if span.start_line <= line <= span.end_line]
        if added:
            parts.append(Span(path=span.path, start_line=min(added), end_line=max(added)))
    return min(parts, key=lambda part: (abs(part.start_line - nearest.start_line), part), default=None)
