"""Prints every rule of the installed Checkov as JSON: {rule: [framework, Checkov's wording]}. Run as a program."""

import json
from pathlib import Path

from checkov import (
    docs_generator,
    main,  # importing the program fills the registries
)
from checkov.common.checks_infra.registry import get_graph_checks_registry

rules: dict[str, tuple[str, str]] = {}
for name, registry in vars(docs_generator).items():
    if name.endswith("_registry") and hasattr(registry, "all_checks"):
        rules |= {check.id: (name, check.name) for _, check in registry.all_checks()}
for folder in sorted(Path(main.__file__).parent.glob("*/checks/graph_checks")):
    graph = get_graph_checks_registry(folder.parts[-3])
    graph.load_checks()
    rules |= {check.id: (folder.parts[-3], check.name) for check in graph.checks}
rules |= {rule: ("secrets", kind) for rule, kind in docs_generator.CHECK_ID_TO_SECRET_TYPE.items()}
print(json.dumps(rules))
