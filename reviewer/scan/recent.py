"""The layouts that were made last, in memory: the next review of a repository starts from the one before it.

This is what keeps a review of a large repository as fast as one of a small: nothing is listed again, only compared.
Bounded by the number of files in all layouts together.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from reviewer.scan.layout import Layout

MAX_FILES = 200_000


class RecentLayouts:
    """Of each clone, by its identity, the last commit laid out and its layout. Safe to use from several threads."""

    def __init__(self, max_files: int = MAX_FILES) -> None:
        self._max_files = max_files
        self._layouts: OrderedDict[Hashable, tuple[str, Layout]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, clone: Hashable) -> tuple[str, Layout] | None:
        """Return the commit and the layout that were kept for `clone`."""
        with self._lock:
            if clone in self._layouts:
                self._layouts.move_to_end(clone)
            return self._layouts.get(clone)

    def put(self, clone: Hashable, commit: str, layout: Layout) -> None:
        """Keep a layout in place of the one before; the clones used longest ago make room.

        One that drags along the sources of too many files of the past is not kept: the next is made afresh.
        """
        with self._lock:
            if len(layout.sources) > 2 * len(layout.everything) + MAX_FILES // 10:
                self._layouts.pop(clone, None)
                return
            self._layouts[clone] = commit, layout
            self._layouts.move_to_end(clone)
            total = sum(len(kept.everything) for _, kept in self._layouts.values())
            while total > self._max_files:
                _, (_, dropped) = self._layouts.popitem(last=False)
                total -= len(dropped.everything)
