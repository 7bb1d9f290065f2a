"""Hidden HTML comments by which Plumbrule knows its own comments and reviews again.

Owns the form of the markers. Must not know what a comment says. Text from the repository cannot hold a marker: `disarm`
breaks what looks like one, and `report.text` applies it to everything.
"""

from __future__ import annotations

import re

_KEY = r"[0-9a-f]{1,64}"
_COMMENT = re.compile(
    rf"^[ \t]*<!-- plumbrule:comment v1 key=({_KEY}) fp=((?:{_KEY}(?:,{_KEY})*)?) -->[ \t]*\r?$", re.M
)
_REVIEW = re.compile(rf"^[ \t]*<!-- plumbrule:review v1 head=({_KEY}) -->[ \t]*\r?$", re.M)
_MENDED = re.compile(rf"^[ \t]*<!-- plumbrule:mended v1 sha={_KEY} -->[ \t]*\r?$", re.M)
FIX = "<!-- plumbrule:fix v1 -->"
"""The line after which a comment shows fixes and examples: raw text may follow, until the footer."""
_FIX = re.compile(rf"^{FIX}[ \t]*\r?$", re.M)
_SUGGESTION = re.compile(rf"^{FIX}\s*^(`{{3,}})suggestion[ \t]*\r?$", re.M)
_FENCE = re.compile(r"(`{3,})[a-z]*")
_ANY = re.compile(r"<!--(\s*plumbrule\s*:)", re.I)


def comment_marker(key: str, fingerprints: tuple[str, ...]) -> str:
    """Return the line that names a comment by its `key` (hex) and the findings it speaks of."""
    return f"<!-- plumbrule:comment v1 key={key} fp={','.join(fingerprints)} -->"


def read_comment_marker(body: str) -> tuple[str, tuple[str, ...]] | None:
    """Return (key, fingerprints) of the last marker line in `body`, whatever stands around it; None without one."""
    found = _COMMENT.findall(body)
    if not found:
        return None
    key, fingerprints = found[-1]
    return key, tuple(fingerprints.split(",")) if fingerprints else ()


def review_marker(head_sha: str) -> str:
    """Return the line that names a review by the head it is about."""
    return f"<!-- plumbrule:review v1 head={head_sha} -->"


def read_review_marker(body: str) -> str | None:
    """Return the head SHA that the review's `body` is about; None without a marker."""
    found = _REVIEW.findall(body)
    return found[-1] if found else None


def mended_marker(sha: str) -> str:
    """Return the line that says that all a comment spoke of was gone at `sha`."""
    return f"<!-- plumbrule:mended v1 sha={sha} -->"


def is_mended(body: str) -> bool:
    """Whether `body` already says that its findings are gone."""
    return _MENDED.search(body) is not None


def has_suggestion(body: str) -> bool:
    """Whether a comment `body` offers a suggestion, which is right only on the lines that it was made for."""
    return _SUGGESTION.search(body) is not None


def without_suggestion(body: str, told: str) -> str:
    """Return `body` with its suggestion, if any, as code that cannot be committed; `told` introduces it."""
    return _SUGGESTION.sub(lambda match: f"{FIX}\n\n{told}\n\n{match[1]}", body, count=1)


def fences_in(body: str) -> tuple[str, ...]:
    """Return the code blocks of a comment `body` from its fixes on, each with its opening line, byte for byte.

    Two comments whose words are the same but for line numbers still differ when these do.
    """
    found: list[list[str]] = []
    ticks = ""
    for line in body.replace("\r\n", "\n").partition(FIX)[2].split("\n"):
        opened = _FENCE.fullmatch(line)
        if ticks:
            found[-1].append(line)
            ticks = "" if line == ticks else ticks
        elif opened:
            ticks = opened[1]
            found.append([line])
    return tuple("\n".join(lines) for lines in found)


def without_markers(body: str) -> str:
    """Return `body` without any marker line."""
    for pattern in (_COMMENT, _REVIEW, _MENDED, _FIX):
        body = pattern.sub("", body)
    return body.strip()


def disarm(text: str) -> str:
    """Return `text` with everything that could be read as one of our markers broken."""
    return _ANY.sub(r"<! --\1", text)
