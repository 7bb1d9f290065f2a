"""A folder of a repository on GitHub, file by file, through its contents API. For few and small files."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from reviewer.errors import Gone, Rejected
from reviewer.gh.answers import Ask, Send, pick
from reviewer.gh.repository import CONTENTS, file_text
from reviewer.plan.rego_tree import is_policy_file

MOST_FILES = 100
MOST_DEPTH = 4


def policy_files(send: Send, full_name: str, folder: str) -> dict[str, bytes]:
    """Return the Rego policies and data below `folder` on the default branch, by their paths in it; none without it.

    Raises Rejected for more than MOST_FILES, and for a file that is no text; Transient.
    """
    found: dict[str, bytes] = {}
    for path in _paths(send, full_name, folder, MOST_DEPTH):
        if is_policy_file(path.removeprefix(f"{folder}/")):
            if len(found) >= MOST_FILES:
                raise Rejected(f"{full_name}: {folder} holds more than {MOST_FILES} policy files")
            text = file_text(send, full_name, path, None)
            found |= {} if text is None else {path.removeprefix(f"{folder}/"): text.encode()}
    return found


def _paths(send: Send, full_name: str, folder: str, depth: int) -> Iterator[str]:
    """Yield the files of a folder and of those in it. Links and submodules are passed over."""
    try:
        listed = send(Ask(verb="GET", path=f"/repos/{full_name}/contents/{quote(folder)}", needs=CONTENTS)).value
    except Gone:
        return
    for entry in listed if isinstance(listed, list) else ():
        path, kind = pick(entry, "path", str), pick(entry, "type", str)
        if kind == "file":
            yield path
        elif kind == "dir" and depth > 0:
            yield from _paths(send, full_name, path, depth - 1)
