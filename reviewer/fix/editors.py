"""Which editor edits which framework."""

from __future__ import annotations

from types import ModuleType

from reviewer.fix import cloudformation, dockerfile, github_actions, kubernetes, terraform_json

EDITORS: dict[str, ModuleType] = {
    "terraform": terraform_json,
    "cloudformation": cloudformation,
    "kubernetes": kubernetes,
    "dockerfile": dockerfile,
    "github_actions": github_actions,
}
"""By framework; each has the functions that `fix.editing` describes."""
