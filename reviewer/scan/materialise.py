"""Files of a unit, written for the scanner: regular files under a folder of our own, and nothing else.

Everything about them is hostile: names, sizes, contents. Nothing of git's takes part: no checkout, so no hooks,
filters, links or submodules can act. Each file is opened below the folder by handles that follow no link.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.model import NotExamined
from reviewer.scan import gaps
from reviewer.scan.kinds import Kind, kind_of
from reviewer.scan.objects import MAX_BLOB, Clone
from reviewer.scan.unit import ScanUnit, UnitFile

if TYPE_CHECKING:
    from reviewer.settings import ScanLimits

FILE_MODE = 0o644  # the sandbox reads as another user; the folder around the trees keeps everybody else out
FOLDER_MODE = 0o755
_CHECKOV_CONFIG = re.compile(r"\.checkov\.ya?ml", re.IGNORECASE)
_LFS = b"version https://git-lfs.github.com/spec/"
_INFRASTRUCTURE = re.compile(
    rb"""(?<![\w.-])(?:apiVersion|AWSTemplateFormatVersion|Resources|openapi|swagger)["']?\s*:|AWS::"""
    rb"""|deploymentTemplate\.json|\\u00|\x00"""
)
"""What a manifest, template or API description of any kind holds, or could hide behind an escape."""
_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC


def materialise(clone: Clone, unit: ScanUnit, into: Path, limits: ScanLimits) -> tuple[NotExamined, ...]:
    """Write the files of `unit` below the empty folder `into`; return those that had to be left out, and why.

    A file of Checkov's own settings is left out without a word: it is no infrastructure, and it could run code.
    """
    notes: list[NotExamined] = []
    chosen = list(_within_limits(clone, unit, limits, notes))
    contents = clone.read((file.oid for file in chosen), max_bytes=limits.max_file_bytes)
    with _opened(into) as root:
        for file in chosen:
            content = contents.get(file.oid)
            if content is None and kind_of(file.path) is Kind.STATE:
                whole = clone.read((file.oid,)).get(file.oid)
                content = None if whole is None else whole[: limits.max_file_bytes]
            note = _write(root, file, content)
            if note:
                notes.append(note)
    return tuple(notes)


def _within_limits(clone: Clone, unit: ScanUnit, limits: ScanLimits, notes: list[NotExamined]) -> Iterator[UnitFile]:
    """Yield the files to write. Of a state or plan file over the limit the beginning is enough."""
    sizes = clone.sizes(file.oid for file in unit.files)
    total = 0
    for file in unit.files:
        size = sizes.get(file.oid, 0)
        most = MAX_BLOB if kind_of(file.path) is Kind.STATE else limits.max_file_bytes
        if _CHECKOV_CONFIG.fullmatch(file.path.rpartition("/")[2]):
            continue
        if problem := gaps.name_problem(file.scan_as):
            notes.append(NotExamined(what=gaps.shown(file.path), why=problem))
        elif size > most:
            notes.append(gaps.too_large(file.path, size, most, may_matter=_may_matter(clone, file, size)))
        elif total + min(size, limits.max_file_bytes) > limits.max_tree_bytes:
            notes.append(gaps.tree_too_large(file.path, limits.max_tree_bytes))
        else:
            total += min(size, limits.max_file_bytes)
            yield file


def _may_matter(clone: Clone, file: UnitFile, size: int) -> bool:
    """Tell whether a file that is too large to scan may be infrastructure, rather than a heap of data in JSON."""
    if kind_of(file.path) is not Kind.PLAIN or not file.path.endswith((".json", ".yaml", ".yml")) or size > MAX_BLOB:
        return True
    content = clone.read((file.oid,)).get(file.oid)
    return content is None or bool(_INFRASTRUCTURE.search(content))


def _write(root: int, file: UnitFile, content: bytes | None) -> NotExamined | None:
    if content is None:
        return gaps.unreadable(file.path)
    if content.startswith(_LFS) and kind_of(file.path) is not Kind.STATE:
        return gaps.stored_elsewhere(file.path)
    try:
        write_file(root, file.scan_as, content)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        return gaps.name_taken(file.path)
    return None


def write_file(root: int, path: str, content: bytes) -> None:
    """Write `content` at `path` below the folder that the descriptor `root` is open on.

    `path` has no part that leads upwards (`gaps.name_problem`); a link on the way, which nobody should have put there,
    is an error, as is a name that is taken. Raises OSError.
    """
    *folders, name = path.split("/")
    descriptor = os.dup(root)
    try:
        for folder in folders:
            below = _below(descriptor, folder)
            os.close(descriptor)
            descriptor = below
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, FILE_MODE, dir_fd=descriptor)
        with os.fdopen(file, "wb") as stream:
            os.fchmod(file, FILE_MODE)
            stream.write(content)
    finally:
        os.close(descriptor)


def _below(descriptor: int, folder: str) -> int:
    """Open a folder below another, making it when it is not there."""
    try:
        os.mkdir(folder, FOLDER_MODE, dir_fd=descriptor)
    except FileExistsError:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | _FLAGS, dir_fd=descriptor)
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | _FLAGS, dir_fd=descriptor)
    os.fchmod(opened, FOLDER_MODE)
    return opened


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | _FLAGS)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
