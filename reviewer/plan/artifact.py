"""The zip that a workflow left becomes plan documents. Pure: bytes in, bytes out, nothing is written.

Owns how the files in it are named and what a zip may not be. Believes no header: sizes are counted while unpacking. The
documents are as they came: not redacted yet.
"""

from __future__ import annotations

import io
import posixpath
import re
import stat
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reviewer.errors import Rejected
from reviewer.model import NotExamined
from reviewer.plan.planned import MAX_DOCUMENT_BYTES, GivenPlan
from reviewer.tfplan import bounds
from reviewer.tfplan.bounds import PlanFormatError
from reviewer.tfplan.read import read_version

MOST_ZIP_BYTES = 32 << 20
MOST_BYTES = 64 << 20
"""Of all JSON files in one zip, unpacked."""
MOST_FILES = 1000
MOST_TIMES = 400
"""How many times larger than in the zip a file may be; a plan of a thousand equal resources stays below 150."""
SMALL = 1 << 20
"""Up to here nobody asks how well it was packed."""
MOST_VALUES = 2_000_000
"""Of one JSON file: a few bytes each in the zip can be a hundred in memory."""
COSTS = "infracost.json"

_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1 | 0x40 | 0x2000  # the file, strongly, and the names too
_WORKSPACE = re.compile(r"([A-Za-z0-9_.-]{1,90})\.(?:tfplan|plan)\.json")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What `zipfile` raises for what is no zip, or only the beginning of one."""


class BadArtifact(Rejected):
    """An artifact that is not taken. The message is one sentence for whoever wrote the workflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """What was in an artifact. `infracost` is the one that lies at the top with no plan beside it."""

    plans: tuple[GivenPlan, ...]
    infracost: bytes | None = field(default=None, repr=False)


def plans_of(content: bytes, name: str) -> Unpacked:
    """Return the plans in the artifact called `name`. Raises BadArtifact.

    `tfplan.json`, `plan.json` or NAME.json at the top belongs to the root "", which `placed` settles. In a folder, that
    folder is the root; there any name will do for a single JSON file. `WORKSPACE.tfplan.json` is of that workspace.
    """
    files = unpack(content, (".json",))
    by_folder: dict[str, dict[str, bytes]] = defaultdict(dict)
    for path, raw in files.items():
        by_folder[posixpath.dirname(path)][posixpath.basename(path)] = raw
    plans = [plan for folder in sorted(by_folder) for plan in _plans_in(folder, by_folder[folder], name)]
    if not plans:
        raise BadArtifact(f"There is no plan in it: expected tfplan.json, or DIRECTORY/tfplan.json.{_zips(content)}")
    costs = by_folder.get("", {}).get(COSTS)
    return Unpacked(plans=tuple(plans), infracost=None if any(not plan.root for plan in plans) else costs)


def placed(
    plans: Iterable[GivenPlan], roots: Collection[str], named: Collection[str] = ()
) -> tuple[tuple[GivenPlan, ...], tuple[NotExamined, ...]]:
    """Return `plans` with the root that each is of, and a statement for each that belongs to none of `roots`.

    A plan at the top of an artifact is of the repository's own root, or of the only one that the policy speaks of
    (`named`), or that there is.
    """
    only = _only_root({*roots}, {*named})
    kept: list[GivenPlan] = []
    unknown: list[NotExamined] = []
    for plan in plans:
        if plan.root in roots:
            kept.append(plan)
        elif not plan.root and only is not None:
            kept.append(replace(plan, root=only))
        else:
            unknown.append(_of_no_root(plan))
    return tuple(kept), tuple(unknown)


def _only_root(roots: set[str], named: set[str]) -> str | None:
    for known in (roots & named, roots):
        if len(known) == 1:
            return next(iter(known))
    return None


def _of_no_root(plan: GivenPlan) -> NotExamined:
    why = f"The workflow's plan of {_shown(plan.root)} was not taken: there is no Terraform root in that directory."
    if not plan.root:
        why = (
            "The workflow's plan was not taken, because it does not say which root it is of: "
            "upload it as DIRECTORY/tfplan.json."
        )
    return NotExamined(what=plan.root or "plan", why=why, blocking=False)


def _plans_in(folder: str, files: Mapping[str, bytes], name: str) -> Iterator[GivenPlan]:
    costs = files.get(COSTS)
    if costs is not None:
        _check_costs(posixpath.join(folder, COSTS), costs)
    named = dict(_named(folder, files, name))
    for workspace, file in sorted(named.items()):
        _check_plan(posixpath.join(folder, file), files[file])
        yield GivenPlan(root=folder, workspace=workspace, document=files[file], infracost=costs)


