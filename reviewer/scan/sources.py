"""What files refer to, remembered by object id beside the clone: only files that changed are read again.

Owns the file of what is remembered, which only grows until it is thrown away; nobody misses it then.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from reviewer.scan.layout import Sources, needs_reading, references_of, source_key
from reviewer.scan.objects import Clone, Entry

_HEADER = "references 2"
"""Counts up when `references` learns to see more."""
MAX_REMEMBERED = 500_000
_AT_ONCE, _BYTES_AT_ONCE = 500, 16 << 20


def read_sources(
    clone: Clone, entries: Iterable[Entry], also: Iterable[str], max_bytes: int, known: Sources | None = None
) -> Sources:
    """Return what the files among `entries` refer to; `also` names blobs that are loaded in the same request.

    `known` is what an earlier call returned for the same repository; without it, what was remembered on disk counts.
    Files over `max_bytes` refer to nothing: that they are not examined is said where they would be scanned.
    """
    known = _recall(clone.sources_file) if known is None else known
    unknown = {key: entry for entry in entries if needs_reading(entry) and (key := source_key(entry)) not in known}
    clone.load([*(entry.oid for entry in unknown.values()), *also])
    learned: dict[str, tuple[str, ...]] = {}
    for batch in _batches(clone, unknown, max_bytes):
        contents = clone.read((entry.oid for entry in batch.values()), max_bytes)
        for key, entry in batch.items():
            learned[key] = references_of(entry, contents.get(entry.oid, b"").decode("utf-8", "replace"))
    _remember(clone.sources_file, learned, forget=len(known) > MAX_REMEMBERED)
    return {**known, **learned} if learned else known


def _batches(clone: Clone, unknown: Mapping[str, Entry], max_bytes: int) -> Iterator[dict[str, Entry]]:
    """Yield `unknown` in parts that may be in memory at once."""
    sizes = clone.sizes(entry.oid for entry in unknown.values())
    batch: dict[str, Entry] = {}
    total = 0
    for key, entry in unknown.items():
        size = sizes.get(entry.oid, 0)
        if batch and (len(batch) >= _AT_ONCE or total + size > _BYTES_AT_ONCE):
            yield batch
            batch, total = {}, 0
        batch[key] = entry
        total += size if size <= max_bytes else 0
    if batch:
        yield batch


def _recall(path: Path | None) -> dict[str, tuple[str, ...]]:
    """Read lines such as `KEY` and `KEY ["./a","./b"]`; a line that was cut short names nothing and is skipped."""
    known: dict[str, tuple[str, ...]] = {}
    if path is None:
        return known
    try:
        header, *lines = path.read_text("utf-8").split("\n")
    except (OSError, ValueError):
        return known
    if header != _HEADER:
        return known
    for line in lines[:-1]:
        key, _, found = line.partition(" ")
        try:
            known[key] = tuple(map(str, json.loads(found))) if found else ()
        except (ValueError, TypeError, RecursionError):
            continue
    return known


def _remember(path: Path | None, learned: Sources, *, forget: bool) -> None:
    """Add to what is remembered, with one write, so that several processes may do so."""
    if path is None or not learned:
        return
    lines = [f"{key} {json.dumps(found)}" if found else key for key, found in learned.items()]
    with contextlib.suppress(OSError):
        if forget:
            path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as stream:
            if not os.fstat(descriptor).st_size:
                lines.insert(0, _HEADER)
            stream.write("\n".join(lines) + "\n")
