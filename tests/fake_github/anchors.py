"""Where a comment may stand: on lines of the three-dot diff with three lines of context, in one hunk.

The errors do not name the comment, and one of them refuses the whole review, as on GitHub.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.fake_github.bare import FileDiff, HunkText
from tests.fake_github.refusals import unprocessable
from tests.fake_github.state import PullRequest, ReviewComment

ZERO_CONTEXT = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A place that GitHub accepted. `start_line` is None for one line."""

    path: str
    side: str
    line: int
    start_line: int | None
    diff_hunk: str


def resolve(pull: PullRequest, commit_sha: str, comment: Mapping[str, Any]) -> Anchor:
    """Return where `comment` stands. Raises Refused (422) for a path or line outside the diff, and for a bad range."""
    side = comment.get("side", "RIGHT")
    path, line, start_line = comment.get("path"), comment.get("line"), comment.get("start_line")
    file = _file(pull, commit_sha, path)
    if file is None:
        raise unprocessable("Path could not be resolved")
    hunk, index = _place(file, side, line)
    if start_line is not None:
        start_side = comment.get("start_side", side)
        if start_side == side and start_line >= int(line or 0):
            raise unprocessable("Pull request review thread start line must precede the end line.")
        if hunk.position_of(start_side, start_line) is None:
            raise unprocessable("Pull request review thread start line must be part of the same hunk as the line.")
    shown = "\n".join(hunk.lines[: index + 1])
    return Anchor(path=file.path, side=side, line=int(line or 0), start_line=start_line, diff_hunk=shown)


def _file(pull: PullRequest, commit_sha: str, path: object) -> FileDiff | None:
    merge_base = pull.repo.git.merge_base(pull.base_sha, commit_sha)
    return next((file for file in pull.repo.git.diff(merge_base, commit_sha) if file.path == path), None)


def _place(file: FileDiff, side: str, line: object) -> tuple[HunkText, int]:
    for hunk in file.hunks:
        index = hunk.position_of(side, line) if isinstance(line, int) else None
        if index is not None:
            return hunk, index
    raise unprocessable("Line could not be resolved")


def follow(pull: PullRequest, old_head: str) -> None:
    """Move the comments of `pull` with its new head: a comment whose lines changed is outdated, its `line` None."""
    git = pull.repo.git
    files = {file.old_path: file for file in git.diff(old_head, pull.head_sha, context=0)}
    visible = {file.path: file for file in git.diff(pull.merge_base, pull.head_sha)}
    for comment in pull.all_comments:
        if comment.line is None or comment.side != "RIGHT":
            continue
        start = _moved(comment.start_line, files.get(comment.path)) if comment.start_line else None
        line = _moved(comment.line, files.get(comment.path))
        if comment.path in files:
            comment.path = files[comment.path].path
        stands = line is not None and _stands(visible.get(comment.path), line)
        _place_again(comment, line if stands else None, start if stands else None, pull.head_sha)


def _place_again(comment: ReviewComment, line: int | None, start_line: int | None, head_sha: str) -> None:
    if line is None or (comment.start_line and start_line is None):
        comment.line = comment.start_line = None
    else:
        comment.line, comment.start_line, comment.commit_sha = line, start_line, head_sha


def _stands(file: FileDiff | None, line: int) -> bool:
    return file is not None and any(hunk.position_of("RIGHT", line) is not None for hunk in file.hunks)


def _moved(line: int, file: FileDiff | None) -> int | None:
    """Return where `line` went by a diff without context, or None if it was changed or removed."""
    if file is None:
        return line
    if file.status == "removed":
        return None
    shift = 0
    for hunk in file.hunks:
        found = ZERO_CONTEXT.match(hunk.lines[0])
        assert found
        old_start, old_count = int(found[1]), int(found[2] if found[2] is not None else 1)
        new_count = int(found[4] if found[4] is not None else 1)
        if old_count and old_start <= line < old_start + old_count:
            return None
        if old_start + (old_count == 0) <= line:
            shift += new_count - old_count
    return line + shift