def _named(folder: str, files: Mapping[str, bytes], name: str) -> Iterator[tuple[str, str]]:
    """Yield (workspace, file) of the plans in one folder. Raises BadArtifact when nobody can tell which they are."""
    certain = [file for file in ("tfplan.json", "plan.json", f"{name}.json") if file in files]
    of_workspaces = [(found[1], file) for file in files if (found := _WORKSPACE.fullmatch(file))]
    others = [file for file in files if file != COSTS] if folder and not certain and not of_workspaces else []
    if len({*certain}) > 1 or len(others) > 1:
        listed = ", ".join(map(_shown, sorted({*certain, *others})[:3]))
        where = f"In {_shown(folder)}" if folder else "At the top"
        raise BadArtifact(f"{where} nobody can tell which JSON file is the plan ({listed}): call it tfplan.json.")
    yield from (("default", file) for file in (*certain[:1], *others))
    yield from ((workspace, file) for workspace, file in of_workspaces if workspace != "default" or not certain)


def unpack(content: bytes, endings: tuple[str, ...]) -> dict[str, bytes]:
    """Return the files of a zip by their paths, of those whose names end as said. Raises BadArtifact."""
    if len(content) > MOST_ZIP_BYTES:
        raise BadArtifact(f"It is larger than {MOST_ZIP_BYTES >> 20} MiB.")
    if content.count(_ENTRY) > MOST_FILES:  # before the list of them is read; those of zips within count too
        raise BadArtifact(f"It holds more than {MOST_FILES} files.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read(archive, endings)
    except BadArtifact:
        raise
    except _BROKEN:
        raise BadArtifact("It is no whole zip file.") from None


def _read(archive: zipfile.ZipFile, endings: tuple[str, ...]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = MOST_BYTES
    for entry in archive.infolist():
        path = _checked_path(entry)
        if entry.is_dir() or not path.endswith(endings):
            continue
        if path in files:
            raise BadArtifact(f"It holds {_shown(path)} twice.")
        files[path] = _extract(archive, entry, left)
        left -= len(files[path])
    return files


def _checked_path(entry: zipfile.ZipInfo) -> str:
    """Return the path of an entry, relative and plain. Raises BadArtifact for what an honest workflow never uploads."""
    name = entry.orig_filename
    parts = name.removesuffix("/").split("/")
    if not name.isprintable() or "\\" in name or len(name) > 1000:
        raise BadArtifact(f"The name of a file in it is not allowed: {_shown(name)}.")
    if name.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", name):
        raise BadArtifact(f"A file in it has a path that leads outside: {_shown(name)}.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise BadArtifact(f"{_shown(name)} in it is no regular file, but a link or a device.")
    if entry.flag_bits & _ENCRYPTED:
        raise BadArtifact(f"{_shown(name)} in it is encrypted.")
    return "/".join(part for part in parts if part not in {"", "."})


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    if entry.compress_type not in _METHODS:
        raise BadArtifact(f"{_shown(entry.filename)} in it is packed in another way than deflate.")
    most = min(MAX_DOCUMENT_BYTES, left, max(SMALL, entry.compress_size * MOST_TIMES))
    with archive.open(entry) as stream:
        raw = stream.read(most + 1)
        if len(raw) <= most:
            return raw
    if most == MAX_DOCUMENT_BYTES:
        raise BadArtifact(f"{_shown(entry.filename)} in it is larger than {MAX_DOCUMENT_BYTES >> 20} MiB.")
    if most == left:
        raise BadArtifact(f"The files in it are larger than {MOST_BYTES >> 20} MiB together.")
    raise BadArtifact(f"{_shown(entry.filename)} in it is more than {MOST_TIMES} times larger unpacked than packed.")


def _check_plan(path: str, raw: bytes) -> None:
    try:
        read_version(_parsed(path, raw))
    except PlanFormatError as error:
        raise BadArtifact(f"{_shown(path)} cannot be read: {error}") from None


def _check_costs(path: str, raw: bytes) -> None:
    try:
        _parsed(path, raw)
    except PlanFormatError:
        raise BadArtifact(
            f"{_shown(path)} is not valid JSON: expected what `infracost --format json` prints."
        ) from None


def _parsed(path: str, raw: bytes) -> dict[str, Any]:
    if raw.count(b",") > MOST_VALUES:
        raise BadArtifact(f"{_shown(path)} has more than {MOST_VALUES} values.")
    return bounds.parse(raw)


def _zips(content: bytes) -> str:
    return " A zip within the zip is not opened." if b".zip" in content else ""


def _shown(text: str) -> str:
    """Return a name for a message: one short line, whatever it is."""
    return ascii(text if len(text) <= 80 else text[:77] + "...")
