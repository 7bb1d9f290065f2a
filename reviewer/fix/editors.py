"""Which editor edits which framework."""

from __future__ import annotations

import importlib
from types import ModuleType

EDITORS: dict[str, ModuleType] = {}
for name in ("terraform", "cloudformation", "kubernetes", "dockerfile", "github_actions"):
    try:
        EDITORS[name] = importlib.import_module(f"reviewer.fix.{name}")
    except ImportError:
        pass
