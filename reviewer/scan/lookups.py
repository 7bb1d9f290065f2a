"""Looks values up by path as dpath does for Checkov, but only in the part of a resource where they can be.

Owns stand-ins for two functions of dpath, which walk through all of a resource for each check. Answers are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dpath  # type: ignore[import-untyped]

_GLOB = frozenset("*?[")


def search(obj: Any, glob: Any, *rest: Any, **more: Any) -> Any:
    """Do what `dpath.search` does."""
    return dpath.search(_part(obj, glob), glob, *rest, **more)


def get(obj: Any, glob: Any, *rest: Any, **more: Any) -> Any:
    """Do what `dpath.get` does, its errors included."""
    return dpath.get(_part(obj, glob), glob, *rest, **more)


def _part(obj: Any, glob: Any) -> Any:
    """What of `obj` stands under the first name of a path, if that is a plain one."""
    if not isinstance(glob, str) or not isinstance(obj, Mapping):
        return obj
    first = glob.lstrip("/").partition("/")[0]
    if not first or _GLOB & set(first):
        return obj
    return {key: value for key, value in obj.items() if str(key) == first}
