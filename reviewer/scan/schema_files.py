"""Where the extracts of the providers' schemas lie: config/recipes/schemas/*.json."""

from __future__ import annotations

import functools
import json

from reviewer.fix.schema import Schema, read_schema
from reviewer.settings import CONFIG_DIR

FOLDER = CONFIG_DIR / "recipes" / "schemas"


@functools.cache
def schema() -> Schema:
    """Return what the providers allow, all in one, read once."""
    return read_schema(*(json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))))
