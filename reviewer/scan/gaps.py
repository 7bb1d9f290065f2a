"""What a scan leaves out, in words for the author: each gap becomes a `NotExamined`. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from reviewer.model import NotExamined, Span
from reviewer.scan.links import NOWHERE, TOO_MANY
from reviewer.scan.objects import REGULAR, SUBMODULE, SYMLINK, Entry
from reviewer.scan.roots import is_local
from reviewer.scan.unit import UnitKind

MAX_PATH = 1024
MAX_NAME = 255
MAX_WHAT = 200


def unusable(entry: Entry, lost: str | None = None) -> NotExamined | None:
    """Return why the file cannot be scanned, judged by its name and mode; None when it can.

    `lost` is why a link was not followed. One that leads to nothing in the repository fails no review.
    """
    why = name_problem(entry.path)
    if not why and entry.mode == SYMLINK:
        why = lost or NOWHERE
        return NotExamined(what=shown(entry.path), why=why, blocking=why == TOO_MANY)
    if not why and entry.mode not in REGULAR:
        why = "It is not a regular file."
    return NotExamined(what=shown(entry.path), why=why) if why else None


def name_problem(path: str) -> str | None:
    """Return what is wrong with the name of a file, or None when it is safe to write below a folder of ours."""
    try:
        raw = path.encode()
    except UnicodeEncodeError:
        return "Its name is not UTF-8."
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in parts) or "\\" in path:
        return "Its name could lead out of the repository."
    if any(not char.isprintable() for char in path):
        return "Its name holds control characters."
    if len(raw) > MAX_PATH or any(len(part.encode()) > MAX_NAME for part in parts):
        return "Its name is too long."
    return None


def no_tool(kind: UnitKind, directory: str) -> NotExamined:
    """Return the note for a chart or a kustomization that nothing here can render."""
    what = {UnitKind.HELM: "Helm chart", UnitKind.KUSTOMIZE: "kustomization"}[kind]
    where = shown(directory) or "the repository's root"
    why = f"The program {kind} is not installed on this server, so what it would generate is not reviewed."
    return NotExamined(what=f"{what} in {where}", why=why, blocking=False)


def not_followed(source: str, target: str | None, everything: Mapping[str, Entry]) -> NotExamined:
    """Return the note for a module source that leads to no module of this commit."""
    if not is_local(source):
        why = "It is not part of this repository, and nothing is downloaded: its resources are not reviewed."
    elif target is None:
        why = "It lies outside the repository: its resources are not reviewed."
    elif (link := _on_the_way(target, everything)) is None:
        why = "There are no Terraform files at this place: its resources are not reviewed."
    elif link.mode == SUBMODULE:
        why = f"It lies in the submodule {shown(link.path)}: its resources are not reviewed."
    else:
        why = f"The symbolic link {shown(link.path)} leads to no Terraform files there: its resources are not reviewed."
    return NotExamined(what=f"module {shown(source)}", why=why, blocking=False)


def replaced(path: str, by: str) -> NotExamined:
    """Return the note for a file that OpenTofu passes over for another: to Terraform it is the other way round.

    It has a place, so that it blocks where a change brings it about and is only told where it stood before.
    """
    why = (
        f"OpenTofu reads {shown(by)} in its place, and so does this review; Terraform would read this file. "
        "Exclude it in the policy if nobody runs Terraform here."
    )
    return NotExamined(what=shown(path), why=why, span=Span(path=path, start_line=1, end_line=1))


def generated(folder: str) -> NotExamined:
    """Return the note for changes below a folder that a tool fills."""
    why = "Folders of this name are filled by tools with others' code; they are not reviewed."
    return NotExamined(what=shown(folder), why=why, blocking=False)


def too_many(left_out: int) -> NotExamined:
    """Return the note for units beyond the number that one review scans."""
    why = "The change affects more roots and folders than one review scans: split it."
    return NotExamined(what=f"{left_out} roots and folders", why=why)


def too_large(path: str, size: int, limit: int, *, may_matter: bool = True) -> NotExamined:
    """Return the note for a file over the size limit; one that is plain data (not `may_matter`) fails no review."""
    why = f"It has {size:,} bytes; files over {limit:,} bytes are not scanned (MAX_FILE_BYTES)."
    return NotExamined(what=shown(path), why=why, blocking=may_matter)


def tree_too_large(path: str, limit: int) -> NotExamined:
    """Return the note for a file that no longer fits under the limit of all files of a unit."""
    why = f"The files scanned together with it have more than {limit:,} bytes (MAX_TREE_BYTES)."
    return NotExamined(what=shown(path), why=why)


def stored_elsewhere(path: str) -> NotExamined:
    """Return the note for a pointer of Git LFS."""
    return NotExamined(what=shown(path), why="It is kept in Git LFS, and only its pointer is in the repository.")


def name_taken(path: str) -> NotExamined:
    """Return the note for a file whose name stands for something else as well, which git itself never makes."""
    return NotExamined(what=shown(path), why="Its name is that of another file or folder too.")


def unreadable(path: str) -> NotExamined:
    """Return the note for a file whose content could not be had."""
    return NotExamined(what=shown(path), why="Its content is not in the repository that was fetched.")


def shown(path: str) -> str:
    """Return a path as it can be shown and stored: odd bytes and control characters replaced, cut when overlong."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    text = "".join(char if char.isprintable() else "�" for char in text)
    return text if len(text) <= MAX_WHAT else f"{text[:MAX_WHAT]}..."


def _on_the_way(target: str, everything: Mapping[str, Entry]) -> Entry | None:
    parts = target.split("/")
    for depth in range(1, len(parts) + 1):
        entry = everything.get("/".join(parts[:depth]))
        if entry and entry.mode in (SYMLINK, SUBMODULE):
            return entry
    return None
