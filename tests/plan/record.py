"""Records what a real provider plans of the configurations in tests/plan/golden: `python -m tests.plan.record BINARY`.

BINARY is a provider such as terraform-provider-aws_v3.39.0_x5. It plans offline, with keys that open nothing. Kept are
what the comparison and Checkov read of a plan, and the provider's schema of the types that are used; see
docs/plan-fidelity.md.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from reviewer.derive.plan_answers import bare_plan, filled
from reviewer.derive.plan_probe import OFFLINE, Provider, running

GOLDEN = Path(__file__).parent / "golden"
PLAN = "plan.json"
SCHEMA = GOLDEN / "schema.json"
SOURCE = "registry.terraform.io/hashicorp/aws"
CASES = tuple(sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir()))

_KEPT = ("format_version", "terraform_version", "planned_values", "resource_changes", "configuration")
_SETTINGS = "".join(f"  {name} = {json.dumps(value)}\n" for name, value in OFFLINE.items() if name != "region")
_INSTALLATION = 'provider_installation {\n  dev_overrides {\n    "hashicorp/aws" = "%s"\n  }\n}\n'


def record(case: str, binary: Path) -> dict[str, Any]:
    """Return the plan that the provider `binary` makes of a configuration, trimmed."""
    with tempfile.TemporaryDirectory() as scratch:
        work, config = Path(scratch, "work"), Path(scratch, "cli.tfrc")
        shutil.copytree(GOLDEN / case, work, ignore=shutil.ignore_patterns("*.json"))
        (work / "offline_override.tf").write_text(f'provider "aws" {{\n{_SETTINGS}}}\n')
        config.write_text(_INSTALLATION % binary.resolve().parent)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": scratch,
            "TF_CLI_CONFIG_FILE": str(config),
            "CHECKPOINT_DISABLE": "1",
        }

        def terraform(*arguments: str) -> str:
            return subprocess.run(
                ["terraform", *arguments], cwd=work, env=environment, capture_output=True, text=True, check=True
            ).stdout

        terraform("get")
        terraform("plan", "-input=false", "-refresh=false", f"-out={scratch}/plan")
        document = json.loads(terraform("show", "-json", f"{scratch}/plan"))
    found = {key: document[key] for key in _KEPT if key in document}
    return found | {"configuration": {"root_module": document["configuration"]["root_module"]}}


def schema(provider: Provider, resources: set[str], data: set[str]) -> dict[str, Any]:
    """Return the provider's schema of the types in use, as Terraform prints it, with which blocks are filled in."""
    found = {type_: provider.resources[type_] for type_ in sorted(resources)}
    for type_, block in found.items():
        unwritten = filled(block, bare_plan(provider, type_, block))
        for name, nested in block["block_types"].items():
            nested["computed"] = name in unwritten
    described = {
        "provider": {"block": provider.config},
        "resource_schemas": {type_: {"block": block} for type_, block in found.items()},
        "data_source_schemas": {type_: {"block": provider.data[type_]} for type_ in sorted(data)},
    }
    return {"format_version": "1.0", "provider_schemas": {SOURCE: described}}


def main(binary: Path) -> None:
    """Record every case, and the schema of all that they use."""
    used: dict[str, set[str]] = {"managed": set(), "data": set()}
    for case in CASES:
        try:
            document = record(case, binary)
        except subprocess.CalledProcessError as error:
            sys.exit(f"{case}: terraform {error.cmd[1]} failed\n{error.stderr}")
        _write(GOLDEN / case / PLAN, document)
        for mode, type_ in _types(document["configuration"]["root_module"]):
            used[mode].add(type_)
        print(f"{case}: {len(document['resource_changes'])} resources")
    with running(binary) as provider:
        provider.configure(OFFLINE)
        _write(SCHEMA, schema(provider, used["managed"], used["data"]))


def _types(module: dict[str, Any]) -> set[tuple[str, str]]:
    found = {(resource["mode"], resource["type"]) for resource in module.get("resources", ())}
    return found.union(*(_types(call["module"]) for call in module.get("module_calls", {}).values()))


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, sort_keys=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
