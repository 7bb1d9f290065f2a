"""Which review comments differ from what should stand: desired minus standing, as values.

Pure: decides, and writes nothing. What a comment says is `report.comment`'s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.gh.standing import StandingComment
from reviewer.model import Annotation, Hunk, InlineComment, Level, Sha, Span
from reviewer.report.comment import body_elsewhere, mended
from reviewer.report.markers import fences_in, is_mended, read_comment_marker, without_markers

_VOLATILE = re.compile(r"#L\d+(?:-L\d+)?|(?<=:)\d+\b|\b[0-9a-f]{7,40}\b")
"""Lines and commits: what moves from push to push while a comment says the same."""
_MARKUP = re.compile(r"</?(?:sub|details|summary|code)>|\*\*|~~")
LONGEST_TITLE = 255
LONGEST_MESSAGE = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A comment that stands is to say `body`."""

    comment_id: int
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPlan:
    """What is to be written. `restored` speak of findings that came back, `mended` of findings that are gone."""

    new: tuple[InlineComment, ...] = ()
    changed: tuple[Edit, ...] = ()
    restored: tuple[Edit, ...] = ()
    mended: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A standing comment with what its marker says."""

    id: int
    body: str
    key: str
    fingerprints: frozenset[str]
    mended: bool
    place: tuple[str, int | None, int | None]  # path, start_line, line


def plan_comments(
    desired: Sequence[InlineComment], standing: Sequence[StandingComment], present: frozenset[str], head_sha: Sha
) -> CommentPlan:
    """Return what turns `standing` (comments of ours, oldest first) into `desired`; nothing when they say the same.

    A comment is never repeated: one with the same key is edited, and one whose findings are all spoken of elsewhere is
    left out. `present` are the fingerprints still found: comments that speak of none of them are mended.
    """
    marked = tuple(filter(None, map(_marked, standing)))
    by_key = _one_of_each_key(marked)
    told = _told(desired, marked, by_key)
    there = [(c, by_key[c.key]) for c in desired if c.key in by_key]
    edits = [(comment, Edit(comment_id=comment.id, body=_body_for(c, comment))) for c, comment in there]
    edits = [(comment, edit) for comment, edit in edits if not _says_the_same(comment.body, edit.body)]
    wanted = {comment.key for comment in desired}
    gone = [c for c in marked if not c.mended and not c.fingerprints & present and _is_unwanted(c, by_key, wanted)]
    return CommentPlan(
        new=tuple(c for c in desired if c.key not in by_key and not _is_told(c, told)),
        changed=tuple(edit for comment, edit in edits if not comment.mended),
        restored=tuple(edit for comment, edit in edits if comment.mended),
        mended=tuple(Edit(comment_id=c.id, body=mended(c.body, head_sha)) for c in gone),
    )


def _marked(comment: StandingComment) -> Marked | None:
    marker = read_comment_marker(comment.body)
    if marker is None:
        return None
    key, fingerprints = marker
    return Marked(
        id=comment.id,
        body=comment.body,
        key=key,
        fingerprints=frozenset(fingerprints),
        mended=is_mended(comment.body),
        place=(comment.path, comment.start_line, comment.line),
    )


def _body_for(desired: InlineComment, standing: Marked) -> str:
    """Return what `standing` should say: it cannot move, and a suggestion replaces the lines that it stands on."""
    in_place = standing.place == (desired.path, desired.start_line, desired.line)
    return desired.body if in_place else body_elsewhere(desired)


def _one_of_each_key(marked: Sequence[Marked]) -> dict[str, Marked]:
    """Return the comment that speaks for each key: the newest, one that is not mended before one that is."""
    return {comment.key: comment for comment in sorted(marked, key=lambda c: (not c.mended, c.id))}


def _is_unwanted(comment: Marked, by_key: dict[str, Marked], wanted: set[str]) -> bool:
    return comment.key not in wanted or by_key[comment.key].id != comment.id


def _told(desired: Sequence[InlineComment], marked: Sequence[Marked], by_key: dict[str, Marked]) -> frozenset[str]:
    """Return the fingerprints that comments speak of, once those that stand were edited."""
    spoken = {comment.id: comment.fingerprints for comment in marked if not comment.mended}
    spoken |= {by_key[c.key].id: frozenset(c.fingerprints) for c in desired if c.key in by_key}
    return frozenset().union(*spoken.values())


def _is_told(comment: InlineComment, told: frozenset[str]) -> bool:
    return bool(comment.fingerprints) and told.issuperset(comment.fingerprints)


def _says_the_same(standing: str, desired: str) -> bool:
    """Compare two bodies as a reader does: the same findings in the same words, wherever the lines are by now."""
    return (
        is_mended(standing) == is_mended(desired)
        and read_comment_marker(standing) == read_comment_marker(desired)
        and fences_in(standing) == fences_in(desired)
        and _words(standing) == _words(desired)
    )


def _words(body: str) -> list[str]:
    return _VOLATILE.sub("·", without_markers(body)).split()


def fits(comment: InlineComment, hunks: Sequence[Hunk]) -> bool:
    """Whether GitHub takes `comment`: all its lines lie in one hunk of its own diff."""
    start = comment.start_line or comment.line
    return any(h.path == comment.path and h.start_line <= start and comment.line <= h.end_line for h in hunks)


def as_annotation(comment: InlineComment) -> Annotation:
    """Return the annotation that says what `comment` would have said."""
    text = _MARKUP.sub("", without_markers(body_elsewhere(comment))).strip()
    title, _, rest = text.partition("\n")
    return Annotation(
        span=Span(path=comment.path, start_line=comment.start_line or comment.line, end_line=comment.line),
        level=Level.WARNING,
        title=title.strip()[:LONGEST_TITLE],
        message=(rest.strip() or title)[:LONGEST_MESSAGE],
    )
