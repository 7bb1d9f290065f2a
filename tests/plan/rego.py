"""What the tests of Rego policies share: the engine asked in this process, and small plans."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reviewer.plan import rego
from reviewer.plan.rego_results import Evaluation, decode

ENCRYPTION = "server_side_encryption_configuration"

SAMPLE = """package terraform.policies
deny[reason] {
    resource := input.resource_changes[_]
    resource.type == "aws_s3_bucket"
    not resource.change.after.server_side_encryption_configuration
    reason := sprintf("S3 bucket '%s' must have encryption enabled", [resource.name])
}
"""
"""A policy as users have it: Rego v0."""


def ask(files: Mapping[str, str | bytes], plan: object = None, task: str = "evaluate") -> Evaluation:
    """Evaluate policies, or run their tests, with the real engine."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        for path, text in files.items():
            target = tree / "policies" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text if isinstance(text, bytes) else text.encode())
        if task == "evaluate":
            (tree / rego.PLAN).write_text(plan if isinstance(plan, str) else json.dumps(plan or {}))
        return decode(rego.evaluate({"task": task, "files": [[path, path] for path in files]}, tree))


def messages(files: Mapping[str, str | bytes] | str, plan: object = None) -> list[str]:
    """Return what policies say of a plan, and make sure that all of them could be used."""
    found = ask({"policy.rego": files} if isinstance(files, str) else files, plan)
    assert not found.problems, [str(problem) for problem in found.problems]
    return [result.message for result in found.results]


def problems(files: Mapping[str, str | bytes] | str, plan: object = None) -> list[str]:
    """Return what could not be used of policies."""
    found = ask({"policy.rego": files} if isinstance(files, str) else files, plan)
    return [str(problem) for problem in found.problems]


def change(address: str, after: Mapping[str, Any] | None, **more: Any) -> dict[str, Any]:
    """A resource change as Terraform writes it."""
    type_, _, name = address.rpartition(".")[0].rpartition(".")[2], "", address.rpartition(".")[2].partition("[")[0]
    body = {"actions": ["create"], "before": None, "after": after, "after_unknown": more.pop("unknown", {})}
    return {
        "address": address,
        "mode": "managed",
        "type": type_,
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": body,
        **more,
    }


def plan_of(*changes: dict[str, Any]) -> dict[str, Any]:
    """A plan as `terraform show -json` prints it."""
    return {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": list(changes)}
