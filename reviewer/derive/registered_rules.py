"""Prints every rule of the installed Checkov as JSON: {rule: {framework: [Checkov's wording, its source]}}.

Run as a program: importing Checkov changes the process.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

from checkov import (
    docs_generator,
    main,  # importing the program fills the registries
)
from checkov.common.checks_infra.registry import get_graph_checks_registry

Rules = dict[str, dict[str, tuple[str, str]]]
HOME = Path(main.__file__).parent


def registered() -> Rules:
    """Return the rules that are classes, those that are YAML, and those that look for secrets, in that order."""
    rules: Rules = {}
    for name, registry in vars(docs_generator).items():
        if name.endswith("_registry") and hasattr(registry, "all_checks"):
            for _, check in registry.all_checks():
                _add(rules, check, Path(inspect.getfile(type(check))))
    for folder in sorted(HOME.glob("*/checks/graph_checks")):
        graph = get_graph_checks_registry(folder.parts[-3])
        graph.load_checks()
        for check in graph.checks:
            _add(rules, check, Path(check.check_path))
    secrets = docs_generator.CHECK_ID_TO_SECRET_TYPE.items()
    return rules | {rule: {"secrets": (str(kind), "")} for rule, kind in secrets}


def _add(rules: Rules, check: Any, source: Path) -> None:
    path = source.relative_to(HOME)
    rules.setdefault(check.id, {})[path.parts[0]] = (str(check.name), path.as_posix())


if __name__ == "__main__":
    print(json.dumps(registered()))  # noqa: T201 (its whole purpose)
